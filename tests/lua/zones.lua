-- Time zones for tests of schedules, in place of the machine's, which is UTC in tests: by rules, for
-- UTC instants of the two changes of a year. test_schedule.lua asks date(1) whether they are right.

local zone = require "msm.schedule.zone"

local real_date = os.date

local zones = { date = real_date }


function zones.utc(text)
  local y, m, d, h, min = text:match("(%d+)-(%d+)-(%d+) (%d+):(%d+)")
  return os.time { year = y, month = m, day = d, hour = h, min = min, sec = 0 } // 1
end

-- The nth (-1: last) such weekday (0 is Sunday) of a month, at so many seconds UTC.
local function nth(year, month, n, weekday, seconds)
  local found = {}
  for day = 1, 31 do
    local at = zones.utc(("%d-%d-%d 00:00"):format(year, month, day))
    local t = real_date("!*t", at)
    if t.month == month and t.wday == weekday + 1 then
      found[#found + 1] = at + seconds
    end
  end
  return n > 0 and found[n] or found[#found]
end

local H = 3600
zones.ALL = {
  utc = { posix = "UTC", summer = 0, winter = 0, from = { 3, 1, 0, 0 }, to = { 10, 1, 0, 0 } },
  berlin = { posix = "CET-1CEST,M3.5.0,M10.5.0/3", summer = 2 * H, winter = H, from = { 3, -1, 0, H },
    to = { 10, -1, 0, H } },
  new_york = { posix = "EST5EDT,M3.2.0,M11.1.0", summer = -4 * H, winter = -5 * H, from = { 3, 2, 0, 7 * H },
    to = { 11, 1, 0, 6 * H } },
  lord_howe = { posix = "LHST-10:30LHDT-11,M10.1.0,M4.1.0", summer = 11 * H, winter = 10.5 * H // 1 | 0,
    from = { 10, 1, 0, -8.5 * H // 1 | 0 }, to = { 4, 1, 0, -9 * H } },
  santiago = { posix = "<-04>4<-03>,M9.1.6/24,M4.1.6/24", summer = -3 * H, winter = -4 * H,
    from = { 9, 1, 6, 28 * H }, to = { 4, 1, 6, 27 * H } },
}

--- The instant at which summer time begins ("from") or ends ("to") in a year.
function zones.change(z, which, year)
  z[year] = z[year] or {
    from = nth(year, z.from[1], z.from[2], z.from[3], z.from[4]),
    to = nth(year, z.to[1], z.to[2], z.to[3], z.to[4]),
  }
  return z[year][which]
end

--- Seconds by which its clocks are ahead of UTC.
function zones.offset(z, at)
  local year = real_date("!*t", at).year
  local from, to = zones.change(z, "from", year), zones.change(z, "to", year)
  local is_summer = at >= from and at < to
  if from > to then
    is_summer = at >= from or at < to
  end
  return is_summer and z.summer or z.winter
end

--- From here on os.date is of this zone.
function zones.enter(name)
  local z = zones.ALL[name]
  zone.forget()
  rawset(os, "date", function(format, at)
    return real_date("!" .. format, at + zones.offset(z, at))
  end)
  return z
end

--- os.date is as it was.
function zones.leave()
  rawset(os, "date", real_date)
  zone.forget()
end

return zones
