"""The image under stress over the wire: no 32- or 64-bit value is ever torn, in either direction,
and no neighbouring bit is ever lost.

Masters write patterns whose parts must agree, as fast as they can, while the script checks and
copies them in every scan of 1 ms; masters read the copies and check those. Two masters and the
script each own bits of the same word.
"""

import struct
import threading
import time
import unittest

from msm import Msm, adu, eventually, fc15, fc16, fc22, fc_read, low_first

SECONDS = 4.0

SCRIPT = """
mem.EQUAL32  = holding.uint32(0)                   -- both words equal
mem.COMPL64  = holding.uint64(2)                   -- high half is the complement of the low half
mem.DOUBLE   = holding.float64(6)                  -- n + n / 65536: any mixture is another number
mem.COPY32   = holding.uint32(20, { dir = "out" })
mem.COPY64   = holding.uint64(22, { dir = "out", default = ~0 << 32 })
mem.OWN64    = input.uint64(0, { default = ~0 << 32 })
mem.TORN     = input.uint32(10)
mem.CHECKED  = input.uint32(12)
mem.CHANGED  = input.uint32(14)
for bit = 0, 3 do mem["M" .. bit] = holding.bool(30, bit) end       -- one master's
for bit = 4, 7 do mem["N" .. bit] = holding.bool(30, bit) end       -- another's
for bit = 8, 11 do mem["P" .. bit] = holding.bool(30, bit, { dir = "out" }) end
mem.BITS     = holding.word(31, { dir = "out" })
server.tcp { port = 0 }

local own, last32 = 0, 0
every("1ms", function()
  local a, b, d = mem.EQUAL32, mem.COMPL64, mem.DOUBLE
  local torn = 0
  if a & 0xFFFF ~= a >> 16 then torn = torn + 1 end
  if b ~= 0 and (b >> 32) ~ (b & 0xFFFFFFFF) ~= 0xFFFFFFFF then torn = torn + 1 end
  local n = math.floor(d)
  if d ~= n + n / 65536 then torn = torn + 1 end
  if torn > 0 then mem.TORN = mem.TORN + torn end
  if a ~= last32 then mem.CHANGED = mem.CHANGED + 1; last32 = a end
  mem.CHECKED = mem.CHECKED + 1
  mem.COPY32 = a
  if b ~= 0 then mem.COPY64 = b end
  own = own + 1
  mem.OWN64 = ~own << 32 | own
  local p = scan.count & 15
  mem.P8, mem.P9, mem.P10, mem.P11 = p & 1 ~= 0, p & 2 ~= 0, p & 4 ~= 0, p & 8 ~= 0
end)
"""


