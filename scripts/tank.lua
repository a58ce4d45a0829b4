-- A tank between two levels, its process simulated here: the first program to read.
mem.LEVEL    = input.float32(0,   { unit = "%", min = 0, max = 100, limit = "clamp", desc = "Tank level" })
mem.SETPOINT = holding.float32(0, { unit = "%", min = 0, max = 100, default = 50, desc = "Wanted level" })
mem.PUMP     = coil(0,            { safe = false, desc = "Fills the tank" })

server.tcp { port = 1502 }

local timer = require "msm.timer"
local low = timer.TON("low", "2s")             -- on-delay: true when its input was true for 2 s

every("100ms", function(dt)
  mem.PUMP  = low(mem.LEVEL < mem.SETPOINT)
  mem.LEVEL = mem.LEVEL + dt * (mem.PUMP and 1.5 or -0.5)
end)
