-- Proves msm.test as those who write tests see it: time, values, faults, reloads, restarts, inputs and
-- traces. Each case writes a script of a few lines. Devices are in test_devices.lua.

local lu = require "luaunit"
local test = require "msm.test"
local written = require "written"

local load, write = written.load, written.write

TestTime = { tearDown = written.forget }

local COUNT = [[
mem.N = input.uint32(0)
mem.T = input.float64(2)
every("100ms", function() mem.N = mem.N + 1; mem.T = scan.time end)
]]

function TestTime.test_a_dot_or_a_number_that_means_nothing()
  local plant = load(COUNT)
  lu.assertErrorMsgContains("test_plant.lua", function() plant.scans(3) end)
  for _, name in ipairs { "scans", "time", "run", "get", "device", "trace" } do
    lu.assertErrorMsgContains(("called with a colon, as in plant:%s("):format(name), function() plant[name]("x") end)
  end
  for _, count in ipairs { -1, 1.5, "2" } do
    lu.assertErrorMsgContains("scans takes a number of scans, 0 or more", function() plant:scans(count) end)
  end
  lu.assertEquals(plant:count(), 0)
end

function TestTime.test_a_run_covers_what_is_due_before_its_end()
  local plant = load(COUNT)
  lu.assertEquals({ plant:count(), plant:state() }, { 0, "ready" })
  plant:run "100ms"
  lu.assertEquals({ plant.mem.N, plant.mem.T }, { 1, 0 })
  plant:run "2.5s"
  lu.assertEquals({ plant.mem.N, plant.mem.T, plant:state() }, { 26, 2.5, "running" })
  lu.assertAlmostEquals(plant:time(), 2.6, 1e-9)
end

function TestTime.test_plants_that_nobody_has_any_more_are_gone_soon()
  local alive, count = setmetatable({}, { __mode = "k" }), 0
  local path = write(COUNT)
  for _ = 1, 100 do
    alive[test.load(path)] = true
  end
  for _ in pairs(alive) do
    count = count + 1
  end
  lu.assertTrue(count < 20)
end

function TestTime.test_runs_add_up_however_they_are_cut()
  local plant = load(COUNT)
  for _ = 1, 700 do
    plant:run "3ms"
  end
  lu.assertEquals(plant.mem.N, 21)
end

function TestTime.test_scans_are_counted()
  local plant = load(COUNT)
  plant:scans(7)
  lu.assertEquals(plant.mem.N, 7)
  plant:scans()
  lu.assertAlmostEquals(plant:time(), 0.8, 1e-9)
  plant:run "2.2s"
  lu.assertEquals(plant.mem.N, 30)
end

function TestTime.test_a_condition_is_waited_for()
  local plant = load(COUNT)
  lu.assertAlmostEquals(plant:run_until(function() return plant.mem.N == 11 end, "5s"), 1, 1e-9)
  lu.assertErrorMsgContains("run_until: it did not come true within 2s", function()
    plant:run_until(function() return false end, "2s")
  end)
end

function TestTime.test_a_duration_as_text_has_a_unit()
  local plant = load(COUNT)
  local problem = 'run: "100" has no unit; "100s", "100ms" and others have one, and a number without quotes is in '
    .. "seconds"
  lu.assertErrorMsgContains(problem, plant.run, plant, "100")
  lu.assertErrorMsgContains('run_until: "5" has no unit', plant.run_until, plant, function() return false end, "5")
  lu.assertErrorMsgContains('a duration is seconds or text like "100ms", not a table', plant.run, plant, {})
  plant:run "0"
  plant:run(0.1)
  lu.assertEquals(plant.mem.N, 1)
end

