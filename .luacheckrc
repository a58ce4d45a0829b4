-- What luacheck knows about MSM: the names a script finds, and nothing that it does not have.
std = "lua54"
max_line_length = 120
cache = false

read_globals = {
    "memory", "coil", "discrete", "holding", "input", "var",
    "server", "client", "serial",
    "every", "on_start", "on_stop", "program", "scan", "keep", "log",
}
globals = { "mem" } -- mem.NAME = … declares and assigns

-- Globals of a script's body are its own, and luaunit finds its tests as globals.
files["scripts"] = { allow_defined_top = true }
files["tests/lua"] = { allow_defined_top = true }
files["tests/desk"] = { allow_defined_top = true }
files["tests/scripts"] = { allow_defined_top = true }

-- Entries for editors: functions without bodies, of globals that are the host's.
files["lua/meta"] = { ignore = { "11.", "12.", "131", "142", "212", "241" } }
