-- Proves msm.alarm: every way from one state to another, delays and deadbands against a model that is
-- written differently, first-out groups, what a restart keeps, and the journal.
-- luacheck: read_globals host

local lu = require "luaunit"
local alarm = require "msm.alarm"

local SCAN = 0.1

local input = { value = 50, lone = false, latched = false, a = false, b = false, c = false }

local level = alarm.limit("level", {
  lolo = 5, lo = 10, hi = 90, hihi = 95, deadband = 2, priority = "high", text = "Level %.1f %%",
})
local lone = alarm.condition("lone", { priority = "low" })
local latched = alarm.condition("latched", { latch = true, text = "It tripped" })
local group = {}
for _, name in ipairs { "a", "b", "c" } do
  group[name] = alarm.condition(name, { group = "burner", priority = "urgent" })
end

local function refusal(make, ...)
  local ok, text = pcall(make, ...)
  return not ok and tostring(text) or "accepted"
end

local refused = {
  twice = refusal(alarm.condition, "level"),
  none = refusal(alarm.limit, "none", { deadband = 1 }),
  order = refusal(alarm.limit, "order", { lo = 10, hi = 10 }),
  text = refusal(alarm.limit, "text", { hi = 1, text = "%d %" }),
  priority = refusal(alarm.condition, "priority", { priority = "huge" }),
  option = refusal(alarm.condition, "option", { on_dely = 1 }),
  name = refusal(alarm.condition, "option", { name = "x" }),
  body = refusal(alarm.ack),
  unnamed = refusal(alarm.condition, nil),
}

every(SCAN, function()
  level(input.value)
  lone(input.lone)
  latched(input.latched)
  for name, one in pairs(group) do
    assert(one(input[name]) == one.on)
  end
end)

local function scan_with(changes)
  for name, value in pairs(changes) do
    input[name] = value
  end
  host.advance(SCAN)
end

-- The events since the journal had so many, the oldest first.
local function events(count)
  local list = {}
  for _, entry in ipairs(alarm.journal(count)) do
    table.insert(list, 1, entry.name .. " " .. entry.event .. (entry.level and " " .. entry.level or ""))
  end
  return list
end

TestRefusals = {}

function TestRefusals.test_texts()
  for what, part in pairs {
    twice = '"level" is made at', none = "at least one of lolo, lo, hi, hihi", order = "hi (10) must lie above lo (10)",
    text = "%g or %.1f", priority = '"urgent" or "high"', option = "on_delay", name = 'unknown option "name"',
    body = "belongs in a task", unnamed = "alarm.condition",
  } do
    lu.assertStrContains(refused[what], part)
    lu.assertStrContains(refused[what], "test_alarm.lua:", false, what)
  end
end

function TestRefusals.test_of_calls()
  lu.assertErrorMsgContains("value must be a number", level, "x")
  lu.assertErrorMsgContains("value must be a number", level, 0 / 0)
  lu.assertErrorMsgContains("condition must be true or false", lone, 1)
  lu.assertErrorMsgContains('did you mean "level"?', alarm.ack, "levl")
  lu.assertErrorMsgContains("duration", alarm.shelve, "level", "8d")
  lu.assertErrorMsgContains("missing", alarm.shelve, "level")
end

-- Each row: from which state, what is done, which state then, what the journal says ("" nothing).
-- `on` and `off` are the condition for a scan; the rest is done between scans.
local DEEDS = {
  on = function() scan_with { lone = true, latched = true } end,
  off = function() scan_with { lone = false, latched = false } end,
  ack = function(name) return alarm.ack(name, "Ann") end,
  reset = function(name) return alarm.reset(name, "Ann") end,
  shelve = function(name) return alarm.shelve(name, "1m", "noise", "Ann") end,
  unshelve = function(name) return alarm.unshelve(name, "Ann") end,
  late = function() host.advance(61) end,
  disable = function(name) return alarm.disable(name, "repair", "Ann") end,
  enable = function(name) return alarm.enable(name, "Ann") end,
  suppress = function(name) return (name == "lone" and lone or latched):suppress(true) end,
  unsuppress = function(name) return (name == "lone" and lone or latched):suppress(false) end,
}

local PATHS = { -- how a state is reached from normal
  normal = {}, unacknowledged = { "on" }, acknowledged = { "on", "ack" }, returned = { "on", "off" },
  latched = { "on", "ack", "off" }, shelved = { "shelve" }, suppressed = { "suppress" },
  ["out of service"] = { "disable" },
}

