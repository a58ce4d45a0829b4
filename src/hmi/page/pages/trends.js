// The trends: up to eight values over time, from what the server kept and from what comes now.

import { el, fill, moment, save, settled, sheet, span as lasting, worded, write } from "../kit.js";
import { Lanes, ready, stroke } from "../trend/lanes.js";
import { Pens, drawable } from "../trend/pens.js";
import { csv } from "../trend/series.js";

const spans = [[60, "1 min"], [300, "5 min"], [900, "15 min"], [3600, "1 h"], [14400, "4 h"], [86400, "24 h"]];
const most = 8;
const shortest = 1;
const longest = 31 * 86400;

// The choice of pens and window stands in the address, so that it can be kept as a bookmark, and is remembered.
function remembered(params) {
  const kept = JSON.parse(localStorage.getItem("msm.trends") || "{}");
  const names = params.get("names");
  return {
    names: names ? names.split(",") : kept.names || null,
    span: Number(params.get("span")) || kept.span || 300,
  };
}

export const stays = true;

class Trends {
  constructor(host, link, params) {
    this.link = link;
    const wish = remembered(params);
    this.wish = wish.names;
    this.span = Math.min(Math.max(wish.span, shortest), longest);
    this.paused = null;
    this.pens = new Pens(link, (again) => (again ? this.load() : this.touch()));
    this.lanes = new Lanes({
      moved: (from, to) => this.look(from, to), live: () => this.live(), pointed: (time) => this.read(time),
      limits: () => this.limits.checked, whole: () => this.whole.checked,
    });
    this.reload = settled(100, () => this.load());
    this.build(host);
  }

  build(host) {
    this.note = el("p", { class: "trend-note", role: "status" });
    this.limits = el("input", { type: "checkbox", checked: true, onchange: () => this.draw() });
    this.whole = el("input", { type: "checkbox", onchange: () => this.draw() });
    this.body = el("tbody");
    this.plot = el("div", { class: "trend-plot", tabindex: "0", role: "application", "aria-label":
      "Trend. Left and right move the cursor, plus and minus zoom, Page Up and Page Down move the window, " +
      "Space pauses, Escape goes back to live.", onkeydown: (event) => this.key(event) }, this.lanes.host);
    this.empty = el("p", { class: "trend-empty", hidden: true }, "No pens yet. Choose a value below.");
    host.append(el("h1", { class: "sr-only" }, "Trends"),
      el("section", { class: "trends", "aria-label": "Trends" }, this.bar(), this.note, this.plot, this.empty,
        el("div", { class: "trend-legend" }, this.table(), this.chooser())));
  }

  bar() {
    const choice = ([seconds, text]) => el("button", { type: "button", "data-span": seconds, onclick: () => {
      this.span = seconds;
      this.live();
    } }, text);
    this.choices = spans.map(choice);
    const tool = (text, label, f) => el("button", { type: "button", class: "tool", "aria-label": label, title: label,
      onclick: f }, text);
    this.state = el("button", { type: "button", class: "trend-live", onclick: () =>
      (this.paused ? this.live() : this.pause()) });
    return el("div", { class: "trend-bar", role: "toolbar", "aria-label": "Window of time" },
      el("div", { class: "segments" }, ...this.choices), this.state,
      el("div", { class: "segments" }, tool("◀", "Earlier", () => this.shift(-0.5)),
        tool("▶", "Later", () => this.shift(0.5)), tool("−", "Zoom out", () => this.zoom(2)),
        tool("+", "Zoom in", () => this.zoom(0.5))),
      el("label", { class: "check" }, this.limits, "Limits"), el("label", { class: "check" }, this.whole, "Full range"),
      el("button", { type: "button", class: "trend-csv", onclick: () => this.download() }, "Save CSV"));
  }

  table() {
    const head = ["", "Name", "Value", "Least", "Greatest", "Unit", ""];
    this.moment = el("caption", {}, "now");
    return el("table", { class: "pens" }, this.moment,
      el("thead", {}, el("tr", {}, head.map((text, index) => text ? el("th", { scope: "col", class: index > 1 &&
        index < 5 ? "number" : null }, text) : el("td")))), this.body);
  }

  chooser() {
    this.options = el("datalist", { id: "trend-names" });
    this.input = el("input", { type: "text", list: "trend-names", "aria-label": "Name of a value to add",
      placeholder: "add a value", autocomplete: "off", spellcheck: "false",
      onchange: () => this.infos && this.infos.has(this.input.value.trim()) && this.add() });
    this.submit = el("button", { type: "submit" }, "Add");
    return el("form", { class: "trend-add", onsubmit: (event) => {
      event.preventDefault();
      this.add();
    } }, this.input, this.options, this.submit);
  }

