"""What people and machines see of a fault, and what becomes of the program: traceback and locals in
status and log, a restart by itself, the diagnostics that a SCADA reads, a body that does not come
back from loading."""

import subprocess
import time
import unittest

import control
from msm import BINARY, SANITIZERS, Msm, eventually, from_low_first

WITHOUT_SIGNALS = "thread" in SANITIZERS  # they do not interrupt Lua there
GO, SAFE = 0, 1


class Shown(unittest.TestCase):
    SCRIPT = """
mem.GO = coil(0)
server.tcp { port = 0 }
local function fill(tank, level)
  local name, ratio, open = "tank " .. tank, level / 4, level > 3
  local pump = { name = name }
  if mem.GO then error("the pump of " .. pump.name .. " is on fire") end    -- line 7
  return ratio, open
end
every("5ms", function() local r = fill(7, 50) return r end)                -- line 10
"""

    def test_status_and_log(self):
        """file, line, traceback and the failing function's locals, in both"""
        with Msm(self.SCRIPT, name="tank") as msm, msm.connect() as wire, msm.control() as ask:
            self.assertEqual(msm.command("status").returncode, 0)
            self.assertEqual(wire.write_coil(GO, True), 0)
            msm.wait_line(": FAULT: ")
            status = ask.ask("status")
            shown = msm.command("status")
            self.assertEqual(shown.returncode, 1)
            self.assertEqual(status["state"], "fault")
            self.assertEqual(status["fault"], status["last_fault"])
            self.assertEqual((status["faults"], status["restarts"], status["reloads"]), (1, 0, 0))
            self.assertIn("tank: FAULT", shown.stdout)
            for text in (msm.text(), status["fault"], shown.stdout):
                self.assertRegex(text, r"tank\.lua:7: the pump of tank 7 is on fire\n"
                                       r"stack traceback:\n")
                self.assertRegex(text, r"tank\.lua:7: in .*\n(.*\n)*.*tank\.lua:10: in ")
                for local in ("tank = 7", "level = 50", 'name = "tank 7"', "ratio = 12.5",
                              "open = true"):
                    self.assertIn(local, text)
            self.assertEqual(wire.write_coil(GO, False), 0)
            self.assertEqual(msm.command("reload").returncode, 0)
            shown = msm.command("status")
            self.assertEqual(shown.returncode, 0)
            self.assertIn("The last fault, ", shown.stdout)
            self.assertIn("ratio = 12.5", shown.stdout)
            self.assertEqual(ask.ask("status")["fault"], "")

    SCRIPT = SCRIPT.replace("mem.GO", 'program { probation = "50ms" } mem.GO', 1)


class Restart(unittest.TestCase):
    SCRIPT = """
program { on_fault = "restart", restart_after = "100ms", probation = "50ms" }
mem.GO    = coil(0)
mem.SAFE  = coil(1, { safe = true, dir = "inout" })
mem.SCANS = holding.uint16(0, { limit = "wrap" })
mem.WHY   = input.string(0, { length = 8 })
server.tcp { port = 0 }
on_start(function(why) mem.WHY = why end)
every("5ms", function()
  mem.SCANS = mem.SCANS + 1
  if mem.GO then error("on fire") end
end)
"""

    def test_restarts(self):
        """as often as it faults, from its own text, after restart_after; counted"""
        with Msm(self.SCRIPT, name="tank") as msm, msm.connect() as wire, msm.control() as ask:
            with open(msm.path, "w", encoding="utf-8") as file:
                file.write("half way to something else")
            self.assertEqual(ask.value("WHY"), "cold")
            for number in range(1, 4):
                self.assertEqual(wire.write_coil(SAFE, False), 0)
                began = time.monotonic()
                self.assertEqual(wire.write_coil(GO, True), 0)
                eventually(lambda: wire.coil(SAFE) == 1, "the safe value")
                self.assertEqual(wire.write_coil(GO, False), 0)
                msm.wait_line("starting again in 100 ms", nth=number - 1)
                msm.wait_line("started again after the fault", nth=number - 1)
                self.assertGreaterEqual(time.monotonic() - began, 0.1)
                eventually(lambda: ask.ask("status")["state"] == "run", "the end of probation")
                status = ask.ask("status")
                self.assertEqual((status["faults"], status["restarts"]), (number, number))
                self.assertEqual((status["reloads"], status["fault"]), (0, ""))
                self.assertIn("tank.lua:11: on fire", status["last_fault"])
                eventually(lambda: ask.value("WHY") == "restart", "on_start")
                self.assertEqual(wire.coil(SAFE), 1, "values stay")
                self.assertEqual(wire.write_coil(SAFE, False), 0)
                count = wire.holding(0)
                eventually(lambda: wire.holding(0) != count, "the next scan")

    def test_cause_stays(self):
        """it is tried again and again, less and less often, in FAULT meanwhile; each try is told,
        and none of them counts as a reload"""
        with Msm(self.SCRIPT, name="tank") as msm, msm.connect() as wire, msm.control() as ask:
            self.assertEqual(wire.write_coil(GO, True), 0)
            for after in ("100 ms", "200 ms", "400 ms"):
                msm.wait_line("starting again in " + after)
            status = ask.ask("status")
            self.assertEqual((status["state"], status["restarts"]), ("fault", 0))
            self.assertEqual((status["refused"], status["last_reload"]), (0, ""))
            # not while one of the tries is under way
            eventually(lambda: (ask.ask("status")["restart_left"] or -1) >= 0, "the next try")
            eventually(lambda: "tank: FAULT, starts again in " in msm.command("status").stdout,
                       "the same in words")
            self.assertEqual(wire.write_coil(SAFE, False), 4)
            self.assertEqual(wire.write_coil(GO, False), 0)
            msm.wait_line("started again after the fault")
            eventually(lambda: ask.ask("status")["state"] == "run", "the end of probation")
            status = ask.ask("status")
            self.assertEqual((status["restarts"], status["restart_left"]), (1, None))
            self.assertEqual(wire.write_coil(SAFE, False), 0)

    def test_stop_is_the_default(self):
        """without on_fault nothing starts again"""
        script = self.SCRIPT.replace('on_fault = "restart", restart_after = "100ms",', "")
        with Msm(script, name="tank") as msm, msm.connect() as wire, msm.control() as ask:
            self.assertEqual(wire.write_coil(GO, True), 0)
            msm.wait_line(": FAULT: ")
            self.assertEqual(wire.write_coil(GO, False), 0)
            scans = ask.ask("status")["scan"]["count"]
            status = eventually(lambda: self.later(ask, scans + 100), "steps in FAULT")
            self.assertEqual((status["state"], status["restarts"]), ("fault", 0))
            self.assertIsNone(status["restart_left"])
            self.assertNotIn("starting again", msm.text())

    @staticmethod
    def later(ask, count):
        status = ask.ask("status")
        return status["scan"]["count"] >= count and status


