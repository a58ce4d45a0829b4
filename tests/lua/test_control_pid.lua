-- Proves what control.PID does in single calls: cold start, terms by hand calculation, limits without
-- windup, no bump on changes of mode and parameters, reload, restart, and what it refuses. How it
-- controls is in test_control_loop.lua.
-- luacheck: read_globals host

local lu = require "luaunit"
local control = require "msm.control"

local SCAN <const> = 0.1
local WIDE <const> = 1e6

local function made(name, options)
  local ok, text = pcall(control.PID, name, options)
  return not ok and text
end

local refused = {
  { made("r1", { ti = 5 }), 'control.PID "r1": kp is missing' },
  { made("r2", { kp = -1 }), 'control.PID "r2": kp must be a number of 0 or more, not -1' },
  { made("r3", { kp = 0 }), 'control.PID "r3": with kp = 0 the ideal form does nothing' },
  { made("r4", { kp = 1, ti = -1 }), 'control.PID "r4": ti' },
  { made("r5", { kp = 1, min = 5, max = 5 }), 'control.PID "r5": min = 5 is not below max = 5' },
  { made("r6", { kp = 1, min = 200 }), 'control.PID "r6": min = 200 is not below max = 100' },
  { made("r7", { kp = 1, min = "low" }), 'control.PID "r7": min must be a number, not "low"' },
  { made("r8", { kp = 1, ki = 1 }), 'control.PID "r8": ki belongs to the parallel form; this one is ideal' },
  { made("r9", { form = "parallel", kp = 1, ti = 1 }), 'ti belongs to the ideal form; this one is parallel' },
  { made("r10", { kp = 1, n = 0.5 }), 'control.PID "r10": n must be a number of 1 or more, not 0.5' },
  { made("r11", { kp = 1, action = "up" }), 'action must be "reverse" or "direct", not "up"' },
  { made("r12", { kp = 1, TI = 3 }), 'unknown option "TI"; did you mean ti?' },
  { made("r13", { kp = 0 / 0 }), "kp must be a number of 0 or more" },
  { made("r14", { kp = 1, deadband = -1 }), "deadband must be a number of 0 or more, not -1" },
}

local pids, inputs = {}, { mirrored = { -50, -30 } }
local function pid(name, options)
  pids[name] = control.PID(name, options)
  return pids[name]
end

local cold = pid("cold", { kp = 2, ti = 10, td = 1 })
local cold_low = pid("cold low", { kp = 1, ti = 10, min = 20 })
local by_hand = pid("by hand", { kp = 2, ti = 10, auto = false, manual = 30 })
local terms = pid("terms", { kp = 2, ti = 5, td = 3, n = 6, min = -WIDE, max = WIDE })
local mirrored = pid("mirrored", { kp = 2, ti = 5, td = 3, n = 6, min = -WIDE, max = WIDE, action = "direct" })
local parallel = pid("parallel", { form = "parallel", kp = 2, ki = 0.4, kd = 6, n = 6, min = -WIDE, max = WIDE })
local wound = pid("wound", { kp = 1, ti = 10 })
local moved = pid("moved", { kp = 2, ti = 20, td = 2, min = -WIDE, max = WIDE })
local mode = pid("mode", { kp = 2, ti = 20, td = 2 })
local plain = pid("plain", { kp = 2, td = 1 })
local near = pid("near", { kp = 1, ti = 10 })
local once = pid("once", { kp = 2, ti = 10, td = 1 })

local first -- what each was after its first call
every(0.001, function()
  for name, one in pairs(pids) do
    local given = inputs[name] or {}
    one(given[1] or 50, given[2] or 30, given[3])
  end
  if not first then
    first = { cold = { cold.OUT, cold.P, cold.I, cold.D }, low = { cold_low.OUT, cold_low.I },
      hand = by_hand.OUT }
  end
end)

-- One scan, `seconds` long, with these inputs of one controller.
local function call(name, SP, PV, FF, seconds)
  inputs[name] = { SP, PV, FF }
  host.late(seconds or SCAN)
  return pids[name].OUT
end

TestPID = {}

function TestPID.test_a_cold_start_begins_with_integral_0()
  lu.assertEquals(first.cold, { 40, 40, 0, 0 })
  lu.assertEquals(first.low, { 20, 0 })
  lu.assertEquals(first.hand, 30)
end

