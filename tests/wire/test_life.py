"""How a program begins and ends for those who read and write its memory: the cold start, faults and
stops, on the real binary.

Exception codes: 02 may not be written, 03 value out of range, 04 safe output during a fault.
"""

import os
import signal
import struct
import unittest

from msm import Msm, adu, eventually, fc5, fc16, fc22, fc23, from_low_first


FAULTY = """
mem.GO     = coil(0)
mem.PUMP   = coil(1, { safe = false })
mem.VALVE  = coil(2, { safe = true, dir = "inout" })
mem.SPEED  = holding.float32(0, { safe = 5, default = 1 })
mem.RAMP   = holding.uint16(2, { safe = 9, dir = "inout", max = 50 })
mem.FREE   = holding.uint16(3)
mem.SCANS  = input.uint16(0, { limit = "wrap" })
mem.LOST   = input.uint16(1)
server.tcp { port = 0 }

local function deeper(level)
  if level == 0 then error("the pump is on fire") end     -- line 13
  deeper(level - 1)
end

every("5ms", function()
  mem.SCANS = mem.SCANS + 1
  mem.PUMP = true
  mem.SPEED = 50
  if mem.GO then mem.LOST = 77; deeper(2) end              -- line 21
end)
on_stop(function() print("on_stop was called") end)
"""


class Faults(unittest.TestCase):
    def test_fault(self):
        """a fault: printed with file, line, traceback; nothing of that scan published; safe values
        taken; masters' writes to safe "inout" 04, to "out" 02; all else goes on"""
        with Msm(FAULTY, name="faulty") as msm, msm.connect() as wire:
            eventually(lambda: wire.coil(1) == 1 and wire.input(0) > 3)
            self.assertEqual(wire.write(2, 20), 0)
            self.assertEqual(wire.write_coil(2, False), 0)
            self.assertEqual(wire.write_coil(0, True), 0)
            msm.wait_line(r"faulty\.lua:13: .*the pump is on fire")
            msm.wait_line(r"stack traceback:")
            msm.wait_line(r"^\s+.*faulty\.lua:21:")
            eventually(lambda: wire.coil(1) == 0, "the safe value of the pump")
            self.assertEqual(wire.read(1, 0, 3), [1, 0, 1])
            self.assertEqual(from_low_first("f", wire.holding(0, 2)), 5)
            self.assertEqual(wire.holding(2), 9)
            self.assertEqual(wire.input(1), 0, "of the faulted scan nothing is published")
            self.assertEqual(wire.write_coil(2, False), 4)
            self.assertEqual(wire.write(2, 1), 4)
            self.assertEqual(wire.refused(fc22(2, 0, 1)), 4)
            self.assertEqual(wire.write(2, 51), 3)
            self.assertEqual(wire.refused(fc23(0, 1, 2, [1])), 4)
            self.assertEqual(wire.refused(fc16(2, [1, 1])), 4)
            self.assertEqual(wire.write_coil(1, True), 2)
            self.assertEqual(wire.write(0, 0, 0), 2)
            self.assertEqual(wire.write(3, 33), 0)
            self.assertEqual(wire.write_coil(0, False), 0)
            self.assertEqual(wire.holding(2, 2), [9, 33])
            scans = wire.input(0)
            for _ in range(50):
                self.assertEqual(wire.input(0), scans, "the tasks have ended")
            with msm.connect() as another:
                self.assertEqual(another.holding(3), 33)
            self.assertEqual(msm.text().count("the pump is on fire"), 1, "told once")

    def test_fault_of_every_kind(self):
        """errors that are not calls of error(): the line is named, the server serves"""
        for line, words in (("local x = nil + 1", "arithmetic"),
                            ("mem.PMUP = 1", "not declared; did you mean PUMP"),
                            ("mem.N = 170", "out of range"),
                            ("mem.N = 1.5", "mem.N"),
                            ("mem.PUMP = 1", "mem.PUMP"),
                            ("mem.IN = 1", "mem.IN"),
                            ("local x = undefined_thing", "undefined_thing"),
                            ("new_global = 1", "new_global"),
                            ("mem.NEW = coil(9)", ""),
                            ("error({})", ""),
                            ("error()", ""),
                            ("setmetatable({}, { __index = error }).x()", "")):
            with self.subTest(line), Msm("""
                    mem.PUMP = coil(0)
                    mem.N    = holding.uint16(0, { max = 100 })
                    mem.IN   = holding.uint16(1, { dir = "in" })
                    server.tcp { port = 0 }
                    every("5ms", function()
                      if mem.PUMP then
                        %s
                      end
                    end)
                    """ % line, name="kind") as msm, msm.connect() as wire:
                self.assertEqual(wire.write_coil(0, True), 0)
                msm.wait_line(r"kind\.lua:8: .*" + words if words else r"kind\.lua:8")
                self.assertEqual(wire.write(0, 5), 0)
                self.assertEqual(wire.holding(0), 5)

    def test_fault_in_on_start(self):
        """a runtime error in on_start is a fault like any other"""
        with Msm("""
                mem.PUMP = coil(0, { safe = true })
                server.tcp { port = 0 }
                on_start(function(why) error("no " .. why .. " start") end)
                every("5ms", function() mem.PUMP = false end)
                """, name="early") as msm, msm.connect() as wire:
            msm.wait_line(r"early\.lua:4: .*no cold start")
            eventually(lambda: wire.coil(0) == 1)


