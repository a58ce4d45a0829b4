-- Proves timer.TON as a script sees it, scan by scan: on-delay by IEC 61131-3, PT assigned while it
-- runs, and what it refuses; the blinker and the hours counter. Time passes only through
-- host.advance(seconds), which runs one scan.
-- luacheck: read_globals host

local lu = require "luaunit"
local timer = require "msm.timer"

local SCAN = 0.1

local input = false
local on = timer.TON("on", "2s")
local at_once = timer.TON("at once", 0)
local short = timer.TON("short", 0.3)
local twice_ok, twice_error = pcall(timer.TON, "on", "1s")
local untimed_ok, untimed_error = pcall(timer.TON, "untimed", "1x")
local flash = timer.blinker("flash", { on = "200ms", off = "800ms" })
local dark, lit = timer.blinker("dark", { on = 0 }), timer.blinker("lit", { off = 0 })
local hours = timer.hours("hours")
local enabled, running = false, false
local unnamed_ok, unnamed_error = pcall(timer.TON, nil, "1s")

every(SCAN, function()
  on(input)
  at_once(input)
  short(input)
  flash(enabled)
  dark(enabled)
  lit(enabled)
  hours(running)
  hours(running) -- counts once in a scan
end)

-- Runs one scan after `seconds` with IN as given.
local function scan_after(seconds, IN)
  input = IN
  host.advance(seconds)
end

TestTON = {}

function TestTON.setUp()
  on.PT = "2s"
  scan_after(SCAN, false)
end

function TestTON.test_q_comes_when_in_was_true_for_pt()
  scan_after(SCAN, true) -- the first call with IN true: from here
  lu.assertEquals({ on.Q, on.ET }, { false, 0 })
  scan_after(1.9, true)
  lu.assertFalse(on.Q)
  lu.assertAlmostEquals(on.ET, 1.9, 1e-9)
  scan_after(0.1, true)
  lu.assertTrue(on.Q)
  lu.assertEquals(on.ET, 2)
end

function TestTON.test_et_stops_at_pt()
  scan_after(SCAN, true)
  scan_after(60, true)
  lu.assertTrue(on.Q)
  lu.assertEquals(on.ET, 2)
end

function TestTON.test_in_false_resets()
  scan_after(SCAN, true)
  scan_after(1.5, true)
  scan_after(SCAN, false)
  lu.assertEquals({ on.Q, on.ET }, { false, 0 })
  scan_after(SCAN, true)
  scan_after(1.5, true)
  lu.assertFalse(on.Q) -- the 1.5 s before do not count
  scan_after(0.5, true)
  lu.assertTrue(on.Q)
  scan_after(SCAN, false)
  lu.assertEquals({ on.Q, on.ET }, { false, 0 })
end

function TestTON.test_pt_0_gives_q_at_once()
  lu.assertFalse(at_once.Q)
  scan_after(SCAN, true)
  lu.assertEquals({ at_once.Q, at_once.ET }, { true, 0 })
  scan_after(SCAN, false)
  lu.assertFalse(at_once.Q)
end

-- Three scans of 0.1 s are 0.3 s, however floating point rounds them, at any time of the day.
function TestTON.test_rounding_costs_no_scan()
  for _ = 1, 200 do
    scan_after(SCAN, false)
    scan_after(SCAN, true)
    scan_after(SCAN, true)
    scan_after(SCAN, true)
    lu.assertFalse(short.Q)
    scan_after(SCAN, true)
    lu.assertTrue(short.Q)
  end
end

function TestTON.test_pt_is_assigned_while_it_runs()
  scan_after(SCAN, true)
  scan_after(1, true)
  on.PT = 5
  lu.assertEquals(on.PT, 5)
  scan_after(2, true)
  lu.assertFalse(on.Q)
  lu.assertAlmostEquals(on.ET, 3, 1e-9)
  on.PT = "2500ms"
  lu.assertEquals(on.PT, 2.5)
  lu.assertFalse(on.Q) -- outputs change when it is called
  scan_after(SCAN, true)
  lu.assertEquals({ on.Q, on.ET }, { true, 2.5 })
