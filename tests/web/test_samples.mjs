// Proves that what small pictures keep of the past is bounded, and that no spike and no gap is lost by it.

import { test } from "node:test";
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { ROOT } from "./bed.mjs";

const { remember, Samples } = await import(pathToFileURL(join(ROOT, "src/hmi/page/tiles/samples.js")));

const row = (value, time, quality) => ({ value, time, quality });

test("hours of changes are kept in as many points as can be seen", () => {
  const samples = new Samples(600, 100);
  for (let i = 0; i < 100000; i++) {
    samples.add(row(i % 7, i / 5), i / 5);
  }
  assert.ok(samples.points.length <= 2 * 5 * 100 + 5, String(samples.points.length));
  assert.ok(samples.points[0][0] <= 100000 / 5 - 600);
  assert.ok(samples.points.every(([time], i) => i === 0 || time >= samples.points[i - 1][0]));
});

test("a spike of one row stays, and so does a gap", () => {
  const samples = new Samples(600, 10);
  for (let i = 0; i < 200; i++) {
    samples.add(i === 50 ? row(1000, i / 5) : i === 150 ? row(1, i / 5, "stale") : row(i % 3, i / 5), i / 5);
  }
  assert.ok(samples.points.some(([, value]) => value === 1000));
  assert.ok(samples.points.some(([, value]) => value === null));
});

test("the history goes in front of what came since, with both ends of what was put together", () => {
  const samples = new Samples(600);
  samples.add(row(5, 100), 100);
  samples.fill([[10, 1, 1, 1], [20, 0, 9, 9], [30, null, null, null], [120, 7, 7, 7]]);
  assert.deepEqual(samples.points, [[10, 1], [20, 0], [20, 9], [30, null], [100, 5]]);
  assert.deepEqual(samples.within(25), [[25, 9], [30, null], [100, 5]]);
});

test("all that is wished for at once is asked for at once, by span", async () => {
  const asked = [];
  const link = { ask: async (request) => {
    asked.push(request);
    return { series: request.names.map((name) => ({ name, points: [[1, 2, 2, 2], [3, 2, 2, 2]] })) };
  } };
  const sparks = Array.from({ length: 60 }, () => new Samples(300, 60)), chart = new Samples(600);
  await Promise.all([...sparks.map((samples, i) => remember(link, `V${i}`, samples)), remember(link, "V0", chart)]);
  assert.deepEqual(asked.map(({ names, from, points }) => [names.length, from, points]), [[50, -300, 60], [10, -300, 60],
    [1, -600, 400]]);
  assert.deepEqual(sparks[59].points, [[1, 2]]);
  await remember({ ask: () => Promise.reject(new Error("no history")) }, "V0", chart); // it begins now, without words
});
