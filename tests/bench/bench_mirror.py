"""The mirror: MSM's clients against libmodbus (mirror_control.c), both measured by the same device
(flat.c), in turn, several times.

Both poll in a period and not without a pause: then a round is what follows a silence, and has a
beginning and an end whoever made it.
"""

import os
import signal
import statistics
import subprocess
import sys
import time

from measure import cpu_ns, report

REGISTERS, DEVICES = 10000, 200
BLOCKS = REGISTERS // 125
ROUND_MS = 20      # period of the one device
FLEET_MS = 100     # period of the fleet
FLEET_ROUNDS = 15  # for which its CPU is measured
BURSTS = 4         # from a common start
ECHO_MS, ECHO_DEVICES, ECHO_SECONDS = 50, 20, 6

ONE = """
local plc = memory("plc", { holding = %d })
client.tcp { host = "127.0.0.1", port = %s, mem = plc, period = "%dms", depth = %d }
"""

FLEET = """
for i, port in ipairs { %s } do
  local device = memory("device" .. i, { holding = 100 })
  client.tcp { host = "127.0.0.1", port = port, mem = device, period = "%dms" }
end
"""

ECHO = """
local devices = {}
for i, port in ipairs { %s } do
  local device = memory("device" .. i, { order = "ABCD" })
  device.STAMP = holding.uint32(0, { dir = "in" })
  device.ECHO  = holding.uint32(2)
  client.tcp { host = "127.0.0.1", port = port, mem = device, period = "%dms" }
  devices[i] = device
end
every("10ms", function()
  for _, device in ipairs(devices) do
    device.ECHO = device.STAMP
  end
end)
"""


class Tool:
    """A process that answers lines on stdin, as long as the with block."""

    def __init__(self, bench, name, *arguments):
        self.bench = bench
        self.command = [bench.build / "tests" / name, *map(str, arguments)]

    def __enter__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, text=True)
        return self

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return [float(figure) for figure in self.process.stdout.readline().split()]

    def __exit__(self, *_):
        self.said = self.process.communicate("")[0]


class Flat(Tool):
    """The device; its exceptions are errors of the bench."""

    def __init__(self, bench, **options):
        super().__init__(bench, "flat", *(f"{key}={value}" for key, value in options.items()))

    def __enter__(self):
        super().__enter__()
        self.ports = self.process.stdout.readline().split()
        return self

    def __exit__(self, *_):
        self.bench.errors += int(self.ask("count")[1])
        super().__exit__()


class Control(Tool):
    """libmodbus; what it could not read are errors of the bench."""

    def __init__(self, bench, flat, **options):
        words = (f"{key}={value}" for key, value in options.items())
        super().__init__(bench, "mirror_control", *words, *flat.ports)

    def __exit__(self, *_):
        super().__exit__()
        self.bench.errors += int(self.said.split()[3])


class Mirror:
    """msm with one of the scripts above, as long as the with block."""

    def __init__(self, bench, script):
        self.bench, self.script = bench, script

    def __enter__(self):
        path = self.bench.folder / "mirror.lua"
        path.write_text(self.script)
        with open(self.bench.folder / "mirror.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.bench.build / "msm", "run", str(path)],
                                            stdout=log, stderr=log)
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        if kind or self.process.returncode:
            print((self.bench.folder / "mirror.log").read_text(), file=sys.stderr)


def rounds_of(flat, least, seconds):
    """Of what is polling now: us until the first round was complete, us of the later ones."""
    first, later, end = 0, [], time.monotonic() + 10 * seconds
    while len(later) < least and time.monotonic() < end:
        time.sleep(seconds)
        first, *more = flat.ask("rounds")
        later += more
    if not later:
        raise SystemExit("bench: no complete round of polls in "
                         f"{10 * seconds:.0f} s; {flat.ask('count')[0]:.0f} requests")
    return first, later


def one_device(bench, change):
    """Rows of (first round, later round) in us, for libmodbus, depth 1 and depth 8."""
    rows = {"libmodbus": [], 1: [], 8: []}
    for _ in range(bench.rounds):
        for kind, row in rows.items():
            with Flat(bench, registers=REGISTERS, gap_ms=ROUND_MS // 4, change=change) as flat:
                script = ONE % (REGISTERS, flat.ports[0], ROUND_MS, kind if kind in (1, 8) else 1)
                client = (Mirror(bench, script) if kind != "libmodbus" else
                          Control(bench, flat, registers=REGISTERS, period_ms=ROUND_MS))
                with client:
                    first, later = rounds_of(flat, 20, 0.7)
                row.append((first, statistics.median(later)))
    return rows


def median_ratio(above, below):
    return statistics.median(a / b for a, b in zip(above, below))


def show_one_device(rows, change):
    """When all values are new each time there is no aim: it is shown what that costs."""
    first, later = ({kind: [pair[i] for pair in row] for kind, row in rows.items()}
                    for i in (0, 1))
    for what, row in (("mirrored once after connecting", first), ("a round", later)):
        print(f"  {what}{', all values new' if change else ''}: "
              + ", ".join(f"{name} {statistics.median(row[kind]) / 1e3:.2f} ms" for kind, name in
                          (("libmodbus", "libmodbus"), (1, "depth 1"), (8, "depth 8"))))
    slower, faster = (median_ratio(later[1], later["libmodbus"]),
                      median_ratio(later["libmodbus"], later[8]))
    if change:
        print(f"  all values new: depth 1 takes {slower:.2f} times libmodbus's time, depth 8 has"
              f" {faster:.1f} times its throughput")
        return
    once = median_ratio(first[1], first["libmodbus"])
    report("depth 1: time to libmodbus's", f"{slower:.2f} (first round {once:.2f})",
           "<= 1.0", slower < 1.05)
    once = median_ratio(first["libmodbus"], first[8])
    report("depth 8: throughput to libmodbus's", f"{faster:.1f} (first round {once:.1f})",
           ">= 6", faster >= 6)


def bursts(flat, process):
    """Stops the client until all its polls are due, lets it go on, several times: us of each."""
    flat.ask("rounds")
    found = []
    for _ in range(3 * BURSTS):
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(1.6 * FLEET_MS / 1e3)
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.9 * FLEET_MS / 1e3)
        found += flat.ask("rounds")[1:]
        if len(found) >= BURSTS:
            return found
    raise SystemExit(f"bench: {DEVICES} devices were not read in one go")


