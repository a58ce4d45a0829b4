-- A traffic light at a pedestrian crossing.
--
-- Cars have green until somebody presses the button, and for 10 s at least; then they have amber and
-- red, and pedestrians may walk for 8 s. WAIT lights up from the button to the walk. Both have red
-- between the two, and after power up. At night, 23:00 to 05:30, amber blinks and the pedestrians'
-- lights are dark; night begins when cars have green, and ends with red for both. In a fault of the
-- program all is dark.
local latch = require "msm.latch"
local schedule = require "msm.schedule"
local sequence = require "msm.sequence"
local timer = require "msm.timer"

mem.RED       = coil(0, { safe = false, desc = "Cars" })
mem.AMBER     = coil(1, { safe = false, desc = "Cars" })
mem.GREEN     = coil(2, { safe = false, desc = "Cars" })
mem.DONT_WALK = coil(3, { safe = false, desc = "Pedestrians, red" })
mem.WALK      = coil(4, { safe = false, desc = "Pedestrians, green" })
mem.WAIT      = coil(5, { safe = false, desc = "Lamp in the button: it was pressed" })
mem.BUTTON    = coil(6, { pulse = true, desc = "A pedestrian wants to cross" })

server.tcp { port = 1502 }

local GREEN_LEAST <const> = 10 -- s

local night = schedule.weekly("night", { daily = "23:00-05:30" })
local request = latch.RS("request")
local blink = timer.blinker("night", { on = "500ms", off = "500ms" })

-- These lamps are on, all others off: a function for a step's `enter`.
local function show(...)
  local on = { RED = false, AMBER = false, GREEN = false, DONT_WALK = false, WALK = false }
  for _, lamp in ipairs { ... } do
    on[lamp] = true
  end
  return function()
    for lamp, lit in pairs(on) do
      mem[lamp] = lit
    end
  end
end

local function after_green(time)
  if night() then
    return "night"
  end
  return mem.WAIT and time >= GREEN_LEAST and "amber"
end

local crossing = sequence.chain("crossing", {
  { "clear",     enter = show("RED", "DONT_WALK"),          after = "5s" },
  { "red amber", enter = show("RED", "AMBER", "DONT_WALK"), after = "1s" },
  { "green",     enter = show("GREEN", "DONT_WALK"),        next = after_green },
  { "amber",     enter = show("AMBER", "DONT_WALK"),        after = "3s" },
  { "red",       enter = show("RED", "DONT_WALK"),          after = "2s" },
  { "walk",      enter = show("RED", "WALK"),               after = "8s", to = "clear" },
  { "night",     enter = show(), run = function() mem.AMBER = blink(true) end,
                 leave = function() blink(false) end,
                 when = function() return not night() end, to = "clear" },
}, { start = true })

every("100ms", function()
  mem.WAIT = request(mem.BUTTON, crossing.step == "walk" or crossing.step == "night")
  crossing()
end)
