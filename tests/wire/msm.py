"""The harness of the wire tests: the real msm binary on a free port, and raw sockets against it.

Nothing here knows the program from inside. MSM names the binary, MSM_ROOT the checkout. A test
waits for events (a line on stderr, an answer, a close), never for time to pass; every wait has a
deadline that is generous, because it is only reached when something is broken.

Each program has a folder of its own for its control socket (MSM_RUN) and its state, so that tests
that run at once, and programs of one name, do not meet.
"""

import atexit
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from control import Control

ROOT = os.environ.get("MSM_ROOT",
                      os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BINARY = os.environ.get("MSM", os.path.join(ROOT, "build", "msm"))
DEADLINE = 30.0
SANITIZERS = os.environ.get("MSM_SANITIZE", "")  # those that the binary was built with, "address,undefined"

# Whatever is run without a folder of its own does not look at those of the machine.
os.environ["MSM_RUN"] = tempfile.mkdtemp(prefix="msm-run-")
atexit.register(shutil.rmtree, os.environ["MSM_RUN"], True)

SERVING = re.compile(r"^(\S+): serving (.+?) on (\[[0-9a-fA-F:.]+\]|[0-9.]+):(\d+)(?:, (.*))?$")
SANITIZER = re.compile(r"(Address|Thread|Leak|UndefinedBehavior)Sanitizer|"
                       r"\.[ch]:\d+:\d+: runtime error")


class Refused(AssertionError):
    """A read that was answered by an exception, as every variable of a mirror is before its first poll."""


def eventually(condition, what="the condition", deadline=DEADLINE):
    """Polls until condition() is true and returns its value; fails after the deadline. A refused read
    is "not yet": each of a mirror's reads has a first answer of its own."""
    end = time.monotonic() + deadline
    while True:
        refused = ""
        try:
            value = condition()
            if value:
                return value
        except Refused as error:
            refused = ": %s" % error
        if time.monotonic() > end:
            raise AssertionError("%s did not come true within %g s%s" % (what, deadline, refused))
        time.sleep(0.002)


def free_port(reserved=[]):  # one list for the whole process: that is what it is for
    """A port nobody listens on, and that the system gives to nobody else as long as this process
    lives: a socket that shares its address is bound to it. Connections to it are refused until
    somebody listens there."""
    port = socket.socket()
    port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port.bind(("127.0.0.1", 0))
    reserved.append(port)
    return port.getsockname()[1]


def command(*args, timeout=DEADLINE, **options):
    """Runs msm with arguments to its end; returns what subprocess.run does, output as text."""
    return subprocess.run([BINARY, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=timeout, **options)


class Folder:
    """A temporary folder for scripts that is gone after the test."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="msm-wire-")

    def write(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.remove()


class Msm:
    """One running program. `script` is Lua text, `path` an existing file instead of it; `run` is the
    folder of its control socket, a new one unless stated."""

    def __init__(self, script=None, *args, path=None, name="wire", servers=1, start=True, run=None,
                 stdin=subprocess.DEVNULL):
        self.folder = Folder()
        if path is None:
            path = self.folder.write(name + ".lua", script)
        elif "--state" not in args:
            args = ("--state", self.folder.path, *args)
        self.run = run or self.folder.path
        self.path = path
        self.arguments = args
        self.stdin = stdin
        self.servers = servers
        self.process = None
        self.lines = []
        self.news = threading.Condition()
        self.eof = False
        self.reader = None
        if start:
            self.start()

    # -- life ------------------------------------------------------------------------------

    def start(self):
        os.makedirs(self.run, 0o700, exist_ok=True)
        self.process = subprocess.Popen([BINARY, "run", *self.arguments, self.path],
                                        stdin=self.stdin, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=self.environment())
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self.ports = [int(self.wait_line(SERVING, nth=i).group(4)) for i in range(self.servers)]
            self.port = self.ports[0] if self.ports else None
        except BaseException:
            self.kill()
            raise

    def stop(self, by=signal.SIGTERM):
        """Asks the program to end and demands that it does so well."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            status = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("msm did not end after a signal\n" + self.text())
        self._finish()
        if SANITIZER.search(self.text()):
            raise AssertionError("a sanitizer complains\n" + self.text())
        if status != 0:
            raise AssertionError("msm ended with status %d\n%s" % (status, self.text()))

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._finish()

    def _finish(self):
        if self.reader is not None:
            self.reader.join(DEADLINE)
            self.process.stderr.close()
            self.reader = None
        self.folder.remove()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            self.kill()
            if isinstance(value, AssertionError):
                value.args = ("%s\nmsm said:\n%s" % (value, self.text()),)

    # -- commands to it --------------------------------------------------------------------

    def environment(self):
        return dict(os.environ, MSM_RUN=self.run)

    def command(self, *args, **options):
        """Runs msm with arguments beside the program, as a person would to ask it something."""
        return command(*args, env=self.environment(), **options)

    def control(self):
        """A client of its control socket."""
        name = os.path.splitext(os.path.basename(self.path))[0]
        if "--name" in self.arguments:
            name = self.arguments[self.arguments.index("--name") + 1]
        path = os.path.join(self.run, name + ".sock")
        return eventually(lambda: self._reach(path), "the control socket")

    @staticmethod
    def _reach(path):
        """Where it is bound, it does not listen yet."""
        try:
            return Control(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    # -- what it says ----------------------------------------------------------------------

    def _read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.eof = True
            self.news.notify_all()

    def text(self):
        with self.news:
            return "\n".join(self.lines)

    def wait_line(self, pattern, nth=0, deadline=DEADLINE):
        """The match in the nth line (from 0) that the pattern is found in."""
        pattern = re.compile(pattern)
        end = time.monotonic() + deadline
        with self.news:
            while True:
                found = [m for m in map(pattern.search, self.lines) if m]
                if len(found) > nth:
                    return found[nth]
                left = end - time.monotonic()
                if self.eof or left <= 0:
                    raise AssertionError("no line %r from msm, which %s:\n%s" % (
                        pattern.pattern, "ended" if self.eof else "runs", "\n".join(self.lines)))
                self.news.wait(left)

    # -- what the system says about it -----------------------------------------------------

    def memory(self):
        """Resident bytes of the process."""
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024

    def descriptors(self):
        """How many are open, but for the files of its state: those are opened when there is something
        to write, and stay."""
        return sum(not self._is_state(number) for number in os.listdir(self._fd()))

    def _fd(self, *number):
        return os.path.join("/proc", str(self.process.pid), "fd", *number)

    def _is_state(self, number):
        try:
            name = os.path.basename(os.readlink(self._fd(number)))
        except FileNotFoundError:  # closed meanwhile
            return True
        return re.search(r"\.(state|audit|history)\b", name) is not None

    def connect(self, **options):
        return Wire(self.port, **options)


class Wire:
    """One raw MODBUS/TCP connection: bytes out, bytes in, each byte accounted for."""

    def __init__(self, port, host="127.0.0.1", source=None, receive_buffer=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(DEADLINE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if source:
                self.socket.bind((source, 0))
            self.socket.connect((host, port))
        except BaseException:
            self.socket.close()
            raise
        self.transaction = 0

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    # -- bytes -----------------------------------------------------------------------------

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, count):
        """Exactly `count` bytes."""
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise AssertionError("closed after %d of %d bytes: %s"
                                     % (len(data), count, data.hex(" ")))
            data += piece
        return data

    def expect_close(self, deadline=DEADLINE):
        """The server closes, and says nothing before it does."""
        self.socket.settimeout(deadline)
        try:
            data = self.socket.recv(4096)
        except ConnectionError:
            data = b""
        except socket.timeout:
            raise AssertionError("the connection is still open after %g s" % deadline) from None
        if data:
            raise AssertionError("bytes instead of a close: " + data.hex(" "))

    def closed(self):
        """Whether the server has closed, asked without waiting; unread bytes are an error."""
        self.socket.settimeout(0)
        try:
            data = self.socket.recv(4096)
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(DEADLINE)
        if data:
            raise AssertionError("unexpected bytes: " + data.hex(" "))
        return True

    # -- frames ----------------------------------------------------------------------------

    def frame(self):
        """The next answer as (transaction, unit, pdu)."""
        transaction, protocol, length, unit = struct.unpack(">HHHB", self.receive(7))
        if protocol != 0 or not 3 <= length <= 254:
            raise AssertionError("a wrong header: protocol %d, length %d" % (protocol, length))
        return transaction, unit, self.receive(length - 1)

    def ask(self, pdu, unit=1, transaction=None):
        """Sends one request and returns the answer's PDU; its header must be the request's."""
        if transaction is None:
            self.transaction = (self.transaction + 1) & 0xFFFF
            transaction = self.transaction
        self.send(adu(pdu, unit, transaction))
        answer = self.frame()
        if answer[:2] != (transaction, unit):
            raise AssertionError("transaction, unit %r answered as %r, pdu %s"
                                 % ((transaction, unit), answer[:2], answer[2].hex(" ")))
        return answer[2]

    def expect_silence(self, data, good=b"\x08\x00\x00\xA5\x5A"):
        """Sends bytes that nobody may answer: the first answer is that of a request after them."""
        self.send(data + adu(good, 1, 0xBEEF))
        answer = self.frame()
        if answer != (0xBEEF, 1, good):
            raise AssertionError("not silent: %r" % (answer,))

    # -- the usual requests ----------------------------------------------------------------

    def read(self, function, address, count):
        """Registers (3, 4) or bits (1, 2) as a list; an exception is an error."""
        answer = self.ask(struct.pack(">BHH", function, address, count))
        if answer[0] != function:
            raise Refused("read refused: " + answer.hex(" "))
        if function in (1, 2):
            assert len(answer) == 2 + answer[1] and answer[1] == (count + 7) // 8, answer.hex(" ")
            return [answer[2 + i // 8] >> (i % 8) & 1 for i in range(count)]
        assert len(answer) == 2 + answer[1] and answer[1] == 2 * count, answer.hex(" ")
        return list(struct.unpack(">%dH" % count, answer[2:]))

    def holding(self, address, count=1):
        words = self.read(3, address, count)
        return words[0] if count == 1 else words

    def input(self, address, count=1):
        words = self.read(4, address, count)
        return words[0] if count == 1 else words

    def coil(self, address):
        return self.read(1, address, 1)[0]

    def discrete(self, address):
        return self.read(2, address, 1)[0]

    def refused(self, pdu, unit=1):
        """The exception code of a request, 0 when it was carried out."""
        answer = self.ask(pdu, unit)
        if answer[0] == pdu[0]:
            return 0
        assert len(answer) == 2 and answer[0] == pdu[0] | 0x80, answer.hex(" ")
        return answer[1]

    def write(self, address, *words):
        """FC 6 for one word, FC 16 for more; returns the exception code, 0 when accepted."""
        return self.refused(fc6(address, words[0]) if len(words) == 1 else fc16(address, words))

    def write_coil(self, address, on):
        return self.refused(fc5(address, on))


# Word n of holding is n, of input 1000 + n; coils all 1 so that padding shows, every third
# discrete input.
PLAIN = """
mem:raw { coil = 2100, discrete = 2100, holding = 300, input = 300 }
for i = 0, 299 do mem.holding[i] = i; mem.input[i] = 1000 + i end
for i = 0, 2099 do mem.coil[i] = true; mem.discrete[i] = i % 3 == 0 end
server.tcp { port = 0, max_connections_per_address = 64 }
"""


class Served(unittest.TestCase):
    """One program for a class of tests; each test has a connection of its own."""

    script = None  # subclasses say which; without one a class is only a base of others
    msm = None

    @classmethod
    def setUpClass(cls):
        if cls.script is None:
            raise unittest.SkipTest("a base class")
        cls.msm = Msm(cls.script)

    @classmethod
    def tearDownClass(cls):
        if cls.msm:
            cls.msm.stop()

    def setUp(self):
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)

    def refuse(self, exception, *requests):
        """Each request is answered with the exception, 0 for being carried out."""
        for pdu in requests:
            self.assertEqual(self.wire.refused(pdu), exception, "answer to " + pdu.hex(" "))

    def accept(self, *requests):
        self.refuse(0, *requests)


def adu(pdu, unit=1, transaction=1, protocol=0, length=None):
    length = len(pdu) + 1 if length is None else length
    return struct.pack(">HHHB", transaction, protocol, length, unit) + pdu


def fc_read(function, address, count):
    return struct.pack(">BHH", function, address, count)


def fc5(address, on):
    return struct.pack(">BHH", 5, address, 0xFF00 if on else 0)


def fc6(address, word):
    return struct.pack(">BHH", 6, address, word & 0xFFFF)


def fc15(address, bits):
    data = bytearray((len(bits) + 7) // 8)
    for i, bit in enumerate(bits):
        data[i // 8] |= (1 if bit else 0) << (i % 8)
    return struct.pack(">BHHB", 15, address, len(bits), len(data)) + bytes(data)


def fc16(address, words):
    return struct.pack(">BHHB%dH" % len(words), 16, address, len(words), 2 * len(words), *words)


def fc22(address, and_mask, or_mask):
    return struct.pack(">BHHH", 22, address, and_mask, or_mask)


def fc23(read_address, read_count, write_address, words):
    return struct.pack(">BHHHHB%dH" % len(words), 23, read_address, read_count, write_address,
                       len(words), 2 * len(words), *words)


def low_first(form, value):
    """A value's words in the default order CDAB: struct form 'f', 'I', 'i', 'd', 'Q', 'q'."""
    data = struct.pack(">" + form, value)
    return list(reversed(struct.unpack(">%dH" % (len(data) // 2), data)))


def from_low_first(form, words):
    return struct.unpack(">" + form, struct.pack(">%dH" % len(words), *reversed(words)))[0]
