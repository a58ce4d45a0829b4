"""Faults of the network itself, in a network namespace of its own, where rules of nftables make
them: `netns.py NAME` plays one and ends with 0 if all is well. test_faults.py runs it so; a
namespace keeps the rules away from everybody else."""

import os
import re
import shutil
import subprocess
import sys

from hostile import HostileDevice
from msm import Msm, eventually, fc_read

# Where ip and nft are, which is not on the path of everybody.
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

# By root, or by a user to whom the kernel permits it.
UNSHARE = (("unshare", "-n"), ("unshare", "-rn"))

SCRIPT = """
local plc = memory("plc", { order = "ABCD" })
plc.X = holding.uint16(0)
local link = client.tcp { host = "127.0.0.1", port = %d, mem = plc, period = "50ms",
                          timeout = "300ms" }
server.tcp { port = 0, mem = plc }
local quality
every("20ms", function()
  if plc:quality "X" ~= quality then
    quality = plc:quality "X"
    log.info("X is %%s, last error: %%s", quality, link.last_error or "none")
  end
end)
"""


def run(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


def why_not():
    """None, or why namespaces cannot be tested here."""
    for tool, package in (("ip", "iproute2"), ("nft", "nftables"), ("unshare", "util-linux")):
        if not shutil.which(tool):
            return "%s is missing (package %s)" % (tool, package)
    if not prefix():
        return "network namespaces are not permitted here (they take root)"
    return None


def prefix():
    """How to begin a command that runs in a namespace with such rules, or None."""
    for words in UNSHARE:
        if run(*words, "nft", "add", "table", "inet", "probe").returncode == 0:
            return words
    return None


class Rules:
    """What becomes of packets to and from the device's port."""

    def __init__(self, port):
        self.port = port
        self.nft("add", "table", "inet", "faults")
        self.nft("add", "chain", "inet", "faults", "out",
                 "{ type filter hook output priority 0 ; }")

    def nft(self, *words):
        result = run("nft", *words)
        if result.returncode:
            raise AssertionError("nft %s: %s" % (" ".join(words), result.stdout))

    def packets(self, direction, *verdict):
        self.nft("add", "rule", "inet", "faults", "out", "tcp", direction, str(self.port), *verdict)

    def remove(self):
        self.nft("flush", "chain", "inet", "faults", "out")


def scene(break_it, error):
    """The link is broken by rules, its values turn stale; without rules it comes back."""
    with HostileDevice() as device:
        device.set("holding", 0, 11)
        rules = Rules(device.port)
        with Msm(SCRIPT % device.port) as msm, msm.connect() as wire:
            msm.wait_line("X is good")
            break_it(rules)
            text = msm.wait_line(r"X is stale, last error: (.*)").group(1)
            if not re.search(error, text):
                raise AssertionError("the error is %r, not %s" % (text, error))
            eventually(lambda: wire.refused(fc_read(3, 0, 1)) == 0x0B, "exception 0B")
            device.set("holding", 0, 22)
            rules.remove()
            eventually(lambda: wire.refused(fc_read(3, 0, 1)) == 0, "an answer")
            eventually(lambda: wire.holding(0) == 22, "the new value")


def drop(rules):
    """Nothing arrives any more, in either direction, and nobody says so."""
    rules.packets("dport", "drop")
    rules.packets("sport", "drop")


def drop_answers(rules):
    """Requests arrive, answers do not."""
    rules.packets("sport", "drop")


def reset(rules):
    """Each packet to the device is answered with RST, as by a firewall that forgot."""
    rules.packets("dport", "reject", "with", "tcp", "reset")


SCENES = {
    "drop": (drop, "no answer"),
    "drop_answers": (drop_answers, "no answer"),
    "reset": (reset, "reset|refused"),
}


def main(name):
    up = run("ip", "link", "set", "lo", "up")
    if up.returncode:
        raise AssertionError("no loopback: " + up.stdout)
    scene(*SCENES[name])


if __name__ == "__main__":
    main(sys.argv[1])
