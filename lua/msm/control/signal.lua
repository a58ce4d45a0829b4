--- What a signal goes through and what remembers it: filters, ramps, sums. msm.control has them. They
--- take the `dt` of the task that calls them, so each is called once in each run of one task.

local block = require "msm.block"
local check = require "msm.check"
local core = require "msm.core"

local signal = {}

local function clamp(value, low, high)
  return value < low and low or value > high and high or value
end

-- The first call begins where the signal is.
local RATE_LIMIT = block.kind {
  name = "control.rate_limit",
  state = { OUT = 0.0, begun = false },
  outputs = { "OUT" },
  parameters = { up = check.number { min = 0 }, down = check.number { min = 0 } }, -- per second
  call = function(state, p, IN)
    block.number(IN, "IN", p)
    local OUT, dt = state.OUT, core.dt()
    if not state.begun then
      OUT, state.begun = IN, true
    end
    OUT = clamp(IN, OUT - p.down * dt, OUT + p.up * dt)
    state.OUT = OUT
    return OUT
  end,
}

-- What lies behind is kept as a share of the way, so that another `time` makes the output faster or
-- slower, and never jump.
local RAMP = block.kind {
  name = "control.ramp",
  state = { OUT = 0.0, from = 0.0, to = 0.0, share = 1.0, Q = true, begun = false },
  outputs = { "OUT", "Q" },
  parameters = { time = check.duration() },
  call = function(state, p, target)
    block.number(target, "target", p)
    if not state.begun then
      state.begun, state.OUT, state.to = true, target, target
    elseif target ~= state.to then
      state.from, state.to, state.share, state.Q = state.OUT, target, 0.0, p.time <= 0
    elseif not state.Q then
      state.share = state.share + (p.time > 0 and core.dt() / p.time or 1.0)
      state.Q = state.share + 1e-9 >= 1.0
    end
    state.OUT = state.Q and target or state.from + (target - state.from) * state.share
    return state.OUT
  end,
}

-- The exact answer of time * OUT' + OUT = IN, with IN having been since the last call what it is now.
local LAG = block.kind {
  name = "control.lag",
  state = { OUT = 0.0, begun = false },
  outputs = { "OUT" },
  parameters = { time = check.duration() },
  call = function(state, p, IN)
    block.number(IN, "IN", p)
    local OUT = state.OUT
    if not state.begun or p.time <= 0 then
      OUT, state.begun = IN, true
    else
      OUT = OUT + (IN - OUT) * (1 - math.exp(-core.dt() / p.time))
    end
    state.OUT = OUT
    return OUT
  end,
}

-- Another text has another count: the last samples, as many as fit, from the oldest on.
local function resize(state, count)
  local last, samples = {}, state.samples
  local fit = math.min(state.filled, count)
  for i = 1, fit do
    last[i] = samples[(state.at - fit + i - 1) % state.filled + 1]
  end
  state.samples, state.at, state.filled, state.count = last, fit, fit, count
end

-- Samples lie in a ring. Their sum is made anew each time: one that is carried along would drift.
local AVERAGE = block.kind {
  name = "control.average",
  state = { OUT = 0.0, samples = {}, at = 0, filled = 0, count = 0 }, -- `at` is the newest
  outputs = { "OUT" },
  settings = { count = check.integer { min = 1, max = 1000 } },
  call = function(state, p, IN)
    block.number(IN, "IN", p)
    if state.count ~= p.count then
      resize(state, p.count)
    end
    local samples, at = state.samples, state.at % p.count + 1
    local filled = math.max(state.filled, at)
    samples[at] = IN + 0.0
    local sum = 0.0
    for i = 1, filled do
      sum = sum + samples[i]
    end
    state.at, state.filled, state.OUT = at, filled, sum / filled
    return state.OUT
  end,
}

local PER = { s = 1, min = 60, h = 3600, d = 86400 }

local TOTAL = block.kind {
  name = "control.total",
  state = { total = 0.0, rest = 0.0 },
  outputs = { "total" },
  settings = { per = check.text { one_of = { "s", "min", "h", "d" }, default = "s" } },
  call = function(state, p, rate)
    block.number(rate, "rate", p)
    -- Kahan's summation: a small step is not lost in a large total
    local step, total = rate * core.dt() / PER[p.per] - state.rest, state.total
    local sum = total + step
    state.rest, state.total = (sum - total) - step, sum
    return sum
  end,
  methods = {
    reset = function(state)
      state.total, state.rest = 0.0, 0.0
    end,
  },
}

