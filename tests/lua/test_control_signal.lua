-- Proves the rest of msm.control: filters, ramps, totals, switching controllers and conversions, each
-- by a few cases by hand and against an independent model over random inputs and scans of random
-- length, then through reload and restart, and what they refuse.
-- luacheck: read_globals host

local lu = require "luaunit"
local control = require "msm.control"

local STEPS <const> = 5000

local function message_of(f, ...)
  local ok, text = pcall(f, ...)
  return not ok and text or "no error"
end

local refused = {
  { message_of(control.two_point, "r", { hysteresis = -1 }), 'hysteresis must be a number of 0 or more, not -1' },
  { message_of(control.two_point, "r"), 'control.two_point "r": hysteresis is missing' },
  { message_of(control.three_point, "r", { deadband = 1, hysteresis = 2 }),
    'control.three_point "r": hysteresis = 2 is above deadband = 1' },
  { message_of(control.pwm, "r", { period = 0 }), 'control.pwm "r": period' },
  { message_of(control.pwm, "r", { period = 10, max = 0 }), "max = 0 is the share that is always on" },
  { message_of(control.pwm, "r", { period = 10, min_on = 6, min_off = "5s" }), "do not fit in a period" },
  { message_of(control.pwm, "r", { period = 10, min_on = -1 }), "min_on" },
  { message_of(control.ramp, "r", { time = -1 }), "time" },
  { message_of(control.rate_limit, "r", { up = 1 }), "down is missing" },
  { message_of(control.rate_limit, "r", { up = -1, down = 1 }), "up must be a number of 0 or more, not -1" },
  { message_of(control.average, "r", { count = 0 }), "count must be a whole number from 1 to 1000, not 0" },
  { message_of(control.average, "r", { count = 1001 }), "count must be a whole number from 1 to 1000, not 1001" },
  { message_of(control.total, "r", { per = "week" }), 'per must be "s" or "min" or "h" or "d", not "week"' },
  { message_of(control.curve, { { 0, 0 } }), "one point makes no line" },
  { message_of(control.curve, {}), "must be a list" },
  { message_of(control.curve, { { 0, 0 }, { 0, 1 } }), "x = 0 of point 2 is not above x = 0" },
  { message_of(control.curve, { { 0, 0 }, { 1 } }), "point 2 has 1 numbers; it has two" },
  { message_of(control.curve, { { 0, 0 }, { 1, 0 / 0 } }), "must be a number" },
}

local blocks, inputs = {}, {}
local function add(name, one)
  blocks[name], inputs[name] = one, { 0, 0 }
  return one
end

local two = add("two", control.two_point("two", { hysteresis = 4 }))
local cool = add("cool", control.two_point("cool", { hysteresis = 4, action = "direct" }))
local three = add("three", control.three_point("three", { deadband = 3, hysteresis = 2 }))
local ramp = add("ramp", control.ramp("ramp", { time = "10s" }))
local rate = add("rate", control.rate_limit("rate", { up = 2, down = 5 }))
local lag = add("lag", control.lag("lag", { time = 8 }))
local average = add("average", control.average("average", { count = 7 }))
local total = add("total", control.total("total", { per = "h" }))
local small = add("small", control.total("small"))
local pwm = add("pwm", control.pwm("pwm", { period = 10, min_on = 1, min_off = 2 }))
local line = control.curve { { -1, 10 }, { 0, 0 }, { 2, 3 }, { 7, -4.5 } }

every(0.001, function()
  for name, one in pairs(blocks) do
    one(inputs[name][1], inputs[name][2])
  end
end)

local function call(name, seconds, a, b)
  inputs[name] = { a, b }
  host.late(seconds)
end

local function random_dt()
  return math.random(1, 900) / 1000
end

local function seeded(seed)
  math.randomseed(seed)
  return function(step)
    return ("seed %d, step %d"):format(seed, step)
  end
end

TestSwitch = {}

