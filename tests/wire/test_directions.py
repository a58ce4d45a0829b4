"""What a master may write on a server, variable by variable: directions, gaps, parts, bits and
limits, on the real binary.

Exception codes: 02 may not be written, 03 value out of range.
"""

import math
import struct
import unittest

from msm import (Served, eventually, fc5, fc6, fc15, fc16, fc22, fc23, fc_read, from_low_first,
                 low_first)


class Who(Served):
    script = """
    mem.FREE   = holding.uint16(0)
    mem.OURS   = holding.uint16(1, { dir = "out", default = 11 })
    mem.THEIRS = holding.uint16(2, { dir = "in" })
    mem.SAFE   = holding.uint16(3, { safe = 5, default = 13 })
    mem.BOTH   = holding.uint16(4, { safe = 5, dir = "inout", default = 14 })
    -- 5 and 6 are a gap
    mem.LAST   = holding.uint16(7, { default = 17 })
    mem.C_FREE = coil(10)
    mem.C_OURS = coil(11, { dir = "out" })
    mem.C_SAFE = coil(12, { safe = true })
    mem.C_BOTH = coil(13, { safe = true, dir = "inout" })
    -- 14 is a gap
    mem.C_LAST = coil(15)
    mem.D_IN   = discrete(20)
    mem.I_IN   = input.uint16(30, { default = 30 })
    mem.I_FAR  = input.uint16(33, { default = 33 })
    server.tcp { port = 0 }
    every("10ms", function() mem.D_IN = mem.THEIRS == 2 end)
    """

    def setUp(self):
        super().setUp()
        self.accept(fc6(0, 10), fc6(2, 12), fc6(4, 14), fc6(7, 17), fc15(10, [0]), fc5(13, False),
                    fc5(15, False))

    def unchanged(self):
        self.assertEqual(self.wire.holding(0, 8), [10, 11, 12, 13, 14, 0, 0, 17])
        self.assertEqual(self.wire.read(1, 10, 6), [0, 0, 0, 0, 0, 0])

    def test_inout_and_in_are_written(self):
        """coils and holding registers are "inout" by default; "in" is written by the world"""
        for address in (0, 2, 4, 7):
            self.accept(fc6(address, 99), fc16(address, [98]), fc22(address, 0, 97))
            self.assertEqual(self.wire.holding(address), 97)
            self.assertEqual(self.wire.ask(fc23(address, 1, address, [96])), b"\x17\x02\x00\x60")
        for address in (10, 13, 15):
            self.accept(fc5(address, True))
            self.assertEqual(self.wire.coil(address), 1)
            self.accept(fc15(address, [0]))
            self.assertEqual(self.wire.coil(address), 0)

    def test_out_is_refused(self):
        """"out", and what `safe` makes "out": 02 by every function, nothing written"""
        for address in (1, 3):
            self.refuse(2, fc6(address, 99), fc16(address, [99]), fc22(address, 0, 99),
                        fc23(0, 1, address, [99]))
            # the same value, too: it is not the value that is refused
            self.refuse(2, fc6(address, 10 + address))
        for address in (11, 12):
            self.refuse(2, fc5(address, True), fc5(address, False), fc15(address, [1]))
        self.unchanged()

    def test_refused_request_changes_nothing(self):
        """a write over "inout" and "out" together: 02, and the "inout" half stays as well"""
        self.refuse(2, fc16(0, [1, 2]), fc16(0, [1, 2, 3, 4, 5]), fc23(0, 1, 2, [1, 1]),
                    fc16(4, [1, 1]), fc16(4, [1, 1, 1, 1]), fc16(7, [1, 1]), fc15(10, [1, 1]),
                    fc15(13, [1, 1]), fc15(13, [1, 1, 1]), fc15(15, [1, 1]))
        self.unchanged()

    def test_gaps(self):
        """gaps read 0 and are not written: wholly undeclared words and coils 02"""
        self.assertEqual(self.wire.holding(4, 4), [14, 0, 0, 17])
        self.assertEqual(self.wire.holding(5, 2), [0, 0])
        self.assertEqual(self.wire.input(30, 4), [30, 0, 0, 33])
        self.assertEqual(self.wire.read(1, 14, 1), [0])
        self.refuse(2, fc6(5, 1), fc6(6, 0), fc22(5, 0xFFFF, 0), fc16(5, [0, 0]), fc5(14, True),
                    fc5(14, False))
        self.unchanged()

    def test_map_ends(self):
        """below the lowest and beyond the highest address of each table: 02"""
        for function, low, high in ((1, 10, 15), (2, 20, 20), (3, 0, 7), (4, 30, 33)):
            self.accept(fc_read(function, low, high - low + 1))
            self.refuse(2, fc_read(function, high + 1, 1), fc_read(function, low, high - low + 2),
                        fc_read(function, high, 2))
            if low:
                self.refuse(2, fc_read(function, low - 1, 1), fc_read(function, low - 1, 2))
        self.refuse(2, fc6(8, 1), fc5(9, True), fc5(16, True))

    def test_script_sees_it(self):
        """the script sees what a master wrote, a master sees what the script wrote"""
        for value, seen in ((2, 1), (3, 0), (2, 1)):
            self.accept(fc6(2, value))
            eventually(lambda: self.wire.discrete(20) == seen)


