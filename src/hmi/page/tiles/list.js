// Names and values below one another; and the alarms that want somebody.

import { el, write } from "../kit.js";
import { List } from "../alarms/list.js";
import { by_urgency, is_hidden, is_normal } from "../alarms/rows.js";
import { shelve } from "../alarms/shelve.js";
import { faceplate } from "../faceplate.js";
import { title_of, value_of, with_unit } from "../format.js";
import { matches } from "../pattern.js";
import { remarks, Tile } from "./tile.js";

const MOST = 200;

export class ListTile extends Tile {
  constructor(item, info, link, infos) {
    super(item, info, link);
    this.names = (item.names || [...infos.values()].filter((one) => !one.element && !one.raw && one.hmi !== "hide" &&
      matches(item.match, one.name)).map((one) => one.name)).slice(0, MOST);
    this.infos = infos;
    this.cells = new Map();
    this.title.hidden = !item.label;
    write(this.title, item.label || "");
    this.body.append(el("dl", { class: "list" }, ...this.names.map((name) => this.line(name))));
  }

  line(name) {
    const value = el("dd", {}, "–");
    const open = el("button", { type: "button", class: "list-open", title: name, onclick: () => faceplate(this.link, name) },
      title_of(this.infos.get(name), name));
    this.cells.set(name, value);
    return el("div", {}, el("dt", {}, open), value);
  }

  update(row, now) {
    const cell = row && this.cells.get(row.name);
    if (cell) {
      const info = this.infos.get(row.name), [worst] = remarks(info, row, now);
      write(cell, `${with_unit(info, value_of(info, row))}${worst ? ` · ${worst[1]}` : ""}`);
      cell.dataset.remark = worst ? worst[0] : "";
    }
  }
}

export class AlarmsTile extends Tile {
  constructor(item, info, link) {
    super(item, info, link);
    write(this.title, item.label || "Alarms");
    this.calm = el("p", { class: "alarms-calm" }, "Nothing wants attention.");
    this.list = new List(item.label || "Active alarms", {
      ack: (name) => this.attempt(() => link.ask({ do: "ack", name })),
      unshelve: (name) => this.attempt(() => link.ask({ do: "unshelve", name })), shelve: (alarm) => shelve(link, alarm),
    });
    this.list.element.hidden = true;
    this.more = el("a", { href: "#/alarms", hidden: true });
    this.body.append(this.calm, this.list.element, this.more);
    this.undo = [link.on("alarms", ({ alarms }) => this.show(alarms)), link.on("beat", ({ now }) => this.list.tick(now))];
    link.ask({ do: "alarms" }).then(({ alarms }) => this.show(alarms)).catch((refusal) => write(this.calm, refusal.error));
  }

  show(alarms) {
    const { match, most } = this.item;
    const all = alarms.filter((alarm) => !is_hidden(alarm) && !is_normal(alarm) && (!match || matches(match, alarm.name)))
      .sort(by_urgency);
    this.list.show(all.slice(0, most || 10), this.link.now());
    this.list.element.hidden = all.length === 0;
    this.calm.hidden = all.length > 0;
    this.more.hidden = all.length <= (most || 10);
    write(this.more, `All ${all.length} alarms`);
  }

  destroy() {
    this.undo.forEach((undo) => undo());
  }
}
