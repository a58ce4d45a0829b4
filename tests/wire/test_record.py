"""msm run --record and msm test --replay: what came in and what was made of it, played again: the
same script makes the same of it, a changed one shows where it first does not. What is cut off, full,
damaged or foreign is told, and nothing is written over that is no recording."""

import json
import os
import random
import re
import struct
import subprocess
import sys
import unittest

import full_disk
import full_disk_record
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
mem.STATE = input.string(10, { length = 10 })
mem.NIGHT = input.int16(6, { from = "plc.SPEED" })
mem.ONCE  = var.uint16 {}
mem.BODY  = var.float64 {}
mem.BITS  = holding.bool(20, 3)
mem.MORE  = holding.bool(20, 4)
local plc = memory "plc"
plc.SPEED = input.int16(0)
plc.CMD   = holding.int16(0, { dir = "out" })
local link = client.tcp { host = "127.0.0.1", port = %(device)d, mem = plc, period = "20ms", timeout = "200ms" }
server.tcp { port = 0 }
local k = keep("k", { runs = 0, list = { 1, "two", 3.5 } })
local ton = timer.TON("ton", "60ms")
local ctu = counter.CTU("ctu", 1000)
local born, why_started = scan.now, nil
on_start(function(why)
  why_started, mem.T, mem.ONCE = why, scan.time, mem.ONCE + 1
end)
every("10ms", function(dt)
  mem.N, mem.T, mem.BODY = mem.N + 1, mem.T + dt, scan.now - born
  assert(why_started)
  mem.STATE = plc:state "CMD" or "none"
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
every("70ms", function() end)
every("10ms", function() if mem.SET == -1 then error("told to") end end)
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

    def frames(self, path=None):
        """Each frame's place in the file, and its kind."""
        with open(path or self.file, "rb") as file:
            data = file.read()
        at, frames = 16, []
        while at + 8 <= len(data):
            length = struct.unpack_from("<I", data, at)[0]
            if at + 8 + length > len(data):
                break
            frames.append((at, chr(data[at + 8])))
            at += 8 + length
        return frames

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
            kind = dice.randrange(6)
            if kind == 0:
                wire.write_coil(0, True)
            elif kind == 1:
                msm.command("set", "LEVEL", str(dice.uniform(0, 10)))
            elif kind == 2:
                self.device.set("input", 0, dice.randrange(1000))
            elif kind == 3:
                wire.write(2, dice.randrange(100))
            elif kind == 4:
                wire.write(20, dice.randrange(65536))
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
        other = self.folder.write("other.lua", self.text("8") + "mem.OTHER = var.bool {}\n")
        out = self.replay(other, status=1).stdout
        self.assertRegex(out, r"not compared: mem.OTHER, which was not recorded")
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
        self.assertRegex(out, r"what came in before this scan:\n(  .*\n)*  SET +-1\n")
        self.assertNotIn("NIGHT", out)

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
        """the second one goes on behind the first one's end, also where that was cut off"""
        for _ in range(3):
            msm = self.run_it()
            with msm.connect() as wire:
                wire.write(2, 5)
                eventually(lambda: self.scans(msm) > 20, "some scans")
            msm.kill()
            with open(self.file, "ab") as file:
                file.write(b"\x40\0\0\0abc")
        self.assertFalse(os.path.exists(self.file + ".1"))
        self.assertGreater(self.same(), 60)
        self.assertIn("begun 3 times", self.replay().stdout)

    def test_another_text(self):
        """without a script only what was recorded with its present text is played"""
        with self.run_it() as msm:
            eventually(lambda: self.scans(msm) > 20, "some scans")
            msm.reload(self.text("7"))
            before = msm.status()["scan"]["count"]  # of the scan itself, which the file is behind
            eventually(lambda: msm.status()["scan"]["count"] > before + 20, "scans of the next text")
        out = self.replay().stdout
        self.assertRegex(out, r"passed over: \d+ scans of another text of the script")
        self.assertGreater(int(SAME.search(out).group(1)), 20)
        with open(os.path.join(self.folder.path, "pump.lua"), "a", encoding="utf-8") as file:
            file.write("-- a third one\n")
        self.assertIn("all of it was recorded with another text", self.replay(status=1).stderr)

    def test_a_script_of_something_else(self):
        with self.run_it() as msm:
            eventually(lambda: self.scans(msm) > 20, "some scans")
        other = self.folder.write("other.lua", 'mem.ELSE = coil(0)\nevery("10ms", function() end)\n')
        done = self.replay(other, status=1)
        self.assertRegex(done.stderr, r"nothing was compared: the script has none of the variables of .*pump.lua")
        self.assertNotIn("the same", done.stdout)

    def test_bits_that_part(self):
        """two bits of one word lie in two words of the changed script: each gets its own"""
        with self.run_it() as msm, msm.connect() as wire:
            for word in (0x18, 0x08, 0x10, 0):
                wire.write(20, word)
                before = self.scans(msm)
                eventually(lambda: self.scans(msm) > before + 3, "scans with it")
        other = self.text().replace("holding.bool(20, 4)", "holding.bool(30, 4)")
        self.same(self.folder.write("other.lua", other))


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
        """until FILE was turned into FILE.1, and there is a new one"""
        before = self.inode(self.file + ".1")
        eventually(lambda: self.inode(self.file + ".1") != before and os.path.exists(self.file), "a new FILE")

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
        for length in [len(whole) - 1, 20] + [dice.randrange(2000, len(whole)) for _ in range(10)]:
            with open(self.file, "wb") as file:
                file.write(whole[:length])
            steps = [kind for _, kind in self.frames()].count("T")
            if steps:
                self.assertEqual(self.same(), steps)
            else:
                self.assertIn("there is no scan in it", self.replay(status=1).stderr)

    def test_damaged(self):
        with self.run_it() as msm:
            eventually(lambda: self.scans(msm) > 50, "some scans")
        with open(self.file, "rb") as file:
            whole = bytearray(file.read())
        dice = random.Random(11)
        frames = self.frames()
        for number in [0, 1, 2] + [dice.randrange(3, len(frames) - 1) for _ in range(20)]:
            begin, end = frames[number][0] + 8, frames[number + 1][0]
            flipped = bytearray(whole)
            flipped[dice.randrange(begin, end)] ^= 1 << dice.randrange(8)
            with open(self.file, "wb") as file:
                file.write(flipped)
            done = self.replay(status=1)
            self.assertIn("is damaged behind byte", done.stdout)
            before = [kind for _, kind in frames[:number]].count("T")
            said = SAME.search(done.stdout)
            self.assertEqual(int(said.group(1)) if said else 0, before)

    def test_forged(self):
        """frames whose sum is right and whose content is not: no crash, and an end in words"""
        with self.run_it() as msm:
            eventually(lambda: self.scans(msm) > 20, "some scans")
        with open(self.file, "rb") as file:
            whole = file.read()
        dice = random.Random(13)
        frames = self.frames()
        for _ in range(60):
            number = dice.choice([0, 1, 1, dice.randrange(2, len(frames) - 1)])
            begin, end = frames[number][0] + 8, frames[number + 1][0]
            forged = bytearray(whole)
            for _ in range(dice.randrange(1, 4)):
                forged[dice.randrange(begin, end)] = dice.randrange(256)
            total = 2166136261
            for byte in forged[begin:end]:
                total = (total ^ byte) * 16777619 & 0xFFFFFFFF
            struct.pack_into("<I", forged, begin - 4, total)
            with open(self.file, "wb") as file:
                file.write(forged)
            done = command("test", "--replay", self.file)
            self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
            self.assertTrue(done.stdout or done.stderr)

    def test_the_rest_after_damage(self):
        """what is damaged in FILE.1 does not cost FILE"""
        with self.run_it("--record-size", "4", text=self.BUSY.replace("i = i + 1", "i = scan.count")):
            self.turn()
            size = os.path.getsize(self.file)
            eventually(lambda: os.path.getsize(self.file) > size + 100000, "scans behind the turn")
        with open(self.file + ".1", "r+b") as file:
            file.seek(self.frames(self.file + ".1")[5][0] + 9)
            file.write(b"????")
        done = self.replay(status=1)
        self.assertRegex(done.stdout, r"night.rec.1 is damaged behind byte \d+")
        self.assertGreater(int(SAME.search(done.stdout).group(1)), 10)

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

    def test_one_at_a_time(self):
        with self.run_it() as msm:
            script = self.folder.write("second.lua", "mem.X = coil(0)\nserver.tcp { port = 0 }\n")
            done = command("run", "--record", self.file, script)
            self.assertEqual(done.returncode, 1)
            self.assertIn("another program records into %s" % self.file, done.stderr)
            eventually(lambda: self.scans(msm) > 20, "some scans")
        self.same()

    def test_taken_away(self):
        with self.run_it() as msm:
            os.rename(self.file, self.file + ".mine")
            msm.wait_line("was moved or removed by somebody else; nothing is recorded any more")
            self.assertIn("STOPPED", msm.command("status").stdout)

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
        """everything else goes on, and it is said; so does the recording when there is room"""
        words = full_disk.prefix()
        if not words:
            self.skipTest("mount namespaces are not permitted here (they take root)")
        result = subprocess.run([*words, sys.executable, "-B", full_disk_record.__file__],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_limit(self):
        """a limit on the size of files ends it, and nothing else"""
        with self.run_it("--record-size", "64", text=self.BUSY) as msm, msm.connect() as wire:
            eventually(lambda: self.scans(msm) > 5, "some scans")
            subprocess.run(["prlimit", "--pid", str(msm.process.pid),
                            "--fsize=%d" % (self.size() + 100000)], check=True)
            msm.wait_line("nothing is recorded any more")
            self.assertRegex(msm.command("status").stdout, r"recording +STOPPED: the recording cannot")
            self.assertEqual(wire.ask(fc_read(3, 0, 1))[0], 3)


if __name__ == "__main__":
    unittest.main()
