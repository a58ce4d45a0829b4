-- Proves what the first comment of scripts/batch_mixer.lua promises.

local lu = require "luaunit"
local test = require "msm.test"

local plant, mem

TestBatchMixer = {}

function TestBatchMixer.setUp()
  plant = test.load("scripts/batch_mixer.lua", { quiet = true })
  mem = plant.mem
  mem.FILL, mem.HEAT, mem.STIR = 20, 25, 2
end

local function order(name)
  mem[name] = true
  plant:scans()
end

local function until_step(name)
  return plant:run_until(function() return mem.BATCH_STEP == name end, "2h")
end

local function outputs()
  local on = {}
  for _, name in ipairs { "VALVE", "HEATER", "MOTOR", "DRAIN" } do
    on[#on + 1] = mem[name] and name or nil
  end
  return table.concat(on, " ")
end

local function start(step)
  order "START"
  until_step(step or "fill")
end

function TestBatchMixer.test_nothing_happens_without_start()
  plant:run "10m"
  lu.assertEquals({ outputs(), mem.BATCH_STEP, mem.LEVEL }, { "", "", 0 })
end

function TestBatchMixer.test_a_batch_fills_heats_stirs_and_drains()
  start()
  lu.assertEquals(outputs(), "VALVE")
  until_step "heat"
  lu.assertAlmostEquals(mem.LEVEL, 20, 0.1)
  lu.assertEquals(outputs(), "HEATER MOTOR")
  until_step "stir"
  lu.assertAlmostEquals(mem.TEMP, 25, 0.1)
  lu.assertEquals(outputs(), "MOTOR")
  lu.assertAlmostEquals(until_step "drain", 120, 0.15)
  lu.assertEquals(outputs(), "DRAIN")
  until_step ""
  lu.assertEquals({ outputs(), mem.LEVEL, mem.BATCHES, mem.MESSAGE }, { "", 0, 1, "" })
  start ""
  lu.assertEquals(mem.BATCHES, 2)
end

for step, on in pairs { fill = "VALVE", heat = "HEATER MOTOR", stir = "MOTOR", drain = "DRAIN" } do
  TestBatchMixer["test_hold_in_" .. step] = function()
    start(step)
    lu.assertEquals(outputs(), on)
    plant:run "1s"
    mem.HOLD = true
    plant:scans()
    local level = mem.LEVEL
    plant:run "20m"
    lu.assertEquals({ outputs(), mem.BATCH_STEP }, { "", step })
    lu.assertAlmostEquals(mem.LEVEL, level, 0.1)
    mem.HOLD = false
    plant:scans()
    lu.assertEquals(outputs(), on)
    mem.HEAT = 20 -- it has cooled down meanwhile
    until_step ""
    lu.assertEquals(mem.BATCHES, 1)
  end
end

function TestBatchMixer.test_what_was_stirred_before_a_hold_counts()
  start "stir"
  plant:run "90s"
  mem.HOLD = true
  plant:run "1h"
  mem.HOLD = false
  lu.assertAlmostEquals(until_step "drain", 30, 0.3)
end

function TestBatchMixer.test_abort_stops_everything()
  for _, step in ipairs { "fill", "heat", "stir" } do
    start(step)
    order "ABORT"
    lu.assertEquals({ outputs(), mem.BATCH_STEP, mem.BATCHES }, { "", "", 0 })
    plant:run "5m"
    lu.assertEquals(outputs(), "")
  end
  lu.assertTrue(mem.LEVEL > 0)
  mem.HOLD = true
  order "START"
  plant:run "1m"
  lu.assertEquals(outputs(), "")
  order "ABORT" -- a held one, too
  mem.HOLD = false
  plant:run "1m"
  lu.assertEquals({ outputs(), mem.BATCH_STEP }, { "", "" })
end

function TestBatchMixer.test_a_step_that_takes_too_long_aborts_the_batch()
  start()
  plant:force("LEVEL", 0)
  plant:run "9m"
  lu.assertEquals(outputs(), "VALVE")
  plant:run "2m"
  lu.assertEquals({ outputs(), mem.BATCH_STEP, mem.MESSAGE }, { "", "", "It does not fill" })
  plant:unforce "LEVEL"
  start "heat"
  lu.assertEquals(mem.MESSAGE, "")
  plant:force("TEMP", 20)
  plant:run "61m"
  lu.assertEquals({ outputs(), mem.MESSAGE }, { "", "It does not heat" })
end

function TestBatchMixer.test_recipes_are_saved_and_loaded()
  mem.PRODUCT = "red"
  order "SAVE"
  mem.PRODUCT, mem.FILL, mem.HEAT, mem.STIR = "green", 30, 35, 5
  order "SAVE"
  plant:restart()
  mem.PRODUCT = "red"
  order "LOAD"
  lu.assertEquals({ mem.FILL, mem.HEAT, mem.STIR, mem.MESSAGE }, { 20, 25, 2, "" })
  mem.PRODUCT = "green"
  order "LOAD"
  lu.assertEquals({ mem.FILL, mem.HEAT, mem.STIR }, { 30, 35, 5 })
  start "heat"
  lu.assertAlmostEquals(mem.LEVEL, 30, 0.1)
end

function TestBatchMixer.test_why_a_recipe_is_not_loaded()
  mem.PRODUCT = "red"
  order "SAVE"
  mem.PRODUCT, mem.FILL = "rad", 33
  order "LOAD"
  lu.assertStrContains(mem.MESSAGE, 'there is no recipe "rad"')
  lu.assertStrContains(mem.MESSAGE, 'did you mean "red"?')
  mem.PRODUCT = ""
  order "SAVE"
  lu.assertStrContains(mem.MESSAGE, "a recipe's name is text of 1 to 47 bytes")
  start()
  mem.PRODUCT = "red"
  order "LOAD"
  lu.assertEquals({ mem.FILL, mem.MESSAGE }, { 33, "A batch is under way" })
end

function TestBatchMixer.test_a_reload_in_each_step_changes_nothing()
  local other = test.load "scripts/batch_mixer.lua"
  other.mem.FILL, other.mem.HEAT, other.mem.STIR, other.mem.START = 20, 25, 2, true
  mem.START = true
  for _ = 1, 40 do
    plant:run "10s"
    other:run "10s"
    other:reload()
    for _, name in ipairs { "BATCH_STEP", "LEVEL", "TEMP", "BATCHES", "VALVE", "HEATER", "MOTOR", "DRAIN" } do
      lu.assertEquals(other.mem[name], mem[name], name)
    end
  end
  lu.assertEquals(mem.BATCHES, 1)
end

for _, step in ipairs { "fill", "heat", "stir", "drain" } do
  TestBatchMixer["test_a_restart_holds_in_" .. step] = function()
    start(step)
    plant:run "10s"
    plant:restart { crash = step ~= "heat" }
    plant:run "10m"
    lu.assertEquals({ outputs(), mem.BATCH_STEP, mem.HOLD }, { "", step, true })
    mem.HOLD, mem.HEAT = false, 20
    if step == "stir" then
      lu.assertAlmostEquals(until_step "drain", 110, 1.5) -- what is retained is up to 1 s old
    end
    until_step ""
    lu.assertEquals(mem.BATCHES, 1)
  end
end

function TestBatchMixer.test_a_restart_without_a_batch_holds_nothing()
  plant:run "1m"
  plant:restart()
  plant:run "1m"
  lu.assertFalse(mem.HOLD)
end
