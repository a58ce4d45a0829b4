"""What comes together in a reload's states: threads that were given up and come back, probations
that a refusal falls into, restarts that meet a reload, an end that meets a load that hangs."""

import os
import shutil
import signal
import sqlite3
import tempfile
import unittest

from msm import SANITIZERS, Folder, eventually
from reloading import Program

# A pattern that one call of Lua's own takes some seconds for, and one that never ends.
LONG = '("a"):rep(%d):find(("a?"):rep(%d) .. ("a"):rep(%d))' % ((23,) * 3)
STUCK = '("a"):rep(40):find(("a*"):rep(40) .. "b")'

COUNTS = """
program { watchdog = "100ms" }
local kept = keep("kept", { v = 0 })
mem.GO    = coil(0)
mem.KEPT  = input.int32(0)
mem.COUNT = input.uint32(2)
mem.NEWS  = input.uint16(4)
server.tcp { port = 0 }
every("20ms", function()
  mem.KEPT, mem.COUNT = kept.v, scan.count
  if mem:written "GO" then mem.NEWS = mem.NEWS + 1 end
  %s
end)
"""

COMES_BACK = """
  if mem.GO then
    local endless <close> = setmetatable({}, { __close = function()
      while true do kept.v = kept.v + 1 end
    end })
    coroutine.wrap(function() %s end)()
  end
""" % LONG


def threads(program):
    return len(os.listdir("/proc/%d/task" % program.process.pid))


@unittest.skipIf("thread" in SANITIZERS, "signals do not end Lua's loops under this sanitizer")
class GivenUp(unittest.TestCase):
    """A thread that was given up."""

    def test_comes_back(self):
        """what it comes back to ends, and changes nothing of what others have by then"""
        with Program(COUNTS % COMES_BACK) as program, program.connect() as wire:
            program.settle()
            before = threads(program)
            wire.write_coil(0, True)
            program.wait_line("given up")
            program.reload(COUNTS % "")
            eventually(lambda: threads(program) <= before, "the end of the thread")
            scans = wire.input(2)
            eventually(lambda: wire.input(2) != scans, "another scan")
            self.assertEqual(wire.input(0), 0)

    def test_time_goes_on(self):
        """the next program goes on with scan.count, and what masters wrote before is no news"""
        with Program(COUNTS % COMES_BACK) as program, program.connect() as wire:
            program.settle()
            eventually(lambda: wire.input(2) > 20, "some scans")
            wire.write_coil(0, True)
            program.wait_line("given up")
            before = wire.input(2)
            program.reload(COUNTS % "")
            eventually(lambda: wire.input(2) > before, "a scan count that goes on")
            self.assertLessEqual(wire.input(4), 1)  # the one that was never seen to its end


class Probation(unittest.TestCase):
    """A probation that something falls into."""

    def test_refused_in_the_first(self):
        """a reload that is refused does not end the first program's probation"""
        with Folder() as folder, Program(COUNTS % "", "--state", folder.path,
                                         probation='program { probation = "1s" }\n') as program:
            program.reload("nonsense(", 5)
            state = os.path.join(folder.path, "wire.state")
            eventually(lambda: self.sources(state) == 1, "the proven text")

    @staticmethod
    def sources(path):
        """How many texts are in a copy of the file and of its log, which the program keeps locked."""
        with tempfile.TemporaryDirectory() as folder:
            for ending in ("", "-wal"):
                if os.path.exists(path + ending):
                    shutil.copy(path + ending, folder)
            database = sqlite3.connect(os.path.join(folder, os.path.basename(path)))
            try:
                return database.execute("SELECT count(*) FROM source").fetchone()[0]
            except sqlite3.DatabaseError:  # it was being written
                return 0
            finally:
                database.close()


class Eval(unittest.TestCase):
    """A line of code that comes too early waits for the next scan."""

    def test_before_the_first_scan(self):
        """a program that has just taken over, with a task that is rarely due"""
        text = """
            mem.SCANS = input.uint16(0)
            mem.GO    = coil(0, { pulse = true })
            mem.SEEN  = input.uint16(1)
            server.tcp { port = 0 }
            every("1s", function()
              mem.SCANS = mem.SCANS + %d
              if mem.GO then mem.SEEN = mem.SEEN + 1 end
            end)
            """
        with Program(text % 1) as program, program.connect() as wire:
            program.settle()
            program.reload(text % 2)
            said = program.command("eval", "mem.SCANS")
            self.assertEqual((said.returncode, said.stderr), (0, ""))
            self.assertGreaterEqual(int(said.stdout), 2, "the new program had its first scan")
            wire.write_coil(0, True)
            said = program.command("eval", "mem.SEEN")
            self.assertEqual((said.returncode, said.stdout, said.stderr), (0, "1\n", ""))


class Restart(unittest.TestCase):
    """on_fault = "restart" beside something else."""

    def test_while_loading(self):
        """a restart whose time comes while something is loaded is done after that"""
        fails = """
            program { on_fault = "restart", restart_after = "100ms" }
            mem.GO = coil(0)
            server.tcp { port = 0 }
            on_start(function(why) print("why " .. why) end)
            every("10ms", function() if mem:written "GO" then error "on purpose" end end)
            """
        slow = "local n = 0 for i = 1, 3e7 do n = n + i end\n" + fails + "error 'refused'"
        with Program(fails) as program, program.connect() as wire:
            program.settle()
            result = program.ask_reload(slow)
            wire.write_coil(0, True)
            program.wait_line("starting again")
            self.assertEqual(result()[0], 5)
            program.wait_line("why restart")


class End(unittest.TestCase):
    """SIGTERM in the middle of something."""

    def test_while_a_load_hangs(self):
        """a body that does not come back does not hold up the end"""
        with Program(COUNTS % "") as program:
            program.settle()
            program.ask_reload("print 'loading' local _ = " + STUCK)
            eventually(lambda: any("msm-load" in name for name in self.names(program)), "the loader")
            program.stop(signal.SIGTERM)

    def test_stuck_at_the_end(self):
        """nor does an on_stop that does not: outputs are made safe, and that is said"""
        text = COUNTS % "" + "on_stop(function() print 'ending' local _ = %s end)" % STUCK
        with Program(text) as program:
            program.settle()
            program.stop(signal.SIGTERM)
            self.assertIn("given up", program.text())

    @staticmethod
    def names(program):
        task = "/proc/%d/task" % program.process.pid
        for number in os.listdir(task):
            with open(os.path.join(task, number, "comm"), encoding="ascii") as file:
                yield file.read().strip()


if __name__ == "__main__":
    unittest.main()
