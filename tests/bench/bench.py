"""Measures what is promised about MSM's speed and size, each figure beside its aim.

Figures are ratios to a control that is measured in the same run, alternating, several times: the
median of the ratios, pair by pair, holds on machines whose absolute times mean little. The control
of the wire is canned.c, the cheapest server that the kernel allows.

usage: bench.py --build FOLDER [--rounds N] [--seconds S] [--only PART]…
"""

import argparse
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import bench_blocks
import bench_history
import bench_hmi
import bench_mirror
import bench_record
from measure import cpu_ns, report

PARTS = ("wire", "scan", "size", "access", "blocks", "mirror", "record", "history", "hmi")
SHAPES = ((10, 1, 1.10), (100, 16, 1.25))  # connections, requests in flight on each, aim
UNITS = {"ns": 1e-3, "us": 1, "µs": 1, "ms": 1e3, "s": 1e6}

# A scan of 1 ms with a little arithmetic and 16 holding registers, of which 10 are asked for.
SCRIPT = """
mem.SETPOINT = holding.float32(0)
mem.LEVEL    = holding.float32(2)
mem.COUNT    = holding.uint32(4)
mem.PUMP     = holding.word(6)
mem.SUM      = holding.float32(7)
mem.SPARE    = holding.word(9, { count = 7 })
server.tcp { port = PORT, max_connections = 200, max_connections_per_address = 200 }
every("1ms", function(dt)
  mem.PUMP  = mem.LEVEL < mem.SETPOINT and 1 or 0
  mem.LEVEL = mem.LEVEL + dt * (mem.PUMP == 1 and 1.5 or -0.5)
  mem.COUNT = (mem.COUNT + 1) % 1000000
  mem.SUM   = mem.LEVEL * 0.1 + mem.SETPOINT * 0.9
end)
"""

ACCESSES = 20_000_000
ACCESS_PRELUDE = "mem.X = holding.uint32(0)\nlocal mem, plain = mem, { X = 1 }"
ACCESS = {  # one loop each, in a task; both tables are local, so that only access counts
    "empty": "",
    "plain get": "local v = plain.X",
    "plain set": "plain.X = i",
    "mem get": "local v = mem.X",
    "mem set": "mem.X = i",
}


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def first_answer(port, process):
    """Asks until the first answer is here; returns when that was."""
    request = bytes.fromhex("0001 0000 0006 01 03 0000 000A")
    while process.poll() is None:
        with socket.socket() as peer:
            if peer.connect_ex(("127.0.0.1", port)) == 0:
                peer.sendall(request)
                if peer.recv(100):
                    return time.monotonic()
    sys.exit(f"bench: {' '.join(process.args)} ended with {process.returncode}")


class Canned:
    """The control, as long as the with block."""

    name = "canned"

    def __init__(self, bench):
        self.path = bench.build / "tests/canned"

    def __enter__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([self.path], stdin=pipe, stdout=pipe)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.communicate(b"")


class Msm:
    """msm with the script above, as long as the with block."""

    name = "msm"

    def __init__(self, bench, *options):
        self.bench, self.options = bench, options

    def __enter__(self):
        self.port = free_port()
        script = self.bench.folder / f"bench{self.port}.lua"
        script.write_text(SCRIPT.replace("PORT", str(self.port)))
        self.log = open(self.bench.folder / "msm.log", "w+", encoding="utf-8")
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [self.bench.build / "msm", "run", str(script), *self.options],
            stdout=self.log, stderr=self.log,
        )
        try:
            self.first_ms = (first_answer(self.port, self.process) - begin) * 1e3
        except SystemExit:
            print(self.output(), file=sys.stderr)
            raise
        return self

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.said = self.output()
        self.log.close()

    def scan_p999_us(self):
        """From the line that msm prints when it stops."""
        found = re.search(r"scans?\b.*?\bp99\.9 ([\d.]+) ?(ns|us|µs|ms|s)\b", self.said, re.S)
        if not found:
            sys.exit(f"bench: no p99.9 in what msm said:\n{self.said}")
        return float(found[1]) * UNITS[found[2]]


