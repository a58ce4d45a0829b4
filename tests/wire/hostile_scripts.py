"""Scripts that mean harm, or were written by somebody tired: what test_hostile_scripts.py runs.

A row is a name, what the log must say after file and line, and the Lua code. The code of TASKS
stands in a function that a task calls once a master has written GO; it must not come to its end.
LOOPS are those that nothing but the watchdog ends: they are left out where its signal cannot
interrupt Lua (thread sanitizer). What grows until memory is out may also be ended by the watchdog
first, on a slow machine.
"""

LATE = r"watchdog: the program ran longer than 200 ms"
FULL = r"out of memory: the script may use 8 MiB; program \{|not enough memory|" + LATE
STUCK = r"watchdog: the program has not come back"  # copying all of a stack, on a slow machine, is one call
DEEP = r"stack overflow"  # also where that takes all memory

LOOPS = [
    ("while", LATE, "while true do end"),
    ("repeat", LATE, "repeat local x = 1 until not x"),
    ("for without end", LATE, "for i = 1, math.huge do local x = i end"),
    ("for of many fors", LATE, "for i = 1, 1 << 40 do for j = 1, 1 << 40 do end end"),
    ("goto", LATE, "::again:: goto again"),
    ("tail calls", LATE, """
local ping, pong
function ping() return pong() end
function pong() return ping() end
ping()"""),
    ("iterator", LATE, "for x in function() return 1 end do local y = x end"),
    ("ipairs of everything", LATE, """
local all = setmetatable({}, { __index = function(_, i) return i end })
for i, v in ipairs(all) do local x = i + v end"""),
    ("__pairs of C", LATE, """
local t = setmetatable({}, { __pairs = function() return rawlen, "x" end })
for k in pairs(t) do local x = k end"""),
    ("pcall holds on", LATE, "while true do pcall(function() while true do end end) end"),
    ("pcall in pcall", LATE, """
local function hold() pcall(hold) return hold() end
while true do pcall(pcall, pcall, hold) end"""),
    ("calls without number", LATE, """
local function twice() pcall(twice) pcall(twice) end
twice()
while true do twice() end"""),
    ("handler", LATE, "xpcall(error, function() while true do end end)"),
    ("handlers that fail", LATE, """
while true do
  xpcall(function() error("a") end, function(e) error(e) end)
end"""),
    ("coroutine", LATE, "coroutine.wrap(function() while true do end end)()"),
    ("coroutine under pcall", LATE, """
local function inner() while true do pcall(function() while true do end end) end end
while true do pcall(coroutine.wrap(inner)) end"""),
    ("yields", LATE, """
local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)
while co() do end"""),
    ("new coroutines", LATE, """
while true do coroutine.resume(coroutine.create(function() coroutine.yield() end)) end"""),
    ("200 coroutines deep", LATE + "|C stack overflow", """
local function deep(n)
  if n == 0 then while true do end end
  return coroutine.wrap(deep)(n - 1)
end
deep(180)
while true do end"""),
    ("coroutine in coroutine for ever", LATE, """
local function dig()
  pcall(coroutine.wrap(dig))
  return dig()
end
dig()"""),
    ("__close", LATE, """
local x <close> = setmetatable({}, { __close = function() while true do end end })
error("away")"""),
    ("__close on the way out", LATE, """
local x <close> = setmetatable({}, { __close = function() while true do end end })
while true do end"""),
    ("rows of __close", LATE, """
local again = { __close = function() while true do end end }
local a <close> = setmetatable({}, again)
local b <close> = setmetatable({}, again)
local c <close> = setmetatable({}, again)
local d <close> = setmetatable({}, again)
while true do end"""),
    ("coroutine.close", LATE, """
local co = coroutine.create(function()
  local x <close> = setmetatable({}, { __close = function() while true do end end })
  coroutine.yield()
end)
coroutine.resume(co)
coroutine.close(co)"""),
    ("coroutine.close in turn", LATE, """
while true do
  local co = coroutine.create(function()
    local x <close> = setmetatable({}, { __close = function() error("no") end })
    coroutine.yield()
  end)
  coroutine.resume(co)
  coroutine.close(co)
end"""),
    ("for closes", LATE, """
local close = setmetatable({}, { __close = function() while true do end end })
for _ in function() return nil end, nil, nil, close do local x = 1 end"""),
    ("__index", LATE, """
local t = setmetatable({}, { __index = function() while true do end end })
local x = t.y"""),
    ("__newindex by return", LATE, """
local t
t = setmetatable({}, { __newindex = function(_, k, v) return rawset(t, k, nil) end })
while true do t.x = 1 end"""),
    ("__eq, __lt, __concat", LATE, """
local mt = { __lt = function() return true end, __concat = function(a) return a end }
local a, b = setmetatable({}, mt), setmetatable({}, mt)
while a < b do a = a .. b end"""),
    ("__tostring", LATE, """
print(setmetatable({}, { __tostring = function() while true do end end }))"""),
    ("error object that loops", LATE, """
error(setmetatable({}, { __tostring = function() while true do end end }))"""),
    ("gsub calls back", LATE, '("a"):rep(100):gsub("a", function() while true do end end)'),
    ("gsub without end", LATE, 'local s = ("ab"):rep(1000) while true do s:gsub("%w", "%0") end'),
    ("empty repetition", LATE, 'while true do string.rep("", 1 << 60) end'),
    ("sort compares without end", LATE, """
table.sort({ 3, 2, 1 }, function() while true do end end)"""),
    ("sort of what seems large", LATE + "|array too big", """
local t = setmetatable({}, { __len = function() return (1 << 31) - 2 end,
                             __index = function(_, i) return -i end, __newindex = function() end })
table.sort(t)"""),
    ("concat of what seems large", LATE, """
local t = setmetatable({}, { __len = function() return math.maxinteger end,
                             __index = function() return "" end })
table.concat(t)"""),
    ("insert into what seems large", LATE, """
local t = setmetatable({}, { __len = function() return 1 << 60 end, __newindex = function() end })
table.insert(t, 1, 1)"""),
    ("remove from what seems large", LATE, """
local t = setmetatable({}, { __len = function() return 1 << 60 end, __newindex = function() end })
table.remove(t, 1)"""),
    ("move", LATE, "table.move({}, 1, math.maxinteger - 1, 2)"),
    ("load reads for ever", LATE, 'load(function() return " " end)'),
    ("load in a loop", LATE + "|" + FULL, 'while true do load("return " .. ("1+"):rep(1000) .. "1")() end'),
    ("print flood", LATE, 'while true do print("again and again") end'),
    ("log flood", LATE + "|" + FULL, 'while true do log.warn("%s", ("long "):rep(1000)) end'),
    ("format flood", LATE, 'while true do string.format("%99.99f %q", 1e300, "x") end'),
    ("writes without end", LATE, "while true do mem.COUNT = mem.COUNT + 1 end"),
    ("dates", LATE, 'while true do os.date("%c", os.time()) end'),
    ("packs", LATE, 'while true do string.unpack("z", string.pack("z", ("x"):rep(1000))) end'),
    ("keeps its place", LATE, """
while true do kept.n = 0 for i = 1, 100 do kept.n = kept.n + i end end"""),
]

