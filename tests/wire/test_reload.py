"""A reload over the wire, the truth table's line of that name: what becomes of values, of time and
keeps, and of the program that was there when the new one is refused.

Exit codes of msm reload: 0 proven, 1 rolled back, 5 refused. Exception codes: 02 may not be
written, 04 safe output during a fault.
"""

import os
import socket
import struct
import subprocess
import unittest

from msm import (BINARY, DEADLINE, SANITIZERS, Folder, eventually, fc_read, from_low_first,
                 low_first)
from reloading import Program, Watcher


class Values(unittest.TestCase):
    def test_values_stay_by_name_and_type(self):
        """the same, moved, turned, retyped, new and gone variables; arrays; raw words; the body's
        assignments apply to what is new"""
        before = """
            mem.SAME   = holding.uint16(0)
            mem.MOVED  = holding.float32(2)
            mem.TURNED = holding.uint32(4)
            mem.TYPED  = holding.uint16(6, { default = 5 })
            mem.GONE   = holding.uint16(7)
            mem.LIST   = holding.int16(10, { count = 3 })
            mem.FLAG   = coil(0)
            mem:raw { holding = { 20, 4 } }
            server.tcp { port = 0 }
            mem.SAME = 1
            every("10ms", function() end)
            """
        after = """
            mem.SAME   = holding.uint16(0)
            mem.NEW    = holding.uint16(1, { default = 8 })
            mem.NEWER  = holding.uint16(2)
            mem.MOVED  = holding.float32(30)
            mem.TURNED = holding.uint32(4, { order = "ABCD" })
            mem.TYPED  = holding.int16(6, { default = 6 })
            mem.LIST   = holding.int16(10, { count = 4, default = 9 })
            mem.FLAG   = coil(7)
            mem:raw { holding = { 20, 4 } }
            server.tcp { port = 0 }
            mem.SAME, mem.NEWER, mem.MOVED, mem.LIST, mem.FLAG = 2, 3, 4.0, { 4, 4, 4, 4 }, false
            mem.holding[20] = 4
            every("10ms", function() end)
            """
        with Program(before) as msm, msm.connect() as wire:
            self.assertEqual(wire.holding(0), 1)
            self.assertEqual(wire.write(0, 100), 0)
            self.assertEqual(wire.write(2, *low_first("f", 2.5)), 0)
            self.assertEqual(wire.write(4, 0x2222, 0x1111), 0)
            self.assertEqual(wire.write(6, 77), 0)
            self.assertEqual(wire.write(10, 11, 12, 0xFFFF), 0)
            self.assertEqual(wire.write(20, 51, 52, 53, 54), 0)
            self.assertEqual(wire.write_coil(0, True), 0)
            msm.reload(after)
            self.assertEqual(wire.holding(0, 3), [100, 8, 3])
            self.assertEqual(from_low_first("f", wire.holding(30, 2)), 2.5)
            self.assertEqual(wire.holding(4, 2), [0x1111, 0x2222])
            self.assertEqual(wire.holding(6), 6, "another type starts with its default")
            self.assertEqual(wire.holding(10, 4), [11, 12, 0xFFFF, 4])
            self.assertEqual(wire.holding(20, 4), [51, 52, 53, 54])
            self.assertEqual(wire.read(1, 7, 1), [1])
            self.assertEqual(wire.write(7, 1), 2, "what is gone may not be written")

    def test_edited_default(self):
        """told by check --against-running, not applied; msm set --default applies it"""
        text = """
            mem.SP  = holding.uint16(0, { default = %d, retain = true })
            mem.OLD = holding.uint16(1)
            %s
            server.tcp { port = 0 }
            every("10ms", function() end)
            """
        with Program(text % (50, "")) as msm, msm.connect() as wire:
            msm.settle()
            msm.write(text % (60, "mem.NEXT = holding.uint16(2)"))
            said = msm.command("check", "--against-running", msm.path)
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertRegex(said.stdout, r"wire\.lua:3: the default of mem\.SP changes from 50 to "
                             r"60, but its value stays; msm set SP --default applies it")
            self.assertRegex(said.stdout, r"wire\.lua:5: mem\.NEXT is new: holding\.uint16 at "
                             r"holding 2")
            self.assertEqual(msm.status()["reloads"], 0, "it was only asked")
            self.assertEqual(wire.refused(fc_read(3, 2, 1)), 2)
            self.assertEqual(msm.command("reload").returncode, 0)
            self.assertEqual(wire.holding(0, 3), [50, 0, 0])
            self.assertEqual(msm.command("set", "SP", "--default").returncode, 0)
            self.assertEqual(wire.holding(0), 60)
            said = msm.command("check", "--against-running", msm.path)
            self.assertIn("would change nothing", said.stdout)

    def test_limits_that_exclude_the_value(self):
        """it starts with its default, and that is said in the log and to who asked"""
        text = """
            mem.SP = holding.uint16(0, { default = 1, max = %d })
            server.tcp { port = 0 }
            """
        with Program(text % 100) as msm, msm.connect() as wire:
            self.assertEqual(wire.write(0, 90), 0)
            says = (r"wire\.lua:3: mem\.SP: its value is outside the new limits: it is 90 and takes "
                    r"at most 50; it starts with its default, 1")
            msm.write(text % 50)
            said = msm.command("check", "--against-running", msm.path)
            self.assertRegex(said.stdout, says)
            self.assertEqual(wire.holding(0), 90, "it was only asked")
            self.assertRegex(msm.reload(text % 50), says)
            self.assertEqual(wire.holding(0), 1)
            msm.wait_line(says)

    def test_what_a_value_means(self):
        """its raw value stays, which is told with what it reads now; a unit alone is no new
        default; what nobody notices is not told"""
        text = """
            mem.T = holding.uint16(0, { scale = %s, default = 3, desc = "%s" })
            mem.U = holding.uint16(1, { default = 3, unit = "%s" })
            server.tcp { port = 0 }
            """
        with Program(text % (1, "a", "V")) as msm, msm.connect() as wire:
            self.assertEqual(wire.write(0, 40), 0)
            self.assertEqual(msm.reload(text % (1, "b", "V")), "")
            said = msm.reload(text % (0.1, "b", "mV"))
            self.assertRegex(said, r"wire\.lua:3: mem\.T reads 4 instead of 40: scale 0\.1 instead "
                             r"of 1; its raw value stays")
            self.assertNotIn("default", said)
            self.assertEqual(wire.holding(0), 40)

    def test_paths_as_they_were_given(self):
        """check --against-running names the file as its command line does"""
        with Program("mem.A = holding.uint16(0)\nserver.tcp { port = 0 }") as msm:
            folder, name = os.path.split(msm.path)
            with open(os.path.join(folder, "new.lua"), "w", encoding="utf-8") as file:
                file.write("mem.B = holding.uint16(0)\nserver.tcp { port = 0 }")
            for asked, shown in (("new.lua", "new.lua"), ("./new.lua", "./new.lua"),
                                 (os.path.join(folder, "new.lua"),) * 2):
                said = subprocess.run([BINARY, "check", "--against-running", asked], cwd=folder,
                                      env=msm.environment(), capture_output=True, text=True,
                                      check=False)
                self.assertIn("\n%s:1: mem.B is new" % shown, said.stdout, said.stderr)

    def test_forced(self):
        """forced values stay forced, moved or not, with what they suppress"""
        text = """
            mem.PUMP  = coil(0, { dir = "out" })
            mem.LEVEL = holding.uint16(%d)
            mem.TICKS = input.uint16(0, { limit = "wrap" })
            server.tcp { port = 0 }
            every("5ms", function() mem.PUMP = true; mem.TICKS = mem.TICKS + 1 end)
            """
        with Program(text % 0) as msm, msm.connect() as wire, msm.control() as control:
            self.assertEqual(wire.write(0, 7), 0)
            eventually(lambda: wire.coil(0))
            control.ask("force", name="PUMP", value=False)
            control.ask("force", name="LEVEL", value=99)
            with Watcher(msm.port, lambda wire: wire.coil(0)) as pump:
                pump.more()
                msm.reload(text % 5)
                self.assertEqual(wire.holding(5), 99)
                self.assertEqual(wire.write(5, 8), 0)
                self.assertEqual(wire.holding(5), 99)
                ticks = wire.input(0)
                eventually(lambda: wire.input(0) != ticks, "a scan")
                pump.more()
            self.assertEqual(set(pump.seen), {0}, "forced all the time")
            rows = {row["name"]: row for row in control.ask("forced")["values"]}
            self.assertEqual(sorted(rows), ["LEVEL", "PUMP"])
            self.assertEqual(rows["LEVEL"]["suppressed"], 8)
            control.ask("unforce", all=True, restore=True)
            self.assertEqual(wire.holding(5), 8)
            eventually(lambda: wire.coil(0), "the pump")


