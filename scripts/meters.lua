-- Eight meters of one type on a serial line, served over TCP: eight registers for each meter, and a
-- discrete input that says whether they are fresh.
local meter = require "meter"

local bus = serial { device = "/dev/ttyUSB0", baud = 9600, parity = "even" }

local METERS <const> = 8
local meters = {}

for i = 1, METERS do
  local name, base = "meter" .. i, (i - 1) * 8
  meters[i] = meter.new(name, bus, i)
  mem["POWER_" .. i]   = input.float32(base,     { from = name .. ".POWER",   unit = "kW" })
  mem["VOLTAGE_" .. i] = input.float32(base + 2, { from = name .. ".VOLTAGE", unit = "V" })
  mem["ENERGY_" .. i]  = input.float64(base + 4, { from = name .. ".ENERGY",  unit = "kWh" })
  mem["FRESH_" .. i]   = discrete(i - 1, { desc = "the meter answers" })
end
mem.TOTAL = input.float32(METERS * 8, { unit = "kW", desc = "of the meters that answer" })

-- One silent meter must not hide the other seven: its last values are answered, and FRESH says so.
server.tcp { port = 1502, stale = "serve" }

every("1s", function()
  local total = 0
  for i = 1, METERS do
    local fresh = meters[i]:quality "POWER" == "good"
    mem["FRESH_" .. i] = fresh
    total = total + (fresh and meters[i].POWER or 0)
  end
  mem.TOTAL = total
end)
