-- Proves the devices behind client links in msm.test: values both ways, what a device may do to its
-- client, and that it outlives reloads and restarts of the program.

local lu = require "luaunit"
local written = require "written"

local load, write = written.load, written.write

TestDevices = { tearDown = written.forget }

local MIRROR = [[
local plc = memory("plc", { order = "ABCD" })
plc.LEVEL = input.float32(0)
plc.SP = holding.uint16(0)
plc.VALVE = coil(0, { dir = "out" })
client.tcp { host = "10.0.0.7", mem = plc, period = "200ms", timeout = "500ms", name = "boiler" }
mem.ONLINE = discrete(0)
mem.STATE = var.string { length = 16 }
mem.SEEN = input.float32(0)
every("100ms", function()
  mem.SEEN = plc.LEVEL
  plc.VALVE = plc.LEVEL > 50
  mem.STATE = plc:state "SP" or ""
end)
]]

function TestDevices.setUp()
  local plant = load(MIRROR, { quiet = true })
  TestDevices.plant, TestDevices.device = plant, plant:device "plc"
  plant:run "1s"
end

function TestDevices.test_values_go_both_ways()
  local plant, device = TestDevices.plant, TestDevices.device
  lu.assertEquals(plant:quality "plc.LEVEL", "good")
  device.LEVEL = 60.5
  plant:run "500ms"
  lu.assertEquals({ plant.mem.SEEN, device.VALVE }, { 60.5, true })
  plant.plc.LEVEL = 12 -- a device's value is set in the device
  lu.assertEquals(device.LEVEL, 12)
  plant:run "500ms"
  lu.assertEquals({ plant.plc.LEVEL, device.VALVE }, { 12, false })
  plant.plc.SP = 77
  plant:run "300ms"
  lu.assertEquals({ device.SP, plant.mem.STATE }, { 77, "confirmed" })
end

function TestDevices.test_by_the_links_name()
  TestDevices.plant:device("boiler").SP = 3
  lu.assertEquals(TestDevices.device.SP, 3)
end

function TestDevices.test_offline_and_back()
  local plant, device = TestDevices.plant, TestDevices.device
  device.LEVEL = 60
  plant:run "1s"
  device:offline()
  device.LEVEL = 10
  plant:run "5s"
  lu.assertEquals({ plant:quality "plc.LEVEL", plant.plc.LEVEL }, { "stale", 60 })
  device:online()
  plant:run "10s" -- backoff has grown meanwhile
  lu.assertEquals({ plant:quality "plc.LEVEL", plant.plc.LEVEL, device.VALVE }, { "good", 10, false })
end

for _, manner in ipairs { "silent", "wrong" } do
  TestDevices["test_" .. manner .. "_and_back"] = function()
    local plant, device = TestDevices.plant, TestDevices.device
    device[manner](device)
    plant:run "5s"
    lu.assertEquals(plant:quality "plc.LEVEL", "stale")
    device:online()
    plant:run "60s"
    lu.assertEquals(plant:quality "plc.LEVEL", "good")
  end
end

function TestDevices.test_slow_within_and_beyond_the_timeout()
  local plant, device = TestDevices.plant, TestDevices.device
  device:slow "300ms"
  plant:run "5s"
  lu.assertEquals(plant:quality "plc.LEVEL", "good")
  device:slow "600ms"
  plant:run "5s"
  lu.assertEquals(plant:quality "plc.LEVEL", "stale")
end

function TestDevices.test_a_refused_write_is_reported_and_not_repeated()
  local plant, device = TestDevices.plant, TestDevices.device
  device:refuse("SP", 3)
  plant.plc.SP = 9
  plant:run "1s"
  lu.assertEquals({ device.SP, plant.mem.STATE }, { 0, "refused" })
  device:refuse("SP", 0)
  plant.plc.SP = 10
  plant:run "1s"
  lu.assertEquals({ device.SP, plant.mem.STATE }, { 10, "confirmed" })
end

local LINK = [[
local plc = memory("plc")
plc.LEVEL = input.uint16(0)
plc.SP = holding.uint16(0)
local link = client.tcp { host = "10.0.0.7", mem = plc, period = "200ms", timeout = "500ms" }
mem.STATE = var.string { length = 16 }
mem.ONLINE = discrete(0)
mem.ERRORS = input.uint32(0)
mem.CONFLICTS = input.uint32(2)
mem.LAST = var.string { length = 80 }
mem.WISH = holding.uint16(0)
every("100ms", function()
  if mem:written "WISH" then plc.SP = mem.WISH end
  mem.STATE = plc:state "SP" or ""
  mem.ONLINE, mem.ERRORS, mem.CONFLICTS = link.online, link.errors, link.conflicts
  mem.LAST = link.last_error or ""
end)
]]

