--- Tests of scripts in virtual time, for test files that `msm test` runs. The script is the one that
--- `msm run` would run, unmodified: its program, memory, scan, clients and merging are the real ones.
--- The devices behind its clients are simulated, and the clock moves only when the test says so:
--- hours pass in seconds, and the same test gives the same result each time.
---
---     local lu = require "luaunit"
---     local tank = require "msm.test".load "scripts/tank.lua"
---
---     function test_pump_runs_when_the_level_is_low_for_2_s()
---       tank.mem.LEVEL = 20
---       tank:run "2.5s"
---       lu.assertTrue(tank.mem.PUMP)
---     end
---
--- A fault of the script, an overrun and a wrong type fail the test with the script's file and line.

local core = require "msm.test.core"
local inputs = require "msm.test.inputs"
local say = require "msm.test.say"
local trace = require "msm.test.trace"

local test = {}

local AT <const> = "2026-01-05 00:00:00" -- a Monday

---@class msm.test.Plant
---@field mem table the script's variables: read and assigned by name. So are those of its other
---        memories, plant.plc.SPEED
local Plant = {}

-- What belongs to a plant, so that its own fields are memories.
local handles = setmetatable({}, { __mode = "k" })
local watchers = setmetatable({}, { __mode = "k" })

local function seconds_of(duration, what)
  if duration == nil then
    say.fail("%s takes a duration, \"2.5s\"; it is called with a colon, plant:%s \"2.5s\"", what, what)
  end
  local seconds, problem = core.duration(duration)
  if not seconds then
    say.fail("%s: %s", what, problem)
  end
  return seconds
end

-- What the host returns: nil and a text for what the test did wrong.
local function need(value, problem)
  if value == nil then
    say.fail("%s", problem)
  end
  return value
end

-- The same for what the script did: its text begins with the script's line, and ends with the test's.
local function expect(handle, ok, problem)
  if not ok then
    error(("%s\nafter %.9g s, in the test at %s"):format(problem, (core.moment(handle)), say.where()), 0)
  end
end

-- ---- memories ----

local function memory(handle, name)
  return setmetatable({}, {
    __index = function(_, variable)
      return need(core.get(handle, name .. "." .. tostring(variable)))
    end,
    __newindex = function(_, variable, value)
      need(core.set(handle, name .. "." .. tostring(variable), value))
    end,
    __name = "memory " .. name,
  })
end

local meta = { __name = "plant" }

function meta.__index(self, key)
  if Plant[key] then
    return Plant[key]
  elseif type(key) == "string" and core.has_memory(handles[self], key) then
    return memory(handles[self], key)
  end
  say.fail("the plant has no method and no memory %s", tostring(key))
end

function meta.__newindex(_, key)
  say.fail("plant.%s: assign to a variable, plant.mem.%s", tostring(key), tostring(key))
end

---@class msm.test.LoadOptions
---@field at string|nil UTC at the first scan, "2026-03-29 00:59:00"
---@field quiet boolean|nil what the script prints and logs is not shown
---@field strict boolean|nil false: a scan may take longer than its period on this machine

local LOAD = { at = "string", quiet = "boolean", strict = "boolean" }

--- Loads a script; its first scan is run by the first `run`.
---@param path string relative to the present folder
---@param options msm.test.LoadOptions|nil
---@return msm.test.Plant
---@nodiscard
function test.load(path, options)
  if type(path) ~= "string" then
    say.fail("load takes a script's path, not %s", tostring(path))
  end
  options = say.options("load", options, LOAD)
  local handle, problem = core.load(path, {
    utc = inputs.utc(options.at or AT),
    quiet = options.quiet,
    strict = options.strict,
  })
  if not handle then
    say.fail("load: %s", problem)
  end
  local plant = setmetatable({}, meta)
  handles[plant], watchers[plant] = handle, { before = {}, after = {} }
  return plant
end

-- ---- time ----

local function step(self, run)
  local handle, watching = handles[self], watchers[self]
  local time, due = core.moment(handle)
  for _, before in ipairs(watching.before) do
    before(time + due)
  end
  local ok, problem = run(handle)
  for _, after in ipairs(watching.after) do
    after(time + due)
  end
  expect(handle, ok, problem)
