--- CSV files as spreadsheets write them (RFC 4180), read whole.
---
--- Cells are parted by commas, rows by line feeds, with or without a carriage return. A cell that begins
--- with a quotation mark ends at the next one, and may hold commas and line ends; two marks in it are
--- one. Blanks around a cell without marks do not count. Empty lines, and lines that begin with #, are
--- left out, and so is a byte order mark.

local say = require "msm.test.say"

local csv = {}

---@class msm.test.Cell
---@field text string
---@field quoted boolean

---@class msm.test.Row
---@field line integer where it begins
---@field cells msm.test.Cell[]

local function lines_in(text)
  return select(2, text:gsub("\n", ""))
end

-- Where the text of a quoted cell ends; `at` is behind its first mark.
local function quoted_end(text, at)
  repeat
    local mark = text:find('"', at, true)
    if not mark then
      return nil
    elseif text:sub(mark + 1, mark + 1) ~= '"' then
      return mark
    end
    at = mark + 2
  until false
end

-- A cell, and where it ends: at a comma, a line end, or behind the text.
local function quoted_cell(text, at, refuse)
  local mark = quoted_end(text, at + 1)
  if not mark then
    refuse("a quotation mark is open here, and nowhere closed")
  end
  local rest, finish = text:match("^([^,\r\n]*)()", mark + 1)
  if rest:find "%S" then
    refuse("behind a closing quotation mark comes a comma or the end of the line, not %q; "
      .. "a mark inside is written twice", rest)
  end
  return { text = text:sub(at + 1, mark - 1):gsub('""', '"'), quoted = true }, finish
end

local function bare_cell(text, at, refuse)
  local cell, finish = text:match("^([^,\r\n]*)()", at)
  if cell:find('"', 1, true) then
    refuse("a quotation mark in the middle of %s; a cell with marks is put in marks, and each is written twice",
      cell)
  end
  return { text = cell:match "^%s*(.-)%s*$", quoted = false }, finish
end

-- The cells of a row, and where the next one begins.
local function row_at(text, at, refuse)
  local cells = {}
  repeat
    local mark = text:match('^[ \t]*()"', at)
    local cell, finish = (mark and quoted_cell or bare_cell)(text, mark or at, refuse)
    cells[#cells + 1] = cell
    at = finish + 1
  until text:sub(finish, finish) ~= ","
  return cells, text:sub(at - 1, at) == "\r\n" and at + 1 or at
end

--- The rows of a text; what is wrong with it is an error with path and line.
---@param text string
---@param path string for messages
---@return msm.test.Row[]
function csv.parse(text, path)
  local rows, line = {}, 1
  local function refuse(format, ...)
    say.fail("input: %s:%d: " .. format, path, line, ...)
  end
  local at = text:sub(1, 3) == "\u{FEFF}" and 4 or 1
  while at <= #text do
    local blank = text:match("^[ \t]*\r?\n()", at) or text:match("^#[^\n]*\n?()", at)
      or text:match("^%s*$()", at)
    local cells, finish
    if not blank then
      cells, finish = row_at(text, at, refuse)
      rows[#rows + 1] = { line = line, cells = cells }
    end
    local next_at = blank or finish
    line, at = line + lines_in(text:sub(at, next_at - 1)), next_at
  end
  return rows
end

--- The rows of a file.
---@param path string
---@return msm.test.Row[]
function csv.read(path)
  local file, problem = io.open(path, "rb")
  local text = file and file:read "a"
  if not text then
    say.fail("input: %s", problem or path .. " cannot be read")
  end
  file:close()
  return csv.parse(text, path)
end

--- A value as a cell that reads back as the same (a number to 15 digits).
---@param value any
---@return string
function csv.cell(value)
  if type(value) == "string" then
    local is_plain = value:find '^[^,"\r\n]+$' and not value:find "^[%s#]" and not value:find "%s$"
    return is_plain and value or '"' .. value:gsub('"', '""') .. '"'
  elseif value ~= value then
    return "nan" -- C has more of them
  end
  return math.type(value) == "float" and ("%.15g"):format(value) or tostring(value)
end

return csv