TASKS = [
    # memory
    ("doubled text", FULL, 'local s = "x" while true do s = s .. s end'),
    ("table", FULL, "local t = {} while true do t[#t + 1] = t end"),
    ("tables in tables", FULL, "local t = {} while true do t = { t } end"),
    ("closures", FULL, """
local f
while true do local g = f f = function() return g end end"""),
    ("coroutines", FULL, """
local all = {}
while true do all[#all + 1] = coroutine.create(function() end) end"""),
    ("many texts", FULL, "local t = {} for i = 1, 1e9 do t[i] = 'text ' .. i end"),
    ("string.rep", FULL + "|resulting string too large", 'local s = ("x"):rep(1 << 36)'),
    ("string.rep too large", "resulting string too large", 'local s = ("xy"):rep(1 << 62)'),
    ("gsub that grows", FULL, 'local s = "x" while true do s = s:gsub("x+", "%0%0%0%0") end'),
    ("string.pack", FULL, 'local s = string.pack("!1c1000000000", "x")'),
    ("table.pack", r"too many results to unpack", "table.pack(table.unpack({}, 1, 1e8))"),
    ("concat that grows", FULL, """
local t = {}
for i = 1, 100 do t[i] = ("x"):rep(1e6) end
local s = table.concat(t)"""),
    ("load of much", FULL, """
local n = 0
assert(load(function() n = n + 1 return "f" .. n .. " = function() return {} end " end))"""),
    ("memory under pcall", FULL, """
local all = {}
local function more() while true do all[#all + 1] = { all } end end
for _ = 1, 5 do pcall(more) end
more()"""),
    ("memory in a coroutine", FULL, """
coroutine.wrap(function() local t = {} while true do t = { t, {} } end end)()"""),
    ("memory in __close", FULL, """
local x <close> = setmetatable({}, { __close = function()
  local t = {} while true do t = { t } end
end })"""),
    # depth
    ("recursion", DEEP, "local function f() return 1 + f() end f()"),
    ("recursion in __index", DEEP, """
local t = setmetatable({}, { __index = function(t, k) return t[k .. "x"] end })
local x = t.a"""),
    ("__index in a ring", "'__index' chain too long; possible loop", """
local t = {} t.__index = t setmetatable(t, t)
local x = t.a"""),
    ("__newindex in a ring", "'__newindex' chain too long; possible loop", """
local t = {} t.__newindex = t setmetatable(t, t)
t.a = 1"""),
    ("recursion in __tostring", DEEP, """
local t = setmetatable({}, { __tostring = function(t) return tostring(t) end })
print(t)"""),
    ("recursion in __eq", DEEP, """
local mt = {} mt.__eq = function(a, b) return a == b end
local x = setmetatable({}, mt) == setmetatable({}, mt)"""),
    ("recursion in __call", DEEP + "|" + FULL, """
local t = {}
setmetatable(t, { __call = function(...) return 1 + t(...) end })
t()"""),
    ("recursion in gsub", DEEP, """
local function f() return (("x"):gsub(".", f)) end
f()"""),
    ("recursion in sort", DEEP, """
local function by() table.sort({ 1, 2 }, by) return true end
by()"""),
    ("recursion in coroutines", DEEP, """
local function f() coroutine.wrap(f)() end
f()"""),
    ("growing varargs", DEEP + "|too many|" + STUCK + "|" + FULL, """
local function f(...) return f(1, ...) end
f()"""),
    ("arguments without number", "too many results to unpack", "print(table.unpack({}, 1, 1e7))"),
    ("bytes without number", "string slice too long|" + DEEP, """
print((("x"):rep(2000000)):byte(1, -1))"""),
    ("brackets", r"C stack overflow|overflow", 'assert(load("return " .. ("("):rep(1e5)))'),
    ("tables in source", r"C stack overflow|overflow", 'assert(load("return " .. ("{"):rep(1e5)))'),
    ("captures", "too many captures", '("x"):rep(99):find(("(x"):rep(40))'),
    ("pattern that recurses", "pattern too complex", """
(("x"):rep(300000)):find(("x?"):rep(300000))"""),
    ("malformed pattern", "malformed pattern", '("x"):find("[")'),
    ("format out of bounds", "invalid conversion|invalid format", 'string.format("%9999d", 1)'),
    # error objects
    ("error(nil)", "nil", "error(nil)"),
    ("error()", "", "error()"),
    ("error({})", "table", "error({})"),
    ("error(a function)", "function", "error(print)"),
    ("error(a long text)", "xxxx", 'error(("x"):rep(1000000))'),
    ("error with control bytes", r"clear", r'error("clear \27[2J\0\r\n: all good\n")'),
    ("error object that fails", "", """
error(setmetatable({}, { __tostring = function() error("no text") end }))"""),
    ("error object without text", "", """
error(setmetatable({}, { __tostring = function() return {} end }))"""),
    ("error object that recurses", "", """
error(setmetatable({}, { __tostring = function(t) error(t) end }))"""),
    ("error in __close of error", "second", """
local x <close> = setmetatable({}, { __close = function() error("second") end })
error("first")"""),
    ("__close without a method", "got a non-closable value", "local x <close> = {}"),
    ("yield at the top", "outside a coroutine", "coroutine.yield()"),
    ("yield through C", "across a C-call boundary", """
coroutine.wrap(function() table.sort({ 1, 2, 3 }, coroutine.yield) end)()"""),
    ("coroutine that resumes itself", "cannot resume non-suspended coroutine", """
local co
co = coroutine.wrap(function() co() end)
co()"""),
    ("coroutine that closes itself", "cannot close a running coroutine", """
coroutine.wrap(function() coroutine.close(coroutine.running()) end)()"""),
    # comparisons
    ("sort by lies", "invalid order function", """
local t = {}
for i = 1, 500 do t[i] = i % 7 end
table.sort(t, function() return true end)"""),
    ("sort of too much", "array too big", """
table.sort(setmetatable({}, { __len = function() return 1 << 40 end }))"""),
    ("insert out of bounds", "position out of bounds", "table.insert({}, 1 << 62, 1)"),
    ("length that is none", "object length is not an integer", """
table.insert(setmetatable({}, { __len = function() return "x" end }), 1)"""),
    # ways out of the sandbox
    ("os.exit", "os|exit", "os.exit(0, true)"),
    ("os.execute", "execute", 'os.execute("true")'),
    ("os.remove", "remove", 'os.remove("hostile.lua")'),
    ("io", 'io is not there: ', 'io.open("/etc/passwd")'),
    ("debug", 'debug is not there: ', "debug.sethook()"),
    ("package", 'package is not there: ', 'package.loadlib("libc.so.6", "*")'),
    ("collectgarbage", 'collectgarbage is not there: ', 'collectgarbage("stop")'),
    ("dofile", 'dofile is not there: ', 'dofile("/dev/zero")'),
    ("loadfile", 'loadfile is not there: ', 'loadfile("/dev/stdin")'),
    ("string.dump", "dump", "string.dump(function() end)"),
    ("binary chunk", "binary chunk", r'assert(load("\27Lua\x54\0\x19\x93\r\n\x1a\n", "x", "b"))'),
    ("binary chunk in pieces", "binary chunk", r"""
local pieces = { "\27", "Lua", "\x54" }
assert(load(function() return table.remove(pieces, 1) end, "x", "bt"))"""),
    ("require of nothing", "belongs in the script's body", 'require "nowhere"'),
    ("require out of the folder", "is not a module name", 'require "../../etc/passwd"'),
    ("__gc", "__gc is not available", "setmetatable({}, { __gc = function() while true do end end })"),
    ("metatable of globals", "protected metatable", "setmetatable(_G, nil)"),
    ("metatable of mem", "", "getmetatable(mem).__index = nil"),
    ("rawset of globals", "globals are assigned", 'rawset(_G, "print", nil)'),
    ("a global", 'global "left" cannot be assigned', "left = 1"),
    # what belongs to the body, and values that do not fit
    ("declares", "", "mem.LATER = coil(77)"),
    ("another task", "every", 'every("1ms", hostile)'),
    ("another server", "server", "server.tcp { port = 0 }"),
    ("another program", "program", 'program { watchdog = "1h" }'),
    ("another memory", "", 'memory("more", { holding = 60000 })'),
    ("NaN", "COUNT|NaN|nan", "mem.COUNT = 0 / 0"),
    ("NaN in a float", "LEVEL", "mem.LEVEL = 0 / 0"),
    ("infinity", "LEVEL", "mem.LEVEL = math.huge"),
    ("out of range", "LIMITED = 101 is out of range", "mem.LIMITED = 101"),
    ("raw words out of bounds", "", "mem.holding[70000] = 1"),
    ("a text that is too long", "TEXT", 'mem.TEXT = ("x"):rep(1000000)'),
    ("a table", "COUNT", "mem.COUNT = setmetatable({}, { __index = function() return 1 end })"),
    ("division by zero", "attempt to (divide by zero|perform 'n//0')", """
local zero = tonumber("0")
local x = 1 // zero"""),
    ("for without a step", "'for' step is zero", "for i = 1, 2, 0 do local x = i end"),
    ("a date out of bounds", "out-of-bound|cannot be represented", """
os.time { year = 1 << 60, month = 1, day = 1 }"""),
    ("a date's format", "invalid conversion specifier", 'os.date("%Ez")'),
    ("next of a stranger", "invalid key to 'next'", 'next({}, "x")'),
    ("keep of a function", "kept|keep", "kept.f = print"),
    ("keep in a ring", "kept|keep", "local t = {} t.t = t kept.t = t"),
    ("keep that grows", "kept|keep|" + FULL, """
for i = 1, 1e9 do kept["n" .. i] = ("x"):rep(1000) end"""),
    ("keep of much text", "kept|keep|" + FULL, """
for i = 0, 30 do kept.text = ("x"):rep(1 << i) end"""),
]

