"""Which keeps are there after a reload: those of the program that is proven and no others, and until
then all that a way back may need."""

import unittest

from msm import eventually
from reloading import NEVER, SHORT, Program

TEXT = """
local k = keep("%s", { n = 0 })
mem.N = input.uint16(0)
server.tcp { port = 0 }
every("5ms", function() %s; mem.N = k.n end)
"""

FAULTS = 'scans = (scans or 0) + 1; if scans == 3 then error("back") end; k.n = 5'


def text(name, task=""):
    return TEXT.replace("every(", "local scans\nevery(") % (name, task)


class Keeps(unittest.TestCase):
    # Nearly all fields that there are, a few in each scan.
    FILL = "for i = k.n + 1, math.min(k.n + 500, 15000) do k[i] = i; k.n = i end"

    def expect(self, msm, n):
        with msm.connect() as wire:
            eventually(lambda: wire.input(0) == n, "n = %d" % n)

    def test_names_of_nobody(self):
        """go with the end of the probation: their room is there for others, and who has the name
        again later begins anew"""
        with Program(text("one", self.FILL)) as msm:
            for name in ("two", "three", "one"):
                self.expect(msm, 15000)
                msm.reload(text(name, "k.n = 7"))
                self.expect(msm, 7)
                msm.reload(text(name + "!", self.FILL))

    def test_until_it_is_proven(self):
        """a name that the new program does not have stays until then"""
        with Program(text("one", "k.n = 7")) as msm:
            self.expect(msm, 7)
            msm.settle()
            msm.probation = NEVER
            result = msm.ask_reload(text("two"))
            self.expect(msm, 0)
            msm.probation = SHORT
            msm.reload(text("one"))
            self.expect(msm, 7)
            self.assertEqual(result()[0], 1)

    def test_way_back(self):
        """brings back what the program kept; what only the other one had goes"""
        with Program(text("one", "k.n = 7"), probation=SHORT) as msm:
            self.expect(msm, 7)
            msm.settle()
            msm.probation = NEVER
            self.assertIn("back", msm.reload(text("two", FAULTS), code=1))
            self.expect(msm, 7)
            msm.probation = SHORT
            msm.reload(text("one", "k.n = k.n + 1 - 1"))
            self.expect(msm, 7)
            msm.probation = NEVER
            result = msm.ask_reload(text("two"))
            self.expect(msm, 0)
            msm.stop()
            result()


if __name__ == "__main__":
    unittest.main()