-- By hand: P = 2 e, I grows by 2/5 e dt, the derivative's filter has 3/6 s.
function TestPID.test_terms()
  local I, D, last = { terms.I, mirrored.I, parallel.I }, terms.D, 30
  lu.assertEquals({ D, mirrored.D, parallel.D }, { 0, 0, 0 })
  math.randomseed(7)
  for i = 1, 2000 do
    local dt, SP, PV = math.random(1, 400) / 1000, math.random(0, 100), math.random() * 100
    local FF = i % 3 == 0 and math.random(-9, 9) or nil
    inputs.parallel, inputs.mirrored = { SP, PV, FF }, { -SP, -PV, FF }
    call("terms", SP, PV, FF, dt)
    D = D + dt / (0.5 + dt) * (-6 * (PV - last) / dt - D) -- first-order filter of the slope
    last = PV
    for n, one in ipairs { terms, mirrored, parallel } do
      I[n] = I[n] + 0.4 * (SP - PV) * dt
      local message = ("call %d of %s"):format(i, n)
      lu.assertAlmostEquals(one.P, 2 * (SP - PV), 1e-6, message)
      lu.assertAlmostEquals(one.I, I[n], 1e-6, message)
      lu.assertAlmostEquals(one.D, D, 1e-6, message)
      lu.assertAlmostEquals(one.OUT, one.P + one.I + one.D + (FF or 0), 1e-6, message)
    end
  end
end

function TestPID.test_no_kick_by_the_set_point()
  call("terms", 50, 30)
  for _ = 1, 100 do
    call("terms", 50, 30)
  end
  local D, P = terms.D, terms.P
  call("terms", 90, 30)
  lu.assertTrue(math.abs(terms.D) <= math.abs(D))
  lu.assertAlmostEquals(terms.P - P, 80, 1e-9)
end

-- An hour at the limit, then 1 beyond the set point: P + I falls below the limit at once.
function TestPID.test_no_windup()
  for limit, sign in pairs { [100] = 1, [0] = -1 } do
    for _ = 1, 3600 do
      call("wound", 50, 50 - sign * 40, 0, 1)
    end
    lu.assertEquals(wound.OUT, limit)
    local calls = 0
    repeat
      calls = calls + 1
      call("wound", 50, 50 + sign)
    until wound.OUT ~= limit or calls == 1000
    lu.assertEquals(calls, 1)
    -- and that slowly at the limit: its integral is what the limit lets it be
    for _ = 1, 3600 do
      call("wound", 50, 50 - sign * 0.5, 0, 1)
    end
    lu.assertEquals(wound.OUT, limit)
    call("wound", 50, 50)
    lu.assertAlmostEquals(wound.OUT, limit - sign * 0.5, 0.01)
  end
end

local CHANGES = {
  { "kp", 7 }, { "ti", 3 }, { "td", 9 }, { "td", 0 }, { "deadband", 4 }, { "kp", 0.5 }, { "td", "3s" }, { "n", 20 },
  { "ti", 200 }, { "deadband", 0 }, { "kp", 2 },
}

-- What the change itself does to the output: no time passes between the two calls, nor moves anything.
local function bump(change, SP, PV)
  call("moved", SP, PV)
  local before = moved.OUT
  moved[change[1]] = change[2]
  return math.abs(moved(SP, PV) - before)
end

function TestPID.test_no_bump_on_parameters()
  for round = 1, 20 do
    for i, change in ipairs(CHANGES) do
      local PV = 50 -- steady, later on its way
      call("moved", 50, PV, nil, 10)
      if round > 1 then
        PV = 40 + math.sin(i + round) * 5
        call("moved", 50, PV - 0.1)
      end
      local off = bump(change, 50, PV)
      lu.assertTrue(off < 1e-9, ("round %d: %s = %s bumps by %g"):format(round, change[1], change[2], off))
    end
  end
end

function TestPID.test_no_bump_on_mode()
  mode.auto, mode.manual = false, 40
  call("mode", 50, 45)
  mode.auto = true
  for _ = 1, 30 do
    call("mode", 50, 45)
  end
  local OUT = mode.OUT
  lu.assertTrue(OUT > 40 and OUT < 100)
  mode.auto = false
  call("mode", 50, 20)
  lu.assertEquals(mode.OUT, OUT)
  lu.assertEquals(mode.manual, OUT)
  mode.kp, mode.manual = 5, 33
  lu.assertEquals(call("mode", 80, 20), 33)
  for _ = 1, 100 do
    call("mode", 80, 60)
  end
  mode.auto, mode.kp = true, 2
  lu.assertAlmostEquals(call("mode", 10, 60), 33, 1e-9) -- also with a set point that was not there before
  for _ = 1, 100 do
    call("mode", 10, 60)
  end
  lu.assertTrue(mode.OUT < 33)
