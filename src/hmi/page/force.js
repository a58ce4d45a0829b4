// A force is not a write: it holds a value against program, masters and devices until somebody releases it.

import { el, write } from "./kit.js";
import { is_boolean, is_number, value_of, with_unit, words_of } from "./format.js";

export class Force {
  constructor(link, info, attempt) {
    this.link = link;
    this.info = info;
    this.attempt = attempt;
    this.held = el("p", {});
    this.keep = this.button("", () => ({ do: "unforce", name: info.name }));
    this.restore = this.button("", () => ({ do: "unforce", name: info.name, restore: true }));
    this.release = el("div", { class: "force-release", hidden: true }, this.keep, this.restore);
    this.persist = el("input", { type: "checkbox" });
    this.summary = el("summary", {}, "Force");
    this.element = el("details", { class: "force", "data-needs": "engineer" }, this.summary, this.held, this.release,
      this.form(), el("label", { class: "check" }, this.persist, "also after a restart"));
  }

  button(text, request) {
    return el("button", { type: "button", onclick: () => this.ask(request()) }, text);
  }

  ask(request) {
    return this.attempt(() => this.link.ask(request));
  }

  hold(value) {
    return { do: "force", name: this.info.name, ...value, persist: this.persist.checked || undefined };
  }

  form() {
    const { info } = this;
    if (is_boolean(info)) {
      this.choices = words_of(info).map((word, i) => this.button(`Hold ${word}`, () => this.hold({ value: i === 1 })));
      return el("div", { class: "segments" }, ...this.choices);
    }
    const numeric = is_number(info) && !info.labels;
    this.input = info.labels
      ? el("select", { "aria-label": "Value to hold" }, ...info.labels.map(([value, word]) => el("option", { value }, word)))
      : el("input", { type: "text", "aria-label": "Value to hold", inputmode: numeric ? "decimal" : "text", autocomplete: "off" });
    return el("form", { class: "face-entry", onsubmit: (event) => {
      event.preventDefault();
      const text = this.input.value;
      this.ask(this.hold(info.labels ? { value: Number(text) } : { text: numeric ? text.trim().replace(",", ".") : text }));
    } }, this.input, el("button", { type: "submit" }, "Hold"));
  }

  update(row) {
    const { info } = this;
    this.release.hidden = !row.forced;
    write(this.summary, row.forced ? "Force: held" : "Force");
    write(this.held, row.forced ? `Held at ${with_unit(info, value_of(info, row))}. Without the force it would be ` +
      `${with_unit(info, row.suppressed)}.` : "Holds a value against program, masters and devices, until it is released or " +
      "msm is started again. It is in the audit log.");
    write(this.keep, `Release, stay at ${with_unit(info, value_of(info, row))}`);
    write(this.restore, `Release, back to ${with_unit(info, row.suppressed)}`);
    this.choices?.forEach((choice, i) => choice.setAttribute("aria-pressed", String(row.forced && row.value === (i === 1))));
  }
}
