"""The example programs of scripts/: each is checked, runs, and does what its first comment says, with
real peers. They run as copies whose ports and devices are those of the test."""

import os
import re
import shutil
import struct
import tempfile
import threading
import time
import unittest

from devices import LibmodbusDevice, Pair
from line import crc
from msm import (DEADLINE, ROOT, Msm, command, eventually, fc_read, from_low_first, low_first)

SCRIPTS = os.path.join(ROOT, "scripts")


def read(name):
    with open(os.path.join(SCRIPTS, name), encoding="utf-8") as file:
        return file.read()


def names():
    return sorted(name for name in os.listdir(SCRIPTS) if name.endswith(".lua"))


def is_module(name):
    """A module hands something back to who requires it: its last line is a return."""
    return read(name).rstrip().splitlines()[-1].startswith("return ")


def programs():
    return [name for name in names() if not is_module(name)]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="msm-wire-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in names():
            shutil.copy(os.path.join(SCRIPTS, name), self.folder)

    def example(self, name, *changes, servers=1):
        """A running copy in which each (old, new) of the changes was found once and replaced."""
        text = read(name)
        for old, new in changes:
            self.assertEqual(text.count(old), 1, "%r in %s" % (old, name))
            text = text.replace(old, new)
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.enter(Msm(path=path, servers=servers))

    def enter(self, peer):
        value = peer.__enter__()
        self.addCleanup(peer.__exit__, None, None, None)
        return value

    def wire(self, msm):
        return self.enter(msm.connect())


PORT = ("port = 1502", "port = 0")


class All(Case):
    # overlapping on purpose: a bit in its word
    REMARKS = {"server.lua": [r"server\.lua:9: note: mem\.ERROR_STATE overlaps mem\.CONTROL_WORD"]}

    def test_check(self):
        """check has nothing to say of a program that is not meant"""
        for name in programs():
            with self.subTest(name):
                done = command("check", os.path.join(SCRIPTS, name))
                self.assertEqual(done.returncode, 0, done.stderr)
                lines, wanted = done.stderr.splitlines(), self.REMARKS.get(name, [])
                self.assertEqual(len(lines), len(wanted), done.stderr)
                for pattern, line in zip(wanted, lines):
                    self.assertRegex(line, pattern)

    def test_each_has_a_test(self):
        """a program without a test of its own, here or in tests/scripts, and a module that no
        program requires, are told"""
        tests = " ".join(doc for case in (Servers, Clients) for method in vars(case).values()
                         for doc in [getattr(method, "__doc__", None)] if doc)
        texts = "".join(map(read, programs()))
        for name in names():
            with self.subTest(name):
                if is_module(name):
                    self.assertIn('require "%s"' % name[:-4], texts)
                elif not os.path.exists(os.path.join(ROOT, "tests", "scripts", "test_" + name)):
                    self.assertRegex(tests, r"\b%s:" % re.escape(name))


class Servers(Case):
    def test_tank(self):
        """tank.lua: the level moves, the pump follows a write to the setpoint"""
        wire = self.wire(self.example("tank.lua", PORT))
        level = lambda: from_low_first("f", wire.input(0, 2))
        self.assertEqual(from_low_first("f", wire.holding(0, 2)), 50)
        eventually(lambda: wire.coil(0) == 1, "the pump starts")
        low = level()
        eventually(lambda: level() > low + 1, "the level rises")
        self.assertEqual(wire.write(0, *low_first("f", 0)), 0)
        eventually(lambda: wire.coil(0) == 0, "the pump stops")
        high = level()
        eventually(lambda: level() < high - 0.5, "the level falls")
        self.assertEqual(wire.write(0, *low_first("f", 100)), 0)
        begin = time.monotonic()
        eventually(lambda: wire.coil(0) == 1, "the pump starts again")
        self.assertGreater(time.monotonic() - begin, 1.5, "the on-delay of 2 s")
        self.assertEqual(wire.write(0, *low_first("f", 101)), 3)
        self.assertEqual(wire.write_coil(0, False), 2)

    def test_blink(self):
        """blink.lua: the lamp goes on and off, again and again; masters may only watch"""
        wire = self.wire(self.example("blink.lua", PORT))
        for state in (1, 0, 1, 0):
            eventually(lambda: wire.coil(0) == state, "the lamp being %d" % state)
        self.assertEqual(wire.write_coil(0, True), 2)

    def test_server(self):
        """server.lua: eight raw words with names on them; what masters write is printed"""
        msm = self.example("server.lua", PORT)
        wire = self.wire(msm)
        self.assertEqual(len(wire.holding(0, 8)), 8)
        self.assertEqual(wire.refused(fc_read(3, 0, 9)), 2)
        self.assertEqual(wire.write(0, 0x0702), 0)
        msm.wait_line(r"WORK_MODE = 2$")
        msm.wait_line(r"PROCESS_STEP = 7$")
        self.assertEqual(wire.write(1, *low_first("I", 3000000000)), 0)
        msm.wait_line(r"CURRENT_VALUE = 3000000000$")
        self.assertEqual(wire.write(3, 0x1234), 0)
        msm.wait_line(r"CONTROL_WORD = 466[01]$")
        for state in ("true", "false", "true"):
            msm.wait_line(r"ERROR_STATE = %s$" % state)
        self.assertEqual(wire.holding(3) & ~1, 0x1234)
        for address in range(8):  # raw: halves of the double word, too
            self.assertEqual(wire.write(address, 100 + address), 0)
        self.assertEqual(wire.holding(4, 4), [104, 105, 106, 107])

    def test_server_raw(self):
        """server_raw.lua: twenty raw words, printed as they are written"""
        msm = self.example("server_raw.lua", PORT)
        wire = self.wire(msm)
        self.assertEqual(wire.holding(0, 20), [0] * 20)
        self.assertEqual(wire.refused(fc_read(3, 0, 21)), 2)
        self.assertEqual(wire.write(0, *range(100, 120)), 0)
        for address in (0, 7, 19):
            msm.wait_line(r"holding %d = %d$" % (address, 100 + address))
        self.assertEqual(wire.holding(0, 20), list(range(100, 120)))
        msm.wait_line(r"\b119\b.*")


