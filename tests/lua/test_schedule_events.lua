-- Proves that an event is true in exactly one run for each moment: on a clock that runs, is set forward
-- or back, or is not set; in slow tasks; through reloads, rollbacks and restarts. First with a scan of
-- the test's own, whose clock can be set, then in scripts beside it.
-- luacheck: read_globals host

local lu = require "luaunit"
local schedule = require "msm.schedule"

every("1s", function() end)

local count = 0
local function name()
  count = count + 1
  return "event " .. count
end

local MADE = {} -- events are made in the body: some of each kind, one for each test
for _, options in ipairs { {}, { catch_up = true }, { late = "10m" }, { late = 0 } } do
  local list = {}
  for i = 1, 12 do
    list[i] = { daily = schedule.cron(name(), "30 2 * * *", options), hourly = schedule.at(name(), { "01:00", "02:00",
      "03:00", "04:00", "05:00" }, options) }
  end
  MADE[#MADE + 1] = list
end
local EACH_MINUTE = {}
for i = 1, 40 do
  EACH_MINUTE[i] = schedule.cron(name(), "* * * * *")
end
local EXCEPTIONS = schedule.at("exceptions", "07:00", {
  days = "mon-fri", exceptions = { ["2026-12-24"] = { "12:00", "13:00" }, ["12-25..01-06"] = false },
})

local function utc(text)
  local y, m, d, h, min, s = text:match("(%d+)-(%d+)-(%d+) (%d+):(%d+):?(%d*)")
  return os.time { year = y, month = m, day = d, hour = h, min = min, sec = tonumber(s) or 0 }
end

-- A clock for one test: runs(to, step) lets time pass, set(to) sets the clock alone. `event` is called
-- after each step; `came` has the moments at which it was true.
local real_scan, real_warn = scan, log.warn
local clock, event, came, said

local function look()
  if event() then
    came[#came + 1] = os.date("!%d %H:%M:%S", clock.now // 1 | 0)
  end
end

local function runs(to, step)
  local distance = utc(to) - clock.now
  step = step or 10
  for _ = 1, distance // step | 0 do
    clock.now, clock.time = clock.now + step, clock.time + step
    look()
  end
end

local function set(to)
  clock.now, clock.time = utc(to), clock.time + 0.1
  look()
end

local function begins(at, which)
  clock, event, came, said = { now = utc(at), time = 100.0, clock_ok = true }, which, {}, ""
  scan = clock -- luacheck: ignore
  rawset(log, "warn", function(...)
    said = said .. string.format(...)
  end)
  look()
end

TestEvents = {}

function TestEvents.tearDown()
  scan = real_scan -- luacheck: ignore
  rawset(log, "warn", real_warn)
end

function TestEvents.test_once_for_each_moment()
  begins("2026-01-02 02:00", MADE[1][1].daily)
  runs("2026-01-04 02:00")
  lu.assertEquals(came, { "02 02:30:00", "03 02:30:00" })
  lu.assertEquals(event.last, utc "2026-01-03 02:30")
  lu.assertEquals(event:next(), utc "2026-01-04 02:30")
  lu.assertEquals(said, "")
end

function TestEvents.test_a_start_at_or_after_the_moment_does_not_fire()
  begins("2026-01-02 02:30", MADE[1][2].daily)
  runs("2026-01-02 23:00")
  lu.assertEquals(came, {})
  lu.assertEquals(event.last, -1)
end

-- A task of 7 minutes comes 4 minutes late at 02:30: that is no clock that was set.
function TestEvents.test_a_slow_task_misses_nothing()
  begins("2026-01-02 02:20", MADE[4][1].daily)
  runs("2026-01-02 08:00", 420)
  lu.assertEquals(came, { "02 02:34:00" })
  begins("2026-01-02 00:03", MADE[4][1].hourly)
  runs("2026-01-02 06:00", 420)
  lu.assertEquals(#came, 5)
end

function TestEvents.test_a_clock_set_forward()
  begins("2026-01-02 00:30", MADE[1][3].hourly)
  set("2026-01-02 03:30") -- over 01:00 to 03:00
  lu.assertEquals(came, {})
  lu.assertStrContains(said, "the moment 2026-01-02 01:00 is left out")
  runs("2026-01-02 04:10")
  lu.assertEquals(came, { "02 04:00:00" })
  set("2026-01-02 05:00:50") -- not older than `late`
  lu.assertEquals(#came, 2)
end

function TestEvents.test_catch_up_is_once()
  begins("2026-01-02 00:30", MADE[2][1].hourly)
  set("2026-01-02 03:30")
  runs("2026-01-02 04:10")
  lu.assertEquals(came, { "02 03:30:00", "02 04:00:00" })
  lu.assertEquals(said, "")
end

function TestEvents.test_late_is_how_old_a_moment_may_be()
  begins("2026-01-02 02:00", MADE[3][1].daily)
  set("2026-01-02 02:39")
  lu.assertEquals(came, { "02 02:39:00" })
  begins("2026-01-02 02:00", MADE[3][2].daily)
  set("2026-01-02 02:41")
  lu.assertEquals(came, {})
end

function TestEvents.test_a_clock_set_back_brings_nothing_twice()
  begins("2026-01-02 02:00", MADE[1][4].daily)
  runs("2026-01-02 02:40")
  set("2026-01-02 02:29:50")
  runs("2026-01-03 02:40")
  lu.assertEquals(came, { "02 02:30:00", "03 02:30:00" })
  begins("2026-01-02 00:30", MADE[1][4].hourly)
  runs("2026-01-02 04:30")
  set("2026-01-02 01:30")
  runs("2026-01-02 05:30")
  lu.assertEquals(came, { "02 01:00:00", "02 02:00:00", "02 03:00:00", "02 04:00:00", "02 05:00:00" })
  lu.assertEquals(said, "")
end

function TestEvents.test_a_clock_that_was_years_ahead()
  begins("2035-01-02 00:30", MADE[1][5].hourly)
  runs("2035-01-02 01:30")
  set("2026-01-02 01:30")
  lu.assertStrContains(said, "set back by more than a day; moments count from 2026-01-02 01:30 on")
  runs("2026-01-02 02:30")
  lu.assertEquals(came, { "02 01:00:00", "02 02:00:00" })
end

function TestEvents.test_a_clock_that_is_not_set()
  begins("2026-01-02 01:30", MADE[1][6].hourly)
  clock.clock_ok = false
  runs("2026-01-02 02:30")
  clock.clock_ok = true
  set("2026-01-02 03:30")
  runs("2026-01-02 04:30")
  lu.assertEquals(came, { "02 04:00:00" })
  lu.assertEquals(select(2, said:gsub("clock is not set", "")), 1) -- of hundreds of calls
  clock.clock_ok = false
  lu.assertEquals(event:next(), math.huge)
end

function TestEvents.test_exceptions()
  begins("2026-12-22 00:00", EXCEPTIONS)
  runs("2027-01-09 00:00", 30)
  lu.assertEquals(came, { "22 07:00:00", "23 07:00:00", "24 12:00:00", "24 13:00:00", "07 07:00:00", "08 07:00:00" })
end

-- A clock that jitters, is set by seconds to hours, to and fro: no minute fires twice while the
-- clock has not been set back by more than a day, and none is lost while it only runs.
function TestEvents.test_any_clock()
  local seed = tonumber(os.getenv "MSM_SEED") or 77
  math.randomseed(seed)
  for round, which in ipairs(EACH_MINUTE) do
    begins("2026-01-02 00:00:30", which)
    local fired, greatest, lost = {}, clock.now // 60, 0
    for step = 1, 400 do
      local passed = math.random() * 50
      local jump = math.random(20) == 1 and (math.random() - 0.5) * 20000 or (math.random() - 0.5) * 0.2
      clock.now, clock.time = clock.now + passed + jump, clock.time + passed
      local before = #came
      look()
      local minute, where = clock.now // 60, ("seed %d, round %d, step %d"):format(seed, round, step)
      if #came > before then
        lu.assertEquals(event.last % 60, 0.0, where)
        lu.assertTrue(event.last <= clock.now and not fired[event.last], where)
        lu.assertTrue(event.last // 60 > greatest, where)
        fired[event.last] = true
      elseif minute > greatest then
        lost = lost + 1
      end
      greatest = math.max(greatest, minute)
    end
    lu.assertEquals(lost, 0) -- * * * * *: after a jump the last minute is not older than `late`
  end
end

-- In scripts. The host's clock begins at 2026-01-02 03:04:05 UTC.

local SCRIPT = [[
local schedule = require "msm.schedule"
local at = schedule.%s
fired = keep("fired", { count = 0 }, { retain = true })
every("10s", function() if at() then fired.count = fired.count + 1 end end)
]]

local function play(what)
  return host.play(SCRIPT:format(what))
end

local function fired(p)
  local _, value = host.quiet(p.eval, p, "return fired.count")
  return value
end

TestScripts = {}

function TestScripts.test_a_reload_costs_nothing_and_brings_nothing_twice()
  local p = play 'cron("each", "*/5 * * * *")'
  host.quiet(p.run, p)
  for _ = 1, 40 do
    host.quiet(p.advance, p, 97)
    host.quiet(p.reload, p)
  end
  host.quiet(p.run, p)
  lu.assertEquals(fired(p), 12 + 1) -- 3880 s from 03:04:05 on: 03:05 to 04:05
end

function TestScripts.test_a_rollback_does_not_fire_again()
  local p = play 'cron("each", "*/5 * * * *")'
  host.quiet(p.run, p)
  host.quiet(p.advance, p, 30)
  host.quiet(p.reload, p)
  host.quiet(p.advance, p, 60) -- 03:05
  lu.assertEquals(fired(p), 1)
  host.quiet(p.back, p)
  host.quiet(p.advance, p, 60)
  lu.assertEquals(fired(p), 1)
  host.quiet(p.advance, p, 300)
  lu.assertEquals(fired(p), 2)
end

-- A text with another line: its moments count from the reload on.
function TestScripts.test_another_line()
  local p = play 'cron("each", "0 12 * * *")'
  host.quiet(p.run, p)
  host.quiet(p.advance, p, 600)
  host.quiet(p.reload, p, SCRIPT:format 'cron("each", "16 * * * *")')
  host.quiet(p.advance, p, 60)
  lu.assertEquals(fired(p), 0)
  host.quiet(p.advance, p, 120)
  lu.assertEquals(fired(p), 1)
end

-- The new text's moments before the reload are no missed ones, whatever it makes up.
function TestScripts.test_another_text_makes_nothing_up()
  for before, after in pairs {
    ['cron("each", "0 12 * * *", { catch_up = true })'] = 'cron("each", "10 3 * * *", { catch_up = true })',
    ['at("each", "12:00", { late = "1h" })'] = 'at("each", "03:10", { late = "1h" })',
    ['at("each", "03:10", { days = "sun", catch_up = true })'] = 'at("each", "03:10", { catch_up = true })',
    ['sunset("each", { latitude = 1, longitude = 2, catch_up = true })'] =
      'sunset("each", { latitude = 1, longitude = 225.5 - 360, catch_up = true })', -- at about 03:06
  } do
    local p = play(before)
    p:run()
    p:advance(900)
    p:reload(SCRIPT:format(after))
    local text = host.quiet(p.advance, p, 100)
    lu.assertEquals({ text, fired(p) }, { "", 0 }, after)
    p:restart(SCRIPT:format(before))
    text = host.quiet(p.advance, p, 100)
    lu.assertEquals({ text, fired(p) }, { "", 0 }, before)
  end
end

-- `late` in the virtual process: stopped for an hour over two moments.
local function stopped_for_an_hour(options)
  local p = play(('cron("each", "*/30 * * * *", %s)'):format(options))
  host.quiet(p.run, p)
  host.quiet(p.advance, p, 1600) -- 03:30 has come
  lu.assertEquals(fired(p), 1)
  local text = host.quiet(function()
    p:restart(SCRIPT:format(('cron("each", "*/30 * * * *", %s)'):format(options)))
    p:late(3900)
    p:advance(60)
  end)
  return fired(p) - 1, text
end

function TestScripts.test_a_restart()
  lu.assertEquals(stopped_for_an_hour "{}", 0)
  local count_of, text = stopped_for_an_hour "{ retain = true }"
  lu.assertEquals(count_of, 0)
  lu.assertStrContains(text, 'schedule.cron "each": the moment 2026-01-02 04:00 is left out')
  lu.assertEquals(stopped_for_an_hour "{ catch_up = true }", 1)
  lu.assertEquals(stopped_for_an_hour "{ retain = true, late = '10m' }", 1) -- 04:30 is 6 minutes old
end

function TestScripts.test_plans_in_a_sandbox()
  local p = host.play [[
local schedule = require "msm.schedule"
local office = schedule.weekly("office", { daily = "03:05-03:06" })
local day = schedule.sun("day", { latitude = 52.52, longitude = 13.405 }) -- rises at 07:17
seen = keep("seen", { on = 0, light = false })
every("10s", function()
  seen.on = seen.on + (office() and 1 or 0)
  seen.light = day()
end)
]]
  p:run()
  p:advance(600)
  lu.assertEquals({ p:eval "return seen.on, seen.light" }, { 6, false })
  p:restart()
  p:late(4.5 * 3600)
  p:run()
  lu.assertEquals({ p:eval "return seen.on, seen.light" }, { 0, true })
end

function TestScripts.test_a_name_is_used_once()
  for _, twice in ipairs { 'schedule.cron("a", "* * * * *")', 'schedule.weekly("a", { mon = "01:00-02:00" })',
    'schedule.sun("a", { latitude = 1, longitude = 1 })' } do
    local text = host.check('local schedule = require "msm.schedule"\n' .. twice .. "\n" .. twice)
    lu.assertStrContains(text, "script.lua:3: schedule.")
    lu.assertStrContains(text, "made at script.lua:2 already")
  end
end
