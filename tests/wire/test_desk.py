"""msm test as a command: what it takes, where its reports go, and what it says when there is nothing
to run. What tests can do is proved by tests/desk."""

import os
import re
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
SCRIPT = """mem.LEVEL = holding.uint16(0)
every("100ms", function() if mem.LEVEL == 7 then error "seven" end end)
"""
FAILING = """local lu = require "luaunit"
local function load() return require "msm.test".load "%s/s.lua" end
local function helper(plant) lu.assertEquals(plant.mem.LEVEL, 3) end

function test_a() lu.assertEquals(1, 2) end
function test_b() helper(load()) end
function test_c() load().mem.LEVELL = 3 end
function test_d() local plant = load(); plant.mem.LEVEL = 7; plant:run "1s" end
function test_e() error("100%%: [ at 3:4: %%1", 0) end
function test_f() error { 1 } end
function test_g() return lu.assertEquals(1, 2) end
local function input() error "from within" end
function test_h() local plant = load(); plant:input("LEVEL", input); plant:run "1s" end
TestT = {}
function TestT:setUp()
  error "set up"
end
function TestT:test_x() end
"""
EATING = """function test_a() end
function test_b() local t = {}; for i = 1, 1e6 do t[i] = { i } end end
local function eat(t)
  for i = 1, 1e9 do t[i] = "text " .. i end
end
function test_c() eat {} end
function test_d() local t = {}; for i = 1, 1e5 do t = { i } end end
"""


DAYS = """local lu = require "luaunit"
local function load(at) return require "msm.test".load("%s/s.lua", { at = at }) end
local function passes(at, to)
  local plant = load(at)
  local begin = plant:time()
  plant:run_to(to)
  return math.floor(plant:time() - begin + 0.5)
end
function test_a_day_of_25_hours() lu.assertEquals(passes("2026-10-25 00:30:00 local", "00:15 local"), 24.75 * 3600) end
function test_a_day_of_23_hours() lu.assertEquals(passes("2026-03-28 23:30:00 local", "23:00 local"), 22.5 * 3600) end
function test_a_day_of_utc() lu.assertEquals(passes("2026-10-25 00:30:00", "00:15"), 23.75 * 3600) end
function test_days_of_february()
  for _, there in ipairs { "2026-02-28", "2028-02-29", "2000-02-29" } do load(there .. " 00:00:00") end
  for _, none in ipairs { "2026-02-29", "2028-02-30", "2100-02-29" } do
    lu.assertErrorMsgContains("there is no moment " .. none, load, none .. " 00:00:00")
  end
end
"""


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

    def test_made_in_a_loop(self):
        """as LuaUnit's users do for tables of cases"""
        path = self.write('for i = 1, 3 do _G["test_" .. i] = function() assert(i < 3) end end\nfunction test_x() end\n')
        done = command("test", path)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("Ran 4 tests", done.stdout)
        self.assertIn("1 failure", done.stdout.replace("1 error", "1 failure"))

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

    def failed(self, text, *args, name="test_f.lua"):
        """what the failed tests of this file say, by their names"""
        out = self.ran(self.write(text, name), *args, status=1)
        out = out.replace(self.folder + "/", "")
        says = dict(re.findall(r"^\d+\) (\S+)\n(.*?)\n\n", out, re.MULTILINE | re.DOTALL))
        self.assertNotIn("luaunit.lua", out)
        self.assertNotIn("msm/test", out)
        self.assertNotIn("[C]", out)
        return says

    def test_what_a_failed_test_says(self):
        """its message with its line, and those lines of the stack that a person wrote, where there are more"""
        self.write(SCRIPT, "s.lua")
        says = self.failed(FAILING % self.folder)
        self.assertEqual(says, {
            "test_a": "test_f.lua:5: expected: 2, actual: 1",
            "test_b": "test_f.lua:3: expected: 3, actual: 0\nstack traceback:\n"
                      "\ttest_f.lua:3: in function 'helper'\n\ttest_f.lua:6: in test_b",
            "test_c": "test_f.lua:7: mem.LEVELL is not declared; did you mean mem.LEVEL?",
            "test_d": "s.lua:2: seven\nafter 0 s, in the test at test_f.lua:8",
            "test_e": "test_f.lua:9: 100%: [ at 3:4: %1",
            "test_f": "test_f.lua:10: {1}",
            "test_g": "test_f.lua:11: expected: 2, actual: 1",
            "test_h": "test_f.lua:12: from within\nstack traceback:\n"
                      "\ttest_f.lua:12: in function 'value'\n\ttest_f.lua:13: in test_h",
            "TestT.test_x": "test_f.lua:16: set up",
        })

    def test_days_of_a_time_zone_and_of_years(self):
        self.write('mem.A = coil(0)\nevery("60s", function() end)\n', "s.lua")
        done = command("test", self.write(DAYS % self.folder), env=dict(os.environ, TZ="CET-1CEST,M3.5.0,M10.5.0/3"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("4 successes", done.stdout)

    def test_a_stack_that_overflows(self):
        """shows some of it"""
        says = self.failed("local function f() return 1 + f() end function test_a() f() end")
        self.assertRegex(says["test_a"], r"^test_f.lua:1: stack overflow")
        self.assertLess(says["test_a"].count("\n"), 30)

    def test_memory_has_an_end(self):
        """a test that eats it fails with its line, the others run; so does what stands beside the tests"""
        says = self.failed(EATING, "--memory", "16")
        short = ": out of memory: tests may use 16 MiB, and what they hold in globals stays from one to the next; " \
            "msm test --memory N changes that"
        self.assertEqual(says, {"test_b": "test_f.lua:2" + short, "test_c": "test_f.lua:4" + short})
        self.ran(self.path("test_f.lua"), "--filter", "!_c", "--memory", "4096")
        self.refused(1, "test_a.lua:1" + short, self.write('local t = string.rep("x", 1e8)'), "--memory", "16")
        for wrong in ("0", "-1", "16x", "", "65537"):
            self.refused(2, '--memory is 1..65536 MiB, not "%s"' % wrong, self.path("test_a.lua"), "--memory", wrong)

    def test_memory_that_nobody_gives_back(self):
        """fails all tests, and the count of them is right"""
        says = self.failed("T = {} function test_a() while true do T[#T + 1] = {} end end\n"
                           "function test_b() local t = {} end\nfunction test_c() return {} end", "--memory", "16")
        self.assertEqual(sorted(says), ["test_a", "test_b", "test_c"])
        self.assertIn("test_f.lua:2: out of memory", says["test_b"])

    def test_what_a_file_says_that_fails_beside_its_tests(self):
        """is said alike"""
        self.refused(1, "test_a.lua:1: load: cannot read nosuch.lua",
                     self.write('local t = require "msm.test".load "nosuch.lua"'))
        done = command("test", self.write("local function f() local x; x.y = 1 end\nf()", "test_b.lua"))
        self.assertEqual((done.returncode, done.stderr.replace(self.folder + "/", "")), (1,
            "msm test: test_b.lua:1: attempt to index a nil value (local 'x')\nstack traceback:\n"
            "\ttest_b.lua:1: in function 'f'\n\ttest_b.lua:2: in main chunk\n"))


if __name__ == "__main__":
    unittest.main()
