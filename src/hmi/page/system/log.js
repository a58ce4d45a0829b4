// The newest lines that the program has said, followed for as long as a person looks at the end of them.

import { el, fill, moment, write } from "../kit.js";

const kept = 500;

export class Log {
  constructor(link) {
    this.link = link;
    this.lines = [];
    this.filter = el("input", { type: "search", placeholder: "filter", "aria-label": "Lines to show",
      autocomplete: "off", spellcheck: "false", oninput: () => this.draw() });
    this.text = el("pre", { class: "log-lines", tabindex: "0", "aria-label": "Log" });
    this.note = el("p", { class: "quiet-note", hidden: true });
    this.element = el("div", { class: "log" }, this.filter, this.note, this.text);
  }

  async load() {
    try {
      this.lines = (await this.link.ask({ do: "log", lines: kept })).lines;
      this.note.hidden = true;
    } catch (problem) {
      write(this.note, problem.error || problem.message);
      this.note.hidden = false;
      return;
    }
    const last = this.lines[this.lines.length - 1];
    const key = last ? `${last.time} ${last.text} ${this.lines.length}` : "";
    if (key !== this.key) {
      this.key = key;
      this.draw();
    }
  }

  draw() {
    const wanted = this.filter.value.trim().toLowerCase();
    const at_end = this.text.scrollTop + this.text.clientHeight > this.text.scrollHeight - 20;
    const shown = this.lines.filter((line) => line.text.toLowerCase().includes(wanted));
    fill(this.text, shown.map((line) => el("span", { class: "log-line" }, el("time", {}, moment(line.time)),
      ` ${line.text}\n`)));
    if (at_end || !this.drawn) {
      this.text.scrollTop = this.text.scrollHeight;
      this.drawn = shown.length > 0;
    }
  }
}
