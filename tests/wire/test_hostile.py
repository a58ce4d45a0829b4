"""A client against a device that answers wrongly, late, twice, in pieces or not at all (hostile.py):
no such answer is ever believed, the first good one after it is, there is never more than one
connection, and a write counts as done only when its own answer says so. With one request in flight
and with eight."""

import threading
import unittest

from hostile import POISON, HostileDevice
from msm import Msm, eventually, fc_read

SCRIPT = """
local plc = memory("plc", { order = "ABCD" })
plc.OUT  = holding.uint16(0, { expire = "10m" })
plc.PAIR = holding.uint32(1, { expire = "10m" })
plc:raw { holding = { 100, 20 }, input = { 0, 10 }, coil = { 0, 20 }, discrete = { 0, 20 } }
local info = memory "info"
info.SCANS     = input.uint16(0, { limit = "wrap" })
info.OUT       = input.uint16(1)
info.PAIR      = input.uint16(2)
info.CONFIRMED = input.uint16(3, { limit = "wrap" })
info.GOOD      = input.uint16(4)
client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms", timeout = "150ms",
             depth = %d }
server.tcp { port = 0, units = { [1] = plc, [2] = info }, stale = "serve" }
server.tcp { port = 0, mem = plc }
local CODES = { pending = 1, confirmed = 2, refused = 3, expired = 4 }
every("20ms", function()
  info.SCANS = info.SCANS + 1
  info.OUT = CODES[plc:state "OUT"] or 0
  info.PAIR = CODES[plc:state "PAIR"] or 0
  if info.OUT == 2 then info.CONFIRMED = info.CONFIRMED + 1 end
  info.GOOD = plc:quality "OUT" == "good" and 1 or 0
  for i = 100, 119 do
    if plc.holding[i] == 0xDEAD then log.error("POISON in holding register %%d", i) end
  end
end)
"""
PENDING, CONFIRMED, REFUSED = 1, 2, 3
PATTERN = [1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0]

# name: behaviour, its options, and whether it leaves the frames' borders intact, so that the very
# first good answer after it can be read.
BAD = {
    "wrong_transaction": ("wrong_transaction", {}, True),
    "wrong_unit": ("wrong_unit", {}, True),
    "wrong_protocol": ("wrong_protocol", {}, True),
    "length_more": ("wrong_length", {"by": 3}, False),
    "length_less": ("wrong_length", {"by": -3}, False),
    "length_0": ("wrong_length", {"says": 0}, True),
    "length_1": ("wrong_length", {"says": 1}, True),
    "length_300": ("wrong_length", {"says": 300}, True),
    "wrong_function": ("wrong_function", {}, True),
    "byte_count_less": ("wrong_byte_count", {"by": -2}, True),
    "byte_count_more": ("wrong_byte_count", {"by": 2}, True),
    "byte_count_alone": ("wrong_byte_count", {"by": -1, "cut": False}, True),
    "late": ("late", {}, True),
    "missing": ("missing", {}, True),
    "close_mid_frame": ("close_mid_frame", {}, True),
    "close": ("close", {}, True),
    "busy": ("exception", {"code": 6}, True),
    "failure": ("exception", {"code": 4}, True),
    "no_such_exception": ("exception", {"code": 0}, True),
    "exception_of_a_gateway": ("exception", {"code": 0x0B}, True),
    "garbage": ("garbage", {}, False),
}


class Watcher:
    """Reads everything that msm shows, all the time, on a thread of its own."""

    def __init__(self, msm):
        self.wire = msm.connect()
        self.over = threading.Event()
        self.poison, self.sweeps = [], 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def look(self, function, address, count):
        values = self.wire.read(function, address, count)
        if function > 2:
            wrong = POISON in values or POISON >> 8 in values
        else:
            wrong = values != PATTERN[:count] and any(values)  # all 0: not read yet
        if wrong:
            self.poison.append((function, address, values))

    def run(self):
        try:
            while not self.over.wait(0.003):
                self.look(3, 0, 3)
                self.look(3, 100, 20)
                self.look(4, 0, 10)
                self.look(1, 0, 20)
                self.look(2, 0, 20)
                self.sweeps += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.poison.append(repr(error))

    def stop(self):
        self.over.set()
        self.thread.join()
        self.wire.close()


