// What a page with a thousand variables that change at 5 Hz costs the browser: seconds from the request to values on the
// screen, and the share of a core that the page's own thread takes after that. Prints both as JSON.
//
//   MSM=… MSM_ROOT=… MSM_WEB=… node page.mjs SECONDS
//
// Of the page of variables, and of the overview with all of them as tiles.

import { launch, Program, SIZES } from "../web/bed.mjs";

const SECONDS = Number(process.argv[2]);
const SCRIPT = `
  for i = 1, 1000 do mem["V" .. i] = input.float32(2 * i, { min = 0, max = 100, decimals = 1 }) end
  local n = 0
  every("200ms", function()
    n = n + 1
    for i = 1, 1000 do mem["V" .. i] = 50 + 45 * math.sin(n / 20 + i) end
  end)
`;

async function busy(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value;
}

async function look(browser, url, shown) {
  const context = await browser.newContext({ viewport: SIZES.desktop });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  await page.goto(url, { waitUntil: "commit" });
  await page.locator(shown).first().waitFor();
  const painted = await page.evaluate(() => performance.now() / 1000);
  await page.waitForTimeout(1000);
  const before = await busy(session);
  await page.waitForTimeout(SECONDS * 1000);
  const share = (await busy(session) - before) / SECONDS;
  await context.close();
  return { painted, share };
}

const program = new Program(SCRIPT);
await program.start();
const browser = await launch();
await look(browser, `${program.url}#/variables`, '.lines .line[data-quality="good"]'); // the browser itself is warm then
const variables = await look(browser, `${program.url}#/variables`, '.lines .line[data-quality="good"]');
const tiles = await look(browser, `${program.url}#/overview`, '.tile[data-name="V1"]');
console.log(JSON.stringify({ variables, tiles }));
await browser.close();
await program.end();
