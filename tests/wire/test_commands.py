"""The commands of the command line, with the real binary beside a running program: what each does,
its --json, its exit status, what it says and where.
"""

import csv
import io
import json
import os
import select
import socket
import subprocess
import tempfile
import threading
import unittest

from commands import FAILED, NOT_RUNNING, OK, REFUSED, SCRIPT, UNKNOWN, USAGE, Case
from msm import BINARY, DEADLINE, SANITIZERS, Folder, Msm


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
        self.expect(OK, "plc.SPEED 0\nX %s\nLEVEL 12.5\n" % self.run_msm("get", "X").stdout.strip(),
                    "get", "plc.*", "X", "LEV*")
        self.expect(OK, "LEVEL 12.5\nLONG \n", "get", "LEVEL", "L*")  # each once
        self.expect(OK, "LEVEL 12.5\nLEVEL 12.5\n", "get", "L?V*", "LEVEL")  # but as asked
        self.expect(OK, "TEMPS[2] 0\nTEMPS [0, 0, 0]\n", "get", "TEMPS[2]", "TEMP*")
        self.expect_refused(UNKNOWN, "nothing matches NI*", "get", "LEVEL", "NI*")
        self.expect_refused(UNKNOWN, "at most 32 patterns", "get", *["L*"] * 33)

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

    def test_socket_numbers_are_short(self):
        self.expect(OK, "", "set", "SETPOINT", "0.1")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(os.path.join(self.msm.run, "wire.sock"))
            with connection.makefile("rwb") as lines:
                for request in ({"do": "get", "names": ["SETPOINT"]}, {"do": "watch", "names": ["SETPOINT"]},
                                {"do": "status"}):
                    lines.write(json.dumps(request).encode() + b"\n")
                    lines.flush()
                    text = lines.readline().decode()
                    numbers = []
                    answer = json.loads(text, parse_float=lambda number: numbers.append(number) or float(number))
                    self.assertTrue(numbers, text)
                    for number in numbers:
                        self.assertLessEqual(len(number), len(repr(float(number))) + 1, text)
                    if "values" in answer:
                        self.assertIn('"value":0.1,', text)
        self.expect(OK, "", "set", "SETPOINT", "50")

    def test_what_a_master_wrote_stays_within_its_line(self):
        evil = "a\nPUMP true\x1b[2J\x7f\x9b31m"
        shown = "a\\nPUMP true\\x1B[2J\\x7F\\xC2\\x9B31m"
        self.expect(OK, "", "set", "LONG", evil)
        self.expect(OK, evil + "\n", "get", "LONG")  # one, into a pipe: as it is
        self.expect(OK, "LONG %s\nplc.SPEED 0\n" % shown, "get", "LONG", "plc.SPEED")
        self.expect(OK, "LONG %s\n" % shown, "get", "LON*")
        self.assertNotRegex(self.run_msm("get", "LONG", "--json").stdout.rstrip("\n"), "[\x00-\x1f\x7f-\x9f]")
        self.expect(OK, "", "force", "LONG", evil)
        self.expect(OK, "LONG %s instead of %s\n" % (shown, shown), "force")
        self.expect(OK, "LONG\n", "unforce", "LONG")
        text = self.expect(FAILED, "", "eval", "error(mem.LONG)")
        self.assertTrue(text.startswith("eval:1: a\n  PUMP true\\x1B[2J\\x7F\\xC2\\x9B31m\n"), text)
        self.expect(OK, "", "set", "LONG", "")

    def test_one_value_on_a_terminal(self):
        self.expect(OK, "", "set", "LONG", "a\x1b[2J")
        ours, theirs = os.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            with os.fdopen(theirs, "wb") as stdout:
                subprocess.run([BINARY, "get", "LONG"], stdout=stdout, env=self.msm.environment(), timeout=DEADLINE)
                self.assertEqual(terminal.read(100), b"a\\x1B[2J\r\n")
        self.expect(OK, "", "set", "LONG", "")

    def test_what_is_no_text(self):
        for words in (["get", b"\xff"], ["set", "TEXT", b"\xff"], ["watch", b"\xff"], ["eval", b"'\xff'"]):
            self.assertIn("not UTF-8", self.expect(USAGE, "", *words))

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
        self.expect_refused(REFUSED, "a coil takes true or false (typed also as on and off, 1 and 0)",
                            "set", "PUMP", "yes")
        self.expect_refused(REFUSED, "or one of OFF, ON; did you mean ON?", "set", "MODE", "on")
        self.expect(OK, "", "set", "MODE", "ON")
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
        self.expect_refused(USAGE, '--state takes a folder, not ""', "run", "--state", "", "x.lua")

    def test_words_are_shown_without_control_characters(self):
        for status, words in ((USAGE, ["get", "--\x1b"]), (USAGE, ["get", "-\x1b"]), (USAGE, ["\x1b"]),
                              (USAGE, ["set", "X", "1", "\x1b"]), (USAGE, ["get", "X", "--json=\x1b"]),
                              (USAGE, ["log", "--lines", "\x1b"]), (USAGE, ["watch", "--period", "\x1b"]),
                              (USAGE, ["run", "--dry", "\x1b", "x.lua"]), (USAGE, ["run", "--name", "\x1b", "x.lua"]),
                              (USAGE, ["probe", "x", "--at", "\x1b"]), (USAGE, ["probe", "x:\x1b"]),
                              (USAGE, ["probe", "x", "--expect", "\x1b"]), (FAILED, ["check", "\x1b.lua"]),
                              (NOT_RUNNING, ["status", "--name", "a\x1b"])):
            said = self.expect(status, "", *words)
            self.assertNotIn("\x1b", said, words)
            self.assertIn("\\x1B", said, words)

    def test_a_path_is_shown_without_control_characters(self):
        script = SCRIPT.replace('program { ', 'program { name = "plain", ')
        with Msm(script, name="\x1b[31m\x7f") as msm:
            for words in (["status"], ["check", msm.path], ["check", msm.path, "--against-running"],
                          ["check", msm.path + "\x1b"]):
                done = msm.command(*words)
                self.assertNotRegex(done.stdout + done.stderr, "[\x1b\x7f]")
                self.assertIn("\\x1B[31m\\x7F.lua", done.stdout + done.stderr, words)

    def test_a_map_is_shown_without_control_characters(self):
        code = r'"\27[2J\7\r\n\"q\"\127\xC2\x9B"'
        raw = "\x1b[2J\a\r\n\"q\"\x7f\x9b"
        shown = '\\x1B[2J\\x07\\x0D%s"q"\\x7F\\xC2\\x9B'
        with Folder() as folder:
            path = folder.write("m.lua", "mem.A = holding.int16(0, { unit = %s, desc = %s, labels = { [0] = %s } })\n"
                                % (code, code, code))
            for form in ([], ["--markdown"], ["--csv"], ["--json"]):
                done = subprocess.run([BINARY, "map", path, *form], capture_output=True, timeout=DEADLINE)
                text = done.stdout.decode("utf-8")
                self.assertEqual((done.returncode, done.stderr), (OK, b""))
                self.assertNotRegex(text.replace("\r\n", "\n"), "[^\n -~]", form)
                if form == ["--csv"]:
                    row, = csv.DictReader(io.StringIO(text, newline=""))
                    self.assertEqual((row["unit"], row["description"].count(shown % "\n")), (shown % "\n", 2))
                elif form == ["--json"]:
                    self.assertEqual(json.loads(text)[0]["unit"], raw)
                else:
                    self.assertEqual(text.count(shown % "\\n"), 3, text)

    def test_version(self):
        self.assertRegex(self.run_msm("--version").stdout, r"^msm \d+\.\d+\.\d+\n$")


