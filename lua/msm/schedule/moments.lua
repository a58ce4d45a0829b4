--- Moments that come one after another, and the block that says when one has come.

local block = require "msm.block"
local check = require "msm.check"
local guard = require "msm.schedule.guard"
local mark_of = require "msm.schedule.mark"
local zone = require "msm.schedule.zone"

local moments = {}

local MINUTE <const>, DAY <const> = 60, 86400
local NEVER <const> = -1.0 -- `last` before there was one
local MOST_DAYS <const> = 40 * 366 -- February 29 on one weekday comes within 40 years

---@class msm.schedule.Plan
---@field times fun(day: integer): table<integer, boolean>|nil the minutes of that local day, if any
---@field runs_on boolean|nil goes by each hour that passes, a repeated one included

-- The first wall of the plan that is later than this one, or nil.
local function wall_after(plan, wall)
  local today = math.tointeger(wall // DAY)
  local first = math.tointeger(wall % DAY // MINUTE) + 1
  for day = today, today + MOST_DAYS do
    local times = plan.times(day)
    for minute = first, times and 1439 or -1 do
      if times[minute] then
        return day * DAY + minute * MINUTE
      end
    end
    first = 0
  end
end

local function is_shown(plan, at)
  local wall = zone.clock(at)
  local times = plan.times(wall // DAY)
  return times and times[wall % DAY // MINUTE]
end

-- The first minute at which clocks show one of the plan's. What they may show again is within the
-- hours of the longest repeat; after these, it is the first time.
local function shown_after(plan, utc)
  local at = math.tointeger((utc // MINUTE + 1) * MINUTE)
  while true do
    local last = at + zone.LONGEST_REPEAT
    for minute = at, last, MINUTE do
      if is_shown(plan, minute) then
        return minute
      end
    end
    local wall = wall_after(plan, zone.wall(last))
    if not wall then
      return math.huge
    end
    at = zone.instant(wall)
  end
end

--- The first moment of a plan after an instant; math.huge if there is none.
---@param plan msm.schedule.Plan
---@param utc number
---@return number
function moments.after(plan, utc)
  if plan.runs_on then
    return shown_after(plan, utc)
  end
  local wall = wall_after(plan, zone.wall(utc))
  return wall and zone.instant(wall) or math.huge
end

local SET_BACK <const> = 86400.0 -- by more than this, the clock was not right before

-- The moment that follows `seen`. What is remembered of it beside the keep is looked at first: the
-- keep may have been brought back from elsewhere.
local function following(run, seen)
  if not (run.from <= seen and seen < run.next) then
    run.from, run.next = seen, run.after(seen)
  end
  return run.next
end

-- Seconds since the last call. The first one after a start knows only its task's period.
local function passed(run)
  local before = run.looked
  run.looked = scan.time
  return before and scan.time - before or guard.period()
end

-- A moment is late: the one that is to be made up, or nil, which is said.
local function made_up(p, due, window)
  local now = scan.now
  if p.catch_up then
    return due
  end
  local recent = p.run.after(now - window)
  if recent <= now then
    return recent
  end
  log.warn("%s: the moment %s is left out: the clock was set forward or the program did not run then",
    p.block, zone.text(due))
end

-- Moments count from now on.
local function begin(state, run)
  state.seen, state.mark = scan.now, run.mark
  return false
end

local function has_come(state, p)
  local run = p.run
  local window = passed(run) + p.late
  if not guard.clock_is_set() then
    return false
  end
  local now, seen = scan.now, state.seen
  if state.mark ~= run.mark then -- never called, or what was seen were another text's moments
    return begin(state, run)
  elseif now < seen - SET_BACK then
    log.warn("%s: the clock was set back by more than a day; moments count from %s on", p.block, zone.text(now))
    return begin(state, run)
  end
  local due = following(run, seen)
  if due > now then
    return false
  end
  if now - due > window then
    due = made_up(p, due, window)
  end
  state.seen = now
  if due then
    state.last = due + 0.0
  end
  return due ~= nil
end

--- What all events may be given.
moments.RULES = {
  catch_up = check.boolean { default = false },
  late = check.duration { default = "1m", max = 86400 },
  retain = check.boolean { optional = true },
}

--- A kind of event block, "schedule.cron".
---@param name string
---@return msm.block.Kind
function moments.kind(name)
  return block.kind {
    name = name,
    state = { seen = 0.0, last = NEVER, mark = 0 },
    outputs = { "last" },
    settings = {
      run = check.table(),
      catch_up = moments.RULES.catch_up,
      late = moments.RULES.late,
    },
    methods = {
      next = function(_, p)
        return scan.clock_ok and p.run.after(scan.now) or math.huge
      end,
    },
    call = has_come,
  }
end

--- Makes an event. Its options were taken already.
---@param kind msm.block.Kind
---@param name string
---@param meaning any what its moments are made of, as it was stated
---@param after fun(utc: number): number the first moment after an instant, or math.huge
---@param options table
---@return table
function moments.make(kind, name, meaning, after, options)
  local retain = options.retain
  if retain == nil then
    retain = options.catch_up -- or it would not know after a restart what it has missed
  end
  return block.make(kind, name, {
    run = { mark = mark_of(meaning), after = after, from = math.huge, next = -math.huge },
    catch_up = options.catch_up,
    late = options.late,
    retain = retain,
  })
end

return moments
