--- A number that stands for a text of moments: a changed text has another one, so that what was
--- remembered under the old one is not taken for the new one's.

local function written(value)
  if type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  for key, one in pairs(value) do
    parts[#parts + 1] = ("%s=%s"):format(tostring(key), written(one))
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ";") .. "}"
end

---@param meaning any text, a number or a table of these
---@return integer mark above 0
return function(meaning)
  local mark = 5381
  for byte in written(meaning):gmatch(".") do
    mark = (mark * 33 + byte:byte()) % 0xffffffff
  end
  return mark + 1
end
