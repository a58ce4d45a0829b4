"""Other people's clients against a running script: mbpoll (libmodbus), pymodbus and nmap's
modbus-discover. What they write the script works on, and they read back what it made of it.
"""

import os
import re
import shutil
import subprocess
import unittest

from msm import Msm, eventually

try:
    from pymodbus.client import ModbusTcpClient
    from pymodbus.diag_message import ReturnQueryDataRequest
    from pymodbus.mei_message import ReadDeviceInformationRequest
    from pymodbus.other_message import ReportSlaveIdRequest
except ImportError:
    ModbusTcpClient = None

SCRIPT = """
mem.GO      = coil(0)
mem.STOPPED = coil(1, { dir = "out" })
mem.LAMP    = discrete(0)
mem.BLINK   = discrete(1)
mem.X       = holding.int16(0)
mem.NUM     = holding.int32(2)
mem.NUM_B   = holding.int32(4, { order = "ABCD" })
mem.REAL    = holding.float32(6)
mem.REAL_B  = holding.float32(8, { order = "ABCD" })
mem.SPEED   = holding.uint16(10, { min = 0, max = 100 })
mem.TWICE   = input.int16(0)
mem.NEXT    = input.int32(2)
mem.NEXT_B  = input.int32(4, { order = "ABCD" })
mem.HALF    = input.float32(6)
mem.HALF_B  = input.float32(8, { order = "ABCD" })
mem:raw { holding = { 20, 30 }, coil = { 8, 40 } }
server.tcp { port = 0 }

every("10ms", function()
  mem.LAMP, mem.STOPPED, mem.BLINK = mem.GO, not mem.GO, not mem.BLINK
  mem.TWICE = mem.X * 2
  mem.NEXT, mem.NEXT_B = mem.NUM + 1, mem.NUM_B + 1
  mem.HALF, mem.HALF_B = mem.REAL / 2, mem.REAL_B / 2
end)
"""


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.msm = Msm(SCRIPT, name="clients")

    @classmethod
    def tearDownClass(cls):
        cls.msm.stop()


