-- Proves that each piece of Lua in the documents works: scripts load and run without a fault, tests
-- pass.

local lu = require "luaunit"
local test = require "msm.test"

local DOCUMENTS = { "README.md", "lua/README.md" }

-- { { line =, text = }, … } of a document.
local function pieces_of(path)
  local pieces, piece, number = {}, nil, 0
  for line in io.lines(path) do
    number = number + 1
    if line == "```lua" then
      piece = { line = number, lines = {} }
    elseif line == "```" and piece then
      piece.text = table.concat(piece.lines, "\n") .. "\n"
      pieces[#pieces + 1], piece = piece, nil
    elseif piece then
      piece.lines[#piece.lines + 1] = line
    end
  end
  return pieces
end

local function run_test(text, name)
  local found = setmetatable({}, { __index = _G })
  assert(load(text, "=" .. name, "t", found))()
  local count = 0
  for _, value in pairs(found) do
    if type(value) == "function" then
      value()
      count = count + 1
    end
  end
  lu.assertTrue(count > 0, name .. ": no test in it")
end

local function run_script(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local ok, problem = pcall(function()
    test.load(path, { quiet = true }):run "10s"
  end)
  os.remove(path)
  if not ok then
    error(problem, 0)
  end
end

for _, document in ipairs(DOCUMENTS) do
  for _, piece in ipairs(pieces_of(document)) do
    local name = ("%s:%d"):format(document, piece.line)
    _ENV["test_" .. name:gsub("%.", "_")] = function()
      local run = piece.text:find("msm.test", 1, true) and run_test or run_script
      run(piece.text, name)
    end
  end
end
