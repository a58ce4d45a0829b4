--- Pages of one's own for the browser: what belongs together stands together, in the words of those
--- who work with it. `msm run --http 8080` serves them, in front of its own pages.
---
---     local ui = require "msm.ui"
---     ui.page "Tank 1" {
---       ui.row { ui.tank "LEVEL", ui.trend { "LEVEL", "SETPOINT", span = "10m" } },
---       ui.row { ui.value "SETPOINT", ui.switch "PUMP", ui.select "plc.MODE" },
---       ui.row { ui.button "Reset totals" { writes = { TOTAL = 0 }, confirm = true }, ui.alarms {} },
---     }
---
--- A page is a list of rows, a row is a list of items side by side; on a phone they stand below one
--- another. Variables are named as commands name them, "LEVEL", "plc.SPEED", "TEMPS[3]", and need not
--- be declared above the page. A name that is not declared, and an item that does not fit its
--- variable, is an error at the line of the item.
---
--- Every item takes `label` (in place of the variable's `desc` or name) and `width` (1..4: its share of
--- the row), in a table behind the name: `ui.tank { "LEVEL", label = "Tank 1", width = 2 }`. Unit, range,
--- limits, labels and decimals are those of the declaration.

local check = require "msm.check"
local core = require "msm.core"
local item = require "msm.ui.item"
local json = require "msm.ui.json"

local ui = {}

local TREND_MOST <const>, LIST_MOST <const>, ITEMS_MOST <const> = 8, 200, 400

-- What each kind of item that shows one variable needs of it, and the options of its own.
local KINDS <const> = {
  tank = { { single = true, number = true }, {} },
  bar = { { single = true, number = true }, {} },
  value = { {}, { spark = check.boolean { optional = true } } },
  lamp = { { single = true, boolean = true }, { normal = check.boolean { optional = true } } },
  switch = { { single = true, boolean = true, settable = true }, { confirm = item.CONFIRM } },
  select = { { single = true, labelled = true, settable = true }, { confirm = item.CONFIRM } },
}

local function one_variable(kind, given)
  local what, needs, rules = "ui." .. kind, KINDS[kind][1], KINDS[kind][2]
  local elements, fields = item.take(what, given, rules)
  fields.kind, fields.name = kind, item.names(what, elements, 1)[1]
  return item.make(fields, { item.use(what, fields.name, needs) })
end

-- No variable, only options.
local function no_variable(kind, given, rules)
  local what = "ui." .. kind
  local elements, fields = item.take(what, given == nil and {} or given, rules)
  if next(elements) ~= nil then
    core.complain(("%s takes a table of options, %s {}, not %s"):format(what, what, check.shown(elements[1])))
  end
  fields.kind = kind
  return item.make(fields, {})
end

local function many_variables(kind, given, rules, most, needs)
  local what, uses = "ui." .. kind, {}
  local elements, fields = item.take(what, given, rules)
  fields.kind = kind
  if fields.match and next(elements) == nil then
    return item.make(fields, uses)
  elseif fields.match then
    core.complain(("%s takes names, or match, not both"):format(what))
  end
  fields.names = item.names(what, elements, most)
  for i, name in ipairs(fields.names) do
    uses[i] = item.use(what, name, needs)
  end
  return item.make(fields, uses)
end

---@alias msm.ui.Name string|table the name of a variable, or a table that begins with it: { "LEVEL", label = "Tank" }

--- A number as a vessel, filled between `min` and `max` of its declaration.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.tank(given)
  return one_variable("tank", given)
end

--- A number on a horizontal bar, with the ticks of its limits.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.bar(given)
  return one_variable("bar", given)
end

--- A value of any type; where people may write it, a tap opens the keypad. `spark = true` draws its
--- last minutes beside it.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.value(given)
  return one_variable("value", given)
end

--- A boolean to look at. With `normal = false` (or true) it stands out when it is the other one.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.lamp(given)
  return one_variable("lamp", given)
end

--- A boolean to write: two buttons, with its `labels` or OFF and ON. `confirm = true` asks first, a
--- text asks with these words.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.switch(given)
  return one_variable("switch", given)
end

--- A value to be chosen among its `labels`. `confirm` as in ui.switch.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.select(given)
  return one_variable("select", given)
end

--- Curves of up to 8 numbers and booleans: { "LEVEL", "SETPOINT", span = "10m" }; `span` is from 1
--- minute to a day, 10 minutes unless stated.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.trend(given)
  return many_variables("trend", given, { span = check.duration { min = "1m", max = "1d", default = "10m" } },
    TREND_MOST, { single = true, number = true, boolean = true })
end

