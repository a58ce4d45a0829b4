"""Editing on a full disk, in a mount namespace of its own where the script and the versions each have
a tmpfs: `full_disk_edit.py` plays it and ends with 0 if all is well. test_edit.py runs it so."""

import os
import subprocess

from control import Refused
from full_disk import fill
from msm import Folder, eventually
from reloading import SHORT, Program

TEXT = SHORT + """mem.VERSION = input.uint16(0)
server.tcp { port = 0 }
every("5ms", function() mem.VERSION = %d end)
"""


def mounted(folder, name):
    path = os.path.join(folder.path, name)
    os.mkdir(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", path], check=True)
    return path


def edit(control, text):
    control.ask("edit", text=text, base=control.ask("source")["version"])


def holds(path, text):
    with open(path, encoding="utf-8") as file:
        if file.read() != text:
            raise AssertionError("the file has another text")


def scene():
    with Folder() as folder:
        scripts, state = mounted(folder, "scripts"), mounted(folder, "state")
        path = os.path.join(scripts, "plant.lua")
        with Program(TEXT % 1, "--state", state, path=path, probation="") as msm, \
                msm.connect() as wire, msm.control() as control:
            ballast = os.path.join(scripts, "ballast")
            fill(ballast)
            try:
                edit(control, TEXT % 2)
                raise AssertionError("it was not refused")
            except Refused as refused:
                if "nothing has changed" not in str(refused) or "No space" not in str(refused):
                    raise
            holds(path, TEXT % 1)
            if sorted(os.listdir(scripts)) != ["ballast", "plant.lua"]:
                raise AssertionError("left over: %r" % os.listdir(scripts))
            os.remove(ballast)
            fill(os.path.join(state, "ballast"))
            edit(control, TEXT % 3)
            eventually(lambda: wire.input(0) == 3, "the new text")
            holds(path, TEXT % 3)
            msm.wait_line("cannot .*No space")
            if control.ask("versions")["versions"]:
                raise AssertionError("a version that is not there")
            os.remove(os.path.join(state, "ballast"))
            edit(control, TEXT % 4)
            kept = [control.ask("version", version=row["id"])["text"]
                    for row in control.ask("versions")["versions"]]
            if kept != [TEXT % 4, TEXT % 3]:
                raise AssertionError("kept: %r" % kept)


if __name__ == "__main__":
    scene()
