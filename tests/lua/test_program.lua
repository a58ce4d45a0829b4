-- Proves what program { … } and option retain refuse, and with what text.
-- luacheck: read_globals host

local lu = require "luaunit"

local function assert_each_refused(rows)
  for _, row in ipairs(rows) do
    local message = host.check(row[1])
    lu.assertNotNil(message, row[1])
    lu.assertEquals(message:match("^[^\n]*"), "script.lua:1: " .. row[2], row[1])
  end
end

TestProgram = {}

function TestProgram.test_what_it_refuses()
  assert_each_refused {
    { "program { watchdog = 0 }", "program: option watchdog takes a duration, 1 ms to 1 h, not 0" },
    { "program { watchdog = '2h' }", 'program: option watchdog takes a duration, 1 ms to 1 h, not "2h"' },
    { "program { on_fault = 'go' }", 'program: option on_fault takes "stop" or "restart", not "go"' },
    { "program { restart_after = 1 }",
      'program: option restart_after is for on_fault = "restart"; without it nothing is restarted' },
    { "program { on_fault = 'stop', restart_after = 1 }",
      'program: option restart_after is for on_fault = "restart"; without it nothing is restarted' },
    { "program { on_fault = 'restart', restart_after = '2d' }",
      'program: option restart_after takes a duration, up to 1 d, not "2d"' },
    { "program { probation = '2d' }", 'program: option probation takes a duration, up to 1 d, not "2d"' },
    { "program { retain_interval = 0.001 }",
      "program: option retain_interval takes a duration, 10 ms to 1 d, not 0.001" },
    { "program { audit = true }", 'program: option audit takes "off", "changes" or "all", not true' },
    { "program { diagnostics = 9000 }", "program: option diagnostics takes a table with the address of its "
      .. "first input register, { input = 9000 }, not 9000" },
    { "program { diagnostics = {} }", "program: option diagnostics takes a table with the address of its "
      .. "first input register, { input = 9000 }, not a table" },
    { "program { diagnostics = { holding = 1 } }",
      'program: option diagnostics: unknown option "holding"; it takes: input' },
    { "program { diagnostics = { input = 65536 } }", "program: option diagnostics: option input takes an "
      .. 'address, 0..65535 or text like "39001", not 65536' },
    { "program { xyzzy = 1 }", 'program: unknown option "xyzzy"; it takes: audit diagnostics memory name on_fault '
      .. "probation restart_after retain_interval stop_timeout watchdog" },
  }
  lu.assertStrContains(host.check "program { diagnostics = { input = '40001' } }",
    'script.lua:1: program: option diagnostics: "40001"')
end

function TestProgram.test_retain()
  assert_each_refused {
    { "mem.A = coil(0, { retain = 1 })", "coil: option retain takes true or false, not 1" },
    { "mem.A = coil(0, { retain = true, pulse = true })",
      "coil: retain: a pulse is over after one scan, there is nothing to keep" },
    { "mem.A = coil(0, { retain = true, from = 'mem.B' })",
      "coil: retain: it takes the value of mem.B, where retain belongs" },
  }
end
