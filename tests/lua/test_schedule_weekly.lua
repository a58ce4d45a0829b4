-- Proves what a week's plan says at each moment: periods, set points, exceptions, the changes of the
-- clocks, what comes next (random plans against a list of all changes); and what is refused.
-- luacheck: read_globals host

local lu = require "luaunit"
local core = require "msm.core"
local schedule = require "msm.schedule"
local zones = require "zones"

local real_date, utc, change, offset = zones.date, zones.utc, zones.change, zones.offset
local enter, leave = zones.enter, zones.leave

every("1s", function() end)

-- Plans are made in the body; a test needs some more.
local function after_the_body(make, ...)
  local line = core.line
  core.line = function() return "test" end
  local results = table.pack(pcall(make, ...))
  core.line = line
  return results[1] and results[2] or not results[1] and error(results[2], 0)
end

local office = schedule.weekly("office", {
  ["mon-thu"] = { "13:00-18:00", "06:30-12:00" },
  Fri = "06:30-14:00",
  sat = "22:00-06:00",
  exceptions = {
    ["2026-12-24"] = "06:30-12:00",
    ["12-25..01-06"] = false,
    ["12-31"] = { "08:00-10:00" },
    ["2026-07-20..2026-08-07"] = {},
    ["2026-07-21"] = "00:00-24:00",
  },
})

local heating = schedule.weekly("heating", {
  ["mon-fri"] = { ["06:00"] = 21, ["22:00"] = 17 },
  sat = { ["08:00"] = 20.5 },
  exceptions = { ["2026-05-01"] = false, ["2026-06-01..2027-05-01"] = false },
  default = 5,
})

local night = schedule.weekly("night", { daily = { ["02:30"] = "night", ["08:00"] = "day" }, default = "day" })
local early = schedule.weekly("early", { daily = "02:15-02:45" })

local function at(instant, plan)
  local before = scan
  scan = { now = instant, clock_ok = true, time = 0 } -- luacheck: ignore
  local value = plan()
  scan = before -- luacheck: ignore
  return value
end

TestWeekly = { tearDown = leave }

function TestWeekly.test_what_holds()
  for _, case in ipairs {
    { office, "2026-01-07 06:29", true, false }, -- Wednesday
    { office, "2026-01-07 06:30", true }, { office, "2026-01-07 11:59", true }, { office, "2026-01-07 12:00", false },
    { office, "2026-01-07 13:00", true }, { office, "2026-01-07 18:00", false },
    { office, "2026-01-09 13:59", true }, { office, "2026-01-09 14:00", false },
    { office, "2026-01-10 21:59", false }, { office, "2026-01-10 22:00", true }, -- Saturday, over midnight
    { office, "2026-01-11 00:00", true }, { office, "2026-01-11 05:59", true }, { office, "2026-01-11 06:00", false },
    { office, "2026-12-24 11:59", true }, { office, "2026-12-24 13:30", false },
    { office, "2026-12-25 09:00", false }, { office, "2026-12-31 09:00", true }, { office, "2026-12-31 11:00", false },
    { office, "2027-01-06 09:00", false }, { office, "2027-01-07 09:00", true },
    { office, "2026-07-20 09:00", false }, { office, "2026-07-21 00:00", true }, { office, "2026-07-21 23:59", true },
    { office, "2026-07-22 00:00", false }, { office, "2026-08-10 09:00", true },
    { heating, "2026-01-07 05:59", 17 }, { heating, "2026-01-07 06:00", 21 }, { heating, "2026-01-07 22:00", 17 },
    { heating, "2026-01-10 07:59", 17 }, { heating, "2026-01-10 08:00", 20.5 }, { heating, "2026-01-12 05:00", 20.5 },
    { heating, "2026-05-01 10:00", 17 }, -- goes on over a day without a plan
    { heating, "2027-04-30 10:00", 20.5 }, -- and over eleven months
  } do
    local expected = case[3]
    if case[4] ~= nil then
      expected = case[4]
    end
    lu.assertEquals(at(utc(case[2]), case[1]), expected, case[2])
  end
end

