-- Proves the CSV files of msm.test: how they are read, what they mean to variables, and that what a
-- trace has written reads back.

local lu = require "luaunit"
local csv = require "msm.test.csv"
local written = require "written"

local load, write = written.load, written.write

TestRows = {}

local function cells(text)
  local rows = {}
  for i, row in ipairs(csv.parse(text, "x.csv")) do
    rows[i] = {}
    for k, cell in ipairs(row.cells) do
      rows[i][k] = cell.text
    end
  end
  return rows
end

local function line_numbers(text)
  local numbers = {}
  for i, row in ipairs(csv.parse(text, "x.csv")) do
    numbers[i] = row.line
  end
  return numbers
end

function TestRows.test_plain()
  lu.assertEquals(cells "a,b\n1, 2 \n", { { "a", "b" }, { "1", "2" } })
  lu.assertEquals(cells "a,b\n1,2", { { "a", "b" }, { "1", "2" } })
  lu.assertEquals(cells "", {})
end

function TestRows.test_empty_cells()
  lu.assertEquals(cells ",\n,,a\na,,\n", { { "", "" }, { "", "", "a" }, { "a", "", "" } })
end

function TestRows.test_quoted()
  lu.assertEquals(cells '"a,b", "say ""hello""" ,"",""""\n', { { "a,b", 'say "hello"', "", '"' } })
  lu.assertEquals(cells '"two\nlines",1\n2,3\n', { { "two\nlines", "1" }, { "2", "3" } })
  lu.assertEquals(cells '" kept "', { { " kept " } })
end

function TestRows.test_line_ends_and_mark()
  lu.assertEquals(cells "\u{FEFF}a,b\r\n1,2\r\n", { { "a", "b" }, { "1", "2" } })
  lu.assertEquals(cells '"a"\r\n"b"\r\n', { { "a" }, { "b" } })
end

function TestRows.test_what_is_left_out()
  lu.assertEquals(cells "# of tonight\n\na,b\n  \r\n# 1,2\n3,4\n\n", { { "a", "b" }, { "3", "4" } })
  lu.assertEquals(cells '"# a",b', { { "# a", "b" } })
end

function TestRows.test_lines_are_counted()
  lu.assertEquals(line_numbers '# c\r\n\r\na\n"b\nb\nb"\nc', { 3, 4, 7 })
end

function TestRows.test_what_is_wrong()
  local function refused(problem, text)
    lu.assertErrorMsgContains(problem, csv.parse, text, "x.csv")
  end
  refused("x.csv:2: a quotation mark is open here", 'a\n"b,c\nd\n')
  refused('x.csv:1: behind a closing quotation mark comes a comma or the end of the line, not "b"', '"a"b,c')
  refused('x.csv:3: a quotation mark in the middle of 5" pipe', 'a\n\n5" pipe,b')
end

TestMeaning = { tearDown = written.forget }

local SCRIPT = [[
  mem.N = holding.float64(0)
  mem.B = coil(0)
  mem.T = var.string { length = 20 }
  mem.LIST = holding.int16(10, { count = 2 })
]]

local function after(text)
  local plant = load(SCRIPT)
  plant:input(write(text))
  plant:scans()
  return { plant.mem.N, plant.mem.B, plant.mem.T, plant.mem.LIST[2] }
end

function TestMeaning.test_a_cell_is_what_its_variable_is()
  lu.assertEquals(after 'time,N,B,T,LIST[2]\n0,12,1,12,7\n', { 12, true, "12", 7 })
  lu.assertEquals(after '"time","N","B","T"\r\n"0","1.5e1","TRUE","true"\r\n', { 15, true, "true", 0 })
  lu.assertEquals(after 'time,N,B,T\n0,0x10,true,"a, b"\n0,,,\n', { 16, true, "a, b", 0 })
  lu.assertEquals(after 'time,T,B\n0,abc,true\n0,"",false\n', { 0, false, "", 0 })
end

local WORDS = [[
  mem.MODE = holding.uint16(0, { labels = { [0] = "OFF", [2] = "RUN" }, max = 2 })
  mem.B = coil(0)
  mem.F = var.float64 { nan = true }
  every("100ms", function() end)
]]

function TestMeaning.test_words_are_what_msm_set_takes()
  local plant = load(WORDS)
  plant:input(write "time,MODE,B,F\n0,RUN,on,-inf\n0.1,0,off,nan\n0.2,2,1,1\n")
  plant:scans()
  lu.assertEquals({ plant.mem.MODE, plant.mem.B, plant.mem.F }, { 2, true, -math.huge })
  plant:scans()
  lu.assertEquals({ plant.mem.MODE, plant.mem.B }, { 0, false })
  lu.assertNaN(plant.mem.F)
  plant:scans()
  lu.assertEquals({ plant.mem.MODE, plant.mem.B, plant.mem.F }, { 2, true, 1 })
  plant = load(WORDS)
  plant:input(write "time,MODE\n0,RUNN\n")
  lu.assertErrorMsgContains(':2: mem.MODE = "RUNN" is a string; a uint16 takes integers 0..2, or one of OFF, RUN; '
    .. "did you mean RUN?", plant.scans, plant)
end

function TestMeaning.test_numbers_that_are_none_read_back()
  local plant = load(WORDS)
  local trace = plant:trace { "F" }
  plant.mem.F = -(0 / 0)
  plant:scans()
  lu.assertStrContains(trace:csv(), "0,nan\n")
end

function TestMeaning.test_what_is_wrong_is_told_with_its_line()
  local function refused(problem, text)
    lu.assertErrorMsgContains(problem, after, text)
  end
  refused(".lua", 'time,N\n0,"1\n') -- the test's line comes first
  refused(":2: a quotation mark is open here", 'time,N\n0,"1\n')
  refused(":1: LIST is an array; name its elements, LIST[1]", "time,LIST\n0,1\n")
  refused(":1: there are two columns N", "time,N,N\n0,1,1\n")
  refused(":2: there are 3 cells, and the first line names 2; cells are parted by commas", "time,N\n0,1,5\n")
  refused("parted by commas", "time;N\n0;1\n")
  refused(':2: the first column is the time in seconds, and it goes up; it is "00:01"', "time,N\n00:01,1\n")
  refused(':3: mem.B = "yes" is a string', "time,B\n0,1\n0,yes\n")
  lu.assertErrorMsgContains("input takes a variable and a function of the time, or a CSV file; not 5", function()
    load(SCRIPT):input(5)
  end)
end

function TestMeaning.test_a_trace_reads_back()
  local texts = { "plain", "a,b", 'say "x"', "", " blank ", "two\nlines", "# no comment", "5" }
  local script = SCRIPT .. [[
    local texts = { "plain", "a,b", 'say "x"', "", " blank ", "two\nlines", "# no comment", "5" }
    every("100ms", function()
      mem.T, mem.N, mem.B = texts[scan.count], 1 / scan.count, scan.count % 2 == 0
    end)
  ]]
  local plant = load(script)
  local trace = plant:trace { "T", "N", "B" }
  plant:scans(#texts)
  local again = load(SCRIPT .. 'every("100ms", function() end)')
  again:input(write(trace:csv()))
  for i, text in ipairs(texts) do
    again:scans()
    lu.assertEquals({ again.mem.T, again.mem.B }, { text, i % 2 == 0 })
    lu.assertAlmostEquals(again.mem.N, 1 / i, 1e-15)
  end
end
