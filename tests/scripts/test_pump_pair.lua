-- Proves what the first comment of scripts/pump_pair.lua promises.

local lu = require "luaunit"
local test = require "msm.test"

local plant, mem

TestPumpPair = {}

function TestPumpPair.setUp()
  plant = test.load("scripts/pump_pair.lua", { quiet = true })
  mem = plant.mem
end

local function pumps()
  return mem.PUMP[1], mem.PUMP[2]
end

local function is_running()
  return mem.PUMP[1] or mem.PUMP[2]
end

local function until_start()
  plant:run_until(is_running, "1h")
end

local function until_stop()
  plant:run_until(function() return not is_running() end, "1h")
end

local function order(name)
  mem[name] = true
  plant:scans()
end

-- The next start is that of pump i, whose breaker is off; it is told to run for 3 s.
local function fail(i)
  mem["BREAK[" .. i .. "]"] = true
  plant:run_until(function() return mem.PUMP[i] end, "2h")
  plant:run_until(function() return not mem.PUMP[i] end, "10s")
end

function TestPumpPair.test_one_pump_runs_between_the_levels()
  until_start()
  lu.assertAlmostEquals(mem.LEVEL, 60, 0.1)
  lu.assertEquals({ pumps() }, { true, false })
  until_stop()
  lu.assertAlmostEquals(mem.LEVEL, 20, 0.1)
end

function TestPumpPair.test_the_one_with_fewer_hours_takes_over_at_each_start()
  local starts = { 0, 0 }
  for _ = 1, 6 do
    until_start()
    starts[mem.DUTY] = starts[mem.DUTY] + 1
    lu.assertTrue(mem.HOURS[mem.DUTY] <= mem.HOURS[3 - mem.DUTY])
    until_stop()
  end
  lu.assertTrue(mem.HOURS[1] > 0.06 and starts[1] >= 2 and starts[2] >= 2)
  lu.assertAlmostEquals(mem.HOURS[1], mem.HOURS[2], 0.05)
  lu.assertEquals(mem.OPEN, 0)
end

function TestPumpPair.test_both_run_when_much_comes()
  mem.INFLOW = 40
  until_start()
  plant:run_until(function() return mem.LEVEL >= 80 end, "5m")
  lu.assertEquals({ pumps() }, { true, true })
  mem.INFLOW = 20
  until_stop()
  lu.assertAlmostEquals(mem.LEVEL, 20, 0.2)
end

function TestPumpPair.test_the_other_pump_takes_over()
  mem["BREAK[1]"] = true
  until_start()
  plant:scans(30) -- in the first of them it does not run yet
  lu.assertEquals({ mem.DUTY, pumps() }, { 1, true, false })
  plant:scans()
  lu.assertEquals({ mem.DUTY, pumps() }, { 2, false, true })
  lu.assertEquals({ mem.HORN, mem.OPEN, mem.ALARM }, { true, 1, "Pump 1 does not run" })
end

function TestPumpPair.test_a_pump_that_trips_while_it_runs_is_replaced()
  until_start()
  plant:run "10s"
  mem["BREAK[1]"] = true
  plant:run "3.2s"
  lu.assertEquals({ pumps() }, { false, true })
  plant:run "20m"
  lu.assertEquals({ mem.HORN, mem.DUTY }, { true, 2 })
end

function TestPumpPair.test_a_short_gap_of_the_report_is_no_failure()
  until_start()
  mem["BREAK[1]"] = true
  plant:run "2.5s"
  mem["BREAK[1]"] = false
  plant:run "10s"
  lu.assertEquals({ mem.PUMP[1], mem.OPEN }, { true, 0 })
end

function TestPumpPair.test_a_failed_pump_comes_back_when_acknowledged_and_reset()
  fail(1)
  order "RESET" -- not acknowledged yet
  order "ACK"
  plant:scans()
  lu.assertEquals({ mem.HORN, mem.OPEN, mem.ALARM }, { false, 0, "Pump 1 does not run" })
  mem["BREAK[1]"] = false
  until_stop()
  until_start()
  lu.assertEquals({ pumps() }, { false, true }) -- acknowledged is not reset
  order "RESET"
  plant:scans()
  lu.assertEquals(mem.ALARM, "")
  until_stop()
  until_start()
  lu.assertEquals({ pumps() }, { true, false }) -- it has fewer hours
end

function TestPumpPair.test_when_both_have_failed_that_is_urgent()
  fail(1)
  plant:run "1m"
  mem["BREAK[2]"] = true
  plant:run "5s"
  lu.assertEquals({ pumps() }, { false, false })
  lu.assertEquals({ mem.OPEN, mem.ALARM }, { 3, "Both pumps have failed" })
  plant:run "10m" -- to the brim, with the level's alarm
  lu.assertEquals({ mem.LEVEL, mem.OPEN, mem.HORN }, { 100, 4, true })
  order "ACK"
  mem["BREAK[1]"], mem["BREAK[2]"] = false, false
  order "RESET"
  plant:scans(2)
  lu.assertEquals({ mem.HORN, pumps() }, { false, true, true })
  until_stop()
  plant:run "1m"
  lu.assertEquals({ mem.OPEN, mem.ALARM }, { 0, "" })
end

function TestPumpPair.test_a_high_level_is_told_after_2_s()
  mem.INFLOW = 100
  plant:run_until(function() return mem.LEVEL >= 85 end, "5m")
  plant:run "1.5s"
  lu.assertEquals(mem.OPEN, 0)
  plant:run "1s"
  lu.assertEquals(mem.OPEN, 1)
  lu.assertStrContains(mem.ALARM, "Sump level 8")
  order "ACK"
  plant:run "1m"
  lu.assertEquals(mem.OPEN, 1) -- from 95 % on it is another alarm
  lu.assertStrContains(mem.ALARM, "Sump level 9")
end

function TestPumpPair.test_a_reload_in_the_middle_changes_nothing()
  local other = test.load "scripts/pump_pair.lua"
  plant.mem["BREAK[1]"], other.mem["BREAK[1]"] = true, true
  for minute = 1, 12 do
    plant:run "1m"
    other:run "1m"
    if minute % 3 == 0 then
      other:reload()
    end
    for _, name in ipairs { "LEVEL", "DUTY", "OPEN", "ALARM", "PUMP[1]", "PUMP[2]", "HOURS[1]", "HOURS[2]" } do
      lu.assertEquals(other.mem[name], plant.mem[name])
    end
  end
end

function TestPumpPair.test_the_duty_outlives_a_restart()
  plant:run_until(function() return mem.DUTY == 2 end, "1h")
  until_stop()
  plant:restart()
  plant:scans()
  lu.assertEquals(mem.DUTY, 2)
end

function TestPumpPair.test_hours_and_alarms_outlive_a_restart()
  plant:run "20m"
  fail(1)
  order "ACK"
  plant:run "2s"
  local hours = mem.HOURS[2]
  plant:restart { crash = true }
  plant:run "1s"
  lu.assertAlmostEquals(mem.HOURS[2], hours, 0.001)
  lu.assertEquals({ mem.DUTY, mem.HORN, mem.ALARM }, { 2, false, "Pump 1 does not run" })
  until_start()
  lu.assertEquals({ pumps() }, { false, true })
end
