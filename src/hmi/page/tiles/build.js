// From what a page is made of to what stands on the screen.

import { el, sheet } from "../kit.js";
import { on_writes } from "../writes.js";
import { LampTile, SwitchTile } from "./boolean.js";
import { ButtonTile } from "./button.js";
import { ChartTile } from "./chart.js";
import { AlarmsTile, ListTile } from "./list.js";
import { BarTile, TankTile, ValueTile } from "./number.js";
import { SelectTile } from "./select.js";
import { Tile } from "./tile.js";

class TextTile extends Tile {
  constructor(item, info, link) {
    super(item, info, link);
    this.element = el("p", { class: "tile tile-text" }, item.text);
  }
}

const KINDS = {
  alarms: AlarmsTile, bar: BarTile, button: ButtonTile, lamp: LampTile, list: ListTile, select: SelectTile, switch: SwitchTile,
  tank: TankTile, text: TextTile, trend: ChartTile, value: ValueTile,
};

export class Board {
  // `rows`: lists of items; `infos`: what is declared, by name.
  constructor(link, infos, rows) {
    sheet(new URL("../pages/alarms.css", import.meta.url).href);
    this.link = link;
    this.infos = infos;
    this.tiles = [];
    this.element = el("div", { class: "board" }, ...rows.map((row) => this.row(row)));
    this.by_name = new Map();
    for (const tile of this.tiles) {
      for (const name of tile.names) {
        this.by_name.set(name, [...(this.by_name.get(name) || []), tile]);
      }
    }
    this.undo = [
      link.show([...this.by_name.keys()], (changed, now) => this.update(changed, now)),
      on_writes(() => this.again()),
      link.on("hello", () => this.again()),
      link.on("back", () => this.again()),
    ];
    this.timer = setInterval(() => this.age(), 1000);
  }

  row(items) {
    const row = el("div", { class: "board-row" });
    row.style.setProperty("--columns", items.reduce((sum, item) => sum + (item.width || 1), 0));
    row.append(...items.map((item) => {
      const element = item.kind === "group" ? this.group(item) : this.tile(item);
      element.style.setProperty("--width", item.width || 1);
      return element;
    }));
    return row;
  }

  group(item) {
    return el("section", { class: "group" }, el("h2", { class: "group-title" }, item.label),
      ...item.rows.map((row) => this.row(row)));
  }

  tile(item) {
    const Kind = KINDS[item.kind];
    if (!Kind) {
      return el("p", { class: "tile" }, `This page has an item that is not known here: ${item.kind}`);
    }
    const tile = new Kind(item, this.infos.get(item.name), this.link, this.infos);
    this.tiles.push(tile);
    return tile.element;
  }

  update(rows, now) {
    for (const row of rows) {
      for (const tile of this.by_name.get(row.name) || []) {
        tile.update(row, now);
      }
    }
  }

  again() {
    this.tiles.forEach((tile) => tile.update(null, this.link.now()));
  }

  // Only what is old grows older.
  age() {
    for (const tile of this.tiles) {
      if (tile.row?.quality && tile.row.quality !== "good") {
        tile.update(null, this.link.now());
      }
    }
  }

  destroy() {
    clearInterval(this.timer);
    this.undo.forEach((undo) => undo());
    this.tiles.forEach((tile) => tile.destroy());
  }
}
