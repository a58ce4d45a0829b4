--- What chains and recipes have in common: steps by name, where a sequence is, and the orders that
--- it takes. msm.sequence has both.
---
--- Where a sequence is lies in `keep`. Whether the program that runs has begun that step itself lies
--- beside it, in the chart: after a reload, a rollback or a restart it has not, and begins it again.

local block = require "msm.block"
local check = require "msm.check"
local core = require "msm.core"

local steps = {}

local min = math.min

---@class msm.sequence.Chart what the text says, and what this program knows beside the keep
---@field what string 'sequence.chain "mixer"'
---@field names string[] of the steps, in order
---@field steps table<string, table> by name; each has its `name` and, but the last, its `following`
---@field act fun(state: table, chart: msm.sequence.Chart, step: table, dt: number) one call while it runs
---@field leave fun(chart: msm.sequence.Chart, step: table) the step is over
---@field on_abort fun()
---@field start boolean begins by itself
---@field show string variable for the step's name
---@field into table memory that it is in
---@field entry integer|nil the keep's entry that this program has begun
---@field ordered boolean an order was followed, or a transition
---@field last number scan.time of the last call
---@field shown string|nil

steps.NO_WAIT = -1.0 -- `waited` between two waits

local STATE = {
  status = "idle", -- idle, running, held, done, aborted
  step = "", -- its name
  time = 0.0, -- s in the step, without what it was held
  entered = false, -- the step was begun, so it is to be left
  entry = 0, -- goes up with each begin of a step, so that a program knows its own
  waits = 0, -- recipe: waits of the step that are over,
  waited = steps.NO_WAIT, -- s in the one that is not,
  timeouts = "", -- and which of them timed out: "2 5 "
}

local function step_list(chart)
  return table.concat(chart.names, ", ")
end

--- Raises unless the sequence has this step.
---@param chart msm.sequence.Chart
---@param says string what names it: "go"
---@param name any
function steps.check(chart, says, name)
  if chart.steps[name] then
    return
  end
  local nearest = type(name) == "string" and core.nearest(name, chart.names)
  core.complain(("%s: %s names the step %s, which it does not have; %s"):format(chart.what, says, check.shown(name),
    nearest and ("did you mean %s?"):format(nearest) or "it has " .. step_list(chart)))
end

--- Goes elsewhere. The new place is told first, so that what `leave` orders comes after it and holds.
---@param state table
---@param chart msm.sequence.Chart
---@param step string name of the next one, or "" for none
---@param status string
function steps.depart(state, chart, step, status)
  local before = state.entered and chart.steps[state.step]
  chart.entry, chart.ordered = nil, true
  state.step, state.status, state.time, state.entered = step, status, 0.0, false
  state.waits, state.waited, state.timeouts = 0, steps.NO_WAIT, ""
  if before then
    chart.leave(chart, before)
  end
end

--- Marks the present step as begun by this program.
---@param state table
---@param chart msm.sequence.Chart
function steps.begin(state, chart)
  local entry = state.entry + 1
  state.entry, state.entered = entry, true
  chart.entry, chart.shown = entry, nil
end

local function go(state, chart, step)
  steps.depart(state, chart, step, state.status == "held" and "held" or "running")
end

--- Goes where a transition leads.
---@param state table
---@param chart msm.sequence.Chart
---@param to string|nil nil and "done" end the sequence
function steps.follow(state, chart, to)
  if to == nil or to == "done" then
    steps.depart(state, chart, "", "done")
  else
    go(state, chart, to)
  end
end

-- ---- orders ----

local function abort(state, chart)
  steps.depart(state, chart, "", "aborted")
  chart.on_abort()
end

local function is_under_way(state)
  return state.status == "running" or state.status == "held"
end

local orders = {}
steps.orders = orders

function orders.start(state, chart)
  if not is_under_way(state) then
    steps.depart(state, chart, chart.names[1], "running")
  end
end

function orders.hold(state, chart)
  if state.status == "running" then
    state.status, chart.ordered = "held", true
  end
end

function orders.resume(state)
  if state.status == "held" then
    state.status = "running"
  end
end

function orders.abort(state, chart)
  if is_under_way(state) then
    abort(state, chart)
  end
end

function orders.go(state, chart, step)
  steps.check(chart, "go", step)
  go(state, chart, step)
end

-- A reload or a restart drops what the body assigns to a keep, so an order would hold at times only.
local function order(name)
  return function(state, parameters, ...)
    local chart = parameters.chart
    if core.declaring() then
      core.complain(("%s: %s belongs in a task; to begin by itself it takes start = true"):format(chart.what, name))
    end
    local give = chart.orders[name] or orders[name]
    return give(state, chart, ...)
  end
end

-- ---- a call ----

-- Time counts once, however often it is called in a scan, and not while it is not called.
local function elapsed(chart)
  local now = scan.time
  local dt = min(core.dt(), now - chart.last)
  chart.last = now
  return dt
end

local function show(chart, step)
  if chart.shown ~= step then
    chart.shown = step
    chart.into[chart.show] = step
  end
end

-- With an edit of the text, or where the text before it came back.
local function lose(state, chart, step)
  log.warn("%s was in step %s, which is gone: it is aborted; there are %s", chart.what, step, step_list(chart))
  abort(state, chart)
end

local function call(state, parameters)
  local chart, status = parameters.chart, state.status
  local dt = elapsed(chart)
  if status == "idle" and chart.start then
    orders.start(state, chart)
    status = "running"
  end
  local name, entry = state.step, chart.entry
  if status == "running" or status == "held" then
    local step = chart.steps[name]
    if not step then
      lose(state, chart, name)
    elseif status == "running" then
      chart.act(state, chart, step, dt)
    end
  end
  if not entry or chart.entry ~= entry then
    name = state.step
  end
  show(chart, name)
  return name
end

--- Makes one of the two kinds of sequence known.
---@param name string "sequence.chain"
---@return msm.block.Kind
function steps.kind(name)
  local methods = {}
  for key in pairs(orders) do
    methods[key] = order(key)
  end
  return block.kind {
    name = name,
    state = STATE,
    outputs = { "status", "step", "time" },
    settings = { chart = check.table() },
    methods = methods,
    call = call,
  }
end

return steps