end

-- Also a value that was the parameter's all the time counts: what the text says first.
function TestPID.test_by_hand_is_what_is_assigned()
  mode.auto = true
  repeat
    call("mode", 50, 45, 0, 1)
  until mode.OUT > 40
  mode.auto, mode.manual = false, 0
  lu.assertEquals(call("mode", 50, 45), 0)
  mode.manual = 500
  lu.assertEquals(call("mode", 50, 45), 100)
  mode.manual, mode.max = 80, 60
  lu.assertEquals(call("mode", 50, 45), 60)
  mode.max = 100
  lu.assertEquals(call("mode", 50, 45), 80)
  mode.auto = true
end

function TestPID.test_without_integral_it_is_p_d_and_ff()
  for _ = 1, 100 do
    call("plain", 50, 40, 5)
  end
  lu.assertAlmostEquals(plain.OUT, 25, 1e-9)
  plain.kp = 3
  lu.assertAlmostEquals(call("plain", 50, 40, 5), 35, 1e-9)
  plain.auto, plain.manual = false, 80
  lu.assertEquals(call("plain", 50, 40, 5), 80)
  plain.auto = true
  lu.assertAlmostEquals(call("plain", 50, 40, 5), 35, 1e-9)
  lu.assertEquals(plain.I, 0)
  plain.ti = 10 -- from here on there is an integral: no jump
  lu.assertAlmostEquals(call("plain", 50, 40, 5), 35 + 0.3, 1e-6)
  plain.ti = 0
  lu.assertAlmostEquals(call("plain", 50, 40, 5), 35, 1e-6)
  lu.assertEquals(plain.I, 0)
end

function TestPID.test_a_limit_that_comes_nearer_takes_the_integral_along()
  repeat
    call("near", 50, 40, 0, 1)
  until near.OUT > 80
  near.max = 50
  lu.assertEquals(call("near", 50, 40), 50)
  lu.assertEquals(near.P, 10)
  lu.assertAlmostEquals(near.I, 40, 0.2)
  lu.assertAlmostEquals(call("near", 50, 50), 40, 0.2) -- off the limit at once
  near.max = 100
  lu.assertAlmostEquals(call("near", 50, 50), 40, 0.2) -- nothing comes back
  -- at the limit by its P alone: that a limit moves a little is no reason to forget the integral
  local I = near.I
  call("near", 150, 50)
  near.max = 99
  call("near", 150, 50)
  lu.assertAlmostEquals(near.I, I - 1, 1e-9)
  near.max = 100
end

-- A gain that is assigned while the output is at its limit leaves it there, and winds nothing up.
function TestPID.test_gains_assigned_at_a_limit()
  call("near", 150, 50)
  lu.assertEquals(near.OUT, 100)
  local I = near.I
  near.kp = 2
  lu.assertEquals(call("near", 150, 50), 100)
  lu.assertAlmostEquals(near.I, I, 1e-9)
  near.kp = 1
  near.kp = 0.1
  lu.assertEquals(call("near", 150, 50), 100)
  lu.assertAlmostEquals(near.I, 90, 1e-9)
  near.kp = 1
end

function TestPID.test_deadband()
  near.deadband = 3
  call("near", 50, 49)
  local I = near.I
  call("near", 50, 52.9, 0, 10)
  lu.assertEquals({ near.P, near.I }, { 0, I })
  call("near", 50, 54)
  lu.assertAlmostEquals(near.P, -1, 1e-9)
  near.deadband = 0
end

function TestPID.test_no_time_passes_outside_of_tasks()
  call("once", 50, 45)
  local I, D, OUT = once.I, once.D, once.OUT
  for _ = 1, 5 do
    lu.assertEquals(once(50, 45), OUT)
  end
  lu.assertEquals({ once.I, once.D }, { I, D })
end

local here = ".*test_control_pid.lua:%d+: "

local function assert_refused(text, f, ...)
  lu.assertErrorMsgMatches(here .. text:gsub("[%-%.]", "%%%0") .. ".*", f, ...)
