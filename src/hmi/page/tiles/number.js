// Numbers and texts: the value alone, on a bar, in a vessel. Where people may write it, the tile opens its faceplate.

import { el, write } from "../kit.js";
import { has_range, has_unit, is_number, text_of, value_of } from "../format.js";
import { faceplate } from "../faceplate.js";
import { Range } from "./range.js";
import { Spark } from "./spark.js";
import { Tile } from "./tile.js";

export class ValueTile extends Tile {
  constructor(item, info, link) {
    super(item, info, link);
    this.number = el("span", { class: is_number(info) ? "tile-number whole" : "tile-number" }, "–");
    this.unit = el("span", { class: "tile-unit" }, info?.unit || "");
    this.open = el("button", { type: "button", class: "tile-open", title: `${item.name}: look closer`,
      onclick: () => faceplate(link, item.name) }, this.number, this.unit);
    this.body.append(this.open);
    if (item.kind === "value" && has_range(info) && !info.labels && !info.count) {
      this.range = new Range(info, false);
      this.body.append(this.range.element);
    }
    if (item.spark && is_number(info) && !info.count) {
      this.spark = new Spark(link, item.name);
      this.body.append(this.spark.element);
    }
  }

  paint(row) {
    const value = value_of(this.info, row);
    const text = text_of(this.info, value);
    write(this.number, text);
    this.number.classList.toggle("long", text.length > 8);
    this.unit.hidden = !has_unit(this.info, value);
    this.range?.paint(value);
    this.spark?.add(row);
  }

  destroy() {
    this.spark?.destroy();
  }
}

export class BarTile extends ValueTile {
  constructor(item, info, link) {
    super(item, info, link);
    this.range = new Range({ min: 0, max: 100, ...info }, false);
    this.body.append(this.range.element);
  }
}

export class TankTile extends ValueTile {
  constructor(item, info, link) {
    super(item, info, link);
    this.range = new Range({ min: 0, max: 100, ...info }, true);
    this.body.prepend(this.range.element);
  }
}