local HIDING = {
  { "unacknowledged", "shelve", "shelved", "shelved" }, { "acknowledged", "shelve", "shelved", "shelved" },
  { "returned", "shelve", "shelved", "shelved" }, { "normal", "shelve", "shelved", "shelved" },
  { "shelved", "on", "shelved", "active" }, { "shelved", "unshelve", "normal", "unshelved" },
  { "shelved", "late", "normal", "unshelved" }, { "shelved", "suppress", "suppressed", "suppressed" },
  { "shelved", "disable", "out of service", "out of service" },
  { "unacknowledged", "suppress", "suppressed", "suppressed" },
  { "suppressed", "on", "suppressed", "active" }, { "suppressed", "unsuppress", "normal", "unsuppressed" },
  { "suppressed", "suppress", "suppressed", "" }, { "normal", "unsuppress", "normal", "" },
  { "acknowledged", "disable", "out of service", "out of service" },
  { "out of service", "on", "out of service", "active" }, { "out of service", "enable", "normal", "in service" },
  { "out of service", "disable", "out of service", "" }, { "normal", "enable", "normal", "" },
  { "normal", "unshelve", "normal", "" }, { "out of service", "late", "out of service", "" },
}

local PLAIN = {
  { "normal", "on", "unacknowledged", "active" }, { "normal", "off", "normal", "" },
  { "normal", "ack", "normal", "" }, { "normal", "reset", "normal", "" },
  { "unacknowledged", "on", "unacknowledged", "" }, { "unacknowledged", "off", "returned", "returned" },
  { "unacknowledged", "ack", "acknowledged", "acknowledged" }, { "unacknowledged", "reset", "unacknowledged", "" },
  { "acknowledged", "on", "acknowledged", "" }, { "acknowledged", "ack", "acknowledged", "" },
  { "acknowledged", "reset", "acknowledged", "" }, { "returned", "on", "unacknowledged", "active" },
  { "returned", "off", "returned", "" }, { "returned", "reset", "returned", "" },
}

local OF_LONE = { { "acknowledged", "off", "normal", "returned" }, { "returned", "ack", "normal", "acknowledged" } }

local OF_LATCHED = {
  { "acknowledged", "off", "latched", "returned" }, { "returned", "ack", "latched", "acknowledged" },
  { "latched", "ack", "latched", "" }, { "latched", "off", "latched", "" },
  { "latched", "reset", "normal", "reset" }, { "latched", "on", "unacknowledged", "active" },
  { "latched", "shelve", "shelved", "shelved" },
}

local function to_normal(name)
  for _, deed in ipairs { "unshelve", "enable", "unsuppress", "off", "ack", "reset" } do
    DEEDS[deed](name)
  end
end

local function newest()
  local entry = alarm.journal(1)[1]
  return entry or {}
end