WHY = """
mem.WHY   = input.string(0, { length = 8 })
mem.BEGUN = input.uint16(4)
mem.TIME  = input.float64(10)
mem.COUNT = input.uint64(14)
mem.STEPS = input.uint64(18)       -- what was kept
mem.BACK  = input.uint16(22)       -- how often time or count stood still or went back
mem.BREAK = coil(0)
server.tcp { port = 0 }
local k = keep("k", { steps = 0, time = -1, count = 0 })
on_start(function(why) mem.WHY, mem.BEGUN = why, mem.BEGUN + 1 end)
every("5ms", function()
  if mem.BREAK then mem.BREAK = false; error("asked for") end
  if scan.time <= k.time or scan.count <= k.count then mem.BACK = mem.BACK + 1 end
  k.steps, k.time, k.count = k.steps + 1, scan.time, scan.count
  mem.TIME, mem.COUNT, mem.STEPS = scan.time, scan.count, k.steps
end)
"""


def why(wire):
    return struct.pack(">4H", *wire.input(0, 4)).rstrip(b"\0").decode()


def figures(wire):
    """(time, count, steps) of one scan."""
    words = wire.input(10, 12)
    return (from_low_first("d", words[:4]), from_low_first("Q", words[4:8]),
            from_low_first("Q", words[8:]))


