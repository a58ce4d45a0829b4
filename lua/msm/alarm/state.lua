--- The states of one alarm and what leads from one to another, as ISA-18.2 / IEC 62682 (clause 5.6,
--- the alarm state transition diagram) have them. msm.alarm makes alarms of it.
---
--- A state is plain data: `active`, the condition is there, delays and deadband counted in; `on`,
--- active or held by a latch; `acked`, nobody needs to be told any more; and what hides the alarm
--- from people: a shelf, suppression by the program, out of service.

local journal = require "msm.alarm.journal"

local state = {}

--- What every alarm remembers, with first values.
state.first = {
  active = false, on = false, acked = true,
  level = "", value = 0.0, message = "", since = 0.0,
  shelved_at = 0.0, shelved_until = 0.0, suppressed = false, disabled = false,
  reason = "", by = "",
}

local SEVERITY <const> = { [""] = 0, lo = 1, hi = 1, lolo = 2, hihi = 2 }

-- Of each group of alarms, which was the first.
local firsts = keep("alarm.first", { by_group = {} }, { retain = true })

local groups = {} -- by name: a function for each alarm in it that answers with its state's word

--- Whether people are not to be told of it for now.
---@param s table
---@return boolean
function state.is_hidden(s)
  return s.disabled or s.suppressed or s.shelved_until > 0
end

--- The state's name.
---@param s table
---@return string word
function state.word(s)
  if s.disabled then
    return "out of service"
  elseif s.suppressed then
    return "suppressed"
  elseif s.shelved_until > 0 then
    return "shelved"
  elseif s.active then
    return s.acked and "acknowledged" or "unacknowledged"
  elseif not s.acked then
    return "returned"
  end
  return s.on and "latched" or "normal"
end

-- ---- first-out ----

local STANDS <const> = { unacknowledged = true, acknowledged = true, returned = true, latched = true }

--- An alarm is in a group.
---@param group string
---@param word fun(): string
function state.join(group, word)
  groups[group] = groups[group] or {}
  table.insert(groups[group], word)
end

-- Asked before it stands itself.
local function note_first(p)
  for _, word in ipairs(groups[p.group]) do
    if STANDS[word()] then
      return
    end
  end
  firsts.by_group[p.group] = p.name
end

--- Whether it is the one of its group that came first and that the others followed.
---@param s table
---@param p table
---@return boolean
function state.is_first(s, p)
  return p.group ~= nil and STANDS[state.word(s)] == true and firsts.by_group[p.group] == p.name
end

-- ---- one scan ----

local function announce(s, p, level, value)
  if p.group and not state.is_hidden(s) and not STANDS[state.word(s)] then
    note_first(p)
  end
  s.active, s.on, s.acked, s.since, s.level = true, true, false, scan.now, level
  s.message = p.message and p.message(value) or p.text or p.name
  s.value = value or 0.0
  journal.add(p.name, "active", { level = level ~= "" and level or nil, value = value })
end

-- Another level of one that is active. One that is worse, or on the other side, is news.
local function change_level(s, p, level, value)
  local is_news = SEVERITY[level] > SEVERITY[s.level] or level:sub(1, 2) ~= s.level:sub(1, 2)
  if is_news then
    return announce(s, p, level, value)
  end
  s.level = level
  journal.add(p.name, "level", { level = level, value = value })
end

-- Nobody has to acknowledge what came and went while it was hidden.
local function go_back(s, p)
  s.active, s.on = false, p.latch
  if state.is_hidden(s) then
    s.acked = true
  end
  journal.add(p.name, "returned")
end

-- A clock that was set back would lengthen the time: then it is over.
local function look_at_shelf(s, p)
  if s.shelved_until > 0 and (scan.now >= s.shelved_until or scan.now < s.shelved_at) then
    state.unshelve(s, p)
  end
end

--- One scan: what the condition says now.
---@param s table
---@param p table the alarm's settings
---@param active boolean
---@param level string "" for a condition
---@param value number|nil
---@return boolean on
function state.update(s, p, active, level, value)
  look_at_shelf(s, p)
  if not active then
    if s.active then
      go_back(s, p)
    end
  elseif not s.active then
    announce(s, p, level, value)
  elseif level ~= s.level then
    change_level(s, p, level, value)
  end
  return s.on
end

-- ---- what people do; each says whether it changed anything ----

--- Somebody has seen it.
function state.ack(s, p, who)
  if s.acked then
    return false
  end
  s.acked = true
  journal.add(p.name, "acknowledged", { who = who })
  return true
end

--- The end of a latch, when the condition is gone and was acknowledged.
function state.reset(s, p, who)
  if s.active or not s.on or not s.acked then
    return false
  end
  s.on = false
  journal.add(p.name, "reset", { who = who })
  return true
end

--- Hidden for a time.
function state.shelve(s, p, seconds, reason, who)
  s.shelved_at, s.shelved_until = scan.now, scan.now + seconds
  s.reason, s.by = reason or "", who or ""
  journal.add(p.name, "shelved", { who = who, reason = reason })
  return true
end

--- The end of that.
function state.unshelve(s, p, who)
  if s.shelved_until == 0 then
    return false
  end
  s.shelved_at, s.shelved_until = 0.0, 0.0
  journal.add(p.name, "unshelved", { who = who })
  return true
end

--- The program knows that it means nothing now.
function state.suppress(s, p, suppressed)
  if s.suppressed == suppressed then
    return false
  end
  s.suppressed = suppressed
  journal.add(p.name, suppressed and "suppressed" or "unsuppressed")
  return true
end

--- Out of service, until somebody puts it back.
function state.disable(s, p, reason, who)
  if s.disabled then
    return false
  end
  s.disabled, s.reason, s.by = true, reason or "", who or ""
  journal.add(p.name, "out of service", { who = who, reason = reason })
  return true
end

--- Back in service.
function state.enable(s, p, who)
  if not s.disabled then
    return false
  end
  s.disabled = false
  journal.add(p.name, "in service", { who = who })
  return true
end

local function filled(text)
  return text ~= "" and text or nil
end

--- All that there is to show of it.
---@param s table
---@param p table
---@return msm.alarm.Row
function state.row(s, p)
  local hidden = state.is_hidden(s)
  return {
    name = p.name, state = state.word(s), priority = p.priority, group = p.group,
    text = filled(s.message) or p.text or p.name,
    active = s.active, acknowledged = s.acked, first = state.is_first(s, p),
    level = filled(s.level), value = p.message and s.since > 0 and s.value or nil,
    since = s.since > 0 and s.since or nil,
    shelved_until = s.shelved_until > 0 and s.shelved_until or nil,
    reason = hidden and filled(s.reason) or nil, by = hidden and filled(s.by) or nil,
  }
end

return state