class NoTable(Served):
    script = """
    mem.ONLY = input.uint16(5)
    server.tcp { port = 0 }
    """

    def test_empty_tables(self):
        """a table in which nothing is declared answers 02 to everything"""
        self.refuse(2, fc_read(1, 0, 1), fc_read(2, 0, 1), fc_read(3, 0, 1), fc_read(3, 5, 1),
                    fc5(0, True), fc6(5, 1), fc15(0, [1]), fc16(5, [1]), fc22(5, 0, 0),
                    fc23(5, 1, 5, [1]))
        self.accept(fc_read(4, 5, 1))


class Partial(Served):
    script = """
    mem.WHOLE  = holding.uint32(0)
    mem.PARTS  = holding.uint32(2, { partial = true })
    mem.LONG   = holding.float64(4)
    mem.TEXT   = holding.string(8, { length = 6 })
    mem.LIST   = holding.uint32(11, { count = 2 })
    mem.RAWLY  = holding.uint32(15)
    mem:raw { holding = { 15, 2 } }
    mem.ECHO   = input.uint32(0)
    server.tcp { port = 0 }
    every("5ms", function() mem.ECHO = mem.PARTS end)
    """

    def setUp(self):
        super().setUp()
        self.accept(fc16(0, list(range(100, 115))), fc16(15, [115, 116]))

    def unchanged(self):
        self.assertEqual(self.wire.holding(0, 17), list(range(100, 117)))

    def test_part_is_refused(self):
        """a multi-word variable written in part: 02, by every function, nothing written"""
        self.refuse(2, fc6(0, 1), fc6(1, 1), fc16(0, [1]), fc16(1, [1]), fc22(0, 0, 1),
                    fc23(0, 1, 1, [1]), fc16(1, [1, 1]), fc16(1, [1, 1, 1]))
        self.refuse(2, fc16(4, [1] * 3), fc16(5, [1] * 3), fc6(7, 1), fc16(3, [1] * 4))
        self.refuse(2, fc6(8, 1), fc16(9, [1, 1]), fc16(8, [1, 1]))
        self.refuse(2, fc6(11, 1), fc16(12, [1, 1]), fc16(11, [1, 1, 1]))
        self.unchanged()

    def test_whole_is_accepted(self):
        """whole variables, one or several of them; an array element is a variable of its own"""
        self.accept(fc16(0, [1, 2]), fc16(4, [1, 2, 3, 4]), fc16(8, [1, 2, 3]), fc16(11, [1, 2]),
                    fc16(13, [3, 4]), fc16(11, [5, 6, 7, 8]), fc16(0, list(range(17))),
                    fc23(0, 1, 0, [9, 9]))
        self.assertEqual(self.wire.holding(0, 17), [9, 9] + list(range(2, 17)))

    def test_partial(self):
        """`partial` and raw words may be written in part"""
        self.accept(fc6(2, 1), fc6(3, 2), fc22(2, 0, 7), fc16(3, [8]), fc6(15, 3), fc6(16, 4),
                    fc16(0, [5, 6, 7]))
        self.assertEqual(self.wire.holding(0, 4), [5, 6, 7, 8])
        self.assertEqual(self.wire.holding(15, 2), [3, 4])
        self.refuse(2, fc16(3, [1, 1]))

    def test_partial_is_read_whole(self):
        """the script reads the whole that the parts make"""
        self.accept(fc6(2, 0x1111), fc6(3, 0x2222))
        eventually(lambda: from_low_first("I", self.wire.input(0, 2)) == 0x22221111)