function TestSwitch.test_two_point()
  for _, case in ipairs { { 52.1, false }, { 50, false }, { 48, false }, { 47.9, true }, { 50, true },
    { 52, true }, { 52.1, false }, { 48, false } } do
    inputs.cool = { 50, 100 - case[1] }
    call("two", 0.1, 50, case[1])
    lu.assertEquals({ two.Q, cool.Q }, { case[2], case[2] }, tostring(case[1]))
  end
end

function TestSwitch.test_three_point()
  for _, case in ipairs { { 50, false, false }, { 47, false, false }, { 46.9, true, false }, { 48.9, true, false },
    { 49, false, false }, { 47, false, false }, { 53, false, false }, { 53.1, false, true }, { 51.1, false, true },
    { 51, false, false }, { 40, true, false }, { 60, false, true }, { 50, false, false } } do
    call("three", 0.1, 50, case[1])
    lu.assertEquals({ three.up, three.down }, { case[2], case[3] }, tostring(case[1]))
  end
end

-- The model: a Schmitt trigger is what crossed last.
function TestSwitch.test_two_and_three_point_against_a_model()
  local at = seeded(11)
  local crossed, side = two.Q and "low" or "high", three.up and 1 or three.down and -1 or 0
  for step = 1, STEPS do
    local PV = 50 + math.random(-80, 80) / 10
    inputs.three = { 50, PV }
    call("two", random_dt(), 50, PV)
    crossed = PV < 48 and "low" or PV > 52 and "high" or crossed
    lu.assertEquals(two.Q, crossed == "low", at(step))
    local e = 50 - PV
    if side ~= 0 and e * side <= 1 then
      side = 0
    end
    if side == 0 and math.abs(e) > 3 then
      side = e > 0 and 1 or -1
    end
    lu.assertEquals({ three.up, three.down }, { side == 1, side == -1 }, at(step))
  end
end

-- Time on in whole periods, by share: with pulses under 1 s and gaps under 2 s left out.
function TestSwitch.test_pwm_by_share()
  for _, case in ipairs { { 0, 0 }, { 9, 0 }, { 10, 1 }, { 50, 5 }, { 80, 8 }, { 81, 10 }, { 100, 10 }, { 150, 10 },
    { -20, 0 } } do
    call("pwm", 40, case[1]) -- a stall: a period begins
    local on = pwm.Q and 1 or 0
    for i = 1, 299 do
      call("pwm", 0.1, case[1])
      on = on + (pwm.Q and 1 or 0)
      if i % 100 == 99 then
        lu.assertEquals(on, case[2] * 10, ("%s %%, scan %d"):format(case[1], i))
        on = 0
      end
    end
  end
end

-- The model lays the periods out on the axis of time.
function TestSwitch.test_pwm_against_a_model()
  local at = seeded(12)
  call("pwm", 40, 50)
  local begins, share, now = 0, 50, 0
  for step = 1, STEPS do
    local dt, given = math.random() < 0.02 and math.random(5, 45) or random_dt(), math.random(-10, 110)
    now = now + dt
    call("pwm", dt, given)
    if now - begins >= 20 - 1e-7 then
      begins, share = now, given
    elseif now - begins >= 10 - 1e-7 then
      begins, share = begins + 10, given
    end
    local on = math.min(100, math.max(0, share)) / 10
    on = on < 1 and 0 or on > 8 and 10 or on
    if math.abs(now - begins - on) > 1e-5 then -- not just at the edge
      lu.assertEquals(pwm.Q, now - begins < on, at(step))
    end
  end
end

TestSignal = {}

