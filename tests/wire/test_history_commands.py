"""msm trend and msm journal, of a running program and of the file that it has left: what they print,
as CSV and JSON too, their exit statuses, and what they say of mistakes."""

import csv
import io
import json
import re
import unittest

from commands import NOT_RUNNING, OK, REFUSED, UNKNOWN, USAGE
from msm import command, eventually
from retain import Home

SCRIPT = """
mem.LEVEL = holding.float32(0, { dir = "inout", unit = "%" })
mem.PUMP  = coil(0, { dir = "inout" })
mem.NAME  = holding.string(10, { length = 4, dir = "inout" })
server.tcp { port = 0 }
every("10ms", function() end)
"""
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home(SCRIPT)
        cls.life = cls.home.life("--history")
        cls.run_msm("set", "LEVEL", "20.5")
        eventually(lambda: " 20.5" in cls.run_msm("trend", "LEVEL").stdout, "the value")

    @classmethod
    def tearDownClass(cls):
        cls.life.stop()
        cls.home.remove()

    @classmethod
    def run_msm(cls, *args):
        return cls.life.command(*args)

    def output(self, *args):
        done = self.run_msm(*args)
        self.assertEqual((done.returncode, done.stderr), (OK, ""), args)
        return done.stdout

    def refused(self, status, words, *args):
        done = self.run_msm(*args)
        self.assertEqual((done.returncode, done.stdout), (status, ""), args)
        self.assertIn(words, done.stderr)

    def test_a_line_for_each_change(self):
        lines = self.output("trend", "LEVEL").splitlines()
        self.assertRegex(lines[0], "^%s 0$" % MOMENT)
        self.assertRegex(lines[1], r"^%s 20\.5$" % MOMENT)
        both = self.output("trend", "LEVEL", "mem.PUMP").splitlines()
        self.assertRegex(both[0], "^%s LEVEL 0$" % MOMENT)
        self.assertRegex(both[-1], "^%s PUMP 0$" % MOMENT)
        self.assertIn(" 20.5 (0 to 20.5)", self.output("trend", "LEVEL", "--points", "1"))

    def test_csv_and_json(self):
        rows = list(csv.reader(io.StringIO(self.output("trend", "LEVEL", "--csv"))))
        self.assertEqual(rows[0], ["time", "name", "min", "max", "last"])
        self.assertRegex(rows[1][0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(rows[2][1:], ["LEVEL", "20.5", "20.5", "20.5"])
        series = json.loads(self.output("trend", "LEVEL", "--json"))["series"]
        self.assertEqual([point[3] for point in series[0]["points"][:2]], [0, 20.5])
        entries = json.loads(self.output("journal", "--json"))
        self.assertEqual(entries[-1]["what"], "start")

    def test_the_journal(self):
        lines = self.output("journal").splitlines()
        self.assertRegex(lines[0], r"^%s start: \S+home\.lua, by msm$" % MOMENT)
        self.assertRegex(lines[1], r"^%s set LEVEL: 0 %% -> 20\.5 %%, by user \d+ \(pid \d+\)$" % MOMENT)
        self.assertEqual(self.output("journal", "L*").splitlines(), lines[1:])
        self.assertEqual(self.output("journal", "--lines", "1").splitlines(), lines[-1:])
        self.assertEqual(self.output("journal", "--kind", "alarm"), "")
        self.assertEqual(self.output("journal", "--from", "now"), "")

    def test_the_status(self):
        self.assertRegex(self.output("status"), r"(?m)^history    2 numbers in \S+/home\.history, [\d.]+ MiB$")

    def test_moments(self):
        for moment in ("-1h30m", "-1d", "2026-01-31", "2026-01-31 10:30", "2026-01-31T10:30:15.5"):
            self.assertIn(" 20.5\n", self.output("trend", "LEVEL", "--from", moment), moment)
        first = re.match("(%s)" % MOMENT, self.output("trend", "LEVEL")).group(1)
        lines = self.output("trend", "LEVEL", "--from", "-1h", "--to", first).splitlines()
        self.assertEqual(len(lines), 1, lines)
        for moment in ("yesterday", "", "10:30x", "-", "25:00"):
            self.refused(USAGE, "is no moment", "trend", "LEVEL", "--from", moment)
        self.refused(USAGE, "--from must be before --to", "trend", "LEVEL", "--to", "-2h")

    def test_mistakes(self):
        self.refused(UNKNOWN, "LEVLE is not declared; did you mean LEVEL?", "trend", "LEVLE")
        self.refused(UNKNOWN, "the history has nothing of NAME", "trend", "NAME")
        self.refused(USAGE, "--points takes a number", "trend", "LEVEL", "--points", "0")
        self.refused(USAGE, "either --csv or --json", "trend", "LEVEL", "--csv", "--json")
        self.refused(USAGE, "--lines takes a number", "journal", "--lines", "many")
        self.refused(USAGE, "--kind takes alarm or audit", "journal", "--kind", "alarms")
        self.refused(1, "belongs to a program that runs", "trend", "LEVEL", "--file",
                     self.home.file(".history"))


class Left(unittest.TestCase):
    def test_the_file_of_a_program_that_does_not_run(self):
        with Home(SCRIPT) as home:
            for value, end in (("7", "stop"), ("8", "kill")):
                life = home.life("--history")
                life.command("set", "LEVEL", value)
                eventually(lambda: " %s\n" % value in life.command("trend", "LEVEL").stdout, value)
                getattr(life, end)()
            self.assertEqual(command("trend", "LEVEL").returncode, NOT_RUNNING)
            done = command("trend", "mem.LEVEL", "--file", home.file(".history"))
            self.assertEqual((done.returncode, done.stderr), (OK, ""))
            values = [line.split()[2] for line in done.stdout.splitlines()]
            self.assertEqual(values, ["0", "7", "-", "0", "8", "-"])
            self.assertIn(" set LEVEL: 0 % -> 8 %", command("journal", "--file",
                                                            home.file(".history")).stdout)
            done = command("trend", "LEVEL", "--file", home.file(".none"))
            self.assertEqual(done.returncode, 1)
            self.assertIn("No such file", done.stderr)
            self.assertEqual(home.beside(".none"), [])

    def test_a_program_without_a_history(self):
        with Home(SCRIPT) as home, home.life() as life:
            done = life.command("trend", "LEVEL")
            self.assertEqual(done.returncode, REFUSED)
            self.assertIn("no history is written; msm run --history does", done.stderr)


if __name__ == "__main__":
    unittest.main()
