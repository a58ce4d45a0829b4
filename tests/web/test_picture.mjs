// Proves that the first page of scripts/plant.lua is as the README shows it: a plant at work, and something that wants
// attention. `./dev picture` lets it run for longer and keeps the picture.
//
//   MSM_PICTURE: seconds that the plant runs before it is taken

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, launch, open, picture, Program, SIZES } from "./bed.mjs";

const SECONDS = Number(process.env.MSM_PICTURE || 1);

let program, browser;

before(async () => {
  program = new Program("scripts/plant.lua", ...(SECONDS > 1 ? ["--name", "plant"] : []));
  await program.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await program?.end();
});

test("the plant as a newcomer sees it", { timeout: (SECONDS + 120) * 1000 }, async () => {
  const page = await open(browser, program.url, { viewport: { width: 1280, height: 960 } });
  await page.waitForTimeout(SECONDS * 1000);
  await program.ask({ do: "set", name: "DUTY", value: 1 });
  await program.ask({ do: "set", name: "BREAK[1]", value: true });
  await program.ask({ do: "set", name: "DRAW", value: 150 });
  await page.locator('.tile[data-name="RUNS[2]"]', { hasText: "ON" }).waitFor();
  await page.locator('.bar-count[data-priority="2"][data-unseen="true"]').waitFor();
  assert.deepEqual(page.problems, []);
  await picture(page, "plant");
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), size);
    assert.deepEqual(await accessible(page), []);
    await picture(page, `plant-${size}`);
  }
  await page.context().close();
});
