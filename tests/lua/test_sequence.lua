-- Proves step chains: what is called in which scan, where transitions lead, the orders in every
-- status, and what a reload, a rollback and a restart do with a step that is under way.
-- luacheck: read_globals host

local lu = require "luaunit"

local sequence = require "msm.sequence"
local quiet = sequence.chain("quiet", {
  { "a", run = function() end, when = function() return false end },
}, { start = true })
local idle = sequence.recipe("idle", { { "a", function() sequence.wait "100h" end } }, { start = true })
every("10ms", function() quiet() idle() end)

local HEAD = [[
  local sequence = require "msm.sequence"
  local calls = {}
  flags = keep "flags"
  function note(what) return function(t) calls[#calls + 1] = t and ("%s(%.1f)"):format(what, t) or what end end
  function flag(name) return function() return flags[name] == true end end
  function taken() local text = table.concat(calls, " ") calls = {} return text end
  function step(name, more)
    local all = { name, enter = note(name .. "+"), run = note(name), leave = note(name .. "-") }
    for key, value in pairs(more or {}) do all[key] = value end
    return all
  end
]]

local TAIL = [[ every("100ms", function() seq() end) ]]

local function script(steps, options)
  return ("%s seq = sequence.chain('mixer', {%s}, {%s}) %s"):format(HEAD, steps, options or "", TAIL)
end

-- Each row: code before the scan, what is called in it, then step, status and time after it.
local function assert_scans(play, rows)
  for i, row in ipairs(rows) do
    local order, calls, step, status, time = table.unpack(row)
    if order ~= "" then
      play:eval(order)
    end
    play:run()
    local where = ("row %d, %s"):format(i, order)
    lu.assertEquals({ play:eval "taken(), seq.step, seq.status, mem.MIXER_STEP" },
      { calls, step, status, step }, where)
    lu.assertAlmostEquals(play:eval "seq.time", time or 0, 1e-9, where)
  end
end

local function assert_refused(rows)
  for _, row in ipairs(rows) do
    local steps, message, options = table.unpack(row)
    local text = ("local sequence = require 'msm.sequence'\nlocal s = sequence.chain('mixer', %s, {%s})")
      :format(steps, options or "")
    lu.assertEquals((host.check(text) or "accepted"):match "^[^\n]*", "script.lua:2: " .. message, steps)
  end
end

local TWO = "step('a', { when = flag 'go' }), step('b', { after = '300ms' })"

TestChain = {}

-- Idle at first; a step runs in the scan in which it begins, and no scan lies between two steps.
function TestChain.test_scan_by_scan()
  local play = host.play(script(TWO))
  play:run()
  assert_scans(play, {
    { "", "", "", "idle" },
    { "seq:start()", "a+ a(0.0)", "a", "running", 0 },
    { "", "a(0.1)", "a", "running", 0.1 },
    { "seq:start()", "a(0.2)", "a", "running", 0.2 },
    { "flags.go = true", "a(0.3) a- b+ b(0.0)", "b", "running", 0 },
    { "", "b(0.1)", "b", "running", 0.1 },
    { "", "b(0.2)", "b", "running", 0.2 },
    { "", "b(0.3) b-", "", "done", 0 },
    { "", "", "", "done", 0 },
    { "seq:start()", "a+ a(0.0)", "a", "running", 0 }, -- its transition is looked at from the next call on
    { "", "a(0.1) a- b+ b(0.0)", "b", "running", 0 },
  })
end

function TestChain.test_starts_by_itself_once()
  local play = host.play(script("step('a', { after = '100ms' })", "start = true"))
  assert_scans(play, {
    { "", "a+ a(0.0)", "a", "running" },
    { "", "a(0.1) a-", "", "done" },
    { "", "", "", "done" },
  })
end

-- Steps of 0.3 s, round and round: times add up, nothing is lost between steps.
function TestChain.test_times_add_up()
  local play = host.play(script("{'a', after = '300ms'}, {'b', after = '300ms', to = 'a'}", "start = true"))
  for scan = 0, 600 do
    play:run()
    lu.assertEquals(play:eval "seq.step", scan // 3 % 2 == 0 and "a" or "b", scan)
  end
end

function TestChain.test_a_long_scan_counts_whole()
  local play = host.play(script("{'a', after = '1s'}, {'b'}", "start = true"))
  play:run()
  play:late(0.75)
  lu.assertAlmostEquals(play:eval "seq.time", 0.75, 1e-9)
  play:late(0.25)
  lu.assertEquals(play:eval "seq.step", "b")
end

function TestChain.test_transitions_by_name()
  local play = host.play(script([[
    step('a', { next = function() return flags.to end }), step('b', { when = flag 'back', to = 'a' }),
    step('c', { when = flag 'over', to = 'done' }), step('d')]], "start = true"))
  assert_scans(play, {
    { "", "a+ a(0.0)", "a", "running" },
    { "", "a(0.1)", "a", "running", 0.1 },
    { "flags.to = false", "a(0.2)", "a", "running", 0.2 },
    { "flags.to = 'c'", "a(0.3) a- c+ c(0.0)", "c", "running" },
    { "flags.over = true", "c(0.1) c-", "", "done" },
    { "seq:go 'b'; flags.to = 'a'", "b+ b(0.0)", "b", "running" },
    { "flags.back = true", "b(0.1) b- a+ a(0.0)", "a", "running" },
    { "", "a(0.1) a- a+ a(0.0)", "a", "running" }, -- to itself: it begins again
    { "flags.to = 'done'", "a(0.1) a-", "", "done" },
    { "seq:go 'd'", "d+ d(0.0)", "d", "running" },
    { "", "d(0.1)", "d", "running", 0.1 }, -- no transition: it stays
  })
  play:eval "seq:go 'a'; flags.to = 'dd'"
  play:run()
  lu.assertErrorMsgContains('sequence.chain "mixer": step a: next names the step "dd", which it does not have; '
    .. "did you mean d?", play.run, play)
end

function TestChain.test_conditions_are_strict()
  local play = host.play(script("{'a', when = function() return 0 end}", "start = true"))
  play:run()
  lu.assertErrorMsgContains('sequence.chain "mixer": step a: when must answer true or false, not 0', play.run, play)
end

-- All orders in all statuses.
local ORDERS = {
  idle = { start = "a running", hold = " idle", resume = " idle", abort = " idle", go = "b running" },
  running = { start = "b running", hold = "b held", resume = "b running", abort = " aborted", go = "b running" },
  held = { start = "b held", hold = "b held", resume = "b running", abort = " aborted", go = "b held" },
  done = { start = "a running", hold = " done", resume = " done", abort = " done", go = "b running" },
  aborted = { start = "a running", hold = " aborted", resume = " aborted", abort = " aborted", go = "b running" },
}

local REACH = {
  idle = "", running = "seq:go 'b'", held = "seq:go 'b'; seq:hold()", done = "seq:go 'end'",
  aborted = "seq:start(); seq:abort()",
}

function TestChain.test_each_order_in_each_status()
  for status, orders in pairs(ORDERS) do
    for order, expected in pairs(orders) do
      local play = host.play(script("step('a'), step('b'), step('end', { after = 0 })"))
      play:run()
      play:eval(REACH[status])
      play:run(2)
      lu.assertEquals(play:eval "seq.status", status)
      play:eval(order == "go" and "seq:go 'b'" or ("seq:%s()"):format(order))
      lu.assertEquals(play:eval "seq.step .. ' ' .. seq.status", expected, status .. ": " .. order)
      play:run()
      lu.assertEquals(play:eval "seq.step .. ' ' .. seq.status", expected, status .. ": " .. order)
    end
  end
end

function TestChain.test_hold_stops_time_and_calls()
  local play = host.play(script(TWO, "start = true"))
  play:run()
  assert_scans(play, {
    { "flags.go = true", "a+ a(0.0) a(0.1) a- b+ b(0.0)", "b", "running" },
    { "", "b(0.1)", "b", "running", 0.1 },
    { "seq:hold()", "", "b", "held", 0.1 },
    { "", "", "b", "held", 0.1 },
    { "seq:resume()", "b(0.2)", "b", "running", 0.2 },
    { "seq:hold(); seq:go 'a'", "b-", "a", "held" },
    { "seq:resume()", "a+ a(0.0)", "a", "running" },
    { "seq:hold(); seq:abort()", "a-", "", "aborted" },
  })
end

function TestChain.test_abort_leaves_and_tells()
  local play = host.play(script("step('a')", "start = true, on_abort = function() note 'off' () end"))
  play:run(2)
  play:eval "taken(); seq:abort()"
  lu.assertEquals({ play:eval "taken(), seq.status, seq.step" }, { "a- off", "aborted", "" })
  play:eval "seq:abort()"
  play:run()
  lu.assertEquals(play:eval "taken()", "")
end

function TestChain.test_a_new_start_when_aborted()
  local play = host.play(script("step('a'), step('home')", "start = true, on_abort = function() seq:go 'home' end"))
  play:run(2)
  assert_scans(play, { { "taken(); seq:abort()", "a- home+ home(0.0)", "home", "running" } })
end

-- Orders from within: each function of a step gives one, and nothing of the step comes after it.
function TestChain.test_orders_from_within()
  local function with(where, order)
    local when = "function() if flags.go then note '?' () end return flags.go == true end"
    local a = ("step('a', { when = %s, %s = function() note '!' () %s end })"):format(when, where, order)
    return host.play(script(a .. ", step('b'), step('c')", "start = true"))
  end
  local GO <const> = "if not flags.off then flags.off = true seq:go 'c' end"
  assert_scans(with("enter", GO), {
    { "", "! a-", "c", "running" },
    { "", "c+ c(0.0)", "c", "running" },
  })
  assert_scans(with("run", "if flags.on then seq:go 'c' end"), {
    { "", "a+ !", "a", "running" },
    { "flags.on, flags.go = true, true", "! a- c+ c(0.0)", "c", "running" },
    { "seq:go 'a'", "c- a+ ! a-", "c", "running" },
    { "", "c+ c(0.0)", "c", "running" },
  })
  assert_scans(with("leave", GO), {
    { "", "a+ a(0.0)", "a", "running" },
    { "flags.go = true", "a(0.1) ? ! c+ c(0.0)", "c", "running" },
  })
  assert_scans(with("when", "seq:go 'c' return true"), {
    { "", "a+ a(0.0)", "a", "running" },
    { "", "a(0.1) ! a- c+ c(0.0)", "c", "running" },
  })
  assert_scans(with("run", "seq:hold()"), {
    { "", "a+ !", "a", "held" },
    { "flags.go = true", "", "a", "held" },
    { "seq:resume()", "!", "a", "held", 0.1 },
  })
  assert_scans(with("run", "seq:abort()"), { { "", "a+ ! a-", "", "aborted" } })
end

function TestChain.test_two_at_once()
  local play = host.play(HEAD .. [[
    one = sequence.chain("one", { { "a", after = "200ms" }, { "b" } }, { start = true })
    two = sequence.chain("two", { { "a", after = "300ms" }, { "c" } }, { start = true, show = "WHERE" })
    every("100ms", function() one() two() end)
  ]])
  local seen = {}
  for _ = 1, 5 do
    play:run()
    seen[#seen + 1] = table.concat({ play:eval "one(), mem.ONE_STEP, two(), mem.WHERE" }, "")
  end
  lu.assertEquals(seen, { "aaaa", "aaaa", "bbaa", "bbcc", "bbcc" })
end

function TestChain.test_time_stands_still_while_it_is_not_called()
  local play = host.play(HEAD .. [[
    seq = sequence.chain("mixer", { { "a" } }, { start = true })
    every("100ms", function() if not flags.off then seq() end end)
  ]])
  play:run(3)
  play:eval "flags.off = true"
  play:run(10)
  play:eval "flags.off = false"
  play:run()
  lu.assertAlmostEquals(play:eval "seq.time", 0.3, 1e-9)
end

function TestChain.test_a_fault_names_the_line()
  for _, where in ipairs { "enter", "run", "leave", "when", "next" } do
    local other = where == "leave" and ", after = 0" or ""
    local text = ("local sequence = require 'msm.sequence'\nlocal s = sequence.chain('m', { { 'a', %s = function()\n"
      .. "local level, none = 5, nil\nnone.x = level\nend %s } },\n{ start = true })\n"
      .. "every(1, function() s() end)"):format(where, other)
    local fault = host.run(text, 3)
    lu.assertStrContains(fault, "script.lua:4: attempt to index a nil value (local 'none')")
    lu.assertStrContains(fault, "level = 5")
  end
end

-- Neither a step that stays nor a wait makes anything that has to be collected.
function TestChain.test_makes_no_garbage()
  host.advance(1)
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  host.advance(20)
  local made = (collectgarbage "count" - before) * 1024
  collectgarbage "restart"
  lu.assertEquals({ quiet.status, idle.status, math.floor(idle.time + 0.5) }, { "running", "running", 21 })
  lu.assertTrue(made < 1000, made .. " bytes in 2000 scans")
end

-- ---- reload, rollback, restart ----

local REMAINING = "step('a', { after = '1s' }), step('b', { after = '1s' }), step('c')"

-- In step b, where it has been for 0.4 s.
local function in_b(options)
  local play = host.play(script(REMAINING, "start = true, " .. (options or "")))
  play:run(15)
  lu.assertEquals({ play:eval "seq.step, seq.status" }, { "b", "running" })
  return play
end

TestReload = {}

function TestReload.test_goes_on_in_the_step_and_enters_again()
  local play = in_b()
  play:reload()
  assert_scans(play, {
    { "", "b+ b(0.5)", "b", "running", 0.5 },
    { "", "b(0.6)", "b", "running", 0.6 },
    { "", "b(0.7)", "b", "running", 0.7 },
    { "", "b(0.8)", "b", "running", 0.8 },
    { "", "b(0.9)", "b", "running", 0.9 },
    { "", "b(1.0) b- c+ c(0.0)", "c", "running", 0 },
  })
end

function TestReload.test_an_edited_time_counts_what_was()
  local play = in_b()
  play:reload(script(REMAINING:gsub("1s", "500ms"), "start = true"))
  assert_scans(play, {
    { "", "b+ b(0.5)", "b", "running", 0.5 },
    { "", "b(0.6) b- c+ c(0.0)", "c", "running" },
  })
end

function TestReload.test_an_order_before_the_first_call_leaves_the_step()
  local play = in_b()
  play:reload((script(REMAINING):gsub("function%(%) seq",
    "function() if not flags.x then seq:go 'c' flags.x = 1 end seq")))
  assert_scans(play, { { "", "b- c+ c(0.0)", "c", "running" } })
end

function TestReload.test_a_step_that_is_gone()
  for _, order in ipairs { "", "seq:hold()" } do
    local play = in_b()
    play:eval(order)
    play:reload(script(REMAINING:gsub("'b'", "'bb'"), "start = true, on_abort = note 'off'"))
    local log = host.quiet(function() play:run() end)
    lu.assertStrContains(log, 'sequence.chain "mixer" was in step b, which is gone: it is aborted; there are a, bb, c')
    lu.assertEquals({ play:eval "taken(), seq.step, seq.status, mem.MIXER_STEP" }, { "off", "", "aborted", "" })
    assert_scans(play, { { "", "", "", "aborted" } })
  end
end

function TestReload.test_held_stays_held()
  local play = in_b()
  play:eval "seq:hold()"
  play:run(5)
  play:reload()
  assert_scans(play, {
    { "", "", "b", "held", 0.4 },
    { "seq:resume()", "b+ b(0.5)", "b", "running", 0.5 },
  })
end

-- It shows the step, also where it is the one that it showed last.
function TestReload.test_a_rollback_shows_the_step()
  local play = in_b()
  play:reload()
  play:run()
  play:eval "seq:go 'c'"
  play:run()
  lu.assertEquals(play:eval "mem.MIXER_STEP", "c")
  play:eval "seq:go 'b'"
  play:back()
  play:run()
  lu.assertEquals({ play:eval "seq.step, mem.MIXER_STEP" }, { "b", "b" })
end

-- The program that comes back finds the step of the other one, and begins it itself.
function TestReload.test_a_rollback()
  local play = in_b()
  play:eval "taken()"
  play:reload()
  play:run(2)
  play:eval "seq:go 'c'"
  play:run(2)
  play:eval "seq:go 'b'"
  play:run(2)
  play:back()
  assert_scans(play, {
    { "", "b+ b(0.2)", "b", "running", 0.2 },
    { "", "b(0.3)", "b", "running", 0.3 },
  })
end

function TestReload.test_a_rollback_from_a_step_that_it_does_not_have()
  local play = in_b()
  play:reload(script("step('a'), step('b'), step('new')"))
  play:run()
  play:eval "seq:go 'new'"
  play:run()
  play:back()
  lu.assertStrContains((host.quiet(function() play:run() end)), "was in step new, which is gone")
  lu.assertEquals(play:eval "seq.status", "aborted")
end

function TestReload.test_a_restart()
  local play = in_b "retain = true"
  play:restart()
  assert_scans(play, {
    { "", "b+ b(0.4)", "b", "running", 0.4 },
    { "", "b(0.5)", "b", "running", 0.5 },
  })
  play = in_b()
  play:restart()
  assert_scans(play, { { "", "a+ a(0.0)", "a", "running" } })
end

-- ---- what is refused ----

TestRefused = {}

function TestRefused.test_in_the_body()
  assert_refused {
    { "5", 'sequence.chain "mixer" takes a list of steps, { { "fill", … }, { "heat", … } }, not 5' },
    { "{}", 'sequence.chain "mixer" takes a list of steps, { { "fill", … }, { "heat", … } }, not an empty one' },
    { "{ { 'a' }, b = {} }",
      'sequence.chain "mixer": "b" is no step; a step is { "its name", … }, one after the other' },
    { "{ { 5 } }",
      'sequence.chain "mixer": step 1 begins with its name, text of 1 to 32 bytes, as in { "fill", … }, not 5' },
    { "{ { 'a' }, {} }", 'sequence.chain "mixer": step 2 begins with its name, text of 1 to 32 bytes, '
      .. 'as in { "fill", … }, not a table' },
    { "{ { 'done' } }", 'sequence.chain "mixer": a step cannot be called "done"; that is the end of the sequence' },
    { "{ { 'a' }, { 'a' } }", 'sequence.chain "mixer" has two steps "a"; each needs a name of its own' },
    { "{ { 'a', whem = print } }", 'sequence.chain "mixer": step a: unknown option "whem"; did you mean when?' },
    { "{ { 'a', run = 5 } }", 'sequence.chain "mixer": step a: run must be a function, not 5' },
    { "{ { 'a', when = print, after = 1 } }",
      'sequence.chain "mixer": step a has when and after; it takes one of them' },
    { "{ { 'a', to = 'a' } }", 'sequence.chain "mixer": step a: to says where `when` or `after` lead; it has neither' },
    { "{ { 'a', next = print, to = 'a' } }", 'sequence.chain "mixer": step a: to says where `when` or `after` lead; '
      .. "`next` names the step itself" },
    { "{ { 'fill', after = 1, to = 'fil' } }", 'sequence.chain "mixer": step fill: to names the step "fil", '
      .. "which it does not have; did you mean fill?" },
    { "{ { 'a' } }", 'sequence.chain "mixer": unknown option "strat"; did you mean start?', "strat = true" },
  }
end

function TestRefused.test_names_and_orders()
  local begin = "local sequence = require 'msm.sequence' local s = sequence.chain('m', { { 'a' } })\n"
  lu.assertStrContains(host.check(begin .. "s = sequence.chain('m', { { 'a' } })"), "is made at script.lua:1 already")
  lu.assertStrContains(host.check(begin .. "s:start()"),
    'script.lua:2: sequence.chain "m": start belongs in a task; to begin by itself it takes start = true')
  lu.assertStrContains(host.check(begin .. "s = sequence.chain('1 m', { { 'a' } })"),
    "its step would be the variable 1_M_STEP, which is not a name")
  local play = host.play(script "{ 'fill' }")
  play:run()
  lu.assertErrorMsgContains('go names the step "fil", which it does not have; did you mean fill?',
    play.eval, play, "seq:go 'fil'")
  lu.assertErrorMsgContains("go names the step nil, which it does not have; it has fill", play.eval, play, "seq:go()")
  lu.assertErrorMsgContains("step is made by the block", play.eval, play, "seq.step = 'fill'")
end
