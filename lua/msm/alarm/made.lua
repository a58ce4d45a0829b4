--- How alarms are made, and which there are. msm.alarm has them.

local block = require "msm.block"
local check = require "msm.check"
local core = require "msm.core"
local state = require "msm.alarm.state"

local made = {
  all = {}, ---@type { name: string, block: msm.alarm.Alarm, line: string }[] in the order in which they were made
  by_name = {}, ---@type table<string, { name: string, block: msm.alarm.Alarm, line: string }>
}

local TEXT_MOST <const> = 200 -- bytes
local GROUP_MOST <const> = 47

local function claim(kind, name)
  check.name(kind.name, name)
  if made.by_name[name] then
    core.complain(("alarm %q is made at %s already; each needs a name of its own")
      :format(name, made.by_name[name].line))
  end
end

-- The block knows its name and its message, which nobody states as options.
local function options_of(kind, name, options, message)
  if options ~= nil and type(options) ~= "table" then
    return options -- block.make says what is wrong with it
  end
  local taken = {}
  for key, value in pairs(options or {}) do
    if key == "name" or key == "message" then
      core.complain(("%s %q: unknown option %q"):format(kind.name, name, key))
    end
    taken[key] = value
  end
  taken.name, taken.message = name, message
  return taken
end

local function check_length(what, text, most)
  if type(text) == "string" and (text == "" or #text > most) then
    core.complain(("%s has 1 to %d bytes, not %d"):format(what, most, #text))
  end
end

--- Makes an alarm and remembers it. Raises where another one, of any kind, has the name.
---@param kind msm.block.Kind
---@param name string
---@param options table|nil
---@param message (fun(value: number): string)|nil what people read, if it has a value in it
---@return msm.alarm.Alarm
function made.make(kind, name, options, message)
  claim(kind, name)
  local taken = options_of(kind, name, options, message)
  if type(taken) == "table" then
    check_length(("%s %q: text"):format(kind.name, name), taken.text, TEXT_MOST)
    check_length(("%s %q: group"):format(kind.name, name), taken.group, GROUP_MOST)
  end
  local one = block.make(kind, name, taken)
  local entry = { name = name, block = one, line = core.line() }
  made.all[#made.all + 1], made.by_name[name] = entry, entry
  if taken.group then
    state.join(taken.group, function() return one:word() end)
  end
  return one
end

--- "Tank level %g %%" with the value; without a text the name and the value.
---@param name string
---@param text any
---@return fun(value: number): string
function made.message_of(name, text)
  if type(text) ~= "string" then
    return function(value) return ("%s: %g"):format(name, value) end
  end
  local ok, reason = pcall(string.format, text, 1.5)
  if not ok then
    core.complain(("alarm.limit %q: text: the value stands where %%g or %%.1f does, %%%% is a per cent sign (%s)")
      :format(name, (reason:gsub("^.-: ", "", 1))))
  end
  return function(value) return text:format(value) end
end

--- Raises where limits contradict one another, or there is none.
---@param name string
---@param options table
function made.check_order(name, options)
  local before, what
  for _, level in ipairs { "lolo", "lo", "hi", "hihi" } do
    local limit = options[level]
    if type(limit) == "number" then
      if before and limit <= before then
        core.complain(("alarm.limit %q: %s (%g) must lie above %s (%g); from below they are lolo, lo, hi, hihi")
          :format(name, level, limit, what, before))
      end
      before, what = limit, level
    end
  end
  if not before then
    core.complain(("alarm.limit %q needs at least one of lolo, lo, hi, hihi"):format(name))
  end
end

return made
