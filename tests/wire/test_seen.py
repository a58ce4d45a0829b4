"""What a script sees of a master's writes: written, pulses, and who wins when both write at once,
on the real binary.

Scripts mirror what they see into registers of their own; a test waits until it shows there.
"""

import struct
import unittest

from msm import Msm, eventually, fc6, fc22, fc23


class Seen(unittest.TestCase):
    def test_written(self):
        """mem:written is true for each task in its first run after a remote write, same value or
        not, and for no other"""
        with Msm("""
                mem.ACK    = holding.uint16(0)
                mem.OTHER  = holding.uint16(1)
                mem.FAST   = input.uint16(0)
                mem.SLOW   = input.uint16(1)
                mem.BESIDE = input.uint16(2)
                mem.RUNS   = input.uint16(3, { limit = "wrap" })
                server.tcp { port = 0 }
                every("5ms", function()
                  mem.RUNS = mem.RUNS + 1
                  if mem:written "ACK" then mem.FAST = mem.FAST + 1 end
                  if mem:written "OTHER" then mem.BESIDE = mem.BESIDE + 1 end
                end)
                every("20ms", function()
                  if mem:written "ACK" then mem.SLOW = mem.SLOW + 1 end
                end)
                every("5ms", function() mem.ACK = mem.ACK end)   -- no remote write
                """) as msm, msm.connect() as wire:
            eventually(lambda: wire.input(3) > 5)
            self.assertEqual(wire.input(0, 3), [0, 0, 0])
            for count in range(1, 11):
                wire.write(0, 7)
                eventually(lambda: wire.input(0, 2) == [count, count], "both tasks saw it")
            runs = wire.input(3)
            eventually(lambda: wire.input(3) >= runs + 10)
            self.assertEqual(wire.input(0, 3), [10, 10, 0])
            # a write that is refused is none
            self.assertEqual(wire.write(2, 1), 2)
            # one that touches some bits is, even if it leaves them as they are
            self.assertEqual(wire.refused(fc22(1, 0xFFFE, 0)), 0)
            eventually(lambda: wire.input(2) == 1)

    def test_written_bits(self):
        """a mask write is one to the bits that it touches, and to their variables only"""
        with Msm("""
                mem.A   = holding.bool(0, 0)
                mem.B   = holding.bool(0, 1)
                mem.BY  = holding.byte(0, 1)
                mem.N_A, mem.N_B, mem.N_BY = input.uint16(0), input.uint16(1), input.uint16(2)
                server.tcp { port = 0 }
                every("5ms", function()
                  if mem:written "A" then mem.N_A = mem.N_A + 1 end
                  if mem:written "B" then mem.N_B = mem.N_B + 1 end
                  if mem:written "BY" then mem.N_BY = mem.N_BY + 1 end
                end)
                """) as msm, msm.connect() as wire:
            for pdu, counts in ((fc22(0, 0xFFFE, 1), [1, 0, 0]), (fc22(0, 0xFFFE, 1), [2, 0, 0]),
                                (fc22(0, 0xFFFD, 2), [2, 1, 0]), (fc22(0, 0xFF, 0), [2, 1, 1]),
                                (fc6(0, 0x0003), [3, 2, 2])):
                self.assertEqual(wire.refused(pdu), 0)
                eventually(lambda: wire.input(0, 3) == counts, str(counts))

    def test_pulse(self):
        """pulse: a master's 1 is seen once, by each task, and clears itself"""
        with Msm("""
                mem.ACK   = coil(0, { pulse = true })
                mem.FAST  = input.uint16(0)
                mem.SLOW  = input.uint16(1)
                mem.RUNS  = input.uint16(2, { limit = "wrap" })
                server.tcp { port = 0 }
                every("5ms", function()
                  mem.RUNS = mem.RUNS + 1
                  if mem:written "ACK" then mem.FAST = mem.FAST + 1 end
                end)
                every("20ms", function()
                  if mem:written "ACK" then mem.SLOW = mem.SLOW + 1 end
                end)
                """) as msm, msm.connect() as wire:
            for count in range(1, 6):
                self.assertEqual(wire.write_coil(0, True), 0)
                eventually(lambda: wire.coil(0) == 0, "the pulse clears itself")
                eventually(lambda: wire.input(0, 2) == [count, count])
            runs = wire.input(2)
            eventually(lambda: wire.input(2) >= runs + 10)
            self.assertEqual(wire.input(0, 2), [5, 5])

    def test_pulse_as_value(self):
        """pulse: the coil's value itself is true in exactly one run of each task"""
        with Msm("""
                program { watchdog = "1h" }
                mem.ACK   = coil(0, { pulse = true })
                mem.TIMES = input.uint16(0)
                mem.RUNS  = input.uint16(1, { limit = "wrap" })
                mem.SLOW  = input.uint16(2)
                server.tcp { port = 0 }
                every("5ms", function()
                  mem.RUNS = mem.RUNS + 1
                  if mem.ACK then mem.TIMES = mem.TIMES + 1 end
                end)
                every("20ms", function() if mem.ACK then mem.SLOW = mem.SLOW + 1 end end)
                """) as msm, msm.connect() as wire:
            for count in range(1, 11):
                self.assertEqual(wire.write_coil(0, True), 0)
                eventually(lambda: (wire.input(0), wire.input(2)) == (count, count))
                eventually(lambda: wire.coil(0) == 0)
            runs = wire.input(1)
            eventually(lambda: wire.input(1) >= runs + 10)
            self.assertEqual((wire.input(0), wire.input(2)), (10, 10))

    def test_pulse_again(self):
        """pulse: a 1 that arrives while the script still works on the last one is not lost"""
        with Msm("""
                program { watchdog = "1h" }
                mem.ACK   = coil(0, { pulse = true })
                mem.TIMES = input.uint16(0)
                server.tcp { port = 0 }
                every("10ms", function()
                  if mem.ACK then
                    print("working")
                    local x = 0
                    for i = 1, 10000000 do x = x + i end
                    mem.TIMES = mem.TIMES + 1
                  end
                end)
                """) as msm, msm.connect() as wire:
            for turn in range(3):
                self.assertEqual(wire.write_coil(0, True), 0)
                msm.wait_line("working", nth=2 * turn)
                self.assertEqual(wire.write_coil(0, True), 0)
                eventually(lambda: wire.input(0) == 2 * turn + 2)
            self.assertEqual(wire.coil(0), 0)

    CONFLICT = """
    program { watchdog = "1h" }
    mem.BOX  = holding.uint16(0, { %s })
    mem.DONE = holding.uint16(1, { dir = "out" })
    mem.GO   = coil(0, { pulse = true })
    mem.ECHO = input.uint16(0)
    server.tcp { port = 0 }
    every("10ms", function()
      mem.ECHO = mem.BOX
      if mem.GO then
        print("working")
        local x = 0
        for i = 1, 20000000 do x = x + i end      -- a scan so long that a write falls into it
        mem.DONE = mem.DONE + 1
        mem.BOX = 1000 + mem.DONE
      end
    end)
    """

    def conflict(self, options, kept):
        """A master writes 7 while the script works on its own value; who is kept?"""
        certain = turn = 0
        with Msm(self.CONFLICT % options) as msm, msm.connect() as wire:
            while certain < 3 and turn < 100:
                self.assertEqual(wire.write_coil(0, True), 0)
                msm.wait_line("working", nth=turn)
                # the same request that writes tells whether the scan was still at work
                late = wire.ask(fc23(1, 1, 0, [7])) != struct.pack(">BBH", 23, 2, turn)
                turn += 1
                eventually(lambda: wire.holding(1) == turn)
                value = 7 if late else kept(turn)
                self.assertEqual(wire.holding(0), value)
                eventually(lambda: wire.input(0) == value, "the script seeing it next scan")
                certain += not late
        self.assertGreater(certain, 0, "this machine is too slow to write into a scan")

    def test_remote_wins(self):
        """remote wrote the same variable during that scan: the remote value stays, the script
        sees it next scan"""
        self.conflict("", lambda turn: 7)

    def test_program_wins(self):
        """`wins = "program"` turns it: what arrived during the scan is overwritten"""
        self.conflict('wins = "program"', lambda turn: 1000 + turn)


if __name__ == "__main__":
    unittest.main()
