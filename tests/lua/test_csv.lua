-- Proves how msm.csv writes values (RFC 4180, numbers with all their digits, moments in UTC), and what
-- it refuses. Here nothing reaches a file; tests/wire/test_csv.py has those.
-- luacheck: read_globals host

local lu = require "luaunit"
local csv = require "msm.csv"

local log = csv.log("energy-1", { columns = { "TIME", "POWER", "NOTE" }, keep = "30d" })

local function refusal(...)
  local ok, text = pcall(csv.log, ...)
  return not ok and tostring(text) or "accepted"
end

local refused = {
  { refusal("energy-1", { columns = { "A" } }), 'csv.log "energy-1" is made at' },
  { refusal("a/b", { columns = { "A" } }), 'letters, digits, "_" and "-"' },
  { refusal("../x", { columns = { "A" } }), 'letters, digits, "_" and "-"' },
  { refusal(("x"):rep(41), { columns = { "A" } }), "40 of them" },
  { refusal("", { columns = { "A" } }), "empty" },
  { refusal("twice", { columns = { "A", "B", "A" } }), '"A" stands there twice' },
  { refusal("none", { columns = {} }), "a list" },
  { refusal("none", {}), "columns is missing" },
  { refusal("none", { columns = { "" } }), "a name is empty" },
  { refusal("none", { columns = { "A" }, size = 0 }), "0.001 to 10000" },
  { refusal("none", { columns = { "A" }, file = 3 }), "did you mean files?" },
  { refusal("long", { columns = { ("x"):rep(5000) } }), "4096 bytes" },
  { (select(2, pcall(log.write, log, {}))), "not in the script's body" },
}

every(1, function() end)

TestField = {}

function TestField.test_numbers_come_back_as_they_were()
  local seed = 4180
  math.randomseed(seed)
  for i = 1, 20000 do
    local bits = math.random(0)
    local number = string.unpack("d", string.pack("j", bits))
    local text = csv.field(number)
    if number == number then
      local same = tonumber(text) == number or text == "inf" or text == "-inf"
      lu.assertTrue(same, ("seed %d, %d: %s"):format(seed, i, text))
    else
      lu.assertEquals(text, "nan")
    end
    lu.assertEquals(math.tointeger(csv.field(bits)), bits)
  end
  lu.assertEquals({ csv.field(0.1), csv.field(20.0), csv.field(7), csv.field(1 / 0), csv.field(-1 / 0) },
    { "0.1", "20", "7", "inf", "-inf" })
end

-- A reader that goes by characters, as RFC 4180 says.
local function read(line)
  local fields, at = {}, 1
  repeat
    local field = ""
    if line:sub(at, at) == '"' then
      at = at + 1
      while line:sub(at, at) ~= '"' or line:sub(at + 1, at + 1) == '"' do
        at = at + (line:sub(at, at) == '"' and 1 or 0)
        field, at = field .. line:sub(at, at), at + 1
      end
      at = at + 1
    else
      field = line:match("[^,]*", at)
      at = at + #field
    end
    fields[#fields + 1] = field
    at = at + 1
  until at > #line + 1
  return fields
end

function TestField.test_any_text_comes_back()
  math.randomseed(7)
  local alphabet = { '"', ",", "\r", "\n", "a", "ä", " ", ";" }
  for _ = 1, 2000 do
    local texts, fields = {}, {}
    for k = 1, 3 do
      local text = ""
      for _ = 1, math.random(0, 6) do
        text = text .. alphabet[math.random(#alphabet)]
      end
      texts[k], fields[k] = text, csv.field(text)
    end
    lu.assertEquals(read(table.concat(fields, ",")), texts)
  end
end

function TestField.test_others()
  lu.assertEquals({ csv.field(true), csv.field(false), csv.field(nil), csv.field("plain text") },
    { "true", "false", "", "plain text" })
  lu.assertNil(csv.field({}))
end

function TestField.test_time()
  lu.assertEquals(csv.time(0), "1970-01-01T00:00:00.000Z")
  lu.assertEquals(csv.time(1767323045.25), "2026-01-02T03:04:05.250Z")
  lu.assertEquals(csv.time(1767323045.9996), "2026-01-02T03:04:06.000Z")
end

TestLog = {}

function TestLog.test_refusals()
  for _, row in ipairs(refused) do
    lu.assertStrContains(row[1], row[2])
  end
end

function TestLog.test_a_dot_is_told()
  lu.assertErrorMsgContains("csv.log: write is called with a colon, as in my_log:write(", log.write, { A = 5 })
end

function TestLog.test_rows()
  lu.assertTrue(log:write { POWER = 1.5, NOTE = "x" })
  lu.assertTrue(log:write {})
  lu.assertEquals({ log.written, log.lost }, { 0, 0 }) -- a test writes nothing
  lu.assertErrorMsgContains('"energy-1" has no column POWR; did you mean POWER?', log.write, log, { POWR = 1 })
  lu.assertErrorMsgContains("NOTE must be a number, text, true or false, not a table", log.write, log, { NOTE = {} })
  lu.assertErrorMsgContains("write takes a row", log.write, log, 5)
  lu.assertErrorMsgContains("at most", log.write, log, { NOTE = ("x"):rep(9000) })
end

function TestLog.test_fields()
  lu.assertErrorMsgContains("has no lots", function() return log.lots end)
  lu.assertErrorMsgContains("cannot be assigned", function() log.written = 5 end)
end
