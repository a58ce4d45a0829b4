"""What people are told so that nothing passes for what it is not: a value that no device has given, a
program that would fault again, a task that never ran."""

import unittest

from msm import Folder, Msm, command, eventually, free_port

MIRROR = """
local plc = memory("plc")
plc.SPEED = input.int16(0)
plc.SP = holding.int16(0)
mem.OWN = holding.int16(0)
client.tcp { host = "127.0.0.1", port = %d, mem = plc, timeout = "100ms" }
server.tcp { port = 0 }
every("10ms", function() end, { needs = { plc } })
"""
FAULTS = """
mem.T = holding.int16(0)
server.tcp { port = 0 }
every("10ms", function() if mem.T > 8 then error("too hot") end end)
"""


class Told(unittest.TestCase):
    def test_get_of_what_never_came(self):
        """alone the value is bare for who reads it in a pipe, and stderr says what it is worth"""
        with Msm(MIRROR % free_port()) as msm:
            one = msm.command("get", "plc.SPEED")
            self.assertEqual((one.returncode, one.stdout), (0, "0\n"))
            self.assertEqual(one.stderr, "msm get: the quality of plc.SPEED is never\n")
            self.assertEqual(msm.command("get", "plc.SPEED", "OWN").stdout,
                             "plc.SPEED 0 (never)\nOWN 0\n")
            self.assertEqual(msm.command("get", "OWN").stderr, "")
            msm.command("force", "plc.SPEED", "5")
            self.assertIn("(forced)", msm.command("get", "plc.*").stdout)

    def test_reload_that_would_fault_again(self):
        with Msm(FAULTS) as msm, msm.connect() as wire:
            wire.write(0, 9)
            eventually(lambda: msm.command("status").returncode == 1, "the fault")
            again = msm.command("reload")
            self.assertEqual(again.returncode, 5)
            self.assertIn("too hot", again.stderr)
            self.assertIn("correct that with msm set or msm force", again.stderr)
            self.assertIn("msm reload starts it again", msm.command("eval", "1").stderr)
            self.assertEqual(msm.command("set", "T", "3").returncode, 0)
            self.assertEqual(msm.command("reload").returncode, 0)

    def test_reload_names_values_that_it_costs(self):
        text = """mem.LEVEL = holding.float32(0, { default = 5 })
mem.SP = holding.float32(%d)
mem.W = holding.%s(10)
every("20ms", function() end)
"""
        with Msm(text % (2, "float32"), servers=0) as msm:
            msm.control().close()
            msm.command("set", "W", "9")
            with open(msm.path, "w", encoding="utf-8") as file:
                file.write(text % (1, "uint32"))
            done = msm.command("reload")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, r"\.lua:3: mem\.W .*float32")
            self.assertRegex(done.stderr, r"\.lua:1: mem\.LEVEL and mem\.SP have registers in common now")

    def test_a_sequences_step_is_its_own(self):
        with Msm("""local seq = require("msm.sequence").recipe("mix", { { "one", function() end } })
every("20ms", function() seq() end)
""", servers=0) as msm:
            msm.control().close()
            self.assertEqual(msm.command("get", "MIX_STEP").returncode, 0)
            done = msm.command("set", "MIX_STEP", "two")
            self.assertEqual(done.returncode, 5, done.stdout)
            self.assertIn("MIX_STEP", done.stderr)

    def test_a_dry_run_says_what_did_not_run(self):
        with Folder() as folder:
            path = folder.write("needs.lua", MIRROR % 1)
            done = command("run", "--dry", "3", path)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stderr, r"needs\.lua:8: this task did not run, because it needs plc")
            self.assertRegex(done.stderr, r"needs: 3 scans without a network: no fault, "
                                          r"but 1 of 1 task never ran: \S*needs\.lua:8\n")
            path = folder.write("fault.lua", "every('1h', function() end)\n"
                                             "every('1s', function() error 'x' end)\n"
                                             "every('1s', function() end)\n")
            self.assertRegex(command("run", "--dry", "3", path).stderr,
                             r"fault: 1 scan without a network: FAULT, but 1 of 3 tasks never ran: \S*fault\.lua:3\n")
            path = folder.write("all.lua", "every('1h', function() end)\nevery('1s', function() end)\n")
            self.assertRegex(command("run", "--dry", "3", path).stderr, r"without a network: no fault\n")

    def test_a_check_says_what_it_does_not_do(self):
        with Folder() as folder:
            path = folder.write("a.lua", "every('1s', function() error 'x' end)\n")
            self.assertRegex(command("check", path).stdout,
                             r"a\.lua: ok: 0 variables, 1 task, 0 servers; no task was run, msm run --dry N does that\n")

    def test_diagnostics_are_for_masters(self):
        with Folder() as folder:
            path = folder.write("a.lua", "%severy('1s', function() print(mem.MSM_SCANS) end)\n"
                                % "program { diagnostics = { input = 0 } }\n")
            says = command("run", "--dry", "1", path).stderr
            self.assertIn("a.lua:2: mem.MSM_SCANS is a diagnostic, for masters and msm get; a script has scan.count", says)
            path = folder.write("a.lua", "%severy('1s', function() print(mem.MSM_STAT) end)\n"
                                % "program { diagnostics = { input = 0 } }\n")
            self.assertRegex(command("run", "--dry", "1", path).stderr, r"a\.lua:2: mem\.MSM_STAT is not declared\n")


if __name__ == "__main__":
    unittest.main()