class Start(unittest.TestCase):
    def test_cold_start(self):
        """cold start: default, then the body's assignments, in the image before the first answer;
        tasks first run at scan.time 0; on_start comes first and says cold"""
        with Msm("""
                mem.A = holding.uint16(0, { default = 5 })
                mem.B = holding.uint16(1, { default = 5 })
                mem.C = holding.uint16(2)
                mem.FIRST = input.float64(0, { default = -1 })
                mem.WHY = input.string(4, { length = 8 })
                mem.ORDER = input.uint16(8)
                mem.B = 6
                server.tcp { port = 0 }
                on_start(function(why) mem.WHY = why end)
                every("10s", function()
                  mem.FIRST = scan.time
                  mem.ORDER = mem.WHY == "cold" and 1 or 2
                end)
                """) as msm, msm.connect() as wire:
            self.assertEqual(wire.holding(0, 3), [5, 6, 0])
            eventually(lambda: wire.input(8) == 1)
            self.assertEqual(from_low_first("d", wire.input(0, 4)), 0.0)
            self.assertEqual(struct.pack(">4H", *wire.input(4, 4)), b"cold\0\0\0\0")

    def test_dt(self):
        """dt is one period at first, then the time since the task last ran; the sum is the time"""
        with Msm("""
                mem.FIRST = input.float64(0)
                mem.SUM   = input.float64(4)
                mem.TIME  = input.float64(8)
                mem.COUNT = input.uint16(12)
                server.tcp { port = 0 }
                every("20ms", function(dt)
                  mem.COUNT = mem.COUNT + 1
                  if mem.COUNT == 1 then mem.FIRST = dt else mem.SUM = mem.SUM + dt end
                  mem.TIME = scan.time
                end)
                """) as msm, msm.connect() as wire:
            eventually(lambda: wire.input(12) >= 20)
            words = wire.input(0, 12)
            first, total, now = (from_low_first("d", words[i:i + 4]) for i in (0, 4, 8))
            self.assertAlmostEqual(first, 0.02)
            self.assertAlmostEqual(total, now, places=6)
            self.assertGreater(now, 0.3)


