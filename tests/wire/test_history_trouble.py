"""A history whose disk is full, whose folder may not be written, whose file another program has, is
damaged or is taken away: it is said once, everything else goes on, and the history too when it can."""

import os
import subprocess
import sys
import unittest

import full_disk
import full_disk_history
from full_disk import goes_on
from full_disk_history import SCRIPT, status, values
from msm import eventually
from retain import Home


class Disk(unittest.TestCase):
    def test_full(self):
        words = full_disk.prefix()
        if not words:
            self.skipTest("mount namespaces are not permitted here (they take root)")
        result = subprocess.run([*words, sys.executable, "-B", full_disk_history.__file__],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=240)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_a_folder_in_its_place(self):
        """it may be moved away while the program runs"""
        with Home(SCRIPT) as home:
            os.makedirs(home.file(".history"))
            with home.life("--history") as life, life.connect() as wire, life.control() as control:
                life.wait_line("home.history is a folder, not a file; move it away; it is tried again")
                goes_on(wire)
                os.rmdir(home.file(".history"))
                life.wait_line("the history is written again")
                eventually(lambda: values(control) == [0], "the value")

    def test_two_programs_of_one_name(self):
        """the second one works without, and has it when the first one has ended"""
        with Home(SCRIPT) as home:
            first = home.life("--history")
            with home.life("--history", "--name", "second", start=False) as second:
                os.symlink(home.file(".history"), os.path.join(home.state, "second.history"))
                second.start()
                second.wait_line(r"second\.history is in use by process %d" % first.process.pid)
                with second.control() as control:
                    self.assertFalse(status(control)["works"])
                    first.stop()
                    eventually(lambda: status(control)["works"], "the history")

    def test_damage(self):
        with Home(SCRIPT) as home:
            os.mkdir(home.state)
            with open(home.file(".history"), "wb") as file:
                file.write(b"this is no database, whatever its name says\n" * 100)
            with home.life("--history") as life, life.control() as control:
                life.wait_line("home.history is damaged or not ours .*; it is kept as ")
                eventually(lambda: values(control) == [0], "the value")
            self.assertEqual(home.beside(), ["home.history.damaged-1"])

    def test_damage_of_a_page(self):
        """found out when it is read; what comes from then on is in a new file"""
        with Home(SCRIPT) as home:
            with home.life("--history") as life, life.control() as control:
                eventually(lambda: values(control) == [0], "the value")
            with open(home.file(".history"), "r+b") as file:
                file.seek(4096)
                file.write(os.urandom(4096 * 4))
            with home.life("--history") as life, life.connect() as wire, life.control() as control:
                life.wait_line("home.history is damaged or not ours .*; it is kept as ")
                eventually(lambda: values(control)[-1:] == [0], "the value")
                goes_on(wire)

    def test_taken_away(self):
        with Home(SCRIPT) as home, home.life("--history") as life, life.control() as control:
            control.ask("set", name="LEVEL", value=5)
            eventually(lambda: values(control)[-1:] == [5], "the value")
            for name in home.beside("home.history"):
                os.remove(os.path.join(home.state, name))
            life.wait_line("home.history was moved, removed or emptied; a new one is begun")
            eventually(lambda: values(control) == [5], "what it is now")
            control.ask("set", name="LEVEL", value=6)
            eventually(lambda: values(control) == [5, 6], "the value")


if __name__ == "__main__":
    unittest.main()
