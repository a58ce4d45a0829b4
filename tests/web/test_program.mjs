// Proves what the program page does with a real program: its text with live values, Check that leads to the line, the
// difference, Reload, versions, a file that changed on the disk meanwhile, and an editor where CodeMirror is missing.

import { after, before, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, launch, open, PATIENCE, picture, Program, SIZES } from "./bed.mjs";

const SCRIPT = `program { probation = "50ms" }
mem.LEVEL = input.float32(0, { unit = "%", decimals = 1, default = 12 })
mem.MODE = holding.uint16(4, { labels = { "HAND", "AUTO" }, default = 2 })
mem.STEP = var.uint16 { default = 7 }
every("50ms", function()
  mem.STEP = 7 -- mem.LEVEL
end)
local kept = keep("kept", { count = 0 })
mem.COUNT = var.uint32 {}
every("50ms", function()
  kept.count = kept.count + 1
  mem.COUNT = kept.count
end)
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

const state = (page, text) => page.locator(".program-state", { hasText: text }).waitFor();
const text = (page) => page.evaluate(() => document.querySelector(".CodeMirror").CodeMirror.getValue());
const on_disk = () => readFileSync(program.path, "utf8");

// Exchanges something in the editor, as a person's typing does.
const change = (page, from, to) => page.evaluate(([before, now]) => {
  const editor = document.querySelector(".CodeMirror").CodeMirror;
  editor.setValue(editor.getValue().replace(before, now));
}, [from, to]);

async function editor(options) {
  const page = await open(browser, `${program.url}#/program`, options);
  await state(page, "this is what runs");
  return page;
}

