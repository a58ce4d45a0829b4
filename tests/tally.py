"""Counts test cases in the JUnit file that ctest wrote: prints passed, failed and skipped.

ctest knows programs; each holds many cases and says how many in the closing lines of cmocka,
unittest or LuaUnit. A program that says nothing known counts as one case, and ctest's own verdict
stands above all: a failed program has at least one failed case, whatever it said before.
"""

import re
import sys
import xml.etree.ElementTree as xml

CMOCKA = re.compile(r"^\[  (PASSED |FAILED |SKIPPED)\s*\] (\d+) test\(s\)", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in [\d.]+s\n+(?:OK|FAILED)(?: \((.*)\))?", re.M)
LUAUNIT = re.compile(r"^Ran (\d+) tests in [\d.]+ seconds, (.*)", re.M)


def said(output):
    """Cases as the program's own closing lines give them: [passed, failed, skipped]."""
    counts = [0, 0, 0]
    for word, number in CMOCKA.findall(output):
        counts[("PASSED", "FAILED", "SKIPPED").index(word.strip())] += int(number)
    for ran, rest in UNITTEST.findall(output):
        number = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", rest)}
        bad = number.get("failures", 0) + number.get("errors", 0)
        skipped = number.get("skipped", 0)
        counts = [a + b for a, b in zip(counts, (max(0, int(ran) - bad - skipped), bad, skipped))]
    for _, rest in LUAUNIT.findall(output):
        for number, word in re.findall(r"(\d+) (success|failure|error|skipped)", rest):
            counts[{"success": 0, "skipped": 2}.get(word, 1)] += int(number)
    return counts


def cases(testcase):
    if testcase.get("status") == "disabled":
        return [0, 0, 1]
    # ctest calls both a test that asked to be skipped and one that it could not start "skipped".
    skipped = testcase.find("skipped")
    if skipped is not None:
        asked = skipped.get("message", "").startswith("SKIP_")
        return [0, 0, 1] if asked else [0, 1, 0]
    passed, failed, skipped = said(testcase.findtext("system-out") or "")
    if testcase.get("status") == "run":
        return [passed if passed + skipped else 1, 0, skipped]
    return [passed, max(1, failed), skipped]


def tally(path):
    """[passed, failed, skipped] of all programs in the file."""
    tests = xml.parse(path).getroot().iter("testcase")
    return [sum(column) for column in zip([0, 0, 0], *map(cases, tests))]


if __name__ == "__main__":
    print(*tally(sys.argv[1]))
