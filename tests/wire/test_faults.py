"""Devices that go away and come back: again and again, dead ones beside a live one, values that are
stale in time and good again in time, a network that swallows packets, a name that nobody knows, and
a script that stops its own link."""

import os
import re
import socket
import subprocess
import sys
import time
import unittest

import netns
from devices import LibmodbusDevice
from hostile import HostileDevice
from msm import Msm, eventually, fc_read, free_port

MEBI = 1024 * 1024


class Restarts(unittest.TestCase):
    """A device that is switched off and on."""

    TIMES = 100
    SCRIPT = """
    local plc = memory("plc", { order = "ABCD" })
    plc.X = holding.uint16(0)
    client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms", timeout = "1s" }
    server.tcp { port = 0, mem = plc, stale = "serve" }
    """

    def restart(self, port, value):
        """A device with a value of its own; the one before has just been killed."""
        device = LibmodbusDevice(port)
        device.set("holding", 0, value)
        return device

    def test_hundred_restarts(self):
        """each time the new value arrives; no descriptor and no memory is lost"""
        port = free_port()
        device = self.restart(port, 1000)
        try:
            with Msm(self.SCRIPT % port) as msm, msm.connect() as wire:
                eventually(lambda: wire.holding(0) == 1000, "the first value")
                for i in range(1, self.TIMES + 1):
                    device.stop()
                    device = self.restart(port, 1000 + i)
                    eventually(lambda value=1000 + i: wire.holding(0) == value, "value %d" % i)
                    if i == 10:
                        descriptors, memory = msm.descriptors(), msm.memory()
                self.assertEqual(msm.descriptors(), descriptors)
                self.assertLess(msm.memory(), memory + 8 * MEBI)
        finally:
            device.stop()


class Neighbours(unittest.TestCase):
    """Dead devices beside a live one."""

    PERIODS = 300
    LIVE = """
    local live = memory "live"
    live.X = holding.uint16(0)
    client.tcp { host = "127.0.0.1", port = %d, mem = live, period = "20ms", timeout = "500ms" }
    """
    DEAD = """
    local m = memory("dead%d", { holding = 10 })
    m.Y = coil(0)
    client.tcp { host = "127.0.0.1", port = %d, mem = m, period = "20ms", timeout = "100ms" }
    """

    def missed(self, device, since):
        """Periods in which no poll came, from the times at which polls came."""
        times = [r.time for r in device.seen(3, since=since)]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        return sum(max(0, round(gap / 0.020) - 1) for gap in gaps), len(times)

    def test_twenty_dead_devices(self):
        """ten ports that refuse, ten that accept and stay silent: the live device is polled as
        often as another one, at the same time, by a program without dead devices"""
        refused = [free_port() for _ in range(10)]
        silent = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(10)]
        for listener in silent:
            self.addCleanup(listener.close)
        dead = refused + [listener.getsockname()[1] for listener in silent]
        scripts = "".join(self.DEAD % (i, port) for i, port in enumerate(dead))
        with HostileDevice() as live, HostileDevice() as control, \
                Msm(self.LIVE % live.port + scripts, servers=0, name="loaded"), \
                Msm(self.LIVE % control.port, servers=0, name="control"):
            live.wait_seen(5, 3)
            control.wait_seen(5, 3)
            begins = live.mark(), control.mark()
            control.wait_seen(self.PERIODS, 3, since=begins[1])
            with_dead, polls = self.missed(live, begins[0])
            without, _ = self.missed(control, begins[1])
        print("missed periods of about %d: %d beside dead devices, %d without"
              % (self.PERIODS, with_dead, without))
        self.assertLess(with_dead, without + self.PERIODS / 5)
        self.assertGreater(polls, self.PERIODS * 0.7)