function TestTime.test_the_clock_of_the_wall_goes_along_and_can_be_set()
  local plant = load([[
    mem.NOW = input.float64(0)
    mem.OK = discrete(0)
    every(1, function() mem.NOW, mem.OK = scan.now, scan.clock_ok end)
  ]], { at = "2026-03-29 00:59:58" })
  plant:run "2s"
  lu.assertEquals(os.date("!%F %T", math.tointeger(plant.mem.NOW)), "2026-03-29 00:59:59")
  plant:set_clock "2030-01-01 00:00:00"
  plant:run "1s"
  lu.assertEquals({ os.date("!%F %T", math.tointeger(plant.mem.NOW)), plant.mem.OK },
    { "2030-01-01 00:00:00", true })
  lu.assertErrorMsgContains("there is no moment 2026-13-01", plant.set_clock, plant, "2026-13-01 00:00:00")
  lu.assertErrorMsgContains("there is no moment 2026-04-31", plant.set_clock, plant, "2026-04-31 00:00:00")
  plant:set_clock ""
  plant:run "1s"
  lu.assertFalse(plant.mem.OK)
end

function TestTime.test_times_of_the_day()
  local plant = load('every(1, function() end)', { at = "2026-03-28 05:00:00" })
  plant:run_to "06:00"
  lu.assertEquals(plant:time(), 3600)
  plant:run_to "06:00"
  lu.assertEquals(plant:time(), 25 * 3600)
  plant:run_to "06:00:30"
  plant:run_to "2026-03-29 06:01:00"
  lu.assertEquals(plant:time(), 25 * 3600 + 60)
  lu.assertErrorMsgContains("run_to: it is 2026-03-29 06:01:00 UTC already", plant.run_to, plant, "2026-03-29 06:00:00")
  lu.assertErrorMsgContains("a moment is written as", plant.run_to, plant, "6:00")
  lu.assertErrorMsgContains("a moment is written as", plant.run_to, plant, "06:00 lokal")
  lu.assertErrorMsgContains("there is no moment", plant.run_to, plant, "25:00")
end

function TestTime.test_local_times()
  local function clock(format)
    return os.date(format, os.time { year = 2026, month = 7, day = 1, hour = 12 })
  end
  local plant = load('every(1, function() end)', { at = "2026-07-01 11:59:00 local" })
  plant:run_to "12:00 local"
  lu.assertEquals(plant:time(), 60)
  plant:set_clock(clock "%F %T local")
  plant:run_to(clock "!%F " .. clock "!%H:%M:30")
  lu.assertEquals(plant:time(), 90)
end

function TestTime.test_who_watches_changes_nothing()
  local function passed(watch)
    local plant = load [[
      mem.N = input.uint32(0)
      every("10s", function() mem.N = mem.N + 1 end)
    ]]
    if watch then
      plant:trace { "N" }
    end
    plant:run "1s"
    plant:run "15s"
    return { plant:time(), plant.mem.N }
  end
  lu.assertEquals(passed(true), passed(false))
  lu.assertEquals(passed(false), { 16, 2 })
end

TestValues = { tearDown = written.forget }

function TestValues.test_a_test_may_set_anything()
  local plant = load [[
    mem.IN = holding.uint16(0, { dir = "in" })
    mem.OUT = input.int16(0)
    mem.FLAG = var.bool {}
    mem.LIST = holding.float32(10, { count = 3 })
    mem.TEXT = holding.string(20, { length = 8 })
    mem:raw { holding = { 100, 4 } }
    mem.NEWS = input.uint16(9)
    every(0.1, function() if mem:written "IN" then mem.NEWS = mem.NEWS + 1 end end)
  ]]
  local mem = plant.mem
  plant:scans()
  mem.IN, mem.OUT, mem.FLAG, mem.LIST, mem.TEXT = 7, -3, true, { 1, 2.5, 4 }, "abc"
  mem["holding[101]"] = 0xABCD
  mem["LIST[2]"] = 9
  plant:scans(3)
  lu.assertEquals({ mem.IN, mem.OUT, mem.FLAG, mem.LIST, mem.TEXT, mem["holding[101]"], mem.NEWS },
    { 7, -3, true, { 1, 9, 4 }, "abc", 0xABCD, 1 })
end

