"""What is retained lives through kill -9 at any moment: what is loaded afterwards is of one scan,
never older than what was certainly written, and the program starts every time.

What was certainly written: a value that was read by Modbus, after which two more commits were
finished. The first of them may have copied before the value was there, the second cannot.

MSM_KILLS says how many kills, 200 unless stated.
"""

import os
import random
import subprocess
import threading
import time
import unittest

from msm import BINARY, DEADLINE, eventually, from_low_first
from retain import ALIKE, Home, loaded, store

KILLS = int(os.environ.get("MSM_KILLS", "200"))
WORKERS = 4
LIVES = 20  # on one state folder, so that its making is killed, too
COMMITS = 2  # that have to follow

TROUBLE = ("damaged", "not taken over", "not saved", "cannot", "Sanitizer", "runtime error")


class Worker(threading.Thread):
    """Kills its share of programs, one after the other."""

    def __init__(self, kills, seed):
        super().__init__(daemon=True)
        self.kills, self.random = kills, random.Random(seed)
        self.lives = self.proofs = self.early = self.lost = 0
        self.failure = None
        self.over = False

    def run(self):
        try:
            while self.lives < self.kills:
                with Home(ALIKE) as home:
                    self.live(home, min(LIVES, self.kills - self.lives))
        except BaseException as error:  # handed to the test's own thread
            self.failure = error
        self.over = True

    def live(self, home, lives):
        floor = 0  # what the file certainly holds
        for number in range(lives):
            if number == lives - 1:
                floor = self.kill_when_written(home, floor)
            elif self.random.random() < 0.25:
                floor = self.kill_at_start(home, floor)
            else:
                floor = self.kill_at_work(home, floor)
            self.lives += 1
        with home.life() as last:
            last.wait_line("loaded ")
            self.check(last.text(), floor)

    def check(self, text, floor):
        """What a life has loaded; it becomes the floor, for it was in the file."""
        n = loaded(text)
        for word in TROUBLE:
            if word in text:
                raise AssertionError("%r was said:\n%s" % (word, text))
        if floor and "is empty" in text:
            raise AssertionError("the file was lost:\n" + text)
        if n is None:
            return floor
        if n < floor:
            raise AssertionError("%d was loaded, but %d was written before\n%s" % (n, floor, text))
        return n

    # -- three ways to die -----------------------------------------------------------------

    def kill_at_start(self, home, floor):
        """Somewhere between the first instruction and the first scans."""
        os.makedirs(home.run, 0o700, exist_ok=True)
        process = subprocess.Popen([BINARY, "run", "--state", home.state, home.path],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True,
                                   env=dict(os.environ, MSM_RUN=home.run))
        time.sleep(self.random.uniform(0, 0.04))
        if process.poll() is not None:
            raise AssertionError("it did not start:\n" + process.communicate()[1])
        process.kill()
        self.early += 1
        return self.check(process.communicate()[1], floor)

    def kill_at_work(self, home, floor):
        """20 to 150 ms after the first scan."""
        with_scans = self.random.uniform(0.02, 0.15)

        def enough(_, begun=[]):
            if not begun:
                begun.append(time.monotonic())
            return time.monotonic() - begun[0] >= with_scans
        return self.kill_after(home, floor, enough)

    def kill_when_written(self, home, floor):
        """When something of this life must have been written: no life of this kind proves
        nothing."""
        def enough(seen):
            return seen[-1][1] >= seen[0][1] + COMMITS
        before, proofs = floor, self.proofs
        floor = self.kill_after(home, floor, enough)
        if floor <= before or self.proofs == proofs:
            raise AssertionError("nothing was proved")
        return floor

    def kill_after(self, home, floor, enough):
        life = home.life()
        try:
            life.wait_line("loaded ")
            floor = self.check(life.text(), floor)
            seen = self.look(life, enough)
        finally:
            life.kill()
        self.check(life.text(), 0)
        written = [n for n, commits in seen if commits + COMMITS <= seen[-1][1]]
        self.proofs += bool(written)
        self.lost = max(self.lost, seen[-1][0] - max(written, default=floor))
        return max(written + [floor])

    @staticmethod
    def look(life, enough):
        """Pairs of a value and how many commits there were after it had been read."""
        seen = []
        end = time.monotonic() + DEADLINE
        with life.connect() as wire, life.control() as control:
            while not seen or not enough(seen):
                n = from_low_first("I", wire.holding(1, 2))
                status = store(control)
                if not status["works"]:
                    raise AssertionError("it is not saved: " + status["problem"])
                if time.monotonic() > end:
                    raise AssertionError("no commits within %g s: %r" % (DEADLINE, status))
                seen.append((n, status["commits"]))
        return seen


