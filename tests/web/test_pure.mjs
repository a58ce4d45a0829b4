// Proves what the pages work out without a browser: the points of a trend, the difference of two texts, which names
// a line of a script has, and in which order alarms stand.

import { test } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "./bed.mjs";

const load = (path) => import(join(ROOT, "src/hmi/page", path));
const { Series, csv, plottable, table } = await load("trend/series.js");
const { diff, hunks, size } = await load("program/diff.js");
const { named } = await load("program/values.js");
const { bytes, reading, short, span, worded } = await load("kit.js");
const { bits_of, level_of, text_of, typed, value_of, with_unit } = await load("format.js");
const { by_urgency, event_words } = await load("alarms/rows.js");

function series(...points) {
  const made = new Series("A");
  points.forEach(([time, value]) => made.add(time, value));
  return made;
}

test("a value holds until the next one, and not in a gap", () => {
  const one = series([1, 10], [2, 10], [3, 20], [4, null], [6, 5]);
  assert.equal(one.points.length, 4, "what did not change is no point");
  assert.deepEqual([0, 1, 2.9, 3, 4, 5.9, 6, 99].map((time) => one.at(time)), [null, 10, 10, 20, null, null, 5, 5]);
  assert.deepEqual(one.extent(3.5, 5), [20, 20], "of the value that holds when the window begins");
  assert.deepEqual(one.extent(0, 9), [5, 20]);
  assert.equal(one.extent(4.5, 5), null);
});

test("two values of one moment are its range", () => {
  const one = series([1, 10], [2, 50], [2, 11]);
  assert.deepEqual(one.points[1], [2, 11, 50, 11]);
  assert.deepEqual(one.extent(0, 3), [10, 50]);
});

test("what was kept takes the place of what came live, but not of what is newer", () => {
  const one = series([10, 1], [11, 2], [12, 3]);
  one.replace([[5, 0, 0, 0], [10, 1, 1, 1], [11, 1, 1, 1]]); // the last point: 1 still held at 11, for who keeps it
  assert.deepEqual(one.points.map(([time]) => time), [5, 10, 11, 12]);
  assert.equal(one.at(11), 2, "the newest came live and is not on the disk yet");
  one.replace([]);
  assert.equal(one.points.length, 4);
});

test("what is too old goes, but for what still holds", () => {
  const one = series([1, 1], [2, 2], [3, 3]);
  one.trim(2.5);
  assert.deepEqual(one.points.map(([time]) => time), [2, 3]);
});

test("a table has a row for each change of any series", () => {
  const other = series([2, 7], [3, null]);
  const rows = table([series([1, 1], [4, 2]), other], 0, 5);
  assert.deepEqual(rows.map(([time]) => time), [0, 2, 3, 4, 1, 5].sort());
  const at = (time) => rows.find((row) => row[0] === time);
  assert.ok(at(0).slice(1).flat().every(Number.isNaN), "nothing is known before the first");
  assert.deepEqual(at(2).slice(1), [[1, 1, 1], [7, 7, 7]]);
  assert.ok(Number.isNaN(at(4)[2][1]), "a gap goes on");
  assert.equal(table([series([1, 1])], 0, 9, 5).pop()[0], 5, "nothing is known after the newest news");
});

test("only numbers and booleans are drawn", () => {
  assert.deepEqual([1.5, true, false, "nan", null, "text", NaN].map(plottable), [1.5, 1, 0, null, null, null, null]);
});

test("comma separated values are quoted, and ranges have columns of their own", () => {
  const one = Object.assign(series([1, 1], [2, 9], [2, 2]), { name: 'A,"B"', unit: "%" });
  assert.equal(csv([one], 1, 3), 'time,"A,""B"" (%)","A,""B"" (%)" min,"A,""B"" (%)" max\n' +
    "1970-01-01T00:00:01.000Z,1,1,1\n1970-01-01T00:00:02.000Z,2,2,9\n1970-01-01T00:00:03.000Z,2,2,2\n");
});

test("a difference is the least one, with the lines of both sides", () => {
  const lines = diff("a\nb\nc\nd", "a\nx\nc\nd\ne");
  assert.deepEqual(lines.map(({ mark, text }) => mark + text), [" a", "-b", "+x", " c", " d", "+e"]);
  assert.deepEqual(lines.map(({ old }) => old), [1, 2, null, 3, 4, null]);
  assert.deepEqual(lines.map(({ now }) => now), [1, null, 2, 3, 4, 5]);
  assert.deepEqual(size(lines), { added: 2, removed: 1 });
  assert.deepEqual(size(diff("a\nb", "a\nb")), { added: 0, removed: 0 });
});

test("of a long text only what is near a change is shown", () => {
  const text = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  const other = [...text];
  other[10] = "new";
  other[40] = "new";
  const shown = hunks(diff(text.join("\n"), other.join("\n")), 1);
  assert.deepEqual(shown.map((line) => line && line.text), ["line 9", "line 10", "new", "line 11", null, "line 39",
    "line 40", "new", "line 41"]);
  assert.deepEqual(hunks(diff("a", "a")), []);
});

