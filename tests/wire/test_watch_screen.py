"""msm watch and the prompt of msm eval on a terminal.

A pseudo-terminal and a small emulator of one: what is on the screen, whether a line ran over the
edge or the screen scrolled, and which modes are on. Proves that the table shows and follows values,
that nothing in a value reaches the terminal as a command, and that whatever ends the table, the
terminal is as it was: its settings, its cursor, its page.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from msm import BINARY, DEADLINE, SANITIZER, Msm, eventually

SCRIPT = """
mem.SETPOINT = holding.float32(0, { unit = "%", min = 0, max = 100, default = 50 })
mem.X        = holding.int16(10)
mem.TEXT     = holding.string(20, { length = 60, partial = true })
mem.TEMP     = holding.int16(60, { unit = "°C" })
mem.LONG_NAME_OF_A_VARIABLE_THAT_IS_CUT = holding.int16(61)
for i = 1, 30 do mem["ROW" .. i] = holding.int16(100 + i, { default = i }) end
"""

CSI = re.compile(rb"\x1b\[([?0-9;]*)([A-Za-z@])")


class Emulator:
    """Just what msm and libedit send. A line that runs over the edge, and a screen that scrolls, are
    counted: neither may happen."""

    def __init__(self, height, width):
        self.modes = {7: True, 25: True, 1049: False}
        self.over = self.scrolled = 0
        self.raw = b""
        self.rest = b""
        self.resize(height, width)

    def resize(self, height, width):
        self.height, self.width = height, width
        self.cells = [[" "] * width for _ in range(height)]
        self.inverse = [False] * height
        self.line = self.column = 0
        self.style = ""

    def feed(self, data):
        self.raw += data
        data = self.rest + data
        at = 0
        while at < len(data):
            if data[at] == 0x1B:
                found = CSI.match(data, at)
                if not found:
                    break  # the rest of it is to come
                self.command(found.group(1).decode(), found.group(2).decode())
                at = found.end()
            elif data[at] >= 0x80:
                length = 2 if data[at] < 0xE0 else 3 if data[at] < 0xF0 else 4
                if at + length > len(data):
                    break
                self.put(data[at:at + length].decode())
                at += length
            else:
                self.plain(chr(data[at]))
                at += 1
        self.rest = data[at:]

    def plain(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\b":
            self.column = max(self.column - 1, 0)
        elif letter == "\n":
            if self.line + 1 == self.height:
                self.scrolled += 1
                self.cells = self.cells[1:] + [[" "] * self.width]
            else:
                self.line += 1
        elif letter >= " ":
            self.put(letter)

    def put(self, letter):
        if self.column >= self.width:
            self.over += 1
            return
        self.cells[self.line][self.column] = letter
        self.inverse[self.line] = self.style == "7"
        self.column += 1

    def command(self, numbers, letter):
        if letter in "hl":
            self.modes[int(numbers.lstrip("?"))] = letter == "h"
        elif letter == "H":
            line, column = [int(n or 1) for n in (numbers or "1;1").split(";")]
            self.line, self.column = line - 1, column - 1
        elif letter == "K":
            self.cells[self.line][self.column:] = [" "] * (self.width - self.column)
        elif letter == "J":
            self.command("", "K")
            for line in range(self.line + 1, self.height):
                self.cells[line] = [" "] * self.width
        elif letter == "m":
            self.style = numbers
        elif letter in "CD":
            self.column += int(numbers or 1) * (1 if letter == "C" else -1)

    def lines(self):
        return ["".join(cells).rstrip() for cells in self.cells]

    def text(self):
        return "\n".join(self.lines())

    def row(self, name):
        """The words of the row of a variable; None where it is not shown."""
        for line in self.lines():
            if line.split()[:1] == [name]:
                return line.split()
        return None

    def stands_out(self, name):
        return any(line.split()[:1] == [name] and inverse
                   for line, inverse in zip(self.lines(), self.inverse))


class Terminal:
    """msm with arguments on a terminal of its own."""

    def __init__(self, msm, *args, height=24, width=80, state=None):
        self.master, self.slave = pty.openpty()
        self.emulator = Emulator(height, width)
        self.size(height, width)
        self.before = termios.tcgetattr(self.slave)
        environment = dict(msm.environment(), TERM="xterm", XDG_STATE_HOME=state or msm.run)
        self.process = subprocess.Popen([BINARY, *args], stdin=self.slave, stdout=self.slave,
                                        stderr=self.slave, env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def size(self, height, width):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, height, width):
        self.pump(0)
        self.emulator.resize(height, width)
        self.size(height, width)

    def type(self, keys):
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

    def pump(self, seconds):
        """Takes what has come; false where nothing came in time."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.emulator.feed(os.read(self.master, 65536))
        return True

    def until(self, condition, what="what was expected"):
        end = time.monotonic() + DEADLINE
        while not condition(self.emulator):
            if time.monotonic() > end:
                raise AssertionError("%s is not on the screen:\n%s\n%r" % (
                    what, self.emulator.text(), self.emulator.raw[-2000:]))
            self.pump(0.1)

    def wait_for_keys(self):
        """Until keys are no longer the kernel's to echo and to make signals of."""
        eventually(lambda: not termios.tcgetattr(self.slave)[3] & termios.ICANON, "the keys")

    def until_raw(self, pattern, nth=1):
        self.until(lambda e: len(re.findall(pattern, CSI.sub(b"", e.raw))) >= nth, pattern)

    def wait(self):
        """The exit status, with all that was written until then taken in."""
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            self.pump(0.01)
            if time.monotonic() > end:
                raise AssertionError("msm does not end:\n" + self.emulator.text())
        while self.pump(0):
            pass
        if SANITIZER.search(self.emulator.raw.decode("utf-8", "replace")):
            raise AssertionError(self.emulator.raw.decode("utf-8", "replace"))
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in (self.master, self.slave):
            if fd is not None:
                os.close(fd)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.msm = Msm(SCRIPT + "server.tcp { port = 0 }\n")

    @classmethod
    def tearDownClass(cls):
        cls.msm.stop()

    def terminal(self, *args, **options):
        terminal = Terminal(options.pop("msm", self.msm), *args, **options)
        self.addCleanup(terminal.close)
        return terminal

    def table(self, *args, **options):
        terminal = self.terminal("watch", *args, **options)
        terminal.until(lambda e: e.row("SETPOINT"), "the table")
        return terminal

    def expect_as_it_was(self, terminal):
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        self.assertEqual(terminal.emulator.modes, {7: True, 25: True, 1049: False})


