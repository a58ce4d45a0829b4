-- Proves that alarms of declarations come in virtual time as on the machine: after their delays, with
-- their deadband, beside the script's own, and for a device that is lost but not for what it had.

local lu = require "luaunit"
local written = require "written"

local load = written.load

TestDeclaredAlarms = { tearDown = written.forget }

local SCRIPT = [[
local alarm = require "msm.alarm"
mem.LEVEL = holding.float32(0, { hi = 80, hihi = 90, deadband = 5, on_delay = "2s", off_delay = "1s" })
mem.SEEN  = input.string(10, { length = 60 })
mem.ACK   = coil(0, { pulse = true })
local own = alarm.condition("own", { text = "mine" })
local plc = memory("plc", { order = "ABCD" })
plc.SPEED = input.word(0, { lo = 10 })
client.tcp { host = "plc", mem = plc, period = "100ms", timeout = "100ms" }
every("100ms", function()
  own(mem.LEVEL > 95)
  if mem.ACK then alarm.ack() end
  local words = {}
  for _, row in ipairs(alarm.list()) do
    words[#words + 1] = row.name .. "=" .. row.state:sub(1, 5)
  end
  mem.SEEN = table.concat(words, " ")
end)
]]

function TestDeclaredAlarms.test_delays_and_deadband()
  local plant = load(SCRIPT)
  plant:device("plc").SPEED = 20
  plant:run "1s"
  plant.mem.LEVEL = 85
  plant:run "1.9s"
  lu.assertEquals(plant.mem.SEEN, "")
  plant:run "300ms"
  lu.assertEquals(plant.mem.SEEN, "LEVEL=unack")
  plant.mem.LEVEL = 76 -- within the deadband
  plant:run "5s"
  lu.assertEquals(plant.mem.SEEN, "LEVEL=unack")
  plant.mem.LEVEL = 74
  plant:run "800ms"
  lu.assertEquals(plant.mem.SEEN, "LEVEL=unack")
  plant:run "500ms"
  lu.assertEquals(plant.mem.SEEN, "LEVEL=retur")
  plant.mem.ACK = true
  plant:run "300ms"
  lu.assertEquals(plant.mem.SEEN, "")
end

function TestDeclaredAlarms.test_a_lost_device_is_one_alarm()
  local plant = load(SCRIPT)
  local plc = plant:device "plc"
  plc.SPEED = 20
  plant:run "1s"
  plc:offline()
  plant:run "10s"
  lu.assertEquals(plant.mem.SEEN, "plc:502 unit 1=unack")
  plc:online()
  plc.SPEED = 5
  plant:run "40s" -- it is tried again after at most 30 s
  lu.assertEquals(plant.mem.SEEN, "plc.SPEED=unack plc:502 unit 1=retur")
end
