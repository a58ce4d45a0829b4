--- Step chains: msm.sequence has them.

local check = require "msm.check"
local core = require "msm.core"
local declare = require "msm.sequence.declare"
local steps = require "msm.sequence.steps"

-- Sums of scan times in floating point are a little less, or more, than they are: functions get the
-- time in whole microseconds, so that t >= 10 is true when it should be.
local MICROSECONDS <const> = 1e6

local function rounded(time)
  return math.floor(time * MICROSECONDS + 0.5) / MICROSECONDS
end

local CHAIN = steps.kind "sequence.chain"

local FUNCTION = check.func { optional = true }

local STEP = {
  enter = FUNCTION,
  run = FUNCTION,
  leave = FUNCTION,
  when = FUNCTION,
  after = check.duration { optional = true },
  next = FUNCTION,
  to = check.text { optional = true },
}

-- Of the ways to say where a step goes one is enough, and two could disagree.
local function check_ways(what, step)
  local ways = {}
  for _, way in ipairs { "when", "after", "next" } do
    if step[way] then
      ways[#ways + 1] = way
    end
  end
  if #ways > 1 then
    core.complain(("%s has %s; it takes one of them"):format(what, table.concat(ways, " and ")))
  elseif step.to and (#ways == 0 or step.next) then
    core.complain(("%s: to says where `when` or `after` lead; %s"):format(what,
      step.next and "`next` names the step itself" or "it has neither"))
  end
end

local function read(what, given)
  local options = {}
  for key, value in pairs(given) do
    if key ~= 1 then
      options[key] = value
    end
  end
  local step = check.options(what, options, STEP)
  step.what = what
  check_ways(what, step)
  return step
end

local function check_targets(chart)
  for _, name in ipairs(chart.names) do
    local step = chart.steps[name]
    if step.to and step.to ~= "done" then
      steps.check(chart, ("step %s: to"):format(name), step.to)
    end
    step.to = step.to or step.following or "done"
  end
end

-- The last one may be where a chain stays. What has another behind it is to get there somehow.
local function remark_dead_ends(chart)
  for _, name in ipairs(chart.names) do
    local step = chart.steps[name]
    if step.following and not (step.when or step.after or step.next) then
      core.remark(("%s has no when, after or next: only go() or abort() ends it"):format(step.what))
    end
  end
end

local function check_ends(chart)
  check_targets(chart)
  remark_dead_ends(chart)
end

-- Where the step goes now, or nil.
local function target(chart, step, time)
  if step.after then
    return time >= step.after and step.to or nil
  elseif step.when then
    local is_true = step.when(time)
    if is_true ~= true and is_true ~= false then
      core.complain(("%s: when must answer true or false, not %s"):format(step.what, check.shown(is_true)))
    end
    return is_true and step.to or nil
  elseif step.next then
    local to = step.next(time)
    if to and to ~= "done" then
      steps.check(chart, ("step %s: next"):format(step.name), to)
    end
    return to or nil
  end
end

-- What a step does may order the chain elsewhere, or to hold; then nothing more of it comes to run.
local function begin(state, chart)
  local step = chart.steps[state.step]
  steps.begin(state, chart)
  chart.ordered = false
  if step.enter then
    step.enter()
  end
  if step.run and not chart.ordered then
    step.run(rounded(state.time))
  end
end

local function stay(state, chart, step, dt)
  state.time = state.time + dt
  local time = rounded(state.time)
  chart.ordered = false
  if step.run then
    step.run(time)
  end
  local to = not chart.ordered and target(chart, step, time)
  if to and not chart.ordered then
    steps.follow(state, chart, to)
  end
end

local function act(state, chart, step, dt)
  if chart.entry == state.entry then
    stay(state, chart, step, dt)
    if chart.entry or state.status ~= "running" then
      return
    end
  elseif state.entered then -- by the program before this one
    state.time = state.time + dt
  end
  begin(state, chart)
end

local function leave(_, step)
  if step.leave then
    step.leave()
  end
end

return function(name, list, options)
  return declare(CHAIN, name, list, options, { read = read, check = check_ends, act = act, leave = leave })
end