-- The events that were added while f ran, of this alarm.
local function added(name, f)
  local function count()
    local mine = {}
    for _, entry in ipairs(alarm.journal()) do
      mine[#mine + 1] = entry.name == name and entry.time or nil
    end
    return #mine
  end
  local before = count()
  f()
  return count() - before
end

local function walk(name, one, rows)
  for _, row in ipairs(rows) do
    local from, deed, to, event = table.unpack(row)
    local what = ("%s: %s in %s"):format(name, deed, from)
    to_normal(name)
    lu.assertEquals(one:word(), "normal", what)
    for _, step in ipairs(PATHS[from]) do
      DEEDS[step](name)
    end
    lu.assertEquals(one:word(), from, what)
    local mine = added(name, function() DEEDS[deed](name) end)
    lu.assertEquals(one:word(), to, what)
    if #alarm.journal() < 190 then -- the ring is not full: what fell out is not counted
      lu.assertEquals(mine, event == "" and 0 or 1, what)
    end
    if event ~= "" then
      local last
      for _, entry in ipairs(alarm.journal()) do
        last = last or (entry.name == name and entry.event)
      end
      lu.assertEquals(last, event, what)
    end
  end
  to_normal(name)
end

TestStates = {}

function TestStates.setUp()
  scan_with { a = false, b = false, c = false, value = 50 }
  alarm.ack()
end

function TestStates.tearDown()
  to_normal("lone")
  to_normal("latched")
end

function TestStates.test_all_ways()
  walk("lone", lone, PLAIN)
  walk("lone", lone, OF_LONE)
  walk("lone", lone, HIDING)
  walk("latched", latched, PLAIN)
  walk("latched", latched, OF_LATCHED)
  walk("latched", latched, HIDING)
end

function TestStates.test_hidden_ones_and_what_comes_of_them()
  DEEDS.shelve("lone")
  DEEDS.on()
  lu.assertTrue(lone.on) -- logic goes on
  DEEDS.off()
  DEEDS.unshelve("lone")
  lu.assertEquals(lone:word(), "normal") -- came and went: nobody has to know
  DEEDS.on()
  DEEDS.ack("lone")
  DEEDS.disable("lone")
  DEEDS.enable("lone")
  lu.assertEquals(lone:word(), "acknowledged")
  DEEDS.off()
  DEEDS.suppress("lone")
  DEEDS.on()
  DEEDS.unsuppress("lone")
  lu.assertEquals(lone:word(), "unacknowledged") -- came meanwhile, and is still there
end

function TestStates.test_a_latch_keeps_it_on()
  DEEDS.on()
  DEEDS.off()
  lu.assertEquals({ latched.active, latched.on, lone.active, lone.on }, { false, true, false, false })
  lu.assertEquals(alarm.reset(), 0) -- nobody has acknowledged it
  lu.assertEquals(alarm.ack(), 2)
  lu.assertEquals(alarm.reset(), 1)
  lu.assertFalse(latched.on)
end

function TestStates.test_who_and_why()
  DEEDS.on()
  DEEDS.shelve("lone")
  lu.assertEquals(newest(), { time = scan.now, name = "lone", event = "shelved", who = "Ann", reason = "noise" })
  local row = lone:row()
  lu.assertEquals({ row.state, row.reason, row.by, row.active }, { "shelved", "noise", "Ann", true })
  lu.assertAlmostEquals(row.shelved_until - scan.now, 60, 1e-3)
  lu.assertEquals(alarm.count(), 1) -- the latched one
  lu.assertEquals(alarm.ack(nil, "Bob"), 1)
  lu.assertEquals(newest().who, "Bob")
end

function TestStates.test_list_and_count()
  DEEDS.on()
  scan_with { value = 96 }
  local names = {}
  for i, row in ipairs(alarm.list()) do
    names[i] = row.name
  end
  lu.assertEquals(names, { "level", "latched", "lone" })
  lu.assertEquals({ alarm.count(), alarm.count("high"), alarm.count("urgent") }, { 3, 1, 0 })
  alarm.ack("level")
  lu.assertEquals(alarm.list()[1].name, "latched")
  lu.assertEquals(#alarm.list("all"), 6)
  scan_with { value = 50 }
end

TestLevels = {}

function TestLevels.setUp()
  scan_with { value = 50 }
  alarm.ack("level")
end

local function levels_of(values)
  local seen = {}
  for i, value in ipairs(values) do
    scan_with { value = value }
    seen[i] = level.level .. (level.on and "" or " off") .. (level:row().acknowledged and " acked" or "")
    alarm.ack("level")
  end
  return seen
end

function TestLevels.test_at_and_around_the_limits()
  scan_with { value = 89.9 }
  lu.assertFalse(level.on)
  lu.assertEquals(levels_of { 90, 88, 87.9, 95, 93, 92.9, 88, 87 },
    { "hi", "hi acked", "hi off acked", "hihi", "hihi acked", "hi acked", "hi acked",
      "hi off acked" })
  lu.assertEquals(levels_of { 10, 12, 5, 7, 7.1, 12.1, 4, 96, 50 },
    { "lo", "lo acked", "lolo", "lolo acked", "lo acked", "lo off acked", "lolo", "hihi", "hihi off acked" })
end

function TestLevels.test_journal_and_text()
  scan_with { value = 91.25 }
  lu.assertEquals(level.message, "Level 91.2 %")
  scan_with { value = 99 }
  scan_with { value = 91 }
  scan_with { value = 50 }
  lu.assertEquals(events(4), { "level active hi", "level active hihi", "level level hi", "level returned" })
  lu.assertEquals({ level:row().text, level:row().value }, { "Level 99.0 %", 99 })
end

function TestLevels.test_limits_may_be_assigned()
  level.hi = 60
  scan_with { value = 61 }
  lu.assertEquals(level.level, "hi")
  level.hi = 90
  scan_with {}
  lu.assertFalse(level.on)
end

TestFirstOut = {}

local function firsts()
  local list = {}
  for _, name in ipairs { "a", "b", "c" } do
    list[#list + 1] = group[name]:row().first and name or nil
  end
  return table.concat(list)
end

local function settle()
  scan_with { a = false, b = false, c = false }
  alarm.ack()
end

function TestFirstOut.setUp()
  settle()
end

function TestFirstOut.test_the_first_one_stays_the_first()
  scan_with { b = true }
  scan_with { a = true, c = true }
  lu.assertEquals(firsts(), "b")
  scan_with { b = false }
  lu.assertEquals(firsts(), "b") -- it has not been seen
  alarm.ack()
  lu.assertEquals(firsts(), "") -- it is normal; the others are not the first for that
  scan_with { b = true }
  lu.assertEquals(firsts(), "b") -- and they still stand: it is the one that was marked
  settle()
  lu.assertEquals(firsts(), "")
  scan_with { c = true }
  lu.assertEquals(firsts(), "c")
end

function TestFirstOut.test_a_hidden_one_is_not_the_first()
  alarm.shelve("a", "1m")
  scan_with { a = true }
  scan_with { c = true }
  lu.assertEquals(firsts(), "c")
  alarm.unshelve("a")
end

-- ---- delays, against a list of what was seen ----

local SCRIPT = [[
  local alarm = require "msm.alarm"
  given = { input = 50 }
  one = alarm.limit("one", { hi = 90, lo = 10, deadband = 5, on_delay = ON, off_delay = OFF })
  every("100ms", function() one(given.input) end)
]]

-- The model looks back over all samples: a level is on from when the value was beyond it for the whole
-- of the delay, until it was inside of the deadband for the whole of the other.
local function model(samples, high, limit, on_delay, off_delay)
  local on, run = false, nil
  for _, sample in ipairs(samples) do
    local value = high and sample.value or -sample.value
    local bound = (high and limit or -limit) - (on and 5 or 0)
    local against = (value >= bound) ~= on
    run = against and (run or sample.time) or nil
    if run and sample.time - run >= (on and off_delay or on_delay) - 1e-6 then
      on, run = not on, nil
    end
  end
  return on
end

TestDelays = {}

function TestDelays.test_random()
  local seed = 20260102
  math.randomseed(seed)
  for round = 1, 6 do
    local on, off = math.random(0, 8) / 10, math.random(0, 8) / 10
    local play = host.play((SCRIPT:gsub("ON", on):gsub("OFF", off)))
    local samples = {}
    play:run()
    samples[1] = { time = 0.0, value = 50 }
    for step = 1, 150 do
      local value = math.random() < 0.6 and samples[#samples].value or math.random(0, 200) / 2
      play:eval("given.input = " .. value)
      if math.random() < 0.3 then
        play:late(math.random(1, 12) / 10)
      else
        play:run()
      end
      samples[#samples + 1] = { time = play:eval("scan.time"), value = value }
      local hi, lo = model(samples, true, 90, on, off), model(samples, false, 10, on, off)
      local what = ("seed %d, round %d, step %d"):format(seed, round, step)
      lu.assertEquals(play:eval("one.on"), hi or lo, what)
      if hi or lo then
        lu.assertEquals(play:eval("one.level"), hi and "hi" or "lo", what)
      end
    end
  end
end

-- ---- reload and restart ----

local KEPT = [[
  local alarm = require "msm.alarm"
  given = { input = true }
  one = alarm.condition("one", { on_delay = "1s" })
  other = alarm.condition("other")
  ack, shelve, list, journal = alarm.ack, alarm.shelve, alarm.list, alarm.journal
  every("100ms", function() one(given.input) other(given.input) end)
]]

TestLives = {}

function TestLives.test_a_reload_goes_on()
  local play = host.play(KEPT)
  play:run(6)
  play:reload(KEPT .. " -- edited")
  play:run(4)
  lu.assertFalse(play:eval("one.on"))
  play:run()
  lu.assertTrue(play:eval("one.on")) -- the delay has gone on
  lu.assertEquals(play:eval("#journal()"), 2)
end

function TestLives.test_a_restart_remembers_what_people_did()
  local play = host.play(KEPT)
  play:run(12)
  play:eval('ack("one", "Ann")')
  play:eval('shelve("other", "1h", "noise", "Ann")')
  play:restart()
  play:run(5)
  lu.assertEquals({ play:eval("one:word(), other:word(), #journal(), journal()[2].who") },
    { "acknowledged", "shelved", 4, "Ann" })
  play:restart()
  play:advance(3600)
  lu.assertEquals(play:eval("other:word()"), "unacknowledged")
end

function TestLives.test_without_retain_a_restart_begins_anew()
  local play = host.play((KEPT:gsub('condition%("other"', '%0, { retain = false }')))
  play:run(2)
  play:eval('ack("other")')
  play:restart()
  play:run()
  lu.assertEquals(play:eval("other:word()"), "unacknowledged")
end

function TestLives.test_the_journal_is_bounded()
  local play = host.play(KEPT)
  play:run()
  for i = 1, 150 do
    play:eval("given.input = " .. tostring(i % 2 == 1))
    play:run()
    play:eval("ack()")
  end
  lu.assertEquals(play:eval("#journal()"), 200)
  lu.assertEquals(play:eval("#journal(5)"), 5)
  lu.assertTrue(play:eval("journal()[1].time >= journal()[200].time"))
end
