--- Arrays of a test's memories and devices, as scripts have them: elements from 1, read and assigned
--- one by one, with #, ipairs and pairs. What is read is what it is now. msm.test has it.

local array = {}

-- What belongs to an array, so that its own fields are elements.
local sources = setmetatable({}, { __mode = "k" })

local meta = { __name = "array" }

function meta.__len(self)
  local source = sources[self]
  return #source.read(source.name)
end

-- An index is an integer, however it is written: 2.0, too.
local function element(source, index)
  return ("%s[%s]"):format(source.name, math.type(index) and math.tointeger(index) or index)
end

function meta.__index(self, index)
  if index == #self + 1 then
    return nil -- where ipairs ends
  end
  local source = sources[self]
  return source.read(element(source, index))
end

function meta.__newindex(self, index, value)
  local source = sources[self]
  source.assign(element(source, index), value)
end

function meta.__pairs(self)
  local source = sources[self]
  return next, source.read(source.name)
end

--- What a variable is to a test: its value, or its elements if it is an array.
---@param name string
---@param read fun(name: string): any of a variable or an element, a list of an array; raises for others
---@param assign fun(name: string, value: any)
---@return any
function array.of(name, read, assign)
  local value = read(name)
  if type(value) ~= "table" then
    return value
  end
  local made = setmetatable({}, meta)
  sources[made] = { name = name, read = read, assign = assign }
  return made
end

--- What is assigned: an array as the list that it is now, anything else as it is.
---@param value any
---@return any
function array.plain(value)
  local source = type(value) == "table" and sources[value]
  return source and source.read(source.name) or value
end

return array
