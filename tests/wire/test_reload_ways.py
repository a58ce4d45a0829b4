"""Other ways to a reload than the command (a signal, the control socket), and other
ways to run a script: dry, under a name, and the last proven text where the file is broken.
"""

import os
import pty
import signal
import socket
import subprocess
import unittest

from control import Refused
from msm import BINARY, DEADLINE, SANITIZERS, Folder, eventually
from reloading import NEVER, PARTED, SHORT, Program, parted


class Asked(unittest.TestCase):
    """Other ways to ask for it."""

    def test_hang_up(self):
        """SIGHUP where there is no terminal; a broken text is told and changes nothing"""
        with parted() as msm, msm.connect() as wire:
            eventually(lambda: wire.input(0) == 1)
            msm.write(PARTED % 2)
            msm.process.send_signal(signal.SIGHUP)
            eventually(lambda: wire.input(0) == 2, "the new text")
            msm.write("this is no Lua")
            msm.process.send_signal(signal.SIGHUP)
            msm.wait_line("wire: the reload is refused")
            msm.wait_line(r"wire\.lua:2: ")
            self.assertEqual(wire.input(0), 2)

    def test_name(self):
        """program { name }: what its socket is called; a reload leaves it"""
        text = """
            program { name = "%s" }
            mem.X = holding.uint16(0)
            server.tcp { port = 0 }
            every("5ms", function() end)
            """
        with Program(text % "plant") as msm:
            path = os.path.join(msm.run, "plant.sock")
            eventually(lambda: os.path.exists(path), "the socket")
            self.assertEqual(msm.command("status", "--name", "plant").returncode, 0)
            self.assertEqual(msm.command("status", "--name", "wire").returncode, 3)
            msm.reload(text % "other")
            self.assertEqual(msm.command("reload", "--name", "plant").returncode, 0)
        with Program(text % "plant", "--name", "line4") as msm, msm.control() as control:
            self.assertEqual(control.ask("status")["name"], "line4")


