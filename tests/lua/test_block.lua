-- Proves what all function blocks have in common: names, options, fields, parameters, methods, and what
-- is refused where; how they go through reloads and restarts is in test_iec_reload.lua.
-- luacheck: read_globals host

local lu = require "luaunit"
local block = require "msm.block"
local check = require "msm.check"

local KIND = block.kind {
  name = "test.kind",
  state = { sum = 0, last = -1.0 },
  moments = { "last" },
  outputs = { "sum" },
  parameters = { gain = check.number { default = 2, min = 0 }, limit = check.number { optional = true } },
  settings = { mode = check.text { one_of = { "up", "down" }, default = "up" } },
  call = function(state, parameters, value)
    block.number(value, "value", parameters)
    local step = parameters.gain * value
    state.sum = state.sum + (parameters.mode == "up" and step or -step)
    return state.sum
  end,
  methods = {
    add = function(state, parameters, value)
      state.sum = state.sum + parameters.gain * value
      return state.sum
    end,
  },
}

local one = block.make(KIND, "one")
local down = block.make(KIND, "down", { mode = "down", gain = 1 })
local stated = block.make(KIND, "stated", { gain = 3 })
stated.gain = 4 -- in the body: a part of the text
local first_line = debug.getinfo(1, "l").currentline - 4

local function refused(...)
  local ok, message = pcall(block.make, KIND, ...)
  return not ok and message
end

local twice, nameless, empty = refused("one"), refused(), refused("")
local table_first = refused { gain = 1 }
local long, longest = refused(("x"):rep(38)), refused(("x"):rep(37))
local unknown, wrong = refused("a", { gian = 1 }), refused("b", { gain = -1 })
local mode, retain, table_of = refused("c", { mode = "left" }), refused("d", { retain = 1 }), refused("e", 5)

every("1s", function() end)

TestBlock = {}

function TestBlock.test_answers_and_reads()
  lu.assertEquals(one(3), 6)
  lu.assertEquals({ one.sum, one.gain, one.limit }, { 6, 2 })
  one.gain, one.limit = 5, 1
  lu.assertEquals({ one(1), one.limit }, { 11, 1 })
  lu.assertEquals(one:add(2), 21)
  lu.assertEquals(down(4), -4)
  lu.assertEquals(stated.gain, 4)
end

function TestBlock.test_blocks_of_other_kinds_may_have_the_same_name()
  lu.assertNil((host.check [[
    local timer = require "msm.timer"
    timer.TON("pump", "1s")
    timer.TOF("pump", "1s")
    require "msm.counter".CTU("pump", 5)
    keep("pump", { n = 0 })
  ]]))
end

function TestBlock.test_names()
  lu.assertStrMatches(twice, ('.*: test.kind "one" is made at .*test_block.lua:%d already.*'):format(first_line))
  lu.assertStrContains(nameless, "test.kind: the name is nil")
  lu.assertStrContains(empty, "test.kind: the name is empty")
  lu.assertStrContains(table_first, "test.kind: the name is a table; give it one of its own")
  lu.assertStrContains(long, "test.kind: a name has at most 37 bytes")
  lu.assertFalse(longest)
end

function TestBlock.test_options()
  lu.assertStrContains(unknown, 'test.kind "a": unknown option "gian"; did you mean gain?')
  lu.assertStrContains(wrong, 'test.kind "b": gain must be a number of 0 or more, not -1')
  lu.assertStrContains(mode, 'test.kind "c": mode must be "up" or "down", not "left"')
  lu.assertStrContains(retain, 'test.kind "d": retain must be true or false, not 1')
  lu.assertStrContains(table_of, 'test.kind "e" takes a table of options, { … }, not 5')
end

function TestBlock.test_what_is_refused_is_told_at_the_users_line()
  local here = ".*test_block.lua:%d+: test.kind \"one\""
  local function assert_refused(text, f)
    lu.assertErrorMsgMatches(here .. text, f)
  end
  assert_refused(": value must be a number, not nil", function() one() end)
  assert_refused(': value must be a number, not "1"', function() one("1") end)
  assert_refused(": value must be a number, not %-?nan", function() one(0 / 0) end)
  assert_refused(" has no gian; it has add, gain, limit, sum", function() return one.gian end)
  assert_refused(" has no last; .*", function() return one.last end)
  assert_refused(" has no last; .*", function() one.last = 1 end)
  assert_refused(": sum is made by the block; gain, limit can be assigned", function() one.sum = 1 end)
  assert_refused(": add is made by the block; .*", function() one.add = 1 end)
  assert_refused(": gain must be a number of 0 or more, not %-1", function() one.gain = -1 end)
  lu.assertEquals(getmetatable(one), "test.kind")
end

function TestBlock.test_a_block_is_made_in_the_body()
  lu.assertStrContains(refused("late"), "test.kind belongs in the script's body")
end

local PLAY = [[
  timer, control = require "msm.timer", require "msm.control"
  counter, edge, latch = require "msm.counter", require "msm.edge", require "msm.latch"
  pids = { kp = 1, ti = 5 }
]]

TestCalls = {}

local function faults(made, calls)
  local play = host.play(PLAY .. "b = " .. made .. "\non_start(function() " .. calls .. " end)\n"
    .. 'every("100ms", function()\n b' .. calls:match "^b(%b())" .. "\n end)\nevery('300ms', function()\n"
    .. calls .. "\nend)")
  local ok, text = pcall(play.run, play, 1)
  return not ok and text or nil
end

-- Two tasks with periods of their own meet in the first scan.
function TestCalls.test_twice_in_one_scan_is_an_error_at_the_second_line()
  for made, calls in pairs {
    ['timer.TON("x", 1)'] = "b(true)", ['timer.TOF("x", 1)'] = "b(true)", ['timer.TP("x", 1)'] = "b(true)",
    ['control.PID("x", pids)'] = "b(1, 2)", ['control.lag("x", { time = 1 })'] = "b(1)",
    ['counter.CTU("x", 3)'] = "b(true)", ['edge.R_TRIG("x")'] = "b(true)",
  } do
    local text = faults(made, calls)
    lu.assertStrContains(text, 'script.lua:10: ' .. made:match "^[^(]+" .. ' "x" was called already in this scan')
  end
end

function TestCalls.test_some_may_be_called_twice()
  lu.assertNil(faults('latch.SR("x")', "b(true, false)"))
  lu.assertNil(faults('timer.blinker("x")', "b(true)"))
  lu.assertNil(faults('timer.hours("x")', "b(true)"))
end

function TestCalls.test_eval_and_the_next_scan_are_none_of_it()
  local play = host.play(PLAY .. 'b = counter.CTU("x", 9)\non_start(function() b(true) b(false) end)\n'
    .. 'every("100ms", function() b(true) end)')
  play:run(2)
  lu.assertEquals({ play:eval "b(false), b(true), b(false), b(true), b.CV" }, { false, false, false, false, 4 })
  play:run(2)
end

function TestBlock.test_a_dot_instead_of_a_colon()
  lu.assertErrorMsgContains("test.kind: add is called with a colon, as in my_kind:add()", one.add)
  lu.assertErrorMsgContains("is called with a colon", one.add, 2)
  lu.assertErrorMsgContains("cannot be called block: that is the block's own", block.kind,
    { name = "test.own", parameters = { block = check.number {} }, call = print })
end
