-- Two pumps that empty a sump, one on duty, one on standby.
--
-- From 60 % on the pump on duty runs, down to 20 %; from 80 % on both do. At each start the one with
-- fewer hours takes over the duty. A pump that does not report that it runs, 3 s after it was told to,
-- has failed: it is stopped, the other one takes over at once, and it is not used again before its
-- alarm was acknowledged and reset. There are alarms for each pump, for both, and for the level; the
-- horn sounds until they are acknowledged. Hours, duty and alarms outlive a restart.
local alarm = require "msm.alarm"
local latch = require "msm.latch"
local timer = require "msm.timer"

mem.LEVEL = input.float32(0,  { unit = "%", min = 0, max = 100, limit = "clamp", default = 30, desc = "Sump level" })
mem.HOURS = input.float32(2,  { count = 2, unit = "h", decimals = 1, desc = "How long each pump has run" })
mem.DUTY  = input.uint16(6,   { min = 1, max = 2, default = 1, retain = true, desc = "Pump on duty" })
mem.OPEN  = input.uint16(7,   { desc = "Alarms to be acknowledged" })
mem.ALARM = input.string(8,   { length = 40, desc = "The alarm to look at first" })
mem.PUMP  = coil(0,           { count = 2, safe = false, desc = "Contactor of each pump" })
mem.HORN  = coil(2,           { safe = false })
mem.ACK   = coil(3,           { pulse = true, desc = "Acknowledges all alarms" })
mem.RESET = coil(4,           { pulse = true, desc = "Failed pumps may be used again" })
mem.RUNS  = discrete(0,       { count = 2, desc = "Each pump reports that it runs" })

server.tcp { port = 1502 }

local START <const>, STOP <const>, BOTH <const> = 60, 20, 80 -- %

local failed, hours = {}, {}
for i = 1, 2 do
  failed[i] = alarm.condition("pump " .. i, { on_delay = "3s", latch = true, priority = "high",
                                              text = ("Pump %d does not run"):format(i) })
  hours[i] = timer.hours("pump " .. i, { retain = true })
end
local none = alarm.condition("no pump", { priority = "urgent", text = "Both pumps have failed" })
local high = alarm.limit("level", { hi = 85, hihi = 95, deadband = 5, on_delay = "2s", text = "Sump level %.0f %%" })
local wanted, both = latch.RS("wanted"), latch.RS("both")

local function choose_duty(starts)
  local duty, other = mem.DUTY, 3 - mem.DUTY
  if failed[other].on then
    return
  elseif failed[duty].on or starts and mem.HOURS[other] < mem.HOURS[duty] then
    mem.DUTY = other
  end
end

local function run_pumps()
  local was_wanted = wanted.Q1
  wanted(mem.LEVEL >= START, mem.LEVEL <= STOP)
  both(mem.LEVEL >= BOTH, mem.LEVEL <= STOP)
  choose_duty(wanted.Q1 and not was_wanted)
  for i = 1, 2 do
    mem.PUMP[i] = not failed[i].on and (both.Q1 or wanted.Q1 and mem.DUTY == i)
  end
end

local function watch()
  if mem.ACK then alarm.ack() end
  if mem.RESET then alarm.reset() end
  for i = 1, 2 do
    failed[i](mem.PUMP[i] and not mem.RUNS[i])
    mem.HOURS[i] = hours[i](mem.RUNS[i])
  end
  none(failed[1].on and failed[2].on)
  high(mem.LEVEL)
  local first = alarm.list()[1]
  mem.OPEN, mem.ALARM = alarm.count(), first and first.text or ""
  mem.HORN = mem.OPEN > 0
end

-- The process, simulated: without it, LEVEL and RUNS are inputs.
mem.INFLOW = holding.float32(0, { unit = "%/min", min = 0, max = 100, default = 10, desc = "Simulated" })
mem.BREAK  = coil(5, { count = 2, desc = "Simulated: this pump's breaker is off" })

local function simulate(dt)
  local flow = mem.INFLOW
  for i = 1, 2 do
    mem.RUNS[i] = mem.PUMP[i] and not mem.BREAK[i]
    flow = flow - (mem.RUNS[i] and 30 or 0)
  end
  mem.LEVEL = mem.LEVEL + flow * dt / 60
end

every("100ms", function(dt)
  simulate(dt)
  watch()
  run_pumps()
end)
