"""Proves what editing a program from elsewhere does: a text that passes its probation takes the file's
place as a whole, what is refused or rolled back leaves the file and the folder as they were, who has
not seen the newest text is refused, what others write meanwhile stays, and what was before can be
had again.
"""

import json
import os
import stat
import subprocess
import sys
import unittest

import full_disk
from control import Gone
from msm import Folder, eventually
from reloading import NEVER, PARTED, SHORT, Program, parted
from web import Refusal, Web

TEXT = """mem.VERSION = input.uint16(0)
server.tcp { port = 0 }
every("5ms", function() mem.VERSION = %d end)
"""


def refusal(control, do, **fields):
    """The whole line of what has to be refused."""
    number = control.send(do, **fields)
    while True:
        line = control.receive()
        if line.get("id") == number:
            assert not line["ok"], "not refused: %r" % line
            return line


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def edit(control, text, **fields):
    """As a page does it: from what is there now."""
    asked = {key: fields[key] for key in fields if key == "path"}
    base = control.ask("source", **asked)["version"]
    return control.ask("edit", **dict({"text": text, "base": base}, **fields))


class Edited(unittest.TestCase):
    """What is accepted."""

    def test_edit(self):
        """the text runs, then it is the file's, with the file's mode; it is no difference any more"""
        with Program(TEXT % 1) as msm, msm.connect() as wire, msm.control() as control:
            os.chmod(msm.path, 0o640)
            source = control.ask("source")
            self.assertEqual((source["text"], source["running"], source["changed"]),
                             (SHORT + TEXT % 1, True, False))
            self.assertEqual(source["files"], [{"path": msm.path, "name": "wire.lua", "main": True}])
            self.assertEqual(edit(control, SHORT + TEXT % 2)["text"], "")
            eventually(lambda: wire.input(0) == 2, "the new text")
            self.assertEqual(read(msm.path), SHORT + TEXT % 2)
            self.assertEqual(stat.S_IMODE(os.stat(msm.path).st_mode), 0o640)
            self.assertFalse(control.ask("status")["edited"])
            self.assertTrue(control.ask("source")["running"])
            self.assertFalse([name for name in os.listdir(msm.folder.path) if ".edit" in name])

    def test_module(self):
        """a file that the script requires, also through a link, which stays one"""
        with parted() as msm, msm.connect() as wire, msm.control() as control:
            eventually(lambda: wire.input(0) == 1)
            real = msm.folder.write("real.lua", "return { plus = 10 }")
            part = os.path.join(msm.folder.path, "part.lua")
            os.unlink(part)
            os.symlink(real, part)
            msm.reload(PARTED % 1)
            eventually(lambda: wire.input(0) == 11, "through the link")
            edit(control, "return { plus = 20 }", path=part)
            eventually(lambda: wire.input(0) == 21, "the module")
            self.assertTrue(os.path.islink(part))
            self.assertEqual(read(real), "return { plus = 20 }")
            self.assertEqual(read(msm.path), SHORT + PARTED % 1)

    def test_new_module(self):
        """a module that the new text is the first to require comes from its file"""
        with Program(TEXT % 1) as msm, msm.connect() as wire, msm.control() as control:
            msm.folder.write("new.lua", "return 7")
            edit(control, SHORT + "local new = require 'new'\n" + TEXT.replace("%d", "new"))
            eventually(lambda: wire.input(0) == 7)
            self.assertEqual([file["name"] for file in control.ask("source")["files"]],
                             ["wire.lua", "new.lua"])

    def test_watched(self):
        """--watch does not reload what runs already"""
        with Program(TEXT % 1, "--watch") as msm, msm.connect() as wire, msm.control() as control:
            edit(control, SHORT + TEXT % 2)
            msm.write(TEXT % 3)
            eventually(lambda: wire.input(0) == 3, "what an editor wrote")
            edit(control, SHORT + TEXT % 4)
            msm.write(TEXT % 5)
            eventually(lambda: wire.input(0) == 5, "what an editor wrote then")
            self.assertEqual(msm.status()["reloads"], 4)

    def test_mends(self):
        """a program in fault gets a text that runs"""
        text = 'on_start(function() error("not yet") end)\n'
        with Program(TEXT % 1 + text) as msm, msm.connect() as wire, msm.control() as control:
            eventually(lambda: "not yet" in control.ask("status")["fault"], "the fault")
            edit(control, SHORT + TEXT % 2)
            eventually(lambda: wire.input(0) == 2, "the new text")
            self.assertEqual(control.ask("status")["fault"], "")
            self.assertEqual(read(msm.path), SHORT + TEXT % 2)

    def test_long(self):
        """from a browser also what no line of the socket holds; more than 512 KiB is refused"""
        text = SHORT + TEXT % 2 + "-- \u00e4\u20ac\"\\\n" * 40000
        with Program(TEXT % 1, "--http", "0") as msm, msm.connect() as wire:
            web = Web(msm)
            edit(web, text)
            eventually(lambda: wire.input(0) == 2, "the new text")
            source = web.ask("source")
            self.assertEqual((source["text"], source["running"]), (text, True))
            newest = web.ask("versions")["versions"][0]["id"]
            self.assertEqual(web.ask("version", version=newest)["text"], text)
            with self.assertRaisesRegex(Refusal, "longer than the 512 KiB"):
                edit(web, "-" * (512 * 1024 + 1))
            self.assertEqual(read(msm.path), text)

    def test_audit(self):
        """who has edited it, and how much, is in the audit log"""
        script = SHORT[:-3] + ', audit = "changes" }\n'
        with Program(TEXT % 1, probation=script) as msm, msm.control() as control:
            edit(control, script + TEXT % 2)
            with open(os.path.join(msm.folder.path, "wire.audit"), encoding="utf-8") as file:
                eventually(lambda: any("1 lines in the place of 1" in line for line in
                                       (file.seek(0), *file)[1:]), "the entry")
                file.seek(0)
                entry = [json.loads(line) for line in file if "in the place of" in line][0]
            self.assertIn("pid %d" % os.getpid(), json.dumps(entry))


