// Booleans: a lamp with a word, filled or hollow; a switch of two buttons, of which the pressed one is what holds; a
// button that gives a pulse.

import { el, write } from "../kit.js";
import { text_of, value_of, words_of } from "../format.js";
import { faceplate } from "../faceplate.js";
import { may_write, write_value } from "../writes.js";
import { Tile } from "./tile.js";

export class LampTile extends Tile {
  constructor(item, info, link) {
    super(item, info, link);
    this.lamp = el("span", { class: "lamp", "aria-hidden": "true" });
    this.word = el("span", { class: "tile-word" }, "–");
    this.body.append(el("button", { type: "button", class: "tile-open", onclick: () => faceplate(link, item.name) },
      this.lamp, this.word));
  }

  paint(row) {
    const value = value_of(this.info, row);
    this.lamp.dataset.on = value === true;
    this.element.dataset.abnormal = value !== null && this.item.normal !== undefined && this.item.normal !== value;
    write(this.word, text_of(this.info, value));
  }
}

export class SwitchTile extends Tile {
  constructor(item, info, link) {
    super(item, info, link);
    const press = (value) => () => this.attempt(() => write_value(link, info, value, item.confirm));
    this.pulses = Boolean(info?.pulse);
    this.buttons = this.pulses ? [el("button", { type: "button", class: "pulse", onclick: press(true) }, "Send")]
      : words_of(info).map((word, i) => el("button", { type: "button", "aria-pressed": "false", onclick: press(i === 1) },
        word));
    this.body.append(el("div", { class: "segments switch", role: "group", "aria-label": this.title.textContent },
      ...this.buttons));
  }

  paint(row) {
    const may = may_write(this.info), value = value_of(this.info, row);
    this.buttons.forEach((button, i) => {
      if (!this.pulses) {
        button.setAttribute("aria-pressed", String(value === (i === 1)));
      }
      button.disabled = !may;
    });
  }
}
