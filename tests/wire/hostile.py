"""A MODBUS/TCP device that misbehaves as it is told: plain sockets and threads, no library.

It holds four tables and answers the function codes 1 to 6, 15, 16 and 22. Rules say how the next
requests are answered; each request is answered by the first rule that fits it, and well where none
does. Answers that are wrong carry poison: words that no table ever holds, bits turned over. So
whoever shows poison has believed a wrong answer.
"""

import select
import socket
import struct
import threading
import time
from collections import namedtuple

from msm import DEADLINE, free_port

POISON = 0xDEAD
SIZE = 1000
TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}

Request = namedtuple("Request", "time unit pdu transaction behaviour connection")


def exact(sock, count):
    """Exactly count bytes, or None at the end."""
    data = b""
    while len(data) < count:
        try:
            piece = sock.recv(count - len(data))
        except OSError:
            return None
        if not piece:
            return None
        data += piece
    return data


def frame(transaction, unit, pdu, protocol=0, length=None):
    length = len(pdu) + 1 if length is None else length
    return struct.pack(">HHHB", transaction & 0xFFFF, protocol, length & 0xFFFF, unit & 0xFF) + pdu


class Rule:
    """What is done with requests that it fits: `times` of them (None: all), of one function code or
    unit, or of any."""

    def __init__(self, name, times, fc, unit, options):
        self.name, self.times, self.fc, self.unit, self.options = name, times, fc, unit, options

    def fits(self, unit, pdu):
        return (self.times != 0 and (self.fc is None or pdu[0] == self.fc)
                and (self.unit is None or unit == self.unit))


class Connection:
    """One connection: its thread reads requests and answers each at once."""

    def __init__(self, device, sock):
        self.device, self.socket = device, sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while True:
            header = exact(self.socket, 7)
            if header is None:
                break
            transaction, _, length, unit = struct.unpack(">HHHB", header)
            pdu = exact(self.socket, length - 1)
            if pdu is None or not self.device.handle(self, transaction, unit, pdu):
                break
        self.device.forget(self)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # the other side has gone; the reading side sees it

    def left(self):
        """Whether the peer has closed, read or not."""
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP)
        return any(events & (select.POLLRDHUP | select.POLLHUP | select.POLLERR)
                   for _, events in poll.poll(0))


