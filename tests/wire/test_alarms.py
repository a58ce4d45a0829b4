"""Proves the life of alarms in the real program: those of declarations and of links, for a master, the
commands and the socket; acknowledged and shelved by a person, through reloads and restarts; and that
a lost device is one alarm, and its variables none."""

import unittest

from control import Refused
from devices import LibmodbusDevice
from msm import Msm, eventually, free_port
from retain import Home

SCRIPT = """
mem.LEVEL = holding.float32(0, { unit = "%%", min = 0, max = 100, default = 50, desc = "Tank level",
                                 lolo = 5, lo = 10, hi = 80, hihi = 90, deadband = 2, priority = "high" })
mem.TEMPS = holding.int16(4, { count = 2, scale = 0.1, hi = 30, decimals = 1, unit = "°C" })
mem.SLOW  = holding.word(8, { hi = 5, on_delay = "1h" })
mem.ODD   = holding.float32(10, { hi = 5, nan = true })
server.tcp { port = 0 }
every("%s", function() end)
"""


def program(period="10ms", *args, **options):
    return Msm(SCRIPT % period, *args, name="tank", **options)


def rows(ask, **fields):
    return {row["name"]: row for row in ask.ask("alarms", **fields)["alarms"]}


def state(ask, name):
    return rows(ask, all=True)[name]["state"]


