"""What a restart does to values, defaults, forces, and to the rows of what is not declared any more;
the state file is looked into where only it can tell."""

import os
import unittest

from msm import Folder, Msm, eventually, from_low_first, low_first
from retain import Home, store

DECLARED = """
program { retain_interval = "20ms", probation = "%s" }
mem.SP   = holding.uint16(0, { default = %d, retain = true, dir = "inout" })
mem.LIMS = holding.uint16(1, { retain = true, dir = "inout", max = %d })
mem.NOT  = holding.uint16(2, { default = 3, dir = "inout" })
mem.FLAG = var.bool { retain = true }
%s
server.tcp { port = 0 }
every("10ms", function() end)
"""


def text(probation="50ms", default=50, most=100, more=""):
    return DECLARED % (probation, default, most, more)


def settled(control):
    """Probation is over, and what follows from it is in the file."""
    eventually(lambda: not control.ask("status")["probation_left"], "the end of the probation")


def scanned(control):
    """A whole scan has run from now on: what is kept is of a scan."""
    count = control.ask("status")["scan"]["count"]
    eventually(lambda: control.ask("status")["scan"]["count"] >= count + 2, "scans")


def written(control):
    """What was there is in the file: of two commits after it the second has copied after it. There
    are some because something changes."""
    commits = store(control)["commits"]

    def enough():
        control.ask("set", name="FLAG", value=not control.value("FLAG"))
        return store(control)["commits"] >= commits + 2
    eventually(enough, "two commits")


class Values(unittest.TestCase):
    def test_restart(self):
        """what is retained comes back, what is not starts with its default; neither is a write, and
        the body's assignments come after both"""
        more = """
            mem.SET = holding.uint16(3, { retain = true, dir = "inout" })
            mem.SEEN = input.uint16(0)
            mem.SET = 9
            on_start(function() mem.SEEN = mem.SP end)
            """
        with Home(text(more=more)) as home:
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.write(0, 61, 62, 63, 64), 0)
                self.assertEqual(life.command("set", "FLAG", "true").returncode, 0)
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.holding(0, 4), [61, 62, 3, 9])
                self.assertEqual(life.command("get", "FLAG").stdout, "true\n")
                eventually(lambda: wire.input(0) == 61, "on_start sees it")

    def test_moved(self):
        """a value comes back by name: to another address, in another order"""
        before = 'mem.F = holding.float32(10, { retain = true, dir = "inout" })'
        after = 'mem.F = holding.float32(20, { retain = true, dir = "inout", order = "ABCD" })'
        with Home(text(more=before)) as home:
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.write(10, *low_first("f", 2.5)), 0)
            home.write(text(more=after))
            with home.life() as life, life.connect() as wire:
                self.assertEqual(from_low_first("f", wire.holding(20, 2)[::-1]), 2.5)

    def test_outside_of_new_limits(self):
        """the default, which is said; the row stays until it is written anew"""
        with Home(text()) as home:
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.write(1, 90), 0)
            home.write(text("1h", most=80))
            with home.life() as life, life.connect() as wire:
                life.wait_line(r"the retained value of mem\.LIMS is not taken over: 90 is outside")
                self.assertEqual(wire.holding(1), 0)

    def test_default(self):
        """set --default: the value is the default, also after a restart; a default that a value
        hides is reported, and applied by that command alone"""
        with Home(text()) as home:
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.write(0, 61), 0)
                self.assertEqual(life.command("set", "SP", "--default").returncode, 0)
                self.assertEqual(wire.holding(0), 50)
            with home.life() as life, life.connect() as wire, life.control() as control:
                self.assertEqual(wire.holding(0), 50)
                settled(control)
                home.write(text(default=70))
                said = life.command("check", "--against-running", home.path)
                self.assertIn("the default of mem.SP changes from 50 to 70, but its value stays; "
                              "msm set SP --default applies it", said.stdout)
                self.assertEqual(life.command("reload").returncode, 0)
                self.assertEqual(wire.holding(0), 50)
                life.wait_line(r"the default of mem\.SP changes from 50 to 70, but its value stays")
                settled(control)
            home.write(text(default=80))
            with home.life() as life:
                life.wait_line(r"home\.lua:3: the default of mem\.SP changes from 70 to 80, but its "
                               r"value stays; msm set SP --default applies it")
            home.write(text(default=70))
            with home.life() as life, life.connect() as wire:
                life.wait_line(r"4 variables \(3 retained\)$")
                self.assertEqual(wire.holding(0), 50, "retained")
                self.assertEqual(life.command("set", "SP", "--default").returncode, 0)
                self.assertEqual(wire.holding(0), 70)
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.holding(0), 70)


