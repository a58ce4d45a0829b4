-- Proves what the first comment of scripts/hvac.lua promises.

local lu = require "luaunit"
local test = require "msm.test"

local plant, mem

-- The script goes by local time, in whatever time zone the test runs. 2 February 2026 is a Monday.
local function begin(month, day, hour, minute)
  local at = os.time { year = 2026, month = month, day = day, hour = hour, min = minute or 0 }
  plant = test.load("scripts/hvac.lua", { at = os.date("!%F %T", at), quiet = true })
  mem = plant.mem
  plant:scans()
end

local function setpoint_at(...)
  begin(...)
  return mem.SETPOINT
end

TestHvac = {}

function TestHvac.setUp()
  begin(2, 2, 12)
end

function TestHvac.test_set_points_by_the_week()
  lu.assertEquals(setpoint_at(2, 2, 5, 59), 17)
  lu.assertEquals(setpoint_at(2, 2, 6), 21)
  lu.assertEquals(setpoint_at(2, 2, 17, 59), 21)
  lu.assertEquals(setpoint_at(2, 2, 18), 17)
  lu.assertEquals(setpoint_at(2, 6, 17, 59), 21)
  lu.assertEquals(setpoint_at(2, 7, 12), 17)
  lu.assertEquals(setpoint_at(2, 8, 12), 17)
end

function TestHvac.test_holidays()
  lu.assertEquals(setpoint_at(5, 1, 12), 17) -- a Friday
  lu.assertEquals(setpoint_at(12, 23, 12), 21)
  lu.assertEquals(setpoint_at(12, 24, 0), 12)
  lu.assertEquals(setpoint_at(12, 28, 12), 12)
  lu.assertEquals(setpoint_at(1, 6, 12), 12)
  lu.assertEquals(setpoint_at(1, 7, 12), 21)
end

function TestHvac.test_the_room_is_as_warm_as_it_is_wanted()
  begin(2, 2, 6)
  mem.OUTSIDE = -5
  plant:run "4h"
  local trace = plant:trace { "ROOM" }
  plant:run "7h50m"
  for _, row in ipairs(trace.rows) do
    lu.assertAlmostEquals(row[2], 21, 0.5)
  end
  plant:run "11h"
  lu.assertAlmostEquals(mem.ROOM, 17, 0.5)
end

function TestHvac.test_extend_makes_it_warm_for_two_hours()
  begin(2, 7, 12)
  mem.EXTEND = true
  plant:scans()
  lu.assertEquals(mem.SETPOINT, 21)
  plant:run "1h"
  mem.EXTEND = true
  plant:run "119m"
  lu.assertEquals(mem.SETPOINT, 21)
  plant:run "2m"
  lu.assertEquals(mem.SETPOINT, 17)
end

function TestHvac.test_extend_outlives_reload_and_restart()
  begin(2, 7, 12)
  mem.EXTEND = true
  plant:run "1h"
  plant:reload()
  plant:run "10s"
  lu.assertEquals(mem.SETPOINT, 21)
  plant:restart { crash = true }
  plant:run "58m"
  lu.assertEquals(mem.SETPOINT, 21)
  plant:run "3m"
  lu.assertEquals(mem.SETPOINT, 17)
end

function TestHvac.test_switched_off_there_is_frost_protection()
  mem.ON, mem.OUTSIDE = false, -15
  plant:scans()
  lu.assertEquals(mem.SETPOINT, 7)
  local trace = plant:trace { "ROOM" }
  plant:run "1d"
  local lowest = math.huge
  for _, row in ipairs(trace.rows) do
    lowest = math.min(lowest, row[2])
  end
  lu.assertTrue(lowest > 6.4 and lowest < 7, lowest)
  lu.assertTrue(mem.ROOM < 7.7, mem.ROOM)
  plant:restart()
  plant:scans()
  lu.assertEquals({ mem.ON, mem.SETPOINT }, { false, 7 })
end

function TestHvac.test_in_summer_the_fan_cools_at_night()
  begin(7, 6, 12)
  mem.OUTSIDE = 33
  plant:run "9h50m"
  lu.assertTrue(mem.ROOM > 24, mem.ROOM)
  mem.OUTSIDE = 17
  plant:run "5m"
  lu.assertFalse(mem.FAN)
  plant:run "10m" -- from 22 o'clock on
  lu.assertTrue(mem.FAN)
  plant:run "4h"
  lu.assertFalse(mem.FAN)
  lu.assertAlmostEquals(mem.ROOM, 21.3, 0.4)
  lu.assertFalse(mem.HEATER)
end

function TestHvac.test_the_fan_ends_with_the_night_with_warm_air_and_when_switched_off()
  local function begin_to_cool(hour)
    begin(7, 7, hour)
    mem.OUTSIDE = 33
    plant:force("ROOM", 27)
    mem.OUTSIDE = 20
    plant:scans(2)
    lu.assertTrue(mem.FAN)
  end
  begin_to_cool(5)
  plant:run "61m"
  lu.assertFalse(mem.FAN)
  begin_to_cool(2)
  mem.OUTSIDE = 26.5
  plant:scans()
  lu.assertFalse(mem.FAN)
  begin_to_cool(2)
  mem.ON = false
  plant:scans()
  lu.assertFalse(mem.FAN)
end

function TestHvac.test_the_fan_waits_for_air_that_cools()
  begin(7, 7, 2)
  plant:force("ROOM", 27)
  mem.OUTSIDE = 25
  plant:run "1h"
  lu.assertFalse(mem.FAN)
  mem.OUTSIDE = 23
  plant:scans()
  lu.assertTrue(mem.FAN)
end

function TestHvac.test_while_the_clock_is_not_set_it_is_warm()
  begin(2, 7, 12)
  plant:set_clock ""
  plant:scans()
  lu.assertEquals(mem.SETPOINT, 21)
  plant:set_clock "2026-02-07 12:00:00" -- a Saturday in each zone
  plant:scans()
  lu.assertEquals(mem.SETPOINT, 17)
end

local function share_of_heating()
  local trace, on = plant:trace { "HEATER" }, 0
  plant:run "4h"
  for _, row in ipairs(trace.rows) do
    on = on + (row[2] and 1 or 0)
  end
  return on / #trace.rows
end

function TestHvac.test_a_broken_sensor()
  begin(2, 2, 3)
  plant:force("ROOM", 27)
  plant:scans()
  lu.assertTrue(mem.FAN)
  plant:unforce "ROOM"
  mem.BREAK = true
  plant:scans(2)
  lu.assertEquals({ mem.FAILED, mem.FAN }, { true, false })
  plant:run "20m"
  lu.assertEquals(share_of_heating(), 0)
  mem.OUTSIDE = -10
  plant:run "20m"
  lu.assertAlmostEquals(share_of_heating(), 0.25, 0.02)
  mem.BREAK = false
  plant:scans(2)
  lu.assertFalse(mem.FAILED)
end

function TestHvac.test_a_change_of_the_clocks_is_followed()
  for _, day in ipairs { { 3, 30 }, { 10, 26 } } do -- the Mondays after, in Europe
    begin(day[1], day[2] - 1, 0)
    plant:run_until(function() return mem.SETPOINT == 21 end, "40h")
    local monday = os.time { year = 2026, month = day[1], day = day[2], hour = 6 }
    local sunday = os.time { year = 2026, month = day[1], day = day[2] - 1, hour = 0 }
    lu.assertAlmostEquals(plant:time(), monday - sunday, 10)
  end
end