function TestSignal.test_ramp()
  call("ramp", 1, 0)
  call("ramp", 20, 0)
  lu.assertEquals({ ramp.OUT, ramp.Q }, { 0, true })
  call("ramp", 1, 100)
  lu.assertEquals({ ramp.OUT, ramp.Q }, { 0, false }) -- from here on 10 s
  for i = 1, 99 do
    call("ramp", 0.1, 100)
    lu.assertAlmostEquals(ramp.OUT, i, 1e-9)
    lu.assertFalse(ramp.Q)
  end
  call("ramp", 0.1, 100)
  lu.assertEquals({ ramp.OUT, ramp.Q }, { 100, true })
  call("ramp", 1, -20) -- another target on its way: from where it is, 10 s
  call("ramp", 5, -20)
  lu.assertAlmostEquals(ramp.OUT, 40, 1e-9)
  call("ramp", 1, 60)
  lu.assertAlmostEquals(ramp.OUT, 40, 1e-9)
  call("ramp", 5, 60)
  ramp.time = 100
  call("ramp", 1, 60)
  lu.assertAlmostEquals(ramp.OUT, 50.2, 1e-9) -- slower, no jump
  ramp.time = 1
  call("ramp", 0.1, 60)
  lu.assertAlmostEquals(ramp.OUT, 52.2, 1e-9)
  call("ramp", 1, 60)
  lu.assertEquals({ ramp.OUT, ramp.Q }, { 60, true })
  ramp.time = 0
  call("ramp", 0.001, 7)
  lu.assertEquals({ ramp.OUT, ramp.Q }, { 7, true })
  ramp.time = 10
end

function TestSignal.test_ramp_against_a_model()
  local at = seeded(13)
  call("ramp", 20, 0)
  call("ramp", 20, 0)
  local from, to, began, now = 0, 0, -100, 0
  for step = 1, STEPS do
    local dt, target = random_dt(), math.random() < 0.04 and math.random(-50, 50) or to
    now = now + dt
    local there = math.min(1, (now - began) / 10)
    if target ~= to then -- where it was in the call before
      from, to, began, there = ramp.OUT, target, now, 0
    end
    call("ramp", dt, target)
    lu.assertAlmostEquals(ramp.OUT, from + (to - from) * there, 1e-6, at(step))
  end
end

function TestSignal.test_rate_limit_and_lag_against_models()
  local at = seeded(14)
  local limited, lagged = rate.OUT, lag.OUT
  for step = 1, STEPS do
    local dt, IN = random_dt(), math.random(-9, 9) * math.random()
    inputs.lag = { IN }
    call("rate", dt, IN)
    local way = IN - limited
    limited = limited + (way > 0 and math.min(way, 2 * dt) or -math.min(-way, 5 * dt))
    lu.assertAlmostEquals(rate.OUT, limited, 1e-9, at(step))
    -- the differential equation in a hundred steps of the midpoint rule
    local h = dt / 100
    for _ = 1, 100 do
      local half = lagged + (IN - lagged) / 8 * h / 2
      lagged = lagged + (IN - half) / 8 * h
    end
    lu.assertAlmostEquals(lag.OUT, lagged, 1e-5, at(step))
  end
end

function TestSignal.test_lag_is_the_same_in_one_step_or_in_many()
  call("lag", 1000, 0)
  for _ = 1, 80 do
    call("lag", 0.1, 10)
  end
  lu.assertAlmostEquals(lag.OUT, 10 * (1 - math.exp(-1)), 1e-9)
  lag.time = 0
  call("lag", 0.1, 3)
  lu.assertEquals(lag.OUT, 3)
  lag.time = 8
end

function TestSignal.test_average_against_a_model()
  local at, window = seeded(15), {}
  for step = 1, STEPS do
    local IN = math.random(-1000, 1000) * 10 ^ math.random(-3, 6)
    call("average", random_dt(), IN)
    table.insert(window, IN)
    if #window > 7 then
      table.remove(window, 1)
    end
    local sum = 0
    for i = #window, 1, -1 do
      sum = sum + window[i]
    end
    if step >= 7 then
      lu.assertAlmostEquals(average.OUT, sum / 7, 1e-5, at(step))
    end
  end
end

function TestSignal.test_total()
  local at, seconds = seeded(16), 0
  total:reset()
  for step = 1, STEPS do
    local ms, flow = math.random(1, 900), math.random(0, 100)
    call("total", ms / 1000, flow)
    seconds = seconds + ms * flow
    lu.assertAlmostEquals(total.total, seconds / 1000 / 3600, 1e-9, at(step))
  end
  total:reset()
  lu.assertEquals(total.total, 0)
