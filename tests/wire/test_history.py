"""The history of a real program: what its values were and what happened comes back from the file,
through a reload, a restart and a kill; a chart's few points keep the spike of one scan; and who does
not want to be recorded is not."""

import os
import time
import unittest

from control import Refused
from msm import Wire, eventually
from retain import Home

SCRIPT = """
program { probation = "50ms" }
mem.LEVEL  = holding.float32(0, { dir = "inout", unit = "%%", nan = true })
mem.PUMP   = coil(0, { dir = "inout" })
mem.ROUGH  = holding.int16(10, { dir = "inout", history = 5 })
mem.LIST   = holding.uint16(20, { count = 3, dir = "inout" })
mem.SECRET = holding.uint16(30, { dir = "inout", hmi = "hide" })
mem.NEVER  = holding.uint16(31, { dir = "inout", history = false })
mem.NAME   = holding.string(40, { length = 8, dir = "inout" })
%s
server.tcp { port = 0 }
every("10ms", function() end)
"""
OLD = "mem.OLD = holding.uint16(50, { dir = 'inout', default = 7 })"


def life_of(home, *args):
    return home.life("--history", *args)


def points_of(control, name, **fields):
    return control.ask("trend", names=[name], **fields)["series"][0]["points"]


def values_of(control, name, **fields):
    """The last value of each point, None for a gap; without what only says that it still holds."""
    values = [point[3] for point in points_of(control, name, **fields)]
    return [v for i, v in enumerate(values) if i == 0 or v != values[i - 1]]


def comes(control, name, *wanted, **fields):
    eventually(lambda: values_of(control, name, **fields)[-len(wanted):] == list(wanted),
               "%s = %r, but %r" % (name, wanted, values_of(control, name, **fields)))


def put(control, name, value):
    """Sets it, and waits until it is in the history."""
    control.ask("set", name=name, value=value)
    comes(control, name, value)


class Recorded(unittest.TestCase):
    def test_changes_of_numbers_bits_and_elements(self):
        with Home(SCRIPT % "") as home, life_of(home) as life, life.control() as control:
            put(control, "LEVEL", 20.5)
            put(control, "LEVEL", 21.25)
            put(control, "PUMP", True)
            put(control, "LIST[2]", 9)
            self.assertEqual(values_of(control, "LEVEL"), [0, 20.5, 21.25])
            self.assertEqual(values_of(control, "mem.PUMP"), [0, 1])
            self.assertEqual(values_of(control, "LIST[2]"), [0, 9])
            self.assertEqual(values_of(control, "LIST[1]"), [0])
            series = control.ask("trend", names=["LEVEL"])["series"][0]
            self.assertEqual((series["name"], series["type"], series["unit"]), ("LEVEL", "float32", "%"))

    def test_a_moment_is_when_it_was(self):
        with Home(SCRIPT % "") as home, life_of(home) as life, life.control() as control:
            put(control, "LEVEL", 1)
            before = time.time()
            put(control, "LEVEL", 20.5)
            after = time.time()
            moment = next(p[0] for p in points_of(control, "LEVEL") if p[3] == 20.5)
            self.assertTrue(before - 0.01 <= moment <= after + 0.01, (before, moment, after))
            eventually(lambda: points_of(control, "LEVEL")[-1][0] > moment, "that it still holds")
            self.assertEqual(points_of(control, "LEVEL")[-1][1:], [20.5, 20.5, 20.5])

    def test_a_deadband_and_who_is_not_recorded(self):
        with Home(SCRIPT % "") as home, life_of(home) as life, life.control() as control:
            for value in (4, 5, 9, 11):  # 4 and 9 differ by too little from what was kept
                control.ask("set", name="ROUGH", value=value)
                put(control, "LEVEL", value)  # it has been looked at
            self.assertEqual(values_of(control, "ROUGH"), [0, 5, 11])
            for name in ("SECRET", "NEVER", "NAME"):
                series = control.ask("trend", names=[name])["series"][0]
                self.assertEqual(series, {"name": name, "recorded": False, "points": []})

    def test_a_gap_where_there_is_no_number(self):
        with Home(SCRIPT % "") as home, life_of(home) as life, life.control() as control:
            put(control, "LEVEL", 3)
            control.ask("set", name="LEVEL", value="nan")
            comes(control, "LEVEL", 3, None)
            put(control, "LEVEL", 4)
            self.assertEqual(values_of(control, "LEVEL"), [0, 3, None, 4])

    def test_few_points_keep_a_spike(self):
        spike = """
mem.TICK = var.uint32 {}
every("100ms", function()
  mem.TICK = mem.TICK + 1
  mem.LEVEL = mem.TICK % 40 == 20 and 99 or 1
end)
"""
        with Home(SCRIPT % spike) as home, life_of(home) as life, life.control() as control:
            eventually(lambda: 99 in values_of(control, "LEVEL")[:-1], "the spike, and its end")
            points = points_of(control, "LEVEL", points=1)
            self.assertIn(99, [point[2] for point in points], points)
            self.assertLessEqual(len(points), 4)
            self.assertGreater(len(points_of(control, "TICK", points=10000)), len(points))


