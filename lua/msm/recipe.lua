--- Recipes: named sets of values for the same variables, that people save and load while the program
--- runs. They lie in `keep` and are retained.
---
---     local recipe = require "msm.recipe"
---     local products = recipe.book("products", { fields = { "SETPOINT", "TIME" } })
---     every("100ms", function()
---       if mem:written "LOAD" then
---         local ok, why = products:load(mem.PRODUCT)
---         mem.MESSAGE = ok and "" or why
---       end
---     end)
---
--- What an operator gets wrong (a name that is not there, a value that does not fit any more) is
--- answered with nil and the reason, and is no fault.

local check = require "msm.check"
local core = require "msm.core"

local recipe = {}

-- Where a book keeps what is its own; its fields are looked up because it lacks them.
local KEPT <const>, NAME <const>, MEMORY <const>, FIELDS <const>, MOST <const> = 1, 2, 3, 4, 5

local NAME_MOST <const> = 47 -- bytes of a key in keep
local BOOK_MOST <const> = NAME_MOST - #"recipe."

local RULES = {
  fields = check.list(check.text()),
  mem = { take = function(value) return value end, optional = true },
  most = check.integer { min = 1, max = 500, default = 50 },
}

-- ---- values of variables ----

local function copy_list(list)
  local values = {}
  for i = 1, #list do
    values[i] = list[i]
  end
  return values
end

-- An array is read as an object of its own, which goes on changing.
local function read(memory, field)
  local value = memory[field]
  return (type(value) == "userdata" or type(value) == "table") and copy_list(value) or value
end

local function write(memory, field, value)
  memory[field] = value
end

-- What refused the assignment, without the line, which is not the one who gave the value.
local function reason_of(text)
  return (tostring(text):gsub("^[^\n]-:%d+: ", "", 1):gsub("\n.*", "", 1))
end

local function plain(value)
  return type(value) == "userdata" and copy_list(value) or value
end

-- All, or what was there before. A value that goes and comes back within a scan is no write.
local function write_all(self, values)
  local memory, before = self[MEMORY], {}
  for i, field in ipairs(self[FIELDS]) do
    before[i] = read(memory, field)
    local ok, why = pcall(write, memory, field, plain(values[field]))
    if not ok then
      for k = i - 1, 1, -1 do
        write(memory, self[FIELDS][k], before[k])
      end
      return nil, reason_of(why)
    end
  end
  return true
end

-- ---- books ----

local function find(self, name)
  local found = type(name) == "string" and self[KEPT].recipes[name]
  if found then
    return found
  end
  local known = type(name) == "string" and core.nearest(name, self:names())
  return nil, ("there is no recipe %s in %s%s"):format(
    type(name) == "string" and ("%q"):format(name) or tostring(name), self[NAME],
    known and ("; did you mean %q?"):format(known) or "")
end

local function check_task(self, what)
  if core.declaring() then
    core.complain(("recipe.book %q: %s belongs in a task: the script's body runs again at each reload")
      :format(self[NAME], what))
  end
end

local function check_room(self, name)
  if type(name) ~= "string" or name == "" or #name > NAME_MOST then
    return nil, ("a recipe's name is text of 1 to %d bytes"):format(NAME_MOST)
  elseif not self[KEPT].recipes[name] and #self:names() >= self[MOST] then
    return nil, ("%s is full: it has %d recipes"):format(self[NAME], self[MOST])
  end
  return true
end

local function store(self, name, values)
  local ok, why = pcall(write, self[KEPT].recipes, name, values)
  if not ok then
    return nil, reason_of(why)
  end
  return true
end

local methods = {}

---@class msm.recipe.Book
---@field loaded string name of the recipe that was loaded last, "" before