function TestWeekly.test_changes_of_the_clocks()
  local z = enter "berlin"
  local gap = change(z, "from", 2026)
  lu.assertEquals(at(gap - 1, night), "day")
  lu.assertEquals(at(gap, night), "night") -- 02:30 did not come
  lu.assertFalse(at(gap - 1, early))
  lu.assertFalse(at(gap, early))
  local back, on = change(z, "to", 2026), {}
  for minute = -70, 70 do
    on[#on + 1] = at(back + minute * 60, early) and minute or nil
  end
  lu.assertEquals({ on[1], on[#on], #on }, { -45, -16, 30 }) -- once, the first time
  for minute = -29, 70 do
    lu.assertEquals(at(back + minute * 60, night), "night")
  end
end

function TestWeekly.test_what_comes_next()
  local before = scan
  scan = { now = utc "2026-01-09 14:00", clock_ok = true, time = 0 } -- luacheck: ignore
  local results = { { office:next() }, { heating:next() } }
  scan = { now = 0, clock_ok = false, time = 0 } -- luacheck: ignore
  local _, text = host.quiet(function()
    results[3] = { office:next() }
    results[4] = { heating(), office() }
  end)
  scan = before -- luacheck: ignore
  lu.assertNil(text)
  lu.assertEquals(results, { { utc "2026-01-10 22:00", true }, { utc "2026-01-09 22:00", 17 }, { math.huge, false },
    { 5, false } })
end

-- Random plans against a list of all changes, in order.
function TestWeekly.test_set_points_against_a_list()
  local seed = tonumber(os.getenv "MSM_SEED") or 20261025
  math.randomseed(seed)
  local names = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" }
  local z = enter "berlin"
  local take = schedule.weekly
  for round = 1, 40 do
    local plan, list = { default = -1 }, {}
    for i = 1, 7 do
      for _ = 1, math.random(0, 3) do
        local minute = math.random(0, 1439)
        plan[names[i]] = plan[names[i]] or {}
        plan[names[i]][("%02d:%02d"):format(minute // 60, minute % 60)] = math.random(100)
      end
    end
    plan.mon = plan.mon or { ["00:00"] = 1 }
    local weekly = after_the_body(take, "random " .. round, plan)
    local middle = change(z, round % 2 == 0 and "from" or "to", 2026)
    for day = -9, 3 do
      local date = real_date("!*t", middle + day * 86400)
      for text, value in pairs(plan[names[date.wday]] or {}) do
        local wall = utc(("%d-%d-%d %s"):format(date.year, date.month, date.day, text))
        list[#list + 1] = { wall, value }
      end
    end
    table.sort(list, function(a, b) return a[1] < b[1] end)
    local greatest = middle - 86400 * 2
    for instant = middle - 86400, middle + 86400, 97 do
      greatest = math.max(greatest, instant + offset(z, instant))
      local expected
      for _, entry in ipairs(list) do
        expected = entry[1] <= greatest and entry[2] or expected
      end
      lu.assertEquals(at(instant, weekly), expected, ("seed %d, round %d, %d"):format(seed, round, instant))
    end
  end
end

local function refused(text, make, ...)
  local ok, got = pcall(after_the_body, make, ...)
  lu.assertFalse(ok, text)
  lu.assertStrContains(got, text)
  lu.assertStrMatches(got, ".*test_schedule_weekly.lua:%d+: schedule%.%a+.*")
end

local function refused_plan(text, plan)
  refused(text, schedule.weekly, "refused " .. text, plan)
end

function TestWeekly.test_what_is_refused()
  refused("the name is nil", schedule.weekly, nil, {})
  refused("is made at", schedule.weekly, "office", { mon = "01:00-02:00" })
  refused_plan("takes a plan", nil)
  refused_plan("names no day", {})
  refused_plan('["mon-fri"]', { "06:00-07:00" })
  refused_plan('unknown option "defualt"; did you mean default?', { defualt = 1 })
  refused_plan('a weekday is mon, tue, wed, thu, fri, sat or sun, not "fry"', { ["mon-fry"] = "06:00-07:00" })
  refused_plan("name the same day", { ["mon-fri"] = "06:00-07:00", fri = "06:00-07:00" })
  refused_plan("a day's plan is", { mon = 5 })
  refused_plan('a period is text as "06:30-18:00", not "06:30"', { mon = "06:30" })
  refused_plan("a time of day is text", { mon = "6-7" })
  refused_plan('from "00:00" to "24:00", not "24:01"', { mon = "06:00-24:01" })
  refused_plan("is empty", { mon = "06:00-06:00" })
  refused_plan("overlap", { mon = { "06:00-08:00", "07:59-09:00" } })
  refused_plan("periods or set points, not both", { mon = { "06:00-08:00", ["07:00"] = 1 }, default = 1 })
  refused_plan("other days of this plan have periods", { mon = "06:00-08:00", tue = { ["07:00"] = 1 }, default = 1 })
  refused_plan("needs a default", { mon = { ["07:00"] = 1 } })
  refused_plan("the default is a number", { mon = { ["07:00"] = true }, default = 1 })
  refused_plan("at the same time, 07:00", { mon = { ["07:00"] = 2, ["7:00"] = 1 }, default = 1 })
  refused_plan("true or false, not 1", { mon = "06:00-08:00", default = 1 })
  refused_plan("exceptions are a table", { mon = "06:00-08:00", exceptions = 1 })
  for date, text in pairs {
    ["2026-02-29"] = "no such day", ["02-30"] = "no such day", ["13-01"] = "no such day", ["24.12."] = "a date is",
    ["2026-12-24..01-06"] = "have a year or none", ["2027-01-06..2026-12-24"] = "goes forward",
  } do
    refused_plan(text, { mon = "06:00-08:00", exceptions = { [date] = false } })
  end
  refused_plan("a date is text", { mon = "06:00-08:00", exceptions = { false } })
  refused_plan("name the same day", { mon = "06:00-08:00",
    exceptions = { ["12-01..12-24"] = false, ["12-24..12-31"] = false } })
  refused("a time of day", schedule.at, "x", "06:60")
  refused("not 5", schedule.at, "x", { 5 })
  refused("a weekday is", schedule.at, "x", "06:00", { days = "work" })
  refused('unknown option "catchup"; did you mean catch_up?', schedule.at, "x", "06:00", { catchup = true })
  refused("latitude", schedule.sunrise, "x", { latitude = 91, longitude = 0 })
  refused("longitude is missing", schedule.sunset, "x", { latitude = 1 })
end
