"""Proves that the device of the mirror's bench counts and times what it should, and that the
libmodbus client beside it reads, echoes and counts errors, so that their ratios mean something.

usage: test_mirror_control.py MIRROR_CONTROL FLAT
"""

import re
import socket
import subprocess
import sys
import time
import unittest

FLAT, CONTROL = sys.argv.pop(), sys.argv.pop()


class Flat:
    """The device, as long as the with block."""

    def __init__(self, **options):
        self.arguments = [f"{name}={value}" for name, value in options.items()]

    def __enter__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([FLAT, *self.arguments], stdin=pipe, stdout=pipe, text=True)
        self.ports = [int(port) for port in self.process.stdout.readline().split()]
        return self

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return [float(figure) for figure in self.process.stdout.readline().split()]

    def wait(self, word, enough):
        """Asks until the answer is long enough."""
        end, found = time.monotonic() + 30, []
        while len(found) < enough and time.monotonic() < end:
            found += self.ask(word)[1 if word == "rounds" else 0:]
            time.sleep(0.02)
        return found

    def __exit__(self, *_):
        self.process.communicate("")


class Control:
    """The libmodbus client, as long as the with block."""

    def __init__(self, flat, **options):
        words = [f"{name}={value}" for name, value in options.items()]
        self.command = [CONTROL, *words, *map(str, flat.ports)]

    def __enter__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, text=True)
        return self

    def __exit__(self, *_):
        said = self.process.communicate("")[0]
        self.rounds, self.errors = map(int, re.findall(r"\d+", said))


def talk(peer, request):
    """Sends hex, returns the answer as hex."""
    peer.sendall(bytes.fromhex(request))
    return peer.recv(4096).hex()


class Device(unittest.TestCase):
    def talk(self, *requests, **options):
        with Flat(**options) as flat:
            with socket.create_connection(("127.0.0.1", flat.ports[0])) as peer:
                return [talk(peer, request) for request in requests], flat.ask("count")

    def test_answers(self):
        answers, count = self.talk(
            "0001 0000 0006 07 03 0000 0002",
            "0002 0000 0006 07 06 0001 1234",
            "0003 0000 000b 07 10 0002 0002 04 5678 9abc",
            "0004 0000 0006 07 03 0001 0003",
            registers=4)
        self.assertEqual(answers, [
            "0001000000070703" "0400000000", "000200000006070600011234",
            "000300000006071000020002", "000400000009070306123456789abc"])
        self.assertEqual(count, [4, 0])

    def test_exceptions(self):
        answers, count = self.talk(
            "0001 0000 0006 01 03 0000 007e", "0002 0000 0006 01 03 0003 0002",
            "0003 0000 0006 01 06 0004 0000", "0004 0000 0006 01 2b 0000 0000", registers=4)
        self.assertEqual([answer[-6:] for answer in answers],
                         ["018303", "018302", "018602", "01ab01"])
        self.assertEqual(count, [4, 4])

    def test_several_requests_at_once(self):
        answers, _ = self.talk("0001 0000 0006 01 03 0000 0001 0002 0000 0006 01 03 0000 0001")
        self.assertEqual(answers, ["0001000000050103020000" "0002000000050103020000"])

    def test_change(self):
        answers, _ = self.talk(*["0001 0000 0006 01 03 0000 0002"] * 2, change=1)
        self.assertNotEqual(answers[0], answers[1])

    def test_a_round_needs_all_blocks(self):
        first, second = "0001 0000 0006 01 03 0000 007d", "0002 0000 0006 01 03 007d 007d"
        with Flat(registers=250, gap_ms=200) as flat:
            with socket.create_connection(("127.0.0.1", flat.ports[0])) as peer:
                talk(peer, first)
                self.assertEqual(flat.ask("rounds"), [0])
                talk(peer, second)
                self.assertEqual(len(flat.ask("rounds")), 1)
                self.assertGreater(flat.ask("rounds")[0], 0)
                talk(peer, first)  # without a silence before it: not a beginning
                talk(peer, second)
                self.assertEqual(len(flat.ask("rounds")), 1)

    def test_a_round_has_its_time(self):
        with Flat(registers=250, gap_ms=200) as flat:
            with socket.create_connection(("127.0.0.1", flat.ports[0])) as peer:
                for pause in (0, 0.1):
                    talk(peer, "0001 0000 0006 01 03 0000 007d")
                    time.sleep(pause)
                    talk(peer, "0002 0000 0006 01 03 007d 007d")
                    time.sleep(0.3)
                found = flat.ask("rounds")[1:]
        for us in found:  # none, if the machine slept in between
            self.assertGreaterEqual(us, 100_000)


class LibModbus(unittest.TestCase):
    def test_reads_all_of_a_device(self):
        with Flat(registers=1000) as flat:
            with Control(flat, registers=1000, period_ms=30) as control:
                found = flat.wait("rounds", 3)
            requests = flat.ask("count")
        self.assertGreaterEqual(len(found), 3)
        self.assertGreaterEqual(control.rounds, 4)
        self.assertEqual(control.errors, 0)
        self.assertLessEqual(abs(requests[0] - 8 * control.rounds), 8)

    def test_reads_all_devices(self):
        with Flat(devices=20) as flat:
            with Control(flat, period_ms=30) as control:
                self.assertGreaterEqual(len(flat.wait("rounds", 3)), 3)
        self.assertEqual(control.errors, 0)

    def test_counts_errors(self):
        with Flat(registers=100) as flat:
            with Control(flat, registers=250, period_ms=10) as control:
                while flat.ask("count")[1] < 3:
                    time.sleep(0.01)
        self.assertGreaterEqual(control.errors, 3)

    def test_echoes(self):
        with Flat(registers=4, stamp_ms=10, devices=3) as flat:
            with Control(flat, registers=2, period_ms=10, echo=1) as control:
                found = flat.wait("echoes", 5)
        self.assertGreaterEqual(len(found), 5)
        self.assertGreater(min(found), 0)
        self.assertEqual(control.errors, 0)

    def test_without_echoes_none_are_seen(self):
        with Flat(registers=4, stamp_ms=1, devices=3) as flat:
            with Control(flat, registers=2, period_ms=1):
                while flat.ask("count")[0] < 200:
                    time.sleep(0.01)
                self.assertEqual(flat.ask("echoes"), [])


unittest.main()
