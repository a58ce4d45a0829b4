-- A tank whose level is held by a valve in its inlet, while consumers draw from it as they like.
--
-- In automatic a PID controller moves the valve. In manual the valve goes where MANUAL says; in
-- automatic MANUAL follows the valve, so that changing over moves nothing. When the level transmitter
-- fails, the valve stays where it is until it is back or an operator takes over. Set point, mode and
-- valve are as before after a restart. In a fault of the program the valve closes.
local control = require "msm.control"

local CAPACITY <const>  = 200 -- l
local INFLOW <const>    = 4   -- l/s through the open valve
local LEAST_MA <const>  = 3.6 -- a transmitter that gives less, or more than this, is broken
local MOST_MA <const>   = 21

mem.LEVEL_MA = input.float32(0,   { unit = "mA", decimals = 2, default = 4, desc = "From the level transmitter" })
mem.LEVEL    = input.float32(2,   { unit = "%", decimals = 1, desc = "Tank level, the last good measurement" })
mem.VALVE    = input.float32(4,   { unit = "%", min = 0, max = 100, safe = 0, desc = "Inlet valve, 0 is closed" })
mem.SETPOINT = holding.float32(0, { unit = "%", min = 0, max = 100, default = 50, retain = true, desc = "Wanted" })
mem.MANUAL   = holding.float32(2, { unit = "%", min = 0, max = 100, retain = true, desc = "Valve in manual" })
mem.AUTO     = coil(0,            { default = true, retain = true, labels = { [0] = "MANUAL", [1] = "AUTO" } })
mem.FAILED   = discrete(0,        { desc = "The level transmitter is broken" })

server.tcp { port = 1502 }

local level = control.PID("level", { kp = 5, ti = "40s", retain = true })

local function control_level()
  mem.FAILED = mem.LEVEL_MA < LEAST_MA or mem.LEVEL_MA > MOST_MA
  if not mem.FAILED then
    mem.LEVEL = control.scale(mem.LEVEL_MA, 4, 20, 0, 100)
  end
  level.auto = mem.AUTO and not mem.FAILED
  if not mem.AUTO then
    level.manual = mem.MANUAL
  end
  mem.VALVE = level(mem.SETPOINT, mem.LEVEL)
  mem.MANUAL = level.manual
end

-- The process, simulated: without it, LEVEL_MA comes from an analogue input.
mem.DRAWN = holding.float32(4, { unit = "l/s", min = 0, max = 10, default = 1, desc = "Simulated: consumers" })
mem.WIRE  = holding.uint16(6,  { max = 2, labels = { [0] = "whole", "broken", "shorted" }, desc = "Simulated" })

local WIRE_MA <const> = { 0, 24 }
local tank = keep("tank", { litres = 60.0 }, { retain = true })
local actuator = control.lag("actuator", { time = "2s", retain = true })

local function simulate(dt)
  local flow = actuator(mem.VALVE) / 100 * INFLOW - mem.DRAWN
  tank.litres = math.max(0, math.min(CAPACITY, tank.litres + flow * dt))
  mem.LEVEL_MA = WIRE_MA[mem.WIRE] or control.scale(tank.litres, 0, CAPACITY, 4, 20)
end

every("100ms", function(dt)
  simulate(dt)
  control_level()
end)