end

local ROUNDING <const> = 1e-9

-- Half a scan is not waited for: what is due at the end belongs to the next run.
local function run_watched(self, seconds)
  local handle = handles[self]
  local time, due = core.moment(handle)
  local finish = time + seconds
  while time + due < finish - ROUNDING and self:state() ~= "stopped" do
    step(self, core.next)
    time, due = core.moment(handle)
  end
  expect(handle, core.run(handle, finish - time))
end

--- Lets time pass: the scans that are due from now on, before the end of it, are run, and the devices
--- live. So "100ms" are one scan of a task of 100 ms.
---@param duration number|string seconds, or text: "2.5s", "10m"
function Plant:run(duration)
  local seconds = seconds_of(duration, "run")
  local watching = watchers[self]
  if #watching.before + #watching.after > 0 then
    run_watched(self, seconds)
  else
    expect(handles[self], core.run(handles[self], seconds))
  end
end

--- Runs so many scans, each when it is due, and lets time pass to where the next one is.
---@param count integer|nil 1
function Plant:scans(count)
  if count ~= nil and math.type(count) ~= "integer" then
    say.fail("scans takes a number of scans, not %s; run takes a time", say.shown(count))
  end
  for _ = 1, count or 1 do
    step(self, core.step)
  end
end

--- Runs scans until the condition holds after one of them; fails when it does not within `limit`.
---@param condition fun(): boolean
---@param limit number|string
---@return number seconds from now to that scan; 0 where it holds already
function Plant:run_until(condition, limit)
  if type(condition) ~= "function" then
    say.fail("run_until takes a function that is asked after each scan, not %s", say.shown(condition))
  end
  local began, seconds = self:time(), seconds_of(limit, "run_until")
  local took = 0
  while not condition() do
    local time, due = core.moment(handles[self])
    took = time + due - began
    if took > seconds + ROUNDING then
      say.fail("run_until: it did not come true within %s", limit)
    end
    step(self, core.step)
  end
  return took
end

--- Seconds since it was loaded; a restart does not set it back, as it does scan.time.
---@return number
function Plant:time()
  return (core.moment(handles[self]))
end

--- How many scans the program has run.
---@return integer
function Plant:count()
  return (core.scans(handles[self]))
end

--- "ready" before the first scan, "run", "fault" or "stopped".
---@return string
function Plant:state()
  local _, _, state = core.scans(handles[self])
  return state
end

--- Sets the clock of the wall; scan.time goes on.
---@param utc string "2026-03-29 00:59:30", or "" for a clock that was never set
function Plant:set_clock(utc)
  core.set_clock(handles[self], utc == "" and 0 or inputs.utc(utc))
end

-- ---- faults, reloads, restarts ----

--- The text of the fault that the program is in, with file, line and traceback, or nil. The call
--- of `run` in which it came has raised it.
---@return string|nil
function Plant:fault()
  return core.fault(handles[self])
end

--- Reads the script's text again, or that of another file, as `msm reload` does: counters, timers and
--- values go on. Raises where the new text is refused, and then the old one goes on.
---@param path string|nil
function Plant:reload(path)
  expect(handles[self], core.reload(handles[self], path))
end

---@class msm.test.RestartOptions
---@field crash boolean|nil without on_stop, as after a loss of power

--- Ends the program and starts it anew at once: what is retained lasts, all else begins anew.
---@param options msm.test.RestartOptions|nil
function Plant:restart(options)
  options = say.options("restart", options, { crash = "boolean" })
  expect(handles[self], core.restart(handles[self], options.crash))
end

-- ---- variables ----

--- "good", "stale", "never", "range" or "invalid".
---@param name string "LEVEL", "plc.SPEED"
---@return string
function Plant:quality(name)
  return need(core.quality(handles[self], name))
end

--- As `msm force` does.
---@param name string
---@param value any
function Plant:force(name, value)
  need(core.force(handles[self], name, value))
end

--- Ends a force; what it had suppressed comes back.
---@param name string
function Plant:unforce(name)
  need(core.unforce(handles[self], name))
end

