// What the tests of the pages share: a program with pages in a folder of its own, and a browser that looks at them.
//
//   MSM, MSM_ROOT and MSM_WEB say where the binary, the checkout and the folder for modules and pictures are.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = process.env.MSM_ROOT;
const WEB = process.env.MSM_WEB;
const from = createRequire(join(WEB, "node_modules/"));
const { chromium } = from("playwright-core");
const AXE = from.resolve("axe-core/axe.min.js");

// Ten times what a slow machine needs.
export const PATIENCE = 30000;

export const SIZES = { desktop: { width: 1280, height: 800 }, tablet: { width: 800, height: 1100 },
  phone: { width: 390, height: 844 } };

// ---- the program ----

// Runs a text, or a script of the checkout ("scripts/plant.lua"), on a free port.
export class Program {
  constructor(script, ...options) {
    this.folder = mkdtempSync(join(tmpdir(), "msm-web-"));
    this.path = join(this.folder, "web.lua");
    const text = existsSync(join(ROOT, script)) ? readFileSync(join(ROOT, script), "utf8") : script;
    this.write(text.replace("port = 1502", "port = 0"));
    this.options = options;
    this.said = "";
  }

  // Resolves with the address of the pages. A port that was given out is taken again by the next start.
  start() {
    const place = `127.0.0.1:${this.port || 0}`;
    const name = this.options.includes("--name") ? [] : ["--name", `web${process.pid}`];
    this.process = spawn(process.env.MSM, ["run", this.path, ...name, "--state", this.folder, "--http", place,
      ...this.options], { stdio: ["ignore", "inherit", "pipe"] });
    return new Promise((resolve, reject) => {
      this.process.on("exit", (code) => reject(new Error(`msm ended with ${code}: ${this.said}`)));
      this.process.stderr.on("data", (text) => {
        this.said += text;
        const found = /pages at (http:\S+):(\d+)\//.exec(this.said);
        if (found) {
          this.port = Number(found[2]);
          this.url = `${found[1]}:${this.port}/`;
          resolve(this.url);
        }
      });
    });
  }

  write(text) {
    writeFileSync(this.path, text);
  }

  // Ends in order, or at once with SIGKILL.
  stop(signal = "SIGTERM") {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        resolve();
        return;
      }
      this.process.removeAllListeners("exit");
      this.process.on("exit", () => resolve());
      this.said = "";
      this.process.kill(signal);
    });
  }

  async end() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  // A control request, as the pages make them.
  async ask(request) {
    const answer = await fetch(`${this.url}api/ask`, { method: "POST", headers: { "Content-Type": "application/json",
      Origin: this.url.slice(0, -1) }, body: JSON.stringify(request) });
    return answer.json();
  }
}

// ---- the browser ----

export async function launch() {
  const executablePath = process.env.MSM_CHROMIUM || "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

// A page of its own; whatever goes wrong in it ends the test. `options`: those of playwright's contexts.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: SIZES.desktop, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource|ERR_/.test(message.text()) &&
    page.problems.push(message.text()));
  await page.goto(url);
  await page.locator("body[data-role]").waitFor();
  return page;
}

// A picture where a person can look at it.
export async function picture(page, name) {
  const folder = join(WEB, "pictures");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

// What axe finds wrong for people who use other senses or other hands: WCAG 2 A and AA.
export async function accessible(page) {
  await page.evaluate(readFileSync(AXE, "utf8"));
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`);
}
