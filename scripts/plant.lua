-- A small plant that needs no hardware: its process is simulated below. `msm run --http 8080` shows it
-- in a browser.
--
-- Two pumps keep a tank filled. One runs from 40 % up to 80 %, below 25 % both do; the duty changes with
-- each start, or stays as DUTY says. A pump that does not report that it runs has failed: the other one
-- takes over, until RESET. A heater holds the water at SETPOINT, in automatic; it is off while it is not
-- covered. A batch takes warm water into a mixer, stirs it and lets it out; HOLD stops it where it is.
--
-- Things go wrong on the page "Try it": switch a breaker off, or draw more than the pumps can give.
local alarm    = require "msm.alarm"
local control  = require "msm.control"
local latch    = require "msm.latch"
local sequence = require "msm.sequence"
local timer    = require "msm.timer"
local ui       = require "msm.ui"

mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100, limit = "clamp", default = 50, decimals = 1,
                               lolo = 10, lo = 20, hi = 90, hihi = 97, deadband = 2, desc = "Tank level" })
mem.TEMP  = input.float32(2, { unit = "°C", min = 0, max = 100, limit = "clamp", default = 55, decimals = 1,
                               lo = 40, hi = 75, hihi = 85, deadband = 1, on_delay = "5s", desc = "Tank temperature" })

mem.PUMP  = coil(0,           { count = 2, safe = false, desc = "Contactor of pump" })
mem.RUNS  = discrete(0,       { count = 2, desc = "Feedback of pump" })
mem.FAIL  = discrete(2,       { count = 2, labels = { [0] = "OK", "FAILED" }, desc = "State of pump" })
mem.HOURS = input.float32(4,  { count = 2, unit = "h", decimals = 2, desc = "Hours of pump" })
mem.DUTY  = holding.uint16(0, { min = 1, max = 3, labels = { "PUMP 1", "PUMP 2", "IN TURN" }, default = 3,
                                retain = true, desc = "Pump that starts first" })
mem.RESET = coil(2,           { pulse = true, desc = "Failed pumps may be used again" })

mem.SETPOINT = holding.float32(1, { unit = "°C", min = 20, max = 70, decimals = 1, default = 60, retain = true,
                                    desc = "Wanted temperature" })
mem.AUTO     = coil(3,            { labels = { [0] = "MANUAL", "AUTO" }, default = true, retain = true,
                                    desc = "Heater control" })
mem.MANUAL   = holding.float32(3, { unit = "%", min = 0, max = 100, decimals = 0, desc = "Power in manual" })
mem.HEAT     = input.float32(8,   { unit = "%", min = 0, max = 100, decimals = 0, safe = 0, desc = "Heater power" })

mem.MIXER   = input.float32(10,  { unit = "%", min = 0, max = 100, limit = "clamp", decimals = 1, desc = "Mixer fill" })
mem.AMOUNT  = holding.float32(5, { unit = "%", min = 10, max = 90, default = 60, retain = true, desc = "Fill so far" })
mem.STIR    = holding.uint16(7,  { unit = "s", min = 0, max = 600, default = 20, retain = true, desc = "Stir so long" })
mem.BATCHES = input.uint32(12,   { retain = true, desc = "Batches that were finished" })
mem.START   = coil(4,            { pulse = true, desc = "Begins a batch" })
mem.ABORT   = coil(5,            { pulse = true, desc = "Ends it where it is" })
mem.HOLD    = coil(6,            { labels = { [0] = "GO", "HOLD" }, desc = "The batch stands still" })

server.tcp { port = 1502 }

-- ---- pumps ----

local START <const>, STOP <const>, BOTH <const> = 40, 80, 25 -- %
local duty = keep("duty", { pump = 1 })
local wanted, both = latch.RS("wanted"), latch.RS("both")
local failed, hours = {}, {}
for i = 1, 2 do
  failed[i] = alarm.condition("pump " .. i, { on_delay = "2s", latch = true, priority = "high",
                                              text = ("Pump %d does not run"):format(i) })
  hours[i] = timer.hours("pump " .. i, { retain = true })
end

local function choose_duty(starts)
  if mem.DUTY < 3 then
    duty.pump = mem.DUTY
  elseif starts then
    duty.pump = 3 - duty.pump
  end
  if failed[duty.pump].on then
    duty.pump = 3 - duty.pump
  end
end

local function run_pumps()
  local was_wanted = wanted.Q1
  wanted(mem.LEVEL <= START, mem.LEVEL >= STOP)
  both(mem.LEVEL <= BOTH, mem.LEVEL >= STOP)
  choose_duty(wanted.Q1 and not was_wanted)
  for i = 1, 2 do
    failed[i](mem.PUMP[i] and not mem.RUNS[i])
    if mem.RESET then
      alarm.ack("pump " .. i)
      alarm.reset("pump " .. i)
    end
    mem.FAIL[i] = failed[i].on
    mem.HOURS[i] = hours[i](mem.RUNS[i])
    mem.PUMP[i] = not failed[i].on and (both.Q1 or wanted.Q1 and duty.pump == i)
  end
