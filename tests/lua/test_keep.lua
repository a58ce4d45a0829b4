-- Proves keep as a script sees it: a keep is used like a table, holds plain data only, keeps the kind
-- of what its defaults name, and says what it refuses at the user's line, with the field's path.
-- luacheck: read_globals host

local lu = require "luaunit"

local function assert_accepted(text)
  lu.assertNil(host.check(text), text)
end

-- Each row: what is done with k, and the text after the line. What stands before it is on one line.
local function assert_each_refused(before, rows)
  for _, row in ipairs(rows) do
    local message = host.check(before .. "\n" .. row[1])
    lu.assertNotNil(message, row[1])
    lu.assertEquals(message:match("^[^\n]*"), "script.lua:2: " .. row[2], row[1])
  end
end

local mixer = keep("mixer", { step = 1, on = false, name = "m", speed = { max = 10 }, list = { 5, 6 } })
local free = keep "free"

TestFields = {}

function TestFields.setUp()
  for key in pairs(free) do
    free[key] = nil
  end
end

function TestFields.test_defaults_are_there()
  lu.assertEquals({ mixer.step, mixer.on, mixer.name, mixer.speed.max }, { 1, false, "m", 10 })
  lu.assertEquals({ mixer.list[1], mixer.list[2], mixer.list[3], #mixer.list }, { 5, 6, nil, 2 })
  lu.assertNil(mixer.nothing)
  lu.assertNil(mixer[1.5])
  lu.assertNil(mixer[true])
  lu.assertNil(mixer[("x"):rep(60)])
end

function TestFields.test_values_come_back_as_they_went()
  for _, value in ipairs { 0, -1, math.mininteger, 0.5, 1 / 0, "", "a\0b", ("x"):rep(1024), true, false } do
    free.x = value
    lu.assertEquals(free.x, value)
    lu.assertEquals(math.type(free.x), math.type(value))
  end
  free.x = 0 / 0
  lu.assertNaN(free.x)
  free[-3], free[1.0], free["1"] = "a", "b", "c"
  lu.assertEquals({ free[-3], free[1], free["1"] }, { "a", "b", "c" })
end

function TestFields.test_pairs_goes_in_the_order_of_making()
  free.z = 1
  free.a = 2
  free[7] = 3
  free.m = 4
  local keys = {}
  for key, value in pairs(free) do
    keys[#keys + 1] = key .. "=" .. value
  end
  lu.assertEquals(table.concat(keys, " "), "z=1 a=2 7=3 m=4")
  for key in pairs(free) do
    free[key] = nil
  end
  lu.assertNil((pairs(free)(free)))
end

-- Those of a table that is copied in: numbers first, then names by the alphabet.
function TestFields.test_a_copied_table_has_one_order()
  free.t = { delta = 1, alpha = 1, charlie = 1, bravo = 1, a = 1, [1] = 1, [2] = 1 }
  local keys = {}
  for key in pairs(free.t) do
    keys[#keys + 1] = tostring(key)
  end
  lu.assertEquals(table.concat(keys, " "), "1 2 a alpha bravo charlie delta")
end

function TestFields.test_tables_are_the_same_table_each_time()
  free.inner = { a = { b = 1 } }
  lu.assertIs(free.inner, free.inner)
  local inner = free.inner.a
  inner.b = 2
  lu.assertEquals(free.inner.a.b, 2)
  lu.assertIs(free.inner.a, inner)
  collectgarbage()
  collectgarbage()
  lu.assertIs(free.inner.a, inner)
  for key, value in pairs(free) do
    lu.assertEquals(key, "inner")
    lu.assertIs(value, free.inner)
  end
end

function TestFields.test_a_table_is_copied_in()
  local plain = { 1, 2, { x = "y" } }
  free.copy = plain
  plain[1] = 100
  lu.assertEquals({ free.copy[1], #free.copy, free.copy[3].x }, { 1, 3, "y" })
  free.other = free.copy
  free.other[3].x = "z"
  lu.assertEquals(free.copy[3].x, "y")
  free.self = free -- what stood there before
  lu.assertEquals({ free.self.copy[3].x, free.self.self }, { "y", nil })
  local held = free.copy
  free.copy = held
  held[1] = 7
  lu.assertEquals(free.copy[1], 7)
end

-- What was taken out of its place goes on as it was.
function TestFields.test_what_is_taken_out_stays_in_the_hand()
  free.job = { id = 1, steps = { { n = 1 }, { n = 2 } } }
  local job, second = free.job, free.job.steps[2]
  free.job = { id = 2 }
  lu.assertEquals({ job.id, #job.steps, job.steps[1].n, free.job.id }, { 1, 2, 1, 2 })
  lu.assertIs(job.steps[2], second)
  second.n, job.id = 5, 9
  lu.assertEquals({ job.steps[2].n, free.job.steps }, { 5, nil })
  free.job = job
  lu.assertEquals({ free.job.id, free.job.steps[2].n }, { 9, 5 })
  local keys = 0
  for _ in pairs(job) do
    keys = keys + 1
  end
  lu.assertEquals({ keys, next { a = 1 }, next {} }, { 2, "a" })
end

TestTableLibrary = {}

local function texts(list)
  local out = {}
  for i, value in ipairs(list) do
    out[i] = tostring(value)
  end
  return table.concat(out, ",")
end

function TestTableLibrary.test_insert_remove_sort_concat_unpack()
  free.list = { 3, 1, 2 }
  local list = free.list
  table.insert(list, 4)
  table.insert(list, 1, 9)
  lu.assertEquals(table.concat(list, ","), "9,3,1,2,4")
  lu.assertEquals(table.remove(list), 4)
  lu.assertEquals(table.remove(list, 1), 9)
  table.sort(list)
  lu.assertEquals({ table.unpack(list) }, { 1, 2, 3 })
  table.sort(list, function(a, b) return a > b end)
  lu.assertEquals(texts(list), "3,2,1")
  table.move(list, 1, 3, 2)
  lu.assertEquals(texts(list), "3,3,2,1")
  lu.assertEquals(select("#", table.unpack(list)), 4)
end

function TestTableLibrary.test_lists_of_tables()
  free.queue = {}
  for i = 1, 5 do
    table.insert(free.queue, { id = i * 7 % 5, name = "job " .. i })
  end
  local first = table.remove(free.queue, 1)
  lu.assertEquals({ first.id, first.name, #free.queue }, { 2, "job 1", 4 })
  table.insert(free.queue, 2, first)
  table.sort(free.queue, function(a, b) return a.id < b.id end)
  local seen = {}
  for i, job in ipairs(free.queue) do
    seen[i] = job.id .. ":" .. job.name
  end
  lu.assertEquals(table.concat(seen, " "), "0:job 5 1:job 3 2:job 1 3:job 4 4:job 2")
end

function TestTableLibrary.test_a_long_shuffle_agrees_with_a_table()
  local plain = {}
  free.list = {}
  math.randomseed(7)
  for i = 1, 2000 do
    local at = math.random(#plain + 1)
    if math.random(3) == 1 and #plain > 0 then
      at = math.random(#plain)
      lu.assertEquals(table.remove(free.list, at).v, table.remove(plain, at).v)
    elseif #plain < 40 then
      table.insert(free.list, at, { v = i })
      table.insert(plain, at, { v = i })
    end
    if i % 100 == 0 then
      local function by_half(a, b) return a.v % 50 * 10000 + a.v < b.v % 50 * 10000 + b.v end
      table.sort(free.list, by_half)
      table.sort(plain, by_half)
    end
    lu.assertEquals(#free.list, #plain)
    for k, row in ipairs(plain) do
      lu.assertEquals(free.list[k].v, row.v)
    end
  end
end

TestKinds = {}

function TestKinds.test_numbers_are_one_kind()
  mixer.step = 1.5
  mixer.step = 2
  lu.assertEquals(mixer.step, 2)
  mixer.speed = { max = 3, more = "free" }
  lu.assertEquals(mixer.speed.more, "free")
  mixer.list = {}
  mixer.list[3] = "elements are free"
  mixer.list = { 5, 6 }
end

function TestKinds.test_what_the_defaults_name_keeps_its_kind()
  assert_each_refused('local k = keep("m", { n = 1, b = true, t = "x", s = { max = 1, deep = { on = true } } })', {
    { 'k.n = "fast"', 'keep "m": field n takes a number, as its default does, not "fast"' },
    { "k.n = nil", 'keep "m": field n takes a number, as its default does, not nil' },
    { "k.n = {}", 'keep "m": field n takes a number, as its default does, not a table' },
    { "k.b = 1", 'keep "m": field b takes true or false, as its default does, not 1' },
    { "k.t = false", 'keep "m": field t takes text, as its default does, not false' },
    { "k.s = 1", 'keep "m": field s takes a table, as its default does, not 1' },
    { "k.s = mem", 'keep "m": field s takes a table, as its default does, not a memory' },
    { "k.s.max = 'x'", 'keep "m": field s.max takes a number, as its default does, not "x"' },
    { "k.s.deep.on = nil", 'keep "m": field s.deep.on takes true or false, as its default does, not nil' },
    { "k.s = {}", 'keep "m": field s.deep takes a table, as its default does, not nil' },
    { "k.s = { deep = k.s.deep }", 'keep "m": field s.max takes a number, as its default does, not nil' },
    { "k.s = { max = 1, deep = { on = 'x' } }",
      'keep "m": field s.deep.on takes true or false, as its default does, not text' },
  })
end

-- After a refusal all is as it was.
function TestKinds.test_a_refused_table_changes_nothing()
  assert_accepted [[
    local k = keep("m", { s = { max = 1 } })
    k.list = { 1, 2 }
    assert(not pcall(function() k.s = { max = 2, bad = print } end))
    assert(not pcall(function() k.s = {} end))
    assert(not pcall(function() k.list = { 1, { print } } end))
    assert(k.s.max == 1 and k.s.bad == nil and #k.list == 2)
    k.s = { max = 5 }
    assert(k.s.max == 5)
  ]]
end

TestRefused = {}

local PLAIN = " takes booleans, numbers, text and tables of them, not "

function TestRefused.test_what_is_no_plain_data()
  local before = 'local k = keep("m", { list = {} }) mem.A = holding.word(0, { count = 2 }) '
    .. "local link = server.tcp { port = 1502 }"
  assert_each_refused(before, {
    { "k.x = print", 'keep "m": field x' .. PLAIN .. "a function" },
    { "k.x = link", 'keep "m": field x' .. PLAIN .. "a link" },
    { "k.x = mem", 'keep "m": field x' .. PLAIN .. "a memory" },
    { "k.x = mem.A", 'keep "m": field x' .. PLAIN .. "an array" },
    { "k.x = coroutine.create(print)", 'keep "m": field x' .. PLAIN .. "a thread" },
    { "k.x = setmetatable({}, {})", 'keep "m": field x' .. PLAIN .. "a table with a metatable" },
    { "k.list[1] = { { speed = { max = link } } }", 'keep "m": field list[1][1].speed.max' .. PLAIN .. "a link" },
    { "k.x = { ['a b'] = { print } }", 'keep "m": field x["a b"][1]' .. PLAIN .. "a function" },
    { "local t = {} t.t = t k.x = t", 'keep "m": field x.t: one table stands in two places; each place needs its own' },
    { "local t = {} k.x = { t, t }", 'keep "m": field x[2]: one table stands in two places; each place needs its own' },
    { "k[1.5] = 1", "keep: keys are text or integers, not 1.5" },
    { "k[true] = 1", "keep: keys are text or integers, not true" },
    { "k[mem] = 1", "keep: keys are text or integers, not a memory" },
    { "k.x = { [1.5] = 1 }", 'keep "m": field x: its keys are text or integers, not 1.5' },
    { "next(k)", "next takes a table, not a keep; pairs(…) goes through one, in order" },
  })
end

function TestRefused.test_limits()
  assert_each_refused('local k = keep("m", {})', {
    { "k[('x'):rep(48)] = 1", 'keep "m": field ' .. ("x"):rep(47) .. ": a name has at most 47 bytes, not 48" },
    { "k.x = ('x'):rep(1025)", 'keep "m": field x: a text has at most 1024 bytes, not 1025' },
    { "k.x = { { y = ('x'):rep(2000) } }", 'keep "m": field x[1].y: a text has at most 1024 bytes, not 2000' },
    { "local t = {} for _ = 1, 16 do t = { t } end k.x = t", 'keep "m": field x'
      .. ("[1]"):rep(16) .. ": tables lie inside each other at most 16 deep" },
    { "local t = {} for _ = 1, 14 do t = { t } end k.a = {} k.a.x = t",
      'keep "m": field a.x: tables lie inside each other at most 16 deep' },
  })
  assert_accepted "local k, t = keep 'm', {} for _ = 1, 14 do t = { t } end k.x = t"
end

local FULL = ": all keeps of the program together hold at most 32768 fields (a text of more than 48 bytes counts "
  .. "as several), and there is no room for more; nil takes a field away"

function TestRefused.test_no_room()
  assert_each_refused("local k, l = keep 'm', keep 'l' for i = 1, 32766 do k[i] = i end", {
    { "k.x = 1", 'keep "m": field x' .. FULL },
    { "l.x = {}", 'keep "l": field x' .. FULL },
    { "keep 'n'", 'keep "n"' .. FULL },
    { "k[1] = nil l.x = {} l.x.y = 1", 'keep "l": field x.y' .. FULL },
    { "for i = 1, 10 do k[i] = nil end local t = {} for i = 1, 10 do t[i] = i end l.x = t",
      'keep "l": field x' .. FULL },
    { "local t = {} for i = 1, 40000 do t[i] = i end l.x = t", 'keep "l": field x[32766]' .. FULL },
  })
end

function TestRefused.test_the_call()
  assert_each_refused("local k = keep 'k'", {
    { "keep()", 'keep takes a name first, keep("mixer", { step = 1 }), not nothing' },
    { "keep { a = 1 }", 'keep takes a name first, keep("mixer", { step = 1 }), not a table' },
    { "keep 'a\\0b'", 'keep takes a name first, keep("mixer", { step = 1 }), not "a\\0b"' },
    { "keep ''", 'keep takes a name first, keep("mixer", { step = 1 }), not ""' },
    { "keep(('x'):rep(48))", 'keep: a name has at most 47 bytes; "' .. ("x"):rep(48) .. '" has 48' },
    { "keep('m', 5)", 'keep "m": the second argument is a table of defaults, not 5' },
    { "keep('m', mem)", 'keep "m": the second argument is a table of defaults, not a memory' },
    { "keep('m', setmetatable({}, {}))", 'keep "m": the table of defaults' .. PLAIN .. "a table with a metatable" },
    { "keep('m', { a = { print } })", 'keep "m": field a[1]' .. PLAIN .. "a function" },
    { "keep('m', { [mem] = 1 })", 'keep "m": the table of defaults: its keys are text or integers, not a memory' },
    { "keep('m', {}, 5)", 'keep "m": options are one table, { key = value }, not 5' },
    { "keep('m', {}, { retain = 1 })", 'keep "m": option retain takes true or false, not 1' },
    { "keep('m', {}, { retian = true })", 'keep "m": unknown option "retian"; did you mean retain?' },
    { "keep('m', {}, {}, 1)", "keep takes a name, a table of defaults and a table of options, not 4 arguments" },
    { "keep 'k'", 'keep "k" is declared at script.lua:1 and again at script.lua:2; give each its own name, '
      .. "or pass the table on" },
  })
  assert_accepted "keep('m', { a = 1 }, { retain = true }) keep('n', nil, { retain = false })"
  assert_accepted "assert(not pcall(keep, 'm', { print })) assert(keep('m', { a = 1 }).a == 1)"
end

function TestRefused.test_declaring_ends_with_the_body()
  local fault = host.run("every(1, function() keep 'm' end)")
  lu.assertStrContains(fault, "script.lua:1: keep belongs in the script's body")
end

function TestRefused.test_its_insides_are_out_of_reach()
  assert_accepted [[
    local k = keep("m", { a = {} })
    assert(getmetatable(k) == "keep" and not pcall(setmetatable, k, {}))
    assert(tostring(k):find "^keep: " and type(k) == "userdata")
    local iterate = pairs(k)
    assert(not pcall(iterate) and not pcall(iterate, 5) and not pcall(iterate, mem))
    assert(not pcall(rawget, k, "a") and not pcall(rawset, k, "a", 1))
  ]]
end

TestScans = {}

-- A keep is a table for the logic, in tasks and in coroutines.
function TestScans.test_in_tasks()
  local fault, _, scans = host.run([[
    local k = keep("m", { count = 0, log = {} })
    local more = coroutine.wrap(function()
      while true do
        k.count = k.count + 1
        coroutine.yield()
      end
    end)
    every(1, function()
      more()
      table.insert(k.log, { at = scan.time, n = k.count })
      if #k.log > 3 then
        table.remove(k.log, 1)
      end
      if scan.count == 20 then
        assert(k.count == 20 and #k.log == 3 and k.log[1].n == 18 and k.log[3].at == 19)
        error "all is well"
      end
    end)
  ]], 30)
  lu.assertStrContains(fault, "script.lua:16: all is well")
  lu.assertEquals(scans, 20)
end

-- Thousands of scans that change keeps leave Lua's memory as it is.
function TestScans.test_memory_stays()
  local text = [[
    local k = keep("m", { list = {}, inner = { a = { n = 0 } } })
    every(0.1, function()
      k.inner.a.n = k.inner.a.n + 1
      table.insert(k.list, { n = k.inner.a.n, text = ("x"):rep(100) })
      if #k.list > 8 then table.remove(k.list, 1) end
    end)
  ]]
  local _, _, _, early = host.run(text, 500)
  local fault, _, scans, late = host.run(text, 5000)
  lu.assertEquals({ fault, scans }, { nil, 5000 })
  lu.assertTrue(late < early * 1.5, ("%d, then %d"):format(early, late))
end
