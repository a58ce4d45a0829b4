// The values of one variable over a window of time, for small pictures: what the history has, and what comes from now on.

const KEPT = 5; // of one slot: how it begins and ends, the least, the greatest, a gap
const TOGETHER = 50; // names of one request

const plain = (row) => (row.quality && row.quality !== "good") || row.value === null ? null : Number(row.value);

export class Samples {
  // `span`: seconds that are shown; `slots`: as many points across as can be told apart.
  constructor(span, slots = 400) {
    this.points = []; // [time, value], null for a gap; a value holds until the next one
    this.span = span;
    this.slots = slots;
    this.begin = 0; // the first point of the slot that is being filled
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
    this.begin += before.length;
  }

  add(row, now) {
    const value = plain(row);
    const end = this.points.at(-1);
    const time = Math.max(typeof row.time === "number" && value !== null ? Math.min(row.time, now) : now, end ? end[0] : 0);
    if (!end || end[1] !== value) {
      this.points.push([time, value]);
      this.thin(Math.floor(time * this.slots / this.span));
      this.forget(now - this.span);
    }
  }

  // What is too close together to be seen is kept by its ends, so that a spike stays one.
  thin(slot) {
    if (slot !== this.slot) {
      this.slot = slot;
      this.begin = this.points.length - 1;
    } else if (this.points.length - this.begin > KEPT) {
      const inside = this.points.splice(this.begin);
      const known = inside.filter(([, value]) => value !== null).sort(([, a], [, b]) => a - b);
      const gap = inside.find(([, value]) => value === null);
      const kept = new Set([inside[0], known[0], known.at(-1), gap, inside.at(-1)]);
      this.points.push(...inside.filter((point) => kept.has(point)));
    }
  }

  // All but the last one before `from`, now and then.
  forget(from) {
    if (this.points.length > 2 * KEPT * this.slots) {
      const gone = Math.max(this.points.findIndex(([time]) => time > from) - 1, 0);
      this.points.splice(0, gone);
      this.begin -= gone;
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

// ---- what was before ----

const wishes = new Map(); // link -> what wants to be asked

async function ask(link, list, span) {
  try {
    const points = Math.max(...list.map(({ samples }) => samples.slots));
    const answer = await link.ask({ do: "trend", names: list.map(({ name }) => name), from: -span, to: 0, points });
    answer.series.forEach((series, i) => list[i].samples.fill(series.points.slice(0, -1)));
  } catch { // without a history it begins now
  }
  list.forEach(({ done }) => done());
}

function ask_all(link) {
  const list = wishes.get(link);
  wishes.delete(link);
  for (const span of new Set(list.map(({ samples }) => samples.span))) {
    const same = list.filter(({ samples }) => samples.span === span);
    while (same.length) {
      ask(link, same.splice(0, TOGETHER), span);
    }
  }
}

// Fills samples with what the history has of a name. All that is wished for at once is asked for at once.
export function remember(link, name, samples) {
  return new Promise((done) => {
    if (!wishes.has(link)) {
      wishes.set(link, []);
      queueMicrotask(() => ask_all(link));
    }
    wishes.get(link).push({ name, samples, done });
  });
}