---@class msm.control.RateLimitOptions
---@field up number greatest rise, in units per second, 0 or more
---@field down number greatest fall, in units per second, 0 or more
---@field retain boolean|nil goes on from where it was after a restart

---@class msm.control.RateLimit
---@field OUT number output
---@field up number units per second; may be assigned
---@field down number units per second; may be assigned
---@overload fun(IN: number): number

--- Follows a signal, but never faster than so many units per second. The first call begins with the
--- signal as it is. IN must be a finite number.
---
---     local soft = control.rate_limit("soft", { up = 5, down = 20 })
---     every("100ms", function() mem.SPEED = soft(mem.WANTED) end)
---@param name string its own among the blocks of this kind
---@param options msm.control.RateLimitOptions
---@return msm.control.RateLimit
---@nodiscard
function signal.rate_limit(name, options)
  return block.make(RATE_LIMIT, name, options)
end

---@class msm.control.RampOptions
---@field time number|string from one target to the next, s; 0 is at once
---@field retain boolean|nil goes on with its way after a restart

---@class msm.control.Ramp
---@field OUT number output
---@field Q boolean the target is reached
---@field time number seconds; may be assigned
---@overload fun(target: number): number

--- Goes from one target to the next in a straight line that takes `time`, however far it is,
--- beginning in the call that is given the new target: that one still answers what it was. The first
--- call begins at its target. Another `time` while it is on its way makes what is left of the way
--- faster or slower.
---
---     local speed = control.ramp("speed", { time = "30s" })
---     every("100ms", function() mem.SPEED = speed(mem.RUN and 1500 or 0) end)
---@param name string its own among the ramps
---@param options msm.control.RampOptions
---@return msm.control.Ramp
---@nodiscard
function signal.ramp(name, options)
  return block.make(RAMP, name, options)
end

---@class msm.control.LagOptions
---@field time number|string time constant, s: after it 63 % of a step are there; 0 is no lag
---@field retain boolean|nil goes on from where it was after a restart

---@class msm.control.Lag
---@field OUT number output
---@field time number seconds; may be assigned
---@overload fun(IN: number): number

--- First-order lag, a low-pass filter: time * OUT' + OUT = IN, solved exactly for whatever time is
--- between two calls, with IN having been since the last one what it is now. The first call begins
--- with the signal as it is.
---
---     local smooth = control.lag("smooth", { time = "5s" })
---     every("100ms", function() mem.SHOWN = smooth(mem.LEVEL) end)
---@param name string its own among the lags
---@param options msm.control.LagOptions
---@return msm.control.Lag
---@nodiscard
function signal.lag(name, options)
  return block.make(LAG, name, options)
end

---@class msm.control.AverageOptions
---@field count integer so many calls, 1 to 1000
---@field retain boolean|nil goes on with the samples that it had after a restart

---@class msm.control.Average
---@field OUT number output
---@overload fun(IN: number): number

--- Moving average over the last calls; of those there were, until there are enough. Another count in
--- a new text goes on with the last samples that there are.
---
---     local calm = control.average("calm", { count = 10 })
---     every("1s", function() mem.FLOW_MEAN = calm(mem.FLOW) end)
---@param name string its own among the averages
---@param options msm.control.AverageOptions
---@return msm.control.Average
---@nodiscard
function signal.average(name, options)
  return block.make(AVERAGE, name, options)
end

---@class msm.control.TotalOptions
---@field per string|nil time unit of the rate: "s" (the default), "min", "h" or "d"
---@field retain boolean|nil the total survives a restart

---@class msm.control.Total
---@field total number in units of the rate times `per`
---@field reset fun(self: msm.control.Total) begins at 0
---@overload fun(rate: number): number

--- Totalizer: adds up a rate over time, as of m³/h to m³. The rate counts for the time since the last
--- call; the time of a restart does not count. Small steps are not lost in a large total (W. Kahan,
--- "Further remarks on reducing truncation errors", 1965).
---
---     local volume = control.total("volume", { per = "h", retain = true })
---     every("100ms", function() mem.VOLUME = volume(mem.FLOW) end)
---@param name string its own among the totals
---@param options msm.control.TotalOptions|nil
---@return msm.control.Total
---@nodiscard
function signal.total(name, options)
  return block.make(TOTAL, name, options)
end

return signal
