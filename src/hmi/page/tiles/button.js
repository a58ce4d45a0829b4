// A button that writes what the script has stated, one value after another; at the first that is refused it stops.

import { el, write } from "../kit.js";
import { question } from "../question.js";
import { Tile } from "./tile.js";

const SAID = 3000; // ms

export class ButtonTile extends Tile {
  constructor(item, info, link) {
    super(item, info, link);
    this.title.remove();
    this.title.textContent = "";
    this.button = el("button", { type: "button", class: "action", "data-needs": "operator", onclick: () => this.attempt(() => this.press()) },
      item.label);
    this.body.append(this.button);
  }

  async press() {
    const { item, link } = this;
    if (item.confirm && await question({ title: `${item.label}?`, word: item.label,
      body: typeof item.confirm === "string" ? [el("p", {}, item.confirm)] : [] }) === null) {
      return;
    }
    this.button.disabled = true;
    try {
      for (const { name, value } of item.writes) {
        await link.ask({ do: "set", name, value });
      }
      write(this.foot, "done");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => write(this.foot, ""), SAID);
    } finally {
      this.button.disabled = false;
    }
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
