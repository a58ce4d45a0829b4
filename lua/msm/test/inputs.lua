--- Values that come from outside before each scan: functions of time, and CSV files.

local csv = require "msm.test.csv"
local say = require "msm.test.say"

local inputs = {}

local DAYS = { ["04"] = "30", ["06"] = "30", ["09"] = "30", ["11"] = "30" }

local function last_day(year, month)
  if month ~= "02" then
    return DAYS[month] or "31"
  end
  local y = math.tointeger(year)
  return y % 4 == 0 and (y % 100 ~= 0 or y % 400 == 0) and "29" or "28"
end

local function is_moment(year, month, day, hour, minute, second)
  return month >= "01" and month <= "12" and day >= "01" and day <= last_day(year, month)
    and hour <= "23" and minute <= "59" and second <= "59"
end

-- Days from civil: March begins the year, so that a leap day is its last.
local function days_of(year, month, day)
  local y, m, d = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  y = m > 2 and y or y - 1
  local era = y // 400
  local of_era = y - era * 400
  local of_year = (153 * ((m + 9) % 12) + 2) // 5 + d - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

--- A moment as seconds since 1970: of UTC, or of this computer's time zone.
---@param text string "2026-03-29 00:59:30", "2026-03-29 00:59:30 local"
---@return number
function inputs.utc(text)
  local year, month, day, hour, minute, second, zone =
    tostring(text):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[ T](%d%d):(%d%d):(%d%d)(Z?[ %l]*)$"
  if not year or zone ~= "" and zone ~= "Z" and zone ~= " local" then
    say.fail("a moment is written as \"2026-03-29 00:59:30\", in UTC, or \"2026-03-29 00:59:30 local\", not %s",
      tostring(text))
  elseif not is_moment(year, month, day, hour, minute, second) then
    say.fail("there is no moment %s", text)
  elseif zone == " local" then
    return os.time { year = year, month = month, day = day, hour = hour, min = minute, sec = second } + 0.0
  end
  return days_of(year, month, day) * 86400.0 + hour * 3600 + minute * 60 + second
end

-- The date of a day after `now`. Days of a time zone have 23 to 25 hours: it is counted by the calendar.
local function date_of(now, days, is_local)
  if not is_local then
    return os.date("!%Y-%m-%d ", now + days * 86400)
  end
  local date = os.date("*t", now)
  return os.date("%Y-%m-%d ", os.time { year = date.year, month = date.month, day = date.day + days, hour = 12 })
end

--- The same for a time of the day, "06:00" or "06:00:30 local": the next one after `now`.
---@param text string
---@param now number UTC, seconds
---@return number
function inputs.next(text, now)
  local clock, second, zone = tostring(text):match "^(%d%d:%d%d)(:?%d*)([ %l]*)$"
  if not clock then
    return inputs.utc(text)
  end
  local whole, moment = math.floor(now)
  for days = 0, 1 do
    moment = inputs.utc(date_of(whole, days, zone == " local") .. clock .. (second == "" and ":00" or second) .. zone)
    if moment > now then
      break
    end
  end
  return moment
end

--- What is called before each scan for a function of time.
---@param value fun(time: number): any
---@param name string
---@param assign fun(name: string, value: any): boolean|nil, string|nil
---@param check fun(name: string): any, string|nil
---@return fun(time: number)
function inputs.of(value, name, assign, check)
  if type(value) ~= "function" then
    say.fail("input: %s takes a function of the time, not %s", name, say.shown(value))
  end
  local present, unknown = check(name)
  if present == nil then
    say.fail("input: %s", unknown)
  end
  return function(time)
    local ok, problem = assign(name, value(time))
    if not ok then
      say.fail("input: %s", problem)
    end
  end
end

local FLAGS <const> = { TRUE = "true", FALSE = "false" } -- as spreadsheets write them

-- The columns: { name =, present = } for each but the first.
local function columns_of(path, row, check)
  local columns, seen = {}, {}
  local function refuse(format, ...)
    say.fail("input: %s:%d: " .. format, path, row.line, ...)
  end
  for i = 2, #row.cells do
    local name = row.cells[i].text
    local present, unknown = check(name)
    if present == nil then
      refuse("%s", unknown)
    elseif type(present) == "table" then
      refuse("%s is an array; name its elements, %s[1]", name, name)
    elseif seen[name] then
      refuse("there are two columns %s", name)
    end
    columns[i - 1], seen[name] = { name = name, present = present }, true
  end
  return columns
end

local function moment_of(path, row, columns, before)
  local first = row.cells[1]
  local time = tonumber(first.text)
  if #row.cells ~= #columns + 1 then
    say.fail("input: %s:%d: there are %d cells, and the first line names %d; cells are parted by commas",
      path, row.line, #row.cells, #columns + 1)
  elseif not time or time < before or time ~= time then
    say.fail("input: %s:%d: the first column is the time in seconds, and it goes up; it is %q",
      path, row.line, first.text)
  end
  return time
end

-- A cell without anything in it changes nothing.
local function assign_row(path, row, columns, assign, typed)
  for i, column in ipairs(columns) do
    local cell = row.cells[i + 1]
    local text = type(column.present) == "boolean" and FLAGS[cell.text:upper()] or cell.text
    local ok, problem = true, nil
    if text ~= "" or cell.quoted then
      ok, problem = assign(column.name, typed(column.name, text))
    end
    if not ok then
      say.fail("input: %s:%d: %s", path, row.line, problem)
    end
  end
end

--- The same for a CSV file, whose rows hold until the next one; an empty cell changes nothing.
---@param path string
---@param assign fun(name: string, value: any): boolean|nil, string|nil
---@param check fun(name: string): any, string|nil
---@param typed fun(name: string, text: string): any what a cell means to this variable
---@return fun(time: number)
function inputs.from_file(path, assign, check, typed)
  if type(path) ~= "string" then
    say.fail("input takes a variable and a function of the time, or a CSV file; not %s", say.shown(path))
  end
  local rows = csv.read(path)
  if #rows < 2 or #rows[1].cells < 2 then
    say.fail("input: %s: the first line names the columns, time,LEVEL,…, parted by commas, and rows follow", path)
  end
  local columns, times = columns_of(path, table.remove(rows, 1), check), {}
  for i, row in ipairs(rows) do
    times[i] = moment_of(path, row, columns, times[i - 1] or -math.huge)
  end
  local next_row = 1
  return function(time)
    while rows[next_row] and times[next_row] <= time + 1e-9 do
      assign_row(path, rows[next_row], columns, assign, typed)
      next_row = next_row + 1
    end
  end
end

return inputs
