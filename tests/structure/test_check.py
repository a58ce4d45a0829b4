"""Proves that check.py finds each breach of its rules, and nothing in a tree that keeps them."""

import pathlib
import tempfile
import unittest

import check

GOOD = {
    "src/base/error.h": "#pragma once\n",
    "src/base/error.c": '/* Errors. */\n#include "base/error.h"\n#include <stdio.h>\n',
    "src/image/image.h": '#pragma once\n#include "base/error.h"\n',
    "src/image/image.c": '/* Image. */\n#include "image/image.h"\n',
    "src/image/image_page.c": '/* Pages. */\n#include "image/image.h"\n',
    "src/image/inside.h": '#pragma once\n#include "image/view.h"\n',
    "src/image/view.h": "#pragma once\n",
    "src/image/view.c": '/* View. */\n#include "image/inside.h"\n',
    "src/program/program.h": '#pragma once\n#include "image/image.h"\n',
    "src/program/program.c": '/* Lua. */\n#include "program/program.h"\n#include <lua.h>\n',
    "src/modbus/tcp.h": "#pragma once\n",
    "src/control/control.h": '#pragma once\n#include "modbus/tcp.h"\n#include <jansson.h>\n',
    "src/main.c": '/* Main. */\n#include "control/control.h"\n#include "program/program.h"\n',
    "tests/c/test_any.c": "#include <lua.h>\n#include <modbus.h>\n",
}


def complaints(changes):
    """What check.py says of the good tree with some files changed or added."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**GOOD, **changes}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return list(check.check(root))


class Check(unittest.TestCase):
    def refused(self, name, text, part):
        found = complaints({name: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(name + ": "), found)
        self.assertIn(part, found[0])

    def test_good_tree(self):
        self.assertEqual(complaints({}), [])

    def test_upward(self):
        self.refused("src/base/up.h", '#pragma once\n#include "image/image.h"\n', "from image")
        self.refused("src/image/up.h", '#pragma once\n# include "modbus/tcp.h"\n', "from modbus")
        self.refused("src/control/up.h", '#pragma once\n#include "hmi.h"\n', "no file under src/")

    def test_neighbours(self):
        text = '#pragma once\n#include "modbus/tcp.h"\n'
        for room in ("program", "scan", "store"):
            self.refused(f"src/{room}/side.h", text, f"{room} may not include from modbus")

    def test_nobody_includes_main(self):
        found = complaints(
            {"src/run.h": "#pragma once\n", "src/hmi/a.h": '#pragma once\n#include "run.h"\n'}
        )
        self.assertEqual(found, ['src/hmi/a.h: "run.h": hmi may not include from src'])

    def test_foreign(self):
        for header in ("lua.h", "lauxlib.h", "modbus/modbus.h", "sqlite3.h", "microhttpd.h"):
            self.refused("src/control/a.h", f"#pragma once\n#include <{header}>\n", "only")
        self.refused("src/base/a.h", "#pragma once\n#include <jansson.h>\n", "src/control and src/hmi only")
        self.refused("src/modbus/a.h", '#pragma once\n#include <lua5.4/lua.h>\n', "src/program and src/desk only")

    def test_without_room(self):
        self.refused("src/image/a.h", '#pragma once\n#include "image.h"\n', "name it with its room")

    def test_unknown_room(self):
        self.refused("src/attic/a.h", "#pragma once\n", "no known room")

    def test_own_header_first(self):
        late = '/* . */\n#include <stdio.h>\n#include "base/error.h"\n'
        self.refused("src/base/error.c", late, "its own header")
        self.refused("src/base/error.c", "/* . */\n", "its own header")
        other = '/* . */\n#include "image/inside.h"\n'
        self.refused("src/image/image.c", other, "its own header")
        self.assertEqual(complaints({"src/image/b.c": '/* . */\n#include "base/error.h"\n'}), [])

    def test_opening_comment(self):
        self.refused("src/base/error.c", '#include "base/error.h"\n', "begins with a comment")

    def test_pragma_once(self):
        self.refused("src/base/error.h", "", "#pragma once")

    def test_length(self):
        self.assertEqual(complaints({"tests/wire/a.py": "\n" * 500}), [])
        self.refused("tests/wire/a.py", "\n" * 501, "501 lines")


unittest.main()
