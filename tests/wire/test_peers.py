"""Many peers on one server: what one of them does must not reach another. Limits, timeouts,
allow-lists, unit ids and addresses to listen on, on the real binary. Each test names its case.
"""

import os
import select
import struct
import time
import unittest

from msm import PLAIN, Msm, Wire, adu, eventually, fc6, fc_read


class SlowReader:
    """Sends requests as fast as it may and takes their answers a few bytes at a time."""

    def __init__(self, msm, count):
        self.wire = msm.connect(receive_buffer=4096)
        self.wire.socket.setblocking(False)
        self.count = count
        self.requests = b"".join(adu(fc_read(3, 0, 125), 1, i) for i in range(count))
        self.answers = b""

    def step(self, size):
        """Sends what goes out, takes up to `size` bytes; False when there were none."""
        try:
            self.requests = self.requests[self.wire.socket.send(self.requests):]
        except BlockingIOError:
            pass
        try:
            data = self.wire.socket.recv(size)
        except BlockingIOError:
            return False
        if not data:
            raise AssertionError("a slow reader was closed")
        self.answers += data
        return True

    def finish(self):
        """Takes the rest; all answers must have come, in order."""
        expected = b"".join(struct.pack(">HHHBBB125H", i, 0, 253, 1, 3, 250, *range(125))
                            for i in range(self.count))
        while len(self.answers) < len(expected):
            if not self.step(65536):
                select.select([self.wire.socket], [], [], 1)
        if self.answers != expected:
            raise AssertionError("answers are not those expected")
        self.wire.close()