end

function TestTON.test_within_one_scan_it_says_the_same_twice()
  scan_after(SCAN, true)
  scan_after(2, true)
  lu.assertTrue(on(true))
  lu.assertTrue(on(true))
  lu.assertFalse(on(false))
end

function TestTON.test_a_name_is_used_once()
  lu.assertFalse(twice_ok)
  lu.assertStrContains(twice_error, "timer.TON \"on\" is made at ")
  lu.assertFalse(unnamed_ok)
  lu.assertStrContains(unnamed_error, "the name is nil")
  lu.assertFalse(untimed_ok)
  lu.assertStrMatches(untimed_error, ".*test_timer.lua:%d+: timer.TON \"untimed\": PT.*\"1x\".*")
end

local here = ".*test_timer.lua:%d+: "

function TestTON.test_what_it_refuses_is_told_at_the_users_line()
  lu.assertErrorMsgMatches(here .. 'timer.TON "on": IN must be true or false, not nil', function()
    on(nil)
  end)
  lu.assertErrorMsgMatches(here .. 'timer.TON "on": IN must be true or false, not 1', function()
    on(1)
  end)
  lu.assertErrorMsgMatches(here .. 'timer.TON "on": Q is made by the block; PT can be assigned',
    function()
      on.Q = true
    end)
  lu.assertErrorMsgMatches(here .. 'timer.TON "on" has no pt; it has ET, PT, Q', function()
    return on.pt
  end)
  lu.assertErrorMsgMatches(here .. 'timer.TON "on" has no since; it has ET, PT, Q', function()
    on.since = 1
  end)
  lu.assertErrorMsgMatches(here .. 'timer.TON "on": PT: .*"soon".*', function()
    on.PT = "soon"
  end)
  lu.assertEquals(on.PT, 2)
end

TestBlinker = {}

function TestBlinker.tearDown()
  enabled = false
  host.advance(SCAN)
end

function TestBlinker.test_begins_with_on_and_goes_by_turns()
  for _ = 1, 2 do
    lu.assertFalse(flash.Q)
    enabled = true
    local lights = {}
    for i = 1, 25 do
      host.advance(SCAN)
      lights[i] = flash.Q and "1" or "0"
    end
    lu.assertEquals(table.concat(lights), "1100000000110000000011000")
    enabled = false
    host.advance(SCAN)
  end
end

function TestBlinker.test_always_dark_and_always_lit()
  enabled = true
  for _ = 1, 20 do
    host.advance(SCAN)
    lu.assertEquals({ dark.Q, lit.Q }, { false, true })
  end
  enabled = false
  host.advance(SCAN)
  lu.assertFalse(lit.Q)
end

function TestBlinker.test_times_are_assigned_while_it_runs()
  enabled = true
  host.advance(5 * SCAN)
  lu.assertFalse(flash.Q)
  flash.on = 0.6
  host.advance(SCAN)
  lu.assertTrue(flash.Q)
  flash.on = "200ms"
end

TestHours = {}

function TestHours.test_counts_time_and_starts()
  running = true
  host.advance(SCAN) -- runs from here
  lu.assertEquals({ hours.seconds, hours.starts }, { 0, 1 })
  host.advance(3600)
  lu.assertAlmostEquals(hours.seconds, 3600, 1e-6)
  running = false
  host.advance(SCAN)
  host.advance(60)
  lu.assertAlmostEquals(hours.seconds, 3600, 1e-6)
  lu.assertAlmostEquals(hours(false), 1, 1e-9)
  running = true
  host.advance(SCAN)
  host.late(30) -- a stall is time, too
  lu.assertAlmostEquals(hours.seconds, 3630, 1e-6)
  lu.assertEquals(hours.starts, 2)
  hours:reset()
  lu.assertEquals({ hours.seconds, hours.starts }, { 0, 0 })
end
