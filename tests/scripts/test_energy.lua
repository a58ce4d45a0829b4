-- Proves what the first comment of scripts/energy.lua promises.

local lu = require "luaunit"
local test = require "msm.test"

-- The script goes by local time, in whatever time zone the test runs.
local function utc(month, day, hour, minute)
  return os.date("!%F %T", os.time { year = 2026, month = month, day = day, hour = hour, min = minute or 0 })
end

local plant, mem, meter

local function begin(...)
  plant = test.load("scripts/energy.lua", { at = utc(...), quiet = true })
  mem, meter = plant.mem, plant:device "meter"
end

TestEnergy = {}

function TestEnergy.setUp()
  begin(3, 10, 12)
end

function TestEnergy.test_power_adds_up_to_energy()
  meter.POWER = 60
  plant:run "30m"
  lu.assertAlmostEquals(mem.DAY, 30, 0.1)
  meter.POWER = 0
  plant:run "30m"
  lu.assertAlmostEquals(mem.DAY, 30, 0.1)
  meter.POWER = 7.2
  plant:run "1h"
  lu.assertAlmostEquals(mem.DAY, 37.2, 0.1)
  lu.assertAlmostEquals(mem.MONTH, mem.DAY, 1e-9)
  lu.assertAlmostEquals(mem.PEAK, 60, 0.3)
  lu.assertAlmostEquals(mem.POWER, 7.2, 1e-6)
  lu.assertTrue(mem.MISSING < 0.1)
end

function TestEnergy.test_a_silent_meter_does_not_count_and_is_missed()
  for _, manner in ipairs { "offline", "silent", "wrong" } do
    begin(3, 10, 12)
    meter.POWER = 60
    plant:run "10m"
    meter[manner](meter)
    plant:run "10m"
    lu.assertAlmostEquals(mem.DAY, 10, 0.1)
    lu.assertAlmostEquals(mem.MISSING, 10, 0.1)
    lu.assertEquals({ mem.POWER, plant:quality "POWER" }, { 60, "stale" })
    meter:online()
    plant:run "10m"
    lu.assertAlmostEquals(mem.DAY + mem.MISSING, 30, 0.2)
    lu.assertTrue(mem.MISSING < 11.1, mem.MISSING)
  end
end

function TestEnergy.test_a_value_that_cannot_be_does_not_count()
  meter.POWER = 60
  plant:run "10m"
  meter.POWER = 5000
  plant:run "10m"
  lu.assertAlmostEquals(mem.DAY, 10, 0.1)
  lu.assertAlmostEquals(mem.MISSING, 10, 0.1)
end

function TestEnergy.test_midnight_ends_the_day()
  begin(3, 10, 23)
  meter.POWER = 60
  plant:run "30m"
  meter:offline()
  plant:run "10m"
  meter:online()
  plant:run "20m"
  local month = mem.MONTH
  lu.assertTrue(month > 49 and month < 50.2, month)
  plant:run "15m"
  lu.assertAlmostEquals(mem.YESTERDAY, month, 0.1)
  lu.assertAlmostEquals(mem.DAY, 15, 0.1)
  lu.assertAlmostEquals(mem.MONTH, month + 15, 0.1)
  lu.assertEquals({ mem.MISSING, mem.LAST_MONTH }, { 0, 0 })
end

function TestEnergy.test_the_last_day_of_a_month_ends_the_month()
  begin(2, 28, 23, 30)
  meter.POWER = 60
  plant:run "31m"
  lu.assertAlmostEquals(mem.LAST_MONTH, 30, 0.1)
  lu.assertAlmostEquals(mem.YESTERDAY, 30, 0.1)
  lu.assertAlmostEquals(mem.MONTH, 1, 0.1)
  lu.assertEquals(mem.PEAK, 0)
  meter.POWER = 20
  plant:run "15m"
  lu.assertAlmostEquals(mem.PEAK, 22.7, 0.3) -- a minute of 60, 14 of 20
end

function TestEnergy.test_midnight_with_a_silent_meter()
  begin(3, 10, 23, 30)
  meter.POWER = 60
  plant:run "20m"
  meter:offline()
  plant:run "20m"
  lu.assertAlmostEquals(mem.YESTERDAY, 20, 0.1)
  lu.assertEquals(mem.DAY, 0)
  lu.assertAlmostEquals(mem.MISSING, 10, 0.1)
end

function TestEnergy.test_totals_outlive_a_restart()
  meter.POWER = 60
  plant:run "1h"
  plant:restart()
  plant:run "5s"
  lu.assertAlmostEquals(mem.DAY, 60, 0.2)
  for _ = 1, 20 do
    plant:restart { crash = true }
    plant:run "30s"
  end
  lu.assertAlmostEquals(mem.DAY + mem.MISSING, 70, 0.5)
  lu.assertAlmostEquals(mem.MONTH, mem.DAY, 1e-9)
  lu.assertAlmostEquals(mem.PEAK, 60, 0.3)
end

function TestEnergy.test_a_quarter_of_an_hour_outlives_a_restart()
  meter.POWER = 60
  plant:run "10m"
  meter:offline()
  plant:run "2m"
  plant:restart()
  plant:run "3m"
  plant:scans()
  lu.assertAlmostEquals(mem.PEAK, 40, 0.2) -- 10 minutes of 15
  lu.assertAlmostEquals(mem.MISSING, 5, 0.2)
end

function TestEnergy.test_a_midnight_without_the_program_is_made_up()
  begin(3, 31, 20)
  meter.POWER = 60
  plant:run "1h"
  plant:set_clock(utc(4, 1, 6)) -- it was off until then
  plant:restart { crash = true }
  plant:run "10m"
  lu.assertAlmostEquals(mem.YESTERDAY, 60, 0.2)
  lu.assertAlmostEquals(mem.LAST_MONTH, 60, 0.2)
  lu.assertAlmostEquals(mem.DAY, 10, 0.2)
  plant:run "4h"
  lu.assertAlmostEquals(mem.LAST_MONTH, 60, 0.2)
end

function TestEnergy.test_a_reload_changes_nothing()
  meter.POWER = 60
  for _ = 1, 60 do
    plant:run "59.5s"
    plant:reload()
    plant:run "0.5s"
  end
  lu.assertAlmostEquals(mem.DAY, 60, 0.1)
end
