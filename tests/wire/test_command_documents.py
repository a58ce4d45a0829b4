"""Help, man page and completion are made from one table of commands: that they agree with one another
and with what the binary accepts, that they read well, and that bash completes by them.
"""

import os
import re
import shutil
import subprocess
import unittest

from msm import BINARY, DEADLINE, ROOT, Folder, Msm, command

OK, USAGE, NOT_RUNNING = 0, 2, 3


def troff(text):
    """What a reader of the man page sees of a line."""
    return re.sub(r"\\f[BIRP]", "", text).replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        listed = command("--help").stdout
        cls.commands = re.findall(r"(?m)^  ([a-z]\S*)  ", listed)
        cls.help = {name: command(name, "--help").stdout for name in cls.commands}
        cls.man = command("man").stdout

    @staticmethod
    def options_of(text):
        """{"--json": None, "--name": "PROGRAM"} of a help."""
        found = re.findall(r"(?m)^  (--[a-z-]+)(?: ([A-Z]+))?  ", text)
        return {name: takes or None for name, takes in found}

    def complete(self, *words):
        done = command("complete", "--", *words)
        self.assertEqual((done.returncode, done.stderr), (OK, ""), words)
        return done.stdout.splitlines()

    def test_all_commands_are_listed(self):
        self.assertEqual(self.commands, sorted(self.commands))
        self.assertNotIn("complete", self.commands)
        for name in ("check eval force get log man map probe reload run set status stop unforce watch").split():
            self.assertIn(name, self.commands)
        for text in (command("-h").stdout, command("help").stdout):
            if text:
                self.assertEqual(text, command("--help").stdout)

    def test_help_reads_well(self):
        for name, text in self.help.items():
            with self.subTest(command=name):
                self.assertTrue(text.startswith("usage: msm %s" % name), text)
                for line in text.splitlines():
                    self.assertLessEqual(len(line), 80, line)
                    self.assertEqual(line, line.rstrip())
                self.assertEqual(command(name, "-h").stdout, text)
        for line in command("--help").stdout.splitlines():
            self.assertEqual(line, line.rstrip())

    def test_man_page_says_what_help_says(self):
        sections = re.split(r"(?m)^\.SS msm ", self.man)[1:]
        said = {}
        for section in sections:
            section = section.split(".SH ")[0]
            name = section.split()[0]
            options = re.findall(r"(?m)^\.TP\n(.*)$", section)
            said[name] = dict((words.split() + [None])[:2] for words in map(troff, options))
            text = " ".join(troff(section).split())
            help_text = " ".join(self.help[name].split())
            summary = help_text.split("[OPTION…] ")[-1].removeprefix("usage: msm ")
            self.assertIn(summary.split(". ")[0], text, name)
        self.assertEqual(said, {name: self.options_of(text) for name, text in self.help.items()})

    def test_what_no_list_names_has_a_help(self):
        done = command("complete", "--help")
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        self.assertTrue(done.stdout.startswith("usage: msm complete WORD…\n\nFor the shell: "), done.stdout)

    def test_man_page_names_every_exit_status(self):
        section = self.man.split(".SH EXIT STATUS")[1].split(".SH")[0]
        self.assertEqual(re.findall(r"\.TP\n(\d)\n", section), list("012345"))

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_man_page_formats(self):
        done = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww"], input=self.man.encode(),
                              capture_output=True, timeout=DEADLINE)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
        text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout.decode())
        for name in self.commands:
            self.assertIn("msm " + name, text)

    def test_completion_offers_what_help_says(self):
        self.assertEqual(self.complete(""), self.commands)
        self.assertEqual(self.complete("unf"), ["unforce"])
        for name, text in self.help.items():
            with self.subTest(command=name):
                self.assertEqual(self.complete(name, "--"), [*self.options_of(text), "--help"])
        self.assertEqual(self.complete("nix", ""), [])
        self.assertEqual(self.complete("complete", "x"), [])
        self.assertEqual(self.complete("check", ""), ["@file"])
        self.assertEqual(self.complete("run", "--state", ""), ["@folder"])
        self.assertEqual(self.complete("run", "--dry", ""), [])
        self.assertEqual(self.complete("get", ""), [])  # nothing runs, and nothing is said of it

    def test_every_option_of_the_help_is_accepted(self):
        """With nothing but itself each option is read: what is then complained of is something else."""
        for name, text in self.help.items():
            for option, takes in self.options_of(text).items():
                with self.subTest(command=name, option=option):
                    done = command(name, *([option, "1"] if takes else [option]), "a", "b", "c", "-!")
                    self.assertNotIn("unknown option --", done.stderr)
                    self.assertEqual(done.returncode, USAGE, done.stderr)
                    if takes:
                        self.assertIn("a value must follow " + option, command(name, option).stderr)
                    else:
                        self.assertIn("no value is taken by", command(name, option + "=1").stderr)

    def test_every_option_that_is_accepted_is_in_the_help(self):
        """Nothing but the options of the help is taken of all that any source file reads as an option."""
        names = set()
        for folder, _, files in os.walk(os.path.join(ROOT, "src")):
            for file in files:
                if file.endswith(".c"):
                    with open(os.path.join(folder, file), encoding="utf-8") as source:
                        names |= set(re.findall(r'\{"([a-z-]+)", (?:&\w[\w.]*, NULL|NULL, &\w[\w.]*)\}',
                                                source.read()))
        self.assertLessEqual({"json", "name", "dry", "watch", "persist"}, names)
        for name, text in self.help.items():
            options = self.options_of(text)
            self.assertLessEqual({option[2:] for option in options}, names)
            for option in sorted(names | {"verbose", "help-me"}):
                if "--" + option in options:
                    continue
                with self.subTest(command=name, option=option):
                    done = command(name, "--" + option)
                    self.assertEqual(done.returncode, USAGE)
                    self.assertIn("unknown option --" + option, done.stderr)

    def test_examples_are_accepted(self):
        """The words of each example are a right command line: nothing about them is a usage error."""
        for name, text in self.help.items():
            for line in re.findall(r"(?m)^  (msm .*)$", text.split("\nexample\n")[-1]):
                words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", line)]
                words = [word for word in words if not word.startswith(">")]
                if words[1] in ("run", "probe"):
                    continue  # would go on, or need a device
                with self.subTest(example=line):
                    done = command(*words[1:], cwd=ROOT)
                    self.assertIn(done.returncode, (OK, NOT_RUNNING), done.stderr)


