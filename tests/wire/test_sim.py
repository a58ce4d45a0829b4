"""msm run --sim: a script at work while no device is there. What it writes comes back, what a person
sets comes as if from the device, masters see it; and nothing at all goes to a device's address."""

import json
import socket
import unittest

from msm import Folder, command, eventually, from_low_first
from reloading import Program

SCRIPT = """
local plc = memory("plc", { order = "ABCD" })
plc.SPEED = holding.float32(0, { dir = "in", max = 3000 })
plc.TEMP  = input.int16(0, { scale = 0.1 })
plc.TEMPS = input.int16(1, { count = 3 })
plc.READY = discrete(5)
plc.CMD   = holding.uint16(2, { dir = "out" })
plc.MODE  = holding.uint16(3, { default = 7 })
client.tcp { host = "127.0.0.1", port = %(port)d, mem = plc, period = "20ms" }
local drive = memory("drive")
drive.RPM = input.int16(0)
drive.SET = holding.int16(0)
client.rtu { line = serial { device = "/nowhere/ttyS0", baud = 19200 }, unit = 3, mem = drive, period = "20ms" }
server.tcp { port = 0 }
mem.SPEED = input.float32(0)
mem.RPM   = input.int16(2)
mem.BACK  = input.int16(3)
mem.SET   = holding.int16(0)
mem.COUNT = input.uint16(4)
every("10ms", function()
  mem.COUNT = (mem.COUNT + %(step)d) %% 60000
  mem.SPEED, mem.RPM, mem.BACK = plc.SPEED, drive.RPM, drive.SET
  plc.CMD, drive.SET = mem.COUNT, mem.SET
end, { needs = { plc, drive } })
"""


class Simulated(unittest.TestCase):
    def setUp(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.msm = Program(self.text(), "--sim", name="sim")
        self.addCleanup(self.msm.kill)

    def text(self, step=1):
        return SCRIPT % {"port": self.listener.getsockname()[1], "step": step}

    def value(self, name):
        return json.loads(self.msm.command("get", "--json", name).stdout)

    def set(self, name, value):
        done = self.msm.command("set", name, value)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_devices_have(self):
        with self.msm.connect() as wire:
            eventually(lambda: self.value("plc.SPEED")["quality"] == "good", "the first poll")
            self.assertEqual(self.value("plc.MODE")["value"], 7)  # the device's, by the declaration
            self.set("plc.SPEED", "1450.5")
            eventually(lambda: from_low_first("f", wire.input(0, 2)) == 1450.5, "as if measured")
            self.set("plc.TEMP", "-21.5")
            eventually(lambda: self.value("plc.TEMP")["value"] == -21.5, "scaled as declared")
            self.set("plc.TEMPS", "[1, 2, 3]")
            eventually(lambda: self.value("plc.TEMPS")["value"] == [1, 2, 3], "a whole array")
            self.set("plc.TEMPS[2]", "9")
            eventually(lambda: self.value("plc.TEMPS")["value"] == [1, 9, 3], "one element")
            self.set("plc.READY", "true")
            eventually(lambda: self.value("plc.READY")["value"] is True, "a bit")
            self.set("drive.RPM", "-300")
            eventually(lambda: wire.input(2) == 0x10000 - 300, "over a serial line")

    def test_what_the_script_writes(self):
        with self.msm.connect() as wire:
            wire.write(0, 42)
            eventually(lambda: wire.input(3) == 42, "the write")
            eventually(lambda: self.value("drive.SET")["state"] == "confirmed", "its answer")

    def test_the_limits_are_those_of_any_set(self):
        self.assertEqual(self.msm.command("set", "plc.SPEED", "3001").returncode, 5)
        refused = self.msm.command("set", "plc.CMD", "1")
        self.assertEqual(refused.returncode, 5)
        self.assertIn("is the program's to write", refused.stderr)

    def test_a_reload_leaves_devices_as_they_are(self):
        self.set("plc.SPEED", "7")
        eventually(lambda: self.value("SPEED")["value"] == 7, "the value")
        self.msm.reload(self.text(step=2))
        self.assertEqual(self.value("plc.SPEED")["value"], 7)
        self.set("plc.SPEED", "8")
        eventually(lambda: self.value("SPEED")["value"] == 8, "a value after it")
        # a program that faults: the way back leaves them, too
        self.msm.reload(self.text(step=2).replace("plc.CMD, drive", "error('no') plc.CMD, drive"),
                        code=5)
        count = self.value("COUNT")["value"]
        eventually(lambda: self.value("COUNT")["value"] > count + 10, "several polls")
        self.assertEqual(self.value("plc.SPEED")["value"], 8)

    def test_it_is_said(self):
        self.msm.wait_line("2 devices are SIMULATED: nothing goes to a real one")
        self.assertRegex(self.msm.command("status").stdout, r"\nSIMULATED +2 devices")
        self.assertEqual(json.loads(self.msm.command("status", "--json").stdout)["simulated"], 2)

    def test_nothing_goes_out(self):
        eventually(lambda: self.value("COUNT")["value"] > 20, "the script, at work")
        self.msm.stop()
        self.listener.settimeout(0)
        self.assertRaises(BlockingIOError, self.listener.accept)
        self.assertFalse([line for line in self.msm.lines if "nowhere" in line and "SIM" not in line])

    def test_not_with_dry(self):
        with Folder() as folder:
            path = folder.write("a.lua", self.text())
            for options in (["--sim"], ["--record", "x"], ["--http", "0"], ["--history"]):
                done = command("run", *options, "--dry", "3", path)
                self.assertEqual(done.returncode, 2)
                self.assertIn("--dry N does not go with %s" % options[0], done.stderr)


if __name__ == "__main__":
    unittest.main()