class Diagnostics(unittest.TestCase):
    SCRIPT = """
program { diagnostics = { input = 9000 }, watchdog = "3s", probation = "%s" }
mem.GO = coil(0)
local plc = memory "plc"
plc.X = holding.uint16(0)
client.tcp { host = "127.0.0.1", port = 1, mem = plc }
server.tcp { port = 0, mem = mem }
every("5ms", function() if mem.GO then %s end end)
"""
    WORDS = (("STATE", 9000), ("HEARTBEAT", 9001), ("FAULTS", 9010), ("RESTARTS", 9011),
             ("RELOADS", 9012), ("REFUSED", 9013), ("LINKS", 9014), ("ONLINE", 9015))
    DOUBLES = (("SCANS", 9002), ("SCAN_LAST", 9004), ("SCAN_MAX", 9006), ("OVERRUNS", 9008))

    def look(self):
        words = self.wire.input(9000, 18)
        values = {name: words[at - 9000] for name, at in self.WORDS}
        for name, at in self.DOUBLES:
            values[name] = from_low_first("I", words[at - 9000:at - 8998])
        values["LINK"] = words[16:18]
        return values

    def shows(self, **wanted):
        def all_there():
            values = self.look()
            return all(values[name] == value for name, value in wanted.items()) and values
        try:
            return eventually(all_there, "diagnostics %s" % wanted)
        except AssertionError as error:
            raise AssertionError("%s; they are %s" % (error, self.look())) from None

    def run_script(self, code, probation="50ms"):
        msm = Msm(self.SCRIPT % (probation, code), name="tank")
        self.addCleanup(msm.kill)
        self.wire = msm.connect()
        self.addCleanup(self.wire.close)
        return msm

    def test_states(self):
        """RUN, FAULT, probation after a reload, a refused reload, RUN again"""
        msm = self.run_script('error("on fire")')
        with msm.control() as ask:
            good = self.shows(STATE=1, FAULTS=0, RESTARTS=0, RELOADS=0, REFUSED=0, LINKS=2,
                              ONLINE=1, LINK=[0, 1])
            self.assertLessEqual(good["SCAN_LAST"], good["SCAN_MAX"])
            eventually(lambda: self.look()["HEARTBEAT"] > good["HEARTBEAT"], "the heartbeat")
            now = self.look()
            self.assertEqual(now["HEARTBEAT"], now["SCANS"] & 0xFFFF)
            self.assertLessEqual(now["SCANS"], ask.ask("status")["scan"]["count"])
            self.assertGreater(now["SCAN_MAX"], 0)

            self.assertEqual(self.wire.write_coil(GO, True), 0)
            fault = self.shows(STATE=3, FAULTS=1, RELOADS=0)
            eventually(lambda: self.look()["HEARTBEAT"] != fault["HEARTBEAT"], "it lives in FAULT")
            with self.assertRaises(control.Refused):
                ask.ask("reload")
            self.shows(STATE=3, FAULTS=1, RELOADS=0, REFUSED=1)

            self.assertEqual(self.wire.write_coil(GO, False), 0)
            ask.ask("reload")
            again = self.shows(STATE=1, FAULTS=1, RELOADS=1, REFUSED=1, LINKS=2, ONLINE=1,
                               LINK=[0, 1])
            self.assertGreater(again["SCANS"], fault["SCANS"])

            with open(msm.path, "w", encoding="utf-8") as file:
                text = self.SCRIPT % ("1h", 'error("on fire")')
                file.write(text.replace("mem.GO = coil(0)", "mem.GO = coil(0) mem.FIRE = coil(1)")
                           .replace("if mem.GO", "if mem.FIRE"))
            with msm.control() as another:
                another.send("reload")
                self.shows(STATE=2, RELOADS=2)
                self.assertEqual(ask.value("MSM_STATE"), 2)
            self.assertEqual(self.wire.write_coil(1, True), 0)
            self.shows(STATE=1, FAULTS=2, RELOADS=2, REFUSED=2)
        self.wire.close()
        msm.stop()

    @unittest.skipIf(WITHOUT_SIGNALS, "signals do not interrupt Lua under the thread sanitizer")
    def test_heartbeat(self):
        """it stands still while a scan does not end; from the watchdog on it goes on, in FAULT"""
        msm = self.run_script("while true do end")
        self.shows(STATE=1)
        self.assertEqual(self.wire.write_coil(GO, True), 0)
        beats = set()  # in the three seconds until the watchdog
        while (fault := self.look())["STATE"] == 1:
            beats.add(fault["HEARTBEAT"])
        self.assertLessEqual(len(beats), 3, "that of before, and the last one")
        fault = self.shows(STATE=3, FAULTS=1)
        eventually(lambda: self.look()["HEARTBEAT"] != fault["HEARTBEAT"], "it lives in FAULT")
        self.wire.close()
        msm.stop()


