-- Proves what a script sees of memories and variables: declaring, assigning and reading by the
-- design's rules, and for whatever is refused the text and the user's line.
-- luacheck: read_globals host

local lu = require "luaunit"

local NAN = 0 / 0

-- The script is refused with exactly this text.
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

TestDeclaring = {}

function TestDeclaring.test_a_name_is_declared_then_written_then_read()
  assert_accepted [[
    mem.COUNTER = holding.uint32(1)
    assert(mem.COUNTER == 0)
    mem.COUNTER = 10
    assert(mem.COUNTER == 10 and math.type(mem.COUNTER) == "integer")
    mem.LEVEL = input.float32(0, { default = 2.5 })
    assert(mem.LEVEL == 2.5)
    mem.FLAG = var.bool { default = true }
    mem.NAME = var.string { length = 8, default = "pump" }
    assert(mem.FLAG and mem.NAME == "pump")
  ]]
end

function TestDeclaring.test_names()
  assert_each_refused("mem.SPEED = coil(0)", {
    { "mem.SPEED = coil(1)", "mem.SPEED is already declared at script.lua:1" },
    { "mem['9x'] = coil(1)",
      'mem: "9x" is not a name; letters, digits and _ are, up to 63, no digit first' },
    { "mem['a b'] = coil(1)",
      'mem: "a b" is not a name; letters, digits and _ are, up to 63, no digit first' },
    { "mem['A\\0B'] = coil(1)", '"A\\0B" is not the name of a variable: it has a NUL byte' },
    { "mem[1] = coil(1)", "a variable is found by its name, not by 1; raw words are in .holding, "
      .. ".input, .coil and .discrete" },
    { "mem.SPED = true", "mem.SPED is not declared; did you mean SPEED?" },
    { "print(mem.speed)", "mem.speed is not declared; did you mean SPEED?" },
    { "print(mem.VALVE)", "mem.VALVE is not declared" },
    { "mem.VALVE = nil", "mem.VALVE is not declared" },
  })
  for _, word in ipairs { "coil", "discrete", "holding", "input", "raw", "dump", "declare", "quality",
    "age", "written", "state", "name" } do
    assert_refused(("mem.%s = coil(0)"):format(word),
      ('script.lua:1: mem.%s: "%s" is a word of memories and cannot be a variable'):format(word, word))
  end
  assert_accepted(("mem[('x'):rep(63)] = coil(0) assert(mem.%s == false)"):format(("x"):rep(63)))
end

-- First the defaults, then what the body assigned, in whatever order they stand.
function TestDeclaring.test_a_default_gives_way_to_what_was_assigned()
  assert_accepted [[
    mem.W = holding.word(0)
    mem.W = 6
    mem.BIT = holding.bool(0, 1, { default = false })
    assert(mem.W == 6 and mem.BIT)
    mem.FLAG = holding.bool(1, 0)
    mem.FLAG = true
    mem.V = holding.word(1, { default = 6 })
    assert(mem.V == 7 and mem.FLAG)
    mem:raw { holding = { 5, 1 } }
    mem.holding[5] = 9
    mem.WIDE = holding.uint32(4, { default = 0x10001 })
    mem.LIST = holding.word(4, { count = 3, default = 2 })
    assert(mem.holding[5] == 9 and mem.LIST[1] == 2 and mem.LIST[2] == 9 and mem.LIST[3] == 2)
  ]]
  local fault = host.run([[
    mem.W = holding.word(0)
    mem.W = 6
    mem.BIT = holding.bool(0, 1, { default = false })
    every(1, function() assert(mem.W == 6 and mem.BIT) end)
  ]])
  lu.assertNil(fault)
end

