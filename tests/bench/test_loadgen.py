"""Proves that the load generator counts each transaction, sees wrong answers, exceptions, closed
and silent connections, so that "0 errors" in the bench means something.

usage: test_loadgen.py LOADGEN CANNED
"""

import re
import socket
import subprocess
import sys
import threading
import unittest

CANNED, LOADGEN = sys.argv.pop(), sys.argv.pop()


def load(port, **options):
    """Exit status and figures of one run of the load generator."""
    words = [f"{name}={value}" for name, value in {"port": port, **options}.items()]
    run = subprocess.run([LOADGEN, *words], capture_output=True, text=True, timeout=30)
    return run.returncode, dict(re.findall(r"(\w+) ([\d.]+)", run.stdout))


class Canned:
    """The canned server, as long as the with block."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([CANNED, *self.arguments], stdin=pipe, stdout=pipe)
        return int(self.process.stdout.readline())

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


class OneAnswer:
    """A server that takes one connection and gives one answer of the test's choice."""

    def __init__(self, answer, hang_up):
        self.answer, self.hang_up = answer, hang_up

    def serve(self):
        peer, _ = self.listener.accept()
        peer.recv(12)
        peer.sendall(bytes.fromhex(self.answer))
        if not self.hang_up:
            peer.recv(4096)  # until the load generator gives up
            peer.recv(1)
        peer.close()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self.listener.getsockname()[1]

    def __exit__(self, *_):
        self.thread.join(10)
        self.listener.close()


class LoadGenerator(unittest.TestCase):
    def test_counts(self):
        for connections, depth, registers in ((1, 1, 1), (10, 1, 10), (20, 16, 125)):
            with Canned() as port:
                status, figures = load(
                    port, count=5000, connections=connections, depth=depth, registers=registers
                )
            self.assertEqual((status, figures["transactions"], figures["errors"]), (0, "5000", "0"))
            self.assertGreater(float(figures["p50_us"]), 0)
            self.assertGreaterEqual(float(figures["max_us"]), float(figures["p999_us"]))

    def test_stops_in_time(self):
        with Canned() as port:
            status, figures = load(port, seconds=0.3, connections=4, depth=4)
        self.assertEqual(status, 0)
        self.assertGreaterEqual(float(figures["seconds"]), 0.3)

    def test_sees_wrong_transaction_ids(self):
        with Canned("wrong=100") as port:
            status, figures = load(port, count=1000, depth=1)
        self.assertEqual((status, figures["transactions"], figures["errors"]), (1, "99", "1"))

    def one_answer(self, answer, hang_up=False):
        with OneAnswer(answer, hang_up) as port:
            return load(port, count=2, registers=1, silence_ms=300)

    def test_one_right_answer_then_silence(self):
        status, figures = self.one_answer("0000 0000 0005 01 03 02 1234")
        self.assertEqual((status, figures["transactions"], figures["errors"]), (1, "1", "1"))

    def test_sees_wrong_answers(self):
        for answer in (
            "0000 0000 0003 01 83 02",  # an exception
            "0000 0000 0005 02 03 02 1234",  # another unit
            "0000 0001 0005 01 03 02 1234",  # another protocol
            "0000 0000 0007 01 03 04 1234 5678",  # too long
            "0000 0000 0005 01 04 02 1234",  # another function
        ):
            status, figures = self.one_answer(answer)
            self.assertEqual((status, figures["transactions"], figures["errors"]), (1, "0", "1"))

    def test_sees_a_closed_connection(self):
        status, figures = self.one_answer("0000", hang_up=True)
        self.assertEqual((status, figures["transactions"], figures["errors"]), (1, "0", "1"))


unittest.main()