@unittest.skipUnless(shutil.which("mbpoll"), "mbpoll is not installed")
class Mbpoll(Clients):
    def mbpoll(self, *options, values=(), fails=False):
        """One poll or write with PDU addresses; returns the values that were read, as text."""
        done = subprocess.run(
            ["mbpoll", "-m", "tcp", "-0", "-1", "-o", "10", "-a", "1", "-p", str(self.msm.port),
             *options, "127.0.0.1", *(["--"] if values else []), *map(str, values)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=30)
        if fails:
            self.assertRegex(done.stdout, "(?i)illegal data (address|value)")
            return done.stdout
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotRegex(done.stdout, "(?i)failed")
        return re.findall(r"^\[\d+\]:\s+(\S+)", done.stdout, re.MULTILINE)

    def reads(self, expected, *options):
        eventually(lambda: self.mbpoll(*options) == expected,
                   "mbpoll %s reading %s" % (" ".join(options), expected))

    def test_coils_and_discrete_inputs(self):
        """writes a coil, reads coils and discrete inputs that the script sets"""
        for on in (1, 0):
            self.mbpoll("-t", "0", "-r", "0", values=[on])
            self.reads([str(on), str(1 - on)], "-t", "0", "-r", "0", "-c", "2")
            self.reads([str(on)], "-t", "1", "-r", "0")

    def test_many_coils(self):
        """writes several coils at a time"""
        bits = [1, 0, 1, 1, 0, 0, 0, 1, 1, 0]
        self.mbpoll("-t", "0", "-r", "10", values=bits)
        self.assertEqual(self.mbpoll("-t", "0", "-r", "10", "-c", "10"), list(map(str, bits)))

    def test_toggling(self):
        """sees what the script toggles in both states"""
        for state in ("0", "1", "0"):
            self.reads([state], "-t", "1", "-r", "1")

    def test_registers(self):
        """writes one and many holding registers, reads holding and input registers"""
        for value in (21, 1000):
            self.mbpoll("-t", "4", "-r", "0", values=[value])
            self.reads([str(2 * value)], "-t", "3", "-r", "0")
        self.mbpoll("-t", "4", "-r", "20", values=range(500, 530))
        self.assertEqual(self.mbpoll("-t", "4", "-r", "20", "-c", "30"),
                         list(map(str, range(500, 530))))
        self.assertEqual(self.mbpoll("-t", "4:hex", "-r", "20"), ["0x01F4"])

    def test_int32(self):
        """32-bit integers: CDAB is mbpoll's own order, ABCD its -B"""
        for value in (1, 100000, -123456789):
            self.mbpoll("-t", "4:int", "-r", "2", values=[value])
            self.reads([str(value + 1)], "-t", "3:int", "-r", "2")
            self.mbpoll("-B", "-t", "4:int", "-r", "4", values=[value])
            self.reads([str(value + 1)], "-B", "-t", "3:int", "-r", "4")

    def test_float(self):
        """floats in both orders"""
        for value, half in ((3.5, "1.75"), (-1000.25, "-500.125"), (1e10, "5e+09")):
            self.mbpoll("-t", "4:float", "-r", "6", values=[value])
            self.reads([half], "-t", "3:float", "-r", "6")
            self.mbpoll("-B", "-t", "4:float", "-r", "8", values=[value])
            self.reads([half], "-B", "-t", "3:float", "-r", "8")

    def test_wrong_order_is_another_number(self):
        """the order matters: ABCD read as CDAB is not the number that was written"""
        self.mbpoll("-B", "-t", "4:int", "-r", "4", values=[1])
        self.assertEqual(self.mbpoll("-t", "4:int", "-r", "4"), ["65536"])

    def test_refused(self):
        """mbpoll shows our exceptions as what they are"""
        self.assertIn("ddress", self.mbpoll("-t", "0", "-r", "1", values=[1], fails=True))
        self.assertIn("ddress", self.mbpoll("-t", "4", "-r", "60", fails=True))
        self.assertIn("value", self.mbpoll("-t", "4", "-r", "10", values=[101], fails=True))


@unittest.skipUnless(ModbusTcpClient, "pymodbus is not installed")
class Pymodbus(Clients):
    def setUp(self):
        self.client = ModbusTcpClient("127.0.0.1", port=self.msm.port, timeout=20)
        self.assertTrue(self.client.connect())
        self.addCleanup(self.client.close)

    def good(self, answer):
        self.assertFalse(answer.isError(), str(answer))
        return answer

    def test_coils(self):
        """FC 1, 5, 15 and 2"""
        client = self.client
        for on in (True, False):
            answer = self.good(client.write_coil(0, on))
            self.assertEqual((answer.address, answer.value), (0, on))
            self.assertEqual(self.good(client.read_coils(0, 1)).bits[0], on)
            eventually(lambda: client.read_discrete_inputs(0, 1).bits[0] == on)
            eventually(lambda: client.read_coils(0, 2).bits[:2] == [on, not on])
        bits = [i % 3 == 0 for i in range(40)]
        self.assertEqual(self.good(client.write_coils(8, bits)).count, 40)
        self.assertEqual(self.good(client.read_coils(8, 40)).bits, bits)

    def test_toggling(self):
        """a discrete input that the script toggles"""
        for state in (True, False, True):
            eventually(lambda: self.client.read_discrete_inputs(1, 1).bits[0] == state)

    def test_registers(self):
        """FC 3, 6, 16 and 4"""
        client = self.client
        for value in (7, 1234):
            answer = self.good(client.write_register(0, value))
            self.assertEqual((answer.address, answer.value), (0, value))
            eventually(lambda: client.read_input_registers(0, 1).registers == [2 * value])
        words = [i * 2000 for i in range(30)]
        self.assertEqual(self.good(client.write_registers(20, words)).count, 30)
        self.assertEqual(self.good(client.read_holding_registers(20, 30)).registers, words)

    def test_mask_write(self):
        """FC 22"""
        self.good(self.client.write_register(20, 0x12))
        answer = self.good(self.client.mask_write_register(20, 0xF2, 0x25, unit=1))
        self.assertEqual((answer.address, answer.and_mask, answer.or_mask), (20, 0xF2, 0x25))
        self.assertEqual(self.client.read_holding_registers(20, 1).registers, [0x17])

    def test_read_write(self):
        """FC 23"""
        self.good(self.client.write_registers(20, [1, 2, 3, 4, 5]))
        answer = self.good(self.client.readwrite_registers(
            read_address=20, read_count=5, write_address=22, write_registers=[8, 9], unit=1))
        self.assertEqual(answer.registers, [1, 2, 8, 9, 5])

    def test_identification(self):
        """FC 43/14: basic, regular, extended, single"""
        found = {}
        for code in (1, 2, 3):
            answer = self.good(self.client.execute(ReadDeviceInformationRequest(code, 0, unit=1)))
            self.assertEqual(answer.read_code, code)
            found.update(answer.information)
        self.assertTrue({0, 1, 2} <= set(found), found)
        self.assertIn(b"clients", found.values())
        answer = self.good(self.client.execute(ReadDeviceInformationRequest(4, 1, unit=1)))
        self.assertEqual(answer.information, {1: found[1]})

    def test_report_slave_id(self):
        """FC 17"""
        answer = self.good(self.client.execute(ReportSlaveIdRequest(unit=1)))
        self.assertIn(b"clients", answer.identifier)

    def test_diagnostics(self):
        """FC 8: the echo; other sub-functions and FC 7 are refused"""
        answer = self.good(self.client.execute(ReturnQueryDataRequest([0x1234], unit=1)))
        self.assertEqual(answer.function_code, 8)
        for refused in (self.client.diag_read_diagnostic_register(),
                        self.client.diag_clear_counters(), self.client.read_exception_status()):
            self.assertTrue(refused.isError())
            self.assertEqual(refused.exception_code, 1)

    def test_refused(self):
        """exceptions arrive as such, and the connection lives on"""
        for code, answer in ((2, self.client.write_coil(1, True)),
                             (2, self.client.read_holding_registers(50, 1)),
                             (2, self.client.write_register(2, 5)),
                             (3, self.client.write_register(10, 101))):
            self.assertTrue(answer.isError())
            self.assertEqual(answer.exception_code, code)
        self.good(self.client.read_holding_registers(0, 1))

    def test_unit_ids(self):
        """any unit id on a server without `unit`"""
        for unit in (0, 1, 17, 247, 255):
            answer = self.good(self.client.read_holding_registers(0, 1, slave=unit))
            self.assertEqual(answer.unit_id, unit)

    def test_many_clients(self):
        """ten clients at a time"""
        clients = [ModbusTcpClient("127.0.0.1", port=self.msm.port, timeout=20) for _ in range(10)]
        try:
            for client in clients:
                self.assertTrue(client.connect())
            for i, client in enumerate(clients):
                self.good(client.write_register(20 + i, 100 + i))
            for client in clients:
                self.assertEqual(self.good(client.read_holding_registers(20, 10)).registers,
                                 list(range(100, 110)))
        finally:
            for client in clients:
                client.close()


@unittest.skipUnless(shutil.which("nmap"), "nmap is not installed")
class Nmap(Clients):
    def test_discover(self):
        """nmap finds the device and reads its id and its identification, for every unit id"""
        done = subprocess.run(
            ["nmap", "-sT", "-Pn", "-n", "-p", str(self.msm.port), "--script", "+modbus-discover",
             "--script-args", "modbus-discover.aggressive=true", "127.0.0.1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=120, env=dict(os.environ, LC_ALL="C"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"%d/tcp +open +modbus" % self.msm.port)
        self.assertRegex(done.stdout, r"sid 0x1:")
        self.assertRegex(done.stdout, r"sid 0xf6:")
        self.assertEqual(len(re.findall(r"Slave ID data: .*clients", done.stdout)), 246)
        self.assertEqual(len(re.findall(r"Device identification: .*MSM", done.stdout)), 246)


if __name__ == "__main__":
    unittest.main()
