"""Hostile scripts on the real binary: each ends as a clean fault that names its line, or is refused
with one; outputs are safe, masters are answered all the while, the process lives, and a reload
brings a good script back. Only the third thread that is stuck inside one call of Lua's own ends the
process. The scripts are in hostile_scripts.py.

How long masters wait is compared with their waiting for a good program in the same run.

Under the thread sanitizer, whose signals do not interrupt Lua, what only the watchdog ends is
skipped."""

import re
import signal
import statistics
import sys
import threading
import time
import unittest

import control
import hostile_scripts
from devices import LibmodbusDevice
from msm import DEADLINE, SANITIZERS, Msm, eventually

WITHOUT_SIGNALS = "thread" in SANITIZERS
SKIPPED = "signals do not interrupt Lua under the thread sanitizer"
GO, SAFE, OUT = 0, 1, 2  # coils

HEAD = """
program { watchdog = "200ms", probation = "%s", memory = 8 }
mem.GO      = coil(0)
mem.SAFE    = coil(1, { safe = true, dir = "inout" })
mem.OUT     = coil(2, { safe = false })
mem.COUNT   = holding.uint16(0, { limit = "wrap" })
mem.LEVEL   = holding.float32(1)
mem.LIMITED = holding.uint16(3, { max = 100 })
mem.TEXT    = holding.string(4, { length = 8 })
mem:raw { holding = { 10, 4 } }
server.tcp { port = 0 }
local kept = keep("kept", { n = 0, text = "" })
"""

TASK = """
local function hostile()
%s
end
every("5ms", function()
  mem.OUT = true
  mem.COUNT = mem.COUNT + 1
  if mem.GO then
    hostile()
    error("the hostile script came to its end")
  end
end)
"""


def script(code, probation="30ms", head=HEAD, task=TASK):
    """Lua text, and the lines that are the hostile ones."""
    head = head % probation
    first = head.count("\n") + task[:task.index("%s")].count("\n") + 1
    return head + task % code, range(first, first + code.count("\n") + 1)


GOOD = script("", "20ms")[0].replace('error("the hostile script came to its end")', "")


class Poller:
    """A master that asks without end and notes how long each answer took."""

    def __init__(self, msm):
        self.wire = msm.connect()
        self.waits = []  # (when, how long)
        self.error = None
        self.ends = False
        self.thread = threading.Thread(target=self._poll, daemon=True)
        self.thread.start()

    def _poll(self):
        try:
            while not self.ends:
                began = time.monotonic()
                self.wire.holding(0, 4)
                self.waits.append((began, time.monotonic() - began))
                time.sleep(0.001)
        except (AssertionError, OSError) as error:
            self.error = error

    def within(self, begin, end):
        """The waits that lay in an interval, also in part, and the next one, as seconds."""
        eventually(lambda: self.error or self.waits and self.waits[-1][0] > end, "a later answer")
        last = next(i for i, (when, _) in enumerate(self.waits) if when > end)
        return [wait for when, wait in self.waits[:last + 1] if when + wait >= begin]

    def stop(self):
        self.ends = True
        self.thread.join(DEADLINE)
        self.wire.close()
        if self.error:
            raise AssertionError("a master was not answered: %s" % self.error)


