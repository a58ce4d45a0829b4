-- Proves what runs when: tasks at scan.time 0 and then each period without drift, dt, overruns,
-- on_start, on_stop and program.stop; that news from masters is told once to each task; and what of
-- print and log reaches a person.
-- luacheck: read_globals host

local lu = require "luaunit"

local runs = {} -- of the tasks below: { name, scan.time, dt }

mem.ACK = holding.word(0)
mem.WIDE = holding.uint32(1)
mem.ITEMS = holding.word(4, { count = 3 })
mem.BIT = holding.bool(8, 3)
mem.NEXT_BIT = holding.bool(8, 4)
mem.START = coil(0, { pulse = true })
mem.OUT = holding.word(9, { dir = "out", default = 5 })
mem.LIMITED = holding.word(10, { min = 0, max = 100 })
mem:raw { coil = { 8, 8 } }

local why_of_start, news

local function note(name)
  return function(dt)
    runs[#runs + 1] = { name, scan.time, dt }
    for variable in pairs(news or {}) do
      if mem:written(variable) then
        table.insert(news[variable], name)
      end
    end
    if news and news.START and mem.START then
      table.insert(news.START, name .. " seen")
    end
  end
end

on_start(function(...) why_of_start = { ... } end)
every("100ms", note "fast")
every(0.25, note "slow")

local written_in_body = mem:written "ACK"

-- What ran during `seconds`.
local function runs_of(seconds)
  runs = {}
  host.advance(seconds)
  return runs
end

-- To a moment at which both tasks have just run.
local function even_out()
  host.advance(0.5 - scan.time % 0.5 > 0.499999 and 0 or 0.5 - scan.time % 0.5)
end

TestTasks = {}

function TestTasks.setUp()
  news = nil
  even_out()
end

function TestTasks.test_1_first_runs_at_time_0_with_one_period()
  lu.assertEquals(why_of_start, { "cold" })
  local fault, log = host.run [[
    on_start(function(why) print(why, scan.count) end)
    every("100ms", function(dt) print("a", dt, scan.time, scan.count) end)
    every(0.25, function(dt) print("b", dt, scan.time, scan.count) end)
    print("body", scan.time, scan.count)
  ]]
  lu.assertNil(fault)
  lu.assertEquals(log, "body\t0.0\t0\ncold\t1\na\t0.1\t0.0\t1\nb\t0.25\t0.0\t1\n")
end

function TestTasks.test_in_the_order_declared_and_without_drift()
  local begin, seen = scan.time, {}
  for i, run in ipairs(runs_of(0.5)) do
    seen[i] = ("%s %.2f %.2f"):format(run[1], run[2] - begin, run[3])
  end
  lu.assertEquals(seen, { "fast 0.10 0.10", "fast 0.20 0.10", "slow 0.25 0.25", "fast 0.30 0.10",
    "fast 0.40 0.10", "fast 0.50 0.10", "slow 0.50 0.25" })
end

function TestTasks.test_a_late_scan_tells_in_dt()
  runs = {}
  local before = scan.overruns
  host.late(1.03)
  lu.assertEquals({ #runs, runs[1][1], runs[2][1] }, { 2, "fast", "slow" })
  lu.assertAlmostEquals(runs[1][3], 1.03, 1e-9)
  lu.assertAlmostEquals(runs[2][3], 1.03, 1e-9)
  runs = runs_of(0.08) -- due times stand where they stood
  lu.assertAlmostEquals(runs[1][3], 0.07, 1e-9)
  lu.assertTrue(scan.overruns > before)
  host.advance(0.39)
end

function TestTasks.test_periods_and_arguments()
  for text, message in pairs {
    ["every(1)"] = "every(period, function) takes a function, not nothing",
    ["every()"] = 'every: a duration is seconds or text like "100ms", not nothing',
    ["every('100', print)"] = 'every: "100" has no unit; "100s", "100ms" and others have one, and a number '
      .. "without quotes is in seconds",
    ["every(print, 1)"] = 'every takes the period first and then the function: every("100ms", function() … end)',
    ["every('1x', print)"] = 'every: "1x" is not a duration',
    ["every(0, print)"] = "every: a period is at least 0.1 ms, not 0",
    ["every(1, print, 2)"] = "every: options are one table, { key = value }, not 2",
    ["every(1, print, {}, 2)"] = "every takes a period, a function and a table of options, not 4 arguments",
    ["on_start(5)"] = "on_start takes a function, not 5",
    ["on_stop()"] = "on_stop takes a function, not nothing",
    ["on_stop(print) on_stop(print)"] = "on_stop: there is one already; one function can call several",
    ["program()"] = 'program takes a table of options, program { name = "plant" }',
    ["program { name = 'a b' }"] =
      'program: option name takes letters, digits, _ - and ., up to 63, not "a b"',
    ["program { memory = 0 }"] =
      "program: option memory takes the MiB that the script may use, 1..4096, not 0",
  } do
    lu.assertStrContains(host.check("\n" .. text), "script.lua:2: " .. message)
  end
end

function TestTasks.test_later_tasks_see_earlier_writes()
  local fault, log = host.run [[
    mem.A = holding.word(0)
    every(1, function() mem.A = mem.A + 1 end)
    every(1, function() print(mem.A) end)
  ]]
  lu.assertEquals({ fault, log }, { nil, "1\n" })
end

TestScan = {}

function TestScan.test_fields()
  local count, now = scan.count, scan.now
  host.advance(1)
  lu.assertTrue(scan.count >= count + 10)
  lu.assertAlmostEquals(scan.now - now, 1, 0.11)
  lu.assertTrue(scan.clock_ok)
  lu.assertErrorMsgContains("scan.tme is not known; did you mean time?", function() return scan.tme end)
  lu.assertErrorMsgContains("scan.xyzzy is not known; clock_ok count now overruns time are",
    function() return scan.xyzzy end)
  lu.assertErrorMsgContains("scan.time is read only", function()
    scan.time = 0 -- luacheck: ignore 122
  end)
end

TestNews = {}

TestNews.setUp = TestTasks.setUp

-- Writes as a master does and lists which tasks were told of what during the next 0.6 s.
local function told(names, table_name, address, words)
  news = {}
  for _, name in ipairs(names) do
    news[name] = {}
  end
  lu.assertEquals(host.write(mem, table_name, address, words), 0)
  host.advance(0.6)
  local found = news
  news = nil
  host.advance(0.4)
  return found
end

function TestNews.test_each_task_is_told_once_same_value_or_not()
  lu.assertFalse(written_in_body)
  for _ = 1, 2 do
    lu.assertEquals(told({ "ACK", "WIDE" }, "holding", 0, { 7 }), { ACK = { "fast", "slow" }, WIDE = {} })
    lu.assertEquals(mem.ACK, 7)
  end
end

function TestNews.test_of_arrays_and_neighbours()
  lu.assertEquals(told({ "ITEMS", "ACK" }, "holding", 5, { 1 }), { ITEMS = { "fast", "slow" }, ACK = {} })
  news = { BIT = {}, NEXT_BIT = {} }
  lu.assertEquals(host.mask(mem, "holding", 8, 0xFFF7, 0x0008), 0)
  host.advance(0.6)
  lu.assertEquals(news, { BIT = { "fast", "slow" }, NEXT_BIT = {} })
end

function TestNews.test_a_pulse_is_seen_once_and_clears_itself()
  lu.assertEquals(told({ "START" }, "coil", 0, { 1 }).START,
    { "fast", "fast seen", "slow", "slow seen" })
  lu.assertFalse(mem.START)
  lu.assertEquals(host.read(mem, "coil", 0), { 0 })
  lu.assertEquals(told({ "START" }, "coil", 0, { 0 }).START, {})
  lu.assertErrorMsgContains("mem.START is written by the world (a pulse is sent by masters)",
    function() mem.START = true end)
end

function TestNews.test_of_what_is_not_declared()
  lu.assertErrorMsgContains("mem.AKC is not declared; did you mean ACK?",
    function() mem:written "AKC" end)
  lu.assertErrorMsgContains("mem:written takes a memory", function() mem.written "ACK" end)
  lu.assertErrorMsgContains("a variable is found by its name, not by nothing; the name is text",
    function() mem:written() end)
end

TestMasters = {}

function TestMasters.test_refusals_change_nothing()
  lu.assertEquals(host.write(mem, "holding", 9, { 1 }), 2) -- "out"
  lu.assertEquals(host.write(mem, "holding", 1, { 1 }), 2) -- half of a uint32
  lu.assertEquals(host.write(mem, "holding", 10, { 101 }), 3)
  lu.assertEquals(host.write(mem, "holding", 3, { 0 }), 2) -- a gap
  host.advance(1)
  lu.assertEquals({ mem.OUT, mem.WIDE, mem.LIMITED }, { 5, 0, 0 })
  lu.assertEquals({ host.read(mem, "holding", 10, 2) }, { nil, 2 })
  lu.assertEquals(host.read(mem, "holding", 3), { 0 })
end

function TestMasters.test_what_a_script_assigns_is_published()
  mem.OUT = 77
  lu.assertEquals(host.read(mem, "holding", 9), { 77 })
  lu.assertEquals(mem:quality "OUT", "good")
  host.advance(1)
  lu.assertAlmostEquals(mem:age "OUT", 1, 0.11)
end

TestStop = {}

function TestStop.test_program_stop_ends_after_this_scan()
  local fault, log, scans = host.run([[
    every(1, function() if scan.count == 3 then program.stop() print "stopping" end end)
    every(1, function() print(scan.count) end)
    on_stop(function() print "stopped" end)
  ]], 10)
  lu.assertEquals({ fault, log, scans }, { nil, "1\n2\nstopping\n3\nstopped\n", 3 })
end

function TestStop.test_after_a_fault_nothing_runs()
  local fault, log, scans = host.run([[
    every(1, function() print "once" error "broken" end)
    every(1, function() print "never" end)
    on_stop(function() print "never" end)
  ]], 10)
  lu.assertStrContains(fault, "script.lua:1: broken\nstack traceback:\n")
  lu.assertEquals({ log, scans }, { "once\n", 1 })
  fault, log = host.run "on_start(function() error 'unwell' end) every(1, function() print 'never' end)"
  lu.assertStrContains(fault, "script.lua:1: unwell")
  lu.assertEquals(log, "")
  lu.assertStrContains(host.run "on_stop(function() error 'late' end)", "script.lua:1: late")
end

function TestStop.test_caught_errors_while_declaring_tasks_leave_order()
  local fault, log = host.run [[
    every(1, function() print "a" end)
    assert(not pcall(every, 1, 5) and not pcall(every, "x", print))
    every(1, function() print "b" end)
  ]]
  lu.assertEquals({ fault, log }, { nil, "a\nb\n" })
end

TestLog = {}

function TestLog.test_print_and_levels()
  local fault, log = host.run [[
    program { name = "plant" }
    print(1, "two", nil, true)
    print()
    log "plain"
    log("%d of %d", 1, 2)
    log.info "100%"
    log.warn("%s", "hot")
    log.error("nul \0 stays")
  ]]
  lu.assertNil(fault)
  lu.assertEquals(log, "1\ttwo\tnil\ttrue\n\nplant: plain\nplant: 1 of 2\nplant: 100%\n"
    .. "plant: warning: hot\nplant: error: nul \\x00 stays\n")
  lu.assertStrContains(host.check "log.info('%d', 'x')", "script.lua:1: bad argument #2 to 'string.format'")
  lu.assertStrContains(host.check "log.info()", "script.lua:1: bad argument #1 to 'info'")
end

-- A script prints what a master wrote: that must not pass for a line of ours, nor drive a terminal.
function TestLog.test_nothing_can_be_forged()
  local _, log = host.run [[
    print("x\nscript: FAULT\27[2J\7\tend\127")
    log.info("a\nb\rc")
  ]]
  lu.assertEquals(log, "x\n  script: FAULT\\x1B[2J\\x07\tend\\x7F\nscript: a\n  b\\x0Dc\n")
end

local function lines(text)
  return select(2, text:gsub("\n", ""))
end

function TestLog.test_too_much_is_left_out_and_said()
  local _, log = host.run("for i = 1, 600 do print(i) end", 0)
  lu.assertEquals(lines(log), 501)
  lu.assertStrContains(log, "500\nscript: warning: 100 lines of print and log were left out: "
    .. "more than 50 a second\n")
end

function TestLog.test_dumps_and_long_lines_count_by_their_length()
  local _, log = host.run("mem:raw { holding = 2000 }\nfor _ = 1, 600 do mem:dump() end", 0)
  lu.assertTrue(#log < 200 * 600, #log)
  _, log = host.run("for _ = 1, 600 do print(('x'):rep(60000)) end", 0)
  lu.assertTrue(#log < 60000 * 3, #log)
end

-- Held back once, it holds back for a second: not a warning beside each line that gets through.
function TestLog.test_a_flood_is_summed_up()
  local _, log = host.run("every('10ms', function() for _ = 1, 100 do print 'flood' end end)", 500)
  local _, warnings = log:gsub("left out", "")
  lu.assertTrue(warnings >= 3 and warnings <= 7, warnings)
end

function TestLog.test_the_limit_fills_again_with_time()
  local _, log = host.run("for i = 1, 600 do print 'body' end\nevery(1, function() print 'task' end)", 3)
  lu.assertEquals(log, ("body\n"):rep(500) .. "script: warning: 101 lines of print and log were "
    .. "left out: more than 50 a second\ntask\ntask\n") -- of three scans the first comes too early
end
