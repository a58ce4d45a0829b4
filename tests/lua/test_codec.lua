-- Proves that every type in every order stands in the registers as string.pack, which knows nothing
-- of MSM, says, and is read back from them: edge values, arrays, bits, halves and text.
-- luacheck: read_globals host

local lu = require "luaunit"

local NAN = 0 / 0
local ORDERS = { "ABCD", "CDAB", "BADC", "DCBA" }

-- One row a type: how string.pack calls it big-endian, and values at its edges.
local TYPES = {
  { "int16", ">i2", { 0, 1, -1, 0x1234, 32767, -32768 } },
  { "uint16", ">I2", { 0, 1, 0x1234, 0x8000, 65535 } },
  { "word", ">I2", { 0, 1, 0xFEDC, 65535 } },
  { "int32", ">i4", { 0, 1, -1, 0x12345678, 2147483647, -2147483648, 65536, -65537 } },
  { "uint32", ">I4", { 0, 1, 0x12345678, 0x80000000, 4294967295, 65535, 65536 } },
  { "int64", ">i8",
    { 0, 1, -1, 0x0123456789ABCDEF, math.maxinteger, math.mininteger, 1 << 32, -(1 << 48) } },
  { "uint64", ">I8", -- above 2^63 as Lua's integers show the same bits
    { 0, 1, 0x0123456789ABCDEF, math.maxinteger, math.mininteger, -1 } },
  { "float32", ">f",
    { 0.0, -0.0, 1.0, -1.5, 0.1, 3.4028234663852886e38, -3.4028234663852886e38, 1.401298464324817e-45,
      1.1754943508222875e-38, 1 / 0, -1 / 0, NAN } },
  { "float64", ">d",
    { 0.0, -0.0, 1.0, -1.5, 0.1, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 1 / 0,
      -1 / 0, NAN } },
}

mem:raw { holding = 2000, input = { 100, 8 }, coil = { 0, 20 }, discrete = { 40, 4 } }

-- All of them, one after the other, every one with a gap of a word behind it.
local cases, address = {}, 0
for _, row in ipairs(TYPES) do
  local type_name, format, values = row[1], row[2], row[3]
  local words = string.packsize(format) // 2
  for _, order in ipairs(words > 1 and ORDERS or { "" }) do
    local name = type_name .. order
    mem[name] = holding[type_name](address, {
      order = order ~= "" and order or nil,
      nan = type_name:find "float" and true or nil,
    })
    cases[#cases + 1] = { name = name, address = address, order = order, format = format,
      values = values, words = words }
    address = address + words + 1
  end
end

