"""What is handed over in a reload, and what is not: listening sockets and masters' connections,
connections to devices and what is under way on them, serial lines.

Exception codes: 0A no such unit, 0B no answer from the device.
"""

import os
import pathlib
import socket
import struct
import unittest

from control import Refused
from devices import Pair
from hostile import HostileDevice
from line import RtuMaster, RtuSlave
from msm import Wire, eventually, fc_read, free_port
from reloading import NEVER, SHORT, Program, Watcher


class Servers(unittest.TestCase):
    TEXT = """
        mem.X = holding.uint16(0)
        %s
        every("5ms", function() end)
        """

    @staticmethod
    def server(port, more=""):
        return "server.tcp { port = %d%s }\n" % (port, more)

    def test_appear_and_disappear(self):
        """a new server answers, an old one closes with its connections; one that stays keeps
        them; a port that is free again can be taken again"""
        stays, one, two = free_port(), free_port(), free_port()
        text = self.TEXT % (self.server(stays) + "%s")
        with Program(text % self.server(one), servers=2) as msm, Wire(stays) as old, \
                Wire(one) as leaving:
            self.assertEqual(leaving.write(0, 5), 0)
            msm.reload(text % self.server(two))
            leaving.expect_close()
            self.assertEqual(old.holding(0), 5)
            with Wire(two) as wire:
                self.assertEqual(wire.holding(0), 5)
            with self.assertRaises(ConnectionRefusedError):
                Wire(one)
            with socket.create_server(("127.0.0.1", one)):
                pass
            msm.reload(text % "")
            with self.assertRaises(ConnectionRefusedError):
                Wire(two)
            msm.reload(text % (self.server(one) + self.server(two)))
            with Wire(one) as first, Wire(two) as second:
                self.assertEqual((first.holding(0), second.holding(0), old.holding(0)), (5, 5, 5))
            eventually(lambda: msm.status()["connections"] == 1, "only the first connection")

    def test_port_changed(self):
        """connections of the old port are closed; a way back brings the old port again"""
        one, two = free_port(), free_port()
        with Program(self.TEXT % self.server(one)) as msm, Wire(one) as wire:
            self.assertEqual(wire.write(0, 5), 0)
            msm.reload(self.TEXT % self.server(two))
            wire.expect_close()
            with Wire(two) as other:
                self.assertEqual(other.holding(0), 5)
            msm.probation = NEVER
            said = msm.reload(self.TEXT % self.server(one) + """
                local n = 0
                every("5ms", function() n = n + 1; if n == 3 then error("back") end end)
                """, code=1)
            self.assertIn("back", said)
            with Wire(two) as other:
                self.assertEqual(other.holding(0), 5)
            with self.assertRaises(ConnectionRefusedError):
                Wire(one)

    def test_allow(self):
        """peers that the new list excludes are closed, others stay; and the other way"""
        port = free_port()
        with Program(self.TEXT % self.server(port)) as msm, Wire(port) as first, \
                Wire(port, source="127.0.0.2") as second:
            self.assertEqual(first.write(0, 5), 0)
            self.assertEqual(second.holding(0), 5)
            msm.reload(self.TEXT % self.server(port, ', allow = { "127.0.0.2" }'))
            first.expect_close()
            self.assertEqual(second.holding(0), 5)
            with Wire(port) as excluded:
                excluded.expect_close()
            msm.reload(self.TEXT % self.server(port))
            with Wire(port) as again:
                self.assertEqual(again.holding(0), 5)
            self.assertEqual(second.holding(0), 5)

    def test_what_a_server_shows(self):
        """read_only, units and memory of an open connection change under it"""
        port = free_port()
        with Program(self.TEXT % self.server(port)) as msm, Wire(port) as wire:
            self.assertEqual(wire.write(0, 5), 0)
            msm.reload(self.TEXT % self.server(port, ", read_only = true"))
            self.assertNotEqual(wire.write(0, 6), 0)
            self.assertEqual(wire.holding(0), 5)
            msm.reload(self.TEXT % self.server(port, ", unit = 7"))
            self.assertEqual(wire.refused(fc_read(3, 0, 1), unit=1), 0x0A)
            self.assertEqual(wire.refused(fc_read(3, 0, 1), unit=7), 0)

    def test_half_a_request(self):
        """one of which half has come when the program changes is answered when it is whole"""
        port = free_port()
        with Program(self.TEXT % self.server(port)) as msm, Wire(port) as wire:
            self.assertEqual(wire.write(0, 5), 0)
            request = struct.pack(">HHHBBHH", 9, 0, 6, 1, 3, 0, 1)
            wire.send(request[:9])
            msm.reload(self.TEXT % self.server(port))
            wire.send(request[9:])
            self.assertEqual(wire.frame(), (9, 1, b"\3\2\0\5"))