class Many(Case):
    """What one answer may hold."""

    script = """
mem.A = var.int16 { count = 60000 }
memory("other").B = var.int16 { count = 40000 }
mem.D = coil(0)
server.tcp { port = 0 }
"""

    def refused(self, line):
        self.assertEqual((line["ok"], line["kind"]), (False, "refused"))
        self.assertIn("at most 100000 values", line["error"])

    def test_get(self):
        with self.msm.control() as client:
            row, other = client.ask("get", names=["A", "other.B"])["values"]
            self.assertEqual((len(row["value"]), len(other["value"])), (60000, 40000))
            rows = client.ask("get", names=["D"] * 3 + ["A"])["values"]
            self.assertEqual([row["name"] for row in rows], ["D"] * 3 + ["A"])
            for wish in ({"names": ["A"] * 60}, {"names": ["A", "other.*", "D"]}, {"match": "*"},
                         {"names": ["A", "*[*]"]}):
                client.send("get", **wish)
                self.refused(client.receive())
        self.expect_refused(REFUSED, "at most 100000 values", "get", "A", "A")

    def test_watch(self):
        with self.msm.control() as client:
            for wish in ({}, {"match": "*"}, {"names": ["A", "A"]}):
                client.send("watch", **wish)
                self.refused(client.receive())
            line = next(client.stream("watch", match="A"))
            self.assertEqual(len(line["values"][0]["value"]), 60000)
        self.expect_refused(REFUSED, "at most 100000 values", "watch")


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
                self.assertEqual((process.wait(DEADLINE), process.stderr.read()), (OK, ""))

    def test_end_of_the_program(self):
        with Msm(SCRIPT, name="other", run=self.msm.run) as other:
            processes = [self.start(*words, *form, "--name", "other")
                         for words in (["watch", "X"], ["log", "--follow"]) for form in ([], ["--json"])]
            for process in processes:
                process.stdout.readline()
            other.stop()
            for process in processes:
                self.assertEqual(process.wait(DEADLINE), NOT_RUNNING)
                self.assertRegex(process.stderr.read(), r"^msm (watch|log): other has ended\n$")