class Kill(unittest.TestCase):
    def test_kill(self):
        """kill -9 at random moments"""
        seed = random.randrange(1 << 32)
        workers = [Worker((KILLS + i) // WORKERS, seed + i) for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for worker in workers:
            if worker.failure:
                raise AssertionError("seed %d: %s" % (seed, worker.failure)) from worker.failure
        total = {what: sum(getattr(worker, what) for worker in workers)
                 for what in ("lives", "early", "proofs")}
        print("%d killed, %d of them at the start; after %d something new was certainly written"
              % (total["lives"], total["early"], total["proofs"]), flush=True)
        self.assertEqual(total["lives"], KILLS)

    def test_stop(self):
        """an ordinary end saves the last scan, whole, however long the interval"""
        with Home(ALIKE.replace("50ms", "1h")) as home:
            last = 0
            for _ in range(5):
                with home.life() as life, life.connect() as wire:
                    life.wait_line("loaded ")
                    self.assertGreaterEqual(loaded(life.text()), last)
                    last = from_low_first("I", wire.holding(1, 2)) + 3
                    eventually(lambda: from_low_first("I", wire.holding(1, 2)) > last, "scans")
            self.assertEqual(len(home.paths("variable")), 7)

    def test_written_while_it_ends(self):
        """each write that a master got an answer to is there after the stop, the last one too"""
        script = 'program { retain_interval = "1h" }\n' \
                 'mem.X = holding.uint16(0, { retain = true })\nserver.tcp { port = 0 }\n'

        def write_on(wire, last):
            try:
                while wire.write(0, (last[0] + 1) & 0xFFFF) == 0:
                    last[0] += 1
            except (AssertionError, OSError):
                pass  # closed: this one was not answered
        with Home(script) as home:
            last = [0]
            for _ in range(5):
                with home.life() as life, life.connect() as wire:
                    self.assertIn((wire.holding(0) - last[0]) & 0xFFFF, (0, 1))
                    last[0], begun = wire.holding(0), last[0]
                    master = threading.Thread(target=write_on, args=(wire, last))
                    master.start()
                    eventually(lambda: last[0] - begun > 20, "writes")
                    life.stop()
                    master.join()

    def test_interval(self):
        """never more than one commit an interval, and none where nothing has changed"""
        with Home(ALIKE) as home, home.life() as life, life.control() as control:
            first, begun = store(control)["commits"], time.monotonic()
            commits = eventually(lambda: store(control)["commits"] >= first + 10 and
                                 store(control)["commits"], "commits")
            most = (time.monotonic() - begun) / 0.05 + 2  # the first one may have come late
            self.assertLessEqual(commits - first, most)
        still = 'program { retain_interval = "20ms", probation = "1h" }\n' \
                'mem.X = holding.uint16(0, { retain = true })\nserver.tcp { port = 0 }\n'
        with Home(still) as home, home.life() as life, life.control() as control:
            with life.connect() as wire:
                self.assertEqual(wire.write(0, 5), 0)
                eventually(lambda: store(control)["commits"] and store(control)["age"] > 0.5)
                commits = store(control)["commits"]
                self.assertEqual(wire.write(0, 5), 0, "what is there already")
                eventually(lambda: store(control)["age"] > 1)
                self.assertEqual(store(control)["commits"], commits)


if __name__ == "__main__":
    unittest.main()