end

-- ---- heater ----

local heater = control.PID("heater", { kp = 12, ti = "40s" })
local COVERED <const> = 10 -- %

local function heat()
  heater.auto = mem.AUTO
  if not mem.AUTO then
    heater.manual = mem.MANUAL
  end
  local power = heater(mem.SETPOINT, mem.TEMP)
  mem.MANUAL = heater.manual
  mem.HEAT = mem.LEVEL >= COVERED and power or 0
end

-- ---- batch ----

local batch = sequence.recipe("batch", {
  { "fill",  function() sequence.wait_until(function() return mem.MIXER >= mem.AMOUNT end) end },
  { "stir",  function() sequence.wait(mem.STIR) end },
  { "drain", function() sequence.wait_until(function() return mem.MIXER <= 0 end) end },
  { "count", function() mem.BATCHES = mem.BATCHES + 1 end },
})

local function run_batch()
  if mem.START then batch:start() end
  if mem.ABORT then batch:abort() end
  if mem.HOLD then batch:hold() else batch:resume() end
  return batch(), batch.status == "running"
end

-- ---- the process, simulated: without it, LEVEL, TEMP, MIXER and RUNS are inputs ----

mem.DRAW  = holding.float32(8, { unit = "%/min", min = 0, max = 200, default = 20, desc = "What consumers draw" })
mem.BREAK = coil(7,            { count = 2, labels = { [0] = "ON", "OFF" }, desc = "Breaker of pump" })

local COLD <const>, PUMPED <const>, POWER <const> = 20, 1, 60 -- °C, %/s of one pump, % * K/s

local function simulate(dt, step, goes_on)
  local inflow = 0
  for i = 1, 2 do
    mem.RUNS[i] = mem.PUMP[i] and not mem.BREAK[i]
    inflow = inflow + (mem.RUNS[i] and PUMPED or 0)
  end
  local filled = goes_on and step == "fill" and mem.LEVEL > 0 and 1.5 or 0
  local drained = goes_on and step == "drain" and 3 or 0
  local gained = POWER * mem.HEAT / 100 + inflow * (COLD - mem.TEMP) - (mem.TEMP - COLD) / 20
  mem.TEMP = mem.TEMP + dt * gained / math.max(mem.LEVEL, 5)
  mem.LEVEL = mem.LEVEL + dt * (inflow - mem.DRAW / 60 - filled / 2)
  mem.MIXER = mem.MIXER + dt * (filled - drained)
end

every("100ms", function(dt)
  run_pumps()
  heat()
  simulate(dt, run_batch())
end)

-- ---- pages ----

ui.page "Plant" {
  ui.row { ui.tank "LEVEL", ui.trend { "LEVEL", "TEMP", "SETPOINT", label = "Tank", span = "5m", width = 3 } },
  ui.row {
    ui.group "Pumps" {
      ui.row { ui.lamp { "RUNS[1]", label = "Pump 1" }, ui.lamp { "RUNS[2]", label = "Pump 2" } },
      ui.row { ui.lamp { "FAIL[1]", normal = false }, ui.lamp { "FAIL[2]", normal = false } },
      ui.row { ui.select "DUTY", ui.button "Reset" { writes = { RESET = true } } },
    },
    ui.group "Heater" {
      ui.row { ui.value "TEMP", ui.bar "HEAT" },
      ui.row { ui.value "SETPOINT", ui.switch "AUTO", ui.value "MANUAL" },
    },
  },
  ui.alarms {},
}

ui.page "Batch" {
  ui.row { ui.tank "MIXER", ui.value { "BATCH_STEP", label = "Step" }, ui.value "BATCHES" },
  ui.row { ui.value "AMOUNT", ui.value "STIR" },
  ui.row { ui.button "Start" { writes = { START = true } }, ui.switch "HOLD",
           ui.button "Abort" { writes = { ABORT = true }, confirm = "Abort the batch? The mixer stays as it is." } },
}

ui.page "Try it" {
  ui.text "Nothing here is real. Draw more than 60 %/min, or switch breakers off, and see what the plant does.",
  ui.row { ui.value "DRAW", ui.switch { "BREAK[1]", label = "Breaker 1" },
           ui.switch { "BREAK[2]", label = "Breaker 2" } },
  ui.row { ui.list { "LEVEL", "TEMP", "PUMP", "RUNS", "HOURS", "HEAT" }, ui.trend { "LEVEL", "HEAT", width = 2 } },
}
