"""What the tests of reloads share: a program whose text can be exchanged, and a master that asks
the same thing all the time, on one connection."""

import threading

from msm import DEADLINE, Msm, Wire, eventually


SHORT = 'program { probation = "50ms" }\n'
NEVER = 'program { probation = "10m" }\n'


class Program(Msm):
    """A running program whose text can be exchanged."""

    def __init__(self, text, *args, path=None, probation=SHORT, **options):
        self.probation = probation
        if path:
            self.path = path
            self.write(text)
        super().__init__(None if path else probation + text, *args, path=path, **options)

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.probation + text)

    def reload(self, text, code=0):
        """Exchanges it and waits for the end; returns what msm reload said: why it was not to be, or
        its remarks."""
        self.write(text)
        result = self.command("reload")
        assert result.returncode == code, "exit code %d instead of %d: %s" % (
            result.returncode, code, result.stderr)
        assert code == 0 or result.stderr, "no word of the reason"
        return result.stderr

    def ask_reload(self, text):
        """The same in a thread of its own; call what it returns for the pair (exit code, text)."""
        self.write(text)
        results = []

        def ask():
            results.append(self.command("reload"))
        thread = threading.Thread(target=ask)
        thread.start()

        def result():
            thread.join(DEADLINE)
            return results[0].returncode, results[0].stderr
        return result

    def status(self):
        with self.control() as control:
            return control.ask("status")

    def settle(self):
        """The probation of what runs is over."""
        eventually(lambda: not self.status()["probation_left"], "the end of the probation")


PARTED = """
local part = require "part"
mem.VERSION = input.uint16(0)
server.tcp { port = 0 }
every("5ms", function() mem.VERSION = %d + part.plus end)
"""


def parted(*args):
    """A running program of two files: shows the version of the one plus what the other adds, 0."""
    msm = Program(PARTED % 1, *args, start=False)
    msm.folder.write("part.lua", "return { plus = 0 }")
    msm.start()
    return msm


class Watcher:
    """A master that asks the same thing all the time, on one connection, and keeps every answer."""

    def __init__(self, port, ask):
        self.wire = Wire(port)
        self.ask, self.seen, self.failure = ask, [], None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while not self.over.is_set():
                self.seen.append(self.ask(self.wire))
        except Exception as error:  # handed to the test's own thread
            self.failure = error

    def more(self, count=3):
        """Waits until it has asked so many times again."""
        least = len(self.seen) + count
        eventually(lambda: self.failure or len(self.seen) >= least, "answers")

    def stop(self):
        self.over.set()
        self.thread.join(DEADLINE)
        self.wire.close()
        if self.failure:
            raise AssertionError("a master's request failed: %r" % self.failure)
        return self.seen

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            self.over.set()
            self.thread.join(DEADLINE)
            self.wire.close()
