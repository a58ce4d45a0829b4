-- Proves what the commonest slips in a first script are told: that the message says what to write.
-- luacheck: read_globals host

local lu = require "luaunit"

TestFirstWords = {}

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
