--- Values that come from outside before each scan: functions of time, and CSV files.

local say = require "msm.test.say"

local inputs = {}

local DAYS = { ["02"] = "29", ["04"] = "30", ["06"] = "30", ["09"] = "30", ["11"] = "30" }

local function is_moment(month, day, hour, minute, second)
  return month >= "01" and month <= "12" and day >= "01" and day <= (DAYS[month] or "31")
    and hour <= "23" and minute <= "59" and second <= "59"
end

--- UTC text as seconds since 1970.
---@param text string "2026-03-29 00:59:30"
---@return number
function inputs.utc(text)
  local year, month, day, hour, minute, second =
    tostring(text):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[ T](%d%d):(%d%d):(%d%d)Z?$"
  if not year then
    say.fail("a moment in UTC is written as \"2026-03-29 00:59:30\", not %s", tostring(text))
  end
  if not is_moment(month, day, hour, minute, second) then
    say.fail("there is no moment %s", text)
  end
  -- days from civil: March begins the year, so that a leap day is its last
  local y, m, d = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  y = m > 2 and y or y - 1
  local era = y // 400
  local of_era = y - era * 400
  local of_year = (153 * ((m + 9) % 12) + 2) // 5 + d - 1
  local days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
  return days * 86400.0 + hour * 3600 + minute * 60 + second
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

local function cells_of(line)
  local cells = {}
  for cell in (line .. ","):gmatch "%s*(.-)%s*," do
    cells[#cells + 1] = cell:match '^"(.*)"$' or cell
  end
  return cells
end

local WORDS = { ["true"] = true, ["false"] = false }

local function value_of(cell)
  if WORDS[cell] ~= nil then
    return WORDS[cell]
  end
  return tonumber(cell) or cell
end

-- A line of names, then rows as long as that. Lines are numbered from 1.
local function read_rows(path)
  local file, problem = io.open(path)
  if not file then
    say.fail("input: %s", problem)
  end
  local names, rows, number = nil, {}, 0
  for line in file:lines() do
    local cells = cells_of((line:gsub("\r$", "")))
    number = number + 1
    if not names then
      names = cells
    elseif line:find "%S" then
      rows[#rows + 1] = { line = number, time = tonumber(cells[1]), cells = cells }
    end
  end
  file:close()
  return names or {}, rows
end

local function check_rows(path, names, rows)
  local before = -math.huge
  for _, row in ipairs(rows) do
    local function refuse(format, ...)
      say.fail("input: %s:%d: " .. format, path, row.line, ...)
    end
    if #row.cells ~= #names then
      refuse("%d cells, and there are %d names; cells are parted by commas", #row.cells, #names)
    elseif not row.time or row.time < before then
      refuse("the first column is the time in seconds, and it goes up; it is %q", row.cells[1])
    end
    before = row.time
  end
end

local function check_names(path, names, rows, check)
  if #names < 2 or #rows == 0 then
    say.fail("input: %s: the first line names the columns, time,LEVEL,…, and rows follow", path)
  end
  for i = 2, #names do
    local present, unknown = check(names[i])
    if present == nil then
      say.fail("input: %s:1: %s", path, unknown)
    end
  end
end

local function assign_cell(path, row, name, cell, assign)
  if cell == "" then
    return
  end
  local ok, problem = assign(name, value_of(cell))
  if not ok then
    say.fail("input: %s:%d: %s", path, row.line, problem)
  end
end

--- The same for a CSV file, whose rows hold until the next one; an empty cell changes nothing.
---@param path string
---@param assign fun(name: string, value: any): boolean|nil, string|nil
---@param check fun(name: string): any, string|nil
---@return fun(time: number)
function inputs.from_file(path, assign, check)
  local names, rows = read_rows(path)
  check_names(path, names, rows, check)
  check_rows(path, names, rows)
  local next_row = 1
  return function(time)
    local row
    while rows[next_row] and rows[next_row].time <= time + 1e-9 do
      row, next_row = rows[next_row], next_row + 1
      for i = 2, #names do
        assign_cell(path, row, names[i], row.cells[i], assign)
      end
    end
  end
end

return inputs