-- A refused declaration leaves nothing behind that a caught error could come across.
function TestDeclaring.test_nothing_is_half_declared()
  assert_accepted [[
    local function refused(f) assert(not pcall(f)) end
    refused(function() mem.A = holding.word(0, { min = 5 }) end)
    refused(function() mem.A = holding.uint32(65535) end)
    refused(function() mem["A B"] = coil(0) end)
    refused(function() return mem.A end)
    mem.A = holding.word(3)
    mem.A = 7
    assert(mem.A == 7)
    refused(function() memory("plc", { holding = "many" }) end)
    refused(function() memory("plc", { holding = 4, colour = 1 }) end)
    local plc = memory("plc", { holding = 4 })
    refused(function() plc:raw { input = 4, coil = -1 } end)
    plc:raw { input = 4 }
    refused(function() plc:declare({ X = coil(0), Y = 5 }) end)
    plc.X = coil(0)
  ]]
end

function TestDeclaring.test_ends_with_the_body()
  local late = " belongs in the script's body: declaring ends when the body has run"
  for what, text in pairs {
    ["coil"] = "mem.X = coil(0)", ["var.bool"] = "local v = var.bool {}", ["memory"] = "memory 'plc'",
    ["holding.word"] = "mem.X = holding.word(0)", ["a declaration"] = "mem.X = declared",
    ["mem:raw"] = "mem:raw { holding = 8 }", ["mem:declare"] = "mem:declare {}",
    ["every"] = "every(1, print)", ["server.tcp"] = "server.tcp {}", ["program"] = "program {}",
  } do
    local fault = host.run("declared = coil(0)\nevery(1, function()\n" .. text .. "\nend)")
    lu.assertStrContains(fault, "script.lua:3: " .. what .. late)
  end
end

function TestDeclaring.test_places()
  assert_each_refused("", {
    { "mem.A = holding.word(-1)", "holding.word: address -1 is out of range 0..65535" },
    { "mem.A = holding.word(400001)", 'holding.word: address 400001 is out of range 0..65535; '
      .. '"400001" in quotes would be the Modicon form of 0' },
    { "mem.A = holding.word()", 'holding.word takes an address first, 0..65535 or text like "40001",'
      .. " not nil" },
    { "mem.A = holding.word(1.5)", 'holding.word takes an address first, 0..65535 or text like '
      .. '"40001", not 1.5' },
    { "mem.A = holding.word(0, 5)", "holding.word: options are one table, { key = value }, not 5" },
    { "mem.A = holding.word(0, {}, 5)", "holding.word takes 1 argument and a table of options, not 3" },
    { "mem.A = holding.bool(0)",
      "holding.bool takes an address and then a bit, 0..15 with 0 the lowest, not nil" },
    { "mem.A = holding.bool(0, 16)",
      "holding.bool takes an address and then a bit, 0..15 with 0 the lowest, not 16" },
    { "mem.A = holding.byte(0, 2)",
      "holding.byte takes an address and then a half, 0 for the low byte or 1 for the high one, not 2" },
    { "mem.A = holding.uint32(65535)",
      "holding.uint32: takes 2 registers from address 65535 on; the last address is 65535" },
    { "mem.A = coil(65535, { count = 2 })",
      "coil: takes 2 bits from address 65535 on; the last address is 65535" },
    { "mem.A = holding.wrod(0)", "holding.wrod: unknown type; did you mean word?" },
    { "mem.A = holding.xyz(0)", "holding.xyz: unknown type; bool byte word int16 uint16 int32 uint32 "
      .. "int64 uint64 float32 float64 string are known" },
  })
  assert_accepted "mem.A = holding.word(65535) mem.B = coil(0) mem.C = holding.float64(65532)"
end

-- Messages say what was written, even those about the type.
function TestDeclaring.test_what_was_written_is_said()
  assert_each_refused("", {
    { "mem.A = holding.word(0, { min = -1 })", "holding.word: min = -1 is out of range 0..65535" },
    { "mem.A = holding.uint16(0, { min = -1 })", "holding.uint16: min = -1 is out of range 0..65535" },
    { "mem:declare { A = input.word(0, { min = -1 }) }", "input.word: min = -1 is out of range 0..65535" },
    { "mem.A = var.word { count = 60000 } mem.B = var.word { count = 6000 }",
      "var.word: takes 6000 words; of the 65536 for variables without an address 60000 are used up" },
  })
