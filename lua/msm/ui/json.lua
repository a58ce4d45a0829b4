--- Text for the browser: what a page is made of as JSON, its keys in order, so that the same page is
--- the same text each time.

local json = {}

-- Control characters cannot stand in JSON, and a browser that reads HTML is given nothing to find.
local function quoted(text)
  return '"' .. text:gsub('[%c"\\<>\127]', function(byte)
    return ("\\u%04x"):format(byte:byte())
  end) .. '"'
end

local function number(value)
  if math.type(value) == "integer" then
    return ("%d"):format(value)
  end
  local text = ("%.15g"):format(value)
  return tonumber(text) == value and text or ("%.17g"):format(value)
end

local text_of

local function list(values)
  local texts = {}
  for i, value in ipairs(values) do
    texts[i] = text_of(value)
  end
  return "[" .. table.concat(texts, ",") .. "]"
end

local function object(values)
  local keys, texts = {}, {}
  for key in pairs(values) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    texts[i] = quoted(key) .. ":" .. text_of(values[key])
  end
  return "{" .. table.concat(texts, ",") .. "}"
end

--- A value as JSON. A table with an element 1 is a list, an empty one an object.
---@param value boolean|number|string|table numbers are finite, texts UTF-8, keys text
---@return string
---@nodiscard
function json.text(value)
  if type(value) == "table" then
    return value[1] ~= nil and list(value) or object(value)
  elseif type(value) == "string" then
    return quoted(value)
  end
  return type(value) == "number" and number(value) or tostring(value)
end
text_of = json.text

return json
