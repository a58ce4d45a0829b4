"""Every fenced block of the documents runs: commands in a shell beside a real program, Python and JSON
against its control socket, and what is printed there is compared with what is printed here. (Pieces of
Lua run in tests/desk/test_documents.lua.) What no test can run stands in NOT_RUN, with the reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from msm import BINARY, DEADLINE, ROOT, Folder, Msm, command, eventually, free_port
from web import Web

FOLDERS = (".", "lua", "src", "src/control", "src/hmi", "tests", "scripts")
LANGUAGES = ("c", "console", "ini", "json", "lua", "python", "sh", "text")

BUILDS = "builds from scratch; tests/bareroot.sh runs it on a bare Debian"
RUNS_TESTS = "runs the tests, of which this is one"
SYSTEMD = "needs systemd as the first process, and root"
NOT_RUN = {
    "./dev run": BUILDS,
    "./dev run scripts/tank.lua": BUILDS,
    "./dev test": RUNS_TESTS,
    "./dev test unit": RUNS_TESTS,
    "./dev test codec": RUNS_TESTS,
    "./dev test all": RUNS_TESTS,
    "ctest --test-dir build -L wire": RUNS_TESTS,
    "sudo systemctl enable --now msm@tank": SYSTEMD,
    "sudo systemctl reload msm@tank": SYSTEMD,
}

# What is written otherwise in a document than it can be run here, {port} being the program's.
INSTEAD = [("-p 1502", "-p {port}"), ("sudo msm", "msm")]

# What differs from run to run in what is printed.
VOLATILE = [
    (r"(?<!period )\b[\d.]+ (ns|us|ms|s)\b", "TIME"),
    (r"\b\d+ (scan|overrun)s?\b", r"N \1s"),
    (r"\b(process|pid|scan|user) \d+", r"\1 N"),
    (r"(\d+ KiB|[\d.]+) of 64 MiB", "SIZE of 64 MiB"),
    (r"(real-time|normal) priority.*", "PRIORITY"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3}Z?", "MOMENT"),
    (r"\b(LEVEL |dt = )[\d.]+", r"\1NUMBER"),
]


def masked(text):
    for pattern, instead in VOLATILE:
        text = re.sub(pattern, instead, text)
    return text.strip("\n")


class Block:
    def __init__(self, document, line, language):
        self.document, self.line, self.language, self.lines = document, line, language, []

    @property
    def name(self):
        return "%s:%d" % (self.document, self.line)

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"

    def commands(self):
        """[(a command, what is printed below it)]; what a comment offers, "# or: …", is one, too."""
        if self.language == "sh":
            parts = [re.split(r"\s+# (?:or: )?" if "# or: " in line else r"\s+# .*", line) for line in self.lines]
            return [(part, "") for line in parts for part in line if part]
        found = []
        for line in self.lines:
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
        return [(words, "\n".join(output)) for words, output in found]


def blocks_of(document, text):
    """Those between fences; an indented block or a fence without a language is an error."""
    blocks, block, was = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line == "```" and block:
            blocks.append(block)
            block = None
        elif block:
            block.lines.append(line)
        elif line.startswith("```"):
            block = Block(document, number, line[3:])
            if block.language not in LANGUAGES:
                raise AssertionError("%s: a fence says which it is of: %s" % (block.name, ", ".join(LANGUAGES)))
        elif re.match(r" {4}|\t", line) and not was:
            raise AssertionError("%s:%d: no test sees an indented block" % (document, number))
        was = line
    if block:
        raise AssertionError(block.name + ": this fence is not closed")
    return blocks


def documents():
    """{path: text}"""
    found = {}
    for folder in FOLDERS:
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            if name.endswith(".md"):
                path = os.path.normpath(os.path.join(folder, name))
                with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                    found[path] = file.read()
    return found


def anchors_of(text):
    """Those that its headings have, as web pages of it make them."""
    headings = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^```.*?^```$", "", text))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


DOCUMENTS = documents()
BLOCKS = [block for path, text in DOCUMENTS.items() for block in blocks_of(path, text)]


class Blocks(unittest.TestCase):
    """A stage for each kind of block, found by what stands in it."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.port = free_port()
        for name in ("bin", "scripts", "tests"):
            os.mkdir(os.path.join(self.folder.path, name))
        os.symlink(BINARY, os.path.join(self.folder.path, "bin", "msm"))
        with open(os.path.join(ROOT, "scripts", "tank.lua"), encoding="utf-8") as file:
            self.tank_text = file.read()

    # -- what blocks have in common ------------------------------------------------------------

    def run_program(self, text, *args, path="scripts/tank.lua", servers=1):
        """A program that listens to commands; its state lies beside it, as for who tries an example."""
        msm = Msm(None, path=self.folder.write(path, text), servers=servers, run=self.folder.path, start=False)
        self.addCleanup(msm.kill)
        msm.arguments = args
        msm.start()
        msm.control().close()
        return msm

    def tank(self, before=""):
        """tank.lua at work, its pump on."""
        msm = self.run_program(before + self.tank_text.replace("1502", str(self.port)))
        eventually(lambda: self.get("PUMP") == "true", "the pump")
        return msm

    def environment(self):
        path = os.path.join(self.folder.path, "bin") + os.pathsep + os.environ["PATH"]
        return dict(os.environ, MSM_RUN=self.folder.path, PATH=path)

    def get(self, name):
        return command("get", name, env=self.environment()).stdout.strip()

    def shell(self, words):
        for written, instead in INSTEAD:
            words = words.replace(written, instead.format(port=self.port))
        return subprocess.run(["sh", "-c", words], cwd=self.folder.path, env=self.environment(), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=DEADLINE)

    def as_written(self, text):
        """What was printed, as the document has it."""
        return text.replace(self.folder.path + "/", "").replace(":%d\n" % self.port, ":1502\n")

    def run_all(self, block, status=()):
        """The outputs of a block's commands; each ends well, or with its status in {command: status}."""
        outputs = []
        for words, _ in block.commands():
            if words in NOT_RUN:
                continue
            done = self.shell(words)
            self.assertEqual(done.returncode, dict(status).get(words, 0), words + "\n" + done.stdout)
            outputs.append(done.stdout)
        return outputs

    def same(self, document, here):
        self.assertEqual(masked(document), masked(self.as_written(here)))

    # -- stages --------------------------------------------------------------------------------

    def listed(self, block):
        """Nothing of it runs."""
        self.assertEqual([words for words, _ in block.commands() if words not in NOT_RUN], [])

    def beside_tank(self, block):
        with self.tank():
            self.run_all(block)

    def dialogue(self, block):
        with self.tank():
            for words, output in block.commands():
                self.same("$ %s\n%s" % (words, output), "$ %s\n%s" % (words, self.shell(words).stdout))

    @unittest.skipUnless(shutil.which("mbpoll"), "mbpoll is not installed")
    def mbpoll(self, block):
        with self.tank():
            level, _, pump = self.run_all(block)
            self.assertRegex(level, r"\[1\]:\s+[0-9.]+\n")
            self.assertRegex(pump, r"\[1\]:\s+1\n")
            eventually(lambda: self.get("SETPOINT") == "75", "what mbpoll wrote")

    def python(self, block):
        path = self.folder.write("all.py", block.text)
        with self.tank():
            done = subprocess.run([sys.executable, path, os.path.join(self.folder.path, "tank.sock")], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE)
            self.assertRegex(done.stdout, r"^LEVEL [0-9.]+\nSETPOINT 50\.0\nPUMP True\n$")

    def protocol(self, block):
        """Requests, and below each its answer, in which … stands for other fields."""
        with self.run_program('mem.LEVEL = input.float32(0, { unit = "%", default = 20.5 })', servers=0) as msm:
            with msm.control() as control:
                for line in block.lines:
                    said = json.loads(line.replace(", …", ""))
                    if "do" in said:
                        control.socket.sendall(line.encode() + b"\n")
                        continue
                    self.contains(json.loads(control.lines.readline()), said)

    def contains(self, answer, said):
        if isinstance(said, dict):
            for key, value in said.items():
                self.contains(answer.get(key), value)
        elif isinstance(said, list):
            self.assertEqual(len(answer), len(said))
            for one, other in zip(answer, said):
                self.contains(one, other)
        else:
            self.assertEqual(answer, said)

    def a_test(self, block):
        self.folder.write("scripts/tank.lua", self.tank_text)
        [text] = [other.text for other in BLOCKS if other.lines[0] == "-- tests/test_tank.lua"]
        self.folder.write("tests/test_tank.lua", text)
        self.run_all(block)

    def fault(self, block):
        """15: function, 19: error"""
        text = "\n" * 14 + 'every("100ms", function(dt)\n\n\n\n  error("boom")\nend)\n'
        msm = self.run_program(text, path="mix.lua", servers=0)
        msm.wait_line("FAULT")
        said = self.as_written(msm.text())
        self.same(block.text, said[said.index("mix.lua:19"):said.index("mix: FAULT")])

    def simulated(self, block):
        with self.run_program("""
local plc = memory "plc"
plc.SPEED = input.int16(0)
client.tcp { host = "192.0.2.1", mem = plc, period = "20ms" }
""", "--sim", servers=0):
            eventually(lambda: self.get("plc.SPEED") == "0", "the first poll")
            self.run_all(block)
            eventually(lambda: self.get("plc.SPEED") == "1450", "what was set in the device")

    def recorded(self, block):
        """The recorded program stops itself; the changed one starts its pump earlier."""
        text = """
mem.LEVEL = input.float32(0)
mem.PUMP = coil(0, { safe = false })
every("10ms", function()
  mem.LEVEL = mem.LEVEL + 1
  mem.PUMP = mem.LEVEL > %d
  if scan.count == 30 then program.stop() end
end)
"""
        self.folder.write("tank.lua", text % 20)
        self.folder.write("changed.lua", text % 10)
        outputs = self.run_all(block, {"msm test --replay night.rec changed.lua": 1})
        self.assertIn("the same in 30 scans", outputs[1])
        self.assertIn("first difference: scan 11", outputs[2])

    def replayed(self, block):
        """Another limit than in the recording, and in between what came in."""
        text = """mem.LEVEL = holding.float32(0)

local limit = %d
mem.PUMP = coil(0, { safe = false })
every("10ms", function() mem.PUMP = mem.LEVEL > limit end)
"""
        night = os.path.join(self.folder.path, "night.rec")
        with self.run_program(text % 5, "--record", night, servers=0):
            command("set", "LEVEL", "6.5", env=self.environment())
            eventually(lambda: self.get("PUMP") == "true", "the pump")
        self.folder.write("changed.lua", text % 7)
        done = self.shell("msm test --replay night.rec changed.lua")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.same(block.text, done.stdout)

    def audit(self, block):
        with self.tank('program { audit = "changes" }\n'):
            command("set", "SETPOINT", "75", env=self.environment())
            self.same(block.text, eventually(self.set_in_audit, "the entry"))

    def set_in_audit(self):
        """A thread of its own writes it."""
        with open(os.path.join(self.folder.path, "scripts", "tank.audit"), encoding="utf-8") as file:
            last = file.read().splitlines()[-1:]
        return last and '"set"' in last[0] and last[0]

    def history(self, block):
        """What names a file is done when the program has ended."""
        text = self.tank_text.replace("1502", str(self.port))
        with self.run_program(text, "--history"):
            eventually(lambda: self.get("PUMP") == "true", "the pump")
            for words, _ in block.commands()[:-1]:
                self.assertEqual(self.shell(words).returncode, 0, words)
        [(words, _)] = block.commands()[-1:]
        self.assertIn("--file", words)
        self.assertRegex(self.shell(words).stdout, r"(?m)^%s [\d.]+$" % r"[-\d]+ [:.\d]+")


    def served(self):
        """The tank with pages; INSTEAD knows their port."""
        msm = self.run_program(self.tank_text.replace("1502", str(self.port)), "--http", "0")
        self.http = str(Web(msm).port)
        return msm

    def over_http(self, block):
        with self.served():
            for words, _ in block.commands():
                done = self.shell(words.replace("8080", self.http))
                self.assertIn(done.returncode, (0, 124), words + "\n" + done.stdout)  # 124: a stream that was ended
                self.assertRegex(done.stdout, '"ok":true|event: beat', words)

    def python_stream(self, block):
        with self.served() as msm:
            path = self.folder.write("stream.py", block.text.replace("8080", self.http))
            with subprocess.Popen([sys.executable, "-u", path], stdout=subprocess.PIPE, text=True) as reader:
                self.assertRegex(reader.stdout.readline(), r"^LEVEL [0-9.]+$")
                self.assertRegex(reader.stdout.readline(), r"^LEVEL [0-9.]+$")
                msm.stop()
                reader.wait(DEADLINE)