end

-- Steps of a quarter of the last digit of the total, each of which would be lost by itself.
function TestSignal.test_total_loses_no_small_step()
  small:reset()
  call("small", 1, 2.0 ^ 53)
  lu.assertEquals(small.total, 2.0 ^ 53)
  for _ = 1, 3000 do
    call("small", 1, 0.5)
  end
  lu.assertEquals(small.total, 2.0 ^ 53 + 1500)
end

TestConvert = {}

function TestConvert.test_median()
  local at = seeded(17)
  for step = 1, STEPS do
    local list = { math.random(-3, 3), math.random(-3, 3) * 0.5, math.random(-3, 3) }
    local middle = control.median(list[1], list[2], list[3])
    table.sort(list)
    lu.assertEquals(middle, list[2], at(step))
  end
end

function TestConvert.test_scale()
  lu.assertEquals(control.scale(4, 4, 20, 0, 100), 0)
  lu.assertEquals(control.scale(12, 4, 20, 0, 100), 50)
  lu.assertEquals(control.scale(20, 4, 20, 0, 100), 100)
  lu.assertEquals(control.scale(24, 4, 20, 0, 100), 125)
  lu.assertEquals(control.scale(0, 4, 20, 0, 100), -25)
  lu.assertEquals(control.scale(2, 0, 10, 100, 0), 80)
  lu.assertEquals(control.scale(math.maxinteger, 0, math.maxinteger, 0, math.maxinteger), 2.0 ^ 63) -- no wrap
  local at = seeded(18)
  for step = 1, STEPS do
    local a, b, c, d = math.random(), 1 + math.random(), math.random(-9, 9), math.random(-9, 9)
    lu.assertEquals(control.scale(b, a, b, c, d), d, at(step))
    lu.assertAlmostEquals(control.scale(control.scale(0.3, a, b, 1, 9), 1, 9, a, b), 0.3, 1e-9, at(step))
  end
end

function TestConvert.test_curve()
  for _, case in ipairs { { -9, 10 }, { -1, 10 }, { -0.5, 5 }, { 0, 0 }, { 1, 1.5 }, { 2, 3 }, { 4.5, -0.75 },
    { 7, -4.5 }, { 8, -4.5 } } do
    lu.assertAlmostEquals(line(case[1]), case[2], 1e-12, tostring(case[1]))
  end
end

-- The model walks along the points.
function TestConvert.test_curve_against_a_model()
  local at = seeded(19)
  for round = 1, 200 do
    local points, x = {}, math.random(-5, 5)
    for i = 1, math.random(2, 30) do
      points[i], x = { x, math.random(-9, 9) }, x + math.random(1, 30) / 10
    end
    local curve = control.curve(points)
    for _ = 1, 20 do
      local asked, expected = math.random(-80, 900) / 10, points[1][2]
      for i = 2, #points do
        local a, b = points[i - 1], points[i]
        expected = expected + (b[2] - a[2]) * math.max(0, math.min(1, (asked - a[1]) / (b[1] - a[1])))
      end
      lu.assertAlmostEquals(curve(asked), expected, 1e-9, at(round))
    end
  end
end

-- ---- beside ----

local SCRIPT = [[
  local control = require "msm.control"
  total = control.total("t", { retain = true })
  ramp = control.ramp("r", { time = 10, retain = true })
  average = control.average("a", { count = 4, retain = true })
  lag = control.lag("l", { time = 10 })
  two = control.two_point("two", { hysteresis = 4, retain = true })
  pwm = control.pwm("p", { period = 10, retain = true })
  v = { n = 0, PV = 47, target = 0, share = 30 }
  every("1s", function()
    v.n = v.n + 1
    total(2)
    average(v.n)
    ramp(v.target)
    lag(v.target)
    two(50, v.PV)
    pwm(v.share)
  end)
]]

TestThrough = {}

