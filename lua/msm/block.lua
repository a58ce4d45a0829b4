--- What all function blocks have in common. A block is called once in each scan with its inputs and
--- answers with its output; between calls its outputs and parameters can be read as fields.
---
--- What a block remembers lies in `keep` under its name, so it goes on through a reload, and with
--- `retain = true` among its options through a restart. Its parameters stand in the script's text;
--- one that is assigned while the program runs holds until that text says something else.
---
--- Instants of scan.time mean nothing after a restart, where time begins anew: a kind names them as
--- `moments`, and they take their first value again in the first call; or it has a `resume`, which
--- is called there and puts right what it knows.
---
--- Each read and each write of a keep costs more than all the arithmetic of a simple block: a kind
--- reads a field once and writes it when it changes; one with many fields reads and writes them in
--- one go each, by core.read and core.write.
---
--- Calls count for blocks that know time or edges: what runs twice in a scan has two steps in it. So
--- a second call in one scan is an error, unless the kind says that it does no harm (`again`). Outside
--- of tasks (on_start, msm eval) nobody counts.

local check = require "msm.check"
local core = require "msm.core"

local block = {}

local finite <const> = core.finite

-- Where an object keeps what is its own; its fields are looked up because the object lacks them.
local STATE <const>, PARAMETERS <const>, NAME <const>, KIND <const> = 1, 2, 3, 4
local STATED <const>, BEGUN <const>, CALLED <const> = 5, 6, 7

local KEY_MOST <const> = 47 -- bytes of a keep's name

---@class msm.block.Kind
---@field name string as errors show it: "timer.TON"
---@field state table what it remembers, with first values: booleans, numbers, text, tables of these
---@field moments string[]|nil fields of the state that are instants of scan.time
---@field resume fun(state: table)|nil before the first call after a restart
---@field outputs string[] fields of the state that may be read
---@field parameters table<string, msm.check.Rule>|nil may be read and assigned
---@field settings table<string, msm.check.Rule>|nil options that only the text states
---@field together fun(parameters: table, what: string, assigned: string|nil)|nil raises where values
---        that are right one by one do not go together; after a key was assigned, with its name
---@field call fun(state: table, parameters: table, a: any, b: any, c: any, d: any): any one scan
---@field followers string[]|nil parameters that block.follow is used for
---@field again boolean|nil a second call in one scan does no harm
---@field methods table<string, function>|nil called as block:method(…); its first argument is the
---        block's state, its second the parameters, then what the caller gave

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do
    set[name] = true
  end
  return set
end

local function names_of(fields)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, ", ")
end

local function refuse_field(self, key)
  local kind = self[KIND]
  core.complain(("%s %q has no %s; it has %s%s"):format(kind.name, self[NAME], tostring(key), names_of(kind.fields),
    key == "IN" and "; IN is what it is called with" or ""))
end

-- The parameters as they are now: the text's, but for those that were assigned over just these. The
-- number of assignments is in the keep, which a reload or a rollback may bring back from elsewhere:
-- only while it is the one that this table was made at does the table hold.
local function refresh(self)
  local state, stated, present = self[STATE], self[STATED], self[PARAMETERS]
  for key in pairs(self[KIND].parameters) do
    present[key] = stated[key]
    if state.over[key] == stated[key] then
      present[key] = state.assigned[key]
    end
  end
  present.assignments = state.assignments
  return present
end

local function parameters_of(self)
  local present = self[PARAMETERS]
  if present.assignments ~= self[STATE].assignments then
    return refresh(self)
  end
  return present
end

local function index(self, key)
  local kind = self[KIND]
  if kind.readable[key] then
    return self[STATE][key]
  elseif kind.parameters[key] then
    return parameters_of(self)[key]
  elseif kind.methods[key] then
    return kind.methods[key]
  end
  refuse_field(self, key)
end

