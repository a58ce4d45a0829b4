// Proves that what a page shows is what the program that runs now says: after a restart with another program, after a
// FAULT, after a machine's sleep, in a browser without shared workers; and that nothing is sent that nobody may answer.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open, picture, Program, SIZES } from "./bed.mjs";

const FIRST = `
  mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100 })
  mem.OLD = input.uint16(2)
  mem.BREAK = coil(0)
  every("100ms", function()
    mem.LEVEL, mem.OLD = 25, 7
    if mem.BREAK then error("the sensor is gone") end
  end)
`;
const SECOND = `
  mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100 })
  mem.NEW = input.uint16(2)
  every("100ms", function() mem.LEVEL, mem.NEW = 75, 8 end)
`;

let program, browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

// Runs `f` beside a program of its own.
function with_program(name, f) {
  test(name, async () => {
    program = new Program(FIRST);
    await program.start();
    try {
      await f();
    } finally {
      await program.end();
    }
  });
}

const tile = (page, name, text) => page.locator(`.tile[data-name="${name}"][data-quality="good"]`, { hasText: text }).waitFor();

// What the page's own link answers to a request: the refusal's kind and words, or null.
const asked = (page, request) => page.evaluate(async (wish) => {
  const { link } = await import("/page/link.js");
  return link.ask(wish).then(() => null, ({ kind, error }) => `${kind}: ${error}`);
}, request);

with_program("another program, after a restart or a reload, is shown as it is", async () => {
  const page = await open(browser, program.url);
  await tile(page, "LEVEL", "25");
  await tile(page, "OLD", "7");
  await program.stop("SIGKILL");
  program.write(SECOND);
  await program.start();
  await tile(page, "LEVEL", "75");
  await tile(page, "NEW", "8");
  assert.equal(await page.locator('.tile[data-name="OLD"]').count(), 0);
  program.write(FIRST);
  assert.equal((await program.ask({ do: "reload" })).ok, true);
  await tile(page, "OLD", "7");
  assert.equal(await page.locator('.tile[data-name="NEW"]').count(), 0);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

with_program("why a program is in FAULT is said on each page", async () => {
  const page = await open(browser, program.url, { viewport: SIZES.phone });
  await tile(page, "LEVEL", "25");
  assert.equal(await page.locator("#fault").isVisible(), false);
  await program.ask({ do: "set", name: "BREAK", value: true });
  await page.locator('.bar-state[data-state="fault"]').waitFor();
  await page.locator("#fault", { hasText: "the sensor is gone" }).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await picture(page, "link-fault");
  await page.locator('#nav a[href="#/variables"]').click();
  await page.locator("#fault", { hasText: "the sensor is gone" }).waitFor();
  program.write(FIRST);
  await program.ask({ do: "set", name: "BREAK", value: false });
  await program.ask({ do: "reload" });
  await page.locator("#fault").waitFor({ state: "hidden" });
  await page.context().close();
});

with_program("nothing is written while the connection is lost", async () => {
  const page = await open(browser, program.url);
  await tile(page, "LEVEL", "25");
  assert.equal(await asked(page, { do: "set", name: "BREAK", value: false }), null);
  await program.stop("SIGKILL");
  await page.locator("body.lost").waitFor();
  assert.equal(await asked(page, { do: "set", name: "BREAK", value: false }), "lost: not sent: there is no connection");
  assert.equal(await asked(page, { do: "names" }), "lost: the program does not answer");
  assert.equal(await page.evaluate(async () => {
    const { link } = await import("/page/link.js");
    link.find(); // as a beat does that was late
    return link.ask({ do: "set", name: "BREAK", value: false }).catch(({ error }) => error);
  }), "no answer: whether it was done is not known");
  await page.context().close();
});

with_program("a page that the worker has given up, as while a machine sleeps, joins again", async () => {
  const page = await open(browser, program.url);
  await tile(page, "LEVEL", "25");
  await page.evaluate(async () => (await import("/page/link.js")).link.leave());
  await page.locator("body.lost").waitFor();
  await page.locator("body:not(.lost)").waitFor();
  await program.ask({ do: "force", name: "LEVEL", value: 33 });
  await tile(page, "LEVEL", "33");
  await page.context().close();
});

with_program("a browser without shared workers shows the same; a feed that failed is asked for again", async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => delete globalThis.SharedWorker);
  const page = await context.newPage();
  let failed = 0;
  await page.route("**/api/feed", (route) => (failed++ < 2 ? route.fulfill({ status: 500, body: "{}" }) : route.continue()));
  await page.goto(program.url);
  await tile(page, "LEVEL", "25");
  assert.ok(failed > 2);
  await program.stop("SIGKILL");
  await page.locator("body.lost").waitFor();
  await program.start();
  await page.locator("body:not(.lost)").waitFor();
  await tile(page, "LEVEL", "25");
  await context.close();
});
