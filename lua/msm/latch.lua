--- Latches: what is set stays set until it is reset. SR and RS are the standard function blocks of
--- IEC 61131-3:2003, 2.5.2.3.1 "Bistable elements" (table 34); they differ in who wins when both inputs are true.

local check = require "msm.check"
local block = require "msm.block"

local latch = {}

local SR = block.kind {
  name = "latch.SR",
  again = true,
  state = { Q1 = false },
  outputs = { "Q1" },
  call = function(state, parameters, S1, R)
    block.boolean(S1, "S1", parameters)
    block.boolean(R, "R", parameters)
    local was = state.Q1
    local Q1 = S1 or was and not R
    if Q1 ~= was then
      state.Q1 = Q1
    end
    return Q1
  end,
}

local RS = block.kind {
  name = "latch.RS",
  again = true,
  state = { Q1 = false },
  outputs = { "Q1" },
  call = function(state, parameters, S, R1)
    block.boolean(S, "S", parameters)
    block.boolean(R1, "R1", parameters)
    local was = state.Q1
    local Q1 = (S or was) and not R1
    if Q1 ~= was then
      state.Q1 = Q1
    end
    return Q1
  end,
}

---@class msm.latch.Options
---@field retain boolean|nil what the latch remembers survives a restart

---@class msm.latch.SR
---@field Q1 boolean output
---@overload fun(S1: boolean, R: boolean): boolean

---@class msm.latch.RS
---@field Q1 boolean output
---@overload fun(S: boolean, R1: boolean): boolean

--- Latch that is set first, SR: Q1 is set by S1 and reset by R; with both true it is set.
---@param name string its own among the SR latches
---@param options msm.latch.Options|nil
---@return msm.latch.SR
---@nodiscard
function latch.SR(name, options)
  return block.make(SR, name, options)
end

--- Latch that is reset first, RS: Q1 is set by S and reset by R1; with both true it is reset.
---
---     local run = latch.RS("run")
---     every("100ms", function() mem.MOTOR = run(mem.START, mem.STOP or mem.TRIPPED) end)
---@param name string its own among the RS latches
---@param options msm.latch.Options|nil
---@return msm.latch.RS
---@nodiscard
function latch.RS(name, options)
  return block.make(RS, name, options)
end

return check.module("msm.latch", latch)