class Bits(Served):
    script = """
    mem.THEIRS = holding.bool(0, 0)
    mem.OURS   = holding.bool(0, 1, { dir = "out", default = true })
    mem.ALSO   = holding.bool(0, 15)
    mem.LOW    = holding.byte(1, 0)
    mem.HIGH   = holding.byte(1, 1, { dir = "out", default = 0x5A })
    mem.BOTH   = holding.word(2)
    mem.BIT3   = holding.bool(2, 3)
    mem.B_LOW  = holding.byte(3, 0)
    mem.B_HIGH = holding.byte(3, 1)
    mem.LOCKED = holding.bool(4, 2, { dir = "out" })
    server.tcp { port = 0 }
    """

    def setUp(self):
        super().setUp()
        self.accept(fc6(0, 0x0002), fc6(1, 0x5A00), fc6(2, 0), fc6(3, 0))

    def test_other_bits_must_be_unchanged(self):
        """a partly writable word: its other bits must be unchanged, else 02"""
        for word in (0x0003, 0x8002, 0x8003, 0x0002):
            self.accept(fc6(0, word))
            self.assertEqual(self.wire.holding(0), word)
        self.refuse(2, fc6(0, 0x0000), fc6(0, 0x8001), fc6(0, 0x0006), fc6(0, 0xFFFF),
                    fc6(0, 0x4002), fc16(0, [0x0000]), fc23(0, 1, 0, [0]))
        self.assertEqual(self.wire.holding(0), 0x0002)
        self.accept(fc6(1, 0x5AFF))
        self.refuse(2, fc6(1, 0x00FF), fc6(1, 0x5BFF))
        self.assertEqual(self.wire.holding(1), 0x5AFF)
        self.refuse(2, fc16(0, [0x0003, 0x0000]))
        self.assertEqual(self.wire.holding(0, 2), [0x0002, 0x5AFF])

    def test_mask_write(self):
        """FC 22 touches only its bits: it writes one bit of a shared word"""
        self.accept(fc22(0, 0xFFFE, 0x0001))
        self.assertEqual(self.wire.holding(0), 0x0003)
        self.accept(fc22(0, 0x7FFF, 0x8000))
        self.assertEqual(self.wire.holding(0), 0x8003)
        self.refuse(2, fc22(0, 0xFFFD, 0x0000), fc22(0, 0xFFFB, 0x0004), fc22(0, 0, 0x8001))
        self.assertEqual(self.wire.holding(0), 0x8003)
        self.accept(fc22(0, 0xFFFD, 0x0002))  # sets what is set
        self.accept(fc22(0, 0xFFFE, 0xFFFE))  # or_mask counts only where and_mask is 0
        self.assertEqual(self.wire.holding(0), 0x8002)

    def test_wholly_read_only_word(self):
        """a word of which nobody may write a bit is 02 whatever is written, unchanged too"""
        self.refuse(2, fc6(4, 0), fc6(4, 4), fc22(4, 0xFFFF, 0))

    def test_word_and_its_bits(self):
        """a word and its bits, two bytes of a word: writable as what they are"""
        self.accept(fc6(2, 0xFFFF), fc6(3, 0x1234))
        self.assertEqual(self.wire.holding(2, 2), [0xFFFF, 0x1234])


