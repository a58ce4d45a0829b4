// Proves that with users everybody is asked who he is, that a wrong password is told, that each role is offered what it
// may, and that logging out, and a password that was changed elsewhere, end it.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { accessible, launch, PATIENCE, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `
mem.SP = holding.float32(0, { default = 50 })
every("100ms", function() end)
`;

let program, browser;

// As an administrator does it.
function user(name, role, password) {
  const done = spawnSync(process.env.MSM, ["passwd", name, "--role", role, "--state", program.folder, "--name",
    `web${process.pid}`], { input: `${password}\n`, encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
}

before(async () => {
  program = new Program(SCRIPT);
  user("vera", "viewer", "only looking");
  user("otto", "operator", "turns knobs");
  user("emma", "engineer", "writes programs");
  await program.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await program?.end();
});

async function open(hash = "#/system", options = {}) {
  const context = await browser.newContext({ viewport: SIZES.desktop, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${program.url}${hash}`);
  await page.getByRole("dialog", { name: "Log in" }).waitFor();
  return page;
}

async function enter(page, name, password) {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
}

async function logged_in(name, password, hash) {
  const page = await open(hash);
  await enter(page, name, password);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator("body[data-role]").waitFor();
  return page;
}

test("a wrong password is told, the right one opens the page that was asked for", async () => {
  const page = await open();
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("dialog").isVisible(), true, "there is no way around it");
  await enter(page, "otto", "turns nobs");
  await page.locator(".problem", { hasText: "wrong" }).waitFor();
  await enter(page, "otto", "turns knobs");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator("#system-program dd", { hasText: "RUN" }).waitFor();
  await page.locator("#system-access dd", { hasText: "otto" }).waitFor();
  await page.locator("#system-access dd", { hasText: "operator" }).waitFor();
  await page.locator("#system-program").getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
  await page.reload();
  await page.locator("#system-access dd", { hasText: "otto" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("dialog", { name: "Log in" }).waitFor();
  await page.context().close();
});

test("an operator reads the program, an engineer edits it, a viewer does neither", async () => {
  const otto = await logged_in("otto", "turns knobs", "#/program");
  await otto.locator(".program-state", { hasText: "engineers edit it" }).waitFor();
  assert.equal(await otto.getByRole("button", { name: "Check" }).isVisible(), false);
  await otto.context().close();
  const emma = await logged_in("emma", "writes programs", "#/program");
  await emma.getByRole("button", { name: "Check" }).waitFor();
  await emma.context().close();
  const vera = await logged_in("vera", "only looking", "#/program");
  await vera.locator(".program-state.bad").waitFor();
  await vera.context().close();
});

test("a password that was changed elsewhere ends the session", async () => {
  const page = await logged_in("otto", "turns knobs");
  user("otto", "operator", "another password");
  await page.getByRole("dialog", { name: "Log in" }).waitFor();
  await enter(page, "otto", "another password");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator("body:not(.lost)").waitFor();
  user("otto", "operator", "turns knobs");
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`nothing is wrong on a ${size}`, async () => {
    const page = await open("", { viewport, colorScheme: size === "tablet" ? "dark" : "light" });
    assert.deepEqual(await accessible(page), []);
    await picture(page, `login-${size}`);
    await page.context().close();
  });
}