class Forces(unittest.TestCase):
    def test_persist(self):
        """a force with --persist survives kill -9, one without does not; beneath it lies what it
        suppressed, which is what is retained"""
        with Home(text()) as home:
            life = home.life()
            try:
                with life.connect() as wire, life.control() as control:
                    self.assertEqual(wire.write(0, 61), 0)
                    self.assertEqual(life.command("force", "SP", "99", "--persist").returncode, 0)
                    self.assertEqual(life.command("force", "LIMS", "98").returncode, 0)
                    self.assertEqual(life.command("force", "NOT", "97", "--persist").returncode, 0)
                    self.assertEqual(wire.write(0, 62), 0)
                    written(control)
            finally:
                life.kill()
            self.assertEqual(home.rows("SELECT path, value FROM force ORDER BY path"),
                             [("mem.NOT", 97), ("mem.SP", 99)])
            with home.life() as life, life.connect() as wire, life.control() as control:
                self.assertEqual(wire.holding(0, 3), [99, 0, 97])
                life.wait_line("2 values are forced from before the start: mem.SP, mem.NOT; "
                               "msm unforce gives them free")
                rows = {row["name"]: row["suppressed"] for row in control.ask("forced")["values"]}
                self.assertEqual(rows, {"SP": 62, "NOT": 3})
                self.assertEqual(life.command("unforce", "SP", "--restore").returncode, 0)
                self.assertEqual(life.command("force", "NOT", "96").returncode, 0)
            self.assertEqual(home.rows("SELECT path FROM force"), [])
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.holding(0, 3), [62, 0, 3])


class Beside(unittest.TestCase):
    """Where no folder is stated."""
    PLAIN = """
        program { probation = "50ms" %s }
        mem.SP = holding.uint16(0, { dir = "inout" %s })
        server.tcp { port = 0 }
        """

    def setUp(self):
        self.scripts, self.run = Folder(), Folder()
        self.addCleanup(self.scripts.remove)
        self.addCleanup(self.run.remove)

    def life(self, more="", option=""):
        path = self.scripts.write("wire.lua", self.PLAIN % (more, option))
        life = Msm(None, path=path, run=self.run.path, start=False)
        life.arguments = ()
        life.start()
        return life

    def names(self):
        """What lies beside the script."""
        return sorted(os.listdir(self.scripts.path))

    def live(self, life):
        """What a program does anyway: it is proven, written to, reloaded."""
        with life.connect() as wire, life.control() as control:
            settled(control)
            self.assertEqual(wire.write(0, 7), 0)
            self.assertEqual(life.command("reload").returncode, 0)
            settled(control)

    def test_nothing_retained(self):
        """no file, not even after the stop, and the status says so"""
        with self.life() as life:
            self.live(life)
            self.assertIn("retained   nothing\n", life.command("status").stdout)
            self.assertEqual(self.names(), ["wire.lua"])
        self.assertEqual(self.names(), ["wire.lua"])

    def test_persist(self):
        """a force that persists needs a file, and the audit log says who set it"""
        with self.life() as life, life.control() as control:
            self.assertEqual(life.command("force", "SP", "9", "--persist").returncode, 0)
            eventually(lambda: store(control)["commits"] >= 1, "a commit")
        self.assertEqual(self.names(), ["wire.audit", "wire.lua", "wire.state"])
        with open(os.path.join(self.scripts.path, "wire.audit"), encoding="utf-8") as log:
            self.assertIn('"kind": "force"', log.read())
        with self.life() as life, life.connect() as wire:
            self.assertEqual(wire.holding(0), 9)

    def test_retained(self):
        """what is retained needs one"""
        with self.life(option=", retain = true") as life:
            self.live(life)
        self.assertEqual(self.names(), ["wire.audit", "wire.lua", "wire.state"])

    def test_audit_alone(self):
        """a script may ask for the audit log alone"""
        with self.life(more=', audit = "all"') as life:
            self.live(life)
        self.assertEqual(self.names(), ["wire.audit", "wire.lua"])


