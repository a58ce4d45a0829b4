--- Timers. A timer is called once in each scan with its input and answers with its output; between
--- calls its fields can be read. Time is `scan.time`, which stands still during a scan, so that a
--- timer called twice says the same twice.
---
--- All that a timer remembers lies in `keep` under its name, as plain data.

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

-- The state of each timer object, which itself stays empty so that every access is looked at.
local states = setmetatable({}, { __mode = "k" })

local function check_field(state, key)
  if state[key] == nil or key == "since" then
    error(("timer %q has no %s; it has Q, ET and PT"):format(state.name, tostring(key)), 3)
  end
end

function TON.__index(self, key)
  local state = states[self]
  check_field(state, key)
  return state[key]
end

function TON.__newindex(self, key, value)
  local state = states[self]
  check_field(state, key)
  if key ~= "PT" then
    error(("timer %q: %s is made by the timer; PT can be assigned"):format(state.name, key), 2)
  end
  state.PT = core.duration(value, ("timer %q: PT"):format(state.name))
end

local function reset(state)
  state.since, state.ET, state.Q = false, 0, false
  return false
end

function TON.__call(self, IN)
  local state = states[self]
  if type(IN) ~= "boolean" then
    error(("timer %q: IN must be true or false, not %s"):format(state.name, tostring(IN)), 2)
  end
  if not IN then
    return reset(state)
  end
  state.since = state.since or scan.time
  local elapsed = scan.time - state.since
  state.Q = elapsed + ROUNDING >= state.PT
  state.ET = state.Q and state.PT or elapsed
  return state.Q
end

--- On-delay timer, TON of IEC 61131-3 (standard function block, timers): Q becomes true when IN has
--- been true for PT, and false as soon as IN is false.
---
---     local low = timer.TON("low", "2s")
---     every("100ms", function() mem.PUMP = low(mem.LEVEL < 20) end)
---
--- ET runs from the first call with IN true and stops at PT; a call with IN false sets it to 0.
--- With PT = 0 the first call with IN true gives Q. PT may change while ET runs: what counts is for
--- how long IN has been true.
---@param name string its own among the timers of the program
---@param PT number|string preset time: seconds, or text as "2s", "500ms", "10m"
---@return msm.timer.TON
---@nodiscard
function timer.TON(name, PT)
  if type(name) ~= "string" or name == "" then
    error(("timer.TON: the name is %s; give it one of its own, as in timer.TON(\"low\", \"2s\")")
      :format(name == "" and "empty" or tostring(name)), 2)
  end
  local state = keep("timer." .. name, {
    name = name, PT = core.duration(PT, "timer.TON"), since = false, ET = 0, Q = false,
  })
  local object = setmetatable({}, TON)
  states[object] = state
  return object
end

return timer
