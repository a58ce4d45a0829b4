"""Serial lines with the real program as the client, over pairs of pseudo terminals: of libmodbus,
and of slaves that answer badly, late or not at all; with lines that disappear, and at the end."""

import re
import struct
import time
import unittest

from devices import LibmodbusDevice, Pair
from line import RtuSlave
from msm import Msm, eventually, fc6, fc16, fc_read
from test_mirror import GATEWAY, Both

READ = struct.pack(">BHH", 3, 0, 1)
OVER_TCP = 'client.tcp { host = "127.0.0.1", port = %d, mem = plc, unit = 1, period = "20ms", ' \
           'timeout = "500ms" }'
OVER_RTU = """
local bus = serial { device = "%s" }
client.rtu { line = bus, mem = plc, unit = 7, period = "20ms", timeout = "2s" }
"""
assert OVER_TCP in GATEWAY
GATEWAY_RTU = GATEWAY.replace(OVER_TCP, OVER_RTU)


class Gateway(Both, unittest.TestCase):
    """The mirror's tests (test_mirror.py) over a line: TCP masters, msm, libmodbus as the slave."""

    def setUp(self):
        self.pair = Pair.of(self)
        self.start_device()
        self.device.set("holding", 0, 7, 0x0001, 0x86A0,
                        *struct.unpack(">2H", struct.pack(">f", 2.5)))
        self.msm = Msm(GATEWAY_RTU % self.pair.ends[0])
        self.addCleanup(self.msm.kill)
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)
        self.wait_for_poll()

    def start_device(self):
        self.device = LibmodbusDevice(line=self.pair.ends[1], unit=7)
        self.addCleanup(self.device.stop)

    def tearDown(self):
        self.msm.stop()

    def wait_for_poll(self):
        """Of everything: over a line, one request after the other."""
        for request in ((3, 0, 12), (3, 100, 120), (3, 280, 120), (4, 7, 1), (1, 0, 4), (2, 2, 1)):
            eventually(lambda: self.wire.refused(fc_read(*request)) == 0, "a poll %r" % (request,))

    def test_120_registers_at_once(self):
        """read as well as written"""
        self.device.set("holding", 200, *range(1000, 1120))
        self.seen(3, 200, *range(1000, 1120))
        self.assertEqual(self.wire.write(200, *range(2000, 2120)), 0)
        self.arrives("holding", 200, *range(2000, 2120))

    def test_the_line_is_cut_and_comes_back(self):
        """0B meanwhile, said once; then what the device has now, and writes"""
        self.pair.cut()
        self.device.stop()
        eventually(lambda: self.wire.refused(READ) == 0x0B, "exception 0B")
        self.assertEqual(self.wire.write(0, 5), 0x0B)
        self.msm.wait_line("%s unit 7: .*(gone|no such device)" % re.escape(self.pair.ends[0]))
        self.pair.connect()
        self.start_device()
        self.device.set("holding", 0, 77)
        self.wait_for_poll()
        self.seen(3, 0, 77)
        self.assertEqual(self.wire.write(0, 5), 0)
        self.arrives("holding", 0, 5)
        self.msm.wait_line("answers again")
        self.assertEqual(len(re.findall("gone|no such device", self.msm.text())), 1)

    def test_a_silent_slave(self):
        """the line is there, nobody answers: 0B too, and back"""
        self.device.stop()
        eventually(lambda: self.wire.refused(READ) == 0x0B, "exception 0B")
        self.start_device()
        self.device.set("holding", 0, 78)
        self.wait_for_poll()
        self.seen(3, 0, 78)


