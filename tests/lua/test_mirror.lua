-- Proves what a script sees of a mirrored memory and of its link: quality, age, state, who needs
-- what, what follows what; with the devices' side played by the host.
-- luacheck: read_globals host
-- luacheck: globals plc link dead_link served seen

local lu = require "luaunit"

plc = memory("plc", { input = { 50, 2 } })
plc.TEMP = input.int16(0, { min = -50, max = 150 })
plc.FRESH = input.int16(1)
plc.FLOWS = input.word(2, { count = 2 })
plc.SP = holding.word(0, { expire = "2s" })
plc.LIMITS = holding.word(1, { count = 3 })
plc.VALVE = coil(0, { safe = false })
plc.START = coil(1, { pulse = true })
mem.COPY = var.int16 { from = "plc.TEMP" }
mem.LOCAL = holding.word(0)
link = client.tcp { host = "10.0.0.7", mem = plc }
served = server.tcp { port = 0 }

local dead = memory "dead"
dead.A = coil(0)
dead_link = client.tcp { host = "10.0.0.8", mem = dead }

-- What each task saw, by its run.
seen = { always = {}, needy = {}, both = {} }
local function look(list)
  return function(dt)
    list[#list + 1] = { dt = dt, written = mem:written "LOCAL", reconnected = link.reconnected,
      online = link.online }
  end
end
every(1, look(seen.always))
every(1, look(seen.needy), { needs = { plc } })
every(1, look(seen.both), { needs = { plc, dead } })

