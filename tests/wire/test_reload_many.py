"""A thousand reloads in a row, good, refused, slow and rolled back, under masters that poll and
write and with a device on a link: no counter and no timer is ever wrong, no scan is missed that
would not have been missed without, no master's connection and no device's is lost, and nothing
grows.

Whether scans are missed is a matter of the machine's mood, too. So the reloads are done in blocks,
and after each block the same program runs for as long under the same load without any: that is the
control. With MSM_SANITIZE set there are a hundred reloads, and memory is not compared.
"""

import os
import socket
import statistics
import threading
import time
import unittest

from control import Refused
from hostile import HostileDevice
from msm import DEADLINE, SANITIZERS, Msm, Wire, eventually, fc_read, free_port, from_low_first

BLOCKS = 2 if SANITIZERS else 10
BLOCK = 50 if SANITIZERS else 100  # reloads, of which the first block warms up
PERIOD = 0.01
LOG_RING, LONG = 256 * 1024, 1000
ROUND = 10  # kinds, one after the other


def allowed(missed):
    """How many scans may be missed where the control misses some: both are counts of rare events,
    so their difference scatters by the root of twice that, three of which are granted; and where
    the control is lucky, ten: one processor that is taken away misses several in a row, and a
    reload that always costs a scan misses at least as many as there are reloads."""
    return missed + 3 * (2 * missed) ** 0.5 + 10


SCRIPT = """
program { probation = "%(probation)s" }
local timer = require "msm.timer"
%(head)s
mem.N       = input.uint32(0)            -- scans, in a keep
mem.SCANS   = input.uint32(2)            -- the same, in the memory
mem.TOTAL   = input.uint32(4)            -- the same, retained
mem.COUNT   = input.uint64(6)            -- scan.count
mem.TIME    = input.float64(10)          -- scan.time
mem.FIRED   = input.uint32(14)           -- on-delays
mem.FELL    = input.uint32(16)           -- off-delays
mem.WRONG   = input.uint16(18)           -- scans in which a timer was wrong
mem.VERSION = input.uint16(19)
mem.GAPS    = input.uint32(20)           -- scans by scan.count that no program completed
mem.MARK    = input.uint16(22)           -- left by a scan that faulted
mem.ECHO1   = holding.uint32(0)
mem.ECHO2   = holding.uint32(2)
mem.BURN    = holding.uint32(4)
mem.WANDER  = holding.uint16(%(wander)d, { dir = "out", default = 4711 })
local plc = memory("plc", { order = "CDAB" })
plc.OUT     = holding.uint32(0, { dir = "out" })
plc.IN      = holding.uint16(10)
client.tcp { host = "127.0.0.1", port = %(device)d, mem = plc, period = "20ms", timeout = "30s" }
server.tcp { port = 0, mem = mem }

-- An input that is true for 200 ms, false for 100 ms, and for how long it has been so.
mem.IN      = var.bool {}
mem.SINCE   = var.float64 {}
mem.ON      = var.bool {}
mem.OFF     = var.bool {}
local delayed, fallen = timer.TON("delayed", "70ms"), timer.TON("fallen", "50ms")

local k = keep("k", { n = 0, count = -1, gaps = 0 })
local total = keep("total", { n = 0 }, { retain = true })
local MICROSECOND = 1e-6
local scans = 0

local function time_it()
  if scan.time - mem.SINCE >= (mem.IN and 0.2 or 0.1) then
    mem.IN, mem.SINCE = not mem.IN, scan.time
  end
  local elapsed = scan.time - mem.SINCE + MICROSECOND
  local on, off = delayed(mem.IN), fallen(not mem.IN)
  if on ~= (mem.IN and elapsed >= 0.07) or off ~= (not mem.IN and elapsed >= 0.05) then
    mem.WRONG = mem.WRONG + 1
  end
  if on and not mem.ON then mem.FIRED = mem.FIRED + 1 end
  if off and not mem.OFF then mem.FELL = mem.FELL + 1 end
  mem.ON, mem.OFF = on, off
end

local function burn(times)
  local x = 0
  for i = 1, times do x = x + i %% 7 end
  return x
end

every("10ms", function()
  scans = scans + 1
  k.n, total.n = k.n + 1, total.n + 1
  if k.count >= 0 then k.gaps = k.gaps + scan.count - k.count - 1 end
  k.count = scan.count
  mem.SCANS = mem.SCANS + 1
  mem.N, mem.TOTAL, mem.GAPS, mem.COUNT, mem.TIME = k.n, total.n, k.gaps, scan.count, scan.time
  time_it()
  mem.VERSION, plc.OUT = %(version)d, k.n
  burn(math.max(mem.BURN, %(burn)d))
  %(task)s
end)
%(body)s
"""
WORDS = 23


