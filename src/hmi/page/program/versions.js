// What was the script before: the last versions, each to be compared with what stands in the editor, and taken back.

import { bytes, el, fill, moment } from "../kit.js";
import { question } from "../question.js";
import { diff, hunks, size } from "./diff.js";

// The difference of two texts as a table of lines.
export function diff_view(before, after) {
  const lines = diff(before, after);
  const shown = hunks(lines);
  if (shown.length === 0) {
    return el("p", { class: "quiet-note" }, "The two are the same.");
  }
  const names = { "+": "added", "-": "removed", " ": "same" };
  const row = (line) => (line === null ? el("tr", { class: "left-out" }, el("td", { colspan: "4" }, "⋯"))
    : el("tr", { class: names[line.mark] }, el("td", { class: "line" }, line.old || ""),
      el("td", { class: "line" }, line.now || ""), el("td", { class: "mark" }, line.mark), el("td", {}, line.text)));
  const { added, removed } = size(lines);
  const label = `${added} lines more, ${removed} less`;
  return el("div", { class: "diff", tabindex: "0", role: "region", "aria-label": label },
    el("table", {}, el("caption", {}, `+${added} −${removed} lines`), el("tbody", {}, shown.map(row))));
}

export class Versions {
  // `now()`: the text in the editor; `take(text)`: puts another one there.
  constructor(link, { path, now, take }) {
    Object.assign(this, { link, path, now, take });
    this.body = el("ol", { class: "versions" });
    this.note = el("p", { class: "quiet-note", role: "status" });
    this.element = el("div", {}, this.note, this.body);
  }

  async load() {
    try {
      const request = { do: "versions" };
      const { versions } = await this.link.ask(this.path() ? { ...request, path: this.path() } : request);
      fill(this.body, versions.map((version) => this.row(version)));
      this.note.textContent = versions.length ? "" : "None yet: each reload from here keeps one.";
    } catch (problem) {
      this.note.textContent = problem.error || problem.message;
    }
  }

  row(version) {
    const compare = el("button", { type: "button", class: "quiet", "aria-label":
      `Compare with the version of ${moment(version.time)}`, onclick: () => this.open(version) }, "Compare …");
    return el("li", {}, el("div", {}, el("strong", {}, moment(version.time)), ` ${version.who || ""}`),
      el("small", {}, [version.state, bytes(version.size)].filter(Boolean).join(" · ")), compare);
  }

  async open(version) {
    try {
      const { text } = await this.link.ask({ do: "version", version: version.id });
      await question({ title: `From the version of ${moment(version.time)} to the text in the editor`, wide: true,
        word: "Put it in the editor", body: [diff_view(text, this.now())], act: async () => {
          this.take(text);
          return true;
        } });
    } catch (problem) {
      this.note.textContent = problem.error || problem.message;
    }
  }
}
