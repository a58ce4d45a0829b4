--- Local time of the machine's time zone, as numbers: instants are seconds since 1970 UTC, a *wall*
--- is what the clock on the wall shows, counted the same way, so that wall // 86400 is the local day
--- and wall % 86400 the second in it.
---
--- The wall here never goes back: where a change of the clocks repeats an hour, it stands still one
--- second before that hour's end until the clocks show more. So each moment of a day comes exactly
--- once, the first time, and one that a change leaves out comes at the change.

local zone = {}

--- Seconds; a change sets clocks back by less.
zone.LONGEST_REPEAT = 3 * 3600

-- Zones change by whole quarters of an hour, at whole quarters of an hour. What was found out for
-- one is remembered; nothing depends on whether it is.
local QUARTER <const> = 900
local FURTHEST <const> = 86400 -- no zone is further from UTC

--- Days from 1970-01-01 to a date of the Gregorian calendar; a month or day beyond its range counts
--- on. (The year is taken to begin in March, so that the leap day is its last.)
---@param year integer
---@param month integer 1..12
---@param day integer
---@return integer
function zone.days(year, month, day)
  local y, m = month > 2 and year or year - 1, (month + 9) % 12
  return 365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 719469
end

--- The date of a day: year, month, day.
---@param days integer since 1970-01-01
---@return integer year
---@return integer month
---@return integer day
function zone.date(days)
  local z = days + 719468
  local era = z // 146097
  local of_era = z - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local m = (5 * of_year + 2) // 153
  local month = m < 10 and m + 3 or m - 9
  return era * 400 + year + (month <= 2 and 1 or 0), month, of_year - (153 * m + 2) // 5 + 1
end

--- Day of the week: 0 is Sunday, 6 Saturday.
---@param days integer since 1970-01-01
---@return integer
function zone.weekday(days)
  return (days + 4) % 7
end

local function look(at)
  local t = os.date("*t", at)
  return zone.days(t.year, t.month, t.day) * 86400 + t.hour * 3600 + t.min * 60 + t.sec - at
end

-- The instant in ]low, high] from which on `is` holds, to the quarter.
local function first_quarter(low, high, is)
  low, high = low // QUARTER, high // QUARTER
  while high - low > 1 do
    local middle = (low + high) // 2
    if is(middle * QUARTER) then
      high = middle
    else
      low = middle
    end
  end
  return high * QUARTER
end

-- The wall at the end of a repeated time that `at` may lie in; nil if clocks were not set back.
local function repeat_end(at, offset)
  local before = look(at - zone.LONGEST_REPEAT)
  if before <= offset then
    return nil
  end
  local change = first_quarter(at - zone.LONGEST_REPEAT, at, function(t)
    return look(t) == offset
  end)
  return change + before
end

local known = { at = nil, offset = 0, stands = nil }

local function know(utc)
  local at = utc // QUARTER * QUARTER
  if known.at ~= at then
    local offset = look(math.tointeger(at))
    known.at, known.offset, known.stands = at, offset, repeat_end(math.tointeger(at), offset)
  end
  return known
end

--- What clocks show, repeated hours included.
---@param utc number
---@return number wall
function zone.clock(utc)
  return utc + know(utc).offset
end

--- What clocks show, but never going back.
---@param utc number
---@return number wall
function zone.wall(utc)
  local here = know(utc)
  local wall = utc + here.offset
  if here.stands and wall < here.stands then
    return here.stands - 1
  end
  return wall
end

--- The first instant at which the wall is this one or, where a change leaves it out, a later one.
---@param wall integer
---@return integer utc
function zone.instant(wall)
  local utc = wall - know(wall - know(wall).offset).offset
  if zone.wall(utc) == wall and zone.wall(utc - 1) < wall then
    return utc
  end
  local quarter = first_quarter(wall - FURTHEST, wall + FURTHEST, function(t)
    return zone.wall(t + QUARTER - 1) >= wall
  end)
  return math.max(quarter, quarter + wall - zone.wall(quarter))
end

--- Makes it look at the zone again: for tests that change it.
function zone.forget()
  known.at = nil
end

--- An instant as people write it, in local time: "2026-03-29 03:00".
---@param utc number
---@return string
function zone.text(utc)
  return os.date("%Y-%m-%d %H:%M", math.tointeger(utc // 1))
end

return zone
