// Proves that pages of the script's own show what it says, live, and write what it says, no more: nothing before somebody
// agrees, refusals in words, and no value shown as written that the program has put back.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, launch, open, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `
local ui = require "msm.ui"
mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100, hi = 90, decimals = 1, default = 42.5, desc = "Tank level" })
mem.SP    = holding.float32(0, { unit = "%", min = 0, max = 80, desc = "Wanted" })
mem.PUMP  = coil(0, { desc = "Pump" })
mem.STUCK = coil(1, { desc = "Stuck" })
mem.LEAK  = discrete(0)
mem.MODE  = holding.uint16(2, { labels = { [0] = "OFF", "HAND", "AUTO" } })
mem.TOTAL = holding.uint32(4, { default = 7 })
mem.TEMPS = holding.int16(8, { count = 3, min = 0, max = 9, default = 4, desc = "Temperatures" })
mem.DOOR  = coil(2, { desc = "Door" })
every("100ms", function() mem.STUCK = false end)
ui.page "First" {
  ui.row { ui.tank "LEVEL", ui.trend { "LEVEL", "SP", width = 2 } },
  ui.row { ui.value "SP", ui.switch "PUMP", ui.switch "STUCK", ui.select "MODE", ui.lamp { "LEAK", normal = true } },
  ui.group "Box" { ui.row { ui.value "TOTAL", ui.button "Reset" { writes = { TOTAL = 0 }, confirm = "Really?" } } },
  ui.row { ui.button "Both" { writes = { TOTAL = 3, PUMP = false } }, ui.switch { "DOOR", confirm = true } },
  ui.alarms {},
}
ui.page "Second" { ui.text "A word.", ui.list { match = "*L*" }, ui.bar "LEVEL", ui.value "TEMPS" }
`;

let program, browser;

before(async () => {
  program = new Program(SCRIPT);
  await program.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await program?.end();
});

const tile = (page, name) => page.locator(`.tile[data-name="${name}"]`);
const value_of = async (name) => (await program.ask({ do: "get", names: [name] })).values[0].value;

// Runs f with a fresh page; what went wrong in it fails the test.
async function looking(f, options) {
  const page = await open(browser, program.url, options);
  await f(page);
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

test("the first page comes first, the others are beside it", () => looking(async (page) => {
  await page.locator(".tabs a[aria-current]").waitFor();
  assert.deepEqual(await page.locator(".tabs a").allTextContents(), ["First", "Second", "All values"]);
  await tile(page, "LEVEL").getByText("42.5").waitFor();
  await page.locator(".group-title", { hasText: "Box" }).waitFor();
  await page.locator(".tabs a", { hasText: "Second" }).click();
  await page.getByText("A word.").waitFor();
  await tile(page, "TEMPS").getByText("4  4  4").waitFor();
  assert.deepEqual(await page.locator(".list dt").allTextContents(), ["Tank level", "LEAK", "TOTAL"]);
}));

test("what is not normal stands out, and says so in words", () => looking(async (page) => {
  await page.locator('.tile-lamp[data-abnormal="true"]', { hasText: "OFF" }).waitFor();
  await program.ask({ do: "force", name: "LEVEL", value: 95 });
  await tile(page, "LEVEL").locator(".remark", { hasText: "high" }).waitFor();
  await tile(page, "LEVEL").locator(".remark", { hasText: "FORCED" }).waitFor();
  await picture(page, "own-abnormal");
  await program.ask({ do: "unforce", name: "LEVEL", restore: true });
  await tile(page, "LEVEL").locator(".remark").first().waitFor({ state: "detached" });
}));

test("alarms stand on the page, and are acknowledged there", () => looking(async (page) => {
  const alarms = page.locator(".tile-alarms");
  await program.ask({ do: "ack", all: true }); // what another test left
  await alarms.getByText("Nothing wants attention.").waitFor();
  await program.ask({ do: "force", name: "LEVEL", value: 95 });
  await alarms.getByText("LEVEL", { exact: true }).waitFor();
  await page.locator('.bar-count[data-priority="3"][data-unseen="true"]').waitFor();
  await alarms.getByRole("button", { name: "Acknowledge LEVEL" }).click();
  await page.locator('.bar-count[data-priority="3"][data-unseen="false"]').waitFor();
  await program.ask({ do: "unforce", name: "LEVEL", restore: true });
  await alarms.getByText("Nothing wants attention.").waitFor();
}));

test("a switch writes, and shows what the program has", () => looking(async (page) => {
  await tile(page, "PUMP").getByRole("button", { name: "ON" }).click();
  await tile(page, "PUMP").locator('button[aria-pressed="true"]', { hasText: "ON" }).waitFor();
  assert.equal(await value_of("PUMP"), true);
  await tile(page, "MODE").getByRole("button", { name: "AUTO" }).click();
  await tile(page, "MODE").locator('button[aria-pressed="true"]', { hasText: "AUTO" }).waitFor();
  assert.equal(await value_of("MODE"), 2);
}));

test("what the program puts back is said to be reverted", () => looking(async (page) => {
  await tile(page, "STUCK").getByRole("button", { name: "ON" }).click();
  await tile(page, "STUCK").locator(".remark.reverted").waitFor();
  await tile(page, "STUCK").locator('button[aria-pressed="true"]', { hasText: "OFF" }).waitFor();
}));

test("a button asks first where it should, and writes all or says why not", () => looking(async (page) => {
  const reset = page.getByRole("button", { name: "Reset" });
  await reset.first().click();
  await page.getByRole("dialog").getByText("Really?").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await value_of("TOTAL"), 7);
  await reset.first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
  await tile(page, "TOTAL").getByText("0", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Both" }).click();
  await tile(page, "TOTAL").getByText("3", { exact: true }).waitFor();
  assert.equal(await value_of("PUMP"), false);
}));

test("a switch that asks first writes nothing before", () => looking(async (page) => {
  await tile(page, "DOOR").getByRole("button", { name: "ON" }).click();
  await page.getByRole("dialog").getByText("Door becomes ON.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal(await value_of("DOOR"), false);
}));

test("a value is typed, checked, and applied with old and new in sight", () => looking(async (page) => {
  await tile(page, "SP").getByRole("button").first().click();
  const face = page.getByRole("dialog");
  await face.getByRole("textbox", { name: /New value/ }).fill("81");
  await face.getByText("It takes 0 to 80 %.").waitFor();
  assert.ok(await face.getByRole("button", { name: "Apply" }).isDisabled());
  await face.getByRole("textbox", { name: /New value/ }).fill("33.5");
  await face.getByText("0 % → 33.5 %").waitFor();
  assert.equal(await value_of("SP"), 0); // typing sends nothing
  await page.keyboard.press("Enter");
  await face.locator(".face-number", { hasText: "33.5" }).waitFor();
  await page.keyboard.press("Escape");
  await tile(page, "SP").getByText("33.5").waitFor();
}));

test("after a reload the page is that of the new text", () => looking(async (page) => {
  await tile(page, "LEVEL").waitFor();
  program.write(SCRIPT.replaceAll("First", "Begin").replace('ui.tank "LEVEL"', 'ui.bar "TOTAL"'));
  const answer = await program.ask({ do: "reload" });
  assert.ok(answer.ok, answer.error);
  await page.locator(".tabs a", { hasText: "Begin" }).waitFor();
  await page.locator(".tile-bar").waitFor();
  program.write(SCRIPT);
  await program.ask({ do: "reload" });
  await page.locator(".tabs a", { hasText: "First" }).waitFor();
}));

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`it fits and is legible on a ${size}, ${colorScheme}`, () => looking(async (page) => {
      await tile(page, "LEVEL").getByText("42.5").waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.deepEqual(await accessible(page), []);
      await picture(page, `own-${size}-${colorScheme}`);
    }, { viewport, colorScheme }));
  }
}