function TestValues.test_labels_and_words_are_values_as_in_msm_set()
  local plant = load([[
    mem.MODE = holding.uint16(0, { labels = { [0] = "OFF", [2] = "RUN" }, max = 2 })
    mem.DOOR = coil(0, { labels = { [false] = "shut", [true] = "open" } })
    mem.B = coil(1)
    mem.MODES = holding.uint16(10, { count = 2, labels = { [0] = "OFF", [2] = "RUN" } })
    mem.T = var.string { length = 8 }
    every("100ms", function() end)
  ]])
  local mem = plant.mem
  mem.MODE, mem.DOOR, mem.B, mem.T, mem.MODES = "RUN", "open", "on", "on", { "RUN", "OFF" }
  lu.assertEquals({ mem.MODE, mem.DOOR, mem.B, mem.T, mem.MODES }, { 2, true, true, "on", { 2, 0 } })
  plant:set("B", "off")
  plant:force("MODE", "OFF")
  lu.assertEquals({ mem.MODE, mem.B }, { 0, false })
  local function set(name, value)
    return function() mem[name] = value end
  end
  lu.assertErrorMsgContains("a uint16 takes integers 0..2, or one of OFF, RUN; did you mean RUN?", set("MODE", "Run"))
  lu.assertErrorMsgContains('mem.MODE = "2" is a string; a uint16 takes integers 0..2', set("MODE", "2"))
  lu.assertErrorMsgContains("true or false, or one of shut, open; did you mean open?", set("DOOR", "opn"))
  lu.assertErrorMsgContains("a coil takes true or false (typed also as on and off, 1 and 0)", set("B", "yes"))
end

function TestValues.test_what_is_wrong_is_told_at_the_tests_line()
  local plant = load [[mem.LEVEL = holding.uint16(0, { max = 100 })]]
  local here = debug.getinfo(1, "S").short_src
  local function refused(text, call)
    local ok, problem = pcall(call)
    lu.assertFalse(ok)
    lu.assertStrContains(problem, here .. ":")
    lu.assertStrContains(problem, text)
  end
  refused("mem.LEVL is not declared; did you mean mem.LEVEL?", function() plant.mem.LEVL = 3 end)
  refused("did you mean mem.LEVEL?", function() return plant.mem.LEVL end)
  refused("mem.LEVEL = 101 is out of range 0..100", function() plant.mem.LEVEL = 101 end)
  refused("mem.LEVEL takes no table", function() plant.mem.LEVEL = {} end)
  refused("the plant has no method and no memory plc; its memories: mem", function() return plant.plc end)
  refused("no memory relod; did you mean reload?", function() plant:relod() end)
  refused("no memory men; did you mean mem?", function() return plant.men.LEVEL end)
  refused("run: ", function() plant:run "soon" end)
  refused("called with a colon, as in plant:run(", function() plant.run "2s" end)
  refused("scans takes a number of scans, 0 or more, not \"3s\"", function() plant:scans "3s" end)
  refused("run_until takes a function", function() plant:run_until(true, "3s") end)
  refused("restart: unknown option crsh; did you mean crash?", function() plant:restart { crsh = true } end)
  refused("load: unknown option fast; there are at, quiet, strict", function() load("", { fast = 1 }) end)
  refused("load: quiet is a boolean, not \"yes\"", function() load("", { quiet = "yes" }) end)
  refused("there is no client link \"plc\", and no memory of that name with one; the script has no client",
    function() plant:device "plc" end)
  refused("get takes the name of a variable, not nil", function() plant.get(plant) end)
end

function TestValues.test_a_memory_that_is_named_like_a_method()
  local plant = load [[
    local run = memory("run")
    run.LEVEL = holding.uint16(0)
    run.LIST = holding.uint16(1, { count = 2 })
  ]]
  plant:set("run.LEVEL", 7)
  plant:set("run.LIST", { 1, 2 })
  plant:set("run.LIST[2]", 3)
  plant:run "100ms"
  lu.assertEquals({ plant:get "run.LEVEL", plant:get "run.LIST" }, { 7, { 1, 3 } })
  lu.assertErrorMsgContains("did you mean run.LEVEL?", plant.get, plant, "run.LEVL")
end

function TestValues.test_force_and_quality()
  local plant = load [[
    mem.OUT = coil(0, { dir = "out" })
    every(0.1, function() mem.OUT = true end)
  ]]
  plant:force("OUT", false)
  plant:scans(2)
  lu.assertFalse(plant.mem.OUT)
  plant:unforce "OUT"
  lu.assertTrue(plant.mem.OUT)
  lu.assertEquals(plant:quality "OUT", "good")
end