def units_script(device, units, timeout, period="20ms"):
    """A client for each unit, its memory served as the same unit over TCP; values that are poison
    are reported by the script, and so are errors of links."""
    clients = "".join("""
        local m%d = memory("m%d", { holding = { 0, 4 } })
        local link%d = client.rtu { line = bus, unit = %d, mem = m%d,
                                    period = "%s", timeout = "%s" }
        memories[%d], links[%d] = m%d, link%d
        """ % (u, u, u, u, u, period, timeout, u, u, u, u) for u in units)
    served = ", ".join("[%d] = m%d" % (u, u) for u in units)
    return """
        local bus = serial { device = "%s" }
        local memories, links, errors = {}, {}, {}
        %s
        server.tcp { port = 0, units = { %s }, stale = "serve" }
        every("5ms", function()
          for unit, m in pairs(memories) do
            for i = 0, 3 do
              if m.holding[i] == 0xDEAD then log.error("POISON in unit %%d", unit) end
            end
            if links[unit].errors ~= (errors[unit] or 0) then
              errors[unit] = links[unit].errors
              log.info("unit %%d has %%d errors", unit, errors[unit])
            end
          end
        end)
        """ % (device, clients, served)


class Units(unittest.TestCase):
    """A client for each of several scripted units on one line."""

    BAD = ("wrong_crc", "truncated", "foreign", "wrong_function", "short", "garbage", "echo",
           "silent")
    ODD = ("noise_first", "pieces", "twice")

    def setUp(self):
        self.pair = Pair.of(self)

    def run_units(self, units, timeout, period="20ms"):
        self.slave = RtuSlave(self.pair.ends[1], units)
        self.addCleanup(self.slave.stop)
        for unit in units:
            self.slave.set(unit, 0, *(100 * unit + i for i in range(4)))
        self.msm = Msm(units_script(self.pair.ends[0], units, timeout, period))
        self.addCleanup(self.msm.kill)
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)

    def word(self, unit, address=0):
        answer = self.wire.ask(struct.pack(">BHH", 3, address, 1), unit)
        return struct.unpack(">H", answer[2:])[0] if answer[0] == 3 else None

    def wait_word(self, unit, value):
        eventually(lambda: self.word(unit) == value, "unit %d = %d" % (unit, value))

    def finish(self):
        """Ends the program; no poison may have been seen by the script at any time."""
        self.msm.stop()
        self.assertNotIn("POISON", self.msm.text())

    def test_two_units(self):
        """each has its own memory, in both directions"""
        self.run_units((1, 2), "2s")
        for unit in (1, 2):
            self.wait_word(unit, 100 * unit)
        self.assertEqual(self.wire.refused(fc6(0, 4711), 2), 0)
        self.assertEqual(self.wire.refused(fc16(1, [1, 2, 3]), 1), 0)
        eventually(lambda: self.slave.get(2, 0) == 4711, "the write to unit 2")
        eventually(lambda: self.slave.get(1, 3) == 3, "the write to unit 1")
        self.assertEqual(self.slave.get(1, 0), 100)
        self.assertEqual(self.slave.get(2, 3), 203)
        self.finish()

    def test_bad_answers(self):
        """one unit for each way to answer badly: never believed; the first good answer counts"""
        units = range(1, len(self.BAD) + 1)
        self.run_units(units, "150ms")
        for unit in units:
            self.wait_word(unit, 100 * unit)
        mark = self.slave.mark()
        for unit, name in zip(units, self.BAD):
            self.slave.set(unit, 0, 5000 + unit)
            self.slave.behave(unit, name)
        for unit in units:  # a third request: two answers were judged, and none of them good
            self.slave.wait_seen(4, unit, since=mark)
            self.assertIn(self.word(unit), (100 * unit, 5000 + unit), self.BAD[unit - 1])
            self.assertEqual([self.word(unit, i) for i in (1, 2, 3)],
                             [100 * unit + i for i in (1, 2, 3)], self.BAD[unit - 1])
        for unit in units:
            self.slave.set(unit, 0, 6000 + unit)
            self.slave.behave(unit, "good")
        for unit in units:
            self.wait_word(unit, 6000 + unit)
        self.finish()

    def test_odd_but_good_answers(self):
        """noise, poison of others and broken frames before it, pieces, and poison after it: good"""
        self.run_units((1, 2, 3), "2s")
        for unit, name in enumerate(self.ODD, 1):
            self.slave.behave(unit, name)
        for value in (5000, 6000):
            for unit in (1, 2, 3):
                self.slave.set(unit, 0, value + unit)
            for unit in (1, 2, 3):
                self.wait_word(unit, value + unit)
        self.finish()

    def test_late_answers(self):
        """what comes in the quiet after a timeout is nobody's, not even the next request's"""
        self.run_units((1, 2), "1s")
        self.wait_word(1, 100)
        self.slave.behave(1, "late", times=1)
        self.msm.wait_line("unit 1 has 1 errors")
        late = self.slave.mark()  # its request is the last one before this
        self.slave.set(1, 0, 5001)
        self.assertEqual(self.slave.release(), 1)
        self.wait_word(1, 5001)
        unit, _, asked = self.slave.log[late - 1]
        self.assertEqual(unit, 1)
        # The timeout, and as much quiet for all units; half a second less for a slow machine.
        self.assertGreater(self.slave.log[late][2] - asked, 1.5)
        self.finish()

    def time_for(self, count):
        """How long unit 2 takes for so many polls."""
        mark, begin = self.slave.mark(), time.monotonic()
        self.slave.wait_seen(count, 2, since=mark)
        return time.monotonic() - begin

    def test_a_silent_unit_does_not_stall_the_other(self):
        """its polls go on at nearly their pace, and so do writes"""
        count = 100
        self.run_units((1, 2), "150ms")
        self.wait_word(1, 100)
        self.wait_word(2, 200)
        control = self.time_for(count)
        self.slave.behave(1, "silent")
        self.slave.wait_seen(2, 1, since=self.slave.mark())
        silent = self.time_for(count)
        # A timeout and the quiet after it with each request would be 30 s.
        self.assertLess(silent, 4 * control)
        self.assertEqual(self.wire.refused(fc6(0, 4711), 2), 0)
        eventually(lambda: self.slave.get(2, 0) == 4711, "the write to unit 2")
        self.slave.set(2, 0, 4712)
        self.wait_word(2, 4712)
        self.assertEqual(self.word(1), 100)
        self.slave.behave(1, "good")
        self.slave.set(1, 0, 101)
        self.wait_word(1, 101)
        self.finish()

    def test_a_write_counts_when_it_is_answered(self):
        """a write whose answer is broken or lost is repeated until it is in"""
        self.run_units((1, 2), "150ms")
        self.wait_word(1, 100)
        for value, name in enumerate(("wrong_crc", "truncated", "foreign", "silent"), 7000):
            self.slave.behave(1, name, times=2)
            self.assertEqual(self.wire.refused(fc6(2, value), 1), 0)
            eventually(lambda: self.slave.get(1, 2) == value, "the write past " + name)
        self.finish()


