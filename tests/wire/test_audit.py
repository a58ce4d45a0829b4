"""The audit log: a line of valid JSON in NAME.audit for each thing that was done to the program from
outside, who did it and what it changed."""

import json
import os
import re
import unittest

from control import Refused
from msm import Wire, eventually, fc16
from retain import Home

SCRIPT = """
program { probation = "50ms"%s }
local shut, strict = memory("shut", {}), memory("strict", {})
mem.LEVEL  = holding.float32(0, { dir = "inout", nan = true })
mem.PUMP   = coil(0, { dir = "inout" })
mem.TEXT   = holding.string(10, { length = 8, dir = "inout" })
mem.LIST   = holding.uint16(20, { count = 3, dir = "inout" })
mem.BREAK  = coil(1)
shut.X     = holding.uint16(0, { dir = "inout" })
strict.X   = holding.uint16(0, { dir = "inout" })
server.tcp { port = 0 }
server.tcp { port = 0, mem = shut, read_only = true }
server.tcp { port = 0, mem = strict, allow = { "10.9.8.7/32" } }
every("10ms", function()
  if mem.BREAK then error('it is "broken"\\n') end
end)
"""
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def refuse_constant(text):
    raise ValueError("%s is no JSON" % text)


def refuse_twice(pairs):
    assert len(dict(pairs)) == len(pairs), "a field stands there twice: %r" % (pairs,)
    return dict(pairs)


