-- Proves that declarations take their options for people (alarms, pages, history), and refuse, at the
-- user's line, what would do nothing.
-- luacheck: read_globals host

local lu = require "luaunit"

local function assert_refused(text, message)
  lu.assertEquals(host.check(text), message, text)
end

-- A row is what stands in a script's second line, and the text behind "script.lua:2: ".
local function assert_each_refused(first_line, rows)
  for _, row in ipairs(rows) do
    assert_refused(first_line .. "\n" .. row[1], "script.lua:2: " .. row[2])
  end
end

local function assert_accepted(text)
  lu.assertNil(host.check(text), text)
end

TestPeople = {}

function TestPeople.test_limits_are_in_order_and_reached()
  local of = "holding.float32: "
  assert_each_refused("local number = holding.float32", {
    { "mem.A = number(0, { lo = 90, hi = 10 })", of .. "lo = 90 is not below hi = 10" },
    { "mem.A = number(0, { hi = 90, hihi = 90 })", of .. "hi = 90 is not below hihi = 90" },
    { "mem.A = number(0, { lolo = 5, hi = 4 })", of .. "lolo = 5 is not below hi = 4" },
    { "mem.A = number(0, { min = 0, max = 100, hi = 120 })", of
      .. "hi = 120 is never reached, the value is within 0..100" },
    { "mem.A = number(0, { hi = 0/0 })", of .. "hi = -nan is not finite; leave it out for no alarm" },
    { "mem.A = number(0, { hi = '90' })", of .. 'option hi takes a number, not "90"' },
    { "mem.A = number(0, { lo = 1, hi = 3, deadband = 2 })", of
      .. "deadband = 2 leaves no room between lo = 1 and hi = 3" },
    { "mem.A = number(0, { lo = 1, deadband = -1 })", of .. "option deadband takes a number, 0 or more, not -1" },
    { "mem.A = number(0, { lo = 1, priority = 'low!' })",
      of .. 'option priority takes "urgent", "high", "medium" or "low", not "low!"' },
  })
  assert_refused("mem.A = holding.int16(0, { scale = 0.1, hihi = 4000 })",
    "script.lua:1: holding.int16: hihi = 4000 is never reached, the value is within -3276.8..3276.7")
  assert_refused("mem.A = coil(0, { hi = 1 })",
    "script.lua:1: coil: hi is for numbers; of anything else alarm.condition of msm.alarm makes an alarm")
  assert_accepted "mem.A = holding.int16(0, { scale = 0.1, max = 0.3, lolo = -3, lo = 0, hi = 0.2, hihi = 0.3 })"
end

function TestPeople.test_what_does_nothing_is_refused()
  assert_each_refused("", {
    { "mem.A = holding.word(0, { on_delay = '2s' })",
      "holding.word: on_delay is of an alarm, which needs a limit: lolo, lo, hi or hihi" },
    { "mem.A = holding.word(0, { deadband = 2 })", "holding.word: deadband is of an alarm, which needs a limit: "
      .. "lolo, lo, hi or hihi (the history's deadband is history = N)" },
    { "mem.A = coil(0, { history = 1 })",
      "coil: history = 1 is for numbers; of a boolean every change is kept" },
    { "mem.A = holding.string(0, { length = 4, history = 1 })",
      "holding.string: history is for numbers and booleans" },
    { "mem.A = coil(0, { history = true })", "coil: option history takes false, or a number, 0 or more, not true" },
    { "mem.A = coil(0, { hmi = 'RO' })", 'coil: option hmi takes "rw", "ro" or "hide", not "RO"' },
    { "mem.A = coil(0, { hmi = 'hide', confirm = true })",
      'coil: confirm asks before a page writes, which hmi = "hide" does not offer' },
    { "mem.A = input.word(0, { confirm = true })",
      'input.word: confirm asks before a page writes, which nobody can: this is dir = "out"' },
  })
  assert_accepted "mem.A = coil(0, { history = false, confirm = true }) mem.B = coil(1, { hmi = 'ro' })"
end
