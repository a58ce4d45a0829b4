--- What happened to alarms, the newest of it: a ring of entries in `keep`, through restarts.
--- msm.alarm has it.

---@class msm.alarm.Journal
---@field told fun(name: string, event: string, more: table)|nil hears of each entry
local journal = {}

local MOST <const> = 200 -- entries; each takes some ten of the fields that all keeps share

local ring = keep("alarm.journal", { count = 0, entries = {} }, { retain = true })

---@class msm.alarm.Entry
---@field time number UTC, seconds since 1970, as scan.now
---@field name string of the alarm
---@field event string "active", "level", "returned", "acknowledged", "reset", "shelved", "unshelved",
---        "suppressed", "unsuppressed", "out of service" or "in service"
---@field level string|nil of a limit: "lolo", "lo", "hi", "hihi"
---@field value number|nil the value that went beyond a limit
---@field who string|nil
---@field reason string|nil

--- Adds an entry; the oldest goes.
---@param name string
---@param event string
---@param more table|nil its level, value, who and reason
function journal.add(name, event, more)
  more = more or {}
  local count = ring.count
  ring.entries[count % MOST + 1] = {
    time = scan.now, name = name, event = event,
    level = more.level, value = more.value, who = more.who, reason = more.reason,
  }
  ring.count = count + 1
  if journal.told then
    journal.told(name, event, more)
  end
end

local FIELDS <const> = { "time", "name", "event", "level", "value", "who", "reason" }

local function copy(entry)
  local plain = {}
  for _, field in ipairs(FIELDS) do
    plain[field] = entry[field]
  end
  return plain
end

--- The newest entries, the newest one first.
---@param most integer
---@return msm.alarm.Entry[]
function journal.newest(most)
  local list, count = {}, ring.count
  for n = count, math.max(1, count - math.min(most, MOST) + 1), -1 do
    list[#list + 1] = copy(ring.entries[(n - 1) % MOST + 1])
  end
  return list
end

return journal
