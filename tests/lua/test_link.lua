-- Proves what a script may say of lines, clients and servers: what each option takes, what fits
-- together, what links are called; and for whatever is refused the text and the user's line.
-- luacheck: read_globals host

local lu = require "luaunit"

local function assert_accepted(text)
  lu.assertNil(host.check(text), text)
end

-- A row is what stands in a script's second line, and the text behind "script.lua:2: ".
local function assert_each_refused(first_line, rows)
  for _, row in ipairs(rows) do
    lu.assertEquals(host.check(first_line .. "\n" .. row[1]), "script.lua:2: " .. row[2], row[1])
  end
end

local BUS = 'mem.A = holding.word(0); local bus = serial { device = "/dev/ttyUSB0" }'

TestSerial = {}

function TestSerial.test_defaults_are_the_protocols_own()
  assert_accepted [[
    assert(tostring(serial { device = "/dev/ttyS0" }) == "serial line /dev/ttyS0, 19200 8E1")
    local bus = serial { device = "/dev/ttyS1", baud = 9600, parity = "none", stop = 2, rts = "up",
      rts_delay = "1ms", name = "north" }
    assert(tostring(bus) == "serial line north, 9600 8N2")
    assert(tostring(serial { device = "/dev/ttyS2", parity = "odd", rs485 = true }):match "8O1$")
  ]]
end

function TestSerial.test_refused()
  local rates = "110 300 600 1200 2400 4800 9600 19200 38400 57600 115200 230400 "
    .. "460800 500000 576000 921600 1000000 1152000 1500000 2000000 2500000 3000000 3500000 4000000"
  assert_each_refused("local dev = '/dev/ttyS0'", {
    { "serial '/dev/ttyS0'",
      'serial takes one table of options, serial { device = "/dev/ttyUSB0" }, not "/dev/ttyS0"' },
    { "serial {}", 'serial: device is missing; serial { device = "/dev/ttyUSB0" } names it' },
    { "serial { device = 'ttyS0' }",
      'serial: option device takes the path of a device, "/dev/ttyUSB0", not "ttyS0"' },
    { "serial { device = dev, baud = 9601 }",
      "serial: option baud takes one of the rates that serial devices know, " .. rates .. ", not 9601" },
    { "serial { device = dev, baud = '9600' }",
      "serial: option baud takes one of the rates that serial devices know, " .. rates .. ', not "9600"' },
    { "serial { device = dev, parity = 'E' }", 'serial: option parity takes "even", "odd" or "none", not "E"' },
    { "serial { device = dev, stop = 1.5 }", "serial: option stop takes 1 or 2, not 1.5" },
    { "serial { device = dev, rs485 = 1 }", "serial: option rs485 takes true or false, not 1" },
    { "serial { device = dev, rts = true }",
      'serial: option rts takes "up" or "down", which RTS is while sending, not true' },
    { "serial { device = dev, rts_delay = 1 }", 'serial: rts_delay is the time between switching RTS and '
      .. 'sending, and needs rts = "up" or "down"' },
    { "serial { device = dev, rts = 'up', rts_delay = 2 }",
      "serial: option rts_delay takes 0 s to 1 s, not 2" },
    { "serial { device = dev, rts = 'up', rs485 = true }", "serial: rs485 lets the driver switch the "
      .. "direction, rts lets msm do it; one of them is enough" },
    { "serial { device = dev, bauds = 9600 }", 'serial: unknown option "bauds"; did you mean baud?' },
    { "serial { device = dev }; serial { device = dev }", "serial: /dev/ttyS0 is already opened at "
      .. "script.lua:2; one line carries all its units, so give that one to every client or server on it" },
  })
end

TestClient = {}