CLIENT = """
local plc = memory "plc"
%s
local link = client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "10ms",
                          timeout = "20s" }
server.tcp { port = 0, mem = plc, stale = "serve" }
every("5ms", function() %s end)
"""


class Clients(unittest.TestCase):
    def setUp(self):
        self.device = HostileDevice()
        self.addCleanup(self.device.stop)

    def text(self, variables, task=""):
        return CLIENT % (variables, self.device.port, task)

    def test_removed_safe_output(self):
        """it is sent safe to the device, whose link stays; others are left alone"""
        both = """
            plc.VALVE = coil(0, { safe = false })
            plc.PUMP  = coil(1, { safe = false })
            plc.X     = holding.uint16(0)
            """
        run = "plc.PUMP = true "
        with Program(self.text(both, run + "plc.VALVE = true")):
            eventually(lambda: self.device.get("coil", 0, 2) == [1, 1], "both on")
        with Program(self.text(both, run + "plc.VALVE = true")) as msm:
            eventually(lambda: self.device.get("coil", 0, 2) == [1, 1], "both on")
            total = self.device.total
            mark = self.device.mark()
            msm.reload(self.text(both.replace("plc.VALVE", "-- "), run))
            self.assertEqual(self.device.get("coil", 0, 2), [0, 1])
            self.assertEqual(self.device.total, total, "the connection stays")
            writes = [r.pdu for r in self.device.seen(since=mark) if r.pdu[0] in (5, 15)]
            self.assertEqual(writes, [b"\5\0\0\0\0"])
            mark = self.device.mark()
            self.device.wait_seen(3, since=mark)

    def without_valve(self, stop_timeout, prevent):
        """The valve is open when `prevent` keeps its safe value from the device, and its variable
        goes."""
        text = self.text("plc.VALVE = coil(0, { safe = false })", "plc.VALVE = true")
        brief = SHORT.replace("}", ', stop_timeout = "%s" }' % stop_timeout)
        with Program(text, probation=brief) as msm:
            eventually(lambda: self.device.get("coil", 0), "the valve")
            prevent(msm)
            said = msm.reload(self.text("plc.X = holding.uint16(0)"))
            self.assertIn("not delivered to", said)
            self.assertRegex(said, "the last value of plc.VALVE, meant to make it safe")
            self.assertEqual(msm.text().count("meant to make it safe"), 1, msm.text())
            self.assertEqual(self.device.get("coil", 0), 1)
            self.assertEqual(msm.reload(self.text("plc.Y = holding.uint16(0)")), "")

    def test_removed_while_offline(self):
        """a safe output whose device is offline is named, by the answer and in the log, and the
        reload goes on; the next one does not name it again"""
        def prevent(msm):
            self.device.stop()
            msm.wait_line("offline|no answer|closed|refused")
        self.without_valve("100ms", prevent)

    def test_removed_while_mute(self):
        """the same where the device takes the write and never answers"""
        self.without_valve("100ms", lambda msm: self.device.behave("missing", fc=5))

    def test_removed_and_the_device_refuses(self):
        """the same where the device refuses it: there is nothing to wait for"""
        self.without_valve("20s", lambda msm: self.device.behave("exception", fc=5))

    def test_removed_and_its_link_is_stopped(self):
        """the same where the script has stopped the link; the audit log has it, too"""
        text = self.text("plc.VALVE = coil(0, { safe = false })\nplc.HALT = var.bool{}",
                         "plc.VALVE = true if plc.HALT then link:stop() end")
        brief = SHORT.replace("}", ', stop_timeout = "100ms", audit = "changes" }')
        with Program(text, probation=brief) as msm, msm.control() as control:
            eventually(lambda: self.device.get("coil", 0), "the valve")
            control.ask("set", name="plc.HALT", value=True)
            self.device.wait(lambda: self.device.now == 0, "the close")
            said = msm.reload(self.text("plc.X = holding.uint16(0)"))
            self.assertIn("the last value of plc.VALVE, meant to make it safe", said)
            eventually(lambda: "outputs that could not be made safe: 1" in
                       "".join(path.read_text() for path in
                               pathlib.Path(msm.folder.path).glob("*.audit*")), "the audit log")

    def test_another_device_takes_the_place_of_an_offline_one(self):
        """the former one is named; the new one gets its value as ever"""
        text = self.text("plc.VALVE = coil(0, { safe = false })", "plc.VALVE = true")
        brief = SHORT.replace("}", ', stop_timeout = "100ms" }')
        with HostileDevice() as other, Program(text, probation=brief) as msm:
            eventually(lambda: self.device.get("coil", 0), "the valve")
            self.device.stop()
            msm.wait_line("offline|no answer|closed|refused")
            said = msm.reload(text.replace(str(self.device.port), str(other.port)))
            self.assertIn("the last value of plc.VALVE, meant to make it safe", said)
            eventually(lambda: other.get("coil", 0), "the other valve")

    def test_removed_and_forced(self):
        """what a person holds on is not made safe: said before and after"""
        text = self.text("plc.VALVE = coil(0, { safe = false })")
        said = ("plc.VALVE was forced to true; the force goes with it, and the device keeps that "
                "until somebody writes there")
        with Program(text) as msm, msm.control() as control:
            control.ask("force", name="plc.VALVE", value=True)
            eventually(lambda: self.device.get("coil", 0), "the valve")
            msm.write(self.text("plc.X = holding.uint16(0)"))
            asked = msm.command("check", "--against-running", msm.path).stdout
            self.assertIn(said, asked)
            self.assertNotIn("made safe", asked)
            self.assertIn(said, msm.reload(self.text("plc.X = holding.uint16(0)")))
            self.assertEqual(self.device.get("coil", 0), 1)

    def test_removed_link(self):
        """a link that goes sends its safe outputs first, then closes; with the probation over
        nothing of it is left"""
        with Program(self.text("plc.VALVE = coil(0, { safe = false })", "plc.VALVE = true")) as msm:
            eventually(lambda: self.device.get("coil", 0), "the valve")
            msm.reload("""
                mem.X = holding.uint16(0)
                server.tcp { port = 0 }
                every("5ms", function() end)
                """)
            self.assertEqual(self.device.get("coil", 0), 0)
            self.device.wait(lambda: self.device.now == 0, "the close")
            self.assertEqual(self.device.total, 1)

    def test_removed_and_refused(self):
        """a reload that is refused at the last moment, by a port, sends nothing to the device"""
        with socket.create_server(("127.0.0.1", 0)) as taken, Program(
                self.text("plc.VALVE = coil(0, { safe = false })", "plc.VALVE = true")) as msm:
            eventually(lambda: self.device.get("coil", 0), "the valve")
            msm.reload("""
                mem.X = holding.uint16(0)
                server.tcp { port = 0 }
                server.tcp { port = %d }
                """ % taken.getsockname()[1], code=5)
            mark = self.device.mark()
            self.device.wait_seen(3, since=mark)
            self.assertEqual(self.device.get("coil", 0), 1)
            self.assertEqual([r.pdu for r in self.device.seen(5) if r.pdu[3] == 0], [])

    RETIRING = 'program { probation = "%s", stop_timeout = "20s" }\n'
    GOES = """
        plc.VALVE = coil(0, { safe = false, dir = "out" })
        plc.PUMP  = coil(10, { safe = false, dir = "inout" })
        """

    def retire(self, msm, text):
        """Both outputs are being made safe, and the first of them is not confirmed until the test
        releases it."""
        eventually(lambda: self.device.get("coil", 0), "the valve")
        self.device.behave("late", fc=5, times=1)
        mark = self.device.mark()
        result = msm.ask_reload(text)
        self.device.wait_seen(1, 5, since=mark)
        return result

    def release(self):
        with self.device.changed:
            for connection, _, data in self.device.held:
                connection.send(data)

    def test_removed_outputs_are_not_forced(self):
        """while they are being made safe nobody switches them on: the program, an unforce of all,
        set and masters do not; and no force is shown"""
        text = self.text(self.GOES, "plc.VALVE = true")
        with Program(text, probation=self.RETIRING % "50ms") as msm, msm.connect() as wire, \
                msm.control() as control:
            eventually(lambda: self.device.get("coil", 0), "the valve")
            self.assertEqual(wire.write_coil(10, True), 0)
            eventually(lambda: self.device.get("coil", 10), "the pump")
            mark = self.device.mark()
            result = self.retire(msm, self.text("plc.X = holding.uint16(0)"))
            self.assertEqual(control.ask("forced")["values"], [])
            self.assertEqual(control.ask("unforce", all=True)["released"], [])
            count = control.ask("status")["scan"]["count"]
            eventually(lambda: control.ask("status")["scan"]["count"] > count + 2, "scans")
            self.assertEqual((control.value("plc.VALVE"), control.value("plc.PUMP")), (False, False))
            self.assertNotEqual(wire.write_coil(10, True), 0)
            with self.assertRaisesRegex(Refused, "plc.PUMP is held at its safe value, because a "
                                                 "reload that is under way removes it"):
                control.ask("set", name="plc.PUMP", value=True)
            self.release()
            self.assertEqual(result(), (0, ""))
            self.assertEqual((self.device.get("coil", 0), self.device.get("coil", 10)), (0, 0))
            on = [r.pdu for r in self.device.seen(5, since=mark) if r.pdu[3]]
            self.assertEqual(on, [])

    def test_force_of_a_removed_output(self):
        """what a person forces while it is being made safe is his, and is there after a way back"""
        text = self.text(self.GOES, "plc.VALVE = true")
        with Program(text, probation=self.RETIRING % "10m") as msm, msm.control() as control:
            result = self.retire(msm, self.text("plc.X = holding.uint16(0)", """
                n = (n or 0) + 1
                if n == 3 then error("back") end
                """).replace("every(", "local n\nevery("))
            control.ask("force", name="plc.VALVE", value=False)
            rows = control.ask("forced")["values"]
            self.assertEqual([(row["name"], row["suppressed"]) for row in rows],
                             [("plc.VALVE", False)])
            self.release()
            code, said = result()
            self.assertEqual(code, 1)
            self.assertIn("back", said)
            rows = control.ask("forced")["values"]
            self.assertEqual([(row["name"], row["suppressed"]) for row in rows],
                             [("plc.VALVE", True)])
            self.assertEqual(self.device.get("coil", 0), 0)
            control.ask("unforce", all=True, restore=True)
            eventually(lambda: self.device.get("coil", 0), "the valve")

    def test_changed_address_is_never(self):
        """a mirrored variable with another address has no value until it was read there, however
        good the old one was; its neighbour and the connection go on"""
        self.device.set("input", 0, 111)
        self.device.set("input", 10, 222)
        self.device.set("holding", 0, 5)
        text = self.text("plc.X = input.uint16(%d)\nplc.Y = holding.uint16(0)")
        text = text.replace(', stale = "serve"', "")
        with Program(text % 0) as msm, msm.connect() as wire, msm.control() as control:
            eventually(lambda: wire.input(0) == 111)
            eventually(lambda: wire.holding(0) == 5)
            self.device.behave("late", fc=4)
            msm.reload(text % 10)
            row, = control.ask("get", names=["plc.X"])["values"]
            self.assertEqual(row["quality"], "never")
            self.assertEqual(wire.refused(fc_read(4, 10, 1)), 0x0B)
            self.assertEqual(wire.holding(0), 5, "the neighbour is good")
            row, = control.ask("get", names=["plc.Y"])["values"]
            self.assertEqual(row["quality"], "good")
            self.assertEqual(self.device.total, 1)

    def test_same_variables_stay_good(self):
        """a mirror that has not changed is good all through a reload, and is polled on over the
        same connection; a write of a master's in between arrives"""
        self.device.set("holding", 0, 5)
        text = self.text("plc.X = holding.uint16(0)\nplc.Z = holding.uint16(1)")
        text = text.replace(', stale = "serve"', "")
        with Program(text) as msm, msm.connect() as wire:
            eventually(lambda: wire.holding(0) == 5)
            with Watcher(msm.port, lambda wire: wire.refused(fc_read(3, 0, 2))) as watcher:
                for number in range(1, 6):
                    self.assertEqual(wire.write(1, number), 0)
                    msm.reload(text)
                    eventually(lambda: self.device.get("holding", 1) == number, "the write")
                    mark = self.device.mark()
                    self.device.wait_seen(2, 3, since=mark)
            self.assertEqual(set(watcher.seen), {0})
            self.assertEqual((self.device.total, self.device.most), (1, 1))

    def test_request_under_way(self):
        """a link:request whose answer comes after the program has gone is nobody's; the next
        program's own request on the same connection gets its own answer"""
        self.device.set("holding", 700, 70)
        self.device.set("holding", 800, 80)
        variables = "plc.X = input.uint16(0)\nplc.GOT = var.uint16{}\nplc.DONE = var.uint16{}"
        text = self.text(variables, """
            if not asked and link.online then
              asked = link:request { fc = 3, address = %d, count = 1 }
            end
            if asked and asked.values then plc.GOT, plc.DONE = asked.values[1], %d end
            """).replace("every(", "local asked\nevery(")
        self.device.behave("late", fc=3, times=1, poison=False)
        with Program(text % (700, 1)) as msm, msm.control() as control:
            self.device.wait_seen(1, 3)
            msm.reload(text % (800, 2))
            self.assertEqual(control.value("plc.DONE"), 0)
            with self.device.changed:
                for connection, _, data in self.device.held:
                    connection.send(data)
            eventually(lambda: control.value("plc.DONE") == 2, "the second program's answer")
            self.assertEqual(control.value("plc.GOT"), 80)
            self.assertEqual(self.device.total, 1)


