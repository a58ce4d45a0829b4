"""The corner cases of MODBUS/TCP framing: headers, transactions, bytes split and joined anywhere,
closes and half-closes, on the real binary. Each test names its case; AP and MG as in test_cases.py.
"""

import ctypes
import os
import socket
import struct
import unittest

from msm import PLAIN, Served, adu, fc6, fc16, fc_read


def their_socket(pid, ours):
    """The server's end of a connection, as a copy of its descriptor; None if not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return None
    try:
        for number in map(int, os.listdir("/proc/%d/fd" % pid)):
            copy = libc.syscall(438, process, number, 0)  # pidfd_getfd
            if copy < 0:
                continue
            try:
                theirs = socket.socket(fileno=copy)
            except OSError:  # not a socket
                os.close(copy)
                continue
            try:
                if theirs.getpeername()[:2] == ours.getsockname()[:2]:
                    return theirs
            except OSError:  # not connected
                pass
            theirs.close()
    finally:
        os.close(process)
    return None


class Framing(Served):
    script = PLAIN

    def test_transaction_id(self):
        """transaction id echoed, 0 and FFFF too (MG 3.1.3)"""
        for transaction in (0, 1, 0x00FF, 0xFF00, 0x1234, 0xFFFF, 0xFFFF):
            self.wire.send(adu(fc_read(3, 7, 1), 1, transaction))
            self.assertEqual(self.wire.receive(11),
                             struct.pack(">HHHBBBH", transaction, 0, 5, 1, 3, 2, 7))
            self.wire.send(adu(b"\x41", 1, transaction))
            self.assertEqual(self.wire.receive(9),
                             struct.pack(">HHHBBB", transaction, 0, 3, 1, 0xC1, 1))

    def test_unit_id(self):
        """unit 0, 255, 1..247 on a directly reached server: answered and echoed (MG 4.4.1.2)"""
        for unit in range(256):
            self.assertEqual(self.wire.ask(fc_read(3, 7, 1), unit), b"\x03\x02\x00\x07")

    def test_protocol_id(self):
        """protocol id not 0: no answer (MG 4.4.2.2)"""
        for protocol in (1, 0x0100, 0xFFFF):
            self.wire.expect_silence(adu(fc_read(3, 0, 1), protocol=protocol))
            self.wire.expect_silence(adu(fc6(0, 99), protocol=protocol))
            self.wire.expect_silence(adu(b"\x08\x00\x00" + b"\x55" * 250, protocol=protocol))
        self.assertEqual(self.wire.holding(0), 0)

    def test_length_bad(self):
        """MBAP length 0, 1, above 254: close, nothing buffered (MG 3.1.3, AP 4.1)"""
        good = adu(fc6(1, 99))
        for length in (0, 1, 255, 256, 1000, 0x8000, 0xFFFF):
            for tail in (b"", good, good * 40):
                with self.msm.connect() as wire:
                    wire.send(adu(fc_read(3, 0, 1), length=length) + tail)
                    wire.expect_close()
        for length in (0, 1, 255):  # decided from the length alone
            with self.msm.connect() as wire:
                wire.send(struct.pack(">HHH", 1, 0, length))
                wire.send(b"\x01")
                wire.expect_close()
        self.assertEqual(self.wire.holding(0, 3), [0, 1, 2])

    def test_length_bad_foreign(self):
        """MBAP length bad under another protocol id: close too"""
        for length in (0, 1, 255, 0xFFFF):
            with self.msm.connect() as wire:
                wire.send(adu(fc_read(3, 0, 1), protocol=7, length=length))
                wire.expect_close()

    def test_good_before_bad(self):
        """requests before a broken header are answered or cut off, never answered wrongly"""
        with self.msm.connect() as wire:
            wire.send(adu(fc_read(3, 7, 1)) + struct.pack(">HHHB", 2, 0, 0, 1))
            wire.socket.shutdown(socket.SHUT_WR)
            data = b""
            try:
                while piece := wire.socket.recv(100):
                    data += piece
            except ConnectionError:
                pass
            self.assertIn(data, (b"", struct.pack(">HHHBBBH", 1, 0, 5, 1, 3, 2, 7)))

    def test_length_254(self):
        """MBAP length 254: legal (AP 4.1)"""
        echo = b"\x08\x00\x00" + bytes(range(250))
        self.wire.send(adu(echo, 3, 4) + adu(fc_read(3, 7, 1), 1, 5))
        self.assertEqual(self.wire.frame(), (4, 3, echo))
        self.assertEqual(self.wire.frame(), (5, 1, b"\x03\x02\x00\x07"))

    def test_length_2(self):
        """MBAP length 2: a PDU of one byte is a frame"""
        self.wire.send(struct.pack(">HHHBB", 9, 0, 2, 1, 3))
        self.assertEqual(self.wire.frame(), (9, 1, b"\x83\x03"))

    def test_length_does_not_smuggle(self):
        """a length that covers two requests is one bad request, not two: the write inside it is
        not carried out"""
        inner = adu(fc6(1, 99))
        self.wire.expect_silence(adu(fc_read(3, 0, 1) + inner, protocol=1))
        self.wire.send(adu(fc_read(3, 0, 1) + inner, transaction=3))
        self.assertEqual(self.wire.frame(), (3, 1, b"\x83\x03"))
        self.assertEqual(self.wire.holding(1), 1)

    def test_in_flight(self):
        """16 and 200 requests in flight: all answered, in order (MG 4.2.1.2)"""
        for count in (16, 200):
            self.wire.send(b"".join(adu(fc_read(3, i, 3), i % 256, 1000 + i) for i in range(count)))
            for i in range(count):
                self.assertEqual(self.wire.frame(), (1000 + i, i % 256, struct.pack(
                    ">BB3H", 3, 6, i, i + 1, i + 2)))

    def test_in_flight_large(self):
        """200 requests of the largest size in flight, answers as large: all answered, in order"""
        frames = [b"\x08\x00\x00" + struct.pack(">H", i) * 125 for i in range(200)]
        self.wire.send(b"".join(adu(pdu, 1, i) for i, pdu in enumerate(frames)))
        for i, pdu in enumerate(frames):
            self.assertEqual(self.wire.frame(), (i, 1, pdu))

    def test_in_flight_on_many(self):
        """200 in flight on each of 8 connections at a time"""
        wires = [self.msm.connect() for _ in range(8)]
        try:
            for wire in wires:
                wire.send(b"".join(adu(fc_read(4, i, 2), 1, i) for i in range(200)))
            for i in range(200):
                for wire in wires:
                    self.assertEqual(wire.frame(), (i, 1, struct.pack(
                        ">BBHH", 4, 4, 1000 + i, 1001 + i)))
        finally:
            for wire in wires:
                wire.close()

    def pause(self):
        """Lets the server see what was sent so far: it answers someone else meanwhile."""
        with self.msm.connect() as other:
            other.ask(fc_read(3, 0, 1))

    def test_split_at_every_position(self):
        """frames split anywhere with pauses: each answered once"""
        data = adu(fc16(20, [1, 2, 3]), 7, 77)
        with self.msm.connect() as other:
            for cut in range(1, len(data)):
                self.wire.send(data[:cut])
                other.ask(fc_read(3, 0, 1))
                self.wire.send(data[cut:])
                self.assertEqual(self.wire.frame(), (77, 7, struct.pack(">BHH", 16, 20, 3)))
        self.wire.write(20, 20, 21, 22)
        self.assertEqual(self.wire.ask(b"\x08\x00\x00xx"), b"\x08\x00\x00xx")

    def test_byte_by_byte(self):
        """frames one byte at a time: each answered once"""
        for _ in range(3):
            for byte in adu(fc_read(3, 7, 2), 1, 5):
                self.wire.send(bytes([byte]))
            self.assertEqual(self.wire.frame(), (5, 1, b"\x03\x04\x00\x07\x00\x08"))

    def test_several_in_one_segment(self):
        """several in one segment; one and a half: each answered once"""
        one, two, three = (adu(fc_read(3, i, 1), 1, i) for i in (1, 2, 3))
        for cut in range(1, len(two)):
            self.wire.send(one + two[:cut])
            self.assertEqual(self.wire.frame(), (1, 1, b"\x03\x02\x00\x01"))
            self.wire.send(two[cut:] + three)
            self.assertEqual(self.wire.frame(), (2, 1, b"\x03\x02\x00\x02"))
            self.assertEqual(self.wire.frame(), (3, 1, b"\x03\x02\x00\x03"))

    def test_bad_then_good(self):
        """bad frame, then good one on the same connection: both answered"""
        for bad, answer in ((b"\x63", b"\xE3\x01"), (fc_read(3, 0, 0), b"\x83\x03"),
                            (fc_read(3, 9999, 1), b"\x83\x02"), (b"\x03\x00", b"\x83\x03"),
                            (fc_read(3, 0, 1) + b"\x00", b"\x83\x03")):
            self.wire.send(adu(bad, 1, 1) + adu(fc_read(3, 7, 1), 1, 2))
            self.assertEqual(self.wire.frame(), (1, 1, answer))
            self.assertEqual(self.wire.frame(), (2, 1, b"\x03\x02\x00\x07"))

    def test_half_close(self):
        """half-close after a request: the answer, then FIN (TCP)"""
        for count in (1, 200):
            with self.msm.connect() as wire:
                wire.send(b"".join(adu(fc_read(3, i, 125), 1, i) for i in range(count)[:170]))
                wire.socket.shutdown(socket.SHUT_WR)
                for i in range(count)[:170]:
                    self.assertEqual(wire.frame()[0], i)
                self.assertEqual(wire.socket.recv(1), b"")

    def test_half_close_in_half_frame(self):
        """half-close within a frame: the answers before it, then closed at once"""
        with self.msm.connect() as wire:
            wire.send(adu(fc_read(3, 0, 1), 1, 4) + adu(fc_read(3, 0, 1))[:9])
            wire.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(wire.frame()[0], 4)
            wire.expect_close(2.5)

    def test_close_with_requests_in_flight(self):
        """a client that resets in the midst of its requests harms nobody"""
        for _ in range(20):
            wire = self.msm.connect()
            wire.send(adu(b"\x08\x00\x00" + b"\x00" * 250) * 100)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.close()
        self.assertEqual(self.wire.holding(7), 7)

    def test_garbage(self):
        """bytes of other protocols are closed on or time out, the others are served"""
        for data in (b"GET / HTTP/1.1\r\nHost: plc\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"SSH-2.0-OpenSSH\r\n"):
            with self.msm.connect() as wire:
                wire.send(data)
                wire.expect_close()
        self.assertEqual(self.wire.holding(7), 7)

    def test_socket_options(self):
        """dead peer: keepalive, reaped; no delay on small writes (MG 4.2.2, 4.3.2)"""
        self.wire.ask(fc_read(3, 0, 1))
        theirs = their_socket(self.msm.process.pid, self.wire.socket)
        if theirs is None:
            self.skipTest("the system does not let one look at another process's sockets")
        with theirs:
            self.assertEqual(theirs.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)
            self.assertEqual(theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 1)
            idle = theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            every = theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
            count = theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
            self.assertLessEqual(idle + every * count, 600, "seconds until a dead peer is reaped")


if __name__ == "__main__":
    unittest.main()
