--- Alarms, as ISA-18.2 / IEC 62682 have them: what is abnormal and wants somebody to act. An alarm is
--- called once in each scan, with a value or a condition, and remembers whether people have seen it.
---
---     local alarm = require "msm.alarm"
---     local high = alarm.limit("level high", { hi = 90, deadband = 2, on_delay = "3s", priority = "high",
---                                              text = "Tank level %g %%" })
---     local trip = alarm.condition("pump trip", { text = "The pump does not run", latch = true })
---     every("100ms", function()
---       high(mem.LEVEL)
---       trip(mem.START and not mem.RUNS)
---       mem.HORN = alarm.count() > 0
---     end)
---
--- | state           | condition | acknowledged | |
--- |-----------------|-----------|--------------|-|
--- | normal          | gone      | yes          | |
--- | unacknowledged  | there     | no           | it came; the horn sounds |
--- | acknowledged    | there     | yes          | |
--- | returned        | gone      | no           | it came and went, and nobody has seen it |
--- | latched         | gone      | yes          | only with `latch`: until somebody resets it |
--- | shelved         |           |              | hidden by a person, for a time |
--- | suppressed      |           |              | hidden by the program: it means nothing now |
--- | out of service  |           |              | hidden by a person, until put back |
---
--- What an alarm answers with is whether it is on, whatever people did with it: logic may be built on
--- it, and nobody turns an interlock off by shelving. Acknowledging never clears.
---
--- States, shelves and the journal are retained: an alarm that was acknowledged before a restart does
--- not come again by it, and one that was shelved stays so. Delays that were running begin anew.

local check = require "msm.check"
local core = require "msm.core"
local journal = require "msm.alarm.journal"
local kinds = require "msm.alarm.kinds"
local made = require "msm.alarm.made"
require "msm.alarm.told"

local alarm = {}

local PRIORITIES <const> = { urgent = 1, high = 2, medium = 3, low = 4 }
local SHELF <const> = check.duration { min = "1s", max = "7d" }

local all, by_name = made.all, made.by_name

---@class msm.alarm.Options
---@field priority "urgent"|"high"|"medium"|"low"|nil "medium"
---@field text string|nil what people read; the name without it; at most 200 bytes
---@field group string|nil first-out group: of alarms that follow one another, the first one is marked
---@field latch boolean|nil stays on, when the condition is gone, until it was acknowledged and reset
---@field on_delay number|string|nil for how long it must be so before the alarm comes; 0
---@field off_delay number|string|nil for how long it must not be so before the alarm goes; 0
---@field retain boolean|nil what it remembers survives a restart; true

---@class msm.alarm.LimitOptions : msm.alarm.Options
---@field lolo number|nil
---@field lo number|nil
---@field hi number|nil
---@field hihi number|nil
---@field deadband number|nil how far back inside a limit the value must come; 0

---@class msm.alarm.Alarm
---@field active boolean the condition is there, delays and deadband counted in
---@field on boolean active, or held by the latch
---@field message string what was said when it came last, "" before
---@field suppress fun(self: msm.alarm.Alarm, suppressed: boolean) call it in each scan
---@field word fun(self: msm.alarm.Alarm): string the state
---@field pending fun(self: msm.alarm.Alarm): boolean whether it may change by time alone: a delay runs, or a shelf
---@field row fun(self: msm.alarm.Alarm): msm.alarm.Row

---@class msm.alarm.Limit : msm.alarm.Alarm
---@field level string "", "lolo", "lo", "hi" or "hihi"; limits, deadband and delays may be assigned
---@overload fun(value: number): boolean

---@class msm.alarm.Condition : msm.alarm.Alarm
---@overload fun(condition: boolean): boolean

--- An alarm for a value at or beyond limits. It comes when the value was at `hi` or above (at `lo` or
--- below) for on_delay without a break, and goes when it was further than the deadband back inside for
--- off_delay. Each limit has its own delays; the worst that is exceeded is the alarm's level. Another
--- level that is worse, or on the other side, is a new alarm: it has to be acknowledged again.
---
--- In `text` the value stands where `%g` does (or `%.1f`, …), as it was when the alarm came. Raises for
--- a value that is no number.
---@param name string its own among all alarms, at most 35 bytes
---@param options msm.alarm.LimitOptions
---@return msm.alarm.Limit
---@nodiscard
function alarm.limit(name, options)
  check.name("alarm.limit", name)
  local given = type(options) == "table" and options or {}
  made.check_order(name, given)
  return made.make(kinds.limit, name, options, made.message_of(name, given.text))
end

--- An alarm for a condition that is true.
---@param name string its own among all alarms, at most 31 bytes
---@param options msm.alarm.Options|nil
---@return msm.alarm.Condition
---@nodiscard
function alarm.condition(name, options)
  return made.make(kinds.condition, name, options)
end

-- ---- what people do ----

local function find(what, name)
  if core.declaring() then
    core.complain(("alarm.%s belongs in a task: the script's body runs again at each reload"):format(what))
  end
  local entry = type(name) == "string" and by_name[name]
  if entry then
    return entry.block
  end
  local names = {}
  for i, one in ipairs(all) do
    names[i] = one.name
  end
  local nearest = type(name) == "string" and core.nearest(name, names)
  core.complain(("alarm.%s: there is no alarm %s%s"):format(what,
    type(name) == "string" and ("%q"):format(name) or tostring(name),
    nearest and ("; did you mean %q?"):format(nearest) or ""))
