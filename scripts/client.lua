-- The other side of server.lua, which has to run: mirrors its variables, takes it through a few
-- process steps as a supervisor would, prints what it sees, and ends.
local plc = memory("plc", { order = "CDAB" })

plc.WORK_MODE     = holding.byte(0, 0)
plc.PROCESS_STEP  = holding.byte(0, 1)
plc.CURRENT_VALUE = holding.uint32(1)
plc.CONTROL_WORD  = holding.word(3)

local link = client.tcp { host = "127.0.0.1", port = 1502, mem = plc, period = "100ms" }

local STEPS <const> = 3
local step = 0

-- Runs only while plc mirrors a living device, so the sequence waits for the server by itself.
every("500ms", function()
  if plc:state "PROCESS_STEP" == "pending" then
    return -- the device has not confirmed the last step yet
  end
  print(("step %d, value %d, control word %d, age %.1f s"):format(
    plc.PROCESS_STEP, plc.CURRENT_VALUE, plc.CONTROL_WORD, plc:age "CURRENT_VALUE"))
  if step == STEPS then
    print(("done: %d conflicts, %d errors"):format(link.conflicts, link.errors))
    program.stop()
    return
  end
  step = step + 1
  plc.WORK_MODE = 1
  plc.PROCESS_STEP = step
  plc.CURRENT_VALUE = step * 100000 -- two words, never torn
end, { needs = { plc } })
