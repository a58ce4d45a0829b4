// The values of one variable over a window of time, for small pictures: what the history has, and what comes from now on.

const most = 2000;

const plain = (row) => (row.quality && row.quality !== "good") || row.value === null ? null : Number(row.value);

export class Samples {
  constructor() {
    this.points = []; // [time, value], null for a gap; a value holds until the next one
  }

  // What the history kept, in front of what came since.
  fill(points) {
    const first = this.points.length ? this.points[0][0] : Infinity;
    const before = [];
    for (const [time, min, max, last] of points) {
      if (time >= first) {
        break;
      }
      // Both ends of what was put together, so that a spike stays one.
      if (min !== null && min !== max) {
        before.push([time, last === max ? min : max]);
      }
      before.push([time, last]);
    }
    this.points = before.concat(this.points);
  }

  add(row, now) {
    const value = plain(row);
    const end = this.points.at(-1);
    const time = Math.max(typeof row.time === "number" && value !== null ? Math.min(row.time, now) : now, end ? end[0] : 0);
    if (!end || end[1] !== value) {
      this.points.push([time, value]);
    }
    if (this.points.length > most) {
      this.points.splice(0, most / 4);
    }
  }

  // Those of a window; the one before it comes first, at its beginning.
  within(from) {
    let index = this.points.findIndex(([time]) => time > from);
    index = index < 0 ? this.points.length : index;
    const inside = this.points.slice(index);
    return index > 0 ? [[from, this.points[index - 1][1]], ...inside] : inside;
  }
}

// Asks the history for several, once; without a history it begins now.
export async function remember(link, samples, span) {
  try {
    const answer = await link.ask({ do: "trend", names: [...samples.keys()], from: -span, to: 0, points: 300 });
    for (const series of answer.series) {
      samples.get(series.name)?.fill(series.points.slice(0, -1));
    }
    return true;
  } catch {
    return false;
  }
}
