--- Values that come from outside before each scan: functions of time, and CSV files.

local say = require "msm.test.say"

local inputs = {}

--- UTC text as seconds since 1970.
---@param text string "2026-03-29 00:59:30"
---@return number
function inputs.utc(text)
  local year, month, day, hour, minute, second =
    tostring(text):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[ T](%d%d):(%d%d):(%d%d)Z?$"
  if not year then
    say.fail("a moment in UTC is written as \"2026-03-29 00:59:30\", not %s", tostring(text))
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
---@param assign fun(name: string, value: any)
---@return fun(time: number)
function inputs.of(value, name, assign)
  if type(value) ~= "function" then
    say.fail("input: %s takes a function of the time, not %s", name, tostring(value))
  end
  return function(time)
    assign(name, value(time))
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

local function read_rows(path)
  local file, problem = io.open(path)
  if not file then
    say.fail("input: %s", problem)
  end
  local names, rows = nil, {}
  for line in file:lines() do
    local cells = cells_of((line:gsub("\r$", "")))
    if not names then
      names = cells
    elseif line:find "%S" then
      local time = tonumber(cells[1])
      if not time or (rows[1] and time < rows[#rows].time) then
        say.fail("input: %s:%d: the first column is the time in seconds, and it goes up; it is %q",
          path, #rows + 2, cells[1])
      end
      rows[#rows + 1] = { time = time, cells = cells }
    end
  end
  file:close()
  if #rows == 0 then
    say.fail("input: %s has no rows; it begins with a line of names, time,LEVEL,…", path)
  end
  return names, rows
end

--- The same for a CSV file, whose rows hold until the next one.
---@param path string
---@param assign fun(name: string, value: any)
---@return fun(time: number)
function inputs.from_file(path, assign)
  local names, rows = read_rows(path)
  local next_row = 1
  return function(time)
    local row
    while rows[next_row] and rows[next_row].time <= time + 1e-9 do
      row, next_row = rows[next_row], next_row + 1
    end
    for i = 2, row and #names or 1 do
      local cell = row.cells[i]
      if cell and cell ~= "" then
        assign(names[i], value_of(cell))
      end
    end
  end
end

return inputs
