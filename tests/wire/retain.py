"""Lives of one program on one state folder, for the tests of what survives: started again and again
on the same files, killed or stopped in between, and what lies in its file when nobody has it open."""

import os
import re
import sqlite3

from msm import Folder, Msm


class Home:
    """A folder with a script and its state; `life()` runs the program in it."""

    def __init__(self, script=None, name="home"):
        self.folder = Folder()
        self.name = name
        self.path = os.path.join(self.folder.path, name + ".lua")
        self.state = os.path.join(self.folder.path, "state")
        self.run = os.path.join(self.folder.path, "run")
        if script is not None:
            self.write(script)

    def write(self, script):
        self.folder.write(self.name + ".lua", script)

    def life(self, *args, **options):
        return Msm(None, "--state", self.state, *args, path=self.path, run=self.run, **options)

    def file(self, end=".state"):
        return os.path.join(self.state, self.name + end)

    def beside(self, part="damaged"):
        """Names in the state folder with the part in them."""
        return sorted(name for name in os.listdir(self.state) if part in name)

    def rows(self, sql):
        """What the state file says; only while no program has it."""
        database = sqlite3.connect("file:%s?mode=ro" % self.file(), uri=True)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def paths(self, table="variable"):
        """Names of the variables (path, type) in the file."""
        return set(self.rows("SELECT path, type FROM %s" % table))

    def remove(self):
        self.folder.remove()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.remove()


def store(control):
    """The status of the store."""
    return control.ask("status")["store"]


# All retained things carry one number, a new one each scan, in types that are stored in different
# ways; what was loaded is said before the first scan changes it.
ALIKE = """
program { retain_interval = "50ms" }
mem.U16   = holding.uint16(0, { retain = true, dir = "out" })
mem.U32   = holding.uint32(1, { retain = true, dir = "out" })
mem.F64   = holding.float64(3, { retain = true, dir = "out" })
mem.I64   = holding.int64(7, { retain = true, dir = "out" })
mem.TEXT  = holding.string(11, { length = 8, retain = true, dir = "out" })
mem.LIST  = holding.uint32(15, { count = 3, retain = true, dir = "out" })
mem.BIT   = coil(0, { retain = true, dir = "out" })
local k = keep("k", { n = 0, deep = { list = { 0, 0 } } }, { retain = true })
server.tcp { port = 0 }
on_start(function()
  log.info("loaded %d %d %d %d %d %d %d %d %d %d %d %d", mem.U16, mem.U32, mem.F64 * 2, mem.I64,
           tonumber(mem.TEXT) or 0, mem.LIST[1], mem.LIST[2], mem.LIST[3], mem.BIT and 1 or 0,
           k.n, k.deep.list[1], k.deep.list[2])
end)
every("10ms", function()
  local n = mem.U32 + 1
  mem.U16, mem.U32, mem.F64, mem.I64 = n & 0xFFFF, n, n / 2, -n
  mem.TEXT, mem.LIST, mem.BIT = tostring(n), { n, n, n }, n % 2 == 1
  k.n, k.deep.list = n, { n, n }
end)
"""
LOADED = re.compile(r"loaded ((?:-?\d+ ?)+)$", re.M)


def loaded(text):
    """The one number that was loaded; None before that was said. A mixture is an error."""
    found = LOADED.search(text)
    if not found:
        return None
    figures = [int(word) for word in found.group(1).split()]
    n = figures[1]
    if figures != [n & 0xFFFF, n, n, -n, n, n, n, n, n % 2, n, n, n]:
        raise AssertionError("a mixture was loaded: " + found.group(1))
    return n
