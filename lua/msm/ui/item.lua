--- What stands on a page: an item says what the browser shows, and what it names of the program. For
--- the files of msm.ui only.

local check = require "msm.check"
local core = require "msm.core"

local item = {}

--- What stands in a row.
---@class msm.ui.Item

--- Items side by side.
---@class msm.ui.Row

-- What an item is made of; scripts see an object without fields.
local shown = setmetatable({}, { __mode = "k" })

local function object(what)
  return {
    __name = what,
    __metatable = what,
    __index = function(_, key)
      core.complain(("%s has no fields to be read, not %s either"):format(what, tostring(key)))
    end,
    __newindex = function(_, key)
      core.complain(("%s: %s cannot be assigned: what it shows is stated where it is made"):format(what, tostring(key)))
    end,
  }
end

local METAS <const> = { item = object "ui.item", row = object "ui.row" }

--- Text for people: UTF-8, not empty, without control characters.
---@param limits { optional: boolean|nil }|nil
---@return msm.check.Rule
function item.words(limits)
  local most = 200
  return {
    optional = limits and limits.optional,
    take = function(value, what)
      if type(value) ~= "string" or value == "" or #value > most or value:find "%c" or not utf8.len(value) then
        core.complain(("%s must be text of 1 to %d bytes in one line, UTF-8, not %s")
          :format(what, most, check.shown(value)))
      end
      return value
    end,
  }
end

--- true, or the question that is asked.
---@type msm.check.Rule
item.CONFIRM = {
  optional = true,
  take = function(value, what)
    return value == true or item.words().take(value, what)
  end,
}

--- Options that every item has.
local COMMON <const> = {
  label = item.words { optional = true },
  width = check.integer { min = 1, max = 4, optional = true },
}

-- The name as commands show it, without that of `mem`.
local function take_name(what, name)
  local bare = type(name) == "string" and name:gsub("%[%d+%]$", ""):gsub("^mem%.", "")
  if not bare or not (bare:match "^[%a_][%w_]*$" or bare:match "^[%a_][%w_]*%.[%a_][%w_]*$") then
    core.complain(("%s takes the name of a variable, \"LEVEL\", \"plc.SPEED\" or \"TEMPS[3]\", not %s")
      :format(what, check.shown(name)))
  end
  return (name:gsub("^mem%.", ""))
end

--- Splits what an item was called with: the elements without a name, and the options.
---@param what string "ui.tank"
---@param given any a name, or a table with it in front of the options
---@param rules table<string, msm.check.Rule> options beside those of every item
---@return table elements
---@return table options
function item.take(what, given, rules)
  local elements, options, all = {}, {}, {}
  for key, value in pairs(type(given) == "table" and given or { given }) do
    local to = math.type(key) == "integer" and elements or options
    to[key] = value
  end
  for _, set in ipairs { COMMON, rules } do
    for key, rule in pairs(set) do
      all[key] = rule
    end
  end
  return elements, check.options(what, options, all)
end

--- The names of variables among the elements.
---@param what string
---@param elements table
---@param most integer how many there may be
---@return string[]
function item.names(what, elements, most)
  local names, known = {}, {}
  for i in pairs(elements) do
    if not elements[1] or i < 1 or i > #elements then
      core.complain(("%s: its names are a list without gaps"):format(what))
    end
  end
  for i, name in ipairs(elements) do
    names[i] = take_name(what, name)
    if known[names[i]] then
      core.complain(("%s: %s stands there twice"):format(what, names[i]))
    end
    known[names[i]] = true
  end
  if #names < 1 or #names > most then
    core.complain(most == 1 and ("%s takes the name of one variable, %s \"LEVEL\", not %d"):format(what, what, #names)
      or ("%s takes 1 to %d names of variables, not %d"):format(what, most, #names))
  end
  return names
end

--- What an item does with a variable, to be checked when all is declared.
---@param what string "ui.tank"
---@param name string
---@param needs table<string, boolean> of single, number, boolean, labelled, settable
---@param value any that it writes, or nil
---@return table
function item.use(what, name, needs, value)
  local use = { name = name, what = what, where = core.line(what), value = value }
  for need in pairs(needs) do
    use[need] = true
  end
  return use
end

--- An item of a page.
---@param fields table what the browser gets
---@param uses table[] what item.use gave
---@return msm.ui.Item
function item.make(fields, uses)
  local made = setmetatable({}, METAS.item)
  shown[made] = { fields = fields, uses = uses }
  return made
end

--- Items side by side.
---@param what string
---@param items any a list of what item.make gave
---@param place integer|nil of the one item that stands alone among rows
---@return msm.ui.Row
function item.row(what, items, place)
  local row = setmetatable({}, METAS.row)
  local list = {}
  if type(items) ~= "table" or getmetatable(items) or #items == 0 then
    core.complain(("%s takes a list of what stands in it, %s { ui.value \"LEVEL\", … }, not %s"):format(what, what,
      type(items) == "table" and #items == 0 and "an empty one" or check.shown(items)))
  end
  for i, one in pairs(items) do
    local kind = getmetatable(one)
    if math.type(i) ~= "integer" then
      core.complain(("%s: unknown option %s; it takes items alone"):format(what, check.shown(i)))
    elseif kind == "ui.open" then
      core.complain(("%s: element %d is not finished: its table is missing, as in ui.button \"Reset\" { … }")
        :format(what, place or i))
    elseif kind ~= "ui.item" then
      core.complain(("%s: element %d is %s and not an item, such as ui.value \"LEVEL\"")
        :format(what, place or i, check.shown(one)))
    end
    list[i] = one
  end
  shown[row] = list
  return row
end

--- What a list of rows and single items shows, and what it names.
---@param what string
---@param rows any
---@return table fields a list of lists
---@return table[] uses
function item.rows(what, rows)
  local fields, uses = {}, {}
  if type(rows) ~= "table" or getmetatable(rows) or #rows == 0 then
    core.complain(("%s takes a list of rows, { ui.row { … }, … }, not %s"):format(what,
      type(rows) == "table" and #rows == 0 and "an empty one" or check.shown(rows)))
  end
  for key in pairs(rows) do
    if math.type(key) ~= "integer" then
      core.complain(("%s: unknown option %s; it takes rows and items"):format(what, check.shown(key)))
    end
  end
  for i, row in ipairs(rows) do
    local list = shown[getmetatable(row) == "ui.row" and row or item.row(what, { row }, i)]
    fields[i] = {}
    for k, one in ipairs(list) do
      fields[i][k] = shown[one].fields
      table.move(shown[one].uses, 1, #shown[one].uses, #uses + 1, uses)
    end
  end
  return fields, uses
end

--- What still waits for its table: ui.page "Tank" { … }.
---@param what string "ui.page"
---@param label any
---@param more integer how many arguments stand behind the label, where there may be none
---@param finish fun(table: table): any
---@return fun(table: table): any
function item.open(what, label, more, finish)
  check.value(what .. ": its title", label, item.words())
  if more > 0 then
    local whole = ("%s %q"):format(what, label)
    core.complain(("%s: its table stands behind it, %s { … }, and is no second argument"):format(whole, whole))
  end
  return setmetatable({}, {
    __name = "ui.open",
    __metatable = "ui.open",
    __call = function(_, given)
      return finish(given)
    end,
  })
end

return item
