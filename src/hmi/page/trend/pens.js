// The pens of a trend and their values: what the server kept of them, and what the stream brings from now on.

import { Series, plottable } from "./series.js";

const levels = ["lolo", "lo", "hi", "hihi"];
const numeric = /^(byte|u?int(16|32|64)|float(32|64))$/;

// Whether a row of `names` can be drawn: a number or a boolean that is kept.
export function drawable(info) {
  return (info.type === "bool" || numeric.test(info.type)) && !info.raw && info.history !== false &&
    info.hmi !== "hide";
}

// What `names` says of a name, an element of an array included.
export function described(infos, name) {
  return infos.get(name) || infos.get(name.replace(/\[\d+\]$/, "")) || null;
}

function make(name, number, info) {
  const limits = {};
  for (const level of levels) {
    if (info && typeof info[level] === "number") {
      limits[level] = info[level];
    }
  }
  const ranged = info && typeof info.min === "number" && typeof info.max === "number";
  return {
    name, number, limits, unit: info ? info.unit || "" : "", boolean: Boolean(info && info.type === "bool"),
    desc: info ? info.desc || "" : "", decimals: info ? info.decimals : undefined,
    labels: info ? info.labels : undefined,
    range: ranged ? [info.min, info.max] : null, series: new Series(name),
  };
}

export class Pens {
  // `changed()` is called when there is something new to draw.
  constructor(link, changed) {
    this.link = link;
    this.changed = changed;
    this.list = [];
    this.newest = null;
    this.asked = 0;
    this.online = true;
    this.undo = [
      link.on("beat", (beat) => this.beat(beat)),
      link.on("lost", () => {
        this.online = false;
      }),
      link.on("back", () => {
        this.online = true;
        this.changed(true);
      }),
    ];
  }

  // The server's time, between two of its beats too; null before the first.
  now() {
    if (this.newest === null) {
      return Date.now() / 1000;
    }
    const passed = (performance.now() - this.heard) / 1000;
    return this.newest + (this.online ? Math.min(passed, 2) : 0);
  }

  beat({ now }) {
    this.newest = now;
    this.heard = performance.now();
    this.online = true;
  }

  // Shows other names; those that stay keep their number, and so their colour.
  select(names, infos) {
    const old = new Map(this.list.map((pen) => [pen.name, pen]));
    const taken = new Set(names.map((name) => old.get(name)).filter(Boolean).map((pen) => pen.number));
    const free = [1, 2, 3, 4, 5, 6, 7, 8].filter((number) => !taken.has(number));
    this.list = names.map((name) => old.get(name) || make(name, free.shift(), described(infos, name)));
    if (this.unshow) {
      this.unshow();
    }
    this.unshow = names.length ? this.link.show(names, (rows, now) => this.arrived(rows, now)) : null;
  }

  // Rows of the stream.
  arrived(rows, now) {
    for (const row of rows) {
      const pen = this.list.find((one) => one.name === row.name);
      if (pen) {
        const good = !row.quality || row.quality === "good";
        pen.row = row;
        pen.series.add(good && row.time !== null && row.time !== undefined ? row.time : now || this.now(),
          good ? plottable(row.value) : null);
      }
    }
    this.changed();
  }

  // Asks for what the server kept of a window. An answer that is overtaken by a later question counts no more.
  async load(from, to, points) {
    const asked = ++this.asked;
    if (this.list.length === 0) {
      return;
    }
    const names = this.list.map((pen) => pen.name);
    const answer = await this.link.ask({ do: "trend", names, from, to, points });
    if (asked !== this.asked) {
      return;
    }
    for (const series of answer.series) {
      const pen = this.list.find((one) => one.name === series.name);
      if (pen) {
        pen.unrecorded = series.recorded === false;
        this.merge(pen, series.points, to);
      }
    }
    this.changed();
  }

  // A window that ends in the past is all there is to show; one that ends now goes on with what came live.
  merge(pen, points, to) {
    if (to < this.now() - 5) {
      pen.series.points = [...points, [to + 0.001, null, null, null]];
    } else {
      pen.series.replace(points);
    }
  }

  trim(from) {
    this.list.forEach((pen) => pen.series.trim(from));
  }

  destroy() {
    this.undo.forEach((undo) => undo && undo());
    if (this.unshow) {
      this.unshow();
    }
  }
}
