"""Serial lines with the real program as the server, for mbpoll, pymodbus and raw bytes; and lines
that are not there yet, or are not what the script says."""

import re
import struct
import subprocess
import unittest

from devices import Pair
from line import POISON, RtuMaster, RtuSlave, rtu
from msm import DEADLINE, Folder, Msm, command, eventually, fc5, fc6, fc15, fc16, fc_read

SERVER = """
local other = memory("other", { holding = 8 })
local plc = memory("plc", { order = "ABCD" })
plc.COUNT = holding.int32(20)
plc.LEVEL = holding.float32(22)
plc:raw { coil = 20, discrete = 20, holding = 20, input = { 0, 125 } }
for i = 0, 124 do plc.input[i] = 1000 + i end
for i = 0, 19 do plc.discrete[i] = i %% 3 == 0 end
local bus = serial { device = "%s" }
server.rtu { line = bus, units = { [17] = plc, [18] = other } }
server.tcp { port = 0, units = { [17] = plc, [18] = other } }
"""


class Server(unittest.TestCase):
    """Two units on one line; what masters do there is looked at over TCP."""

    def setUp(self):
        self.pair = Pair.of(self)
        self.end = self.pair.ends[1]
        self.msm = Msm(SERVER % self.pair.ends[0])
        self.addCleanup(self.msm.kill)
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)
        with RtuMaster(self.end) as master:  # until the port is open, bytes may be thrown away
            eventually(lambda: master.holding(0, 17, 0.5) is not None, "the first answer")

    def tearDown(self):
        self.msm.stop()

    def over_tcp(self, function, address, count, unit=17):
        answer = self.wire.ask(fc_read(function, address, count), unit)
        self.assertEqual(answer[0], function)
        if function < 3:
            return [answer[2 + i // 8] >> i % 8 & 1 for i in range(count)]
        return list(struct.unpack(">%dH" % count, answer[2:]))

    # -- mbpoll ----------------------------------------------------------------------------

    def mbpoll(self, kind, address, *values, count=1, unit=17, timeout=10, works=True):
        """Values read, or None after a write."""
        words = ["--", *map(str, values)] if values else []
        run = subprocess.run(["mbpoll", "-m", "rtu", "-a", str(unit), "-b", "19200", "-P", "none",
                              "-o", str(timeout), "-0", "-1", "-B", "-t", kind, "-r", str(address),
                              *([] if values else ["-c", str(count)]), self.end, *words],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=DEADLINE)
        failed = run.returncode != 0 or "failed" in run.stdout
        self.assertEqual(failed, not works, run.stdout)
        return None if values else re.findall(r"^\[\d+\]:\s+(\S+)", run.stdout, re.M)

    def test_mbpoll_reads_and_writes_each_type(self):
        """coils, discrete inputs, registers of both tables, 32 bits, single and several"""
        self.mbpoll("0", 2, 1)
        self.mbpoll("0", 5, 1, 0, 1)
        self.assertEqual(self.over_tcp(1, 2, 6), [1, 0, 0, 1, 0, 1])
        self.assertEqual(self.mbpoll("0", 2, count=6), list("100101"))
        self.assertEqual(self.mbpoll("1", 0, count=5), list("10010"))
        self.assertEqual(self.mbpoll("3", 0, count=125), [str(1000 + i) for i in range(125)])
        self.mbpoll("4", 3, 4711)
        self.mbpoll("4", 4, 1, 2, 3)
        self.assertEqual(self.over_tcp(3, 3, 4), [4711, 1, 2, 3])
        self.assertEqual(self.mbpoll("4", 3, count=4), ["4711", "1", "2", "3"])
        self.mbpoll("4:int", 20, -123456)
        self.assertEqual(self.mbpoll("4:int", 20), ["-123456"])
        self.mbpoll("4:float", 22, 2.5)
        self.assertEqual(self.mbpoll("4:float", 22), ["2.5"])
        self.assertEqual(self.over_tcp(3, 20, 4),
                         list(struct.unpack(">4H", struct.pack(">if", -123456, 2.5))))

    def test_refused_and_unknown(self):
        """an address that is not there is an exception; a unit that is not there is silence"""
        self.mbpoll("4", 5000, works=False)
        self.mbpoll("4", 0, unit=19, timeout=0.3, works=False)
        self.assertEqual(self.mbpoll("4", 0, unit=18), ["0"])

    # -- pymodbus --------------------------------------------------------------------------

    def test_pymodbus(self):
        """the same by another master"""
        from pymodbus.client import ModbusSerialClient
        client = ModbusSerialClient(self.end, baudrate=19200, parity="N", timeout=10)
        self.assertTrue(client.connect())
        self.addCleanup(client.close)
        self.assertFalse(client.write_registers(0, [5, 6, 7], slave=17).isError())
        self.assertEqual(client.read_holding_registers(0, 3, slave=17).registers, [5, 6, 7])
        self.assertFalse(client.write_register(1, 60, slave=18).isError())
        self.assertEqual(self.over_tcp(3, 0, 3), [5, 6, 7])
        self.assertEqual(self.over_tcp(3, 1, 1, 18), [60])
        self.assertEqual(client.read_input_registers(0, 100, slave=17).registers,
                         list(range(1000, 1100)))
        self.assertFalse(client.write_coils(0, [True] * 10, slave=17).isError())
        self.assertEqual(client.read_coils(0, 10, slave=17).bits[:10], [True] * 10)
        self.assertEqual(client.read_discrete_inputs(0, 4, slave=17).bits[:4],
                         [True, False, False, True])
        self.assertEqual(client.read_coils(5000, 1, slave=17).exception_code, 2)

    # -- bytes -----------------------------------------------------------------------------

    def test_broadcast(self):
        """carried out in both memories, and not a byte comes back"""
        with RtuMaster(self.end) as master:
            master.send(rtu(0, fc6(3, 4711)))
            for unit in (17, 18):
                eventually(lambda: self.over_tcp(3, 3, 1, unit) == [4711], "the broadcast")
            self.assertEqual(master.holding(3, 17), 4711)
            master.send(rtu(0, fc16(4, [1, 2])))
            eventually(lambda: self.over_tcp(3, 4, 2, 18) == [1, 2], "the broadcast")
            master.send(rtu(0, fc5(0, True)))
            eventually(lambda: self.over_tcp(1, 0, 1) == [1], "the broadcast")
            self.assertEqual(master.holding(5, 18), 2)

    def test_traffic_of_others(self):
        """requests to other units, and their answers, change nothing and are not answered"""
        with RtuMaster(self.end) as master:
            master.send(rtu(99, fc6(3, POISON)) + rtu(99, fc6(3, POISON)))
            master.send(rtu(99, fc16(3, [POISON])) + rtu(99, struct.pack(">BHH", 16, 3, 1)))
            master.send(rtu(99, fc15(0, [1] * 9)) + rtu(99, struct.pack(">BHH", 15, 0, 9)))
            self.assertEqual(master.holding(3, 17), 0)
            self.assertEqual(self.over_tcp(1, 0, 9), [0] * 9)

    def test_broken_requests(self):
        """a wrong CRC, half a frame, noise: not carried out; the next request is answered"""
        good = rtu(17, fc6(3, POISON))
        broken = (good[:-1] + bytes((good[-1] ^ 1,)), good[:5], b"\xff\x00\x55", bytes(range(256)),
                  b"\x11\x10\x00\x03\x00\x01\x02", rtu(17, b"\x41\x01\x02")[:-1])
        with RtuMaster(self.end) as master:
            for data in broken:
                master.send(data)
                # What follows without a pause may belong to it; after one it does not.
                eventually(lambda: master.holding(3, 17, 0.2) is not None, "an answer")
                self.assertEqual(self.over_tcp(3, 3, 1), [0], data.hex(" "))

    def test_the_line_is_cut_and_comes_back(self):
        """said once each, and answered again"""
        device = re.escape(self.pair.ends[0])
        self.pair.cut()
        self.msm.wait_line(device + ": .*trying again")
        self.pair.connect()
        self.msm.wait_line(device + ": open again")
        with RtuMaster(self.end) as master:
            self.assertEqual(master.ask(fc6(3, 5), 17), fc6(3, 5))
            self.assertEqual(master.holding(3, 17), 5)
        self.assertEqual(self.over_tcp(3, 3, 1), [5])
        self.assertEqual(len(re.findall("trying again", self.msm.text())), 1)


# ---- lines that are not what the script says ----------------------------------------------------

LONE = """
local bus = serial { device = "%s" }
mem:raw { holding = 8 }
%s
server.tcp { port = 0, stale = "serve" }
"""
CLIENT = 'client.rtu { line = bus, unit = 1, period = "20ms", timeout = "2s" }'


class Ports(unittest.TestCase):
    """Devices that are missing or wrong when the program runs."""

    def test_no_such_device_yet(self):
        """said once; used when it appears"""
        pair = Pair.of(self)
        pair.cut()
        with Msm(LONE % (pair.ends[0], CLIENT)) as msm, msm.connect() as wire:
            msm.wait_line(re.escape(pair.ends[0]) + " unit 1: no such device")
            pair.connect()
            with RtuSlave(pair.ends[1], (1,)) as slave:
                slave.set(1, 0, 77)
                eventually(lambda: wire.holding(0) == 77, "the first poll")
        self.assertEqual(msm.text().count("no such device"), 1, msm.text())

    def test_no_such_device_yet_for_a_server(self):
        pair = Pair.of(self)
        pair.cut()
        with Msm(LONE % (pair.ends[0], "server.rtu { line = bus, unit = 1 }")) as msm:
            msm.wait_line(re.escape(pair.ends[0]) + ": no such device")
            pair.connect()
            msm.wait_line(re.escape(pair.ends[0]) + ": open again")
            with RtuMaster(pair.ends[1]) as master:
                self.assertEqual(master.holding(0), 0)
        self.assertEqual(msm.text().count("no such device"), 1, msm.text())

    def test_a_file_is_no_serial_port(self):
        """said once, and the rest of the program runs"""
        with Folder() as folder:
            path = folder.write("port", "text\n")
            with Msm(LONE % (path, CLIENT)) as msm, msm.connect() as wire:
                msm.wait_line(re.escape(path) + " unit 1: is not a serial port")
                self.assertEqual(wire.holding(0), 0)
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), "text\n")

    def test_a_port_in_use(self):
        """by another program: said, and taken when that one has ended"""
        pair = Pair.of(self)
        server = LONE % (pair.ends[0], "server.rtu { line = bus, unit = 1 }")
        with Msm(server, name="one") as one:
            with RtuMaster(pair.ends[1]) as master:
                eventually(lambda: master.holding(0, 1, 0.5) is not None, "the first answer")
                with Msm(server, name="two") as two, two.connect() as wire:
                    two.wait_line("is used by another program")
                    self.assertEqual(wire.write(0, 22), 0)
                    self.assertEqual(master.holding(0), 0)
                    one.stop()
                    two.wait_line("open again")
                    self.assertEqual(master.holding(0), 22)

    def test_again_after_a_kill(self):
        """a program that could not put the port back leaves it usable"""
        pair = Pair.of(self)
        server = LONE % (pair.ends[0], "server.rtu { line = bus, unit = 1 }")
        with RtuMaster(pair.ends[1]) as master:
            for _ in range(2):
                msm = Msm(server)
                self.addCleanup(msm.kill)
                eventually(lambda: master.holding(0, 1, 0.5) == 0, "an answer")
                msm.kill()
                self.assertNotIn("refuses", msm.text())


