"""The mirror over TCP against servers that nobody here wrote: a memory with a client on one side and
a server on the other. What the device holds is read by a master, what a master writes arrives at the
device, and the script in the middle sees both."""

import struct
import unittest

from devices import LibmodbusDevice, PymodbusDevice
from msm import Msm, eventually, fc22

GATEWAY = """
local plc = memory("plc", { order = "ABCD" })
plc.SPEED  = holding.uint16(0)
plc.ENERGY = holding.uint32(1)
plc.LEVEL  = holding.float32(3)
plc.NAME   = holding.string(5, { length = 8 })
plc.RUN    = holding.bool(10, 0)
plc.FAST   = holding.bool(10, 1)
plc.LOW    = holding.byte(11, 0)
plc.HIGH   = holding.byte(11, 1)
plc.PUMP   = coil(0)
plc.VALVE  = coil(3)
plc.LIMIT  = discrete(2)
plc.TEMP   = input.int16(7, { scale = 0.1 })
plc:raw { holding = { 100, 300 } }
client.tcp { host = "127.0.0.1", port = %d, mem = plc, unit = 1, period = "20ms", timeout = "500ms" }
server.tcp { port = 0, mem = plc }
"""


class Both:
    """Tests for one device; subclasses say which."""

    def setUp(self):
        self.device = self.make()
        self.addCleanup(self.device.stop)
        self.device.set("holding", 0, 7, 0x0001, 0x86A0, *struct.unpack(">2H", struct.pack(">f", 2.5)))
        self.msm = Msm(GATEWAY % self.device.port)
        self.msm.__enter__()
        self.addCleanup(self.msm.stop)
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)
        eventually(lambda: self.wire.refused(struct.pack(">BHH", 3, 0, 12)) == 0, "the first poll")

    def arrives(self, table, address, *values):
        eventually(lambda: [self.device.get(table, address + i) for i in range(len(values))]
                   == list(values), "%s %d of the device = %r" % (table, address, values))

    def seen(self, function, address, *values):
        eventually(lambda: self.wire.read(function, address, len(values)) == list(values),
                   "address %d read with FC %d = %r" % (address, function, values))

    def test_first_poll(self):
        """nothing is written at first: the device's values are what a master reads"""
        self.assertEqual(self.wire.holding(0, 5),
                         [7, 1, 0x86A0, *struct.unpack(">2H", struct.pack(">f", 2.5))])

    def test_device_to_master(self):
        """every table, words and bits"""
        self.device.set("holding", 0, 1234)
        self.device.set("holding", 10, 2)
        self.device.set("holding", 399, 4711)
        self.device.set("input", 7, 215)
        self.device.set("coil", 0, 1)
        self.device.set("discrete", 2, 1)
        self.seen(3, 0, 1234)
        self.seen(3, 10, 2)
        self.seen(3, 399, 4711)
        self.seen(4, 7, 215)
        self.seen(1, 0, 1)
        self.seen(2, 2, 1)

    def test_master_to_device(self):
        """single and several registers, coils, text"""
        self.assertEqual(self.wire.write(0, 99), 0)
        self.arrives("holding", 0, 99)
        self.assertEqual(self.wire.write(1, 0xDEAD, 0xBEEF), 0)
        self.arrives("holding", 1, 0xDEAD, 0xBEEF)
        self.assertEqual(self.wire.write(5, 0x4142, 0x4344, 0, 0), 0)
        self.arrives("holding", 5, 0x4142, 0x4344, 0, 0)
        self.assertEqual(self.wire.write(100, *range(1, 121)), 0)
        self.arrives("holding", 100, *range(1, 121))
        self.assertEqual(self.wire.write_coil(3, True), 0)
        self.arrives("coil", 3, 1)
        self.assertEqual(self.device.get("coil", 0), 0)

    def test_bits_leave_their_neighbours_alone(self):
        """a bit of a register is written without its word, whatever the device takes for that"""
        self.device.set("holding", 10, 0xAB02)
        self.seen(3, 10, 0x0002)  # what nobody declared stays at the device
        self.assertEqual(self.wire.refused(fc22(10, 0xFFFE, 0x0001)), 0)
        self.arrives("holding", 10, 0xAB03)
        self.device.set("holding", 11, 0x1122)
        self.seen(3, 11, 0x1122)
        self.assertEqual(self.wire.write(11, 0x3322), 0)
        self.arrives("holding", 11, 0x3322)

    def test_inputs_belong_to_the_device(self):
        """a master cannot write them, and neither does the mirror"""
        self.assertEqual(self.wire.refused(struct.pack(">BHH", 6, 13, 1)), 2)
        self.device.set("input", 7, 321)
        self.seen(4, 7, 321)
        self.assertEqual(self.device.get("input", 7), 321)


class Libmodbus(Both, unittest.TestCase):
    """libmodbus as the device (device.c)."""

    def make(self):
        return LibmodbusDevice()

    def test_lost_and_back(self):
        """killed: 0B for masters; started again on its port: its values, and what changed"""
        port = self.device.port
        self.device.stop()
        eventually(lambda: self.wire.refused(struct.pack(">BHH", 3, 0, 1)) == 0x0B, "exception 0B")
        self.assertEqual(self.wire.write(0, 5), 0x0B)
        self.device = LibmodbusDevice(port)
        self.addCleanup(self.device.stop)
        self.device.set("holding", 0, 77)
        eventually(lambda: self.wire.refused(struct.pack(">BHH", 3, 0, 1)) == 0, "an answer")
        self.seen(3, 0, 77)
        self.assertEqual(self.wire.write(0, 5), 0)
        self.arrives("holding", 0, 5)