  async start() {
    try {
      sheet(new URL("./trends.css", import.meta.url).href);
      await Promise.all([this.names(), ready().catch((problem) => {
        this.missing = problem.message;
      })]);
    } catch (problem) {
      this.say(problem.error || problem.message);
      return;
    }
    if (this.gone) {
      return;
    }
    this.choose(this.wish || this.first());
    this.undo = this.link.on("loaded", () => this.names().then(() => this.choose(this.chosen())).catch(() => {}));
    this.timer = setInterval(() => this.tick(), 100);
    this.marks();
  }

  // What can be drawn, for the list of suggestions; of arrays each element.
  async names() {
    const all = (await this.link.ask({ do: "names" })).names.filter(drawable);
    this.infos = new Map(all.map((info) => [info.name, info]));
    const each = (info) => (info.count ? Array.from({ length: Math.min(info.count, 256) }, (_, index) =>
      `${info.name}[${index + 1}]`) : [info.name]);
    this.known = new Set(all.flatMap(each));
    fill(this.options, [...this.known].map((name) => el("option", { value: name })));
  }

  // Without a choice: the first numbers that have a unit, else the first of any kind.
  first() {
    const single = [...this.infos.values()].filter((info) => !info.count);
    const measured = single.filter((info) => info.unit);
    return (measured.length ? measured : single).slice(0, 3).map((info) => info.name);
  }

  chosen() {
    return this.pens.list.map((pen) => pen.name);
  }

  // Other pens.
  choose(names) {
    const absent = names.filter((name) => !this.known.has(name));
    this.absent = absent.length ? `not kept, or not declared: ${absent.join(", ")}` : "";
    this.pens.select(names.filter((name) => this.known.has(name)).slice(0, most), this.infos);
    this.lanes.pens(this.pens.list);
    this.empty.hidden = this.pens.list.length > 0;
    this.plot.hidden = this.pens.list.length === 0;
    this.rows();
    this.reload();
    this.keep();
  }

  add() {
    const name = this.input.value.trim();
    if (!this.known.has(name)) {
      this.absent = name ? `${name} is no number or boolean that is kept` : "";
      this.say("");
    } else if (this.pens.list.length >= most) {
      this.say(`${most} pens are as many as can be told apart: remove one first`);
    } else {
      this.input.value = "";
      this.choose([...new Set([...this.chosen(), name])]);
    }
  }

  rows() {
    const swatch = (pen) => {
      const mark = el("span", { class: "swatch", "data-pen": pen.number }, String(pen.number));
      mark.style.setProperty("--pen", `var(--pen-${pen.number})`);
      const [dash] = stroke(pen.number);
      mark.style.borderBottomStyle = !dash ? "solid" : dash > 3 ? "dashed" : "dotted";
      return mark;
    };
    fill(this.body, this.pens.list.map((pen) => {
      pen.cells = { value: el("td", { class: "number value" }), least: el("td", { class: "number" }),
        greatest: el("td", { class: "number" }) };
      return el("tr", { "data-name": pen.name }, el("td", {}, swatch(pen)),
        el("th", { scope: "row" }, pen.name, pen.desc ? el("small", {}, pen.desc) : null),
        pen.cells.value, pen.cells.least, pen.cells.greatest, el("td", {}, pen.unit),
        el("td", {}, el("button", { type: "button", class: "tool", "aria-label": `Remove ${pen.name}`, title: "Remove",
          onclick: () => this.choose(this.chosen().filter((name) => name !== pen.name)) }, "×")));
    }));
  }

  window() {
    const to = this.pens.now();
    return this.paused || [to - this.span, to];
  }

  async load() {
    const [from, to] = this.window();
    this.loaded = this.pens.now();
    try {
      await this.pens.load(from, to, Math.round(Math.min(Math.max(this.plot.clientWidth / 2, 200), 1500)));
      const missing = this.pens.list.filter((pen) => pen.unrecorded).map((pen) => pen.name);
      this.say(missing.length ? `nothing was kept of ${missing.join(", ")}` : "");
    } catch (problem) {
      this.say(`only what comes from now on: ${problem.error || problem.message}`);
    }
    this.draw();
  }

  say(text) {
    write(this.note, [this.missing, this.absent, text].filter(Boolean).join("; "));
  }

