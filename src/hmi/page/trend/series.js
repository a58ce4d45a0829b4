// The points of a trend, without anything that draws: what the server kept, what came since, and both as a table.
//
// A point is [time, min, max, last]: last holds from time until the next point, min and max is what was in between.
// [time, null, null, null] begins a gap.

const gap = (point) => point[3] === null;

// A value as a trend knows it: numbers, booleans as 0 and 1; anything else is a gap.
export function plottable(value) {
  if (typeof value === "boolean") {
    return value ? 1 : 0;
  }
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export class Series {
  constructor(name) {
    this.name = name;
    this.points = [];
  }

  // What the server kept takes the place of all that is older. The newest of it may still be on its way to the disk,
  // so what came live after its last change stays, and its last point, which only says that a value still holds, goes.
  replace(points) {
    const changes = points.slice(0, -1);
    const last = changes.length ? changes[changes.length - 1][0] : -Infinity;
    const live = points.length ? this.points.filter((point) => point[0] > last) : this.points;
    this.points = live.length ? changes.concat(live) : points;
  }

  // A value that came now. What is not newer than the last point is the same moment, told twice.
  add(time, value) {
    const last = this.points[this.points.length - 1];
    if (last && time <= last[0]) {
      if (!gap(last) && value !== null) {
        last[1] = Math.min(last[1], value);
        last[2] = Math.max(last[2], value);
      }
      last[3] = value;
      if (value === null || last[1] === null) {
        last[1] = last[2] = value;
      }
      return;
    }
    if (last && last[3] === value) {
      return;
    }
    this.points.push([time, value, value, value]);
  }

  // Forgets what ended before `from`, all but the value that still held then.
  trim(from) {
    let first = 0;
    while (first + 1 < this.points.length && this.points[first + 1][0] <= from) {
      first++;
    }
    this.points = first ? this.points.slice(first) : this.points;
  }

  // The index of the point that holds at a time, -1 before the first.
  index(time) {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.points[middle][0] <= time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  // The value that held at a time, null in gaps.
  at(time) {
    const index = this.index(time);
    return index < 0 ? null : this.points[index][3];
  }

  // The least and the greatest value of a window, null where there was none.
  extent(from, to) {
    let least = null;
    let greatest = null;
    for (let index = Math.max(this.index(from), 0); index < this.points.length; index++) {
      const point = this.points[index];
      if (point[0] > to) {
        break;
      }
      if (!gap(point)) {
        least = least === null ? point[1] : Math.min(least, point[1]);
        greatest = greatest === null ? point[2] : Math.max(greatest, point[2]);
      }
    }
    return least === null ? null : [least, greatest];
  }
}

// The times at which any of the series has a point in the window, its two ends too.
function times(list, from, to) {
  const all = new Set([from, to]);
  for (const series of list) {
    for (let index = Math.max(series.index(from), 0); index < series.points.length; index++) {
      const time = series.points[index][0];
      if (time > to) {
        break;
      }
      if (time > from) {
        all.add(time);
      }
    }
  }
  return [...all].sort((a, b) => a - b);
}

// The series as rows [time, [min, last, max], …] of one table, each row with what every series held then. `end`: no
// value is known to hold beyond it (the newest news). What is not known is [NaN, NaN, NaN].
export function table(list, from, to, end = Infinity) {
  const unknown = [NaN, NaN, NaN];
  return times(list, from, Math.min(to, end)).map((time) => {
    const row = [time];
    for (const series of list) {
      const index = series.index(time);
      const point = index < 0 ? null : series.points[index];
      if (!point || gap(point)) {
        row.push(unknown);
      } else {
        const own = point[0] === time;
        row.push(own ? [point[1], point[3], point[2]] : [point[3], point[3], point[3]]);
      }
    }
    return row;
  });
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

// The window as a text of comma separated values: a line for each moment at which something changed.
export function csv(list, from, to) {
  const heads = list.map((series) => quoted(series.unit ? `${series.name} (${series.unit})` : series.name));
  const ranged = list.map((series) => series.points.some((point) => point[1] !== point[2]));
  const wide = heads.flatMap((head, index) => (ranged[index] ? [head, `${head} min`, `${head} max`] : [head]));
  const lines = [["time", ...wide].join(",")];
  for (const [time, ...cells] of table(list, from, to)) {
    const shown = cells.flatMap(([low, value, high], index) => (ranged[index] ? [value, low, high] : [value]));
    const texts = shown.map((value) => (Number.isNaN(value) ? "" : String(value)));
    lines.push([new Date(time * 1000).toISOString(), ...texts].join(","));
  }
  return lines.join("\n") + "\n";
}
