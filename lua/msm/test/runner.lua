--- What `msm test` does: loads each file in an environment of its own and has LuaUnit run what is
--- called test… or Test… in it. Returns how many tests did not succeed.

---@class msm.test.Run
---@field files string[]
---@field filter string|nil Lua pattern for names of tests
---@field output string "text", "tap" or "junit"
---@field report string|nil file for junit

local function base_name(path)
  return (path:gsub("^.*/", ""):gsub("%.lua$", ""):gsub("[^%w_]", "_"))
end

local failed_tests = require "msm.test.failed"
local lines = require "msm.test.lines"
local say = require "msm.test.say"

-- What a person did wrong: the host shows it without a traceback. In how msm test was called, unless
-- it `failed`.
local function refuse(problem, failed)
  error({ problem = problem, usage = not failed }, 0)
end

local OF_SCRIPTS = { mem = true, memory = true, holding = true, input = true, coil = true, discrete = true,
  var = true, every = true, server = true, client = true, keep = true, scan = true, program = true }

-- The blocks of the library stand on it.
package.preload["msm.core"] = function()
  say.fail("the library's blocks are for scripts, not for tests; is this file a script? "
    .. "A test loads one by require \"msm.test\".load")
end

-- Everything but what only a script has. Tests that are made in a loop are put into _G.
local function environment_of(path)
  local environment = {}
  environment._G = environment
  return setmetatable(environment, {
    __index = function(_, name)
      if OF_SCRIPTS[name] then
        say.fail("%s is known to scripts, not to tests; is %s a script? A test loads one by require \"msm.test\".load",
          name, path)
      end
      return _G[name]
    end,
  })
end

-- LuaUnit calls these in a table of tests, and nowhere else: here they would be left out in silence.
local IN_TABLES = { setUp = true, tearDown = true, setup = true, teardown = true, set_up = true, tear_down = true }

local function refuse_lost(path, found)
  for name in pairs(found) do
    if IN_TABLES[name] then
      refuse(("%s: %s stands beside the tests, where nobody calls it; put both into a table, Test… = {}")
        :format(path, name))
    end
  end
end

-- Files of other folders may have modules of the same names.
local function forget_modules(known)
  for name in pairs(package.loaded) do
    if not known[name] and not name:find "^msm%." and name ~= "luaunit" then
      package.loaded[name] = nil
    end
  end
end

local function run_file(chunk)
  local ok, raised, trace = lines.call(chunk, "main chunk")
  if not ok then
    local text, traceback = lines.report(tostring(raised), trace)
    refuse(traceback == "" and text or text .. "\n" .. traceback, true)
  end
end

local function load_file(path)
  local found = environment_of(path)
  local chunk, problem = loadfile(path, "t", found)
  if not chunk then
    refuse(problem, true)
  end
  local before, known = package.path, {}
  for name in pairs(package.loaded) do
    known[name] = true
  end
  package.path = (path:match "^(.*/)" or "./") .. "?.lua;" .. before
  run_file(chunk)
  package.path = before
  forget_modules(known)
  refuse_lost(path, found)
  return found
end

local function is_test(name, value)
  return type(name) == "string" and name:find "^[Tt]est" and
    (type(value) == "function" or type(value) == "table")
end

local function tests_of(found, prefix)
  local tests = {}
  for name, value in pairs(found) do
    if is_test(name, value) then
      tests[#tests + 1] = { prefix .. name, value }
    end
  end
  table.sort(tests, function(a, b)
    return a[1] < b[1]
  end)
  return tests
end

-- How many of a file's tests the filter leaves, and how many there are; LuaUnit calls each method of a
-- table that is called test….
local function count(tests, is_wanted)
  local wanted, all = 0, 0
  local function note(name)
    wanted, all = wanted + (is_wanted(name) and 1 or 0), all + 1
  end
  for _, one in ipairs(tests) do
    local name, value = one[1], one[2]
    if type(value) == "function" then
      note(name)
    else
      for method, is in pairs(value) do
        if type(method) == "string" and method:lower():find "^test" and type(is) == "function" then
          note(name .. "." .. method)
        end
      end
    end
  end
  return wanted, all
end

local function filter_of(pattern)
  if not pattern then
    return function() return true end
  end
  local excludes = pattern:sub(1, 1) == "!"
  local bare = excludes and pattern:sub(2) or pattern
  return function(name)
    local is_pattern, found = pcall(string.find, name, bare) -- some are wrong only where they match
    if not is_pattern then
      refuse(("--filter takes a Lua pattern; %q is none: %s"):format(pattern, found))
    end
    return (found == nil) == excludes
  end
end

-- LuaUnit would find that out after all tests, and add the ending by itself.
local function check_report(path)
  if not path:find "%.xml$" then
    refuse(("--report takes a file that is called ….xml, not %q"):format(path))
  end
  local file, problem = io.open(path, "a")
  if not file then
    refuse("--report: " .. problem, true)
  end
  file:close()
end

-- LuaUnit reads what it is to do from `arg`, once, when it is loaded.
local function luaunit_for(run)
  local arguments = { "--output", run.output }
  if run.output == "junit" then
    check_report(run.report)
    table.move({ "--name", run.report }, 1, 2, 3, arguments)
  end
  if run.filter then
    arguments[#arguments + 1] = run.filter:sub(1, 1) == "!" and "--exclude" or "--pattern"
    arguments[#arguments + 1] = run.filter:gsub("^!", "")
  end
  _G.arg = arguments
  local ok, lu = pcall(require, "luaunit")
  if not ok then
    refuse("it needs LuaUnit (Debian: apt install lua-unit): " .. lu, true)
  end
  return lu
end

---@param run msm.test.Run
---@return integer not_succeeded
return function(run)
  local is_wanted = filter_of(run.filter)
  local lu, tests, wanted = luaunit_for(run), {}, 0
  for _, path in ipairs(run.files) do
    local prefix = #run.files > 1 and base_name(path) .. ":" or ""
    local found = tests_of(load_file(path), prefix)
    local left, all = count(found, is_wanted)
    if all == 0 then
      refuse(("%s: there is no test in it; tests are functions that are called test…, and in tables "
        .. "Test… = {}; they are not local"):format(path))
    end
    wanted = wanted + left
    table.move(found, 1, #found, #tests + 1, tests)
  end
  if wanted == 0 then
    refuse(("no test matches --filter %q"):format(run.filter))
  end
  return failed_tests.runner(lu):runSuiteByInstances(tests)
end
