// A number between its ends: the fill, and the ticks of its limits.

import { el } from "../kit.js";
import { level_of, text_of } from "../format.js";

const part = (info, value) => Math.min(Math.max((value - info.min) / (info.max - info.min), 0), 1);
const percent = (number) => `${Math.round(number * 1000) / 10}%`;

export class Range {
  // `upright`: a vessel, filled from below.
  constructor(info, upright) {
    this.info = info;
    this.upright = upright;
    this.fill = el("div", { class: "range-fill" });
    this.ticks = ["lolo", "lo", "hi", "hihi"].filter((level) => typeof info[level] === "number").map((level) => {
      const tick = el("div", { class: `range-tick ${level}`, title: `${level} ${text_of(info, info[level])}` });
      tick.style.setProperty(upright ? "bottom" : "left", percent(part(info, info[level])));
      return tick;
    });
    this.scale = el("div", { class: "range-scale", "aria-hidden": "true" }, el("span", {}, String(info.min)),
      el("span", {}, String(info.max)));
    this.track = el("div", { class: "range-track" }, this.band(), this.fill, ...this.ticks);
    this.element = el("div", { class: upright ? "range upright" : "range", "aria-hidden": "true" }, this.track, this.scale);
  }

  // What is normal: between the inner limits.
  band() {
    const { info } = this;
    const from = typeof info.lo === "number" ? part(info, info.lo) : 0;
    const to = typeof info.hi === "number" ? part(info, info.hi) : 1;
    const band = el("div", { class: "range-band" });
    band.style.setProperty(this.upright ? "bottom" : "left", percent(from));
    band.style.setProperty(this.upright ? "height" : "width", percent(to - from));
    return band;
  }

  paint(given) {
    const there = given !== null && !Number.isNaN(Number(given)), value = there ? Number(given) : null;
    const size = percent(there ? part(this.info, value) : 0);
    if (size !== this.size) {
      this.size = size;
      this.fill.style.setProperty(this.upright ? "height" : "width", size);
    }
    this.track.dataset.level = level_of(this.info, value);
    this.track.dataset.priority = this.info.priority || 3;
  }
}

