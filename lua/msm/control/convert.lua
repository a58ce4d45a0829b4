--- What makes one number of another and remembers nothing: msm.control has them.

local check = require "msm.check"
local core = require "msm.core"

local convert = {}

local NUMBER = check.number()

--- The one in the middle of three, so that one sensor that is far off does not count. All three must
--- be finite numbers.
---
---     mem.TEMP = control.median(mem.TEMP_1, mem.TEMP_2, mem.TEMP_3)
---@param a number
---@param b number
---@param c number
---@return number
function convert.median(a, b, c)
  NUMBER.take(a, "control.median: the first value")
  NUMBER.take(b, "control.median: the second value")
  NUMBER.take(c, "control.median: the third value")
  return math.max(math.min(a, b), math.min(math.max(a, b), c))
end

--- A straight line through two points: 4..20 mA to 0..100 %.
---
---     mem.LEVEL = control.scale(mem.CURRENT, 4, 20, 0, 100)
---
--- Beyond its ends the line goes on.
---@param value number
---@param from_low number
---@param from_high number not the same as from_low
---@param to_low number
---@param to_high number
---@return number
function convert.scale(value, from_low, from_high, to_low, to_high)
  NUMBER.take(value, "control.scale: the value")
  NUMBER.take(from_low, "control.scale: from_low")
  NUMBER.take(from_high, "control.scale: from_high")
  NUMBER.take(to_low, "control.scale: to_low")
  NUMBER.take(to_high, "control.scale: to_high")
  if from_low == from_high then
    core.complain(("control.scale: from_low and from_high are both %s; a range has two ends"):format(from_low))
  end
  local share = (value + 0.0 - from_low) / (from_high + 0.0 - from_low)
  return to_low * (1 - share) + to_high * share -- at both ends exactly these
end

local POINT = check.list(NUMBER)

local function check_points(points)
  local taken = check.value("control.curve: the points", points, check.list(POINT))
  for i, point in ipairs(taken) do
    if #point ~= 2 then
      core.complain(("control.curve: point %d has %d numbers; it has two, { x, y }"):format(i, #point))
    elseif i > 1 and point[1] <= taken[i - 1][1] then
      core.complain(("control.curve: x = %s of point %d is not above x = %s of the one before")
        :format(point[1], i, taken[i - 1][1]))
    end
  end
  if #taken == 1 then
    core.complain("control.curve: one point makes no line; give two or more")
  end
  return taken
end

--- A line through points, as for a tank's table of heights and volumes: straight between two. Before
--- the first and after the last point it stays level. The function takes a finite number.
---
---     local volume = control.curve { { 0, 0 }, { 1, 2.5 }, { 2, 9 } }
---     every("1s", function() mem.VOLUME = volume(mem.HEIGHT) end)
---@param points number[][] { x, y } with rising x, two points or more
---@return fun(x: number): number
---@nodiscard
function convert.curve(points)
  local line = check_points(points)
  local last = #line
  return function(x)
    NUMBER.take(x, "control.curve: x")
    if x <= line[1][1] then
      return line[1][2]
    elseif x >= line[last][1] then
      return line[last][2]
    end
    local low, high = 1, last
    while high - low > 1 do
      local middle = (low + high) // 2
      if line[middle][1] <= x then
        low = middle
      else
        high = middle
      end
    end
    local a, b = line[low], line[high]
    return a[2] + (x - a[1]) / (b[1] - a[1]) * (b[2] - a[2])
  end
end

return convert
