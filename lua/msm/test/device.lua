--- The simulated device behind a client link, as a test sees it.

local array = require "msm.test.array"
local core = require "msm.test.core"
local say = require "msm.test.say"

local device = {}

---@class msm.test.Device
local Device = {}

local owners = setmetatable({}, { __mode = "k" }) -- device -> { plant's handle, link or memory, prefix }

local function refuse_name(handle, name)
  local names = core.clients(handle)
  say.fail("there is no client link %s, and no memory of that name with one; %s", say.shown(name),
    say.hint(name, names, #names == 0 and "the script has no client at all"
      or "there are " .. table.concat(names, ", ")))
end

-- Its number may be another one after a reload.
local function client_of(self)
  local owner = owners[self]
  if not owner then
    say.fail "what a device does is called with a colon, as in plc:offline()"
  end
  local handle, name = owner[1], owner[2]
  local client = type(name) == "string" and core.client(handle, name)
  if not client then
    refuse_name(handle, name)
  end
  return handle, client
end

-- Where the name is none of a variable, one of a method may be meant.
local function need_known(value, problem, key)
  if value == nil then
    local method = not problem:find "did you mean" and say.nearest(key, say.names(Device))
    say.fail("%s%s", problem, method and ("; did you mean device:%s()?"):format(method) or "")
  end
  return value
end

local function set(self, key, value)
  local handle, client = client_of(self)
  say.need(core.device_set(handle, client, owners[self][3] .. tostring(key), array.plain(value)))
end

local function read(self, key)
  local handle, client = client_of(self)
  local value, problem = core.device_get(handle, client, owners[self][3] .. key)
  return need_known(value, problem, key)
end

local function get(self, key)
  return array.of(tostring(key), function(name) return read(self, name) end,
    function(name, value) set(self, name, value) end)
end

local meta = { __name = "device" }

function meta.__index(self, key)
  return Device[key] or get(self, key)
end

meta.__newindex = set

---@param handle userdata of the plant
---@param name string
---@return msm.test.Device
function device.new(handle, name)
  local made = setmetatable({}, meta)
  owners[made] = { handle, name, "" }
  local _, client = client_of(made)
  owners[made][3] = core.client_memory(handle, client) .. "."
  return made
end

--- The same as device.LEVEL, by a name: also of a variable that is named like a method.
---@param name string
---@return any
function Device:get(name)
  return get(self, say.name("get", name))
end

--- The same as device.LEVEL = value.
---@param name string
---@param value any
function Device:set(name, value)
  set(self, say.name("set", name), value)
end

local function manners(self, table)
  local handle, client = client_of(self)
  core.device_manners(handle, client, table)
end

-- "1 (illegal function), 2 (illegal data address), …"
local function codes()
  local known = {}
  for code = 1, 255 do
    local text = core.exception(code)
    known[#known + 1] = text and ("%d (%s)"):format(code, text)
  end
  return table.concat(known, ", ")
end

-- Of arguments that nobody would look at.
local function refuse_more(what, takes, lasts, ...)
  if select("#", ...) > 0 then
    say.fail("%s takes %s, %s is one too many: %s", what, takes, say.shown((...)), lasts)
  end
end

local LASTS <const> = "it lasts until device:online(), and time passes in plant:run \"5s\" between them"

--- It cannot be reached: connections are lost and refused.
function Device:offline(...)
  refuse_more("offline", "no argument", LASTS, ...)
  manners(self, { offline = true })
end

--- It is there and answers, rightly and at once (but for what `refuse` and `round` have said).
function Device:online(...)
  refuse_more("online", "no argument", "it is there from now on", ...)
  manners(self, { offline = false, silent = false, wrong = false, delay = 0.001 })
end

--- It takes requests, carries them out, and answers none.
function Device:silent(...)
  refuse_more("silent", "no argument", LASTS, ...)
  manners(self, { silent = true })
end

--- What it answers is no answer to what was asked.
function Device:wrong(...)
  refuse_more("wrong", "no argument", LASTS, ...)
  manners(self, { wrong = true })
end

--- It takes so long for each answer; beyond the link's timeout there is none.
---@param delay number|string
function Device:slow(delay, ...)
  refuse_more("slow", "the time to an answer", "it lasts until device:online()", ...)
  manners(self, { delay = say.seconds(delay, "slow") })
end

--- Writes to this variable are refused with an exception code; 0 ends that.
---@param name string as the script has declared it, without its memory
---@param code integer|nil one of Modbus (2)
function Device:refuse(name, code, ...)
  local handle, client = client_of(self)
  refuse_more("refuse", "a variable and a code", "it lasts until refuse(…, 0)", ...)
  code = code == nil and 2 or code
  if code ~= 0 and not (math.type(code) == "integer" and core.exception(code)) then
    say.fail("refuse takes an exception code of Modbus, %s, or 0 for an end; not %s", codes(), say.shown(code))
  end
  say.need(core.device_refuse(handle, client, owners[self][3] .. say.name("refuse", name), code))
end

--- It keeps only the nearest multiple of `unit` of what is written to this variable; 0 ends that.
---@param name string
---@param unit number as the variable is read
function Device:round(name, unit, ...)
  local handle, client = client_of(self)
  refuse_more("round", "a variable and a unit", "it lasts until round(…, 0)", ...)
  if type(unit) ~= "number" or unit ~= unit or unit < 0 then
    say.fail("round takes a number above 0, or 0, not %s", say.shown(unit))
  end
  say.need(core.device_round(handle, client, owners[self][3] .. say.name("round", name), unit))
end

return device