# What stands in a block, and its stage; the first that is found counts.
STAGES = [
    ("./dev", Blocks.listed),
    ("mbpoll", Blocks.mbpoll),
    ("$ msm status", Blocks.dialogue),
    ("import json, socket", Blocks.python),
    ("import json, urllib", Blocks.python_stream),
    ("curl ", Blocks.over_http),
    ("msm test tests/test_tank.lua", Blocks.a_test),
    ("mix.lua:19", Blocks.fault),
    ("msm set plc.SPEED", Blocks.simulated),
    ("msm run --record", Blocks.recorded),
    ("first difference:", Blocks.replayed),
    ('"kind": "set"', Blocks.audit),
    ("msm journal", Blocks.history),
    ("sudo msm status", Blocks.beside_tank),
    ('{"do": "get"', Blocks.protocol),
]


def stage_of(block):
    found = [stage for words, stage in STAGES if words in block.text]
    return found[0] if found else None


class Rules(unittest.TestCase):
    def test_lua_is_in_documents_whose_lua_runs(self):
        with open(os.path.join(ROOT, "tests", "desk", "test_documents.lua"), encoding="utf-8") as file:
            listed = re.search(r"DOCUMENTS = (\{.*?\})", file.read(), re.S).group(1)
        for block in BLOCKS:
            if block.language == "lua":
                self.assertIn('"%s"' % block.document, listed, block.name)

    def test_what_is_not_run_stands_in_a_document(self):
        found = {words for block in BLOCKS if block.language in ("sh", "console") for words, _ in block.commands()}
        self.assertEqual(set(NOT_RUN) - found, set())

    def test_links_lead_somewhere(self):
        for document, text in DOCUMENTS.items():
            for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?ms)^```.*?^```$", "", text)):
                if link.startswith("https://"):
                    continue
                path, _, anchor = link.partition("#")
                path = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)), "%s: %s" % (document, link))
                if anchor:
                    self.assertIn(anchor, anchors_of(DOCUMENTS[path]), "%s: %s" % (document, link))

    def test_options_in_sentences_exist(self):
        """`msm map FILE --luals` and the like"""
        for document, text in DOCUMENTS.items():
            for name, words in re.findall(r"`(?:sudo )?(?:build/)?msm ([a-z]+)\b([^`]*)`", text):
                known = command(name, "--help").stdout
                self.assertTrue(known.startswith("usage: msm " + name), "%s: msm %s" % (document, name))
                for option in re.findall(r"--[a-z-]+", words):
                    self.assertIn("  %s " % option, known, "%s: msm %s" % (document, name))

    def test_stages_have_blocks(self):
        for words, _ in STAGES:
            self.assertTrue(any(words in block.text for block in BLOCKS), words)

    def test_what_is_wrong_is_seen(self):
        """a fence without a language, an indented block, a block that nobody knows, one that fails"""
        for text in ("```\nls\n```\n", "words\n\n    ls\n", "```sh\nls\n"):
            with self.assertRaises(AssertionError, msg=text):
                blocks_of("x.md", text)
        [block] = blocks_of("x.md", "```sh\nmsm stauts --name tank  # well\n```\n")
        self.assertEqual(block.commands(), [("msm stauts --name tank", "")])
        self.assertIsNone(stage_of(block))
        [other] = blocks_of("x.md", "```console\n$ msm get PUMP\nfalse\n```\n")
        for stage, wrong in ((Blocks.beside_tank, block), (Blocks.dialogue, other)):
            case = Blocks()
            case.setUp()
            self.addCleanup(case.doCleanups)
            with self.assertRaises(AssertionError):
                stage(case, wrong)


def add(block):
    def test(self):
        stage = stage_of(block)
        self.assertIsNotNone(stage, "%s: nothing runs this block, and no list says why" % block.name)
        stage(self, block)
    setattr(Blocks, "test_" + re.sub(r"\W", "_", block.name), test)


for each in BLOCKS:
    if each.language != "lua":
        add(each)

if __name__ == "__main__":
    unittest.main()