@unittest.skipIf(WITHOUT_SIGNALS, "signals do not interrupt Lua under the thread sanitizer")
class Kept(unittest.TestCase):
    SCRIPT = """
program { watchdog = "50ms" }
mem.GO = coil(0)
mem.STEP = input.uint16(0)
server.tcp { port = 0 }
local k = keep("k", { step = 1 })
every("5ms", function()
  mem.STEP = k.step
  if mem.GO then
    k.step = 2
    local s = ("a"):rep(40)
    s:find(("a*"):rep(40) .. "b")
  end
end)
"""

    def test_half_a_scan(self):
        """what a scan that does not come back has kept is not kept"""
        with Msm(self.SCRIPT, name="tank") as msm, msm.connect() as wire, msm.control() as ask:
            eventually(lambda: wire.input(0) == 1, "the first step")
            self.assertEqual(wire.write_coil(GO, True), 0)
            eventually(lambda: ask.ask("status")["state"] == "fault", "the fault")
            self.assertEqual(wire.write_coil(GO, False), 0)
            scans = ask.ask("status")["scan"]["count"]
            ask.ask("reload")
            eventually(lambda: ask.ask("status")["scan"]["count"] > scans + 2, "scans")
            self.assertEqual(wire.input(0), 1)


@unittest.skipIf(WITHOUT_SIGNALS, "signals do not interrupt Lua under the thread sanitizer")
class Loading(unittest.TestCase):
    """A body that is stuck inside one call of Lua's own, which takes msm its time to see."""

    BODY = 'local s = ("a"):rep(40)\ns:find(("a*"):rep(40) .. "b")\n'

    def test_body_does_not_come_back(self):
        """a reload is refused and says so, the program runs all the while and can be reloaded; a
        first program ends with 1"""
        script = Diagnostics.SCRIPT % ("50ms", "")
        with Msm(script, name="tank") as msm, msm.connect() as wire, msm.control() as ask:
            first = msm.folder.write("first.lua", self.BODY)
            first = subprocess.Popen([BINARY, "run", first], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     env=msm.environment(), text=True)
            self.addCleanup(first.kill)
            msm.folder.write("tank.lua", self.BODY)
            eventually(lambda: wire.input(9000) == 1, "the first diagnostics")
            number = ask.send("reload")
            ask.socket.settimeout(60)
            began, last = time.monotonic(), wire.input(9001)
            while time.monotonic() - began < 5:
                self.assertEqual(wire.input(9000), 1)
                eventually(lambda known=last: wire.input(9001) != known, "the heartbeat")
                last = wire.input(9001)
            answer = ask.receive()
            self.assertEqual((answer["id"], answer["ok"], answer["kind"]),
                             (number, False, "refused"))
            self.assertRegex(answer["error"], r"tank\.lua:2: .*tank\.lua does not come back from "
                             "loading")
            self.assertEqual(ask.ask("status")["abandoned"], 1)
            msm.folder.write("tank.lua", script)
            ask.ask("reload")
            self.assertEqual(ask.ask("status")["state"], "run")
            _, text = first.communicate(timeout=60)
            first.stderr.close()
            self.assertEqual(first.returncode, 1)
            self.assertRegex(text, r"first\.lua:2: .*first\.lua does not come back from loading")


if __name__ == "__main__":
    unittest.main()
