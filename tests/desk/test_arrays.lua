-- Proves that a test reads and sets elements of arrays as a script does, of memories and of devices,
-- and that nothing it assigns is lost.

local lu = require "luaunit"
local written = require "written"

local SCRIPT <const> = [[
  local plc = memory "plc"
  plc.SPEEDS = holding.int16(0, { count = 3 })
  client.tcp { host = "10.0.0.8", mem = plc }
  mem.TEMPS = holding.int16(0, { count = 3, max = 100, default = 7 })
  mem.FLAGS = coil(0, { count = 2 })
  mem.SUM = input.int32(0)
  every("100ms", function() mem.SUM = mem.TEMPS[1] + mem.TEMPS[2] + mem.TEMPS[3] end)
]]

TestArrays = { tearDown = written.forget }

local plant, mem

function TestArrays.setUp()
  plant = written.load(SCRIPT, { quiet = true })
  mem = plant.mem
end

function TestArrays.test_elements()
  local temps = mem.TEMPS
  mem.TEMPS[2], mem.FLAGS[1] = 20, true
  lu.assertEquals({ temps[1], temps[2], temps[3], #temps, mem.FLAGS[1] }, { 7, 20, 7, 3, true })
  plant:run "100ms"
  lu.assertEquals({ mem.SUM, mem.TEMPS[2] }, { 34, 20 })
  mem.TEMPS = { 1, 2, 3 }
  lu.assertEquals({ temps[1], plant:get "TEMPS[3]" }, { 1, 3 }) -- it is what it is now
  plant:get "TEMPS"[1] = 5
  lu.assertEquals(temps[1], 5)
end

function TestArrays.test_as_tables()
  mem.TEMPS = { 4, 5, 6 }
  local seen = {}
  for i, value in ipairs(mem.TEMPS) do
    seen[i] = value
  end
  lu.assertEquals(seen, { 4, 5, 6 })
  local sum = 0
  for _, value in pairs(mem.TEMPS) do
    sum = sum + value
  end
  lu.assertEquals(sum, 15)
  lu.assertEquals(mem.TEMPS, { 4, 5, 6 })
  lu.assertEquals({ table.unpack(mem.TEMPS) }, { 4, 5, 6 })
  lu.assertErrorMsgContains("expected: {4, 5, 7}", lu.assertEquals, mem.TEMPS, { 4, 5, 7 })
  mem.TEMPS = mem.TEMPS
  lu.assertEquals(mem.TEMPS, { 4, 5, 6 })
  mem.TEMPS[2.0] = 8
  lu.assertEquals(mem.TEMPS[2.0], 8)
  plant:force("TEMPS", mem.TEMPS)
  plant:unforce "TEMPS"
  lu.assertEquals(mem.TEMPS, { 4, 8, 6 })
end

function TestArrays.test_what_is_wrong()
  lu.assertErrorMsgContains("TEMPS[1] = 101 is out of range", function() mem.TEMPS[1] = 101 end)
  lu.assertErrorMsgContains("mem.TEMPS[4]: TEMPS has the elements 1..3", function() mem.TEMPS[4] = 1 end)
  lu.assertErrorMsgContains("mem.TEMPS[5]: TEMPS has the elements 1..3", function() return mem.TEMPS[5] end)
  lu.assertErrorMsgContains("mem.TEMPS[first] is not declared", function() return mem.TEMPS.first end)
  lu.assertErrorMsgContains("mem.TEMPS takes a list of 3 values", function() mem.TEMPS = { 1, 2 } end)
  lu.assertErrorMsgContains("TEMPS[3] = 101 is out of range", function() mem.TEMPS = { 1, 2, 101 } end)
  mem.FLAGS[1] = true
  lu.assertEquals(mem.TEMPS, { 7, 7, 7 }) -- nothing by halves, later neither
end

function TestArrays.test_devices()
  local device = plant:device "plc"
  device.SPEEDS[2] = 9
  lu.assertEquals(device.SPEEDS, { 0, 9, 0 })
  plant:run "1s"
  lu.assertEquals(plant.plc.SPEEDS[2], 9)
  lu.assertErrorMsgContains("SPEEDS", function() device.SPEEDS[4] = 1 end)
  lu.assertErrorMsgContains("SPEEDS", function() device.SPEEDS = { 1, 2, 99999 } end)
  lu.assertEquals(device.SPEEDS, { 0, 9, 0 })
end