TestFaults = { tearDown = written.forget }

function TestFaults.test_a_fault_fails_the_run_with_the_scripts_line()
  local plant = load [[
mem.N = input.uint16(0)
mem.SAFE = coil(0, { safe = false, default = true })
every(0.1, function()
  mem.N = mem.N + 1
  if mem.N == 3 then mem.N = "three" end
end)]]
  lu.assertErrorMsgMatches(written.last() .. ":5: mem.N = \"three\" is a string.*", function()
    plant:run "1s"
  end)
  lu.assertEquals({ plant:state(), plant.mem.N, plant.mem.SAFE }, { "fault", 2, false })
  lu.assertStrContains(plant:fault(), "is a string")
  lu.assertAlmostEquals(plant:time(), 0.2, 1e-9)
end

function TestFaults.test_a_body_that_fails_fails_the_load()
  lu.assertErrorMsgMatches(".*test_plant.lua:%d+: load: .*:1: holding.uint16: unknown option \"maximum\".*", load,
    "mem.X = holding.uint16(0, { maximum = 3 })")
end

function TestFaults.test_an_overrun_fails_the_run()
  local slow = [[
    every(0.001, function() for i = 1, 3e6 do end end)
  ]]
  local plant = load(slow)
  lu.assertErrorMsgMatches(".*: scan 1 took .* ms of processor time here.*every 1.0 ms: an overrun.*",
    function() plant:run "10ms" end)
  load(slow, { strict = false }):run "2ms"
end

function TestFaults.test_a_program_that_stops_itself_is_over()
  local plant = load [[
    mem.N = input.uint16(0)
    every(0.1, function() mem.N = mem.N + 1; if mem.N == 2 then program.stop() end end)
  ]]
  plant:run "1s"
  lu.assertEquals({ plant:state(), plant.mem.N }, { "stopped", 2 })
  lu.assertErrorMsgContains("has stopped itself at", function() plant:scans(1) end)
end

function TestFaults.test_a_fault_at_the_end_is_one_too()
  local text = [[
    mem.N = input.uint16(0)
    on_stop(function() error "at the end" end)
    every(0.1, function() mem.N = mem.N + 1; if mem.N == 5 then program.stop() end end)
  ]]
  local plant = load(text)
  plant:scans(2)
  lu.assertErrorMsgContains("at the end", function() plant:restart() end)
  plant = load(text)
  lu.assertErrorMsgContains("at the end", function() plant:run "1s" end)
end

TestTransitions = { tearDown = written.forget }

function TestTransitions.test_the_trial_has_the_time_of_the_plant()
  local plant = load([[
    local k = keep("k", { t = 0.0 })
    every(0.1, function()
      assert(scan.time - k.t < 1, "time has jumped")
      assert(scan.now < 1e9, "the year is another one")
      k.t = scan.time
    end)
  ]], { at = "2000-01-01 00:00:00" })
  plant:run "1s"
  plant:reload()
  plant:run "1s"
  lu.assertEquals(plant:state(), "running")
end

function TestTransitions.test_what_no_program_keeps_is_not_kept()
  local text = [[
    mem.N = input.uint16(0)
    local k = keep("k", { n = 0 })
    every(0.1, function() k.n = k.n + 1; mem.N = k.n end)
  ]]
  local plant = load(text)
  plant:run "1s"
  write("mem.N = input.uint16(0)", written.last())
  plant:reload()
  plant:run "1s"
  write(text, written.last())
  plant:reload()
  plant:run "100ms"
  lu.assertEquals(plant.mem.N, 1)
end

local LIVES = [[
mem.KEPT = holding.uint16(0, { retain = true, default = 5 })
mem.LOST = holding.uint16(1, { default = 6 })
mem.WHY = var.string { length = 8 }
local timer = require "msm.timer"
local on = timer.TON("on", "10s")
local k, r = keep("k", { n = 0 }), keep("r", { n = 0 }, { retain = true })
on_start(function(why) mem.WHY = why end)
on_stop(function() r.n = r.n + 100 end)
mem.Q = coil(0)
mem.N = input.uint32(0)
mem.R = input.uint32(2)
every("100ms", function()
  k.n, r.n = k.n + 1, r.n + 1
  mem.Q, mem.N, mem.R = on(true), k.n, r.n
end)
]]

