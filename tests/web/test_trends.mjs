// Proves what the trends page does with a real program and its history: what was kept is there after a reload of the
// page, new values come, a gap is one, pause and zoom and keys move the window, and the numbers can be saved.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accessible, launch, open, PATIENCE, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `
  program { probation = "50ms" }
  mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100, lo = 20, hi = 90, decimals = 1, desc = "Tank level" })
  mem.TEMP  = input.float32(2, { unit = "°C", min = 0, max = 200 })
  mem.PUMP  = coil(0, { desc = "Fills the tank" })
  mem.MODE  = holding.uint16(0, { labels = { "HAND", "AUTO" }, default = 1 })
  mem.NAME  = holding.string(10, { length = 8 })
  mem.RUNS  = discrete(0, { count = 2 })
  mem.HIDDEN = holding.uint16(20, { hmi = "hide" })
  every("50ms", function()
    mem.LEVEL = 50 + 45 * math.sin(scan.time * 3)
    mem.TEMP = 60 + scan.time % 5
    mem.PUMP = scan.time % 2 < 1
  end)
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

const at = (names, span = 60) => `${program.url}#/trends?names=${names}&span=${span}`;
const value = (page, name) => page.locator(`.pens tr[data-name="${name}"] .value`);

// The history is there, and with it a whole swing of LEVEL.
const has_seen_all = (page) => until(page, () => {
  const cells = [...document.querySelectorAll('.pens tr[data-name="LEVEL"] .number')];
  return cells.length && Number(cells[1].textContent) < 10 && Number(cells[2].textContent) > 90;
});

// The page with these pens, drawn.
async function trends(names, options) {
  const page = await open(browser, at(names), options);
  await page.locator(".lane canvas").first().waitFor();
  await page.locator(".pens .value", { hasText: /\d|on|off/ }).first().waitFor();
  return page;
}

// Waits until f(page's numbers) holds.
const until = (page, f, argument) => page.waitForFunction(f, argument, { polling: 50 });

// Waits for a line in a lane: something that is darker than the grid.
const ink = (page, lane) => until(page, (index) => {
  const canvas = document.querySelectorAll(".lane")[index].querySelectorAll("canvas")[0];
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, byte, at) => sum + (at % 4 === 3 && byte > 200 ? 1 : 0), 0) > 50;
}, lane);

test("a lane for each unit, a line for each value, and the numbers of now", async () => {
  const page = await trends("LEVEL,TEMP,PUMP,RUNS[1]");
  assert.equal(await page.locator(".lane").count(), 3);
  assert.equal(await page.locator(".lane.switches .lane-end").count(), 2);
  assert.deepEqual(await page.locator(".lane-unit").allTextContents(), ["%", "°C", "on / off"]);
  const before = await value(page, "LEVEL").textContent();
  await until(page, (text) => document.querySelector('tr[data-name="LEVEL"] .value').textContent !== text, before);
  assert.match(await value(page, "LEVEL").textContent(), /^\d+\.\d$/);
  assert.match(await value(page, "RUNS[1]").textContent(), /^off$/);
  await until(page, () => document.querySelectorAll(".lane-end:not([hidden])").length === 4);
  for (const lane of [0, 1, 2]) {
    await ink(page, lane);
  }
  assert.deepEqual(page.problems, []);
  await picture(page, "trends-desktop");
  await page.context().close();
});

test("a page that is opened anew begins with what was kept", async () => {
  const page = await trends("LEVEL");
  await until(page, () => {
    const [least, greatest] = [...document.querySelectorAll('.pens tr[data-name="LEVEL"] .number')].slice(1)
      .map((cell) => Number(cell.textContent));
    return least < 10 && greatest > 90;
  });
  await page.reload();
  await has_seen_all(page);
  assert.equal(await page.locator(".trend-note").textContent(), "");
  await page.context().close();
});

test("values are added and taken away, and the address says which", async () => {
  const page = await trends("LEVEL");
  await page.getByLabel("Name of a value to add").fill("TEMP");
  await page.keyboard.press("Enter");
  await value(page, "TEMP").waitFor();
  assert.match(page.url(), /names=LEVEL,TEMP/);
  assert.equal(await page.locator(".lane").count(), 2);
  await page.getByLabel("Name of a value to add").fill("NAME");
  await page.getByRole("button", { name: "Add" }).click();
  await page.locator(".trend-note", { hasText: "NAME is no number" }).waitFor();
  assert.equal(await page.locator('#trend-names option[value="HIDDEN"]').count(), 0);
  assert.equal(await page.locator('#trend-names option[value="RUNS[2]"]').count(), 1);
  await page.getByRole("button", { name: "Remove LEVEL" }).click();
  await page.locator('.pens tr[data-name="LEVEL"]').waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Remove TEMP" }).click();
  await page.locator(".trend-empty").waitFor();
  await page.context().close();
});

