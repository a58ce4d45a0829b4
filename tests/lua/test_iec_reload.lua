-- Proves that IEC blocks go on through reloads, rollbacks and (with `retain`) restarts, each in the
-- middle of what they do: the same text, an edited preset, an assigned preset; and that reloads at random
-- moments change nothing in what a timer says.
-- luacheck: read_globals host

local lu = require "luaunit"

local SCRIPT = [[
  local timer = require "msm.timer"
  local counter, edge, latch = require "msm.counter", require "msm.edge", require "msm.latch"
  local options = { retain = RETAIN }
  mem.IN = coil(0)
  b = {
    TON = timer.TON("x", PT, options), TOF = timer.TOF("x", PT, options), TP = timer.TP("x", PT, options),
    CTU = counter.CTU("x", 3, options), R_TRIG = edge.R_TRIG("x", options), SR = latch.SR("x", options),
    hours = timer.hours("x", options), blinker = timer.blinker("x", { on = 1, off = 1, retain = RETAIN }),
  }
  local count = 0
  every("100ms", function()
    count = count + 1
    if CALLED then
      for _, name in ipairs { "TON", "TOF", "TP", "CTU", "R_TRIG", "hours", "blinker" } do b[name](mem.IN) end
      b.SR(mem.IN, false)
    end
  end)
]]

local function script(PT, retain, called)
  return (SCRIPT:gsub("%f[%w]PT%f[%W]", PT):gsub("RETAIN", tostring(retain or false))
    :gsub("CALLED", tostring(called ~= false)))
end

local play

local function begin(...)
  play = host.play(script(...))
  play:run()
end

-- Sets IN and runs scans for so many seconds.
local function run(IN, seconds)
  play:eval("mem.IN = " .. tostring(IN))
  play:advance(seconds)
end

local function assert_is(name, Q, ET)
  local said_Q, said_ET = play:eval(("b.%s.Q, b.%s.ET"):format(name, name))
  lu.assertEquals(said_Q, Q, name)
  lu.assertAlmostEquals(said_ET, ET, 1e-6, name)
end

local function assert_timers(TON, TON_ET, TOF, TOF_ET, TP, TP_ET)
  assert_is("TON", TON, TON_ET)
  assert_is("TOF", TOF, TOF_ET)
  assert_is("TP", TP, TP_ET)
end

TestReload = {}

function TestReload.test_the_same_text_goes_on()
  begin(2)
  run(true, 1) -- the first scan with IN true is 0.1 s later
  assert_timers(false, 0.9, true, 0, true, 0.9)
  play:reload()
  play:advance(1)
  assert_timers(false, 1.9, true, 0, true, 1.9)
  play:reload()
  play:run()
  assert_timers(true, 2, true, 0, false, 2)
  lu.assertEquals({ play:eval("b.CTU.CV, b.R_TRIG.Q, b.SR.Q1, b.hours.starts") }, { 1, false, true, 1 })
  run(false, 1)
  play:reload()
  play:run()
  assert_timers(false, 0, true, 1, false, 0)
  play:advance(1)
  assert_timers(false, 0, false, 2, false, 0)
  lu.assertAlmostEquals(play:eval("b.hours.seconds"), 2.0, 1e-6)
end

function TestReload.test_an_edge_over_a_reload_is_seen_once()
  begin(2)
  run(false, 0.5)
  play:eval("mem.IN = true")
  play:reload()
  play:run()
  lu.assertEquals({ play:eval("b.CTU.CV, b.R_TRIG.Q") }, { 1, true })
  play:reload()
  play:run()
  lu.assertEquals({ play:eval("b.CTU.CV, b.R_TRIG.Q") }, { 1, false })
end

function TestReload.test_an_edited_preset_holds_at_once()
  begin(2)
  run(true, 1)
  play:reload(script(5))
  play:advance(3)
  assert_timers(false, 3.9, true, 0, true, 3.9)
  play:reload(script(4))
  play:run()
  assert_timers(true, 4, true, 0, false, 4)
end

function TestReload.test_an_assigned_preset_holds_until_the_text_says_something_else()
  begin(2)
  run(true, 1)
  play:eval("(function() b.TON.PT = 3 end)()")
  play:reload()
  play:run()
  lu.assertEquals(play:eval("b.TON.PT"), 3)
  play:advance(1.9)
  assert_is("TON", false, 2.9)
  play:reload(script(6))
  play:run()
  lu.assertEquals(play:eval("b.TON.PT"), 6)
  assert_is("TON", false, 3)
end

function TestReload.test_a_rollback_takes_the_preset_back_and_goes_on()
  begin(2)
  run(true, 0.5)
  play:eval("(function() b.TON.PT = 3 end)()")
  play:reload(script(9))
  play:advance(1)
  lu.assertEquals(play:eval("b.TON.PT"), 9)
  play:back()
  play:run()
  lu.assertEquals(play:eval("b.TON.PT"), 3)
  assert_is("TON", false, 1.5)
  play:eval("(function() b.TON.PT = 4 end)()")
  play:advance(2.5)
  assert_is("TON", true, 4)
end

-- What a new program assigned does not stay in the hands of the one that comes back.
function TestReload.test_a_rollback_goes_on_with_what_was_assigned_meanwhile()
  begin(2)
  run(true, 0.5)
  play:reload(script(2))
  play:run()
  play:eval("(function() b.TON.PT = 7 end)()")
  play:back()
  play:advance(2) -- nobody reads PT before
  assert_is("TON", false, 2.5)
  lu.assertEquals(play:eval("b.TON.PT"), 7)