class Stale(unittest.TestCase):
    """The moments at which a value is stale, and good again, as the script sees them."""

    SCRIPT = """
    local plc = memory "plc"
    plc.X = holding.uint16(0)
    local link = client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "50ms",
                              timeout = "200ms", stale_after = "1s" }
    local quality
    every("10ms", function()
      if plc:quality "X" ~= quality then
        quality = plc:quality "X"
        log.info("X is %%s at %%.3f s, age %%.3f s", quality, scan.time, link.age or -1)
      end
    end)
    """
    NOISE = 1.0  # of a busy machine, seconds

    def test_stale_and_back(self):
        """stale not before stale_after and soon after it; good soon after the next attempt"""
        port = free_port()
        device = HostileDevice(port)
        try:
            with Msm(self.SCRIPT % port, servers=0) as msm:
                msm.wait_line("X is good")
                off = time.monotonic()
                device.stop()
                line = msm.wait_line(r"X is stale at ([\d.]+) s, age ([\d.]+) s")
                stale_at, age = float(line.group(1)), float(line.group(2))
                device = HostileDevice(port)
                outage = time.monotonic() - off
                line = msm.wait_line(r"X is good at ([\d.]+) s, age ([\d.]+) s", nth=1)
                good_at = float(line.group(1))
                print("stale at an age of %.3f s; off for %.3f s, good %.3f s after it was stale"
                      % (age, outage, good_at - stale_at))
        finally:
            device.stop()
        self.assertGreaterEqual(age, 0.8)
        self.assertLessEqual(age, 1.0 + self.NOISE)
        # Waits double: the one under way when it came back is at most as long as all before it
        # (which one fifth at random may have shortened), and half a second.
        self.assertLessEqual(good_at - stale_at, outage * 1.25 + 0.5 + 0.05 + self.NOISE)


class Network(unittest.TestCase):
    """Packets that vanish, or are answered with RST: netns.py, in a namespace of its own."""

    @classmethod
    def setUpClass(cls):
        cls.reason = netns.why_not()
        cls.prefix = netns.prefix() if not cls.reason else None

    def play(self, name):
        if self.reason:
            self.skipTest(self.reason)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "netns.py")
        result = subprocess.run([*self.prefix, sys.executable, "-B", script, name],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_packets_dropped(self):
        """half-open: stale, and back when packets pass again"""
        self.play("drop")

    def test_answers_dropped(self):
        """only the way back is broken"""
        self.play("drop_answers")

    def test_reset(self):
        """RST for each packet: stale, and back"""
        self.play("reset")


class Names(unittest.TestCase):
    """A name without an address."""

    def test_unknown_name(self):
        """the message names it, and the other link does not wait for it"""
        with HostileDevice() as device:
            device.set("holding", 0, 42)
            with Msm("""
                local lost = memory "lost"
                lost.Y = holding.uint16(0)
                local link = client.tcp { host = "no-such-device.invalid", mem = lost }
                local plc = memory "plc"
                plc.X = holding.uint16(0)
                client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms" }
                server.tcp { port = 0, mem = plc }
                local said = false
                every("20ms", function()
                  if link.last_error and not said then
                    said = true
                    log.info("last error: %%s", link.last_error)
                  end
                end)
                """ % device.port) as msm, msm.connect() as wire:
                eventually(lambda: wire.refused(fc_read(3, 0, 1)) == 0, "the other link")
                self.assertEqual(wire.holding(0), 42)
                msm.wait_line(r"no-such-device\.invalid:502 unit 1: \S+", deadline=100)
                text = msm.wait_line("last error: (.*)", deadline=100).group(1)
                self.assertTrue(re.search(r"name|resol|known|no-such", text), text)
                device.set("holding", 0, 43)
                eventually(lambda: wire.holding(0) == 43, "the other link, still")


class Stopped(unittest.TestCase):
    """link:stop() and link:start()."""

    def test_stop_and_start(self):
        """the connection is closed and made again; meanwhile masters get 0B"""
        with HostileDevice() as device, Msm("""
                local plc, switch = memory "plc", memory "switch"
                plc.X = holding.uint16(0)
                switch.RUN = coil(0, { default = true })
                local link = client.tcp { host = "127.0.0.1", port = %d, mem = plc,
                                          period = "20ms" }
                server.tcp { port = 0, units = { [1] = plc, [2] = switch } }
                local runs = true
                every("20ms", function()
                  if switch.RUN ~= runs then
                    runs = switch.RUN
                    if runs then link:start() else link:stop() end
                  end
                end)
                """ % device.port) as msm, msm.connect() as wire:
            for round_ in range(1, 6):
                device.set("holding", 0, round_)
                eventually(lambda: wire.refused(fc_read(3, 0, 1)) == 0, "an answer")
                eventually(lambda value=round_: wire.holding(0) == value, "the value")
                self.assertEqual((device.now, device.total, device.most), (1, round_, 1))
                self.assertEqual(wire.refused(b"\5\0\0\0\0", unit=2), 0)
                device.wait(lambda: device.now == 0, "the close")
                eventually(lambda: wire.refused(fc_read(3, 0, 1)) == 0x0B, "exception 0B")
                mark = device.mark()
                self.assertEqual(wire.refused(b"\5\0\0\xff\0", unit=2), 0)
                device.wait_seen(1, 3, since=mark)


if __name__ == "__main__":
    unittest.main()
