"""A full disk, in a mount namespace of its own where the state folder is a tmpfs of 512 KiB:
`full_disk.py` plays it and ends with 0 if all is well. test_retain_trouble.py runs it so."""

import os
import shutil
import subprocess

from msm import eventually
from retain import ALIKE, Home, loaded, store

# By root, or by a user to whom the kernel permits it.
UNSHARE = (("unshare", "-m"), ("unshare", "-rm"))
PROBE = "mount -t tmpfs -o size=64k none /mnt"


def prefix():
    """How to begin a command that runs in a namespace and may mount there, or None."""
    for words in UNSHARE:
        if shutil.which(words[0]) and subprocess.run(
                [*words, "sh", "-c", PROBE], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return words
    return None


def goes_on(wire):
    """Masters are answered, and the scan counts."""
    begun = wire.holding(1)
    eventually(lambda: wire.holding(1) != begun, "a scan")


def fill(path):
    """Until there is no room for a byte."""
    with open(path, "wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def trouble(life, wire, control, word):
    """It is said once and stands in the status, everything else goes on."""
    life.wait_line("retained values are not saved in .*%s.*; it is tried again" % word)
    status = eventually(lambda: not store(control)["works"] and store(control), "the status")
    if word not in status["problem"]:
        raise AssertionError("the problem is %r" % status["problem"])
    goes_on(wire)


def relief(life, control, nth=0):
    life.wait_line("retained values are saved again", nth)
    commits = store(control)["commits"]
    eventually(lambda: store(control)["commits"] > commits, "a commit")
    if store(control)["problem"] or not store(control)["works"]:
        raise AssertionError("%r" % store(control))


def scene():
    with Home(ALIKE) as home:
        os.mkdir(home.state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", home.state], check=True)
        with home.life() as life, life.connect() as wire, life.control() as control:
            eventually(lambda: store(control)["commits"] > 1, "commits")
            ballast = os.path.join(home.state, "ballast")
            for nth in range(2):
                fill(ballast)
                life.wait_line("not saved in .*full", nth)
                trouble(life, wire, control, "full")
                os.remove(ballast)
                relief(life, control, nth)
            last = wire.holding(1)
        with home.life() as life:
            life.wait_line("loaded ")
            if loaded(life.text()) < last:
                raise AssertionError("what was saved again is not there")
            if "damaged" in life.text():
                raise AssertionError("the file was damaged:\n" + life.text())
        if home.beside():
            raise AssertionError("set aside: %r" % home.beside())


if __name__ == "__main__":
    scene()
