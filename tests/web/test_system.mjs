// Proves what the system page tells of a real program: scan, links, what is forced and how that is released, the log,
// what went wrong, and that Reload and Stop ask first.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, launch, open, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `program { probation = "50ms" }
mem.LEVEL = input.float32(0, { unit = "%", default = 12 })
mem.PUMP = coil(0)
mem.BREAK = coil(1)
local plc = memory("plc")
plc.SPEED = holding.uint16(0)
client.tcp { host = "127.0.0.1", port = 1, mem = plc }
server.tcp { port = 0 }
print "hello from the script"
every("50ms", function() if mem.BREAK then error("it broke") end end)
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

const card = (page, name) => page.locator(`#system-${name}`);
const fact = (page, name, label) => card(page, name).locator("dl > div", { hasText: label }).locator("dd");

async function system(options) {
  const page = await open(browser, `${program.url}#/system`, options);
  await fact(page, "program", "State").filter({ hasText: /RUN|FAULT/ }).waitFor();
  return page;
}

test("it tells how the program is", async () => {
  const page = await system();
  await fact(page, "program", "Declared").filter({ hasText: "4 variables, 1 task" }).waitFor();
  await fact(page, "scan", "Period").filter({ hasText: "50 ms" }).waitFor();
  const scans = await fact(page, "scan", "Scans").textContent();
  await page.waitForFunction((before) => [...document.querySelectorAll("#system-scan dd")].every((cell) =>
    cell.textContent !== before), scans);
  await card(page, "links").locator('tr[data-online="false"]', { hasText: /offline.*plc/ }).waitFor();
  await card(page, "links").locator('tr[data-online="true"]', { hasText: "server" }).waitFor();
  await card(page, "log").locator(".log-line", { hasText: "hello from the script" }).waitFor();
  await card(page, "log").getByRole("searchbox").fill("hello");
  assert.equal(await card(page, "log").locator(".log-line").count(), 1);
  await fact(page, "access", "Role").filter({ hasText: "engineer" }).waitFor();
  await fact(page, "access", "Browsers now").filter({ hasText: /^[1-9]/ }).waitFor();
  assert.deepEqual(page.problems, []);
  await picture(page, "system-desktop");
  await page.context().close();
});

test("what is forced stands in one place, and is released with the value that was under it", async () => {
  const page = await system();
  await program.ask({ do: "force", name: "LEVEL", value: 99 });
  await program.ask({ do: "force", name: "PUMP", value: true });
  const row = (name) => card(page, "forced").locator(`tr[data-name="${name}"]`);
  await row("LEVEL").filter({ hasText: /99 %.*12 %/ }).waitFor();
  await row("LEVEL").getByRole("button", { name: "Release LEVEL" }).click();
  await page.getByLabel("Bring back what was suppressed").check();
  await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
  await row("LEVEL").waitFor({ state: "detached" });
  assert.equal((await program.ask({ do: "get", names: ["LEVEL"] })).values[0].value, 12);
  await card(page, "forced").getByRole("button", { name: "Release all" }).click();
  await page.keyboard.press("Enter"); // the first choice has the focus, Enter agrees
  await card(page, "forced").getByText("Nothing is forced").waitFor();
  assert.equal((await program.ask({ do: "get", names: ["PUMP"] })).values[0].value, true, "kept");
  await page.context().close();
});

test("a fault is told with its text, and Reload asks first", async () => {
  const page = await system();
  await program.ask({ do: "set", name: "BREAK", value: true });
  await page.locator(".trouble", { hasText: /FAULT.*safe/ }).locator("pre", { hasText: "it broke" }).waitFor();
  await fact(page, "program", "State").filter({ hasText: "FAULT" }).waitFor();
  await picture(page, "system-fault");
  await program.ask({ do: "set", name: "BREAK", value: false });
  await card(page, "program").getByRole("button", { name: "Reload" }).click();
  await page.keyboard.press("Escape");
  assert.equal((await program.ask({ do: "status" })).reloads, 0);
  await card(page, "program").getByRole("button", { name: "Reload" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reload" }).click();
  await fact(page, "program", "State").filter({ hasText: "RUN" }).waitFor();
  await page.locator(".trouble", { hasText: "The newest fault" }).waitFor();
  await page.context().close();
});

test("a viewer is offered nothing that would be refused", async () => {
  const page = await system();
  await page.evaluate(async () => {
    const { link } = await import("/page/link.js");
    link.come("hello", { ...link.last.get("hello"), role: "viewer" });
  });
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
  assert.equal(await page.getByRole("button", { name: "Reload" }).isVisible(), false);
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is wrong on a ${size}, ${colorScheme}`, async () => {
      const page = await system({ viewport, colorScheme });
      await card(page, "log").locator(".log-line").first().waitFor();
      assert.deepEqual(await accessible(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "too wide");
      await picture(page, `system-${size}-${colorScheme}`);
      await page.context().close();
    });
  }
}

test("Stop asks first, and then ends the program", async () => {
  const page = await system();
  await card(page, "program").getByRole("button", { name: "Stop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
  await page.locator("body.lost").waitFor();
  await page.context().close();
});
