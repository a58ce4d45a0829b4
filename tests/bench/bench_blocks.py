"""The library's blocks against an empty call of Lua's, and how fast time passes in msm test."""

import statistics

from measure import report

CALLS = 1_000_000
SCAN = 0.01  # seconds: in how much of it a thousand blocks fit
PRELUDE = """
local timer, control = require "msm.timer", require "msm.control"
local sequence = require "msm.sequence"
local function empty(x) return x end
local on = timer.TON("on", "1h")
local pid = control.PID("pid", { kp = 2, ti = "60s", td = "5s" })
local chain = sequence.chain("chain", {
  { "one", when = function() return false end },
  { "two", when = function() return false end },
}, { start = true })
"""
BLOCKS = {  # one loop each, in a task
    "empty": "empty(true)",
    "TON": "on(true)",
    "PID": "pid(50, 20 + i % 3)",
    "sequence step": "chain()",
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


def blocks(bench):
    print(f"Blocks: {CALLS} calls in a task, the time of each, in brackets to an empty call of Lua's;")
    print(f"the share of a scan of {SCAN * 1000:.0f} ms that a thousand of them take")
    times = {name: [] for name in BLOCKS}
    for _ in range(bench.rounds):
        start = bench.task_seconds("", PRELUDE, 1)
        for name, body in BLOCKS.items():
            spent = bench.task_seconds(body, PRELUDE, CALLS) - start
            times[name].append(spent / CALLS)
    for name in list(BLOCKS)[1:]:
        ratio = statistics.median(block / empty for block, empty in zip(times[name], times["empty"]))
        one = statistics.median(times[name])
        share = 1000 * one / SCAN
        report(f"{name}, 1000 of them", f"{one * 1e9:.0f} ns ({ratio:.0f}), {share:.1%}", "<= 10 %",
               share <= 0.1)
    ten_hours(bench)


def ten_hours(bench):
    script, test = bench.folder / "hours.lua", bench.folder / "test_hours.lua"
    script.write_text(TEN_HOURS)
    test.write_text(TEST % script)
    spent = [bench.spent([bench.build / "msm", "test", str(test)]) for _ in range(bench.rounds)]
    median = statistics.median(spent)
    report("ten hours of 50 variables at 100 ms, msm test", f"{median:.1f} s", "<= 5 s", median <= 5)
