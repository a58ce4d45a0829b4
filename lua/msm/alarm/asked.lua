--- What people ask of alarms from outside of the script: by command, or on a page. Each prints the names
--- of those that are others now, one a line.

local alarm = require "msm.alarm"

local asked = {}

local function states()
  local found = {}
  for _, row in ipairs(alarm.list "all") do
    found[row.name] = row.state .. (row.acknowledged and "" or "!")
  end
  return found
end

--- Acknowledges one, or without a name all; what is only held by its latch is reset.
---@param name string|nil
---@param who string
function asked.ack(name, who)
  local before = states()
  alarm.ack(name, who)
  alarm.reset(name, who)
  local after = states()
  for _, row in ipairs(alarm.list "all") do
    if before[row.name] ~= after[row.name] then
      print(row.name)
    end
  end
end

---@param name string
---@param seconds number
---@param reason string
---@param who string
function asked.shelve(name, seconds, reason, who)
  alarm.shelve(name, seconds, reason, who)
  print(name)
end

---@param name string
---@param who string
function asked.unshelve(name, who)
  if alarm.unshelve(name, who) then
    print(name)
  end
end

return asked
