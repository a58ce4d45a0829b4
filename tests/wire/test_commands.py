"""The commands of the command line, with the real binary beside a running program: what each does,
its --json, its exit status, what it says and where.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest

from msm import BINARY, DEADLINE, Msm, command, eventually

SCRIPT = """
program { probation = "100ms" }
mem.LEVEL    = input.float32(0,   { unit = "%", min = 0, max = 100 })
mem.SETPOINT = holding.float32(0, { unit = "%", min = 0, max = 100, default = 50 })
mem.PUMP     = coil(0,            { safe = false })
mem.X        = holding.int16(10,  { min = -100, max = 100 })
mem.TEXT     = holding.string(20, { length = 20 })
mem.TEMPS    = holding.int16(40,  { count = 3 })
mem.BOOM     = coil(9)
mem:raw { holding = { 100, 4 } }
local plc = memory("plc")
plc.SPEED = holding.int16(0)
server.tcp { port = 0 }
every("20ms", function()
  mem.LEVEL = 12.5
  if mem.BOOM then error("boom") end
end)
"""

OK, FAILED, USAGE, NOT_RUNNING, UNKNOWN, REFUSED = range(6)


class Case(unittest.TestCase):
    script = SCRIPT

    @classmethod
    def setUpClass(cls):
        cls.msm = Msm(cls.script)

    @classmethod
    def tearDownClass(cls):
        cls.msm.stop()

    def run_msm(self, *args, **options):
        return self.msm.command(*args, **options)

    def expect(self, status, stdout, *args, **options):
        """The status, and exactly that on stdout; on stderr nothing where it is well. Returns stderr."""
        done = self.run_msm(*args, **options)
        self.assertEqual((done.returncode, done.stdout), (status, stdout), (args, done.stderr))
        if status == OK:
            self.assertEqual(done.stderr, "", args)
        return done.stderr

    def expect_refused(self, status, message, *args):
        self.assertIn(message, self.expect(status, "", *args))

    def json(self, *args, status=OK):
        done = self.run_msm(*args, "--json")
        self.assertEqual((done.returncode, done.stderr), (status, ""), args)
        self.assertEqual(done.stdout.count("\n"), 1, "one line: " + done.stdout)
        return json.loads(done.stdout)


class Values(Case):
    def test_get(self):
        self.expect(OK, "12.5\n", "get", "LEVEL")
        self.expect(OK, "50\n", "get", "mem.SETPOINT")
        self.expect(OK, "LEVEL 12.5\nPUMP false\n", "get", "LEVEL", "PUMP")
        self.expect(OK, "PUMP false\nLEVEL 12.5\n", "get", "PUMP", "LEVEL")
        self.expect(OK, "[0, 0, 0]\n", "get", "TEMPS")
        self.expect(OK, "0\n", "get", "TEMPS[3]")
        self.expect(OK, "0\n", "get", "holding[103]")
        self.expect(OK, "plc.SPEED 0\n", "get", "plc.*")
        self.expect(OK, "plc.SPEED 0\n", "get", "plc.SPEE?")

    def test_get_json(self):
        row = self.json("get", "LEVEL")
        self.assertEqual((row["name"], row["value"], row["unit"], row["quality"], row["forced"]),
                         ("LEVEL", 12.5, "%", "good", False))
        self.assertEqual([row["name"] for row in self.json("get", "LEVEL", "X")], ["LEVEL", "X"])
        self.assertEqual([row["name"] for row in self.json("get", "plc.*")], ["plc.SPEED"])

    def test_json_numbers_are_short(self):
        self.expect(OK, "", "set", "SETPOINT", "0.1")
        text = self.run_msm("get", "SETPOINT", "--json").stdout
        self.assertIn('"value":0.1,', text)
        self.expect(OK, "", "set", "SETPOINT", "50")
        self.assertIn('"value":50.0,', self.run_msm("get", "SETPOINT", "--json").stdout)

    def test_get_unknown(self):
        self.expect_refused(UNKNOWN, "LEVL is not declared; did you mean LEVEL?", "get", "LEVL")
        self.expect_refused(UNKNOWN, "did you mean plc.SPEED?", "get", "SPEED")
        self.expect_refused(UNKNOWN, "LEVL", "get", "PUMP", "LEVL")
        self.expect_refused(UNKNOWN, "TEMPS has the elements 1..3", "get", "TEMPS[4]")
        self.expect_refused(UNKNOWN, "X is no array", "get", "X[1]")
        self.expect_refused(UNKNOWN, "holding[99] is not declared", "get", "holding[99]")
        self.expect_refused(UNKNOWN, "NIX*", "get", "NIX*")

    def test_set(self):
        self.expect(OK, "", "set", "X", "-5")
        self.expect(OK, "-5\n", "get", "X")
        self.expect(OK, "", "set", "X", "--", "-7")
        self.expect(OK, "-7\n", "get", "X")
        self.expect(OK, "", "set", "TEXT", "Öl 3 %")
        self.expect(OK, "Öl 3 %\n", "get", "TEXT")
        self.expect(OK, "", "set", "TEMPS[2]", "-1")
        self.expect(OK, "[0, -1, 0]\n", "get", "TEMPS")
        self.expect(OK, "", "set", "TEMPS", "[0, 0, 0]")
        self.expect(OK, "[0, 0, 0]\n", "get", "TEMPS")
        self.expect(OK, "", "set", "SETPOINT", "10")
        self.expect(OK, "", "set", "--default", "SETPOINT")
        self.expect(OK, "50\n", "get", "SETPOINT")
        self.assertEqual(self.json("set", "X", "5")["value"], 5)

    def test_set_refused(self):
        self.expect_refused(REFUSED, "mem.X = 500 is out of range -100..100", "set", "X", "500")
        self.expect_refused(REFUSED, "LEVEL is the program's to write", "set", "LEVEL", "3")
        self.expect_refused(UNKNOWN, "did you mean LEVEL?", "set", "LEVL", "3")
        status = self.run_msm("set", "X", "abc").returncode
        self.assertIn(status, (USAGE, REFUSED))
        self.expect_refused(USAGE, "VALUE is missing", "set", "X")
        self.expect_refused(USAGE, "takes the place of a value", "set", "X", "5", "--default")

    def test_force(self):
        self.expect(OK, "", "force", "PUMP", "true")
        self.expect(OK, "PUMP true instead of false\n", "force")
        self.expect(OK, "true\n", "get", "PUMP")
        row = self.json("force")[0]
        self.assertEqual((row["name"], row["forced"], row["suppressed"]), ("PUMP", True, False))
        self.expect(OK, "PUMP\n", "unforce", "PUMP", "--restore")
        self.expect(OK, "false\n", "get", "PUMP")
        self.assertEqual(self.json("force"), [])
        self.assertEqual(self.json("force", "X", "-9")[0]["value"], -9)
        self.assertEqual(self.json("unforce", "--all"), ["X"])
        self.expect(OK, "-9\n", "get", "X")

    def test_force_refused(self):
        self.expect_refused(USAGE, "VALUE is missing", "force", "PUMP")
        self.expect_refused(UNKNOWN, "did you mean PUMP?", "force", "PMP", "true")
        self.expect_refused(REFUSED, "out of range", "force", "X", "101")
        self.expect_refused(REFUSED, "X is not forced", "unforce", "X")
        self.expect_refused(USAGE, "it takes a NAME or --all", "unforce")
        self.expect_refused(USAGE, "not both", "unforce", "X", "--all")
        self.expect_refused(UNKNOWN, "did you mean X?", "unforce", "XX")

    def test_full_disk_is_said(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([BINARY, "get", "LEVEL"], stdout=full, stderr=subprocess.PIPE,
                                  env=self.msm.environment(), text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("msm get: cannot write", done.stderr)


class CommandLine(Case):
    def test_options_anywhere(self):
        for words in (["--name", "wire", "X", "6"], ["X", "--name", "wire", "6"],
                      ["X", "6", "--name", "wire"], ["--name=wire", "X", "6"]):
            self.expect(OK, "", "set", *words)

    def test_mistakes(self):
        self.expect_refused(USAGE, "NAME is missing", "get")
        self.expect_refused(USAGE, "unknown option --jsn; did you mean --json?", "get", "X", "--jsn")
        self.expect_refused(USAGE, "unknown option -j", "get", "X", "-j")
        self.expect_refused(USAGE, "one word too many: 7", "set", "X", "6", "7")
        self.expect_refused(USAGE, "a value must follow --name", "get", "X", "--name")
        self.expect_refused(USAGE, "no value is taken by --json=1", "get", "X", "--json=1")
        self.expect_refused(USAGE, "did you mean status?", "stauts")
        self.expect_refused(USAGE, "usage: msm COMMAND")
        self.expect_refused(USAGE, "--lines takes a number", "log", "--lines", "many")
        self.expect_refused(USAGE, "--period takes seconds", "watch", "--period", "0")

    def test_version(self):
        self.assertRegex(self.run_msm("--version").stdout, r"^msm \d+\.\d+\.\d+\n$")


class Streams(Case):
    """Commands that go on until somebody ends."""

    def start(self, *args, stdin=subprocess.DEVNULL):
        process = subprocess.Popen([BINARY, *args], stdin=stdin, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.msm.environment())
        guard = threading.Timer(DEADLINE, process.kill)  # so that readline comes back at last
        guard.start()
        self.addCleanup(guard.cancel)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE)
        self.addCleanup(process.kill)
        return process

    def test_watch(self):
        self.expect(OK, "", "set", "X", "1")
        process = self.start("watch", "X")
        self.assertEqual(process.stdout.readline(), "X 1\n")
        self.expect(OK, "", "set", "X", "2")
        self.assertEqual(process.stdout.readline(), "X 2\n")
        self.expect(OK, "", "force", "X", "3")
        self.assertEqual(process.stdout.readline(), "X 3 (forced)\n")
        self.expect(OK, "X\n", "unforce", "X")
        self.assertEqual(process.stdout.readline(), "X 3\n")

    def test_watch_json(self):
        self.expect(OK, "", "set", "X", "1")
        process = self.start("watch", "X", "--json", "--period", "0.02")
        first = json.loads(process.stdout.readline())
        self.assertTrue(first["full"])
        self.assertEqual([row["value"] for row in first["values"]], [1])
        self.expect(OK, "", "set", "X", "2")
        self.assertEqual([row["value"] for row in json.loads(process.stdout.readline())["values"]], [2])

    def test_watch_unknown(self):
        self.expect_refused(UNKNOWN, "NIX*", "watch", "NIX*")

    def test_log(self):
        lines = self.run_msm("log", "--lines", "10000").stdout.splitlines()
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S")
        self.assertIn("serving", "\n".join(lines))
        self.assertEqual(len(self.run_msm("log", "--lines", "1").stdout.splitlines()), 1)
        self.assertEqual(self.run_msm("log", "--lines", "0").stdout, "")
        row = json.loads(self.run_msm("log", "--lines", "1", "--json").stdout)
        self.assertEqual(sorted(row), ["text", "time"])

    def test_log_follow(self):
        process = self.start("log", "--follow", "--lines", "1")
        process.stdout.readline()
        self.expect(OK, "", "eval", 'log.info("hello %d", 5)')
        self.assertIn("hello 5", process.stdout.readline())

    def test_a_reader_that_goes(self):
        for args in (["watch", "X"], ["log", "--follow"]):
            with self.subTest(args=args):
                process = self.start(*args)
                process.stdout.readline()
                process.stdout.close()
                for value in range(50):
                    if process.poll() is not None:
                        break
                    self.run_msm("eval", 'mem.X = %d; log.info("x")' % value)
                self.assertIn(process.wait(DEADLINE), (-signal.SIGPIPE, FAILED))

    def test_end_of_the_program(self):
        with Msm(SCRIPT, name="other", run=self.msm.run) as other:
            processes = [self.start("watch", "X", "--name", "other"),
                         self.start("log", "--follow", "--name", "other")]
            for process in processes:
                process.stdout.readline()
            other.stop()
            for process in processes:
                self.assertNotIn(process.wait(DEADLINE), (OK, -signal.SIGPIPE))
                self.assertRegex(process.stderr.read(), "is stopping|has ended|other ends")


class Eval(Case):
    def test_code(self):
        self.expect(OK, "25.0\n", "eval", "mem.LEVEL * 2")
        self.expect(OK, "", "eval", "mem.X = 44")
        self.expect(OK, "44\n", "get", "X")
        self.expect(OK, "1\n2\n", "eval", "return 1, 2")
        self.expect_refused(FAILED, "eval:1: mem.LEVL is not declared; did you mean LEVEL?", "eval", "mem.LEVL")
        self.expect_refused(FAILED, "eval:1: unexpected symbol", "eval", "x =")

    def test_an_error_takes_back(self):
        self.expect(OK, "", "set", "X", "1")
        self.expect_refused(FAILED, "no", "eval", "mem.X = 2; error('no')")
        self.expect(OK, "1\n", "get", "X")

    def test_lines_of_stdin(self):
        done = subprocess.run([BINARY, "eval"], input="1 + 1\n\nmem.X = 3\nmem.X", text=True, timeout=DEADLINE,
                              capture_output=True, env=self.msm.environment())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (OK, "2\n3\n", ""))

    def test_stdin_ends_at_an_error(self):
        done = subprocess.run([BINARY, "eval"], input="1\nerror('no')\n2\n", text=True, timeout=DEADLINE,
                              capture_output=True, env=self.msm.environment())
        self.assertEqual((done.returncode, done.stdout), (FAILED, "1\n"))
        self.assertIn("no", done.stderr)


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
            self.assertIn("8 variables, 0 forced, 1 task, ", done.stdout)
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
            self.assertRegex(text, r"\nThe fault:\n\S*wire\.lua:\d+: boom\nstack traceback:\n")
            self.assertEqual(json.loads(msm.command("status", "--json").stdout)["state"], "fault")
            done = msm.command("eval", "1")
            self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
            self.assertEqual(msm.command("get", "LEVEL").stdout, "12.5\n")
            self.assertEqual(msm.command("set", "BOOM", "false").returncode, OK)
            done = msm.command("reload")
            self.assertEqual((done.returncode, done.stdout), (OK, ""), done.stderr)
            text = msm.command("status").stdout
            self.assertTrue(text.startswith("wire: running, "), text)
            self.assertIn("The last fault:", text)

    def test_reload(self):
        with Msm(SCRIPT) as msm:
            with open(msm.path, "a", encoding="utf-8") as file:
                file.write('error("wrong")\n')
            done = msm.command("reload")
            self.assertEqual((done.returncode, done.stdout), (REFUSED, ""))
            self.assertRegex(done.stderr, r"wire\.lua:\d+: wrong")
            self.assertIn("refused: ", msm.command("status").stdout)
            self.assertIn("1 refused or rolled back", msm.command("status").stdout)
            with open(msm.path, "w", encoding="utf-8") as file:  # not before its second scan
                file.write(SCRIPT.replace('"100ms"', '"10s"') +
                           'local n = 0\nevery("50ms", function() n = n + 1; '
                           'if n == 3 then error("late") end end)\n')
            done = msm.command("reload")
            self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
            self.assertIn("late", done.stderr)

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
