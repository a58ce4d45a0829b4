// A trend's plot: a lane for each unit one above the other, with one window of time and one cursor for all of them.

import { el, script, sheet } from "../kit.js";
import { Lane } from "./lane.js";
export { stroke } from "./lane.js";
import { table } from "./series.js";

// Resolves when dygraphs is there; rejects with what a person has to install where it is not.
export async function ready() {
  try {
    await Promise.all([script("/lib/dygraphs/dygraph.min.js"), sheet("/lib/dygraphs/dygraph.css"),
      sheet(new URL("./trend.css", import.meta.url).href)]);
    // Its legend sets styles in a way that the pages' policy forbids; ours stands below the plot.
    window.Dygraph.PLUGINS = window.Dygraph.PLUGINS.filter((plugin) => plugin !== window.Dygraph.Plugins.Legend);
  } catch {
    throw new Error("the charts need Debian's package libjs-dygraphs on the machine that runs msm");
  }
}

export class Lanes {
  // `options`: moved(from, to), live(), pointed(time or null), limits(), whole(): see Lane; all may be left out.
  constructor(options = {}) {
    const none = () => {};
    const no = () => false;
    this.options = { moved: none, live: none, pointed: none, limits: no, whole: no, ...options };
    this.host = el("div", { class: "lanes", onpointermove: (event) => this.hover(event),
      onpointerleave: () => this.point(null) });
    this.lanes = [];
    this.cursor = null;
    this.size = new ResizeObserver(() => this.lanes.forEach((lane) => lane.resize()));
    this.size.observe(this.host);
    this.theme = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => this.pens(this.shown || []);
    this.theme.addEventListener("change", this.repaint);
  }

  // Which pens there are: objects with number, name, unit, boolean, series, limits, range.
  pens(pens) {
    this.shown = pens;
    this.lanes.forEach((lane) => lane.destroy());
    const groups = new Map();
    for (const pen of pens) {
      const key = pen.boolean ? "\u0000" : pen.unit || "";
      groups.set(key, [...(groups.get(key) || []), pen]);
    }
    const keys = [...groups.keys()].sort((a, b) => (a === "\u0000") - (b === "\u0000"));
    this.lanes = keys.map((key) => new Lane(groups.get(key), this.options));
    this.host.replaceChildren(...this.lanes.map((lane) => lane.host));
    if (this.window) {
      this.draw(...this.window);
    }
  }

  // Draws a window of time; nothing is known to hold after `end`.
  draw(from, to, end) {
    this.window = [from, to, end];
    this.lanes.forEach((lane, index) => {
      const rows = table(lane.pens.map((pen) => pen.series), from, to, end);
      lane.draw(rows, from, to, index === this.lanes.length - 1);
      lane.point(this.cursor);
    });
  }

  hover(event) {
    const lane = this.lanes.find((one) => one.host.contains(event.target));
    this.point(lane ? lane.time(event) : null);
  }

  // Moves the cursor, and tells who asked.
  point(time) {
    this.cursor = time;
    this.lanes.forEach((lane) => lane.point(time));
    this.options.pointed(time);
  }

  destroy() {
    this.size.disconnect();
    this.theme.removeEventListener("change", this.repaint);
    this.lanes.forEach((lane) => lane.destroy());
    this.lanes = []; // an answer that comes now is drawn nowhere
    this.host.remove();
  }
}
