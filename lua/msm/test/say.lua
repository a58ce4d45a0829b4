--- Errors of a test's own making, at the line of the test.

local say = {}

-- Of this library: "=msm/", or where it is read from.
local HERE = debug.getinfo(1, "S").source:match "^(.*msm/)"

local function is_users(info)
  return info.what ~= "C" and info.source:sub(1, #HERE) ~= HERE and not info.source:find "luaunit%.lua$"
end

-- The innermost function that is neither this library's nor LuaUnit's nor the host's.
local function level_of_user()
  local level = 2
  while true do
    local info = debug.getinfo(level, "S")
    if not info then
      return 1
    elseif is_users(info) then
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
      say.fail("%s: unknown option %s", what, tostring(key))
    elseif type(value) ~= types[key] then
      say.fail("%s: %s is a %s, not %s", what, key, types[key], tostring(value))
    end
  end
  return options
end

return say
