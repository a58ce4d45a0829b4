-- Proves what moments are made of: the local time that never goes back, and cron lines and the moments
-- they mean (against a search minute by minute with a reader of its own), through the changes of the
-- clocks in Berlin, New York, on Lord Howe (half an hour) and in Santiago (at midnight).
-- luacheck: read_globals host

local lu = require "luaunit"
local moments = require "msm.schedule.moments"
local parse = require "msm.schedule.cron"
local schedule = require "msm.schedule"
local zone = require "msm.schedule.zone"
local zones = require "zones"

local real_date, utc, change, offset = zones.date, zones.utc, zones.change, zones.offset
local enter, leave, ZONES = zones.enter, zones.leave, zones.ALL

every("1s", function() end)

local H = 3600

local function wall_text(wall)
  return real_date("!%Y-%m-%d %H:%M:%S", wall)
end

TestZone = { tearDown = leave }

function TestZone.test_these_zones_are_right()
  for _, z in pairs(ZONES) do
    local asked, expected = {}, {}
    for _, year in ipairs { 2026, 2027, 2028 } do
      for _, which in ipairs { "from", "to" } do
        for _, by in ipairs { -1, 0, 86400 * 40 } do
          local at = change(z, which, year) + by
          asked[#asked + 1] = "@" .. at
          expected[#expected + 1] = wall_text(at + offset(z, at))
        end
      end
    end
    host.file("moments", table.concat(asked, "\n") .. "\n")
    local pipe = io.popen(("TZ='%s' date -f moments '+%%Y-%%m-%%d %%H:%%M:%%S'"):format(z.posix))
    local got = {}
    for line in pipe:lines() do
      got[#got + 1] = line
    end
    pipe:close()
    lu.assertEquals(got, expected)
  end
end

function TestZone.test_dates_and_days()
  for day = -1000, 40000, 7 do
    local t = real_date("!*t", day * 86400)
    lu.assertEquals({ zone.date(day) }, { t.year, t.month, t.day })
    lu.assertEquals(zone.days(t.year, t.month, t.day), day)
    lu.assertEquals(zone.weekday(day), t.wday - 1)
  end
end

-- The wall against a model: the greatest that clocks have shown, but for the second before the end.
function TestZone.test_the_wall_never_goes_back()
  for name in pairs(ZONES) do
    local z = enter(name)
    for _, which in ipairs { "from", "to" } do
      local greatest, at = -math.huge, change(z, which, 2026) - 4 * H
      while at < change(z, which, 2026) + 4 * H do
        local shown = at + offset(z, at)
        lu.assertEquals(zone.clock(at), shown)
        greatest = math.max(greatest, shown)
        local wall = zone.wall(at)
        lu.assertTrue(wall == greatest or wall == greatest + 59, name)
        at = at + 60
      end
    end
  end
end

function TestZone.test_the_instant_of_a_wall_is_the_first()
  for name in pairs(ZONES) do
    local z = enter(name)
    for _, which in ipairs { "from", "to" } do
      local middle = change(z, which, 2027)
      local first = {}
      for at = middle + 5 * H, middle - 5 * H, -60 do
        first[zone.clock(at)] = at
      end
      for wall = middle + z.winter - 2 * H, middle + z.winter + 3 * H, 60 do
        lu.assertEquals(zone.instant(wall), first[wall] or middle, name)
      end
    end
  end
end

-- Cron lines.

local function times_of(line, from, count)
  local plan, at, list = parse("t", line), utc(from), {}
  for i = 1, count do
    at = moments.after(plan, at)
    list[i] = real_date("!%Y-%m-%d %H:%M", at)
  end
  return list
end

local function locals_of(line, from, count)
  local plan, at, list = parse("t", line), from, {}
  for i = 1, count do
    at = moments.after(plan, at)
    list[i] = os.date("%m-%d %H:%M", at)
  end
  return list
end

TestCron = { tearDown = leave }

function TestCron.test_lines()
  for _, case in ipairs {
    { "30 2 * * *", "2026-01-02 02:30", { "2026-01-03 02:30", "2026-01-04 02:30" } },
    { "*/20 8-9 * * *", "2026-01-02 08:30",
      { "2026-01-02 08:40", "2026-01-02 09:00", "2026-01-02 09:20", "2026-01-02 09:40", "2026-01-03 08:00" } },
    { "0 0 1 jan,JUL *", "2026-01-02 00:00", { "2026-07-01 00:00", "2027-01-01 00:00" } },
    { "0 0 29 2 *", "2026-01-01 00:00", { "2028-02-29 00:00", "2032-02-29 00:00" } },
    { "0 0 29 2 *", "2097-01-01 00:00", { "2104-02-29 00:00" } },
    { "0 12 31 * *", "2026-01-31 12:00", { "2026-03-31 12:00", "2026-05-31 12:00" } },
    { "0 6 * * mon-fri", "2026-01-02 06:00", { "2026-01-05 06:00", "2026-01-06 06:00" } },
    { "0 6 * * 7", "2026-01-02 06:00", { "2026-01-04 06:00" } },
    { "0 6 * * 0", "2026-01-02 06:00", { "2026-01-04 06:00" } },
    { "0 6 * * 5-7", "2026-01-01 06:00",
      { "2026-01-02 06:00", "2026-01-03 06:00", "2026-01-04 06:00", "2026-01-09 06:00" } },
    { "0 6 * * fri-sun", "2026-01-03 06:00", { "2026-01-04 06:00", "2026-01-09 06:00" } },
    -- either day field is enough when both are stated
    { "0 0 13 * fri", "2026-01-02 00:00", { "2026-01-09 00:00", "2026-01-13 00:00", "2026-01-16 00:00" } },
    { "0 0 30 2 mon", "2026-01-31 00:00", { "2026-02-02 00:00", "2026-02-09 00:00" } },
    -- a field that begins with * restricts together with the other
    { "0 0 */10 * mon", "2026-01-02 00:00", { "2026-05-11 00:00", "2026-06-01 00:00" } },
    { "5-15/5,50 7 * * *", "2026-01-02 00:00",
      { "2026-01-02 07:05", "2026-01-02 07:10", "2026-01-02 07:15", "2026-01-02 07:50", "2026-01-03 07:05" } },
  } do
    lu.assertEquals(times_of(case[1], case[2], #case[3]), case[3], case[1])
  end
end

function TestCron.test_what_is_refused()
  for _, case in ipairs {
    { "30 2 * *", "has 4" }, { "30 2 * * * *", "has 6" }, { "", "has 0" }, { 5, "not 5" }, { nil, "not nil" },
    { "@daily", "has 1" }, { "60 * * * *", '"60" is not 0 to 59' }, { "* 24 * * *", '"24" is not 0 to 23' },
    { "* * 0 * *", "not 1 to 31" }, { "* * 32 * *", "not 1 to 31" }, { "* * * 0 *", "not a name or 1 to 12" },
    { "* * * 13 *", "1 to 12" }, { "* * * * 8", "0 to 7" }, { "* * * * foo", '"foo" is not a name' },
    { "* mon * * *", '"mon" is not 0 to 23' }, { "* 22-2 * * *", "22-23,0-2" }, { "*/0 * * * *", "the step is 0" },
    { "*/61 * * * *", "from 1 to 59" }, { "5/15 * * * *", "write 5-59/15" }, { "1,,2 * * * *", "it is *" },
    { "1- * * * *", '"1-" is not' }, { "-1 * * * *", '"-1" is not' }, { "1.5 * * * *", "it is *" },
    { "1-2-3 * * * *", '"1-2-3"' }, { "** * * * *", '"**"' }, { ", * * * *", "it is *" },
    { "0 0 30 2 *", "never comes" }, { "0 0 31 4,6,9,11 *", "never comes" }, { "0 0 31 2 */2", "never comes" },
  } do
    local ok, text = pcall(schedule.cron, "refused", case[1])
    lu.assertFalse(ok, case[1])
    lu.assertStrContains(text, case[2])
    lu.assertStrMatches(text, '.*test_schedule.lua:%d+: schedule.cron "refused": .*')
  end
end

-- Each begins so many minutes before the change.
function TestCron.test_changes_of_the_clocks()
  for _, case in ipairs {
    -- what is left out comes at the change
    { "berlin", "from", 90, "30 2 * * *", { "03-29 03:00", "03-30 02:30" } },
    { "berlin", "from", 90, "0,30 2 * * *", { "03-29 03:00", "03-30 02:00" } },
    { "berlin", "from", 90, "15 2,3 * * *", { "03-29 03:00", "03-29 03:15", "03-30 02:15" } },
    { "new_york", "from", 90, "30 2 * * *", { "03-08 03:00", "03-09 02:30" } },
    { "lord_howe", "from", 90, "10 2 * * *", { "10-04 02:30", "10-05 02:10" } },
    { "santiago", "from", 90, "30 0 * * *", { "09-06 01:00", "09-07 00:30" } },
    { "santiago", "from", 90, "30 0 6 9 *", { "09-06 01:00", "09-06 00:30" } },
    -- what is repeated comes once, the first time
    { "berlin", "to", 90, "30 2 * * *", { "10-25 02:30", "10-26 02:30" } },
    { "berlin", "to", 90, "0,30 2 * * *", { "10-25 02:00", "10-25 02:30", "10-26 02:00" } },
    { "berlin", "to", 90, "0 3 * * *", { "10-25 03:00", "10-26 03:00" } },
    { "new_york", "to", 90, "30 1 * * *", { "11-01 01:30", "11-02 01:30" } },
    { "lord_howe", "to", 90, "45 1 * * *", { "04-05 01:45", "04-06 01:45" } },
    { "santiago", "to", 90, "30 23 * * *", { "04-04 23:30", "04-05 23:30" } },
    -- begun within the repeated hour, the second time
    { "berlin", "to", -20, "30 2 * * *", { "10-26 02:30" } },
    -- in each hour: as hours pass
    { "berlin", "from", 60, "30 * * * *", { "03-29 01:30", "03-29 03:30", "03-29 04:30" } },
    { "berlin", "to", 90, "30 * * * *", { "10-25 02:30", "10-25 02:30", "10-25 03:30" } },
    { "lord_howe", "to", 50, "*/15 * * * *", { "04-05 01:15", "04-05 01:30", "04-05 01:45", "04-05 01:30",
      "04-05 01:45", "04-05 02:00" } },
  } do
    local name, which, minutes, line, expected = table.unpack(case)
    local start = change(enter(name), which, 2026) - minutes * 60
    lu.assertEquals(locals_of(line, start, #expected), expected, name .. " " .. line)
  end
end

-- The same by another way: a reader of lines and a search minute by minute.

local function field_holds(text, value, least, names)
  for part in text:gmatch("[^,]+") do
    local range, step = part:match("^(.-)/(%d+)$")
    range = (range or part):gsub("%a+", names or {})
    local low, high = range:match("^(%d+)%-(%d+)$")
    low, high = tonumber(low or range) or 0, tonumber(high or range) or 99
    for _, v in ipairs { value, names and names.sun and value == 0 and 7 or value } do
      local base = range == "*" and least or low
      if v >= low and v <= high and (v - base) % (tonumber(step) or 1) == 0 then
        return true
      end
    end
  end
  return false
end

local function line_holds(fields, t)
  local dom = field_holds(fields[3], t.day, 1)
  local dow = field_holds(fields[5], t.wday - 1, 0, { sun = "7", mon = "1", fri = "5" })
  local both = fields[3]:match("^%*") or fields[5]:match("^%*")
  return field_holds(fields[1], t.min, 0) and field_holds(fields[2], t.hour, 0)
    and field_holds(fields[4], t.month, 1, { jan = "1", mar = "3", oct = "10" })
    and (both and (dom and dow) or not both and (dom or dow))
end

-- All moments in ]from, to].
local function searched(line, z, from, to)
  local fields, found = {}, {}
  for field in line:gmatch("%S+") do
    fields[#fields + 1] = field
  end
  local by_hours = fields[2] == "*"
  local greatest = from + offset(z, from)
  for at = from + 60, to, 60 do
    local wall = at + offset(z, at)
    local first = by_hours and wall or greatest + 60
    for w = first, wall, 60 do
      if line_holds(fields, real_date("!*t", w)) and found[#found] ~= at then
        found[#found + 1] = at
      end
    end
    greatest = math.max(greatest, wall)
  end
  return found
end

local MINUTES = { "0", "30", "*/7", "15,45", "2-50/16", "59", "*" }
local HOURS = { "*", "2", "1-3", "0,23", "*/5", "2,3", "22-23,1" }
local DOMS = { "*", "*", "*", "29", "*/2", "1-7", "25-31" }
local MONTHS = { "*", "*", "*", "mar,4,oct", "*/3", "9-11" }
local DOWS = { "*", "*", "sun", "7", "mon-fri", "6,0", "*/2" }

function TestCron.test_moments_are_those_of_a_search()
  local seed = tonumber(os.getenv "MSM_SEED") or 20260329
  math.randomseed(seed)
  local function any(list)
    return list[math.random(#list)]
  end
  local names = { "utc", "berlin", "new_york", "lord_howe", "santiago" }
  for round = 1, tonumber(os.getenv "MSM_ROUNDS") or 60 do
    local name = any(names)
    local z = enter(name)
    local line = table.concat({ any(MINUTES), any(HOURS), any(DOMS), any(MONTHS), any(DOWS) }, " ")
    local which, year = any { "from", "to" }, math.random(2025, 2036)
    local from = change(z, which, year) // 60 * 60 - math.random(0, 2000) * 60
    local to = from + 3 * 86400
    local expected, got, at = searched(line, z, from, to), {}, from
    local plan = parse("t", line)
    while true do
      at = moments.after(plan, at)
      if at > to then
        break
      end
      got[#got + 1] = at
    end
    lu.assertEquals(got, expected, ("seed %d, round %d: %s in %s, %d"):format(seed, round, line, name, from))
    if #expected > 0 then -- from any second between two
      local i = math.random(#expected)
      local before = expected[i - 1] or from
      lu.assertEquals(moments.after(plan, before + math.random() * (expected[i] - before - 0.001)), expected[i])
    end
  end
end
