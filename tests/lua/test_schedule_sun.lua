-- Proves where the sun is said to stand: against another algorithm (the Astronomical Almanac's low
-- precision formulas, with a search over the height minute by minute instead of an equation), against
-- moments that are the same in every almanac, and on polar days and nights. And the events on it.
-- luacheck: read_globals host

local lu = require "luaunit"
local schedule = require "msm.schedule"
local sun = require "msm.schedule.sun"

every("1s", function() end)

local function utc(text)
  local y, m, d, h, min = text:match("(%d+)-(%d+)-(%d+) (%d+):(%d+)")
  return os.time { year = y, month = m, day = d, hour = h, min = min, sec = 0 }
end

-- The Astronomical Almanac, page C5: the sun to 0.01 degrees from 1950 to 2050; sidereal time of
-- Greenwich by the IAU 1982 expression.
local function almanac_height(latitude, longitude, at)
  local n = at / 86400 + 2440587.5 - 2451545.0
  local g = math.rad((357.528 + 0.9856003 * n) % 360)
  local lambda = math.rad((280.460 + 0.9856474 * n) % 360 + 1.915 * math.sin(g) + 0.020 * math.sin(2 * g))
  local epsilon = math.rad(23.439 - 4e-7 * n)
  local ascension = math.atan(math.cos(epsilon) * math.sin(lambda), math.cos(lambda))
  local declination = math.asin(math.sin(epsilon) * math.sin(lambda))
  local angle = math.rad((280.46061837 + 360.98564736629 * n + longitude) % 360) - ascension
  local phi = math.rad(latitude)
  return math.deg(math.asin(math.sin(phi) * math.sin(declination)
    + math.cos(phi) * math.cos(declination) * math.cos(angle)))
end

-- First passage of the height through the elevation between two instants, to the second.
local function searched(latitude, longitude, elevation, from, to, side)
  local function is_before(at)
    return (almanac_height(latitude, longitude, at) - elevation) * side > 0
  end
  for minute = from, to, 60 do
    if is_before(minute) and not is_before(minute + 60) then
      local low, high = minute, minute + 60
      while high - low > 1 do
        local middle = (low + high) / 2
        if is_before(middle) then low = middle else high = middle end
      end
      return high
    end
  end
end

TestSun = {}

-- 12 months at 10 places from Quito to Tromsø; within 6 s up to 60 degrees, 15 s where it grazes.
function TestSun.test_rise_and_set_against_the_almanac()
  local compared = 0
  for _, p in ipairs { { 0, -78.5 }, { 52.52, 13.405 }, { -33.87, 151.21 }, { 40.71, -74.01 }, { 59.91, 10.75 },
    { -54.8, -68.3 }, { 64.15, -21.94 }, { 21.31, -157.86 }, { -41.29, 174.78 }, { 69.65, 18.96 } } do
    for _, elevation in ipairs { -0.833, -6 } do
      local place = { latitude = p[1], longitude = p[2], elevation = elevation }
      for month = 0, 23 do
        local day = sun.day(place, utc "2026-01-03 12:00" + math.floor(month * 30.4) * 86400)
        local noon = sun.noon(place, day) // 1
        for _, side in ipairs { -1, 1 } do
          local from = side < 0 and noon - 43200 or noon
          local expected = searched(p[1], p[2], elevation, from, from + 43200, side)
          local got = sun.passes(place, day, side)
          local where = ("%s %s %s month %d: %s, not %s"):format(p[1], p[2], elevation, month, got, expected)
          lu.assertEquals(got ~= nil, expected ~= nil, where)
          if got then
            compared = compared + 1
            lu.assertTrue(math.abs(got - expected) < (math.abs(p[1]) < 60 and 6 or 15), where)
          end
        end
        lu.assertAlmostEquals(sun.height(place, noon + month * 1777),
          almanac_height(p[1], p[2], noon + month * 1777), 0.03)
      end
    end
  end
  lu.assertTrue(compared > 850, compared)
end

-- Equinoxes and solstices as published (USNO): then the declination is 0 or at its extreme, and the
-- sun's longitude a multiple of 90 degrees. At the pole its height is the declination.
function TestSun.test_equinoxes_and_solstices()
  local pole = { latitude = 90, longitude = 0, elevation = 0 }
  for _, at in ipairs { "2026-03-20 14:46", "2026-09-23 00:05", "2025-03-20 09:01", "2025-09-22 18:19",
    "2024-03-20 03:06", "2024-09-22 12:44" } do
    lu.assertAlmostEquals(sun.height(pole, utc(at)), 0, 0.005, at) -- it moves by 0.016 in an hour
  end
  for at, height in pairs { ["2026-06-21 08:24"] = 23.436, ["2026-12-21 20:50"] = -23.436,
    ["2024-06-20 20:51"] = 23.436, ["2024-12-21 09:21"] = -23.436 } do
    lu.assertAlmostEquals(sun.height(pole, utc(at)), height, 0.005, at)
  end
end

-- Sunrise and sunset as printed in calendars, to the minute, UTC.
function TestSun.test_calendars()
  local greenwich = { latitude = 51.477, longitude = 0, elevation = -0.833 }
  local berlin = { latitude = 52.52, longitude = 13.405, elevation = -0.833 }
  for _, case in ipairs {
    { greenwich, "2026-06-21 12:00", "2026-06-21 03:43", "2026-06-21 20:21" },
    { greenwich, "2026-12-21 12:00", "2026-12-21 08:03", "2026-12-21 15:53" },
    { berlin, "2026-06-21 12:00", "2026-06-21 02:43", "2026-06-21 19:33" },
    { berlin, "2026-12-21 12:00", "2026-12-21 07:15", "2026-12-21 14:54" },
  } do
    local times = sun.times(case[1], sun.day(case[1], utc(case[2])))
    lu.assertAlmostEquals(times.rise, utc(case[3]), 90, case[3])
    lu.assertAlmostEquals(times.set, utc(case[4]), 90, case[4])
  end