class Refusals(unittest.TestCase):
    """What changes nothing."""

    def setUp(self):
        self.msm = Program(TEXT % 1)
        self.addCleanup(self.msm.stop)
        self.control = self.msm.control()
        self.addCleanup(self.control.close)
        self.base = self.control.ask("source")["version"]

    def unchanged(self, text=SHORT + TEXT % 1):
        self.assertEqual(read(self.msm.path), text)
        self.assertFalse([name for name in os.listdir(self.msm.folder.path) if ".edit" in name])

    def test_wrong(self):
        """an error comes with its file and line"""
        line = refusal(self.control, "edit", text=SHORT + "\nmem.X = = 1\n", base=self.base)
        self.assertEqual(line["kind"], "refused")
        mark, = line["errors"]
        self.assertEqual((mark["file"], mark["line"]), (self.msm.path, 3))
        self.assertIn("near '='", mark["text"])
        self.unchanged()

    def test_wrong_module(self):
        """that of a required file is at its own line, not at the one that requires it"""
        with parted() as msm, msm.control() as control:
            part = os.path.join(msm.folder.path, "part.lua")
            base = control.ask("source", path=part)["version"]
            line = refusal(control, "edit", text="\nreturn { plus = = 1 }", path=part, base=base)
            mark, = line["errors"]
            self.assertEqual((mark["file"], mark["line"]), (part, 2))

    def test_rolled_back(self):
        """a fault in the probation"""
        text = NEVER + TEXT % 2 + 'every("50ms", function() error("too bad") end)\n'
        line = refusal(self.control, "edit", text=text, base=self.base)
        self.assertIn("too bad", line["error"])
        self.assertEqual(line["errors"][0]["line"], 5)
        self.unchanged()
        self.assertEqual(self.control.ask("versions")["versions"], [])

    def test_try(self):
        """only looking"""
        wish = {"base": self.base, "try": True}
        self.assertEqual(self.control.ask("edit", text=SHORT + TEXT % 2, **wish)["text"], "")
        text = SHORT + (TEXT % 2).replace("uint16", "int32")
        self.assertIn("VERSION", self.control.ask("edit", text=text, **wish)["text"])
        line = refusal(self.control, "edit", text="mem.X = 1", **wish)
        self.assertEqual(line["errors"][0]["line"], 1)
        self.unchanged()
        self.assertEqual(self.control.ask("status")["reloads"], 0)

    def test_stale(self):
        """who began from another text than the one that is there"""
        self.msm.write(TEXT % 3)
        self.assertTrue(self.control.ask("status")["edited"])
        source = self.control.ask("source")
        self.assertEqual((source["text"], source["running"], source["changed"]),
                         (SHORT + TEXT % 3, False, True))
        line = refusal(self.control, "edit", text=SHORT + TEXT % 2, base=self.base)
        self.assertIn("has changed since", line["error"])
        self.unchanged(SHORT + TEXT % 3)
        edit(self.control, SHORT + TEXT % 2)
        self.unchanged(SHORT + TEXT % 2)

    def test_elsewhere(self):
        """files that are not the program's, and what is no text"""
        for path in ("/etc/passwd", "../wire.lua", "", "part.lua"):
            for do, fields in (("source", {}), ("edit", {"text": "", "base": self.base}),
                               ("versions", {})):
                self.assertEqual(refusal(self.control, do, path=path, **fields)["kind"], "unknown")
        self.assertEqual(refusal(self.control, "version", version=1)["kind"], "unknown")
        self.assertEqual(refusal(self.control, "version", version=-1)["kind"], "unknown")
        with open(self.msm.path, "ab") as file:
            file.write(b"-- \xff\n")
        self.assertIn("UTF-8", refusal(self.control, "source")["error"])

    def test_gone(self):
        """a file that was removed is what runs, and is written anew"""
        os.unlink(self.msm.path)
        source = self.control.ask("source")
        self.assertEqual(source["text"], SHORT + TEXT % 1)
        self.control.ask("edit", text=SHORT + TEXT % 2, base=source["version"])
        self.unchanged(SHORT + TEXT % 2)


