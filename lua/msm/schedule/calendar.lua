--- What people write about days: times of day, weekdays, dates; and the plan of each day that
--- follows from a week and its exceptions.

local core = require "msm.core"
local zone = require "msm.schedule.zone"

local calendar = {}

local WEEKDAYS <const> = { sun = 0, mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6 }
local LEAP_YEAR <const> = 2024 -- in which every date of a year is a day
local LONGEST <const> = 366 -- days of one range

local function shown(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

local function refuse(what, format, ...)
  core.complain(("%s: %s"):format(what, format:format(...)))
end

--- Minutes since midnight of a time of day: "06:30" is 390.
---@param what string as errors name it
---@param text any
---@param with_24 boolean|nil "24:00" is allowed
---@return integer
function calendar.time(what, text, with_24)
  local hour, minute = tostring(text):match("^%s*(%d%d?):(%d%d)%s*$")
  hour, minute = tonumber(hour), tonumber(minute)
  local is_24 = with_24 and hour == 24 and minute == 0
  if type(text) ~= "string" or not hour or not is_24 and (hour > 23 or minute > 59) then
    refuse(what, "a time of day is text from \"00:00\" to \"%s\", not %s", with_24 and "24:00" or "23:59", shown(text))
  end
  return hour * 60 + minute
end

--- A period of a day, "06:30-18:00", in minutes since midnight; one that ends at or before its
--- beginning goes on into the next day.
---@param what string
---@param text any
---@return integer from
---@return integer to above 1440 where it ends on the next day
function calendar.period(what, text)
  local from, to = tostring(text):match("^(.-)%-(.*)$")
  if type(text) ~= "string" or not from then
    refuse(what, "a period is text as \"06:30-18:00\", not %s", shown(text))
  end
  local first, last = calendar.time(what, from), calendar.time(what, to, true)
  if first == last then
    refuse(what, "the period %q is empty; a whole day is \"00:00-24:00\"", text)
  end
  return first, last > first and last or last + 1440
end

local function weekday(what, text, word)
  local number = WEEKDAYS[word]
  if not number then
    refuse(what, "%q: a weekday is mon, tue, wed, thu, fri, sat or sun, not %q", text, word)
  end
  return number
end

--- Weekdays, "mon-fri", "sat,sun", "fri-mon", "daily": a set of 0 (Sunday) to 6.
---@param what string
---@param text any
---@return table<integer, boolean>
function calendar.weekdays(what, text)
  if type(text) ~= "string" then
    refuse(what, "days are text as \"mon-fri\" or \"sat,sun\", not %s", shown(text))
  end
  local set = {}
  local words = text:lower():gsub("%s", "")
  for part in (words == "daily" and "mon-sun" or words .. ","):gmatch("([^,]*),?") do
    local first, last = part:match("^(%a+)%-(%a+)$")
    if part ~= "" then
      local day = weekday(what, text, first or part)
      local to = weekday(what, text, last or part)
      set[day] = true
      while day ~= to do
        day = (day + 1) % 7
        set[day] = true
      end
    end
  end
  if not next(set) then
    refuse(what, "%q names no day; days are \"mon-fri\" or \"sat,sun\"", text)
  end
  return set
end

-- The day of a date; without a year, in a leap year.
local function day_of(what, text, year, month, day)
  local y, m, d = year and tonumber(year) or LEAP_YEAR, tonumber(month), tonumber(day)
  local days = zone.days(y, m, d)
  local _, real_month, real_day = zone.date(days)
  if m < 1 or m > 12 or real_month ~= m or real_day ~= d then
    refuse(what, "%q: there is no such day", text)
  end
  return days
end

local function one_date(what, text, part)
  local year, month, day = part:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  if not year then
    month, day = part:match("^(%d%d)%-(%d%d)$")
  end
  if not month then
    refuse(what, "%s: a date is \"2026-12-24\", or \"12-24\" for each year; a range is \"12-24..01-06\"", shown(text))
  end
  return day_of(what, text, year, month, day), year ~= nil
end

-- First and last day, and whether they have a year.
local function date_range(what, text)
  local from, to = tostring(text):match("^(.-)%.%.(.*)$")
  local first, has_year = one_date(what, text, from or tostring(text))
  local last, both = first, has_year
  if to then
    last, both = one_date(what, text, to)
  end
  if both ~= has_year then
    refuse(what, "%q: either both dates have a year or none", text)
  elseif last < first and not has_year then
    last = last + 366
  end
  if last < first or last - first >= LONGEST then
    refuse(what, "%q: a range goes forward, by at most a year", text)
  end
  return first, last, has_year
end

-- Exceptions by day: single dates go before ranges, dates with a year before those of each year.
local function note(what, text, lists, entry)
  local first, last, has_year = date_range(what, text)
  local list = lists[(has_year and 1 or 3) + (last > first and 1 or 0)]
  for day = first, last do
    local _, month, of_month = zone.date(day)
    local key = has_year and day or month * 100 + of_month
    if list[key] and list[key].text ~= text then
      refuse(what, "%q and %q name the same day; give it to one of them", list[key].text, text)
    end
    list[key] = { text = text, entry = entry }
  end
end

local function sorted_keys(table_of)
  local keys = {}
  for key in pairs(table_of) do
    if type(key) == "string" then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys)
  return keys