INVERTER = """
mem.RUN, mem.RESET = holding.bool(0, 0), holding.bool(0, 7)
mem.SPEED = holding.uint16(1)
mem.READY, mem.RUNNING, mem.FAULT = input.bool(0, 0), input.bool(0, 1), input.bool(0, 3)
mem.ACTUAL = input.uint16(1)
mem.TRIP = coil(0, { pulse = true })
server.tcp { port = 0 }
every("300ms", function()
  mem.FAULT = mem.TRIP or mem.FAULT and not mem.RESET
  mem.READY = not mem.FAULT
  mem.RUNNING = mem.RUN and not mem.FAULT
  mem.ACTUAL = mem.RUNNING and mem.SPEED or 0
end)
"""

HUNDRED = """
mem:raw { holding = 100 }
mem.holding[0] = %d
for i = 1, %d do
  server.tcp { port = 0, name = "server" .. i }
end
"""


class MeterBus:
    """Energy meters on a serial line: each answers FC 4 with its own registers, or is silent."""

    def __init__(self, line, registers, silent):
        self.registers, self.silent = registers, silent
        self.line = os.open(line, os.O_RDWR | os.O_NOCTTY)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        data = b""
        try:
            while True:
                data += os.read(self.line, 256)
                while len(data) >= 8:
                    if crc(data[:6]) != data[6:8]:
                        data = data[1:]
                        continue
                    self.answer(*struct.unpack(">BBHH", data[:6]))
                    data = data[8:]
        except OSError:
            pass  # the line is gone

    def answer(self, unit, function, address, count):
        if unit in self.silent or unit not in self.registers or function != 4:
            return
        words = self.registers[unit][address:address + count]
        answer = struct.pack(">BBB%dH" % count, unit, function, 2 * count, *words)
        os.write(self.line, answer + crc(answer))

    def stop(self):
        self.thread.join(DEADLINE)
        os.close(self.line)


def meter_registers(voltage, current, power, energy):
    return struct.unpack(">8H", struct.pack(">fffI", voltage, current, power, energy))