class Declared(unittest.TestCase):
    def test_life(self):
        """normal, unacknowledged, acknowledged, normal; and returned, where nobody has looked"""
        with program() as msm, msm.control() as ask:
            eventually(lambda: len(rows(ask, all=True)) == 5, "the first scan")
            self.assertEqual(rows(ask), {})
            self.assertEqual(sorted(rows(ask, all=True)), ["LEVEL", "ODD", "SLOW", "TEMPS[1]", "TEMPS[2]"])
            ask.ask("set", name="LEVEL", value=81.25)
            row = eventually(lambda: rows(ask).get("LEVEL"), "the alarm")
            self.assertEqual((row["state"], row["level"], row["priority"], row["on"], row["value"]),
                             ("unacknowledged", "hi", 2, True, 81.25))
            self.assertEqual(row["text"], "Tank level: 81.25 %")
            counts = ask.ask("alarms")["counts"]
            self.assertEqual((counts["unacknowledged"], counts["active"]), ([0, 1, 0, 0], [0, 1, 0, 0]))
            self.assertEqual(ask.ask("ack", name="LEVEL")["acknowledged"], ["LEVEL"])
            self.assertEqual(state(ask, "LEVEL"), "acknowledged")
            self.assertEqual(ask.ask("ack", name="LEVEL")["acknowledged"], [])
            ask.ask("set", name="LEVEL", value=79)  # within the deadband
            scans = ask.ask("status")["scan"]["count"]
            eventually(lambda: ask.ask("status")["scan"]["count"] > scans + 2)
            self.assertEqual(state(ask, "LEVEL"), "acknowledged")
            ask.ask("set", name="LEVEL", value=77)
            eventually(lambda: state(ask, "LEVEL") == "normal")
            ask.ask("set", name="LEVEL", value=3)
            eventually(lambda: state(ask, "LEVEL") == "unacknowledged")
            self.assertEqual(rows(ask)["LEVEL"]["level"], "lolo")
            ask.ask("set", name="LEVEL", value=50)
            eventually(lambda: state(ask, "LEVEL") == "returned")
            self.assertEqual(ask.ask("ack", all=True)["acknowledged"], ["LEVEL"])
            self.assertEqual(rows(ask), {})
            self.assertGreater(ask.ask("alarms")["counts"]["version"], counts["version"])

    def test_worse_is_news(self):
        """an acknowledged alarm that becomes worse wants to be seen again"""
        with program() as msm, msm.control() as ask:
            ask.ask("set", name="LEVEL", value=85)
            eventually(lambda: rows(ask))
            ask.ask("ack", all=True)
            ask.ask("set", name="LEVEL", value=95)
            eventually(lambda: state(ask, "LEVEL") == "unacknowledged")
            self.assertEqual(rows(ask)["LEVEL"]["level"], "hihi")

    def test_elements(self):
        """each element of an array has an alarm of its own, and a master's write brings it"""
        with program() as msm, msm.control() as ask, msm.connect() as wire:
            self.assertEqual(wire.write(5, 301), 0)
            row = eventually(lambda: rows(ask).get("TEMPS[2]"), "the alarm")
            self.assertEqual(row["text"], "TEMPS[2]: 30.1 °C")
            self.assertEqual(list(rows(ask)), ["TEMPS[2]"])

    def test_what_brings_none(self):
        """neither a value that is none, nor one that has not been so for long enough"""
        with program() as msm, msm.control() as ask:
            ask.ask("set", name="ODD", text="nan")
            ask.ask("set", name="SLOW", value=6)
            scans = ask.ask("status")["scan"]["count"]
            eventually(lambda: ask.ask("status")["scan"]["count"] > scans + 5)
            self.assertEqual((rows(ask), ask.ask("status")["state"] in ("run", "probation")), ({}, True))

    def test_slow_tasks(self):
        """an alarm does not wait for a task that comes once an hour"""
        with program("1h") as msm, msm.control() as ask:
            ask.ask("set", name="LEVEL", value=99)
            eventually(lambda: rows(ask).get("LEVEL"), "the alarm")

    def test_shelf(self):
        """hidden for a time, with who and why; back before it, or by itself"""
        with program() as msm, msm.control() as ask:
            ask.ask("set", name="LEVEL", value=99)
            eventually(lambda: rows(ask))
            self.assertEqual(ask.ask("shelve", **{"name": "LEVEL", "for": 600, "reason": 'a "test"\\ é'}),
                             {"ok": True, "id": ask.last, "shelved": ["LEVEL"]})
            row = rows(ask)["LEVEL"]
            self.assertEqual((row["state"], row["reason"]), ("shelved", 'a "test"\\ é'))
            self.assertRegex(row["by"], r"^user \d+ \(pid \d+\)$")
            self.assertAlmostEqual(row["until"] - row["since"], 600, delta=60)
            self.assertEqual(ask.ask("alarms")["counts"]["unacknowledged"], [0, 0, 0, 0])
            self.assertEqual(ask.ask("unshelve", name="LEVEL")["unshelved"], ["LEVEL"])
            self.assertEqual(ask.ask("unshelve", name="LEVEL")["unshelved"], [])
            self.assertEqual(state(ask, "LEVEL"), "unacknowledged")
            ask.ask("shelve", **{"name": "LEVEL", "for": 1, "reason": "short"})
            eventually(lambda: state(ask, "LEVEL") == "unacknowledged", "the end of the shelf")

    def test_refused(self):
        """what is not there, or not right, in words"""
        with program() as msm, msm.control() as ask:
            eventually(lambda: len(rows(ask, all=True)) == 5, "the first scan")
            for kind, text, do, fields in (
                    ("unknown", "there is no alarm LEVL; did you mean LEVEL?", "ack", {"name": "LEVL"}),
                    ("usage", "takes either", "ack", {}),
                    ("usage", "takes either", "ack", {"name": "LEVEL", "all": True}),
                    ("usage", "7 days", "shelve", {"name": "LEVEL", "for": 1e9, "reason": "x"}),
                    ("usage", "reason", "shelve", {"name": "LEVEL", "for": 10, "reason": ""}),
                    ("usage", "reason", "shelve", {"name": "LEVEL", "for": 10, "reason": "x" * 201}),
                    ("unknown", "no alarm", "unshelve", {"name": "TEMPS"})):
                with self.assertRaises(Refused) as refused:
                    ask.ask(do, **fields)
                self.assertEqual(refused.exception.kind, kind)
                self.assertIn(text, str(refused.exception))
        with Msm("mem.A = coil(0) server.tcp { port = 0 }", name="tank") as msm, msm.control() as ask:
            self.assertEqual(rows(ask, all=True), {})
            self.assertEqual(ask.ask("ack", all=True)["acknowledged"], [])
            with self.assertRaises(Refused):
                ask.ask("ack", name="A")


