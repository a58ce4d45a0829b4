--- What variables were, scan by scan: as CSV, and as a plot for a terminal.

local csv = require "msm.test.csv"
local plot = require "msm.test.plot"
local say = require "msm.test.say"

local trace = {}

---@class msm.test.Trace
---@field names string[]
---@field units table<integer, string> of those that have one
---@field rows table[] { time, first, second, … } for each scan
local Trace = {}
Trace.__index = Trace

--- A trace, and what is called after each scan.
---@param names string[]
---@param read fun(name: string): any
---@param unit_of fun(name: string): string|nil
---@return msm.test.Trace trace
---@return fun(time: number) note
function trace.new(names, read, unit_of)
  if type(names) ~= "table" or #names == 0 then
    say.fail("trace takes a list of names, { \"LEVEL\", \"PUMP\" }")
  end
  local units = {}
  for i, name in ipairs(names) do
    if type(read(name)) == "table" then
      say.fail("trace: %s is an array; name its elements, %s[1]", name, name)
    end
    units[i] = unit_of(name)
  end
  local made = setmetatable({ names = names, units = units, rows = {} }, Trace)
  return made, function(time)
    local row = { time }
    for i, name in ipairs(names) do
      row[i + 1] = read(name)
    end
    made.rows[#made.rows + 1] = row
  end
end

--- As CSV with a line of names; the first column is the time in seconds. Also into a file.
---@param path string|nil
---@return string
function Trace:csv(path)
  local lines = { "time," .. table.concat(self.names, ",") }
  for _, row in ipairs(self.rows) do
    local cells = {}
    for i, value in ipairs(row) do
      cells[i] = csv.cell(value)
    end
    lines[#lines + 1] = table.concat(cells, ",")
  end
  local text = table.concat(lines, "\n") .. "\n"
  if path then
    local file, problem = io.open(path, "w")
    if not file then
      say.fail("csv: %s", problem)
    end
    local ok, trouble = file:write(text)
    if not (file:close() and ok) then
      say.fail("csv: %s: %s", path, trouble or "cannot be written")
    end
  end
  return text
end

--- As a plot of each variable over the time, for a terminal: print(trace:plot()).
---@param options msm.test.PlotOptions|nil
---@return string
function Trace:plot(options)
  return plot.of(self.names, self.units, self.rows, options)
end

return trace