class Stop(unittest.TestCase):
    SCRIPT = """
    mem.PUMP = coil(0, { safe = false })
    mem.SCANS = input.uint16(0, { limit = "wrap" })
    server.tcp { port = 0 }
    every("5ms", function() mem.PUMP = true; mem.SCANS = mem.SCANS + 1 end)
    on_stop(function() print("stopping", mem.PUMP, mem.SCANS > 0) end)
    """

    def stopped(self, by):
        with Msm(self.SCRIPT) as msm:
            with msm.connect() as wire:
                eventually(lambda: wire.coil(0) == 1 and wire.input(0) > 0)
                msm.stop(by)
                wire.expect_close()
            text = msm.text()
            self.assertRegex(text, r"stopping\s+true\s+true")
            self.assertRegex(text, r": stopped after [0-9.]+ s: \d+ scans?, ")
            self.assertNotIn("traceback", text)

    def test_sigterm(self):
        """SIGTERM: on_stop runs on the present values, connections closed, exit 0"""
        self.stopped(signal.SIGTERM)

    def test_sigint(self):
        """SIGINT does the same"""
        self.stopped(signal.SIGINT)

    def test_closed_terminal(self):
        """SIGHUP does the same at a terminal, and one that closes sends it more than once"""
        ends = os.openpty()
        for end in ends:
            self.addCleanup(os.close, end)
        with Msm("""
                program { watchdog = "1h" }
                mem.X = coil(0)
                server.tcp { port = 0 }
                on_start(function() print("started") end)
                on_stop(function()
                  print("begun")
                  for _ = 1, 3e7 do end
                  print("ended")
                end)
                """, stdin=ends[1]) as msm:
            msm.wait_line("started")
            msm.process.send_signal(signal.SIGHUP)
            msm.wait_line("begun")
            msm.process.send_signal(signal.SIGHUP)
            msm.stop(signal.SIGHUP)
            self.assertIn("ended", msm.text())

    def test_nohup(self):
        """a SIGHUP that was ignored from the start (nohup) ends nothing"""
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            msm = Msm(self.SCRIPT)
        finally:
            signal.signal(signal.SIGHUP, before)
        with msm, msm.connect() as wire:
            msm.process.send_signal(signal.SIGHUP)
            scans = wire.input(0)
            eventually(lambda: wire.input(0) != scans)

    def test_second_signal(self):
        """a script that does not come back is ended by a second signal, and that is said"""
        msm = Msm("""
            program { watchdog = "1h" }
            mem.X = coil(0)
            server.tcp { port = 0 }
            every("5ms", function() if mem.X then print("stuck") while true do end end end)
            """)
        self.addCleanup(msm.kill)
        with msm.connect() as wire:
            wire.write_coil(0, True)
            msm.wait_line("stuck")
            msm.process.send_signal(signal.SIGINT)
            msm.wait_line("waiting for the script.*second Ctrl-C")
            self.assertEqual(wire.coil(0), 1)  # masters are served to the end
            msm.process.send_signal(signal.SIGINT)
            self.assertEqual(msm.process.wait(20), -signal.SIGINT)

    def test_endless_body(self):
        """a body that does not end is ended by SIGINT like any program"""
        msm = Msm('print("here") while true do end', servers=0)
        self.addCleanup(msm.kill)
        msm.wait_line("here")
        msm.process.send_signal(signal.SIGINT)
        self.assertEqual(msm.process.wait(20), -signal.SIGINT)

    def test_stop_does_not_wait_for_the_period(self):
        """a period of an hour does not delay the stop"""
        with Msm("""
                mem.X = coil(0)
                server.tcp { port = 0 }
                every("1h", function() print("started") end)
                on_stop(function() print("bye") end)
                """) as msm:
            msm.wait_line("started")
            msm.stop()
            self.assertIn("bye", msm.text())

    def test_stop_after_fault(self):
        """after a fault on_stop is not called; the end is still a good one"""
        with Msm(FAULTY, name="faulty") as msm, msm.connect() as wire:
            wire.write_coil(0, True)
            msm.wait_line(r"faulty\.lua:13: ")
            msm.stop()
            self.assertNotIn("on_stop was called", msm.text())
            self.assertIn("stopped in FAULT", msm.text())

    def test_error_in_on_stop(self):
        """an error in on_stop is told, and does not keep the program from ending"""
        with Msm("""
                mem.X = coil(0)
                server.tcp { port = 0 }
                every("5ms", function() mem.X = true end)
                on_stop(function() error("not now") end)
                """, name="sour") as msm, msm.connect() as wire:
            eventually(lambda: wire.coil(0) == 1)
            msm.process.send_signal(signal.SIGTERM)
            msm.wait_line(r"sour\.lua:5: .*not now")
            self.assertIn(msm.process.wait(20), (0, 1))
            msm.kill()

    def test_program_stop(self):
        """program.stop() ends the program from within: on_stop, exit 0"""
        with Msm("""
                mem.END = coil(0)
                server.tcp { port = 0 }
                every("5ms", function() if mem.END then program.stop() end end)
                on_stop(function() print("bye") end)
                """) as msm:
            with msm.connect() as wire:
                wire.send(adu(fc5(0, True)))
                self.assertEqual(msm.process.wait(20), 0)
            msm.stop()
            self.assertIn("bye", msm.text())

    def test_stop_with_requests_in_flight(self):
        """a stop in the midst of traffic is a good one"""
        with Msm(self.SCRIPT) as msm:
            wires = [msm.connect() for _ in range(8)]
            for wire in wires:
                wire.send(adu(b"\x08\x00\x00" + b"\x00" * 250) * 200)
            msm.stop()
            for wire in wires:
                wire.close()


if __name__ == "__main__":
    unittest.main()
