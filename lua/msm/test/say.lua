--- Errors of a test's own making, at the line of the test.

local say = {}

-- Of this library: "=msm/", or where it is read from.
local HERE = debug.getinfo(1, "S").source:match "^(.*msm/)"

-- The innermost function that is neither this library's nor the host's.
local function level_of_user()
  local level = 2
  while true do
    local info = debug.getinfo(level, "S")
    if not info then
      return 1
    elseif info.what ~= "C" and info.source:sub(1, #HERE) ~= HERE then
      return level - 1
    end
    level = level + 1
  end
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
