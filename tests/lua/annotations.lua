--- Reads the annotations of Lua files as editors do, as far as this tree uses them: which functions,
--- classes and fields there are, which types are named, and what is wrong with them.

local annotations = {}

local OWN = {} -- types that need no declaration
for name in ([[any boolean false function integer lightuserdata nil number self string table thread true
    unknown userdata]]):gmatch "%a+" do
  OWN[name] = true
end

-- ---- types: each returns the position behind what it has read, or raises ----

local read_type

local function skip(text, at)
  return text:find("%S", at) or #text + 1
end

local function expect(text, at, wanted)
  at = skip(text, at)
  if text:sub(at, at + #wanted - 1) ~= wanted then
    error({ problem = ("%q has no %q at %q"):format(text, wanted, text:sub(at)) })
  end
  return at + #wanted
end

-- What stands between two brackets, parted by commas.
local function read_list(text, at, close, read)
  at = skip(text, at)
  while text:sub(at, at) ~= close do
    at = skip(text, read(text, at))
    if text:sub(at, at) ~= close then
      at = skip(text, expect(text, at, ","))
    end
  end
  return at + 1
end

local function read_member(text, at, used)
  local after = text:match("^%[.-%]()", at) or text:match("^[%w_.]+%??()", at)
  if not after then
    error({ problem = ("%q has no name at %q"):format(text, text:sub(at)) })
  end
  local colon = skip(text, after)
  return text:sub(colon, colon) == ":" and read_type(text, skip(text, colon + 1), used) or after
end

local function read_function(text, at, used)
  at = read_list(text, expect(text, at, "("), ")", function(_, from)
    return read_member(text, from, used)
  end)
  while text:find(used.returns and "^%s*," or "^%s*:", at) do
    at = read_type(text, skip(text, text:find("[:,]", at) + 1), used)
    used = setmetatable({ returns = true }, { __index = used, __newindex = used })
  end
  return at
end

local function read_name(text, at, used)
  local name, after = text:match("^([%a_][%w_.]*)()", at)
  if not name then
    error({ problem = ("%q has no type at %q"):format(text, text:sub(at)) })
  elseif name == "fun" then
    return read_function(text, after, used)
  end
  if text:sub(after, after) == "`" then -- a class that is named by a text, msm.Memory.`T`
    return text:match("^`[%w_]+`()", after) or error({ problem = ("%q is not closed"):format(text) })
  end
  used[#used + 1] = name
  if text:sub(after, after) == "<" then
    after = read_list(text, after + 1, ">", function(_, from)
      return read_type(text, from, used)
    end)
  end
  return after
end

local function read_unit(text, at, used)
  local first = text:sub(at, at)
  local after
  if first == "(" then
    after = expect(text, read_type(text, at + 1, used), ")")
  elseif first == "{" then
    after = read_list(text, at + 1, "}", function(_, from)
      return read_member(text, from, used)
    end)
  elseif first:find "[\"'`]" then
    after = (text:find(first, at + 1, true) or error({ problem = ("%q is not closed"):format(text) })) + 1
  else
    after = text:match("^%-?%d+()", at) or read_name(text, at, used)
  end
  while text:find("^%[%]", after) or text:find("^%?", after) do
    after = text:match("^%[%]()", after) or after + 1
  end
  return after
end

function read_type(text, at, used)
  at = read_unit(text, skip(text, at), used)
  while text:find("^%s*|", at) do
    at = read_unit(text, skip(text, text:find("|", at, true) + 1), used)
  end
  return at
end

-- ---- tags: each is given what follows it, and the block it stands in ----

local tags = {}

function tags.alias(text, block)
  block.alias = text:match "^[%w_.]+"
  local rest = text:match "^[%w_.]+%s+(.+)"
  if rest then
    read_type(rest, 1, block.used)
  end
end

tags["class"] = function(text, block)
  local name, rest = text:match "^([%w_.]+)(.*)"
  block.class = { name = name, parents = {}, members = {}, calls = false }
  if rest:find "^%s*:" then
    read_type(rest, rest:find ":" + 1, block.class.parents)
    table.move(block.class.parents, 1, #block.class.parents, #block.used + 1, block.used)
  end
end

function tags.field(text, block)
  local name, rest = text:match "^([%a_][%w_]*)%??%s+(.+)"
  if not name then
    name, rest = text:match "^(%b[])%s+(.+)"
  end
  if not name or not block.class then
    error({ problem = "@field " .. text .. ": no name and type, or no @class before it" })
  end
  read_type(rest, 1, block.used)
  block.class.members[name] = "field"
end

tags["type"] = function(text, block)
  block.type = text:match "^[%w_.]+"
  read_type(text, 1, block.used)
end

tags["return"] = function(text, block)
  read_type(text, 1, block.used)
end

function tags.generic(text, block)
  for name in text:gmatch "([%a_]%w*)%s*:?" do
    block.generic[name] = true
  end
end

function tags.overload(text, block)
  if block.class then
    block.class.calls = true
  end
  read_type(text, 1, block.used)
end

function tags.param(text, block)
  local name, rest = text:match "^([%a_][%w_]*)%??%s+(.+)"
  if not name then
    name, rest = text:match "^(%.%.%.)%s+(.+)"
  end
  if not name then
    error({ problem = "@param " .. text .. ": no name and type" })
  end
  read_type(rest, 1, block.used)
  block.params[#block.params + 1] = { name = name, type = rest:match "^[%w_.]+" }
end

function tags.meta(text, block)
  block.module = text:match "^[%w_.]+"
end

function tags.nodiscard() end

-- ---- files ----

local function read_tag(block, line)
  local name, text = line:match "^@([%a]+)%s*(.*)"
  if not name then
    local value = line:match "^|%s*(.+)"
    return value and block.alias and read_type(value, 1, block.used)
  elseif not tags[name] then
    error({ problem = "@" .. name .. " is not known" })
  end
  tags[name](text, block)
end

local function names_of(list)
  local names = {}
  for name in list:gmatch "[%w_.]+" do
    names[#names + 1] = name
  end
  return names
end

-- Each annotated parameter is one of the function's, in their order; in a meta file each is annotated.
local function check_params(block, header, is_meta)
  local function give_up(what)
    error({ problem = ("%s%s"):format(what, header and " of " .. header.name or ", and no function follows") })
  end
  if #block.params > 0 and not header then
    give_up("@param " .. block.params[1].name)
  end
  local at = 1
  for _, name in ipairs(header and header.names or {}) do
    if block.params[at] and block.params[at].name == name then
      at = at + 1
    elseif is_meta then
      give_up("no @param, or not in order: " .. name)
    end
  end
  if block.params[at] then
    give_up("@param names no parameter, or not in order: " .. block.params[at].name)
  end
end

-- The first line of code behind a block.
local function read_code(found, block, code)
  local name, list = code:match "^%s*l?o?c?a?l?%s*function%s+([%w_.:]+)%s*(%b())"
  if not name then
    name, list = code:match "^%s*l?o?c?a?l?%s*([%w_.]+).-=%s*function%s*(%b())"
  end
  if not name then
    name, list = code:match "^%s*(return) function%s*(%b())"
  end
  local header = name and { name = name, names = names_of(list), params = block.params }
  local variable = code:match "^([%a_][%w_]*) = " or code:match "^local ([%a_][%w_]*) = "
  if header then
    found.functions[#found.functions + 1] = header
  elseif variable then
    found.class_of[variable] = block.class and block.class.name or block.type or false
    found.globals[variable] = not code:find "^local" or nil
  end
  check_params(block, header, found.is_meta)
end

local function new_block()
  return { used = {}, params = {}, generic = {} }
end

local function end_block(found, block, code)
  found.module = block.module or found.module
  if block.alias then
    found.types[block.alias] = true
  end
  if block.class then
    found.types[block.class.name] = true
    found.classes[block.class.name] = block.class
  end
  for _, name in ipairs(block.used) do
    if not OWN[name] and not block.generic[name] then
      found.used[#found.used + 1] = { name = name, place = block.place }
    end
  end
  read_code(found, block, code)
end

local function guard(found, place, f, ...)
  local ok, problem = pcall(f, ...)
  if not ok then
    found.problems[#found.problems + 1] = place .. ": " .. (problem.problem or error(problem, 0))
  end
end

--- Everything in the text of one file.
function annotations.read(name, text)
  local found = { is_meta = text:find "^%-%-%-@meta" ~= nil, problems = {}, functions = {}, classes = {},
    types = {}, used = {}, globals = {}, class_of = {} }
  local block, number = new_block(), 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local doc = line:match "^%s*%-%-%-%s*(.*)"
    block.place = ("%s:%d"):format(name, number)
    if doc then
      guard(found, block.place, read_tag, block, doc)
    else
      local inline = line:match "%-%-%-@type%s+(.*)"
      if inline then
        guard(found, block.place, read_type, inline, 1, block.used)
      end
      guard(found, block.place, end_block, found, block, line)
      block = new_block()
    end
  end
  return found
end

--- All Lua files below root/folder. `change` may make another text of a file's.
function annotations.read_folder(root, folder, change)
  local files = {}
  for path in io.popen(("find '%s/%s' -name '*.lua' | sort"):format(root, folder)):lines() do
    local file <close> = assert(io.open(path))
    local text = file:read "a"
    files[#files + 1] = annotations.read(path:sub(#root + 2), change and change(text) or text)
  end
  assert(#files > 0, folder)
  return files
end

--- What is wrong with files that were read, taken together: types that nobody declares too.
function annotations.problems(files)
  local known, problems = {}, {}
  for _, found in ipairs(files) do
    for name in pairs(found.types) do
      known[name] = true
    end
  end
  for _, found in ipairs(files) do
    table.move(found.problems, 1, #found.problems, #problems + 1, problems)
    for _, use in ipairs(found.used) do
      if not known[use.name] then
        problems[#problems + 1] = ("%s: type %s is not known"):format(use.place, use.name)
      end
    end
  end
  return problems
end

return annotations
