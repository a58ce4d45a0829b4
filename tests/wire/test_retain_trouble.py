"""Trouble with the state file is a warning, never the program's end: a full disk, a limit, a folder
that may not be written, files that are damaged or somebody else's, two programs with one state."""

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import unittest

import full_disk
from full_disk import goes_on, relief, trouble
from msm import BINARY, DEADLINE, eventually, from_low_first
from retain import ALIKE, Home, loaded, store

PLAIN = """
program { retain_interval = "20ms" }
mem.SP = holding.uint16(0, { default = 50, retain = true, dir = "inout" })
server.tcp { port = 0 }
"""


class Disk(unittest.TestCase):
    def test_full(self):
        """no room: said, in the status, Modbus and scan go on, and it recovers"""
        words = full_disk.prefix()
        if not words:
            self.skipTest("mount namespaces are not permitted here (they take root)")
        result = subprocess.run([*words, sys.executable, "-B", full_disk.__file__],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_limit(self):
        """a limit on the size of files is no different"""
        with Home(ALIKE) as home:
            with home.life() as life, life.connect() as wire, life.control() as control:
                eventually(lambda: store(control)["commits"] > 1, "commits")
                resource.prlimit(life.process.pid, resource.RLIMIT_FSIZE,
                                 (8192, resource.RLIM_INFINITY))
                trouble(life, wire, control, "I/O error")
                resource.prlimit(life.process.pid, resource.RLIMIT_FSIZE,
                                 (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                relief(life, control)
                last = wire.holding(1)
            with home.life() as life:
                life.wait_line("loaded ")
                self.assertGreaterEqual(loaded(life.text()), last)
                self.assertNotIn("damaged", life.text())

    def test_no_folder(self):
        """no folder can be made: the program runs; it is there as soon as it can be. (What stands in
        the way is a file, which keeps root out, too.)"""
        with Home(ALIKE) as home:
            home.folder.write("state", "a file")
            with home.life() as life, life.connect() as wire, life.control() as control:
                trouble(life, wire, control, "Not a directory")
                life.wait_line("loaded ")
                self.assertEqual(loaded(life.text()), 0)
                refused = life.command("force", "U16", "1", "--persist")
                self.assertEqual(refused.returncode, 5, refused.stderr)
                self.assertIn("persist", refused.stderr)
                os.remove(home.state)
                relief(life, control)
                last = wire.holding(1)
            with home.life() as life:
                life.wait_line("loaded ")
                self.assertGreaterEqual(loaded(life.text()), last)

    def test_read_only(self):
        """a folder and a file that may only be read: values are loaded, and not saved"""
        with Home(ALIKE) as home:
            with home.life() as life, life.connect() as wire:
                eventually(lambda: wire.holding(1) > 3, "scans")
            begin = self.as_somebody_else(home)
            os.chmod(home.file(), 0o444)
            said = self.said_in_read_only(home, begin)
            self.assertGreater(loaded(said), 3)
            self.assertRegex(said, "retained values are not saved in .*may only be read")

    def test_read_only_folder(self):
        """a folder in which nothing may be made is named as what is wrong"""
        with Home(ALIKE) as home:
            os.makedirs(home.state)
            os.makedirs(home.run)
            said = self.said_in_read_only(home, self.as_somebody_else(home))
            self.assertEqual(loaded(said), 0)
            self.assertRegex(said, "retained values are not saved in .*: nothing may be made in "
                                   "its folder: Permission denied")
            self.assertEqual(os.listdir(home.state), [])

    def said_in_read_only(self, home, begin):
        """What a life says in a state folder that may only be read."""
        os.chmod(home.state, 0o555)
        process = subprocess.Popen([*begin, BINARY, "run", "--state", home.state, home.path],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True,
                                   env=dict(os.environ, MSM_RUN=home.run))
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if loaded("".join(said)) is not None:
                    break
            process.terminate()
            said.append(process.communicate(timeout=DEADLINE)[1])
        finally:
            process.kill()
            process.wait()
            os.chmod(home.state, 0o755)
        self.assertEqual(process.returncode, 0, "".join(said))
        return "".join(said)

    def as_somebody_else(self, home):
        """Root may write everywhere: another user's words to begin with."""
        if os.getuid() != 0:
            return []
        if not shutil.which("setpriv"):
            self.skipTest("setpriv is missing (package util-linux)")
        os.chmod(home.folder.path, 0o711)
        for path in filter(os.path.exists, (home.run, home.state, home.file())):
            os.chown(path, 65534, 65534)
        begin = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*begin, BINARY, "--version"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode:
            self.skipTest("another user cannot run " + BINARY)
        return begin

    def test_removed(self):
        """somebody removes the file while the program runs: a new one has everything"""
        self.new_one_after(lambda home: shutil.rmtree(home.state))

    def test_emptied(self):
        """likewise where it is emptied"""
        self.new_one_after(lambda home: os.truncate(home.file(), 0))

    def new_one_after(self, harm):
        with Home(PLAIN) as home:
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.write(0, 7), 0)
                with life.control() as control:
                    eventually(lambda: store(control)["commits"], "a commit")
                harm(home)
                self.assertEqual(wire.write(0, 8), 0)
                life.wait_line("moved, removed or emptied; a new one is begun")
                eventually(lambda: os.path.exists(home.file()), "the file")
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.holding(0), 8)


class Damage(unittest.TestCase):
    """The file is set aside, that is said, and the program starts with its defaults."""

    def setUp(self):
        self.home = Home(PLAIN)
        self.addCleanup(self.home.remove)

    def saved(self):
        """A state file with 77 in it; its bytes."""
        shutil.rmtree(self.home.state, ignore_errors=True)
        with self.home.life() as life, life.connect() as wire:
            self.assertEqual(wire.write(0, 77), 0)
        with open(self.home.file(), "rb") as file:
            return file.read()

    def put(self, data):
        with open(self.home.file(), "wb") as file:
            file.write(data)

    def set_aside(self, data, value=50):
        self.put(data)
        with self.home.life() as life, life.connect() as wire, life.control() as control:
            life.wait_line(r"home\.state is damaged or not ours \(.+\); it is kept as "
                           r".*home\.state\.damaged-1, and a new one is begun")
            self.assertEqual(wire.holding(0), value)
            self.assertEqual(wire.write(0, 78), 0)
            eventually(lambda: store(control)["works"] and store(control)["commits"], "a commit")
        with open(self.home.file(".state.damaged-1"), "rb") as file:
            self.assertEqual(file.read(len(data)), data, "kept as it was")
        with self.home.life() as life, life.connect() as wire:
            self.assertEqual(wire.holding(0), 78)
            self.assertNotIn("damaged", life.text())

    def test_truncated(self):
        data = self.saved()
        for size in (10, 100, len(data) // 2, len(data) - 4096):
            with self.subTest(size):
                self.saved()
                self.set_aside(data[:size])

    def test_foreign(self):
        """a picture, random bytes, a text, another database"""
        other = os.path.join(self.home.folder.path, "other")
        database = sqlite3.connect(other)
        database.execute("CREATE TABLE variable (path TEXT, value)")
        database.execute("INSERT INTO variable VALUES ('mem.SP', 99)")
        database.commit()
        database.close()
        with open(other, "rb") as file:
            database = file.read()
        for what, data in (("JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1" + bytes(5000)),
                           ("noise", random.Random(1).randbytes(20000)),
                           ("text", b"SP = 77\n" * 100), ("database", database)):
            with self.subTest(what):
                self.saved()
                self.set_aside(data)

    def test_bits(self):
        """with any bit turned it starts, with the value or the default, never with another; the
        bits of the value itself and of the head are among them"""
        data = self.saved()
        chance = random.Random(os.environ.get("MSM_SEED"))
        at = data.find(b"mem.SP")
        self.assertGreater(at, 0)
        places = [(place, bit) for place in range(at - 4, at + 24) for bit in (0, 6)]
        places = chance.sample(places, 12) + [(0, 1), (18, 1), (69, 1)]
        places += [(chance.randrange(len(data)), chance.randrange(8)) for _ in range(15)]
        defaults = 0
        for place, bit in places:
            with self.subTest("bit %d of byte %d" % (bit, place)):
                shutil.rmtree(self.home.state)
                os.mkdir(self.home.state)
                turned = bytearray(data)
                turned[place] ^= 1 << bit
                self.put(turned)
                with self.home.life() as life, life.connect() as wire:
                    value = wire.holding(0)
                    said = life.text()
                self.assertIn(value, (50, 77))
                if value == 50:
                    self.assertIn("damaged", said)
                    defaults += 1
        self.assertGreater(defaults, 0)


class NoFile(unittest.TestCase):
    def test_pipe(self):
        """what is no file at all holds up nobody, and stays where it is; without it all is well"""
        with Home(PLAIN) as home:
            os.makedirs(home.state)
            os.mkfifo(home.file())
            os.mkfifo(home.file(".audit"))
            with home.life() as life, life.connect() as wire, life.control() as control:
                life.wait_line(r"home\.state is a pipe, not a file; move it away; it is tried again")
                life.wait_line(r"home\.audit cannot be written: it is a pipe, not a file")
                self.assertIn("is a pipe", store(control)["problem"])
                self.assertEqual(wire.write(0, 77), 0)
                os.remove(home.file())
                os.remove(home.file(".audit"))
                life.wait_line("retained values are saved again")
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.holding(0), 77)


class Two(unittest.TestCase):
    def test_refused(self):
        """two programs with one state: the second one is told who has it and what to do"""
        with Home(PLAIN) as home, home.life() as first:
            second = subprocess.run([BINARY, "run", "--state", home.state, home.path],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, timeout=DEADLINE,
                                    env=dict(os.environ, MSM_RUN=home.folder.path))
            self.assertEqual(second.returncode, 1, second.stderr)
            self.assertIn("is in use by process %d" % first.process.pid, second.stderr)
            self.assertIn("--state", second.stderr, "what to do")
            with first.connect() as wire:
                self.assertEqual(wire.write(0, 5), 0)


if __name__ == "__main__":
    unittest.main()