function TestDevices.test_what_a_script_knows_of_writes_and_links_comes_from_its_device()
  local plant = load(LINK, { quiet = true })
  local device, mem = plant:device "plc", plant.mem
  plant:run "1s"
  lu.assertEquals({ mem.ONLINE, mem.ERRORS, mem.STATE }, { true, 0, "" })
  device:slow "300ms"
  plant.plc.SP = 5
  plant:run "200ms"
  lu.assertEquals(mem.STATE, "pending")
  plant:run "1s"
  lu.assertEquals({ mem.STATE, device.SP }, { "confirmed", 5 })
  device:online()
  device:refuse("SP", 3)
  plant.plc.SP = 6
  plant:run "500ms"
  lu.assertEquals({ mem.STATE, mem.ONLINE, device.SP }, { "refused", true, 5 })
  device:refuse("SP", 0)
  device:offline()
  plant.plc.SP = 7
  plant:run "10s"
  lu.assertEquals({ mem.STATE, mem.ONLINE, device.SP }, { "expired", false, 5 })
  lu.assertTrue(mem.ERRORS > 0)
  lu.assertStrContains(mem.LAST, "offline")
  device:online()
  plant:run "30s"
  lu.assertTrue(mem.ONLINE)
  device:offline()
  mem.WISH, device.SP = 8, 9 -- both sides, while nothing is exchanged: the device wins
  plant:run "300ms"
  device:online()
  plant:run "5s"
  lu.assertEquals({ mem.CONFLICTS, plant.plc.SP, device.SP }, { 1, 9, 9 })
end

function TestDevices.test_values_are_rounded_to_the_scale_and_come_with_the_next_poll()
  local plant = load([[
    mem.OWN = holding.uint16(0, { scale = 0.1 })
    local plc = memory("plc")
    plc.LEVEL = input.uint16(0, { scale = 0.1 })
    client.tcp { host = "10.0.0.7", mem = plc, period = "1s" }
    every("100ms", function() end)
  ]])
  plant.mem.OWN = 20.04
  lu.assertEquals(plant.mem.OWN, 20.0)
  plant:run "1s"
  plant.plc.LEVEL = 20.06
  lu.assertEquals({ plant.plc.LEVEL, plant:device("plc").LEVEL }, { 0.0, 20.1 })
  plant:run "1.1s"
  lu.assertEquals(plant.plc.LEVEL, 20.1)
end

function TestDevices.test_labels_are_values_of_a_device()
  local device = load([[
    local plc = memory("plc")
    plc.MODE = holding.uint16(0, { labels = { [0] = "OFF", [2] = "RUN" } })
    plc.VALVE = coil(0)
    client.tcp { host = "10.0.0.7", mem = plc }
  ]]):device "plc"
  device.MODE, device.VALVE = "RUN", "on"
  lu.assertEquals({ device.MODE, device.VALVE }, { 2, true })
end

function TestDevices.test_what_a_device_does_not_do()
  local device = TestDevices.device
  lu.assertErrorMsgContains("refuse takes an exception code", device.refuse, device, "SP", 256)
  lu.assertErrorMsgContains("refuse takes an exception code", device.refuse, device, "SP", "3")
  lu.assertErrorMsgContains("refuse takes an exception code of Modbus, 1 (illegal function), 2 (illegal data address), "
    .. "3 (illegal data value)", device.refuse, device, "SP", 9)
  lu.assertErrorMsgContains("or 0 for an end; not 200", device.refuse, device, "SP", 200)
  lu.assertErrorMsgContains("refuse takes the name of a variable, not 3", device.refuse, device, 3)
  for _, code in ipairs { 1, 2, 3, 4, 5, 6, 8, 10, 11 } do
    device:refuse("SP", code)
  end
  lu.assertErrorMsgContains("round takes a number", device.round, device, "SP", "5")
  lu.assertErrorMsgContains("plc.VALVE: only variables that are numbers are rounded", device.round, device, "VALVE", 1)
  lu.assertErrorMsgContains("plc.SP is rounded to multiples of a number above 0", device.round, device, "SP", 1 / 0)
  lu.assertErrorMsgContains("plc.SPP is not declared; did you mean plc.SP?", device.refuse, device, "SPP")
end

function TestDevices.test_arguments_that_nobody_looks_at()
  local device = TestDevices.device
  for _, name in ipairs { "offline", "silent", "wrong" } do
    lu.assertErrorMsgContains(name .. ' takes no argument, "5s" is one too many: it lasts until device:online(), '
      .. 'and time passes in plant:run "5s" between them', device[name], device, "5s")
  end
  lu.assertErrorMsgContains("online takes no argument", device.online, device, true)
  lu.assertErrorMsgContains("slow takes the time to an answer", device.slow, device, "1s", "5s")
  lu.assertErrorMsgContains('refuse takes a variable and a code, "5s" is one too many: it lasts until refuse(…, 0)',
    device.refuse, device, "SP", 3, "5s")
  lu.assertErrorMsgContains("round takes a variable and a unit", device.round, device, "SP", 5, 1)