class Bash(unittest.TestCase):
    """The completion file, in a bash of its own, beside a running program."""

    @classmethod
    def setUpClass(cls):
        cls.msm = Msm("""
mem.LEVEL = input.float32(0)
mem.SETPOINT = holding.float32(0)
mem.PUMP = coil(0)
mem.MODE = holding.int16(9, { labels = { [0] = "OFF", [1] = "ON", [2] = "ON HOLD" } })
mem.LIST = coil(10, { count = 2 })
mem:raw { holding = { 100, 4 } }
memory("plc").SPEED = holding.int16(0)
server.tcp { port = 0 }
""")

    @classmethod
    def tearDownClass(cls):
        cls.msm.stop()

    def complete(self, *words, cwd=None):
        """What COMPREPLY holds for a command line, the last word being typed."""
        code = ('compopt() { :; }; . "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _msm; '
                'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", code, "bash", os.path.join(ROOT, "src", "dist", "msm.bash"), BINARY,
                               *words], capture_output=True, text=True, timeout=DEADLINE, cwd=cwd,
                              env=self.msm.environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [word for word in done.stdout.split("\n") if word]

    def test_is_registered(self):
        done = subprocess.run(["bash", "-c", '. "$1"; complete -p msm', "bash",
                               os.path.join(ROOT, "src", "dist", "msm.bash")], capture_output=True, text=True,
                              timeout=DEADLINE)
        self.assertEqual(done.stdout, "complete -F _msm msm\n")

    def test_commands_and_options(self):
        self.assertEqual(self.complete("sta"), ["status"])
        for name in re.findall(r"(?m)^  ([a-z]\S*)  ", command("--help").stdout):
            options = Documents.options_of(command(name, "--help").stdout)
            self.assertEqual(self.complete(name, "--"), [*options, "--help"], name)

    def test_names(self):
        self.assertEqual(self.complete("get", "LEV"), ["LEVEL"])
        self.assertEqual(self.complete("get", "PUMP", "--json", "plc."), ["plc.SPEED"])
        self.assertEqual(self.complete("set", "--name", "wire", "S"), ["SETPOINT"])
        self.assertEqual(self.complete("get", "--name", "w"), ["wire"])

    def test_values(self):
        for word in ("set", "force"):
            self.assertEqual(self.complete(word, "SETP"), ["SETPOINT"])
            self.assertEqual(self.complete(word, "PUMP", ""), ["true", "false"])
            self.assertEqual(self.complete(word, "--name", "wire", "PUMP", "--json", "t"), ["true"])
            self.assertEqual(self.complete(word, "LIST[2]", "f"), ["false"])
            self.assertEqual(self.complete(word, "MODE", ""), ["OFF", "ON", "ON\\ HOLD"])
            self.assertEqual(self.complete(word, "SETPOINT", ""), [])
            self.assertEqual(self.complete(word, "PUMP", "true", ""), [])
            self.assertEqual(self.complete(word, "NIX", ""), [])

    def test_what_is_forced(self):
        self.assertEqual(self.complete("unforce", ""), [])
        self.assertEqual(self.msm.command("force", "PUMP", "true").returncode, OK)
        self.assertEqual(self.complete("unforce", ""), ["PUMP"])
        self.assertEqual(self.msm.command("unforce", "PUMP").returncode, OK)

    def test_names_are_no_patterns_of_files(self):
        with Folder() as folder:
            folder.write("holding1", "")
            self.assertEqual(self.complete("get", "hold", cwd=folder.path), ["holding[100]"])

    def test_files(self):
        with Folder() as folder:
            folder.write("tank one.lua", "")
            os.mkdir(os.path.join(folder.path, "tank"))
            self.assertEqual(sorted(self.complete("run", "ta", cwd=folder.path)), ["tank", "tank one.lua"])
            self.assertEqual(self.complete("run", "--state", "ta", cwd=folder.path), ["tank"])


if __name__ == "__main__":
    unittest.main()