class Look:
    """What one scan has left in the input registers."""

    def __init__(self, words):
        def integer(at):
            return words[at] | words[at + 1] << 16
        self.n, self.scans, self.total = integer(0), integer(2), integer(4)
        self.count = from_low_first("Q", words[6:10])
        self.time = from_low_first("d", words[10:14])
        self.fired, self.fell, self.gaps = integer(14), integer(16), integer(20)
        self.wrong, self.version, self.mark = words[18], words[19], words[22]

    def check(self, before=None):
        assert self.n == self.scans == self.total, \
            "scans, in a keep %d, in memory %d, retained %d" % (self.n, self.scans, self.total)
        assert self.wrong == 0, "a timer was wrong in %d scans" % self.wrong
        assert self.mark == 0, "a scan that faulted has published something"
        assert abs(self.fired - self.fell) <= 1, \
            "on-delays %d, off-delays %d" % (self.fired, self.fell)
        if before:
            assert (self.n - before.n) + (self.gaps - before.gaps) == self.count - before.count, \
                "of %d scans %d counted and %d left out" % (
                    self.count - before.count, self.n - before.n, self.gaps - before.gaps)
            assert self.n >= before.n and self.time >= before.time, "a look at the past"


class Master(threading.Thread):
    """Asks on one connection until it is told to end; its first failure is kept."""

    PACE = 0.002  # several of these and the device share a processor with msm

    def __init__(self, port, body):
        super().__init__(daemon=True)
        self.wire, self.body = Wire(port), body
        self.over, self.failure, self.asked = threading.Event(), None, 0
        self.start()

    def run(self):
        state = None
        try:
            while not self.over.wait(self.PACE):
                state = self.body(self.wire, state)
                self.asked += 1
        except Exception as error:  # handed to the test's own thread
            self.failure = error

    def check(self):
        assert not self.failure, "a master, after %d requests: %r" % (self.asked, self.failure)

    def stop(self):
        self.over.set()
        self.join(DEADLINE)
        self.wire.close()


def poll(wire, before):
    look = Look(wire.input(0, WORDS))
    look.check(before)
    return look


def writer(address):
    """Writes, and finds what it wrote, whatever program runs."""
    def write(wire, number):
        number = (number or 0) + 1
        assert wire.write(address, number & 0xFFFF, number >> 16) == 0, "a write was refused"
        words = wire.holding(address, 2)
        assert words == [number & 0xFFFF, number >> 16], "wrote %d, read %r" % (number, words)
        return number
    return write


class Kind:
    """One kind of reload: what is different in the text, and what comes of it."""

    def __init__(self, name, result="ok", new=True, **changes):
        self.name, self.result, self.changes = name, result, changes
        self.takes_over = result == "ok" and new


