-- Proves what a script sees of arrays: elements from 1, whole assignment, ipairs and #, and that an
-- assignment that does not fit changes nothing.
-- luacheck: read_globals host

local lu = require "luaunit"

TestArrays = {}

mem.TEMPS = holding.int16(40, { count = 3, min = -50, max = 150 })
mem.ROW = holding.word(50, { count = 4 })
mem.TAIL = holding.word(51, { count = 4 })
mem.SENSORS = holding.word(60, { count = 2, dir = "in" })

function TestArrays.test_elements_count_from_1()
  mem.TEMPS = { 10, -20, 30 }
  mem.TEMPS[2] = 21
  lu.assertEquals(#mem.TEMPS, 3)
  local seen = {}
  for i, value in ipairs(mem.TEMPS) do
    seen[i] = value
  end
  lu.assertEquals(seen, { 10, 21, 30 })
  seen = {}
  for i, value in pairs(mem.TEMPS) do
    seen[i] = value
  end
  lu.assertEquals(seen, { 10, 21, 30 })
  lu.assertEquals({ table.unpack(mem.TEMPS) }, { 10, 21, 30 })
  lu.assertNil(mem.TEMPS[4])
end

function TestArrays.test_what_is_refused()
  local here = ".*test_array.lua:%d+: "
  local function refused(message, f)
    lu.assertErrorMsgMatches(here .. message:gsub("[%[%]%.%-()]", "%%%0"), f)
  end
  mem.TEMPS = { 1, 2, 3 }
  refused("mem.TEMPS[0]: elements are 1..3", function() mem.TEMPS[0] = 1 end)
  refused("mem.TEMPS[4]: elements are 1..3", function() mem.TEMPS[4] = 1 end)
  refused("mem.TEMPS[5]: elements are 1..3", function() return mem.TEMPS[5] end)
  refused('mem.TEMPS["2"]: elements are 1..3', function() return mem.TEMPS["2"] end)
  refused('mem.TEMPS["2"]: elements are 1..3', function() mem.TEMPS["2"] = 1 end)
  refused('mem.TEMPS["x"]: elements are 1..3', function() return mem.TEMPS.x end)
  refused('mem.TEMPS[2] = 151 is out of range -50..150; limit = "clamp" would hold it there',
    function() mem.TEMPS[2] = 151 end)
  refused("mem.TEMPS takes a number, not nil", function() mem.TEMPS[2] = nil end)
  refused("mem.TEMPS takes exactly 3 values, not 2", function() mem.TEMPS = { 1, 2 } end)
  refused("mem.TEMPS takes exactly 3 values, not 4", function() mem.TEMPS = { 1, 2, 3, 4 } end)
  refused("mem.TEMPS is an array of 3: it takes a table of 3 values, not 5",
    function() mem.TEMPS = 5 end)
  refused('mem.SENSORS is written by the world (dir is "in"), the program only reads it; '
    .. 'dir = "inout" lets both write', function() mem.SENSORS = { 1, 2 } end)
end

function TestArrays.test_nothing_is_half_assigned()
  mem.TEMPS = { 1, 2, 3 }
  lu.assertErrorMsgContains("mem.TEMPS[3] = 999 is out of range", function()
    mem.TEMPS = { 7, 8, 999 }
  end)
  lu.assertErrorMsgContains("mem.TEMPS[2] takes a value, not nil", function()
    mem.TEMPS = { 7, nil, 9 }
  end)
  lu.assertEquals({ table.unpack(mem.TEMPS) }, { 1, 2, 3 })
  local reads = 0 -- a table that changes its mind is asked once for each element
  mem.TEMPS = setmetatable({}, {
    __len = function() return 3 end,
    __index = function() reads = reads + 1 return reads > 3 and 999 or reads end,
  })
  lu.assertEquals({ table.unpack(mem.TEMPS) }, { 1, 2, 3 })
end

function TestArrays.test_moved_within_itself()
  mem.ROW = { 1, 2, 3, 4 }
  mem.TAIL = mem.ROW
  lu.assertEquals({ table.unpack(mem.TAIL) }, { 1, 2, 3, 4 })
  lu.assertEquals({ table.unpack(mem.ROW) }, { 1, 1, 2, 3 })
end