class Peers(unittest.TestCase):
    """What one peer does must not reach another."""

    def start(self, options="", script=PLAIN):
        msm = Msm(script.replace("max_connections_per_address = 64", options))
        self.addCleanup(msm.kill)
        return msm

    def test_stalled_half_frame(self):
        """stalled half frame: others unaffected; closed after the frame timeout of 3 s"""
        msm = self.start()
        with msm.connect() as other, msm.connect() as idle:
            idle.ask(fc_read(3, 0, 1))
            whole = adu(fc_read(3, 0, 1))
            stalled = []
            begin = time.monotonic()
            for part in (whole[:1], whole[:6], whole[:7], whole[:-1], whole + whole[:5]):
                wire = msm.connect()
                self.addCleanup(wire.close)
                wire.send(part)
                if part.startswith(whole):
                    wire.frame()
                stalled.append(wire)
            slowest, closed = 0, {}
            while len(closed) < len(stalled) and time.monotonic() < begin + 20:
                asked = time.monotonic()
                other.ask(fc_read(3, 0, 100))
                slowest = max(slowest, time.monotonic() - asked)
                for i, wire in enumerate(stalled):
                    if i not in closed and wire.closed():
                        closed[i] = time.monotonic() - begin
                select.select([w.socket for i, w in enumerate(stalled) if i not in closed], [], [],
                              0.01)
            self.assertEqual(len(closed), len(stalled), closed)
            self.assertGreater(min(closed.values()), 2.5)
            self.assertLess(max(closed.values()), 8.0)
            self.assertLess(slowest, 1.0, "an answer to somebody else took so long")
            # between frames one may be silent for as long as one likes
            self.assertFalse(idle.closed())
            idle.ask(fc_read(3, 0, 1))
        msm.stop()

    def test_trickling_frame(self):
        """a frame that trickles in is closed 3 s after it began, not 3 s after its last byte"""
        msm = self.start()
        with msm.connect() as wire, msm.connect() as other:
            data = adu(b"\x08\x00\x00" + b"\x00" * 200)
            begin = time.monotonic()
            for i in range(len(data)):
                try:
                    wire.send(data[i:i + 1])
                except ConnectionError:
                    break
                other.ask(fc_read(3, 0, 1))
                if select.select([wire.socket], [], [], 0.2)[0]:
                    break
            self.assertTrue(2.5 < time.monotonic() - begin < 10, time.monotonic() - begin)
            wire.expect_close()
        msm.stop()

    def test_client_that_never_reads(self):
        """client that never reads: others unaffected, memory bounded, then closed after 10 s; one
        that reads slowly stays"""
        msm = self.start()
        with msm.connect() as other:
            other.ask(fc_read(3, 0, 1))
            slow = SlowReader(msm, 3000)
            self.addCleanup(slow.wire.close)
            eventually(lambda: slow.step(1000), "the first answers")
            memory, descriptors = msm.memory(), msm.descriptors()
            wires = [msm.connect(receive_buffer=4096) for _ in range(8)]
            for wire in wires:
                self.addCleanup(wire.close)
                wire.socket.setblocking(False)
            request = adu(fc_read(3, 0, 125)) * 1000
            begin = time.monotonic()
            slowest = most = 0
            closed = None
            while (closed is None or time.monotonic() < begin + 12) and \
                    time.monotonic() < begin + 60:
                for wire in list(wires):
                    try:
                        wire.socket.send(request)
                    except BlockingIOError:
                        pass
                    except ConnectionError:
                        wires.remove(wire)
                asked = time.monotonic()
                other.ask(fc_read(3, 0, 100))
                slowest = max(slowest, time.monotonic() - asked)
                most = max(most, msm.memory())
                if closed is None and msm.descriptors() <= descriptors:
                    closed = time.monotonic() - begin
                slow.step(1000)
                select.select([], [], [], 0.02)
            self.assertTrue(closed and 8 < closed < 17, "closed after %s s" % closed)
            self.assertLess(slowest, 1.0, "an answer to somebody else took so long")
            self.assertLess(most - memory, 4 << 20, "bytes that 8 peers who never read cost")
            slow.finish()
        msm.stop()

    def test_back_pressure(self):
        """far more requests than anyone buffers: every one is answered, in order"""
        msm = self.start()
        with msm.connect() as other:
            slow = SlowReader(msm, 3000)
            self.addCleanup(slow.wire.close)
            for _ in range(200):
                slow.step(300)
                other.ask(fc_read(3, 0, 1))
            slow.finish()
        msm.stop()

    def alive(self, wire):
        """Whether a connection is still served."""
        try:
            wire.ask(fc_read(3, 0, 1))
            return True
        except (ConnectionError, AssertionError):
            return False

    def crowd(self, msm, limit, source=None):
        """Opens `limit` connections, then one more: the most are served, never more, and the one
        that goes is the newcomer or the longest idle one."""
        wires = [msm.connect(source=source) for _ in range(limit)]
        try:
            for wire in wires:
                self.assertTrue(self.alive(wire))
            extra = msm.connect(source=source)
            wires.append(extra)
            served = self.alive(extra)
            left = [self.alive(wire) for wire in wires]
            self.assertEqual(left, [not served] + [True] * (limit - 1) + [served])
        finally:
            for wire in wires:
                wire.close()
        # and it goes on accepting
        self.wait_served(msm, source)

    def wait_served(self, msm, source=None):
        def served():
            with msm.connect(source=source) as wire:
                return self.alive(wire)
        eventually(served, "being served again")

    def test_more_connections_than_allowed(self):
        """more connections than allowed: close the longest idle one, or refuse; never stop
        accepting (MG 4.2.1.1)"""
        msm = self.start("max_connections = 4, max_connections_per_address = 100")
        for _ in range(3):
            self.crowd(msm, 4)
        msm.stop()

    def test_longest_idle_one_makes_room(self):
        """a connection that asks nothing for a while makes room for a newcomer, the busy ones
        stay (MG 4.2.1.1)"""
        msm = self.start("max_connections = 3")
        with msm.connect() as idle, msm.connect() as one, msm.connect() as two:
            for wire in (idle, one, two):
                wire.ask(fc_read(3, 0, 1))

            def served():
                one.ask(fc_read(3, 0, 1))
                two.ask(fc_read(3, 0, 1))
                with msm.connect() as wire:
                    return self.alive(wire)
            eventually(served, "a newcomer being served")
            idle.expect_close()
        msm.stop()

    def test_more_connections_from_one_address(self):
        """more connections from one address than allowed: another address is not concerned"""
        msm = self.start("max_connections_per_address = 3")
        with msm.connect(source="127.0.0.9") as other:
            self.assertTrue(self.alive(other))
            self.crowd(msm, 3)
            self.crowd(msm, 3, "127.0.0.8")
            self.assertTrue(self.alive(other))
        msm.stop()

    def test_default_limits(self):
        """64 connections in all, 16 from one address, by default"""
        msm = self.start("")
        self.crowd(msm, 16)
        wires = []
        for block in range(4):
            for _ in range(16):
                wires.append(msm.connect(source="127.0.1.%d" % (block + 1)))
        self.assertTrue(all(self.alive(wire) for wire in wires))
        extra = msm.connect(source="127.0.2.1")
        wires.append(extra)
        self.alive(extra)
        self.assertEqual(sum(self.alive(wire) for wire in wires), 64)
        for wire in wires:
            wire.close()
        self.wait_served(msm)
        msm.stop()

    def test_connection_storm(self):
        """500 connections that come and go leave no descriptor behind"""
        msm = self.start("max_connections = 600, max_connections_per_address = 600")
        with msm.connect() as wire:
            self.assertTrue(self.alive(wire))
            before = msm.descriptors()
            for i in range(500):
                with msm.connect() as brief:
                    if i % 2:
                        brief.send(adu(fc_read(3, 0, 1)))
            eventually(lambda: msm.descriptors() <= before, "all descriptors closed")
            self.assertTrue(self.alive(wire))
        msm.stop()

    def test_idle_timeout(self):
        """idle_timeout: who asks nothing is closed, who asks stays"""
        msm = self.start('idle_timeout = "1s"')
        with msm.connect() as idle, msm.connect() as busy:
            idle.ask(fc_read(3, 0, 1))
            begin = time.monotonic()
            while not idle.closed() and time.monotonic() < begin + 20:
                busy.ask(fc_read(3, 0, 1))
                select.select([idle.socket], [], [], 0.01)
            self.assertTrue(0.8 < time.monotonic() - begin < 8, time.monotonic() - begin)
            busy.ask(fc_read(3, 0, 1))
        msm.stop()

    def test_allow_list(self):
        """address not on the allow-list: closed at accept (MG 4.2.3)"""
        msm = self.start('allow = { "127.0.0.2", "127.0.1.0/24" }')
        for source in ("127.0.0.2", "127.0.1.0", "127.0.1.255"):
            with msm.connect(source=source) as wire:
                self.assertEqual(wire.holding(7), 7)
        for source in (None, "127.0.0.3", "127.0.2.0", "127.0.0.255"):
            try:
                with msm.connect(source=source) as wire:
                    wire.expect_close()
            except ConnectionError:
                pass
        with msm.connect(source="127.0.0.2") as wire:
            self.assertEqual(wire.holding(7), 7)
        msm.stop()