function TestClient.test_all_options()
  assert_accepted [[
    local plc = memory "plc"
    plc.A = holding.word(0)
    mem.A = holding.word(0)
    local link = client.tcp { host = "10.0.0.7", port = 1502, mem = plc, unit = 0, period = "1ms",
      timeout = "1h", delay = 0, depth = 16, stale_after = 5, max_read = 1, max_write = 1, max_gap = 0 }
    assert(link.name == "10.0.0.7:1502 unit 0" and tostring(link) == 'client link "10.0.0.7:1502 unit 0"')
    local bus = serial { device = "/dev/ttyUSB0" }
    local other = client.rtu { line = bus, unit = 247, period = 1, timeout = 0.5, delay = "20ms",
      stale_after = "10s", max_read = 125, max_write = 123, max_gap = 125 }
    assert(other.name == "/dev/ttyUSB0 unit 247")
  ]]
  for _, host_text in ipairs { "plc7", "plc-7.example.org", "fd00::7", "::1", "fe80::1%eth0" } do
    assert_accepted(("mem.A = coil(0) client.tcp { host = %q }"):format(host_text))
  end
end

function TestClient.test_refused()
  assert_each_refused(BUS, {
    { "client.tcp '10.0.0.7'",
      'client.tcp takes one table of options, client.tcp { host = "10.0.0.7" }, not "10.0.0.7"' },
    { "client.tcp {}", 'client.tcp: host is missing; client.tcp { host = "10.0.0.7" } names the device' },
    { "client.tcp { host = '10.0.0.7:1502' }", "client.tcp: option host takes the name or address alone; "
      .. 'host = "10.0.0.7", port = 1502 says the same' },
    { "client.tcp { host = '[fd00::7]:1502' }", "client.tcp: option host takes the name or address alone; "
      .. 'host = "fd00::7", port = 1502 says the same' },
    { "client.tcp { host = '[fd00::7]' }", "client.tcp: option host takes the name or address alone; "
      .. 'host = "fd00::7" says the same' },
    { "client.tcp { host = 'my plc' }", 'client.tcp: option host takes a name or an address, "10.0.0.7", not '
      .. '"my plc"' },
    { "client.tcp { host = '' }", 'client.tcp: option host takes a name or an address, "10.0.0.7", not ""' },
    { "client.tcp { host = 'a', unit = 256 }", "client.tcp: option unit takes a unit id, 0..255, not 256" },
    { "client.tcp { host = 'a', port = 0 }", "client.tcp: option port takes a number, 1..65535, not 0" },
    { "client.tcp { host = 'a', period = 0 }", "client.tcp: option period takes 1 ms to 1 d, not 0" },
    { "client.tcp { host = 'a', timeout = '2h' }",
      'client.tcp: option timeout takes 1 ms to 1 h, not "2h"' },
    { "client.tcp { host = 'a', depth = 17 }",
      "client.tcp: option depth takes a number of requests in flight, 1..16, not 17" },
    { "client.tcp { host = 'a', max_read = 126 }",
      "client.tcp: option max_read takes a number of registers, 1..125, not 126" },
    { "client.tcp { host = 'a', max_write = 124 }",
      "client.tcp: option max_write takes a number of registers, 1..123, not 124" },
    { "client.tcp { host = 'a', max_gap = -1 }",
      "client.tcp: option max_gap takes a number of registers, 0..125, not -1" },
    { "client.tcp { host = 'a', stale_after = 0.1 }", "client.tcp: stale_after is shorter than period: every "
      .. "value would be stale before it is read again" },
    { "client.tcp { host = 'a', mem = 'plc' }", 'client.tcp: option mem takes a memory (mem, or what '
      .. 'memory("name") returned), not "plc"' },
    { "client.tcp { hots = 'a' }", 'client.tcp: unknown option "hots"; did you mean host?' },
    { "client.tcp { host = 'a', line = bus }", 'client.tcp: unknown option "line"; it takes: alarm delay depth '
      .. "host max_gap max_read max_write mem name period port stale_after timeout unit" },
    { "client.tcp { host = 'a' } client.tcp { host = 'b' }", "client.tcp: memory mem is already mirrored by "
      .. "a:502 unit 1, at script.lua:2; a memory has one client" },
    { "client.rtu { unit = 3 }", 'client.rtu: line is missing; local bus = serial { device = "/dev/ttyUSB0" } '
      .. "makes one, and client.rtu { line = bus, … } takes it" },
    { "client.rtu { line = '/dev/ttyUSB0', unit = 3 }",
      'client.rtu: option line takes what serial { device = … } returned, not "/dev/ttyUSB0"' },
    { "client.rtu { line = mem, unit = 3 }",
      "client.rtu: option line takes what serial { device = … } returned, not a userdata" },
    { "client.rtu { line = bus }",
      "client.rtu: unit is missing; it is the number, 1..247, that is set in the device" },
    { "client.rtu { line = bus, unit = 248 }",
      "client.rtu: option unit takes a unit id, 1..247, or 0 to broadcast what is written, not 248" },
    { "client.rtu { line = bus, unit = 1, depth = 2 }", 'client.rtu: unknown option "depth"; it takes: alarm '
      .. "delay line max_gap max_read max_write mem name period stale_after timeout unit" },
  })
