--- The line of a crontab: five fields for minute, hour, day of the month, month and day of the week,
--- by POSIX (Shell & Utilities, "crontab") with what Vixie's cron added to it: steps, names, lists
--- of ranges, 7 for Sunday.

local core = require "msm.core"
local zone = require "msm.schedule.zone"

local MONTHS <const> = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12,
}
local DAYS <const> = { sun = 0, mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6 }
local LENGTHS <const> = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local FIELDS <const> = {
  { name = "minute", min = 0, max = 59 },
  { name = "hour", min = 0, max = 23 },
  { name = "day of the month", min = 1, max = 31 },
  { name = "month", min = 1, max = 12, names = MONTHS },
  { name = "day of the week", min = 0, max = 7, names = DAYS },
}

local function refuse(what, field, text, problem, ...)
  core.complain(("%s: %s %q: %s"):format(what, field.name, text, problem:format(...)))
end

local function number_of(what, field, text, word)
  local number = word:match("^%d+$") and tonumber(word) or field.names and field.names[word:lower()]
  if not number or number < field.min or number > field.max then
    refuse(what, field, text, "%q is not %s%d to %d", word, field.names and "a name or " or "", field.min, field.max)
  end
  return number
end

-- The range of a part without its step: "*", "5", "8-17", "fri-sun".
local function range_of(what, field, text, part)
  if part == "*" then
    return field.min, field.max == 7 and 6 or field.max
  end
  local from, to = part:match("^(%w+)%-(%w+)$")
  local first = number_of(what, field, text, from or part)
  if not from then
    return first, first
  end
  local last = number_of(what, field, text, to)
  if field.names == DAYS and last == 0 and first > 0 then
    last = 7
  end
  if last < first then
    refuse(what, field, text, "a range goes upwards; write %s-%d,%d-%s", from, field.max == 7 and 6 or field.max,
      field.min, to)
  end
  return first, last
end

local function step_of(what, field, text, range, step)
  local number = step and tonumber(step) or 1
  if step and not (range == "*" or range:find("-", 1, true)) then
    refuse(what, field, text, "a step needs a range or *; write %s-%d/%s", range, field.max, step)
  elseif number < 1 or number > field.max then
    refuse(what, field, text, "the step is %s; it goes from 1 to %d", step, field.max)
  end
  return number
end

local function take_part(what, field, text, part, set)
  local range, step = part:match("^([%w%-*]+)/(%d+)$")
  if not range then
    range = part:match("^[%w%-*]+$")
  end
  if not range then
    refuse(what, field, text, "it is *, a number, a range 1-5, a step */5 or 10-40/5, or a list of these")
  end
  local first, last = range_of(what, field, text, range)
  for number = first, last, step_of(what, field, text, range, step) do
    set[number] = true
  end
end

local function take_field(what, field, text)
  local set = {}
  for part in (text .. ","):gmatch("([^,]*),") do
    take_part(what, field, text, part, set)
  end
  return set
end

local function split(what, line)
  if type(line) ~= "string" then
    core.complain(("%s: a cron line is text as \"30 2 * * *\", not %s"):format(what, tostring(line)))
  end
  local parts = {}
  for part in line:gmatch("%S+") do
    parts[#parts + 1] = part
  end
  if #parts ~= #FIELDS then
    core.complain(("%s: a cron line has five fields, minute hour day month weekday, as \"30 2 * * *\"; %q has %d")
      :format(what, line, #parts))
  end
  return parts
end

local function is_full(set, from, to)
  for number = from, to do
    if not set[number] then
      return false
    end
  end
  return true
end

local function check_possible(what, line, days, months)
  for month in pairs(months) do
    for day = 1, LENGTHS[month] do
      if days[day] then
        return
      end
    end
  end
  core.complain(("%s: %q never comes: none of its months has such a day"):format(what, line))
end

-- As in Vixie's cron: a day field that begins with * restricts together with the other one; two that
-- do not are two ways to be meant.
local function day_rule(days, weekdays, is_either)
  return function(of_month, weekday)
    if is_either then
      return days[of_month] or weekdays[weekday]
    end
    return days[of_month] and weekdays[weekday]
  end
end

local function minutes_of_day(minutes, hours)
  local set = {}
  for hour in pairs(hours) do
    for minute in pairs(minutes) do
      set[hour * 60 + minute] = true
    end
  end
  return set
end

--- What a cron line means.
---@param what string as errors name it
---@param line any
---@return msm.schedule.Plan
return function(what, line)
  local parts, sets = split(what, line), {}
  for i, field in ipairs(FIELDS) do
    sets[i] = take_field(what, field, parts[i])
  end
  local minutes, hours, days, months, weekdays = table.unpack(sets)
  weekdays[0] = weekdays[0] or weekdays[7]
  local is_either = parts[3]:sub(1, 1) ~= "*" and parts[5]:sub(1, 1) ~= "*"
  if not is_either then
    check_possible(what, line, days, months)
  end
  local fits, times = day_rule(days, weekdays, is_either), minutes_of_day(minutes, hours)
  return {
    runs_on = is_full(hours, 0, 23),
    times = function(day)
      local _, month, of_month = zone.date(day)
      return months[month] and fits(of_month, zone.weekday(day)) and times or nil
    end,
  }
end