class Table(Case):
    def test_appears(self):
        terminal = self.table()
        emulator = terminal.emulator
        self.assertEqual(emulator.modes, {7: False, 25: False, 1049: True})
        self.assertEqual(emulator.lines()[0], "wire: 35 of 35 variables")
        self.assertEqual(emulator.lines()[1].split(), ["NAME", "VALUE", "UNIT", "QUALITY", "AGE"])
        self.assertEqual(emulator.row("SETPOINT")[:4], ["SETPOINT", "50", "%", "good"])
        self.assertIn("q ends", emulator.lines()[-1])
        self.assertTrue(emulator.row("ROW16"))
        self.assertFalse(emulator.row("ROW17"), "more rows than lines")

    def test_columns_stand_under_each_other(self):
        emulator = self.table().emulator
        good = {line.index("good") for line in emulator.lines() if " good " in line}
        self.assertEqual(len(good), 1, emulator.text())  # the row with the degree sign, too

    def test_a_change_stands_out_for_a_moment(self):
        terminal = self.table()
        self.assertFalse(terminal.emulator.stands_out("X"))
        self.assertEqual(self.msm.command("set", "X", "-5").returncode, 0)
        terminal.until(lambda e: e.row("X")[1] == "-5" and e.stands_out("X"), "the change")
        self.assertFalse(terminal.emulator.stands_out("SETPOINT"))
        terminal.until(lambda e: not e.stands_out("X"), "its end")

    def test_forced_is_said(self):
        terminal = self.table()
        self.msm.command("force", "X", "8")
        terminal.until(lambda e: e.row("X")[-1] == "forced" and e.row("X")[1] == "8", "forced")
        self.msm.command("unforce", "X")
        terminal.until(lambda e: e.row("X")[-1] != "forced", "unforced")

    def test_pattern(self):
        terminal = self.terminal("watch", "ROW1*")
        terminal.until(lambda e: e.row("ROW19"), "the rows")
        self.assertEqual(terminal.emulator.lines()[0], "wire: 11 of 11 variables")
        self.assertFalse(terminal.emulator.row("X"))

    def test_an_unknown_pattern_leaves_the_terminal_alone(self):
        terminal = self.terminal("watch", "NIX*")
        self.assertEqual(terminal.wait(), 4)
        self.assertNotIn(b"\x1b", terminal.emulator.raw)

    def test_filter(self):
        terminal = self.table()
        terminal.type("/row2")
        terminal.until(lambda e: e.row("ROW29") and not e.row("X"), "what the filter lets through")
        self.assertIn("filter: row2_", terminal.emulator.lines()[-1])
        self.assertEqual(terminal.emulator.lines()[0], "wire: 11 of 35 variables")
        terminal.type("\x7f3")
        terminal.until(lambda e: e.row("ROW30") and not e.row("ROW29"), "another filter")
        terminal.type("\r")
        terminal.until(lambda e: "Esc drops it" in e.lines()[-1], "the filter that stays")
        terminal.type("\x1b")
        terminal.until(lambda e: e.row("SETPOINT"), "everything again")

    def test_scrolls(self):
        terminal = self.table(height=10)
        terminal.type("\x1b[B")
        terminal.until(lambda e: e.row("X") and not e.row("SETPOINT"), "a row down")
        terminal.type("\x1b[6~\x1b[6~"[:4])
        terminal.until(lambda e: e.row("ROW5") and not e.row("X"), "a page down")
        for _ in range(9):
            terminal.type("\x1b[6~")
            terminal.pump(0.05)
        terminal.until(lambda e: e.row("ROW30"), "the end")
        self.assertEqual(len([1 for line in terminal.emulator.lines() if "good" in line]), 7)
        terminal.type("\x1b[H")
        terminal.until(lambda e: e.row("SETPOINT"), "the beginning")

    def test_reload_shows_what_is_new(self):
        with Msm(SCRIPT, servers=0) as msm:
            msm.wait_line("no server")
            terminal = self.table(msm=msm)
            with open(msm.path, "w", encoding="utf-8") as file:
                file.write("program { probation = 0 }\n" +
                           SCRIPT.replace("mem.X ", "mem.NEW ").replace("ROW", "LINE"))
            self.assertEqual(msm.command("reload").returncode, 0)
            terminal.until(lambda e: e.row("NEW") and not e.row("X") and not e.row("ROW1"),
                           "the new program's rows")