class Tear(unittest.TestCase):
    def setUp(self):
        self.msm = Msm(SCRIPT)
        self.addCleanup(self.msm.kill)
        self.failures = []
        self.end = time.monotonic() + SECONDS

    def worker(self, body):
        """Runs body(wire, i) until the time is over or somebody failed."""
        def run():
            i = 0
            try:
                with self.msm.connect() as wire:
                    while time.monotonic() < self.end and not self.failures:
                        body(wire, i)
                        i += 1
            except Exception as error:  # handed to the test's own thread
                self.failures.append(repr(error))
        return threading.Thread(target=run)

    def run_all(self, *bodies):
        threads = [self.worker(body) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.failures, [])

    @staticmethod
    def many(wire, pdus):
        """Requests in one segment, their answers in order."""
        wire.send(b"".join(adu(pdu, 1, i) for i, pdu in enumerate(pdus)))
        answers = []
        for i, pdu in enumerate(pdus):
            transaction, _, answer = wire.frame()
            assert (transaction, answer[0]) == (i, pdu[0]), answer.hex(" ")
            answers.append(answer)
        return answers

    def test_words(self):
        """0 torn: masters write whole values, the script reads and copies, masters read"""
        def write(wire, i):
            pdus = []
            for k in range(20):
                n = (i * 20 + k) * 2654435761 & 0xFFFFFFFF
                double = low_first("d", (n >> 16) + (n >> 16) / 65536)
                pdus.append(fc16(0, [n & 0xFFFF] * 2))
                pdus.append(fc16(2, [n & 0xFFFF, n >> 16, ~n & 0xFFFF, ~n >> 16 & 0xFFFF]))
                pdus.append(fc16(6, double))
                # all three in one request, which must be seen as one, too
                pdus.append(fc16(0, [n >> 16] * 2 + [n >> 16, n & 0xFFFF, ~n >> 16 & 0xFFFF,
                                                     ~n & 0xFFFF] + double))
            self.many(wire, pdus)

        def read(wire, _):
            for answer in self.many(wire, [fc_read(3, 20, 6), fc_read(4, 0, 4)] * 10):
                words = struct.unpack(">%dH" % (answer[1] // 2), answer[2:])
                if answer[0] == 3:
                    assert words[0] == words[1], "COPY32 torn: %r" % (words,)
                    words = words[2:]
                assert words[0] ^ words[2] == words[1] ^ words[3] == 0xFFFF, "torn: %r" % (words,)

        self.run_all(write, write, read)
        with self.msm.connect() as wire:
            words = wire.input(10, 6)
            torn, checked, changed = (words[i] | words[i + 1] << 16 for i in (0, 2, 4))
            self.assertEqual(torn, 0)
            self.assertGreater(checked, 100)
            self.assertGreater(changed, 50, "the script saw values change")
        self.msm.stop()

    def test_bits(self):
        """no bit lost: two masters and the script each write their own bits of one word"""
        def own(shift):
            def write(wire, i):
                pdus, expected = [], []
                for k in range(20):
                    value = (i * 20 + k) * 7 + (i >> 3) & 15
                    pdus += [fc22(30, 0xFFFF & ~(15 << shift), value << shift), fc_read(3, 30, 1)]
                    expected.append(value)
                answers = self.many(wire, pdus)[1::2]
                seen = [struct.unpack(">H", a[2:])[0] >> shift & 15 for a in answers]
                assert seen == expected, "bits lost at %d: %r is %r" % (shift, expected, seen)
            return write

        seen = set()

        def read(wire, _):
            for answer in self.many(wire, [fc_read(3, 30, 1)] * 20):
                word, = struct.unpack(">H", answer[2:])
                assert word >> 12 == 0, hex(word)
                seen.add(word >> 8 & 15)

        self.run_all(own(0), own(4), read)
        self.assertGreater(len(seen), 4, "the script's bits moved meanwhile")
        with self.msm.connect() as wire:
            # at rest the masters' last bits are still theirs
            wire.ask(fc22(30, 0xFF00, 0x0096))
            count = wire.input(12)
            eventually(lambda: (wire.input(12) - count) % 65536 > 20)
            self.assertEqual(wire.holding(30) & 0xFF, 0x96)
        self.msm.stop()


class Coils(unittest.TestCase):
    def test_coils(self):
        """neighbouring coils: FC 15 of one master, FC 5 of another, the script's own between"""
        with Msm("""
                for i = 0, 31 do
                  mem["C" .. i] = coil(i, i % 4 == 3 and { dir = "out" } or nil)
                end
                mem.SCANS = input.uint16(0, { limit = "wrap" })
                server.tcp { port = 0 }
                every("1ms", function()
                  mem.SCANS = mem.SCANS + 1
                  for i = 3, 31, 4 do mem["C" .. i] = scan.count % 2 == 0 end
                end)
                """) as msm, msm.connect() as one, msm.connect() as two:
            end = time.monotonic() + 2
            turn = 0
            while time.monotonic() < end:
                turn += 1
                for group in range(8):
                    first = [turn & 1, turn >> 1 & 1]
                    last = turn >> 2 & 1
                    one.send(adu(fc15(4 * group, first)) + adu(fc_read(1, 4 * group, 2)))
                    two.send(adu(fc15(4 * group + 2, [last])) + adu(fc_read(1, 4 * group + 2, 1)))
                    one.frame()
                    two.frame()
                    self.assertEqual(one.frame()[2][2], first[0] | first[1] << 1)
                    self.assertEqual(two.frame()[2][2], last)
                self.assertEqual(one.read(1, 0, 32)[0::4], [turn & 1] * 8)
            self.assertGreater(turn, 20)
            self.assertGreater(one.input(0), 100)


if __name__ == "__main__":
    unittest.main()
