--- What a failed test says: its message, with the line of the test, and of the stack what a person wrote.

local lines = require "msm.test.lines"

local failed = {}

-- LuaUnit tells failures from errors by these in the text.
local function is_luaunits(lu, raised)
  for _, mark in ipairs { lu.FAILURE_PREFIX, lu.SKIP_PREFIX, lu.SUCCESS_PREFIX } do
    if type(raised) == "string" and raised:find(mark, 1, true) then
      return true
    end
  end
  return false
end

-- LuaUnit shows the stack as it is, the runner's part of it, too; and takes an error's text for a
-- pattern, so it gets none.
local function protect(lu, runner)
  local plain = runner.protectedCall
  function runner.protectedCall(self, instance, method, name)
    local raised, trace
    local function guarded(...)
      local ok
      ok, raised, trace = lines.call(method, name, ...)
      if not ok then
        error(is_luaunits(lu, raised) and raised or "error", 0)
      end
    end
    local result = plain(self, instance, guarded, name)
    if result.trace then
      local own = is_luaunits(lu, raised) and result.msg or type(raised) == "string" and raised or lu.prettystr(raised)
      result.msg, result.trace = lines.report(own, trace)
    end
    return result
  end
end

-- Without an empty line for an empty traceback.
local function show_failed(_, index, test)
  print(("%d) %s\n%s"):format(index, test.testName, test.msg))
  if test.stackTrace ~= "" then
    print(test.stackTrace)
  end
  print()
end

--- A runner of LuaUnit.
---@param lu table the module
---@return table
function failed.runner(lu)
  local runner = lu.LuaUnit.new()
  protect(lu, runner)
  runner.outputType.displayOneFailedTest = show_failed
  return runner
end

return failed