class Eval(Case):
    def test_memories_have_their_names(self):
        """a script has them in locals, which nobody sees from outside"""
        script = 'local a, b = memory "plc", memory "io"\na.X = holding.int16(0, { default = 7 })\n' \
            'b.Y = var.int16 { default = 8 }\nserver.tcp { port = 0, mem = a }\n' \
            'every("10ms", function() if a.X == 9 then return io.Y end end)'
        with Msm(script, name="names", run=self.msm.run) as msm:
            self.assertEqual(msm.command("eval", "--name", "names", "plc.X + io.Y").stdout, "15\n")
            refused = msm.command("eval", "--name", "names", "plk.X")
            self.assertIn('global "plk" is not set', refused.stderr)

    def test_code(self):
        self.expect(OK, "25.0\n", "eval", "mem.LEVEL * 2")
        self.expect(OK, "", "eval", "mem.X = 44")
        self.expect(OK, "44\n", "get", "X")
        self.expect(OK, "1\n2\n", "eval", "return 1, 2")
        self.assertRegex(self.run_msm("eval", "scan").stdout,
                         r"^{clock_ok = true, count = \d+, now = \S+, overruns = \d+, time = \S+}\n$")
        self.expect_refused(FAILED, "eval:1: mem.LEVL is not declared; did you mean LEVEL?", "eval", "mem.LEVL")
        self.expect_refused(FAILED, "eval:1: unexpected symbol", "eval", "x =")

    def test_an_error_takes_back(self):
        self.expect(OK, "", "set", "X", "1")
        self.expect_refused(FAILED, "no", "eval", "mem.X = 2; error('no')")
        self.expect(OK, "1\n", "get", "X")

    def converse(self, *lines):
        """What a person at the prompt sees, who types these lines; the last one ends it."""
        ours, theirs = os.openpty()
        with tempfile.TemporaryDirectory(prefix="msm-home-") as home, os.fdopen(ours, "r+b", buffering=0) as terminal:
            with os.fdopen(theirs, "r+b", buffering=0) as end:
                process = subprocess.Popen([BINARY, "eval"], stdin=end, stdout=end, stderr=end,
                                           env=dict(self.msm.environment(), TERM="dumb", HOME=home, XDG_STATE_HOME=home))
            terminal.write("".join(line + "\n" for line in lines).encode())
            self.addCleanup(process.wait, DEADLINE)
            self.addCleanup(process.kill)
            seen = b""
            while select.select([terminal], [], [], DEADLINE)[0]:
                try:
                    seen += terminal.read(4096)
                except OSError:  # the other end is closed
                    break
            self.assertEqual(process.wait(DEADLINE), OK, seen)
        return seen.decode().replace("\r", "")

    def test_prompt(self):
        for end in ("quit", "exit"):
            self.assertNotIn("eval:1:", self.converse(end))
        seen = self.converse("help", "1 + 1", "quit")
        self.assertIn("quit, exit or Ctrl-D end the prompt", seen)
        self.assertIn("\n2\n", seen)

    def test_a_piece_of_several_lines(self):
        seen = self.converse("for i = 1, 2 do", "print('turn ' .. i)", "end", "quit")
        self.assertIn("turn 1\nturn 2\n", seen)
        self.assertIn(">> ", seen)
        self.assertNotIn("<eof>", seen)
        seen = self.converse("if true then", "", "3 + 4", "quit")
        self.assertIn("'end' expected (to close 'if' at line 1) near <eof>\n", seen)
        self.assertIn("\n7\n", seen)

    def test_lines_of_stdin(self):
        done = subprocess.run([BINARY, "eval"], input="1 + 1\n\nmem.X = 3\nmem.X", text=True, timeout=DEADLINE,
                              capture_output=True, env=self.msm.environment())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (OK, "2\n3\n", ""))

    def test_stdin_ends_at_an_error(self):
        done = subprocess.run([BINARY, "eval"], input="1\nerror('no')\n2\n", text=True, timeout=DEADLINE,
                              capture_output=True, env=self.msm.environment())
        self.assertEqual((done.returncode, done.stdout), (FAILED, "1\n"))
        self.assertIn("no", done.stderr)


