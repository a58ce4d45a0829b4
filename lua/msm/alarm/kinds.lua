--- The blocks that watch something and give alarm: a value beyond limits, a condition. msm.alarm has
--- them.

local block = require "msm.block"
local check = require "msm.check"
local state = require "msm.alarm.state"

local kinds = {}

local ROUNDING <const> = 1e-6 -- see msm.timer
local IDLE <const> = -1.0 -- of a moment, while nothing runs

-- The worse ones first, each with the names of its fields.
local LEVELS <const> = {
  { name = "hihi", on = "hihi_on", since = "hihi_since", high = true },
  { name = "lolo", on = "lolo_on", since = "lolo_since", high = false },
  { name = "hi", on = "hi_on", since = "hi_since", high = true },
  { name = "lo", on = "lo_on", since = "lo_since", high = false },
}

-- Whether something was so for long enough; `on` and `since` are names of fields.
local function delayed(s, p, on, since, now_so)
  if now_so == s[on] then
    if s[since] ~= IDLE then
      s[since] = IDLE
    end
    return now_so
  end
  if s[since] == IDLE then
    s[since] = scan.time
  end
  if scan.time - s[since] + ROUNDING >= (now_so and p.on_delay or p.off_delay) then
    s[on], s[since] = now_so, IDLE
  end
  return s[on]
end

local function is_beyond(level, limit, value, deadband)
  if limit == nil then
    return false
  elseif level.high then
    return value >= limit - deadband
  end
  return value <= limit + deadband
end

-- Every level has its own delays; the worst that is on is the alarm's.
local function worst(s, p, value)
  local found
  for _, level in ipairs(LEVELS) do
    local beyond = is_beyond(level, p[level.name], value, s[level.on] and p.deadband or 0)
    if delayed(s, p, level.on, level.since, beyond) and not found then
      found = level.name
    end
  end
  return found
end

-- Whether anything about it changes with time alone: a delay runs, or a shelf.
local function pending(s)
  for _, since in ipairs { "hihi_since", "hi_since", "lo_since", "lolo_since", "met_since" } do
    if (s[since] or IDLE) ~= IDLE then
      return true
    end
  end
  return s.shelved_until > 0
end

local METHODS = {
  ack = state.ack, reset = state.reset, shelve = state.shelve, unshelve = state.unshelve,
  suppress = state.suppress, disable = state.disable, enable = state.enable, row = state.row,
  word = state.word, pending = pending,
}

local SETTINGS = {
  name = check.text(),
  priority = check.text { one_of = { "urgent", "high", "medium", "low" }, default = "medium" },
  text = check.text { optional = true },
  group = check.text { optional = true },
  latch = check.boolean { default = false },
}

local function with(common, more)
  local all = {}
  for _, part in ipairs { common, more } do
    for key, value in pairs(part) do
      all[key] = value
    end
  end
  return all
end

-- What people did is to outlive a restart.
local function kind_of(description)
  local kind = block.kind(description)
  kind.rules.retain = check.boolean { default = true }
  return kind
end

local LIMIT = {
  state = with(state.first, {
    hihi_on = false, hi_on = false, lo_on = false, lolo_on = false,
    hihi_since = IDLE, hi_since = IDLE, lo_since = IDLE, lolo_since = IDLE,
  }),
  moments = { "hihi_since", "hi_since", "lo_since", "lolo_since" },
  outputs = { "active", "on", "level", "value", "message" },
  parameters = {
    hihi = check.number { optional = true }, hi = check.number { optional = true },
    lo = check.number { optional = true }, lolo = check.number { optional = true },
    deadband = check.number { min = 0, default = 0 },
    on_delay = check.duration { default = 0 }, off_delay = check.duration { default = 0 },
  },
  settings = with(SETTINGS, { message = check.func() }),
  methods = METHODS,
  call = function(s, p, value)
    block.number(value, "value", p)
    local level = worst(s, p, value)
    return state.update(s, p, level ~= nil, level or "", value)
  end,
}

local CONDITION = {
  state = with(state.first, { met_on = false, met_since = IDLE }),
  moments = { "met_since" },
  outputs = { "active", "on", "message" },
  parameters = { on_delay = check.duration { default = 0 }, off_delay = check.duration { default = 0 } },
  settings = SETTINGS,
  methods = METHODS,
  call = function(s, p, condition)
    block.boolean(condition, "condition", p)
    return state.update(s, p, delayed(s, p, "met_on", "met_since", condition), "")
  end,
}

-- What an alarm remembers is kept under its kind's name: declared ones and links are in nobody's way.
local function named(name, description)
  return kind_of(with(description, { name = name }))
end

kinds.limit, kinds.condition = named("alarm.limit", LIMIT), named("alarm.condition", CONDITION)
kinds.declared, kinds.link = named("alarm", LIMIT), named("link", CONDITION)

return kinds