end

function TestClient.test_nothing_addressed()
  lu.assertEquals(host.check "client.tcp { host = 'a' }", "script.lua:1: client.tcp: nothing is addressed in "
    .. "mem, so there is nothing to exchange; declare a variable with an address, or a raw range")
end

TestServer = {}

function TestServer.test_all_options()
  assert_accepted [[
    mem.A = holding.word(0)
    local bus = serial { device = "/dev/ttyUSB0" }
    local link = server.rtu { line = bus, unit = 17, mem = mem, read_only = true, stale = "serve" }
    assert(link.name == "rtu:/dev/ttyUSB0" and tostring(link) == 'server link "rtu:/dev/ttyUSB0"')
    assert(server.rtu { line = bus, units = { [18] = mem, [247] = mem }, name = "two" }.name == "two")
    assert(server.tcp { port = 1502, stale = "serve" }.name == "tcp:127.0.0.1:1502")
  ]]
end

function TestServer.test_refused()
  assert_each_refused(BUS, {
    { "server.tcp { stale = true }", 'server.tcp: option stale takes "serve": answer what is stale as it is, '
      .. "not true" },
    { "server.rtu { unit = 17 }", 'server.rtu: line is missing; local bus = serial { device = "/dev/ttyUSB0" } '
      .. "makes one, and server.rtu { line = bus, … } takes it" },
    { "server.rtu { line = bus }", "server.rtu: unit is missing: the number, 1..247, that this server answers; "
      .. "or units for several, { [1] = m1, [2] = m2 }" },
    { "server.rtu { line = bus, unit = 0 }", "server.rtu: option unit takes a unit id, 1..247, not 0" },
    { "server.rtu { line = bus, units = { [248] = mem } }",
      "server.rtu: option units: 248 is no unit id; those are numbers, 1..247" },
    { "server.rtu { line = bus, units = {} }",
      "server.rtu: option units is empty; { [1] = m1, [2] = m2 } says which memory answers which unit id" },
    { "server.rtu { line = bus, unit = 1, units = { [2] = mem } }", "server.rtu: units says which memory "
      .. "answers which unit; mem and unit are for servers of one memory" },
    { "server.rtu { line = bus, unit = 1, port = 1 }",
      'server.rtu: unknown option "port"; it takes: line mem name read_only stale unit units' },
    { "server.rtu()", "server.rtu takes one table of options, server.rtu { line = bus, unit = 17 }, not nil" },
    { "server.rtu { line = bus, unit = 1 } client.rtu { line = bus, unit = 2 }", "client.rtu: /dev/ttyUSB0 is "
      .. "used by the server at script.lua:2; a line has either clients or servers" },
  })
end

TestNames = {}

function TestNames.test_usual_ones_are_made_unique()
  assert_accepted [[
    local plc, other = memory "plc", memory "other"
    mem.A, plc.A, other.A = coil(0), coil(0), coil(0)
    assert(client.tcp { host = "a" }.name == "a:502 unit 1")
    assert(client.tcp { host = "a", mem = plc }.name == "a:502 unit 1 (plc)")
    assert(client.tcp { host = "fd00::7", mem = other }.name == "[fd00::7]:502 unit 1")
    assert(server.tcp { port = 0 }.name == "tcp:127.0.0.1:0")
    assert(server.tcp { port = 0 }.name == "tcp:127.0.0.1:0 (mem)")
    assert(server.tcp { port = 0 }.name == "tcp:127.0.0.1:0 (mem 2)")
  ]]