test("values stand beside the lines that name them, and change", async () => {
  const page = await editor();
  const beside = (line) => page.locator(".CodeMirror-code > div").nth(line - 1).locator(".code-value");
  await beside(2).filter({ hasText: "LEVEL 12.0 %" }).waitFor();
  await beside(3).filter({ hasText: "MODE AUTO" }).waitFor();
  await beside(6).filter({ hasText: "STEP 7" }).waitFor();
  assert.equal(await beside(6).count(), 1, "what stands in a comment is no name");
  await program.ask({ do: "set", name: "MODE", value: 1 });
  await beside(3).filter({ hasText: "MODE HAND" }).waitFor();
  await program.ask({ do: "force", name: "LEVEL", value: 99 });
  await page.locator(".code-value.forced", { hasText: "LEVEL 99.0 %" }).waitFor();
  await page.getByLabel("Values").uncheck();
  await page.locator(".code-value").first().waitFor({ state: "detached" });
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("Check leads to the line, and changes nothing", async () => {
  const page = await editor();
  await change(page, "mem.STEP = 7", "mem.STEP == 7");
  await state(page, "changed: +1 −1 lines");
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Check" }).click();
  await state(page, "refused: one error");
  await page.locator(".program-errors", { hasText: /line 6.*syntax error/ }).waitFor();
  assert.equal(await page.locator(".code-error-mark").count(), 1);
  await page.getByRole("button", { name: "line 6" }).click();
  assert.equal(await page.evaluate(() => document.querySelector(".CodeMirror").CodeMirror.getCursor().line), 5);
  await picture(page, "program-error");
  await change(page, "mem.STEP == 7", "mem.STEP = 8");
  await page.getByRole("button", { name: "Check" }).click();
  await state(page, "nothing is wrong with it");
  assert.equal(await page.locator(".code-error-mark").count(), 0);
  assert.equal(on_disk(), SCRIPT);
  await page.context().close();
});

test("Reload shows the difference first, then it runs and is the file's", async () => {
  const page = await editor();
  await change(page, "mem.STEP = 7", "mem.STEP = 8");
  await page.getByRole("button", { name: "Reload" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator(".added", { hasText: "mem.STEP = 8" }).waitFor();
  await dialog.locator(".removed", { hasText: "mem.STEP = 7" }).waitFor();
  await picture(page, "program-difference");
  await page.keyboard.press("Escape");
  assert.equal(on_disk(), SCRIPT);
  const count = async () => (await program.ask({ do: "get", names: ["COUNT"] })).values[0].value;
  let before = 0;
  while (before < 20) { // more than it could count anew before it is asked again
    before = await count();
  }
  await page.getByRole("button", { name: "Reload" }).click();
  await dialog.getByRole("button", { name: "Reload" }).click();
  await state(page, "reloaded: this runs now");
  assert.ok(await count() > before, "it goes on counting");
  assert.equal(on_disk(), SCRIPT.replace("= 7 --", "= 8 --"));
  await page.locator(".code-value", { hasText: "STEP 8" }).last().waitFor();
  await page.locator("summary", { hasText: "Versions" }).click();
  await page.locator(".versions li").nth(1).waitFor();
  await page.locator(".versions li", { hasText: "running" }).waitFor();
  await page.locator(".versions li").nth(1).getByRole("button").click();
  await dialog.locator(".added", { hasText: "mem.STEP = 8" }).waitFor();
  await dialog.getByRole("button", { name: "Put it in the editor" }).click();
  await state(page, "changed: +1 −1 lines");
  assert.equal(await text(page), SCRIPT);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a reload that is rolled back says why, and the text stays in the editor", async () => {
  const page = await editor();
  await change(page, 'probation = "50ms" }', 'probation = "10m" } local n = 0');
  await change(page, "mem.STEP = 7", 'n = n + 1 if n == 3 then error("no good") end');
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reload" }).click();
  await page.locator(".program-errors", { hasText: "no good" }).waitFor();
  assert.equal((await program.ask({ do: "status" })).refused, 1);
  assert.match(await text(page), /no good/);
  assert.equal(on_disk(), SCRIPT);
  await page.reload();
  await state(page, "changed: +2 −2 lines");
  assert.match(await text(page), /no good/, "the draft is there after a reload of the page");
  await page.getByRole("button", { name: "Undo all" }).click();
  await state(page, "this is what runs");
  assert.equal(await text(page), SCRIPT);
  await page.context().close();
});

test("a file that changed on the disk is told, and not overwritten unseen", async () => {
  const page = await editor();
  program.write(SCRIPT.replace("= 7 --", "= 9 --"));
  await state(page, "not what runs");
  await page.locator(".program-banner", { hasText: "not what runs" }).waitFor();
  assert.match(await text(page), /= 9 --/);
  await change(page, "= 9 --", "= 10 --");
  program.write(SCRIPT.replace("= 7 --", "= 11 --"));
  await page.locator(".program-banner", { hasText: "changed on disk" }).waitFor();
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reload" }).click();
  await state(page, "has changed since");
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("dialog").locator(".removed", { hasText: "= 11 --" }).waitFor();
  await page.getByRole("button", { name: "Keep mine" }).click();
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reload" }).click();
  await state(page, "reloaded: this runs now");
  assert.match(on_disk(), /= 10 --/);
  await page.context().close();
});

test("a file that the script requires is edited as well", async () => {
  writeFileSync(join(program.folder, "part.lua"), "return 1\n");
  program.write(SCRIPT.replace("STEP = 7", "STEP = step").replace("every", 'local step = require "part"\nevery'));
  assert.equal((await program.ask({ do: "reload" })).ok, true);
  const page = await editor();
  await page.getByLabel("File").selectOption({ label: "part.lua" });
  await page.waitForFunction(() => document.querySelector(".CodeMirror").CodeMirror.getValue() === "return 1\n");
  await change(page, "return 1", "return 2");
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reload" }).click();
  await state(page, "reloaded: this runs now");
  assert.equal((await program.ask({ do: "get", names: ["STEP"] })).values[0].value, 2);
  assert.equal(readFileSync(join(program.folder, "part.lua"), "utf8"), "return 2\n");
  await page.context().close();
});

test("without CodeMirror there is a plain text field that does the same", async () => {
  const context = await browser.newContext({ viewport: SIZES.desktop });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.route("**/lib/codemirror/**", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(`${program.url}#/program`);
  await state(page, "this is what runs");
  const field = page.getByLabel("Script");
  assert.equal(await field.inputValue(), SCRIPT);
  await field.fill(SCRIPT.replace("STEP = 7", "STEP = = 7"));
  await page.keyboard.press("Control+s");
  await page.getByRole("button", { name: "line 6" }).click();
  assert.equal(await page.evaluate(() => getSelection().toString().trim()), "mem.STEP = = 7 -- mem.LEVEL");
  await context.close();
});

test("who may not edit sees the text, and no buttons", async () => {
  const page = await editor();
  const { engineer } = await page.evaluate(async () => {
    const { link } = await import("/page/link.js");
    link.come("hello", { ...link.last.get("hello"), role: "operator" });
    return { engineer: document.querySelector(".CodeMirror").CodeMirror.getOption("readOnly") };
  });
  assert.equal(engineer, true);
  assert.equal(await page.getByRole("button", { name: "Check" }).count(), 0);
  await page.context().close();
});

test("the keyboard is enough to leave the editor", async () => {
  const page = await editor();
  await page.locator(".CodeMirror textarea").focus();
  await page.keyboard.press("Tab");
  await state(page, "changed");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab"); // to what scrolls
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.closest(".CodeMirror")), null);
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is wrong on a ${size}, ${colorScheme}`, async () => {
      const page = await editor({ viewport, colorScheme });
      await page.locator(".code-value", { hasText: "STEP 7" }).first().waitFor();
      assert.deepEqual(await accessible(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "too wide");
      await picture(page, `program-${size}-${colorScheme}`);
      await page.context().close();
    });
  }
}
