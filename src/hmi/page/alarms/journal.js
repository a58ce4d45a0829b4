// The journal: what came, went and was done, by whom, newest first, across restarts.

import { el, fill, moment, save, settled, write } from "../kit.js";
import { priority_mark } from "./list.js";
import { event_words, happened } from "./rows.js";

const windows = [[3600, "last hour"], [86400, "last day"], [604800, "last week"], [2592000, "last month"]];
const page = 200;

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function as_csv(entries) {
  const lines = entries.map((entry) => [new Date(entry.time * 1000).toISOString(), entry.kind, happened(entry),
    entry.name, event_words(entry), entry.who].map((text) => quoted(String(text || ""))).join(","));
  return ["time,kind,what,name,text,who", ...lines].join("\n") + "\n";
}

export class Journal {
  constructor(link) {
    this.link = link;
    this.entries = [];
    this.later = settled(300, () => this.load());
    const changed = () => this.later();
    this.window = el("select", { "aria-label": "How far back", onchange: changed }, windows.map(([seconds, text]) =>
      el("option", { value: seconds, selected: seconds === 86400 }, text)));
    this.match = el("input", { type: "search", placeholder: "name, such as *LEVEL", "aria-label":
      "Names to show, * for any characters", oninput: changed, autocomplete: "off", spellcheck: "false" });
    this.kind = el("select", { "aria-label": "What to show", onchange: changed }, [["", "everything"],
      ["alarm", "alarms"], ["audit", "what people did"]].map(([value, text]) => el("option", { value }, text)));
    this.note = el("p", { class: "journal-note", role: "status" });
    this.body = el("tbody");
    this.more = el("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.older() }, "Older");
    this.element = el("div", { class: "journal" }, el("form", { class: "journal-filter", onsubmit: (event) =>
      event.preventDefault() }, this.window, this.kind, this.match, el("button", { type: "button", class: "quiet",
      onclick: () => save("journal.csv", "text/csv", as_csv(this.entries)) }, "Save CSV")), this.note, this.table(),
    this.more);
  }

  table() {
    return el("table", { class: "journal-list", "aria-label": "Journal" }, el("thead", {}, el("tr", {},
      ["Time", "What", "Name", "Text", "Who"].map((text) => el("th", { scope: "col" }, text)))), this.body);
  }

  async ask(to) {
    const request = { do: "journal", from: -Number(this.window.value), limit: page };
    const match = this.match.value.trim();
    if (match) {
      request.match = /[*?]/.test(match) ? match : `*${match}*`;
    }
    if (this.kind.value) {
      request.kinds = [this.kind.value];
    }
    if (to) {
      request.to = to;
    }
    const { entries } = await this.link.ask(request);
    this.more.hidden = entries.length < page;
    return entries;
  }

  async load() {
    try {
      this.entries = await this.ask();
      write(this.note, this.entries.length ? "" : "nothing in this time");
    } catch (problem) {
      this.entries = [];
      write(this.note, `no journal: ${problem.error || problem.message}`);
    }
    this.draw();
  }

  // What is new since; not while a person has gone back to older entries.
  refresh() {
    if (!document.hidden && this.entries.length <= page) {
      this.load();
    }
  }

  async older() {
    try {
      const known = new Set(this.entries.map((entry) => JSON.stringify(entry)));
      const entries = await this.ask(this.entries[this.entries.length - 1].time);
      this.entries = this.entries.concat(entries.filter((entry) => !known.has(JSON.stringify(entry))));
    } catch (problem) {
      write(this.note, problem.error || problem.message);
    }
    this.draw();
  }

  draw() {
    const key = JSON.stringify(this.entries);
    if (key === this.drawn) {
      return;
    }
    this.drawn = key;
    fill(this.body, this.entries.map((entry) => el("tr", { "data-kind": entry.kind, "data-what": entry.what },
      el("td", { class: "journal-time" }, moment(entry.time)),
      el("td", { class: "journal-what" }, entry.priority ? priority_mark(entry.priority) : null, ` ${happened(entry)}`),
      el("td", { class: "journal-name" }, entry.name || ""), el("td", { class: "journal-text" }, event_words(entry)),
      el("td", { class: "journal-who" }, entry.who || ""))));
  }
}
