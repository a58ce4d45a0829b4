// Live values at the end of the lines that name them, as a PLC's editor shows them online.

import { el, write } from "../kit.js";
import { value_of, with_unit } from "../format.js";
import { is_doubtful } from "../tiles/tile.js";

const most = 4; // on a line
const longest = 8; // array that is shown whole

// The declared variables that a line of Lua names: mem.LEVEL, plc.SPEED, mem.TEMPS[3], mem:quality "X". What stands in
// a comment is no name.
export function named(line, infos) {
  const code = line.replace(/--.*$/, "");
  const found = [];
  const note = (memory, name, index) => {
    const short = memory === "mem" ? name : `${memory}.${name}`;
    const info = infos.get(short);
    if (info && !info.raw) {
      const whole = info.count && index ? `${short}[${index}]` : info.count > longest ? null : short;
      if (whole && !found.includes(whole)) {
        found.push(whole);
      }
    }
  };
  for (const [, memory, name, index] of code.matchAll(/\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?:\[(\d+)\])?/g)) {
    note(memory, name, index);
  }
  for (const [, memory, name] of code.matchAll(/\b([A-Za-z_]\w*):\w+\s*\(?\s*"([A-Za-z_]\w*)"/g)) {
    note(memory, name);
  }
  return found.slice(0, most);
}

export class Values {
  // `editor` as of code.js.
  constructor(link, editor) {
    this.link = link;
    this.editor = editor;
    this.rows = new Map();
    this.cells = new Map();
    this.infos = new Map();
    this.on = true;
  }

  async names() {
    this.infos = new Map((await this.link.ask({ do: "names" })).names.map((info) => [info.name, info]));
    this.place();
  }

  // Puts the values beside the lines in view, and asks the stream for these and no others.
  place() {
    this.cells = new Map();
    this.editor.beside(this.on ? (number, text) => this.note(text) : null);
    const names = [...this.cells.keys()].sort();
    const key = names.join(",");
    if (key === this.key) {
      this.cells.forEach((cells, name) => this.show(name));
      return;
    }
    this.key = key;
    this.stop();
    if (names.length) {
      this.unshow = this.link.show(names, (rows) => rows.forEach((row) => {
        this.rows.set(row.name, row);
        this.show(row.name);
      }));
    }
    this.cells.forEach((cells, name) => this.show(name));
  }

  note(text) {
    const names = named(text, this.infos);
    if (names.length === 0) {
      return null;
    }
    const note = el("span", { class: "code-values" });
    for (const name of names) {
      const value = el("b");
      const cell = el("span", { class: "code-value" }, `${name} `, value);
      this.cells.set(name, [...(this.cells.get(name) || []), { cell, value }]);
      note.append(cell);
    }
    return note;
  }

  show(name) {
    const row = this.rows.get(name);
    const info = this.infos.get(name.replace(/\[\d+\]$/, "")) || {};
    const text = row ? with_unit(info, value_of(info, row)) : "…";
    for (const { cell, value } of this.cells.get(name) || []) {
      write(value, text);
      cell.classList.toggle("doubtful", is_doubtful(info, row));
      cell.classList.toggle("forced", Boolean(row && row.forced));
    }
  }

  stop() {
    if (this.unshow) {
      this.unshow();
      this.unshow = null;
    }
  }
}
