"""Checks the rules about the source tree itself; prints what breaks them and exits with 1.

usage: check.py ROOT

- Rooms (folders of src/) include only their own headers and those of lower rooms; rooms of the
  same height never meet. run/ connects them; desk/ stands on it, and what lies in src/ itself may
  include anything.
- A foreign library's header is included in one room only; Lua's in program/, where scripts live, and
  in desk/, where the tests of scripts do.
- Headers of ours are named with their room, "image/codec.h". A .c file begins with a comment that
  gives its idea, and if it has a header of its own includes that first (or a private one of its
  room that includes it), so that no header leans on what came before it. A header has #pragma once.
- No file is longer than 500 lines.
"""

import pathlib
import re
import sys

HEIGHTS = [
    ["base"],
    ["image"],
    ["modbus", "program", "scan", "store"],
    ["control", "record", "virtual"],
    ["hmi"],
    ["run"],
    ["desk"],
    [""],  # src/main.c, src/commands.c
]
HEIGHT = {room: height for height, rooms in enumerate(HEIGHTS) for room in rooms}

FOREIGN = {
    re.compile(r"(lua|lauxlib|lualib|luaconf)\.h$"): ("program", "desk"),
    re.compile(r"modbus(-\w+)?\.h$"): ("modbus",),
    re.compile(r"sqlite3\w*\.h$"): ("store",),
    re.compile(r"microhttpd\.h$"): ("hmi",),
    re.compile(r"(sodium|gnutls|x509)\.h$"): ("hmi",),
    re.compile(r"jansson\w*\.h$"): ("control", "hmi"),
    re.compile(r"(histedit|readline)\.h$"): ("control",),
    re.compile(r"sd-\w+\.h$"): ("run",),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)
LINES_MAX = 500
SUFFIXES = {".c", ".h", ".py", ".lua", ".sh", ".cmake", ".js", ".css", ".html"}


def room_of(name):
    """The room in a path relative to src/: "" for files that lie in no room."""
    return name.split("/")[0] if "/" in name else ""


def check_own(room, header, tree):
    """What is wrong with including "header" from a room, or None."""
    if header not in tree:
        return f'"{header}" is no file under src/; name it with its room'
    other = room_of(header)
    if other != room and HEIGHT[other] >= HEIGHT[room]:
        return f'"{header}": {room} may not include from {other or "src"}'
    return None


def check_foreign(room, header):
    name = header.rsplit("/", 1)[-1]
    for pattern, homes in FOREIGN.items():
        if pattern.match(name) and room not in homes:
            return f"<{header}> is for src/{' and src/'.join(homes)} only"
    return None


def check_first(name, room, includes, tree):
    """The first header of a .c file; `room` is the file's."""
    first = includes[0] if includes else ""
    header = name[:-2] + ".h"
    if header not in tree:
        return None
    inside = first in tree and room_of(first) == room and tree[first].read_text()
    if first == header or (inside and f'"{header}"' in inside):
        return None
    return f'its own header "{header}" comes first'


def check_source(name, text, tree):
    room = room_of(name)
    if room not in HEIGHT:
        yield f"{room} is no known room; give it a height in tests/structure/check.py"
        return
    includes = INCLUDE.findall(text)
    for quote, header in includes:
        yield check_foreign(room, header)
        if quote == '"':
            yield check_own(room, header, tree)
    if name.endswith(".h"):
        yield None if "#pragma once" in text else "#pragma once is missing"
        return
    # A foreign header before our own counts as first, too.
    yield check_first(name, room, [header for _, header in includes], tree)
    yield None if text.startswith("/*") else "it begins with a comment that gives its idea"


def check_length(text):
    lines = text.count("\n")
    return f"{lines} lines; {LINES_MAX} are the limit" if lines > LINES_MAX else None


def check(root):
    """Complaints, one line each."""
    src = root / "src"
    tree = {str(path.relative_to(src)): path for path in sorted(src.rglob("*.[ch]"))}
    for name, path in tree.items():
        for complaint in check_source(name, path.read_text(), tree):
            if complaint:
                yield f"src/{name}: {complaint}"
    for folder in ("src", "lua", "scripts", "tests"):
        for path in sorted((root / folder).rglob("*")):
            complaint = path.suffix in SUFFIXES and path.is_file() and check_length(path.read_text())
            if complaint:
                yield f"{path.relative_to(root)}: {complaint}"


def main():
    if len(sys.argv) != 2 or not (pathlib.Path(sys.argv[1]) / "src").is_dir():
        sys.exit("usage: check.py ROOT, with the sources in ROOT/src")
    complaints = list(check(pathlib.Path(sys.argv[1])))
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
