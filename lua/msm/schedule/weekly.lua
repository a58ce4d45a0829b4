--- A week's plan with exceptions: what holds at a moment. It is worked out anew in each call from
--- the clock alone, so that a restart or a clock that was set gives what holds now.

local calendar = require "msm.schedule.calendar"
local core = require "msm.core"
local guard = require "msm.schedule.guard"
local moments = require "msm.schedule.moments"
local zone = require "msm.schedule.zone"

local WHAT <const> = "schedule.weekly"
local OPTIONS <const> = { exceptions = true, default = true }
local MINUTES <const> = 1440 -- of a day
local MOST_DAYS <const> = 400 -- for which a set point may go on: a year of exceptions and a month
local MOST_CHANGES <const> = 1000

-- A day's plan: periods { from, to } or set points { at, value }, in minutes, by their beginning.

local function sorted(plan)
  table.sort(plan, function(a, b)
    return a[1] < b[1]
  end)
  return plan
end

local function take_periods(what, given)
  local plan = {}
  for i, text in ipairs(given) do
    plan[i] = { calendar.period(what, text) }
  end
  sorted(plan)
  for i = 2, #plan do
    if plan[i][1] < plan[i - 1][2] then
      core.complain(("%s: two of the periods overlap; make them one"):format(what))
    end
  end
  return plan
end

local function take_points(what, given, kind)
  local plan, by = {}, {}
  for text, value in pairs(given) do
    local at = calendar.time(what, text)
    if type(value) ~= kind then
      core.complain(("%s: %s is set to %s, but the default is a %s"):format(what, text, tostring(value), kind))
    elseif by[at] then
      core.complain(("%s: two set points at the same time, %02d:%02d"):format(what, at // 60, at % 60))
    end
    by[at] = true
    plan[#plan + 1] = { at, value }
  end
  return sorted(plan)
end

-- Whether a day's plan is one of periods; nil for a day without any.
local function has_periods(what, given)
  if given == false or type(given) == "table" and not next(given) then
    return nil
  elseif type(given) == "string" then
    return true
  elseif type(given) ~= "table" then
    core.complain(("%s: a day's plan is \"06:30-18:00\", a list of such periods, set points as "
      .. "{ [\"06:00\"] = 21 }, or false, not %s"):format(what, tostring(given)))
  end
  local count = 0
  for _ in pairs(given) do
    count = count + 1
  end
  if #given > 0 and #given < count then
    core.complain(("%s: a day has periods or set points, not both"):format(what))
  end
  return #given > 0
end

-- What takes a day's plan. All days are of the kind of the first that has any.
local function taker(default)
  local periods
  return function(what, given)
    local kind = has_periods(what, given)
    if kind == nil then
      return {}
    elseif periods ~= nil and kind ~= periods then
      core.complain(("%s: other days of this plan have %s; all have the same")
        :format(what, periods and "periods" or "set points"))
    end
    periods = kind
    if kind then
      return take_periods(what, type(given) == "string" and { given } or given)
    elseif default == nil then
      core.complain(("%s: a plan of set points needs a default = …, for as long as the clock is not set"):format(what))
    end
    return take_points(what, given, type(default))
  end, function()
    return periods
  end
end

local function is_inside(periods, minute)
  for _, period in ipairs(periods) do
    if period[1] <= minute and minute < period[2] then
      return true
    end
  end
  return false
end

local function period_holds(of, day, minute)
  return is_inside(of(day), minute) or is_inside(of(day - 1), minute + MINUTES)
end

local function point_holds(of, day, minute, default)
  for before = 0, MOST_DAYS do
    local plan = of(day - before)
    for i = #plan, 1, -1 do
      if before > 0 or plan[i][1] <= minute then
        return plan[i][2]
      end
    end
  end
  return default
end

-- The minutes of a day at which something may change.
local function changes_of(of, is_periods, day)
  local set = {}
  for _, entry in ipairs(of(day)) do
    set[entry[1]] = true
    if is_periods then
      set[entry[2]] = true -- beyond the day's end it is none of its minutes
    end
  end
  for _, entry in ipairs(is_periods and of(day - 1) or {}) do
    set[entry[2] - MINUTES] = true
  end
  return next(set) and set or nil
end

local function take_plan(what, given)
  if type(given) ~= "table" then
    core.complain(("%s takes a plan, { [\"mon-fri\"] = … }, not %s"):format(what, tostring(given)))
  end
  local take, is_periods = taker(given.default)
  local week = calendar.week(what, given, OPTIONS, take)
  local exception = calendar.exceptions(what, given.exceptions, take)
  local none = {}
  return is_periods(), function(day)
    local other = exception(day)
    return other and other.entry or not other and week[zone.weekday(day)] or none
  end
end

local function present(plan)
  if not guard.clock_is_set() then
    return plan.default
  end
  return plan.at(scan.now)
end

local Weekly = {}

--- When the value changes next, and to what; math.huge if it does not.
function Weekly:next()
  if not guard.clock_is_set() then
    return math.huge, self.default
  end
  local at, now = scan.now, self.at(scan.now)
  for _ = 1, MOST_CHANGES do
    at = moments.after(self.plan, at)
    if at == math.huge or self.at(at) ~= now then
      break
    end
  end
  return at, at == math.huge and now or self.at(at)
end

local META = guard.meta(WHAT, Weekly, { "default" }, present)

local claim = guard.names(WHAT)

return function(name, given)
  local what = ("%s %q"):format(WHAT, tostring(name))
  claim(name)
  local is_periods, of = take_plan(what, given)
  local default = given.default
  if is_periods ~= false and default == nil then
    default = false
  elseif is_periods and type(default) ~= "boolean" then
    core.complain(("%s: the default of a plan of periods is true or false, not %s"):format(what, tostring(default)))
  end
  local holds = is_periods and period_holds or point_holds
  local function at(utc)
    local wall = zone.wall(utc) // 60
    return holds(of, wall // MINUTES, wall % MINUTES, default)
  end
  local plan = {
    times = function(day)
      return changes_of(of, is_periods, day)
    end,
  }
  return guard.plan(META, name, { default = default, at = at, plan = plan })
end