--- Variables one below the other, name and value: { "LEVEL", "TEMPS" }, or { match = "plc.*" } for all
--- that have such a name.
---@param given msm.ui.Name
---@return msm.ui.Item
---@nodiscard
function ui.list(given)
  return many_variables("list", given, { match = item.words { optional = true } }, LIST_MOST, {})
end

---@class msm.ui.AlarmsOptions
---@field match string|nil only alarms with such a name: "pump *"
---@field most integer|nil how many are shown at first; 10
---@field label string|nil
---@field width integer|nil

--- What is active or unacknowledged, worst first, with its buttons.
---@param options msm.ui.AlarmsOptions|nil
---@return msm.ui.Item
---@nodiscard
function ui.alarms(options)
  return no_variable("alarms", options, {
    match = item.words { optional = true },
    most = check.integer { min = 1, max = 100, default = 10 },
  })
end

--- Words for those who look at the page.
---@param text string
---@return msm.ui.Item
---@nodiscard
function ui.text(text)
  return item.make({ kind = "text", text = check.value("ui.text: its text", text, item.words()) }, {})
end

local WRITES <const> = {
  take = function(value, what)
    if type(value) ~= "table" or next(value) == nil then
      core.complain(("%s must be what it writes, { TOTAL = 0 }, not %s"):format(what,
        type(value) == "table" and "an empty table" or check.shown(value)))
    end
    return value
  end,
}

local function take_write(what, name, value)
  local kind = type(value)
  if kind ~= "boolean" and kind ~= "string" and not core.finite(value) then
    core.complain(("%s: writes: %s = %s; it must be a number, a boolean or text"):format(what, tostring(name),
      check.shown(value)))
  elseif kind == "string" and (not utf8.len(value) or value:find "\0") then
    core.complain(("%s: writes: %s = %s is no text"):format(what, tostring(name), check.shown(value)))
  end
  local known = item.names(what, { name }, 1)[1]
  return { name = known, value = value }, item.use(what, known, { single = true, settable = true }, value)
end

local function button(label, given)
  local what = ("ui.button %q"):format(label)
  local elements, fields = item.take(what, given, { writes = WRITES, confirm = item.CONFIRM })
  local names, writes, uses = {}, {}, {}
  if next(elements) ~= nil then
    core.complain(("%s takes a table of options, { writes = { TOTAL = 0 } }"):format(what))
  end
  for name in pairs(fields.writes) do
    names[#names + 1] = type(name) == "string" and name or item.names(what, { name }, 1)[1]
  end
  table.sort(names)
  for i, name in ipairs(names) do
    writes[i], uses[i] = take_write(what, name, fields.writes[name])
  end
  fields.kind, fields.label, fields.writes = "button", label, writes
  return item.make(fields, uses)
end

--- A button that writes constants: ui.button "Reset totals" { writes = { TOTAL = 0 }, confirm = true }.
--- Several values are written one after another, in the order of their names; `confirm` as in
--- ui.switch.
---@param label string what stands on it
---@return fun(options: table): msm.ui.Item
---@nodiscard
function ui.button(label, ...)
  return item.open("ui.button", label, select("#", ...), function(given)
    return button(label, given)
  end)
end

--- A box with a title around rows and items: ui.group "Pump 1" { ui.lamp "RUNS[1]", … }. In a box there
--- is no other one.
---@param label string
---@return fun(rows: table): msm.ui.Item
---@nodiscard
function ui.group(label, ...)
  return item.open("ui.group", label, select("#", ...), function(given)
    local what = ("ui.group %q"):format(label)
    local rows, uses = item.rows(what, given)
    for _, row in ipairs(rows) do
      for _, one in ipairs(row) do
        if one.kind == "group" then
          core.complain(("%s: a group stands on a page, not in another group"):format(what))
        end
      end
    end
    return item.make({ kind = "group", label = label, rows = rows }, uses)
  end)
end

--- Items side by side.
---@param items msm.ui.Item[]
---@return msm.ui.Row
---@nodiscard
function ui.row(items)
  return item.row("ui.row", items)
end

--- A page: ui.page "Tank 1" { ui.row { … }, … }. Its title is its own among the pages, which stand in
--- the order of their declaration. The script's body only.
---@param title string
---@return fun(rows: table)
function ui.page(title, ...)
  local page = item.open("ui.page", title, select("#", ...), function(given)
    local what = ("ui.page %q"):format(title)
    local rows, uses = item.rows(what, given)
    if #uses > ITEMS_MOST then
      core.complain(("%s shows %d variables; %d are the most, make several pages"):format(what, #uses, ITEMS_MOST))
    end
    core.page(title, json.text { title = title, rows = rows }, uses)
  end)
  core.page(title)
  return page
end

return check.module("msm.ui", ui)
