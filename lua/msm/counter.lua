--- Counters: CTU, CTD and CTUD, the standard function blocks of IEC 61131-3:2003, 2.5.2.3.3
--- "Counters" (table 36). They count the calls in which an input has become true; one that is true in
--- the very first call counts, as R_TRIG does. CV is a whole number, which stays where it is at the
--- ends of 64 bits (the standard's PVmin and PVmax). PV may be assigned, and holds from the next call
--- on.

local block = require "msm.block"
local check = require "msm.check"

local counter = {}

local PRESET = { PV = check.integer() }

-- Whether the input has become true; `memory` is where the last call's is remembered.
local function rises(state, memory, input)
  local was = state[memory]
  if was ~= input then
    state[memory] = input
  end
  return input and not was
end

-- A field is written only when it changes.
local function put(state, name, value, was)
  if value ~= was then
    state[name] = value
  end
  return value
end

local function up(CV)
  return CV < math.maxinteger and CV + 1 or CV
end

local function down(CV)
  return CV > math.mininteger and CV - 1 or CV
end

local CTU = block.kind {
  name = "counter.CTU",
  state = { Q = false, CV = 0, CU = false },
  outputs = { "Q", "CV" },
  parameters = PRESET,
  call = function(state, parameters, CU, R)
    R = R or false
    block.boolean(CU, "CU", parameters)
    block.boolean(R, "R", parameters)
    local rose, was = rises(state, "CU", CU), state.CV
    local CV = was
    if R then
      CV = 0
    elseif rose then
      CV = up(CV)
    end
    put(state, "CV", CV, was)
    return put(state, "Q", CV >= parameters.PV, state.Q)
  end,
}

local CTD = block.kind {
  name = "counter.CTD",
  state = { Q = false, CV = 0, CD = false },
  outputs = { "Q", "CV" },
  parameters = PRESET,
  call = function(state, parameters, CD, LD)
    LD = LD or false
    block.boolean(CD, "CD", parameters)
    block.boolean(LD, "LD", parameters)
    local rose, was = rises(state, "CD", CD), state.CV
    local CV = was
    if LD then
      CV = parameters.PV
    elseif rose then
      CV = down(CV)
    end
    put(state, "CV", CV, was)
    return put(state, "Q", CV <= 0, state.Q)
  end,
}

local CTUD = block.kind {
  name = "counter.CTUD",
  state = { QU = false, QD = false, CV = 0, CU = false, CD = false },
  outputs = { "QU", "QD", "CV" },
  parameters = PRESET,
  call = function(state, parameters, CU, CD, R, LD)
    R, LD = R or false, LD or false
    block.boolean(CU, "CU", parameters)
    block.boolean(CD, "CD", parameters)
    block.boolean(R, "R", parameters)
    block.boolean(LD, "LD", parameters)
    local rose_up, rose_down = rises(state, "CU", CU), rises(state, "CD", CD)
    local was = state.CV
    local CV = was
    if R then
      CV = 0
    elseif LD then
      CV = parameters.PV
    elseif rose_up and not rose_down then
      CV = up(CV)
    elseif rose_down and not rose_up then
      CV = down(CV)
    end
    put(state, "CV", CV, was)
    local QU = put(state, "QU", CV >= parameters.PV, state.QU)
    return QU, put(state, "QD", CV <= 0, state.QD)
  end,
}

---@class msm.counter.Options
---@field retain boolean|nil the count survives a restart

---@class msm.counter.CTU
---@field Q boolean output: CV has reached PV
---@field CV integer count
---@field PV integer preset; may be assigned
---@overload fun(CU: boolean, R: boolean|nil): boolean

---@class msm.counter.CTD
---@field Q boolean output: CV has come down to 0
---@field CV integer count
---@field PV integer preset; may be assigned
---@overload fun(CD: boolean, LD: boolean|nil): boolean

---@class msm.counter.CTUD
---@field QU boolean output: CV has reached PV
---@field QD boolean output: CV has come down to 0
---@field CV integer count
---@field PV integer preset; may be assigned
---@overload fun(CU: boolean, CD: boolean, R: boolean|nil, LD: boolean|nil): boolean, boolean

--- Up-counter, CTU: counts the rises of CU; R sets CV to 0. Q is true while CV is PV or more.
---
---     local boxes = counter.CTU("boxes", 12)
---     every("10ms", function() mem.FULL = boxes(mem.SENSOR, mem.EMPTIED) end)
---@param name string its own among the up-counters
---@param PV integer preset
---@param options msm.counter.Options|nil
---@return msm.counter.CTU
---@nodiscard
function counter.CTU(name, PV, options)
  return block.preset(CTU, name, "PV", PV, options)
end

--- Down-counter, CTD: LD sets CV to PV; each rise of CD takes 1 away. Q is true while CV is 0 or
--- less, so also before the first LD.
---@param name string its own among the down-counters
---@param PV integer preset
---@param options msm.counter.Options|nil
---@return msm.counter.CTD
---@nodiscard
function counter.CTD(name, PV, options)
  return block.preset(CTD, name, "PV", PV, options)
end

--- Up-down-counter, CTUD: rises of CU add 1, of CD take 1 away, both in one call leave CV; R sets it
--- to 0, LD to PV, and R goes before LD. Answers with QU and QD.
---@param name string its own among the up-down-counters
---@param PV integer preset
---@param options msm.counter.Options|nil
---@return msm.counter.CTUD
---@nodiscard
function counter.CTUD(name, PV, options)
  return block.preset(CTUD, name, "PV", PV, options)
end

return check.module("msm.counter", counter)
