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

local array = require "msm.test.array"
local core = require "msm.test.core"
local device = require "msm.test.device"
local inputs = require "msm.test.inputs"
local lines = require "msm.test.lines"
local say = require "msm.test.say"
local trace = require "msm.test.trace"

local test = {}

local AT <const> = "2026-01-05 00:00:00" -- a Monday

---@class msm.test.Plant
---@field mem table the script's variables: read and assigned by name, also with their labels, "RUN", and
---        "on" and "off" for bits. So are those of its other
---        memories, plant.plc.SPEED; of a memory that is named like a method, "run", by get and set
local Plant = {}

-- What belongs to a plant, so that its own fields are memories.
local handles = setmetatable({}, { __mode = "k" })
local watchers = setmetatable({}, { __mode = "k" })

local seconds_of, need = say.seconds, say.need

-- The same for what the script did: its text begins with the script's line, and ends with the test's.
local function expect(handle, ok, problem)
  if not ok then
    error(("%s\nafter %.9g s, in the test at %s"):format(lines.of_script(problem), (core.moment(handle)),
      say.where()), 0)
  end
end

-- ---- memories ----

local function get(handle, name)
  return array.of(name, function(wanted) return need(core.get(handle, wanted)) end,
    function(wanted, value) need(core.set(handle, wanted, value)) end)
end

local function set(handle, name, value)
  need(core.set(handle, name, array.plain(value)))
end

local function memory(handle, name)
  return setmetatable({}, {
    __index = function(_, variable)
      return get(handle, name .. "." .. tostring(variable))
    end,
    __newindex = function(_, variable, value)
      set(handle, name .. "." .. tostring(variable), value)
    end,
    __name = "memory " .. name,
  })
end

local meta = { __name = "plant" }

