-- Three inverters, three instances of the driver inverter.lua: each starts when the one before it
-- runs, and all stop when one has a fault. A master starts and stops the group by one coil, and
-- resets faults by another.
local inverter = require "inverter"

mem.START  = coil(0)
mem.RESET  = coil(1, { pulse = true })
mem.SPEED  = holding.uint16(0, { unit = "rpm", max = 3000, default = 1500 })
mem.STATES = input.uint16(0, { count = 3, labels = {
  [0] = "silent", [1] = "stopped", [2] = "starting", [3] = "running", [4] = "stopping", [5] = "fault",
} })

server.tcp { port = 1502 }

local NUMBER <const> = { silent = 0, stopped = 1, starting = 2, running = 3, stopping = 4, fault = 5 }

local drives = {}
for i = 1, 3 do
  drives[i] = inverter.new("drive" .. i, { host = "127.0.0.1", port = 1510 + i, period = "100ms" })
end

every("100ms", function()
  local before = "running"
  for i, drive in ipairs(drives) do
    if mem.RESET then
      drive.reset()
    end
    if mem.START and before == "running" then
      drive.start(mem.SPEED)
    else
      drive.stop()
    end
    before = drive.step()
    mem.STATES[i] = NUMBER[before]
    if before == "fault" then
      mem.START = false
    end
  end
end)
