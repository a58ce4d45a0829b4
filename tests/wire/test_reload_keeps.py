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

    def test_way_back_from_another_kind(self):
        """brings the field's value back, as if the other program had never been"""
        begins = "if not k.began then k.began = true; k.n = 7 end"
        other = text("one", 'scans = (scans or 0) + 1; if scans == 3 then error("back") end')
        other = other.replace("{ n = 0 }", '{ n = "x" }').replace("mem.N = k.n", "mem.N = #k.n")
        with Program(text("one", begins), probation=SHORT) as msm:
            self.expect(msm, 7)
            msm.settle()
            msm.probation = NEVER
            self.assertIn("back", msm.reload(other, code=1))
            self.expect(msm, 7)
            self.assertIn('keep "one": field n was a number and is text now', msm.text())
            self.assertEqual(msm.text().count("begins with its default"), 1, "of the other one")


class Forces(unittest.TestCase):
    """And what does not come along: forces and retained values of what is gone."""

    TEXT = """
        %s
        mem.X = holding.uint16(0)
        server.tcp { port = 0 }
        every("5ms", function() end)
        """

    def lose(self, before, after, said, **force):
        """R is forced or set to 11, and then it goes."""
        with Program(self.TEXT % before) as msm, msm.control() as control:
            control.ask("force" if force else "set", name="R", value=11, **force)
            control.ask("force", name="X", value=5)
            msm.settle()
            msm.write(self.TEXT % after)
            asked = msm.command("check", "--against-running", msm.path).stdout
            self.assertIn(said, asked)
            self.assertNotIn("mem.X", asked)
            self.assertNotIn(said, msm.text(), "it was only asked")
            told = msm.reload(self.TEXT % after)
            self.assertIn(said, told)
            self.assertNotIn("mem.X", told)
            self.assertEqual(msm.text().count(said), 1)
            self.assertEqual([row["name"] for row in control.ask("forced")["values"]], ["X"])
            self.assertEqual(msm.reload(self.TEXT % after), "", "it was told")

    WORD = "mem.R = holding.uint16(7)"
    FORCED = "mem.R was forced to 11; the force goes with it"

    def test_removed(self):
        self.lose(self.WORD, "", self.FORCED, persist=False)

    def test_removed_and_persists(self):
        self.lose(self.WORD, "", self.FORCED, persist=True)

    def test_renamed(self):
        self.lose(self.WORD, "mem.S = holding.uint16(7)", self.FORCED, persist=False)

    def test_another_type(self):
        self.lose(self.WORD, "mem.R = holding.float32(7)", self.FORCED, persist=False)

    def test_retained(self):
        self.lose("mem.R = holding.uint16(7, { retain = true })", "",
                  "mem.R was retained; its value, 11, is lost")

    def test_watched(self):
        """a file that was saved says it in the log"""
        with Program(self.TEXT % self.WORD, "--watch") as msm, msm.control() as control:
            control.ask("force", name="R", value=11)
            msm.write(self.TEXT % "")
            msm.wait_line(self.FORCED)

    def test_way_back(self):
        """what was forced meanwhile and goes with the program that has failed is named, and what
        was forced before is forced again"""
        with Program(self.TEXT % self.WORD) as msm, msm.control() as control:
            control.ask("force", name="R", value=11)
            msm.settle()
            msm.probation = NEVER
            result = msm.ask_reload((self.TEXT % "mem.NEW = holding.uint16(9)").replace(
                "function() end", "function() if mem.X == 3 then error('back') end end"))
            msm.wait_line(self.FORCED)
            control.ask("force", name="NEW", value=12)
            control.ask("set", name="X", value=3)
            msm.wait_line("mem.NEW was forced to 12; the force goes with it")
            self.assertEqual(result()[0], 1)
            self.assertEqual([row["name"] for row in control.ask("forced")["values"]], ["R"])


if __name__ == "__main__":
    unittest.main()
