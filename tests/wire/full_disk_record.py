"""A recording on a full disk, in a mount namespace of its own where its folder is a tmpfs of 512 KiB:
`full_disk_record.py` plays it and ends with 0 if all is well. test_record.py runs it so."""

import os
import re
import subprocess

from full_disk import fill, goes_on
from msm import Folder, command, eventually
from reloading import Program

TEXT = """
mem.SET = holding.uint16(0)
mem.N   = input.uint32(0)
mem.LOW = holding.uint16(1)
server.tcp { port = 0 }
every("5ms", function() mem.N = mem.N + 1 mem.LOW = mem.N % 65536 end)
"""


def recording(control):
    return control.ask("status")["recording"]


def trouble(msm, control, nth):
    """It is said once and stands in the status; what was recorded is left alone."""
    msm.wait_line("No space left on device; nothing is recorded until there is room", nth)
    status = recording(control)
    if status["works"] or "No space left" not in status["problem"]:
        raise AssertionError("the recording does %r" % status)


def relief(msm, control, nth):
    msm.wait_line(r"night\.rec is written again; \d+ scans are missing in it", nth)
    before = recording(control)
    eventually(lambda: recording(control)["scans"] > before["scans"] + 20, "recorded scans")
    if not before["works"] or before["problem"] or not before["lost"]:
        raise AssertionError("the recording does %r" % before)


def scene():
    with Folder() as folder:
        disk = os.path.join(folder.path, "disk")
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", disk], check=True)
        path, ballast = os.path.join(disk, "night.rec"), os.path.join(disk, "ballast")
        script = folder.write("pump.lua", "")
        with Program(TEXT, "--record", path, path=script) as msm, msm.connect() as wire, \
                msm.control() as control:
            eventually(lambda: recording(control)["scans"] > 20, "some scans")
            for nth in range(2):
                fill(ballast)
                trouble(msm, control, nth)
                goes_on(wire)
                if nth:
                    msm.reload(TEXT + "-- another text\n")
                os.remove(ballast)
                relief(msm, control, nth)
            said = re.findall(r"(\d+) scans are missing in it", msm.text())
        check(folder, path, script, said)


def check(folder, path, script, said):
    """Nothing is damaged, each gap is told, and what lies around it is played to the same; no scan is
    neither there nor missing."""
    done = command("test", "--replay", path, script)
    if done.returncode or "damaged" in done.stdout:
        raise AssertionError(done.stdout + done.stderr)
    gaps = re.findall(r"(\d+) scans were not recorded here", done.stdout)
    if gaps != said or len(gaps) != 2 or "0" in gaps:
        raise AssertionError("gaps of %r are told, of %r were said:\n%s" % (gaps, said, done.stdout))
    if "begun 3 times" not in done.stdout:
        raise AssertionError(done.stdout)
    total = int(re.search(r"the same in (\d+) scans", done.stdout).group(1)) + sum(map(int, gaps))
    for last, differs in ((total, False), (total - 1, True)):
        wrong = TEXT.replace("mem.N + 1", "mem.N + (mem.N == %d and 2 or 1)" % last)
        found = command("test", "--replay", path, folder.write("wrong.lua", wrong)).stdout
        if ("first difference" in found) != differs:
            raise AssertionError("the last scan is not number %d:\n%s" % (total, found))


if __name__ == "__main__":
    scene()
