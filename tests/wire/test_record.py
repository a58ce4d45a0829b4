"""msm run --record and msm test --replay: what came in and what was made of it, played again: the
same script makes the same of it, a changed one shows where it first does not. What is cut off, full,
damaged or foreign is told, and nothing is written over that is no recording."""

import json
import os
import random
import re
import subprocess
import unittest

from hostile import HostileDevice
from msm import BINARY, Folder, command, eventually, fc_read
from reloading import Program

SCRIPT = """
local timer, counter = require "msm.timer", require "msm.counter"
mem.LEVEL = holding.float32(0, { default = 3 })
mem.START = coil(0, { pulse = true })
mem.SET   = holding.int16(2)
mem.PUMP  = discrete(0)
mem.COUNT = input.uint16(0)
mem.RUNS  = input.uint32(1)
mem.FED   = input.int16(3)
mem.QUAL  = input.bool(4, 0)
mem.NEWS  = input.uint16(5)
mem.N     = var.uint32 {}
mem.T     = var.float64 {}
local plc = memory "plc"
plc.SPEED = input.int16(0)
plc.CMD   = holding.int16(0, { dir = "out" })
local link = client.tcp { host = "127.0.0.1", port = %(device)d, mem = plc, period = "20ms", timeout = "200ms" }
server.tcp { port = 0 }
local k = keep("k", { runs = 0, list = { 1, "two", 3.5 } })
local ton = timer.TON("ton", "60ms")
local ctu = counter.CTU("ctu", 1000)
local lost = 0
on_start(function(why) mem.T = scan.time end)
every("10ms", function(dt)
  mem.N, mem.T = mem.N + 1, mem.T + dt
  if mem:written "START" and mem.START then mem.NEWS = mem.NEWS + 1 end
  ctu(mem.START, false)
  mem.COUNT = ctu.CV
  local was = mem.PUMP
  mem.PUMP = ton(mem.LEVEL > %(limit)s)
  if mem.PUMP and not was then k.runs = k.runs + 1 end
  mem.RUNS = k.runs
  mem.FED, plc.CMD = plc.SPEED, mem.SET
  mem.QUAL = link.online
end)
every("70ms", function() if mem.SET == -1 then error("told to") end end)
"""
SAME = re.compile(r"^the same in (\d+) scans, from .* to .*$", re.M)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.file = os.path.join(self.folder.path, "night.rec")
        self.device = HostileDevice()
        self.addCleanup(self.device.stop)

    def text(self, limit="5"):
        return SCRIPT % {"device": self.device.port, "limit": limit}

    def run_it(self, *args, text=None):
        path = os.path.join(self.folder.path, "pump.lua")
        msm = Program(text or self.text(), "--record", self.file, *args, path=path)
        self.addCleanup(msm.kill)
        return msm

    def scans(self, msm):
        return json.loads(msm.command("status", "--json").stdout)["recording"]["scans"]

    def replay(self, script=None, status=0):
        done = command("test", "--replay", self.file, *([script] if script else []))
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def same(self, script=None):
        return int(SAME.search(self.replay(script).stdout).group(1))