class Limits(Served):
    script = """
    mem.LEVEL  = holding.uint16(0, { min = 10, max = 20, default = 15 })
    mem.SIGNED = holding.int16(1, { min = -5, max = 5 })
    mem.REAL   = holding.float32(2, { min = -1, max = 100, limit = "clamp" })
    mem.SCALED = holding.uint16(4, { scale = 0.1, min = 0, max = 0.3 })
    mem.ANY    = holding.float32(5)
    mem.NAN    = holding.float32(7, { nan = true })
    mem.BIG    = holding.uint32(9, { max = 100000 })
    mem.BYTE   = holding.byte(11, 1, { max = 9 })
    mem.WIDE   = holding.float64(12, { min = 0, max = 1 })
    mem.PARTS  = holding.uint32(16, { max = 0x20001, partial = true })
    mem.OURS   = holding.uint16(18, { dir = "out" })
    mem.OLD    = holding.int32(20, { order = "ABCD", min = -2, max = 2 })
    server.tcp { port = 0 }
    """

    def test_integers(self):
        """a value outside min..max: 03; the limits themselves are inside"""
        for value in (10, 15, 20):
            self.accept(fc6(0, value))
        self.refuse(3, fc6(0, 9), fc6(0, 21), fc6(0, 0), fc6(0, 0xFFFF), fc22(0, 0, 21),
                    fc16(0, [9]), fc23(0, 1, 0, [21]))
        self.assertEqual(self.wire.holding(0), 20)
        for value in (-5, 0, 5):
            self.accept(fc6(1, value))
        self.refuse(3, fc6(1, -6), fc6(1, 6), fc6(1, 0x8000))
        self.accept(fc16(9, low_first("I", 100000)))
        self.refuse(3, fc16(9, low_first("I", 100001)), fc16(9, low_first("I", 0xFFFFFFFF)))
        for value in (-2, 2):
            self.accept(fc16(20, list(struct.unpack(">HH", struct.pack(">i", value)))))
        self.refuse(3, fc16(20, [0, 3]), fc16(20, [0xFFFF, 0xFFFD]), fc16(20, [0xFFFE, 0xFFFF]))

    def test_floats(self):
        """floats by value; `limit = "clamp"` is for the script, a master is told 03"""
        for value in (-1, 0, 99.5, 100):
            self.accept(fc16(2, low_first("f", value)))
        self.refuse(3, *(fc16(2, low_first("f", value)) for value in (
            -1.0001, 100.0001, 1e30, math.inf, -math.inf, math.nan)))
        self.assertEqual(from_low_first("f", self.wire.holding(2, 2)), 100)
        self.accept(fc16(12, low_first("d", 1.0)))
        self.refuse(3, *(fc16(12, low_first("d", value)) for value in (
            1.0000000000000002, -5e-324, math.nan)))

    def test_nan(self):
        """NaN: 03 without `nan`, also where there are no limits; with it accepted"""
        nan = low_first("f", math.nan)
        self.accept(fc16(5, low_first("f", -3e38)), fc16(7, nan), fc16(7, low_first("f", math.inf)))
        self.refuse(3, fc16(5, nan), fc16(5, [0x0001, 0xFF80]))
        self.assertEqual(self.wire.holding(5, 2), low_first("f", -3e38))

    def test_raw_limits(self):
        """the range is checked on the raw value: 0.3 at a scale of 0.1 is 3"""
        self.accept(fc6(4, 3), fc6(4, 0))
        self.refuse(3, fc6(4, 4), fc6(4, 0xFFFF))

    def test_byte(self):
        """a byte's limits are those of its half of the word; the other half is not writable"""
        self.accept(fc6(11, 0x0900))
        self.refuse(3, fc6(11, 0x0A00))
        self.refuse(2, fc6(11, 0x0901))

    def test_every_variable_touched(self):
        """every variable touched is checked before any is written"""
        good = [15, 0] + low_first("f", 50) + [1]
        self.accept(fc16(0, good))
        for at, word in ((0, 9), (1, 6), (3, 0x7FC0), (4, 4)):
            bad = [12, 1] + low_first("f", 60) + [2]
            bad[at] = word
            self.refuse(3, fc16(0, bad))
            self.assertEqual(self.wire.holding(0, 5), good)
        # what FC 23 would have read is not answered when its write is refused
        self.refuse(3, fc23(0, 5, 0, [9]))

    def test_address_before_value(self):
        """02 before 03: a bad value beside a word that may not be written"""
        self.refuse(2, fc16(16, [5, 5, 1]), fc16(0, [9] * 20))
        self.refuse(2, fc16(0, [9, 0, 0]), fc16(0, [9, 6, 0]))  # half a variable behind it

    def test_partial_value(self):
        """a partly written variable is checked as the whole that would result"""
        self.accept(fc16(16, low_first("I", 0x20001)))
        self.refuse(3, fc6(16, 2), fc6(17, 3))
        self.accept(fc6(17, 1), fc6(16, 2))
        self.refuse(3, fc6(17, 2))
        self.assertEqual(self.wire.holding(16, 2), [2, 1])


if __name__ == "__main__":
    unittest.main()
