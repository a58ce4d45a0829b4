-- Proves host.play, on which the tests of the library lean: a script beside the test goes through
-- scans, reloads, a rollback and restarts as in msm run.
-- luacheck: read_globals host

local lu = require "luaunit"

local SCRIPT = [[
  mem.N = holding.int16(0)
  kept = keep("kept", { count = 0 })
  retained = keep("retained", { count = 0 }, { retain = true })
  factor = 1
  seen = {}
  on_start(function(why) seen.why = why end)
  every("100ms", function(dt)
    seen.dt = dt
    kept.count = kept.count + factor
    retained.count = retained.count + factor
    if mem.N == 99 then error("ninety-nine") end
  end)
]]

local function edited(factor)
  return (SCRIPT:gsub("factor = 1", "factor = " .. factor))
end

TestPlay = {}

function TestPlay.setUp()
  TestPlay.play = host.play(SCRIPT)
end

local function counts()
  return { TestPlay.play:eval("kept.count, retained.count") }
end

function TestPlay.test_runs_scans_and_evaluates()
  local play = TestPlay.play
  play:run()
  lu.assertEquals({ play:eval('scan.time, scan.count, seen.why, true, "text", nil') },
    { 0.0, 1, "cold", true, "text", nil })
  play:run(3)
  lu.assertEquals({ play:eval("scan.count, kept.count") }, { 4, 4 })
  play:advance(1)
  lu.assertEquals(play:eval("scan.count"), 14)
  play:late(0.25)
  lu.assertAlmostEquals(play:eval("scan.time"), 1.55, 1e-9)
  lu.assertAlmostEquals(play:eval("seen.dt"), 0.25, 1e-9)
  play:eval("mem.N = 7")
  play:run()
  lu.assertEquals(play:eval("mem.N"), 7)
  lu.assertErrorMsgContains("only plain values", play.eval, play, "{}")
  lu.assertErrorMsgContains("eval:1: oh", play.eval, play, "error('oh')")
end

function TestPlay.test_a_reload_goes_on()
  local play = TestPlay.play
  play:run(3)
  play:eval("mem.N = 5")
  play:reload(edited(10))
  play:run()
  lu.assertEquals(counts(), { 13, 13 })
  lu.assertEquals({ play:eval("mem.N, scan.count, seen.why") }, { 5, 4, "reload" })
  lu.assertAlmostEquals(play:eval("scan.time"), 0.3, 1e-9)
  play:reload()
  play:run()
  lu.assertEquals(counts(), { 23, 23 })
end

function TestPlay.test_a_refused_reload_changes_nothing()
  local play = TestPlay.play
  play:run(3)
  lu.assertErrorMsgContains("script.lua:1:", play.reload, play, "this is no program")
  play:run()
  lu.assertEquals(counts(), { 4, 4 })
end

function TestPlay.test_what_ran_before_comes_back()
  local play = TestPlay.play
  play:run(3)
  play:reload(edited(10))
  play:run()
  play:back()
  play:run()
  lu.assertEquals(counts(), { 14, 14 })
  lu.assertEquals({ play:eval("scan.count, seen.why, factor") }, { 5, "cold", 1 })
end

function TestPlay.test_a_restart_leaves_what_is_retained()
  local play = TestPlay.play
  play:run(3)
  play:restart()
  play:run()
  lu.assertEquals(counts(), { 1, 4 })
  lu.assertEquals({ play:eval("scan.count, scan.time, seen.why") }, { 1, 0.0, "cold" })
  play:restart(edited(10))
  play:late(50) -- when a restart takes its time, the first scan comes later
  lu.assertEquals(counts(), { 10, 14 })
  lu.assertEquals(play:eval("scan.time"), 0.0)
end

function TestPlay.test_a_keep_that_nobody_has_goes()
  local play = TestPlay.play
  play:run(3)
  play:reload('every(1, function() end)')
  play:run()
  play:reload() -- the one before is proven by now
  play:reload(SCRIPT)
  play:run()
  lu.assertEquals(counts(), { 1, 1 })
end

function TestPlay.test_a_fault_is_raised_and_a_reload_ends_it()
  local play = TestPlay.play
  play:run(3)
  play:eval("mem.N = 99")
  lu.assertErrorMsgContains("ninety-nine", play.run, play)
  lu.assertErrorMsgContains("ninety-nine", play.run, play)
  lu.assertErrorMsgContains("FAULT", play.eval, play, "1")
  play:reload(edited(10):gsub("== 99", "== 98"))
  play:run()
  lu.assertEquals(counts(), { 13, 13 }) -- what the faulted scan counted is taken back
end
