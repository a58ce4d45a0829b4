"""The corner cases of a server's functions, raw bytes in and raw bytes out, on the real binary.

Each test names its case. AP is the MODBUS Application Protocol V1.1b3, MG the Messaging on TCP/IP
Implementation Guide V1.0b. What a refused request should not have changed is looked at again.
"""

import struct
import unittest

from msm import PLAIN, Served, fc5, fc6, fc15, fc16, fc22, fc23, fc_read

WRITES = [fc5(0, False), fc6(0, 7), fc15(0, [0] * 8), fc16(0, [7, 7]), fc22(0, 0, 7),
          fc23(0, 1, 0, [7])]


class Functions(Served):
    script = PLAIN

    def setUp(self):
        super().setUp()
        for start in range(0, 300, 100):
            self.assertEqual(self.wire.write(start, *range(start, start + 100)), 0)
        self.assertEqual(self.wire.ask(fc15(0, [1] * 1968))[0], 15)
        self.assertEqual(self.wire.ask(fc15(1968, [1] * 132))[0], 15)

    def unchanged(self):
        self.assertEqual(self.wire.holding(0, 100), list(range(100)))
        self.assertEqual(self.wire.holding(200, 100), list(range(200, 300)))
        self.assertEqual(sum(self.wire.read(1, 0, 2000)), 2000)
        self.assertEqual(sum(self.wire.read(1, 2000, 100)), 100)

    def test_bits_quantity_bad(self):
        """FC 1, 2: quantity 0, 2001, 65535 -> 03 (AP 6.1, 6.2)"""
        for function in (1, 2):
            for quantity in (0, 2001, 65535):
                self.refuse(3, fc_read(function, 0, quantity))

    def test_bits_quantity_good(self):
        """FC 1, 2: quantity 2000: 250 bytes; 9: 2 bytes with zero padding bits (AP 6.1)"""
        third = bytes(sum((i % 3 == 0) << (i - 8 * b) for i in range(8 * b, 8 * b + 8))
                      for b in range(250))
        self.assertEqual(self.wire.ask(fc_read(1, 0, 2000)), bytes([1, 250]) + b"\xFF" * 250)
        self.assertEqual(self.wire.ask(fc_read(2, 0, 2000)), bytes([2, 250]) + third)
        self.assertEqual(self.wire.ask(fc_read(1, 5, 9)), bytes([1, 2, 0xFF, 0x01]))
        self.assertEqual(self.wire.ask(fc_read(2, 1, 9)), bytes([2, 2, 0x24, 0x01]))

    def test_registers_quantity(self):
        """FC 3, 4: quantity 0, 126 -> 03; 125 is served (AP 6.3, 6.4)"""
        for function, base in ((3, 0), (4, 1000)):
            for quantity in (0, 126, 65535):
                self.refuse(3, fc_read(function, 0, quantity))
            answer = self.wire.ask(fc_read(function, 10, 125))
            self.assertEqual(answer, struct.pack(">BB125H", function, 250,
                                                 *range(base + 10, base + 135)))

    def test_quantity_before_address(self):
        """quantity bad and address bad: 03 first (AP 6 figures)"""
        for function in (1, 2, 3, 4):
            for quantity in (0, 2001):
                self.refuse(3, fc_read(function, 60000, quantity))
                self.refuse(3, fc_read(function, 65535, quantity))
        self.refuse(3, fc5(60000, True)[:3] + b"\x12\x34")
        self.refuse(3, struct.pack(">BHHBH", 16, 60000, 0, 2, 7))
        self.refuse(3, struct.pack(">BHHBB", 15, 60000, 0, 1, 7))
        self.refuse(3, struct.pack(">BHHHHBH", 23, 60000, 0, 60000, 1, 2, 7))
        self.unchanged()

    def test_address_outside(self):
        """beyond the map -> 02, the last address served (AP 7)"""
        for function, size in ((1, 2100), (2, 2100), (3, 300), (4, 300)):
            self.assertEqual(len(self.wire.read(function, size - 1, 1)), 1)
            self.refuse(2, fc_read(function, size, 1))
            self.refuse(2, fc_read(function, size - 1, 2))
            self.refuse(2, fc_read(function, 65535, 1))
        self.refuse(2, fc5(2100, True))
        self.refuse(2, fc6(300, 1))
        self.refuse(2, fc22(300, 0, 0))

    def test_pdu_of_wrong_length(self):
        """PDU shorter or longer than its function code says -> 03, never silence, never stale
        bytes (AP 7)"""
        long = fc16(100, [0x5AA5] * 100)
        short = WRITES + [fc_read(f, 0, 1) for f in (1, 2, 3, 4)] + [fc16(0, [7] * 123)]
        for pdu in short:
            for length in sorted({1, 2, 3, 4, 5, 6, len(pdu) - 2, len(pdu) - 1} - {len(pdu)}):
                if length < len(pdu):
                    # what was in the buffer before must not complete the short one
                    self.wire.ask(long)
                    self.refuse(3, pdu[:length])
            for extra in (b"\x00", b"\x00\x00", b"\xFF" * (253 - len(pdu))):
                if extra and len(pdu + extra) <= 253:
                    self.refuse(3, pdu + extra)
        for pdu in (b"\x08", b"\x08\x00", b"\x11\x00", b"\x2B", b"\x2B\x0E", b"\x2B\x0E\x01",
                    b"\x2B\x0E\x01\x00\x00"):
            self.refuse(3, pdu)
        self.unchanged()

    def test_fc5(self):
        """FC 5: FF00, 0000: echo; anything else: 03, coil unchanged (AP 6.5)"""
        for on in (False, True, True, False, False):
            self.assertEqual(self.wire.ask(fc5(9, on)), fc5(9, on))
            self.assertEqual(self.wire.coil(9), on)
        for value in (0x0001, 0xFFFF, 0xFF01, 0x00FF, 0x0100, 0xFE00):
            for on in (False, True):
                self.wire.ask(fc5(9, on))
                self.refuse(3, struct.pack(">BHH", 5, 9, value))
                self.assertEqual(self.wire.coil(9), on)
        self.assertEqual((self.wire.coil(8), self.wire.coil(10)), (1, 1))

    def test_fc6(self):
        """FC 6: echo, and only that word changes (AP 6.6)"""
        for word in (0, 1, 0x8000, 0xFFFF):
            self.assertEqual(self.wire.ask(fc6(5, word)), fc6(5, word))
            self.assertEqual(self.wire.holding(4, 3), [4, word, 6])

    def test_fc15_quantity(self):
        """FC 15: quantity 0, 1969 -> 03; 1968 is served (AP 6.11)"""
        self.refuse(3, struct.pack(">BHHB", 15, 0, 0, 0))
        self.refuse(3, struct.pack(">BHHBB", 15, 0, 0, 1, 0))
        self.refuse(3, fc15(0, [0] * 1969))
        self.unchanged()
        bits = [i % 5 == 0 for i in range(1968)]
        self.assertEqual(self.wire.ask(fc15(3, bits)), struct.pack(">BHH", 15, 3, 1968))
        self.assertEqual(self.wire.read(1, 0, 1975), [1, 1, 1] + [int(b) for b in bits] + [1] * 4)

    def test_fc15_padding_is_ignored(self):
        """FC 15: bits beyond the quantity are padding and write nothing (AP 6.11)"""
        self.assertEqual(self.wire.ask(struct.pack(">BHHBB", 15, 0, 3, 1, 0b00000101))[0], 15)
        self.assertEqual(self.wire.read(1, 0, 9), [1, 0, 1, 1, 1, 1, 1, 1, 1])
        self.assertEqual(self.wire.ask(struct.pack(">BHHBB", 15, 0, 2, 1, 0b11111100))[0], 15)
        self.assertEqual(self.wire.read(1, 0, 9), [0, 0, 1, 1, 1, 1, 1, 1, 1])

    def test_fc16_quantity(self):
        """FC 16: quantity 0, 124 -> 03; 123 is served (AP 6.12)"""
        self.refuse(3, struct.pack(">BHHB", 16, 0, 0, 0))
        self.refuse(3, struct.pack(">BHHBH", 16, 0, 0, 2, 9))
        # 124 words do not fit into a PDU: as many as do, under both byte counts
        self.refuse(3, struct.pack(">BHHB", 16, 0, 124, 248) + b"\x00" * 247)
        self.refuse(3, struct.pack(">BHHB", 16, 0, 124, 246) + b"\x00" * 246)
        self.refuse(3, struct.pack(">BHHB", 16, 0, 65535, 246) + b"\x00" * 246)
        self.unchanged()
        words = [0xFF00 ^ i for i in range(123)]
        self.assertEqual(self.wire.ask(fc16(1, words)), struct.pack(">BHH", 16, 1, 123))
        self.assertEqual(self.wire.holding(0, 125), [0] + words + [124])

    def test_byte_count(self):
        """FC 15, 16: byte count too large, too small, odd -> 03 (AP 6.11, 6.12)"""
        for count in (0, 1, 3, 5, 6, 255):
            self.refuse(3, struct.pack(">BHHB", 16, 0, 2, count) + b"\x77" * 4)
            self.refuse(3, struct.pack(">BHHB", 16, 0, 2, count) + b"\x77" * min(count, 240))
        for count in (0, 1, 3, 255):
            self.refuse(3, struct.pack(">BHHB", 15, 0, 10, count) + b"\x00" * 2)
            self.refuse(3, struct.pack(">BHHB", 15, 0, 10, count) + b"\x00" * min(count, 240))
        self.unchanged()

    def test_write_across_the_end(self):
        """FC 16 across the end of the map -> 02, nothing written (AP 6.12)"""
        self.refuse(2, fc16(298, [1, 2, 3]))
        self.refuse(2, fc16(200, [0] * 101))
        self.refuse(2, fc15(2095, [0] * 6))
        self.unchanged()

    def test_fc22(self):
        """FC 22: (current AND and) OR (or AND NOT and), full echo: 12, F2, 25 gives 17 (AP 6.16)"""
        self.wire.write(4, 0x12)
        self.assertEqual(self.wire.ask(fc22(4, 0xF2, 0x25)), fc22(4, 0xF2, 0x25))
        self.assertEqual(self.wire.holding(4), 0x17)
        for before, keep, put in ((0xFFFF, 0, 0), (0, 0, 0x1234), (0x1234, 0xFFFF, 0xFFFF),
                                  (0x8001, 0x00FF, 0x7F00)):
            self.wire.write(4, before)
            self.assertEqual(self.wire.ask(fc22(4, keep, put)), fc22(4, keep, put))
            self.assertEqual(self.wire.holding(4), before & keep | put & ~keep & 0xFFFF)

    def test_fc23(self):
        """FC 23: write before read (AP 6.17)"""
        answer = self.wire.ask(fc23(8, 5, 10, [70, 71, 72]))
        self.assertEqual(answer, struct.pack(">BB5H", 23, 10, 8, 9, 70, 71, 72))
        answer = self.wire.ask(fc23(200, 2, 0, [5]))
        self.assertEqual(answer, struct.pack(">BB2H", 23, 4, 200, 201))
        self.assertEqual(self.wire.holding(0), 5)

    def test_fc23_limits(self):
        """FC 23: limits 125 and 121; byte count = 2 x write quantity (AP 6.17)"""
        words = list(range(1000, 1121))
        answer = self.wire.ask(fc23(0, 125, 0, words))
        self.assertEqual(answer, struct.pack(">BB125H", 23, 250, *words, 121, 122, 123, 124))
        self.wire.write(0, *range(123))
        self.refuse(3, fc23(0, 0, 0, [7]))
        self.refuse(3, fc23(0, 126, 0, [7]))
        self.refuse(3, struct.pack(">BHHHHB", 23, 0, 1, 0, 0, 0))
        self.refuse(3, struct.pack(">BHHHHB", 23, 0, 1, 0, 122, 244) + b"\x07" * 243)
        self.refuse(3, struct.pack(">BHHHHB", 23, 0, 1, 0, 122, 242) + b"\x07" * 242)
        for count in (0, 2, 3, 5, 6):
            self.refuse(3, struct.pack(">BHHHHB", 23, 0, 1, 0, 2, count) + b"\x07" * 4)
            self.refuse(3, struct.pack(">BHHHHB", 23, 0, 1, 0, 2, count) + b"\x07" * count)
        self.unchanged()

    def test_fc23_ranges(self):
        """FC 23: either range bad: 02, nothing written (AP 6.17)"""
        self.refuse(2, fc23(299, 2, 0, [7]))
        self.refuse(2, fc23(65535, 2, 0, [7]))
        self.refuse(2, fc23(0, 1, 299, [7, 7]))
        self.refuse(2, fc23(300, 1, 300, [7]))
        self.unchanged()

    def test_unknown_function(self):
        """unknown function code, function code 0 -> function or 80 hex, exception 01 (AP 7,
        MG 4.4.2.2)"""
        known = {1, 2, 3, 4, 5, 6, 8, 15, 16, 17, 22, 23, 43}
        for function in sorted(set(range(128)) - known):
            self.refuse(1, bytes([function]))
            self.refuse(1, bytes([function]) + b"\x00\x01\x00\x01")
            self.refuse(1, bytes([function]) + b"\xFF" * 252)

    def test_function_with_high_bit(self):
        """function code 80 hex and above in a request: never an answer that looks normal (AP
        4.1)"""
        for function in range(128, 256):
            answer = self.wire.ask(bytes([function]) + b"\x00\x00\x00\x01")
            self.assertEqual(answer, bytes([function, 1]))
        self.unchanged()

    def test_serial_functions(self):
        """FC 7, 8, 11, 12 over TCP: answer or 01 (AP 6.7 to 6.10)"""
        for function in (7, 11, 12):
            self.refuse(1, bytes([function]))
        for data in (b"", b"\x00\x00", b"\x12\x34", b"\xA5" * 7):
            answer = self.wire.ask(b"\x08\x00\x00" + data)
            self.assertIn(answer, (b"\x08\x00\x00" + data, b"\x88\x03"))
            if len(data) == 2:
                self.assertEqual(answer, b"\x08\x00\x00" + data)
        for sub in (1, 2, 3, 4, 10, 18, 21, 256, 65535):
            self.refuse(1, struct.pack(">BHH", 8, sub, 0))
        self.wire.read(3, 0, 1)  # sub-function 4, listen only, must not have silenced it

    def test_fc17(self):
        """FC 17: id, run indicator FF/00, text (AP 6.13)"""
        answer = self.wire.ask(b"\x11")
        self.assertEqual(answer[0], 17)
        self.assertEqual(answer[1], len(answer) - 2)
        self.assertEqual(answer[3], 0xFF)
        text = answer[4:].decode("ascii")
        self.assertTrue(text.isprintable() and text, repr(text))
        self.assertIn("wire", text)

    def identify(self, code, first):
        """One FC 43/14 request: (conformity, more, next, {id: text})."""
        answer = self.wire.ask(bytes([0x2B, 0x0E, code, first]))
        self.assertEqual(answer[:3], bytes([0x2B, 0x0E, code]), answer.hex(" "))
        conformity, more, after, count = answer[3:7]
        objects, rest = {}, answer[7:]
        for _ in range(count):
            objects[rest[0]] = rest[2:2 + rest[1]].decode("utf-8")
            self.assertEqual(len(rest[2:2 + rest[1]]), rest[1])
            rest = rest[2 + rest[1]:]
        self.assertEqual(rest, b"")
        self.assertIn(more, (0, 0xFF))
        return conformity, more, after, objects

    def stream(self, code, first=0):
        """All objects of a category, following more-follows."""
        objects = {}
        for _ in range(20):
            conformity, more, after, some = self.identify(code, first)
            self.assertEqual(conformity & 0x80, 0x80)
            self.assertFalse(set(some) & set(objects))
            objects.update(some)
            if not more:
                self.assertEqual(after, 0)
                return objects
            first = after
        self.fail("more follows for ever")

    def test_fc43_categories(self):
        """FC 43/14: basic, regular, extended (AP 6.21)"""
        basic = self.stream(1)
        self.assertEqual(sorted(basic), [0, 1, 2])
        self.assertTrue(all(basic.values()))
        regular = self.stream(2)
        self.assertEqual(basic.items() - regular.items(), set())
        self.assertTrue(set(regular) <= set(range(7)))
        self.assertEqual(regular[6], "wire")
        extended = self.stream(3)
        self.assertEqual(regular.items() - extended.items(), set())

    def test_fc43_single(self):
        """FC 43/14: single objects; an unknown one -> 02 (AP 6.21)"""
        for number, text in self.stream(2).items():
            _, more, after, objects = self.identify(4, number)
            self.assertEqual((more, after, objects), (0, 0, {number: text}))
        for number in (7, 0x7F, 0x80, 0xFF):
            self.refuse(2, bytes([0x2B, 0x0E, 4, number]))

    def test_fc43_unknown_start(self):
        """FC 43/14: an unknown object in a stream restarts at 0 (AP 6.21)"""
        for code in (1, 2, 3):
            self.assertEqual(self.identify(code, 0x7F), self.identify(code, 0))
        self.assertNotIn(0, self.identify(1, 1)[3])

    def test_fc43_bad(self):
        """FC 43/14: read code above 4 (and 0): 03; other MEI: 01 (AP 6.21)"""
        for code in (0, 5, 0xFF):
            self.refuse(3, bytes([0x2B, 0x0E, code, 0]))
        for mei in (0, 0x0C, 0x0D, 0x0F, 0xFF):
            self.refuse(1, bytes([0x2B, mei, 1, 0]))


