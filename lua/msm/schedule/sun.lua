--- Where the sun stands, by Jean Meeus, "Astronomical Algorithms", 2nd edition: its position by
--- chapter 25 (low accuracy, 0.01 degrees), the equation of time by 28.3, rise and set as in chapter
--- 15, with the position at the moment itself. These are the formulas of NOAA's solar calculator.
---
--- A day here is one of the place, from midnight to midnight by the mean sun: it does not depend on
--- the machine's time zone.

local check = require "msm.check"
local guard = require "msm.schedule.guard"
local zone = require "msm.schedule.zone"

local sun = {}

local DAY <const> = 86400
local DEGREE <const> = 240 -- seconds in which the earth turns by one
local ROUNDS <const> = 8 -- two are enough but where the sun sets at a grazing angle
local MOST_DAYS <const> = 400

local sin, cos, tan, rad = math.sin, math.cos, math.tan, math.rad

-- Declination (radians) and equation of time (degrees).
local function position(utc)
  local T = (utc / DAY + 2440587.5 - 2451545.0) / 36525
  local L = rad((280.46646 + T * (36000.76983 + T * 0.0003032)) % 360)
  local M = rad((357.52911 + T * (35999.05029 - T * 0.0001537)) % 360)
  local e = 0.016708634 - T * (0.000042037 + T * 0.0000001267)
  local C = (1.914602 - T * (0.004817 + T * 0.000014)) * sin(M) + (0.019993 - T * 0.000101) * sin(2 * M)
    + 0.000289 * sin(3 * M)
  local omega = rad(125.04 - 1934.136 * T)
  local longitude = L + rad(C - 0.00569 - 0.00478 * sin(omega))
  local obliquity = rad(23.4392911 - T * (0.0130042 + T * (1.64e-7 - T * 5.04e-7)) + 0.00256 * cos(omega))
  local y = tan(obliquity / 2) ^ 2
  local equation = y * sin(2 * L) - 2 * e * sin(M) + 4 * e * y * sin(M) * cos(2 * L) - y * y / 2 * sin(4 * L)
    - 5 / 4 * e * e * sin(2 * M)
  return math.asin(sin(obliquity) * sin(longitude)), math.deg(equation)
end

local function mean_noon(place, day)
  return day * DAY + DAY / 2 - place.longitude * DEGREE
end

--- The place's day that an instant belongs to.
---@param place table latitude, longitude
---@param utc number
---@return integer
function sun.day(place, utc)
  return math.tointeger((utc + place.longitude * DEGREE) // DAY)
end

--- How high the centre of the sun stands, degrees, without refraction.
---@param place table
---@param utc number
---@return number
function sun.height(place, utc)
  local declination, equation = position(utc)
  local angle = rad((utc - mean_noon(place, sun.day(place, utc))) / DEGREE + equation)
  local latitude = rad(place.latitude)
  return math.deg(math.asin(sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(angle)))
end

-- Cosine of the angle between noon and the moment at which the sun stands at the place's elevation.
local function cosine(place, declination)
  local latitude = rad(place.latitude)
  return (sin(rad(place.elevation)) - sin(latitude) * sin(declination)) / (cos(latitude) * cos(declination))
end

--- The highest stand of a day.
---@param place table
---@param day integer
---@return number utc
function sun.noon(place, day)
  local mean = mean_noon(place, day)
  local _, equation = position(mean)
  return mean - equation * DEGREE
end

--- The moment of a day at which the sun passes the place's elevation upwards (side -1) or downwards
--- (side 1), or nil.
---@param place table latitude, longitude, elevation
---@param day integer
---@param side integer
---@return number|nil utc
function sun.passes(place, day, side)
  local mean = mean_noon(place, day)
  local utc = mean
  for _ = 1, ROUNDS do
    local declination, equation = position(utc)
    local angle = cosine(place, declination)
    if not (angle >= -1 and angle <= 1) then
      return nil
    end
    utc = mean + (side * math.deg(math.acos(angle)) - equation) * DEGREE
  end
  return utc
end

-- A day on which it passes neither way.
local function polar(place, noon)
  return cosine(place, (position(noon))) < 0 and "day" or "night"
end

--- Rise, noon and set of a day.
---@param place table latitude, longitude, elevation
---@param day integer
---@return table
function sun.times(place, day)
  local rise, set, noon = sun.passes(place, day, -1), sun.passes(place, day, 1), sun.noon(place, day)
  return { rise = rise, set = set, noon = noon, polar = not rise and not set and polar(place, noon) or nil }
end

--- The first such moment after an instant; where the next days have none, that is said.
---@param what string as the log names it
---@param place table
---@param side integer -1 rise, 1 set
---@param shift number seconds to add to each
---@return fun(utc: number): number
function sun.after(what, place, side, shift)
  local said
  local function tell(utc, moment)
    if moment - utc > 2 * DAY and moment ~= said then
      said = moment
      log.info("%s: polar day or night: the next one comes %s", what,
        moment == math.huge and "never" or zone.text(moment))
    end
    return moment
  end
  return function(utc)
    local today = sun.day(place, utc)
    for day = today - 2, today + MOST_DAYS do
      local moment = sun.passes(place, day, side)
      if moment and moment + shift > utc then
        return tell(utc, moment + shift)
      end
    end
    return tell(utc, math.huge)
  end
end

--- Rules for the options that say where.
sun.PLACE = {
  latitude = check.number { min = -90, max = 90 },
  longitude = check.number { min = -180, max = 180 },
  elevation = check.number { min = -18, max = 45, default = -0.833 },
}

local function is_up(place)
  if not guard.clock_is_set() then
    return place.default
  end
  return sun.height(place, scan.now) > place.elevation
end

local Sun = {}

function Sun:times(utc)
  return sun.times(self, sun.day(self, utc or scan.now))
end

function Sun:height(utc)
  return sun.height(self, utc or scan.now)
end

local META = guard.meta("schedule.sun", Sun, { "latitude", "longitude", "elevation", "default" }, is_up)

local claim = guard.names("schedule.sun")

--- See schedule.sun.
---@param name string
---@param options table
---@return table
function sun.make(name, options)
  claim(name)
  local rules = { default = check.boolean { default = false } }
  for key, rule in pairs(sun.PLACE) do
    rules[key] = rule
  end
  return guard.plan(META, name, check.options(("schedule.sun %q"):format(name), options, rules))
end

return sun