  // The window follows time as finely as a pixel shows it, at most ten times a second.
  // What came live meanwhile is fetched anew now and then, thinned out as the server does it.
  tick() {
    const [from, to] = this.window();
    if (!this.paused && to - this.loaded > Math.max(60, this.span / 50)) {
      this.load();
    }
    const step = Math.max((to - from) / (this.plot.clientWidth || 800), 0.1);
    if (!document.hidden && (this.fresh || !this.paused) && !(to - this.drawn < step && !this.fresh)) {
      this.draw();
    }
  }

  touch() {
    this.fresh = this.paused === null && this.pens.now() - (this.drawn || 0) > 0.2;
  }

  draw() {
    if (this.gone || this.pens.list.length === 0) {
      return;
    }
    const [from, to] = this.window();
    this.fresh = false;
    this.drawn = this.pens.now();
    if (window.Dygraph) {
      this.lanes.draw(from, to, this.drawn);
    }
    if (!this.paused) {
      this.pens.trim(from - this.span);
    }
    this.read(this.lanes.cursor);
  }

  // The numbers below: at the cursor, else now.
  read(time) {
    const [from, to] = this.window();
    const at = time === null ? Math.min(to, this.pens.now()) : time;
    write(this.moment, time === null && !this.paused ? "now" : `at ${moment(at)}`);
    for (const pen of this.pens.list) {
      const value = pen.series.at(at);
      const extent = pen.series.extent(from, to);
      const text = (number) => (number === null ? "-" : worded(pen.boolean ? Boolean(number) : number, pen));
      write(pen.cells.value, text(value));
      write(pen.cells.least, text(extent && extent[0]));
      write(pen.cells.greatest, text(extent && extent[1]));
    }
  }

  live() {
    this.paused = null;
    this.lanes.point(null);
    this.marks();
    this.reload();
    this.keep();
  }

  pause() {
    this.paused = this.window();
    this.marks();
  }

  // Another window, by hand: it stands still, and its detail is fetched.
  look(from, to) {
    const width = Math.min(Math.max(to - from, shortest), longest);
    const end = Math.min((from + to + width) / 2, this.pens.now());
    this.paused = [end - width, end];
    this.marks();
    this.draw();
    this.reload();
  }

  shift(part) {
    const [from, to] = this.window();
    this.look(from + part * (to - from), to + part * (to - from));
  }

  zoom(factor) {
    const [from, to] = this.window();
    const middle = this.lanes.cursor === null ? (this.paused ? (from + to) / 2 : to) : this.lanes.cursor;
    this.look(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  marks() {
    for (const button of this.choices) {
      button.setAttribute("aria-pressed", String(!this.paused && Number(button.dataset.span) === this.span));
    }
    const [from, to] = this.window();
    write(this.state, this.paused ? "▶ Back to live" : "❚❚ Pause");
    this.state.classList.toggle("paused", Boolean(this.paused));
    this.state.title = this.paused ? `${moment(from)} to ${moment(to)}, ${lasting(to - from)}` : "Pause";
  }

  key(event) {
    const move = (part) => {
      const [from, to] = this.window();
      const at = this.lanes.cursor === null ? to : this.lanes.cursor;
      this.lanes.point(Math.min(Math.max(at + part * (to - from), from), to));
    };
    const step = event.shiftKey ? 0.1 : 0.01;
    const keys = {
      ArrowLeft: () => move(-step), ArrowRight: () => move(step), "+": () => this.zoom(0.5), "-": () => this.zoom(2),
      PageUp: () => this.shift(-0.5), PageDown: () => this.shift(0.5), Escape: () => this.live(),
      " ": () => (this.paused ? this.live() : this.pause()),
    };
    if (keys[event.key] && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      keys[event.key]();
    }
  }

  download() {
    const [from, to] = this.window();
    save("trend.csv", "text/csv", csv(this.pens.list.map((pen) => Object.assign(pen.series, { unit: pen.unit })),
      from, Math.min(to, this.pens.now())));
  }

  keep() {
    const names = this.chosen();
    localStorage.setItem("msm.trends", JSON.stringify({ names, span: this.span }));
    const query = new URLSearchParams({ names: names.join(","), span: this.span });
    if (location.hash.startsWith("#/trends")) {
      history.replaceState(null, "", `#/trends?${query.toString().replaceAll("%2C", ",")}`);
    }
  }

  destroy() {
    this.gone = true;
    clearInterval(this.timer);
    this.reload.cancel();
    if (this.undo) {
      this.undo();
    }
    this.pens.destroy();
    this.lanes.destroy();
  }
}

export function mount(host, link, params) {
  const trends = new Trends(host, link, params);
  trends.start();
  return () => trends.destroy();
}
