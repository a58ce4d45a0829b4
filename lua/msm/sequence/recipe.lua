--- Recipes: msm.sequence has them. Each step is a coroutine, which cannot be kept. What is kept is how
--- many of the step's waits are over and how long the present one lasts; a new coroutine finds its way
--- there by passing over these.

local check = require "msm.check"
local core = require "msm.core"
local declare = require "msm.sequence.declare"
local steps = require "msm.sequence.steps"

local ROUNDING <const> = 1e-6 -- s: sums of scan times in floating point are a little less than they are
local WAITS_MOST <const> = 1000 -- waits that a step finds its way through
local TIMEOUTS_MOST <const> = 1000 -- bytes of the list of those that timed out

local RECIPE = steps.kind "sequence.recipe"

---@class msm.sequence.Run the coroutine of a step
---@field state table
---@field chart msm.sequence.Chart
---@field step table
---@field routine thread
---@field waits integer that it has come through
---@field timeouts table<integer, boolean> which of those it passes over timed out

local current ---@type msm.sequence.Run|nil whose code runs now

local function is_in(run)
  return run and run.routine == coroutine.running()
end

-- ---- waits ----

local function require_step(what)
  if not is_in(current) or current.chart.run ~= current then -- on_abort is no part of the step
    core.complain(("%s belongs in a step of a sequence.recipe"):format(what))
  end
  return current, current.state
end

-- A coroutine that finds its way passes over this wait: true, and how it ended.
local function pass(run)
  if run.waits < run.state.waits then
    run.waits = run.waits + 1
    return true, not run.timeouts[run.waits]
  end
  return false
end

-- A loop without end has more waits than anybody wants to go through again.
local function complete(run, is_true)
  local state = run.state
  local waits = math.min(run.waits + 1, WAITS_MOST)
  if not is_true and waits < WAITS_MOST then
    local timeouts = ("%s%d "):format(state.timeouts, waits)
    if #timeouts > TIMEOUTS_MOST then
      waits = WAITS_MOST
    else
      state.timeouts = timeouts
    end
  end
  run.waits, state.waits, state.waited = waits, waits, steps.NO_WAIT
  return is_true
end

-- One that another program began goes on.
local function begin_wait(state)
  if state.waited == steps.NO_WAIT then
    state.waited = 0.0
  end
end

local function is_over(state, seconds)
  return state.waited + ROUNDING >= seconds
end

local function wait(duration)
  local run, state = require_step("wait")
  local seconds = core.duration(duration, "wait")
  if pass(run) then
    return
  end
  begin_wait(state)
  while not is_over(state, seconds) do
    coroutine.yield()
  end
  complete(run, true)
end

local function wait_until(condition, timeout)
  local run, state = require_step("wait_until")
  if type(condition) ~= "function" then
    core.complain(("wait_until takes a function, as in wait_until(function() return mem.LEVEL > 80 end), not %s")
      :format(check.shown(condition)))
  end
  local seconds = timeout ~= nil and core.duration(timeout, "wait_until: timeout") or math.huge
  local is_passed, was_true = pass(run)
  if is_passed then
    return was_true
  end
  begin_wait(state)
  while true do
    local is_true = condition()
    if is_true ~= true and is_true ~= false then
      core.complain(("wait_until: its function must answer true or false, not %s"):format(check.shown(is_true)))
    elseif is_true or is_over(state, seconds) then
      return complete(run, is_true)
    end
    coroutine.yield()
  end
end

-- ---- orders from within the step ----

-- The step is over, so the order does not come back to it.
local function order_away(name)
  return function(state, chart, ...)
    local run = chart.run
    steps.orders[name](state, chart, ...)
    if is_in(run) and chart.run ~= run then
      coroutine.yield()
    end
  end
end

-- It holds here, and counts as a wait: a coroutine that finds its way does not hold again.
local function hold(state, chart)
  local run = chart.run
  if not is_in(run) then
    steps.orders.hold(state, chart)
  elseif not pass(run) then
    complete(run, true)
    steps.orders.hold(state, chart)
    coroutine.yield()
  end
end

-- ---- a call ----

local function numbers(text)
  local set = {}
  for number in text:gmatch("%d+") do
    set[tonumber(number)] = true
  end
  return set
end

local function begin(state, chart)
  local step = chart.steps[state.step]
  if state.waits >= WAITS_MOST then
    log.warn("%s: step %s had come through %d waits or more; it begins as new", chart.what, step.name, WAITS_MOST)
    state.waits, state.waited, state.timeouts = 0, steps.NO_WAIT, ""
  end
  steps.begin(state, chart)
  chart.run = {
    state = state, chart = chart, step = step, waits = 0, timeouts = numbers(state.timeouts),
    routine = coroutine.create(step.body),
  }
end

-- Variables marked <close> are closed.
local function close(run)
  if coroutine.status(run.routine) == "suspended" then
    local ok, problem = coroutine.close(run.routine)
    if not ok then
      error(problem, 0)
    end
  end
end

local function raise(run, problem)
  run.chart.entry = nil -- whoever catches it finds the step begun again
  if type(problem) == "string" then
    problem = ("%s\n  in step %s of %s"):format(problem, run.step.name, run.chart.what)
  end
  error(problem, 0)
end

-- Whether the step has come to its end.
local function continue(chart)
  local run, before = chart.run, current
  current = run
  local ok, problem = coroutine.resume(run.routine)
  current = before
  if not ok then
    raise(run, problem)
  elseif chart.run ~= run then -- it has ordered itself away
    close(run)
    return false
  end
  return coroutine.status(run.routine) == "dead"
end

-- A step that is under way is closed when it has yielded.
local function leave(chart)
  local run = chart.run
  chart.run = nil
  if run and not is_in(run) then
    close(run)
  end
end

local function count_time(state, dt)
  state.time = state.time + dt
  local waited = state.waited
  if waited ~= steps.NO_WAIT then
    state.waited = waited + dt
  end
end

-- Steps that do not wait follow each other in one scan, but not round and round.
local function act(state, chart, _, dt)
  local left = #chart.names -- steps that may begin in this scan
  if chart.entry ~= state.entry then
    chart.entry = nil -- another program was here since
  end
  if chart.entry or state.entered then
    count_time(state, dt)
  end
  repeat
    if not chart.entry then
      if left == 0 then
        return
      end
      left = left - 1
      begin(state, chart)
    end
    if continue(chart) then
      steps.follow(state, chart, chart.run.step.following)
    elseif chart.entry then
      return
    end
  until state.status ~= "running"
end

local function read(what, given)
  for key in pairs(given) do
    if key ~= 1 and key ~= 2 then
      core.complain(("%s: a step is { \"its name\", function() … end }; %s is none of these"):format(what,
        check.shown(key)))
    end
  end
  if type(given[2]) ~= "function" then
    core.complain(("%s: what it does must be a function, not %s"):format(what, check.shown(given[2])))
  end
  return { body = given[2] }
end

local PARTS = {
  read = read, act = act, leave = leave,
  orders = { abort = order_away "abort", go = order_away "go", hold = hold },
}

local function recipe(name, list, options)
  return declare(RECIPE, name, list, options, PARTS)
end

return { recipe = recipe, wait = wait, wait_until = wait_until }
