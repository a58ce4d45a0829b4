// What people write. Until the program shows it a value is pending; if the program has put another one in its place, it
// is said to be reverted. Nothing is shown as written because it was sent.

import { question } from "./question.js";
import { el } from "./kit.js";
import { is_number, value_of, with_unit } from "./format.js";
import { reaches } from "./roles.js";

const SETTLED = 1200; // ms after the answer, and two scans: by then the program has spoken
const TOLD = 6000; // ms for which "reverted" stands

const sent = new Map(); // name -> { value, at, state }
const watchers = new Set();
let timer = 0;

export function may_write(info) {
  return Boolean(info?.settable) && !info.count && info.hmi !== "ro" && reaches(document.body.dataset.role, "operator");
}

// f() whenever the state of something written changes. Returns what ends it.
export function on_writes(f) {
  watchers.add(f);
  return () => watchers.delete(f);
}

// "pending", "reverted" or null.
export function state_of(name) {
  return sent.get(name)?.state ?? null;
}

function tell() {
  for (const f of watchers) {
    f();
  }
}

function same(a, b) {
  return typeof a === "number" && typeof b === "number" ? Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b))
    : JSON.stringify(a) === JSON.stringify(b);
}

function look(link) {
  const settled = SETTLED + 2000 * (link.last.get("beat")?.scan.period || 0);
  let changed = false;
  for (const [name, entry] of sent) {
    const passed = performance.now() - entry.at;
    const row = link.rows.get(name);
    if (entry.at === Infinity || passed < settled || row?.state === "pending") {
      continue;
    }
    const before = entry.state;
    if (!row || same(value_of(entry.info, row), entry.value) || passed > settled + TOLD) {
      sent.delete(name);
      changed = true;
    } else {
      entry.state = "reverted";
      changed ||= before !== entry.state;
    }
  }
  if (changed) {
    tell();
  }
  if (sent.size === 0) {
    clearInterval(timer);
    timer = 0;
  }
}

// Asks first where the declaration or the page wants that. False: it was left.
async function agreed(info, value, confirm) {
  if (!confirm && !info.confirm) {
    return true;
  }
  const words = typeof confirm === "string" ? confirm : `${info.desc || info.name} becomes ${with_unit(info, value)}.`;
  return await question({ title: "Are you sure?", body: [el("p", {}, words)], word: "Yes" }) !== null;
}

// Writes a value; throws a Refusal. False where the person left the question.
export async function write_value(link, info, value, confirm) {
  if (!await agreed(info, value, confirm)) {
    return false;
  }
  if (info.pulse) {
    await link.ask({ do: "set", name: info.name, value });
    return true;
  }
  // As typed, where a number would be rounded on its way.
  const given = is_number(info) && typeof value === "string" ? { text: value } : { value };
  const entry = { info, value, at: Infinity, state: "pending" };
  sent.set(info.name, entry);
  timer ||= setInterval(() => look(link), 200);
  tell();
  try {
    const answer = await link.ask({ do: "set", name: info.name, ...given });
    const [row] = answer.values;
    entry.value = value_of(info, row);
    entry.at = row.forced ? -Infinity : performance.now(); // it went beneath the force, and waits for nothing
  } catch (refusal) {
    if (sent.get(info.name) === entry) {
      sent.delete(info.name);
    }
    tell();
    throw refusal;
  }
  return true;
}
