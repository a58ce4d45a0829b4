// Curves over the last minutes, with one scale, for a page of the script's own. For more there is the page of trends.

import { el, write } from "../kit.js";
import { is_boolean, title_of, value_of, with_unit } from "../format.js";
import { remember, Samples } from "./samples.js";
import { Tile } from "./tile.js";

const EVERY = 500; // ms between two pictures
const LEFT = 44, RIGHT = 8, TOP = 18, BOTTOM = 20;
const two = (number) => String(number).padStart(2, "0");

// 0, 25, 50 …: some four round numbers from low to high.
export function ticks(low, high) {
  const raw = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999);
  const list = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) {
    list.push(Number(at.toPrecision(12)));
  }
  return list;
}

export class ChartTile extends Tile {
  constructor(item, info, link, infos) {
    super(item, info, link);
    this.names = item.names;
    this.span = item.span || 600;
    this.pens = item.names.map((name, i) => ({ name, info: infos.get(name), samples: new Samples(this.span), ink: `--pen-${i + 1}` }));
    write(this.title, item.label || this.pens.map((pen) => title_of(pen.info, pen.name)).join(" · "));
    this.canvas = el("canvas", { class: "chart", role: "img", "aria-label": this.title.textContent });
    this.body.append(this.canvas, this.legend());
    this.size = new ResizeObserver(() => this.draw());
    this.size.observe(this.canvas);
    this.timer = setInterval(() => this.draw(), EVERY);
    Promise.all(this.pens.map((pen) => remember(link, pen.name, pen.samples))).then(() => this.draw());
  }

  legend() {
    return el("ul", { class: "chart-legend" }, ...this.pens.map((pen, i) => {
      pen.value = el("span", { class: "chart-value" });
      return el("li", { "data-pen": i + 1 }, el("a", { href: `#/trends?names=${encodeURIComponent(this.names.join(","))}` },
        title_of(pen.info, pen.name)), pen.value);
    }));
  }

  update(row, now) {
    const pen = row && this.pens.find(({ name }) => name === row.name);
    if (pen) {
      pen.samples.add(row, now);
      write(pen.value, with_unit(pen.info, value_of(pen.info, row)));
    }
  }

  // The scale: the declared range where that is not far too wide, else what there is.
  scale(from) {
    let low = Infinity, high = -Infinity;
    for (const { samples, info } of this.pens) {
      for (const [, value] of samples.within(from)) {
        if (value !== null && !is_boolean(info)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    if (low > high) {
      return [0, 1];
    }
    const room = Math.max((high - low) * 0.08, Math.abs(high) * 0.005, 1e-6);
    return [low - room, high + room];
  }

  draw() {
    const { canvas } = this;
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
    if (!width || !height || document.hidden) {
      return;
    }
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d"), to = this.link.now(), from = to - this.span;
    const style = getComputedStyle(canvas), [low, high] = this.scale(from);
    const x = (time) => LEFT + (time - from) / this.span * (width - LEFT - RIGHT);
    const y = (value) => TOP + (high - value) / (high - low) * (height - TOP - BOTTOM);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `11px ${style.fontFamily}`;
    this.grid(pen, style, { x, y, low, high, from, to, width, height });
    this.pens.forEach((one, i) => this.curve(pen, style, one, i, { x, y, from, to, height }));
  }

  grid(pen, style, { x, y, low, high, from, to, width, height }) {
    pen.strokeStyle = style.getPropertyValue("--line");
    pen.fillStyle = style.getPropertyValue("--text-2");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of ticks(low, high)) {
      const at = Math.round(y(tick)) + 0.5;
      line(pen, LEFT, at, width - RIGHT, at);
      pen.fillText(String(tick), LEFT - 6, at);
    }
    pen.textBaseline = "top";
    pen.fillText([...new Set(this.pens.map(({ info }) => info?.unit).filter(Boolean))].join(", "), LEFT - 6, 0);
    pen.textAlign = "center";
    const step = [10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400].find((size) => this.span / size <= width / 110) || 28800;
    const zone = new Date(to * 1000).getTimezoneOffset() * 60;
    for (let time = Math.ceil((from - zone) / step) * step + zone; time <= to; time += step) {
      const date = new Date(time * 1000), at = Math.round(x(time)) + 0.5;
      line(pen, at, TOP, at, height - BOTTOM);
      if (at > LEFT + 14 && at < width - 20) {
        pen.fillText(`${two(date.getHours())}:${two(date.getMinutes())}${step < 60 ? `:${two(date.getSeconds())}` : ""}`, at,
          height - BOTTOM + 5);
      }
    }
  }

  // A boolean is a band of its own at the lower edge.
  curve(pen, style, { samples, info, ink }, index, { x, y, from, to, height }) {
    const band = is_boolean(info) ? (value) => height - BOTTOM - 4 - value * 12 - index * 2 : y;
    let before = null;
    pen.strokeStyle = style.getPropertyValue(ink);
    pen.lineWidth = 1.8;
    pen.beginPath();
    for (const [time, value] of [...samples.within(from), [to, undefined]]) {
      if (before !== null) {
        pen.lineTo(x(time), band(before));
      }
      if (value === null || value === undefined) {
        before = null;
      } else {
        (before === null ? pen.moveTo : pen.lineTo).call(pen, x(time), band(value));
        before = value;
      }
    }
    pen.stroke();
  }

  destroy() {
    clearInterval(this.timer);
    this.size.disconnect();
  }
}

function line(pen, ax, ay, bx, by) {
  pen.beginPath();
  pen.moveTo(ax, ay);
  pen.lineTo(bx, by);
  pen.stroke();
}
