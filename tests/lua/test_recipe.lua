-- Proves msm.recipe: values are saved and loaded, all of them or none, bounded, through restarts.
-- luacheck: read_globals host

local lu = require "luaunit"
local recipe = require "msm.recipe"

mem.SETPOINT = holding.float32(0, { min = 0, max = 100, default = 20 })
mem.TIME = holding.uint16(2, { default = 5 })
mem.STEPS = holding.uint16(3, { count = 3 })
mem.LABEL = holding.string(10, { length = 8 })
mem.ON = coil(0)
mem.WORLD = input.uint16(0, { dir = "in" })

local set = recipe.book("products", { fields = { "SETPOINT", "TIME", "STEPS", "LABEL", "ON" }, most = 3 })
local world = recipe.book("world", { fields = { "TIME", "WORLD" } })

local function refusal(...)
  local ok, text = pcall(recipe.book, ...)
  return not ok and tostring(text) or "accepted"
end

local refused = {
  { refusal("products", { fields = { "TIME" } }), 'recipe.book "products" is made at' },
  { refusal("x", { fields = { "TIM" } }), "TIME" },
  { refusal("x", { fields = { "TIME", "TIME" } }), "stands there twice" },
  { refusal("x", { fields = {} }), "a list" },
  { refusal(("x"):rep(41), { fields = { "TIME" } }), "at most 40 bytes" },
  { (select(2, pcall(set.load, set, "cola"))), "belongs in a task" },
}

every(0.1, function() end)

local function assign(values)
  for name, value in pairs(values) do
    mem[name] = value
  end
  host.advance(0.1)
end

local COLA <const> = { SETPOINT = 80, TIME = 30, STEPS = { 1, 2, 3 }, LABEL = "COLA", ON = true }
local NONE <const> = { SETPOINT = 1, TIME = 1, STEPS = { 0, 0, 0 }, LABEL = "", ON = false }

local function present()
  return { SETPOINT = mem.SETPOINT, TIME = mem.TIME, STEPS = { mem.STEPS[1], mem.STEPS[2], mem.STEPS[3] },
    LABEL = mem.LABEL, ON = mem.ON }
end

TestRecipe = {}

function TestRecipe.setUp()
  for _, name in ipairs(set:names()) do
    set:remove(name)
  end
  assign(COLA)
  assert(set:save("cola"))
  assign(NONE)
end

function TestRecipe.test_refusals()
  for _, row in ipairs(refused) do
    lu.assertStrContains(row[1], row[2])
  end
  lu.assertErrorMsgContains("has no lod", function() return set.lod end)
end

function TestRecipe.test_a_dot_is_told()
  for _, name in ipairs { "save", "load", "get", "remove", "names" } do
    lu.assertErrorMsgContains(("recipe.book: %s is called with a colon, as in my_book:%s("):format(name, name),
      set[name], "cola")
  end
  lu.assertEquals(set:names(), { "cola" })
end

function TestRecipe.test_load()
  lu.assertTrue(set:load("cola"))
  lu.assertEquals(present(), COLA)
  lu.assertEquals(set.loaded, "cola")
  host.advance(0.1)
  lu.assertEquals(host.read(mem, "holding", 2, 1), { 30 })
end

function TestRecipe.test_what_was_saved_is_no_view()
  assign { SETPOINT = 7, STEPS = { 9, 9, 9 } }
  lu.assertEquals(set:get("cola"), COLA)
  set:get("cola").STEPS[1] = 77
  lu.assertEquals(set:get("cola").STEPS[1], 1)
end

function TestRecipe.test_all_or_none()
  assert(world:save("w"))
  local ok, why = world:load("w")
  lu.assertNil(ok)
  lu.assertStrContains(why, 'the recipe "w": ')
  lu.assertStrContains(why, "WORLD")
  lu.assertEquals(world.loaded, "")
  lu.assertEquals(mem.TIME, 1)
  assign { TIME = 9 }
  lu.assertNil(world:load("w"))
  lu.assertEquals(mem.TIME, 9) -- written first, and taken back
end

function TestRecipe.test_names_and_bounds()
  assert(set:save("water"))
  assert(set:save("beer"))
  lu.assertEquals(set:names(), { "beer", "cola", "water" })
  local ok, why = set:save("tea")
  lu.assertNil(ok)
  lu.assertEquals(why, "products is full: it has 3 recipes")
  assert(set:save("beer")) -- again
  lu.assertTrue(set:remove("beer"))
  assert(set:save("tea"))
  ok, why = set:load("beer")
  lu.assertNil(ok)
  lu.assertStrContains(why, 'no recipe "beer"')
  lu.assertStrContains(select(2, set:load("colla")), 'did you mean "cola"?')
  lu.assertNil((set:load(nil)))
  lu.assertNil((set:save("")))
  lu.assertNil((set:save(("x"):rep(48))))
  lu.assertNil((set:remove("beer")))
  lu.assertNil((set:get("beer")))
end

local SCRIPT = [[
  local recipe = require "msm.recipe"
  mem.A = holding.uint16(0, { max = 100 })
  mem.B = holding.uint16(1)
  book = recipe.book("book", { fields = { "B", "A" } })
  every("100ms", function() end)
]]

function TestRecipe.test_a_restart_and_another_text()
  local play = host.play(SCRIPT)
  play:run()
  play:eval("mem.A = 90")
  play:eval("mem.B = 7")
  lu.assertTrue(play:eval('book:save("x")'))
  play:restart()
  play:run()
  lu.assertEquals({ play:eval('book:load("x"), mem.A, mem.B') }, { true, 90, 7 })
  play:restart((SCRIPT:gsub("100 }", "50 }")))
  play:run()
  play:eval("mem.B = 1")
  local ok, why = play:eval('book:load("x")')
  lu.assertNil(ok)
  lu.assertStrContains(why, "0..50")
  lu.assertEquals({ play:eval("mem.A, mem.B") }, { 0, 1 })
  play:restart((SCRIPT:gsub('"B", "A"', '"B", "A", "C"'):gsub("book =", "mem.C = coil(0) %0")))
  play:run()
  lu.assertStrContains(select(2, play:eval('book:load("x")')), "has no C")
end
