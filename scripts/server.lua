-- A shared memory of eight words: bytes, a bit, a word and a double word with names of their own.
-- Masters write them, the script prints what changed and flips ERROR_STATE at random.
mem:raw { holding = 8 }

mem.WORK_MODE     = holding.byte(0, 0)
mem.PROCESS_STEP  = holding.byte(0, 1)
mem.CURRENT_VALUE = holding.uint32(1)       -- words 1 and 2, low word first
mem.CONTROL_WORD  = holding.word(3)
mem.ERROR_STATE   = holding.bool(3, 0)      -- lies in CONTROL_WORD

server.tcp { port = 1502 }

local names = { "WORK_MODE", "PROCESS_STEP", "CURRENT_VALUE", "CONTROL_WORD", "ERROR_STATE" }
local last = {}

every("100ms", function()
  for _, name in ipairs(names) do
    if mem[name] ~= last[name] then
      last[name] = mem[name]
      print(name .. " = " .. tostring(mem[name]))
    end
  end
end)

every("1s", function()
  if math.random() < 0.5 then
    mem.ERROR_STATE = not mem.ERROR_STATE
  end
end)
