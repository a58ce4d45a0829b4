"""msm test as a command: what it takes, where its reports go, and what it says when there is nothing
to run. What tests can do is proved by tests/desk."""

import os
import tempfile
import unittest
import xml.etree.ElementTree

from msm import command

GOOD = """
local lu = require "luaunit"
function test_one() lu.assertEquals(1, 1) end
TestMore = {}
function TestMore.test_two() lu.assertEquals(2, 2) end
"""
BAD = 'local lu = require "luaunit"\nfunction test_bad() lu.assertEquals(1, 2) end\n'


class Desk(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *name):
        return os.path.join(self.folder, *name)

    def write(self, text, name="test_a.lua"):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def refused(self, status, text, *args):
        """one clean line, and nothing was run"""
        done = command("test", *args)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(text, done.stderr)

    def ran(self, *args, status=0):
        done = command("test", *args)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_exit_status(self):
        """0 when all passed, 1 when one did not"""
        self.assertIn("Ran 2 tests", self.ran(self.write(GOOD)))
        self.assertIn("1 failure", self.ran(self.path("test_a.lua"), self.write(BAD, "test_b.lua"), status=1))

    def test_a_folder(self):
        """stands for its test_*.lua, by their names"""
        self.write(GOOD, "test_b.lua")
        self.write('function test_first() print "first" end', "test_a.lua")
        self.write(BAD, "other.lua")
        self.write(BAD, "deeper/test_c.lua")
        self.assertIn("Ran 3 tests", self.ran(self.folder))
        self.assertIn("Ran 3 tests", self.ran(self.folder + "/"))
        self.refused(2, "no file in this folder is called test_", self.write("", "empty/x.lua")[:-6])

    def test_nothing_to_run(self):
        """is said, and is no success"""
        path = self.write(GOOD)
        self.refused(2, 'no test matches --filter "nosuch"', path, "--filter", "nosuch")
        self.refused(2, 'no test matches --filter "!test"', path, "--filter", "!test")
        for pattern in ("[", "t[", "!t[", "%"):
            self.refused(2, '--filter takes a Lua pattern; "%s"' % pattern, path, "--filter", pattern)
        self.refused(2, "there is no test in it", self.write("local function test_a() end", "test_b.lua"))
        self.refused(2, "there is no test in it", path, self.path("test_b.lua"))
        self.refused(2, "there is no test in it", self.write("", "test_c.lua"))
        self.refused(1, "No such file", self.path("gone.lua"))

    def test_filter(self):
        """by the name of the test, of its table and of its file"""
        path = self.write(GOOD)
        self.assertIn("Ran 1 test", self.ran(path, "--filter", "two"))
        self.assertIn("Ran 1 test", self.ran(path, "--filter", "!TestMore"))
        self.assertIn("Ran 2 tests", self.ran(path, self.write(BAD, "test_b.lua"), "--filter", "^test_a:"))

    def test_report(self):
        """--report means junit, and says when that cannot be"""
        path, report = self.write(GOOD), self.path("out.xml")
        self.ran(path, "--report", report)
        self.assertEqual(len(list(xml.etree.ElementTree.parse(report).iter("testcase"))), 2)
        self.refused(2, "--report is where junit goes; --output tap", path, "--output", "tap", "--report", report)
        self.refused(2, "--report takes a file that is called ….xml", path, "--report", self.path("out"))
        self.refused(1, "--report: " + self.path("no", "out.xml"), path, "--report", self.path("no", "out.xml"))
        self.refused(2, "--output is text, tap or junit", path, "--output", "xml")


if __name__ == "__main__":
    unittest.main()