class Survives(unittest.TestCase):
    def test_a_stop_and_a_kill(self):
        with Home(SCRIPT % "") as home:
            with life_of(home) as life, life.control() as control:
                put(control, "LEVEL", 1)
            life = life_of(home)
            with life.control() as control:
                put(control, "LEVEL", 2)
            life.kill()
            with life_of(home) as life, life.control() as control:
                put(control, "LEVEL", 3)
                self.assertEqual(values_of(control, "LEVEL"), [0, 1, None, 0, 2, None, 0, 3])
                self.assertEqual(values_of(control, "PUMP"), [0, None, 0, None, 0])
            self.assertEqual(home.beside(), [])

    def test_a_reload(self):
        """What both have goes on without a mark; what is gone ends, and can still be asked for."""
        with Home(SCRIPT % OLD) as home, life_of(home) as life, life.control() as control:
            put(control, "LEVEL", 5)
            comes(control, "OLD", 7)
            home.write(SCRIPT % "mem.NEW = holding.uint16(51, { default = 8, dir = 'inout' })")
            control.ask("reload")
            comes(control, "NEW", 8)
            points = points_of(control, "LEVEL")  # 0, 5, and that it still holds
            self.assertEqual([point[3] for point in points][:2], [0, 5])
            self.assertLessEqual(len(points), 3, points)
            comes(control, "OLD", 7, None)
            with self.assertRaises(Refused) as refused:
                points_of(control, "OLDER")
            self.assertEqual(refused.exception.kind, "unknown")
            put(control, "LEVEL", 6)

    def test_no_history_unless_asked_for(self):
        with Home(SCRIPT % "") as home, home.life() as life, life.control() as control:
            for do, fields in (("trend", {"names": ["LEVEL"]}), ("journal", {})):
                with self.assertRaises(Refused) as refused:
                    control.ask(do, **fields)
                self.assertEqual(refused.exception.kind, "refused")
                self.assertIn("--history", str(refused.exception))
            self.assertIsNone(control.ask("status")["history"])
            self.assertFalse(os.path.exists(home.file(".history")))