local function assign(self, key, value)
  local kind, state = self[KIND], self[STATE]
  local rule = kind.parameters[key]
  if not rule then
    if kind.fields[key] then
      core.complain(("%s %q: %s is made by the block; %s can be assigned"):format(kind.name, self[NAME], key,
        next(kind.parameters) and names_of(kind.parameters) or "nothing of it"))
    end
    refuse_field(self, key)
  end
  value = check.value(("%s %q: %s"):format(kind.name, self[NAME], key), value, rule)
  if kind.together then
    local others = core.declaring() and self[STATED] or parameters_of(self)
    kind.together(setmetatable({ [key] = value }, { __index = others }), self[PARAMETERS].block, key)
  end
  if core.declaring() then -- a part of the text
    self[STATED][key] = value
    refresh(self)
    return
  elseif parameters_of(self)[key] == value then
    return
  end
  state.assigned[key] = value -- first: where there is no room for the other, nothing is over it
  state.over[key] = self[STATED][key]
  state.assignments = state.assignments + 1
  refresh(self)
end

local function knows_instants(kind)
  return kind.resume ~= nil or #kind.moments > 0
end

-- Which blocks that know instants were called since this process began: not retained itself. A
-- program may be reloaded before it has called them all, so how it came to run does not tell; and an
-- edit may give `retain` to one that has been running all along.
local begun

local function is_from_before(self)
  local key = self[KIND].name .. "." .. self[NAME]
  if begun[key] then
    return core.why() == "restart" -- out of a fault
  end
  begun[key] = true
  return self[STATED].retain or core.why() == "restart"
end

-- The first call of this program.
local function begin(self)
  local kind, state = self[KIND], self[STATE]
  self[BEGUN] = true
  if not knows_instants(kind) or not is_from_before(self) then
    return
  end
  for _, name in ipairs(kind.moments) do
    state[name] = kind.state[name]
  end
  if kind.resume then
    kind.resume(state)
  end
end

-- Methods get what belongs to the block, not the block.
local function bind_methods(kind)
  local bound = {}
  for name, method in pairs(kind.methods or {}) do
    bound[name] = function(self, ...)
      if type(self) ~= "table" or rawget(self, KIND) ~= kind then
        core.complain(("%s: %s is called with a colon, as in my_%s:%s()"):format(kind.name, name,
          kind.name:match "%w+$", name))
      end
      if not self[BEGUN] and not core.declaring() then
        begin(self)
      end
      return method(self[STATE], parameters_of(self), ...)
    end
  end
  return bound
end

local function refuse_again(self)
  core.complain(("%s %q was called already in this scan, here or at another place; a block is called once in each "
    .. "scan: call it once and use its fields, or make a second one with a name of its own")
    :format(self[KIND].name, self[NAME]))
end

local function make_meta(kind)
  local call, again, enter = kind.call, kind.again, core.enter
  return {
    __index = index,
    __newindex = assign,
    __name = kind.name,
    __metatable = kind.name,
    __call = function(self, a, b, c, d)
      local state, present = self[STATE], self[PARAMETERS]
      local assignments, turn = enter(state)
      if turn and turn == self[CALLED] and not again then
        refuse_again(self)
      end
      self[CALLED] = turn
      if not self[BEGUN] then
        begin(self)
      end
      if present.assignments ~= assignments then
        present = refresh(self)
      end
      return call(state, present, a, b, c, d)
    end,
  }
end

local OUR_OWN <const> = { assignments = true, block = true, stated = true, assigned = true, over = true }

--- Makes a kind of block known: what `block.make` needs.
---@param kind msm.block.Kind
---@return msm.block.Kind
function block.kind(kind)
  for name in pairs(OUR_OWN) do
    if (kind.parameters or {})[name] or (kind.settings or {})[name] then
      core.complain(("block.kind: a parameter cannot be called %s: that is the block's own"):format(name))
    end
  end
  kind.parameters, kind.moments, kind.claimed = kind.parameters or {}, kind.moments or {}, {}
  kind.options = { retain = check.boolean { default = false } } -- beside a preset
  kind.rules = { retain = kind.options.retain }
  kind.fields, kind.readable = {}, set_of(kind.outputs)
  for _, rules in ipairs { kind.parameters, kind.settings or {} } do
    for name, rule in pairs(rules) do
      kind.rules[name] = rule
    end
  end
  for name in pairs(kind.parameters) do
    kind.fields[name] = true
  end
  for name in pairs(kind.readable) do
    kind.fields[name] = true
  end
  for name in pairs(kind.methods or {}) do
    kind.fields[name] = true
  end
  kind.methods = bind_methods(kind)
  kind.meta = make_meta(kind)
  return kind
