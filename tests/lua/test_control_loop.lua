-- Proves control.PID in the closed loop: its step response, and that to a load, against an
-- independent reference: the same controller and process in continuous time.
--
-- The process has a gain of 2, a time constant of 60 s and a dead time of 10 s. The script calls its
-- controller every 100 ms, 1 % of the dead time, so that sampling is not the difference; between two
-- calls its process is solved exactly in steps of 4 ms, with the output held. The reference
-- integrates controller and process together by the midpoint rule in steps of 4 ms. The set point
-- goes from 0 to 10 at the first call and a load of 5 comes after 250 s of 450 s. At every call the
-- measurements differ by less than 1 % of the step.
-- luacheck: read_globals host

local lu = require "luaunit"
local control = require "msm.control"

local SCAN <const>, STEP <const>, STEPS <const> = 0.1, 0.004, 25
local GAIN <const>, LAG <const>, DEAD <const> = 2, 60, 10
local TO <const>, LOAD <const>, LOAD_AT <const>, CALLS <const> = 10, 5, 2500, 4500
local HELD <const> = 1 - math.exp(-STEP / LAG)

local WIDE = { min = -1000, max = 1000 }

local CASES = {
  { name = "P", kp = 1.5 },
  { name = "PI", kp = 1.5, ti = 60 },
  { name = "PD", kp = 2, td = 4 },
  { name = "PID", kp = 1.5, ti = 60, td = 4 },
  { name = "PID n 3", kp = 2, ti = 45, td = 5, n = 3 },
  { name = "parallel I", form = "parallel", kp = 0, ki = 0.01 },
  { name = "parallel PI", form = "parallel", kp = 1.2, ki = 0.03 },
  { name = "parallel PD", form = "parallel", kp = 2, kd = 7 },
  { name = "parallel PID", form = "parallel", kp = 1.5, ki = 0.025, kd = 6 },
  { name = "deadband", kp = 1.5, ti = 40, deadband = 0.5 },
  { name = "limits", kp = 2.5, ti = 50, td = 3, min = 0, max = 7 },
}

local loops = {}
local function add(case, action)
  local options = {}
  for key, value in pairs(case) do
    options[key] = value
  end
  options.name, options.action = nil, action
  options.min, options.max = case.min or WIDE.min, case.max or WIDE.max
  local name = case.name .. " " .. action
  loops[#loops + 1] = { name = name, case = options, pid = control.PID(name, options),
    sign = action == "reverse" and 1 or -1 }
end
for _, case in ipairs(CASES) do
  add(case, "reverse")
  add(case, "direct")
end

local calls = 0
every(SCAN, function()
  for _, loop in ipairs(loops) do
    loop.u = loop.pid(loop.sign * TO, loop.sign * (loop.y or 0))
  end
  calls = calls + 1
end)

-- A dead time: what was put in DEAD seconds ago, 0 before.
local function delay()
  local ring, at, length = {}, 0, math.floor(DEAD / STEP + 0.5)
  for i = 1, length do
    ring[i] = 0
  end
  return function(value)
    at = at % length + 1
    local out = ring[at]
    ring[at] = value
    return out
  end
end

-- Gains in the parallel form and the filter's time constant.
local function gains_of(case)
  local kp, ki, kd = case.kp, case.ki or 0, case.kd or 0
  if case.form ~= "parallel" then
    ki = case.ti and kp / case.ti or 0
    kd = kp * (case.td or 0)
  end
  return kp, ki, kd, kd > 0 and kd / kp / (case.n or 10) or 1
end

local function beyond_band(e, band)
  return e - math.max(-band, math.min(band, e))
end

-- The reference: three states, the measurement y, its filtered self f and the integral i. The
-- process of a direct controller is the mirror image of that of a reverse one, so it needs no other.
local function reference(case)
  local kp, ki, kd, filter = gains_of(case)
  local band, min, max = case.deadband or 0, case.min, case.max
  local delayed = delay()
  local y, f, i = 0, 0, 0
  local function slopes(at_y, at_f, at_i, arriving)
    local e = beyond_band(TO - at_y, band)
    local wanted = kp * e + at_i - kd * (at_y - at_f) / filter
    local grows = ki * e
    if wanted >= max and grows > 0 or wanted <= min and grows < 0 then
      grows = 0
    end
    return (GAIN * arriving - at_y) / LAG, (at_y - at_f) / filter, grows, math.max(min, math.min(max, wanted))
  end
  return function(load)
    local _, _, _, u = slopes(y, f, i, 0)
    local arriving = delayed(u) + load
    local dy, df, di = slopes(y, f, i, arriving)
    local half = STEP / 2
    dy, df, di = slopes(y + dy * half, f + df * half, i + di * half, arriving)
    y, f, i = y + dy * STEP, f + df * STEP, i + di * STEP
    return y
  end
end

TestLoop = {}

function TestLoop.test_within_1_percent_of_continuous_time()
  for _, loop in ipairs(loops) do
    loop.y, loop.delayed, loop.truth, loop.off = 0, delay(), reference(loop.case), 0
  end
  for call = 1, CALLS do
    local load = call > LOAD_AT and LOAD or 0
    for _, loop in ipairs(loops) do
      local y, u, delayed, truth, expected = loop.y, loop.u, loop.delayed, loop.truth, nil
      for _ = 1, STEPS do
        y = y + (GAIN * (delayed(u) + load) - y) * HELD
        expected = truth(load)
      end
      loop.y, loop.off = y, math.max(loop.off, math.abs(y - expected))
    end
    host.advance(SCAN)
  end
  lu.assertEquals(calls, CALLS + 1) -- the first one was made when the test began
  for _, loop in ipairs(loops) do
    lu.assertTrue(loop.off < 0.01 * TO, ("%s: off by %.2f %%"):format(loop.name, 100 * loop.off / TO))
    lu.assertTrue(math.abs(loop.y) > 1, loop.name .. " did not move")
  end
end
