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

return guard
