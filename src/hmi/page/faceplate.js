// The faceplate: all there is to know of one variable, and what may be done with it. Nothing is sent while somebody types;
// Apply or Enter sends, and what is refused is said here.

import { el, moment, span, write } from "./kit.js";
import { bits_of, has_range, has_unit, is_boolean, is_number, place_of, range_text, text_of, title_of, typed, value_of,
  with_unit, words_of } from "./format.js";
import { Force } from "./force.js";
import { Keypad } from "./keypad.js";
import { Range } from "./tiles/range.js";
import { remarks } from "./tiles/tile.js";
import { may_write, on_writes, write_value } from "./writes.js";

function writers_of({ direction, client }) {
  const outside = client ? `the device (${client})` : "Modbus masters and people";
  return { in: outside, out: "the program", inout: `the program, ${outside}` }[direction];
}

class Faceplate {
  constructor(link, info) {
    this.link = link;
    this.info = info;
    this.number = el("span", { class: "face-number" }, "–");
    this.unit = el("span", { class: "face-unit" }, info.unit || "");
    this.marks = el("p", { class: "face-marks" });
    this.facts = el("dl", { class: "facts" });
    this.problem = el("p", { class: "problem", role: "alert" });
    this.range = has_range(info) && !info.labels && !info.count ? new Range(info, false) : null;
    this.force = new Force(link, info, (act) => this.attempt(act));
    this.dialog = el("dialog", { class: "face", "aria-labelledby": "face-title", onclose: () => this.close() },
      el("div", { class: "face-head" }, el("h2", { id: "face-title" }, title_of(info, info.name)),
        el("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => this.dialog.close() }, "✕")),
      el("p", { class: "face-value" }, this.number, this.unit), this.marks, this.range?.element, may_write(info) ?
        this.form() : null, this.problem, this.force.element, this.facts, this.links());
    this.undo = [link.show([info.name], ([row], now) => this.update(row, now)), on_writes(() => this.update(this.row)),
      link.on("beat", () => this.update(this.row))];
  }

  // ---- writing ----

  form() {
    const { info } = this;
    if (info.pulse) {
      return el("div", { class: "face-form" }, el("button", { type: "button", class: "primary", onclick: () =>
        this.attempt(() => write_value(this.link, info, true)) }, "Send a pulse"));
    }
    if (is_boolean(info) || info.labels) {
      const choices = is_boolean(info) ? words_of(info).map((word, i) => [i === 1, word]) : info.labels;
      this.choices = choices.map(([value, word]) => [value, el("button", { type: "button", "aria-pressed": "false", onclick:
        () => this.attempt(() => write_value(this.link, info, value)) }, word)]);
      return el("div", { class: "face-form segments", role: "group", "aria-label": "Value" },
        ...this.choices.map(([, button]) => button));
    }
    return this.entry();
  }

  entry() {
    const { info } = this, numeric = is_number(info);
    this.input = el("input", { id: "face-input", type: "text", autocomplete: "off", spellcheck: "false", maxlength: info.length,
      inputmode: numeric ? "decimal" : "text", oninput: () => this.preview() });
    this.apply = el("button", { type: "submit", class: "primary", disabled: true }, "Apply");
    this.change = el("p", { class: "face-change", "aria-live": "polite" }, "\u00a0");
    return el("form", { class: "face-form", onsubmit: (event) => {
      event.preventDefault();
      this.send();
    } }, el("label", { for: "face-input" }, `New value${range_text(info) ? `, ${range_text(info)}` : ""}`),
    el("div", { class: "face-entry" }, this.input, this.apply), this.change,
    numeric ? new Keypad(this.input).element : null);
  }

  preview() {
    try {
      const value = typed(this.info, this.input.value);
      write(this.change, `${with_unit(this.info, this.row ? value_of(this.info, this.row) : null)} → ${with_unit(this.info, value)}`);
      this.change.classList.remove("wrong");
      this.apply.disabled = false;
    } catch (problem) {
      write(this.change, this.input.value === "" ? "\u00a0" : problem.message);
      this.change.classList.toggle("wrong", this.input.value !== "");
      this.apply.disabled = true;
    }
  }

  send() {
    if (!this.apply.disabled) {
      this.attempt(async () => {
        if (await write_value(this.link, this.info, typed(this.info, this.input.value))) {
          this.input.value = "";
          this.preview();
        }
      });
    }
  }

  async attempt(act) {
    try {
      await act();
      write(this.problem, "");
    } catch (refusal) {
      write(this.problem, refusal.error || refusal.message);
    }
  }

  // ---- showing ----

  update(row, now = this.link.now()) {
    if (!row) {
      return;
    }
    this.row = row;
    const shown = value_of(this.info, row);
    write(this.number, text_of(this.info, shown));
    this.unit.hidden = !has_unit(this.info, shown);
    this.range?.paint(shown);
    this.marks.replaceChildren(...remarks(this.info, row, now).map(([kind, text]) => el("span", { class: `remark ${kind}` },
      text)));
    this.choices?.forEach(([value, button]) => button.setAttribute("aria-pressed", String(shown === value)));
    this.force.update(row);
    this.tell(row, now);
  }

  tell(row, now) {
    const { info } = this;
    const limits = ["lolo", "lo", "hi", "hihi"].filter((level) => typeof info[level] === "number")
      .map((level) => `${level} ${text_of(info, info[level])}`).join(", ");
    const list = [["Name", info.name], ["Type", `${info.type}${place_of(info) ? `, ${place_of(info)}` : ""}`],
    ["Written by", writers_of(info)],
    ["Bits set", bits_of(info, row.value)], ["Range", range_text(info)], ["Alarm limits", limits],
    ["Came", typeof row.time === "number" ? `${moment(row.time, now)}, ${span(Math.max(now - row.time, 0))} ago` : "never"]];
    const text = JSON.stringify(list);
    if (text !== this.told) {
      this.told = text;
      this.facts.replaceChildren(...list.filter(([, said]) => said).map(([word, said]) => el("div", {}, el("dt", {}, word),
        el("dd", {}, said))));
    }
  }

  links() {
    return this.info.type === "string" ? null : el("p", {}, el("a", { href:
      `#/trends?names=${encodeURIComponent(this.info.name)}`, onclick: () => this.dialog.close() }, "Trend"));
  }

  open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    if (this.input && matchMedia("(pointer: fine)").matches) {
      this.input.focus();
    }
  }

  close() {
    this.undo.forEach((undo) => undo());
    this.dialog.remove();
  }
}

export async function faceplate(link, name) {
  const info = (await link.infos()).get(name);
  if (info) {
    new Faceplate(link, info).open();
  }
}