--- Gives a variable a value before each scan: by a function of the time since the plant was loaded,
--- in seconds; or from a CSV file whose first column is that time and whose other columns are named
--- by variables: each row holds until the next one comes.
---
---     tank:input("LEVEL", function(t) return 50 + 10 * math.sin(t) end)
---     tank:input "tests/night.csv"
---@param name string a variable, or the file
---@param value (fun(time: number): any)|nil
function Plant:input(name, value)
  local handle = handles[self]
  local function assign(variable, now)
    return core.set(handle, variable, now)
  end
  local function check(variable)
    return core.get(handle, variable)
  end
  local before = watchers[self].before
  before[#before + 1] = value and inputs.of(value, name, assign, check) or inputs.from_file(name, assign, check)
end

--- Notes these variables after each scan from now on.
---@param names string[]
---@return msm.test.Trace
function Plant:trace(names)
  local handle = handles[self]
  local made, note = trace.new(names, function(name)
    return need(core.get(handle, name))
  end)
  local after = watchers[self].after
  after[#after + 1] = note
  return made
end

-- ---- devices ----

---@class msm.test.Device
local Device = {}

local owners = setmetatable({}, { __mode = "k" }) -- device -> { plant's handle, link or memory }

-- Its number may be another one after a reload.
local function client_of(self)
  local handle, name = owners[self][1], owners[self][2]
  local client = core.client(handle, name)
  if not client then
    say.fail("there is no client link %q, and no memory of that name with one", name)
  end
  return handle, client
end

--- The simulated device behind a client link, by the name of the link or of its memory. Its values are
--- read and assigned by the names that the script has declared for them, `device.LEVEL = 20`: what the
--- script sees of that comes with the next poll.
---@param name string
---@return msm.test.Device
function Plant:device(name)
  local made = setmetatable({}, {
    __index = function(device, key)
      if Device[key] then
        return Device[key]
      end
      local handle, client = client_of(device)
      return need(core.device_get(handle, client, owners[device][3] .. tostring(key)))
    end,
    __newindex = function(device, key, value)
      local handle, client = client_of(device)
      need(core.device_set(handle, client, owners[device][3] .. tostring(key), value))
    end,
    __name = "device " .. name,
  })
  owners[made] = { handles[self], name, "" }
  local _, number = client_of(made)
  owners[made][3] = core.client_memory(handles[self], number) .. "."
  return made
end

local function manners(self, table)
  local handle, client = client_of(self)
  core.device_manners(handle, client, table)
end

--- It cannot be reached: connections are lost and refused.
function Device:offline()
  manners(self, { offline = true })
end

--- It is there and answers, rightly and at once (but for what `refuse` and `round` have said).
function Device:online()
  manners(self, { offline = false, silent = false, wrong = false, delay = 0.001 })
end

--- It takes requests, carries them out, and answers none.
function Device:silent()
  manners(self, { silent = true })
end

--- What it answers is no answer to what was asked.
function Device:wrong()
  manners(self, { wrong = true })
end

--- It takes so long for each answer; beyond the link's timeout there is none.
---@param delay number|string
function Device:slow(delay)
  manners(self, { delay = seconds_of(delay, "slow") })
end

--- Writes to this variable are refused with an exception code; 0 ends that.
---@param name string as the script has declared it, without its memory
---@param code integer|nil 1..255 (2)
function Device:refuse(name, code)
  local handle, client = client_of(self)
  code = code == nil and 2 or code
  if math.type(code) ~= "integer" or code < 0 or code > 255 then
    say.fail("refuse takes an exception code, 1..255 (2: the address, 3: the value), or 0; not %s", say.shown(code))
  end
  need(core.device_refuse(handle, client, owners[self][3] .. tostring(name), code))
end

--- It keeps only the nearest multiple of `unit` of what is written to this variable; 0 ends that.
---@param name string
---@param unit number as the variable is read
function Device:round(name, unit)
  local handle, client = client_of(self)
  if type(unit) ~= "number" or unit ~= unit or unit < 0 then
    say.fail("round takes a number above 0, or 0, not %s", say.shown(unit))
  end
  need(core.device_round(handle, client, owners[self][3] .. tostring(name), unit))
end

return test
