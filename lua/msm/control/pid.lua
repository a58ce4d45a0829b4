--- The PID controller, by itself: msm.control has it as `control.PID`.
---
--- Position form, one step for each call, over the `dt` of the task that calls it. The derivative
--- acts on the measurement through a first-order filter, so that neither a new set point nor noise
--- kicks the output; the integral stops at the limits of the output (conditional integration). The
--- form, both remedies and bumpless changes: Åström and Hägglund, "PID Controllers: Theory, Design,
--- and Tuning", 2nd edition, chapter 3.

local block = require "msm.block"
local check = require "msm.check"
local core = require "msm.core"

local abs <const>, max <const>, min <const> = math.abs, math.max, math.min

-- Proportional, integral (1/s) and derivative (s) gain. An ideal controller has one gain for all
-- three, a parallel one has one for each.
local function gains(p)
  if p.form == "parallel" then
    return p.kp, p.ki, p.kd
  end
  return p.kp, p.ti > 0 and p.kp / p.ti or 0.0, p.kp * p.td
end

-- How far the measurement is from the set point, in the direction in which the output has to go.
-- Within the deadband it is not off at all, and beyond it only by what is beyond.
local function deviation(p, SP, PV)
  local off, band = p.action == "reverse" and SP - PV or PV - SP, p.deadband
  if off > band then
    return off - band
  end
  return off < -band and off + band or 0.0
end

-- The filtered derivative of the measurement, by the backward difference. Its filter has the time
-- constant of derivative to proportional gain, divided by n.
local function derivative(state, p, kp, kd, PV, dt)
  if kd == 0 then
    return 0.0
  elseif dt <= 0 then -- on_start or msm eval
    return state.D
  end
  local moved = p.action == "reverse" and state.PV - PV or PV - state.PV
  local filter = kp ~= 0 and abs(kd / kp) / p.n or 0.0
  return (filter * state.D + kd * moved) / (filter + dt)
end

local function limited(p, value)
  return value < p.min and p.min or value > p.max and p.max or value
end

-- One step of the integral, at most up to where the output reaches its limit; `others` is what the
-- other terms add up to.
local function integrated(state, p, step, others)
  local sum = others + state.I + step
  if step > 0 and sum > p.max then
    step = max(0.0, step - (sum - p.max))
  elseif step < 0 and sum < p.min then
    step = min(0.0, step - (sum - p.min))
  end
  return state.I + step
end

-- Gains or a deadband that were changed: the integral makes up for what they change, so that the
-- output of the last call would have been the same. Beyond a limit there is nothing to make up for
-- as long as the output stays at it. A limit that came nearer takes the integral along: else the
-- output would stick to it later.
local function take_over(state, p, kp, kd)
  local OUT = limited(p, state.OUT)
  local I, P, D = state.I + (OUT - state.OUT), kp * deviation(p, state.SP, state.PV), state.D
  if kd ~= state.kd then
    D = state.kd ~= 0 and D * kd / state.kd or 0.0
  end
  if P ~= state.P or D ~= state.D then
    local sum = P + D + state.FF + I
    I = limited(p, sum) == OUT and I or I + (OUT - sum)
  end
  state.I, state.D, state.kd = I, D, kd
end

-- The first call: nothing has moved and no time has passed. The integral is 0, or after a restart
-- with `retain` what it was.
local function begin(state, p, kd, SP, PV)
  state.SP, state.PV, state.D, state.kd, state.auto, state.running = SP, PV, 0.0, kd, p.auto, true
end

-- In manual the integral follows the output, and in automatic `manual` does: either way the other
-- goes on from there.
local function output(state, p, others, ki, change)
  local auto = p.auto
  if ki == 0 then
    state.I = 0.0
  elseif not auto then
    state.I = limited(p, p.manual) - others
  elseif state.auto then
    state.I = integrated(state, p, change, others)
  else
    state.I = state.OUT - others
  end
  local OUT = limited(p, auto and others + state.I or p.manual)
  if auto and p.manual ~= OUT then
    block.follow(p, "manual", OUT)
  end
  return OUT
end

local FOREIGN = { ideal = { "ki", "kd" }, parallel = { "ti", "td" } }
local OTHER = { ideal = "parallel", parallel = "ideal" }

local function check_together(p, what, assigned)
  for _, key in ipairs(FOREIGN[p.form]) do
    if (assigned == nil or assigned == key) and p[key] ~= 0 then
      core.complain(("%s: %s belongs to the %s form; this one is %s"):format(what, key, OTHER[p.form], p.form))
    end
  end
  if p.form == "ideal" and p.kp == 0 then
    core.complain(("%s: with kp = 0 the ideal form does nothing, as kp is the gain of all three terms; "
      .. "for integral action alone there is form = \"parallel\""):format(what))
  elseif p.min >= p.max then
    core.complain(("%s: min = %s is not below max = %s; %s"):format(what, p.min, p.max, assigned
      and "to move both, begin with the one that moves away"
      or "they are the limits of its output, 0 and 100 unless given"))
  end
end

-- The state as a call works on it: what the keep holds, until it is written back.
local now = {}

