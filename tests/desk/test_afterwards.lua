-- Proves what comes after a fault and with a reload in msm.test: expected faults, restarts by
-- `on_fault`, and outputs that go with their program.

local lu = require "luaunit"
local written = require "written"

local load, write = written.load, written.write

TestAfterFaults = { tearDown = written.forget }

local FAULTS = [[
program { on_fault = "restart", restart_after = "2s" }
mem.N = input.uint16(0)
mem.BAD = coil(0)
mem.OUT = coil(1, { safe = false, dir = "out" })
mem.WHY = var.string { length = 8 }
local k = keep("k", { n = 0 })
on_start(function(why) mem.WHY = why end)
every("100ms", function()
  mem.N, mem.OUT, k.n = mem.N + 1, true, k.n + 1
  if mem.BAD then error "bad news" end
end)
]]

function TestAfterFaults.test_an_expected_fault_is_run_to()
  local plant = load(FAULTS)
  plant:run "1s"
  plant.mem.BAD = true
  lu.assertStrContains(plant:run_to_fault "1s", "bad news")
  lu.assertAlmostEquals(plant:time(), 1, 1e-9)
  lu.assertEquals({ plant:state(), plant.mem.OUT, plant.mem.N }, { "fault", false, 10 })
  lu.assertStrContains(plant:fault(), "bad news")
  lu.assertErrorMsgContains("run_to_fault: the program is in FAULT already", plant.run_to_fault, plant, "1s")
end

function TestAfterFaults.test_a_fault_that_does_not_come_fails()
  local plant = load(FAULTS)
  lu.assertErrorMsgMatches(".*test_afterwards.lua:%d+: run_to_fault: there was no fault within 1s", function()
    plant:run_to_fault "1s"
  end)
  lu.assertAlmostEquals(plant:time(), 1.1, 1e-9)
end

function TestAfterFaults.test_it_starts_again_when_its_time_has_come()
  local plant = load(FAULTS)
  plant:run "1s"
  plant.mem.BAD = true
  plant:run_to_fault "1s"
  plant.mem.BAD = false
  plant:run "1.9s"
  lu.assertEquals({ plant:state(), plant:restarts(), plant.mem.OUT }, { "fault", 0, false })
  plant:run "300ms"
  lu.assertEquals({ plant:state(), plant:restarts(), plant.mem.OUT, plant.mem.WHY, plant:fault() },
    { "running", 1, true, "restart", nil })
  lu.assertTrue(plant.mem.N > 10 and plant.mem.N < 14) -- values go on
end

function TestAfterFaults.test_watched_runs_restart_at_the_same_time()
  local function states(watch)
    local plant, seen = load(FAULTS), {}
    if watch then
      plant:trace { "N" }
    end
    plant:run "1s"
    plant.mem.BAD = true
    plant:run_to_fault "1s"
    plant.mem.BAD = false
    for i = 1, 30 do
      plant:run "0.1s"
      seen[i] = { plant:state(), plant.mem.N, plant:count() }
    end
    return seen
  end
  lu.assertEquals(states(true), states(false))
end

function TestAfterFaults.test_while_it_would_fault_again_it_is_tried_again_later_and_later()
  local plant = load(FAULTS, { quiet = true })
  plant:run "1s"
  plant.mem.BAD = true
  plant:run_to_fault "1s"
  plant:run "20s" -- tried 2, 4, 8 and 16 s after the fault
  lu.assertEquals({ plant:state(), plant:restarts() }, { "fault", 0 })
  plant.mem.BAD = false
  plant:run "13s" -- the next one is at 32 s
  lu.assertEquals({ plant:state(), plant:restarts() }, { "running", 1 })
end

function TestAfterFaults.test_each_fault_fails_the_run_in_which_it_comes()
  local plant = load(FAULTS)
  local function bad_run()
    plant.mem.BAD = true
    lu.assertErrorMsgContains("bad news", plant.run, plant, "1s")
    plant.mem.BAD = false
    plant:run "3s"
  end
  bad_run()
  bad_run()
  lu.assertEquals({ plant:state(), plant:restarts() }, { "running", 2 })
end

