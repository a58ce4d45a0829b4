// Proves how people write: that nothing is sent while they type, that what is refused is said where they tried, that a
// value which the program puts back is called reverted, that a declaration may ask first or forbid, and how a force is
// held and released.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, launch, open, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `
  mem.SETPOINT = holding.float32(0, { unit = "°C", min = 20, max = 70, default = 60, desc = "Wanted temperature" })
  mem.HELD = holding.uint16(2)
  mem.COUNT = holding.uint16(3)
  mem.VALVE = coil(0, { confirm = true, labels = { [0] = "SHUT", "OPEN" } })
  mem.FIXED = holding.uint16(4, { hmi = "ro", default = 5 })
  mem.SECRET = holding.uint16(5, { hmi = "hide" })
  mem.PUMP = coil(1)
  mem.MODE = holding.uint16(6, { labels = { [0] = "OFF", "DAY", "NIGHT" } })
  every("100ms", function() mem.HELD = 9 end)
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

const value_of = async (name) => (await program.ask({ do: "get", names: [name] })).values[0].value;

// The page of variables with one faceplate open.
async function look_at(name, options) {
  const page = await open(browser, `${program.url}#/variables`, options);
  await page.getByRole("button", { name, exact: true }).click();
  const face = page.getByRole("dialog");
  await face.waitFor();
  return { page, face };
}

const leave = async (page) => {
  assert.deepEqual(page.problems, []);
  await page.context().close();
};

test("fingers have keys; nothing is sent before Apply", async () => {
  const { page, face } = await look_at("SETPOINT", { viewport: SIZES.phone, hasTouch: true, isMobile: true });
  for (const key of ["4", "2", "decimal point", "5"]) {
    await face.getByRole("button", { name: key, exact: true }).tap();
  }
  await face.locator(".face-change", { hasText: "60 °C → 42.5 °C" }).waitFor();
  assert.equal(await value_of("SETPOINT"), 60);
  await picture(page, "writing-keypad");
  await face.getByRole("button", { name: "delete the last digit" }).tap();
  await face.getByRole("button", { name: "Apply" }).tap();
  await face.locator(".face-number", { hasText: /^42$/ }).waitFor();
  assert.equal(await value_of("SETPOINT"), 42);
  await leave(page);
});

test("what cannot be is said before it is sent, and Enter sends", async () => {
  const { page, face } = await look_at("SETPOINT");
  const input = face.locator("#face-input"), change = face.locator(".face-change");
  for (const [text, words] of [["71", "It takes 20 to 70 °C."], ["warm", "This is not a number."], ["0,021", "Write "]]) {
    await input.fill(text);
    await change.filter({ hasText: words }).waitFor();
    assert.equal(await face.getByRole("button", { name: "Apply" }).isDisabled(), true);
    await input.press("Enter");
  }
  assert.deepEqual(await accessible(page), []);
  await input.fill("36,5");
  await input.press("Enter");
  await face.locator(".face-number", { hasText: "36.5" }).waitFor();
  assert.equal(await value_of("SETPOINT"), 36.5);
  await leave(page);
});

test("what the program refuses is said where it was tried", async () => {
  const { page, face } = await look_at("COUNT");
  await face.locator("#face-input").fill("70000");
  await face.locator("#face-input").press("Enter");
  await face.getByRole("alert").filter({ hasText: "65535" }).waitFor();
  assert.equal(await value_of("COUNT"), 0);
  await leave(page);
});

test("what the program puts back is called reverted", async () => {
  const { page, face } = await look_at("HELD");
  await face.locator("#face-input").fill("5");
  await face.locator("#face-input").press("Enter");
  await face.locator(".remark.pending, .remark.reverted").waitFor();
  await face.locator(".remark", { hasText: "reverted by the program" }).waitFor();
  await face.locator(".remark").waitFor({ state: "detached" });
  assert.equal(await face.locator(".face-number").textContent(), "9");
  await leave(page);
});

test("a declaration may want to be asked first", async () => {
  const { page, face } = await look_at("VALVE");
  await face.getByRole("button", { name: "OPEN", exact: true }).click();
  const question = page.getByRole("dialog", { name: "Are you sure?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "detached" });
  assert.equal(await value_of("VALVE"), false);
  await face.getByRole("button", { name: "OPEN", exact: true }).click();
  await question.getByRole("button", { name: "Yes" }).click();
  await face.locator('button[aria-pressed="true"]', { hasText: "OPEN" }).first().waitFor();
  assert.equal(await value_of("VALVE"), true);
  await leave(page);
});

test("a declaration may forbid writing, and looking", async () => {
  const { page, face } = await look_at("FIXED");
  await face.locator(".face-number", { hasText: "5" }).waitFor();
  assert.equal(await face.locator("#face-input").count(), 0);
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("button", { name: "SECRET", exact: true }).count(), 0);
  await leave(page);
});

test("a force is held, seen everywhere, and released", async () => {
  const { page, face } = await look_at("SETPOINT");
  await face.locator(".force summary").click();
  await face.getByLabel("Value to hold").fill("55");
  await face.getByLabel("Value to hold").press("Enter");
  await face.locator(".remark.forced").waitFor();
  await page.locator(".bar-forced", { hasText: "FORCED 1" }).waitFor();
  await face.locator("#face-input").fill("25");
  await face.locator("#face-input").press("Enter");
  await face.locator(".force", { hasText: "Without the force it would be 25 °C" }).waitFor();
  assert.equal(await value_of("SETPOINT"), 55);
  await picture(page, "writing-force");
  await face.getByRole("button", { name: "Release, back to 25 °C" }).click();
  await face.locator(".face-number", { hasText: /^25$/ }).waitFor();
  await page.locator(".bar-forced").waitFor({ state: "hidden" });
  await leave(page);
});

test("a force may hold after a restart, too", async () => {
  const { page, face } = await look_at("MODE");
  await face.locator(".force summary").click();
  await face.getByLabel("also after a restart").check();
  await face.getByLabel("Value to hold").selectOption("NIGHT");
  await face.getByRole("button", { name: "Hold", exact: true }).click();
  await face.locator(".face-number", { hasText: "NIGHT" }).waitFor();
  await program.stop();
  await program.start();
  await page.locator("body:not(.lost) .bar-forced", { hasText: "FORCED 1" }).waitFor();
  assert.equal(await value_of("MODE"), 2);
  await program.ask({ do: "unforce", all: true });
  await leave(page);
});