end

local TELLS_PEOPLE <const> = { unacknowledged = true, returned = true }

-- For one, or for all that are to be done; answers how many there were.
local function each(what, name, method, who, wants)
  if name ~= nil then
    local one = find(what, name)
    return one[method](one, who) and 1 or 0
  elseif core.declaring() then
    find(what, name) -- refuses
  end
  local count = 0
  for _, entry in ipairs(all) do
    local one = entry.block
    if wants[one:word()] and one[method](one, who) then
      count = count + 1
    end
  end
  return count
end

local function optional_text(what, value)
  return check.value(what, value, check.text { optional = true })
end

--- Acknowledges an alarm, or all that people were told of. The alarm stays on as long as it is.
---@param name string|nil all without it
---@param who string|nil for the journal
---@return integer count how many were not acknowledged before
function alarm.ack(name, who)
  return each("ack", name, "ack", optional_text("alarm.ack: who", who), TELLS_PEOPLE)
end

--- Ends the latch of an alarm, or of all, where the condition is gone and was acknowledged.
---@param name string|nil all without it
---@param who string|nil for the journal
---@return integer count how many were held by their latch only
function alarm.reset(name, who)
  return each("reset", name, "reset", optional_text("alarm.reset: who", who), { latched = true })
end

--- Hides an alarm from people for a time. What comes and goes meanwhile needs no acknowledgement; what
--- is still there at the end does, unless it was acknowledged before. A clock that is set back ends it.
---@param name string
---@param time number|string at least a second, at most "7d"
---@param reason string|nil
---@param who string|nil
function alarm.shelve(name, time, reason, who)
  local one = find("shelve", name)
  one:shelve(check.value("alarm.shelve: time", time, SHELF), optional_text("alarm.shelve: reason", reason),
    optional_text("alarm.shelve: who", who))
end

--- Ends that before its time.
---@param name string
---@param who string|nil
---@return boolean was_shelved
function alarm.unshelve(name, who)
  return find("unshelve", name):unshelve(optional_text("alarm.unshelve: who", who))
end

--- Takes an alarm out of service: hidden until alarm.enable, as for a repair.
---@param name string
---@param reason string|nil
---@param who string|nil
---@return boolean was_in_service
function alarm.disable(name, reason, who)
  return find("disable", name):disable(optional_text("alarm.disable: reason", reason),
    optional_text("alarm.disable: who", who))
end

--- Puts it back in service.
---@param name string
---@param who string|nil
---@return boolean was_out_of_service
function alarm.enable(name, who)
  return find("enable", name):enable(optional_text("alarm.enable: who", who))
end

-- ---- what people see ----

---@class msm.alarm.Row
---@field name string
---@field state string see above
---@field priority string
---@field group string|nil
---@field text string as it was when the alarm came last
---@field active boolean
---@field acknowledged boolean
---@field first boolean the first one of its group, until it is normal
---@field level string|nil of a limit, when it came last
---@field value number|nil the value then
---@field since number|nil UTC when it came last, as scan.now
---@field shelved_until number|nil UTC
---@field reason string|nil why it is hidden
---@field by string|nil who did that

local URGENCY <const> = { unacknowledged = 1, returned = 2, acknowledged = 3, latched = 4 }

local function is_before(a, b)
  local left, right = URGENCY[a.state] or 5, URGENCY[b.state] or 5
  if left ~= right then
    return left < right
  elseif a.priority ~= b.priority then
    return PRIORITIES[a.priority] < PRIORITIES[b.priority]
  elseif (a.since or 0) ~= (b.since or 0) then
    return (a.since or 0) > (b.since or 0)
  end
  return a.place < b.place
end

--- The alarms that are not normal: those to be acknowledged first, then by priority, the newest
--- first. With "all" the others, too.
---@param which "all"|nil
---@return msm.alarm.Row[]
function alarm.list(which)
  check.value("alarm.list", which, check.text { one_of = { "all" }, optional = true })
  local rows = {}
  for place, entry in ipairs(all) do
    local row = entry.block:row()
    row.place = place
    if which or row.state ~= "normal" then
      rows[#rows + 1] = row
    end
  end
  table.sort(rows, is_before)
  for _, row in ipairs(rows) do
    row.place = nil
  end
  return rows
end

--- How many alarms are to be acknowledged: what a horn wants to know.
---@param priority string|nil only those of this priority
---@return integer
function alarm.count(priority)
  if priority ~= nil and not PRIORITIES[priority] then
    check.value("alarm.count", priority, check.text { one_of = { "urgent", "high", "medium", "low" } })
  end
  local count = 0
  for _, entry in ipairs(all) do
    local one = entry.block
    if TELLS_PEOPLE[one:word()] and (not priority or one:row().priority == priority) then
      count = count + 1
    end
  end
  return count
end

--- What happened to alarms, the newest first: the last 200 changes, through restarts.
---@param most integer|nil at most so many
---@return msm.alarm.Entry[]
function alarm.journal(most)
  return journal.newest(check.value("alarm.journal", most, check.integer { min = 1, default = 200 }))
end

return check.module("msm.alarm", alarm)