end

-- What parameters were assigned to finds its room when it is; what follows in each call has it from
-- the beginning.
local function first_state(kind, options)
  local state = { assignments = 0, assigned = {}, over = {} }
  for name, value in pairs(kind.state) do
    state[name] = value
  end
  for _, name in ipairs(kind.followers or {}) do
    state.assigned[name], state.over[name] = options[name], options[name]
  end
  return state
end

-- Two of one name would share what they remember.
local function claim(kind, name)
  local room = KEY_MOST - #kind.name - 1
  if #name > room then
    core.complain(("%s: a name has at most %d bytes; %q has %d"):format(kind.name, room, name, #name))
  elseif kind.claimed[name] then
    core.complain(("%s %q is made at %s already; each needs a name of its own")
      :format(kind.name, name, kind.claimed[name]))
  end
  kind.claimed[name] = core.line(kind.name)
end

--- Makes a block. The script's body only.
---@param kind msm.block.Kind
---@param name string its own among the blocks of this kind
---@param options table|nil parameters, settings and `retain`
---@return table block
function block.make(kind, name, options)
  check.name(kind.name, name)
  local taken = check.options(("%s %q"):format(kind.name, name), options, kind.rules)
  if kind.together then
    kind.together(taken, ("%s %q"):format(kind.name, name))
  end
  claim(kind, name)
  local state = keep(kind.name .. "." .. name, first_state(kind, taken), { retain = taken.retain })
  if knows_instants(kind) then
    begun = begun or keep("msm.block", {})
  end
  local present = { assignments = -1, block = ("%s %q"):format(kind.name, name), stated = taken,
    assigned = state.assigned, over = state.over }
  for key in pairs(kind.settings or {}) do
    present[key] = taken[key]
  end
  return setmetatable({ state, present, name, kind, taken, false, false }, kind.meta)
end

--- Makes a block whose second argument is its preset. The script's body only.
---@param kind msm.block.Kind
---@param name string
---@param preset string name of the parameter: "PT"
---@param value any its value
---@param options table|nil
---@return table block
function block.preset(kind, name, preset, value, options)
  local all = { [preset] = value }
  check.name(kind.name, name)
  if value == nil then
    core.complain(("%s %q: %s is missing; it comes after the name"):format(kind.name, name, preset))
  end
  for key, option in pairs(check.options(("%s %q"):format(kind.name, name), options, kind.options)) do
    all[key] = option
  end
  return block.make(kind, name, all)
end

--- Gives a parameter another value from within a call, as if the script had assigned it.
---@param parameters table of the block
---@param key string name of the parameter, one of its kind's followers
---@param value any right by its rule
function block.follow(parameters, key, value)
  local over, stated = parameters.over, parameters.stated[key]
  parameters.assigned[key], parameters[key] = value, value
  if over[key] ~= stated then
    over[key] = stated
  end
end

--- Raises, because an input is not what it must be.
---@param parameters table of the block
---@param input string its name: "IN"
---@param wanted string "a number"
---@param value any
function block.refuse(parameters, input, wanted, value)
  core.complain(("%s: %s must be %s, not %s"):format(parameters.block, input, wanted, check.shown(value)))
end

--- Raises unless an input is true or false.
---@param value any
---@param input string its name: "IN"
---@param parameters table of the block
function block.boolean(value, input, parameters)
  if value ~= true and value ~= false then
    block.refuse(parameters, input, "true or false", value)
  end
end

--- Raises unless an input is a finite number: NaN and infinity are what a block would never forget.
---@param value any
---@param input string its name: "PV"
---@param parameters table of the block
function block.number(value, input, parameters)
  if not finite(value) then
    block.refuse(parameters, input, "a number", value)
  end
end

return block
