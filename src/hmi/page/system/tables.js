// The tables of the system page: links, and what is forced.

import { el, fill, reading, span, write } from "../kit.js";
import { question } from "../question.js";
import { link_words } from "./facts.js";

const head = (...texts) => el("thead", {}, el("tr", {}, texts.map((text) => el("th", { scope: "col" }, text))));

// The links; rows are made anew only where other links are there.
export class Links {
  constructor() {
    this.body = el("tbody");
    this.none = el("p", { class: "quiet-note" }, "No servers and no clients.");
    this.element = el("div", {}, el("table", { class: "links", "aria-label": "Links" },
      head("State", "Name", "Memories", "Last heard", "Errors", "Last error"), this.body), this.none);
    this.key = "";
  }

  show(links) {
    const key = links.map((link) => link.name).join("\n");
    if (key !== this.key) {
      this.key = key;
      this.rows = links.map(() => Array.from({ length: 6 }, () => el("td")));
      fill(this.body, this.rows.map((cells) => el("tr", {}, cells)));
    }
    this.none.hidden = links.length > 0;
    this.element.firstChild.hidden = links.length === 0;
    links.forEach((link, index) => {
      const texts = [`${link.online ? "●" : "○"} ${link_words(link)}`, `${link.kind} ${link.name}`,
        (link.memories || []).join(", "), link.age === null ? "never" : `${span(link.age)} ago`,
        String(link.errors || 0), link.last_error || ""];
      texts.forEach((text, column) => write(this.rows[index][column], text));
      this.rows[index][0].parentNode.dataset.online = link.online || link.wanted === false;
    });
  }
}

// What is forced: a force is the overlay of the truth, listed in one place, and released here.
export class Forced {
  constructor(link) {
    this.link = link;
    this.body = el("tbody");
    this.none = el("p", { class: "quiet-note" }, "Nothing is forced.");
    this.all = el("button", { type: "button", class: "quiet", "data-needs": "engineer", onclick: () =>
      this.release(null) }, "Release all …");
    this.table = el("table", { class: "forced", "aria-label": "Forced values" },
      head("Name", "Forced to", "Instead of", ""), this.body);
    this.element = el("div", {}, this.table, this.none, this.all);
  }

  show(rows) {
    const key = JSON.stringify(rows.map((row) => [row.name, row.value, row.suppressed]));
    if (key !== this.key) {
      this.key = key;
      const text = (row, value) => `${reading(value)}${row.unit ? ` ${row.unit}` : ""}`;
      fill(this.body, rows.map((row) => el("tr", { "data-name": row.name }, el("th", { scope: "row" }, row.name),
        el("td", {}, text(row, row.value)), el("td", {}, text(row, row.suppressed)), el("td", {}, el("button", {
          type: "button", class: "quiet", "data-needs": "engineer", onclick: () => this.release(row.name),
          "aria-label": `Release ${row.name}` }, "Release …")))));
    }
    this.none.hidden = rows.length > 0;
    this.table.hidden = this.all.hidden = rows.length === 0;
  }

  release(name) {
    const restore = el("input", { type: "radio", name: "how", value: "restore" });
    const keep = el("input", { type: "radio", name: "how", value: "keep", checked: true });
    const request = name ? { do: "unforce", name } : { do: "unforce", all: true };
    return question({
      title: name ? `Release ${name}` : "Release all that is forced", word: "Release",
      body: [el("label", { class: "choice" }, keep, "Keep the forced value until something writes another"),
        el("label", { class: "choice" }, restore, "Bring back what was suppressed")],
      act: () => this.link.ask(restore.checked ? { ...request, restore: true } : request),
    });
  }
}