end

function TestPID.test_what_it_refuses_is_told_at_the_users_line()
  for i, case in ipairs(refused) do
    lu.assertStrContains(tostring(case[1]), case[2], false, "case " .. i)
  end
  for _, bad in ipairs { 0 / 0, 1 / 0, -1 / 0, "5", true } do
    assert_refused('control.PID "once": PV must be a number, not', function()
      once(50, bad)
    end)
    assert_refused('control.PID "once": FF must be a number, not', function()
      once(50, 50, bad)
    end)
  end
  assert_refused('control.PID "once": SP must be a number, not nil', function()
    once()
  end)
  assert_refused('control.PID "once": min = 100 is not below max = 100', function()
    once.min = 100
  end)
  assert_refused('control.PID "once": min = 0 is not below max = -5', function()
    once.max = -5
  end)
  assert_refused('control.PID "once": ki belongs to the parallel form', function()
    once.ki = 1
  end)
  assert_refused('control.PID "once": with kp = 0', function()
    once.kp = 0
  end)
  assert_refused('control.PID "once": I is made by the block', function()
    once.I = 0
  end)
  lu.assertEquals({ once.min, once.max, once.ki, once.kp }, { 0, 100, 0, 2 })
end

-- ---- beside ----

local SCRIPT = [[
  local control = require "msm.control"
  heat = control.PID("heat", { kp = 2, ti = 10, td = 1, retain = true })
  SP, PV = 50, 45
  every("100ms", function() heat(SP, PV) end)
]]

local FIELDS = "heat.OUT, heat.P, heat.I, heat.D, heat.auto, heat.kp"

TestThrough = {}

function TestThrough.setUp()
  TestThrough.play = host.play(SCRIPT)
  TestThrough.play:run(50)
end

function TestThrough.test_a_reload_goes_on_without_a_bump()
  local play = TestThrough.play
  local before = play:eval("heat.OUT")
  play:reload((SCRIPT:gsub("kp = 2", "kp = 6")))
  play:run()
  lu.assertAlmostEquals(play:eval("heat.OUT"), before + 6 / 10 * 5 * SCAN, 1e-9)
  play:back()
  play:run()
  lu.assertAlmostEquals(play:eval("heat.OUT"), before + (6 + 2) / 10 * 5 * SCAN, 1e-9)
end

function TestThrough.test_by_hand_through_a_reload_and_a_rollback()
  local play = TestThrough.play
  play:eval("(function() heat.auto = false; heat.manual = 12 end)()")
  play:run()
  play:reload(SCRIPT)
  play:run(3)
  lu.assertEquals({ play:eval("heat.OUT, heat.manual, heat.auto") }, { 12, 12, false })
  play:eval("(function() heat.auto = true end)()")
  play:run(10)
  local OUT = play:eval("heat.OUT")
  lu.assertTrue(OUT > 12)
  play:back()
  play:run()
  lu.assertAlmostEquals(play:eval("heat.OUT"), OUT + 0.1, 1e-9)
  play:eval("(function() heat.auto = false end)()")
  play:run()
  lu.assertAlmostEquals(play:eval("heat.OUT"), OUT + 0.1, 1e-9)
end

function TestThrough.test_a_restart_keeps_the_integral_and_forgets_the_movement()
  local play = TestThrough.play
  local I = play:eval("heat.I")
  play:restart((SCRIPT:gsub("PV = 50, 45", "PV = 50, 20")))
  play:run()
  lu.assertEquals({ play:eval(FIELDS) }, { 60 + I, 60, I, 0, true, 2 })
end

function TestThrough.test_a_restart_without_retain_is_a_cold_start()
  local play = host.play((SCRIPT:gsub("retain = true", "")))
  play:run(50)
  play:restart()
  play:run()
  lu.assertEquals({ play:eval(FIELDS) }, { 10, 10, 0, 0, true, 2 })
end

function TestThrough.test_a_new_text_against_what_was_assigned()
  local play = TestThrough.play
  play:eval("(function() heat.max = 50 end)()")
  play:run()
  local ok, text = pcall(play.reload, play, (SCRIPT:gsub("kp = 2,", "kp = 2, min = 60,")))
  lu.assertFalse(ok)
  lu.assertStrContains(text, 'script.lua:4: control.PID "heat": min = 60 is not below max = 50')
end