end

function TestDeclaring.test_modicon_addresses()
  assert_accepted [[
    mem:raw { holding = 8, input = 1, coil = 1, discrete = 10 }
    mem.A = holding.word "40008"
    mem.B = input.word "30001"
    mem.C = coil "00001"
    mem.D = discrete "100010"
    mem.E = holding.word "465536"
    mem.A, mem.B, mem.C, mem.D = 7, 1, true, true
    assert(mem.holding[7] == 7 and mem.input[0] == 1 and mem.coil[0] and mem.discrete[9])
  ]]
  assert_refused('mem.A = holding.word "30001"', 'script.lua:1: holding.word: "30001" is no address of '
    .. "holding; 40001..49999 and 400001..465536 are")
  assert_refused('mem.A = coil "x"',
    'script.lua:1: coil: "x" is no address of coil; 00001..09999 and 000001..065536 are')
end

TestOptions = {}

function TestOptions.test_unknown_ones_name_the_nearest()
  assert_each_refused("", {
    { "mem.A = holding.float32(0, { maximum = 5 })",
      'holding.float32: unknown option "maximum"; did you mean max?' },
    { "mem.A = coil(0, { xyzzy = 1 })", 'coil: unknown option "xyzzy"; it takes: confirm count deadband decimals '
      .. "default desc dir expire from hi hihi history hmi invalid labels length limit lo lolo max min "
      .. "min_write_interval nan off_delay offset on_delay on_loss order partial period poll priority pulse "
      .. "retain round safe scale tolerance unit wins write" },
    { "mem.A = coil(0, { true })", "coil: options have names, { key = value }; true has none" },
    { "memory('p', { oder = 1 })", 'memory: unknown option "oder"; did you mean order?' },
    { "mem:raw { holdign = 8 }", 'mem:raw: unknown option "holdign"; did you mean holding?' },
    { "mem:declare({}, { prefx = '' })", 'mem:declare: unknown option "prefx"; did you mean prefix?' },
    { "server.tcp { prt = 1502 }", 'server.tcp: unknown option "prt"; did you mean port?' },
    { "program { nam = 'x' }", 'program: unknown option "nam"; did you mean name?' },
  })
end

function TestOptions.test_wrong_values()
  local of = "holding.word: option "
  assert_each_refused("local function word(options) mem.A = holding.word(0, options) end", {
    { "mem.A = holding.word(0, { count = 0 })", of .. "count takes a number of elements, 1..65535, not 0" },
    { "mem.A = holding.word(0, { count = 1e99 })",
      of .. "count takes a number of elements, 1..65535, not 1e+99" },
    { "mem.A = holding.word(0, { dir = 'up' })", of .. 'dir takes "in", "out" or "inout", not "up"' },
    { "mem.A = holding.word(0, { limit = 'wrap\\0' })",
      of .. 'limit takes "clamp" or "wrap", not "wrap\\0"' },
    { "mem.A = holding.word(0, { round = 1 })", of .. "round takes true or false, not 1" },
    { "mem.A = holding.word(0, { scale = '2' })", of .. 'scale takes a number, not "2"' },
    { "mem.A = holding.word(0, { min = {} })", of .. "min takes a value, not a table" },
    { "mem.A = holding.word(0, { order = 'ABCD' })", "holding.word: order is for strings and for "
      .. "numbers of several registers; uint16 has one" },
    { "mem.A = holding.uint32(0, { order = 'abcd' })",
      'holding.uint32: option order takes "CDAB", "ABCD", "BADC" or "DCBA", not "abcd"' },
    { "mem.A = holding.string(0, { length = 247 })",
      "holding.string: option length takes a number of bytes, 1..246, not 247" },
    { "mem.A = holding.word(0, { labels = { [70000] = 'X' } })",
      'holding.word: labels: "X" = 70000 is out of range 0..65535' },
    { "mem.A = coil(0, { labels = { [true] = 'ON', [1] = 'YES' } })", "option labels names 1 twice" },
  })