test("the names of a line are the declared ones, without comments", () => {
  const infos = new Map([["LEVEL", {}], ["plc.SPEED", {}], ["T", { count: 3 }], ["LONG", { count: 100 }]]);
  assert.deepEqual(named("mem.LEVEL = plc.SPEED + other.LEVEL -- mem.T", infos), ["LEVEL", "plc.SPEED"]);
  const found = named('if mem:quality "LEVEL" then mem.T[2] = mem.LONG[7] end', infos);
  assert.deepEqual(found, ["T[2]", "LONG[7]", "LEVEL"]);
  assert.deepEqual(named("mem.T = mem.LONG", infos), ["T"]);
  assert.deepEqual(named("local x = 1", infos), []);
});

test("what wants somebody first stands first", () => {
  const alarm = (name, state, priority, since) => ({ name, state, priority, since });
  const list = [alarm("seen", "acknowledged", 1, 9), alarm("old", "unacknowledged", 2, 1),
    alarm("gone", "returned", 1, 5), alarm("new", "unacknowledged", 2, 8),
    alarm("urgent", "unacknowledged", 1, 2), alarm("held", "latched", 1, 9)];
  assert.deepEqual(list.sort(by_urgency).map(({ name }) => name), ["urgent", "gone", "new", "old", "seen", "held"]);
});

test("an entry of the journal says what changed", () => {
  assert.equal(event_words({ name: "SP", text: "", old: "50 %", new: "60 %" }), "50 % → 60 %");
  assert.equal(event_words({ name: "SP", text: "SP" }), "");
  assert.equal(event_words({ kind: "alarm", name: "LEVEL", text: "Level: 90 %", new: "90 %" }), "Level: 90 %");
  assert.equal(event_words({ kind: "alarm", name: "LEVEL", text: "Level: 96 %", level: "hihi" }),
    "Level: 96 % (far too high)");
  assert.equal(event_words({ name: "x", text: "Pump 1 does not run" }), "Pump 1 does not run");
});

test("numbers and times are as people read them", () => {
  assert.deepEqual([1234567, 0.1 + 0.2, 123456.789, 1e-7, 1.9499714, -0.5].map((value) => reading(value)),
    ["1234567", "0.3", "123456.79", "1e-7", "1.95", "-0.5"]);
  assert.deepEqual([reading(20, 1), reading(true), reading(null), reading([1, 2.5])], ["20.0", "on", "-", "1  2.5"]);
  const info = { labels: [[0, "HAND"], [1, "AUTO"]], decimals: 1 };
  assert.deepEqual([true, 0, 2, [1, 0], null].map((value) => worded(value, info)), ["AUTO", "HAND", "2.0",
    "AUTO  HAND", "-"]);
  assert.deepEqual([0.25, 12, 150, 9000, 200000].map(span), ["250 ms", "12 s", "2.5 min", "2.5 h", "2.3 d"]);
  assert.deepEqual([49.23e-6, 1.3e-3, 2].map(short), ["49.2 µs", "1.3 ms", "2 s"]);
  assert.deepEqual([12, 2048, 64 * 1024 * 1024].map(bytes), ["12 B", "2 KiB", "64 MiB"]);
});

test("what a browser would round is shown by its digits, and what nobody has brought by none", () => {
  const big = { type: "int64" }, temp = { type: "float32", client: "plc", unit: "°C" };
  assert.equal(text_of(big, value_of(big, { value: 9007199254740992, exact: "9007199254740993" })), "9007199254740993");
  assert.equal(text_of(big, 2 ** 53 + 2), "≈ 9007199254740994");
  assert.equal(typed(big, " 9007199254740993 "), "9007199254740993");
  assert.equal(typed(big, "-12"), -12);
  assert.equal(level_of({ ...big, hi: 5 }, "9007199254740993"), "hi");
  assert.equal(with_unit(temp, value_of(temp, { value: 0, quality: "never" })), "–");
  assert.equal(with_unit(temp, value_of(temp, { value: 0, quality: "stale" })), "0 °C");
  assert.equal(text_of({ type: "bool" }, value_of({}, { value: false, quality: "never" })), "–");
  assert.equal(text_of({ type: "bool" }, value_of({ settable: true }, { value: false, quality: "never" })), "OFF");
});

test("a word is shown by its bits as well, but not one that means a number of something else", () => {
  const word = { type: "uint16" };
  assert.deepEqual([0x8012, 0, 65535].map((value) => bits_of(word, value)), ["0x8012: 1, 4, 15", "0x0000: none",
    "0xFFFF: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15"]);
  assert.deepEqual([bits_of({ ...word, scale: 0.1, offset: 0 }, 20), bits_of({ ...word, labels: [[0, "OFF"]] }, 0),
    bits_of({ type: "int32" }, 1), bits_of(word, [1, 2]), bits_of(word, null)], ["", "", "", "", ""]);
});