class HostileDevice:
    """The device. `requests` is the log; `now`, `total` and `most` count connections."""

    def __init__(self, port=0):
        self.tables = {name: [0] * SIZE for name in TABLES.values()}
        self.changed = threading.Condition()
        self.rules, self.requests, self.held = [], [], []
        self.connections, self.total, self.most = [], 0, 0
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port or free_port()), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    # -- the test's side -------------------------------------------------------------------

    def set(self, table, address, *values):
        with self.changed:
            self.tables[table][address:address + len(values)] = values

    def get(self, table, address, count=1):
        with self.changed:
            words = self.tables[table][address:address + count]
        return words[0] if count == 1 else words

    def behave(self, name, times=None, fc=None, unit=None, **options):
        """Adds a rule; those added before come first."""
        assert hasattr(self, "do_" + name), name
        with self.changed:
            self.rules.append(Rule(name, times, fc, unit, options))

    def good(self):
        """Forgets all rules."""
        with self.changed:
            self.rules.clear()

    @property
    def now(self):
        with self.changed:
            return len(self.connections)

    def seen(self, fc=None, behaviour=None, since=0):
        """Requests from the log, from the number `since` on."""
        with self.changed:
            return [r for r in self.requests[since:] if (fc is None or r.pdu[0] == fc)
                    and (behaviour is None or r.behaviour == behaviour)]

    def mark(self):
        with self.changed:
            return len(self.requests)

    def wait(self, condition, what, deadline=DEADLINE):
        """Waits for something that comes with a request or a connection."""
        end = time.monotonic() + deadline
        with self.changed:
            while not condition():
                if not self.changed.wait(end - time.monotonic()) and not condition():
                    raise AssertionError("%s: not within %g s" % (what, deadline))

    def wait_seen(self, count, fc=None, behaviour=None, since=0):
        self.wait(lambda: len(self.seen(fc, behaviour, since)) >= count,
                  "%d requests (function code %s, %s)" % (count, fc, behaviour))

    def release(self):
        """Sends the answers held back by "late" that come too late: their requests were repeated,
        or others have taken their place. The rest stays."""
        with self.changed:
            out = [held for held in self.held if self.is_overtaken(*held[:2])]
            self.held = [held for held in self.held if held not in out]
        for connection, _, data in out:
            connection.send(data)
        return len(out)

    def is_overtaken(self, connection, number):
        """Function code and address of a request were seen again on its connection."""
        start = self.requests[number].pdu[:3]
        return any(r.connection is connection and r.pdu[:3] == start
                   for r in self.requests[number + 1:])

    def stop(self):
        """Closes everything; a second time does nothing."""
        if self.over.is_set():
            return
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(DEADLINE)
        self.listener.close()
        with self.changed:
            connections = list(self.connections)
        for connection in connections:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.thread.join(DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    # -- connections -----------------------------------------------------------------------

    def accept(self):
        while not self.over.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.changed:
                connection = Connection(self, sock)
                # One that its peer has closed does not count, though its thread may not know yet.
                open_ones = [c for c in self.connections if not c.left()]
                self.connections.append(connection)
                self.total += 1
                self.most = max(self.most, len(open_ones) + 1)
                self.changed.notify_all()
            connection.thread.start()

    def forget(self, connection):
        with self.changed:
            self.connections.remove(connection)
            connection.socket.close()
            self.changed.notify_all()

    # -- requests --------------------------------------------------------------------------

    def handle(self, connection, transaction, unit, pdu):
        """Answers one request; False when the connection is to be closed."""
        with self.changed:
            rule = next((r for r in self.rules if r.fits(unit, pdu)), Rule("good", None, None, None, {}))
            if rule.times is not None:
                rule.times -= 1
            self.requests.append(Request(time.monotonic(), unit, pdu, transaction, rule.name,
                                         connection))
            do = getattr(self, "do_" + rule.name)
            open_still = do(connection, transaction, unit, pdu, **rule.options)
            self.changed.notify_all()
        return open_still is not False

    def answer(self, pdu, poison=False):
        """The right answer to a request, or one of the same form that is poison."""
        if pdu[0] in TABLES:
            return self.answer_read(pdu, poison)
        if not poison:
            self.carry_out(pdu)
        return pdu[:5] if pdu[0] in (15, 16) else pdu

    def answer_read(self, pdu, poison):
        function, address, count = struct.unpack(">BHH", pdu)
        values = self.tables[TABLES[function]][address:address + count]
        if len(values) < count:
            return bytes((function | 0x80, 2))
        if function > 2:
            words = [POISON] * count if poison else values
            return struct.pack(">BB%dH" % count, function, 2 * count, *words)
        data = bytearray((count + 7) // 8)
        for i, bit in enumerate(values):
            data[i // 8] |= ((0 if bit else 1) if poison else bit) << i % 8
        return bytes((function, len(data))) + bytes(data)

    def carry_out(self, pdu):
        function, address, value = struct.unpack(">BHH", pdu[:5])
        if function == 5:
            self.tables["coil"][address] = 1 if value else 0
        elif function == 6:
            self.tables["holding"][address] = value
        elif function == 15:
            bits = [pdu[6 + i // 8] >> i % 8 & 1 for i in range(value)]
            self.tables["coil"][address:address + value] = bits
        elif function == 16:
            self.tables["holding"][address:address + value] = struct.unpack(">%dH" % value, pdu[6:])
        elif function == 22:
            or_mask, = struct.unpack(">H", pdu[5:7])
            word = self.tables["holding"][address]
            self.tables["holding"][address] = word & value | or_mask & ~value & 0xFFFF

    # -- behaviours: each gets the request and its rule's options ---------------------------

    def do_good(self, connection, transaction, unit, pdu):
        connection.send(frame(transaction, unit, self.answer(pdu)))

    def do_wrong_transaction(self, connection, transaction, unit, pdu):
        """An id that nobody waits for."""
        connection.send(frame(transaction ^ 0x4000, unit, self.answer(pdu, True)))

    def do_wrong_unit(self, connection, transaction, unit, pdu):
        connection.send(frame(transaction, unit + 1, self.answer(pdu, True)))

    def do_wrong_protocol(self, connection, transaction, unit, pdu):
        connection.send(frame(transaction, unit, self.answer(pdu, True), protocol=1))

    def do_wrong_length(self, connection, transaction, unit, pdu, by=0, says=None):
        """The header says `by` bytes more (or less) than follow, or `says`."""
        answer = self.answer(pdu, True)
        length = len(answer) + 1 + by if says is None else says
        connection.send(frame(transaction, unit, answer, length=length))

    def do_wrong_function(self, connection, transaction, unit, pdu):
        answer = self.answer(pdu, True)
        connection.send(frame(transaction, unit, bytes((answer[0] ^ 7,)) + answer[1:]))

    def do_wrong_byte_count(self, connection, transaction, unit, pdu, by=-1, cut=True):
        """The byte count is wrong by `by`; with `cut` as many bytes follow as it says."""
        answer = bytearray(self.answer(pdu, True))
        if pdu[0] in TABLES:
            answer[1] = (answer[1] + by) & 0xFF
            if cut:
                answer = (answer + bytes((POISON >> 8,)) * max(by, 0))[:2 + answer[1]]
        connection.send(frame(transaction, unit, bytes(answer)))

    def do_wrong_echo(self, connection, transaction, unit, pdu, at=4):
        """A write that was not carried out, confirmed with another byte `at`."""
        answer = bytearray(self.answer(pdu, True))
        answer[at] ^= 1
        connection.send(frame(transaction, unit, bytes(answer)))

    def do_late(self, connection, transaction, unit, pdu, seconds=None, poison=True):
        """Answered when the test releases it, or after a time. A write is carried out at once."""
        if pdu[0] not in TABLES:
            poison = False
        data = frame(transaction, unit, self.answer(pdu, poison))
        if seconds is None:
            self.held.append((connection, len(self.requests) - 1, data))
        else:
            timer = threading.Timer(seconds, connection.send, (data,))
            timer.daemon = True
            timer.start()

    def do_doubled(self, connection, transaction, unit, pdu):
        """Answered well, and then a second time."""
        connection.send(frame(transaction, unit, self.answer(pdu))
                        + frame(transaction, unit, self.answer(pdu, True)))

    def do_missing(self, connection, transaction, unit, pdu, carried_out=False):
        """Not answered; a write is carried out all the same if told so."""
        if carried_out:
            self.answer(pdu)

    do_silent = do_missing

    def do_split(self, connection, transaction, unit, pdu, size=1):
        """A good answer in pieces."""
        data = frame(transaction, unit, self.answer(pdu))
        for i in range(0, len(data), size):
            connection.send(data[i:i + size])

    def do_close_mid_frame(self, connection, transaction, unit, pdu):
        data = frame(transaction, unit, self.answer(pdu, True))
        connection.send(data[:len(data) - 1])
        return False

    def do_close(self, connection, transaction, unit, pdu, carried_out=False):
        if carried_out:
            self.answer(pdu)
        return False

    def do_exception(self, connection, transaction, unit, pdu, code=4):
        connection.send(frame(transaction, unit, bytes((pdu[0] | 0x80, code))))

    def do_garbage(self, connection, transaction, unit, pdu):
        """Bytes without a form, in which no frame of this request can be found."""
        connection.send(bytes((i * 73 + 41) % 251 | 0x80 for i in range(64)))
