// The last five minutes of a number in a line, without a scale.

import { el } from "../kit.js";
import { remember, Samples } from "./samples.js";

const SPAN = 300, WIDTH = 120, HEIGHT = 24;
const SLOTS = WIDTH / 2, EVERY = 1000 * SPAN / WIDTH;

export class Spark {
  constructor(link, name) {
    this.link = link;
    this.samples = new Samples(SPAN, SLOTS);
    this.path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.append(this.path);
    this.element = el("div", { class: "spark", "aria-hidden": "true" }, svg);
    this.timer = setInterval(() => this.draw(), EVERY);
    remember(link, name, this.samples).then(() => this.draw());
  }

  add(row) {
    this.samples.add(row, this.link.now());
  }

  // Only where it can be seen.
  draw() {
    if (document.hidden || this.element.checkVisibility?.({ contentVisibilityAuto: true }) === false) {
      return;
    }
    const to = this.link.now(), from = to - SPAN;
    const points = this.samples.within(from), values = points.map(([, value]) => value).filter((value) => value !== null);
    const low = Math.min(...values), high = Math.max(...values), room = high - low || 1;
    const y = (value) => (HEIGHT - 2 - (value - low) / room * (HEIGHT - 4)).toFixed(1);
    let text = "", before = null;
    for (const [time, value] of [...points, [to, null]]) {
      const x = ((time - from) / SPAN * WIDTH).toFixed(1);
      text += before !== null ? `L${x} ${y(before)}` : "";
      text += value !== null ? `${before === null ? "M" : "L"}${x} ${y(value)}` : "";
      before = value;
    }
    this.path.setAttribute("d", values.length ? text : "");
  }

  destroy() {
    clearInterval(this.timer);
  }
}
