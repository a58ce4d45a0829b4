--- Plans and moments by the clock, in the local time of the machine's time zone.
---
--- *Plans* say what holds now: `weekly` and `sun`. They look at the clock only, so they are right
--- after a restart and after the clock was set. *Events* say that a moment has come: `cron`, `at`,
--- `sunrise` and `sunset`. An event is called in each run of one task and is true in one of them for
--- each moment; moments that come closer together than its calls are one.
---
--- When the clocks are changed, a moment that is left out comes at the change, and one in the hour
--- that is repeated comes once, the first time. Only a cron line of every hour goes by the hours
--- that pass: it comes in both, and what is left out does not come.
---
--- A moment that was passed over, because the program did not run or the clock was set forward, is
--- made up if it is not older than `late`; otherwise it is left out, which is logged, or with
--- `catch_up` made up once, however many there were. A clock that is set back brings nothing a
--- second time; set back by more than a day, moments count anew from there. So they do from a reload
--- on that states other moments.
---
--- While the system's clock is not set (scan.clock_ok is false) no event comes and plans give their
--- default; the log says so once.

local calendar = require "msm.schedule.calendar"
local check = require "msm.check"
local moments = require "msm.schedule.moments"
local parse_cron = require "msm.schedule.cron"
local sun = require "msm.schedule.sun"
local weekly = require "msm.schedule.weekly"
local zone = require "msm.schedule.zone"

local schedule = {}

local CRON = moments.kind("schedule.cron")
local AT = moments.kind("schedule.at")
local SUNRISE = moments.kind("schedule.sunrise")
local SUNSET = moments.kind("schedule.sunset")

local function with_rules(rules)
  for key, rule in pairs(moments.RULES) do
    rules[key] = rule
  end
  return rules
end

local CRON_RULES = with_rules {}
local AT_RULES = with_rules {
  days = check.text { default = "daily" },
  exceptions = check.table { optional = true },
}
local HALF_DAY = { default = 0, max = 43200 }
local SUN_RULES = with_rules {
  latitude = sun.PLACE.latitude,
  longitude = sun.PLACE.longitude,
  elevation = sun.PLACE.elevation,
  before = check.duration(HALF_DAY),
  after = check.duration(HALF_DAY),
}

local function quoted(kind, name)
  return ("%s %q"):format(kind.name, check.name(kind.name, name))
end

local function after_plan(plan)
  return function(utc)
    return moments.after(plan, utc)
  end
end

---@class msm.schedule.EventOptions
---@field catch_up boolean|nil moments that were passed over are made up, once; false. It makes
---        `retain` true unless that is stated
---@field late number|string|nil how old a moment may be that is made up all the same; "1m", at most
---        a day
---@field retain boolean|nil what has come is remembered through a restart

---@class msm.schedule.Event
---@field last number the moment that came last, seconds since 1970 UTC; -1 before there was one
---@field next fun(self: msm.schedule.Event): number the moment that comes next, seconds since 1970
---        UTC; math.huge if there is none or the clock is not set
---@overload fun(): boolean

--- Moments by the line of a crontab: minute, hour, day of the month, month, day of the week.
---
---     local backup = schedule.cron("backup", "30 2 * * *")
---     every("1s", function() if backup() then mem.BACKUP = true end end)
---
--- A field is `*`, a number, a range `8-17`, a list `0,30`, and with a step `*/15`, `8-18/2`. Months
--- are 1..12 or jan..dec, weekdays 0..7 (0 and 7 are Sunday) or sun..sat. Where both day fields are
--- stated, either is enough; if one begins with `*`, both must hold. Seconds do not exist. A line
--- that never comes (February 30) is refused.
---
--- Source: POSIX, "crontab"; for names, steps and the rule of the two day fields Vixie's crontab(5),
--- for changes of the clocks its cron(8).
---@param name string its own among these events
---@param line string five fields
---@param options msm.schedule.EventOptions|nil
---@return msm.schedule.Event
---@nodiscard
function schedule.cron(name, line, options)
  local what = quoted(CRON, name)
  local taken = check.options(what, options, CRON_RULES)
  return moments.make(CRON, name, line, after_plan(parse_cron(what, line)), taken)
end

---@class msm.schedule.AtOptions : msm.schedule.EventOptions
---@field days string|nil weekdays: "mon-fri", "sat,sun", "daily"; daily
---@field exceptions table<string, string|string[]|false>|nil by date ("2026-12-24", "12-25" for each
---        year, ranges "12-24..01-06"): other times of day, or false for none

local function take_times(what, given)
  if given == false then
    return false
  end
  local set = {}
  for _, text in ipairs(check.value(what, type(given) ~= "table" and { given } or given, check.list(check.text()))) do
    set[calendar.time(what, text)] = true
  end
  return set
end

local function at_plan(what, times, options)
  local days = calendar.weekdays(what .. ": days", options.days)
  local set = take_times(what, times)
  local exception = calendar.exceptions(what, options.exceptions, take_times)
  return {
    times = function(day)
      local other = exception(day)
      if other then
        return other.entry or nil
      end
      return days[zone.weekday(day)] and set or nil
    end,
  }
end

