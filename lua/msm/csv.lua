--- Rows of values for people's tables: a log in a CSV file, written by a thread of its own, so that
--- no scan waits for a disk. The files lie beside the program's other state (`--state`), under its
--- name: "tank.energy.csv", the full ones "tank.energy.1.csv" (the youngest) and so on.
---
---     local csv = require "msm.csv"
---     local log = csv.log("energy", { columns = { "TIME", "POWER", "TOTAL" }, keep = "30d" })
---     every("1m", function() log:write { POWER = mem.POWER, TOTAL = mem.TOTAL } end)
---
--- The format is that of RFC 4180: commas, lines that end in CR LF, quotes around what has a comma,
--- a quote or a line break in it, the names of the columns in the first line; in UTF-8.

local check = require "msm.check"
local core = require "msm.core"

local csv = {}

local MB <const> = 1000000
local FILES <const>, DAY <const> = 10, 86400

-- Where a log keeps what is its own; its fields are looked up because it lacks them.
local FILE <const>, NAME <const>, COLUMNS <const>, KNOWN <const> = 1, 2, 3, 4

local RULES = {
  columns = check.list(check.text()),
  size = check.number { min = 0.001, max = 10000, default = 10 },
  files = check.integer { min = 1, max = 1000, default = FILES },
  keep = check.duration { min = "1m", max = 3650 * DAY, optional = true },
}

local function number_text(value)
  if math.type(value) == "integer" then
    return ("%d"):format(value)
  elseif value ~= value then
    return "nan"
  elseif value - value ~= 0 then
    return value > 0 and "inf" or "-inf"
  end
  local short = ("%.15g"):format(value)
  return tonumber(short) == value and short or ("%.17g"):format(value)
end

--- A value as it stands in a file: numbers with all their digits, so that reading gives the same
--- number; true and false; nothing for nil.
---@param value number|boolean|string|nil
---@return string|nil field nil for what no field can hold
function csv.field(value)
  local kind = type(value)
  if kind == "number" then
    return number_text(value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "string" then
    return value:find('[",\r\n]') and '"' .. value:gsub('"', '""') .. '"' or value
  end
  return kind == "nil" and "" or nil
end

--- A moment as ISO 8601 has it, in UTC, with milliseconds: "2026-01-02T03:04:05.250Z".
---@param utc number seconds since 1970, as scan.now
---@return string
function csv.time(utc)
  local milliseconds = math.floor(utc * 1000 + 0.5)
  return os.date("!%Y-%m-%dT%H:%M:%S", milliseconds // 1000) .. (".%03dZ"):format(milliseconds % 1000)
end

local function line_of(fields)
  local line = table.concat(fields, ",")
  return (line == "" and '""' or line) .. "\r\n" -- an empty line would be no row
end

local function refuse_column(self, column)
  local nearest = type(column) == "string" and core.nearest(column, self[COLUMNS])
  core.complain(("csv.log %q has no column %s; %s"):format(self[NAME], tostring(column),
    nearest and ("did you mean %s?"):format(nearest)
    or "there are: " .. table.concat(self[COLUMNS], ", ")))
end

local function refuse_value(self, column, value)
  core.complain(("csv.log %q: %s must be a number, text, true or false, not a %s")
    :format(self[NAME], column, type(value)))
end

local function check_row(self, row)
  if type(row) ~= "table" then
    core.complain(("csv.log %q: write takes a row, { %s = … }, not %s")
      :format(self[NAME], self[COLUMNS][#self[COLUMNS]], tostring(row)))
  end
  for column in pairs(row) do
    if not self[KNOWN][column] then
      refuse_column(self, column)
    end
  end
end

local methods = {}

---@class msm.csv.Log
---@field written integer rows that are in the file, since the program was loaded
---@field lost integer rows that never will be: no room in the queue, or on the disk
---@field write fun(self: msm.csv.Log, row: table<string, number|boolean|string>): boolean

--- Puts a row on its way into the file. What the row has not stays empty; TIME, where there is such
--- a column, is the moment of the scan unless the row states it. Raises for a column that the log
--- does not have, for a value that is no number, text or boolean, and for a row of more than 8192 bytes.
---
--- A row is written also when the scan faults after it: it is a record of what was, not a value.
---@param row table<string, number|boolean|string> values by column
---@return boolean queued false where rows come faster than the disk takes them; that is counted and said
function methods.write(self, row)
  check_row(self, row)
  local fields = {}
  for i, column in ipairs(self[COLUMNS]) do
    local value = row[column]
    if value == nil and column == "TIME" then
      value = csv.time(scan.now)
    end
    fields[i] = csv.field(value) or refuse_value(self, column, value)
  end
  return core.put(self[FILE], line_of(fields))
end

methods = check.methods("csv.log", methods)

local meta = {
  __name = "csv.log",
  __metatable = "csv.log",
  __index = function(self, key)
    if key == "written" then
      return (core.lines(self[FILE]))
    elseif key == "lost" then
      return select(2, core.lines(self[FILE]))
    elseif methods[key] then
      return methods[key]
    end
    core.complain(("csv.log %q has no %s; it has lost, write, written"):format(self[NAME], tostring(key)))
  end,
  __newindex = function(self, key)
    core.complain(("csv.log %q: %s cannot be assigned"):format(self[NAME], tostring(key)))
  end,
}

local claimed = {}

local function claim(name)
  if claimed[name] then
    core.complain(("csv.log %q is made at %s already; each needs a name of its own")
      :format(name, claimed[name]))
  end
  claimed[name] = core.line()
end

local function known_columns(what, columns)
  local known = {}
  for _, column in ipairs(columns) do
    if column == "" or known[column] then
      core.complain(("%s: columns: %s"):format(what,
        column == "" and "a name is empty" or ("%q stands there twice"):format(column)))
    end
    known[column] = true
  end
  return known
end

local function header_of(columns)
  local fields = {}
  for i, column in ipairs(columns) do
    fields[i] = csv.field(column)
  end
  return line_of(fields)
end

---@class msm.csv.Options
---@field columns string[] names in their order; TIME is filled in with the moment of the scan
---@field size number|nil megabytes (of 1,000,000 bytes) of a file, then a new one is begun; 10
---@field files integer|nil how many full files are kept beside the newest one; 10
---@field keep number|string|nil for how long rows are kept at least, "30d", unless they fill the files
---        before that, which is said; a new file is begun each keep / files, by the clock in UTC

--- A log in a CSV file. The script's body only.
---
--- Files have at most `size`, and there are at most `files` full ones: then the oldest goes, so a log
--- takes (files + 1) x size of the disk. With `keep` and as many `files` as days, each file is a day.
--- Columns that were changed begin a new file.
---
--- A disk that is full, or refuses, is said once; rows are counted as lost, everything else goes on,
--- and what can be written again is. A check, a dry run, the trial of a reload and tests write nothing.
--- Rows reach the system at once, so that they outlive the program's end; a power cut may cost those
--- that the system had not yet brought to the disk.
---@param name string letters, digits, "_" and "-": a part of the file's name
---@param options msm.csv.Options
---@return msm.csv.Log
---@nodiscard
function csv.log(name, options)
  check.name("csv.log", name)
  local what = ("csv.log %q"):format(name)
  local taken = check.options(what, options, RULES)
  local known = known_columns(what, taken.columns)
  claim(name)
  local turn = taken.keep and math.max(1.0, taken.keep / taken.files) or 0
  local file = core.file(name, header_of(taken.columns), math.ceil(taken.size * MB), taken.files, turn)
  return setmetatable({ file, name, taken.columns, known }, meta)
end

return check.module("msm.csv", csv)