class Size(Case):
    SIZES = [(1, 1), (2, 3), (3, 10), (4, 20), (5, 40), (24, 33), (50, 200), (6, 2), (24, 80)]

    def expect_drawn(self, terminal):
        """Something was drawn since the change of size, within the edges."""
        emulator = terminal.emulator
        terminal.until(lambda e: e.text().strip(), "anything")
        terminal.type("/")  # each key draws everything
        terminal.until(lambda e: e.lines()[-1].startswith("filter:"[:e.width].rstrip()), "the filter's line")
        terminal.type("\x1b")
        terminal.until(lambda e: e.lines()[-1].startswith("q ends"[:e.width].rstrip()), "the keys' line")
        self.assertEqual((emulator.over, emulator.scrolled), (0, 0), emulator.text())

    def test_starts_in_every_size(self):
        for height, width in self.SIZES:
            with self.subTest(height=height, width=width):
                with Terminal(self.msm, "watch", height=height, width=width) as terminal:
                    self.expect_drawn(terminal)
                    terminal.type("q")
                    self.assertEqual(terminal.wait(), 0)
                    self.assertEqual((terminal.emulator.over, terminal.emulator.scrolled), (0, 0))

    def test_follows_the_size(self):
        terminal = self.table()
        for height, width in self.SIZES:
            with self.subTest(height=height, width=width):
                terminal.pump(0.01)
                terminal.resize(height, width)
                # What was drawn for the old size may still be on its way.
                terminal.until(lambda e: not terminal.pump(0.02), "a pause")
                terminal.emulator.resize(height, width)
                terminal.emulator.over = terminal.emulator.scrolled = 0
                self.expect_drawn(terminal)
        terminal.until(lambda e: e.row("SETPOINT"), "the table")

    def test_long_names_are_cut(self):
        emulator = self.table(height=50, width=120).emulator
        row = next(line for line in emulator.lines() if line.startswith("LONG_NAME"))
        self.assertTrue(row.startswith("LONG_NAME_OF_A_VARIABLE_THAT_IS_  "), row)


