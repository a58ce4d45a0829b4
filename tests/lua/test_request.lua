-- Proves link:request: the bytes that each function code becomes, when the answer is seen, what it
-- says, and what is refused.
-- luacheck: read_globals host
-- luacheck: globals plc link

local lu = require "luaunit"

plc = memory "plc"
plc.A = holding.word(0)
link = client.tcp { host = "10.0.0.7", mem = plc }
local lights = memory "lights"
lights.ON = coil(0, { dir = "out" })
local everybody = client.rtu { line = serial { device = "/dev/ttyS0" }, unit = 0, mem = lights }
every(1, function() end)

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02X "):format(c:byte()) end):gsub(" $", ""))
end

local function bytes(text)
  return (text:gsub("%x%x ?", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Sends it, lets the device answer, and returns it in the scan after.
local function exchange(options, answer)
  local request = link:request(options)
  local ticket = host.asked(plc)
  host.answer(ticket, bytes(answer))
  host.advance(1)
  return request
end

TestBytes = {}

-- By the examples of the specification, chapter 6.
function TestBytes.test_each_function_code()
  for _, row in ipairs {
    { { fc = 1, address = 0x13, count = 0x13 }, "01 00 13 00 13" },
    { { fc = 2, address = 0xC4, count = 0x16 }, "02 00 C4 00 16" },
    { { fc = 3, address = 0x6B, count = 3 }, "03 00 6B 00 03" },
    { { fc = 4, address = 8, count = 1 }, "04 00 08 00 01" },
    { { fc = 5, address = 0xAC, value = true }, "05 00 AC FF 00" },
    { { fc = 5, address = 0xAC, value = false }, "05 00 AC 00 00" },
    { { fc = 6, address = 1, value = 3 }, "06 00 01 00 03" },
    { { fc = 15, address = 0x13, values = { true, false, true, true, false, false, true, true, true, false } },
      "0F 00 13 00 0A 02 CD 01" },
    { { fc = 16, address = 1, values = { 10, 0x102 } }, "10 00 01 00 02 04 00 0A 01 02" },
    { { fc = 22, address = 4, and_mask = 0xF2, or_mask = 0x25 }, "16 00 04 00 F2 00 25" },
    { { fc = 23, address = 3, count = 6, write_address = 14, values = { 255, 255, 255 } },
      "17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF" },
    { { fc = 7 }, "07" },
    { { fc = 43, data = "\x0E\x01\x00" }, "2B 0E 01 00" } } do
    local request = link:request(row[1])
    local ticket, pdu = host.asked(plc)
    lu.assertEquals(hex(pdu), row[2])
    host.fail(ticket, "enough")
    host.advance(1)
    lu.assertEquals(request.error, "enough")
  end
end

function TestBytes.test_the_largest_ones()
  local bits, words, fewer = {}, {}, {}
  for i = 1, 1968 do bits[i] = true end
  for i = 1, 123 do words[i] = 65535 end
  for i = 1, 121 do fewer[i] = 1 end
  for _, row in ipairs {
    { { fc = 15, address = 65536 - 1968, values = bits }, 252 }, { { fc = 16, address = 65413, values = words }, 252 },
    { { fc = 23, address = 65411, count = 125, write_address = 65415, values = fewer }, 252 },
    { { fc = 1, address = 63536, count = 2000 }, 5 }, { { fc = 127, data = ("x"):rep(252) }, 253 } } do
    link:request(row[1])
    local ticket, pdu = host.asked(plc)
    lu.assertEquals(#pdu, row[2])
    host.fail(ticket, "enough")
  end
  collectgarbage()
end

TestAnswers = {}

function TestAnswers.test_values()
  lu.assertEquals(exchange({ fc = 3, address = 0, count = 2 }, "03 04 00 2A FF FF").values, { 42, 65535 })
  lu.assertEquals(exchange({ fc = 4, address = 0, count = 1 }, "04 02 01 00").values, { 256 })
  lu.assertEquals(exchange({ fc = 1, address = 0, count = 10 }, "01 02 05 02").values,
    { true, false, true, false, false, false, false, false, false, true })
  lu.assertEquals(exchange({ fc = 2, address = 0, count = 1 }, "02 01 01").values, { true })
  lu.assertEquals(exchange({ fc = 23, address = 0, count = 1, write_address = 0, values = { 1 } },
    "17 02 00 07").values, { 7 })
  local written = exchange({ fc = 6, address = 1, value = 3 }, "06 00 01 00 03")
  lu.assertTrue(written.done)
  lu.assertNil(written.values)
  lu.assertNil(written.error)
  lu.assertEquals(hex(written.bytes), "06 00 01 00 03")
  lu.assertEquals(tostring(written), "request fc 6, answered")
end

function TestAnswers.test_an_exception()
  local request = exchange({ fc = 3, address = 9, count = 1 }, "83 02")
  lu.assertTrue(request.done)
  lu.assertEquals(request.exception, 2)
  lu.assertEquals(request.error, "exception 02, illegal data address")
  lu.assertNil(request.values)
  lu.assertEquals(hex(request.bytes), "83 02")
  lu.assertEquals(tostring(request), "request fc 3, exception 02, illegal data address")
end

function TestAnswers.test_no_answer()
  local request = link:request { fc = 3, address = 0, count = 1 }
  host.fail(host.asked(plc), "no answer for 1.0 s")
  host.advance(1)
  lu.assertEquals({ request.done, request.error }, { true, "no answer for 1.0 s" })
  lu.assertNil(request.exception)
  lu.assertNil(request.values)
  lu.assertNil(request.bytes)
end

-- Nothing changes within a scan, not even when the answer is there at once.
function TestAnswers.test_they_come_in_a_later_scan()
  local request = link:request { fc = 3, address = 0, count = 1 }
  host.answer(host.asked(plc), bytes "03 02 00 01")
  lu.assertFalse(request.done)
  lu.assertNil(request.values)
  lu.assertEquals(tostring(request), "request fc 3, waiting")
  host.advance(1)
  lu.assertTrue(request.done)
  lu.assertEquals(request.values, { 1 })
  lu.assertIs(request.values, request.values)

  local slow = link:request { fc = 3, address = 0, count = 1 }
  host.advance(1)
  lu.assertFalse(slow.done)
  host.answer(host.asked(plc), bytes "03 02 00 02")
  lu.assertFalse(slow.done) -- looked already in this scan
  host.advance(1)
  lu.assertEquals(slow.values, { 2 })
  host.advance(1)
  lu.assertEquals(slow.values, { 2 })
end

function TestAnswers.test_too_many_wait()
  local waiting = {}
  for i = 1, 65 do
    waiting[i] = link:request { fc = 3, address = i, count = 1 }
  end
  lu.assertFalse(waiting[65].done)
  host.advance(1)
  lu.assertFalse(waiting[64].done)
  lu.assertEquals({ waiting[65].done, waiting[65].error },
    { true, "64 requests are waiting already, which is the most at a time" })
  waiting = nil -- luacheck: ignore
  collectgarbage()
  collectgarbage()
  lu.assertNil(host.asked(plc)) -- nobody looks any more, so nobody is asked
  local request = exchange({ fc = 3, address = 0, count = 1 }, "03 02 00 09")
  lu.assertEquals(request.values, { 9 })
end

TestRefused = {}

function TestRefused.test_options()
  local values = {}
  for i = 1, 124 do values[i] = 1 end
  for message, options in pairs {
    ["fc is missing, the function code; { fc = 3, address = 0, count = 2 } reads two holding registers"] = {},
    ["option fc takes a function code, 1..127, not 128"] = { fc = 128 },
    ["fc = 3 needs address count"] = { fc = 3 },
    ["fc = 23 needs write_address values"] = { fc = 23, address = 0, count = 1 },
    ["fc = 3 takes address count, not values data"] = { fc = 3, address = 0, count = 1, data = "", values = {} },
    ["fc = 7 takes data, not address"] = { fc = 7, address = 0 },
    ["option address takes a number, 0..65535, not 65536"] = { fc = 3, address = 65536, count = 1 },
    ["option address takes a number, 0..65535, not \"40001\""] = { fc = 3, address = "40001", count = 1 },
    ["fc = 3 reads at most 125 registers, not 126"] = { fc = 3, address = 0, count = 126 },
    ["address 65535 and count 2 go beyond 65535"] = { fc = 3, address = 65535, count = 2 },
    ["address 65535 and 2 values go beyond 65535"] = { fc = 16, address = 65535, values = { 1, 2 } },
    ["fc = 5: value takes true or false, not 1"] = { fc = 5, address = 0, value = 1 },
    ["fc = 6: value takes a number 0..65535, not true"] = { fc = 6, address = 0, value = true },
    ["fc = 6: value takes a number 0..65535, not 65536"] = { fc = 6, address = 0, value = 65536 },
    ["fc = 15: values[2] takes true or false, not 0"] = { fc = 15, address = 0, values = { true, 0 } },
    ["fc = 16: values[1] takes a number 0..65535, not -1"] = { fc = 16, address = 0, values = { -1 } },
    ["fc = 16 writes 1..123 values, not 124"] = { fc = 16, address = 0, values = values },
    ["fc = 16 writes 1..123 values, not 0"] = { fc = 16, address = 0, values = {} },
    ["unknown option \"adress\"; did you mean address?"] = { fc = 3, adress = 0 } } do
    lu.assertErrorMsgContains("link:request: " .. message, function() link:request(options) end)
  end
  lu.assertErrorMsgContains("option data takes a string of up to 252 bytes, what follows the function code, not",
    function() link:request { fc = 99, data = ("x"):rep(253) } end)
  lu.assertErrorMsgContains("link:request takes a table, link:request { fc = 3, address = 0, count = 2 }, not 3",
    function() link:request(3) end)
  lu.assertNil(host.asked(plc))
end

function TestRefused.test_a_broadcast_reads_nothing()
  lu.assertErrorMsgContains("link:request: /dev/ttyS0 unit 0 is a broadcast, which nobody answers; nothing can be "
    .. "read there", function() everybody:request { fc = 3, address = 0, count = 1 } end)
  everybody:request { fc = 5, address = 0, value = true }
  lu.assertNotNil(host.asked(lights))
end

function TestRefused.test_a_request_has_no_other_fields()
  local request = link:request { fc = 7 }
  lu.assertErrorMsgContains("request.valus is not known; did you mean values?", function() return request.valus end)
  lu.assertErrorMsgContains("request.xyzzy is not known; bytes done error exception values are",
    function() return request.xyzzy end)
  lu.assertErrorMsgContains("request.done is read only", function() request.done = true end)
  host.fail(host.asked(plc), "enough")
end

-- One that nobody waits for any more when the program ends.
function TestRefused.test_a_program_that_ends_while_it_waits()
  lu.assertNil((host.run([[
    local plc = memory "plc"
    plc.A = coil(0)
    local link = client.tcp { host = "a", mem = plc }
    local requests = {}
    every(1, function() requests[#requests + 1] = link:request { fc = 7 } end)
  ]], 3)))
end