class Stop(unittest.TestCase):
    """SIGTERM while a line is busy."""

    SCRIPT = """
        program { stop_timeout = "%s" }
        local bus = serial { device = "%s" }
        local plc = memory "plc"
        plc.VALVE = holding.word(0, { safe = 3 })
        plc:raw { holding = { 10, 100 } }
        client.rtu { line = bus, unit = 1, mem = plc, period = "1ms", timeout = "%s" }
        every("10ms", function()
          plc.VALVE = 9
          if plc:state "VALVE" == "confirmed" then log.info("open") end
        end)
        """

    def test_safe_values_are_delivered(self):
        """in the middle of polls that follow each other without a pause"""
        pair = Pair.of(self)
        with RtuSlave(pair.ends[1], (1,)) as slave:
            with Msm(self.SCRIPT % ("20s", pair.ends[0], "2s"), servers=0) as msm:
                msm.wait_line("open")
                self.assertEqual(slave.get(1, 0), 9)
                slave.wait_seen(20, 1, 3, slave.mark())
            self.assertEqual(slave.get(1, 0), 3)
            self.assertNotIn("not delivered", msm.text())

    def test_what_is_not_delivered_is_named(self):
        """a silent unit holds up the end no longer than stop_timeout, and what it missed is said"""
        pair = Pair.of(self)
        with RtuSlave(pair.ends[1], (1,)) as slave:
            with Msm(self.SCRIPT % ("300ms", pair.ends[0], "100ms"), servers=0) as msm:
                msm.wait_line("open")
                slave.behave(1, "silent")
                slave.wait_seen(1, 1, since=slave.mark())
            self.assertEqual(slave.get(1, 0), 9)
            self.assertIn("plc.VALVE", msm.text())


if __name__ == "__main__":
    unittest.main()
