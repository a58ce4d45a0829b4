"""CSV logs of the real program: what is in the files, that they are bounded, that trouble with the
disk is a warning and a count and never the program's end, and that what was written outlives it.

`test_csv.py --full` plays a full disk, in a mount namespace of its own; the test runs that."""

import csv
import os
import random
import re
import subprocess
import sys
import time
import unittest

import full_disk
from full_disk import fill, goes_on
from msm import BINARY, DEADLINE, command, eventually
from retain import Home

# Register 1 counts scans, for goes_on; N is the number of the row.
SCRIPT = """
local csv = require "msm.csv"
%s
local log = csv.log("energy", { columns = { "TIME", "N", "HALF", "NOTE" }%s })
local k = keep("k", { n = 0 })
mem.SCANS = holding.uint16(1, { dir = "out" })
mem.LOST = holding.uint32(2, { dir = "out" })
mem.GO = coil(0)
server.tcp { port = 0 }
every("10ms", function()
  mem.SCANS = (mem.SCANS + 1) %% 65536
  mem.LOST = log.lost
  if mem.GO then return end
  for _ = 1, %d do
    k.n = k.n + 1
    log:write { N = k.n, HALF = k.n / 2, NOTE = 'say "%d", or\\nnot' }
  end
end)
"""
HEADER = ["TIME", "N", "HALF", "NOTE"]
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def script(options="", rows=1, before=""):
    return SCRIPT % (before, options, rows, 7)


def path(home, number=None):
    return home.file(".energy%s.csv" % ("" if number is None else ".%d" % number))


def read(name, header=None):
    """The rows; each must be whole and what was meant."""
    with open(name, newline="", encoding="utf-8") as file:
        data = file.read()
    assert data.endswith("\r\n"), "half a line: %r" % data[-50:]
    rows = list(csv.reader(data.splitlines(keepends=True), strict=True))
    assert rows[0] == (header or HEADER), rows[0]
    for row in rows[1:]:
        assert len(row) == len(rows[0]), row
        assert TIME.match(row[0]), row
        if not header:
            assert float(row[2]) == int(row[1]) / 2 and row[3] == 'say "7", or\nnot', row
    return rows[1:]


def numbers(rows):
    return [int(row[1]) for row in rows]


def has_rows(home, count=3):
    """Waits for so many; the last one may be on its way while the file is read."""
    def look():
        try:
            return len(read(path(home))) >= count
        except (FileNotFoundError, AssertionError, IndexError):
            return False
    eventually(look, "%d rows" % count)


def consecutive(list_of_numbers):
    first = list_of_numbers[0]
    return list_of_numbers == list(range(first, first + len(list_of_numbers)))