end

function TestReload.test_a_preset_that_the_body_assigns_is_a_part_of_the_text()
  local function text(PT)
    return script(2) .. "\nb.TON.PT = " .. PT
  end
  play = host.play(text(3))
  play:run()
  run(true, 1)
  lu.assertEquals(play:eval("b.TON.PT"), 3)
  play:reload(text(4))
  play:advance(2.5)
  lu.assertEquals(play:eval("b.TON.PT"), 4)
  assert_is("TON", false, 3.4)
end

function TestReload.test_a_block_that_is_gone_begins_anew()
  begin(2)
  run(true, 1)
  play:reload("mem.IN = coil(0)\nevery(0.1, function() end)")
  play:run()
  play:reload()
  play:reload(script(2))
  play:run()
  assert_is("TON", false, 0)
end

TestRestart = {}

function TestRestart.test_without_retain_it_begins_anew()
  begin(2)
  run(true, 1)
  play:restart()
  play:run()
  assert_timers(false, 0, false, 0, false, 0)
  lu.assertEquals({ play:eval("b.CTU.CV, b.SR.Q1, b.hours.seconds") }, { 0, false, 0.0 })
  run(true, 1)
  assert_timers(false, 0.9, true, 0, true, 0.9)
end

-- In the first scan after a restart IN is false, as its default says.
function TestRestart.test_with_retain_it_goes_on_where_it_was()
  begin(2, true)
  run(true, 1)
  run(false, 0.5)
  assert_timers(false, 0, true, 0.4, true, 1.4)
  play:restart()
  play:late(3600) -- without power
  assert_timers(false, 0, true, 0.4, true, 1.4)
  play:advance(0.5)
  assert_timers(false, 0, true, 0.9, true, 1.9)
  play:run()
  assert_timers(false, 0, true, 1, false, 0)
  play:advance(1)
  assert_timers(false, 0, false, 2, false, 0)
  lu.assertEquals({ play:eval("b.CTU.CV, b.SR.Q1, b.hours.starts") }, { 1, true, 1 })
  lu.assertAlmostEquals(play:eval("b.hours.seconds"), 0.9, 1e-6)
end

function TestRestart.test_TON_with_retain_goes_on_while_its_input_is_true()
  local text = script(2, true):gsub("mem.IN = coil%(0%)", "mem.IN = coil(0, { default = true })")
  play = host.play(text)
  play:run(11)
  assert_is("TON", false, 1) -- exactly 1: since would be -1 in a process that begins
  play:restart()
  play:run()
  assert_is("TON", false, 1)
  play:run(9)
  assert_is("TON", false, 1.9)
  play:restart()
  play:run(2)
  assert_is("TON", true, 2)
  play:restart()
  play:run()
  assert_is("TON", true, 2)
end

-- The moments of the process before are nothing to the program that calls the blocks first.
function TestRestart.test_a_reload_before_the_first_call()
  begin(2, true)
  play:advance(100)
  run(true, 1)
  run(false, 0.5)
  play:restart(script(2, true, false))
  play:advance(10)
  play:reload(script(2, true))
  play:run()
  assert_is("TOF", true, 0.4)
  assert_is("TP", true, 1.4)
  play:reload()
  play:run()
  assert_is("TOF", true, 0.5)
end

-- Its time goes on, also the scans without it: an edit is no time without power.
function TestReload.test_retain_that_an_edit_adds_is_no_restart()
  begin("2")
  play:eval "mem.IN == nil"
  play:eval "(function() mem.IN = true end)()"
  play:advance(1)
  local before = play:eval "b.TON.ET"
  play:reload(script("2", true, false))
  play:advance(0.5)
  play:reload(script("2", true))
  play:run()
  lu.assertAlmostEquals(play:eval "b.TON.ET", before + 0.6, 1e-6)
end

TestRandomReloads = {}

-- One play is reloaded at random moments and its double is not: they say the same.
function TestRandomReloads.test_nobody_notices()
  for seed = 1, 12 do
    math.randomseed(seed, 0)
    local one, other = host.play(script("0.7")), host.play(script("0.7"))
    local IN = false
    for step = 1, 120 do
      local seconds = math.random(1, 8) / 20
      one:late(seconds)
      other:late(seconds)
      IN = IN ~= (math.random(4) == 1)
      for _, one_of in ipairs { one, other } do
        one_of:eval("mem.IN = " .. tostring(IN))
      end
      local what = ("seed %d, step %d"):format(seed, step)
      local fields = [[b.TON.Q, b.TON.ET, b.TOF.Q, b.TOF.ET, b.TP.Q, b.TP.ET, b.CTU.CV, b.R_TRIG.Q, b.SR.Q1,
        b.hours.seconds, b.hours.starts, b.blinker.Q, b.TON.PT]]
      lu.assertEquals({ one:eval(fields) }, { other:eval(fields) }, what)
      if math.random(3) == 1 then
        one:reload()
      elseif math.random(10) == 1 then
        local PT = math.random(0, 30) / 20
        for _, one_of in ipairs { one, other } do
          one_of:eval(("(function() b.TON.PT, b.TOF.PT, b.TP.PT = %g, %g, %g end)()"):format(PT, PT, PT))
        end
      end
    end
  end
end