end

function TestOptions.test_text_is_utf8()
  assert_each_refused("", {
    { "mem.A = coil(0, { unit = '\\xFF' })", 'coil: option unit takes UTF-8 text, not "\\xFF"' },
    { "mem.A = coil(0, { desc = '\\xC3' })", 'coil: option desc takes UTF-8 text, not "\\xC3"' },
    { "mem.A = coil(0, { desc = 'a\\0b' })", 'coil: option desc takes UTF-8 text, not "a\\0b"' },
    { "mem.A = coil(0, { desc = 5 })", "coil: option desc takes UTF-8 text, not 5" },
    { "mem.A = coil(0, { labels = { [true] = '\\xFF' } })",
      'option labels takes UTF-8 text by value, { [0] = "OFF" }, not [true] = "\\xFF"' },
    { "server.tcp { name = '\\xFF' }", 'server.tcp: option name takes UTF-8 text, not "\\xFF"' },
  })
  assert_accepted "mem.A = holding.word(0, { unit = '°C', desc = 'Füllstand', labels = { 'ein' } })"
end

function TestOptions.test_defaults_lie_within_the_range()
  assert_each_refused("", {
    { "mem.A = holding.word(0, { min = 5 })",
      "holding.word: starts as 0, which is out of range 5..65535; give it a default" },
    { "mem.A = holding.word(0, { min = 5, default = 3 })",
      "holding.word: default = 3 is out of range 5..65535" },
    { "mem.A = holding.word(0, { safe = -1 })", "holding.word: safe = -1 is out of range 0..65535" },
    { "mem.A = holding.word(0, { min = 5, max = 3 })",
      "holding.word: min is above max, the range would be 5..3" },
    { "mem.A = coil(0, { default = 1 })", "coil: default = 1 is a number; a coil takes true or false" },
  })
end

TestAssigning = {}

mem.INT = holding.int16(0)
mem.WORD = holding.word(1)
mem.FLOAT = holding.float32(2)
mem.NANS = holding.float32(4, { nan = true })
mem.LAMP = coil(0)
mem.TEXT = holding.string(6, { length = 4 })
mem.ROUNDED = holding.int16(8, { round = true })
mem.SCALED = holding.int16(9, { scale = 0.1, offset = -10 })
mem.CLAMPED = holding.float32(10, { min = 0, max = 100, limit = "clamp" })
mem.WRAPPED = holding.byte(12, 0, { limit = "wrap" })
mem.ANGLE = holding.float32(13, { min = 0, max = 360, limit = "wrap" })
mem.CUT = holding.string(15, { length = 4, limit = "clamp" })
mem.TENTHS = holding.float32(17, { max = 0.3 })
mem.BIG = holding.uint64(20)
mem.SETPOINT = holding.float32(24, { unit = "%", min = 0, max = 100 })
mem.SENSOR = holding.word(26, { dir = "in" })
mem:raw { holding = 27, coil = { 30, 4 } }

local function assert_assignment(rows)
  for _, row in ipairs(rows) do
    local name, value, message = table.unpack(row)
    local before = mem[name]
    local ok, told = pcall(function() mem[name] = value end)
    lu.assertFalse(ok, message)
    local line, text = told:match "test_memory%.lua:(%d+): (.*)"
    lu.assertEquals(text, message)
    lu.assertEquals(tonumber(line), debug.getinfo(1, "S").linedefined + 4)
    lu.assertEquals(mem[name], before)
  end
end

