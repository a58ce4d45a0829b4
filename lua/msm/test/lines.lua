--- Which lines of a stack are a person's own: neither this library's nor LuaUnit's nor the host's. They
--- are all that an error of a test shows.

local core = require "msm.test.core"

local lines = {}

-- Of this library: "=msm/", or where it is read from.
local HERE <const> = debug.getinfo(1, "S").source:match "^(.*msm/)"
local MOST <const> = 10 -- of a function that calls itself without end

--- Whether a function is a person's own.
---@param info table of debug.getinfo(…, "S")
---@return boolean
function lines.is_users(info)
  return info.what ~= "C" and info.source:sub(1, #HERE) ~= HERE and not info.source:find "luaunit%.lua$"
end

local function function_of(info, called, name)
  if info.func == called then
    return name
  elseif info.what == "main" then
    return "main chunk"
  end
  return info.name and ("function '%s'"):format(info.name) or ("function <line %d>"):format(info.linedefined)
end

---@class msm.test.Line
---@field place string "test_tank.lua:12"
---@field text string "test_tank.lua:12: in test_pump"

---@return msm.test.Line[]
local function stack(called, name)
  local found, level = {}, 3
  repeat
    local info = debug.getinfo(level, "Slnf")
    if info and lines.is_users(info) then
      local place = ("%s:%d"):format(info.short_src, info.currentline)
      found[#found + 1] = { place = place, text = ("%s: in %s"):format(place, function_of(info, called, name)) }
    end
    level = level + 1
  until not info or #found == MOST
  return found
end

local SHORT <const> = "not enough memory" -- Lua's own words

-- Lua calls no message handler then: the host has noted where it was.
local function of_memory()
  local place, limit = core.short_at()
  local problem = ("out of memory: tests may use %d MiB, and what they hold in globals stays from one to the next; "
    .. "msm test --memory N changes that"):format(limit)
  return problem, place ~= "" and { { place = place, text = place } } or {}
end

--- Calls what a person wrote.
---@param method function
---@param name string as the traceback shows it
---@return boolean ok
---@return any problem as it was raised
---@return msm.test.Line[] trace
function lines.call(method, name, ...)
  local trace = {}
  local ok, problem = xpcall(function(...)
    core.limited(true)
    return method(...)
  end, function(raised)
    trace = stack(method, name)
    return raised
  end, ...)
  core.limited(false)
  if not ok and problem == SHORT then
    problem, trace = of_memory()
  end
  if not ok and #trace == 0 then -- it went on elsewhere, and came not back: return lu.assertEquals(…)
    local info = debug.getinfo(method, "S")
    local place = ("%s:%d"):format(info.short_src, info.linedefined)
    trace = { { place = place, text = ("%s: in %s"):format(place, name) } }
  end
  return ok, problem, trace
end

local function names(text, place)
  local _, behind = text:find(place, 1, true)
  return behind ~= nil and not text:find("^%d", behind + 1)
end

--- The text of an error with a line of the test, and a traceback where that says more.
---@param text string
---@param trace msm.test.Line[]
---@return string text
---@return string traceback or ""
function lines.report(text, trace)
  local is_named, says_more, rows = false, false, { "stack traceback:" }
  for _, line in ipairs(trace) do
    is_named = is_named or names(text, line.place)
  end
  if not is_named and trace[1] then
    text = trace[1].place .. ": " .. text
  end
  for i, line in ipairs(trace) do
    says_more = says_more or not names(text, line.place)
    rows[i + 1] = "\t" .. line.text
  end
  if #trace == MOST then
    rows[#rows + 1] = "\t…"
  end
  return text, says_more and table.concat(rows, "\n") or ""
end

--- The text of a script's fault, whose traceback names the host's functions and the library's, too.
---@param text string
---@return string
function lines.of_script(text)
  local shown = text:gsub("\n\t%[C%]:[^\n]*", ""):gsub("\n\tmsm/[%w_/]+%.lua:[^\n]*", "")
  local place = shown:match "^([^\n]-:%d+): "
  local alone = place and shown:match "\nstack traceback:\n\t([^\n]*)\n?[^\t]*$"
  if alone and alone:sub(1, #place + 1) == place .. ":" then
    return (shown:gsub("\nstack traceback:\n\t[^\n]*", "", 1))
  end
  return (shown:gsub("\nstack traceback:(\n?[^\t]*)$", "%1"))
end

return lines
