-- Proves the plots of traces: what a person sees in a terminal of 80 columns.

local lu = require "luaunit"
local plot = require "msm.test.plot"
local written = require "written"

TestPlot = { tearDown = written.forget }

local function rows_of(count, ...)
  local rows = {}
  for i = 1, count do
    rows[i] = { (i - 1) / 10 }
    for k, value in ipairs { ... } do
      rows[i][k + 1] = value(i)
    end
  end
  return rows
end

local function widest(text)
  local most = 0
  for line in text:gmatch "[^\n]+" do
    most = math.max(most, utf8.len(line))
  end
  return most
end

function TestPlot.test_the_whole()
  local rows = rows_of(20,
    function(i) return i end,
    function(i) return i > 10 end,
    function(i) return i <= 8 and "filling" or i <= 10 and "on" or "heating up" end)
  lu.assertEquals(plot.of({ "LEVEL", "PUMP", "STEP" }, { "°C" }, rows, { width = 20, height = 2 }), [[
LEVEL [°C]        20            ▁▂▃▄▄▅▆▇█
                   1 ▁▁▂▃▄▄▅▆▇███████████
PUMP                 ▁▁▁▁▁▁▁▁▁▁██████████
STEP                 |filling|…|heating …
                     0 s            1.9 s
]])
end

function TestPlot.test_it_fits_a_terminal()
  local rows = rows_of(1000, math.sin, function(i) return ("step %d"):format(i // 50) end)
  lu.assertEquals(widest(plot.of({ "LEVEL", "a_name_that_is_longer_than_most_names" }, {}, rows)), 80)
end

function TestPlot.test_few_scans_are_wide()
  local text = plot.of({ "STEP" }, {}, rows_of(3, function(i) return ({ "one", "two", "two" })[i] end), { width = 13 })
  lu.assertEquals(text, "STEP           |one|two    \n               0 s    0.2 s\n")
end

function TestPlot.test_a_pulse_is_not_lost()
  local rows = rows_of(800, function(i) return i == 333 end)
  lu.assertStrContains(plot.of({ "PULSE" }, {}, rows, { width = 10 }), "▁▁▁▁▂▁▁▁▁▁")
end

function TestPlot.test_texts_of_all_kinds()
  local function shown(text)
    return plot.of({ "T" }, {}, rows_of(8, function() return text end), { width = 8 }):match "|[^\n]*"
  end
  lu.assertEquals({ shown "", shown "äöü", shown "a\nb", shown "\xff\x01", shown "äöüäöüäöü" },
    { "|       ", "|äöü    ", "|a?b    ", "|??     ", "|äöüäöü…" })
end

function TestPlot.test_nothing_and_nonsense()
  lu.assertEquals(plot.of({ "A" }, {}, {}), "no scan was run\n")
  local function refused(problem, options)
    lu.assertErrorMsgContains(problem, plot.of, { "A" }, {}, {}, options)
  end
  refused("plot: width is a whole number of at least 1, not 0", { width = 0 })
  refused("plot: height is a whole number of at least 1, not 1.5", { height = 1.5 })
  refused("plot: unknown option with; did you mean width?", { with = 9 })
  lu.assertStrContains(plot.of({ "NAN" }, {}, rows_of(3, function() return 0 / 0 end), { width = 3 }), "???")
end

function TestPlot.test_units_are_the_scripts()
  local plant = written.load [[mem.T = input.float32(0, { unit = "bar" })]]
  local trace = plant:trace { "T" }
  plant:scans()
  lu.assertStrContains(trace:plot(), "T [bar] ", false, false)
end