--- Writes the values of a recipe into its variables: all of them, or, where one does not fit, none.
---@param name string
---@return boolean|nil ok
---@return string|nil why
function methods.load(self, name)
  check_task(self, "load")
  local values, why = find(self, name)
  if not values then
    return nil, why
  end
  for _, field in ipairs(self[FIELDS]) do
    if values[field] == nil then
      return nil, ("the recipe %q has no %s: it was saved before that was a field of it"):format(name, field)
    end
  end
  local ok, reason = write_all(self, values)
  if not ok then
    return nil, ("the recipe %q: %s"):format(name, reason)
  end
  self[KEPT].loaded = name
  return true
end

--- Keeps the present values of the variables under a name, in place of what was kept there.
---@param name string at most 47 bytes
---@return boolean|nil ok
---@return string|nil why
function methods.save(self, name)
  check_task(self, "save")
  local ok, why = check_room(self, name)
  if not ok then
    return nil, why
  end
  local values = {}
  for _, field in ipairs(self[FIELDS]) do
    values[field] = read(self[MEMORY], field)
  end
  return store(self, name, values)
end

--- Takes a recipe out.
---@param name string
---@return boolean|nil ok
---@return string|nil why
function methods.remove(self, name)
  check_task(self, "remove")
  local found, why = find(self, name)
  if not found then
    return nil, why
  end
  self[KEPT].recipes[name] = nil
  return true
end

--- The names of all recipes, sorted.
---@return string[]
function methods.names(self)
  local names = {}
  for name in pairs(self[KEPT].recipes) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- The values of a recipe, a table of its own.
---@param name string
---@return table<string, any>|nil values
---@return string|nil why
function methods.get(self, name)
  local found, why = find(self, name)
  if not found then
    return nil, why
  end
  local values = {}
  for field, value in pairs(found) do
    values[field] = plain(value)
  end
  return values
end

methods = check.methods("recipe.book", methods)

local meta = {
  __name = "recipe.book",
  __metatable = "recipe.book",
  __index = function(self, key)
    if key == "loaded" then
      return self[KEPT].loaded
    elseif methods[key] then
      return methods[key]
    end
    core.complain(("recipe.book %q has no %s; it has get, load, loaded, names, remove, save")
      :format(self[NAME], tostring(key)))
  end,
  __newindex = function(self, key)
    core.complain(("recipe.book %q: %s cannot be assigned"):format(self[NAME], tostring(key)))
  end,
}

local claimed = {}

local function claim(name)
  check.name("recipe.book", name)
  if #name > BOOK_MOST then
    core.complain(("recipe.book: a name has at most %d bytes; %q has %d"):format(BOOK_MOST, name, #name))
  elseif claimed[name] then
    core.complain(("recipe.book %q is made at %s already; each needs a name of its own")
      :format(name, claimed[name]))
  end
  claimed[name] = core.line()
end

-- An unknown one is an error that names the nearest, at the user's line.
local function check_fields(memory, what, fields)
  local known = {}
  for _, field in ipairs(fields) do
    if known[field] then
      core.complain(("%s: fields: %q stands there twice"):format(what, field))
    end
    known[field] = read(memory, field) ~= nil
  end
end

---@class msm.recipe.Options
---@field fields string[] names of the variables, which are declared before the book
---@field mem table|nil the memory that has them; `mem` without it
---@field most integer|nil how many recipes there may be; 50

--- A book of recipes. The script's body only.
---
--- All keeps of a program together have 32768 fields: a recipe takes one, and one for each of its
--- values. Names and values outlive restarts.
---@param name string its own among the books, at most 40 bytes
---@param options msm.recipe.Options
---@return msm.recipe.Book
---@nodiscard
function recipe.book(name, options)
  check.name("recipe.book", name)
  local what = ("recipe.book %q"):format(name)
  local taken = check.options(what, options, RULES)
  local memory = taken.mem or mem
  check_fields(memory, what, taken.fields)
  claim(name)
  local kept = keep("recipe." .. name, { recipes = {}, loaded = "" }, { retain = true })
  return setmetatable({ kept, name, memory, taken.fields, taken.most }, meta)
end

return check.module("msm.recipe", recipe)