class Trouble(unittest.TestCase):
    def test_full(self):
        """no room for the text: nothing has changed; no room for its version: said, and it runs"""
        words = full_disk.prefix()
        if not words:
            self.skipTest("mount namespaces are not permitted here (they take root)")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "full_disk_edit.py")
        result = subprocess.run([*words, sys.executable, "-B", script],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_no_room(self):
        """what cannot be written is refused before anything has changed"""
        with Folder() as folder:
            long = os.path.join(folder.path, "x" * 248 + ".lua")
            with Program(TEXT % 1, "--name", "long", path=long) as other, other.control() as control:
                base = control.ask("source")["version"]
                line = refusal(control, "edit", text=SHORT + TEXT % 2, base=base)
                self.assertIn("cannot write beside", line["error"])
                self.assertEqual(control.ask("status")["reloads"], 0)
                self.assertEqual(read(long), SHORT + TEXT % 1)

    def test_overtaken(self):
        """what somebody else writes during the probation stays; what was edited runs and is kept"""
        wait = 'program { probation = "2s" }\n'
        with Program(TEXT % 1) as msm, msm.control() as control:
            base = control.ask("source")["version"]
            control.send("edit", text=wait + TEXT % 2, base=base)
            eventually(lambda: any(".edit" in name for name in os.listdir(msm.folder.path)), "the text")
            msm.write(TEXT % 3)
            line = control.receive()
            self.assertEqual((line["ok"], line["kind"]), (False, "failed"))
            self.assertIn("was written meanwhile", line["error"])
            self.assertEqual(read(msm.path), SHORT + TEXT % 3)
            self.assertFalse([name for name in os.listdir(msm.folder.path) if ".edit" in name])
            self.assertTrue(control.ask("status")["edited"])
            newest = control.ask("versions")["versions"][0]
            self.assertEqual(newest["state"], "running")
            self.assertEqual(control.ask("version", version=newest["id"])["text"],
                             wait + TEXT % 2)

    def test_one_at_a_time(self):
        """a second edit waits for the first one; the end of the program ends both"""
        with Program(TEXT % 1) as msm, msm.control() as control, msm.control() as other:
            base = control.ask("source")["version"]
            control.send("edit", text=NEVER + TEXT % 2, base=base)
            eventually(lambda: other.ask("status")["reloads"], "the swap")
            self.assertIn("under way", refusal(other, "edit", text="", base=base)["error"])
            self.assertTrue([name for name in os.listdir(msm.folder.path) if ".edit" in name])
            with msm.control() as third:
                third.send("stop")
                with self.assertRaises(Gone):
                    while True:
                        third.receive()
            self.assertEqual(read(msm.path), SHORT + TEXT % 1)
            self.assertFalse([name for name in os.listdir(msm.folder.path) if ".edit" in name])


class Versions(unittest.TestCase):
    def test_versions(self):
        """the first text and each that took its place, newest first, twenty of them; also later"""
        with Program(TEXT % 1) as msm, msm.control() as control:
            for number in range(2, 4):
                edit(control, SHORT + TEXT % number)
            versions = control.ask("versions")["versions"]
            self.assertEqual([row["state"] for row in versions], ["running", "before", "before"])
            self.assertEqual(versions[-1]["who"], "")
            self.assertIn("pid %d" % os.getpid(), versions[0]["who"])
            for row, number in zip(versions, (3, 2, 1)):
                one = control.ask("version", version=row["id"])
                self.assertEqual((one["text"], one["path"]), (SHORT + TEXT % number, msm.path))
                self.assertEqual(row["size"], len(one["text"]))
            msm.reload(TEXT % 9)
            edit(control, SHORT + TEXT % 10)
            texts = [control.ask("version", version=row["id"])["text"] for row in
                     control.ask("versions")["versions"]]
            self.assertEqual(texts, [SHORT + TEXT % number for number in (10, 9, 3, 2, 1)])

    def test_twenty(self):
        """no more than twenty are kept"""
        with Program(TEXT % 0, probation='program { probation = "1ms" }\n') as msm, \
                msm.control() as control:
            for number in range(1, 22):
                edit(control, msm.probation + TEXT % number)
            versions = control.ask("versions")["versions"]
            self.assertEqual(len(versions), 20)
            self.assertEqual(len(os.listdir(os.path.join(msm.folder.path, "wire.versions"))), 20)
            self.assertIn("= 21 end", control.ask("version", version=versions[0]["id"])["text"])


if __name__ == "__main__":
    unittest.main()
