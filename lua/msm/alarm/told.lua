--- Telling those outside of the script what became of its alarms: pages, commands, the history. What
--- changed in a scan is told at its end, all at once. msm.alarm has it.

local core = require "msm.core"
local journal = require "msm.alarm.journal"
local made = require "msm.alarm.made"

local told = {}

local changed = {} -- by name; and by group, because the first of one may be another now

journal.told = function(name, event, more)
  local entry = made.by_name[name]
  local row = entry and entry.block:row() or {}
  changed[name] = true
  if row.group then
    changed[row.group] = true
  end
  core.alarm_event {
    name = name, what = event, text = row.text, priority = row.priority,
    level = more.level, value = more.value, who = more.who, reason = more.reason,
  }
end

--- At the end of a scan in which something changed. The host calls it.
---@param all boolean those that have not changed, too
function told.tell(all)
  for i, entry in ipairs(made.all) do
    local row = (all or changed[entry.name] or next(changed)) and entry.block:row()
    if row and (all or changed[entry.name] or row.group and changed[row.group]) then
      core.alarm_row(i, row)
    end
  end
  changed = {}
end

core.has_alarms()

return told