class Bench:
    def __init__(self, arguments, folder):
        self.build = pathlib.Path(arguments.build).resolve()
        self.rounds, self.seconds = arguments.rounds, arguments.seconds
        self.folder = pathlib.Path(folder)
        self.errors = 0

    def load(self, port, connections, depth):
        """One run of the load generator: its figures by name."""
        words = [f"port={port}", f"connections={connections}", f"depth={depth}"]
        command = [self.build / "tests/loadgen", *words, f"seconds={self.seconds}"]
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
        figures = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", said)}
        self.errors += int(figures.get("errors", 1))
        return figures

    def under_load(self, server, connections, depth):
        """CPU a transaction (us), the same without what the idle server takes, and figures."""
        idle_begin, at = cpu_ns(server.process.pid), time.monotonic()
        time.sleep(0.5)
        idle = (cpu_ns(server.process.pid) - idle_begin) / (time.monotonic() - at)
        begin = cpu_ns(server.process.pid)
        figures = self.load(server.port, connections, depth)
        used = cpu_ns(server.process.pid) - begin
        count = max(1, figures["transactions"]) * 1e3
        return used / count, (used - idle * figures["seconds"]) / count, figures

    def wire_shape(self, connections, depth, aim):
        rows = {"canned": [], "msm": []}
        for _ in range(self.rounds):
            for kind in (Canned, Msm):
                with kind(self) as server:
                    rows[kind.name].append(self.under_load(server, connections, depth))
        shape = f"{connections} connections, {depth} in flight"
        for name, row in rows.items():
            cpu, rate = (statistics.median(values) for values in
                         ([r[0] for r in row], [r[2]["rate"] for r in row]))
            p50, p99, p999 = (statistics.median(r[2][key] for r in row)
                              for key in ("p50_us", "p99_us", "p999_us"))
            print(f"  {shape}, {name:<6}: {cpu:5.2f} us of CPU each, {rate:7.0f}/s,"
                  f" latency p50 {p50:.0f} us, p99 {p99:.0f} us, p99.9 {p999:.0f} us")
        pairs = list(zip(rows["msm"], rows["canned"]))
        whole = statistics.median(msm[0] / canned[0] for msm, canned in pairs)
        wire = statistics.median(msm[1] / canned[1] for msm, canned in pairs)
        report(f"{shape}: CPU to canned's", f"{wire:.2f} ({whole:.2f} with scan)",
               f"<= {aim:.2f}", wire <= aim)

    def wire(self):
        print("Wire: CPU of a transaction (FC 3, 10 registers); the CPU that the 1 ms scan takes")
        print("without any load is subtracted, the ratio in brackets has it in")
        for shape in SHAPES:
            self.wire_shape(*shape)

    def p999_us(self, shape, target):
        """Of one run of msm with --spin while `target`, None or a server, is under load."""
        with Msm(self, "--spin") as msm:
            if target is None:
                time.sleep(self.seconds)
            elif target is Msm:
                self.load(msm.port, *shape[:2])
            else:
                with target(self) as other:
                    self.load(other.port, *shape[:2])
        return msm.scan_p999_us()

    def scan(self):
        print("Scan: execution time with --spin, p99.9 under load to p99.9 without; in brackets")
        print("the same while another process has that load: what the machine does to a scan")
        for shape in SHAPES:
            rows = [[self.p999_us(shape, target) for target in (None, Msm, Canned)]
                    for _ in range(self.rounds)]
            ratio = statistics.median(loaded / quiet for quiet, loaded, _ in rows)
            control = statistics.median(other / quiet for quiet, _, other in rows)
            quiet, loaded, other = (statistics.median(column) for column in zip(*rows))
            print(f"  without load {quiet:.0f} us, with {loaded:.0f} us,"
                  f" while canned has it {other:.0f} us")
            report(f"{shape[0]} connections, {shape[1]} in flight: p99.9 to without",
                   f"{ratio:.1f} ({control:.1f})", "<= 2", ratio <= 2)

    def size(self):
        print("Size and start")
        starts = []
        for _ in range(20):
            with Msm(self) as server:
                starts.append(server.first_ms)
        with Msm(self) as server:
            idle = resident_kib(server.process.pid) / 1024
            self.load(server.port, 100, 16)
            loaded = resident_kib(server.process.pid) / 1024
        report("resident memory after load (before)", f"{loaded:.1f} MB ({idle:.1f} MB)",
               "<= 6 MB", loaded <= 6)
        median = statistics.median(starts)
        report("exec to first answer, median of 20 (worst)",
               f"{median:.1f} ms ({max(starts):.1f} ms)", "<= 20 ms", median <= 20)

    @staticmethod
    def spent(command):
        """CPU seconds of a command that must succeed."""
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"bench: {' '.join(map(str, command))} failed:\n{said.decode()}")
        return usage.ru_utime + usage.ru_stime

    def task_seconds(self, body, prelude, times):
        """CPU seconds of a task that runs the body so many times, once."""
        script = self.folder / "task.lua"
        script.write_text(f'program {{ watchdog = "10m" }}\n{prelude}\n'
                          f'every("1s", function() for i = 1, {times} do {body} end end)\n')
        return self.spent([self.build / "msm", "run", "--dry", "1", str(script)])

    def access(self):
        print(f"Variables: {ACCESSES} accesses from a script; the ratio is that of two such loops,")
        print("in brackets that of the access alone, an empty loop subtracted, and its time")
        times = {name: [] for name in ACCESS}
        for _ in range(self.rounds):
            for name, body in ACCESS.items():
                times[name].append(self.task_seconds(body, ACCESS_PRELUDE, ACCESSES))
        for verb in ("get", "set"):
            rows = list(zip(times[f"mem {verb}"], times[f"plain {verb}"], times["empty"]))
            ratio = statistics.median(mem / plain for mem, plain, _ in rows)
            alone = statistics.median((mem - e) / (plain - e) for mem, plain, e in rows)
            mem, plain = (statistics.median((row[i] - row[2]) / ACCESSES * 1e9 for row in rows)
                          for i in (0, 1))
            report(f"{verb} of mem.X to {verb} of a table's field",
                   f"{ratio:.1f} ({alone:.1f}: {mem:.1f} ns, {plain:.1f} ns)",
                   "<= 6.5", ratio <= 6.5)

    def mirror(self):
        bench_mirror.mirror(self)

    def record(self):
        bench_record.record(self)

    def history(self):
        bench_history.history(self)

    def hmi(self):
        bench_hmi.hmi(self)

    def blocks(self):
        bench_blocks.blocks(self)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description="measures msm")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5, help="pairs of each kind (5)")
    parser.add_argument("--seconds", type=float, default=3, help="of load each (3)")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, folder)
        for part in arguments.only or PARTS:
            getattr(bench, part)()
    report("wrong or missing answers in all of this", str(bench.errors), "0", bench.errors == 0)
    sys.exit(1 if bench.errors else 0)


main()
