--- Controllers and actuators that switch: msm.control has them.

local block = require "msm.block"
local check = require "msm.check"
local core = require "msm.core"

local switch = {}

local ACTION = check.text { one_of = { "reverse", "direct" }, default = "reverse" }

local function deviation(p, SP, PV)
  return p.action == "reverse" and SP - PV or PV - SP
end

local TWO_POINT = block.kind {
  name = "control.two_point",
  state = { Q = false },
  outputs = { "Q" },
  parameters = { hysteresis = check.number { min = 0 } },
  settings = { action = ACTION },
  call = function(state, p, SP, PV)
    block.number(SP, "SP", p)
    block.number(PV, "PV", p)
    local off, half = deviation(p, SP, PV), p.hysteresis / 2
    local Q = state.Q
    if off > half then
      Q = true
    elseif off < -half then
      Q = false
    end
    state.Q = Q
    return Q
  end,
}

-- One direction of a three-point controller: on beyond the deadband, off again `back` nearer.
local function beyond(Q, off, band, back)
  return off > band or (Q and off > band - back)
end

local function check_three_point(p, what)
  if p.hysteresis > p.deadband then
    core.complain(("%s: hysteresis = %s is above deadband = %s; an output goes off on its own side "
      .. "of the set point"):format(what, p.hysteresis, p.deadband))
  end
end

local THREE_POINT = block.kind {
  name = "control.three_point",
  state = { up = false, down = false },
  outputs = { "up", "down" },
  parameters = { deadband = check.number { min = 0 }, hysteresis = check.number { min = 0, default = 0 } },
  settings = { action = ACTION },
  together = check_three_point,
  call = function(state, p, SP, PV)
    block.number(SP, "SP", p)
    block.number(PV, "PV", p)
    local off, band, back = deviation(p, SP, PV), p.deadband, p.hysteresis
    if back > band then -- one of a new text and one that was assigned before
      check_three_point(p, p.block)
    end
    local up, down = beyond(state.up, off, band, back), beyond(state.down, -off, band, back)
    state.up, state.down = up, down
    return up, down
  end,
}

local NONE <const> = -1.0 -- `since` before the first call

local function check_pwm(p, what)
  if p.max <= 0 then
    core.complain(("%s: max = %s is the share that is always on; it must be above 0"):format(what, p.max))
  elseif p.min_on + p.min_off > p.period then
    core.complain(("%s: min_on = %g s and min_off = %g s do not fit in a period of %g s")
      :format(what, p.min_on, p.min_off, p.period))
  end
end

-- The share is looked at once a period, at its beginning.
local PWM = block.kind {
  name = "control.pwm",
  state = { Q = false, since = NONE, lasts = 0.0 },
  moments = { "since" },
  outputs = { "Q" },
  parameters = {
    period = check.duration { min = 0.001 },
    min_on = check.duration { min = 0, default = 0 },
    min_off = check.duration { min = 0, default = 0 },
  },
  settings = { max = check.number { default = 100 } },
  together = check_pwm,
  call = function(state, p, share)
    block.number(share, "share", p)
    local now, period = scan.time, p.period
    local passed = now - state.since
    if state.since == NONE or passed + 1e-6 >= period then
      local lasts = math.max(0.0, math.min(1.0, share / p.max)) * period
      if lasts < p.min_on then
        lasts = 0.0
      elseif period - lasts < p.min_off then
        lasts = period
      end
      local next_one = state.since + period
      local on_time = state.since ~= NONE and passed < 2 * period
      state.since, state.lasts = on_time and next_one or now, lasts
      passed = now - state.since
    end
    local Q = passed + 1e-6 < state.lasts
    state.Q = Q
    return Q
  end,
}

---@class msm.control.TwoPointOptions
---@field hysteresis number from off to on and back, in units of the measurement, 0 or more
---@field action string|nil "reverse" (the default): on below the set point; "direct": on above it
---@field retain boolean|nil

---@class msm.control.TwoPoint
---@field Q boolean output
---@field hysteresis number may be assigned
---@overload fun(SP: number, PV: number): boolean

--- Two-point controller: on when the measurement is more than half of the hysteresis below the set
--- point, off when it is more than that above; with action = "direct" the other way round. In between
--- it stays as it is; it begins off. Both must be finite numbers.
---
---     local heat = control.two_point("heat", { hysteresis = 2 })
---     every("1s", function() mem.HEATER = heat(mem.SETPOINT, mem.TEMP) end)
---@param name string its own among the controllers of this kind
---@param options msm.control.TwoPointOptions
---@return msm.control.TwoPoint
---@nodiscard
function switch.two_point(name, options)
  return block.make(TWO_POINT, name, options)
end

---@class msm.control.ThreePointOptions
---@field deadband number deviation up to which neither output goes on, in units of the measurement,
---        0 or more
---@field hysteresis number|nil so much nearer to the set point an output goes off again, from 0 to
---        the deadband; 0
---@field action string|nil "reverse" (the default): up below the set point; "direct": up above it
---@field retain boolean|nil

---@class msm.control.ThreePoint
---@field up boolean output
---@field down boolean output
---@field deadband number may be assigned
---@field hysteresis number may be assigned
---@overload fun(SP: number, PV: number): boolean, boolean

--- Three-point controller, for a motor that opens and closes: `up` when the measurement is more than
--- the deadband below the set point, `down` when it is that much above. Never both.
---
---     local valve = control.three_point("valve", { deadband = 1, hysteresis = 0.5 })
---     every("1s", function() mem.OPEN, mem.CLOSE = valve(mem.SETPOINT, mem.TEMP) end)
---@param name string its own among the controllers of this kind
---@param options msm.control.ThreePointOptions
---@return msm.control.ThreePoint
---@nodiscard
function switch.three_point(name, options)
  return block.make(THREE_POINT, name, options)
end

---@class msm.control.PWMOptions
---@field period number|string duration of on and off together, s, 1 ms or more
---@field min_on number|string|nil shorter pulses are left out, s; 0
---@field min_off number|string|nil shorter gaps are left out, s; with min_on at most the period; 0
---@field max number|nil share that is always on, above 0; 100
---@field retain boolean|nil what was assigned outlives a restart; a new period begins after it

---@class msm.control.PWM
---@field Q boolean output
---@field period number seconds; may be assigned
---@field min_on number seconds; may be assigned
---@field min_off number seconds; may be assigned
---@overload fun(share: number): boolean

--- Slow pulse-width modulation: in each period on for a share of it, 0 to `max`. The share is taken
--- at the beginning of a period; beyond its range it counts as its end. A pulse ends with the first
--- call after its time, so the period is to be much longer than that of the task. A period that was
--- late does not delay the next; after a stall of a whole one it begins anew.
---
---     local pulses = control.pwm("heater", { period = "20s", min_on = "1s" })
---     every("100ms", function() mem.HEATER = pulses(mem.POWER) end)
---@param name string its own among the blocks of this kind
---@param options msm.control.PWMOptions
---@return msm.control.PWM
---@nodiscard
function switch.pwm(name, options)
  return block.make(PWM, name, options)
end

return switch
