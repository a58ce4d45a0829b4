"""What the tests of the command line share: a program with a little of everything, the exit statuses,
and a case that runs one program for all of its tests."""

import json
import unittest

from msm import Msm

SCRIPT = """
program { probation = "100ms" }
mem.LEVEL    = input.float32(0,   { unit = "%", min = 0, max = 100 })
mem.SETPOINT = holding.float32(0, { unit = "%", min = 0, max = 100, default = 50 })
mem.PUMP     = coil(0,            { safe = false })
mem.X        = holding.int16(10,  { min = -100, max = 100 })
mem.TEXT     = holding.string(20, { length = 20 })
mem.LONG     = holding.string(200, { length = 60 })
mem.TEMPS    = holding.int16(40,  { count = 3 })
mem.BOOM     = coil(9)
mem.MODE     = holding.int16(11,  { labels = { [0] = "OFF", [1] = "ON" } })
mem:raw { holding = { 100, 4 } }
local plc = memory("plc")
plc.SPEED = holding.int16(0)
server.tcp { port = 0 }
every("20ms", function()
  mem.LEVEL = 12.5
  if mem.BOOM then error("boom") end
end)
"""

OK, FAILED, USAGE, NOT_RUNNING, UNKNOWN, REFUSED = range(6)


class Case(unittest.TestCase):
    script = SCRIPT

    @classmethod
    def setUpClass(cls):
        cls.msm = Msm(cls.script)

    @classmethod
    def tearDownClass(cls):
        cls.msm.stop()

    def run_msm(self, *args, **options):
        return self.msm.command(*args, **options)

    def expect(self, status, stdout, *args, **options):
        """The status, and exactly that on stdout; on stderr nothing where it is well. Returns stderr."""
        done = self.run_msm(*args, **options)
        self.assertEqual((done.returncode, done.stdout), (status, stdout), (args, done.stderr))
        if status == OK:
            self.assertEqual(done.stderr, "", args)
        return done.stderr

    def expect_refused(self, status, message, *args):
        self.assertIn(message, self.expect(status, "", *args))

    def json(self, *args, status=OK):
        done = self.run_msm(*args, "--json")
        self.assertEqual((done.returncode, done.stderr), (status, ""), args)
        self.assertEqual(done.stdout.count("\n"), 1, "one line: " + done.stdout)
        return json.loads(done.stdout)