local function step(state, p, SP, PV, FF)
  FF = FF == nil and 0.0 or FF
  if not core.finite(SP, PV, FF) then
    block.number(SP, "SP", p)
    block.number(PV, "PV", p)
    block.number(FF, "FF", p)
  end
  if p.min >= p.max then -- one of a new text and one that was assigned before
    check_together(p, p.block, "max")
  end
  SP, PV, FF = SP + 0.0, PV + 0.0, FF + 0.0
  local dt, kp, ki, kd = core.dt(), gains(p)
  now.OUT, now.P, now.I, now.D, now.SP, now.PV, now.FF, now.kd, now.auto, now.running =
    core.read(state, "OUT", "P", "I", "D", "SP", "PV", "FF", "kd", "auto", "running")
  if now.running then
    take_over(now, p, kp, kd)
  else
    begin(now, p, kd, SP, PV)
    dt = 0.0
  end
  local E = deviation(p, SP, PV)
  local P, D = kp * E, derivative(now, p, kp, kd, PV, dt)
  local OUT = output(now, p, P + D + FF, ki, ki * E * dt)
  core.write(state, "OUT", OUT, "P", P, "I", now.I, "D", D, "SP", SP, "PV", PV, "FF", FF, "kd", kd, "auto", p.auto,
    "running", true)
  return OUT
end

local GAIN = check.number { min = 0, default = 0 }

local PID = block.kind {
  name = "control.PID",
  state = {
    OUT = 0.0, P = 0.0, I = 0.0, D = 0.0, SP = 0.0, PV = 0.0, FF = 0.0,
    kd = 0.0, auto = false, running = false,
  },
  moments = { "running" }, -- what was measured before a restart says nothing about how it moves
  outputs = { "OUT", "P", "I", "D", "SP", "PV", "FF" },
  parameters = {
    kp = check.number { min = 0 },
    ti = check.duration { min = 0, default = 0 },
    td = check.duration { min = 0, default = 0 },
    ki = GAIN,
    kd = GAIN,
    n = check.number { min = 1, default = 10 },
    min = check.number { default = 0 },
    max = check.number { default = 100 },
    deadband = check.number { min = 0, default = 0 },
    auto = check.boolean { default = true },
    manual = check.number { default = 0 },
  },
  followers = { "manual" },
  settings = {
    form = check.text { one_of = { "ideal", "parallel" }, default = "ideal" },
    action = check.text { one_of = { "reverse", "direct" }, default = "reverse" },
  },
  together = check_together,
  call = step,
}

---@class msm.control.PIDOptions
---@field kp number proportional gain, 0 or more (ideal form: above 0): units of the output per unit
---        of the measurement
---@field ti number|string|nil ideal form: integral time, s; 0, the default, is none
---@field td number|string|nil ideal form: derivative time, s; 0, the default, is none
---@field ki number|nil parallel form: integral gain, kp's unit per second, 0 or more; 0
---@field kd number|nil parallel form: derivative gain, kp's unit times seconds, 0 or more; 0
---@field n number|nil 1 or more: the derivative's filter has the time constant td / n, in the
---        parallel form kd / kp / n (with kp = 0 there is no filter); 10
---@field min number|nil least output; 0
---@field max number|nil greatest output, above min; 100
---@field deadband number|nil 0 or more, in units of the measurement: a deviation up to this counts
---        as none, and one beyond it by what is beyond; 0
---@field action string|nil "reverse" (the default): more measurement, less output, as for heating
---        or filling; "direct": more measurement, more output, as for cooling or emptying
---@field form string|nil "ideal" (the default) or "parallel"
---@field auto boolean|nil false: the output is `manual`; true
---@field manual number|nil output while not in automatic, as far as min and max let it; in automatic
---        it follows the output; 0
---@field retain boolean|nil after a restart the integral, the mode and what was assigned are as before

---@class msm.control.PID : msm.control.PIDOptions
---@field OUT number output, from min to max
---@field P number proportional term, in units of the output
---@field I number integral term, in units of the output
---@field D number derivative term, in units of the output
---@field SP number set point of the last call
---@field PV number measurement of the last call
---@field FF number feed-forward of the last call
---@overload fun(SP: number, PV: number, FF: number|nil): number

--- PID controller; called with set point, measurement and, if there is one, a feed-forward that is
--- added to the output, in its units.
---
---     local heat = control.PID("heat", { kp = 4, ti = "120s", td = "10s", max = 100 })
---     every("500ms", function() mem.VALVE = heat(mem.SETPOINT, mem.TEMP) end)
---
--- With e the deviation, SP - PV (PV - SP with action = "direct"), and v the rate, per second, at
--- which the measurement moves so that e grows:
---
---     ideal form:     OUT = kp * (e + 1/ti * integral of e + td * v, filtered) + FF
---     parallel form:  OUT = kp * e + ki * integral of e + kd * v, filtered + FF
---
--- and this between min and max. In the first call the integral is 0. It takes the output to its
--- limits and not beyond, so the output leaves a limit as soon as the other terms let it.
---
--- All parameters may be assigned while it runs; form and action are the text's. With integral action
--- neither new gains nor a new deadband nor a change between automatic and manual bump the output:
--- with `heat.auto = false` it stays until `heat.manual` is assigned, and back in automatic the
--- integral goes on from there. Without (ti, ki = 0) the integral term is always 0 and there is
--- nowhere to put the difference: the output is P + D + FF, and jumps to it when these change. A limit
--- moves the output that is beyond it at once. min at or above max is refused where it is assigned.
---
--- SP, PV and FF must be finite numbers: anything else is an error at the line of the call. While a
--- measurement is not to be trusted, hold the output (heat.PV is the last measurement, for where there
--- is no number at all):
---
---     heat.auto = mem:quality "TEMP" == "good"
---     mem.VALVE = heat(mem.SETPOINT, mem.TEMP)
---
--- Time is the `dt` of the task, so a controller is called once in each run of one task. A call
--- outside of tasks (on_start, msm eval) takes no time: the integral does not move.
---@param name string its own among the controllers of this kind
---@param options msm.control.PIDOptions
---@return msm.control.PID
---@nodiscard
return function(name, options)
  return block.make(PID, name, options)
end
