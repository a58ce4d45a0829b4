--- Edges: what happened since the last scan. R_TRIG and F_TRIG are the standard function blocks of
--- IEC 61131-3:2003, 2.5.2.3.2 "Edge detection" (table 35).

local check = require "msm.check"
local block = require "msm.block"

local edge = {}

local function remember(state, M, CLK, Q)
  if M ~= CLK then
    state.M = CLK
  end
  if state.Q ~= Q then
    state.Q = Q
  end
  return Q
end

local R_TRIG = block.kind {
  name = "edge.R_TRIG",
  state = { Q = false, M = false },
  outputs = { "Q" },
  call = function(state, parameters, CLK)
    block.boolean(CLK, "CLK", parameters)
    local M = state.M
    return remember(state, M, CLK, CLK and not M)
  end,
}

-- M is what CLK was, not its opposite as in the standard's text, where the very first call with CLK
-- false gives Q: nothing has fallen there.
local F_TRIG = block.kind {
  name = "edge.F_TRIG",
  state = { Q = false, M = false },
  outputs = { "Q" },
  call = function(state, parameters, CLK)
    block.boolean(CLK, "CLK", parameters)
    local M = state.M
    return remember(state, M, CLK, M and not CLK)
  end,
}

-- What was seen last is a field for each type, since a field of a keep stays what it is.
local CHANGE = block.kind {
  name = "edge.change",
  state = { Q = false, seen = "nothing", number = 0.0, boolean = false, string = "" },
  outputs = { "Q" },
  call = function(state, parameters, value)
    local type = type(value)
    if type ~= "number" and type ~= "boolean" and type ~= "string" or value ~= value then
      block.refuse(parameters, "value", "a number, a boolean or text", value)
    end
    local seen = state.seen
    local is_new = seen ~= type or state[type] ~= value
    if is_new then
      state.seen, state[type] = type, value
    end
    local Q = is_new and seen ~= "nothing"
    if state.Q ~= Q then
      state.Q = Q
    end
    return Q
  end,
}

---@class msm.edge.Edge
---@field Q boolean output: there was an edge in the last call
---@overload fun(CLK: boolean): boolean

---@class msm.edge.Options
---@field retain boolean|nil what the block remembers survives a restart

--- Rising edge, R_TRIG: Q is true in the one call in which CLK has become true. CLK that is true in
--- the very first call counts as one, as the standard says for a cold restart.
---
---     local pressed = edge.R_TRIG("pressed")
---     every("100ms", function() if pressed(mem.BUTTON) then mem.COUNT = mem.COUNT + 1 end end)
---@param name string its own among the rising edges
---@param options msm.edge.Options|nil
---@return msm.edge.Edge
---@nodiscard
function edge.R_TRIG(name, options)
  return block.make(R_TRIG, name, options)
end

--- Falling edge, F_TRIG: Q is true in the one call in which CLK has become false. CLK that is false
--- in the very first call is none: by the letter of the standard's text it would be one; that it
--- shall not is what the guideline IEC 61131-8 recommends.
---@param name string its own among the falling edges
---@param options msm.edge.Options|nil
---@return msm.edge.Edge
---@nodiscard
function edge.F_TRIG(name, options)
  return block.make(F_TRIG, name, options)
end

---@class msm.edge.Change
---@field Q boolean output: the value was another one in the last call
---@overload fun(value: number|boolean|string): boolean

--- Change: true in each call whose value is another one than in the call before; the first one only
--- begins. A value is a number (not NaN), a boolean or text of up to 1024 bytes; 1 and 1.0 are the
--- same, 1 and "1" are not.
---
---     local moved = edge.change("setpoint")
---     every("1s", function() if moved(mem.SETPOINT) then log.info("setpoint %g", mem.SETPOINT) end end)
---@param name string its own among the changes
---@param options msm.edge.Options|nil
---@return msm.edge.Change
---@nodiscard
function edge.change(name, options)
  return block.make(CHANGE, name, options)
end

return check.module("msm.edge", edge)