--- Times of day, on some weekdays, with exceptions.
---
---     local bell = schedule.at("bell", { "07:00", "15:30" }, {
---       days = "mon-fri",
---       exceptions = { ["2026-12-24"] = "12:00", ["12-25..01-06"] = false },
---     })
---     every("1s", function() mem.BELL = horn(bell()) end)
---@param name string its own among these events
---@param times string|string[] time of day, or some: "06:30"
---@param options msm.schedule.AtOptions|nil
---@return msm.schedule.Event
---@nodiscard
function schedule.at(name, times, options)
  local what = quoted(AT, name)
  local taken = check.options(what, options, AT_RULES)
  local meaning = { times, taken.days, taken.exceptions or false }
  return moments.make(AT, name, meaning, after_plan(at_plan(what, times, taken)), taken)
end

---@class msm.schedule.SunOptions : msm.schedule.EventOptions
---@field latitude number degrees, north positive
---@field longitude number degrees, east positive
---@field elevation number|nil at which the sun rises and sets, degrees of its centre; -0.833, which
---        is its upper edge at a flat horizon; -6 is civil twilight
---@field before number|string|nil so much before that
---@field after number|string|nil so much after that

local function sun_event(kind, side, name, options)
  local what = quoted(kind, name)
  local taken = check.options(what, options, SUN_RULES)
  local shift = taken.after - taken.before
  local meaning = { taken.latitude, taken.longitude, taken.elevation, shift }
  return moments.make(kind, name, meaning, sun.after(what, taken, side, shift), taken)
end

--- Sunrise at a place. On a polar day or night there is none, and the log says when the next comes.
---
---     local dawn = schedule.sunrise("dawn", { latitude = 52.52, longitude = 13.40, after = "15m" })
---     every("1s", function() if dawn() then mem.LAMPS = false end end)
---
--- Within a minute between the polar circles, in a flat country and ordinary weather; what hills and
--- unusual air do is not in it. Source: Meeus, "Astronomical Algorithms", chapters 15, 25 and 28.
---@param name string its own among these events
---@param options msm.schedule.SunOptions
---@return msm.schedule.Event
---@nodiscard
function schedule.sunrise(name, options)
  return sun_event(SUNRISE, -1, name, options)
end

--- Sunset at a place, as schedule.sunrise.
---@param name string its own among these events
---@param options msm.schedule.SunOptions
---@return msm.schedule.Event
---@nodiscard
function schedule.sunset(name, options)
  return sun_event(SUNSET, 1, name, options)
end

---@class msm.schedule.SunTimes
---@field rise number|nil seconds since 1970 UTC; nil if it does not rise that day
---@field set number|nil seconds since 1970 UTC; nil if it does not set that day
---@field noon number its highest stand
---@field polar string|nil "day" or "night" if it does neither

---@class msm.schedule.PlaceOptions
---@field latitude number degrees, north positive
---@field longitude number degrees, east positive
---@field elevation number|nil above which it is day, degrees of the sun's centre; -0.833
---@field default boolean|nil while the clock is not set; false

---@class msm.schedule.Sun
---@field times fun(self: msm.schedule.Sun, utc: number|nil): msm.schedule.SunTimes of the place's day
---        (midnight to midnight by its mean sun) that the instant lies in; scan.now unless stated
---@field height fun(self: msm.schedule.Sun, utc: number|nil): number degrees above the horizon,
---        without refraction
---@overload fun(): boolean

--- Whether the sun is up at a place, now.
---
---     local day = schedule.sun("yard", { latitude = 52.52, longitude = 13.40, elevation = -6 })
---     every("1s", function() mem.LAMPS = not day() end)
---@param name string its own among these plans
---@param options msm.schedule.PlaceOptions
---@return msm.schedule.Sun
---@nodiscard
function schedule.sun(name, options)
  return sun.make(name, options)
end

---@class msm.schedule.Weekly
---@field default any the value while the clock is not set
---@field next fun(self: msm.schedule.Weekly): number, any when the value changes next (seconds since
---        1970 UTC, math.huge if it does not), and to what
---@overload fun(): any

--- A plan for the week: what holds now.
---
---     local office = schedule.weekly("office", {
---       ["mon-thu"] = { "06:30-12:00", "13:00-18:00" },
---       fri = "06:30-14:00",
---       exceptions = { ["2026-12-24"] = "06:30-12:00", ["12-25..01-06"] = false },
---     })
---     local heating = schedule.weekly("heating", {
---       ["mon-fri"] = { ["06:00"] = 21, ["22:00"] = 17 },
---       ["sat,sun"] = { ["08:00"] = 21, ["23:00"] = 17 },
---       default = 17,
---     })
---     every("1s", function() mem.LIGHT, mem.SETPOINT = office(), heating() end)
---
--- Days have either periods, in which the value is true, or set points, each of which holds until the
--- next one, over midnight and over days without any; a set point before which there was none in 400
--- days is the default. A period that ends at or before its beginning ("22:00-06:00") goes on into
--- the next day, whatever that day's plan is. Days that are not named have no plan.
---
--- Exceptions take the place of a date's plan: "2026-12-24", "12-25" for each year, ranges
--- "2026-07-20..2026-08-07" and "12-24..01-06"; false is a day without a plan. Single dates go before
--- ranges, dates with a year before those without.
---
--- `default` is the value while the clock is not set: false for periods unless stated; a plan of set
--- points (numbers, text or booleans, all of one kind) must state it.
---@param name string its own among these plans
---@param plan table days ("mon-fri", "sat,sun", "daily") -> plan, exceptions, default
---@return msm.schedule.Weekly
---@nodiscard
function schedule.weekly(name, plan)
  return weekly(name, plan)
end

return check.module("msm.schedule", schedule)