class ReadOnly(Served):
    script = PLAIN.replace("port = 0", "port = 0, read_only = true")

    def test_read_only(self):
        """read_only: writes -> 01, reads are served"""
        for pdu in WRITES:
            self.refuse(1, pdu)
        self.assertEqual(self.wire.holding(0, 3), [0, 1, 2])
        self.assertEqual(self.wire.coil(0), 1)
        self.assertEqual(self.wire.input(0), 1000)


class LastAddress(Served):
    script = """
    mem:raw { coil = { 65520, 16 }, discrete = { 65520, 16 }, holding = { 65520, 16 },
              input = { 65520, 16 } }
    for i = 65520, 65535 do mem.holding[i] = i; mem.input[i] = i end
    mem.coil[65535] = true; mem.discrete[65535] = true
    server.tcp { port = 0 }
    """

    def test_last_address(self):
        """address 65535 quantity 1 / 2: served where mapped / 02, no wrap (AP 6, 7)"""
        for function, value in ((1, 1), (2, 1), (3, 65535), (4, 65535)):
            self.assertEqual(self.wire.read(function, 65535, 1), [value])
            self.assertEqual(len(self.wire.read(function, 65520, 16)), 16)
            self.refuse(2, fc_read(function, 65535, 2))
            self.refuse(2, fc_read(function, 65520, 17))
            self.refuse(2, fc_read(function, 65519, 1))
            self.refuse(2, fc_read(function, 0, 1))
            self.refuse(2, fc_read(function, 65535, 125))

    def test_last_address_written(self):
        """address 65535 written; a write that would wrap -> 02, nothing written"""
        self.assertEqual(self.wire.write(65535, 5), 0)
        self.assertEqual(self.wire.holding(65535), 5)
        self.assertEqual(self.wire.write_coil(65535, False), 0)
        self.assertEqual(self.wire.coil(65535), 0)
        self.refuse(2, fc16(65535, [8, 8]))
        self.refuse(2, fc15(65535, [1, 1]))
        self.refuse(2, fc23(65535, 1, 65535, [8, 8]))
        self.refuse(2, fc23(65535, 2, 65535, [8]))
        self.assertEqual(self.wire.holding(65535), 5)
        self.assertEqual(self.wire.coil(65535), 0)


if __name__ == "__main__":
    unittest.main()