class Scan(unittest.TestCase):
    def test_the_body_knows_the_time(self):
        """scan.time and scan.count in the body are those of the running program, at a start 0"""
        text = """
            mem.TIME  = input.float64(0)
            mem.COUNT = input.uint64(4)
            mem.PAST  = input.bool(8, 0)
            server.tcp { port = 0 }
            local time, count = scan.time, scan.count
            every("5ms", function()
              mem.TIME, mem.COUNT = time, count
              mem.PAST = scan.time >= time and scan.count > count
            end) -- %d
            """
        def body(wire):
            words = wire.input(0, 9)
            return from_low_first("d", words[:4]), from_low_first("Q", words[4:8]), words[8]
        with Program(text % 0) as msm, msm.connect() as wire:
            eventually(lambda: body(wire)[2])
            self.assertEqual(body(wire)[:2], (0, 0))
            msm.reload(text % 1)
            eventually(lambda: body(wire)[1])
            time, count, past = body(wire)
            self.assertGreater(time, 0)
            self.assertGreater(count, 0)
            self.assertTrue(past)

    def test_time_count_and_keeps_go_on(self):
        """scan.time and scan.count go on, a keep counts each scan; on_start is told "cold", then
        "reload", once for each"""
        with Program(WHY) as msm, msm.connect() as wire:
            eventually(lambda: figures(wire)[2] > 3)
            self.assertEqual((why(wire), wire.input(4)), ("cold", 1))
            with Watcher(msm.port, figures) as watcher:
                for number in range(1, 6):
                    msm.reload(WHY + "-- %d" % number)
                    eventually(lambda: wire.input(4) == number + 1, "on_start")
                    self.assertEqual(why(wire), "reload")
                    watcher.more()
            self.assertEqual(watcher.seen, sorted(watcher.seen), "nothing goes back")
            self.assertEqual({count - steps for _, count, steps in watcher.seen},
                             {watcher.seen[0][1] - watcher.seen[0][2]}, "each scan is counted once")
            self.assertEqual(wire.input(22), 0)
            self.assertEqual(msm.status()["reloads"], 5)

    def test_trial_has_the_time(self):
        """a program that cannot bear time or count to begin again is not refused: they do not even
        where it is tried, with a body that takes its time"""
        text = """
            mem.ELAPSED = input.float32(0, { min = 0 })
            mem.TIME    = input.float64(2)
            mem.N       = input.uint32(6)
            server.tcp { port = 0 }
            local k = keep("k", { time = 0, count = 0 })
            every("1ms", function()
              if scan.count <= k.count or scan.count <= mem.N then error("the past") end
              mem.ELAPSED = scan.time - math.max(k.time, mem.TIME)
              k.time, k.count, mem.TIME, mem.N = scan.time, scan.count, scan.time, scan.count
            end)
            for i = 1, 1e6 do local x = i end
            """
        with Program(text) as msm, msm.connect() as wire:
            eventually(lambda: wire.input(6) > 10)
            for _ in range(5):
                msm.reload(text)

    def test_restart(self):
        """after a fault outside of probation the program's own text begins afresh: "restart", with
        its values; a reload leaves FAULT, too"""
        text = WHY + 'program { on_fault = "%s", restart_after = "50ms" }\n'
        with Program(text % "restart") as msm, msm.connect() as wire:
            msm.settle()
            msm.write("this is not read")
            steps = figures(wire)[2]
            self.assertEqual(wire.write_coil(0, True), 0)
            msm.wait_line("starting again in 50 ms")
            self.assertEqual(wire.write_coil(0, False), 0)
            eventually(lambda: why(wire) == "restart", "the restart")
            self.assertEqual(wire.input(4), 2)
            eventually(lambda: figures(wire)[2] > steps, "scans")
            self.assertEqual(wire.input(22), 0, "time and count go on")
            self.assertEqual(msm.status()["restarts"], 1)

    def test_reload_out_of_fault(self):
        """a program in FAULT takes a new text; there is nothing to go back to"""
        text = """
            mem.PUMP = coil(0, { safe = false, dir = "inout" })
            mem.X    = holding.uint16(0)
            server.tcp { port = 0 }
            every("5ms", function() if mem.X == 1 then error("one") end mem.PUMP = true end)
            """
        with Program(text) as msm, msm.connect() as wire:
            eventually(lambda: wire.coil(0))
            msm.settle()
            self.assertEqual(wire.write(0, 1), 0)
            eventually(lambda: wire.write_coil(0, True) == 4, "FAULT")
            self.assertEqual(msm.status()["state"], "fault")
            msm.reload(text.replace("== 1", "== 2"))
            eventually(lambda: wire.coil(0), "the pump")
            self.assertEqual(wire.write_coil(0, True), 0)
            self.assertEqual(msm.status()["state"], "run")


