-- Proves what the first comment of scripts/tank_pid.lua promises.

local lu = require "luaunit"
local test = require "msm.test"

local SCRIPT <const> = "scripts/tank_pid.lua"

TestTankPid = {}

local plant, mem

function TestTankPid.setUp()
  plant = test.load(SCRIPT)
  mem = plant.mem
end

-- The least and the most of a variable while so much time passes.
local function range_over(duration, name)
  local trace = plant:trace { name }
  plant:run(duration)
  local low, high = math.huge, -math.huge
  for _, row in ipairs(trace.rows) do
    low, high = math.min(low, row[2]), math.max(high, row[2])
  end
  return low, high
end

local function assert_level_stays_near(wanted, margin, duration)
  local low, high = range_over(duration, "LEVEL")
  lu.assertTrue(low > wanted - margin and high < wanted + margin, ("%g..%g"):format(low, high))
end

function TestTankPid.test_the_level_comes_to_the_set_point_and_stays()
  local _, highest = range_over("5m", "LEVEL")
  lu.assertTrue(highest < 55, highest)
  assert_level_stays_near(50, 0.5, "30m")
  lu.assertAlmostEquals(mem.VALVE, 25, 0.5) -- 1 l/s of 4
  mem.SETPOINT = 70
  plant:run "5m"
  assert_level_stays_near(70, 0.5, "10m")
end

function TestTankPid.test_consumers_do_not_upset_it()
  plant:run "10m"
  mem.DRAWN = 3
  assert_level_stays_near(50, 10, "5m")
  assert_level_stays_near(50, 0.5, "10m")
  mem.DRAWN = 1
  assert_level_stays_near(50, 10, "5m")
  assert_level_stays_near(50, 0.5, "10m")
end

function TestTankPid.test_after_a_time_without_enough_water_it_does_not_overflow()
  plant:run "10m"
  mem.DRAWN = 6
  plant:run "20m"
  lu.assertEquals({ mem.LEVEL, mem.VALVE }, { 0, 100 })
  mem.DRAWN = 1
  local _, highest = range_over("10m", "LEVEL")
  lu.assertTrue(highest < 65, highest)
end

function TestTankPid.test_changing_over_moves_nothing()
  plant:run "3m"
  local before = mem.VALVE
  lu.assertEquals(mem.MANUAL, before)
  mem.AUTO = false
  plant:run "5s"
  lu.assertAlmostEquals(mem.VALVE, before, 1e-9)
  mem.MANUAL = 60
  plant:run "20s"
  lu.assertEquals(mem.VALVE, 60)
  mem.AUTO = true
  plant:scans()
  lu.assertAlmostEquals(mem.VALVE, 60, 1)
  plant:run "10m"
  lu.assertAlmostEquals(mem.LEVEL, 50, 0.5)
end

local function check_broken(wire)
  plant:run "10m"
  local level, valve = mem.LEVEL, mem.VALVE
  mem.WIRE = wire
  plant:scans()
  mem.SETPOINT = 90
  local low, high = range_over("10m", "VALVE")
  lu.assertEquals({ mem.FAILED, mem.LEVEL }, { true, level })
  lu.assertAlmostEquals(low, valve, 1e-6)
  lu.assertAlmostEquals(high, valve, 1e-6)
  mem.WIRE, mem.SETPOINT = 0, 50
  plant:scans(2)
  lu.assertEquals(mem.FAILED, false)
  lu.assertAlmostEquals(mem.VALVE, valve, 2)
end

function TestTankPid.test_a_broken_wire_leaves_the_valve_where_it_is()
  check_broken(1)
end

function TestTankPid.test_a_shorted_wire_leaves_the_valve_where_it_is()
  check_broken(2)
end

function TestTankPid.test_an_operator_takes_over_from_a_broken_transmitter()
  plant:run "10m"
  mem.WIRE = 1
  plant:run "1m"
  mem.AUTO, mem.MANUAL = false, 10
  plant:run "1s"
  lu.assertEquals(mem.VALVE, 10)
end

function TestTankPid.test_a_reload_changes_nothing()
  local other = test.load(SCRIPT)
  for second = 1, 120 do
    plant:run "1s"
    other:run "1s"
    if second % 20 == 0 then
      other:reload()
    end
    lu.assertEquals({ other.mem.LEVEL, other.mem.VALVE }, { mem.LEVEL, mem.VALVE })
  end
end

function TestTankPid.test_a_restart_goes_on_in_automatic()
  mem.SETPOINT = 65
  plant:run "10m"
  local valve = mem.VALVE
  plant:restart { crash = true }
  lu.assertEquals({ mem.SETPOINT, mem.AUTO }, { 65, true })
  assert_level_stays_near(65, 1, "10m")
  lu.assertAlmostEquals(mem.VALVE, valve, 1)
end

function TestTankPid.test_a_restart_goes_on_in_manual()
  mem.AUTO, mem.MANUAL = false, 40
  plant:run "1m"
  plant:restart()
  plant:run "1m"
  lu.assertEquals({ mem.AUTO, mem.MANUAL, mem.VALVE }, { false, 40, 40 })
end

-- The script with a fault in its 5th second.
local function load_faulty()
  local file = assert(io.open(SCRIPT))
  local text = file:read "a"
  file:close()
  local path = os.tmpname()
  file = assert(io.open(path, "w"))
  file:write(text, "every('1s', function() if scan.time > 4 then error 'on purpose' end end)\n")
  file:close()
  local faulty = test.load(path, { quiet = true })
  os.remove(path)
  return faulty
end

function TestTankPid.test_in_a_fault_the_valve_closes()
  local faulty = load_faulty()
  faulty:run "4s"
  lu.assertTrue(faulty.mem.VALVE > 0)
  lu.assertErrorMsgContains("on purpose", faulty.run, faulty, "2s")
  lu.assertEquals(faulty.mem.VALVE, 0)
end
