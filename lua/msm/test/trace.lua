--- What variables were, scan by scan: as CSV, and as a plot for a terminal.

local say = require "msm.test.say"

local trace = {}

---@class msm.test.Trace
---@field names string[]
---@field rows table[] { time, first, second, … } for each scan
local Trace = {}
Trace.__index = Trace

--- A trace, and what is called after each scan.
---@param names string[]
---@param read fun(name: string): any
---@return msm.test.Trace trace
---@return fun(time: number) note
function trace.new(names, read)
  if type(names) ~= "table" or #names == 0 then
    say.fail("trace takes a list of names, { \"LEVEL\", \"PUMP\" }")
  end
  for _, name in ipairs(names) do
    if type(read(name)) == "table" then
      say.fail("trace: %s is an array; name its elements, %s[1]", name, name)
    end
  end
  local made = setmetatable({ names = names, rows = {} }, Trace)
  return made, function(time)
    local row = { time }
    for i, name in ipairs(names) do
      row[i + 1] = read(name)
    end
    made.rows[#made.rows + 1] = row
  end
end

local function cell_of(value)
  if type(value) == "string" then
    return value:find '[,"\r\n]' and '"' .. value:gsub('"', '""') .. '"' or value
  end
  return math.type(value) == "float" and ("%.15g"):format(value) or tostring(value)
end

--- As CSV with a line of names; the first column is the time in seconds. Also into a file.
---@param path string|nil
---@return string
function Trace:csv(path)
  local lines = { "time," .. table.concat(self.names, ",") }
  for _, row in ipairs(self.rows) do
    local cells = {}
    for i, value in ipairs(row) do
      cells[i] = cell_of(value)
    end
    lines[#lines + 1] = table.concat(cells, ",")
  end
  local text = table.concat(lines, "\n") .. "\n"
  if path then
    local file, problem = io.open(path, "w")
    if not file then
      say.fail("csv: %s", problem)
    end
    file:write(text)
    file:close()
  end
  return text
end

-- ---- plots ----

local LEVELS <const> = 8 -- of a character
local BARS = { [0] = " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

-- One number a column: the last one of the scans that fall into it.
local function columns_of(rows, index, width)
  local columns, count = {}, math.min(width, #rows)
  for i = 1, count do
    local value = rows[(i * #rows) // count][index]
    columns[i] = value == true and 1 or value == false and 0 or tonumber(value)
  end
  return columns
end

local function range_of(columns)
  local low, high = math.huge, -math.huge
  for _, value in ipairs(columns) do
    if value == value then
      low, high = math.min(low, value), math.max(high, value)
    end
  end
  return low, high
end

local function line_of(columns, low, high, row, height)
  local cells = {}
  local span = high > low and high - low or 1
  for i, value in ipairs(columns) do
    local filled = (value - low) / span * (height * LEVELS - 1) + 1 - (height - row) * LEVELS
    cells[i] = value == value and BARS[math.floor(math.max(0, math.min(LEVELS, filled)))] or "?"
  end
  return table.concat(cells)
end

local function label_of(name, row, height, low, high)
  if row == 1 then
    return ("%-14.14s %10.4g"):format(name, high)
  end
  return ("%-14s %10s"):format("", row == height and ("%.4g"):format(low) or "")
end

local function plot_of(lines, name, columns, height)
  local low, high = range_of(columns)
  for row = 1, height do
    local label = height == 1 and ("%-14.14s %10s"):format(name, "") or label_of(name, row, height, low, high)
    lines[#lines + 1] = label .. " " .. line_of(columns, low, high, row, height)
  end
end

---@class msm.test.PlotOptions
---@field width integer|nil columns for the time (80)
---@field height integer|nil lines for a number (4); a boolean has one

--- As a plot of each variable over the time, for a terminal: print(trace:plot()).
---@param options msm.test.PlotOptions|nil
---@return string
function Trace:plot(options)
  options = say.options("plot", options, { width = "number", height = "number" })
  local lines = {}
  if #self.rows == 0 then
    return "no scan was run\n"
  end
  for i, name in ipairs(self.names) do
    local first = self.rows[1][i + 1]
    if type(first) == "string" then
      lines[#lines + 1] = ("%-14.14s %10s %s"):format(name, "", "(text)")
    else
      plot_of(lines, name, columns_of(self.rows, i + 1, options.width or 80),
        type(first) == "boolean" and 1 or options.height or 4)
    end
  end
  lines[#lines + 1] = ("%-25s %g s .. %g s"):format("", self.rows[1][1], self.rows[#self.rows][1])
  return table.concat(lines, "\n") .. "\n"
end

return trace