function TestAfterFaults.test_it_restarts_with_the_text_that_ran()
  local plant = load(FAULTS)
  plant:run "1s"
  plant.mem.BAD = true
  plant:run_to_fault "1s"
  plant.mem.BAD = false
  write("half of a sen", written.last())
  plant:run "3s"
  lu.assertEquals(plant:state(), "running")
end

function TestAfterFaults.test_without_on_fault_it_stays_in_fault_until_a_reload()
  local plant = load((FAULTS:gsub("^[^\n]*\n", "")))
  plant.mem.BAD = true
  plant:run_to_fault "1s"
  plant.mem.BAD = false
  plant:run "1h"
  lu.assertEquals({ plant:state(), plant:restarts() }, { "fault", 0 })
  plant:reload()
  plant:run "1s"
  lu.assertEquals({ plant:state(), plant:restarts() }, { "running", 0 })
end

function TestAfterFaults.test_a_reload_comes_before_the_restart()
  local plant = load(FAULTS)
  plant.mem.BAD = true
  plant:run_to_fault "1s"
  plant.mem.BAD = false
  plant:reload()
  plant:run "10s"
  lu.assertEquals({ plant:state(), plant:restarts(), plant.mem.WHY }, { "running", 0, "reload" })
end

TestOutputsThatGo = { tearDown = written.forget }

local BEFORE = [[
  local plc = memory("plc")
  plc.STAYS = coil(0, { dir = "out", safe = false })
  plc.GOES = coil(1, { dir = "out", safe = false })
  plc.ALSO = coil(2, { dir = "out" })
  client.tcp { host = "10.0.0.8", mem = plc, period = "100ms", timeout = "500ms" }
  every(0.1, function() plc.STAYS, plc.GOES, plc.ALSO = true, true, true end)
]]

local AFTER = [[
  local plc = memory("plc")
  plc.STAYS = coil(0, { dir = "out", safe = false })
  plc:raw { coil = { 1, 2 } }
  client.tcp { host = "10.0.0.8", mem = plc, period = "100ms", timeout = "500ms" }
  every(0.1, function() plc.STAYS = true end)
]]

local function edited(text)
  local plant = load(BEFORE, { quiet = true })
  plant:run "1s"
  local device = plant:device "plc"
  lu.assertEquals({ device.STAYS, device.GOES, device.ALSO }, { true, true, true })
  write(text, written.last())
  return plant, device
end

function TestOutputsThatGo.test_a_reload_makes_them_safe_first()
  local plant, device = edited(AFTER)
  plant:reload()
  lu.assertEquals({ device.STAYS, device["coil[1]"], device["coil[2]"] }, { true, false, true })
  lu.assertTrue(plant:time() > 1)
end

function TestOutputsThatGo.test_the_program_runs_while_a_slow_device_takes_that()
  local plant, device = edited(AFTER)
  device:slow "250ms"
  local count = plant:count()
  plant:reload()
  lu.assertTrue(plant:count() >= count + 2)
  lu.assertEquals({ device["coil[1]"], device["coil[2]"] }, { false, true })
end

function TestOutputsThatGo.test_a_fault_meanwhile_ends_the_reload()
  local plant = load(BEFORE .. "mem.BAD = coil(0) every(0.1, function() assert(not mem.BAD, 'bad') end)",
    { quiet = true })
  plant:run "1s"
  local device = plant:device "plc"
  device:slow "250ms"
  plant.mem.BAD = true
  write(AFTER, written.last())
  lu.assertErrorMsgContains("bad", plant.reload, plant)
  lu.assertEquals(plant:state(), "fault")
  plant:reload() -- out of the fault
  plant:run "1s"
  lu.assertEquals({ plant:state(), device.STAYS, device["coil[1]"] }, { "running", true, false })
end

function TestOutputsThatGo.test_nobody_waits_for_a_device_that_is_gone()
  local plant, device = edited(AFTER)
  device:offline()
  plant:run "3s"
  plant:reload()
  lu.assertAlmostEquals(plant:time(), 4, 0.01)
  lu.assertTrue(device["coil[1]"])
end

function TestOutputsThatGo.test_a_refused_reload_makes_nothing_safe()
  local plant, device = edited(AFTER .. "every(1, function() error 'at once' end)")
  lu.assertErrorMsgContains("at once", function() plant:reload() end)
  plant:run "1s"
  lu.assertEquals({ device.STAYS, device.GOES }, { true, true })
end