class Lives(unittest.TestCase):
    def test_reload(self):
        """what people did stays; an alarm that is new is there, one that is gone is not"""
        with program() as msm, msm.control() as ask:
            ask.ask("set", name="LEVEL", value=99)
            ask.ask("set", name="TEMPS[1]", value=40)
            eventually(lambda: len(rows(ask)) == 2)
            ask.ask("ack", name="LEVEL")
            with open(msm.path, "w", encoding="utf-8") as file:
                file.write((SCRIPT % "10ms").replace(" hi = 30,", "").replace("hi = 5, nan", "lo = 1, nan"))
            ask.ask("reload")
            eventually(lambda: "ODD" in rows(ask))
            found = rows(ask)
            self.assertEqual((found["LEVEL"]["state"], found["ODD"]["level"]), ("acknowledged", "lo"))
            self.assertNotIn("TEMPS[1]", found)

    def test_restart(self):
        """acknowledged and shelved through a restart"""
        with Home((SCRIPT % "10ms").replace("default = 50", "default = 50, retain = true")) as home:
            for life in range(2):
                with home.life() as msm, msm.control() as ask:
                    if life == 0:
                        ask.ask("set", name="LEVEL", value=99)
                        eventually(lambda: rows(ask))
                        ask.ask("ack", name="LEVEL")
                        ask.ask("shelve", **{"name": "TEMPS[1]", "for": 600, "reason": "later"})
                    eventually(lambda: len(rows(ask)) == 2, "both")
                    found = rows(ask)
                    self.assertEqual((found["LEVEL"]["state"], found["TEMPS[1]"]["state"]),
                                     ("acknowledged", "shelved"))
                    self.assertEqual(found["TEMPS[1]"]["reason"], "later")

    def test_fault(self):
        """in FAULT they stand as they stood, and nobody's acknowledgement is lost in silence"""
        with Msm((SCRIPT % "10ms") + 'mem.GO = coil(9) every("10ms", function() if mem.GO then error("x") end end)',
                 name="tank") as msm, msm.control() as ask:
            ask.ask("set", name="LEVEL", value=99)
            eventually(lambda: rows(ask))
            ask.ask("set", name="GO", value=True)
            msm.wait_line(": FAULT: ")
            self.assertEqual(rows(ask)["LEVEL"]["state"], "unacknowledged")
            with self.assertRaises(Refused) as refused:
                ask.ask("ack", all=True)
            self.assertIn("FAULT", str(refused.exception))


class Links(unittest.TestCase):
    SCRIPT = """
mem.LEVEL = holding.float32(0, { hi = 80 })
local plc = memory("plc", { order = "ABCD" })
plc.A = holding.word(0, { hi = 5 })
plc.B = holding.word(1, { lo = 5 })
client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms", timeout = "200ms"%s }
server.tcp { port = 0 }
"""

    def test_loss_is_one(self):
        """a device that goes is one alarm; that of its value stays as it was when it was last known"""
        port = free_port()
        device = LibmodbusDevice(port)
        try:
            with Msm(self.SCRIPT % (port, ""), name="tank") as msm, msm.control() as ask:
                eventually(lambda: rows(ask).get("plc.B"), "a value that is too low")
                self.assertEqual(sorted(rows(ask)), ["plc.B"])
                device.stop()
                link = "127.0.0.1:%d unit 1" % port
                row = eventually(lambda: rows(ask).get(link), "the alarm of the link")
                self.assertEqual((row["text"], row["priority"]), ("No answer from " + link, 2))
                self.assertEqual(sorted(rows(ask)), [link, "plc.B"])
                self.assertTrue(rows(ask)["plc.B"]["on"])
                device = LibmodbusDevice(port)
                eventually(lambda: rows(ask)[link]["state"] == "returned", "the device's return")
        finally:
            device.stop()

    def test_silent(self):
        """alarm = false: nobody is told"""
        with Msm(self.SCRIPT % (free_port(), ", alarm = false"), name="tank") as msm, msm.control() as ask:
            eventually(lambda: len(rows(ask, all=True)) == 3, "the first scan")
            self.assertEqual(sorted(rows(ask, all=True)), ["LEVEL", "plc.A", "plc.B"])


class Commands(unittest.TestCase):
    def test_commands(self):
        """alarms, ack, shelve, unshelve on the command line"""
        with program() as msm, msm.control() as ask:
            ask.ask("set", name="LEVEL", value=99)
            eventually(lambda: rows(ask))
            self.assertRegex(msm.command("alarms").stdout,
                             r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  high    unacknowledged  LEVEL  Tank level: 99 %\n$")
            self.assertEqual(msm.command("ack", "--all").stdout, "LEVEL\n")
            shelved = msm.command("shelve", "LEVEL", "--for", "10m", "--reason", "test")
            self.assertEqual((shelved.stdout, shelved.returncode), ("LEVEL\n", 0))
            self.assertRegex(msm.command("alarms").stdout, r"shelved .*\(until .*, by user \d+ \(pid \d+\): test\)\n$")
            self.assertEqual(msm.command("unshelve", "LEVEL").stdout, "LEVEL\n")
            for args, code in ((("ack",), 2), (("ack", "X"), 4), (("shelve", "LEVEL", "--for", "10m"), 2),
                               (("shelve", "LEVEL", "--for", "x", "--reason", "y"), 2), (("unshelve", "X"), 4)):
                self.assertEqual(msm.command(*args).returncode, code, args)


if __name__ == "__main__":
    unittest.main()