end

function TestNames.test_stated_ones_must_be_free()
  assert_each_refused("mem.A = coil(0); server.tcp { port = 1502, name = 'a:502 unit 1' }", {
    { "server.tcp { port = 1503, name = 'a:502 unit 1' }", 'server.tcp: a link named "a:502 unit 1" is already '
      .. "declared at script.lua:1; every link has a name of its own" },
    { "server.tcp { port = 1503, name = '' }", 'server.tcp: option name takes UTF-8 text, not ""' },
  })
  assert_accepted [[
    mem.A = coil(0); server.tcp { port = 1502, name = "a:502 unit 1" }
    assert(client.tcp { host = "a" }.name == "a:502 unit 1 (mem)")
  ]]
end

TestBody = {}

-- Nothing has happened yet, and nothing can be asked.
function TestBody.test_a_link_in_the_body()
  assert_accepted [[
    mem.A = coil(0)
    local link = client.tcp { host = "a" }
    assert(link.online == false and link.errors == 0 and link.conflicts == 0 and link.age == nil)
    assert(link.last_error == nil and link.reconnected == false)
    assert(mem:state "A" == nil)
  ]]
  assert_each_refused("mem.A = coil(0); local link, s = client.tcp { host = 'a' }, server.tcp { port = 0 }", {
    { "link:stop()", "link:stop: links run when the body has ended; on_start or a task can do this" },
    { "link:start()", "link:start: links run when the body has ended; on_start or a task can do this" },
    { "link:request { fc = 3, address = 0, count = 1 }", "link:request: requests are made in tasks or on_start; "
      .. "no link runs before the body has ended" },
    { "s:request { fc = 3, address = 0, count = 1 }",
      "link:request: tcp:127.0.0.1:0 is a server, which answers requests and sends none" },
    { "link.stop()", "link:stop takes a link (what client.tcp, server.tcp and their like returned), not nothing; "
      .. "a colon calls it, as in link:stop()" },
    { "print(link.onlin)", "link.onlin is not known; did you mean online?" },
    { "print(link.xyzzy)", "link.xyzzy is not known; a link has: age conflicts errors last_error name online "
      .. "reconnected, and :request :start :stop" },
    { "link.online = true",
      "link.online is read only; link:stop() and link:start() are what a script can do" },
  })
end

function TestBody.test_links_belong_there()
  for call, name in pairs { ["client.tcp { host = 'a' }"] = "client.tcp", ["serial { device = '/x' }"] = "serial",
    ["client.rtu {}"] = "client.rtu", ["server.rtu {}"] = "server.rtu" } do
    lu.assertStrContains(host.run("mem.A = coil(0)\nevery(1, function() " .. call .. " end)"),
      "script.lua:2: " .. name .. " belongs in the script's body")
  end
end

TestFed = {}

-- Who feeds a variable may be said before the assignment or after it; the line is the assignment's.
function TestFed.test_an_assignment_to_what_a_client_feeds()
  local link = "client.tcp { host = '10.0.0.7', mem = plc }"
  local declared = [[local plc = memory("plc", { input = { 5, 2 } })
    plc.TEMP = input.float32(10) plc.RUN = discrete(0, { count = 2 }) plc.SP = holding.word(0)
    mem.COPY = var.float32 { from = "plc.TEMP" } plc.PV = holding.word(1, { dir = "in" }) ]]
  local fed = " is fed by 10.0.0.7:502 unit 1, the program only reads it"
  for _, row in ipairs {
    { "plc.TEMP = 1", "plc.TEMP" }, { "plc.RUN[2] = true", "plc.RUN" }, { "plc.input[5] = 1", "plc.input[5]" },
    { "plc.RUN = { true, false }", "plc.RUN" } } do
    lu.assertEquals(host.check(declared .. link .. "\n" .. row[1]), "script.lua:4: " .. row[2] .. fed)
    lu.assertEquals(host.check(declared .. "\n" .. row[1] .. "\n" .. link), "script.lua:4: " .. row[2]
      .. " is fed by 10.0.0.7:502 unit 1, declared at script.lua:5; the program only reads it, from the beginning")
    lu.assertStrContains(host.run(declared .. link .. "\nevery(1, function() " .. row[1] .. " end)"),
      "script.lua:4: " .. row[2] .. fed)
    assert_accepted(declared:gsub("mem.COPY.-}", ""):gsub("plc.PV.*", "") .. row[1]) -- nobody feeds it
  end
  lu.assertEquals(host.check(declared .. link .. "\nplc.PV = 1"),
    "script.lua:4: plc.PV" .. fed .. '; dir = "inout" lets both write')
  lu.assertEquals(host.check(declared .. link .. "\nmem.COPY = 1"),
    "script.lua:4: mem.COPY follows plc.TEMP, the program only reads it")
  lu.assertStrContains(host.run(declared .. link .. "\nevery(1, function() mem.COPY = 1 end)"),
    "script.lua:4: mem.COPY follows plc.TEMP, the program only reads it")
  assert_accepted(declared .. "plc.SP = 7 " .. link .. " plc.SP = 8")
