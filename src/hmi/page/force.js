// A force is not a write: it holds a value against program, masters and devices until somebody releases it.

import { el, write } from "./kit.js";
import { is_boolean, is_number, with_unit, words_of } from "./format.js";

export class Force {
  constructor(link, info, attempt) {
    this.link = link;
    this.info = info;
    this.attempt = attempt;
    this.held = el("p", {});
    this.release = el("div", { class: "force-release", hidden: true },
      this.button("Release, keep this value", () => ({ do: "unforce", name: info.name })),
      this.button("Release, restore the other", () => ({ do: "unforce", name: info.name, restore: true })));
    this.summary = el("summary", {}, "Force");
    this.element = el("details", { class: "force", "data-needs": "engineer" }, this.summary, this.held, this.release,
      this.form());
  }

  button(text, request) {
    return el("button", { type: "button", onclick: () => this.attempt(() => this.link.ask(request())) }, text);
  }

  form() {
    const { info } = this;
    if (is_boolean(info)) {
      return el("div", { class: "segments" }, ...words_of(info).map((word, i) => this.button(`Hold ${word}`, () =>
        ({ do: "force", name: info.name, value: i === 1 }))));
    }
    this.input = el("input", { type: "text", "aria-label": "Value to hold", inputmode: is_number(info) ? "decimal" : "text",
      autocomplete: "off" });
    return el("div", { class: "face-entry" }, this.input, this.button("Hold", () =>
      ({ do: "force", name: info.name, text: this.input.value })));
  }

  update(row) {
    this.release.hidden = !row.forced;
    write(this.summary, row.forced ? "Force: held" : "Force");
    write(this.held, row.forced ? `Held at ${with_unit(this.info, row.value)}. Without the force it would be ` +
      `${with_unit(this.info, row.suppressed)}.` : "Holds a value against program, masters and devices. It is in the audit log.");
  }
}
