// Proves what the alarms page does with a real program: what comes stands first with shape and number, acknowledging
// and shelving go through, what is shelved has a list of its own, and the journal tells all of it and who did it.

import { after, before, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accessible, launch, open, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `program { probation = "50ms" }
local alarm = require "msm.alarm"
mem.LEVEL = holding.float32(0, { unit = "%", default = 50, lo = 20, hi = 80, hihi = 95, priority = "urgent",
                                 desc = "Tank level" })
mem.TRIP = coil(0)
local trip = alarm.condition("trip", { priority = "low", text = "The breaker is off" })
every("20ms", function() trip(mem.TRIP) end)
`;

let program, browser;

before(async () => {
  browser = await launch();
});

beforeEach(async () => {
  await program?.end();
  program = new Program(SCRIPT);
  await program.start();
});

after(async () => {
  await browser?.close();
  await program?.end();
});

const set = (name, value) => program.ask({ do: "set", name, value });
const alarms = async (view = "", options = {}) => {
  const page = await open(browser, `${program.url}#/alarms${view}`, options);
  await page.getByRole("tab", { name: "Active" }).waitFor();
  return page;
};
const row = (page, name) => page.locator(`.alarm-list tr[data-name="${name}"]`);

test("what comes is there at once, the most urgent first, and goes when it was seen and is gone", async () => {
  const page = await alarms();
  await page.locator(".alarms-calm", { hasText: "Nothing wants attention" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Acknowledge all" }).isDisabled(), true);
  await set("TRIP", true);
  await row(page, "trip").filter({ hasText: "The breaker is off" }).waitFor();
  await set("LEVEL", 90);
  await row(page, "LEVEL").filter({ hasText: /▲1.*new.*still on/ }).waitFor();
  assert.deepEqual(await page.locator("#view-active tr[data-name]").evaluateAll((rows) => rows.map((one) =>
    one.dataset.name)), ["LEVEL", "trip"]);
  await page.locator('[role="log"]', { hasText: "urgent alarm" }).waitFor({ state: "attached" });
  await row(page, "LEVEL").getByRole("link", { name: "Trend of LEVEL" }).waitFor();
  assert.equal(await row(page, "trip").getByRole("link").isVisible(), false);
  await picture(page, "alarms-active");
  await row(page, "LEVEL").getByRole("button", { name: "Acknowledge LEVEL" }).click();
  await row(page, "LEVEL").filter({ hasText: /seen.*still on/ }).waitFor();
  assert.equal(await row(page, "LEVEL").getByRole("button", { name: "Acknowledge LEVEL" }).isVisible(), false);
  await set("LEVEL", 50);
  await row(page, "LEVEL").waitFor({ state: "detached" });
  await set("TRIP", false);
  await row(page, "trip").filter({ hasText: /went, not seen.*gone/ }).waitFor();
  await page.getByRole("button", { name: "Acknowledge all" }).click();
  await page.locator(".alarms-calm", { hasText: "Nothing wants attention" }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("shelving wants a time and a reason, and ends by hand", async () => {
  await set("LEVEL", 5);
  const page = await alarms();
  await row(page, "LEVEL").getByRole("button", { name: "Shelve LEVEL" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("For").selectOption({ label: "1 hour" });
  await dialog.getByRole("button", { name: "Shelve" }).click();
  assert.equal(await dialog.isVisible(), true, "not without a reason");
  await dialog.getByLabel("Reason").fill("cleaning the sensor");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "Shelved 1" }).click();
  await row(page, "LEVEL").filter({ hasText: /cleaning the sensor.*until/ }).waitFor();
  assert.match(page.url(), /view=hidden/);
  await picture(page, "alarms-shelved");
  await row(page, "LEVEL").getByRole("button", { name: "Unshelve LEVEL" }).click();
  await page.locator(".alarms-calm", { hasText: "Nothing is shelved" }).waitFor();
  await page.getByRole("tab", { name: "Active 1" }).waitFor();
  await page.context().close();
});

test("the journal tells what happened and who did it, and can be saved", async () => {
  const page = await alarms("?view=journal");
  await set("LEVEL", 90);
  const line = (text) => page.locator(".journal-list tr", { hasText: text }).first();
  await line(/came\s*LEVEL/).waitFor();
  await program.ask({ do: "ack", name: "LEVEL" });
  await line(/acknowledged\s*LEVEL/).waitFor();
  await line(/set\s*LEVEL.*50.*90/).waitFor();
  await page.getByLabel("What to show").selectOption({ label: "alarms" });
  await page.locator('.journal-list tr[data-kind="audit"]').first().waitFor({ state: "detached" });
  await page.getByLabel("Names to show").fill("nothing");
  await page.locator(".journal-note", { hasText: "nothing in this time" }).waitFor();
  await page.getByLabel("Names to show").fill("LEV");
  await line(/came\s*LEVEL/).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save CSV" })
    .click()]);
  assert.match(readFileSync(await download.path(), "utf8"), /^time,kind,what,name,text,who\n.*,alarm,.*,LEVEL,/);
  await page.context().close();
});

test("the keyboard is enough", async () => {
  await set("LEVEL", 90);
  await set("TRIP", true);
  const page = await alarms();
  await row(page, "trip").waitFor();
  await page.getByRole("button", { name: "Acknowledge LEVEL" }).focus();
  await page.keyboard.press("Enter");
  await row(page, "LEVEL").filter({ hasText: "seen" }).waitFor();
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Acknowledge trip");
  await page.getByRole("tab", { name: "Active" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.locator('[role="tab"][aria-selected="true"]', { hasText: "Journal" }).waitFor();
  await page.context().close();
});

test("a viewer sees them, and is offered nothing", async () => {
  await set("LEVEL", 90);
  const page = await alarms();
  await page.getByRole("button", { name: "Acknowledge LEVEL" }).waitFor();
  await page.evaluate(async () => {
    const { link } = await import("/page/link.js");
    link.come("hello", { ...link.last.get("hello"), role: "viewer" });
  });
  await page.getByRole("button", { name: "Acknowledge LEVEL" }).waitFor({ state: "hidden" });
  assert.equal(await page.getByRole("button", { name: "Shelve LEVEL" }).isVisible(), false);
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is wrong on a ${size}, ${colorScheme}`, async () => {
      await set("LEVEL", 99);
      await set("TRIP", true);
      const page = await alarms("", { viewport, colorScheme });
      await row(page, "trip").waitFor();
      assert.deepEqual(await accessible(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "too wide");
      await picture(page, `alarms-${size}-${colorScheme}`);
      await page.getByRole("tab", { name: "Journal" }).click();
      await page.locator(".journal-list td").first().waitFor();
      assert.deepEqual(await accessible(page), []);
      await picture(page, `journal-${size}-${colorScheme}`);
      await page.context().close();
    });
  }
}
