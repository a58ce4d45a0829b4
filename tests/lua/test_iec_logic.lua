-- Proves latches, edges and counters by the bodies that IEC 61131-3 gives for them (2.5.2.3.1 to
-- 2.5.2.3.3, tables 34 to 36): call after call, then by random inputs against a model that counts in the
-- whole history of inputs and remembers nothing.
-- luacheck: read_globals host

local lu = require "luaunit"
local counter = require "msm.counter"
local edge = require "msm.edge"
local latch = require "msm.latch"

local T <const>, F <const> = true, false

local function blocks_of(name)
  return {
    SR = latch.SR(name), RS = latch.RS(name),
    R_TRIG = edge.R_TRIG(name), F_TRIG = edge.F_TRIG(name), change = edge.change(name),
    CTU = counter.CTU(name, 3), CTD = counter.CTD(name, 3), CTUD = counter.CTUD(name, 3),
  }
end

local MANY <const> = 40
local tables, limits = blocks_of("tables"), blocks_of("limits")
local rounds = {}
for i = 1, MANY do
  rounds[i] = blocks_of("round " .. i)
end

every("1s", function() end)

TestTables = {}

-- Each row: inputs, then the answer; where the block has a CV, that after it.
local function assert_rows(block, inputs, rows)
  for i, row in ipairs(rows) do
    if row.PV then
      block.PV = row.PV
    end
    local answers = { block(table.unpack(row, 1, inputs)) }
    lu.assertEquals(answers, { table.unpack(row, inputs + 1, inputs + #answers) }, "row " .. i)
    if row.CV then
      lu.assertEquals(block.CV, row.CV, "CV in row " .. i)
      lu.assertEquals(math.type(block.CV), "integer")
    end
    host.advance(1)
  end
end

function TestTables.test_SR_set_wins()
  assert_rows(tables.SR, 2, {
    { F, F, F }, { F, T, F }, { T, F, T }, { F, F, T }, { T, T, T }, { F, T, F }, { T, T, T },
  })
  lu.assertTrue(tables.SR.Q1)
end

function TestTables.test_RS_reset_wins()
  assert_rows(tables.RS, 2, {
    { F, F, F }, { T, T, F }, { T, F, T }, { F, F, T }, { T, T, F }, { F, F, F }, { T, F, T },
  })
  lu.assertTrue(tables.RS.Q1)
end

function TestTables.test_R_TRIG_true_in_the_first_call_is_an_edge()
  assert_rows(tables.R_TRIG, 1, { { T, T }, { T, F }, { F, F }, { F, F }, { T, T }, { F, F } })
  lu.assertFalse(tables.R_TRIG.Q)
end

function TestTables.test_R_TRIG_false_in_the_first_call()
  assert_rows(limits.R_TRIG, 1, { { F, F }, { T, T }, { T, F } })
end

function TestTables.test_F_TRIG_false_in_the_first_call_is_none()
  assert_rows(tables.F_TRIG, 1, { { F, F }, { F, F }, { T, F }, { T, F }, { F, T }, { F, F }, { T, F }, { F, T } })
  lu.assertTrue(tables.F_TRIG.Q)
end

function TestTables.test_F_TRIG_true_in_the_first_call()
  assert_rows(limits.F_TRIG, 1, { { T, F }, { F, T }, { F, F } })
end

function TestTables.test_change()
  assert_rows(tables.change, 1, {
    { 1, F }, { 1.0, F }, { 2, T }, { 2, F }, { "2", T }, { "2", F }, { true, T }, { false, T }, { 2, T },
    { "2", T }, { ("x"):rep(1024), T }, { ("x"):rep(1024), F }, { "", T }, { math.huge, T }, { 0, T }, { -0.0, F },
  })
  for _, value in ipairs { 0 / 0, {} } do
    lu.assertErrorMsgContains("value must be a number, a boolean or text", tables.change, value)
  end
  lu.assertErrorMsgContains("value must be a number, a boolean or text, not nil", tables.change)
end

function TestTables.test_CTU()
  assert_rows(tables.CTU, 2, {
    { T, F, F, CV = 1 }, { T, F, F, CV = 1 }, { F, F, F, CV = 1 }, { T, nil, F, CV = 2 }, { F, F, F, CV = 2 },
    { T, F, T, CV = 3 }, { F, F, T, CV = 3 }, { T, F, T, CV = 4 }, { F, T, F, CV = 0 }, { T, T, F, CV = 0 },
    { T, F, F, CV = 0 }, -- the edge was seen, though R was true
    { F, F, T, CV = 0, PV = 0 }, { F, F, F, CV = 0, PV = 1 }, { T, F, T, CV = 1 }, { T, F, T, CV = 1, PV = -5 },
  })
end

function TestTables.test_CTD()
  assert_rows(tables.CTD, 2, {
    { F, F, T, CV = 0 }, { F, T, F, CV = 3 }, { T, F, F, CV = 2 }, { T, F, F, CV = 2 }, { F, nil, F, CV = 2 },
    { T, F, F, CV = 1 }, { F, F, F, CV = 1 }, { T, F, T, CV = 0 }, { F, F, T, CV = 0 }, { T, F, T, CV = -1 },
    { T, T, F, CV = 3 }, { F, F, F, CV = 3, PV = 7 }, { F, T, F, CV = 7 },
  })
end

function TestTables.test_CTUD()
  assert_rows(tables.CTUD, 4, {
    { F, F, F, F, F, T, CV = 0 }, { T, F, F, F, F, F, CV = 1 },
    { T, T, F, F, F, T, CV = 0 }, { F, F, F, F, F, T, CV = 0 },
    { T, T, F, F, F, T, CV = 0 }, { F, F, F, T, T, F, CV = 3 }, { F, F, T, T, F, T, CV = 0 },
    { F, T, F, F, F, T, CV = -1 },
    { T, T, F, F, F, T, CV = 0 }, { F, F, nil, nil, F, T, CV = 0 }, { F, F, F, F, T, T, CV = 0, PV = 0 },
  })
  lu.assertEquals({ tables.CTUD.QU, tables.CTUD.QD }, { true, true })
end

function TestTables.test_counters_stay_at_their_ends()
  limits.CTD.PV = math.mininteger
  assert_rows(limits.CTD, 2, { { F, T, T, CV = math.mininteger }, { T, F, T, CV = math.mininteger } })
  limits.CTUD.PV = math.maxinteger
  assert_rows(limits.CTUD, 4, {
    { F, F, F, T, T, F, CV = math.maxinteger }, { T, F, F, F, T, F, CV = math.maxinteger },
    { F, T, F, F, F, F, CV = math.maxinteger - 1 },
  })
end

function TestTables.test_what_they_refuse()
  local here = ".*test_iec_logic.lua:%d+: "
  for _, row in ipairs {
    { 'latch.SR "limits": S1 must be true or false, not 1', limits.SR, 1, false },
    { 'latch.SR "limits": R must be true or false, not nil', limits.SR, true },
    { 'latch.RS "limits": R1 must be true or false, not "x"', limits.RS, true, "x" },
    { 'edge.R_TRIG "limits": CLK must be true or false, not nil', limits.R_TRIG },
    { 'edge.F_TRIG "limits": CLK must be true or false, not a table', limits.F_TRIG, {} },
    { 'counter.CTU "limits": CU must be true or false, not nil', limits.CTU },
    { 'counter.CTU "limits": R must be true or false, not 0', limits.CTU, true, 0 },
    { 'counter.CTD "limits": LD must be true or false, not 0', limits.CTD, true, 0 },
    { 'counter.CTUD "limits": CD must be true or false, not nil', limits.CTUD, true },
  } do
    lu.assertErrorMsgMatches(here .. row[1], function()
      row[2](table.unpack(row, 3, 4))
    end)
  end
  lu.assertErrorMsgMatches(here .. 'counter.CTU "limits": PV must be a whole number, not 1.5', function()
    limits.CTU.PV = 1.5
  end)
  lu.assertErrorMsgMatches(here .. 'counter.CTU "limits": CV is made by the block; PV can be assigned', function()
    limits.CTU.CV = 1
  end)
end

-- ---- the model ----
-- A history is a list of { a, b, c, d, PV }.

local function rises(history, i, input)
  return history[i][input] and not (i > 1 and history[i - 1][input])
end

-- The last call in which one of the inputs was true, and which.
local function last_true(history, from, ...)
  for i = #history, from, -1 do
    for _, input in ipairs { ... } do
      if history[i][input] then
        return i, input
      end
    end
  end
end

local function count(history, from, input)
  local n = 0
  for i = from, #history do
    n = n + (rises(history, i, input) and 1 or 0)
  end
  return n
end

local MODEL = {}

function MODEL.SR(h)
  local _, input = last_true(h, 1, 1, 2)
  return input == 1
end

function MODEL.RS(h)
  local _, input = last_true(h, 1, 2, 1)
  return input == 1
end

function MODEL.R_TRIG(h)
  return rises(h, #h, 1)
end

function MODEL.F_TRIG(h)
  return #h > 1 and h[#h - 1][1] and not h[#h][1]
end

function MODEL.CTU(h)
  local reset = last_true(h, 1, 2) or 0
  local CV = count(h, reset + 1, 1)
  return CV >= h[#h].PV, CV
end

function MODEL.CTD(h)
  local loaded = last_true(h, 1, 2) or 0
  local CV = (loaded > 0 and h[loaded].PV or 0) - count(h, loaded + 1, 1)
  return CV <= 0, CV
end

function MODEL.CTUD(h)
  local set, input = last_true(h, 1, 3, 4)
  set = set or 0
  local CV = (input == 4 and h[set].PV or 0) + count(h, set + 1, 1) - count(h, set + 1, 2)
  return CV >= h[#h].PV, CV <= 0, CV
end

local INPUTS = { SR = 2, RS = 2, R_TRIG = 1, F_TRIG = 1, CTU = 2, CTD = 2, CTUD = 4 }

local function run_round(kind, block, seed)
  math.randomseed(seed, 0)
  local history = {}
  for step = 1, 120 do
    local before, call = history[step - 1] or { PV = 3 }, {}
    for input = 1, INPUTS[kind] do
      local rare = input > 1 and kind:sub(1, 2) == "CT" and (input > 2 or kind ~= "CTUD")
      call[input] = rare and math.random(12) == 1 or not rare and math.random(3) > 1 and before[input] or
        not rare and math.random(2) == 1
    end
    call.PV = math.random(20) == 1 and math.random(-2, 5) or before.PV
    history[step] = call
    if kind:sub(1, 2) == "CT" then
      block.PV = call.PV
    end
    local said = { block(table.unpack(call, 1, INPUTS[kind])) }
    said[#said + 1] = kind:sub(1, 2) == "CT" and block.CV or nil
    lu.assertEquals(said, { MODEL[kind](history) }, ("%s, seed %d, call %d"):format(kind, seed, step))
  end
end

TestAgainstModel = {}

for kind in pairs(INPUTS) do
  TestAgainstModel["test_" .. kind] = function()
    for i, blocks in ipairs(rounds) do
      run_round(kind, blocks[kind], i)
    end
  end
end