class Pymodbus(Both, unittest.TestCase):
    """pymodbus as the device."""

    def make(self):
        return PymodbusDevice()


class Units(unittest.TestCase):
    """Several units behind one address."""

    def test_one_connection(self):
        """two units of one gateway share a connection, each with its own memory"""
        with PymodbusDevice((1, 2)) as device:
            device.set("holding", 0, 11, unit=1)
            device.set("holding", 0, 22, unit=2)
            clients = "".join("""
                local m%d = memory("m%d", { holding = 1 })
                client.tcp { host = "127.0.0.1", port = %d, mem = m%d, unit = %d, period = "20ms" }
                """ % (unit, unit, device.port, unit, unit) for unit in (1, 2))
            with Msm(clients + "server.tcp { port = 0, units = { [1] = m1, [2] = m2 } }") as msm, \
                    msm.connect() as wire:
                for unit, value in ((1, 11), (2, 22)):
                    eventually(lambda: wire.refused(b"\3\0\0\0\1", unit) == 0, "the first poll")
                    self.assertEqual(wire.ask(b"\3\0\0\0\1", unit), bytes((3, 2, 0, value)))
                self.assertEqual(wire.refused(b"\6\0\0\0\7", 2), 0)
                eventually(lambda: device.get("holding", 0, unit=2) == 7, "the write to unit 2")
                self.assertEqual(device.get("holding", 0, unit=1), 11)
                self.assertEqual(len(device.server.active_connections), 1)


class Sent(unittest.TestCase):
    """What the script says, at the device."""

    def setUp(self):
        self.device = LibmodbusDevice()
        self.addCleanup(self.device.stop)

    def run_script(self, text, **options):
        return Msm(text % self.device.port, servers=0, **options)

    def test_body_assignments_arrive_and_defaults_do_not(self):
        """an assignment in the body is a write, a default is none"""
        self.device.set("holding", 0, 1, 2)
        with self.run_script("""
            local plc = memory("plc", { order = "ABCD" })
            plc.A = holding.word(0, { default = 50 })
            plc.B = holding.word(1)
            plc.B = 60
            client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms" }
            every("20ms", function()
              if plc:state "B" == "confirmed" then print("A", plc.A) program.stop() end
            end, { needs = { plc } })
            """) as msm:
            msm.wait_line(r"A\s+1$")
            msm.process.wait(30)
        self.assertEqual(self.device.get("holding", 0, 2), [1, 60])

    def pump(self, then):
        """A script that switches a pump on, and says and does more when that is confirmed."""
        return self.run_script("""
            local plc = memory "plc"
            plc.PUMP = coil(0, { safe = false })
            client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms" }
            every("20ms", function()
              plc.PUMP = true
              if plc:state "PUMP" == "confirmed" then log.info("on") THEN end
            end)
            """.replace("THEN", then))

    def test_safe_values_arrive_at_a_stop(self):
        """outputs of the device are made safe before the connection is closed"""
        with self.pump("") as msm:
            msm.wait_line("on")
            self.assertEqual(self.device.get("coil", 0), 1)
        self.assertEqual(self.device.get("coil", 0), 0)

    def test_fault_makes_the_device_safe(self):
        """a runtime error: the safe value is delivered while the link goes on"""
        with self.pump('error("broken")') as msm:
            msm.wait_line("FAULT")
            eventually(lambda: self.device.get("coil", 0) == 0, "the safe value")

    def test_refused_write_is_named(self):
        """address 20000 is not there: the write is refused by name, the rest goes on"""
        with self.run_script("""
            local plc = memory "plc"
            plc.GOOD = holding.word(0)
            plc.GONE = holding.word(20000, { poll = false })
            client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms" }
            every("20ms", function()
              plc.GONE = 7
              plc.GOOD = 8
              local state, why = plc:state "GONE"
              if state == "refused" and plc:state "GOOD" == "confirmed" then
                log.info("%%s because %%s", state, why)
                program.stop()
              end
            end)
            """) as msm:
            msm.wait_line("refused because .*exception 02")
            msm.wait_line("plc.GONE.*exception 02")
            msm.process.wait(30)
        self.assertEqual(self.device.get("holding", 0), 8)

    def test_joined_read_is_split(self):
        """a variable that the device does not have costs its neighbours nothing, and is named"""
        with self.run_script("""
            local plc = memory "plc"
            plc.LAST = holding.word(19999)
            plc.GONE = holding.word(20000)
            client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms" }
            every("20ms", function()
              if plc:quality "LAST" == "good" then
                log.info("LAST %%d, GONE is %%s", plc.LAST, plc:quality "GONE")
                program.stop()
              end
            end)
            """) as msm:
            msm.wait_line("LAST 0, GONE is never")
            msm.process.wait(30)


if __name__ == "__main__":
    unittest.main()
