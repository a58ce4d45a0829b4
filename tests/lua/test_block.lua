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

function TestBlock.test_names()
  lu.assertStrMatches(twice, ('.*: test.kind "one" is made at .*test_block.lua:%d already.*'):format(first_line))
  lu.assertStrContains(nameless, "test.kind: the name is nil")
  lu.assertStrContains(empty, "test.kind: the name is empty")
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
