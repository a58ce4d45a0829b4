-- Proves msm.check and msm.core: what each rule takes, as what, and the text about anything else.
-- luacheck: read_globals host

local lu = require "luaunit"
local check = require "msm.check"
local core = require "msm.core"

local body_line = core.line()
local body_line_number = debug.getinfo(1, "l").currentline - 1
local was_declaring, body_dt = core.declaring(), core.dt()
local seen = {}

every("100ms", function(dt)
  seen.dt, seen.core_dt, seen.declaring = dt, core.dt(), core.declaring()
end)

local function take(rule, value)
  local taken = check.value("x", value, rule) -- no tail call: the error is at this line
  return taken
end

local function assert_refused(text, rule, value)
  lu.assertErrorMsgMatches(".*test_check.lua:%d+: x " .. text, take, rule, value)
end

TestRules = {}

function TestRules.test_number()
  lu.assertEquals({ take(check.number(), 1.5), take(check.number { min = 1, max = 2 }, 1) }, { 1.5, 1 })
  assert_refused('must be a number, not "1"', check.number(), "1")
  assert_refused("must be a number, not inf", check.number(), math.huge)
  assert_refused("must be a number of 1 or more, not %-?nan", check.number { min = 1 }, 0 / 0)
  assert_refused("must be a number from 1 to 2, not 3", check.number { min = 1, max = 2 }, 3)
  assert_refused("must be a number of 1 or more, not 0", check.number { min = 1 }, 0)
  assert_refused("must be a number of 2 or less, not 3", check.number { max = 2 }, 3)
end

function TestRules.test_integer()
  lu.assertEquals(math.type(take(check.integer(), 3.0)), "integer")
  assert_refused("must be a whole number, not 1.5", check.integer(), 1.5)
  assert_refused('must be a whole number from 0 to 9, not "3"', check.integer { min = 0, max = 9 }, "3")
  assert_refused("must be a whole number, not 1e%+300", check.integer(), 1e300)
end

function TestRules.test_duration()
  lu.assertEquals({ take(check.duration(), "500ms"), take(check.duration(), 2) }, { 0.5, 2 })
  lu.assertEquals(take(check.duration { min = "1s", max = "1m" }, "60s"), 60)
  assert_refused('must be a duration from 1s to 1m, not "2m"', check.duration { min = "1s", max = "1m" }, "2m")
  lu.assertErrorMsgMatches('.*test_check.lua:%d+: x.*"soon".*', take, check.duration(), "soon")
  lu.assertErrorMsgMatches(".*test_check.lua:%d+: x.*", take, check.duration(), -1)
end

function TestRules.test_plain_types()
  lu.assertEquals({ take(check.boolean(), false), take(check.text(), "") }, { false, "" })
  assert_refused("must be true or false, not 0", check.boolean(), 0)
  assert_refused("must be a function, not a table", check.func(), {})
  assert_refused("must be a table, not a function", check.table(), print)
  assert_refused("must be text, not 5", check.text(), 5)
  assert_refused('must be "a" or "b", not "c\\n"', check.text { one_of = { "a", "b" } }, "c\n")
end

function TestRules.test_list()
  local numbers, given = check.list(check.number { min = 0 }), { 1, 2, 3 }
  local taken = take(numbers, given)
  lu.assertEquals(taken, given)
  lu.assertNotIs(taken, given)
  for _, wrong in ipairs { {}, 5, "1", { 1, nil, 3 }, { 1, 2, x = 3 }, { [2] = 1 } } do
    lu.assertErrorMsgContains("x must be a list, { first, second, … }, not ", take, numbers, wrong)
  end
  lu.assertErrorMsgContains("x[2] must be a number of 0 or more, not -1", take, numbers, { 1, -1 })
end

function TestRules.test_nothing_given()
  lu.assertEquals({ take(check.number { default = 7 }), take(check.boolean { default = false }) }, { 7, false })
  lu.assertEquals(take(check.duration { default = "1s" }), 1)
  lu.assertNil(take(check.number { optional = true }))
  assert_refused("is missing", check.number())
end

TestOptions = {}

local RULES = {
  every = check.duration { default = "1s" }, limit = check.number(), name = check.text { optional = true },
}

function TestOptions.test_takes_a_table_of_its_own()
  local given = { limit = 5 }
  lu.assertEquals(check.options("my.block", given, RULES), { every = 1, limit = 5 })
  lu.assertEquals(given, { limit = 5 })
end

function TestOptions.test_refuses()
  for _, row in ipairs {
    { "my.block takes a table of options, { … }, not 3", 3 },
    { "my.block: limit is missing" },
    { 'my.block: unknown option "limt"; did you mean limit?', { limt = 1 } },
    { 'my.block: unknown option "xyzzy"; there are: every, limit, name', { xyzzy = 1 } },
    { "my.block: unknown option 1; there are: every, limit, name", { 5 } },
    { "my.block: name must be text, not true", { limit = 1, name = true } },
  } do
    lu.assertErrorMsgContains(row[1], check.options, "my.block", row[2], RULES)
  end
end

TestCore = {}

function TestCore.test_body()
  lu.assertStrMatches(body_line, ".*test_check.lua:" .. body_line_number)
  lu.assertTrue(was_declaring)
  lu.assertEquals(body_dt, 0)
  lu.assertErrorMsgContains("this belongs in the script's body", core.line)
  lu.assertErrorMsgContains("my.block belongs in the script's body", core.line, "my.block")
end

function TestCore.test_a_task_has_its_dt()
  host.late(0.25)
  lu.assertAlmostEquals(seen.dt, 0.25, 1e-9)
  lu.assertEquals({ seen.core_dt, seen.declaring }, { seen.dt, false })
  lu.assertEquals(core.dt(), 0) -- outside of tasks
end

function TestCore.test_words()
  lu.assertEquals(core.nearest("limt", { "every", "limit" }), "limit")
  lu.assertNil(core.nearest("xyzzy", { "every", "limit" }))
  lu.assertNil(core.nearest("xyzzy", {}))
  lu.assertEquals({ core.duration("2s"), core.duration(0.5), core.why() }, { 2, 0.5, "cold" })
  lu.assertErrorMsgMatches(".*test_check.lua:%d+: oh, 100%%", function() core.complain("oh, 100%") end)
end

TestModules = {}

function TestModules.test_what_a_module_does_not_have()
  for line, text in pairs {
    ['require "msm.timer".Ton("x", 1)'] = "1: msm.timer has no Ton; did you mean TON? it has TOF, TON, TP, ",
    ['require "msm.control".pid("x")'] = "1: msm.control has no pid; did you mean PID? it has PID, average, ",
    ['require "msm.sequence".chian("x")'] = "1: msm.sequence has no chian; did you mean chain? it has ",
    ['require "msm.latch".TON = 1'] = "1: msm.latch: TON cannot be assigned",
    ['require "msm.latch".SR = 1'] = "1: msm.latch: SR cannot be assigned",
  } do
    lu.assertStrContains(host.check(line) or "", text)
  end
  for _, name in ipairs { "alarm", "counter", "csv", "edge", "recipe", "schedule" } do
    lu.assertStrContains(host.check(('local _ = require "msm.%s".nothing'):format(name)) or "",
      ("1: msm.%s has no nothing;"):format(name))
  end
end