def read(path):
    """All entries, of which there may be none yet; each line must be whole, UTF-8 and strict JSON."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        data = file.read()
    assert data.endswith(b"\n") or not data, "half a line: %r" % data[-100:]
    entries = [json.loads(line.decode("utf-8"), parse_constant=refuse_constant,
                          object_pairs_hook=refuse_twice) for line in data.splitlines()]
    for entry in entries:
        assert TIME.match(entry.pop("time")), entry
    return entries


def entry_of(home, **wanted):
    """Waits until there is an entry with these fields."""
    def find():
        if not os.path.exists(home.file(".audit")):
            return None
        for entry in read(home.file(".audit")):
            if all(entry.get(key) == value for key, value in wanted.items()):
                return entry
        return None
    return eventually(find, "an entry %r" % wanted)


class Audit(unittest.TestCase):
    def test_everything(self):
        """start, remote write, set, force, unforce, refusals, reload, a refused one, fault, stop"""
        with Home(SCRIPT % "") as home:
            with home.life(servers=3) as life, life.connect() as wire, life.control() as control:
                self.assertEqual(entry_of(home, kind="start")["peer"], "msm")
                self.writes(home, wire)
                self.commands(home, life, control)
                self.refusals(home, life)
                self.reloads(home, life)
                self.assertEqual(wire.write_coil(1, True), 0)
                fault = entry_of(home, kind="fault")
                self.assertIn('it is "broken"\n', fault["text"])
            entries = read(home.file(".audit"))
            self.assertEqual((entries[0]["kind"], entries[-1]["kind"]), ("start", "stop"))
            self.assertEqual({entry["kind"] for entry in entries},
                             {"start", "write", "set", "force", "unforce", "eval", "refused", "reload",
                              "fault", "stop"})
            self.assertEqual(os.stat(home.file(".audit")).st_mode & 0o777, 0o600)

    def writes(self, home, wire):
        peer = "127.0.0.1:%d" % wire.socket.getsockname()[1]
        self.assertEqual(wire.refused(fc16(0, [0, 0x4148]), unit=7), 0)
        self.assertEqual(entry_of(home, name="mem.LEVEL"),
                         {"kind": "write", "peer": peer, "unit": 7, "function": 16,
                          "name": "mem.LEVEL", "before": 0, "after": 12.5})
        self.assertEqual(wire.write_coil(0, True), 0)
        self.assertEqual(entry_of(home, name="mem.PUMP"),
                         {"kind": "write", "peer": peer, "unit": 1, "function": 5,
                          "name": "mem.PUMP", "before": False, "after": True})
        self.assertEqual(wire.write(20, 5, 6, 7), 0)
        for i in range(3):
            self.assertEqual(entry_of(home, name="mem.LIST[%d]" % (i + 1))["after"], 5 + i)
        self.assertEqual(wire.write_coil(0, True), 0)  # "changes": no entry
        self.assertEqual(wire.write(0, 0, 0x7F80), 0)
        self.assertEqual(entry_of(home, after="inf")["before"], 12.5)
        self.assertEqual(wire.write(10, 0x2222, 0x5CFF, 0x0A01, 0), 0)
        self.assertEqual(entry_of(home, name="mem.TEXT")["after"], '""\\\ufffd\n\x01')
        pumps = [entry for entry in read(home.file(".audit")) if entry.get("name") == "mem.PUMP"]
        self.assertEqual(len(pumps), 1)

    def commands(self, home, life, control):
        self.assertEqual(life.command("set", "LEVEL", "3.25").returncode, 0)
        entry = entry_of(home, kind="set")
        self.assertEqual((entry["name"], entry["after"]), ("mem.LEVEL", 3.25))
        self.assertRegex(entry["peer"], r"^user %d \(pid \d+\)$" % os.getuid())
        control.ask("force", name="PUMP", value=False)
        entry = entry_of(home, kind="force")
        self.assertEqual((entry["name"], entry["before"], entry["after"]),
                         ("mem.PUMP", True, False))
        self.assertIn("pid %d" % os.getpid(), entry["peer"])
        control.ask("unforce", name="PUMP", restore=True)
        entry = entry_of(home, kind="unforce")
        self.assertEqual((entry["name"], entry["after"]), ("mem.PUMP", True))
        with self.assertRaises(Refused):
            control.ask("set", name="LEVL", value=1)
        self.beneath(home, life, control)
        self.assertEqual(life.command("eval", "mem.LEVEL = 1.5").returncode, 0)
        entry = entry_of(home, kind="eval")
        self.assertEqual(entry["text"], "mem.LEVEL = 1.5")
        self.assertRegex(entry["peer"], r"^user %d \(pid \d+\)$" % os.getuid())
        control.ask("eval", code="return '%s'" % ("ä" * 500))
        entry = eventually(lambda: [e for e in read(home.file(".audit")) if e.get("text", "").endswith("…")],
                           "the long code, cut")[0]
        self.assertTrue(entry["text"].startswith("return 'äää"))

    def beneath(self, home, life, control):
        """What is written beneath a force comes back with it: it is news when it is written."""
        control.ask("force", name="LEVEL", value=77)
        self.assertEqual(life.command("set", "LEVEL", "4.5").returncode, 0)
        entry = entry_of(home, kind="set", after=4.5)
        self.assertEqual(entry["before"], 3.25)
        with life.connect() as wire:
            self.assertEqual(wire.refused(fc16(0, [0, 0x4148])), 0)
        self.assertEqual(entry_of(home, kind="write", before=4.5)["after"], 12.5)
        control.ask("unforce", name="LEVEL", restore=True)
        self.assertEqual(control.value("LEVEL"), 12.5)

    def refusals(self, home, life):
        with Wire(life.ports[1]) as wire:
            self.assertEqual(wire.holding(0), 0)
            self.assertNotEqual(wire.write(0, 1), 0)
        entry = eventually(lambda: [e for e in read(home.file(".audit")) if
                                    "read_only" in e.get("text", "")], "the refusal")[0]
        self.assertEqual((entry["kind"], entry["function"]), ("refused", 6))
        with Wire(life.ports[2]) as wire:
            peer = "127.0.0.1:%d" % wire.socket.getsockname()[1]
            wire.expect_close()
        entry = eventually(lambda: [e for e in read(home.file(".audit")) if
                                    "allow" in e.get("text", "")], "the refusal")[0]
        self.assertEqual((entry["kind"], entry["peer"]), ("refused", peer))

    def reloads(self, home, life):
        self.assertEqual(life.command("reload").returncode, 0)
        entry = entry_of(home, kind="reload")
        self.assertEqual(entry["text"], "reloaded")
        self.assertRegex(entry["peer"], r"^user %d" % os.getuid())
        home.write('this is "wrong"')
        self.assertEqual(life.command("reload").returncode, 5)
        eventually(lambda: [e for e in read(home.file(".audit")) if e["kind"] == "reload" and
                            e["text"].startswith("refused: ")], "the refused reload")

    def test_who_stopped_it(self):
        """the end has the name of who asked for it; a signal has none"""
        with Home(SCRIPT % "") as home:
            with home.life(servers=3) as life:
                self.assertEqual(life.command("stop").returncode, 0)
            with home.life(servers=3):
                pass
            stops = [entry["peer"] for entry in read(home.file(".audit")) if entry["kind"] == "stop"]
            self.assertEqual(len(stops), 2)
            self.assertRegex(stops[0], r"^user %d \(pid \d+\)$" % os.getuid())
            self.assertEqual(stops[1], "msm")

    def test_off(self):
        """audit = "off" writes nothing down, also when a reload says so, and "all" also what
        changes nothing"""
        with Home(SCRIPT % ', audit = "off"') as home:
            with home.life(servers=3) as life, life.connect() as wire:
                self.assertEqual(wire.write(0, 1, 2), 0)
                self.assertEqual(life.command("set", "LEVEL", "3").returncode, 0)
            self.assertFalse(os.path.exists(home.file(".audit")))
        with Home(SCRIPT % ', audit = "all"') as home:
            with home.life(servers=3) as life, life.connect() as wire:
                for _ in range(3):
                    self.assertEqual(wire.write(20, 9), 0)
                eventually(lambda: sum(entry.get("name") == "mem.LIST[1]" for entry
                                       in read(home.file(".audit"))) == 3, "three entries")
                home.write(SCRIPT % ', audit = "off"')
                self.assertEqual(life.command("reload").returncode, 0)
                self.assertEqual(wire.write(20, 10), 0)
            self.assertNotIn(10, [entry.get("after") for entry in read(home.file(".audit"))])

    def test_rotation(self):
        """a full file becomes .1; nothing is lost in between but what is counted"""
        with Home(SCRIPT % "") as home:
            words = number = 0
            with home.life(servers=3) as life, life.connect() as wire:
                while not os.path.exists(home.file(".audit.2")):
                    number = number % 60000 + 1
                    self.assertEqual(wire.write(20, number, number, number), 0)
                    words += 3
            entries = []
            for end in (".audit.2", ".audit.1", ".audit"):
                self.assertLessEqual(os.path.getsize(home.file(end)), 1 << 20)
                entries += read(home.file(end))
            lost = sum(entry["count"] for entry in entries if entry["kind"] == "lost")
            written = [entry for entry in entries if entry["kind"] == "write"]
            self.assertEqual(len(written) + lost, words)
            self.assertEqual(written[-1]["after"], number)
            for before, after in zip(written[::3], written[3::3]) if not lost else ():
                self.assertEqual(after["before"], before["after"])


if __name__ == "__main__":
    unittest.main()
