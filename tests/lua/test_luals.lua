-- Proves that what editors are told is what there is: every function, field and option that the program
-- registers for scripts has its entry in lua/meta, and no entry is of something that is not there. The
-- names come from the running state and its refusals.

-- luacheck: read_globals host

local lu = require "luaunit"
local annotations = require "annotations"

local ROOT = assert(debug.getinfo(1, "S").source:match "^@(/.*)/tests/lua/[^/]+$", "give this file's whole path")

local function keys(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function set_of(text)
  local set = {}
  for name in text:gmatch "%S+" do
    set[name] = true
  end
  return set
end

-- ---- what there is: sets of names, by the name of what has them ----

-- The body: links and options belong to it. An option that nobody has makes them say which there are.
local NONE = "qqqqqqqqqqqqqqqqqqqq"

local function options_of(f, ...)
  local given = { ... }
  given[#given + 1] = { [NONE] = 1 }
  local ok, problem = pcall(f, table.unpack(given))
  local known = not ok and tostring(problem):match "it takes: (.*)"
  return set_of(known or error(("no options: %s"):format(problem), 2))
end

-- By the class in lua/meta that lists them.
local real = {
  ["msm.DiagnosticsOptions"] = options_of(function(options)
    program { diagnostics = options }
  end),
  ["msm.KeepOptions"] = options_of(keep, "a", {}),
  ["msm.MemoryOptions"] = options_of(memory, "a"),
  ["msm.PlacementOptions"] = options_of(mem.declare, mem, {}),
  ["msm.ProgramOptions"] = options_of(program),
  ["msm.RawOptions"] = options_of(mem.raw, mem),
  ["msm.RtuClientOptions"] = options_of(client.rtu),
  ["msm.RtuServerOptions"] = options_of(server.rtu),
  ["msm.SerialOptions"] = options_of(serial),
  ["msm.StringOptions"] = options_of(holding.string, 0),
  ["msm.TaskOptions"] = options_of(every, 1, print),
  ["msm.TcpClientOptions"] = options_of(client.tcp),
  ["msm.TcpServerOptions"] = options_of(server.tcp),
  ["msm.VariableOptions"] = options_of(coil, 0),
}

local all_raw = memory "all_raw"
all_raw:raw { coil = 1, discrete = 1, holding = 1, input = 1 }
local plc = memory "plc"
plc.A = holding.word(0)
local link = client.tcp { host = "127.0.0.1", mem = plc }
every(1, function() end)

-- A userdata's metatable looks names up in the table that is the first upvalue of its __index.
local function members_of(object)
  local index = debug.getmetatable(object).__index
  local _, found = debug.getupvalue(index, 1)
  return set_of(table.concat(keys(found), " "))
end

local function results_of(asked)
  local request = asked:request { fc = 3, address = 0, count = 1 }
  local _, problem = pcall(function()
    return request[NONE]
  end)
  return set_of(problem:match "is not known; (.*) are$")
end

-- Names that luacheck does not know of Lua itself. It reads: local _ = every, local _ = string.format, …
local function not_of_lua(names)
  local path, ours = os.tmpname(), {}
  local file = assert(io.open(path, "w"))
  for _, name in ipairs(names) do
    file:write("local _ = ", name, "\n")
  end
  file:close()
  local command = "luacheck --no-config --no-cache --no-color --std lua54c --only 113 143 --formatter plain "
  for line in io.popen(command .. path):lines() do
    local number = tonumber(line:match ":(%d+):%d+:")
    ours[names[number] or error(line)] = true
  end
  os.remove(path)
  return ours
end

-- What a script in the sandbox finds: its globals, and what is in those that are tables.
local SANDBOX = [[
for name, value in pairs(_G) do
  print("GLOBAL " .. name)
  for member in pairs(type(value) == "table" and value ~= _G and value or {}) do
    print("GLOBAL " .. name .. "." .. member)
  end
end
]]

-- All, and those that are not Lua's own.
local function read_globals()
  local problem, said = host.run(SANDBOX)
  assert(not problem, problem)
  local all = {}
  for name in said:gmatch "GLOBAL (%S+)" do
    all[name] = true
  end
  assert(#keys(all) > 100, said)
  return all, not_of_lua(keys(all))
end

-- Whether it can be called and does more than say what is missing.
local function is_callable(global)
  local meta = debug.getmetatable(_G[global])
  local _, problem = pcall(_G[global])
  return meta ~= nil and meta.__call ~= nil and not tostring(problem):find "needs a type"
    and not tostring(problem):find "needs its kind"
end

-- ---- what is written ----

local function place_function(all, found, name)
  local owner, own = name:match "^([^.:]+)[.:](.+)$"
  local class = owner and found.class_of[owner]
  if class and not found.globals[owner] then
    found.classes[class].members[own] = "method"
  elseif found.module then
    all.modules[found.module] = all.modules[found.module] or {}
    all.modules[found.module][own] = true
  else
    all.functions[name] = true
  end
end

-- All files together: classes by name, class names (or "") by global, names of global functions, and
-- those of modules.
local function gather(files)
  local all = { classes = {}, globals = {}, functions = {}, modules = {} }
  for _, found in ipairs(files) do
    for name, class in pairs(found.classes) do
      all.classes[name] = class
    end
    for name in pairs(found.globals) do
      all.globals[name] = found.class_of[name] or ""
    end
    for _, header in ipairs(found.functions) do
      place_function(all, found, header.name)
    end
  end
  return all
end

-- Of a class and those that it is one of; `[string]` is no name.
local function members(all, name)
  local class, set = all.classes[name], {}
  for _, parent in ipairs(class and class.parents or {}) do
    for member in pairs(members(all, parent)) do
      set[member] = true
    end
  end
  for member in pairs(class and class.members or {}) do
    set[member] = not member:find "^%[" or nil
  end
  return set
end

-- Globals as the sandbox names them: "every", "server", "server.tcp", "holding.float32".
local function written_globals(all)
  local set = {}
  for name in pairs(all.functions) do
    set[name] = true
  end
  for name, class in pairs(all.globals) do
    set[name] = true
    for member in pairs(type(_G[name]) == "table" and members(all, class) or {}) do
      set[name .. "." .. member] = true
    end
  end
  return set
end

-- Classes with names in them that nothing real stands for: neither compared, nor a global's, nor what
-- such a one is, too.
local function idle_classes(all)
  local busy, idle = {}, {}
  local function mark(name)
    busy[name] = true
    for _, parent in ipairs(all.classes[name] and all.classes[name].parents or {}) do
      mark(parent)
    end
  end
  for name in pairs(real) do
    mark(name)
  end
  for _, class in pairs(all.globals) do
    mark(class)
  end
  for name, class in pairs(all.classes) do
    idle[name] = not busy[name] and next(class.members) ~= nil or nil
  end
  return idle
end

-- ---- the comparison ----

-- `needed`: what of it must be written, where that is not all.
local function compare(lines, what, there, written, needed)
  for _, name in ipairs(keys(needed or there)) do
    lines[#lines + 1] = not written[name] and ("%s%s: no entry in lua/meta"):format(what, name) or nil
  end
  for _, name in ipairs(keys(written)) do
    lines[#lines + 1] = not there[name] and ("%s%s: an entry of nothing"):format(what, name) or nil
  end
end

-- Lines for what is on one side only.
local function differences(files)
  local all, lines = gather(files), {}
  real["msm.Link"] = members_of(link)
  real["msm.Memory"] = members_of(all_raw)
  real["msm.Request"] = results_of(link)
  real["msm.RequestOptions"] = options_of(link.request, link)
  real["msm.Scan"] = members_of(scan)
  for _, name in ipairs(keys(real)) do
    compare(lines, name .. " ", real[name], members(all, name))
  end
  local there, ours = read_globals()
  compare(lines, "global ", there, written_globals(all), ours)
  compare(lines, "msm.core ", require "msm.core", all.modules["msm.core"])
  compare(lines, "class ", {}, idle_classes(all))
  for name, class in pairs(all.globals) do
    if (all.classes[class] and all.classes[class].calls or false) ~= is_callable(name) then
      lines[#lines + 1] = name .. ": @overload and what can be called differ"
    end
  end
  return lines
end

TestNames = {}

function TestNames.test_every_name_has_an_entry_and_every_entry_a_name()
  lu.assertEquals(differences(annotations.read_folder(ROOT, "lua/meta")), {})
end

function TestNames.test_luacheckrc_has_the_globals()
  local rc, set = { files = {} }, {}
  assert(loadfile(ROOT .. "/.luacheckrc", "t", rc))()
  for _, list in ipairs { rc.globals, rc.read_globals } do
    for _, name in ipairs(list) do
      set[name] = true
    end
  end
  local _, ours = read_globals()
  for name in pairs(ours) do
    ours[name] = not name:find "%." or nil
  end
  lu.assertEquals(keys(set), keys(ours))
end

-- In the texts, what is found by a plain `from` (once) becomes `to`.
local function changed(from, to)
  local count = 0
  local files = annotations.read_folder(ROOT, "lua/meta", function(text)
    local first, last = text:find(from, 1, true)
    count = count + (first and 1 or 0)
    return first and text:sub(1, first - 1) .. to .. text:sub(last + 1)
  end)
  lu.assertEquals(count, 1, from)
  return differences(files)
end

function TestNames.test_a_missing_entry_is_found()
  lu.assertEquals(changed("function program.stop() end", ""), { "global program.stop: no entry in lua/meta" })
  lu.assertEquals(changed("function every(period, task, options) end", ""), { "global every: no entry in lua/meta" })
  lu.assertEquals(changed("function Registers.int32(address, options) end", ""),
    { "global holding.int32: no entry in lua/meta", "global input.int32: no entry in lua/meta" })
  lu.assertEquals(changed("function Memory:dump() end", ""), { "msm.Memory dump: no entry in lua/meta" })
  lu.assertEquals(changed("function Link:start() end", ""), { "msm.Link start: no entry in lua/meta" })
  lu.assertEquals(changed("function core.dt() end", ""), { "msm.core dt: no entry in lua/meta" })
  lu.assertEquals(changed("---@field depth?", "---"), { "msm.TcpClientOptions depth: no entry in lua/meta" })
  lu.assertEquals(changed("---@field values integer", "--- "), { "msm.Request values: no entry in lua/meta" })
  lu.assertEquals(changed("---@field overruns", "--- "), { "msm.Scan overruns: no entry in lua/meta" })
  lu.assertEquals(changed("---@overload fun(format", "--- fun(format"),
    { "log: @overload and what can be called differ" })
end

function TestNames.test_an_entry_of_nothing_is_found()
  local stop = "function program.stop() end"
  lu.assertEquals(changed(stop, stop .. "\nfunction program.go() end"), { "global program.go: an entry of nothing" })
  lu.assertEquals(changed(stop, stop .. "\nfunction never() end"), { "global never: an entry of nothing" })
  lu.assertEquals(changed(stop, stop .. "\n\nnothing = {}"), { "global nothing: an entry of nothing" })
  lu.assertEquals(changed("function Link:start() end", "function Link:start() end\nfunction Link:go() end"),
    { "msm.Link go: an entry of nothing" })
  lu.assertEquals(changed("---@field depth?", "---@field deep? integer\n---@field depth?"),
    { "msm.TcpClientOptions deep: an entry of nothing" })
  lu.assertEquals(changed("function core.dt() end", "function core.dt() end\nfunction core.no() end"),
    { "msm.core no: an entry of nothing" })
  lu.assertEquals(changed(stop, stop .. "\n\n---@class msm.Idle\n---@field a number\n"),
    { "class msm.Idle: an entry of nothing" })
end