class Journal(unittest.TestCase):
    def entries(self, control, **fields):
        return control.ask("journal", **fields)["entries"]

    def test_what_was_done_and_by_whom(self):
        with Home(SCRIPT % "") as home:
            with life_of(home) as life, life.control() as control, Wire(life.port) as wire:
                control.ask("set", name="LEVEL", value=20.5)
                wire.ask(bytes([5, 0, 0, 0xFF, 0]))
                found = eventually(lambda: len(self.entries(control)) >= 3 and self.entries(control),
                                   "the entries")
                master, person, start = found
                self.assertEqual((start["kind"], start["what"], start["text"]),
                                 ("audit", "start", home.path))
                self.assertEqual((person["what"], person["name"], person["old"], person["new"]),
                                 ("set", "LEVEL", "0 %", "20.5 %"))
                self.assertRegex(person["who"], r"^user \d+ \(pid \d+\)$")
                self.assertEqual((master["what"], master["name"], master["old"], master["new"]),
                                 ("write", "PUMP", "false", "true"))
                self.assertTrue(start["time"] <= person["time"] <= master["time"])
                self.assertEqual(len(self.entries(control, limit=1)), 1)
                self.assertEqual([e["name"] for e in self.entries(control, match="LEV*")], ["LEVEL"])
                self.assertEqual([e["name"] for e in self.entries(control, match="mem.P*")], ["PUMP"])
                self.assertEqual(self.entries(control, kinds=["alarm"]), [])
                self.assertEqual(self.entries(control, to=start["time"] - 1), [])
                self.assertEqual(self.entries(control, **{"from": master["time"] + 1}), [])
            with life_of(home) as life, life.control() as control:
                eventually(lambda: self.entries(control)[0]["what"] == "start", "the start")
                self.assertEqual([e["what"] for e in self.entries(control)],
                                 ["start", "stop", "write", "set", "start"])


    def test_alarms(self):
        """what became of one, who acknowledged it, once each, and across a restart"""
        text = SCRIPT % "mem.HOT = holding.int16(60, { dir = 'inout', hi = 80, priority = 'high', unit = 'K' })"
        with Home(text) as home:
            with life_of(home) as life, life.control() as control:
                control.ask("set", name="HOT", value=90)
                eventually(lambda: control.ask("alarms")["alarms"], "the alarm")
                control.ask("ack", name="HOT")
                control.ask("set", name="HOT", value=20)
                eventually(lambda: len(self.entries(control, kinds=["alarm"])) == 3, "the entries")
                went, seen, came = self.entries(control, kinds=["alarm"])
                self.assertEqual((came["what"], came["name"], came["new"], came["priority"], came["kind"],
                                  came["level"]), ("active", "HOT", "90", 2, "alarm", "hi"))
                self.assertNotIn("old", came)
                self.assertEqual((seen["what"], went["what"]), ("acknowledged", "returned"))
                self.assertRegex(seen["who"], r"^user \d+ \(pid \d+\)$")
                self.assertEqual({entry["what"] for entry in self.entries(control, kinds=["audit"])},
                                 {"set", "start"})
            with life_of(home) as life, life.control() as control:
                self.assertEqual(len(eventually(lambda: self.entries(control, match="HOT"), "them")), 5)


class Asked(unittest.TestCase):
    def test_mistakes_are_told(self):
        with Home(SCRIPT % "") as home, life_of(home) as life, life.control() as control:
            for request, kind, words in (
                    ({"names": []}, "usage", "1..100 names"),
                    ({"names": ["LIST"]}, "usage", "its elements are LIST"),
                    ({"names": ["LEVLE"]}, "unknown", "did you mean LEVEL?"),
                    ({"names": ["LEVEL"], "from": 10, "to": 5}, "usage", "before"),
                    ({"names": ["LEVEL"], "from": "now"}, "usage", "a number")):
                with self.assertRaises(Refused, msg=request) as refused:
                    control.ask("trend", **request)
                self.assertEqual(refused.exception.kind, kind)
                self.assertIn(words, str(refused.exception))
            for request, words in (({"kinds": ["alarms"]}, '"alarm" and "audit"'),
                                   ({"limit": 0}, "1..2000")):
                with self.assertRaises(Refused, msg=request) as refused:
                    control.ask("journal", **request)
                self.assertIn(words, str(refused.exception))


if __name__ == "__main__":
    unittest.main()