function TestTransitions.test_a_reload_goes_on()
  local plant = load(LIVES)
  plant:run "6s"
  plant.mem.LOST = 60
  write(LIVES .. "\nmem.NEW = coil(9)", written.last())
  plant:reload()
  plant:run "4s"
  lu.assertEquals({ plant.mem.LOST, plant.mem.N, plant.mem.Q, plant.mem.WHY, plant.mem.NEW },
    { 60, 100, false, "reload", false })
  plant:run "100ms"
  lu.assertTrue(plant.mem.Q)
end

function TestTransitions.test_a_reload_is_refused_and_nothing_has_changed()
  local plant = load(LIVES)
  plant:run "1s"
  write("mem.X = = 3", written.last())
  lu.assertErrorMsgContains(":1: unexpected symbol near '='", function() plant:reload() end)
  write(LIVES .. "\nevery(1, function() error 'at once' end)", written.last())
  lu.assertErrorMsgContains("at once", function() plant:reload() end)
  plant:run "1s"
  lu.assertEquals({ plant.mem.N, plant:state() }, { 20, "running" })
end

function TestTransitions.test_after_a_restart_there_is_what_was_retained()
  local plant = load(LIVES)
  plant:run "6s"
  plant.mem.KEPT, plant.mem.LOST = 50, 60
  plant:restart()
  lu.assertEquals({ plant.mem.KEPT, plant.mem.LOST }, { 50, 6 })
  plant:run "9s"
  lu.assertEquals({ plant.mem.N, plant.mem.R, plant.mem.Q, plant.mem.WHY }, { 90, 250, false, "cold" })
  plant:restart { crash = true }
  plant:run "100ms"
  lu.assertEquals(plant.mem.R, 251)
end

TestInputs = { tearDown = written.forget }

function TestInputs.test_a_function_of_time()
  local plant = load [[
    mem.IN = holding.float32(0)
    mem.SUM = input.float64(0)
    every("100ms", function() mem.SUM = mem.SUM + mem.IN end)
  ]]
  plant:input("IN", function(t) return t < 0.45 and 1 or 10 end)
  plant:run "1s"
  lu.assertEquals(plant.mem.SUM, 5 * 1 + 5 * 10)
end

function TestInputs.test_a_file_and_a_trace()
  local plant = load [[
    mem.IN = holding.int16(0)
    mem.ON = coil(0)
    mem.OUT = input.int32(0)
    every("100ms", function() mem.OUT = mem.ON and 10 * mem.IN or -1 end)
  ]]
  plant:input(write "time,IN,ON\n0,1,false\n0.2,,true\n0.25,7,\n")
  local trace = plant:trace { "OUT", "ON" }
  plant:run "500ms"
  lu.assertEquals(trace:csv(), "time,OUT,ON\n0,-1,false\n0.1,-1,false\n0.2,10,true\n0.3,70,true\n0.4,70,true\n")
  local plot = trace:plot { width = 5, height = 1 }
  lu.assertStrContains(plot, "▁▁███", false, false)
end

function TestInputs.test_what_is_wrong_with_a_file_is_told()
  local plant = load [[mem.IN = holding.int16(0)]]
  lu.assertErrorMsgContains("No such file", function() plant:input "/nowhere.csv" end)
  lu.assertErrorMsgContains(":3: the first column is the time", function()
    plant:input(write "time,IN\n1,2\n0,3\n")
  end)
  lu.assertErrorMsgContains(":1: INN is not declared; did you mean IN?", function()
    plant:input(write "time,INN\n0,3\n")
  end)
  lu.assertErrorMsgContains(":2: there are 1 cells, and the first line names 2", function()
    plant:input(write "time,IN\n0\n")
  end)
  lu.assertErrorMsgContains("the first line names the columns", function()
    plant:input(write "time,IN\n")
  end)
  lu.assertErrorMsgContains("INN is not declared", function()
    plant:input("INN", function() return 1 end)
  end)
  plant:input(write "time,IN\n0,x\n")
  lu.assertErrorMsgContains(':2: mem.IN = "x" is a string', function() plant:scans() end)
end
