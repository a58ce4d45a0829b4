--- Alarms that no script makes: one for each variable that is declared with a limit, and one for each
--- link to a device. The host makes them when the body has run, and calls them at the end of a scan
--- when something about them is new.

local core = require "msm.core"
local kinds = require "msm.alarm.kinds"
local made = require "msm.alarm.made"
local told = require "msm.alarm.told"
require "msm.alarm.asked"

local declared = {}

local NAME_MOST <const> = 41 -- what is remembered is kept under a name of 47 bytes
local LINK_DELAY <const> = "3s" -- shorter losses are nobody's business but the link's

-- "Tank level: 93.2 %"
local function message_of(row)
  local number = row.decimals and ("%%.%df"):format(row.decimals) or "%.6g"
  local text = (row.title or row.name):gsub("%%", "%%%%") .. ": " .. number
    .. (row.unit and " " .. row.unit:gsub("%%", "%%%%") or "")
  return function(value) return text:format(value) end
end

local function short(name, place)
  if #name <= NAME_MOST then
    return name
  end
  local mark = "~" .. place
  return name:sub(1, NAME_MOST - #mark) .. mark
end

local function make_limit(row, name)
  return made.make(kinds.declared, name, {
    lolo = row.lolo, lo = row.lo, hi = row.hi, hihi = row.hihi, deadband = row.deadband,
    on_delay = row.on_delay, off_delay = row.off_delay, priority = row.priority, text = row.title,
  }, message_of(row))
end

local function make_link(row, name)
  return made.make(kinds.link, name, {
    on_delay = LINK_DELAY, priority = "high", text = ("No answer from %s"):format(row.link),
  })
end

--- Makes them. The host calls it, once, when the body has run.
---@return fun(i: integer, value: number|boolean): boolean handle asked each time as long as it is true
---@return fun(all: boolean) tell
---@return integer count of all alarms, also of the script's own
function declared.make()
  local blocks = {}
  for i, row in ipairs(core.alarms()) do
    local name = short(row.name or row.link, i)
    blocks[i] = row.link and make_link(row, name) or make_limit(row, name)
  end
  local function handle(i, value)
    local one = blocks[i]
    one(value)
    return one:pending()
  end
  return handle, told.tell, #made.all
end

return declared
