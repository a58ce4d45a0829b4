-- Heating and ventilation of an office by the week.
--
-- On workdays it is warm from 6 to 18 o'clock, else and on holidays it may cool down; from Christmas
-- to Epiphany nobody is in. EXTEND makes it warm for two hours more. At night in summer the fan cools
-- the rooms with air from outside. Switched off (ON) there is frost protection only, which is always
-- there. While the clock is not set it is warm. When the room's sensor is broken, the fan stops, and
-- the heater runs for a quarter of the time while it freezes outside.
local control = require "msm.control"
local latch = require "msm.latch"
local schedule = require "msm.schedule"
local timer = require "msm.timer"

local WARM <const>, COOL <const>, AWAY <const>, FROST <const> = 21, 17, 12, 7 -- °C
local SENSOR_LEAST <const>, SENSOR_MOST <const> = -30, 60 -- °C; beyond, it is broken

mem.ROOM     = input.float32(0,   { unit = "°C", decimals = 1, default = 20, desc = "Room temperature" })
mem.SETPOINT = input.float32(2,   { unit = "°C", decimals = 1, desc = "Wanted room temperature" })
mem.FAILED   = discrete(0,        { desc = "The room's sensor is broken" })
mem.OUTSIDE  = holding.float32(0, { unit = "°C", min = -40, max = 50, default = 5, desc = "Of a weather station" })
mem.ON       = coil(0,            { default = true, retain = true })
mem.EXTEND   = coil(1,            { pulse = true, desc = "Two hours more" })
mem.HEATER   = coil(2,            { safe = false })
mem.FAN      = coil(3,            { safe = false, desc = "Air from outside" })

server.tcp { port = 1502 }

local plan = schedule.weekly("plan", {
  ["mon-fri"] = { ["06:00"] = WARM, ["18:00"] = COOL },
  exceptions = {
    ["05-01"] = { ["00:00"] = COOL },
    ["12-24..01-06"] = { ["00:00"] = AWAY },
  },
  default = WARM,
})
local night   = schedule.weekly("night", { daily = "22:00-06:00" })
local extend  = timer.TOF("extend", "2h", { retain = true })
local heat    = control.two_point("heat", { hysteresis = 0.6 })
local frost   = control.two_point("frost", { hysteresis = 1 })
local blind   = control.pwm("blind", { period = "20m" })
local cooling = latch.RS("cooling")

local function is_too_hot()
  return mem.ON and night() and mem.ROOM > 24 and mem.OUTSIDE < mem.ROOM - 3
end

local function is_cool_enough()
  return not mem.ON or not night() or mem.ROOM < 21.5 or mem.OUTSIDE > mem.ROOM - 1
end

every("10s", function()
  local longer = extend(mem.EXTEND)
  mem.SETPOINT = not mem.ON and FROST or longer and WARM or plan()
  mem.FAILED = mem.ROOM < SENSOR_LEAST or mem.ROOM > SENSOR_MOST
  if mem.FAILED then
    mem.HEATER, mem.FAN = blind(mem.OUTSIDE < 0 and 25 or 0), false
    return
  end
  local warms, thaws = heat(mem.SETPOINT, mem.ROOM), frost(FROST, mem.ROOM)
  mem.HEATER = mem.ON and warms or thaws
  mem.FAN = cooling(is_too_hot(), is_cool_enough())
end)

-- The room, simulated: without it, ROOM is an input.
mem.BREAK = coil(4, { desc = "Simulated: the sensor is broken" })
local room = keep("room", { temperature = 20.0 })

every("10s", function(dt)
  local loss = (room.temperature - mem.OUTSIDE) * (mem.FAN and 0.5 or 0.04) -- K/h
  room.temperature = room.temperature + ((mem.HEATER and 3 or 0) - loss) * dt / 3600
  mem.ROOM = mem.BREAK and -50 or room.temperature
end)
