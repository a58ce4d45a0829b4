"""--watch: a program whose files change, by whatever an editor or a deployment does to them or to
what leads to them. Nothing is reloaded where nothing has changed.
"""

import os
import shutil
import unittest

from msm import Folder, eventually
from reloading import PARTED, SHORT, Program, parted


class Edited(unittest.TestCase):
    """What editors do."""

    def test_watch(self):
        """written in place, replaced by a rename, a module changed; broken and mended"""
        with parted("--watch") as msm, msm.connect() as wire:
            eventually(lambda: wire.input(0) == 1)
            msm.write(PARTED % 2)
            eventually(lambda: wire.input(0) == 2, "written in place")
            new = msm.folder.write("wire.lua~", SHORT + PARTED % 3)
            os.rename(new, msm.path)
            eventually(lambda: wire.input(0) == 3, "replaced by a rename")
            msm.write(PARTED % 4)
            eventually(lambda: wire.input(0) == 4, "written in place after a rename")
            msm.folder.write("part.lua", "return { plus = 10 }")
            eventually(lambda: wire.input(0) == 14, "the module")
            msm.folder.write("part.lua", "return {")
            msm.wait_line("the reload is refused")
            msm.wait_line(r"part\.lua:1: ")
            self.assertEqual(wire.input(0), 14)
            msm.folder.write("part.lua", "return { plus = 20 }")
            eventually(lambda: wire.input(0) == 24, "the module, mended")
            reloads = msm.status()["reloads"]
            msm.folder.write("other.lua", "nobody reads this")
            msm.write(PARTED % 5)
            eventually(lambda: wire.input(0) == 25)
            self.assertEqual(msm.status()["reloads"], reloads + 1)

    def test_emptied(self):
        """an editor that empties the file first: the running program bears it"""
        with parted("--watch") as msm, msm.connect() as wire:
            eventually(lambda: wire.input(0) == 1)
            msm.folder.write("wire.lua", "")
            msm.wait_line("declares nothing")
            self.assertEqual(msm.status()["state"], "run")
            msm.write(PARTED % 2)
            eventually(lambda: wire.input(0) == 2, "the text")

    def test_while_loading(self):
        """a new module that is edited between its reading and the swap"""
        slow = "local new = require 'new' print 'read it' for _ = 1, 1e7 do end\n" + PARTED
        with parted("--watch") as msm, msm.connect() as wire:
            eventually(lambda: wire.input(0) == 1)
            msm.folder.write("new.lua", "return 2")
            msm.write(slow.replace("%d", "new"))
            msm.wait_line("read it")
            msm.folder.write("new.lua", "return 3 -- edited")
            eventually(lambda: wire.input(0) == 3, "the edited module")


class Deployed(unittest.TestCase):
    """What happens to folders and links."""

    TEXT = SHORT + """
        mem.VERSION = input.uint16(0)
        server.tcp { port = 0 }
        every("5ms", function() mem.VERSION = %d end)
        """

    def setUp(self):
        self.root = Folder()
        self.addCleanup(self.root.remove)
        self.state = Folder()
        self.addCleanup(self.state.remove)

    def at(self, *names):
        return os.path.join(self.root.path, *names)

    def release(self, name, version):
        os.mkdir(self.at(name))
        self.write(name, version)

    def write(self, name, version):
        self.root.write(os.path.join(name, "tank.lua"), self.TEXT % version)

    def run_it(self, *names):
        path = self.at(*names)
        msm = Program.__new__(Program)
        msm.probation = ""
        super(Program, msm).__init__(None, "--watch", "--state", self.state.path, path=path)
        self.addCleanup(msm.kill)
        wire = msm.connect()
        self.addCleanup(wire.close)
        eventually(lambda: wire.input(0) == 1, "the first text")
        return msm, wire

    def link(self, target, name):
        """As ln -sfn does it, in one step."""
        os.symlink(target, self.at("new link"))
        os.rename(self.at("new link"), self.at(name))

    def test_folder_made_anew(self):
        """renamed and made anew; removed and made anew; and then each edit in it"""
        self.release("plant", 1)
        msm, wire = self.run_it("plant", "tank.lua")
        os.rename(self.at("plant"), self.at("plant.old"))
        self.release("plant", 2)
        eventually(lambda: wire.input(0) == 2, "the text in the new folder")
        self.write("plant", 3)
        eventually(lambda: wire.input(0) == 3, "an edit there")
        shutil.rmtree(self.at("plant"))
        self.release("plant", 4)
        eventually(lambda: wire.input(0) == 4, "the text in the third folder")
        self.write("plant.old", 9)
        self.write("plant", 5)
        eventually(lambda: wire.input(0) == 5, "an edit there")
        self.assertEqual(msm.status()["reloads"], 4)

    def test_link_to_folder(self):
        """current -> releases/2, when another release comes there; what becomes of the former one
        is of no interest then"""
        self.release("release1", 1)
        self.release("release2", 2)
        self.link("release1", "current")
        msm, wire = self.run_it("current", "tank.lua")
        self.link("release2", "current")
        eventually(lambda: wire.input(0) == 2, "the second release")
        self.write("release1", 9)
        self.write("release2", 3)
        eventually(lambda: wire.input(0) == 3, "an edit in the second release")
        self.assertEqual(msm.status()["reloads"], 2)

    def test_link_to_script(self):
        """the script itself is a link: its target is edited, then it leads elsewhere"""
        self.release("one", 1)
        self.release("two", 3)
        self.link(self.at("one", "tank.lua"), "tank.lua")
        _, wire = self.run_it("tank.lua")
        self.write("one", 2)
        eventually(lambda: wire.input(0) == 2, "an edit of the target")
        self.link(self.at("two", "tank.lua"), "tank.lua")
        eventually(lambda: wire.input(0) == 3, "the other target")
        self.write("two", 4)
        eventually(lambda: wire.input(0) == 4, "an edit of that")

    def test_nothing_changed(self):
        """a folder that goes and comes back with the same files: no reload, and it is watched on"""
        self.release("plant", 1)
        msm, wire = self.run_it("plant", "tank.lua")
        looked = self.looks(msm)
        os.rename(self.at("plant"), self.at("elsewhere"))
        looked()
        os.rename(self.at("elsewhere"), self.at("plant"))
        looked()
        looked()
        self.assertEqual((msm.status()["reloads"], msm.status()["refused"]), (0, 0))
        self.write("plant", 2)
        eventually(lambda: wire.input(0) == 2, "an edit")
        self.assertEqual(msm.status()["reloads"], 1)

    @staticmethod
    def looks(msm):
        """Waits for two looks at the files, which come each second, by the scan's count."""
        def wait():
            enough = msm.status()["scan"]["count"] + 500
            eventually(lambda: msm.status()["scan"]["count"] >= enough, "scans")
        return wait


if __name__ == "__main__":
    unittest.main()
