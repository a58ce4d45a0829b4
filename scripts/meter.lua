-- A driver: everything there is to know about one type of energy meter. A driver is a plain module,
-- used as many times as there are meters.
local meter = {}

local REGISTERS = {
  VOLTAGE = input.float32(0, { unit = "V",   decimals = 1, min = 0, max = 500 }),
  CURRENT = input.float32(2, { unit = "A",   decimals = 2 }),
  POWER   = input.float32(4, { unit = "kW",  decimals = 2 }),
  ENERGY  = input.uint32(6,  { unit = "kWh", scale = 0.1 }),
}

--- Makes the memory of one meter and mirrors it.
---@param name string of the memory: "meter3"
---@param line any what serial { … } gave
---@param unit integer unit id of the meter, 1..247
function meter.new(name, line, unit)
  local memory_of_meter = memory(name, { order = "ABCD" })
  memory_of_meter:declare(REGISTERS)
  client.rtu { line = line, unit = unit, mem = memory_of_meter, period = "1s", timeout = "300ms" }
  return memory_of_meter
end

return meter