class Many(unittest.TestCase):
    def setUp(self):
        self.device = HostileDevice()
        self.addCleanup(self.device.stop)
        self.device.set("holding", 10, 99)
        self.taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.taken.close)
        self.spare = free_port()
        self.version, self.wander, self.running = 1, 20, "good"
        self.msm = Msm(self.text(), name="many")
        self.addCleanup(self.msm.kill)
        self.control = self.msm.control()
        self.addCleanup(self.control.close)
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)
        self.masters, self.sizes = [], []

    def text(self, version=1, wander=20, head="", body="", task="", burn=0, probation="50ms"):
        return SCRIPT % dict(probation=probation, version=version, wander=wander, head=head,
                             body=body, task=task, burn=burn, device=self.device.port)

    def kinds(self, turns):
        """`turns` is how often burn() turns in a millisecond."""
        # Processors that share a core turn half as fast when both are busy: a slow task takes as
        # much of the period as leaves it whole even then.
        share = 0.3
        late = "if scans == 3 then mem.MARK = 1; error('later') end"
        return [
            Kind("syntax", "refused", body="x = = 1"),
            Kind("slow task", burn=int(share * 1000 * PERIOD * turns)),
            Kind("good"),
            Kind("undeclared", "refused", body="mem.NOTHING = 1"),
            Kind("more", body="mem.MORE = holding.uint16(50, { default = 3 })\n"
                              "server.tcp { port = %d, mem = mem }" % self.spare),
            Kind("port in use", "refused",
                 body="server.tcp { port = %d, mem = mem }" % self.taken.getsockname()[1]),
            Kind("slow body", body="burn(%d)" % (100 * turns)),
            Kind("fault in the trial", "refused", task="mem.MARK = 1; error('at once')"),
            Kind("fault in probation", "failed", task=late, probation="10m"),
            Kind("no Lua", "refused", head="this is none"),
        ]

    # -- one reload ------------------------------------------------------------------------

    def look(self):
        return poll(self.wire, None)

    def reload(self, kind):
        before = self.look()
        version, wander = self.version % 50000 + 1, 20 + (self.version + 1) % 7
        self.msm.folder.write("many.lua", self.text(version, wander, **kind.changes))
        try:
            self.control.ask("reload")
            result = "ok"
        except Refused as refusal:
            result = refusal.kind
            reason = str(refusal)
        self.assertEqual(result, kind.result, kind.name + ("" if result == "ok" else ": " + reason))
        if kind.takes_over:
            self.version, self.wander, self.running = version, wander, kind.name
        if kind.result == "failed":
            eventually(lambda: self.look().version == self.version, "the old program's next scan")
        after = self.look()
        after.check(before)
        self.assertEqual(after.version, self.version, kind.name)
        if kind.result == "failed":
            self.assertGreater(after.gaps, before.gaps, "the scan that faulted")
        else:
            self.assertEqual(after.gaps, before.gaps, kind.name)
        self.assertEqual(self.wire.holding(self.wander), 4711, kind.name)
        self.assertEqual(self.wire.refused(fc_read(3, 50, 1)) == 0, self.running == "more",
                         kind.name)

    def block(self, kinds, count):
        """So many reloads."""
        for number in range(count):
            self.reload(kinds[number % ROUND])
            for master in self.masters:
                master.check()
            if number % ROUND == 3:  # after a good one, and one that was refused
                self.sizes.append(self.msm.memory())

    def idle(self, seconds, slow):
        """The control: as much work for the scan, and no reloads. A slow task is slow for 50 ms of
        the time that a round of reloads takes."""
        rounds = max(1, round(seconds / self.round_takes))
        for _ in range(rounds):
            self.sleep(seconds / rounds - 0.05)
            self.burn(slow)
            self.sleep(0.05)
            self.burn(0)

    @staticmethod
    def sleep(seconds):
        threading.Event().wait(max(0.0, seconds))

    def burn(self, times):
        self.assertEqual(self.wire.write(4, times & 0xFFFF, times >> 16), 0)

    # -- figures ---------------------------------------------------------------------------

    def scan(self):
        return self.control.ask("status")["scan"]

    def missed(self):
        return self.scan()["overruns"]

    def calibrate(self):
        """How often burn() turns in a millisecond; the fastest of some scans says it."""
        times = 20000
        self.burn(times)
        scans = self.look().n
        spent = []
        while len(spent) < 30:
            eventually(lambda: self.look().n > scans + 1, "a scan")
            scans = self.look().n
            spent.append(self.scan()["duration"]["last"])
        self.burn(0)
        return max(100, int(times / (min(spent) * 1000)))

    def fill_rings(self):
        """What msm has said and who wrote what are kept in rings of fixed size, whose pages are
        only taken as they fill: the masters fill the one, this the other."""
        wordy = Kind("wordy", "refused", body="error(string.rep('-', %d))" % LONG)
        for _ in range(LOG_RING // LONG + 10):
            self.reload(wordy)

    def tasks(self):
        return len(os.listdir("/proc/%d/task" % self.msm.process.pid))

    # -- the test --------------------------------------------------------------------------

    def test_many(self):
        """counters, timers, missed scans, connections, memory, descriptors, threads"""
        eventually(lambda: self.look().n > 10)
        turns = self.calibrate()
        kinds = self.kinds(turns)
        slow, good = (next(kind for kind in kinds if kind.name == name)
                      for name in ("slow task", "good"))
        for body in (poll, poll, writer(0), writer(2)):
            self.masters.append(Master(self.msm.port, body))
            self.addCleanup(self.masters[-1].stop)
        self.fill_rings()
        with_reloads = without = 0
        whole, spent = self.look(), 0.0
        self.before = self.control.ask("status")
        for block in range(BLOCKS):
            start, began = self.missed(), time.monotonic()
            self.block(kinds, BLOCK)
            took = time.monotonic() - began
            self.round_takes = took * ROUND / BLOCK
            middle = self.missed()
            self.idle(took, slow.changes["burn"])
            spent += took
            with_reloads, without = with_reloads + middle - start, without + self.missed() - middle
            if block == 0:
                self.reload(good)
                descriptors, tasks = self.msm.descriptors(), self.tasks()
        self.reload(good)
        eventually(lambda: self.msm.descriptors() == descriptors, "%d descriptors" % descriptors)
        eventually(lambda: self.tasks() == tasks, "%d threads" % tasks)
        self.finish(whole)
        reloads = BLOCKS * BLOCK
        print("%d reloads in %.0f s: %d scans missed, %d without; %d requests" % (
            reloads, spent, with_reloads, without, sum(m.asked for m in self.masters)), flush=True)
        self.assertLessEqual(with_reloads, allowed(without),
                             "scans missed, against %d without reloads" % without)
        if not SANITIZERS:
            self.compare_memory()

    def finish(self, whole):
        """Nobody has lost anything, and it all adds up."""
        for master in self.masters:
            master.check()
            master.stop()
            master.check()
            self.assertGreater(master.asked, 100)
        end = self.look()
        end.check(whole)
        lasted = end.time - whole.time
        self.assertGreater(end.fired - whole.fired, 0.7 * lasted / 0.3, "on-delays")
        eventually(lambda: self.device.get("holding", 0) | self.device.get("holding", 1) << 16
                   >= end.n, "the device's newest value")
        self.assertEqual(self.device.total, 1, "connections to the device")
        status = self.control.ask("status")
        self.assertEqual(status["state"], "run")
        good = [k.result for k in self.kinds(1)].count("ok")
        done = BLOCKS * BLOCK // ROUND
        rolled_back = 1  # of a round; it has been a reload as well
        for count, expected in (("reloads", (good + rolled_back) * done + 2),
                                ("refused", (ROUND - good) * done),
                                ("faults", rolled_back * done)):
            self.assertEqual(status[count] - self.before[count], expected, count)
        self.assertEqual(status["abandoned"], 0)
        self.control.close()
        self.wire.close()
        self.assertNotRegex(self.msm.text(), "no answer|lost|closed")

    def compare_memory(self):
        """After the first hundred reloads against after the last, each the median of ten."""
        first = statistics.median(self.sizes[10:20])
        last = statistics.median(self.sizes[-10:])
        print("memory %.2f MB, then %.2f MB" % (first / 1e6, last / 1e6), flush=True)
        self.assertLessEqual(last, 1.01 * first, "memory has grown: " +
                             " ".join("%d" % (size // 1024) for size in self.sizes))

    def tearDown(self):
        self.msm.stop()


if __name__ == "__main__":
    unittest.main()