local function refuse_key(memories, key)
  local words = say.names(Plant)
  for i = 1, #memories do
    words[#words + 1] = memories[i]
  end
  say.fail("the plant has no method and no memory %s; %s", tostring(key),
    say.hint(key, words, #memories == 0 and "the script has no memory"
      or "its memories: " .. table.concat(memories, ", ")))
end

function meta.__index(self, key)
  if Plant[key] then
    return Plant[key]
  end
  local memories = core.memories(handles[self])
  for _, name in ipairs(memories) do
    if name == key then
      return memory(handles[self], key)
    end
  end
  refuse_key(memories, key)
end

function meta.__newindex(_, key)
  say.fail("plant.%s: assign to a variable, plant.mem.%s", tostring(key), tostring(key))
end

---@class msm.test.LoadOptions
---@field at string|nil UTC at the first scan, "2026-03-29 00:59:00", or "2026-03-29 00:59:00 local"
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

local function attempt(self, run)
  local handle, watching = handles[self], watchers[self]
  local time, due = core.moment(handle)
  for _, before in ipairs(watching.before) do
    before(time + due)
  end
  local ok, problem = run(handle)
  for _, after in ipairs(watching.after) do
    after(time + due)
  end
  return ok, problem
end

local function step(self, run)
  expect(handles[self], attempt(self, run))
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
  if count ~= nil and (math.type(count) ~= "integer" or count < 0) then
    say.fail("scans takes a number of scans, 0 or more, not %s; run takes a time", say.shown(count))
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

--- Lets time pass until the clock of the wall shows this: what is due at that moment belongs to the next
--- run.
---@param moment string UTC, "06:00" for the next time, "06:00:30" or "2026-03-29 00:59:30"; of this
---        computer's zone with " local" behind it
function Plant:run_to(moment)
  local _, _, now = core.moment(handles[self])
  local wait = inputs.next(moment, now) - now
  if wait < 0 then
    say.fail("run_to: it is %s UTC already", os.date("!%Y-%m-%d %H:%M:%S", math.floor(now)))
  end
  self:run(wait)
end

--- Runs scans until the program faults, which a test that expects it may do so: in every other call a
--- fault is an error. Fails when there is none within `limit`. The plant can be run on: it is in FAULT,
--- outputs are safe, and a program with `on_fault = "restart"` starts again after its `restart_after`.
---
---     tank.mem.LEVEL = -1
---     lu.assertStrContains(tank:run_to_fault "1s", "the level is below zero")
---     lu.assertFalse(tank.mem.PUMP)
---@param limit number|string
---@return string text of the fault, with file, line and traceback
function Plant:run_to_fault(limit)
  local handle = handles[self]
  local finish = self:time() + seconds_of(limit, "run_to_fault")
  if core.fault(handle) then
    say.fail("run_to_fault: the program is in FAULT already: %s", core.fault(handle))
  end
  repeat
    local time, due = core.moment(handle)
    if time + due > finish + ROUNDING then
      say.fail("run_to_fault: there was no fault within %s", limit)
    end
    local ok, problem = attempt(self, core.step)
    if not ok and not core.fault(handle) then
      expect(handle, ok, problem)
    end
  until not ok
  return core.fault(handle)
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

--- "ready" before the first scan, "running", "fault" or "stopped".
---@return string
function Plant:state()
  local _, _, state = core.scans(handles[self])
  return state
end

--- Sets the clock of the wall; scan.time goes on.
---@param utc string "2026-03-29 00:59:30", with " local" behind it for the time of this computer's zone,
---        or "" for a clock that was never set
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

--- How often the program has started again after a fault, by `on_fault = "restart"`.
---@return integer
function Plant:restarts()
  local _, _, _, restarts = core.scans(handles[self])
  return restarts
end

--- Reads the script's text again, or that of another file, as `msm reload` does: counters, timers and
--- values go on. Outputs with `safe` that a device has and the new text has not are made safe first,
--- which takes the time that the device takes; scans that run meanwhile keep the last inputs and are in
--- no trace. Raises where the new text is refused, and then the old
--- one goes on.
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

--- The same as plant.mem.LEVEL, by a name: also of a memory that is named like a method of the plant.
---@param name string "LEVEL", "plc.SPEED", "TEMPS[3]"
---@return any
function Plant:get(name)
  return get(handles[self], say.name("get", name))
end

--- The same as plant.mem.LEVEL = value.
---@param name string
---@param value any
function Plant:set(name, value)
  set(handles[self], say.name("set", name), value)
end

--- "good", "stale", "never", "range" or "invalid".
---@param name string "LEVEL", "plc.SPEED"
---@return string
function Plant:quality(name)
  return need(core.quality(handles[self], say.name("quality", name)))
end

--- As `msm force` does.
---@param name string
---@param value any
function Plant:force(name, value)
  need(core.force(handles[self], say.name("force", name), array.plain(value)))
end

--- Ends a force; what it had suppressed comes back.
---@param name string
function Plant:unforce(name)
  need(core.unforce(handles[self], say.name("unforce", name)))
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
    return core.set(handle, variable, array.plain(now))
  end
  local function check(variable)
    return core.get(handle, variable)
  end
  local function typed(variable, text)
    return core.typed(handle, variable, text)
  end
  local before = watchers[self].before
  before[#before + 1] = value and inputs.of(value, name, assign, check)
    or inputs.from_file(name, assign, check, typed)
end

--- Notes these variables after each scan from now on.
---@param names string[]
---@return msm.test.Trace
function Plant:trace(names)
  local handle = handles[self]
  local made, note = trace.new(names, function(name)
    return need(core.get(handle, say.name("trace", name)))
  end, function(name)
    return core.unit(handle, name)
  end)
  local after = watchers[self].after
  after[#after + 1] = note
  return made
end

--- The simulated device behind a client link, by the name of the link or of its memory. Its values are
--- read and assigned by the names that the script has declared for them, `device.LEVEL = 20`: what the
--- script sees of that comes with the next poll.
---@param name string
---@return msm.test.Device
function Plant:device(name)
  return device.new(handles[self], name)
end

-- What is called with a dot has another one, or nothing, as its plant.
for name, method in pairs(Plant) do
  Plant[name] = function(self, ...)
    if not handles[self] then
      say.fail("what a plant does is called with a colon, as in plant:%s(…)", name)
    end
    return method(self, ...)
  end
end

return test