test("keys move the cursor and the window, and a pause stands still", async () => {
  const page = await trends("LEVEL,MODE");
  await page.locator(".trend-plot").focus();
  await page.keyboard.press("ArrowLeft");
  await page.locator(".pens caption", { hasText: /^at / }).waitFor();
  assert.equal(await page.locator(".lane-cursor:not([hidden])").count(), 2);
  const cursor = await page.locator(".pens caption").textContent();
  await page.keyboard.press("Shift+ArrowLeft");
  assert.notEqual(await page.locator(".pens caption").textContent(), cursor);
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Back to live" }).waitFor();
  const before = await value(page, "LEVEL").textContent();
  const seen = await page.evaluate(() => document.querySelector("#header").textContent.length);
  assert.ok(seen > 0);
  await page.locator("#header .bar-scan").waitFor();
  assert.equal(await value(page, "LEVEL").textContent(), before, "paused");
  await page.keyboard.press("+");
  await page.keyboard.press("PageUp");
  assert.match(await page.locator(".trend-live").getAttribute("title"), / to .*30 s/);
  await page.keyboard.press("Escape");
  await page.locator('.segments [data-span="60"][aria-pressed="true"]').waitFor();
  await page.locator(".pens caption", { hasText: /^now$/ }).waitFor();
  await page.context().close();
});

test("dragging over the plot zooms, a double click goes back", async () => {
  const page = await trends("LEVEL");
  const box = await page.locator(".lane").first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 62, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Back to live" }).waitFor();
  assert.match(await page.locator(".trend-live").getAttribute("title"), /, (6|7)(\.\d)? s$/);
  await page.mouse.dblclick(box.x + box.width / 2, box.y + 60);
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.context().close();
});

test("the numbers are saved", async () => {
  const page = await trends("LEVEL,PUMP");
  await has_seen_all(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save CSV" })
    .click()]);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
  assert.match(lines[0], /^time,LEVEL \(%\)/);
  assert.ok(lines.length > 10);
  assert.match(lines[lines.length - 1], /^\d{4}-\d\d-\d\dT[\d:.]+Z,\d+(\.\d+)?,/);
  await page.context().close();
});

test("where dygraphs is missing it says what to install, and numbers come all the same", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.route("**/lib/dygraphs/**", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(at("LEVEL"));
  await page.locator(".trend-note", { hasText: "libjs-dygraphs" }).waitFor();
  const before = await value(page, "LEVEL").textContent();
  await until(page, (text) => document.querySelector('tr[data-name="LEVEL"] .value').textContent !== text, before);
  await context.close();
});

test("another text of the program keeps the window", async () => {
  const page = await trends("LEVEL");
  await page.locator(".trend-plot").focus();
  await page.keyboard.press("Space");
  const title = await page.locator(".trend-live").getAttribute("title");
  program.write(SCRIPT.replace("mem.MODE", 'mem.NEW = holding.uint16(30, { unit = "m" })\nmem.MODE'));
  assert.equal((await program.ask({ do: "reload" })).ok, true);
  await page.locator('#trend-names option[value="NEW"]').waitFor({ state: "attached" });
  assert.equal(await page.locator(".trend-live").getAttribute("title"), title);
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is wrong on a ${size}, ${colorScheme}`, async () => {
      const page = await trends("LEVEL,TEMP,PUMP", { viewport, colorScheme });
      assert.deepEqual(await accessible(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "too wide");
      await picture(page, `trends-${size}-${colorScheme}`);
      await page.context().close();
    });
  }
}

// What the page saves, as lines of cells, without the head.
async function saved(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save CSV" })
    .click()]);
  return readFileSync(await download.path(), "utf8").trim().split("\n").slice(1).map((line) => line.split(","));
}

test("what was kept is there after a restart of the program, with a gap", { timeout: 2 * PATIENCE }, async () => {
  const began = Date.now();
  await program.stop();
  await program.start();
  const page = await trends("TEMP");
  let lines = [];
  while (!lines.length || Date.parse(lines[0][0]) >= began) { // until the history has come
    lines = await saved(page);
  }
  assert.ok(Date.parse(lines.at(-1)[0]) > began);
  assert.ok(lines.some(([, value]) => value === ""), "the gap");
  await page.context().close();
});