class Replay(Case):
    def act(self, msm, wire, seed, times=60):
        """What a night brings."""
        dice = random.Random(seed)
        for _ in range(times):
            kind = dice.randrange(5)
            if kind == 0:
                wire.write_coil(0, True)
            elif kind == 1:
                msm.command("set", "LEVEL", str(dice.uniform(0, 10)))
            elif kind == 2:
                self.device.set("input", 0, dice.randrange(1000))
            elif kind == 3:
                wire.write(2, dice.randrange(100))
            else:
                msm.command("force", "FED", str(dice.randrange(100)))
        msm.command("unforce", "--all")

    def test_the_same(self):
        seed = random.randrange(1 << 30)
        with self.subTest(seed=seed), self.run_it() as msm:
            with msm.connect() as wire:
                self.act(msm, wire, seed)
                self.device.stop()
                eventually(lambda: not wire.input(4) & 1, "the link, offline")
                self.act(msm, wire, seed + 1, times=20)
                count = self.scans(msm)
        self.assertGreaterEqual(self.same(), count)

    def test_a_changed_script(self):
        """the first scan that differs is where the limit lies between"""
        with self.run_it() as msm, msm.connect() as wire:
            eventually(lambda: self.scans(msm) > 30, "some scans")
            msm.command("set", "LEVEL", "6.5")
            eventually(lambda: int(msm.command("get", "RUNS").stdout) == 1, "the pump")
            msm.command("set", "LEVEL", "1")
            wire.write(2, 7)
            eventually(lambda: self.scans(msm) > 100, "more scans")
        other = self.folder.write("other.lua", self.text("8") + "mem.MORE = var.bool {}\n")
        out = self.replay(other, status=1).stdout
        self.assertRegex(out, r"not compared: mem.MORE, which was not recorded")
        self.assertRegex(out, r"first difference: scan \d+, \d{4}-.* s after the recording's begin")
        self.assertRegex(out, r"PUMP +recorded true, replayed false +declared at .*other.lua:6\n")
        self.assertRegex(out, r"RUNS +recorded 1, replayed 0 ")
        self.assertNotIn("COUNT", out)
        # what only looks different is none
        self.same(self.folder.write("third.lua", self.text("5.0")))
        # and a type that is another one is not compared, but said
        retyped = self.text().replace("mem.RUNS  = input.uint32(1)", "mem.RUNS  = input.int32(1)")
        self.assertIn("not compared: mem.RUNS, which the script has not, or as another type",
                      self.replay(self.folder.write("fourth.lua", retyped)).stdout)

    def test_a_fault(self):
        with self.run_it(text=self.text()) as msm, msm.connect() as wire:
            eventually(lambda: self.scans(msm) > 10, "some scans")
            wire.write(2, 0xFFFF)
            eventually(lambda: msm.command("status").returncode == 1, "the fault")
        self.same()
        mended = self.folder.write("mended.lua", self.text().replace('error("told to")', "return"))
        out = self.replay(mended, status=1).stdout
        self.assertRegex(out, r"recorded: .*pump.lua:\d+: told to")
        self.assertIn("replayed: no fault", out)
        self.assertRegex(out, r"what came in before this scan:|first difference")

    def test_a_reload_in_the_middle(self):
        with self.run_it() as msm, msm.connect() as wire:
            wire.write_coil(0, True)
            eventually(lambda: self.scans(msm) > 20, "some scans")
            msm.reload(self.text())
            wire.write_coil(0, True)
            before = self.scans(msm)
            eventually(lambda: self.scans(msm) > before + 20, "scans of the next program")
        self.assertGreater(self.same(), 40)

    def test_two_processes(self):
        """what another one has left in FILE is FILE.1; of both together one replay"""
        for _ in range(2):
            with self.run_it() as msm, msm.connect() as wire:
                wire.write(2, 5)
                eventually(lambda: self.scans(msm) > 20, "some scans")
        self.assertTrue(os.path.exists(self.file + ".1"))
        self.assertGreater(self.same(), 40)