class Refusals(unittest.TestCase):
    def test_refused(self):
        """exit code 5, file:line, and nothing has changed"""
        good = """
            mem.X = holding.uint16(0, { default = 3 })
            mem.S = input.uint16(0, { limit = "wrap" })
            server.tcp { port = 0 }
            %s
            every("5ms", function() mem.S = mem.S + 1 %s end)
            """
        with socket.create_server(("127.0.0.1", 0)) as taken, Program(good % ("", "")) as msm, \
                msm.connect() as wire:
            self.assertEqual(wire.write(0, 33), 0)
            for body, task, reason in (
                    ("x = = 1", "", r"wire\.lua:6: unexpected symbol"),
                    ("mem.Y = 1", "", r"wire\.lua:6: .*mem\.Y"),
                    ('error("no")', "", r"wire\.lua:6: no"),
                    ('error(string.rep("-", 600))', "", r"wire\.lua:6: -{600}$"),
                    ("local x = nil + 1", "", r"wire\.lua:6: .*arithmetic"),
                    # The thread sanitizer lets no signal through to a loop of nothing but Lua.
                    ("while true do %s end" % ("string.rep('', 9)" if "thread" in SANITIZERS
                                               else ""), "", r"wire\.lua:6"),
                    ('require "nowhere"', "", r"wire\.lua:6: .*nowhere"),
                    ("server.tcp { port = %d }" % taken.getsockname()[1], "",
                     r"wire\.lua:6: .*cannot listen on 127\.0\.0\.1:\d+"),
                    ("program.stop()", "", r"wire\.lua:6: program\.stop\(\) is called at once"),
                    ("on_start(function() program.stop() end)", "", r"wire\.lua:6: program\.stop"),
                    ("", "program.stop()", r"wire\.lua:7: program\.stop"),
                    ("", "mem.Z = 1", r"wire\.lua:7: .*mem\.Z"),
                    ("", 'error("in the trial")', r"wire\.lua:7: in the trial")):
                with self.subTest(body + task):
                    said = msm.reload(good.replace("default = 3", "default = 4") % (body, task),
                                      code=5)
                    self.assertRegex(said, reason)
                    self.assertEqual(wire.holding(0), 33)
                    scans = wire.input(0)
                    eventually(lambda: wire.input(0) != scans, "scans")
            status = msm.status()
            self.assertEqual((status["refused"], status["reloads"], status["faults"],
                              status["state"]), (13, 0, 0, "run"))
            self.assertRegex(status["last_reload"], "^refused: .*in the trial")
            os.unlink(msm.path)
            self.assertEqual(msm.command("reload").returncode, 5)
            os.mkfifo(msm.path)
            self.assertIn("it is a pipe or a device, not a file", msm.command("reload").stderr)
            os.unlink(msm.path)
            msm.reload(good % ("", ""))

    def test_empty(self):
        """a file that declares nothing, as one that an editor has emptied before it writes; a
        program that declared nothing itself may be replaced by such a one"""
        text = """
            mem.X = holding.uint16(0)
            server.tcp { port = 0 }
            every("5ms", function() end)
            """
        with Program(text) as msm, msm.connect() as wire:
            for empty in ("", "-- the head of a file\nlocal function f() end\n"):
                said = msm.reload(empty, code=5)
                self.assertRegex(said, r"wire\.lua declares nothing: .*the running program goes on")
                said = msm.command("check", "--against-running", msm.path)
                self.assertIn("declares nothing", said.stderr)
            self.assertEqual(wire.write(0, 33), 0)
            self.assertEqual(msm.status()["state"], "run")
        with Program("", servers=0) as msm:
            msm.settle()
            msm.reload("-- still nothing")

    def test_nothing_runs(self):
        """exit code 3"""
        with Folder() as folder:
            result = subprocess.run([BINARY, "reload"], env=dict(os.environ, MSM_RUN=folder.path),
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertNotEqual(result.stderr, "")

    def test_a_trial_is_quiet_and_changes_nothing(self):
        """what the body and the trial's scan say and do is seen once, of the program that runs"""
        text = """
            mem.STARTS = input.uint16(0)
            server.tcp { port = 0 }
            local k = keep("k", { bodies = 0, starts = 0 })
            k.bodies = k.bodies + 1
            print("a body")
            on_start(function(why)
              k.starts = k.starts + 1
              mem.STARTS = k.starts
              print("a start")
            end)
            every("5ms", function() end)
            """
        with Program(text) as msm, msm.connect() as wire:
            msm.reload(text)
            eventually(lambda: wire.input(0) == 2, "the start")
            msm.wait_line("a start", nth=1)
            self.assertEqual((msm.text().count("a body"), msm.text().count("a start")), (2, 2))


if __name__ == "__main__":
    unittest.main()
