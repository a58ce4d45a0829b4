--- Timers. A timer is called once in each scan with its input and answers with its output; between
--- calls its fields can be read. Time is `scan.time`, which stands still during a scan. TON, TOF
--- and TP that are called a second time in one scan are an error: with two inputs, one of them would
--- start what the other one stops, in each scan. A blinker may be switched off in the same scan.
---
--- TON, TOF and TP are the standard function blocks of IEC 61131-3:2003, 2.5.2.3.4 "Timers" (table 37,
--- timing diagrams in figure 15). What the standard leaves to the implementation:
---
--- - PT may be assigned while a timer runs, and holds from the next call on: what counts is for how
---   long the timer has been running.
--- - A timer sees its input when it is called, and nothing of what happens between two calls. So a
---   pulse of TP that ran out since the last call is over, and IN that has become true since begins
---   another one.
--- - With `retain` a timer goes on after a restart with the ET that it had; the time without power
---   does not count.

local block = require "msm.block"
local check = require "msm.check"
local core = require "msm.core"

local timer = {}

-- Times are seconds in floating point: 12.3 - 10.3 is a little less than 2. A microsecond is far
-- above that rounding and far below any scan.
local ROUNDING <const> = 1e-6

local IDLE <const> = math.huge -- `since` while nothing runs; then ET is 0

local PRESET = { PT = check.duration() }

local function resume(state)
  if state.since ~= IDLE then
    state.since = scan.time - state.ET
  end
end

local TON = block.kind {
  name = "timer.TON",
  state = { Q = false, ET = 0.0, since = IDLE },
  resume = resume,
  outputs = { "Q", "ET" },
  parameters = PRESET,
  call = function(state, parameters, IN)
    block.boolean(IN, "IN", parameters)
    local since = state.since
    if not IN then
      if since ~= IDLE then
        state.since, state.ET, state.Q = IDLE, 0.0, false
      end
      return false
    end
    local now, PT = scan.time, parameters.PT
    if since == IDLE then
      since = now
      state.since = now
    end
    local Q = now - since + ROUNDING >= PT
    local ET = Q and PT or now - since
    if state.ET ~= ET then
      state.ET = ET
    end
    if state.Q ~= Q then
      state.Q = Q
    end
    return Q
  end,
}

local TOF = block.kind {
  name = "timer.TOF",
  state = { Q = false, ET = 0.0, since = IDLE },
  resume = resume,
  outputs = { "Q", "ET" },
  parameters = PRESET,
  call = function(state, parameters, IN)
    block.boolean(IN, "IN", parameters)
    local Q, since = state.Q, state.since
    if IN then
      if not Q or since ~= IDLE then
        state.since, state.ET, state.Q = IDLE, 0.0, true
      end
      return true
    elseif not Q then
      return false
    end
    local now, PT = scan.time, parameters.PT
    if since == IDLE then
      since = now
      state.since = now
    end
    Q = now - since + ROUNDING < PT
    state.ET = Q and now - since or PT
    if not Q then
      state.Q = false
    end
    return Q
  end,
}

local TP = block.kind {
  name = "timer.TP",
  state = { Q = false, ET = 0.0, since = IDLE, IN = false },
  resume = resume,
  outputs = { "Q", "ET" },
  parameters = PRESET,
  call = function(state, parameters, IN)
    block.boolean(IN, "IN", parameters)
    local Q, was = state.Q, state.IN
    if IN ~= was then
      state.IN = IN
    elseif not Q then
      return false
    end
    local now, PT = scan.time, parameters.PT
    if Q then
      local ET = now - state.since
      if ET + ROUNDING < PT then
        state.ET = ET
        return true
      end
    end
    local rises = IN and not was -- no pulse runs, or no more
    Q = rises and ROUNDING < PT
    if rises then
      state.since = now
    end
    state.ET = IN and not Q and PT or 0.0
    state.Q = Q
    return Q
  end,
}

--- On and off by turns, beginning with on, for as long as it is enabled.
local BLINKER = block.kind {
  name = "timer.blinker",
  again = true,
  state = { Q = false, since = IDLE },
  resume = function(state)
    state.since, state.Q = IDLE, false
  end,
  outputs = { "Q" },
  parameters = { on = check.duration { default = 0.5 }, off = check.duration { default = 0.5 } },
  call = function(state, parameters, enabled)
    block.boolean(enabled, "enabled", parameters)
    local since, now = state.since, scan.time
    if not enabled then
      if since ~= IDLE then
        state.since, state.Q = IDLE, false
      end
      return false
    elseif since == IDLE then
      since = now
      state.since = now
    end
    local on, off = parameters.on, parameters.off
    local Q = on > 0 and (now - since + ROUNDING) % (on + off) < on
    if state.Q ~= Q then
      state.Q = Q
    end
    return Q
  end,
}