end

TestOptions = {}

function TestOptions.test_how_a_variable_is_exchanged()
  assert_accepted [[
    local plc = memory "plc"
    plc.SP = holding.float32(0, { period = "10s", write = "always", tolerance = 0.1,
      min_write_interval = "1m", expire = "10s", on_loss = 5 })
    plc.TEMP = input.int16(0, { invalid = -32768, on_loss = 0, period = 1 })
    plc.OUT = holding.word(9, { dir = "out", poll = false, write = "change" })
    plc.SEEN = holding.word(10, { poll = true })
    mem.COPY = var.int16 { from = "plc.TEMP" }
    client.tcp { host = "a", mem = plc }
  ]]
end

function TestOptions.test_refused()
  assert_each_refused("local plc = memory 'plc'", {
    { "coil(0, { period = 0 })", "option period is at least 1 ms, not 0" },
    { "coil(0, { min_write_interval = 0.0001 })", "option min_write_interval is at least 1 ms, not 0.0001" },
    { "coil(0, { poll = 1 })", "coil: option poll takes true or false, not 1" },
    { "coil(0, { write = 'never' })", 'coil: option write takes "change" or "always", not "never"' },
    { "holding.word(0, { tolerance = -1 })", "holding.word: option tolerance takes a number, 0 or more, not -1" },
    { "holding.float32(0, { tolerance = 1/0 })",
      "holding.float32: option tolerance takes a number, 0 or more, not inf" },
    { "coil(0, { from = 1 })",
      'coil: option from takes the name of another variable, "meter3.POWER", not 1' },
    { "mem.A = coil(0, { period = 1 })", "mem.A: option period is for memories that a client mirrors; mem has no "
      .. "client" },
    { "mem.A = coil(0, { from = 'plc.B' })", "mem.A: option from: there is no variable plc.B" },
  })
end

function TestOptions.test_needs()
  local declared = "local plc = memory 'plc'; plc.A = coil(0); local link = client.tcp { host = 'a', mem = plc }"
  assert_accepted(declared .. "every(1, print, { needs = { plc } })")
  assert_each_refused(declared, {
    { "every(1, print, { needs = plc })",
      "every: option needs takes a list of memories that clients mirror, { plc }, not a userdata" },
    { "every(1, print, { needs = {} })",
      "every: option needs takes a list of memories that clients mirror, { plc }, not a table" },
    { "every(1, print, { needs = { link } })",
      'every: option needs takes a memory (mem, or what memory("name") returned), not a userdata' },
    { "every(1, print, { need = { plc } })", 'every: unknown option "need"; did you mean needs?' },
    { "every(1, print, { needs = { mem } })", "every: needs mem, which has no client and therefore is always good; "
      .. "needs is for memories that a client mirrors" },
  })
end

function TestOptions.test_stop_timeout()
  assert_accepted "program { stop_timeout = 0 } program { stop_timeout = '1m' }"
  assert_each_refused("", {
    { "program { stop_timeout = '2m' }", 'program: option stop_timeout takes a duration, up to 1 min, not "2m"' },
  })
end
