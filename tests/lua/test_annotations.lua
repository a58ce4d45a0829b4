-- Proves that annotations in lua/ name parameters and types that exist, and that what checks them finds
-- those that do not.

local lu = require "luaunit"
local annotations = require "annotations"

local ROOT = assert(debug.getinfo(1, "S").source:match "^@(/.*)/tests/lua/[^/]+$", "give this file's whole path")

TestAnnotations = {}

function TestAnnotations.test_of_this_tree_are_right()
  lu.assertEquals(annotations.problems(annotations.read_folder(ROOT, "lua")), {})
end

local function problems(text)
  return annotations.problems { annotations.read("a.lua", text) }
end

function TestAnnotations.test_right_ones_are_taken()
  lu.assertEquals(problems [[
---@class a.B : a.C
---@field x? number|"p"|'q' what
---@field [string] { a: integer, b?: fun(x: a.C, ...: any): string?, boolean }[]
---@overload fun(self: a.B): table<string, (a.C|nil)[]>
local b = {}
---@alias a.C
---| "one" # first
---| 2

--- | a table | in a text |
---@generic T : table
---@param y T|a.`T` why: all
---@param ... any
---@return T|nil, integer
function b.f(x, y, ...) end
local current ---@type a.B|nil the last
]], {})
end

function TestAnnotations.test_wrong_ones_are_found()
  for text, problem in pairs {
    ["---@param x number\nfunction f(y) end"] = "a.lua:2: @param names no parameter, or not in order: x of f",
    ["---@param b any\n---@param a any\nlocal function f(a, b) end"] =
      "a.lua:3: @param names no parameter, or not in order: a of f",
    ["---@param x number\nlocal y = 1"] = "a.lua:2: @param x, and no function follows",
    ["---@meta\nfunction f(a) end"] = "a.lua:2: no @param, or not in order: a of f",
    ["---@param x nunber\nfunction f(x) end"] = "a.lua:2: type nunber is not known",
    ["---@return a.B|nil\nfunction f() end"] = "a.lua:2: type a.B is not known",
    ["---@return table<string, a.B>\nfunction f() end"] = "a.lua:2: type a.B is not known",
    ["---@class a.B : a.C\n"] = "a.lua:2: type a.C is not known",
    ["---@parm x number\n"] = "a.lua:1: @parm is not known",
    ["---@field x number\n"] = "a.lua:1: @field x number: no name and type, or no @class before it",
    ["---@return |\n"] = 'a.lua:1: "|" has no type at "|"',
    ["local x ---@type fun(a: wrong)\n"] = "a.lua:1: type wrong is not known",
  } do
    lu.assertEquals(problems(text), { problem }, text)
  end
end
