-- The other side of server_raw.lua: its twenty raw words, mirrored both ways. Counts in word 0 and
-- prints what others change in the rest.
local plc = memory("plc", { holding = 20 })

local link = client.tcp { host = "127.0.0.1", port = 1502, mem = plc }

local last = {}

every("1s", function()
  plc.holding[0] = (plc.holding[0] + 1) % 65536
  for address = 1, #plc.holding - 1 do
    local word = plc.holding[address]
    if last[address] and word ~= last[address] then
      print(("holding %d = %d"):format(address, word))
    end
    last[address] = word
  end
end, { needs = { plc } })

every("1s", function()
  if not link.online then
    print("no server: " .. (link.last_error or "not connected yet"))
  end
end)