local HOURS = block.kind {
  name = "timer.hours",
  again = true,
  state = { seconds = 0.0, starts = 0, on = false, counted = IDLE },
  moments = { "counted" },
  outputs = { "seconds", "starts" },
  call = function(state, parameters, running)
    block.boolean(running, "running", parameters)
    local on, seconds, now = state.on, state.seconds, scan.time
    if on ~= running then
      state.on = running
    end
    if running and not on then
      state.starts, state.counted = state.starts + 1, now
    elseif running and state.counted ~= now then
      seconds = seconds + core.dt()
      state.seconds, state.counted = seconds, now
    end
    return seconds / 3600
  end,
  methods = {
    reset = function(state)
      state.seconds, state.starts = 0.0, 0
    end,
  },
}

---@class msm.timer.Timer
---@field Q boolean output
---@field ET number elapsed time in seconds, at most PT
---@field PT number preset time in seconds; may be assigned as a number or as text ("2s", "500ms")
---@overload fun(IN: boolean): boolean

---@class msm.timer.Options
---@field retain boolean|nil what the timer remembers survives a restart

--- On-delay timer, TON: Q becomes true when IN has been true for PT, and false as soon as IN is
--- false.
---
---     local low = timer.TON("low", "2s")
---     every("100ms", function() mem.PUMP = low(mem.LEVEL < 20) end)
---
--- ET runs from the first call with IN true and stops at PT; a call with IN false sets it to 0. With
--- PT = 0 the first call with IN true gives Q. PT that is raised while Q is true takes Q away until
--- IN has been true for that long.
---@param name string its own among the timers of this kind
---@param PT number|string preset time: seconds, or text as "2s", "500ms", "10m"
---@param options msm.timer.Options|nil
---@return msm.timer.Timer
---@nodiscard
function timer.TON(name, PT, options)
  return block.preset(TON, name, "PT", PT, options)
end

--- Off-delay timer, TOF: Q is true while IN is, and for PT longer.
---
--- ET runs from the first call with IN false and stops at PT; a call with IN true sets it to 0. With
--- PT = 0 Q follows IN. Before IN was true for the first time Q is false and ET 0.
---@param name string its own among the timers of this kind
---@param PT number|string preset time: seconds, or text
---@param options msm.timer.Options|nil
---@return msm.timer.Timer
---@nodiscard
function timer.TOF(name, PT, options)
  return block.preset(TOF, name, "PT", PT, options)
end

--- Pulse timer, TP: Q is true for PT from the moment in which IN becomes true, whatever IN does
--- then. Another pulse begins only after that, when IN becomes true again. IN that is true in the
--- very first call begins one.
---
--- ET runs during the pulse, stays at PT while IN is true, and is 0 after that. With PT = 0 there is
--- no pulse, and PT that is set to 0 ends one. A pulse that is over stays over, whatever PT becomes.
---@param name string its own among the timers of this kind
---@param PT number|string preset time: seconds, or text
---@param options msm.timer.Options|nil
---@return msm.timer.Timer
---@nodiscard
function timer.TP(name, PT, options)
  return block.preset(TP, name, "PT", PT, options)
end

---@class msm.timer.BlinkerOptions : msm.timer.Options
---@field on number|string|nil duration of a light; 0.5 s unless stated; 0: it stays dark
---@field off number|string|nil duration of a dark; 0.5 s unless stated; 0: it stays on

---@class msm.timer.Blinker
---@field Q boolean output
---@field on number seconds; may be assigned
---@field off number seconds; may be assigned
---@overload fun(enabled: boolean): boolean

--- A blinker: Q is on and off by turns while it is enabled, beginning with on, also after a restart.
--- No standard has one; what is shorter than the time between two calls is not seen.
---
---     local flash = timer.blinker("flash", { on = "200ms", off = "800ms" })
---     every("100ms", function() mem.LAMP = flash(mem.ALARM) end)
---@param name string its own among the blinkers
---@param options msm.timer.BlinkerOptions|nil
---@return msm.timer.Blinker
---@nodiscard
function timer.blinker(name, options)
  return block.make(BLINKER, name, options)
end

---@class msm.timer.Hours
---@field seconds number for how long it was running, in all
---@field starts integer how often it was started
---@field reset fun(self: msm.timer.Hours) begins at 0
---@overload fun(running: boolean): number

--- An hours counter: answers for how many hours `running` has been true, in all. It counts dt of the
--- task that calls it, from the call after the one in which `running` became true; called twice in one
--- scan it counts once. What ran before a restart goes on and is no new start.
---
---     local hours = timer.hours("pump hours", { retain = true })
---     every("1s", function() mem.HOURS = hours(mem.PUMP) end)
---@param name string its own among the hours counters
---@param options msm.timer.Options|nil
---@return msm.timer.Hours
---@nodiscard
function timer.hours(name, options)
  return block.make(HOURS, name, options)
end

return check.module("msm.timer", timer)