class Lines(unittest.TestCase):
    def hidden(self, pair):
        """The name of the msm side's end is taken away, so that it cannot be opened again."""
        os.rename(pair.ends[0], pair.ends[0] + ".hidden")

    def test_master(self):
        """a serial line stays open, and its slave is asked on; the new variables as well"""
        pair = Pair.of(self)
        text = """
            local bus = serial { device = "%s" }
            mem.X = holding.uint16(0)
            mem.Y = holding.uint16(%%d)
            client.rtu { line = bus, unit = 1, mem = mem, period = "10ms", timeout = "2s" }
            server.tcp { port = 0 }
            every("5ms", function() end)
            """ % pair.ends[0]
        with RtuSlave(pair.ends[1], units=(1,)) as slave:
            slave.set(1, 0, 5)
            slave.set(1, 50, 6)
            slave.set(1, 60, 7)
            with Program(text % 50) as msm, msm.connect() as wire:
                eventually(lambda: wire.holding(0) == 5)
                eventually(lambda: wire.holding(50) == 6)
                self.hidden(pair)
                for number, address in enumerate((60, 50, 60)):
                    msm.reload(text % address)
                    slave.set(1, 0, 100 + number)
                    eventually(lambda: wire.holding(0) == 100 + number, "a poll")
                    eventually(lambda: wire.holding(address) == {50: 6, 60: 7}[address])
                self.assertNotRegex(msm.text(), "gone|no such device|no answer")

    def test_slave(self):
        """a master on a serial line is answered before and after, each request once"""
        pair = Pair.of(self)
        text = """
            local bus = serial { device = "%s" }
            mem.X = holding.uint16(0, { default = 5 })
            server.rtu { line = bus, unit = 1 }
            every("5ms", function() end)
            -- %%d
            """ % pair.ends[0]
        with Program(text % 0, servers=0) as msm, RtuMaster(pair.ends[1]) as master:
            msm.wait_line("serving")
            eventually(lambda: master.holding(0, wait=0.5) == 5, "the line's opening")
            self.hidden(pair)
            for number in range(1, 4):
                self.assertEqual(master.ask(struct.pack(">BHH", 6, 0, number)),
                                 struct.pack(">BHH", 6, 0, number))
                msm.reload(text % number)
                self.assertEqual(master.holding(0), number)


if __name__ == "__main__":
    unittest.main()
