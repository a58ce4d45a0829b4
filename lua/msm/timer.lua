--- Timers. A timer is called once in each scan with its input and answers with its output; between
--- calls its fields can be read. Time is `scan.time`, which stands still during a scan, so that a
--- timer called twice says the same twice.
---
--- All that a timer remembers lies in `keep` under its name, so that it goes on through a reload.

local core = require "msm.core"

local timer = {}

-- Times are seconds in floating point: 12.3 - 10.3 is a little less than 2. A microsecond is far
-- above that rounding and far below any scan.
local ROUNDING = 1e-6

---@class msm.timer.TON
---@field Q boolean output: IN has been true for PT
---@field ET number elapsed time since IN became true, in seconds, at most PT
---@field PT number preset time in seconds; may be assigned as a number or as text ("2s", "500ms")
---@overload fun(IN: boolean): boolean
local TON = {}

-- The state of each timer object, which itself stays empty so that every access is looked at. Beside
-- it what belongs to the script's text: the name, and the PT that the script's body gave.
local states = setmetatable({}, { __mode = "k" })
local names = setmetatable({}, { __mode = "k" })
local stated = setmetatable({}, { __mode = "k" })

local IDLE = -1 -- `since` while IN is false; scan.time begins at 0
local NONE = -1 -- `assigned` until PT is assigned, over the one that was stated

local FIELDS = { Q = true, ET = true, PT = true }

-- A PT that was assigned holds as long as the script's text says what it said then: one that is
-- edited there applies.
local function preset(self, state)
  local assigned, PT = state.assigned, stated[self]
  return assigned ~= NONE and state.over == PT and assigned or PT
end

local function check_field(self, key)
  if not FIELDS[key] then
    error(("timer %q has no %s; it has Q, ET and PT"):format(names[self], tostring(key)), 3)
  end
end

function TON.__index(self, key)
  check_field(self, key)
  local state = states[self]
  if key == "PT" then
    return preset(self, state)
  end
  return state[key]
end

function TON.__newindex(self, key, value)
  check_field(self, key)
  if key ~= "PT" then
    error(("timer %q: %s is made by the timer; PT can be assigned"):format(names[self], key), 2)
  end
  local state = states[self]
  state.assigned, state.over = core.duration(value, ("timer %q: PT"):format(names[self])), stated[self]
end

function TON.__call(self, IN)
  local state = states[self]
  if type(IN) ~= "boolean" then
    error(("timer %q: IN must be true or false, not %s"):format(names[self], tostring(IN)), 2)
  end
  local since, now = state.since, scan.time
  if not IN then
    if since ~= IDLE then
      state.since, state.ET, state.Q = IDLE, 0.0, false
    end
    return false
  end
  if since == IDLE then
    since, state.since = now, now
  end
  local PT, elapsed = preset(self, state), now - since
  local Q = elapsed + ROUNDING >= PT
  state.ET = Q and PT or elapsed
  state.Q = Q
  return Q
end

--- On-delay timer, TON of IEC 61131-3 (standard function block, timers): Q becomes true when IN has
--- been true for PT, and false as soon as IN is false.
---
---     local low = timer.TON("low", "2s")
---     every("100ms", function() mem.PUMP = low(mem.LEVEL < 20) end)
---
--- ET runs from the first call with IN true and stops at PT; a call with IN false sets it to 0.
--- With PT = 0 the first call with IN true gives Q. PT may change while ET runs: what counts is for
--- how long IN has been true. Through a reload a timer runs on; a PT edited in the script's text
--- applies.
---@param name string its own among the timers of the program
---@param PT number|string preset time: seconds, or text as "2s", "500ms", "10m"
---@return msm.timer.TON
---@nodiscard
function timer.TON(name, PT)
  if type(name) ~= "string" or name == "" then
    error(("timer.TON: the name is %s; give it one of its own, as in timer.TON(\"low\", \"2s\")")
      :format(name == "" and "empty" or tostring(name)), 2)
  end
  local seconds = core.duration(PT, "timer.TON")
  local object = setmetatable({}, TON)
  states[object] = keep("timer." .. name, { since = IDLE, ET = 0.0, Q = false, assigned = NONE, over = NONE })
  names[object], stated[object] = name, seconds
  return object
end

return timer
