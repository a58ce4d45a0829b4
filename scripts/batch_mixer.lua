-- A mixer for batches: it fills, heats, stirs and drains, as the operator's values or a recipe say.
--
-- START begins a batch. HOLD closes and stops everything until it is taken back; then the batch goes
-- on where it was, and what was stirred counts. ABORT ends it; the tank stays as it is. A step that
-- takes too long aborts the batch, and MESSAGE says which. LOAD takes the recipe called PRODUCT, but
-- not during a batch; SAVE keeps the present values under that name. After a restart a batch is on
-- hold, in the step in which it was, until an operator takes HOLD back.
local recipe = require "msm.recipe"
local sequence = require "msm.sequence"

mem.LEVEL   = input.float32(0,   { unit = "%", min = 0, max = 100, limit = "clamp", retain = true })
mem.TEMP    = input.float32(2,   { unit = "°C", decimals = 1, default = 20, retain = true })
mem.BATCHES = input.uint32(4,    { retain = true, desc = "Batches that were finished" })
mem.MESSAGE = input.string(6,    { length = 160, desc = "Why something was not done" })
mem.FILL    = holding.float32(0, { unit = "%", min = 10, max = 90, default = 80, retain = true, desc = "Fill so far" })
mem.HEAT    = holding.float32(2, { unit = "°C", min = 20, max = 90, default = 60, retain = true, desc = "Heat so far" })
mem.STIR    = holding.float32(4, { unit = "min", min = 0, max = 120, default = 10, retain = true, desc = "Stir time" })
mem.PRODUCT = holding.string(6,  { length = 20, desc = "Name of a recipe" })

mem.VALVE  = coil(0, { safe = false, desc = "Lets water in" })
mem.HEATER = coil(1, { safe = false })
mem.MOTOR  = coil(2, { safe = false, desc = "Stirrer" })
mem.DRAIN  = coil(3, { safe = false, desc = "Lets the batch out" })
mem.START  = coil(4, { pulse = true })
mem.ABORT  = coil(5, { pulse = true })
mem.HOLD   = coil(6, { retain = true })
mem.LOAD   = coil(7, { pulse = true })
mem.SAVE   = coil(8, { pulse = true })

server.tcp { port = 1502 }

local products = recipe.book("products", { fields = { "FILL", "HEAT", "STIR" } })
local batch -- named by its own steps

-- The step waits until something is so; when that takes too long, the batch is over.
local function expect(condition, limit, message)
  mem.MESSAGE = ""
  if not sequence.wait_until(condition, limit) then
    mem.MESSAGE = message
    batch:abort()
  end
end

batch = sequence.recipe("batch", {
  { "fill",  function() expect(function() return mem.LEVEL >= mem.FILL end, "10m", "It does not fill") end },
  { "heat",  function() expect(function() return mem.TEMP >= mem.HEAT end, "1h", "It does not heat") end },
  { "stir",  function() sequence.wait(mem.STIR * 60) end },
  { "drain", function() expect(function() return mem.LEVEL <= 0 end, "10m", "It does not drain") end },
  { "count", function() mem.BATCHES = mem.BATCHES + 1 end },
}, { retain = true })

local function is_under_way()
  return batch.status == "running" or batch.status == "held"
end

local function load_recipe()
  if is_under_way() then
    return nil, "A batch is under way"
  end
  return products:load(mem.PRODUCT)
end

local function say(ok, why)
  mem.MESSAGE = ok and "" or why
end

local function obey()
  if mem.LOAD then say(load_recipe()) end
  if mem.SAVE then say(products:save(mem.PRODUCT)) end
  if mem.START then batch:start() end
  if mem.ABORT then batch:abort() end
  if mem.HOLD then batch:hold() else batch:resume() end
end

on_start(function(why)
  mem.HOLD = mem.HOLD or why ~= "reload" and is_under_way()
end)

-- The process, simulated: without it, LEVEL and TEMP are inputs.
local function simulate(dt)
  mem.LEVEL = mem.LEVEL + dt * ((mem.VALVE and 0.5 or 0) - (mem.DRAIN and 0.5 or 0))
  mem.TEMP = mem.TEMP + dt * ((mem.HEATER and 0.05 or 0) + (20 - mem.TEMP) / 20000)
end

every("100ms", function(dt)
  simulate(dt)
  obey()
  local step = batch()
  local runs = batch.status == "running"
  mem.VALVE  = runs and step == "fill"
  mem.HEATER = runs and step == "heat"
  mem.MOTOR  = runs and (step == "heat" or step == "stir")
  mem.DRAIN  = runs and step == "drain"
end)
