-- Proves TON, TOF and TP by the timing diagrams of IEC 61131-3 (2.5.2.3.4, figure 15): scan after scan
-- at stated times, with what the figure leaves open (preset 0, preset changed while running, an edge
-- between two calls); then by random inputs, presets and scan times against a model that looks at the
-- whole history of inputs and remembers nothing.
-- luacheck: read_globals host

local lu = require "luaunit"
local timer = require "msm.timer"

local T <const>, F <const> = true, false

-- Each row: time of the scan, IN, then what Q and ET are; PT where it is assigned before the call.
local DIAGRAMS = {
  { "TON", "figure 15: long, short, long", 2, {
    { 0, F, F, 0 }, { 1, T, F, 0 }, { 2, T, F, 1 }, { 2.9, T, F, 1.9 }, { 3, T, T, 2 }, { 4, T, T, 2 },
    { 5, F, F, 0 }, { 6, F, F, 0 }, { 7, T, F, 0 }, { 8.5, T, F, 1.5 }, { 8.6, F, F, 0 }, { 9, T, F, 0 },
    { 10.9, T, F, 1.9 }, { 11, T, T, 2 }, { 12, F, F, 0 },
  } },
  { "TON", "IN true in the first call", 1, { { 0, T, F, 0 }, { 1, T, T, 1 }, { 1.1, F, F, 0 } } },
  { "TON", "preset 0", 0, { { 0, F, F, 0 }, { 1, T, T, 0 }, { 2, T, T, 0 }, { 3, F, F, 0 }, { 3, T, T, 0 } } },
  { "TON", "twice in one scan", 1, {
    { 0, T, F, 0 }, { 0, T, F, 0 }, { 1, T, T, 1 }, { 1, T, T, 1 }, { 1, F, F, 0 }, { 1, T, F, 0 }, { 2, T, T, 1 },
  } },
  { "TON", "a late scan", 1, { { 0, T, F, 0 }, { 60, T, T, 1 }, { 61, F, F, 0 } } },
  { "TON", "IN false between two scans only", 2, { { 0, T, F, 0 }, { 1, T, F, 1 }, { 2, T, T, 2 } } },
  { "TON", "preset raised while it runs", 2, {
    { 0, T, F, 0 }, { 1, T, F, 1, PT = 4 }, { 2, T, F, 2 }, { 3.9, T, F, 3.9 }, { 4, T, T, 4 },
  } },
  { "TON", "preset lowered while it runs", 4, {
    { 0, T, F, 0 }, { 1, T, F, 1 }, { 3, T, T, 2, PT = 2 }, { 4, T, T, 2 }, { 5, F, F, 0 },
  } },
  { "TON", "preset set to 0 while it runs", 4, { { 0, T, F, 0 }, { 1, T, T, 0, PT = 0 }, { 2, F, F, 0 } } },
  { "TON", "preset raised after Q", 1, {
    { 0, T, F, 0 }, { 1, T, T, 1 }, { 2, T, F, 2, PT = 3 }, { 3, T, T, 3 },
  } },

  { "TOF", "figure 15: long, short, again while it runs", 2, {
    { 0, F, F, 0 }, { 1, T, T, 0 }, { 3, T, T, 0 }, { 4, F, T, 0 }, { 5, F, T, 1 }, { 5.9, F, T, 1.9 },
    { 6, F, F, 2 }, { 7, F, F, 2 }, { 8, T, T, 0 }, { 9, F, T, 0 }, { 10, F, T, 1 }, { 10.5, T, T, 0 },
    { 11, F, T, 0 }, { 12.9, F, T, 1.9 }, { 13, F, F, 2 },
  } },
  { "TOF", "IN true in the first call", 1, { { 0, T, T, 0 }, { 1, F, T, 0 }, { 2, F, F, 1 } } },
  { "TOF", "never true", 1, { { 0, F, F, 0 }, { 5, F, F, 0 } } },
  { "TOF", "preset 0", 0, { { 0, F, F, 0 }, { 1, T, T, 0 }, { 2, F, F, 0 }, { 3, F, F, 0 }, { 4, T, T, 0 } } },
  { "TOF", "true in one scan only", 1, { { 0, F, F, 0 }, { 1, T, T, 0 }, { 1.1, F, T, 0 }, { 2.1, F, F, 1 } } },
  { "TOF", "preset raised while it runs", 2, {
    { 0, T, T, 0 }, { 1, F, T, 0 }, { 2, F, T, 1, PT = 3 }, { 3, F, T, 2 }, { 4, F, F, 3 },
  } },
  { "TOF", "preset lowered while it runs", 4, {
    { 0, T, T, 0 }, { 1, F, T, 0 }, { 3, F, F, 1, PT = 1 }, { 4, F, F, 1, PT = 10 }, { 5, T, T, 0 },
  } },
  { "TOF", "preset set to 0 while it runs", 4, { { 0, T, T, 0 }, { 1, F, T, 0 }, { 2, F, F, 0, PT = 0 } } },

  { "TP", "figure 15: longer than PT, shorter, again while it runs", 2, {
    { 0, F, F, 0 }, { 1, T, T, 0 }, { 2, T, T, 1 }, { 2.9, T, T, 1.9 }, { 3, T, F, 2 }, { 4, T, F, 2 },
    { 5, F, F, 0 }, { 6, T, T, 0 }, { 6.5, F, T, 0.5 }, { 7, T, T, 1 }, { 7.5, F, T, 1.5 }, { 7.9, F, T, 1.9 },
    { 8, F, F, 0 }, { 9, F, F, 0 }, { 10, T, T, 0 }, { 11, F, T, 1 }, { 11.5, T, T, 1.5 }, { 12, T, F, 2 },
    { 13, T, F, 2 }, { 14, F, F, 0 },
  } },
  { "TP", "IN true in the first call", 1, { { 0, T, T, 0 }, { 0.5, T, T, 0.5 }, { 1, T, F, 1 }, { 2, F, F, 0 } } },
  { "TP", "preset 0", 0, { { 0, F, F, 0 }, { 1, T, F, 0 }, { 2, T, F, 0 }, { 3, F, F, 0 } } },
  { "TP", "IN rises in the very scan that ends the pulse", 1, {
    { 0, T, T, 0 }, { 0.5, F, T, 0.5 }, { 1, T, T, 0 }, { 1.5, T, T, 0.5 }, { 2, T, F, 1 },
  } },
  { "TP", "IN rises long after the pulse, the scan was late", 1, {
    { 0, T, T, 0 }, { 0.5, F, T, 0.5 }, { 60, T, T, 0 },
  } },
  { "TP", "twice in one scan", 1, { { 0, T, T, 0 }, { 0, F, T, 0 }, { 0, T, T, 0 }, { 1, T, F, 1 }, { 1, T, F, 1 } } },
  { "TP", "preset raised while it runs", 2, {
    { 0, T, T, 0 }, { 1, T, T, 1, PT = 3 }, { 2, T, T, 2 }, { 3, T, F, 3 }, { 3.5, T, F, 3, PT = 9 }, { 4, F, F, 0 },
  } },
  { "TP", "preset lowered while it runs", 4, { { 0, T, T, 0 }, { 2, T, F, 1, PT = 1 }, { 3, F, F, 0 } } },
  { "TP", "preset set to 0 ends the pulse", 4, {
    { 0, T, T, 0 }, { 1, T, F, 0, PT = 0 }, { 2, T, F, 0, PT = 4 }, { 3, F, F, 0 }, { 4, T, T, 0 },
  } },
}