local function last(list)
  return list[#list]
end

local function up()
  host.link(plc, { online = true, complete = true, answered = true })
end

local function down()
  host.link(plc, { online = false, complete = false })
end

TestQuality = {}

function TestQuality.test_never_then_good_then_stale()
  lu.assertEquals(plc:quality "FRESH", "never")
  lu.assertNil(plc:age "FRESH")
  up()
  host.device(plc, "FRESH", 21)
  lu.assertEquals(plc:quality "FRESH", "never") -- until the next scan
  host.advance(1)
  lu.assertEquals({ plc.FRESH, plc:quality "FRESH" }, { 21, "good" })
  host.advance(2)
  lu.assertAlmostEquals(plc:age "FRESH", 3, 1e-6)
  host.device(plc, "FRESH", nil, "stale")
  host.advance(1)
  lu.assertEquals({ plc.FRESH, plc:quality "FRESH" }, { 21, "stale" })
  host.device(plc, "FRESH", 22)
  host.advance(1)
  lu.assertEquals({ plc.FRESH, plc:quality "FRESH" }, { 22, "good" })
  lu.assertAlmostEquals(plc:age "FRESH", 1, 1e-6)
end

-- The host's device gives the first element only.
function TestQuality.test_an_array_is_as_bad_as_its_worst()
  host.device(plc, "FLOWS", 7)
  host.advance(1)
  lu.assertEquals({ plc.FLOWS[1], plc:quality "FLOWS" }, { 7, "never" })
  host.device(plc, "FLOWS", nil, "invalid")
  host.advance(1)
  lu.assertEquals(plc:quality "FLOWS", "invalid")
end

function TestQuality.test_invalid()
  host.device(plc, "TEMP", nil, "invalid")
  host.advance(1)
  lu.assertEquals(plc:quality "TEMP", "invalid")
  lu.assertEquals(mem:quality "COPY", "invalid")
  host.device(plc, "TEMP", 30)
  host.advance(1)
  lu.assertEquals({ mem.COPY, mem:quality "COPY" }, { 30, "good" })
end

-- The copy is there in the very scan that sees its source.
function TestQuality.test_from()
  host.device(plc, "TEMP", 44)
  host.advance(1)
  lu.assertEquals({ plc.TEMP, mem.COPY }, { 44, 44 })
end

-- As old as at the source, however often it was copied.
function TestQuality.test_age_of_what_follows()
  host.device(plc, "TEMP", 44)
  host.advance(3)
  lu.assertAlmostEquals(mem:age "COPY", plc:age "TEMP", 1e-9)
  lu.assertTrue(mem:age "COPY" >= 2)
end

function TestQuality.test_raw_words()
  lu.assertEquals(plc:quality("input", 50), "never")
  lu.assertNil(plc:age("input", 50))
  lu.assertNil((plc:state("input", 51)))
  lu.assertErrorMsgContains("plc.input[52] is not declared as raw; plc:raw", function()
    return plc:quality("input", 52)
  end)
end

TestAssigning = {}

function TestAssigning.test_what_the_client_feeds_is_refused_with_the_users_line()
  for name, f in pairs {
    ["plc.TEMP is fed by 10.0.0.7:502 unit 1, the program only reads it"] = function() plc.TEMP = 1 end,
    ["plc.input[50] is fed by 10.0.0.7:502 unit 1, the program only reads it"] =
      function() plc.input[50] = 1 end,
    ["mem.COPY follows plc.TEMP, the program only reads it"] = function() mem.COPY = 1 end } do
    lu.assertErrorMsgContains("test_mirror.lua:" .. debug.getinfo(f, "S").linedefined .. ": " .. name, f)
  end
end

-- A pulse to a device is what the coil shows, not what a master sent.
function TestAssigning.test_a_pulse_to_a_device()
  plc.START = true
  host.advance(1)
  lu.assertEquals(host.pending(plc), { "START" })
  lu.assertTrue(plc.START)
  host.device(plc, "START", false)
  host.advance(1)
  lu.assertFalse(plc.START)
end

TestState = {}

function TestState.test_from_pending_to_confirmed()
  lu.assertEquals({ plc:state "SP" }, {})
  plc.SP = 40
  lu.assertEquals({ plc:state "SP" }, { "pending" }) -- at once
  host.advance(1)
  lu.assertEquals({ plc:state "SP" }, { "pending" })
  lu.assertEquals(host.pending(plc), { "SP" })
  host.deliver(plc, "SP", "confirmed")
  host.advance(1)
  lu.assertEquals({ plc:state "SP" }, { "confirmed" })
  plc.SP = 40 -- the same value is no write
  lu.assertEquals({ plc:state "SP" }, { "confirmed" })
  plc.SP = 41
  plc.SP = 40
  lu.assertEquals({ plc:state "SP" }, { "confirmed" })
  host.advance(1)
  lu.assertEquals({ plc:state "SP" }, { "confirmed" })
  lu.assertEquals(host.pending(plc), {})
end

function TestState.test_refused_and_expired_say_why()
  plc.SP = 9999
  host.advance(1)
  host.pending(plc)
  host.deliver(plc, "SP", "refused", 3)
  host.advance(1)
  lu.assertEquals({ plc:state "SP" }, { "refused", "illegal data value (exception 03)" })
  host.deliver(plc, "SP", "expired")
  host.advance(1)
  lu.assertEquals({ plc:state "SP" }, { "expired", "not delivered in 2 s" })
  host.deliver(plc, "VALVE", "expired")
  host.advance(1)
  lu.assertEquals({ plc:state "VALVE" }, { "expired", "not delivered in 5 s" })
end

function TestState.test_an_array_shows_the_most_urgent()
  host.deliver(plc, "LIMITS", "confirmed") -- the first element
  host.advance(1)
  lu.assertEquals({ plc:state "LIMITS" }, { "confirmed" })
  plc.LIMITS[2] = 1
  lu.assertEquals({ plc:state "LIMITS" }, { "pending" })
  host.advance(1)
  host.pending(plc)
  host.deliver(plc, "LIMITS", "refused", 0x2A)
  host.advance(1)
  lu.assertEquals({ plc:state "LIMITS" }, { "refused", "unknown exception (exception 2A)" })
end

function TestState.test_without_a_client()
  for _, name in ipairs { "LOCAL", "COPY" } do
    lu.assertErrorMsgContains("mem." .. name .. ": no client exchanges it; a state is what became of a value "
      .. "sent to a device", function() mem:state(name) end)
  end
  lu.assertErrorMsgContains("plc.SPP is not declared; did you mean SP?", function() plc:state "SPP" end)
end

TestLink = {}

function TestLink.test_its_status_is_that_of_the_scan()
  down()
  host.advance(1)
  lu.assertFalse(link.online)
  local errors = link.errors
  host.link(plc, { error = "no answer for 1.0 s" })
  up()
  lu.assertFalse(link.online) -- frozen
  host.advance(1)
  lu.assertTrue(link.online)
  lu.assertEquals(link.errors, errors + 1)
  lu.assertEquals(link.last_error, "no answer for 1.0 s")
  host.advance(2)
  lu.assertAlmostEquals(link.age, 3, 1e-6)
  host.link(plc, { conflicts = 3 })
  host.advance(1)
  lu.assertEquals(link.conflicts, 3)
  lu.assertNil(dead_link.last_error)
  lu.assertNil(dead_link.age)
end

-- A server's number follows those of all clients.
function TestLink.test_a_server()
  lu.assertFalse(served.online)
  host.link("tcp:127.0.0.1:0", { online = true, answered = true })
  host.advance(1)
  lu.assertTrue(served.online)
  lu.assertAlmostEquals(served.age, 1, 1e-6)
  lu.assertFalse(dead_link.online)
end

function TestLink.test_reconnected_is_seen_once_by_each_task()
  up()
  host.advance(1)
  lu.assertFalse(last(seen.always).reconnected)
  host.link(plc, { returned = true })
  host.advance(1)
  lu.assertTrue(last(seen.always).reconnected)
  lu.assertTrue(last(seen.needy).reconnected)
  host.advance(1)
  lu.assertFalse(last(seen.always).reconnected)
  lu.assertFalse(last(seen.needy).reconnected)
end

function TestLink.test_stop_and_start()
  lu.assertTrue(host.link(plc, {}))
  link:stop()
  lu.assertFalse(host.link(plc, {}))
  lu.assertTrue(host.link(dead, {}))
  link:start()
  lu.assertTrue(host.link(plc, {}))
  served:stop()
  lu.assertFalse(host.link("tcp:127.0.0.1:0", {}))
  served:start()
end

TestNeeds = {}

function TestNeeds.test_a_task_is_held_while_something_is_missing()
  up()
  host.advance(2)
  local needy, both, always = #seen.needy, #seen.both, #seen.always
  lu.assertEquals(both, 0) -- one of its memories was never there
  down()
  host.advance(3)
  lu.assertEquals(#seen.needy, needy)
  lu.assertEquals(#seen.always, always + 3)
  host.link(plc, { online = true })
  host.advance(1)
  lu.assertEquals(#seen.needy, needy) -- online, but not complete
  up()
  host.advance(1)
  lu.assertEquals(#seen.needy, needy + 1)
  lu.assertEquals(last(seen.needy).dt, 1) -- one period, not the five seconds
  host.advance(1)
  lu.assertEquals(last(seen.needy).dt, 1)
end

function TestNeeds.test_what_was_written_meanwhile_is_still_news()
  up()
  host.advance(1)
  down()
  host.advance(1)
  host.write(mem, "holding", 0, { 5 })
  host.advance(2)
  lu.assertFalse(last(seen.always).written)
  up()
  host.advance(1)
  lu.assertTrue(last(seen.needy).written)
  host.advance(1)
  lu.assertFalse(last(seen.needy).written)
end

function TestNeeds.test_all_of_them()
  up()
  host.link(dead, { online = true, complete = true })
  host.advance(1)
  lu.assertEquals(#seen.both, 1)
  host.link(dead, { online = false, complete = false })
  host.advance(1)
  lu.assertEquals(#seen.both, 1)
end