# Bodies, refused when they are loaded; those of BODY_LOOPS after the two seconds that a body has.
BODIES = [
    ("no Lua", r"hostile\.lua:1: ", b"this is not Lua"),
    ("binary file", r"binary chunk", b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n" + bytes(range(256))),
    ("zeros", r"hostile\.lua:1: ", bytes(100000)),
    ("random bytes", r"hostile\.lua:1: ", bytes((i * 167 + 13) % 251 + 5 for i in range(50000))),
    ("brackets", r"hostile\.lua:1: .*overflow", b"local x = " + b"(" * 100000),
    ("tables", r"hostile\.lua:1: .*overflow", b"local x = " + b"{" * 100000),
    ("blocks", r"hostile\.lua:1: .*overflow", b"do " * 100000),
    ("functions", r"hostile\.lua:1: .*overflow", b"local f = " + b"function() return " * 100000),
    ("minus", r"hostile\.lua:1: .*overflow", b"local x = " + b"- " * 100000 + b"1"),
    ("names", r"hostile\.lua:\d+: too many local variables",
     b"\n".join(b"local x%d" % i for i in range(100000))),
    ("a million lines", r"hostile\.lua:1000001: ", b"-- nothing\n" * 1000000 + b"error('end')\n"),
    ("a file too large", r"cannot read .*hostile\.lua: File too large", b"-" * (17 << 20)),
    ("a text without end", r"hostile\.lua:1: unfinished string", b"local x = '" + b"x" * 100000),
    ("error(nil)", r"hostile\.lua:2", b"local x = 1\nerror(nil)"),
    ("error({})", r"hostile\.lua:1", b"error({})"),
    ("recursion", r"hostile\.lua:1: .*stack overflow", b"local function f() return 1 + f() end f()"),
    ("memory", r"hostile\.lua:2: out of memory|watchdog", b"local t = {}\nwhile true do t[#t + 1] = {} end"),
    ("memories", r"hostile\.lua:\d+: ",
     b"for i = 1, 1e6 do\nmemory('m' .. i, { holding = 65536 })\nend"),
    ("variables", r"hostile\.lua:\d+: ", b"for i = 0, 1e6 do mem['V' .. i] = holding.uint16(i) end"),
    ("array", r"hostile\.lua:1: ", b"mem.A = holding.uint16(0, { count = 1 << 40 })"),
    ("timeless task", r"hostile\.lua:1: ", b"every(0, function() end)"),
    ("tasks", r"hostile\.lua:\d+: |out of memory",
     b"local function f() end\nwhile true do every(1, f) end"),
    ("libraries", r"hostile\.lua:1: ", b"require('msm.timer').TON(nil, 0 / 0)"),
    ("itself", r"hostile\.lua:1: ", b"require 'hostile'"),
    ("print replaced", r"hostile\.lua:\d: ", b"print, log, error = nil\nlog.info('x')"),
    ("os.exit", r"hostile\.lua:1: ", b"os.exit(0)"),
]

BODY_LOOPS = [
    ("pcall and coroutine", r"hostile\.lua:2: watchdog: the script's body ran longer than 2 s",
     b"program { watchdog = '1h' }\nwhile true do pcall(coroutine.wrap(function() while true do end end)) end"),
]

# Lines for eval: refused with an error, and the program goes on.
EVALS = [
    ("no Lua", "eval:1: ", "][", False),
    ("while", "eval:1: " + LATE, "while true do end", True),
    ("pcall", "eval:1: " + LATE, "while true do pcall(function() while true do end end) end", True),
    ("coroutine", "eval:1: " + LATE, "coroutine.wrap(function() while true do end end)()", True),
    ("shows itself", "eval:1: " + LATE,
     "print(setmetatable({}, { __tostring = function() while true do end end }))", True),
    ("memory", FULL, "(function() local t = {} while true do t = { t } end end)()", False),
    ("recursion", DEEP, "(function() local function f() return 1 + f() end return f() end)()", False),
    ("error(nil)", "", "error(nil)", False),
    ("error({})", "", "error({})", False),
    ("os.exit", "exit", "os.exit(1)", False),
    ("declares", "", "mem.NEW = coil(99)", False),
    ("binary", "binary", 'assert(load("\\27Lua"))', False),
    ("brackets", "overflow", "(" * 20000, False),
]