for i, diagram in ipairs(DIAGRAMS) do
  diagram.block = timer[diagram[1]]("diagram " .. i, diagram[3])
end

local ROUNDS <const>, STEPS <const> = 60, 80

local rounds = {}
for i = 1, ROUNDS do
  rounds[i] = { TON = timer.TON("round " .. i, 1), TOF = timer.TOF("round " .. i, 1), TP = timer.TP("round " .. i, 1) }
end

every("1ms", function() end) -- for host.late, which runs one scan however long it was

local function assert_answers(block, IN, Q, ET, what)
  lu.assertEquals(block(IN), Q, what)
  lu.assertEquals(block.Q, Q, what)
  lu.assertAlmostEquals(block.ET, ET, 1e-6, what)
end

TestTimingDiagrams = {}

for _, diagram in ipairs(DIAGRAMS) do
  local kind, name, _, rows = table.unpack(diagram)
  TestTimingDiagrams[("test_%s_%s"):format(kind, (name:gsub("[^%w]+", "_")))] = function()
    local at = 0
    for _, row in ipairs(rows) do
      if row[1] ~= at then
        host.late(row[1] - at)
        at = row[1]
      end
      diagram.block.PT = row.PT or diagram.block.PT
      assert_answers(diagram.block, row[2], row[3], row[4], ("%s, %s, at %g s"):format(kind, name, at))
    end
  end