function TestThrough.test_a_reload_goes_on()
  local play = host.play(SCRIPT)
  play:run(4)
  lu.assertEquals({ play:eval("total.total, average.OUT, two.Q, pwm.Q, lag.OUT") }, { 8, 2.5, true, false, 0 })
  play:reload((SCRIPT:gsub("n = 0, PV = 47, target = 0, share = 30", "n = 9, PV = 50, target = 100, share = 60")))
  play:run()
  lu.assertEquals({ play:eval("total.total, average.OUT, two.Q, pwm.Q, ramp.OUT") },
    { 10, (2 + 3 + 4 + 10) / 4, true, false, 0 }) -- the period's share is that of its beginning
  play:run(5)
  lu.assertEquals({ play:eval("total.total, ramp.OUT, ramp.Q") }, { 20, 50, false })
  play:back()
  play:run()
  lu.assertEquals({ play:eval("total.total, ramp.OUT, two.Q") }, { 22, 50, true }) -- on its way back to 0
end

function TestThrough.test_another_count()
  local play = host.play(SCRIPT)
  play:run(6) -- 3 4 5 6
  play:reload((SCRIPT:gsub("count = 4", "count = 2"):gsub("n = 0", "n = 6")))
  play:run() -- 6 7
  lu.assertEquals(play:eval("average.OUT"), 6.5)
  play:run()
  lu.assertEquals(play:eval("average.OUT"), 7.5)
  play:reload((SCRIPT:gsub("count = 4", "count = 3"):gsub("n = 0", "n = 8")))
  play:run() -- 7 8 9
  lu.assertEquals(play:eval("average.OUT"), 8)
  play:run()
  lu.assertEquals(play:eval("average.OUT"), 9)
end

function TestThrough.test_a_restart_goes_on_with_what_is_retained()
  local play = host.play(SCRIPT)
  play:run(6)
  play:eval("(function() v.target = 100 end)()")
  play:run(4)
  lu.assertAlmostEquals(play:eval("ramp.OUT"), 30, 1e-9)
  lu.assertEquals(play:eval("total.total"), 20)
  play:restart((SCRIPT:gsub("PV = 47, target = 0", "PV = 50, target = 100")))
  play:run()
  lu.assertAlmostEquals(play:eval("ramp.OUT"), 40, 1e-9)
  lu.assertEquals({ play:eval("total.total, two.Q, pwm.Q, lag.OUT, average.OUT") },
    { 22, true, true, 100, (8 + 9 + 10 + 1) / 4 })
end

local here = ".*test_control_signal.lua:%d+: .*"

function TestThrough.test_what_is_refused_is_told_at_the_users_line()
  for i, case in ipairs(refused) do
    lu.assertStrContains(case[1], case[2], false, "case " .. i)
    lu.assertStrContains(case[1], "test_control_signal.lua", false, "case " .. i)
  end
  for name, one in pairs(blocks) do
    for _, bad in ipairs { 0 / 0, 1 / 0, "5", false } do
      lu.assertErrorMsgMatches(here .. name .. '".* must be a number, not .*', function()
        one(bad, bad)
      end)
    end
  end
  lu.assertErrorMsgMatches(here .. "control.median: the second value must be a number, not .*nan", function()
    return (control.median(1, 0 / 0, 2))
  end)
  lu.assertErrorMsgMatches(here .. "control.scale: the value must be a number, not nil", function()
    return (control.scale(nil, 4, 20, 0, 100))
  end)
  lu.assertErrorMsgMatches(here .. "from_low and from_high are both 4.*", function()
    return (control.scale(1, 4, 4, 0, 100))
  end)
  lu.assertErrorMsgMatches(here .. "control.curve: x must be a number, not nil", function()
    return (line(nil))
  end)
  lu.assertErrorMsgMatches(here .. "min_on = 9 s and min_off = 2 s do not fit in a period of 10 s", function()
    pwm.min_on = 9
  end)
  lu.assertErrorMsgMatches(here .. "hysteresis = 2 is above deadband = 1.*", function()
    three.deadband = 1
  end)
  lu.assertEquals({ pwm.min_on, three.deadband }, { 1, 3 })
end
