-- A driver for a frequency inverter with a control word and a status word: start, stop and reset by
-- handshake. The device confirms each step in its status word, and only then comes the next one.
local inverter = {}

local REGISTERS = {
  RUN      = holding.bool(0, 0, { dir = "out", safe = false }),
  RESET    = holding.bool(0, 7, { dir = "out", safe = false }),
  SPEED    = holding.uint16(1,  { dir = "out", unit = "rpm", max = 3000 }),
  READY    = input.bool(0, 0),
  RUNNING  = input.bool(0, 1),
  FAULT    = input.bool(0, 3),
  ACTUAL   = input.uint16(1, { unit = "rpm" }),
}

--- Makes the memory of one inverter and mirrors it.
---@param name string of the memory: "drive1"
---@param options table of client.tcp: host, port, unit
---@return table drive with start(speed), stop(), reset(), step() to be called in each scan
function inverter.new(name, options)
  local drive = { mem = memory(name, { order = "ABCD" }) }
  local m = drive.mem
  local state = keep("inverter." .. name, { wanted = false, speed = 0 })
  m:declare(REGISTERS)
  options.mem = m
  drive.link = client.tcp(options)

  function drive.start(speed)
    state.wanted, state.speed = true, speed
  end

  function drive.stop()
    state.wanted = false
  end

  --- Asks for a fault to be cleared; step() takes the bit back when it is.
  function drive.reset()
    m.RESET = m.FAULT
  end

  --- One step of the handshake; returns what the drive is doing.
  function drive.step()
    if m:quality "READY" ~= "good" then
      m.RUN = false -- or it would run on by itself when it is back
      return "silent"
    end
    if m.FAULT then
      m.RUN, state.wanted = false, false
      return "fault"
    end
    m.RESET = false
    m.SPEED = state.wanted and state.speed or 0
    m.RUN = state.wanted and (m.READY or m.RUNNING)
    if m.RUN and not m.RUNNING then
      return "starting"
    elseif m.RUNNING and not m.RUN then
      return "stopping"
    end
    return m.RUNNING and "running" or "stopped"
  end

  return drive
end

return inverter