class Clients(Case):
    def test_client(self):
        """client.lua: takes server.lua through three steps, prints them, and ends well"""
        server = self.example("server.lua", PORT)
        client = self.example("client.lua", ("port = 1502", "port = %d" % server.port), servers=0)
        for step in range(4):
            client.wait_line(r"^step %d, value %d, control word [01], age \d+\.\d s$"
                             % (step, step * 100000))
        client.wait_line(r"^done: 0 conflicts, \d+ errors$")
        self.assertEqual(client.process.wait(DEADLINE), 0)
        for step in (1, 2, 3):
            server.wait_line(r"^PROCESS_STEP = %d$" % step)
            server.wait_line(r"^CURRENT_VALUE = %d$" % (step * 100000))

    def test_client_raw(self):
        """client_raw.lua: counts in server_raw.lua's word 0, prints the others, tells a loss"""
        server = self.example("server_raw.lua", PORT)
        client = self.example("client_raw.lua", ("port = 1502", "port = %d" % server.port),
                              servers=0)
        for count in (1, 2):
            server.wait_line(r"^holding 0 = %d$" % count)
        wire = self.wire(server)
        self.assertEqual(wire.write(7, 777), 0)
        client.wait_line(r"^holding 7 = 777$")
        server.stop()
        client.wait_line(r"^no server: ")

    def test_gateway(self):
        """gateway.lua: what was polled is served, what masters write is forwarded; 0B when the
        device is silent"""
        device = self.enter(LibmodbusDevice())
        device.set("input", 0, *struct.unpack(">4H", struct.pack(">fI", 12.5, 123456)))
        device.set("holding", 0, 2)
        wire = self.wire(self.example("gateway.lua", PORT,
                                      ("port = 1503", "port = %d" % device.port)))
        eventually(lambda: wire.refused(fc_read(4, 0, 4)) == 0, "the first poll")
        self.assertEqual(struct.unpack(">fI", struct.pack(">4H", *wire.input(0, 4))),
                         (12.5, 123456))
        self.assertEqual(wire.holding(0), 2)
        self.assertEqual(wire.write(0, 4), 0)
        eventually(lambda: device.get("holding", 0) == 4, "the tariff at the device")
        self.assertEqual(wire.write(0, 5), 3)
        device.stop()
        eventually(lambda: wire.refused(fc_read(4, 0, 4)) == 0x0B, "exception 0B")

    def test_meters(self):
        """meters.lua: eight meters on a line, one of which is silent until later"""
        pair = self.enter(Pair())
        silent = {5}
        bus = MeterBus(pair.ends[1], {unit: meter_registers(230 + unit, 1, unit / 2, 1000 * unit)
                                      for unit in range(1, 9)}, silent)
        self.addCleanup(bus.stop)
        self.addCleanup(pair.cut)
        wire = self.wire(self.example("meters.lua", PORT, ("/dev/ttyUSB0", pair.ends[0])))
        fresh = lambda: wire.read(2, 0, 8)
        total = lambda: from_low_first("f", wire.input(64, 2))
        eventually(lambda: fresh() == [1, 1, 1, 1, 0, 1, 1, 1], "seven fresh meters")
        for unit in (1, 2, 3, 4, 6, 7, 8):
            words = wire.input((unit - 1) * 8, 8)
            self.assertEqual([from_low_first("f", words[0:2]), from_low_first("f", words[2:4])],
                             [unit / 2, 230 + unit])
            self.assertAlmostEqual(from_low_first("d", words[4:8]), 100 * unit)
        eventually(lambda: total() == sum(range(1, 9)) / 2 - 2.5, "the total of seven")
        self.assertEqual(wire.input(4 * 8, 8), [0] * 8)
        silent.clear()
        eventually(lambda: fresh() == [1] * 8, "eight fresh meters", 2 * DEADLINE)
        eventually(lambda: total() == 18, "the total of eight")

    def test_drive(self):
        """drive.lua: each drive starts after the one before it; a fault stops all, and is reset"""
        devices = [self.enter(Msm(INVERTER, name="inverter%d" % i)) for i in (1, 2, 3)]
        wire = self.wire(self.example("drive.lua", PORT, (
            "port = 1510 + i", "port = ({ %d, %d, %d })[i]" % tuple(d.port for d in devices))))
        states = lambda: wire.input(0, 3)
        eventually(lambda: states() == [1, 1, 1], "three stopped drives")
        self.assertEqual(wire.write(0, 1200), 0)
        self.assertEqual(wire.write_coil(0, True), 0)
        seen = []

        def all_run():
            seen.append(states())
            return seen[-1] == [3, 3, 3]

        eventually(all_run, "three running drives")
        for first, second, third in seen:
            self.assertTrue(first == 3 or second == 1, seen)
            self.assertTrue(second == 3 or third == 1, seen)
        inverters = [self.wire(device) for device in devices]
        eventually(lambda: [i.input(1) for i in inverters] == [1200] * 3, "the speed")
        self.assertEqual(inverters[1].write_coil(0, True), 0)  # TRIP
        eventually(lambda: states() == [1, 5, 1], "a fault, and the others stopped")
        self.assertEqual(wire.coil(0), 0)
        self.assertEqual(wire.write_coil(1, True), 0)
        eventually(lambda: states() == [1, 1, 1], "the fault is reset")
        eventually(lambda: inverters[1].holding(0) == 0, "RESET is taken back")
        devices[2].stop()
        eventually(lambda: states() == [1, 1, 0], "a silent drive")

    def test_fleet(self):
        """fleet.lua: two hundred devices, one of which is switched off"""
        many, one = self.enter(Msm(HUNDRED % (10, 199), servers=199)), self.enter(Msm(HUNDRED % (7, 1)))
        ports = ", ".join(map(str, many.ports + one.ports))
        wire = self.wire(self.example("fleet.lua", PORT,
                                      ("port = 2000 + i", "port = ({ %s })[i]" % ports)))
        online = lambda: (wire.input(0), struct.unpack(">I", struct.pack(">2H", *wire.input(1, 2)))[0])
        eventually(lambda: online() == (200, 1997), "200 devices")
        one.stop()
        eventually(lambda: online() == (199, 1990), "199 devices")


if __name__ == "__main__":
    unittest.main()
