// All variables, one row each. However many there are, only those on the screen are built, and only these are streamed.

import { el, settled, sheet, span, write } from "../kit.js";
import { faceplate } from "../faceplate.js";
import { place_of, text_of, value_of } from "../format.js";
import { matches } from "../pattern.js";
import { is_doubtful, remarks } from "../tiles/tile.js";
import { on_writes } from "../writes.js";

const HEIGHT = 44; // px, as variables.css has it
const BEYOND = 6; // rows above and below the screen

const FILTERS = [["all", "All"], ["settable", "Writable"], ["alarm", "With alarm"], ["forced", "Forced"]];

class Line {
  constructor(open) {
    this.name = el("button", { type: "button", class: "line-name", onclick: () => open(this.info.name) });
    this.desc = el("span", { class: "line-desc" });
    this.value = el("span", { class: "line-value" });
    this.unit = el("span", { class: "line-unit" });
    this.marks = el("span", { class: "line-marks" });
    this.place = el("span", { class: "line-place" });
    this.element = el("div", { class: "line", role: "row" }, ...[this.name, this.desc, this.value, this.unit, this.marks,
      this.place].map((cell) => el("div", { role: "cell" }, cell)));
  }

  take(info, index) {
    if (this.info !== info) {
      this.info = info;
      this.row = null;
      write(this.name, info.name);
      write(this.desc, info.desc || "");
      write(this.unit, info.unit || "");
      write(this.place, place_of(info));
      write(this.value, "–");
      this.marks.replaceChildren();
      this.said = "";
      this.element.dataset.quality = "";
    }
    this.element.setAttribute("aria-rowindex", index + 2);
    this.element.style.setProperty("--top", `${index * HEIGHT}px`);
  }

  update(row, now) {
    this.row = row || this.row;
    if (!this.row) {
      return;
    }
    const list = remarks(this.info, this.row, now), said = list.map(([, text]) => text).join();
    write(this.value, text_of(this.info, value_of(this.info, this.row)));
    this.element.dataset.quality = is_doubtful(this.info, this.row) ? this.row.quality : "good";
    if (said !== this.said) {
      this.said = said;
      this.marks.replaceChildren(...list.map(([kind, text]) => el("span", { class: `remark ${kind}` }, text)));
    }
    this.element.title = typeof this.row.time === "number" ? `came ${span(Math.max(now - this.row.time, 0))} ago` : "";
  }
}

class Variables {
  constructor(host, link, params) {
    this.link = link;
    this.all = [];
    this.list = [];
    this.lines = new Map(); // by index in the list
    this.spare = [];
    this.filter = params.get("show") || "all";
    this.forced = new Set();
    this.build(host, params.get("match") || "");
    this.look = () => this.draw();
    addEventListener("scroll", this.look, { passive: true });
    addEventListener("resize", this.look);
    this.undo = [on_writes(() => this.again()), link.on("hello", () => this.again())];
    this.timer = setInterval(() => this.again(), 1000);
    this.fill();
  }

  build(host, match) {
    const search = settled(150, () => this.choose());
    this.input = el("input", { type: "search", "aria-label": "Search for names", placeholder: "Name, text or pattern (plc.*)",
      value: match, oninput: search });
    this.input.value = match;
    this.buttons = FILTERS.map(([key, text]) => [key, el("button", { type: "button", "aria-pressed": "false", onclick: () =>
      this.pick(key) }, text)]);
    this.count = el("span", { class: "variables-count", role: "status" });
    this.space = el("div", { class: "lines", role: "rowgroup" });
    this.table = el("div", { class: "variables-table", role: "table", "aria-label": "Variables" },
      el("div", { class: "line line-head", role: "row" }, ...["Name", "", "Value", "Unit", "State", "Place"].map((text) =>
        el("div", { role: "columnheader" }, text || "Meaning"))), this.space);
    this.problem = el("p", { class: "problem", role: "alert" });
    host.append(el("h1", { class: "sr-only" }, "Variables"), el("div", { class: "variables-bar" }, this.input,
      el("div", { class: "segments", role: "group", "aria-label": "Which" }, ...this.buttons.map(([, button]) => button)),
      this.count), this.problem, this.table);
  }

  async fill() {
    try {
      const infos = await this.link.infos();
      this.all = [...infos.values()].filter((info) => info.hmi !== "hide" && !(info.count && !info.element));
      await this.pick(this.filter);
    } catch (refusal) {
      write(this.problem, refusal.error || refusal.message);
    }
  }

  async pick(key) {
    this.filter = FILTERS.some(([known]) => known === key) ? key : "all";
    this.buttons.forEach(([known, button]) => button.setAttribute("aria-pressed", String(known === this.filter)));
    if (this.filter === "forced") {
      const { values } = await this.link.ask({ do: "forced" });
      this.forced = new Set(values.map((row) => row.name));
    }
    this.choose();
  }

  is_meant(info, text) {
    const kinds = { all: true, settable: info.settable && info.hmi !== "ro", forced: this.forced.has(info.name),
      alarm: ["lolo", "lo", "hi", "hihi"].some((level) => typeof info[level] === "number") };
    const words = `${info.name} ${info.desc || ""}`.toLowerCase();
    return kinds[this.filter] && (!text || (/[*?]/.test(text) ? matches(text, info.name) : words.includes(text.toLowerCase())));
  }

  choose() {
    const text = this.input.value.trim();
    this.list = this.all.filter((info) => this.is_meant(info, text));
    this.space.style.setProperty("--height", `${this.list.length * HEIGHT}px`);
    this.table.setAttribute("aria-rowcount", this.list.length + 1);
    write(this.count, this.list.length === this.all.length ? `${this.all.length}` : `${this.list.length} of ${this.all.length}`);
    this.lines.forEach((line) => this.drop(line));
    this.lines.clear();
    this.draw();
  }

  drop(line) {
    line.element.remove();
    this.spare.push(line);
  }

  // What is on the screen now.
  draw() {
    const top = -this.space.getBoundingClientRect().top;
    const from = Math.max(Math.floor(top / HEIGHT) - BEYOND, 0);
    const to = Math.min(Math.ceil((top + innerHeight) / HEIGHT) + BEYOND, this.list.length);
    for (const [index, line] of this.lines) {
      if (index < from || index >= to) {
        this.drop(line);
        this.lines.delete(index);
      }
    }
    for (let index = from; index < to; index++) {
      if (!this.lines.has(index)) {
        const line = this.spare.pop() || new Line((name) => faceplate(this.link, name));
        line.take(this.list[index], index);
        this.lines.set(index, line);
        this.space.append(line.element);
      }
    }
    this.stream();
  }

  stream() {
    const names = [...this.lines.values()].map((line) => line.info.name);
    const wish = names.join("\n");
    if (wish === this.wish) {
      return;
    }
    this.wish = wish;
    this.by_name = new Map([...this.lines.values()].map((line) => [line.info.name, line]));
    const before = this.unshow;
    this.unshow = this.link.show(names, (rows, now) => rows.forEach((row) => this.by_name.get(row.name)?.update(row, now)));
    before?.();
  }

  again() {
    const now = this.link.now();
    this.lines.forEach((line) => line.update(null, now));
  }

  destroy() {
    clearInterval(this.timer);
    removeEventListener("scroll", this.look);
    removeEventListener("resize", this.look);
    this.undo.forEach((undo) => undo());
    this.unshow?.();
  }
}

export function mount(host, link, params) {
  sheet(new URL("./variables.css", import.meta.url).href);
  const variables = new Variables(host, link, params);
  return () => variables.destroy();
}
