"""The command line: how a start fails, and what check says.

Exit codes: 0 ok, 1 failed, 2 usage. Values go to stdout, everything else to stderr.
"""

import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import unittest

from msm import BINARY, Folder, Msm, command

SERVE = 'mem:raw { holding = 4 }\nserver.tcp { port = %d%s }\n'


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def script(self, text, name="job.lua"):
        return self.folder.write(name, text)

    def fails(self, done, status, *patterns):
        """The command failed with this status, said why in one line, and nothing on stdout."""
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        for pattern in patterns:
            self.assertTrue(any(re.search(pattern, line) for line in lines),
                            "%r is not in:\n%s" % (pattern, done.stderr))
        self.assertNotIn("traceback", done.stderr)
        return lines


class Listening(Case):
    def test_port_in_use(self):
        """a port in use: one line that names the address, exit 1"""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            port = taken.getsockname()[1]
            done = command("run", self.script(SERVE % (port, "")))
            lines = self.fails(done, 1, r"127\.0\.0\.1:%d.*in use" % port)
            self.assertEqual(len([line for line in lines if "in use" in line]), 1)

    def test_port_in_use_by_msm(self):
        """a second program on the port of a running one: exit 1, the first one is unharmed"""
        with Msm(SERVE % (0, "")) as msm:
            done = command("run", self.script(SERVE % (msm.port, "")))
            self.fails(done, 1, r"127\.0\.0\.1:%d.*in use" % msm.port)
            with msm.connect() as wire:
                self.assertEqual(wire.holding(0), 0)

    def test_one_of_two_ports_in_use(self):
        """two servers, the second one's port in use: nothing is left serving, exit 1"""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            port = taken.getsockname()[1]
            done = command("run", self.script(SERVE % (0, "") + "server.tcp { port = %d }" % port))
            self.fails(done, 1, r"127\.0\.0\.1:%d.*in use" % port)

    def test_restart_at_once(self):
        """a port is free again at once after a stop, also with connections just closed"""
        with Msm(SERVE % (0, "")) as msm:
            port = msm.port
            wires = [msm.connect() for _ in range(5)]
            for wire in wires:
                wire.holding(0)
        for wire in wires:
            wire.close()
        with Msm(SERVE % (port, "")) as msm:
            self.assertEqual(msm.port, port)
            with msm.connect() as wire:
                wire.holding(0)

    def test_kill_and_restart(self):
        """after kill -9 the same port serves again at once"""
        with Msm(SERVE % (0, "")) as msm:
            port, wire = msm.port, msm.connect()
            wire.holding(0)
            msm.process.kill()
            msm.process.wait()
            with Msm(SERVE % (port, "")) as again, again.connect() as other:
                other.holding(0)
            wire.close()
            msm.process.returncode = 0  # our doing

    def test_address_of_others(self):
        """an address that is not this machine's: one line, exit 1"""
        done = command("run", self.script(SERVE % (0, ', bind = "192.0.2.1"')))
        self.fails(done, 1, r"192\.0\.2\.1")

    def test_no_address(self):
        """something that is no address at all: named with file and line, exit 1"""
        for address in ("nonsense", "127.0.0.1.5", "300.1.1.1", ""):
            done = command("run", self.script(SERVE % (0, ', bind = "%s"' % address)))
            self.fails(done, 1, r"job\.lua:2: .*bind.*%s" % re.escape(address))

    def test_bad_port(self):
        """a port out of range or of a wrong type: file and line, exit 1"""
        for port in ("65536", "-1", '"modbus"', "1.5", "true"):
            done = command("run", self.script("mem:raw { holding = 4 }\nserver.tcp { port = %s }"
                                              % port))
            self.fails(done, 1, r"job\.lua:2: .*port")

    def test_no_permission(self):
        """a port below 1024 without the right to it: one line that says what to do, exit 1"""
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if int(file.read()) <= 502:
                self.skipTest("this system lets everyone have port 502")
        place = tempfile.mkdtemp(prefix="msm-wire-")
        self.addCleanup(shutil.rmtree, place)
        os.chmod(place, 0o755)
        binary = shutil.copy(BINARY, place)
        os.chmod(binary, 0o755)
        script = os.path.join(place, "job.lua")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SERVE % (502, ""))
        os.chmod(script, stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        drop = []
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                self.skipTest("root, and no setpriv to become somebody else")
            drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                    "--inh-caps=-all", "--bounding-set=-all"]
        done = subprocess.run([*drop, binary, "run", script], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
        self.fails(done, 1, r"127\.0\.0\.1:502.*permission.*CAP_NET_BIND_SERVICE")


class Usage(Case):
    def test_help(self):
        """--help: on stdout, names the commands, exit 0; help for each command"""
        done = command("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("run", "check", "map", "probe", "--version"):
            self.assertIn(word, done.stdout)
        for name in ("run", "check", "map", "probe"):
            done = command(name, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(name, done.stdout)

    def test_version(self):
        """--version: one line on stdout, exit 0"""
        done = command("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^msm \d+\.\d+\.\d+\n$")

    def test_nothing(self):
        """no command at all: exit 2 and the usage on stderr"""
        done = command()
        self.fails(done, 2, "usage|Usage")

    def test_unknown_command(self):
        """an unknown command: exit 2, and the one that was meant"""
        done = command("rnu", self.script(SERVE % (0, "")))
        self.fails(done, 2, r"rnu.*did you mean.*run")
        self.fails(command("frobnicate"), 2, "frobnicate")

    def test_unknown_option(self):
        """an unknown option: exit 2, and it is named; before or after the operand"""
        path = self.script(SERVE % (0, ""))
        for name in ("run", "check", "map"):
            self.fails(command(name, "--frob", path), 2, "--frob")
            self.fails(command(name, path, "--frob"), 2, "--frob")
        self.fails(command("--frob"), 2, "--frob")
        self.fails(command("map", path, "--jsno"), 2, r"--jsno.*--json")

    def test_operands(self):
        """too few and too many operands: exit 2"""
        path = self.script(SERVE % (0, ""))
        for name in ("run", "check", "map"):
            self.fails(command(name), 2)
            self.fails(command(name, path, path), 2)

    def test_no_such_file(self):
        """a script that is not there or is a folder: one line, exit 1"""
        for name in ("run", "check", "map"):
            path = os.path.join(self.folder.path, "nowhere.lua")
            lines = self.fails(command(name, path), 1, r"nowhere\.lua.*[Nn]o such file")
            self.assertEqual(len(lines), 1)
            self.fails(command(name, self.folder.path), 1, re.escape(self.folder.path))

    def test_script_without_a_server(self):
        """a script without any link runs, and ends well"""
        with Msm("var_less = 1\nmem.X = coil(0)\nevery('5ms', function() print('runs') end)",
                 servers=0) as msm:
            msm.wait_line("runs")


BAD = [
    # line of the error, words of the message, script
    (1, "expected|near", "mem.X = = 3"),
    (2, "'end'|expected", "every(1, function()\n"),
    (2, r'unknown option "maximum"; did you mean max\?',
     "mem.A = coil(0)\nmem.X = holding.float32(0, { maximum = 5 })"),
    (1, r"65536|65535", "mem.X = holding.word(65536)"),
    (1, r"", "mem.X = holding.uint32(65535)"),
    (1, r"order", "mem.X = holding.uint32(0, { order = 'ACBD' })"),
    (2, r"mem\.X", "mem.X = coil(0)\nmem.X = coil(1)"),
    (1, r"raw", "mem.raw = coil(0)"),
    (2, r"mem\.PMP.*did you mean PUMP\?", "mem.PUMP = coil(0)\nmem.PMP = true"),
    (1, r"default", "mem.X = holding.word(0, { min = 5, max = 9, default = 3 })"),
    (1, r"", "mem.X = holding.word(0, { min = 5, max = 9 })"),
    (1, r"min", "mem.X = holding.word(0, { min = 9, max = 5, default = 7 })"),
    (2, r"mem\.X = 70000", "mem.X = holding.word(0)\nmem.X = 70000"),
    (1, r"nonsense", "local x = nonsense.field"),
    (1, r"bit", "mem.X = holding.bool(0, 16)"),
    (1, r"allow", "server.tcp { port = 0, allow = { '10.0.0.0/33' } }"),
    (1, r"", "server.tcp { port = 0, allow = { '10.0.0.1/24' } }"),
    (2, r"unknown option .*[\"']prot[\"'].*did you mean port",
     "mem:raw { holding = 1 }\nserver.tcp { prot = 0 }"),
    (1, r"mem", "server.tcp { port = 0 }"),
    (3, r"units",
     "mem:raw { holding = 1 }\nserver.tcp { port = 5020 }\nserver.tcp { port = 5020 }"),
    (1, r"pulse.*masters", "mem.X = discrete(3, { pulse = true })"),
    (1, r"pulse.*masters", "mem.X = coil(3, { pulse = true, dir = 'out' })"),
    (1, r"wins.*both", "mem.X = input.word(3, { wins = 'program' })"),
    (1, r"decimals", "mem.X = coil(3, { decimals = 1 })"),
    (1, r"partial", "mem.X = holding.word(3, { partial = true })"),
    (1, r"", "every('10 parsec', function() end)"),
    (1, r"", "every(1)"),
    (1, r"no_such_module", "require 'no_such_module'"),
    (1, r"thing", "error('thing')"),
]


class Check(Case):
    def test_good(self):
        """a good script: exit 0, and only the summary"""
        done = command("check", self.script(SERVE % (0, "")))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^\S*job\.lua: ok: 0 variables, 0 tasks, 1 server\n$")

    def test_many_links(self):
        """hundreds of links of one usual name: each gets one of its own"""
        done = command("check", self.script("mem.X = holding.word(0)\n"
                                            "for i = 1, 400 do server.tcp { port = 0 } end\n"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("400 servers", done.stdout)

    def test_bad(self):
        """a bad script: file:line: message on stderr, exit 1; run says the same and does not
        start"""
        for line, words, text in BAD:
            with self.subTest(text):
                path = self.script(text)
                for name in ("check", "run", "map"):
                    done = command(name, path)
                    self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                    self.assertRegex(done.stderr, r"(?m)^%s:%d: .*(%s)" % (
                        re.escape(path), line, words))
                    self.assertNotIn("serving", done.stderr)

    def test_check_starts_nothing(self):
        """check and map neither listen nor run tasks"""
        with Msm(SERVE % (0, "")) as msm:
            path = self.script(SERVE % (msm.port, "") + "every(0.001, function() print('ran') end)")
            for name in ("check", "map"):
                done = command(name, path)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("ran", done.stderr)

    def test_file_is_named_as_given(self):
        """messages name the file as the user did"""
        self.script("mem.X = = 3", "bad.lua")
        done = command("check", "bad.lua", cwd=self.folder.path)
        self.assertRegex(done.stderr, r"^bad\.lua:1: ")

    def test_overlap_and_modicon(self):
        """check lists overlaps and bare numbers that look like Modicon addresses"""
        done = command("check", self.script(
            "mem.A = holding.word(3)\nmem.B = holding.bool(3, 0)\nmem.C = holding.word(40001)\n"
            "mem.D = holding.word '440002'\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("job.lua:4: warning: mem.D: address", done.stderr)  # it is Modicon's
        said = done.stdout + done.stderr
        self.assertRegex(said, r"job\.lua:2: note: mem\.B overlaps mem\.A")  # a bit: meant
        self.assertRegex(said, r"job\.lua:3: warning: mem\.C: address 40001 .* count from 0; .*\"40001\" in quotes"
                               r", or its address 0\n")

    def test_modicon_in_other_tables(self):
        """inputs and raw ranges, too; what lies beside the Modicon numbers is no such"""
        done = command("check", self.script(
            "mem.A = input.word(30011)\nmem.B = discrete(10001)\nmem:raw { holding = { 40101, 8 } }\n"
            "mem.C = input.word(40001)\nmem.D = input.word(30000)\nmem.E = input.word '30001'\n"
            "mem.F = input.word(40000)\nserver.tcp { port = 1502 }\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(re.findall(r"job\.lua:(\d): warning: .*Modicon number.* address (?:is )?(\d+)\n", done.stderr),
                         [("1", "10"), ("2", "0"), ("3", "100")])

    def test_declarations_that_declare_nothing(self):
        """a declaration without a name: at its line, once; templates that are declared are no such"""
        done = command("check", self.script(
            "coil(0)\nlocal X = holding.uint16(0)\nfor i = 1, 3 do coil(i) end\nmem.A = coil(7)\n"
            "local T = { A = coil(0), B = coil(1) }\nmem:declare(T, { prefix = 'M1_' })\n"
            "mem:declare(T, { prefix = 'M2_', base = 10 })\nserver.tcp { port = 1502 }\n"
            "every(1, function() mem.A = X ~= nil end)\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(re.findall(r"job\.lua:(\d): warning: (\S+)\(…\) is assigned to no name", done.stderr),
                         [("1", "coil"), ("2", "holding.uint16"), ("3", "coil")])

    def test_steps_that_nothing_ends(self):
        """a chain's step, not the last, from which no way leads on"""
        done = command("check", self.script(
            "local s = require 'msm.sequence'\nlocal c = s.chain('mixer', {\n{ 'fill', after = '1s' },\n"
            "{ 'mix', enter = function() end },\n{ 'drain' } })\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.split("job.lua:")[1] for line in done.stderr.splitlines()],
                         ["2: note: sequence.chain \"mixer\": step mix has no when, after or next: "
                          "only go() or abort() ends it"])

    def test_nothing_but_such(self):
        """a server over declarations without names: the error says where they are"""
        done = command("check", self.script("coil(0)\nserver.tcp { port = 1502 }\n"))
        self.fails(done, 1, r"job\.lua:2: server\.tcp: nothing is addressed in mem.*; coil\(…\) at "
                            r"\S*job\.lua:1 is assigned to no name of a memory, as in mem\.NAME")

    def test_templates_of_modules(self):
        """a module's templates that this script does not use are no slip"""
        self.script("return { SMALL = { A = coil(0) }, BIG = { A = coil(0), B = coil(1) } }", "pumps.lua")
        done = command("check", self.script(
            "mem:declare((require 'pumps').SMALL)\nserver.tcp { port = 1502 }\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("assigned to no name", done.stderr)
        done = command("check", "pumps.lua", cwd=self.folder.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_overlaps_are_said_once(self):
        """an array and two strings over it: each pair once, however many elements it touches"""
        done = command("check", self.script(
            "mem.A = holding.word(0, { count = 10 })\nmem.B = holding.string(0, { length = 20 })\n"
            "mem.C = holding.string(0, { length = 20 })\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(re.findall(r"job\.lua:(\d): warning: (mem\.\w) overlaps (mem\.\w)", done.stderr),
                         [("2", "mem.B", "mem.A"), ("3", "mem.C", "mem.A"),
                          ("3", "mem.C", "mem.B")])

    def test_gaps(self):
        """check lists what lies undeclared between addresses, in each table of each memory"""
        done = command("check", self.script(
            "mem.A = holding.uint32(3)\nmem.B = holding.bool(9, 4)\nmem.V = var.word()\n"
            "mem.C = coil(0)\nmem.D = coil(1)\nlocal plc = memory 'plc'\n"
            "plc.A = input.word(1)\nplc:raw { input = { 7, 2 } }\n"))
        self.assertEqual(re.findall(r"job\.lua:(\d): note: (.*) are not", done.stderr), [
            ("2", "mem.holding: addresses 5..8"), ("8", "plc.input: addresses 2..6")])

    def test_gaps_of_diagnostics(self):
        """those stand apart on purpose; a single address is one"""
        done = command("check", self.script(
            "program { diagnostics = { input = 9000 } }\n"
            "mem.A = input.word(0)\nmem.B = input.word(2)\n"))
        self.assertEqual(re.findall(r"job\.lua:(\d): note: (.*) not declared", done.stderr),
                         [("3", "mem.input: address 1 is")])

    def test_diagnostics_that_do_not_fit(self):
        """are refused with their line"""
        done = command("check", self.script("\nprogram { diagnostics = { input = 65530 } }\n"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("job.lua:2: program: diagnostics do not fit", done.stderr)


if __name__ == "__main__":
    unittest.main()