class Rows(unittest.TestCase):
    def test_all_of_them(self):
        """every row from the first scan to the stop, none twice, in order; in a file for its owner"""
        with Home(script()) as home:
            with home.life() as life:
                has_rows(home, 20)
                self.assertEqual(life.command("eval", "mem.LOST").stdout.strip(), "0")
            rows = numbers(read(path(home)))
            self.assertEqual(rows[0], 1)
            self.assertTrue(consecutive(rows), rows)
            self.assertEqual(os.stat(path(home)).st_mode & 0o137, 0)

    def test_restart_and_reload_go_on(self):
        with Home(script()) as home:
            for _ in range(2):
                with home.life() as life:
                    has_rows(home)
                    self.assertEqual(life.command("reload").returncode, 0)
                    before = len(read_patiently(home))
                    eventually(lambda: len(read_patiently(home)) > before, "more rows")
            self.assertFalse(os.path.exists(path(home, 1)))
            rows = numbers(read(path(home)))
            again = rows.index(1, 1)
            self.assertTrue(consecutive(rows[:again]) and consecutive(rows[again:]))

    def test_other_columns_begin_a_new_file(self):
        with Home(script()) as home:
            with home.life() as life:
                has_rows(home)
                home.write(script().replace('"NOTE" }', '"NOTE", "MORE" }'))
                self.assertEqual(life.command("reload").returncode, 0)
                eventually(lambda: os.path.exists(path(home, 1)), "the old file")
                eventually(lambda: os.path.exists(path(home)), "the new one")
            old, new = numbers(read(path(home, 1))), read(path(home), HEADER + ["MORE"])
            self.assertTrue(consecutive(old + numbers(new)), "none lost, none twice")

    def test_rotation(self):
        """files have at most their size, there are not more than stated, and the rows go on"""
        with Home(script(", size = 0.002, files = 3", rows=5)) as home:
            with home.life():
                eventually(lambda: os.path.exists(path(home, 3)), "the third")
                third = os.stat(path(home, 3)).st_ino
                eventually(lambda: os.path.exists(path(home, 3)) and
                           os.stat(path(home, 3)).st_ino != third, "its successor")
            self.assertFalse(os.path.exists(path(home, 4)))
            rows = []
            for number in (3, 2, 1, None):
                self.assertLessEqual(os.path.getsize(path(home, number)), 2000)
                rows += numbers(read(path(home, number)))
            self.assertTrue(consecutive(rows), rows)

    def test_keep(self):
        """a file that was begun in another slice of time is turned over; full files that hold less
        than the time that was asked for are told"""
        with Home(script(', keep = "2d", files = 2')) as home:
            with home.life():
                has_rows(home)
            two_days = time.time() - 2 * 86400
            os.utime(path(home), (two_days, two_days))
            with home.life() as life:
                eventually(lambda: os.path.exists(path(home, 1)), "the old file")
                has_rows(home)
                self.assertNotIn("rows go before", life.text())
            home.write(script(', keep = "2d", files = 2, size = 0.002', rows=5))
            with home.life() as life:
                life.wait_line("csv energy: rows go before the time to keep them is over")
                third = os.stat(path(home, 2)).st_ino
                eventually(lambda: os.path.exists(path(home, 2)) and
                           os.stat(path(home, 2)).st_ino != third, "another one")
            self.assertEqual(life.text().count("rows go before"), 1)


def read_patiently(home):
    """While the program writes."""
    return eventually(lambda: _whole(home), "whole rows")


def _whole(home):
    try:
        return read(path(home))
    except AssertionError:
        return None


class Nothing(unittest.TestCase):
    def test_no_file(self):
        """check, a dry run and a reload that is refused after its trial write nothing"""
        with Home(script()) as home:
            for args in (("check", home.path), ("run", "--dry", "20", home.path)):
                result = command(*args, cwd=home.folder.path)
                self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(sorted(os.listdir(home.folder.path)), ["home.lua"])

    def test_trial(self):
        with Home(script()) as home, home.life() as life:
            has_rows(home)
            home.write(script(before='local other = csv.log("other", { columns = { "A" } })').replace(
                "mem.LOST = log.lost", 'other:write { A = 1 } error("on trial")'))
            self.assertNotEqual(life.command("reload").returncode, 0)
            self.assertFalse(os.path.exists(home.file(".other.csv")))


