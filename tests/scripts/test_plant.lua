-- Proves what the first comment of scripts/plant.lua promises.

local lu = require "luaunit"
local test = require "msm.test"

local plant, mem

TestPlant = {}

function TestPlant.setUp()
  plant = test.load("scripts/plant.lua", { quiet = true })
  mem = plant.mem
end

local function is_running()
  return mem.RUNS[1] or mem.RUNS[2]
end

local function until_start()
  plant:run_until(is_running, "1h")
end

local function until_stop()
  plant:run_until(function() return not is_running() end, "1h")
end

local function step_is(name)
  return function() return plant:get "BATCH_STEP" == name end
end

local function order(name)
  mem[name] = true
  plant:scans(2)
end

function TestPlant.test_one_pump_runs_between_the_levels_and_they_take_turns()
  local starts = {}
  for i = 1, 4 do
    until_start()
    lu.assertAlmostEquals(mem.LEVEL, 40, 0.5)
    lu.assertNotEquals(mem.RUNS[1], mem.RUNS[2])
    starts[i] = mem.RUNS[1] and 1 or 2
    until_stop()
    lu.assertAlmostEquals(mem.LEVEL, 80, 0.5)
  end
  lu.assertTrue(starts[1] ~= starts[2] and starts[1] == starts[3] and starts[2] == starts[4])
  lu.assertTrue(mem.HOURS[1] > 0.02 and mem.HOURS[2] > 0.02)
end

function TestPlant.test_the_duty_may_be_stated()
  mem.DUTY = "PUMP 2"
  for _ = 1, 2 do
    until_start()
    lu.assertEquals({ mem.RUNS[1], mem.RUNS[2] }, { false, true })
    until_stop()
  end
end

function TestPlant.test_both_run_when_one_is_not_enough()
  mem.DRAW = 90
  plant:run_until(function() return mem.RUNS[1] and mem.RUNS[2] end, "10m")
  lu.assertAlmostEquals(mem.LEVEL, 25, 0.5)
  until_stop()
  lu.assertAlmostEquals(mem.LEVEL, 80, 0.5)
end

function TestPlant.test_the_other_pump_takes_over_until_reset()
  mem.DUTY = "PUMP 1"
  mem["BREAK[1]"] = true
  plant:run_until(function() return mem.RUNS[2] end, "1h")
  lu.assertFalse(mem.PUMP[1])
  lu.assertEquals({ mem.FAIL[1], mem.FAIL[2] }, { true, false })
  lu.assertTrue(mem.LEVEL > 35)
  until_stop()
  mem["BREAK[1]"] = false
  until_start()
  lu.assertEquals({ mem.RUNS[1], mem.RUNS[2] }, { false, true })
  order "RESET"
  lu.assertFalse(mem.FAIL[1])
  until_stop()
  until_start()
  lu.assertEquals({ mem.RUNS[1], mem.RUNS[2] }, { true, false })
end

function TestPlant.test_the_heater_holds_the_temperature()
  plant:run "10m"
  local trace = plant:trace { "TEMP" }
  plant:run "30m"
  for _, row in ipairs(trace.rows) do
    lu.assertAlmostEquals(row[2], 60, 6)
  end
end

function TestPlant.test_manual_takes_over_without_a_bump()
  plant:run_until(function() return mem.HEAT > 20 and mem.HEAT < 80 end, "10m")
  local power = mem.HEAT
  mem.AUTO = false
  plant:run "10s"
  lu.assertAlmostEquals(mem.HEAT, power, 5)
  mem.MANUAL = 0
  plant:scans(2)
  lu.assertEquals(mem.HEAT, 0)
end

function TestPlant.test_the_heater_is_off_while_it_is_not_covered()
  mem["BREAK[1]"], mem["BREAK[2]"], mem.DRAW = true, true, 60
  plant:run_until(function() return mem.LEVEL < 10 end, "5m")
  plant:scans(2)
  lu.assertEquals(mem.HEAT, 0)
end

function TestPlant.test_a_batch()
  order "START"
  plant:run_until(step_is "stir", "5m")
  lu.assertAlmostEquals(mem.MIXER, 60, 0.5)
  plant:run "19s"
  lu.assertTrue(step_is "stir"())
  plant:run_until(step_is "", "5m")
  lu.assertEquals({ mem.MIXER, mem.BATCHES }, { 0, 1 })
end

function TestPlant.test_hold_and_abort()
  order "START"
  plant:run "10s"
  mem.HOLD = true
  plant:scans(2)
  local level = mem.MIXER
  plant:run "1m"
  lu.assertEquals(mem.MIXER, level)
  mem.HOLD = false
  plant:run "5s"
  lu.assertTrue(mem.MIXER > level)
  order "ABORT"
  level = mem.MIXER
  plant:run "1m"
  lu.assertEquals({ mem.MIXER, mem.BATCHES, plant:get "BATCH_STEP" }, { level, 0, "" })
end
