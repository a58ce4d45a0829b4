// Alarms as a person reads them: shape, words, order. Nothing here draws.

import { span } from "../kit.js";

// Never colour alone: each priority has its shape and its number.
export const shapes = { 1: "▲", 2: "◆", 3: "■", 4: "●" };
export const words = { 1: "urgent", 2: "high", 3: "medium", 4: "low" };
export const levels = { lolo: "far too low", lo: "low", hi: "high", hihi: "far too high" };

const urgency = { unacknowledged: 0, returned: 1, acknowledged: 2, latched: 3 };
const hidden = new Set(["shelved", "suppressed", "out of service"]);

export const is_hidden = (alarm) => hidden.has(alarm.state);
export const is_normal = (alarm) => alarm.state === "normal";
export const wants_ack = (alarm) => alarm.state === "unacknowledged" || alarm.state === "returned";

// What wants somebody first stands first: unseen before seen, urgent before low, new before old.
export function by_urgency(a, b) {
  const rank = (alarm) => (alarm.state in urgency ? urgency[alarm.state] : 9);
  const seen = (alarm) => (rank(alarm) < 2 ? 0 : rank(alarm));
  return seen(a) - seen(b) || a.priority - b.priority || rank(a) - rank(b) || (b.since || 0) - (a.since || 0) ||
    a.name.localeCompare(b.name);
}

// "still on", "gone": what is with the condition itself, which acknowledging does not change.
export const condition = (alarm) => (alarm.on ? "still on" : "gone");

export function age(alarm, now) {
  return typeof alarm.since === "number" && alarm.since > 0 ? span(Math.max(now - alarm.since, 1)) : "";
}

// The words of a state, for a person who does not know the standard.
export function state_words(alarm) {
  return { unacknowledged: "new", returned: "went, not seen", acknowledged: "seen", latched: "latched",
    shelved: "shelved", suppressed: "suppressed", "out of service": "out of service", normal: "normal" }[alarm.state] ||
    alarm.state;
}

const happenings = { active: "came", returned: "went", level: "level", latched: "went, latched" };

// What happened, in a word.
export const happened = (entry) => (entry.kind === "alarm" && happenings[entry.what]) || entry.what;

// A line of the journal in words.
export function event_words(entry) {
  if (entry.kind === "alarm") { // its text has the value
    const level = entry.level ? `(${levels[entry.level] || entry.level})` : "";
    return [entry.text === entry.name ? "" : entry.text, level].filter(Boolean).join(" ");
  }
  const change = entry.old !== undefined || entry.new !== undefined
    ? [entry.old, entry.new].map((value) => (value === undefined || value === null ? "" : typeof value === "string"
      ? value : JSON.stringify(value))).filter(Boolean).join(" → ") : "";
  return [entry.text === entry.name ? "" : entry.text, change].filter(Boolean).join(": ");
}