def fleet_run(bench, make):
    """us of a burst, and ns of CPU for a round of all devices."""
    with Flat(bench, devices=DEVICES, registers=100, gap_ms=int(1.3 * FLEET_MS)) as flat:
        with make(flat) as client:
            end = time.monotonic() + 20
            while flat.ask("rounds")[0] == 0:
                if time.monotonic() > end:
                    raise SystemExit(f"bench: not all of {DEVICES} devices were read in 20 s")
                time.sleep(FLEET_MS / 1e3)
            time.sleep(3 * FLEET_MS / 1e3)
            cpu, count = cpu_ns(client.process.pid), flat.ask("count")[0]
            time.sleep(FLEET_ROUNDS * FLEET_MS / 1e3)
            cpu, count = (cpu_ns(client.process.pid) - cpu, flat.ask("count")[0] - count)
            burst = statistics.median(bursts(flat, client.process))
    return burst, cpu / (count / DEVICES)


def fleet(bench):
    rows = {"libmodbus": [], "msm": []}
    for _ in range(bench.rounds):
        rows["libmodbus"].append(fleet_run(
            bench, lambda flat: Control(bench, flat, registers=100, period_ms=FLEET_MS)))
        rows["msm"].append(fleet_run(
            bench, lambda flat: Mirror(bench, FLEET % (", ".join(flat.ports), FLEET_MS))))
    for name, row in rows.items():
        burst, cpu = (statistics.median(pair[i] for pair in row) for i in (0, 1))
        print(f"  {name}: all read in {burst / 1e3:.2f} ms, {cpu / 1e6:.2f} ms of CPU a round")
    for i, what, aim, limit in ((0, "time", "<= 0.50", 0.5), (1, "CPU", "<= 0.33", 1 / 3)):
        ratio = median_ratio(*([pair[i] for pair in rows[name]] for name in ("msm", "libmodbus")))
        report(f"{DEVICES} devices: {what} to a libmodbus thread each", f"{ratio:.2f}",
               aim, ratio <= limit)


def echo_run(bench, make):
    """Periods from a change in a device until it came back, sorted."""
    with Flat(bench, devices=ECHO_DEVICES, registers=4, stamp_ms=ECHO_MS) as flat:
        with make(flat):
            time.sleep(0.5)
            flat.ask("echoes")
            time.sleep(ECHO_SECONDS)
            echoes = flat.ask("echoes")
    if len(echoes) < 100:
        raise SystemExit(f"bench: only {len(echoes)} values came back")
    return sorted(us / 1e3 / ECHO_MS for us in echoes)


def echo(bench):
    runs = {"libmodbus": lambda flat: Control(bench, flat, registers=2, period_ms=ECHO_MS, echo=1),
            "msm": lambda flat: Mirror(bench, ECHO % (", ".join(flat.ports), ECHO_MS))}
    for name, make in runs.items():
        periods = echo_run(bench, make)
        p50, p99 = (periods[int(share * len(periods))] for share in (0.5, 0.99))
        figures = f"p50 {p50:.2f} p99 {p99:.2f} max {periods[-1]:.2f}"
        if name == "msm":
            report("change to scan and back, in periods", figures, "p50 <= 1", p50 <= 1)
        else:
            print(f"  {name}, which writes at once: {figures}")


def mirror(bench):
    print(f"Mirror of one device: {REGISTERS} holding registers in {BLOCKS} reads, as the device")
    print("sees it: from the first request of a round to its last answer")
    for change in (0, 1):
        show_one_device(one_device(bench, change), change)
    print(f"Mirror of {DEVICES} devices of 100 registers: time from a common start until each was")
    print(f"read once; CPU of all threads for each round when polled every {FLEET_MS} ms")
    fleet(bench)
    print(f"Latency: a value changes in one of {ECHO_DEVICES} devices, polled every {ECHO_MS} ms; a"
          " scan of\n10 ms writes what it sees back")
    echo(bench)
