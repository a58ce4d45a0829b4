-- Proves that code which does not end is ended: every kind of loop that a script can make, in Lua and in
-- what Lua's library does in C, wherever it hides (pcall, handlers, coroutines, __close, metamethods,
-- the text of an error), with the line where it was; and that what ends by itself is left alone.
-- luacheck: read_globals host

local lu = require "luaunit"

local LATE = "watchdog: the program ran longer than 20 ms (program { watchdog = … } changes that)"
local HEAD = "program { watchdog = '20ms' } "

local function run_task(code)
  if not host.interrupts then lu.skip "signals do not reach Lua's loops under this sanitizer" end
  return host.run_watched(("%severy(0.01, function()\n%s\nend)"):format(HEAD, code))
end

-- Ends with that text and the line, 2 where the text of the code is one line.
local function assert_ended(code, line)
  local fault = run_task(code)
  lu.assertNotNil(fault, code)
  local begin = ("script.lua:%d: "):format(line or 2) .. LATE
  lu.assertEquals(fault:sub(1, #begin), begin, code)
end

-- Ends, but may do so with an error of its own.
local function assert_fault(code)
  lu.assertNotNil(run_task(code), code)
end

TestLoops = {}

function TestLoops.test_plain()
  assert_ended "while true do end"
  assert_ended "repeat until false"
  assert_ended "::again:: goto again"
  assert_ended "for i = 1, math.maxinteger do end"
  assert_ended "for x = 1.0, 1e300 do end"
  assert_ended "local function f() return f() end f()"
  assert_ended "for _ in function() return 1 end do end"
  assert_ended "local t = { 1 } for k in next, t do t[k] = 1 for _ in function() return 1 end do end end"
end

function TestLoops.test_of_several_lines()
  assert_ended("local n = 0\nwhile n >= 0 do\n  if n == 1000 then\n    repeat until false\n  end\n  n = n + 1\nend", 5)
end

function TestLoops.test_recursion()
  assert_ended "local function f() f() end while true do pcall(f) end"
  assert_ended "local function f(n) if n > 0 then f(n - 1) f(n - 1) end end f(1000)"
  assert_ended "local function f(...) return f(...) end f(1, 2, 3)"
  assert_fault "local function f(...) return f(1, ...) end f()"
end

function TestLoops.test_protected()
  assert_ended "while true do pcall(error, 'x') end"
  assert_ended "pcall(function() while true do end end)"
  assert_ended "while true do pcall(function() while true do end end) end"
  assert_ended "pcall(pcall, pcall, pcall, function() while true do end end) while true do end"
  assert_ended "local function f() pcall(f) while true do end end f()"
  assert_ended "local ok = pcall(function() while true do end end) mem.nothing = ok"
end

function TestLoops.test_handlers()
  assert_ended "xpcall(error, function() while true do end end)"
  assert_ended "xpcall(function() while true do end end, function() while true do end end)"
  assert_ended "while true do xpcall(error, function(m) error(m) end) end"
  assert_ended("xpcall(function() local x = nil + 1 end, function() xpcall(error, function() repeat until "
    .. "false end) end)")
  assert_ended "while true do xpcall(function() while true do end end, function() return 1 end) end"
end

-- Nothing of the script's runs any more, not for a moment: no handler, nothing behind a pcall or a resume.
function TestLoops.test_nothing_goes_on()
  for _, code in ipairs {
    "xpcall(function() while true do end end, function(m) print('seen', m) end)",
    "pcall(function() while true do end end)",
    "pcall(coroutine.wrap(function() while true do end end))",
    "coroutine.resume(coroutine.create(function() while true do end end))",
    "pcall(coroutine.wrap(function() pcall(function() while true do end end) print 'inside' end))",
    "xpcall(coroutine.wrap(function() while true do end end), function(m) print('seen', m) end)",
    "coroutine.wrap(function() pcall(coroutine.wrap(function() while true do end end)) print 'inside' end)()",
  } do
    local fault, log = run_task(code .. " print 'went on'")
    lu.assertStrContains(fault, "script.lua:2: " .. LATE)
    lu.assertEquals(log, "", code)
  end
end

function TestLoops.test_coroutines()
  assert_ended "coroutine.wrap(function() while true do end end)()"
  assert_ended "while true do coroutine.resume(coroutine.create(function() while true do end end)) end"
  assert_ended "local f = coroutine.wrap(function() while true do coroutine.yield() end end) while true do f() end"
  assert_ended "for _ in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end"
  assert_ended("coroutine.wrap(function()\n  coroutine.wrap(function()\n    coroutine.wrap(function()\n"
    .. "      while true do end\n    end)()\n  end)()\nend)()", 5)
  assert_ended "while true do coroutine.wrap(function() pcall(coroutine.yield) end)() end"
  assert_ended("local f = coroutine.wrap(function() pcall(function() coroutine.yield() while true do end end) "
    .. "end) f() f()")
  assert_ended "while true do pcall(coroutine.wrap(function() error 'x' end)) end"
  assert_ended "while true do coroutine.close(coroutine.create(print)) end"
  assert_ended "local function f() coroutine.wrap(f)() end while true do pcall(f) end"
end

local CLOSING = "setmetatable({}, { __close = function() while true do end end })"

function TestLoops.test_to_be_closed()
  assert_ended("local x <close> = " .. CLOSING)
  assert_ended(("do local x <close> = %s error 'x' end"):format(CLOSING))
  assert_ended(("local x <close> = %s local y <close> = %s while true do end"):format(CLOSING, CLOSING))
  assert_ended(("pcall(function() local x <close> = %s while true do end end)"):format(CLOSING))
  assert_ended(("for _ in next, {}, nil, %s do end"):format(CLOSING))
  assert_ended("local x <close> = setmetatable({}, { __close = "
    .. "function() pcall(function() while true do end end) end }) while true do end")
end

function TestLoops.test_to_be_closed_in_coroutines()
  assert_ended(("local c = coroutine.create(function() local x <close> = %s coroutine.yield() end) "
    .. "coroutine.resume(c) coroutine.close(c)"):format(CLOSING))
  assert_ended(("coroutine.wrap(function() local x <close> = %s error 'x' end)()"):format(CLOSING))
  assert_ended(("coroutine.wrap(function() local x <close> = %s while true do end end)()"):format(CLOSING))
  assert_ended(("local c = coroutine.create(function() local x <close> = %s while true do end end) "
    .. "coroutine.resume(c) coroutine.close(c)"):format(CLOSING))
  assert_ended(("local c = coroutine.create(function() local x <close> = %s while true do end end) "
    .. "local y <close> = setmetatable({}, { __close = function() coroutine.close(c) end }) coroutine.resume(c)")
    :format(CLOSING))
end

function TestLoops.test_metamethods()
  for _, row in ipairs {
    { "__index", "return t.a" }, { "__newindex", "t.a = 1" }, { "__eq", "return t == setmetatable({}, m)" },
    { "__lt", "return t < t" }, { "__le", "return t <= t" }, { "__concat", "return t .. 'x'" },
    { "__len", "return #t" }, { "__call", "return t()" }, { "__unm", "return -t" }, { "__add", "return t + 1" },
    { "__band", "return t & 1" }, { "__tostring", "return tostring(t)" }, { "__pairs", "return pairs(t)" },
  } do
    assert_ended(("local m = { %s = function() while true do end end } local t = setmetatable({}, m) %s")
      :format(row[1], row[2]))
  end
  assert_ended("local t t = setmetatable({}, { __index = function(_, k) return k + 1 end }) local k = 1 while "
    .. "k do k = t[k] end")
end

function TestLoops.test_error_objects()
  assert_ended "error(setmetatable({}, { __tostring = function() while true do end end }))"
  assert_ended "print(setmetatable({}, { __tostring = function() while true do end end }))"
  assert_ended "string.format('%s', setmetatable({}, { __tostring = function() while true do end end }))"
  assert_ended("error(setmetatable({}, { __tostring = function() return pcall(function() repeat until false "
    .. "end) end }))")
end

TestLibrary = {}

local ENDLESS = "setmetatable({}, { __len = function() return math.maxinteger - 1 end, "
  .. "__index = function() return '' end, __newindex = function() end })"

function TestLibrary.test_lists()
  assert_ended "table.move({}, 1, 1 << 60, 2)"
  assert_ended "table.move({}, 2, 1 << 60, 1)"
  assert_ended "table.move({}, 1, 1 << 60, 1, {})"
  assert_ended(("table.concat(%s)"):format(ENDLESS))
  assert_ended(("table.insert(%s, 1, 'x')"):format(ENDLESS))
  assert_ended(("table.remove(%s, 1)"):format(ENDLESS))
  assert_ended "local t = {} for i = 0, 61 do t[1 << i] = 1 end table.insert(t, 1, 1) while true do end"
end

-- Lua's own functions alone, with no line of the script's in the loop.
function TestLibrary.test_lists_without_lua()
  assert_ended "table.concat(setmetatable({}, { __index = type }), '', 1, 1 << 60)"
  assert_ended "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)"
  assert_ended "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)"
  assert_ended "table.sort(setmetatable({}, { __len = function() return 1 << 30 end }), rawequal)"
end

function TestLibrary.test_sort()
  assert_ended "table.sort({ 3, 2, 1 }, function() while true do end end)"
  assert_ended("local t = {} for i = 1, 100 do t[i] = i end while true do pcall(table.sort, t, function() "
    .. "return true end) end")
  assert_ended "local t = {} for i = 1, 2e5 do t[i] = (i * 7919) % 1000003 end while true do table.sort(t) end"
end

function TestLibrary.test_text()
  lu.assertNil(host.run "every(1, function() assert(string.rep('', 1 << 60) == '' and ('x'):rep(0, 'y') == '') end)")
  assert_ended "string.gsub(('x'):rep(10), '.', function() while true do end end)"
  assert_ended "for _ in string.gmatch('x', '()') do while true do end end"
  assert_ended "while true do string.format('%99.99f', 1) end"
  assert_ended "while true do load 'return 1' () end"
  assert_ended "load(function() while true do end end)"
  assert_ended "load(function() return ' ' end)"
  assert_ended "load(coroutine.wrap(function() while true do coroutine.yield ' ' end end))"
  assert_ended "while true do load(('x = 1 '):rep(100)) end"
  assert_fault "load(os.time)()"
end

function TestLibrary.test_lists_are_as_luas()
  lu.assertNil(host.check [[
    local t = { 1, 2, 3 }
    table.insert(t, 1, 0) table.insert(t, 9)
    assert(table.concat(t, ",") == "0,1,2,3,9" and table.remove(t, 1) == 0 and table.remove(t) == 9)
    assert(#t == 3 and table.remove({}) == nil and table.remove({}, 0) == nil and table.remove({ 5 }, 2) == nil)
    assert(table.concat({}, ",") == "" and table.concat({ 1, 2.5, "x" }) == "12.5x")
    assert(table.concat({ 1, 2, 3 }, "-", 2) == "2-3" and table.concat({ 1, 2, 3 }, "-", 2, 2) == "2")
    assert(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2)) == "1123")
    assert(table.concat(table.move({ 1, 2, 3 }, 2, 3, 1)) == "233")
    assert(table.concat(table.move({ 1, 2, 3 }, 1, 3, 3, { 8, 9 })) == "89123")
    local sorted = { 3, 1, 2 } table.sort(sorted)
    assert(table.concat(sorted) == "123") table.sort(sorted, function(a, b) return a > b end)
    assert(table.concat(sorted) == "321")
    local many = {} for i = 1, 5000 do many[i] = (i * 7919) % 5003 end table.sort(many)
    for i = 2, 5000 do assert(many[i - 1] <= many[i]) end
    assert(("ab"):rep(3) == "ababab" and ("ab"):rep(3, "-") == "ab-ab-ab" and (""):rep(3, "-") == "--")
    assert(("x"):rep(1) == "x" and ("x"):rep(-5) == "" and #("xyz"):rep(1000, ", ") == 4998)
    for _, call in ipairs {
      { table.insert, { 1 }, 5, 1 }, { table.insert, { 1 } }, { table.insert, 5, 1 }, { table.remove, { 1 }, 7 },
      { table.concat, { {} } }, { table.concat, { 1, nil, 3 }, "", 1, 3 }, { table.move, {}, 1, 2 },
      { table.move, {}, -1, math.maxinteger, 1 }, { table.move, {}, 1, 5, math.maxinteger },
      { table.sort, 5 }, { table.sort, { 1, "x" } }, { table.sort, { 1, 2 }, 5 }, { string.rep },
      { string.rep, "xx", math.maxinteger }, { table.insert, { 1 }, 1, 2, 3 },
    } do
      assert(not pcall(table.unpack(call)))
    end
  ]])
end

TestProtected = {}

function TestProtected.test_as_luas()
  lu.assertNil(host.check [[
    assert(select("#", pcall(function() end)) == 1 and select(3, pcall(function() return 1, 2 end)) == 2)
    local ok, e = pcall(error, "x") assert(ok == false and e == "x")
    assert(not pcall(pcall) and not pcall(xpcall, print) and not pcall(xpcall, print, 5))
    local _, handled = xpcall(error, function(m) return m .. "!" end, "x") assert(handled == "x!")
    local good, a, b = xpcall(function(...) return ... end, print, 4, 5) assert(good and a == 4 and b == 5)
    local f = coroutine.wrap(function(...)
      local _, sent = pcall(function(...) return coroutine.yield(...) end, ...)
      local _, text = pcall(function() coroutine.yield(sent) error("late", 0) end)
      local _, other = xpcall(function() coroutine.yield(text) error("later", 0) end, function(m) return m .. "?" end)
      return other
    end)
    assert(f(7) == 7 and f("back") == "back" and f() == "late" and f() == "later?" and not pcall(f))
  ]])
end

function TestProtected.test_coroutines_as_luas()
  lu.assertNil(host.check [[
    local c = coroutine.create(function(a, b) local d = coroutine.yield(a + b) return d * 2, "end" end)
    local ok, sum = coroutine.resume(c, 3, 4) assert(ok and sum == 7)
    local _, double, word = coroutine.resume(c, 5) assert(double == 10 and word == "end")
    local dead, why = coroutine.resume(c) assert(not dead and why == "cannot resume dead coroutine")
    assert(coroutine.status(c) == "dead" and coroutine.close(c) == true)
    local _, text = pcall(coroutine.wrap(function() error "broken" end)) assert(text:find "script.lua:6: broken")
    local _, object = pcall(coroutine.wrap(function() error { 5 } end)) assert(object[1] == 5)
    local log = {}
    local function closing(name, e)
      local function close(_, m) log[#log + 1] = name .. tostring(m) if e then error(e, 0) end end
      return setmetatable({}, { __close = close })
    end
    local w = coroutine.wrap(function() local _ <close> = closing("a", "second") error("first", 0) end)
    local _, last = pcall(w) assert(last:find "second$" and log[1] == "afirst", last)
    local s = coroutine.create(function() local _ <close> = closing "b" coroutine.yield() end)
    coroutine.resume(s) assert(coroutine.close(s) and log[2] == "bnil" and coroutine.status(s) == "dead")
    local bad = coroutine.create(function() local _ <close> = closing("c", "third") coroutine.yield() end)
    coroutine.resume(bad)
    local closed, reason = coroutine.close(bad) assert(closed == false and reason == "third")
    assert(not pcall(coroutine.close, coroutine.running()) and not pcall(coroutine.resume, 5))
    local inner = coroutine.wrap(function() return pcall(coroutine.close, coroutine.running()) end) assert(not inner())
    local n = 0 for i in coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i) end end) do n = n + i end
    assert(n == 55 and not pcall(coroutine.wrap, 5))
  ]])
end

-- Lua does not count this depth; the C stack would end first.
function TestProtected.test_a_row_of_coroutines_that_close_each_other()
  local fault = host.check [[
    program { memory = 256 }
    local last
    for _ = 1, 50000 do
      local before = last
      last = coroutine.create(function()
        local function close() if before then assert(coroutine.close(before)) end end
        local _ <close> = setmetatable({}, { __close = close })
        coroutine.yield()
      end)
      coroutine.resume(last)
    end
    assert(coroutine.close(last))
  ]]
  lu.assertStrContains(fault, "C stack overflow")
end

TestBody = {}

function TestBody.test_has_two_seconds()
  if not host.interrupts then lu.skip "signals do not reach Lua's loops under this sanitizer" end
  host.file("slow.lua", "\n\nwhile true do end")
  local message = host.check_watched "mem.A = coil(0)\nrequire 'slow'"
  lu.assertStrContains(message, "slow.lua:3: watchdog: the script's body ran longer than 2 s")
end

TestFault = {}

function TestFault.test_names_the_way_and_the_locals()
  if not host.interrupts then lu.skip "signals do not reach Lua's loops under this sanitizer" end
  local fault = host.run_watched(HEAD .. [[
    local function wait(level)
      local pump, name = true, "P1"
      while level > 0 do end
    end
    every(0.01, function() wait(12.5) end)
  ]])
  lu.assertStrContains(fault, "script.lua:3: " .. LATE .. "\nstack traceback:\n\t")
  lu.assertStrContains(fault, '\nlocals: level = 12.5, pump = true, name = "P1"')
end

function TestFault.test_locals_of_the_failing_function()
  local fault = host.run [[
    every(1, function(dt)
      local t, f, n, text = {}, print, nil, ("x"):rep(1000)
      for i = 7, 7 do error "broken" end
    end)
  ]]
  lu.assertStrMatches(fault, "script.lua:3: broken\nstack traceback:\n.*\n"
    .. 'locals: dt = 1.0, t = a table, f = a function, n = nil, text = "x+…", i = 7')
end

function TestFault.test_runs_nothing_of_the_scripts()
  local fault, log = host.run [[
    every(1, function()
      local evil = setmetatable({}, { __tostring = function() print "called" return "evil" end, __name = "evil" })
      error "broken"
    end)
  ]]
  lu.assertStrContains(fault, "locals: evil = a table")
  lu.assertEquals(log, "")
end

function TestFault.test_much_of_everything()
  local many = {}
  for i = 1, 150 do many[i] = ("local a_rather_long_name_%d = ('y'):rep(200)"):format(i) end
  local fault = host.run(("local function f(n) if n == 0 then %s error('first line ' .. ('x'):rep(500)) end f(n - 1) "
    .. "return n end\nevery(1, function() f(50) end)"):format(table.concat(many, " ")))
  lu.assertStrMatches(fault, "script.lua:1: first line x+\nstack traceback:\n.*\n"
    .. "locals: n = 0, a_rather_long_name_1 = .*, …")
  lu.assertTrue(#fault < 2048)
  local long = host.run "every(1, function() local a = 1 error(('z'):rep(5000)) end)"
  lu.assertStrMatches(long, "script.lua:1: z+")
end
