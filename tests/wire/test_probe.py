"""msm probe against devices that nobody here wrote: what it reads, what it finds, and how it fails.

Exit codes: 0 read or found, 1 not, 2 usage. Readings go to stdout, everything else to stderr."""

import itertools
import json
import re
import socket
import struct
import threading
import unittest

from devices import LibmodbusDevice, PymodbusDevice
from msm import Msm, command

WIDE = {"uint32": "I", "int32": "i", "float32": "f", "uint64": "Q", "int64": "q", "float64": "d"}
WORDS = {"uint32": 2, "int32": 2, "float32": 2, "uint64": 4, "int64": 4, "float64": 4}
ORDERS = ("CDAB", "ABCD", "BADC", "DCBA")


def meaning(words, name, order):
    """What words are as a type in an order, by Python's struct."""
    if order in ("CDAB", "DCBA"):
        words = words[::-1]
    data = struct.pack((">" if order in ("ABCD", "CDAB") else "<") + "%dH" % len(words), *words)
    return struct.unpack(">" + WIDE[name], data)[0]


def registers(value, form, order):
    """The words of a value in an order."""
    words = struct.unpack(">%dH" % (struct.calcsize(form) // 2), struct.pack(">" + form, value))
    if order in ("BADC", "DCBA"):
        words = [word >> 8 | (word & 0xFF) << 8 for word in words]
    return list(words if order in ("ABCD", "BADC") else words[::-1])


class Device(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.device = LibmodbusDevice()
        cls.target = "127.0.0.1:%d" % cls.device.port

    @classmethod
    def tearDownClass(cls):
        cls.device.stop()

    def setUp(self):
        for table in ("holding", "input"):
            self.device.set(table, 0, *[0] * 40)

    def probe(self, *options, status=0):
        done = command("probe", self.target, *options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        if status == 0:
            self.assertEqual(done.stderr, "")
        return done

    def rows(self, text, title):
        """The rows under each heading that begins as the title does, split into cells."""
        tables, inside = [], False
        for line in text.splitlines():
            if line.startswith("address"):
                inside = re.sub(" +", " ", line).startswith(title)
                if inside:
                    tables.append([])
            elif inside and line[:7].strip().isdigit():
                tables[-1].append(line.split())
        return tables


class Table(Device):
    WORDS = [0x41BC, 0x0000, 0x00EB, 0xFFFE, 0x4142, 0x4300, 0x8001, 0x0002]

    def test_words(self):
        """each register: both forms of its address, hexadecimal, signed, text"""
        self.device.set("holding", 5, *self.WORDS)
        self.device.set("input", 5, 1)
        holding, others = self.rows(self.probe("--at", "5", "--count", "8").stdout,
                                    "address modicon")
        self.assertEqual([row[:5] for row in holding], [
            [str(5 + i), str(40006 + i), "%04X" % word, str(word),
             str(word - 0x10000 if word >> 15 else word)] for i, word in enumerate(self.WORDS)])
        self.assertEqual(holding[4][5], "AB")
        self.assertEqual(others[0][:4], ["5", "30006", "0001", "1"])

    def check_value(self, name, text, words, order):
        value = meaning(words, name, order)
        if "float" not in name:
            self.assertEqual(text, str(value))
        elif value != value:
            self.assertRegex(text, "^-?nan$")
        elif name == "float32":
            self.assertEqual(struct.pack("f", float(text)), struct.pack("f", value))
        else:
            self.assertTrue(abs(float(text) - value) <= abs(value) * 1e-6, (text, value))

    def test_every_type_and_order(self):
        """wide values are what struct makes of the same bytes, in the table and in JSON"""
        self.device.set("holding", 0, *self.WORDS)
        text = self.probe("--count", "8").stdout
        for title, names in (("address order uint32", ("uint32", "int32", "float32")),
                             ("address order uint64", ("uint64", "int64", "float64"))):
            rows = self.rows(text, title)[0]
            count = WORDS[names[0]]
            self.assertEqual([(row[0], row[1]) for row in rows],
                             [(str(at), order) for at in range(9 - count) for order in ORDERS])
            for row in rows:
                at = int(row[0])
                for name, cell in zip(names, row[2:]):
                    self.check_value(name, cell, self.WORDS[at:at + count], row[1])
        table = json.loads(self.probe("--count", "8", "--json").stdout)[0]
        self.assertEqual((table["table"], table["address"], table["count"]), ("holding", 0, 8))
        wide = [r for r in table["readings"] if r["type"] in WIDE]
        self.assertEqual(len(wide), 3 * 4 * 7 + 3 * 4 * 5)
        for r in wide:
            words = self.WORDS[r["address"]:r["address"] + WORDS[r["type"]]]
            self.check_value(r["type"], str(r["value"]), words, r["order"])
        narrow = [(r["address"], r["value"]) for r in table["readings"] if r["type"] == "uint16"]
        self.assertEqual(narrow, list(enumerate(self.WORDS)))

    def test_nothing_for_the_terminal(self):
        """whatever bytes a device sends: what is printed of them is plain text; and numbers have no
        more digits in JSON than in the table"""
        tenth = registers(0.1, "d", "ABCD")
        self.device.set("holding", 0, 0x1B5B, 0x7F9B, 0xC29B, 0x9B7F, *tenth)
        for more in ((), ("--json",), ("--expect", str(0x1B5B))):
            text = self.probe("--count", "8", *more).stdout
            self.assertTrue(text.isascii() and text.replace("\n", "").isprintable(), text)
        readings = self.probe("--at", "4", "--count", "4", "--json").stdout
        self.assertRegex(readings, r'"value": 0\.1\b(?!\d)')
        self.assertNotIn("0.10000000000000001", readings)

    def test_fits_a_terminal(self):
        """no line is longer than 80 columns, whatever the registers hold"""
        for words in (self.WORDS, [0xFFEF] * 8, [0x8123, 0x4567, 0x89AB, 0xCDEF] * 2):
            self.device.set("holding", 0, *words)
            for line in self.probe().stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)
        for line in command("probe", "--help").stdout.splitlines()[1:]:
            self.assertLessEqual(len(line), 80, line)

    def test_there_in_part(self):
        """a range of which the device has the beginning: that is shown, the rest is named once"""
        self.device.set("holding", 19998, 11, 22)
        text = self.probe("--at", "19998", "--count", "4").stdout
        self.assertEqual(text.count("20000  to 20001: the device has no such registers"), 2)
        wide, = self.rows(text, "address order uint32")  # the input registers are all zero
        self.assertEqual([row[0] for row in wide], ["19998"] * 4)
        data = json.loads(self.probe("--at", "19998", "--count", "4", "--json").stdout)
        self.assertEqual({r["address"] for r in data[0]["readings"]}, {19998, 19999})
        text = self.probe("--at", "19999", "--count", "2").stdout
        self.assertEqual(text.count("20000  the device has no such register\n"), 2)

    def test_hints(self):
        """an address that is a Modicon number, and a path: what to write instead"""
        self.assertIn("as a Modicon number 40101 is address 100: --at 100",
                      self.probe("--at", "40101", status=1).stderr)
        done = command("probe", "/dev/ttyUSB0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("Modbus TCP only", done.stderr)

    def test_there_not_at_all(self):
        """a range that the device does not have: said for both tables, exit 1"""
        done = self.probe("--at", "30000", status=1)
        self.assertEqual(done.stdout, "")
        self.assertEqual(re.findall(r"^(\w+) registers 30000\.\.30009 .*exception 02", done.stderr,
                                    re.M), ["holding", "input"])
        self.assertEqual(json.loads(self.probe("--at", "30000", "--json", status=1).stdout), [])


class Expect(Device):
    def found(self, *options):
        lines = self.probe(*options).stdout.splitlines()
        return [re.sub(r"\s+--.*", "", line) for line in lines]

    def test_each_order(self):
        """23.5 as float32, float64 and int32 * 0.1, in each of the four orders"""
        for order, (name, form, raw) in itertools.product(ORDERS, (
                ("float32", "f", 23.5), ("float64", "d", 23.5), ("int32", "i", 235))):
            with self.subTest(order=order, type=name):
                self.device.set("holding", 0, *[0xFFFF] * 10)  # NaN, -1
                self.device.set("holding", 3, *registers(raw, form, order))
                scale = ", scale = 0.1" if form == "i" else ""
                self.assertIn('holding.%s(3, { order = "%s"%s })' % (name, order, scale),
                              self.found("--expect", "23.5"))

    def test_nothing_else(self):
        """only what gives the value is printed: a lone float32 has one declaration"""
        for order in ORDERS:
            self.device.set("input", 0, *[0] * 10)
            self.device.set("input", 4, *registers(23.46, "f", order))
            self.assertEqual(self.found("--expect", "23.5"),
                             ['input.float32(4, { order = "%s" })' % order])

    def test_scaled(self):
        """integers by powers of ten, one register without an order; a float in W for kW"""
        self.device.set("input", 2, 235)
        found = self.found("--expect", "23.5")
        self.assertIn("input.uint16(2, { scale = 0.1 })", found)
        self.assertIn("input.int16(2, { scale = 0.1 })", found)
        self.device.set("input", 2, 0x10000 - 2350)
        self.assertIn("input.int16(2, { scale = 0.01 })", self.found("--expect", "-23.5"))
        self.device.set("input", 2, *registers(23500, "f", "ABCD"))
        self.assertIn('input.float32(2, { order = "ABCD", scale = 0.001 })',
                      self.found("--expect", "23.5"))

    def test_the_declaration_holds(self):
        """what is printed can be put into a script, and mirrors the value"""
        self.device.set("holding", 3, *registers(235, "i", "BADC"))
        found = [line for line in self.found("--expect", "23.5") if "int32(3" in line and
                 "BADC" in line and "uint" not in line]
        self.assertEqual(len(found), 1)
        with Msm("local plc = memory 'plc'\nplc.X = %s\n"
                 "client.tcp { host = '127.0.0.1', port = %d, mem = plc, period = 0.02 }\n"
                 "every(0.02, function() print('X', plc.X) program.stop() end, { needs = { plc } })"
                 % (found[0], self.device.port), servers=0) as msm:
            msm.wait_line(r"X\s+23\.5$")
            msm.process.wait(30)

    def test_not_found(self):
        """nothing gives the value, not even NaN: exit 1 and what to try"""
        self.device.set("holding", 0, *[0xFFFF] * 10)
        done = self.probe("--expect", "99.25", status=1)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"^nothing there gives 99\.25; .*--at.*\n$")


class Wrong(unittest.TestCase):
    def fails(self, status, pattern, *arguments):
        done = command("probe", *arguments)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertRegex(done.stderr, pattern)
        return done.stderr.splitlines()

    def test_arguments(self):
        """what cannot be meant: exit 2, and what is allowed"""
        for pattern, *arguments in (
                (r"--at .*0\.\.65535.*\"x\"", "a", "--at", "x"),
                (r"--at .*0\.\.65535", "a", "--at", "65536"),
                (r"--count .*1\.\.125", "a", "--count", "0"),
                (r"--count .*1\.\.125", "a", "--count", "126"),
                (r"--unit .*0\.\.255", "a", "--unit", "256"),
                (r"beyond address 65535", "a", "--at", "65530", "--count", "7"),
                (r"--expect .*like 23\.5.*\"lots\"", "a", "--expect", "lots"),
                (r"--expect and --json", "a", "--expect", "1", "--json"),
                (r"--expcet.*--expect", "a", "--expcet", "1"),
                (r"missing", ), (r"too many", "a", "b"),
                (r"no device.*1\.\.65535", "10.0.0.7:99999"),
                (r"no device", ""), (r"no device", "[::1"), (r"no device", "[::1]502"),
                (r"no device", "a:"), (r"no device", ":502")):
            with self.subTest(arguments):
                self.fails(2, pattern, *arguments)

    def test_nobody(self):
        """nothing listens, or the name is not known: one line, exit 1"""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # not listening
            port = taken.getsockname()[1]
            self.assertEqual(len(self.fails(1, "127.0.0.1 port %d: connection refused" % port,
                                            "127.0.0.1:%d" % port)), 1)
        self.assertEqual(len(self.fails(1, r"name nowhere\.invalid cannot be resolved",
                                        "nowhere.invalid")), 1)

    def answering(self, answer):
        """The port of a peer that sends these bytes to each request; None: it closes."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            try:
                with listener.accept()[0] as peer:
                    while peer.recv(1024) and answer is not None:
                        peer.sendall(answer)
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        return "127.0.0.1:%d" % listener.getsockname()[1]

    def test_strange_answers(self):
        """no answer, a close, something that is no Modbus: one line, exit 1"""
        for answer, pattern in (
                (b"", r"unit 1: connected, but no answer for 3 s.*--unit"),
                (None, r"closed the connection"),
                (b"SSH-2.0-OpenSSH\r\n", r"does not speak Modbus TCP"),
                (b"HTTP/1.1 400 Bad Request\r\n\r\n", r"does not speak Modbus TCP"),
                (b"\0\x01\0\0\0\x03\x02\x83\x02", r"unit 2 answered instead of 1"),
                (b"\0\x01\0\0\0\x05\x01\x03\x02\0\0", r"does not fit the request")):
            with self.subTest(answer):
                self.assertEqual(len(self.fails(1, pattern, self.answering(answer))), 1)

    def test_unit_not_served(self):
        """exceptions 0A and 0B: one line that says so, exit 1"""
        with Msm("mem:raw { holding = 4 }\nserver.tcp { port = 0, unit = 7 }") as msm:
            target = "127.0.0.1:%d" % msm.port
            self.assertEqual(len(self.fails(1, r"unit 3 .*0A.*--unit", target, "--unit", "3")), 1)
            done = command("probe", target, "--unit", "7", "--count", "4")
            self.assertEqual(done.returncode, 0)
            self.assertIn("holding registers 0..3 of %s unit 7" % target, done.stdout)
        with Msm("local plc = memory('plc', { holding = 4 })\n"
                 "client.tcp { host = '127.0.0.1', port = 9, mem = plc }\n"
                 "server.tcp { port = 0, mem = plc }") as msm:
            lines = self.fails(1, r"unit 1 .*0B", "127.0.0.1:%d" % msm.port, "--count", "4")
            self.assertEqual(len(lines), 1)

    def test_one_table(self):
        """a device that has only input registers: those are shown, the other refusal is told"""
        with Msm("mem:raw { input = 4 }\nserver.tcp { port = 0 }") as msm:
            done = command("probe", "127.0.0.1:%d" % msm.port, "--count", "1")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, r"^holding register 0 of \S+ unit 1: exception 02, .*\n$")
            self.assertIn("input register 0 of", done.stdout)

    def test_other_unit_and_maker(self):
        """pymodbus, unit 5"""
        with PymodbusDevice(units=(5,)) as device:
            device.set("holding", 0, 4711, unit=5)
            done = command("probe", "localhost:%d" % device.port, "--unit", "5", "--expect", "4711")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("holding.uint16(0)", done.stdout)

    def test_ipv6(self):
        """an address in brackets with a port"""
        if not socket.has_ipv6:
            self.skipTest("no IPv6")
        with Msm("mem:raw { holding = 4 }\nserver.tcp { port = 0, bind = '::1' }") as msm:
            done = command("probe", "[::1]:%d" % msm.port, "--count", "4")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("of [::1]:%d unit 1" % msm.port, done.stdout)


if __name__ == "__main__":
    unittest.main()