class Rows(unittest.TestCase):
    """Rows of what is removed or retyped stay until the program without it is proven."""

    BEFORE = """
        mem.GONE  = holding.uint16(10, { retain = true, dir = "inout" })
        mem.TYPED = holding.uint16(11, { retain = true, dir = "inout" })
        keep("old", { n = 5 }, { retain = true })
        """
    AFTER = """
        mem.TYPED = holding.int16(11, { retain = true, dir = "inout" })
        keep("new", { n = 6 }, { retain = true })
        """
    OLD = {("mem.GONE", "uint16"), ("mem.TYPED", "uint16")}
    NEW = {("mem.TYPED", "int16")}

    def begin(self, home):
        with home.life() as life, life.connect() as wire, life.control() as control:
            self.assertEqual(wire.write(10, 71, 72), 0)
            settled(control)
        self.assertLessEqual(self.OLD, home.paths())

    def names(self, home):
        return {name for name, in home.rows("SELECT name FROM keep")}

    def look_at(self, home, old, new):
        paths = home.paths()
        self.assertEqual(self.OLD & paths, self.OLD if old else set())
        self.assertEqual(self.NEW & paths, self.NEW if new else set())
        self.assertIn(("mem.SP", "uint16"), paths)
        self.assertEqual(self.names(home), ({"old"} if old else set()) | ({"new"} if new else set()))

    def test_restart(self):
        """over a restart: an edit that is taken back before it was proven has lost nothing"""
        with Home(text(more=self.BEFORE)) as home:
            self.begin(home)
            home.write(text("1h", more=self.AFTER))
            with home.life() as life, life.connect() as wire, life.control() as control:
                life.wait_line(r"the retained value of mem\.GONE is not taken over")
                life.wait_line(r"mem\.TYPED is not taken over: it was of type uint16 and is of type \w+ now; it starts with its default")
                self.assertEqual(wire.holding(11), 0)
                self.assertEqual(wire.write(11, 5), 0)
                scanned(control)
            self.look_at(home, old=True, new=True)
            home.write(text("1h", more=self.BEFORE))
            with home.life() as life, life.connect() as wire:
                self.assertEqual(wire.holding(10, 2), [71, 72])
            home.write(text("50ms", more=self.AFTER))
            with home.life() as life, life.control() as control:
                scanned(control)
                settled(control)
            self.look_at(home, old=False, new=True)

    def test_reload(self):
        """over a reload: during the probation, after a way back, and when it is proven"""
        with Home(text(more=self.BEFORE)) as home:
            self.begin(home)
            with home.life() as life, life.connect() as wire, life.control() as control:
                settled(control)
                home.write(text("1h", more=self.AFTER))
                control.send("reload")
                life.wait_line("reloaded from")
                self.assertEqual(wire.write(11, 5), 0)
                scanned(control)
            self.look_at(home, old=True, new=True)
            home.write(text("50ms", more=self.BEFORE))
            with home.life() as life, life.connect() as wire, life.control() as control:
                self.assertEqual(wire.holding(10, 2), [71, 72])
                settled(control)
                home.write(text("50ms", more=self.AFTER))
                control.ask("reload")
            self.look_at(home, old=False, new=True)


if __name__ == "__main__":
    unittest.main()
