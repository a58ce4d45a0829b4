"""msm map --luals: what lua-language-server and luacheck are told of a script. That the language's own
entries are complete is proved by tests/lua/test_luals.lua."""

import json
import os
import re
import subprocess
import unittest

from msm import ROOT, command
from test_run import Case

SCRIPT = """
program { diagnostics = { input = 9000 } }
mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100, desc = "Tank level" })
mem.MODE  = holding.int16(10, { labels = { [0] = "OFF", [1] = "ON" }, default = 1 })
mem.BIT   = holding.bool(11, 3)
mem.LIST  = holding.int16(20, { count = 8, scale = 0.1 })
mem.ROUND = holding.int16(30, { round = true })
mem["end"] = coil(3)
mem.NOTE  = var.string { length = 10 }
mem.ODD   = coil(4, { desc = "@field X number\\n---@field Y number" })
mem.PIPE  = coil(5, { desc = "| x" })
local plc = memory("plc", { order = "ABCD" })
plc.T = input.int32(0, { unit = "°C" })
client.tcp { host = "10.0.0.7", mem = plc }
every("1s", function() mem.NOTE = "x" end, { needs = { plc } })
"""

ANNOTATIONS = """
package.path = %r .. "/tests/lua/?.lua;" .. package.path
local annotations, lu = require "annotations", require "luaunit"
function test_all()
  local files = annotations.read_folder(%r, ".")
  lu.assertTrue(#files > 20)
  lu.assertEquals(annotations.problems(files), {})
end
"""


class Luals(Case):
    def write(self, text=SCRIPT):
        """The script's path, the folder that was written, and what was printed."""
        path = self.script(text)
        folder = os.path.join(os.path.dirname(path), "new", ".luals")
        done = command("map", path, "--luals", folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return path, folder, done.stdout

    @staticmethod
    def read(*names):
        with open(os.path.join(*names), encoding="utf-8") as file:
            return file.read()

    def test_variables(self):
        """each has the type that the script reads; no diagnostics"""
        _, folder, _ = self.write()
        text = self.read(folder, "job.d.lua")
        classes = dict(re.findall(r"---@class msm\.Memory\.(\w+) : msm\.Memory\n((?:---.*\n)*)", text))
        fields = {name: re.findall(r"(?m)^---@field (\S+) (.*)", body) for name, body in classes.items()}
        self.assertEqual(fields, {
            "mem": [("LEVEL", "number"), ("MODE", "integer"), ("BIT", "boolean"), ("LIST", "number[]"),
                    ("ROUND", "number"), ('["end"]', "boolean"), ("NOTE", "string"), ("ODD", "boolean"),
                    ("PIPE", "boolean")],
            "plc": [("T", "integer")]})

    def test_hover(self):
        """place, unit, range, description, names of values; a text is never an annotation"""
        _, folder, _ = self.write()
        text = self.read(folder, "job.d.lua")
        for wanted in (
                "--- input 0 (30001), float32, order CDAB, R\n---\n--- unit %; range 0..100\n---\n"
                "--- Tank level\n---@field LEVEL number\n",
                "--- holding 10 (40011), int16, RW\n---\n--- default ON (1)\n---\n--- 0 = OFF, 1 = ON\n",
                "--- holding 11 (40012) bit 3, bool, RW\n---@field BIT", "--- var, string(10)\n---@field NOTE",
                "--- \\@field X number\\n---@field Y number\n---@field ODD boolean\n",
                "--- \\| x\n---@field PIPE boolean\n"):
            self.assertIn(wanted, text)

    def test_whole_folder(self):
        """the library, and the language, all annotations right"""
        path, folder, _ = self.write()
        for name in ("msm/timer.lua", "msm/control/pid.lua", "meta/memory.d.lua", "meta/core.d.lua"):
            sort = "lua/" + name
            self.assertTrue(self.read(folder, name).endswith(self.read(ROOT, sort)), name)
        test = os.path.join(os.path.dirname(path), "check.lua")
        with open(test, "w", encoding="utf-8") as file:
            file.write(ANNOTATIONS % (ROOT, folder))
        done = command("test", test)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_no_file_is_lost(self):
        """ours are written again; where one is another's, none is"""
        path, folder, _ = self.write()
        for name in ("job.d.lua", "meta/core.d.lua"):
            with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
                file.write("changed\n")
        self.assertEqual(command("map", path, "--luals", folder).returncode, 0)
        for name in ("job.d.lua", "meta/core.d.lua"):
            self.assertNotIn("changed", self.read(folder, name))
        os.remove(os.path.join(folder, "job.d.lua"))
        theirs = os.path.join(folder, "msm", "timer.lua")
        with open(theirs, "w", encoding="utf-8") as file:
            file.write("-- mine\n")
        done = command("map", path, "--luals", folder)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("msm map: %s is there already" % theirs, done.stderr)
        self.assertEqual(self.read(theirs), "-- mine\n")
        self.assertFalse(os.path.exists(os.path.join(folder, "job.d.lua")))

    def test_beside_the_script(self):
        """the script's own folder does: nothing is written over it"""
        path = self.script(SCRIPT)
        self.assertEqual(command("map", path, "--luals", os.path.dirname(path)).returncode, 0)
        self.assertEqual(self.read(path), SCRIPT)
        self.assertEqual(command("check", path).returncode, 0)

    def test_luarc(self):
        """what is printed for .luarc.json is JSON, and names the folder"""
        _, folder, printed = self.write()
        text = re.search(r"(?ms)^\.luarc\.json\n(\{.*?^\})$", printed)[1]
        settings = json.loads(text)
        self.assertEqual(settings["workspace.library"], [folder])
        self.assertEqual(settings["diagnostics.disable"], ["inject-field"])

    def test_luacheckrc(self):
        """what is printed for .luacheckrc fits the language: the same names as in this tree's"""
        path, _, printed = self.write()
        text = re.search(r"(?ms)^\.luacheckrc\n(.*)", printed)[1]
        settings = os.path.join(os.path.dirname(path), ".luacheckrc")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(text)

        def luacheck(script):
            done = subprocess.run(["luacheck", "--no-color", "--no-cache", "--config", settings, "-"],
                                  input=script, stdout=subprocess.PIPE, text=True, check=False)
            return re.findall(r"variable '(\w+)'", done.stdout)

        self.assertEqual(luacheck(SCRIPT), [])
        self.assertEqual(luacheck("print(io, debug, evry, every, os.time())"), ["io", "debug", "evry"])
        names = re.compile(r'(?s)read_globals = \{(.*?)\}')
        self.assertEqual(set(re.findall(r'"(\w+)"', names.search(text)[1])),
                         set(re.findall(r'"(\w+)"', names.search(self.read(ROOT, ".luacheckrc"))[1])))

    def test_refused(self):
        """with another form, without a folder, where none can be made, for a script that is wrong"""
        path = self.script(SCRIPT)
        self.assertEqual(command("map", path, "--luals", "x", "--csv").returncode, 2)
        self.assertEqual(command("map", path, "--luals").returncode, 2)
        done = command("map", path, "--luals", path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^msm map: cannot write \S+job\.d\.lua: Not a directory\n$")
        odd = os.path.join(os.path.dirname(path), "odd\udcff")
        self.assertIn("is not UTF-8", command("map", path, "--luals", odd).stderr)
        self.assertFalse(os.path.exists(odd))
        folder = os.path.join(os.path.dirname(path), "none")
        self.assertEqual(command("map", self.script("mem.X = 1"), "--luals", folder).returncode, 1)
        self.assertFalse(os.path.exists(folder))


if __name__ == "__main__":
    unittest.main()