end

-- ---- the model ----
-- A history is a list of calls { at, IN, PT }, times in whole milliseconds, so that nothing is
-- rounded. What a timer says is worked out from all of it, each time anew.

-- The first call of the unbroken row of calls with this IN that the last one belongs to.
local function since(history, IN)
  local first = #history
  while first > 1 and history[first - 1].IN == IN do
    first = first - 1
  end
  return first
end

-- The first call, from `first` on, at which what began at `from` is over; or nil.
local function over(history, first, from)
  for i = first, #history do
    if history[i].at - from >= history[i].PT then
      return i
    end
  end
end

local MODEL = {}

function MODEL.TON(history)
  local last = history[#history]
  if not last.IN then
    return false, 0
  end
  local elapsed = last.at - history[since(history, true)].at
  return elapsed >= last.PT, math.min(elapsed, last.PT)
end

function MODEL.TOF(history)
  local last = history[#history]
  if last.IN then
    return true, 0
  end
  local fell = since(history, false)
  if fell == 1 then
    return false, 0 -- never true
  end
  local from = history[fell].at
  local ended = over(history, fell, from)
  return not ended, ended and history[ended].PT or last.at - from
end

function MODEL.TP(history)
  local began, ended
  for i, call in ipairs(history) do
    local rises = call.IN and not (i > 1 and history[i - 1].IN)
    if rises and (not began or ended and ended <= i) then
      began = i
      ended = over(history, i, call.at)
    end
  end
  local last = history[#history]
  if began and not ended then
    return true, last.at - history[began].at
  end
  return false, began and last.IN and history[ended].PT or 0
end

local function show(history)
  local lines = {}
  for i, call in ipairs(history) do
    lines[i] = ("%6d ms  IN %-5s  PT %d ms"):format(call.at, call.IN, call.PT)
  end
  return table.concat(lines, "\n")
end

local PRESETS <const> = { 0, 50, 100, 200, 500, 1000 } -- multiples of the steps: ends meet scans often

TestAgainstModel = {}

local function run_round(kind, block, random)
  local history, at, IN, PT = {}, 0, random(2) == 1, PRESETS[random(#PRESETS)]
  for _ = 1, STEPS do
    if random(4) == 1 then
      IN = not IN
    end
    if random(12) == 1 then
      PT = PRESETS[random(#PRESETS)]
    end
    history[#history + 1] = { at = at, IN = IN, PT = PT }
    block.PT = PT / 1000
    local Q, ET = MODEL[kind](history)
    local said, said_ET = block(IN), block.ET
    if said ~= Q or block.Q ~= Q or math.abs(said_ET - ET / 1000) > 1e-6 then
      lu.fail(("%s says %s, %g and has to say %s, %g after\n%s")
        :format(kind, said, said_ET, Q, ET / 1000, show(history)))
    end
    local step = random(5) == 1 and random(700) or random(0, 6) * 25
    at = at + step
    if step > 0 then
      host.late(step / 1000)
    end
  end
end

-- A generator of its own, so that the rounds are the same each time: multiply with carry.
local function generator(seed)
  local x = seed
  return function(from, to)
    if not to then
      from, to = 1, from
    end
    x = (x & 0xffffffff) * 4294957665 + (x >> 32)
    return from + (x & 0x7fffffff) % (to - from + 1)
  end
end

for _, kind in ipairs { "TON", "TOF", "TP" } do
  TestAgainstModel["test_" .. kind] = function()
    for i, blocks in ipairs(rounds) do
      local ok, message = pcall(run_round, kind, blocks[kind], generator(i))
      if not ok then
        error(("seed %d: %s"):format(i, type(message) == "table" and message.msg or message), 0)
      end
    end
  end
end
