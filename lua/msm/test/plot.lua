--- Values over the time, for a terminal: numbers and booleans as bars, texts as labelled spans.

local say = require "msm.test.say"

local plot = {}

local TERMINAL <const> = 80 -- columns
local NAME_MOST <const> = 24
local NUMBER <const> = 9 -- columns of a label's number
local LEVELS <const> = 8 -- of a character
local BARS = { [0] = " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

-- ---- text of a certain width ----

local function printable(text)
  if not utf8.len(text) then
    text = text:gsub("[\x80-\xff]", "?")
  end
  return (text:gsub("%c", "?"))
end

local function cut(text, width)
  local length = utf8.len(text)
  if length <= width then
    return text .. (" "):rep(width - length)
  end
  return width > 0 and text:sub(1, utf8.offset(text, width) - 1) .. "…" or ""
end

-- ---- columns ----

-- Where the scans of each column begin and end: { first, last }. A few scans have columns of the same
-- number each.
local function columns_of(rows, width)
  local columns, scans = {}, #rows
  local count = scans < width and scans * (width // scans) or width
  for i = 1, count do
    local first = ((i - 1) * scans) // count + 1
    columns[i] = { first, math.max(first, (i * scans) // count) }
  end
  return columns
end

-- The last one of a column; of booleans, where there were both, something between, so that no pulse is
-- lost.
local function number_of(rows, column, index)
  local value = rows[column[2]][index]
  if type(value) ~= "boolean" then
    return value
  end
  local count = 0
  for at = column[1], column[2] do
    count = count + (rows[at][index] and 1 or 0)
  end
  local scans = column[2] - column[1] + 1
  return (count == 0 or count == scans) and count / scans or 0.25 + 0.5 * count / scans
end

local function numbers_of(rows, columns, index)
  local numbers = {}
  for i, column in ipairs(columns) do
    numbers[i] = number_of(rows, column, index)
  end
  return numbers
end

-- ---- bars ----

local function range_of(numbers)
  local low, high = math.huge, -math.huge
  for _, value in ipairs(numbers) do
    if value == value then
      low, high = math.min(low, value), math.max(high, value)
    end
  end
  return low, high
end

local function bars_of(numbers, low, high, row, height)
  local cells = {}
  local span = high > low and high - low or 1
  for i, value in ipairs(numbers) do
    local filled = (value - low) / span * (height * LEVELS - 1) + 1 - (height - row) * LEVELS
    cells[i] = value == value and BARS[math.floor(math.max(0, math.min(LEVELS, filled)))] or "?"
  end
  return table.concat(cells)
end

-- The highest value beside the first line, the lowest beside the last one.
local function add_numbers(lines, label, numbers, height)
  local low, high = range_of(numbers)
  for row = 1, height do
    local beside = row == 1 and high or row == height and low or nil
    lines[#lines + 1] = label(row == 1, beside and ("%.4g"):format(beside) or "")
      .. bars_of(numbers, low, high, row, height)
  end
end

local function add_flags(lines, label, numbers)
  lines[#lines + 1] = label(true, "") .. bars_of(numbers, 0, 1, 1, 1)
end

-- ---- spans ----

-- "|filling     |heating": a mark where it has changed, and as much of the text as there is room for.
local function add_texts(lines, label, rows, columns, index)
  local spans, began = {}, 1
  for i = 1, #columns do
    local text = rows[columns[i][2]][index]
    if i == #columns or rows[columns[i + 1][2]][index] ~= text then
      spans[#spans + 1] = "|" .. cut(printable(text), i - began)
      began = i + 1
    end
  end
  lines[#lines + 1] = label(true, "") .. table.concat(spans)
end

-- ---- the whole ----

local function name_of(name, unit)
  return printable(unit and ("%s [%s]"):format(name, unit) or name)
end

local function width_of(names, units)
  local width = 0
  for i, name in ipairs(names) do
    width = math.max(width, utf8.len(name_of(name, units[i])))
  end
  return math.min(width, NAME_MOST)
end

-- "0 s      12 s": each under the end of the bars that it belongs to.
local function axis_of(rows, width)
  local left, right = ("%.6g s"):format(rows[1][1]), ("%.6g s"):format(rows[#rows][1])
  local between = width - #left - #right
  return left .. (between > 0 and (" "):rep(between) or " .. ") .. right
end

local function check(options, key, otherwise)
  local value = options[key] or otherwise
  if math.type(value) ~= "integer" or value < 1 then
    say.fail("plot: %s is a whole number of at least 1, not %s", key, say.shown(value))
  end
  return value
end

---@class msm.test.PlotOptions
---@field width integer|nil columns for the time (what is left of 80)
---@field height integer|nil lines for a number (4); a boolean and a text have one

---@param names string[]
---@param units table<integer, string>
---@param rows table[] { time, first, second, … }
---@param options msm.test.PlotOptions|nil
---@return string
function plot.of(names, units, rows, options)
  options = say.options("plot", options, { width = "number", height = "number" })
  local wide = width_of(names, units)
  local width = check(options, "width", TERMINAL - wide - NUMBER - 2)
  local height = check(options, "height", 4)
  if #rows == 0 then
    return "no scan was run\n"
  end
  local columns, lines = columns_of(rows, width), {}
  for i, name in ipairs(names) do
    local function label(is_first, number)
      return cut(is_first and name_of(name, units[i]) or "", wide) .. (" %9s "):format(number)
    end
    local kind = type(rows[1][i + 1])
    if kind == "string" then
      add_texts(lines, label, rows, columns, i + 1)
    elseif kind == "boolean" then
      add_flags(lines, label, numbers_of(rows, columns, i + 1))
    else
      add_numbers(lines, label, numbers_of(rows, columns, i + 1), height)
    end
  end
  lines[#lines + 1] = (" "):rep(wide + NUMBER + 2) .. axis_of(rows, #columns)
  return table.concat(lines, "\n") .. "\n"
end

return plot
