"""What a history costs: its two threads and the scan beside them, and how much it writes."""

import json
import os
import pathlib
import subprocess
import time

from measure import report

VARIABLES, PERIOD = 500, 0.1
SECONDS = 70  # blocks are written once a minute
SCRIPT = """
for i = 1, %d do mem["V" .. i] = holding.float32(2 * i) end
local n = 0
every(%g, function()
  n = n + 1
  for i = 1, %d do mem["V" .. i] = 100 * math.sin(n / 50 + i) end
end)
""" % (VARIABLES, PERIOD, VARIABLES)
THREADS = ("msm-look", "msm-history")


def status(bench, folder):
    done = subprocess.run([bench.build / "msm", "status", "--json"], env=dict(os.environ, MSM_RUN=folder),
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def threads_ns(pid):
    """CPU time of the history's own threads."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() in THREADS:
            total += int((task / "schedstat").read_text().split()[0])
    return total


def written(pid):
    lines = pathlib.Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


def run(bench, seconds, *options):
    """The status at the end; CPU of the history and bytes written, by time."""
    folder = str(bench.folder / "history")
    os.makedirs(folder, exist_ok=True)
    script = bench.folder / "history.lua"
    script.write_text(SCRIPT)
    process = subprocess.Popen([bench.build / "msm", "run", "--state", folder, *options, script],
                               stderr=subprocess.DEVNULL, env=dict(os.environ, MSM_RUN=folder))
    while not status(bench, folder):
        time.sleep(0.05)
    begin, spent, bytes_before = time.monotonic(), threads_ns(process.pid), written(process.pid)
    time.sleep(seconds)
    passed = time.monotonic() - begin
    share = (threads_ns(process.pid) - spent) / 1e9 / passed
    rate = (written(process.pid) - bytes_before) / passed
    result = status(bench, folder)
    process.terminate()
    process.wait()
    return result, share, rate


def history(bench):
    print(f"History: {VARIABLES} variables, all of which change every {PERIOD * 1000:g} ms, for {SECONDS} s;")
    print("the scan's time against a shorter run without")
    plain, _, _ = run(bench, 10)
    result, share, rate = run(bench, SECONDS, "--history")
    ratio = result["scan"]["duration"]["p50"] / plain["scan"]["duration"]["p50"]
    size = (bench.folder / "history" / "history.history").stat().st_size / result["history"]["samples"]
    report("scan beside the history", f"{ratio:.2f}", "<= 1.10", ratio <= 1.1)
    report("CPU of its threads, of a core", f"{share:.2%}", "<= 1 %", share <= 0.01)
    report("written, in kB/s", f"{rate / 1000:.0f}", "<= 500", rate <= 500e3)
    report("bytes of the file for each sample", f"{size:.1f}", "<= 16", size <= 16)
    if not result["history"]["works"]:
        bench.errors += 1
