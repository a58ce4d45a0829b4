"""Proves that tally.py counts the cases of each kind of test program, and that no failure, crash,
timeout or missing program can be counted as anything but a failure."""

import io
import pathlib
import sys
import unittest
from xml.sax.saxutils import escape

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from tally import tally

CMOCKA = """[==========] Running 4 test(s).
[  SKIPPED ] one
[==========] 4 test(s) run.
[  PASSED  ] 3 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] one
"""
CMOCKA_BAD = "[  PASSED  ] 2 test(s).\n[  FAILED  ] 2 test(s), listed below:\n[  FAILED  ] one\n"
UNITTEST = "..s\n----\nRan 3 tests in 0.100s\n\nOK (skipped=1)\n"
UNITTEST_BAD = "Ran 5 tests in 1.100s\n\nFAILED (failures=1, errors=1)\n"
LUAUNIT = "Ran 3 tests in 0.001 seconds, 2 successes, 0 failures, 1 skipped\nOK\n"
LUAUNIT_BAD = "Ran 3 tests in 0.001 seconds, 1 success, 1 failure, 1 error\n"


def program(status, output, inside=""):
    return (
        f'<testcase name="a" status="{status}">{inside}'
        f"<system-out>{escape(output)}</system-out></testcase>"
    )


def count(*programs):
    return tally(io.StringIO(f"<testsuite>{''.join(programs)}</testsuite>"))


class Tally(unittest.TestCase):
    def test_passed(self):
        self.assertEqual(count(program("run", CMOCKA)), [3, 0, 1])
        self.assertEqual(count(program("run", UNITTEST)), [2, 0, 1])
        self.assertEqual(count(program("run", LUAUNIT)), [2, 0, 1])
        self.assertEqual(count(program("run", "something <else>")), [1, 0, 0])

    def test_sums(self):
        self.assertEqual(count(), [0, 0, 0])
        self.assertEqual(count(program("run", CMOCKA + CMOCKA), program("run", "")), [7, 0, 2])

    def test_failed(self):
        self.assertEqual(count(program("fail", CMOCKA_BAD)), [2, 2, 0])
        self.assertEqual(count(program("fail", UNITTEST_BAD)), [3, 2, 0])
        self.assertEqual(count(program("fail", LUAUNIT_BAD)), [1, 2, 0])
        self.assertEqual(count(program("fail", "Segmentation fault")), [0, 1, 0])

    def test_the_verdict_of_ctest_stands(self):
        self.assertEqual(count(program("fail", CMOCKA)), [3, 1, 1])

    def test_not_run(self):
        asked = '<skipped message="SKIP_RETURN_CODE=77"/>'
        absent = '<skipped message="Unable to find executable"/>'
        self.assertEqual(count(program("notrun", "", asked)), [0, 0, 1])
        self.assertEqual(count(program("notrun", "", absent)), [0, 1, 0])
        self.assertEqual(count(program("disabled", "Disabled")), [0, 0, 1])


unittest.main()
