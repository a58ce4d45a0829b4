-- Proves what the first comment of scripts/traffic_light.lua promises.

local lu = require "luaunit"
local test = require "msm.test"

local SCRIPT <const> = "scripts/traffic_light.lua"

local LAMPS = { "RED", "AMBER", "GREEN", "DONT_WALK", "WALK" }

-- The script goes by local time, in whatever time zone the test runs.
local function at(hour, minute)
  return os.date("!%F %T", os.time { year = 2026, month = 1, day = 5, hour = hour, min = minute })
end

local plant, mem

local function lit()
  local on = {}
  for _, lamp in ipairs(LAMPS) do
    on[#on + 1] = mem[lamp] and lamp or nil
  end
  return table.concat(on, " ")
end

-- What the lamps show, one after the other, and for how long: { { "RED DONT_WALK", 5.0 }, … }
local function course(seconds)
  local phases = {}
  for _ = 1, seconds * 10 do
    plant:scans()
    local now = lit()
    local last = phases[#phases]
    if not last or last[1] ~= now then
      last = { now, 0 }
      phases[#phases + 1] = last
    end
    last[2] = last[2] + 1
  end
  for _, phase in ipairs(phases) do
    phase[2] = phase[2] / 10
  end
  return phases
end

local function begin(hour, minute)
  plant = test.load(SCRIPT, { at = at(hour, minute), quiet = true })
  mem = plant.mem
end

local function press()
  mem.BUTTON = true
  plant:scans()
end

TestTrafficLight = {}

function TestTrafficLight.setUp()
  begin(12, 0)
end

function TestTrafficLight.test_it_begins_with_red_for_both_and_then_cars_have_green()
  lu.assertEquals(course(60), { { "RED DONT_WALK", 5 }, { "RED AMBER DONT_WALK", 1 }, { "GREEN DONT_WALK", 54 } })
  plant:run "1h"
  lu.assertEquals({ lit(), mem.CROSSING_STEP }, { "GREEN DONT_WALK", "green" })
end

function TestTrafficLight.test_the_button_brings_a_walk_and_green_again()
  plant:run "1m"
  press()
  lu.assertTrue(mem.WAIT)
  lu.assertEquals(course(25), {
    { "AMBER DONT_WALK", 2.9 }, -- its first scan was the press
    { "RED DONT_WALK", 2 }, { "RED WALK", 8 }, { "RED DONT_WALK", 5 }, { "RED AMBER DONT_WALK", 1 },
    { "GREEN DONT_WALK", 6.1 },
  })
  lu.assertFalse(mem.WAIT)
end

function TestTrafficLight.test_cars_have_green_for_10_s_at_least()
  plant:run "7s"
  press()
  local green = course(10)[1]
  lu.assertEquals(green[1], "GREEN DONT_WALK")
  lu.assertAlmostEquals(green[2], 9, 0.1)
end

function TestTrafficLight.test_wait_is_lit_from_the_button_to_the_walk()
  plant:run "1m"
  press()
  plant:run_until(function() return mem.WALK end, "10s")
  lu.assertTrue(mem.WAIT) -- until the next scan
  plant:scans()
  lu.assertFalse(mem.WAIT)
  press()
  lu.assertFalse(mem.WAIT) -- who may walk need not ask
  plant:run_until(function() return not mem.WALK end, "10s")
  press()
  lu.assertTrue(mem.WAIT)
  plant:run_until(function() return mem.WALK end, "30s")
end

function TestTrafficLight.test_whatever_is_pressed_nobody_may_walk_before_cars()
  math.randomseed(7)
  for _ = 1, 30000 do
    mem.BUTTON = math.random() < 0.01
    plant:scans()
    local shown = lit()
    lu.assertTrue(not mem.WALK or shown == "RED WALK", shown)
    lu.assertTrue(not (mem.WALK and mem.DONT_WALK) and not (mem.RED and mem.GREEN), shown)
  end
end

function TestTrafficLight.test_at_night_amber_blinks_and_nobody_waits()
  begin(22, 59)
  plant:run "59.9s"
  lu.assertEquals(lit(), "GREEN DONT_WALK")
  plant:run "1s"
  for _, phase in ipairs(course(60)) do
    lu.assertTrue(phase[1] == "" or phase[1] == "AMBER", phase[1])
    lu.assertTrue(phase[2] <= 0.5, phase[2])
  end
  press()
  plant:run "1m"
  lu.assertEquals({ mem.WAIT, mem.CROSSING_STEP }, { false, "night" })
end

function TestTrafficLight.test_night_waits_until_cars_have_green()
  begin(22, 59)
  plant:run "58s"
  press()
  plant:run "10s"
  lu.assertEquals(lit(), "RED WALK")
  plant:run "20s"
  lu.assertEquals(mem.CROSSING_STEP, "night")
end

function TestTrafficLight.test_night_ends_with_red_for_both()
  begin(5, 29)
  plant:run "10s"
  lu.assertEquals(mem.CROSSING_STEP, "night") -- power came at night
  plant:run "50s"
  lu.assertEquals({ course(7)[1][1], course(7)[1][1] }, { "RED DONT_WALK", "GREEN DONT_WALK" })
end

function TestTrafficLight.test_a_clock_that_is_not_set_is_day()
  begin(2, 0)
  plant:set_clock ""
  plant:run "1m"
  lu.assertEquals(lit(), "GREEN DONT_WALK")
end

function TestTrafficLight.test_a_reload_in_each_step_changes_nothing()
  plant:run "1m"
  press()
  local phases = {}
  for _ = 1, 25 do
    plant:reload()
    for _, phase in ipairs(course(1)) do
      local last = phases[#phases]
      if last and last[1] == phase[1] then
        last[2] = last[2] + phase[2]
      else
        phases[#phases + 1] = phase
      end
    end
  end
  for i, seconds in ipairs { 2.9, 2, 8, 5, 1 } do
    lu.assertAlmostEquals(phases[i][2], seconds, 1e-9)
  end
end

function TestTrafficLight.test_after_a_restart_both_have_red()
  plant:run "1m"
  press()
  plant:run_until(function() return mem.WALK end, "10s")
  plant:restart { crash = true }
  lu.assertEquals(course(5), { { "RED DONT_WALK", 5 } })
end

-- The script with a fault after so many seconds.
local function load_faulty(seconds)
  local file = assert(io.open(SCRIPT))
  local text = file:read "a"
  file:close()
  local path = os.tmpname()
  file = assert(io.open(path, "w"))
  file:write(text, ("every('1s', function() if scan.time > %d then error 'on purpose' end end)\n"):format(seconds))
  file:close()
  local faulty = test.load(path, { at = at(12, 0), quiet = true })
  os.remove(path)
  return faulty
end

function TestTrafficLight.test_in_a_fault_all_is_dark()
  for seconds, before in pairs { [4] = "RED DONT_WALK", [8] = "GREEN DONT_WALK" } do
    plant = load_faulty(seconds)
    mem = plant.mem
    plant:run(seconds)
    mem.BUTTON = true
    lu.assertEquals(lit(), before)
    lu.assertErrorMsgContains("on purpose", plant.run, plant, "2s")
    lu.assertEquals({ lit(), mem.WAIT }, { "", false })
  end
end
