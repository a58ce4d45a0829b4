"""What a recording costs the scan, and how much of the disk it takes."""

import json
import os
import statistics
import subprocess
import time

from measure import cpu_ns, report

VARIABLES, CHANGING, PERIOD = 500, 50, 0.005
SCRIPT = """
for i = 1, %d do mem["V" .. i] = holding.float32(2 * i) end
local names = {}
for i = 1, %d do names[i] = "V" .. i end
server.tcp { port = 0 }
every(%g, function(dt)
  for i = 1, %d do local n = names[i] mem[n] = mem[n] + dt end
end)
""" % (VARIABLES, VARIABLES, PERIOD, CHANGING)


def status(bench, folder):
    done = subprocess.run([bench.build / "msm", "status", "--json"], env=dict(os.environ, MSM_RUN=folder),
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                          text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def run(bench, *options):
    """Seconds of a scan, mostly; CPU of the process by time; the status at the end."""
    folder = str(bench.folder / "record")
    os.makedirs(folder, exist_ok=True)
    script = bench.folder / "record.lua"
    script.write_text(SCRIPT)
    process = subprocess.Popen([bench.build / "msm", "run", *options, script], stderr=subprocess.DEVNULL,
                               env=dict(os.environ, MSM_RUN=folder))
    while not status(bench, folder):
        time.sleep(0.05)
    begin, spent = time.monotonic(), cpu_ns(process.pid)
    time.sleep(bench.seconds)
    share = (cpu_ns(process.pid) - spent) / 1e9 / (time.monotonic() - begin)
    result = status(bench, folder)
    process.terminate()
    process.wait()
    return result["scan"]["duration"]["p50"], share, result


def record(bench):
    print(f"Recording: {VARIABLES} variables, {CHANGING} of which change in each scan of {PERIOD * 1000:g} ms,")
    print("against the same without; the time of a scan mostly, the CPU of the whole process")
    times, shares, sizes = [], [], []
    for number in range(bench.rounds):
        plain, idle, _ = run(bench)
        with_it, busy, result = run(bench, "--record", str(bench.folder / f"{number}.rec"))
        times.append(with_it / plain)
        shares.append(busy / idle)
        sizes.append(result["recording"]["bytes"] / max(result["recording"]["scans"], 1))
        if result["recording"]["lost"]:
            bench.errors += 1
    report("scan while recorded", f"{statistics.median(times):.2f}", "<= 1.10", statistics.median(times) <= 1.1)
    report("CPU while recorded", f"{statistics.median(shares):.2f}", "<= 1.15", statistics.median(shares) <= 1.15)
    report("bytes for each change of a word", f"{statistics.median(sizes) / CHANGING / 2:.1f}", "<= 4",
           statistics.median(sizes) / CHANGING / 2 <= 4)
