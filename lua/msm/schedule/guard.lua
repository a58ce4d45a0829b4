--- What all schedules look at first: whether the clock is set, and whether a name is free.

local check = require "msm.check"
local core = require "msm.core"

local guard = {}

local said = false

--- Whether the system's clock is set. Where it is not, that is said once.
---@return boolean
function guard.clock_is_set()
  if scan.clock_ok then
    return true
  end
  if not said and not core.declaring() then
    said = true
    log.warn("schedule: the system's clock is not set; until it is, nothing fires and plans give their default")
  end
  return false
end

--- The period of the task that runs, seconds; 0 outside of tasks.
guard.period = core.dt

--- Gives names away, each once.
---@param what string "schedule.weekly"
---@return fun(name: any): string claim raises where the name is none or taken
function guard.names(what)
  local claimed = {}
  return function(name)
    check.name(what, name)
    if claimed[name] then
      core.complain(("%s %q is made at %s already; each needs a name of its own"):format(what, name, claimed[name]))
    end
    claimed[name] = core.line()
    return name
  end
end

local HELD <const>, NAME <const> = 1, 2

--- What plans of one kind have in common: fields that may be read, methods, and nothing else.
---@param what string "schedule.weekly"
---@param methods table<string, function> the first argument of each is what guard.plan was given
---@param readable string[] fields of that
---@param call fun(held: table): any what a plan answers when it is called
---@return table meta
function guard.meta(what, methods, readable, call)
  local bound, names = {}, {}
  for name, method in pairs(methods) do
    names[#names + 1] = name
    bound[name] = function(self, ...)
      return method(self[HELD], ...)
    end
  end
  table.move(readable, 1, #readable, #names + 1, names)
  table.sort(names)
  local fields = {}
  for _, name in ipairs(readable) do
    fields[name] = true
  end
  local function refuse(self, key)
    core.complain(("%s %q has no %s; it has %s"):format(what, self[NAME], tostring(key), table.concat(names, ", ")))
  end
  return {
    __name = what,
    __metatable = what,
    __call = function(self)
      return call(self[HELD])
    end,
    __index = function(self, key)
      if fields[key] then
        return self[HELD][key]
      end
      return bound[key] or refuse(self, key)
    end,
    __newindex = function(self, key)
      if bound[key] or fields[key] then
        core.complain(("%s %q: %s cannot be assigned; it stands in the script's text"):format(what, self[NAME], key))
      end
      refuse(self, key)
    end,
  }
end

--- A plan of that kind.
---@param meta table
---@param name string
---@param held table
---@return table
function guard.plan(meta, name, held)
  return setmetatable({ held, name }, meta)
end

return guard