class Files(Case):
    BUSY = """
    server.tcp { port = 0 }
    mem.A = holding.uint16(0)
    mem.LIST = var.float32 { count = 2000 }
    local i = 0
    every("10ms", function()
      i = i + 1
      for k = 1, 2000 do mem.LIST[k] = i * k % 1000 end
    end)
    """

    def size(self):
        return sum(os.path.getsize(path) for path in (self.file, self.file + ".1")
                   if os.path.exists(path))

    def inode(self, path):
        return os.stat(path).st_ino if os.path.exists(path) else 0

    def turn(self):
        before = self.inode(self.file + ".1")
        eventually(lambda: self.inode(self.file + ".1") != before, "FILE, turned into FILE.1")

    def test_bounded(self):
        """FILE turns into FILE.1 without a scan missing, and the replay goes on over that"""
        with self.run_it("--record-size", "4", text=self.BUSY) as msm:
            self.turn(), self.turn()
            status = json.loads(msm.command("status", "--json").stdout)["recording"]
            self.assertEqual((status["works"], status["lost"]), (True, 0))
        self.assertLess(self.size(), 4 << 20)
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        # the beginning is gone: the script's own `i` is not what it was, and that is found
        self.assertIn("LIST[1]", self.replay(status=1).stdout)
        kept = self.BUSY.replace("local i = 0", 'local k = keep("k", { i = 0 })') \
            .replace("i = i + 1", "k.i = k.i + 1 local i = k.i")
        with self.run_it("--record-size", "4", text=kept):
            self.turn(), self.turn()
        self.assertGreater(self.same(), 50)

    def test_cut_off(self):
        """kill -9, and an end at any byte: what is whole is replayed"""
        msm = self.run_it()
        eventually(lambda: os.path.getsize(self.file) > 4000, "a file")
        msm.process.kill()
        msm.process.wait()
        self.assertGreater(self.same(), 10)
        with open(self.file, "rb") as file:
            whole = file.read()
        dice = random.Random(7)
        for length in [len(whole) - 1, 3000] + [dice.randrange(2000, len(whole)) for _ in range(10)]:
            with open(self.file, "wb") as file:
                file.write(whole[:length])
            done = command("test", "--replay", self.file)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.assertTrue(SAME.search(done.stdout) or "there is no scan in it" in done.stderr,
                            done.stdout + done.stderr)

    def test_damaged(self):
        with self.run_it() as msm:
            eventually(lambda: self.scans(msm) > 50, "some scans")
        with open(self.file, "rb") as file:
            whole = bytearray(file.read())
        dice = random.Random(11)
        for _ in range(30):
            at = dice.randrange(16, len(whole))
            flipped = bytearray(whole)
            flipped[at] ^= 1 << dice.randrange(8)
            with open(self.file, "wb") as file:
                file.write(flipped)
            done = command("test", "--replay", self.file)
            # a length that reaches behind the end looks cut off
            self.assertTrue(SAME.search(done.stdout) or
                            re.search("is damaged behind byte|there is no scan in it", done.stderr),
                            done.stdout + done.stderr)
            self.assertEqual(done.returncode, 0 if SAME.search(done.stdout) else 1)

    def test_foreign(self):
        for name in ("night.rec", "night.rec.1"):
            path = self.folder.write(name, "mem.X = coil(0)\n")
            script = self.folder.write("a.lua", "mem.X = coil(0)\nserver.tcp { port = 0 }\n")
            done = command("run", "--record", self.file, script)
            self.assertEqual(done.returncode, 1)
            self.assertIn("%s is there, and is no recording: it is not written over" % path,
                          done.stderr)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), "mem.X = coil(0)\n")
            os.remove(path)
        done = command("test", "--replay", script)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is no recording of msm run --record", done.stderr)
        self.assertIn("is not there", command("test", "--replay", self.file).stderr)

    def test_usage(self):
        script = self.folder.write("a.lua", "mem.X = coil(0)\nserver.tcp { port = 0 }\n")
        for args in (["--record-size", "8"], ["--record", self.file, "--record-size", "3"],
                     ["--record", self.file, "--record-size", "x"],
                     ["--record", self.file, "--dry", "5"]):
            done = command("run", *args, script)
            self.assertEqual(done.returncode, 2, (args, done.stderr))
        self.assertFalse(os.path.exists(self.file))
        done = command("test", "--replay", self.file, script, script)
        self.assertEqual(done.returncode, 2)

    def test_disk_full(self):
        """everything else goes on, and it is said"""
        with self.run_it("--record-size", "64", text=self.BUSY) as msm, msm.connect() as wire:
            eventually(lambda: self.scans(msm) > 5, "some scans")
            subprocess.run(["prlimit", "--pid", str(msm.process.pid),
                            "--fsize=%d" % (self.size() + 100000)], check=True)
            msm.wait_line("nothing is recorded any more")
            self.assertRegex(msm.command("status").stdout, r"recording +ENDED: the recording cannot")
            self.assertEqual(wire.ask(fc_read(3, 0, 1))[0], 3)


if __name__ == "__main__":
    unittest.main()
