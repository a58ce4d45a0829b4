--- What the text says of a chain or a recipe: a list of steps, and options. msm.sequence has both.

local block = require "msm.block"
local check = require "msm.check"
local core = require "msm.core"

local LENGTH <const> = 32 -- bytes of a step's name, which is shown in a variable

local OPTIONS = {
  retain = check.boolean { default = false },
  start = check.boolean { default = false },
  show = check.text { optional = true },
  on_abort = check.func { default = function() end },
}

--- Raises unless this can be the name of one more step.
---@param what string
---@param list table of steps as given
---@param i integer
---@param known table<string, table>
---@return string name
local function check_step_name(what, list, i, known)
  local name = type(list[i]) == "table" and list[i][1]
  if type(name) ~= "string" or name == "" or #name > LENGTH then
    core.complain(("%s: step %d begins with its name, text of 1 to %d bytes, as in { \"fill\", … }, not %s")
      :format(what, i, LENGTH, check.shown(name or list[i])))
  elseif name == "done" then
    core.complain(("%s: a step cannot be called %q; that is the end of the sequence"):format(what, name))
  elseif known[name] then
    core.complain(("%s has two steps %q; each needs a name of its own"):format(what, name))
  end
  return name
end

-- A table of steps must be a list: what stands beside one would never come to run.
local function check_list(what, list)
  if type(list) ~= "table" or #list == 0 then
    core.complain(("%s takes a list of steps, { { \"fill\", … }, { \"heat\", … } }, not %s"):format(what,
      type(list) == "table" and "an empty one" or check.shown(list)))
  end
  for key in pairs(list) do
    if math.type(key) ~= "integer" or key < 1 or key > #list then
      core.complain(("%s: %s is no step; a step is { \"its name\", … }, one after the other")
        :format(what, check.shown(key)))
    end
  end
end

local function read_list(chart, list, read)
  check_list(chart.what, list)
  for i = 1, #list do
    local name = check_step_name(chart.what, list, i, chart.steps)
    local step = read(("%s: step %s"):format(chart.what, name), list[i])
    step.name, chart.names[i], chart.steps[name] = name, name, step
    if i > 1 then
      chart.steps[chart.names[i - 1]].following = name
    end
  end
end

-- The step's name is a variable of its own, so that watch and the HMI show it.
local function declare_shown(what, name, options)
  local shown = options.show or name:upper():gsub("[^%w]", "_") .. "_STEP"
  if not options.show and shown:find "^%d" then
    core.complain(("%s: its step would be the variable %s, which is not a name; give one, as in show = \"MY_STEP\"")
      :format(what, shown))
  end
  mem[shown] = var.string { length = LENGTH, dir = "out", desc = ("step of %s"):format(name) }
  return shown
end

--- Makes a sequence. The script's body only.
---@param kind msm.block.Kind
---@param name string
---@param list table of steps, as given
---@param options table|nil
---@param parts table `read` makes a step of what was given; `act` and `leave` of the chart; `orders` that differ
---@return table sequence
local function make(kind, name, list, options, parts)
  local what = ("%s %q"):format(kind.name, check.name(kind.name, name))
  local taken = check.options(what, options, OPTIONS)
  local chart = {
    what = what, names = {}, steps = {}, act = parts.act, leave = parts.leave,
    orders = parts.orders or {},
    on_abort = taken.on_abort, start = taken.start, into = mem, last = 0.0,
  }
  read_list(chart, list, parts.read)
  if parts.check then
    parts.check(chart)
  end
  local object = block.make(kind, name, { retain = taken.retain, chart = chart })
  chart.show = declare_shown(what, name, taken)
  return object
end

return make