end

function TestDevices.test_names_that_are_nearly_right()
  local plant, device = TestDevices.plant, TestDevices.device
  lu.assertErrorMsgContains('did you mean plc?', plant.device, plant, "plk")
  lu.assertErrorMsgContains('there are boiler, plc', plant.device, plant, "turbine")
  lu.assertErrorMsgContains("did you mean device:offline()?", function() device:offlin() end)
  lu.assertErrorMsgContains("did you mean plc.LEVEL?", function() return device.LEVL end)
end

function TestDevices.test_a_variable_that_is_named_like_a_method()
  local plant = load([[
    local plc = memory("plc")
    plc.slow = holding.uint16(0)
    client.tcp { host = "10.0.0.8", mem = plc }
  ]])
  local device = plant:device "plc"
  device:set("slow", 4)
  plant:run "2s"
  lu.assertEquals({ device:get "slow", plant.plc.slow }, { 4, 4 })
end

function TestDevices.test_a_device_that_rounds()
  local plant, device = TestDevices.plant, TestDevices.device
  device:round("SP", 5)
  plant.plc.SP = 13
  plant:run "1s"
  lu.assertEquals({ device.SP, plant.plc.SP }, { 15, 15 })
end

function TestDevices.test_a_device_outlives_reload_and_restart()
  local plant, device = TestDevices.plant, TestDevices.device
  device.LEVEL = 33
  device:refuse("SP", 2)
  plant:reload()
  lu.assertEquals({ device.LEVEL, plant:quality "plc.LEVEL" }, { 33, "good" })
  plant:restart()
  lu.assertEquals({ device.LEVEL, plant:quality "plc.LEVEL" }, { 33, "never" })
  plant:run "1s"
  lu.assertEquals({ plant.mem.SEEN, plant:quality "plc.LEVEL" }, { 33, "good" })
  plant.plc.SP = 4
  plant:run "1s"
  lu.assertEquals(plant.mem.STATE, "refused")
end

function TestDevices.test_a_device_has_its_values_where_they_are()
  local device_text = [[
    local plc = memory("plc")
    plc.%s = holding.uint16(%d)
    plc.FAR = holding.uint16(9)
    client.tcp { host = "10.0.0.8", mem = plc }
  ]]
  local plant = load(device_text:format("LEVEL", 0), { quiet = true })
  plant:device("plc").LEVEL = 55
  plant:device("plc"):refuse("LEVEL", 3)
  plant:run "1s"
  write(device_text:format("HEIGHT", 0), written.last())
  plant:reload()
  plant:run "1s"
  lu.assertEquals({ plant:device("plc").HEIGHT, plant.plc.HEIGHT }, { 55, 55 })
  write(device_text:format("HEIGHT", 7), written.last())
  plant:reload()
  plant:run "1s"
  lu.assertEquals({ plant:device("plc").HEIGHT, plant.plc.HEIGHT }, { 0, 0 })
end

function TestDevices.test_a_stop_waits_until_devices_have_safe_values()
  local plant = load([[
    local plc = memory("plc")
    for i = 0, 2 do plc["V" .. i] = coil(10 * i, { safe = false }) end
    client.tcp { host = "10.0.0.8", mem = plc }
    every(0.1, function() for i = 0, 2 do plc["V" .. i] = scan.count < 20 end end)
  ]], { quiet = true })
  local device = plant:device "plc"
  plant:run "1s"
  lu.assertEquals({ device.V0, device.V1, device.V2 }, { true, true, true })
  plant:restart()
  lu.assertEquals({ device.V0, device.V1, device.V2 }, { false, false, false })
end

function TestDevices.test_what_follows_another_variable_is_not_set()
  local plant = load([[
    local plc = memory("plc")
    plc.LEVEL = input.int16(0)
    client.tcp { host = "10.0.0.8", mem = plc }
    mem.LEVEL = input.int16(0, { from = "plc.LEVEL" })
  ]], { quiet = true })
  lu.assertErrorMsgContains("LEVEL follows plc.LEVEL and cannot be set: set that", function()
    plant.mem.LEVEL = 7
  end)
  plant:device("plc").LEVEL = 7
  plant:run "1s"
  lu.assertEquals(plant.mem.LEVEL, 7)
end

function TestDevices.test_a_dot_instead_of_a_colon()
  local plant = load([[
    local plc = memory("plc")
    plc.LEVEL = input.int16(0)
    client.tcp { host = "10.0.0.8", mem = plc }
  ]], { quiet = true })
  lu.assertErrorMsgContains("is called with a colon, as in plc:offline()", plant:device("plc").offline)
end
