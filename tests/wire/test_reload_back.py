"""The way back from a reload: what a fault in the probation does, and what no master notices of it.

Exit code of msm reload: 1. Exception code 04: safe output during a fault.
"""

import unittest

from msm import eventually, from_low_first
from reloading import NEVER, Program, Watcher


PUMP = """
mem.PUMP    = coil(0, { safe = false, dir = "inout" })
mem.SPEED   = holding.uint16(0, { safe = 9, dir = "inout", default = 50 })
mem.VERSION = input.uint16(0)
mem.SCANS   = input.uint32(1)
mem.KEPT    = input.uint32(3)
server.tcp { port = 0 }
local k = keep("k", { n = 0 })
local n = 0
every("5ms", function()
  n, k.n = n + 1, k.n + 1
  mem.PUMP, mem.VERSION, mem.SCANS, mem.KEPT = true, %d, mem.SCANS + 1, k.n
  %s
end)
"""
FAULT = 'if n == 4 then mem.SPEED = 1; error("the new one is wrong") end'


class WayBack(unittest.TestCase):
    """What a fault in the probation does."""

    @staticmethod
    def look(wire):
        """The pump, whether a master may write it, and the inputs of one scan."""
        return (wire.coil(0), wire.write_coil(0, True), wire.holding(0), tuple(wire.input(0, 5)))

    def test_rolled_back(self):
        """the old program comes back with values and keeps of the last completed scan; no master
        has seen a safe value or 04 in between; exit code 1, with the reason"""
        with Program(PUMP % (1, "")) as msm, msm.connect() as wire:
            eventually(lambda: wire.coil(0))
            msm.settle()
            msm.probation = NEVER
            with Watcher(msm.port, self.look) as watcher:
                for _ in range(5):
                    watcher.more()
                    said = msm.reload(PUMP % (2, FAULT), code=1)
                    self.assertRegex(said, r"wire\.lua:14: .*the new one is wrong")
                    eventually(lambda: wire.input(0) == 1, "the old program")
            self.assertEqual({seen[:3] for seen in watcher.seen}, {(1, 0, 50)})
            self.assertLessEqual({seen[3][0] for seen in watcher.seen}, {0, 1, 2})
            scans = [from_low_first("I", seen[3][1:3]) for seen in watcher.seen]
            kept = [from_low_first("I", seen[3][3:5]) for seen in watcher.seen]
            self.assertEqual(scans, kept, "values and keeps are of one scan")
            self.assertEqual(scans, sorted(scans))
            status = msm.status()
            self.assertEqual((status["state"], status["faults"], status["reloads"],
                              status["refused"]), ("run", 5, 5, 5))
            self.assertRegex(status["last_reload"], r"^rolled back: .*the new one is wrong")
            msm.wait_line("wire: rolled back: the last proven program runs again")

    def test_to_the_last_proven(self):
        """a reload in a probation: its asker is told, and a fault then leads back past both"""
        with Program(PUMP % (1, "")) as msm, msm.connect() as wire:
            msm.settle()
            msm.probation = NEVER
            second = msm.ask_reload(PUMP % (2, ""))
            eventually(lambda: wire.input(0) == 2, "the second program")
            self.assertEqual(msm.status()["state"], "probation")
            with Watcher(msm.port, self.look) as watcher:
                said = msm.reload(PUMP % (3, FAULT), code=1)
                self.assertIn("the new one is wrong", said)
                eventually(lambda: wire.input(0) == 1, "the first program")
                code, said = second()
                self.assertEqual(code, 1)
                self.assertIn("another reload came before this one was proven", said)
                watcher.more()
            self.assertEqual({seen[:3] for seen in watcher.seen}, {(1, 0, 50)})
            self.assertEqual(msm.status()["state"], "run")

    def test_refused_in_probation(self):
        """a text that is refused leaves the program in its probation, which can still lead back"""
        with Program(PUMP % (1, "")) as msm, msm.connect() as wire:
            msm.settle()
            msm.probation = NEVER
            second = msm.ask_reload(PUMP % (2, 'if mem.SPEED == 7 then error("seven") end'))
            eventually(lambda: wire.input(0) == 2, "the second program")
            msm.reload("this is no Lua", code=5)
            self.assertEqual((msm.status()["state"], wire.input(0)), ("probation", 2))
            self.assertEqual(wire.write(0, 7), 0)
            eventually(lambda: wire.input(0) == 1, "the first program")
            self.assertEqual(second()[0], 1)

    def test_values_that_only_one_has(self):
        """back again a variable that the new program had dropped is as it was; what only the new
        one had is gone"""
        text = """
            mem.SHARED = holding.uint16(0)
            mem.%s     = holding.uint16(1, { default = 3 })
            server.tcp { port = 0 }
            every("5ms", function() if mem.SHARED == 66 then error("66") end end)
            """
        with Program(text % "OLD") as msm, msm.connect() as wire:
            msm.settle()
            msm.probation = NEVER
            self.assertEqual(wire.write(0, 1, 5), 0)
            new = msm.ask_reload(text % "NEW")
            eventually(lambda: msm.status()["state"] == "probation")
            self.assertEqual(wire.holding(0, 2), [1, 3])
            self.assertEqual(wire.write(0, 66, 4), 0)
            self.assertEqual(new()[0], 1)
            msm.wait_line("rolled back")
            self.assertEqual(wire.holding(0), 66, "both have it, so it is the newest")
            with msm.control() as control:
                names = [row["name"] for row in control.ask("names")["names"]]
            self.assertEqual(names, ["SHARED", "OLD"])


if __name__ == "__main__":
    unittest.main()
