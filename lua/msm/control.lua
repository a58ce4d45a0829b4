--- Controllers, actuators and what signals go through.

local check = require "msm.check"
local convert = require "msm.control.convert"
local signal = require "msm.control.signal"
local switch = require "msm.control.switch"

return check.module("msm.control", {
  PID = require "msm.control.pid",
  average = signal.average,
  curve = convert.curve,
  lag = signal.lag,
  median = convert.median,
  pwm = switch.pwm,
  ramp = signal.ramp,
  rate_limit = signal.rate_limit,
  scale = convert.scale,
  three_point = switch.three_point,
  total = signal.total,
  two_point = switch.two_point,
})