end

--- Takes exceptions by date.
---@param what string
---@param given table|nil date or range of dates -> plan of these days
---@param take fun(what: string, plan: any): any a day's plan as it is kept; may be false
---@return fun(day: integer): table|nil find { entry = … } where the day is an exception
function calendar.exceptions(what, given, take)
  local lists = { {}, {}, {}, {} }
  if given ~= nil and type(given) ~= "table" then
    refuse(what, "exceptions are a table, { [\"2026-12-24\"] = … }, not %s", shown(given))
  end
  for key in pairs(given or {}) do
    if type(key) ~= "string" then
      refuse(what, "exceptions: a date is text as \"2026-12-24\", not %s", shown(key))
    end
  end
  for _, text in ipairs(sorted_keys(given or {})) do
    note(what .. ": exceptions", text, lists, take(("%s: exceptions: %q"):format(what, text), given[text]))
  end
  return function(day)
    local _, month, of_month = zone.date(day)
    local yearly = month * 100 + of_month
    return lists[1][day] or lists[2][day] or lists[3][yearly] or lists[4][yearly]
  end
end

local function find_days(what, key)
  if type(key) ~= "string" then
    refuse(what, "the plan's keys are days as [\"mon-fri\"], not %s", shown(key))
  end
  local ok = key:lower():match("^%s*%a+%s*[,%-]") or WEEKDAYS[key:lower()] or key:lower() == "daily"
  if not ok then
    local near = core.nearest(key, { "exceptions", "default", "daily" })
    refuse(what, "unknown option %q; %s", key, near and ("did you mean %s?"):format(near)
      or "there are: days as [\"mon-fri\"], exceptions and default")
  end
  return calendar.weekdays(what, key)
end

--- Takes the days of a week: what stands under "mon-fri" and the like.
---@param what string
---@param given table
---@param options table<string, boolean> keys that are no days
---@param take fun(what: string, plan: any): any
---@return table<integer, any> week 0 (Sunday) to 6 -> plan; nil for days that are not named
function calendar.week(what, given, options, take)
  local week, by = {}, {}
  for key in pairs(given) do
    if type(key) ~= "string" then
      find_days(what, key)
    end
  end
  for _, key in ipairs(sorted_keys(given)) do
    if not options[key] then
      local days = find_days(what, key)
      local plan = take(("%s: [%q]"):format(what, key), given[key])
      for day in pairs(days) do
        if by[day] then
          refuse(what, "%q and %q name the same day; give it to one of them", by[day], key)
        end
        week[day], by[day] = plan, key
      end
    end
  end
  if not next(week) then
    refuse(what, "the plan names no day; give it some, as [\"mon-fri\"] = …")
  end
  return week
end

return calendar
