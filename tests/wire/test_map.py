"""msm map, and what check, map and the start of run say of memories that mirror a device."""

import csv
import io
import json
import re
import subprocess
import unittest

from msm import BINARY, Msm, command
from test_run import Case

CLIENTS = """
local plc = memory("plc"%s)
plc.A = input.uint32(0)
plc.B = input.uint32(20)
plc.S = holding.string(0, { length = 4 })
client.tcp { host = "10.0.0.7", mem = plc, period = "200ms" }
%s
"""


class Clients(Case):
    """What check, map and the start of run say of memories that mirror a device."""

    ORDER = r"job\.lua:3: warning: plc\.A takes 2 registers and no order is stated"

    def test_order(self):
        """no order stated: one warning for a memory, by check and at the start of run; none when
        the memory or the variables state one"""
        path = self.script(CLIENTS % ("", ""))
        said = command("check", path).stderr
        self.assertRegex(said, self.ORDER)
        self.assertEqual(said.count("no order is stated"), 1)
        self.assertNotIn("masters read 0", said)  # there are no masters
        with Msm(CLIENTS % ("", ""), servers=0, name="job") as msm:
            msm.wait_line(self.ORDER)
        path = self.script(CLIENTS % (', { order = "CDAB" }', ""))
        self.assertEqual(command("check", path).stderr, "")

    def test_nothing_feeds(self):
        """"in" variables: fed by a client, fed by a server's masters, or by nobody"""
        said = command("check", self.script(
            "local plc = memory 'plc'\nplc.A = input.word(0)\n"
            "client.tcp { host = '10.0.0.7', mem = plc }\n"
            "mem.B = holding.word(0, { dir = 'in' })\nmem.C = input.word(0, { dir = 'in' })\n"
            "server.tcp { port = 0 }\n")).stderr
        self.assertEqual(re.findall(r"job\.lua:(\d): warning: (\S+) is only read .* nothing feeds it",
                                    said), [("5", "mem.C")])

    def test_options_of_overlapping_variables(self):
        """an option for the device that does nothing, because another variable's hold"""
        done = command("check", self.script(
            "local plc = memory('plc', { order = 'ABCD' })\n"
            "plc.WORD = holding.word(0, { on_loss = 5 })\n"
            "plc.BIT  = holding.bool(0, 3, { on_loss = true })\n"        # WORD's holds
            "plc.LOW  = holding.byte(1, 0, { expire = '1s' })\n"
            "plc.BITS = holding.bool(1, 4, { count = 8, min_write_interval = 1 })\n"
            "plc.WIDE = holding.uint32(4, { tolerance = 2 })\n"
            "plc.ALSO = holding.uint32(5, { period = 5 })\n"
            "plc.FINE = holding.int32(8, { tolerance = 2, invalid = -1, on_loss = 0, period = 1 })\n"
            "plc.LIST = input.int16(20, { count = 4, invalid = -1 })\n"
            "plc.PART = input.bool(21, 0)\n"
            "plc.PLAIN = holding.bool(8, 0)\n"
            "client.tcp { host = '10.0.0.7', mem = plc }\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(
            sorted(re.findall(r"job\.lua:(\d+): warning: plc\.(\w+): option (\w+) does nothing",
                              done.stderr)),
            [("3", "BIT", "on_loss"), ("5", "BITS", "min_write_interval"),
             ("6", "WIDE", "tolerance"), ("7", "ALSO", "period")])

    def test_map(self):
        """whom a memory mirrors, beside who sees it, in every form of the map"""
        path = self.script(CLIENTS % ("", "server.tcp { port = 1502, mem = plc, unit = 3 }"))
        heading = "plc: mirrors 10.0.0.7:502 unit 1; served at 127.0.0.1:1502 unit 3\n"
        self.assertTrue(command("map", path).stdout.startswith(heading))
        self.assertTrue(command("map", path, "--markdown").stdout.startswith("## " + heading))
        rows = list(csv.DictReader(io.StringIO(command("map", path, "--csv").stdout, newline="")))
        for rows in (rows, json.loads(command("map", path, "--json").stdout)):
            self.assertEqual([row["name"] for row in rows], ["S", "A", "B"])
            for row in rows:
                self.assertEqual((row["client"], row["server"]),
                                 ("10.0.0.7:502 unit 1", "127.0.0.1:1502 unit 3"))
                self.assertEqual(row["access"], "RW" if row["name"] == "S" else "R")
        path = self.script(CLIENTS % ("", ""))
        self.assertTrue(command("map", path).stdout.startswith(
            "plc: mirrors 10.0.0.7:502 unit 1\n"))

    def test_name_of_its_own(self):
        """a client with a name: where its device is, is said with it"""
        text = ("local a = memory('a', { holding = 1 })\n"
                "client.tcp { host = '::1', port = 9, mem = a, name = 'boiler' }\n")
        said = command("map", self.script(text)).stdout
        self.assertTrue(said.startswith("a: mirrors boiler ([::1]:9 unit 1)\n"), said)
        with Msm(text, servers=0) as msm:
            msm.wait_line(r"^wire: mirroring a with boiler \(\[::1\]:9 unit 1\) every ")

    def test_start(self):
        """the lines of a start: plurals, names, raw words; many clients in few lines"""
        many = "".join("local m%d = memory('m%d', { holding = 2 })\n"
                       "client.tcp { host = '127.0.0.1', port = 9, unit = %d, mem = m%d }\n"
                       % (i, i, i, i) for i in range(1, 23))
        with Msm("local a = memory('a', { coil = 1 })\na.X = holding.word(0)\n"
                 "client.tcp { host = '127.0.0.1', port = 9, mem = a, unit = 99, period = 2 }\n"
                 + many, servers=0) as msm:
            msm.wait_line(r"^wire: mirroring a with 127\.0\.0\.1:9 unit 99 every 2 s, "
                          r"1 variable, 1 raw word$")
            msm.wait_line(r"^wire: mirroring m1 with 127\.0\.0\.1:9 unit 1 every 200 ms, "
                          r"2 raw words$")
            msm.wait_line(r"^wire: mirroring with 3 more devices$")


MAPPED = """
mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100, desc = "Tank, \\"level\\" | in it" })
mem.PUMP  = coil(7, { safe = false })
mem.LIST  = holding.int32(10, { count = 3, order = "ABCD" })
mem.MODE  = holding.byte(20, 1, { labels = { [0] = "off", [1] = "on" } })
mem.NAME  = holding.string(30, { length = 10 })
mem.FLAG  = discrete(9)
local plc = memory("plc", { order = "BADC" })
plc.SPEED = holding.uint16 "40101"
plc:raw { holding = { 200, 8 } }
server.tcp { port = 0 }
"""


class Map(Case):
    def form(self, path, *options):
        done = command("map", path, *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def markdown(self, text):
        """The rows of all tables, each with the memory that its heading names."""
        rows, memory, server, titles = [], None, None, None
        for line in text.splitlines():
            if line.startswith("#"):
                memory, server = re.match(r"#+ (\w+): (?:served at (.*)|not served)", line).groups("")
                titles = None
            elif line.startswith("|"):
                cells = [cell.strip().replace("\\|", "|")
                         for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                if titles is None:
                    titles = cells
                elif not all(re.fullmatch(":?-+:?", cell) for cell in cells):
                    self.assertEqual(len(cells), len(titles), line)
                    rows.append(dict(zip(titles, cells), memory=memory, server=server))
        return rows

    def filled(self, rows):
        """Rows without their empty cells: what is empty may be left out where people read."""
        return [{title: cell for title, cell in row.items() if cell} for row in rows]

    def test_forms_agree(self):
        """--csv, --markdown and --json parse back and say the same"""
        path = self.script(MAPPED)
        table = list(csv.reader(io.StringIO(self.form(path, "--csv"), newline="")))
        self.assertEqual({len(row) for row in table}, {len(table[0])}, "rows of another length")
        rows = [dict(zip(table[0], row)) for row in table[1:]]
        data = json.loads(self.form(path, "--json"))
        self.assertEqual([{title: "" if cell is None else str(cell) for title, cell in row.items()}
                          for row in data], rows)
        self.assertTrue(all(isinstance(row["address"], int) for row in data))
        self.assertEqual(self.filled(self.markdown(self.form(path, "--markdown"))),
                         self.filled(rows))
        self.assertEqual([(row["memory"], row["name"]) for row in rows], [
            ("mem", "PUMP"), ("mem", "FLAG"), ("mem", "LIST"), ("mem", "MODE"), ("mem", "NAME"),
            ("mem", "LEVEL"), ("plc", "SPEED"), ("plc", "(raw)")])
        level, = (row for row in rows if row["name"] == "LEVEL")
        self.assertEqual([level[title] for title in (
            "table", "address", "count", "modicon", "type", "order", "access", "unit", "range")],
            ["input", "0", "2", "30001", "float32", "CDAB", "R", "%", "0..100"])
        self.assertEqual(level["description"], 'Tank, "level" | in it')
        access = {row["name"]: row["access"] for row in rows}
        self.assertEqual((access["PUMP"], access["LIST"], access["(raw)"]), ("R", "RW", "RW"))

    def test_servers(self):
        """the map says where and as which unit a memory is served, and what a master may do there"""
        rows = csv.DictReader(io.StringIO(self.form(self.script(
            "local a, b = memory 'a', memory 'b'\na.X = holding.word(0)\nb.X = holding.word(0)\n"
            "server.tcp { port = 1602, units = { [1] = a, [3] = a } }\n"
            "server.tcp { port = 1603, mem = b, read_only = true, bind = '::' }\n"), "--csv"),
            newline=""))
        self.assertEqual([(row["memory"], row["server"], row["access"]) for row in rows],
                         [("a", "127.0.0.1:1602 units 1 3", "RW"),
                          ("b", "[::]:1603 all units read only", "R")])

    def test_addresses(self):
        """both forms of an address stand in every form of the map; the plain form too"""
        path = self.script(MAPPED)
        for options in ((), ("--csv",), ("--markdown",), ("--json",)):
            text = self.form(path, *options)
            for word in ("LEVEL", "30001", "00008", "40011", "40101", "100", "40201", "10010"):
                self.assertIn(word, text)

    def test_options_around(self):
        """options stand before or after the operand; one form at a time"""
        path = self.script(MAPPED)
        self.assertEqual(command("map", "--json", path).stdout, self.form(path, "--json"))
        self.fails(command("map", path, "--json", "--csv"), 2, "--json")

    def test_full_disk(self):
        """a map that cannot be written: one line, exit 1"""
        path = self.script(MAPPED)
        for form in ("--csv", "--markdown", "--json", None):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([BINARY, "map", path] + ([form] if form else []),
                                      stdout=full, stderr=subprocess.PIPE, text=True, timeout=30,
                                      check=False)
            self.assertEqual(done.returncode, 1, form)
            self.assertRegex(done.stderr, r"^msm map: cannot write: .*\n$")

    def test_long_text(self):
        """descriptions and labels are never cut, least of all within a character"""
        desc, label = "x" + "°" * 1000, "y" + "é" * 1500
        path = self.script('mem.A = holding.word(0, { desc = "%s" })\nmem.B = holding.word(1, '
                           '{ default = 2, labels = { [2] = "%s" } })\n' % (desc, label))
        rows = json.loads(self.form(path, "--json"))
        self.assertEqual(rows[0]["description"], desc)
        self.assertEqual(rows[1]["description"], "2 = " + label)
        self.assertEqual(rows[1]["default"], label + " (2)")


if __name__ == "__main__":
    unittest.main()