end

local tromso = { latitude = 69.65, longitude = 18.96, elevation = -0.833 }

-- Tromsø: the midnight sun from about May 18 to July 26, the polar night from about November 28 to
-- January 14.
function TestSun.test_polar_days_and_nights()
  local function of(text)
    return sun.times(tromso, sun.day(tromso, utc(text)))
  end
  for text, polar in pairs { ["2026-06-21 12:00"] = "day", ["2026-05-22 12:00"] = "day", ["2026-07-22 12:00"] = "day",
    ["2026-12-21 12:00"] = "night", ["2026-12-03 12:00"] = "night", ["2026-01-10 12:00"] = "night" } do
    local times = of(text)
    lu.assertEquals({ times.polar, times.rise, times.set }, { polar }, text)
    lu.assertTrue(math.abs(times.noon - utc(text)) < 2 * 3600)
  end
  for _, text in ipairs { "2026-05-14 12:00", "2026-07-30 12:00", "2026-11-22 12:00", "2026-01-20 12:00" } do
    local times = of(text)
    lu.assertNil(times.polar, text)
    lu.assertTrue(times.rise < times.noon and times.noon < times.set, text)
  end
  for _, latitude in ipairs { 90, -90 } do
    local pole = { latitude = latitude, longitude = 0, elevation = -0.833 }
    local times = sun.times(pole, sun.day(pole, utc "2026-06-21 12:00"))
    lu.assertEquals(times.polar, latitude > 0 and "day" or "night")
  end
end

-- Whether it is day agrees with rise and set, and each day has one of each, over years.
function TestSun.test_height_agrees_with_rise_and_set()
  local seed = tonumber(os.getenv "MSM_SEED") or 1122
  math.randomseed(seed)
  for round = 1, 2000 do
    local place = { latitude = math.random() * 120 - 60, longitude = math.random() * 360 - 180,
      elevation = -0.833 }
    local at = utc "2026-01-01 00:00" + math.random(0, 20 * 365 * 86400)
    local times = sun.times(place, sun.day(place, at))
    local where = ("seed %d, round %d: %s %s %d"):format(seed, round, place.latitude, place.longitude, at)
    lu.assertTrue(times.rise < times.noon and times.noon < times.set, where)
    for _, by in ipairs { -60, 60 } do
      lu.assertEquals(sun.height(place, times.rise + by) > -0.833, by > 0, where)
      lu.assertEquals(sun.height(place, times.set + by) > -0.833, by < 0, where)
    end
    lu.assertTrue(math.abs(times.noon - at) < 43200 + 20 * 60, where)
  end
end

local yard = schedule.sun("yard", { latitude = 52.52, longitude = 13.405 })
local late = schedule.sunset("late", { latitude = 52.52, longitude = 13.405, after = "30m" })
local soon = schedule.sunrise("soon", { latitude = 52.52, longitude = 13.405, before = "1h" })
local north = schedule.sunrise("north", { latitude = 69.65, longitude = 18.96 })

local function at(instant, f, ...)
  local before = scan
  scan = { now = instant, clock_ok = true, time = 0 } -- luacheck: ignore
  local results = table.pack(f(...))
  scan = before -- luacheck: ignore
  return table.unpack(results)
end

function TestSun.test_what_a_script_sees()
  lu.assertTrue(at(utc "2026-06-21 12:00", yard))
  lu.assertFalse(at(utc "2026-06-21 22:00", yard))
  local times = at(utc "2026-06-21 12:00", yard.times, yard)
  lu.assertAlmostEquals(at(utc "2026-06-21 12:00", late.next, late), times.set + 1800, 1e-3)
  lu.assertAlmostEquals(at(utc "2026-06-21 00:00", soon.next, soon), times.rise - 3600, 1e-3)
end

function TestSun.test_the_next_sunrise_after_a_polar_night_is_said()
  local said, moment = host.quiet(at, utc "2026-12-10 00:00", north.next, north)
  lu.assertStrContains(said, 'schedule.sunrise "north": polar day or night: the next one comes 2027-01-1')
  lu.assertEquals(os.date("!%Y-%m-1", moment // 1 | 0), "2027-01-1")
  lu.assertEquals((host.quiet(at, utc "2026-12-11 00:00", north.next, north)), "")
end

TestFields = {}

function TestFields.test_what_is_misspelt_is_an_error_at_the_users_line()
  local before = [[local schedule = require "msm.schedule"
    local sun = schedule.sun("s", { latitude = 52, longitude = 13 })
    local weekly = schedule.weekly("w", { daily = "08:00-17:00" })
    ]]
  for line, text in pairs {
    ["sun.elevaton = 5"] = '4: schedule.sun "s" has no elevaton; it has default, elevation, height, ',
    ["sun.elevation = 5"] = '4: schedule.sun "s": elevation cannot be assigned; it stands in the script\'s text',
    ["local _ = sun.heigth"] = '4: schedule.sun "s" has no heigth; it has default, elevation, height, ',
    ["weekly.default = true"] = '4: schedule.weekly "w": default cannot be assigned',
    ["weekly:nxt()"] = '4: schedule.weekly "w" has no nxt; it has default, next',
  } do
    lu.assertStrContains(host.check(before .. line) or "", text)
  end
  lu.assertNil(host.check(before .. "assert(sun.latitude == 52 and weekly.default == false)"))
end
