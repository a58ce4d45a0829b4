-- Proves recipes: waits last as long as they say, also when held, through reloads, edits of the text,
-- rollbacks and restarts; orders from within; what is raised names the user's line.
-- luacheck: read_globals host

local lu = require "luaunit"

local HEAD = [[
  local sequence = require "msm.sequence"
  wait, wait_until = sequence.wait, sequence.wait_until
  mem.VALVE, mem.LEVEL = coil(0), holding.int16(0)
  flags = keep "flags"
  local calls = {}
  function note(what) calls[#calls + 1] = tostring(what) end
  function taken() local text = table.concat(calls, " ") calls = {} return text end
  function flag(name) return function() return flags[name] == true end end
]]

local function script(steps, options, period)
  return ("%s seq = sequence.recipe('batch', {%s}, {%s}) every(%q, function() seq() end)")
    :format(HEAD, steps, options or "start = true", period or "100ms")
end

local function step(name, body)
  return ("{ %q, function() %s end },"):format(name, body)
end

-- Each row: code before the scan, what is noted in it, then step and status after it.
local function assert_scans(play, rows)
  for i, row in ipairs(rows) do
    local order, notes, at, status = table.unpack(row)
    if order ~= "" then
      play:eval(order)
    end
    play:run()
    lu.assertEquals({ play:eval "taken(), seq.step, seq.status, mem.BATCH_STEP" },
      { notes, at, status or "running", at }, ("row %d, %s"):format(i, order))
  end
end

local TWO = step("fill", "note 'open' wait '300ms' note 'shut'") .. step("heat", "note 'on' wait '200ms' note 'off'")

TestRecipe = {}

-- A step that has ended is followed by the next one in the same scan, so that waits add up.
function TestRecipe.test_scan_by_scan()
  local play = host.play(script(TWO, ""))
  play:run()
  assert_scans(play, {
    { "", "", "", "idle" },
    { "seq:start()", "open", "fill" },
    { "", "", "fill" },
    { "", "", "fill" },
    { "", "shut on", "heat" },
    { "", "", "heat" },
    { "", "off", "", "done" },
    { "", "", "", "done" },
    { "seq:start()", "open", "fill" },
  })
end

function TestRecipe.test_waits_in_loops_and_functions_add_up()
  local play = host.play(script(step("a", "for i = 1, 100 do note(i) wait '300ms' end")))
  for scan = 0, 299 do
    play:run()
    lu.assertEquals(play:eval "taken()", scan % 3 == 0 and tostring(scan // 3 + 1) or "", scan)
  end
  play:run()
  lu.assertEquals(play:eval "seq.status", "done")
end

function TestRecipe.test_wait_until()
  local play = host.play(script(step("a", [[
    note(wait_until(flag "one"))
    note(wait_until(flag "one"))
    note(wait_until(flag "two", "200ms"))
    note(wait_until(flag "three", "200ms"))
    note(wait_until(flag "four", 0))
    wait(0)
    note "end"]])))
  assert_scans(play, {
    { "", "", "a" },
    { "", "", "a" },
    { "flags.one = true", "true true", "a" },
    { "flags.two = true", "true", "a" },
    { "", "", "a" },
    { "flags.three = false", "false false end", "", "done" }, -- it is asked for the last time, and then the next
  })
  play = host.play(script(step("a", "note(wait_until(flag 'x', '200ms'))")))
  assert_scans(play, { { "", "", "a" }, { "", "", "a" }, { "flags.x = true", "true", "", "done" } })
end

-- It says so where a condition answers something else than yes or no.
function TestRecipe.test_what_is_raised()
  local rows = {
    { "error 'oh'", 'script.lua:1: oh\n  in step a of sequence.recipe "batch"' },
    { "local t = nil\nt.x = 1", "script.lua:2: attempt to index a nil value" },
    { "\n\nwait '5 apples'", "script.lua:3: wait: " },
    { "wait()", "script.lua:1: wait: " },
    { "wait(-1)", "script.lua:1: wait: " },
    { "\nwait_until(true)", "script.lua:2: wait_until takes a function, as in wait_until(function() return "
      .. "mem.LEVEL > 80 end), not true" },
    { "\nwait_until(function() end)", "script.lua:2: wait_until: its function must answer true or false, not nil" },
    { "\nwait_until(function() return 1 end)",
      "script.lua:2: wait_until: its function must answer true or false, not 1" },
    { "wait_until(flag 'x', 'soon')", "script.lua:1: wait_until: timeout: " },
    { "coroutine.wrap(function() wait '1s' end)()", "script.lua:1: wait belongs in a step of a sequence.recipe" },
    { "wait '100ms'\nseq:go 'b'", "script.lua:2: sequence.recipe \"batch\": go names the step \"b\"" },
  }
  for _, row in ipairs(rows) do
    local text = script(step("a", row[1]))
    text = text:gsub("\n", " ", select(2, HEAD:gsub("\n", "")))
    local fault = host.run(text, 5)
    lu.assertStrContains(fault or "no fault", row[2])
  end
  lu.assertStrContains(host.run(HEAD .. "every(1, function() wait '1s' end)", 1), "wait belongs in a step")
  lu.assertStrContains(host.run(HEAD .. "wait_until(flag 'x')", 1), "wait_until belongs in a step")
end

function TestRecipe.test_a_caught_error_begins_the_step_again()
  local play = host.play(HEAD .. [[
    seq = sequence.recipe("batch", {
      { "a", function() note "a" wait "100ms" note "b" error "oh" end },
    }, { start = true })
    every("100ms", function() if not pcall(seq) then note "caught" end end)]])
  assert_scans(play, { { "", "a", "a" }, { "", "b caught", "a" }, { "", "a b caught", "a" } })
end

function TestRecipe.test_under_the_watchdog()
  if not host.interrupts then
    lu.skip "loops cannot be interrupted in this build"
  end
  local fault = host.run_watched("program { watchdog = '100ms' }\n" .. script(step("a", "\nwhile true do end")), 3)
  lu.assertStrContains(fault, "script.lua:" .. select(2, HEAD:gsub("\n", "")) + 3)
end

-- A round without a wait does not go on for ever.
function TestRecipe.test_steps_without_waits()
  local play = host.play(script(step("a", "note 'a'") .. step("b", "note 'b'") .. step("c", "note 'c' seq:go 'a'")))
  assert_scans(play, { { "", "a b c", "a" }, { "", "a b c", "a" } })
end

function TestRecipe.test_is_refused()
  local rows = {
    { "{ 'a' }", "step a: what it does must be a function, not nil" },
    { "{ 'a', print, run = print }", 'step a: a step is { "its name", function() … end }; "run" is none of these' },
    { "{ 'a', print, print }", 'step a: a step is { "its name", function() … end }; 3 is none of these' },
  }
  for _, row in ipairs(rows) do
    lu.assertStrContains(host.check(script(row[1])), 'sequence.recipe "batch": ' .. row[2])
  end
end

-- ---- orders ----

TestOrders = {}

function TestOrders.test_hold_in_a_wait()
  local play = host.play(script(TWO))
  play:run(2)
  play:eval "seq:hold() taken()"
  play:run(20)
  assert_scans(play, {
    { "", "", "fill", "held" },
    { "seq:resume()", "", "fill" },
    { "", "shut on", "heat" },
  })
end

function TestOrders.test_hold_within()
  local play = host.play(script(step("a", "note(1) wait '100ms' seq:hold() note(2) wait '100ms' note(3)")))
  assert_scans(play, {
    { "", "1", "a" },
    { "", "", "a", "held" },
    { "", "", "a", "held" },
    { "seq:resume()", "2", "a" },
    { "", "3", "", "done" },
  })
end

-- Once it was resumed a reload does not hold again; before, it stays held.
function TestOrders.test_hold_within_and_a_reload()
  local text = script(step("a", "note(1) seq:hold() note(2) wait '200ms' note(3)"))
  local play = host.play(text)
  play:run()
  play:reload()
  assert_scans(play, { { "", "", "a", "held" }, { "seq:resume()", "1 2", "a" } })
  play:reload()
  assert_scans(play, { { "", "1 2", "a" }, { "", "3", "", "done" } })
end

function TestOrders.test_go_and_abort_within_do_not_come_back()
  local play = host.play(script(
    step("a", "note 'a' wait '100ms' seq:go 'c' note 'never'") .. step("b", "note 'b'") ..
    step("c", "note 'c' wait_until(flag 'x') seq:abort() note 'never'"),
    "start = true, on_abort = function() note 'off' end"))
  assert_scans(play, {
    { "", "a", "a" },
    { "", "c", "c" },
    { "flags.x = true", "off", "", "aborted" },
    { "seq:go 'b'", "b c off", "", "aborted" },
  })
end

function TestOrders.test_to_itself()
  local play = host.play(script(step("a", "note 'a' wait '100ms' seq:go 'a'")))
  assert_scans(play, { { "", "a", "a" }, { "", "a", "a" }, { "", "a", "a" } })
end

function TestOrders.test_from_outside()
  local play = host.play(script(TWO, "start = true, on_abort = function() note 'aborted' end"))
  assert_scans(play, {
    { "", "open", "fill" },
    { "seq:go 'heat'", "on", "heat" },
    { "", "", "heat" },
    { "seq:go 'fill'", "open", "fill" },
    { "seq:abort()", "aborted", "", "aborted" },
    { "seq:start()", "open", "fill" },
  })
end

function TestOrders.test_on_abort_is_no_part_of_the_step()
  local play = host.play(script(step("a", "seq:abort()"), "start = true, on_abort = function() wait '1s' end"))
  lu.assertErrorMsgContains("wait belongs in a step of a sequence.recipe", play.run, play)
end

-- What is marked <close> is closed at once from outside, and when the step has stopped from within.
function TestOrders.test_closes_what_is_open()
  local body = "local v <close> = setmetatable({}, { __close = function() note 'closed' end }) wait '100ms' "
  local play = host.play(script(step("a", body .. "seq:go 'b'") .. step("b", body .. "note 'end'")))
  assert_scans(play, {
    { "", "", "a" },
    { "", "closed", "b" },
    { "seq:go 'a'", "closed", "a" },
    { "seq:hold(); seq:abort()", "closed", "", "aborted" },
    { "seq:go 'b'", "", "b" },
    { "", "end closed", "", "done" },
  })
end

function TestOrders.test_two_at_once_one_in_the_other()
  local play = host.play(HEAD .. [[
    inner = sequence.recipe("inner", { { "x", function() wait "200ms" note "inner" end } })
    outer = sequence.recipe("batch", { { "a", function()
      inner:start()
      wait_until(function() inner() return inner.status == "done" end)
      wait "100ms"
      note "outer"
    end } }, { start = true })
    other = sequence.recipe("other", { { "y", function() wait "100ms" note "other" end } }, { start = true })
    seq = outer
    every("100ms", function() outer() other() end)]])
  assert_scans(play, {
    { "", "", "a" },
    { "", "other", "a" },
    { "", "inner", "a" },
    { "", "outer", "", "done" },
  })
end

function TestOrders.test_in_tasks_of_different_periods()
  for _, period in ipairs { 0.01, 0.1, 0.25, 0.4, 3 } do
    local play = host.play(script(step("a", "wait '1s' note(scan.time)"), nil, ("%dms"):format(period * 1000)))
    play:run(math.ceil(1 / period))
    lu.assertEquals(play:eval "taken()", "", period)
    play:run()
    lu.assertAlmostEquals(tonumber((play:eval "taken()")), math.ceil(1 / period) * period, 1e-6, period)
  end
end

-- ---- reload, rollback, restart ----

TestThrough = {}

local WAITS = step("a",
  "note(1) wait '300ms' note(2) wait '400ms' note(3) wait '200ms' note(4)") .. step("b", "wait '1h'")

-- In the second wait, for 0.2 s.
local function in_second(options)
  local play = host.play(script(WAITS, options))
  play:run(6)
  lu.assertEquals(play:eval "taken()", "1 2")
  return play
end

function TestThrough.test_a_reload_in_a_wait()
  local play = in_second()
  play:reload()
  assert_scans(play, {
    { "", "1 2", "a" }, -- 0.3 s
    { "", "3", "a" },
    { "", "", "a" },
    { "", "4", "b" },
  })
end

function TestThrough.test_many_reloads_in_a_wait()
  local play = in_second()
  play:reload()
  assert_scans(play, { { "", "1 2", "a" } })
  play:reload()
  assert_scans(play, { { "", "1 2 3", "a" } })
  play:reload()
  assert_scans(play, { { "", "1 2 3", "a" } })
  play:reload()
  assert_scans(play, { { "", "1 2 3 4", "b" } })
end

function TestThrough.test_a_reload_while_held()
  local play = in_second()
  play:eval "seq:hold()"
  play:run(3)
  play:reload()
  assert_scans(play, { { "", "", "a", "held" }, { "seq:resume()", "1 2", "a" }, { "", "3", "a" } })
end

function TestThrough.test_edits()
  local function after(from, to)
    local play = in_second()
    play:reload(script((WAITS:gsub(from, to))))
    local log = host.quiet(function() play:run() end)
    return play:eval "taken() .. ' ' .. seq.step .. ' ' .. seq.status", log
  end
  lu.assertEquals(after("400ms", "300ms"), "1 2 3 a running") -- shorter: over now
  lu.assertEquals(after("400ms", "500ms"), "1 2 a running")
  lu.assertEquals(after("300ms", "900ms"), "1 2 a running") -- it is behind it
  lu.assertEquals(after("wait '400ms' ", ""), "1 2 3 4 b running") -- 0.3 s of the wait of 0.2 s
  lu.assertEquals(after("note%(2%) .* wait '200ms'", ""), "1 4 b running") -- it has no more waits
  local what, log = after('"a"', '"c"')
  lu.assertEquals(what, "  aborted")
  lu.assertStrContains(log, 'sequence.recipe "batch" was in step a, which is gone: it is aborted; there are c, b')
end

-- A wait that was put in before counts what another one waited.
function TestThrough.test_a_wait_that_was_put_in()
  local play = in_second()
  play:reload(script((WAITS:gsub("note%(2%)", "wait '400ms' %0"))))
  assert_scans(play, { { "", "1", "a" }, { "", "2", "a" } })
end

-- It had answered yes, then no; now the conditions would say the other thing.
function TestThrough.test_answers_are_remembered()
  local play = host.play(script(step("a", [[
    local yes = wait_until(flag "x", "100ms")
    local no = wait_until(flag "y", "100ms")
    wait "200ms"
    note(yes) note(no) note(wait_until(flag "z", "100ms"))]])))
  play:run()
  play:eval "flags.x = true"
  play:run(3)
  play:eval "flags.x, flags.y = false, true"
  play:reload()
  play:run()
  lu.assertEquals(play:eval "taken()", "true false")
  play:reload()
  play:run()
  lu.assertEquals(play:eval "taken()", "true false false")
end

function TestThrough.test_loops()
  local body = "for i = 1, 10 do note(i) wait '100ms' end"
  local play = host.play(script(step("a", body)))
  play:run(4)
  play:reload()
  assert_scans(play, { { "", "1 2 3 4 5", "a" }, { "", "6", "a" } })
end

function TestThrough.test_a_loop_without_end_begins_as_new()
  for _, wait in ipairs { "wait '100ms'", "wait_until(function() return false end, '100ms')" } do
    local play = host.play(script(step("a", "local n = 0 while true do n = n + 1 note(n) " .. wait .. " end")))
    play:run(1500)
    lu.assertEquals(play:eval "select(2, taken():gsub('%d+', ''))", 1500)
    play:reload()
    local log = host.quiet(function() play:run() end)
    lu.assertStrContains(log, 'sequence.recipe "batch": step a had come through 1000 waits or more; it begins as new')
    assert_scans(play, { { "", "1 2", "a" }, { "", "3", "a" } })
  end
end

function TestThrough.test_a_rollback()
  local play = in_second()
  play:reload(script((WAITS:gsub("400ms", "2s"))))
  play:run(10)
  play:back()
  assert_scans(play, { { "", "1 2 3", "a" }, { "", "", "a" }, { "", "4", "b" } })
end

-- The program that comes back has a coroutine in the second wait, but the keep is in the first again.
function TestThrough.test_a_rollback_into_another_wait()
  local play = in_second()
  play:reload()
  play:run()
  play:eval "seq:go 'a'"
  play:run(2)
  play:back()
  assert_scans(play, { { "", "1", "a" }, { "", "2", "a" } })
end

function TestThrough.test_a_restart()
  local play = in_second "start = true, retain = true"
  play:restart()
  assert_scans(play, { { "", "1 2", "a" }, { "", "", "a" }, { "", "3", "a" } }) -- 0.2 s, 0.3 s, 0.4 s
  play = in_second()
  play:restart()
  assert_scans(play, { { "", "1", "a" } })
  play = in_second "start = true, retain = true"
  local log = host.quiet(function()
    play:restart(script((WAITS:gsub('"a"', '"c"')), "start = true, retain = true"))
    play:run()
  end)
  lu.assertStrContains(log, "was in step a, which is gone")
end

-- ---- a property ----

-- Whatever comes in between (holds, reloads, restarts, rollbacks, scans of any length): a wait ends in
-- the first scan in which the time that counts has come to its length. The model adds up moments.
local LENGTHS = { 0.35, 0.0, 1.2, 0.05, 2.0, 0.6 }

local function random_body()
  local parts = {}
  for i, length in ipairs(LENGTHS) do
    parts[i] = ("wait(%s) flags.over = %d"):format(length, i)
  end
  return table.concat(parts, " ")
end

local function model()
  local self = { over = 0, counted = 0.0, running = true, begun = false }
  function self.scan(dt)
    if not self.running then
      return
    end
    self.counted = self.counted + (self.begun and dt or 0)
    self.begun = true
    while LENGTHS[self.over + 1] and self.counted > LENGTHS[self.over + 1] - 1e-6 do
      self.over, self.counted = self.over + 1, 0.0
    end
  end
  return self
end

-- Returns what it did, for the message, and whether the next scan counts no time.
local function disturb(random, play, expected)
  local dice = random(100)
  if dice <= 10 then
    play:eval "seq:hold()"
    expected.running = false
  elseif dice <= 25 then
    play:eval "seq:resume()"
    expected.running = true
  elseif dice <= 35 then
    play:reload()
    return "reload"
  elseif dice <= 38 then
    play:restart()
    return "restart"
  elseif dice <= 42 then
    play:reload()
    play:back()
    return "back"
  end
  return "order"
end

function TestThrough.test_waits_add_up_whatever_comes_in_between()
  local seed = 20261122
  math.randomseed(seed)
  local scans = 0
  local text = script(step("a", "flags.over = 0 " .. random_body()), "start = true, retain = true", "10ms")
  for round = 1, 60 do
    local play = host.play((text:gsub('keep "flags"', 'keep("flags", {}, { retain = true })')))
    local expected = model()
    play:run()
    expected.scan(0)
    for scan = 1, 80 do
      local what = disturb(math.random, play, expected)
      local dt = math.random(1, 40) / 100
      play:late(dt)
      expected.scan(what == "restart" and 0 or dt)
      scans = scans + 1
      lu.assertEquals(play:eval "flags.over", expected.over,
        ("seed %d, round %d, scan %d after %s"):format(seed, round, scan, what))
      if expected.over == #LENGTHS then
        lu.assertEquals(play:eval "seq.status", "done")
        break
      end
    end
  end
  lu.assertTrue(scans > 1000)
end