class Refused(unittest.TestCase):
    """What a script may not say: the user's line, what is wrong, what to do; status 1."""

    def refused(self, text, line, *patterns):
        with Folder() as folder:
            path = folder.write("bad.lua", text)
            for verb in ("run", "check"):
                run = command(verb, path)
                self.assertEqual(run.returncode, 1, run.stderr)
                self.assertEqual(run.stdout if verb == "run" else "", "")
                for pattern in (r"bad\.lua:%d: " % line, *patterns):
                    self.assertRegex(run.stderr, pattern)

    def test_two_lines_with_one_device(self):
        self.refused('local a = serial { device = "/dev/ttyS9" }\n'
                     'local b = serial { device = "/dev/ttyS9", name = "b" }\n', 2,
                     "/dev/ttyS9", r"bad\.lua:1")

    def test_client_and_server_on_one_line(self):
        self.refused('local bus = serial { device = "/dev/ttyS9" }\n'
                     'local m = memory("m", { holding = 8 })\n'
                     "mem:raw { holding = 8 }\n"
                     "client.rtu { line = bus, unit = 1 }\n"
                     "server.rtu { line = bus, unit = 2, mem = m }\n", 5,
                     r"/dev/ttyS9 is used by the client at \S*bad\.lua:4",
                     "either clients or servers")

    def test_server_and_client_on_one_line(self):
        self.refused('local bus = serial { device = "/dev/ttyS9" }\n'
                     'local m = memory("m", { holding = 8 })\n'
                     "mem:raw { holding = 8 }\n"
                     "server.rtu { line = bus, unit = 2, mem = m }\n"
                     "client.rtu { line = bus, unit = 1 }\n", 5,
                     r"/dev/ttyS9 is used by the server at \S*bad\.lua:4",
                     "either clients or servers")

    def test_wrong_options(self):
        for option, pattern in (("baud = 9601", "baud.*9600"),
                                ('parity = "evn"', "even.*odd.*none"),
                                ("stop = 3", "1 or 2"), ("speed = 9600", "unknown option"),
                                ('rs485 = true, rts = "up"', "one of them is enough")):
            with self.subTest(option):
                self.refused('serial { device = "/dev/ttyS9", %s }\n' % option, 1, pattern)


if __name__ == "__main__":
    unittest.main()
