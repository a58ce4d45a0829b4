// Proves what holds for all pages: where they are, what the header says, that a lost connection is said within two
// seconds and mended by itself, that ten tabs share one stream, and that nobody needs a mouse.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, launch, open, PATIENCE, picture, Program, SIZES } from "./bed.mjs";

const PAGES = ["overview", "variables", "trends", "alarms", "system", "program"];
const SCRIPT = `
  mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100, desc = "Tank level" })
  mem.PUMP = coil(0)
  every("100ms", function() mem.LEVEL = (mem.LEVEL + 0.5) % 100 end)
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

// The header's and the page's main parts, whatever is on them.
const frame = (page) => page.locator("#header, #nav, main");

test("the header tells what runs", async () => {
  const page = await open(browser, program.url);
  await page.locator(".bar-state", { hasText: "RUN" }).waitFor();
  await page.locator(".bar-scan", { hasText: "scan 100 ms" }).waitFor();
  assert.equal(await page.title(), `web${process.pid} · MSM`);
  await program.ask({ do: "force", name: "PUMP", value: true });
  await page.locator(".bar-forced", { hasText: "FORCED 1" }).waitFor();
  await program.ask({ do: "unforce", name: "PUMP" });
  await page.locator(".bar-forced").waitFor({ state: "hidden" });
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`each page is there on a ${size}, and nothing is wider than the screen`, async () => {
    const page = await open(browser, program.url, { viewport });
    for (const name of PAGES) {
      await page.locator(`#nav a[href="#/${name}"]`).click();
      await page.locator(`.page-${name}`).waitFor();
      await page.locator(`#nav a[aria-current="page"][href="#/${name}"]`).waitFor();
      assert.equal(await frame(page).count(), 3);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is too wide`);
    }
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test("a lost connection is said, and mends by itself", async () => {
  const page = await open(browser, program.url);
  await page.locator('.bar-age[data-live="true"]').waitFor();
  await program.stop("SIGKILL");
  await page.locator("body.lost").waitFor();
  await page.locator("#notice", { hasText: /No connection for \d+ s/ }).waitFor();
  await picture(page, "shell-lost");
  await program.start();
  await page.locator("body:not(.lost)").waitFor();
  await page.locator("#notice").waitFor({ state: "hidden" });
  await page.locator('.tile[data-name="LEVEL"][data-quality="good"]').waitFor();
  await page.context().close();
});

// How many streams the program has, as it says itself.
async function streams() {
  return Number(/^msm_hmi_streams (\d+)$/m.exec(await (await fetch(`${program.url}metrics`)).text())[1]);
}

test("ten tabs share one stream", async () => {
  const context = await browser.newContext({ viewport: SIZES.desktop });
  const tabs = [];
  for (let i = 0; i < 10; i++) {
    const tab = await context.newPage();
    await tab.goto(`${program.url}#/${PAGES[i % 2]}`);
    tabs.push(tab);
  }
  for (const tab of tabs) {
    await tab.bringToFront();
    await tab.locator('.bar-age[data-live="true"]').waitFor();
    await tab.locator(':is(.tile, .line)[data-quality="good"]').first().waitFor();
  }
  const until = Date.now() + PATIENCE; // those of other tests may still have to be noticed as gone
  while (await streams() !== 1) {
    assert.ok(Date.now() < until, `${await streams()} streams for ten tabs`);
  }
  await context.close();
});

test("the keyboard is enough", async () => {
  const page = await open(browser, program.url);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter"); // to the page
  assert.equal(await page.evaluate(() => document.activeElement.id), "page");
  await page.locator('#nav a[href="#/variables"]').focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "PUMP" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "PUMP");
  await page.context().close();
});

test("who looks at a kiosk sees no way elsewhere", async () => {
  const page = await open(browser, `${program.url}?kiosk=1#/overview`);
  assert.equal(await page.locator("#nav").isVisible(), false);
  await page.locator('.tile[data-quality="good"]').first().waitFor();
  for (const link of await page.locator('#header a[href^="#/"]:visible').all()) {
    await link.click();
    await link.press("Enter");
    assert.match(page.url(), /#\/overview$/);
  }
  await page.context().close();
});

test("an address that there is not shows no other page", async () => {
  const page = await open(browser, `${program.url}#/nosuch`);
  await page.getByText("There is no page nosuch.").waitFor();
  await page.goto(`${program.url}#/page/77`);
  await page.getByText("The program has no page 77.").waitFor();
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing, ${colorScheme}`, async () => {
    const page = await open(browser, program.url, { colorScheme });
    await page.locator('.tile[data-quality="good"]').first().waitFor();
    assert.deepEqual(await accessible(page), []);
    await page.context().close();
  });
}