class Trouble(unittest.TestCase):
    def test_full(self):
        """no room: said once, rows are counted, Modbus and scan go on; it recovers by itself"""
        words = full_disk.prefix()
        if not words:
            self.skipTest("mount namespaces are not permitted here (they take root)")
        result = subprocess.run([*words, sys.executable, "-B", __file__, "--full"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_no_folder(self):
        """what stands in the way of the folder is a file, which keeps root out, too"""
        with Home(script()) as home:
            home.folder.write("state", "a file")
            with home.life() as life, life.connect() as wire:
                life.wait_line("csv energy: .*home.energy.csv cannot be written: Not a directory")
                eventually(lambda: wire.holding(2), "lost rows")
                goes_on(wire)
                os.remove(home.state)
                life.wait_line(r"csv energy: .* is written again; \d+ rows? (was|were) lost")
                has_rows(home)
            self.assertEqual(life.text().count("energy.csv cannot be written"), 1)

    def test_no_file(self):
        """a link is not followed and a pipe holds up nobody; both are said"""
        for make, what in ((lambda name: os.symlink("/dev/null", name), "a link"), (os.mkfifo, "a pipe"),
                           (os.mkdir, "a folder")):
            with self.subTest(what), Home(script()) as home:
                os.makedirs(home.state)
                make(path(home))
                with home.life() as life, life.connect() as wire:
                    life.wait_line("csv energy: .* cannot be written: it is %s, not a file" % what)
                    goes_on(wire)

    def test_read_only_folder(self):
        if os.getuid() == 0 and subprocess.run(["setpriv", "--version"], stdout=subprocess.DEVNULL,
                                               check=False).returncode:
            self.skipTest("setpriv is missing (package util-linux)")
        with Home(script()) as home:
            os.chmod(home.folder.path, 0o755)
            os.makedirs(home.state, 0o555)
            os.makedirs(home.run)
            begin = []
            if os.getuid() == 0:
                begin = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
                os.chown(home.run, 65534, 65534)
                if subprocess.run([*begin, BINARY, "--version"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  check=False).returncode:
                    self.skipTest("another user cannot run " + BINARY)
            process = subprocess.Popen([*begin, BINARY, "run", "--state", home.state, home.path],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True,
                                       env=dict(os.environ, MSM_RUN=home.run))
            try:
                said = ""
                while "energy.csv cannot be written: Permission denied" not in said:
                    line = process.stderr.readline()
                    self.assertTrue(line, said)
                    said += line
                process.terminate()
                process.communicate(timeout=DEADLINE)
            finally:
                process.kill()
                process.wait()
            self.assertEqual(process.returncode, 0)
            self.assertEqual(os.listdir(home.state), [])

    def test_removed(self):
        """somebody takes the file away: a new one is begun"""
        with Home(script()) as home, home.life():
            has_rows(home)
            os.rename(path(home), home.file(".taken"))
            has_rows(home)

    def test_half_a_row(self):
        """a file that ends in the middle of a row, even at a line break in its text, is turned over
        and stays as it was"""
        for end in (b'2026-01-02T03:04:05.000Z,5', b'2026-01-02T03:04:05.000Z,5,2.5,"say\r\n'):
            with self.subTest(end), Home(script()) as home:
                with home.life():
                    has_rows(home)
                with open(path(home), "ab") as file:
                    file.write(end)
                with home.life():
                    eventually(lambda: os.path.exists(path(home, 1)), "the old file")
                    has_rows(home)
                with open(path(home, 1), "rb") as file:
                    self.assertTrue(file.read().endswith(end))


class Killed(unittest.TestCase):
    def test_kill(self):
        """kill -9 at any moment costs at most the last second, and the next life goes on"""
        chance = random.Random(os.environ.get("MSM_SEED"))
        with Home(script(rows=3)) as home:
            for _ in range(8):
                life = home.life()
                try:
                    with life.connect() as wire:
                        time.sleep(chance.uniform(0.05, 0.3))
                        scans = wire.holding(1)
                finally:
                    life.kill()
                    life.folder.remove()
                rows = numbers(read_after_kill(home))
                self.assertGreaterEqual(rows[-1], 3 * (scans - 100), "rows of the last second but one")
                last = len(rows) - rows[::-1].index(1) - 1
                self.assertTrue(consecutive(rows[last:]), rows[last:])


def read_after_kill(home):
    """The rows of the newest file; a half one may stand at its end."""
    with open(path(home), newline="", encoding="utf-8") as file:
        data = file.read()
    rows = list(csv.reader(data.splitlines(keepends=True)))
    return [row for row in rows[1:] if len(row) == len(HEADER)]


def play_full():
    with Home(script(rows=5)) as home:
        os.mkdir(home.state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", home.state], check=True)
        with home.life() as life, life.connect() as wire:
            has_rows(home)
            ballast = os.path.join(home.state, "ballast")
            for nth in range(2):
                lost = wire.holding(2)
                fill(ballast)
                life.wait_line("csv energy: .* cannot be written: No space left on device", nth)
                eventually(lambda: wire.holding(2) > lost, "lost rows")
                goes_on(wire)
                wire.write_coil(0, True)
                os.remove(ballast)
                wire.write_coil(0, False)
                life.wait_line("csv energy: .* is written again", nth)
            wire.write_coil(0, True)
        rows = numbers(read(path(home)))
        gaps = sum(b != a + 1 for a, b in zip(rows, rows[1:]))
        if gaps != 2:
            raise AssertionError("%d gaps: %r" % (gaps, rows))


if __name__ == "__main__":
    if sys.argv[1:] == ["--full"]:
        play_full()
    else:
        unittest.main()
