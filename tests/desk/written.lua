-- Scripts of a few lines for tests, written into files that are taken away after each test.

local test = require "msm.test"

local written = { paths = {} }

--- Writes a text, into a file of its own or over another one; returns its path.
function written.write(text, path)
  path = path or os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  table.insert(written.paths, path)
  return path
end

--- A plant of a script with this text.
function written.load(text, options)
  return test.load(written.write(text), options)
end

--- The path of the last one.
function written.last()
  return written.paths[#written.paths]
end

function written.forget()
  for _, path in ipairs(written.paths) do
    os.remove(path)
  end
  written.paths = {}
end

return written
