-- Twenty raw words without names: what masters write is printed, the whole of it every 5 s.
mem:raw { holding = 20 }

server.tcp { port = 1502 }

local last = {}

every("100ms", function()
  for address = 0, #mem.holding - 1 do
    local word = mem.holding[address]
    if word ~= (last[address] or 0) then
      print(("holding %d = %d"):format(address, word))
    end
    last[address] = word
  end
end)

every("5s", function()
  mem:dump()
end)
