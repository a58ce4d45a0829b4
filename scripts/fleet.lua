-- Two hundred devices: one loop declares them, one thread serves them, and one that is dead costs
-- the others nothing. Here they are expected on the ports 2001 to 2200 of this machine.
local DEVICES <const> = 200

local fleet = {}

for i = 1, DEVICES do
  local device = memory("device" .. i, { holding = 100 })
  fleet[i] = {
    mem = device,
    link = client.tcp { host = "127.0.0.1", port = 2000 + i, mem = device, period = "1s" },
  }
end

mem.ONLINE = input.word(0, { desc = "devices that answer" })
mem.TOTAL  = input.uint32(1, { order = "ABCD", desc = "sum of word 0 of those" })

server.tcp { port = 1502 }

every("1s", function()
  local online, total = 0, 0
  for _, device in ipairs(fleet) do
    if device.link.online then
      online = online + 1
      total = total + device.mem.holding[0]
    end
  end
  mem.ONLINE, mem.TOTAL = online, total
end)