class Units(unittest.TestCase):
    def test_unit(self):
        """unit not served: 0A (AP 7); `unit` serves one"""
        with Msm("""
                mem:raw { holding = 1 }
                server.tcp { port = 0, unit = 17 }
                """) as msm, msm.connect() as wire:
            for unit in range(256):
                answer = wire.ask(fc_read(3, 0, 1), unit)
                self.assertEqual(answer, b"\x03\x02\x00\x00" if unit == 17 else b"\x83\x0A")
            self.assertEqual(wire.ask(b"\x63", 5), b"\xE3\x0A")
            self.assertEqual(wire.ask(fc6(0, 1), 5), b"\x86\x0A")
            self.assertEqual(wire.ask(fc_read(3, 0, 1), 17), b"\x03\x02\x00\x00")

    def test_units(self):
        """`units`: a memory for each unit id, 0A for the others"""
        with Msm("""
                local m1 = memory("m1", { holding = 4 })
                local m2 = memory("m2", { holding = 2, coil = 8 })
                for i = 0, 3 do m1.holding[i] = 100 + i end
                for i = 0, 1 do m2.holding[i] = 200 + i end
                server.tcp { port = 0, units = { [1] = m1, [2] = m2, [255] = m1 } }
                """) as msm, msm.connect() as wire:
            self.assertEqual(wire.ask(fc_read(3, 0, 2), 1), b"\x03\x04\x00\x64\x00\x65")
            self.assertEqual(wire.ask(fc_read(3, 0, 2), 2), b"\x03\x04\x00\xC8\x00\xC9")
            self.assertEqual(wire.ask(fc_read(3, 0, 2), 255), b"\x03\x04\x00\x64\x00\x65")
            self.assertEqual(wire.ask(fc_read(3, 0, 3), 2), b"\x83\x02")
            self.assertEqual(wire.ask(fc_read(1, 0, 8), 1), b"\x81\x02")
            self.assertEqual(wire.ask(fc_read(1, 0, 8), 2), b"\x01\x01\x00")
            for unit in (0, 3, 247, 254):
                self.assertEqual(wire.ask(fc_read(3, 0, 1), unit), b"\x83\x0A")
            self.assertEqual(wire.ask(fc6(1, 7), 1), fc6(1, 7))
            self.assertEqual(wire.ask(fc_read(3, 1, 1), 2), b"\x03\x02\x00\xC9")
            self.assertEqual(wire.ask(fc_read(3, 1, 1), 255), b"\x03\x02\x00\x07")

    def test_two_servers(self):
        """two servers of one program: two memories on two ports"""
        with Msm("""
                local other = memory("other", { holding = 1 })
                mem:raw { holding = 1 }
                mem.holding[0] = 1; other.holding[0] = 2
                server.tcp { port = 0 }
                server.tcp { port = 0, mem = other }
                """, servers=2) as msm:
            with Wire(msm.ports[0]) as one, Wire(msm.ports[1]) as two:
                self.assertEqual((one.holding(0), two.holding(0)), (1, 2))


