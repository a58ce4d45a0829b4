"""A history on a full disk, in a mount namespace of its own where the state folder is a tmpfs of 2 MiB:
`full_disk_history.py` plays it and ends with 0 if all is well. test_history_trouble.py runs it so."""

import os
import subprocess

from full_disk import fill, goes_on
from msm import eventually
from retain import Home

SCRIPT = """
mem.LEVEL = holding.uint16(0, { dir = "inout" })
mem.TICK  = holding.uint16(1)
server.tcp { port = 0 }
every("10ms", function() mem.TICK = (mem.TICK + 1) % 60000 end)
"""


def status(control):
    return control.ask("status")["history"]


def values(control):
    """What LEVEL was, without what only says that it still holds."""
    last = [point[3] for point in control.ask("trend", names=["LEVEL"])["series"][0]["points"]]
    return [v for i, v in enumerate(last) if i == 0 or v != last[i - 1]]


def trouble(life, control, wire, nth):
    """It is said once and stands in the status; scan and masters go on, and what is there can be read."""
    life.wait_line("the history is not written in .*full.*; it is tried again", nth)
    now = eventually(lambda: not status(control)["works"] and status(control), "the status")
    if "full" not in now["problem"]:
        raise AssertionError("the problem is %r" % now)
    goes_on(wire)
    if nth not in values(control):
        raise AssertionError("what was written cannot be read: %r" % values(control))


def scene():
    with Home(SCRIPT) as home:
        os.mkdir(home.state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", home.state], check=True)
        with home.life("--history") as life, life.connect() as wire, life.control() as control:
            ballast = os.path.join(home.state, "ballast")
            for nth in range(2):
                eventually(lambda n=nth: values(control)[-1:] == [n], "what was before")
                fill(ballast)
                trouble(life, control, wire, nth)
                control.ask("set", name="LEVEL", value=nth + 1)  # while the disk is full
                os.remove(ballast)
                life.wait_line("the history is written again", nth)
            eventually(lambda: values(control) == [0, 1, 2], "all values")
            if not status(control)["works"] or status(control)["problem"]:
                raise AssertionError("%r" % status(control))
        with home.life("--history") as life, life.control() as control:
            eventually(lambda: values(control) == [0, 1, 2, None, 0], "what was written")
            if "damaged" in life.text():
                raise AssertionError("the file was damaged:\n" + life.text())
        if home.beside():
            raise AssertionError("set aside: %r" % home.beside())


if __name__ == "__main__":
    scene()