class Hostile:
    """All of it with one depth."""

    depth = None

    @classmethod
    def setUpClass(cls):
        cls.device = HostileDevice()
        cls.device.set("coil", 0, *PATTERN)
        cls.device.set("discrete", 0, *PATTERN)
        cls.msm = Msm(SCRIPT % (cls.device.port, cls.depth), servers=2)
        cls.watcher = Watcher(cls.msm)
        cls.value = 0

    @classmethod
    def tearDownClass(cls):
        cls.watcher.stop()
        cls.device.stop()
        cls.msm.stop()

    def setUp(self):
        self.wire = self.msm.connect()
        self.addCleanup(self.wire.close)
        self.device.good()
        self.device.release()
        eventually(lambda: self.info("GOOD") == 1, "a good link")

    def tearDown(self):
        """Whatever was tested: no poison, never a second connection, and the watcher watches."""
        sweeps = self.watcher.sweeps
        eventually(lambda: self.watcher.sweeps > sweeps + 1 or self.watcher.poison, "the watcher")
        self.assertEqual(self.watcher.poison, [])
        self.assertNotIn("POISON", self.msm.text())
        self.assertEqual(self.device.most, 1)

    # -- help ------------------------------------------------------------------------------

    INFO = {"SCANS": 0, "OUT": 1, "PAIR": 2, "CONFIRMED": 3, "GOOD": 4}

    def info(self, name):
        answer = self.wire.ask(fc_read(4, self.INFO[name], 1), unit=2)
        assert answer[0] == 4, answer.hex(" ")
        return answer[2] << 8 | answer[3]

    def scans(self, count):
        """Lets some scans pass."""
        begin = self.info("SCANS")
        eventually(lambda: (self.info("SCANS") - begin) & 0xFFFF >= count, "%d scans" % count)

    def next_value(self):
        type(self).value += 1
        return self.value

    def change(self):
        """Gives the device's words that are read a new value."""
        value = self.next_value()
        self.device.set("holding", 100, *[value] * 20)
        self.device.set("input", 0, *[value] * 10)
        return value

    def arrives(self, value):
        eventually(lambda: self.wire.holding(100, 20) == [value] * 20, "the holding registers")
        eventually(lambda: self.wire.input(0, 10) == [value] * 10, "the input registers")

    def state(self, name, code):
        eventually(lambda: self.info(name) == code, "state %d of %s" % (code, name))

    # -- what is read ----------------------------------------------------------------------

    def under(self, name, options):
        """every request is answered so, for some requests; then well. Few where each takes a new
        connection, because they come more and more slowly."""
        old = self.change()
        self.arrives(old)
        count = 1 if self.breaks(name, options) else 3
        mark = self.device.mark()
        self.device.behave(name, **options)
        self.device.wait_seen(count, behaviour=name, since=mark)
        value = self.change()
        self.device.wait_seen(count + 1, behaviour=name, since=mark)
        self.device.release()
        self.assertEqual(self.wire.holding(100), old)
        self.device.good()
        self.arrives(value)
        self.device.release()

    @staticmethod
    def breaks(name, options):
        """Whether such an answer ends the connection."""
        return name.startswith("close") or "says" in options

    def one_good(self, name, options):
        """True if the only good answer to FC 4, after some bad ones, is shown."""
        mark = self.device.mark()
        self.device.behave(name, fc=4, **options)
        self.device.wait_seen(3, 4, name, mark)
        value = self.change()
        with self.device.changed:
            self.device.good()
            self.device.behave("good", 1, fc=4)
            self.device.behave("silent", fc=4)
        self.device.wait_seen(1, 4, "good", mark)
        self.device.release()
        self.device.wait_seen(1, 4, "silent", mark)  # so the good one was taken, or was too late
        self.scans(2)
        shown = self.wire.input(0, 10) == [value] * 10
        self.device.good()
        self.arrives(value)
        return shown

    def first_counts(self, name, options):
        """a machine that stands still for the whole timeout can spoil an attempt, but not three"""
        self.assertTrue(any(self.one_good(name, options) for _ in range(3)),
                        "the first good answer did not count")

    def test_doubled(self):
        """two answers to each request: the first is taken, the second is nobody's"""
        self.device.behave("doubled")
        for _ in range(5):
            self.arrives(self.change())

    def test_split(self):
        """answers in pieces of one byte, and of seven"""
        for size in (1, 7):
            self.device.good()
            self.device.behave("split", size=size)
            self.arrives(self.change())

    def test_late_while_others_are_answered(self):
        """the answer to the request before comes when the next one is under way"""
        mark = self.device.mark()
        self.device.behave("late", fc=4)
        released = 0
        for count in range(2, 6):
            self.device.wait_seen(count, 4, "late", mark)  # so the one before has timed out
            released += self.device.release()
        self.assertGreaterEqual(released, 4)
        value = self.change()
        self.device.good()
        self.arrives(value)
        self.device.release()

    def test_address_refused_once(self):
        """exception 02 for each table once: reads are divided, and all values arrive; after a loss
        they are whole again"""
        for function in (1, 2, 3, 4):
            self.device.behave("exception", 1, fc=function, code=2)
        self.arrives(self.change())
        whole = fc_read(4, 0, 10)
        mark = self.device.mark()
        self.device.wait_seen(4, 4, since=mark)
        self.assertNotIn(whole, [r.pdu for r in self.device.seen(4, since=mark)[1:]])
        self.device.behave("close", 1)
        self.device.wait(lambda: any(r.pdu == whole for r in self.device.seen(4, since=mark)[1:]),
                         "the whole read")

    def test_frame_borders_are_found_again(self):
        """a header that says less leaves bytes over, of any number, and the next frames are
        misread: not for long"""
        for by in (-1, -2, -4, -5, -6, -8):
            with self.subTest(by=by):
                self.under("wrong_length", {"by": by})

    # -- what is written -------------------------------------------------------------------

    def write_unconfirmed(self, name, options, count=4):
        """Writes OUT under a behaviour of FC 6, and lets it be repeated; the state stays pending."""
        value = self.next_value()
        mark = self.device.mark()
        self.device.behave(name, fc=6, **options)
        self.assertEqual(self.wire.write(0, value), 0)
        self.device.wait_seen(1, 6, since=mark)
        self.scans(2)
        confirmed = self.info("CONFIRMED")
        self.device.wait_seen(count, 6, since=mark)
        self.scans(2)
        self.assertEqual(self.info("OUT"), PENDING)
        self.assertEqual(self.info("CONFIRMED"), confirmed)
        self.device.good()
        self.state("OUT", CONFIRMED)
        self.assertEqual(self.device.get("holding", 0), value)
        self.assertEqual(self.wire.holding(0), value)
        self.assertEqual({r.pdu for r in self.device.seen(6, since=mark)},
                         {bytes((6, 0, 0, value >> 8, value & 0xFF))})

    def test_wrong_echo_of_a_value(self):
        """another value in the answer to FC 6"""
        self.write_unconfirmed("wrong_echo", {"at": 4})

    def test_wrong_echo_of_an_address(self):
        """another address in the answer to FC 6"""
        self.write_unconfirmed("wrong_echo", {"at": 2})

    def test_write_without_answer(self):
        """repeated until it is answered"""
        self.write_unconfirmed("missing", {})

    def test_write_closed_upon(self):
        """repeated on the next connection"""
        self.write_unconfirmed("close", {}, 2)

    def test_write_busy(self):
        """exception 06: repeated"""
        self.write_unconfirmed("exception", {"code": 6}, 3)

    def test_write_answered_by_another_unit(self):
        self.write_unconfirmed("wrong_unit", {})

    def test_wrong_echo_of_a_count(self):
        """another address, then another count, in the answer to FC 16"""
        for at in (2, 4):
            with self.subTest(at=at):
                value = self.next_value()
                mark = self.device.mark()
                self.device.behave("wrong_echo", fc=16, at=at)
                self.assertEqual(self.wire.write(1, value, value), 0)
                self.device.wait_seen(4, 16, since=mark)
                self.scans(2)
                self.assertEqual(self.info("PAIR"), PENDING)
                self.device.good()
                self.state("PAIR", CONFIRMED)
                self.assertEqual(self.device.get("holding", 1, 2), [value, value])

    def test_late_answer_confirms_nothing_else(self):
        """the answer to the value before comes while the next value is under way"""
        first, second = self.next_value(), self.next_value()
        mark = self.device.mark()
        self.device.behave("late", fc=6)
        self.assertEqual(self.wire.write(0, first), 0)
        self.device.wait_seen(1, 6, since=mark)
        self.assertEqual(self.wire.write(0, second), 0)
        self.device.wait(lambda: self.device.seen(6, since=mark)[-1].pdu[4] == second & 0xFF,
                         "the second value")
        self.scans(2)
        confirmed = self.info("CONFIRMED")
        self.assertGreaterEqual(self.device.release(), 1)
        self.scans(3)
        self.assertEqual(self.info("CONFIRMED"), confirmed)
        self.assertEqual(self.info("OUT"), PENDING)
        self.device.good()
        self.state("OUT", CONFIRMED)
        self.assertEqual(self.device.get("holding", 0), second)
        self.assertEqual(self.wire.holding(0), second)

    def test_lost_answer_is_written_again(self):
        """carried out, but the answer was lost, once by silence and once with the connection"""
        for name in ("missing", "close"):
            with self.subTest(name):
                value = self.next_value()
                mark = self.device.mark()
                self.device.behave(name, 1, fc=6, carried_out=True)
                self.assertEqual(self.wire.write(0, value), 0)
                self.device.wait_seen(2, 6, since=mark)
                self.state("OUT", CONFIRMED)
                self.assertEqual(self.device.get("holding", 0), value)
                self.assertEqual([r.behaviour for r in self.device.seen(6, since=mark)],
                                 [name, "good"])

    def test_refused_write(self):
        """exception 03 is a word: not repeated until the value changes"""
        mark = self.device.mark()
        self.device.behave("exception", 1, fc=6, code=3)
        self.assertEqual(self.wire.write(0, self.next_value()), 0)
        self.device.wait_seen(1, 6, since=mark)
        self.state("OUT", REFUSED)
        polls = self.device.mark()
        self.device.wait_seen(10, 3, since=polls)
        self.assertEqual(len(self.device.seen(6, since=mark)), 1)
        value = self.next_value()
        self.assertEqual(self.wire.write(0, value), 0)
        self.state("OUT", CONFIRMED)
        self.assertEqual(self.device.get("holding", 0), value)


