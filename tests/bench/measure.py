"""What all parts of the bench need: a line of its report, and what a process takes."""

import pathlib


def report(what, figure, aim, met):
    print(f"  {what:<46} {figure:<26} aim {aim:<8} {'met' if met else 'MISSED'}", flush=True)


def cpu_ns(pid):
    """CPU time of all threads of a process so far, in user and kernel mode."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total
