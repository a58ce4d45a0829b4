// One of several labels: buttons side by side where they are few, a list where they are many.

import { el } from "../kit.js";
import { value_of } from "../format.js";
import { may_write, write_value } from "../writes.js";
import { Tile } from "./tile.js";

const FEW = 4, ROOM = 28; // buttons, and letters in as many of the longest word

export class SelectTile extends Tile {
  constructor(item, info, link) {
    super(item, info, link);
    this.labels = info?.labels || [];
    const longest = Math.max(0, ...this.labels.map(([, word]) => word.length));
    this.few = this.labels.length <= FEW && longest * this.labels.length <= ROOM;
    const choose = (value) => this.attempt(async () => {
      if (!await write_value(link, info, value, item.confirm)) {
        this.update(null, link.now());
      }
    });
    if (this.few) {
      this.buttons = this.labels.map(([value, word]) => el("button", { type: "button", "aria-pressed": "false",
        onclick: () => choose(value) }, word));
      this.body.append(el("div", { class: "segments select", role: "group", "aria-label": this.title.textContent },
        ...this.buttons));
      return;
    }
    this.list = el("select", { "aria-label": this.title.textContent, onchange: () => choose(JSON.parse(this.list.value)) },
      ...this.labels.map(([value, word]) => el("option", { value: JSON.stringify(value) }, word)));
    this.body.append(this.list);
  }

  paint(row) {
    const may = may_write(this.info), now = value_of(this.info, row);
    if (!this.few) {
      this.list.disabled = !may;
      this.list.value = JSON.stringify(now);
      return;
    }
    this.buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(now === this.labels[i][0]));
      button.disabled = !may;
    });
  }
}
