// Proves that a thousand variables are as easy as ten: only the rows on the screen are built and streamed, each is found
// by name, meaning or pattern, and says what is wrong with its value.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, launch, open, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `
  for i = 1, 1000 do
    mem["V" .. i] = input.float32(2 * i, { unit = "%", min = 0, max = 100, decimals = 1, desc = "Value number " .. i })
  end
  mem.TEMPS = input.float32(3000, { count = 3, unit = "°C", hi = 50, hihi = 90, desc = "Temperature of each bearing" })
  mem.SETPOINT = holding.uint16(0)
  local plc = memory "plc"
  plc.SPEED = input.uint16(0)
  client.tcp { host = "127.0.0.1", port = 9, mem = plc } -- where nobody answers
  local n = 0
  every("100ms", function()
    n = n + 1
    for i = 1, 1000 do mem["V" .. i] = 50 + 45 * math.sin(n / 20 + i) end
    mem.TEMPS[1], mem.TEMPS[2], mem.TEMPS[3] = 20, 60, 95
  end)
`;
const ALL = 1005; // an array is as many as its elements

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

const line = (page, name) => page.locator(".lines .line", { has: page.getByRole("button", { name, exact: true }) });

test("only what is on the screen is built and streamed", async () => {
  const context = await browser.newContext({ viewport: SIZES.desktop });
  await context.addInitScript(() => delete globalThis.SharedWorker); // so that its requests are this page's
  const page = await context.newPage();
  const fed = [];
  page.on("request", (request) => request.url().endsWith("/api/feed") && fed.push(request.postDataJSON().names));
  await page.goto(`${program.url}#/variables`);
  await page.locator('.lines .line[data-quality="good"]').first().waitFor();
  await page.locator(".variables-count", { hasText: new RegExp(`^${ALL}$`) }).waitFor();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.locator('.lines .line[data-quality="good"]', { hasText: "V1000" }).waitFor();
  assert.ok(await page.locator(".lines .line").count() < 60);
  assert.ok(fed.length > 1 && fed.every((names) => names.length < 60), fed.map((names) => names.length).join());
  assert.equal(fed.at(-1).includes("V1"), false);
  await context.close();
});

test("a variable is found by name, meaning and pattern", async () => {
  const page = await open(browser, `${program.url}#/variables`);
  const count = page.locator(".variables-count"), search = page.getByRole("searchbox");
  for (const [text, found] of [["V99", 11], ["bearing", 3], ["TEMPS[?]", 3], ["V*9", 100], ["nothing of the kind", 0]]) {
    await search.fill(text);
    await count.filter({ hasText: new RegExp(`^${found} of ${ALL}$`) }).waitFor();
  }
  await search.fill("");
  for (const [filter, found] of [["Writable", 1], ["With alarm", 3], ["Forced", 0]]) {
    await page.getByRole("button", { name: filter }).click();
    await count.filter({ hasText: new RegExp(`^${found} of ${ALL}$`) }).waitFor();
  }
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`a row says what is wrong with its value, ${colorScheme}`, async () => {
    const page = await open(browser, `${program.url}#/variables?match=TEMPS`, { colorScheme });
    assert.equal(await line(page, "TEMPS[1]").locator(".remark").count(), 0);
    await line(page, "TEMPS[2]").locator(".remark.alarm-3", { hasText: "high" }).waitFor();
    await line(page, "TEMPS[3]").locator(".remark.alarm-3", { hasText: "far too high" }).waitFor();
    await page.getByRole("searchbox").fill("plc.*");
    await line(page, "plc.SPEED").locator(".remark.quality", { hasText: "no value yet" }).waitFor();
    await page.locator(".bar-lamp", { hasText: "✕" }).waitFor();
    assert.deepEqual(await accessible(page), []);
    await page.context().close();
  });
}

test("on a phone a row keeps name, value and what is wrong", async () => {
  const page = await open(browser, `${program.url}#/variables?match=TEMPS`, { viewport: SIZES.phone });
  await line(page, "TEMPS[3]").locator(".remark", { hasText: "far too high" }).waitFor();
  assert.equal(await line(page, "TEMPS[3]").locator(".line-value").textContent(), "95");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await picture(page, "variables-phone");
  await page.context().close();
});

test("a row opens by keyboard, and the focus comes back to it", async () => {
  const page = await open(browser, `${program.url}#/variables?match=SETPOINT`);
  await page.getByRole("button", { name: "SETPOINT", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("12");
  await page.keyboard.press("Enter");
  await page.locator(".face-number", { hasText: /^12$/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "SETPOINT");
  await page.context().close();
});