-- What the words must be, by string.pack: bytes in the order of ABCD, words and bytes turned.
local function expected_words(order, format, value)
  local bytes, words = string.pack(format, value), {}
  for i = 1, #bytes, 2 do
    words[#words + 1] = string.unpack((order == "BADC" or order == "DCBA") and "<I2" or ">I2", bytes, i)
  end
  if order == "CDAB" or order == "DCBA" then
    for i = 1, #words // 2 do
      words[i], words[#words + 1 - i] = words[#words + 1 - i], words[i]
    end
  end
  return words
end

local function words_at(first, count)
  local words = {}
  for i = 1, count do
    words[i] = mem.holding[first + i - 1]
  end
  return words
end

local function put_words(first, words)
  for i, word in ipairs(words) do
    mem.holding[first + i - 1] = word
  end
end

-- The same number to the last bit: 0.0 and -0.0 differ, NaN is itself.
local function assert_same(actual, wanted, format, what)
  lu.assertEquals(math.type(actual), math.type(wanted), what)
  if wanted ~= wanted then
    lu.assertTrue(actual ~= actual, what)
  else
    lu.assertEquals(string.pack(format, actual), string.pack(format, wanted), what)
  end
end

TestNumbers = {}

function TestNumbers.test_every_order_to_words()
  lu.assertEquals(#cases, 3 + 6 * 4)
  for _, case in ipairs(cases) do
    for _, value in ipairs(case.values) do
      local what = ("%s = %s"):format(case.name, value)
      mem.holding[case.address + case.words] = 0x5555
      mem[case.name] = value
      if value == value then -- which of the NaNs it is, is nobody's business
        lu.assertEquals(words_at(case.address, case.words),
          expected_words(case.order, case.format, value), what)
      end
      lu.assertEquals(mem.holding[case.address + case.words], 0x5555, what .. ": the next word")
    end
  end
end

function TestNumbers.test_every_order_from_words()
  for _, case in ipairs(cases) do
    for _, value in ipairs(case.values) do
      put_words(case.address, expected_words(case.order, case.format, value))
      local wanted = case.format == ">f" and string.unpack(">f", string.pack(">f", value)) or value
      assert_same(mem[case.name], wanted, case.format == ">f" and ">d" or case.format,
        ("%s of %s"):format(case.name, value))
    end
  end
end

function TestNumbers.test_any_bits()
  math.randomseed(7)
  for _, case in ipairs(cases) do
    for _ = 1, 50 do
      local bytes = string.pack(">I8", math.random(0)):sub(1, case.words * 2)
      local value = string.unpack(case.format, bytes)
      mem[case.name] = value
      if value == value then
        lu.assertEquals(words_at(case.address, case.words),
          expected_words(case.order, case.format, value), case.name)
        assert_same(mem[case.name], value, case.format, case.name)
      end
    end
  end
end

-- Types without an order of their own take the memory's; without one there, "CDAB".
local plc = memory("plc", { order = "ABCD", holding = 40 })
plc.A = holding.uint32(0)
plc.B = holding.uint32(2, { order = "DCBA" })
plc.TEXT = holding.string(4, { length = 4 })
mem.PLAIN = holding.uint32(1900)
mem.FLOAT = holding.float32(1902)

function TestNumbers.test_the_default_is_low_word_first_or_the_memorys()
  plc.A, plc.B, mem.PLAIN = 0x01020304, 0x01020304, 0x01020304
  lu.assertEquals({ plc.holding[0], plc.holding[1] }, { 0x0102, 0x0304 })
  lu.assertEquals({ plc.holding[2], plc.holding[3] }, { 0x0403, 0x0201 })
  lu.assertEquals(words_at(1900, 2), { 0x0304, 0x0102 })
  plc.TEXT = "AB"
  lu.assertEquals(plc.holding[4], 0x4142)
end

mem.IN32 = input.int32(100)
mem.IN_FLAG = input.bool(102, 15)

function TestNumbers.test_input_registers_alike()
  mem.IN32 = -2
  lu.assertEquals({ mem.input[100], mem.input[101] }, { 0xFFFE, 0xFFFF })
  mem.IN_FLAG = true
  lu.assertEquals(mem.input[102], 0x8000)
end

TestBits = {}

for bit = 0, 15 do
  mem["BIT" .. bit] = holding.bool(1000, bit)
end
mem.LOW = holding.byte(1001, 0)
mem.HIGH = holding.byte(1001, 1)
mem.LAMP = coil(3)
mem.CONTACT = discrete(41)

function TestBits.test_a_bit_is_its_own()
  for bit = 0, 15 do
    mem.holding[1000] = 0
    mem["BIT" .. bit] = true
    lu.assertEquals(mem.holding[1000], 1 << bit)
    mem.holding[1000] = 0xFFFF
    mem["BIT" .. bit] = false
    lu.assertEquals(mem.holding[1000], 0xFFFF ~ (1 << bit))
    lu.assertFalse(mem["BIT" .. bit])
    lu.assertTrue(mem["BIT" .. (bit + 1) % 16])
  end
end

function TestBits.test_halves_of_a_word()
  mem.holding[1001] = 0x1234
  lu.assertEquals({ mem.LOW, mem.HIGH }, { 0x34, 0x12 })
  mem.LOW = 255
  lu.assertEquals(mem.holding[1001], 0x12FF)
  mem.HIGH = 0
  lu.assertEquals(mem.holding[1001], 0x00FF)
end

function TestBits.test_coils_and_discrete_inputs()
  mem.LAMP, mem.CONTACT = true, true
  lu.assertEquals({ mem.coil[2], mem.coil[3], mem.discrete[41] }, { false, true, true })
  mem.coil[3] = false
  lu.assertFalse(mem.LAMP)
end

TestArrays = {}

mem.WORDS = holding.int16(1100, { count = 3 })
mem.DOUBLES = holding.float64(1110, { count = 3, order = "ABCD" })
mem.FLAGS = holding.bool(1130, 14, { count = 20 })
mem.BYTES = holding.byte(1140, 1, { count = 4 })
mem.NAMES = holding.string(1150, { count = 3, length = 3 })
mem.LAMPS = coil(10, { count = 4 })

function TestArrays.test_elements_lie_one_behind_the_other()
  mem.WORDS = { -1, 2, -3 }
  lu.assertEquals(words_at(1100, 4), { 65535, 2, 65533, 0 })
  mem.DOUBLES = { 1, -2.5, 1e300 }
  for i, value in ipairs { 1.0, -2.5, 1e300 } do
    lu.assertEquals(words_at(1110 + 4 * (i - 1), 4), expected_words("ABCD", ">d", value))
    lu.assertEquals(mem.DOUBLES[i], value)
  end
  mem.DOUBLES[2] = 0.1
  lu.assertEquals(words_at(1114, 4), expected_words("ABCD", ">d", 0.1))
  lu.assertEquals(words_at(1118, 4), expected_words("ABCD", ">d", 1e300))
end

function TestArrays.test_bools_run_on_into_the_next_words()
  for i = 1, 20 do
    put_words(1130, { 0, 0, 0, 0 })
    mem.FLAGS[i] = true
    local bit = 14 + i - 1
    for word = 0, 3 do
      lu.assertEquals(mem.holding[1130 + word], word == bit // 16 and 1 << bit % 16 or 0)
    end
  end
  put_words(1130, { 0x3FFF, 0, 0, 0xFFFF })
  for i = 1, 20 do
    lu.assertFalse(mem.FLAGS[i])
  end
end

function TestArrays.test_bytes_begin_at_their_half()
  put_words(1140, { 0x5555, 0x5555, 0x5555 })
  mem.BYTES = { 1, 2, 3, 4 }
  lu.assertEquals(words_at(1140, 3), { 0x0155, 0x0302, 0x5504 })
  lu.assertEquals({ mem.BYTES[1], mem.BYTES[4] }, { 1, 4 })
end

function TestArrays.test_strings_each_take_whole_words()
  mem.NAMES = { "abc", "", "de" }
  lu.assertEquals(words_at(1150, 6), { 0x6162, 0x6300, 0, 0, 0x6465, 0 })
  lu.assertEquals({ mem.NAMES[1], mem.NAMES[2], mem.NAMES[3] }, { "abc", "", "de" })
end

function TestArrays.test_coils()
  mem.LAMPS = { true, false, true, true }
  lu.assertEquals({ mem.coil[10], mem.coil[11], mem.coil[12], mem.coil[13], mem.coil[14] },
    { true, false, true, true, false })
end

TestStrings = {}

mem.TEXT = holding.string(1200, { length = 5 })
mem.TURNED = holding.string(1210, { length = 5, order = "BADC" })
mem.LONGEST = holding.string(1300, { length = 246 })

function TestStrings.test_high_byte_first_padded_with_nul()
  mem.TEXT = "Hallo"
  lu.assertEquals(words_at(1200, 4), { 0x4861, 0x6C6C, 0x6F00, 0 })
  mem.TEXT = "no"
  lu.assertEquals(words_at(1200, 3), { 0x6E6F, 0, 0 })
  lu.assertEquals(mem.TEXT, "no")
end

function TestStrings.test_badc_turns_the_bytes()
  mem.TURNED = "Hallo"
  lu.assertEquals(words_at(1210, 3), { 0x6148, 0x6C6C, 0x006F })
  lu.assertEquals(mem.TURNED, "Hallo")
end

function TestStrings.test_read_up_to_the_first_nul_or_the_length()
  put_words(1200, { 0x4100, 0x4242, 0x4343 })
  lu.assertEquals(mem.TEXT, "A")
  put_words(1200, { 0x4141, 0x4242, 0x4343 })
  lu.assertEquals(mem.TEXT, "AABBC") -- the sixth byte is not its own
  put_words(1200, { 0xFF80, 0, 0 })
  lu.assertEquals(mem.TEXT, "\xFF\x80") -- bytes, whatever they mean
end

function TestStrings.test_the_longest()
  local text = ("0123456789"):rep(25):sub(1, 246)
  mem.LONGEST = text
  lu.assertEquals(mem.LONGEST, text)
  lu.assertEquals(mem.holding[1300 + 122], string.unpack(">I2", text, 245))
end

TestMaster = {}

function TestMaster.test_a_master_sees_the_same_words()
  mem.FLOAT = 1.5
  lu.assertEquals(host.read(mem, "holding", 1902, 2), expected_words("CDAB", ">f", 1.5))
  lu.assertEquals(host.write(mem, "holding", 1902, expected_words("CDAB", ">f", -0.25)), 0)
  host.advance(1)
  lu.assertEquals(mem.FLOAT, -0.25)
end