def add_tests():
    for label, (name, options, intact) in BAD.items():
        def under(self, name=name, options=options):
            self.under(name, options)
        under.__doc__ = "all answers: %s %s" % (name, options or "")
        setattr(Hostile, "test_under_" + label, under)
        if not intact:
            continue

        def first(self, name=name, options=options):
            self.first_counts(name, options)
        first.__doc__ = "the first good answer after: %s %s" % (name, options or "")
        setattr(Hostile, "test_first_after_" + label, first)


add_tests()


class OneInFlight(Hostile, unittest.TestCase):
    """depth = 1, the default"""
    depth = 1


class EightInFlight(Hostile, unittest.TestCase):
    """depth = 8"""
    depth = 8


class Swallowed(unittest.TestCase):
    """A device of one register, whose answers are short."""

    def test_promised_too_much(self):
        """one header says 254 bytes: the next answers would fill that frame, one by one, so the
        connection is given up after a few requests instead"""
        with HostileDevice() as device, Msm("""
                local plc = memory "plc"
                plc.X = holding.uint16(0)
                client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "20ms",
                             timeout = "150ms" }
                server.tcp { port = 0, mem = plc, stale = "serve" }
                """ % device.port) as msm, msm.connect() as wire:
            device.set("holding", 0, 1)
            eventually(lambda: wire.holding(0) == 1, "the first value")
            mark = device.mark()
            device.behave("wrong_length", 1, says=254)
            device.wait_seen(1, behaviour="wrong_length", since=mark)
            device.set("holding", 0, 2)
            eventually(lambda: wire.holding(0) == 2, "the value after it")
            self.assertEqual((device.total, device.most), (2, 1))


if __name__ == "__main__":
    unittest.main()