class Strangers(Case):
    """Text that would command the terminal: it never gets there."""

    EVIL = [b"\x1b]0;owned\x07", b"\x1b[2J\x1b[31m", b"\xc2\x9b31m", b"\x9b31m", b"a\nb\rc\bd", b"\x7f\x0e\x1b"]

    def watched(self, code):
        answer = self.msm.command("eval", code)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        terminal = self.terminal("watch", "TEXT")
        terminal.until(lambda e: e.row("TEXT") and "marker" in e.text(), "the text")
        return terminal

    def test_values(self):
        for evil in self.EVIL:
            escaped = "".join("\\x%02x" % byte for byte in evil + b" ")
            with self.subTest(evil=evil):
                terminal = self.watched('mem.TEXT = "%smarker"' % escaped)
                terminal.type("q")
                self.assertEqual(terminal.wait(), 0)
                left = CSI.sub(b"", terminal.emulator.raw)
                self.assertEqual(re.findall(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]", left), [], left)
                self.assertEqual((terminal.emulator.over, terminal.emulator.scrolled), (0, 0))
                for mode in re.findall(rb"\x1b\[(31m|2J)", terminal.emulator.raw):
                    self.fail("reached the terminal: %r" % mode)

    def test_letters_stay(self):
        terminal = self.watched('mem.TEXT = "Öl, €, 温 marker"')
        self.assertIn("Öl, €, 温 marker", terminal.emulator.text())


class End(Case):
    """Whatever ends it, the terminal is as it was."""

    def expect_end(self, terminal, status=0):
        self.assertEqual(terminal.wait(), status)
        self.expect_as_it_was(terminal)

    def test_keys(self):
        for keys in ("q", "\x03", "\x04", "/ro\x03"):
            with self.subTest(keys=keys):
                terminal = self.table()
                terminal.type(keys)
                self.expect_end(terminal)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            with self.subTest(signal=number):
                terminal = self.table()
                terminal.process.send_signal(number)
                self.expect_end(terminal)

    def test_the_program_ends(self):
        with Msm(SCRIPT, servers=0) as msm:
            msm.wait_line("no server")
            terminal = self.table(msm=msm)
            msm.stop()
            self.expect_end(terminal, 3)
            self.assertIn("msm watch: wire has ended", terminal.emulator.raw.decode())

    def test_the_terminal_goes(self):
        terminal = self.table()
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.slave = terminal.master = None
        terminal.process.wait(DEADLINE)


class Prompt(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="msm-prompt-")
        self.addCleanup(folder.cleanup)
        self.state = folder.name

    def prompt(self, **options):
        terminal = self.terminal("eval", state=self.state, width=200, **options)
        terminal.until_raw(rb"Ctrl-D ends\.\r\n> ")
        terminal.wait_for_keys()
        return terminal

    def enter(self, terminal, line, answer):
        terminal.wait_for_keys()
        seen = len(terminal.emulator.raw)
        terminal.type(line + "\r")
        terminal.until(lambda e: re.search(rb"\n" + answer + rb"\r\n> ", CSI.sub(b"", e.raw[seen:])),
                       answer)

    def end(self, terminal):
        """Ctrl-D, to the prompt: before it reads, the kernel would take it."""
        terminal.wait_for_keys()
        terminal.type("\x04")
        self.assertEqual(terminal.wait(), 0)

    def test_evaluates(self):
        terminal = self.prompt()
        self.enter(terminal, "1 + 1", b"2")
        self.enter(terminal, "mem.XX", rb"eval:1: mem.XX is not declared; did you mean X\?")
        self.enter(terminal, "return 'goes', 'on'", rb'"goes"\r\n"on"')

    def test_tab_completes(self):
        terminal = self.prompt()
        self.enter(terminal, "mem.SETP\t", rb"50\.0")
        terminal.type("mem.ROW\t")
        terminal.until_raw(rb"mem\.ROW1 +mem\.ROW10 ")
        self.enter(terminal, "29", b"29")

    def test_ctrl_d_ends(self):
        terminal = self.prompt()
        self.end(terminal)
        self.expect_as_it_was(terminal)

    def test_ctrl_c_gives_the_line_up(self):
        terminal = self.prompt()
        terminal.type("mem.X = 999\x03")
        terminal.until_raw(rb"\^C\r*\n+\r?> ")
        self.enter(terminal, "40 + 2", b"42")
        self.assertNotEqual(self.msm.command("get", "X").stdout, "999\n")
        self.end(terminal)
        self.expect_as_it_was(terminal)

    def test_history(self):
        terminal = self.prompt()
        self.enter(terminal, "100 + 11", b"111")
        self.enter(terminal, "\x1b[A", b"111")
        self.end(terminal)
        self.enter(self.prompt(), "\x1b[A", b"111")  # also the next time

    def test_the_program_ends(self):
        with Msm(SCRIPT, servers=0) as msm:
            msm.wait_line("no server")
            terminal = self.prompt(msm=msm)
            msm.stop()
            terminal.type("1\r")
            self.assertEqual(terminal.wait(), 3)
            self.assertIn("wire has ended", terminal.emulator.raw.decode())
            self.expect_as_it_was(terminal)


if __name__ == "__main__":
    unittest.main()