class Waits:
    """What masters waited in some intervals."""

    def __init__(self):
        self.worst, self.all = [], []

    def add(self, waits):
        self.worst.append(max(waits))
        self.all += waits

    def figures(self):
        return (statistics.median(self.worst), sorted(self.all)[len(self.all) * 99 // 100],
                max(self.all))


class Bed(unittest.TestCase):
    """One program for all scripts of a class, in whose file they take turns."""

    msm = None

    def setUp(self):
        self.msm = Msm(GOOD, name="hostile")
        self.addCleanup(self.msm.kill)
        self.control = self.msm.control()
        self.addCleanup(self.control.close)
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)
        self.poller = Poller(self.msm)
        self.waits, self.control_waits = Waits(), Waits()

    def write(self, text):
        with open(self.msm.path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def run_good(self):
        """The good script is back, proven, and runs."""
        self.assertEqual(self.wire.write_coil(GO, False), 0)
        self.write(GOOD)
        self.control.ask("reload")
        self.runs()

    def runs(self):
        self.assertEqual(self.control.ask("status")["state"], "run")
        count = self.wire.holding(0)
        eventually(lambda: self.wire.holding(0) != count, "the next scan")
        self.assertEqual(self.wire.coil(OUT), 1)

    def calm(self):
        """A hundred answers without a fault, for comparison."""
        begin = time.monotonic()
        self.assertEqual(self.wire.write_coil(GO, True), 0)
        answered = len(self.poller.waits)
        eventually(lambda: len(self.poller.waits) >= answered + 100 or self.poller.error,
                   "a hundred answers")
        self.control_waits.add(self.poller.within(begin, time.monotonic()))
        self.assertEqual(self.wire.write_coil(GO, False), 0)

    def refused(self, kind, *asked, **fields):
        with self.assertRaises(control.Refused) as caught:
            self.control.ask(*asked, **fields)
        self.assertEqual(caught.exception.kind, kind, caught.exception)
        return str(caught.exception)

    def finish(self):
        """The process lives to the end, and masters waited no longer than for a good program."""
        self.poller.stop()
        self.runs()
        self.control.close()
        self.wire.close()
        self.msm.stop()
        for line in self.msm.lines:
            self.assertNotRegex(line, "terminated|core dumped")

    def compare_waits(self):
        hostile, calm = self.waits.figures(), self.control_waits.figures()
        print("masters waited %.1f ms at worst in the median, %.1f in 99 %%, %.1f at most; "
              "of the good program %.1f, %.1f, %.1f"
              % tuple(1000 * figure for figure in hostile + calm), file=sys.stderr)
        for figure, beside, floor in zip(hostile, calm, (0.1, 0.1, 1.0)):
            self.assertLess(figure, max(10 * beside, floor))

    # -- one script in a task --------------------------------------------------------------

    def fault(self, says, code):
        """Loaded, proven, then told to begin: a fault in one of its lines."""
        text, lines = script(code)
        self.write(text)
        self.control.ask("reload")
        eventually(lambda: self.wire.coil(OUT) == 1)
        self.assertEqual(self.wire.write_coil(SAFE, False), 0)
        mark, begin = len(self.msm.lines), time.monotonic()
        self.assertEqual(self.wire.write_coil(GO, True), 0)
        eventually(lambda: self.wire.coil(OUT) == 0, "the safe value")
        self.waits.add(self.poller.within(begin, time.monotonic()))
        self.is_fault(says, lines, mark)

    def is_fault(self, says, lines, mark):
        eventually(lambda: any(": FAULT: " in line for line in self.msm.lines[mark:]), "the log")
        text = "\n".join(self.msm.lines[mark:])
        found = re.search(r"hostile\.lua:(\d+): (.*)", text)
        self.assertTrue(found, text)
        self.assertIn(int(found.group(1)), lines, text)
        self.assertRegex(found.group(2), says or ".")
        status = self.control.ask("status")
        self.assertEqual(status["state"], "fault")
        self.assertIn("hostile.lua:" + found.group(1), status["fault"])
        self.assertEqual(self.wire.coil(SAFE), 1)
        self.assertEqual(self.wire.write_coil(SAFE, False), 4)
        self.assertEqual(self.wire.write(3, 7), 0)
        self.assertEqual(self.control.value("LIMITED"), 7)

    def refuse_in_trial(self, says, code):
        """Told to begin before it is loaded: refused, and the good one goes on."""
        text, lines = script(code)
        self.assertEqual(self.wire.write_coil(GO, True), 0)
        self.write(text)
        answer = self.refused("refused", "reload")
        found = re.search(r"hostile\.lua:(\d+): (.*)", answer)
        self.assertTrue(found, answer)
        self.assertIn(int(found.group(1)), lines, answer)
        self.assertRegex(found.group(2), says or ".")
        self.assertEqual(self.wire.coil(SAFE), 0)
        self.assertEqual(self.wire.write_coil(GO, False), 0)
        self.runs()

    def play(self, rows):
        self.assertEqual(len({name for name, *_ in rows}), len(rows))
        for number, (name, says, code) in enumerate(rows):
            with self.subTest(name):
                self.fault(says, code.strip("\n"))
            self.run_good()
            if number % 8 == 0:
                with self.subTest(name, trial=True):
                    self.assertEqual(self.wire.write_coil(SAFE, False), 0)
                    self.refuse_in_trial(says, code.strip("\n"))
                self.calm()


class Tasks(Bed):
    """In a task, once a master has written GO."""

    @unittest.skipIf(WITHOUT_SIGNALS, SKIPPED)
    def test_loops(self):
        """what only the watchdog ends"""
        self.play(hostile_scripts.LOOPS)
        self.finish()
        self.compare_waits()

    def test_tasks(self):
        """what ends by an error of its own"""
        self.play(hostile_scripts.TASKS)
        self.finish()
        self.compare_waits()

    def test_rolled_back(self):
        """in the probation: the good one comes back, nothing was made safe"""
        for code, says in (("error(nil)", "nil"), ("while true do end", hostile_scripts.LATE)):
            if WITHOUT_SIGNALS and says == hostile_scripts.LATE:
                continue
            with self.subTest(code):
                self.assertEqual(self.wire.write_coil(SAFE, False), 0)
                text, _ = script("n = n + 1 if n == 5 then %s end do return end" % code, "1h",
                                 task="local n = 0\n" + TASK.replace(
                                     'error("the hostile script came to its end")', ""))
                self.assertEqual(self.wire.write_coil(GO, True), 0)
                self.write(text)
                self.assertRegex(self.refused("failed", "reload"), r"hostile\.lua:\d+: .*" + says)
                self.assertEqual(self.wire.coil(SAFE), 0)
                self.assertEqual(self.wire.write_coil(SAFE, False), 0)
                self.assertEqual(self.wire.write_coil(GO, False), 0)
                self.runs()
        self.finish()


class Elsewhere(Bed):
    """In the body, in on_start and on_stop, in eval."""

    def test_bodies(self):
        """refused with a line, and nothing has changed"""
        rows = hostile_scripts.BODIES + ([] if WITHOUT_SIGNALS else hostile_scripts.BODY_LOOPS)
        self.assertEqual(self.wire.write_coil(SAFE, False), 0)
        for name, says, text in rows:
            with self.subTest(name):
                self.write(text)
                begin = time.monotonic()
                self.assertRegex(self.refused("refused", "reload"), says or ".")
                self.waits.add(self.poller.within(begin, time.monotonic()))
                self.assertEqual(self.wire.coil(SAFE), 0)
                self.runs()
        self.calm()
        self.run_good()
        self.assertEqual(self.msm.command("check", self.msm.path).returncode, 0)
        self.finish()
        self.compare_waits()

    def test_bodies_at_the_start(self):
        """a first program is refused likewise, and msm ends with 1"""
        for name, says, text in hostile_scripts.BODIES[:4] + hostile_scripts.BODIES[14:17]:
            with self.subTest(name):
                self.write(text)
                result = self.msm.command("run", "--name", "another", self.msm.path)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertRegex(result.stderr, says)
        self.finish()

    def test_evals(self):
        """an error for whoever asked, and no fault"""
        for name, says, code, loops in hostile_scripts.EVALS:
            if loops and WITHOUT_SIGNALS:
                continue
            with self.subTest(name):
                self.assertRegex(self.refused("failed", "eval", code=code), says or ".")
                self.runs()
        self.finish()

    def test_on_start(self):
        """refused in a reload; a fault of the first program"""
        for code, says in (("while true do end", hostile_scripts.LATE),
                           ("error {}", "table"),
                           ("local t = {} while true do t = { t } end", hostile_scripts.FULL)):
            if WITHOUT_SIGNALS and says == hostile_scripts.LATE:
                continue
            text = GOOD + "\non_start(function() %s end)\n" % code
            line = r"hostile\.lua:%d: .*(%s)" % (text.count("\n"), says)
            with self.subTest(code):
                self.write(text)
                self.assertRegex(self.refused("refused", "reload"), line)
                self.runs()
            with self.subTest(code, cold=True), Msm(text, name="hostile") as msm, \
                    msm.connect() as wire:
                msm.wait_line(line)
                eventually(lambda: wire.coil(SAFE) == 1, "the safe value")
                self.assertEqual(wire.write_coil(SAFE, False), 4)
                result = msm.command("status")
                self.assertEqual(result.returncode, 1)
                self.assertIn("FAULT", result.stdout)
        self.finish()

    def test_on_stop(self):
        """told with its line; the program ends all the same"""
        for code, says in (("while true do end", hostile_scripts.LATE),
                           ("error {}", "table"),
                           ("local t = {} while true do t = { t } end", hostile_scripts.FULL)):
            if WITHOUT_SIGNALS and says == hostile_scripts.LATE:
                continue
            text = GOOD + "\non_stop(function() %s end)\n" % code
            with self.subTest(code):
                msm = Msm(text, name="hostile")
                self.addCleanup(msm.kill)
                with msm.connect() as wire:
                    eventually(lambda: wire.coil(OUT) == 1)
                msm.process.send_signal(signal.SIGTERM)
                msm.wait_line(r"hostile\.lua:%d: .*(%s)" % (text.count("\n"), says))
                msm.wait_line(r"hostile: stopped ")
                self.assertIn(msm.process.wait(DEADLINE), (0, 1))
                msm.kill()
        self.finish()


STUCK = 'local s = ("a"):rep(40) s:find(("a*"):rep(40) .. "b")'


@unittest.skipIf(WITHOUT_SIGNALS, SKIPPED)
class Stuck(Bed):
    """Inside one call of Lua's own that no signal interrupts."""

    def test_three(self):
        """two threads are given up, named with their line, and the program can be reloaded; the
        third ends the process with 1, outputs made safe"""
        ways = (STUCK, "while true do pcall(coroutine.wrap(function()\n%s\nend)) end" % STUCK)
        for number, code in enumerate(ways):
            self.fault("has not come back for 400 ms from one call", code)
            self.assertEqual(self.control.ask("status")["abandoned"], number + 1)
            self.run_good()
            self.calm()
        self.poller.stop()
        self.compare_waits()
        self.write(script("local s = 1\n" + STUCK)[0])
        self.control.ask("reload")
        self.assertEqual(self.wire.write_coil(GO, True), 0)
        self.assertEqual(self.msm.process.wait(DEADLINE), 1)
        text = self.msm.text()
        self.assertRegex(text, "a third thread does not come back, so the process ends")
        self.assertEqual(len(re.findall(r"hostile\.lua:\d+: watchdog: .* has not come back", text)),
                         3, text)

    def test_eval(self):
        """an eval that is stuck faults the program; whoever asked is told"""
        eventually(lambda: self.control.ask("status")["scan"]["count"], "the first scan")
        self.assertRegex(self.refused("failed", "eval", code=STUCK), "come back|given up")
        eventually(lambda: self.wire.coil(SAFE) == 1, "the safe value")
        status = self.control.ask("status")
        self.assertEqual((status["state"], status["abandoned"]), ("fault", 1))
        self.assertIn("eval:1: watchdog", status["fault"])
        self.run_good()
        self.finish()

    def test_devices_get_safe_values(self):
        """two scans and then a load that do not come back: what is safe reaches a device, also
        before the process ends, in which the program runs until then"""
        self.finish()
        with LibmodbusDevice() as device:
            head = HEAD.replace("server.tcp", """
local plc = memory("plc")
plc.VALVE = coil(0, { safe = false })
client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms" }
server.tcp""" % device.port)
            task = TASK.replace("mem.OUT = true", "mem.OUT = true plc.VALVE = true")
            text = script(STUCK, head=head, task=task)[0]
            msm = Msm(text, name="hostile")
            self.addCleanup(msm.kill)
            with msm.control() as ask, msm.connect() as wire:
                for _ in range(2):
                    eventually(lambda: device.get("coil", 0) == 1, "the valve to open")
                    self.assertEqual(wire.write_coil(GO, True), 0)
                    eventually(lambda: device.get("coil", 0) == 0, "the valve to close")
                    self.assertEqual(ask.ask("status")["state"], "fault")
                    self.assertEqual(wire.write_coil(GO, False), 0)
                    ask.ask("reload")
                eventually(lambda: device.get("coil", 0) == 1, "the valve to open")
                msm.folder.write("hostile.lua", STUCK)
                ask.send("reload")
                self.assertEqual(msm.process.wait(DEADLINE), 1)
                self.assertIn("a third thread does not come back", msm.text())
            self.assertEqual(device.get("coil", 0), 0)


if __name__ == "__main__":
    unittest.main()