class Binding(unittest.TestCase):
    def serve(self, options):
        return Msm("mem:raw { holding = 1 }\nserver.tcp { port = 0, %s }" % options)

    def test_default_is_loopback(self):
        """without bind: 127.0.0.1 only, not even another loopback address"""
        with self.serve("") as msm:
            msm.wait_line(r"^wire: serving mem on 127\.0\.0\.1:%d, all units$" % msm.port)
            with Wire(msm.port) as wire:
                self.assertEqual(wire.holding(0), 0)
            with self.assertRaises(ConnectionRefusedError):
                Wire(msm.port, "127.0.0.2")

    def test_any_address(self):
        """bind = "0.0.0.0": every IPv4 address"""
        with self.serve('bind = "0.0.0.0"') as msm:
            for host in ("127.0.0.1", "127.0.0.2"):
                with Wire(msm.port, host) as wire:
                    self.assertEqual(wire.holding(0), 0)

    @unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "no IPv6 here")
    def test_ipv6(self):
        """bind = "::1": IPv6 loopback only, printed in brackets"""
        with self.serve('bind = "::1"') as msm:
            msm.wait_line(r" on \[::1\]:%d, all units$" % msm.port)
            with Wire(msm.port, "::1") as wire:
                self.assertEqual(wire.holding(0), 0)
            with self.assertRaises(ConnectionRefusedError):
                Wire(msm.port, "127.0.0.1")

    @unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "no IPv6 here")
    def test_both_families(self):
        """bind = "::": both families; the allow-list knows IPv4 peers as IPv4"""
        with self.serve('bind = "::"') as msm:
            for host in ("::1", "127.0.0.1"):
                with Wire(msm.port, host) as wire:
                    self.assertEqual(wire.holding(0), 0)
        with self.serve('bind = "::", allow = { "127.0.0.0/8" }') as msm:
            with Wire(msm.port, "127.0.0.1") as wire:
                self.assertEqual(wire.holding(0), 0)
            with Wire(msm.port, "::1") as wire:
                wire.expect_close()
        with self.serve('bind = "::", allow = { "::1" }') as msm:
            with Wire(msm.port, "::1") as wire:
                self.assertEqual(wire.holding(0), 0)
            with Wire(msm.port, "127.0.0.1") as wire:
                wire.expect_close()


if __name__ == "__main__":
    unittest.main()
