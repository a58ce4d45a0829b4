-- What a building takes, of a meter that tells its power only: energy of the day and of the month.
--
-- Power counts while the meter answers; for how long it did not today, MISSING says. At midnight the
-- totals of the day that ends go to YESTERDAY, at the end of a month to LAST_MONTH, also when the
-- program did not run then or the meter was silent. A line each quarter of an hour goes to a CSV file
-- beside the program's state. Totals outlive a restart.
local control = require "msm.control"
local csv = require "msm.csv"
local schedule = require "msm.schedule"
local timer = require "msm.timer"

local meter = memory("meter", { order = "ABCD" })
meter.POWER = input.float32(4, { unit = "kW", min = 0, max = 1000, decimals = 2 })
client.tcp { host = "192.168.0.40", mem = meter, period = "1s" }

mem.POWER      = input.float32(0,  { unit = "kW", decimals = 2, from = "meter.POWER" })
mem.DAY        = input.float64(2,  { unit = "kWh", decimals = 1, desc = "Today, so far" })
mem.MONTH      = input.float64(6,  { unit = "kWh", decimals = 1, desc = "This month, so far" })
mem.YESTERDAY  = input.float64(10, { unit = "kWh", decimals = 1, retain = true })
mem.LAST_MONTH = input.float64(14, { unit = "kWh", decimals = 1, retain = true })
mem.PEAK       = input.float32(18, { unit = "kW", retain = true, desc = "Highest quarter of an hour this month" })
mem.MISSING    = input.float32(20, { unit = "min", decimals = 1, desc = "For so long there was no meter today" })

-- Totals are readable while the meter is silent, too; POWER is the last one then.
server.tcp { port = 1502, stale = "serve" }

local day     = control.total("day", { per = "h", retain = true })
local month   = control.total("month", { per = "h", retain = true })
local quarter = control.total("quarter", { per = "h", retain = true })
local missing = timer.hours("missing", { retain = true })

local day_ends     = schedule.cron("day", "0 0 * * *", { catch_up = true })
local month_ends   = schedule.cron("month", "0 0 1 * *", { catch_up = true })
local quarter_ends = schedule.cron("quarter", "*/15 * * * *", { catch_up = true })
local file = csv.log("quarters", { columns = { "TIME", "MEAN", "DAY", "MONTH" }, keep = "60d" })

local function count()
  local answers = meter:quality "POWER" == "good"
  local power = answers and meter.POWER or 0
  day(power)
  month(power)
  quarter(power)
  missing(not answers)
end

local function end_quarter()
  local mean = quarter.total * 4 -- kWh of a quarter of an hour as kW
  mem.PEAK = math.max(mem.PEAK, mean)
  file:write { MEAN = mean, DAY = day.total, MONTH = month.total }
  quarter:reset()
end

every("1s", function()
  count()
  if quarter_ends() then
    end_quarter()
  end
  if day_ends() then
    mem.YESTERDAY = day.total
    day:reset()
    missing:reset()
  end
  if month_ends() then
    mem.LAST_MONTH, mem.PEAK = month.total, 0
    month:reset()
  end
  mem.DAY, mem.MONTH, mem.MISSING = day.total, month.total, missing.seconds / 60
end)
