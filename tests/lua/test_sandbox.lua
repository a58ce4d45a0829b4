-- Proves what a script has and has not, that globals end with the body, that modules stay within the
-- script's folder, and that whatever goes wrong (memory, recursion, odd error objects) comes back as
-- one text with the script's line, while the process lives.
-- luacheck: read_globals host

local lu = require "luaunit"

-- The script is refused with a text that begins so.
local function assert_refused(text, begin)
  local message = host.check(text)
  lu.assertNotNil(message, text)
  lu.assertEquals(message:sub(1, #begin), begin, text)
end

local function assert_accepted(text)
  lu.assertNil(host.check(text), text)
end

TestWhatItHas = {}

function TestWhatItHas.test_the_libraries()
  assert_accepted [[
    local has = { print = true, pcall = true, xpcall = true, error = true, assert = true, type = true,
      tostring = true, tonumber = true, pairs = true, ipairs = true, next = true, select = true,
      rawget = true, rawset = true, rawequal = true, rawlen = true, setmetatable = true,
      getmetatable = true, load = true, require = true }
    for name in pairs(has) do assert(type(_G[name]) == "function", name) end
    for _, name in ipairs { "string", "table", "math", "utf8", "coroutine", "os" } do
      assert(type(_G[name]) == "table", name)
    end
    assert(("x"):rep(3) == "xxx" and table.concat { 1, 2 } == "12" and math.floor(1.5) == 1)
    assert(utf8.char(228) == "\u{E4}" and coroutine.wrap(function() return 7 end)() == 7)
  ]]
end

function TestWhatItHas.test_nothing_that_reaches_the_machine()
  for _, name in ipairs { "io", "debug", "package", "dofile", "loadfile", "collectgarbage", "warn" } do
    assert_refused("local x = " .. name, ("script.lua:1: %s is not there: "):format(name))
  end
  for _, name in ipairs { "execute", "exit", "getenv", "remove", "rename", "tmpname", "setlocale" } do
    assert_refused("local x = os." .. name, ("script.lua:1: os.%s is not there: "):format(name))
  end
  assert_accepted "assert(string.dump == nil)"
end

function TestWhatItHas.test_load_takes_text_only()
  assert_accepted 'assert(load("return 1 + 1")() == 2)'
  assert_accepted 'assert(load("return x", "name", "t", { x = 5 })() == 5)'
  assert_accepted [[
    local f, message = load("\27Lua", "name", "b")
    assert(f == nil and message:find "binary chunk", message)
  ]]
end

function TestWhatItHas.test_no_finalizers()
  assert_refused("\nsetmetatable({}, { __gc = print })",
    "script.lua:2: setmetatable: __gc is not available to scripts; use __close or on_stop")
  assert_accepted "assert(getmetatable(setmetatable({}, { __index = { a = 1 } })).__index.a == 1)"
end

function TestWhatItHas.test_time_is_frozen()
  local fault, log = host.run([[
    math.randomseed()
    print(os.time(), os.clock(), os.date("%Y-%m-%d %H:%M:%S"), math.random(1000))
    every(60, function() print(os.time(), os.clock(), os.date("!%H:%M:%S")) end)
  ]], 2)
  lu.assertNil(fault)
  lu.assertStrMatches(log, [[
1767323045	0.0	2026%-01%-02 03:04:05	%d+
1767323045	0.0	03:04:05
1767323105	60.0	03:05:05
]])
  local _, again = host.run("math.randomseed() print(math.random(1000000))", 0)
  local _, once_more = host.run("math.randomseed() print(math.random(1000000))", 0)
  local _, by_itself = host.run("print(math.random(1000000))", 0)
  lu.assertEquals(again, once_more)
  lu.assertEquals(by_itself, again)
  assert_accepted "assert(os.time { year = 2026, month = 1, day = 2, hour = 0 } == 1767312000)"
  assert_refused('\nos.date("%Ez")', "script.lua:2: bad argument #1 to 'os.date'")
end

TestGlobals = {}

function TestGlobals.test_belong_to_the_body()
  lu.assertNil(host.run("count = 1 function add() return count + 1 end every(1, function() add() end)"))
  local fault = host.run("\nevery(1, function()\n  total = 1\nend)")
  lu.assertStrContains(fault, 'script.lua:3: global "total" cannot be assigned any more: globals belong')
  lu.assertStrContains(host.run("every(1, function() _G.total = 1 end)"), "cannot be assigned")
  lu.assertStrContains(host.run("every(1, function() rawset(_G, 'total', 1) end)"), "rawset: globals")
  lu.assertStrContains(host.run("every(1, function() load('total = 1')() end)"), "cannot be assigned")
end

function TestGlobals.test_names_of_msm_stay()
  assert_refused("mem.A = coil(0)\nfunction on_stop() mem.A = false end",
    "script.lua:2: on_stop is called with a function, on_stop(function() … end); one that is called on_stop is never")
  assert_refused("every = nil", "script.lua:1: every is a name of msm's and cannot be assigned")
  assert_refused("_G.mem = {}", "script.lua:1: mem is a name of msm's")
  lu.assertNil(host.run("local input, log = 1, 2 function start() return input + log end every(1, start)"))
end

function TestGlobals.test_unset_ones_are_errors_with_the_nearest_name()
  assert_refused("pressure = 1\nprint(presure)",
    'script.lua:2: global "presure" is not set; did you mean pressure?')
  assert_refused("mem.PUMP = coil(0)\nprint(PUMP)",
    'script.lua:2: global "PUMP" is not set; did you mean mem.PUMP?')
  assert_refused("wait(3)", "script.lua:1: wait is not there: a scan does not wait")
  assert_refused("server { port = 1502 }", "script.lua:1: server needs its kind: server.tcp { … } or server.rtu { … }")
  assert_refused("client.tpc {}", "script.lua:1: client.tpc is not there; there are client.tcp { … } and")
  assert_refused("print(_G.xyzzy)", 'script.lua:1: global "xyzzy" is not set')
  assert_accepted "assert(rawget(_G, 'nothing') == nil)"
end

function TestGlobals.test_are_listed_and_cannot_be_got_behind()
  assert_accepted [[
    mine = 1
    local found = {}
    for name in pairs(_G) do found[name] = true end
    assert(found.mine and found.print and found.mem and not found.io)
    assert(getmetatable(_G) == "globals" and not pcall(setmetatable, _G, {}))
    assert(getmetatable(mem) == "memory" and getmetatable(coil(0)) == "declaration")
  ]]
end

TestModules = {}

function TestModules.test_own_and_the_librarys()
  host.file("drivers/pump.lua", "pump_loaded = (rawget(_G, 'x') or 0) + 1 return { name = ... }")
  host.file("quiet.lua", "mem.FROM_MODULE = coil(7)")
  assert_accepted [[
    local pump = require "drivers.pump"
    assert(pump.name == "drivers.pump" and require "drivers.pump" == pump)
    assert(require "quiet" == true and mem.FROM_MODULE == false)
    assert(require "msm.timer".TON and require "msm.core".duration "2s" == 2)
  ]]
end

function TestModules.test_each_is_loaded_once_and_in_the_body()
  host.file("once.lua", "print 'loading'")
  local fault, log = host.run([[
    require "once" require "once"
    every(1, function() require "once" end)
  ]])
  lu.assertNil(fault)
  lu.assertEquals(log, "loading\n")
  lu.assertStrContains(host.run("\nevery(1, function()\n require 'once'\nend)"),
    "script.lua:3: require of a module that is not loaded yet belongs in the script's body")
end

function TestModules.test_one_that_requires_itself()
  host.file("a.lua", "\nrequire 'b'")
  host.file("b.lua", "\n\nrequire 'a'")
  assert_refused("require 'a'", 'b.lua:3: require: "a" requires itself, directly or through others')
end

function TestModules.test_one_that_fails()
  host.file("bad.lua", "\nlocal x = nil + 1")
  host.file("wrong.lua", "x = = 1")
  host.file("binary.lua", "\27Lua")
  assert_refused("require 'bad'", "bad.lua:2: attempt to perform arithmetic on a nil value")
  assert_refused("\nrequire 'wrong'", "script.lua:2: wrong.lua:1: unexpected symbol near '='")
  lu.assertStrContains(host.check("require 'binary'"), "binary chunk")
  assert_refused("require 'nowhere'",
    "script.lua:1: require: no module nowhere.lua: the library has none, and nowhere.lua: No such file")
  lu.assertStrContains(host.check "require 'timer'", "; did you mean msm.timer?")
  lu.assertStrContains(host.check "require 'msm.timers'", "; did you mean msm.timer?")
  assert_refused("require 'msm.nothing'", "script.lua:1: require: no module msm/nothing.lua")
end

function TestModules.test_names_that_are_none()
  for _, name in ipairs { "..", "../a", "/etc/passwd", "a/../../b", "a\\b", "", ".a", "a..b" } do
    lu.assertStrContains(host.check(("require(%q)"):format(name)), "is not a module name")
  end
  assert_refused('require "a\\0b"', 'script.lua:1: require takes a module\'s name, require "drivers.pump"')
  assert_refused("require(5)", "script.lua:1: require takes a module's name")
  assert_refused("require()", "script.lua:1: require takes a module's name")
  assert_refused("require 'luaunit'", "script.lua:1: require: no module luaunit.lua") -- for tests only
end

TestMemoryCap = {}

local OUT = "out of memory: the script may use 64 MiB; program { memory = … } in its body changes that"

function TestMemoryCap.test_ends_with_a_line()
  assert_refused("\nlocal t = {}\nfor i = 1, 1e9 do t[i] = i end", "script.lua:3: " .. OUT)
  assert_refused("\nlocal s = 'x'\nwhile true do\n  s = s .. s\nend", "script.lua:4: " .. OUT)
  assert_refused("\nlocal s = string.rep('x', 1 << 30)", "script.lua:2: " .. OUT)
  assert_refused("return string.rep('x', 1e9, ',')", "script.lua:1: " .. OUT)
  assert_refused("program { memory = 2 }\nlocal s = string.rep('x', 3 << 20)",
    "script.lua:2: out of memory: the script may use 2 MiB")
end

function TestMemoryCap.test_in_a_task()
  local fault, _, scans = host.run("\nlocal t = {}\nevery(1, function()\n while true do t[#t + 1] = t end\nend)", 5)
  lu.assertStrContains(fault, "script.lua:4: " .. OUT)
  lu.assertEquals(scans, 1)
end

-- There the line is that which called the coroutine.
function TestMemoryCap.test_in_a_coroutine()
  assert_refused([[
    local function eat() local t = {} for i = 1, 1e9 do t[i] = i end end
    coroutine.wrap(eat)()
  ]], "script.lua:2: " .. OUT)
end

function TestMemoryCap.test_can_be_caught()
  assert_accepted [[
    local ok, message = pcall(string.rep, "x", 1 << 30)
    assert(not ok and message == "not enough memory", message)
    local good, why = coroutine.resume(coroutine.create(function() return ("x"):rep(1 << 30) end))
    assert(not good and why == "not enough memory", why)
    assert(#("x"):rep(1 << 20) == 1 << 20)
  ]]
  assert_refused("\nlocal ok, message = pcall(string.rep, 'x', 1 << 30)\nerror(message, 0)",
    "script.lua:2: " .. OUT)
end

function TestMemoryCap.test_garbage_is_not_counted_for_long()
  lu.assertNil(host.run([[
    local kilo = ("x"):rep(1024)
    every(1, function() for i = 1, 200 do local s = kilo:rep(1024) .. i end end)
  ]], 2))
end

-- What outlives a few scans and is dropped then; without a look at the old it is kept up to the cap.
function TestMemoryCap.test_old_garbage_is_not_counted_for_long()
  local fault, _, scans, most = host.run([[
    local window, n = {}, 0
    every(1, function()
      for i = 1, 20 do n = n + 1; window[n % 1000] = { n, name = "sample " .. n } end
    end)
  ]], 2000)
  lu.assertNil(fault)
  lu.assertEquals(scans, 2000)
  lu.assertTrue(most < 2 << 20, most)
end

function TestMemoryCap.test_declarations_are_counted()
  local text = "program { memory = 1 }\nlocal kilo = ('x'):rep(1024)\n"
    .. "for _ = 1, 5000 do pcall(function() %s end) end\nmem.A = coil(0)"
  local message = "script.lua:4: the declarations take more than 4 MiB, 4 times what the script may use; "
    .. "program { memory = … } in its body changes both"
  for _, call in ipairs {
    "local c = coil(0, { desc = kilo })", "memory(kilo)", "server.tcp { name = kilo, port = 0 }",
    "mem.A = coil(0, { labels = { kilo } })", "mem.A = var.string { length = 5, default = kilo }",
  } do
    assert_refused(text:format(call), message)
  end
  assert_refused("local s = ('x'):rep(20 << 20)\nlocal t = {}\nfor i = 1, 100 do t[i] = s end\n"
    .. "mem.A = holding.word(0, { labels = t })", "script.lua:4: the declarations take more than 256 MiB")
end

-- Whichever allocation fails: the variable is there whole, or not at all.
function TestMemoryCap.test_running_out_leaves_nothing_half_declared()
  assert_accepted [==[
    program { memory = 1 }
    local MOST <const> = 400
    local names, options, hoard, n, failed, count = {}, { count = 2 }, {}, 0, {}, 0
    for i = 1, MOST do names[i], failed[i] = "V" .. i, false end
    local function declare(i) mem[names[i]] = i % 3 == 0 and coil(i) or holding.word(2 * i, options) end
    local function read(i) return mem[names[i]] end
    for i = 1, 10000 do hoard[i] = false end
    for _, size in ipairs { 10000, 1000, 100 } do
      while true do
        local ok, text = pcall(string.rep, "x", size)
        if not ok then break end
        n = n + 1
        hoard[n] = text
      end
    end
    for i = 1, MOST do
      if not pcall(declare, i) then
        failed[i], count = true, count + 1
        assert(not pcall(read, i))
        hoard[n], n = false, n - 1
      end
    end
    hoard = nil
    assert(count > 10 and count < MOST, count)
    for i = 1, MOST do
      if failed[i] then declare(i) end
      assert(read(i) == false or #read(i) == 2)
    end
  ]==]
end

TestRecursion = {}

function TestRecursion.test_ends_with_a_line()
  for _, text in ipairs {
    "program { memory = 200 } local function f() return f() + 1 end f()",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.a",
    "local s = ('a'):rep(9) local function f() return s:gsub('.', f) end f()",
    "local function f() error(select(2, coroutine.resume(coroutine.create(f))), 0) end f()",
    "local function f() local ok, e = pcall(f) return e end error(f(), 0)",
  } do
    assert_refused(text, "script.lua:1: ")
    lu.assertStrContains(host.check(text), "stack overflow", text)
  end
end

TestErrors = {}

local ODD = {
  { "error()", "an error was raised with nil instead of a text" },
  { "error(nil)", "an error was raised with nil instead of a text" },
  { "error({})", "an error was raised with a table instead of a text" },
  { "error(42)", "an error was raised with 42 instead of a text" },
  { "error(false)", "an error was raised with false instead of a text" },
  { "error(print)", "an error was raised with a function instead of a text" },
  { "error('bare', 0)", "bare" },
  { "error(setmetatable({}, { __tostring = function() return 'of its own' end }))", "of its own" },
  { "error(setmetatable({}, { __tostring = function() return {} end }))", "an error was raised with a table" },
  { "error(setmetatable({}, { __tostring = function() error() end }))", "an error was raised with a table" },
  { "error(setmetatable({}, { __tostring = function(t) return tostring(t) end }))",
    "an error was raised with a table" },
  { "error(setmetatable({}, { __tostring = function() return ('x'):rep(1 << 30) end }))",
    "an error was raised with a table" },
  { "coroutine.yield()", "attempt to yield from outside a coroutine" },
  { "local x <close> = setmetatable({}, { __close = function() error({}) end })",
    "an error was raised with a table" },
}

function TestErrors.test_odd_objects_in_the_body()
  for _, row in ipairs(ODD) do
    assert_refused("\n" .. row[1], "script.lua:2: " .. row[2])
  end
end

function TestErrors.test_odd_objects_in_a_task()
  for _, row in ipairs(ODD) do
    local fault = host.run(("\nevery(1, function()\n  %s\nend)"):format(row[1]))
    lu.assertNotNil(fault, row[1])
    lu.assertStrContains(fault, "script.lua:3: " .. row[2])
    lu.assertStrContains(fault, "stack traceback:")
  end
end

function TestErrors.test_say_where_without_repeating_it()
  lu.assertEquals(host.check("\nerror 'broken'"), "script.lua:2: broken")
  lu.assertEquals(host.check("x = = 1"), "script.lua:1: unexpected symbol near '='")
  lu.assertStrContains(host.check("local function f()\n  error 'broken'\nend\nf()"),
    "script.lua:2: broken\nstack traceback:\n")
  lu.assertStrContains(host.check("dofile_of_mine()"), "script.lua:1: global")
end

-- A text of the script's own that begins like Lua's is its own; so is one that has a time in it.
function TestErrors.test_texts_that_look_like_luas()
  assert_refused("\nerror('not enough memory in tank 3', 0)", "script.lua:2: not enough memory in tank 3")
  assert_refused("\nerror('pump failed at 12:30:05', 0)", "script.lua:2: pump failed at 12:30:05")
  assert_refused("\nerror('other.lua:7: broken', 0)", "script.lua:2: other.lua:7: broken")
  assert_refused("\nlocal ok, e = pcall(error, 'script.lua:1: first', 0)\nerror(e, 0)", "script.lua:1: first")
end

function TestErrors.test_long_texts_are_cut_between_characters()
  for before = 1, 3 do
    local text = host.check(("mem:raw { ['%s'] = 1 }"):format(("x"):rep(before) .. ("…"):rep(2000)))
    lu.assertStrContains(text, "script.lua:1: mem:raw: unknown option")
    lu.assertNotNil(utf8.len(text), text)
  end
end

-- Values in messages are shown without calling anything of the script's.
function TestErrors.test_hostile_values_in_messages()
  local hostile = "setmetatable({}, { __tostring = function() error('called') end, __name = 'x' })"
  assert_refused(("mem:raw { holding = 8 } mem.holding[%s] = 1"):format(hostile),
    "script.lua:1: mem.holding[a table] is not declared as raw")
  assert_refused(("mem.A = holding.word(0, { min = %s })"):format(hostile),
    "script.lua:1: holding.word: option min takes a value, not a table")
  assert_refused(("mem.A = holding.word(%s)"):format(hostile),
    "script.lua:1: holding.word takes an address first, 0..65535 or text like \"40001\", not a table")
  assert_refused(("return scan[%s]"):format(hostile), "script.lua:1: scan.a table is not known")
  assert_refused("mem.A = holding.word(0, { limit = '\\xFF\\0\\n' })",
    'script.lua:1: holding.word: option limit takes "clamp" or "wrap", not "\\xFF\\0\\n"')
end

-- Functions that Lua calls can be called by a script, too, with anything.
function TestErrors.test_metamethods_called_by_hand()
  assert_accepted [[
    mem.A = holding.word(0, { count = 2 })
    local next, array = pairs(mem.A)
    assert(next(array, -5) == nil and next(array, math.maxinteger) == nil and next(array, 2) == nil)
    assert(not pcall(next) and not pcall(next, 5, 1) and not pcall(next, mem, 1))
    assert(not pcall(getmetatable(log).__call))
    assert(not pcall(getmetatable(program).__call))
    assert(not pcall(getmetatable(holding).__index))
  ]]
end

TestInstead = {}

function TestInstead.test_what_is_missing_says_what_to_use()
  for line, text in pairs {
    ['os.execute "ls"'] = "1: os.execute is not there: a script starts no programs",
    ["os.exit()"] = "1: os.exit is not there: program.stop() ends the program",
    ['os.getenv "HOME"'] = "1: os.getenv is not there",
    ["os.clok()"] = "1: os.clok is not there: os has clock, date, difftime and time",
    ['io.open "x"'] = '1: io is not there: a script reads and writes no files by itself; require "msm.csv"',
    ['require "socket"'] = "links go over client.tcp and server.tcp",
  } do
    lu.assertStrContains(host.check(line) or "", text)
  end
end