class Dry(unittest.TestCase):
    def test_dry(self):
        """--dry N: so many scans without network and waiting; 1 for a fault, 2 for nonsense"""
        text = """
            mem.N = holding.uint16(0)
            server.tcp { port = %d }
            every("10s", function()
              mem.N = mem.N + 1
              print("scan", mem.N, scan.time)
              if mem.N == %d then error("enough") end
            end)
            """
        with Folder() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
            def dry(count, last):
                path = folder.write("dry.lua", text % (taken.getsockname()[1], last))
                return subprocess.run([BINARY, "run", "--dry", count, path], timeout=DEADLINE,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
            result = dry("5", 0)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("dry: 5 scans without a network: no fault", result.stderr)
            self.assertRegex(result.stderr, r"scan\s5\s40\.0")
            self.assertNotRegex(result.stderr, r"scan\s6")
            result = dry("5", 3)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertRegex(result.stderr, r"dry\.lua:7: enough")
            self.assertIn("3 scans without a network: FAULT", result.stderr)
            self.assertEqual(dry("none", 0).returncode, 2)
            self.assertEqual(os.listdir(folder.path), ["dry.lua"], "nothing is kept")


    @unittest.skipIf("thread" in SANITIZERS, "signals do not interrupt Lua under this sanitizer")
    def test_dry_stuck(self):
        """a body, or a task, that does not come back from one call: 1, and the line"""
        stuck = 'local s = ("a"):rep(40)\ns:find(("a*"):rep(40) .. "b")\n'
        with Folder() as folder:
            for text, line in ((stuck, 2), ("every('10ms', function()\n%send)\n" % stuck, 3)):
                path = folder.write("dry.lua", text)
                result = subprocess.run([BINARY, "run", "--dry", "3", path], timeout=DEADLINE,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertRegex(result.stderr, r"dry\.lua:%d: watchdog: .*does not come" % line)


class Fallback(unittest.TestCase):
    TEXT = """
        mem.VERSION = input.uint16(0)
        mem.BAD = holding.uint16(1)
        server.tcp { port = 0 }
        every("5ms", function() mem.VERSION = %d %s end)
        """

    def setUp(self):
        self.state, self.scripts = Folder(), Folder()
        self.addCleanup(self.state.remove)
        self.addCleanup(self.scripts.remove)
        self.path = os.path.join(self.scripts.path, "plant.lua")

    def program(self, text, **options):
        return Program(text, "--state", self.state.path, path=self.path, **options)

    def at_once(self, stdin):
        """Runs a text that ends by itself, because it is broken."""
        self.scripts.write("plant.lua", "this is no Lua")
        return subprocess.run([BINARY, "run", "--state", self.state.path, self.path], stdin=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=DEADLINE)

    def prove(self, task=""):
        """A good first version is proven, and killed as by a power cut once that is stored."""
        with self.program(self.TEXT % (1, task)) as msm, msm.connect() as wire:
            eventually(lambda: wire.input(0) == 1)
            msm.settle()
            eventually(self.stored, "the proven text on the disk")
            msm.process.kill()
            msm.process.wait()
            msm.process.returncode = 0  # as the harness wants it

    def stored(self):
        """Whether any file of the state holds the text."""
        for name in os.listdir(self.state.path):
            with open(os.path.join(self.state.path, name), "rb") as file:
                if b"mem.VERSION = 1" in file.read():
                    return True
        return False

    def test_broken_file(self):
        """without a terminal the last proven text runs, and says so; a reload mends it"""
        self.prove()
        with self.program("this is no Lua") as msm, msm.connect() as wire:
            msm.wait_line(r"plant\.lua:2: ")
            msm.wait_line(r"plant\.lua cannot be loaded; running the last proven text instead")
            eventually(lambda: wire.input(0) == 1)
            self.assertTrue(msm.status()["fallback"])
            msm.reload(self.TEXT % (2, ""))
            eventually(lambda: wire.input(0) == 2)
            self.assertFalse(msm.status()["fallback"])

    def test_fault_soon_after_the_start(self):
        """an edited text that faults in its first probation gives way to the proven one"""
        self.prove()
        fault = "if scan.count > 3 then error('wrong') end"
        with self.program(self.TEXT % (2, fault), probation=NEVER) as msm, msm.connect() as wire:
            msm.wait_line("running the last proven text instead")
            eventually(lambda: wire.input(0) == 1)
            self.assertTrue(msm.status()["fallback"])

    def test_the_proven_text_cannot_run_either(self):
        """what it finds in memory now makes it fail, too: FAULT, served, and a reload mends it"""
        self.prove("if mem.BAD == 1 then error('not with this') end")
        fault = "mem.BAD = 1 if scan.count > 3 then error('wrong') end"
        with self.program(self.TEXT % (2, fault), probation=NEVER) as msm, msm.connect() as wire:
            msm.wait_line("running the last proven text instead")
            msm.wait_line(r"plant\.lua:6: not with this")
            msm.wait_line("plant: it stays in FAULT; msm reload starts it again")
            status = msm.status()
            self.assertEqual((status["state"], status["fallback"]), ("fault", False))
            self.assertIn("wrong", status["fault"])
            self.assertEqual((wire.input(0), wire.holding(1)), (2, 1))
            msm.probation = SHORT
            msm.reload(self.TEXT % (3, ""))
            eventually(lambda: wire.input(0) == 3, "the mended text")
            self.assertEqual(msm.status()["state"], "run")

    def test_terminal(self):
        """a person at a terminal is told instead: exit code 1"""
        self.prove()
        master, slave = pty.openpty()
        try:
            result = self.at_once(slave)
        finally:
            os.close(master)
            os.close(slave)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("plant.lua:1:", result.stderr)
        self.assertNotIn("instead", result.stderr)

    def test_nothing_proven(self):
        """without a proven text a broken file ends it, with or without a terminal"""
        result = self.at_once(subprocess.DEVNULL)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("plant.lua:1:", result.stderr)


class Control(unittest.TestCase):
    def test_answers(self):
        """kinds of refusal on the socket; a watch begins again after a reload"""
        text = """
            mem.A = holding.uint16(0, { default = 3 })
            %s
            server.tcp { port = 0 }
            every("5ms", function() end)
            """
        with Program(text % "") as msm, msm.control() as control, msm.control() as other:
            watch = other.stream("watch", match="*", period=0.02)
            self.assertTrue(next(watch)["full"])
            msm.write(text % "mem.B = holding.uint16(1, { default = 4 })")
            control.ask("reload")
            line = next(watch)
            self.assertTrue(line["reloaded"])
            self.assertEqual([(row["name"], row["value"]) for row in line["values"]],
                             [("A", 3), ("B", 4)])
            msm.write("this is no Lua")
            with self.assertRaises(Refused) as refusal:
                control.ask("reload")
            self.assertEqual(refusal.exception.kind, "refused")
            msm.write((text % "").replace("end)", "if scan.count > 0 then n = n + 1 end end)")
                      + "\n n = 0")
            with self.assertRaises(Refused) as refusal:
                control.ask("reload")
            self.assertEqual(refusal.exception.kind, "refused")


if __name__ == "__main__":
    unittest.main()
