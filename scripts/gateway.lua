-- A gateway: a slow device on a serial line, or anywhere, served to many masters over TCP. They get
-- what was polled last, at once; what they write is forwarded. While the device is silent they
-- get exception 0B instead of values that only look fresh.
local meter = memory("meter", { order = "ABCD" })

meter.POWER    = input.float32(0,   { unit = "kW" })
meter.ENERGY   = input.uint32(2,    { unit = "kWh" })
meter.TARIFF   = holding.word(0,    { min = 1, max = 4, default = 1 })

client.tcp { host = "127.0.0.1", port = 1503, mem = meter, unit = 1, period = "500ms" }
server.tcp { port = 1502, mem = meter }
