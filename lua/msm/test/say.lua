--- Errors of a test's own making, at the line of the test.

local core = require "msm.test.core"
local lines = require "msm.test.lines"

local say = {}

-- The innermost function that is neither this library's nor LuaUnit's nor the host's.
local function level_of_user()
  local level = 2
  while true do
    local info = debug.getinfo(level, "S")
    if not info then
      return 1
    elseif lines.is_users(info) then
      return level - 1
    end
    level = level + 1
  end
end

--- "test_tank.lua:12": the line of the test that is under way.
---@return string
function say.where()
  local info = debug.getinfo(level_of_user(), "Sl")
  return ("%s:%d"):format(info.short_src, info.currentline)
end

--- A value as messages show it.
---@param value any
---@return string
function say.shown(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

--- Raises a text.
---@param format string
function say.fail(format, ...)
  error(format:format(...), level_of_user())
end

--- What a host's function returns: nil and a text for what the test did wrong.
---@param value any
---@param problem string|nil
---@return any value
function say.need(value, problem)
  if value == nil then
    say.fail("%s", problem)
  end
  return value
end

--- A duration in seconds.
---@param duration any
---@param what string the method that takes it
---@return number
function say.seconds(duration, what)
  if duration == nil then
    say.fail("%s takes a duration, \"2.5s\"; it is called with a colon, plant:%s \"2.5s\"", what, what)
  end
  local seconds, problem = core.duration(duration)
  if not seconds then
    say.fail("%s: %s", what, problem)
  end
  return seconds
end

--- The name of a variable.
---@param what string the method that takes it
---@param name any
---@return string
function say.name(what, name)
  if type(name) ~= "string" then
    say.fail("%s takes the name of a variable, not %s", what, say.shown(name))
  end
  return name
end

--- The keys of a table, sorted.
---@param of table<string, any>
---@return string[]
function say.names(of)
  local names = {}
  for name in pairs(of) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- The one of these words that is likely to be meant.
---@param word any
---@param words string[]
---@return string|nil
function say.nearest(word, words)
  return type(word) == "string" and core.nearest(word, words) or nil
end

--- "did you mean run?", or where nothing is near what is said else.
---@param word any
---@param words string[]
---@param otherwise string
---@return string
function say.hint(word, words, otherwise)
  local near = say.nearest(word, words)
  return near and ("did you mean %s?"):format(near) or otherwise
end

--- Checks a table of options by the types that they have.
---@param what string
---@param options table|nil
---@param types table<string, string>
---@return table options
function say.options(what, options, types)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    say.fail("%s takes a table of options, not %s", what, tostring(options))
  end
  for key, value in pairs(options) do
    if not types[key] then
      local known = say.names(types)
      say.fail("%s: unknown option %s; %s", what, tostring(key),
        say.hint(key, known, "there are " .. table.concat(known, ", ")))
    elseif type(value) ~= types[key] then
      say.fail("%s: %s is a %s, not %s", what, key, types[key], say.shown(value))
    end
  end
  return options
end

return say