function TestAssigning.test_what_does_not_fit_is_refused_and_changes_nothing()
  local clamp = '; limit = "clamp" would hold it there'
  assert_assignment {
    { "INT", 3.7, "mem.INT = 3.7 is not an integer; round = true would round it" },
    { "INT", 40000, "mem.INT = 40000 is out of range -32768..32767" .. clamp },
    { "INT", "5", 'mem.INT = "5" is a string; an int16 takes integers -32768..32767' },
    { "INT", true, "mem.INT = true is a boolean; an int16 takes integers -32768..32767" },
    { "INT", {}, "mem.INT takes a number, not a table" },
    { "INT", NAN, ("mem.INT = %s is not a number"):format(tostring(NAN):gsub("-", "")) },
    { "WORD", -1, "mem.WORD = -1 is out of range 0..65535" .. clamp },
    { "FLOAT", 1 / 0, "mem.FLOAT = inf is not finite; nan = true would allow it" },
    { "FLOAT", 1e39, "mem.FLOAT = 1e+39 is beyond what a float32 can hold, 3.4028235e+38" .. clamp },
    { "LAMP", 1, "mem.LAMP = 1 is a number; a coil takes true or false" },
    { "LAMP", "on", 'mem.LAMP = "on" is a string; a coil takes true or false' },
    { "LAMP", print, "mem.LAMP takes a boolean, not a function" },
    { "TEXT", "12345", 'mem.TEXT = "12345" has 5 bytes, the limit is 4; limit = "clamp" would cut it there' },
    { "TEXT", "a\0b", 'mem.TEXT = "a\\0b" has a NUL byte, and a string in registers ends at the first' },
    { "TEXT", 5, "mem.TEXT = 5 is a number; a string takes text of up to 4 bytes" },
    { "SETPOINT", 170, "mem.SETPOINT = 170 is out of range 0..100 %" .. clamp },
    { "SENSOR", 1, 'mem.SENSOR is written by the world (dir is "in"), the program only reads it; '
      .. 'dir = "inout" lets both write' },
  }
end

function TestAssigning.test_floats_with_an_integer_value_are_integers()
  mem.INT = 7.0
  lu.assertEquals(mem.INT, 7)
  lu.assertEquals(math.type(mem.INT), "integer")
  mem.FLOAT = 7
  lu.assertEquals(math.type(mem.FLOAT), "float")
end

function TestAssigning.test_round_and_scale()
  for value, rounded in pairs { [3.5] = 4, [-3.5] = -4, [3.4] = 3, [2.5] = 3 } do
    mem.ROUNDED = value
    lu.assertEquals(mem.ROUNDED, rounded)
  end
  mem.SCALED = 12.34
  lu.assertEquals(mem.holding[9], 223)
  lu.assertAlmostEquals(mem.SCALED, 12.3, 1e-12)
  mem.holding[9] = 0
  lu.assertEquals(mem.SCALED, -10.0)
end

function TestAssigning.test_clamp_and_wrap()
  for value, held in pairs { [-5] = 0, [170] = 100, [1e300] = 100, [50] = 50 } do
    mem.CLAMPED = value
    lu.assertEquals(mem.CLAMPED, held)
  end
  for value, wrapped in pairs { [256] = 0, [-1] = 255, [1000] = 232, [255] = 255 } do
    mem.WRAPPED = value
    lu.assertEquals(mem.WRAPPED, wrapped)
  end
  for value, wrapped in pairs { [360] = 0, [-90] = 270, [725] = 5 } do
    mem.ANGLE = value
    lu.assertEquals(mem.ANGLE, wrapped)
  end
  mem.CUT = "abcdefg"
  lu.assertEquals(mem.CUT, "abcd")
end

function TestAssigning.test_range_is_judged_on_the_raw_value()
  mem.TENTHS = 3 * 0.1 -- a little more than 0.3 in Lua, the same in a float32
  lu.assertAlmostEquals(mem.TENTHS, 0.3, 1e-7)
end

function TestAssigning.test_nan_where_it_is_wanted()
  mem.NANS = NAN
  lu.assertNotEquals(mem.NANS, mem.NANS)
  mem.NANS = -1 / 0
  lu.assertEquals(mem.NANS, -1 / 0)
end

