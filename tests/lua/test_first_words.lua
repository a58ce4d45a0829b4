-- Proves what the commonest slips in a first script are told: that the message says what to write.
-- luacheck: read_globals host

local lu = require "luaunit"

local function assert_each_says(before, rows)
  for _, row in ipairs(rows) do
    lu.assertEquals((host.check(before .. row[1]) or "accepted"):match "^[^\n]*", "script.lua:1: " .. row[2], row[1])
  end
end

TestFirstWords = {}

-- By who comes from another language.
function TestFirstWords.test_syntax_and_types()
  assert_each_says("local a, b = 1, 2 ", {
    { "if a != b then end", "'then' expected near '!'; not equal is ~= in Lua, and !x is: not x" },
    { "if !a then end", "unexpected symbol near '!'; not equal is ~= in Lua, and !x is: not x" },
    { "if a && b then end", "unexpected symbol near '&'; && is in Lua: and" },
    { "if a || b then end", "unexpected symbol near '|'; || is in Lua: or" },
    { "if a = b then end", "'then' expected near '='; = assigns, == compares" },
    { "while a = b do end", "'do' expected near '='; = assigns, == compares" },
    { "a += 1", "syntax error near '+'; Lua has no += and ++; x = x + 1 does it" },
    { "a -= 1", "syntax error near '-'; Lua has no -= and --; x = x - 1 does it" },
    { "mem.A == coil(0)", "syntax error near '=='; == compares, = assigns" },
    { "mem.A = coil(0, safe = true)", "')' expected near '='; options are a table, { min = 3 } in braces; "
      .. "what compares is ==" },
    { "mem.A = = 3", "unexpected symbol near '='" },
    { "mem.A = holding.REAL(0)", "holding.REAL: unknown type; did you mean float32?" },
    { "mem.A = holding.dword(0)", "holding.dword: unknown type; did you mean uint32?" },
    { "mem.A = holding.dint(0)", "holding.dint: unknown type; did you mean int32?" },
    { "mem.A = coil(0) mem:quality(mem.A)", 'a variable is found by its name, not by false; the name is text, '
      .. '"LEVEL", and mem.LEVEL would be its value' },
    { "local t = require('msm.timer').TON('t', 1) t.IN = true", 'timer.TON "t" has no IN; it has ET, PT, Q; '
      .. "IN is what it is called with" },
  })
end

function TestFirstWords.test_library()
  assert_each_says("local t = require 'msm.timer' ", {
    { "t.TON('low')", 'timer.TON "low": PT is missing; it comes after the name' },
    { "t.TON('low', -1)", 'timer.TON "low": PT: -1 is negative: a duration is 0 or more seconds' },
    { "t.TON('low', '10')", 'timer.TON "low": PT: "10" has no unit; "10s", "10ms" and others have one, and a number '
      .. "without quotes is in seconds" },
    { "t.blinker('b', { on = '1', off = '2' })", 'timer.blinker "b": off: "2" has no unit; "2s", "2ms" and others '
      .. "have one, and a number without quotes is in seconds" },
  })
  assert_each_says("local c = require 'msm.control' ", {
    { "c.PID('p', { kp = 1, min = 100, max = 0 })", 'control.PID "p": min = 100 is not below max = 0; '
      .. "they are the limits of its output, 0 and 100 unless given" },
    { "local p = c.PID('p', { kp = 1 }) p.min = 300", 'control.PID "p": min = 300 is not below max = 100; '
      .. "to move both, begin with the one that moves away" },
  })
  assert_each_says("local a = require 'msm.alarm' ", {
    { "a.limit('x', { hi = 10, lo = 20 })", 'alarm.limit "x": hi (10) must lie above lo (20); '
      .. "from below they are lolo, lo, hi, hihi" },
  })
  assert_each_says("local s = require 'msm.sequence' ", {
    { "s.chain('m', {})", 'sequence.chain "m" takes a list of steps, { { "fill", … }, { "heat", … } }, '
      .. "not an empty one" },
    { "s.chain('m', { { 'fill', after = 1, to = 'dran' }, { 'drain', after = 1 } })",
      'sequence.chain "m": step fill: to names the step "dran", which it does not have; did you mean drain?' },
  })
end

function TestFirstWords.test_declarations()
  for _, row in ipairs {
    { "mem.VALVE = 5", "mem.VALVE is not declared; mem.VALVE = holding.int16(0), in the script's body, "
      .. "would declare it" },
    { "mem.VALVE = 0.5", "mem.VALVE is not declared; mem.VALVE = holding.float32(0), in the script's body, "
      .. "would declare it" },
    { "mem.VALVE = true", "mem.VALVE is not declared; mem.VALVE = coil(0), in the script's body, would declare it" },
    { "mem.VALVE = coil", "mem.VALVE is not declared: a declaration is a call, mem.VALVE = coil(0)" },
    { "mem.VALVE = holding", "mem.VALVE is not declared: a declaration is a call, mem.VALVE = holding.uint16(0)" },
    { "mem.VALVE = var", "mem.VALVE is not declared: a declaration is a call, mem.VALVE = var.uint16 {}" },
    { "mem.VALVE = input.bool", "mem.VALVE is not declared: a declaration is a call, mem.VALVE = input.bool(0, 0)" },
    { "mem.VALVE = holding.string", "mem.VALVE is not declared: a declaration is a call, "
      .. "mem.VALVE = holding.string(0, { length = 16 })" },
    { "mem.VALVE = print", "mem.VALVE is not declared" },
    { "mem.A = coil()", 'coil takes an address first, 0..65535 or text like "00001", not nil' },
    { "mem.A = var.uint16(3)", "var.uint16 has no address; it takes a table of options, var.uint16 {}, not 3" },
    { "mem.A = holding.string(0)",
      "holding.string: a string needs its length in bytes, { length = 16 }; 1..246 are possible" },
  } do
    lu.assertEquals(host.check(row[1]), "script.lua:1: " .. row[2], row[1])
  end
end
