"""Commands that look at how a program is, change that and end it (status, reload, stop), with the real
binary: their exit statuses and what they say, also of a program that does not answer; and how one of
several programs is meant.
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

from commands import FAILED, NOT_RUNNING, OK, REFUSED, SCRIPT, USAGE
from control import Gone
from msm import BINARY, DEADLINE, SANITIZERS, Msm, command, eventually
from retain import Home

WITHOUT_SIGNALS = unittest.skipIf("thread" in SANITIZERS, "signals do not interrupt Lua under the "
                                    "thread sanitizer")


class State(unittest.TestCase):
    """status, reload and stop."""

    def test_status(self):
        with Msm(SCRIPT) as msm:
            done = msm.command("status")
            self.assertEqual((done.returncode, done.stderr), (OK, ""))
            self.assertRegex(done.stdout, r"^wire: running, .*wire\.lua, for \S+ \S+ \(process %d\)\n"
                             % msm.process.pid)
            self.assertRegex(done.stdout, r"\nscan +\d+ scans?, period 20 ms, ")
            self.assertRegex(done.stdout, r"\nserver +online ")
            self.assertIn("10 variables, 0 forced, 1 task, ", done.stdout)
            self.assertNotRegex(done.stdout, r"\d\.\d{4}", "no more than three figures")
            status = json.loads(msm.command("status", "--json").stdout)
            self.assertEqual((status["name"], status["state"], status["pid"]),
                             ("wire", "run", msm.process.pid))

    def test_fault_and_back(self):
        with Msm(SCRIPT) as msm:
            self.assertEqual(msm.command("set", "BOOM", "true").returncode, OK)
            eventually(lambda: msm.command("status").returncode == FAILED, "the fault")
            text = msm.command("status").stdout
            self.assertTrue(text.startswith("wire: FAULT, "), text)
            self.assertRegex(text, r"\nThe fault, \d\d:\d\d:\d\d:\n\S*wire\.lua:\d+: boom\nstack traceback:\n")
            self.assertEqual(json.loads(msm.command("status", "--json").stdout)["state"], "fault")
            done = msm.command("eval", "1")
            self.assertEqual((done.returncode, done.stdout), (REFUSED, ""))
            self.assertEqual(msm.command("get", "LEVEL").stdout, "12.5\n")
            self.assertEqual(msm.command("set", "BOOM", "false").returncode, OK)
            done = msm.command("reload")
            self.assertEqual((done.returncode, done.stdout), (OK, ""), done.stderr)
            text = msm.command("status").stdout
            self.assertTrue(text.startswith("wire: running, "), text)
            self.assertRegex(text, r"\nThe last fault, \d\d:\d\d:\d\d:\n")
            status = json.loads(msm.command("status", "--json").stdout)
            self.assertGreaterEqual(status["last_fault_time"], int(status["started"]))
            self.assertIsNone(status["last_reload_time"])

    def test_reload(self):
        with Msm(SCRIPT) as msm:
            with open(msm.path, "a", encoding="utf-8") as file:
                file.write('error("wrong")\n')
            done = msm.command("reload")
            self.assertEqual((done.returncode, done.stdout), (REFUSED, ""))
            self.assertRegex(done.stderr, r"^refused, nothing has changed: \S*wire\.lua:\d+: wrong")
            self.assertRegex(msm.command("status").stdout, r"\nThe last reload, \d\d:\d\d:\d\d:\nrefused: ")
            self.assertIn("1 refused or rolled back", msm.command("status").stdout)
            with open(msm.path, "w", encoding="utf-8") as file:  # not before its second scan
                file.write(SCRIPT.replace('"100ms"', '"10s"') +
                           'local n = 0\nevery("50ms", function() n = n + 1; '
                           'if n == 3 then error("late") end end)\n')
            done = msm.command("reload")
            self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
            self.assertRegex(done.stderr, r"^rolled back: .*late")

    @staticmethod
    def holds(folder, text):
        """Whether any file in a folder has this in it."""
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                if text in file.read():
                    return True
        return False

    def test_why_the_proven_text_runs(self):
        """A script that is refused at the start, where nobody sits at a terminal."""
        with Home(SCRIPT) as home:
            with home.life() as msm:
                eventually(lambda: self.holds(home.state, b"mem.SETPOINT"), "the proven text on the disk")
                status = json.loads(msm.command("status", "--json").stdout)
                self.assertEqual((status["fallback"], status["fallback_why"]), (False, ""))
            home.write(SCRIPT + 'error("half an edit")\n')
            with home.life() as msm:
                self.assertRegex(msm.command("status").stdout,
                                 r"\nThe script's own text does not run, but its last proven one, because:\n"
                                 r"\S*home\.lua:\d+: half an edit\n")
                self.assertIn("half an edit", json.loads(msm.command("status", "--json").stdout)["fallback_why"])

    def test_a_program_that_is_stopped(self):
        """It is given up, and that is said; nothing hangs."""
        with Msm(SCRIPT) as msm:
            os.kill(msm.process.pid, signal.SIGSTOP)
            try:
                asking = [subprocess.Popen([BINARY, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                           env=msm.environment())
                          for words in (["get", "X"], ["set", "X", "1"], ["status"], ["force"], ["log"], ["watch"])]
                for process in asking:
                    out, said = process.communicate(timeout=DEADLINE)
                    self.assertEqual((process.returncode, out), (FAILED, ""), said)
                    self.assertRegex(said, r"^msm \w+: wire has not answered for 10 s; it runs, but is stopped")
            finally:
                os.kill(msm.process.pid, signal.SIGCONT)
            self.assertEqual(msm.command("status").returncode, OK)

    def test_probation_is_said(self):
        with Msm(SCRIPT) as msm:
            with open(msm.path, "w", encoding="utf-8") as file:
                file.write(SCRIPT.replace('"100ms"', '"30s"'))
            asking = subprocess.Popen([BINARY, "reload"], env=msm.environment())
            self.addCleanup(asking.wait, DEADLINE)
            self.addCleanup(asking.kill)
            text = eventually(lambda: "probation" in (seen := msm.command("status").stdout) and seen)
            self.assertRegex(text, r"^wire: running, in probation for another \d+(\.\d)? s, ")
            self.assertEqual(msm.command("status").returncode, OK)

    def test_stop_returns_when_it_has_ended(self):
        for _ in range(5):
            with Msm(SCRIPT) as msm:
                done = msm.command("stop")
                ended = os.waitid(os.P_PID, msm.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (OK, "", ""))
                self.assertIsNotNone(ended, "the process is still there")

    def test_a_connection_closes_when_all_is_free(self):
        with Msm(SCRIPT) as msm:
            with msm.control() as control:
                control.ask("stop")
                self.assertRaises(Gone, control.receive)
                self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", msm.port))

    def test_a_name_that_would_lead_elsewhere(self):
        with tempfile.TemporaryDirectory(prefix="msm-name-") as folder:
            state = os.path.join(folder, "a", "state")
            script = os.path.join(folder, "tank.lua")
            os.makedirs(state)
            with open(script, "w", encoding="utf-8") as file:
                file.write(SCRIPT)
            for name in ("../x", "/x", ".x", "", "x" * 64, "a\nb"):
                done = command("run", "--state", state, "--name", name, script, env=dict(os.environ, MSM_RUN=folder))
                self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done.stderr)
                self.assertIn("cannot be the name", done.stderr)
            self.assertEqual((os.listdir(os.path.dirname(state)), os.listdir(state)), (["state"], []))

    def assert_body_is_ended(self, text, said, timeout=DEADLINE):
        with tempfile.TemporaryDirectory(prefix="msm-body-") as folder:
            script = os.path.join(folder, "h.lua")
            with open(script, "w", encoding="utf-8") as file:
                file.write("\n" + text + "\n")
            for word in ("check", "map"):
                done = command(word, script, timeout=timeout)
                self.assertEqual((done.returncode, done.stdout), (FAILED, ""), done.stderr)
                self.assertIn("h.lua:2: watchdog: " + said, done.stderr)

    @WITHOUT_SIGNALS
    def test_a_body_that_does_not_end(self):
        self.assert_body_is_ended("while true do end", "the script's body ran longer than")

    @WITHOUT_SIGNALS
    def test_a_body_in_a_call_that_does_not_end(self):
        self.assert_body_is_ended('string.find(("a"):rep(40), ("a-"):rep(40) .. "b")',
                                  "the program does not come back from one call", timeout=2 * DEADLINE)

    def test_offline_link(self):
        with Msm(SCRIPT + 'client.tcp { host = "127.0.0.1", port = 1, mem = plc, name = "drive" }\n') as msm:
            text = eventually(lambda: "errors" in (seen := msm.command("status").stdout) and seen)
            self.assertRegex(text, r"\nclient +OFFLINE drive, \d+ errors: connection refused")
            done = msm.command("set", "plc.SPEED", "3")
            self.assertEqual(done.returncode, REFUSED)
            self.assertIn("plc.SPEED belongs to drive", done.stderr)


class Which(unittest.TestCase):
    """Which program is meant."""

    COMMANDS = [["eval", "1"], ["force"], ["get", "X"], ["log"], ["reload"], ["set", "X", "1"], ["status"],
                ["stop"], ["unforce", "X"], ["watch"]]

    def test_none(self):
        with tempfile.TemporaryDirectory(prefix="msm-none-") as folder:
            for words in self.COMMANDS:
                done = command(*words, env=dict(os.environ, MSM_RUN=folder))
                self.assertEqual((done.returncode, done.stdout), (NOT_RUNNING, ""), words)
                self.assertEqual(done.stderr, "msm %s: no program is running (looked in %s); "
                                 "msm run FILE starts one\n" % (words[0], folder))

    def test_several(self):
        with Msm(SCRIPT, name="boiler") as one, Msm(SCRIPT, name="tank", run=one.run) as two:
            for words in self.COMMANDS:
                done = one.command(*words)
                self.assertEqual((done.returncode, done.stdout), (NOT_RUNNING, ""), words)
                self.assertEqual(done.stderr, "msm %s: several programs are running: boiler, tank; "
                                 "--name says which\n" % words[0])
            self.assertEqual(one.command("set", "X", "1", "--name", "boiler").returncode, OK)
            self.assertEqual(two.command("get", "X", "--name", "tank").stdout, "0\n")
            done = one.command("status", "--name", "tnk")
            self.assertEqual((done.returncode, done.stderr), (
                NOT_RUNNING, 'msm status: no program "tnk" is running; did you mean tank?\n'))
            self.assertEqual(one.command("complete", "--", "get", "--name", "").stdout, "boiler\ntank\n")

    def test_check_finds_the_one_of_its_file(self):
        with Msm(SCRIPT, name="boiler") as one, Msm(SCRIPT, name="tank", run=one.run) as two:
            with open(two.path, "a", encoding="utf-8") as file:
                file.write("mem.FRESH = coil(20)\n")
            done = one.command("check", two.path, "--against-running")
            self.assertEqual(done.returncode, OK, done.stderr)
            self.assertIn("FRESH", done.stdout)
            folder, file = os.path.split(two.path)
            self.assertIn("FRESH", two.command("check", file, "--against-running", cwd=folder).stdout)
            other = one.folder.write("other.lua", SCRIPT)
            done = one.command("check", other, "--against-running")
            self.assertEqual(done.returncode, NOT_RUNNING)
            self.assertIn("several programs are running: boiler, tank; --name says which", done.stderr)

    def test_a_dead_one_is_none(self):
        with Msm(SCRIPT, name="alive") as one:
            with Msm(SCRIPT, name="dead", run=one.run) as two:
                two.process.kill()
                two.process.wait()
                self.assertEqual(one.command("get", "X").stdout, "0\n")
                two.kill()
                two.process.returncode = 0


if __name__ == "__main__":
    unittest.main()
