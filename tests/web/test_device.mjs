// Proves that a page tells what became of a device behind the program: a lost one is stale values and one alarm, and
// mends by itself; what is written to one is pending until the device has it, refused, or said not to be delivered.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open, picture, Program } from "./bed.mjs";

const DEVICE = (port) => `
  mem.SPEED = input.uint16(0)
  mem.SP    = holding.uint16(0)
  mem.HURRY = holding.uint16(1)
  server.tcp { port = ${port} }
  every("50ms", function() mem.SPEED = (mem.SPEED + 1) % 1000 end)
`;

const SCRIPT = (port) => `
  local plc = memory "plc"
  plc.SPEED = input.uint16(0, { unit = "rpm", desc = "Speed" })
  plc.SP    = holding.uint16(0, { expire = "10m" })
  plc.HURRY = holding.uint16(1, { expire = "1s" })
  client.tcp { host = "127.0.0.1", port = ${port}, mem = plc, period = "100ms" }
  mem.OWN   = coil(0)
  every("100ms", function() end)
`;

let device, program, browser, port;

before(async () => {
  device = new Program(DEVICE(0), "--name", `device${process.pid}`);
  await device.start();
  port = Number(/serving mem on 127\.0\.0\.1:(\d+)/.exec(device.said)[1]);
  device.write(DEVICE(port));
  program = new Program(SCRIPT(port));
  await program.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await program?.end();
  device?.process.kill("SIGCONT");
  await device?.end();
});

const tile = (page, name, quality = "good") => page.locator(`.tile[data-name="${name}"][data-quality="${quality}"]`);

// Opens what the tile writes, and applies a value.
async function write(page, name, value) {
  await page.locator(`.tile[data-name="${name}"] .tile-open`).click();
  await page.getByRole("textbox", { name: /New value/ }).fill(String(value));
  await page.getByRole("button", { name: "Apply" }).click();
  return page.getByRole("dialog");
}

test("what is written to a device is pending until it has it", async () => {
  const page = await open(browser, program.url);
  await tile(page, "plc.SPEED").waitFor();
  device.process.kill("SIGSTOP");
  const face = await write(page, "plc.SP", 7);
  await face.locator(".remark.pending").waitFor();
  device.process.kill("SIGCONT");
  await face.locator(".remark.pending").waitFor({ state: "detached" });
  await face.locator(".face-number", { hasText: /^7$/ }).waitFor();
  assert.equal((await device.ask({ do: "get", names: ["SP"] })).values[0].value, 7);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a lost device is stale values and one alarm, and mends by itself", async () => {
  const page = await open(browser, program.url);
  await tile(page, "plc.SPEED").waitFor();
  await tile(page, "plc.SP").waitFor();
  await device.stop("SIGKILL");
  await tile(page, "plc.SPEED", "stale").locator(".remark", { hasText: /^stale, .* old$/ }).waitFor();
  await tile(page, "plc.SP", "stale").waitFor();
  await page.locator('.bar-lamp[data-online="false"]', { hasText: "✕" }).waitFor();
  assert.equal(await tile(page, "OWN").count(), 1);
  await page.locator(".bar-alarms .bar-count:visible", { hasText: "◆ 1" }).waitFor();
  await page.locator(".tile-alarms", { hasText: "No answer from" }).waitFor();
  assert.equal((await program.ask({ do: "alarms" })).alarms.length, 1);
  await picture(page, "device-lost");
  await device.start();
  await tile(page, "plc.SPEED").waitFor();
  await page.locator('.bar-lamp[data-online="true"]').first().waitFor();
  await page.locator(".tile-alarms", { hasText: "went, not seen" }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("what a device did not take in time is said not to have been delivered", async () => {
  const page = await open(browser, program.url);
  await tile(page, "plc.HURRY").waitFor();
  device.process.kill("SIGSTOP");
  const face = await write(page, "plc.HURRY", 9);
  await face.locator(".remark.expired", { hasText: "not delivered in 1 s" }).waitFor();
  await face.locator(".face-number", { hasText: /^0$/ }).waitFor();
  device.process.kill("SIGCONT");
  await tile(page, "plc.SPEED").waitFor();
  await page.context().close();
});

test("a write to a device that is not there is refused, and says why", async () => {
  const page = await open(browser, program.url);
  await tile(page, "plc.HURRY").waitFor();
  await device.stop("SIGKILL");
  await tile(page, "plc.HURRY", "stale").waitFor();
  const face = await write(page, "plc.HURRY", 8);
  await face.locator(".problem", { hasText: "offline" }).waitFor();
  await face.locator(".face-number", { hasText: /^[09]$/ }).waitFor(); // 9 was on its way
  assert.equal(await face.locator(".remark.pending").count(), 0);
  await page.context().close();
});