function TestAssigning.test_uint64_shows_as_luas_integers()
  mem.BIG = -1
  lu.assertEquals(mem.BIG, -1)
  lu.assertEquals(("%u"):gsub("u", math.ult(math.maxinteger, mem.BIG) and "above" or "below"), "%above")
  mem.BIG = 2.0 ^ 63
  lu.assertEquals(mem.BIG, math.mininteger)
end

TestRaw = {}

function TestRaw.test_words_and_bits_from_0()
  mem.holding[5], mem.coil[33] = 0xFFFF, true
  lu.assertEquals({ mem.holding[5], mem.coil[33], mem.coil[30] }, { 0xFFFF, true, false })
  lu.assertEquals({ #mem.holding, #mem.coil }, { 27, 34 })
end

function TestRaw.test_only_where_declared()
  assert_each_refused("mem:raw { holding = 8, coil = { 100, 16 } }", {
    { "mem.holding[8] = 1",
      "mem.holding[8] is not declared as raw; mem:raw { holding = { first, count } } declares it" },
    { "return mem.coil[99]",
      "mem.coil[99] is not declared as raw; mem:raw { coil = { first, count } } declares it" },
    { "return mem.holding.x",
      'mem.holding["x"] is not declared as raw; mem:raw { holding = { first, count } } declares it' },
    { "mem.input[0] = 1", "mem.input has no raw words; mem:raw { input = 8 } would declare 0..7" },
    { "mem.holding[0] = -1", "mem.holding[0] = -1: a raw word takes an integer 0..65535" },
    { "mem.holding[0] = 65536", "mem.holding[0] = 65536: a raw word takes an integer 0..65535" },
    { "mem.holding[0] = 0.5", "mem.holding[0] = 0.5: a raw word takes an integer 0..65535" },
    { "return mem.holding['5']",
      'mem.holding["5"] is not declared as raw; mem:raw { holding = { first, count } } declares it' },
    { "mem.coil['100'] = true",
      'mem.coil["100"] is not declared as raw; mem:raw { coil = { first, count } } declares it' },
    { "mem.holding[0] = '1'", 'mem.holding[0] = "1": a raw word takes an integer 0..65535' },
    { "mem.coil[100] = 1", "mem.coil[100] takes true or false, not 1" },
    { "mem:raw { holding = { 7, 2 } }",
      "raw holding 7..8 overlaps the raw range 0..7 declared at script.lua:1" },
  })
end

function TestRaw.test_ranges_that_are_none()
  local takes = "mem:raw: option holding takes a number of words from 0 on, or { first, count }, within "
    .. "0..65535, not "
  assert_each_refused("", {
    { "mem:raw { holding = 0 }", takes .. "0" },
    { "mem:raw { holding = 65537 }", takes .. "65537" },
    { "mem:raw { holding = '8' }", takes .. '"8"' },
    { "mem:raw { holding = { 65535, 2 } }", takes .. "a table" },
    { "mem:raw { holding = { 1, math.maxinteger } }", takes .. "a table" },
    { "mem:raw { holding = { 5 } }", takes .. "a table" },
    { "mem:raw()", "mem:raw takes a table, mem:raw { holding = 8 }, not nothing" },
    { "mem.raw { holding = 8 }", 'mem:raw takes a memory (mem, or what memory("name") returned), not a '
      .. "table; a colon calls it, as in mem:dump()" },
    { "mem.raw()", 'mem:raw takes a memory (mem, or what memory("name") returned), not nothing; '
      .. "a colon calls it, as in mem:dump()" },
  })
  assert_accepted "mem:raw { holding = 65536, input = { 65535, 1 } } mem.holding[65535] = 1"
end

TestMemories = {}

function TestMemories.test_have_names_and_tables_of_their_own()
  assert_accepted [[
    local plc = memory("plc", { order = "ABCD", holding = 20, coil = { 5, 1 } })
    mem.SPEED, plc.SPEED = holding.word(0), holding.word(0)
    mem.SPEED, plc.SPEED = 1, 2
    assert(mem.SPEED == 1 and plc.SPEED == 2 and plc.holding[0] == 2 and not plc.coil[5])
    assert(plc.name == "plc" and mem.name == "mem" and tostring(plc) == 'memory "plc"')
  ]]
  assert_refused("memory 'plc'\nmemory 'plc'",
    'script.lua:2: memory "plc" is already declared at script.lua:1; every memory has a name of its own')
  assert_refused("memory 'p c'",
    'script.lua:1: memory: "p c" is not a name; letters, digits and _ are, up to 63, no digit first')
  assert_refused("memory()", 'script.lua:1: memory takes a name first, memory("plc"), not nil')
  assert_refused("local plc = memory 'plc'\nplc.SPEED = 1",
    "script.lua:2: plc.SPEED is not declared; plc.SPEED = holding.int16(0), in the script's body, would declare it")
end

function TestMemories.test_declare_a_template()
  assert_accepted [[
    local pump = { SPEED = holding.word(0), ON = coil(0), HOURS = holding.uint32(1) }
    mem:declare(pump, { prefix = "M1_", base = 100 })
    mem:declare(pump, { prefix = "M2_", base = 200 })
    memory("other"):declare(pump)
    mem:raw { holding = { 200, 3 } }
    mem.M2_SPEED, mem.M2_HOURS = 7, 65536
    assert(mem.holding[200] == 7 and mem.holding[201] == 0 and mem.holding[202] == 1)
    assert(mem.M1_SPEED == 0 and mem.M1_ON == false)
  ]]
  assert_each_refused("", {
    { "mem:declare()", "mem:declare takes a table of declarations by name, not nil" },
    { "mem:declare { A = 5 }",
      "mem:declare: a template is a table of declarations by name, { SPEED = holding.word(0) }" },
    { "mem:declare({ A = coil(5) }, { base = 65535 })",
      "mem.A: address 5 and base 65535 are beyond 65535" },
    { "mem:declare({ A = coil(5) }, { base = 65536 })",
      "mem:declare: option base takes an address to add, 0..65535, not 65536" },
    { "mem:declare({ il = coil(0) }, { prefix = 'co' })",
      'mem:declare: "coil" is a word of memories and cannot be a variable' },
    { "mem:declare({ A = coil(0) }) mem:declare { A = coil(1) }",
      "mem.A is already declared at script.lua:2" },
  })
end

function TestMemories.test_age_and_quality()
  local _, log = host.run([[
    mem.FED = holding.word(0, { dir = "in" })
    mem.OURS = holding.word(1)
    mem.LOW = holding.bool(1, 0)
    print(mem:age "OURS")
    every(1, function()
      print(mem:quality "FED", mem:age "FED", mem:quality "OURS", mem:age "OURS", mem:age "LOW")
      mem.OURS = mem.OURS + 1
    end)
  ]], 2)
  lu.assertEquals(log, "nil\nnever\tnil\tgood\t0.0\t0.0\nnever\tnil\tgood\t1.0\t1.0\n")
end

function TestMemories.test_dump()
  local fault, log = host.run([[
    mem:raw { holding = 10, coil = 2 }
    mem.LEVEL = holding.word(1, { unit = "mm" })
    mem.NAMES = holding.string(2, { length = 2, count = 2 })
    mem.LEVEL, mem.NAMES, mem.coil[1] = 55, { "ab", "c" }, true
    mem:dump()
    every(1, function() mem:dump() end)
  ]])
  local rows = [[
mem coil         0: 0 1
mem holding      0:     0    55 24930 25344     0     0     0     0
mem holding      8:     0     0
mem.LEVEL = 55 mm
mem.NAMES = "ab", "c"
]]
  lu.assertNil(fault)
  lu.assertEquals(log, rows .. rows)
end

function TestMemories.test_dump_with_the_longest_name()
  local name = ("x"):rep(63)
  local fault, log = host.run(("memory('%s', { holding = 2 }):dump()"):format(name))
  lu.assertNil(fault)
  lu.assertEquals(log, name .. " holding      0:     0     0\n")
end
