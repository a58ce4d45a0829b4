"""The library's blocks against an empty call of Lua's, and how fast time passes in msm test."""

import statistics

from measure import report

BLOCKS, SCANS = 500, 2000  # each block is called once in each scan
ALL = 1000  # whose share of a scan is told
SCAN = 0.01  # seconds: in how much of it the blocks fit
SCRIPT = """
local timer, control, sequence = require "msm.timer", require "msm.control", require "msm.sequence"
local made, called = {}, 0
for i = 1, %d do
  made[i] = %s
end
every("10ms", function()
  called = called + 1
  for i = 1, #made do
    local block = made[i]
    %s
  end
end)
"""
KINDS = {  # made, and called
    "empty": ("function(x) return x end", "block(true)"),
    "TON": ("timer.TON('on' .. i, '1h')", "block(true)"),
    "PID": ("control.PID('pid' .. i, { kp = 2, ti = '60s', td = '5s' })", "block(50, 20 + (i + called) % 3)"),
    "sequence step": (
        """sequence.chain('chain' .. i, {
          { 'one', when = function() return false end },
          { 'two', when = function() return false end },
        }, { start = true })""",
        "block()",
    ),
}
TEN_HOURS = """
for i = 1, 50 do mem["V" .. i] = holding.float32(2 * i) end
local on = require "msm.timer".TON("on", "5s")
local names = {}
for i = 1, 50 do names[i] = "V" .. i end
every("100ms", function(dt)
  for i = 1, 49 do mem[names[i]] = mem[names[i + 1]] + dt end
  on(mem.V3 > 5)
end)
"""
TEST = """
function test_ten_hours()
  local plant = require "msm.test".load "%s"
  plant:run "10h"
  assert(plant:count() == 360000)
end
"""


def seconds(bench, kind, scans):
    made, called = KINDS[kind]
    script = bench.folder / "blocks.lua"
    script.write_text(SCRIPT % (BLOCKS, made, called))
    return bench.spent([bench.build / "msm", "run", "--dry", str(scans), str(script)])


def blocks(bench):
    print(f"Blocks: {BLOCKS} of a kind, called in {SCANS} scans: the time of a call with its part of the")
    print(f"scan, in brackets to an empty call of Lua's; of {ALL} the share of a scan of {SCAN * 1000:.0f} ms")
    times = {kind: [] for kind in KINDS}
    for _ in range(bench.rounds):
        for kind in KINDS:
            spent = seconds(bench, kind, SCANS) - seconds(bench, kind, 1)
            times[kind].append(spent / BLOCKS / (SCANS - 1))
    for kind in list(KINDS)[1:]:
        ratio = statistics.median(block / empty for block, empty in zip(times[kind], times["empty"]))
        one = statistics.median(times[kind])
        share = ALL * one / SCAN
        report(f"{kind}, {ALL} of them", f"{one * 1e9:.0f} ns ({ratio:.0f}), {share:.1%}", "<= 10 %",
               share <= 0.1)
    ten_hours(bench)


def ten_hours(bench):
    script, test = bench.folder / "hours.lua", bench.folder / "test_hours.lua"
    script.write_text(TEN_HOURS)
    test.write_text(TEST % script)
    spent = [bench.spent([bench.build / "msm", "test", str(test)]) for _ in range(bench.rounds)]
    median = statistics.median(spent)
    report("ten hours of 50 variables at 100 ms, msm test", f"{median:.1f} s", "<= 5 s", median <= 5)
