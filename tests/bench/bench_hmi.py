"""What browsers cost: streams of many values beside the scan, one of which nobody reads; and whoever means
harm."""

import json
import os
import pathlib
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import threading
import time

from measure import cpu_ns, report

VARIABLES, PERIOD, STREAMS, SLOW = 500, 0.1, 20, 400
SCRIPT = """
local names = {}
for i = 1, %d do
  names[i] = "V" .. i
  mem[names[i]] = holding.float32(2 * i)
end
server.tcp { port = 0 }
every(%g, function(dt)
  for i = 1, #names do local n = names[i] mem[n] = mem[n] + dt end
end)
every("10ms", function() end)
""" % (VARIABLES, PERIOD)


class Browsers:
    """Streams of all values; all but the first are read."""

    def __init__(self, port, count):
        self.selector = selectors.DefaultSelector()
        self.streams, self.bytes, self.ended = [], 0, False
        for number in range(count):
            stream = socket.create_connection(("127.0.0.1", port))
            stream.sendall(b"GET /api/stream?match=*&period=%g HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % PERIOD)
            self.streams.append(stream)
            if number > 0:
                self.selector.register(stream, selectors.EVENT_READ)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while not self.ended:
            for key, _ in self.selector.select(0.1):
                self.bytes += len(key.fileobj.recv(1 << 20))

    def close(self):
        self.ended = True
        self.reader.join()
        for stream in self.streams:
            stream.close()


class Attackers:
    """Connections on which a request comes byte by byte, and two that send what is refused as fast as they can."""

    NONSENSE = (b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://x.example\r\n"
                b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n[[[[[[[[[")

    def __init__(self, port, count):
        self.port, self.answers, self.ended = port, 0, False
        self.slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self.drip, self.flood, self.flood)]
        for thread in self.threads:
            thread.start()

    def drip(self):
        text = b"GET /api/status HTTP/1.1\r\nX: " + b"x" * 4000
        for byte in text:
            for peer in self.slow:
                if self.ended:
                    return
                try:
                    peer.send(bytes([byte]))
                except OSError: # it was let go: the next one
                    self.slow[self.slow.index(peer)] = socket.create_connection(("127.0.0.1", self.port))

    def flood(self):
        while not self.ended:
            with socket.create_connection(("127.0.0.1", self.port)) as peer:
                for _ in range(20):
                    peer.sendall(self.NONSENSE)
                    if not peer.recv(4096):
                        break
                    self.answers += 1

    def close(self):
        self.ended = True
        for thread in self.threads:
            thread.join()
        for peer in self.slow:
            peer.close()


def start(bench, folder):
    script = bench.folder / "hmi.lua"
    script.write_text(SCRIPT)
    process = subprocess.Popen([bench.build / "msm", "run", "--http", "0", "--state", folder, script],
                               stderr=subprocess.PIPE, env=dict(os.environ, MSM_RUN=folder), text=True)
    for line in process.stderr:
        found = re.search(r"pages at http://[^:]*:(\d+)/", line)
        if found:
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return process, int(found.group(1))
    raise SystemExit("bench: msm did not start")


def p999(bench, folder):
    done = subprocess.run([bench.build / "msm", "status", "--json"], env=dict(os.environ, MSM_RUN=folder),
                          stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)["scan"]["duration"]["p999"]


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def run(bench, streams):
    """CPU by time, p99.9 of the scan in seconds, how many MiB it grew, bytes a second that were read."""
    folder = str(bench.folder / f"hmi-{streams}")
    os.makedirs(folder, exist_ok=True)
    process, port = start(bench, folder)
    before = resident(process.pid)
    browsers = Browsers(port, streams) if streams else None
    time.sleep(1) # the first, whole sets of rows
    begin, spent = time.monotonic(), cpu_ns(process.pid)
    read = browsers.bytes if browsers else 0
    time.sleep(bench.seconds)
    passed = time.monotonic() - begin
    share = (cpu_ns(process.pid) - spent) / 1e9 / passed
    rate = (browsers.bytes - read) / passed if browsers else 0
    grown, worst = resident(process.pid) - before, p999(bench, folder)
    if browsers:
        browsers.close()
    process.terminate()
    process.wait()
    return share, worst, grown, rate


def attacked(bench):
    """p99.9 of the scan in seconds, MiB that it grew, refusals a second; beside whoever means harm."""
    folder = str(bench.folder / "hmi-attacked")
    os.makedirs(folder, exist_ok=True)
    process, port = start(bench, folder)
    before, begin = resident(process.pid), time.monotonic()
    attackers = Attackers(port, SLOW)
    time.sleep(bench.seconds)
    worst, grown = p999(bench, folder), resident(process.pid) - before
    attackers.close()
    rate = attackers.answers / (time.monotonic() - begin)
    process.terminate()
    process.wait()
    return worst, grown, rate


def page(bench):
    """What page.mjs found; None where there is no browser."""
    here = pathlib.Path(__file__).parent
    modules = bench.build.resolve() / "web"
    if not shutil.which("node") or not shutil.which("chromium"):
        return None
    subprocess.run(["sh", here.parent / "web" / "modules.sh", modules], stdout=subprocess.DEVNULL, check=True)
    done = subprocess.run(["node", here / "page.mjs", str(bench.seconds)], stdout=subprocess.PIPE, check=True, text=True,
                          env=dict(os.environ, MSM=str(bench.build.resolve() / "msm"), MSM_WEB=str(modules),
                                   MSM_ROOT=str(here.parent.parent)))
    return json.loads(done.stdout)


def browsers(bench):
    found = page(bench)
    if not found:
        print("  without node and chromium no page is measured")
        return
    print("A page with 1,000 variables that change at 5 Hz: until values are on the screen; its own thread then")
    for name, what in (("variables", "variables"), ("tiles", "overview, all as tiles")):
        painted, share = found[name]["painted"], found[name]["share"]
        report(f"{what}: painted after", f"{painted:.2f} s", "<= 1 s", painted <= 1)
        report(f"{what}: CPU, of a core", f"{100 * share:.1f} %", "< 10 %", share < 0.1)


def hmi(bench):
    print(f"Pages: {VARIABLES} variables that change at {1 / PERIOD:g} Hz, for {STREAMS} streams, one of which "
          "is never read,")
    print("against the same without a stream; CPU of the whole process")
    shares, worst, grown, rates, attacks = [], [], [], [], []
    for _ in range(bench.rounds):
        idle, alone, _, _ = run(bench, 0)
        busy, beside, growth, rate = run(bench, STREAMS)
        shares.append(busy - idle)
        worst.append(beside / alone)
        grown.append(growth)
        rates.append(rate)
        harmed, *rest = attacked(bench)
        attacks.append((harmed / alone, *rest))
    share, ratio, growth = statistics.median(shares), statistics.median(worst), statistics.median(grown)
    report("CPU for the streams, of a core", f"{100 * share:.2f} %", "<= 1.5 %", share <= 0.015)
    report("scan p99.9 beside them", f"{ratio:.2f}", "<= 1.20", ratio <= 1.2)
    report("memory for them", f"{growth:.1f} MiB", "<= 20", growth <= 20)
    report("read by all of them", f"{statistics.median(rates) / 1e6:.1f} MB/s", "> 1", statistics.median(rates) > 1e6)
    ratio, growth, rate = (statistics.median(column) for column in zip(*attacks))
    print(f"Beside {SLOW} connections that send a byte at a time, and two that send {rate:,.0f} requests a second "
          "that are refused")
    report("scan p99.9 beside them", f"{ratio:.2f}", "<= 1.20", ratio <= 1.2)
    report("memory for them", f"{growth:.1f} MiB", "<= 20", growth <= 20)
    browsers(bench)