@unittest.skipIf("thread" in SANITIZERS, "signals do not interrupt Lua under the thread sanitizer")
class Stuck(unittest.TestCase):
    def test_who_asked_is_told_where(self):
        with Msm(SCRIPT) as msm:
            done = msm.command("eval", 'local a = 1\nreturn ("a"):rep(80):find(("a*"):rep(40) .. "b")')
            self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
            self.assertRegex(done.stderr, r"^eval:2: watchdog: the program has not come back for .* its thread is given up$")

    def test_who_waited_behind_it_is_told_so(self):
        with Msm(SCRIPT) as msm, msm.control() as client:
            first = client.send("eval", code='return ("a"):rep(80):find(("a*"):rep(40) .. "b")')
            second = client.send("eval", code="mem.X = 5")
            errors = {line["id"]: line["error"] for line in (client.receive(), client.receive())}
            self.assertIn("its thread is given up", errors[first])
            self.assertEqual(errors[second], "did not run: the program was given up before its turn")

    def test_a_force_of_an_element_that_has_gone(self):
        script = SCRIPT.replace('"100ms"', '"100ms", retain_interval = "20ms"')
        with tempfile.TemporaryDirectory(prefix="msm-state-") as state:
            with Msm(script, "--state", state) as msm:
                self.assertEqual(msm.command("force", "TEMPS[3]", "5", "--persist").returncode, OK)
            with Msm(script.replace("count = 3", "count = 2"), "--state", state) as msm:
                msm.wait_line(r"wire: mem\.TEMPS\[3\] was forced, but there is no such int16 any more")


if __name__ == "__main__":
    unittest.main()
