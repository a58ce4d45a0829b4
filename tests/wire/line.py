"""The far end of a serial line, doing what it is told: RtuSlave answers well or badly, RtuMaster
sends any bytes and accounts for each byte that comes back. No library: frames are made here."""

import os
import select
import struct
import termios
import threading
import time

from msm import DEADLINE

POISON = 0xDEAD


def crc(data):
    """Of MODBUS over Serial Line V1.02, 6.2.2, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def rtu(unit, pdu):
    """One frame."""
    data = bytes((unit,)) + pdu
    return data + crc(data)


class Line:
    """One end of a serial line as bytes. Nothing that lay there before is seen."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        termios.tcflush(self.fd, termios.TCIFLUSH)

    def send(self, data):
        while data:
            data = data[os.write(self.fd, data):]

    def read(self, wait):
        """What is there; b"" after `wait` seconds without a byte, None when the line is gone."""
        if not select.select([self.fd], [], [], wait)[0]:
            return b""
        try:
            return os.read(self.fd, 4096) or None
        except OSError:
            return None

    def close(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class RtuMaster(Line):
    """Speaks to a slave; every byte that comes is looked at."""

    def ask(self, pdu, unit=1, wait=DEADLINE):
        """The answer's PDU; None if nothing came within `wait`."""
        self.send(rtu(unit, pdu))
        data, end = b"", time.monotonic() + wait
        while len(data) < 5 or crc(data[:-2]) != data[-2:]:
            piece = self.read(max(0, end - time.monotonic()))
            if piece is None:
                raise AssertionError("the line is gone")
            if not piece:
                if data:
                    raise AssertionError("no frame: " + data.hex(" "))
                return None
            data += piece
        assert data[0] == unit, "an answer of unit %d: %s" % (data[0], data.hex(" "))
        return data[1:-2]

    def holding(self, address, unit=1, wait=DEADLINE):
        """One register; None if nothing came."""
        answer = self.ask(struct.pack(">BHH", 3, address, 1), unit, wait)
        if answer is None:
            return None
        assert answer[:2] == b"\3\2", answer.hex(" ")
        return struct.unpack(">H", answer[2:])[0]


class RtuSlave:
    """Several units with holding registers on one line. Requests to a unit are answered as the test
    wishes; what is wrong in an answer is poison, a word that no register ever holds."""

    SIZE = 200

    def __init__(self, path, units=(1, 2)):
        self.words = {unit: [0] * self.SIZE for unit in units}
        self.wishes = {unit: [] for unit in units}
        self.changed = threading.Condition()
        self.log, self.held = [], []
        self.over = False
        self.line = Line(path)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    # -- the test's side -------------------------------------------------------------------

    def behave(self, unit, name, times=None):
        """The next `times` requests to the unit (None: all from now on) are answered so."""
        assert hasattr(self, "do_" + name), name
        with self.changed:
            self.wishes[unit] = [[name, times]]

    def set(self, unit, address, *values):
        with self.changed:
            self.words[unit][address:address + len(values)] = values

    def get(self, unit, address):
        with self.changed:
            return self.words[unit][address]

    def seen(self, unit, function=None, since=0):
        with self.changed:
            return [pdu for at, pdu, _ in self.log[since:]
                    if at == unit and function in (None, pdu[0])]

    def mark(self):
        with self.changed:
            return len(self.log)

    def wait_seen(self, count, unit, function=None, since=0):
        end = time.monotonic() + DEADLINE
        with self.changed:
            while len(self.seen(unit, function, since)) < count:
                if not self.changed.wait(max(0, end - time.monotonic())):
                    raise AssertionError("no %d requests to unit %d" % (count, unit))

    def release(self):
        """Sends what "late" has held back; returns how many answers that were."""
        with self.changed:
            held, self.held = self.held, []
            for frame in held:
                self.line.send(frame)
        return len(held)

    def stop(self):
        self.over = True
        self.thread.join(DEADLINE)
        self.line.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    # -- the line's side -------------------------------------------------------------------

    def run(self):
        data = b""
        while not self.over:
            piece = self.line.read(0.05)
            if piece is None:
                return
            data += piece
            while len(data) >= 8:
                size = 9 + data[6] if data[1] == 16 else 8
                if len(data) < size:
                    break
                self.handle(data[:size])
                data = data[size:]

    def handle(self, frame):
        unit, pdu = frame[0], frame[1:-2]
        assert crc(frame[:-2]) == frame[-2:], "a broken request: " + frame.hex(" ")
        with self.changed:
            self.log.append((unit, pdu, time.monotonic()))
            if unit in self.words:
                getattr(self, "do_" + self.wish(unit))(unit, pdu)
            self.changed.notify_all()

    def wish(self, unit):
        if not self.wishes[unit]:
            return "good"
        wish = self.wishes[unit][0]
        if wish[1] is not None:
            wish[1] -= 1
            if wish[1] == 0:
                self.wishes[unit].pop()
        return wish[0]

    def answer(self, unit, pdu, poison=False):
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function == 3:
            words = [POISON] * count if poison else self.words[unit][address:address + count]
            return struct.pack(">BB%dH" % count, 3, 2 * count, *words)
        values = (count,) if function == 6 else struct.unpack(">%dH" % count, pdu[6:])
        if not poison:
            self.words[unit][address:address + len(values)] = values
        return pdu[:5]

    # -- behaviours ------------------------------------------------------------------------

    def do_good(self, unit, pdu):
        self.line.send(rtu(unit, self.answer(unit, pdu)))

    def do_silent(self, unit, pdu):
        pass

    def do_late(self, unit, pdu):
        """Nothing, until the test lets a poisoned answer out."""
        self.held.append(rtu(unit, self.answer(unit, pdu, True)))

    def do_wrong_crc(self, unit, pdu):
        frame = rtu(unit, self.answer(unit, pdu, True))
        self.line.send(frame[:-1] + bytes((frame[-1] ^ 1,)))

    def do_truncated(self, unit, pdu):
        self.line.send(rtu(unit, self.answer(unit, pdu, True))[:-3])

    def do_foreign(self, unit, pdu):
        """A right frame, but of another unit."""
        self.line.send(rtu(unit + 100, self.answer(unit, pdu, True)))

    def do_wrong_function(self, unit, pdu):
        answer = self.answer(unit, pdu, True)
        self.line.send(rtu(unit, bytes((answer[0] ^ 7,)) + answer[1:]))

    def do_short(self, unit, pdu):
        """One register less than was asked for, and right in itself."""
        answer = self.answer(unit, pdu, True)
        self.line.send(rtu(unit, bytes((answer[0], answer[1] - 2)) + answer[2:-2]))

    def do_garbage(self, unit, pdu):
        self.line.send(bytes(range(256)))

    def do_echo(self, unit, pdu):
        """The adapter hears itself; nobody answers."""
        self.line.send(rtu(unit, pdu))

    def do_noise_first(self, unit, pdu):
        """A spike, somebody else's poison and a broken frame, then what was asked for."""
        self.line.send(b"\xff\x00" + bytes((unit, 3, 0xFE)))
        self.do_foreign(unit, pdu)
        self.do_wrong_crc(unit, pdu)
        self.do_good(unit, pdu)

    def do_pieces(self, unit, pdu):
        """Byte by byte."""
        for byte in rtu(unit, self.answer(unit, pdu)):
            self.line.send(bytes((byte,)))

    def do_twice(self, unit, pdu):
        """Right, and then poison in the same form."""
        self.line.send(rtu(unit, self.answer(unit, pdu)) + rtu(unit, self.answer(unit, pdu, True)))
