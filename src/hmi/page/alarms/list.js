// The list of alarms: one row each, which stays the same element while the alarm is there, so that the focus stays.

import { el, moment, reading, write } from "../kit.js";
import { age, condition, levels, shapes, state_words, wants_ack, words } from "./rows.js";

export function priority_mark(priority) {
  return el("span", { class: "alarm-mark", "data-priority": priority, title: words[priority] },
    el("span", { "aria-hidden": "true" }, `${shapes[priority]}${priority}`),
    el("span", { class: "sr-only" }, words[priority]));
}

// What stands beside the name: level and value, group, who shelved it and why.
function details(alarm) {
  const value = alarm.value === undefined || alarm.value === null ? "" : reading(alarm.value);
  return [
    alarm.level ? `${levels[alarm.level] || alarm.level}${value ? `, ${value}` : ""}` : value,
    alarm.first ? "came first in its group" : "",
    alarm.group ? `group ${alarm.group}` : "",
    alarm.reason ? `"${alarm.reason}"` : "",
    alarm.by ? `by ${alarm.by}` : "",
    alarm.until ? `until ${moment(alarm.until)}` : "",
  ].filter(Boolean).join(" · ");
}

class Row {
  // `does`: ack(name), shelve(alarm), unshelve(name); has_trend(alarm); left(row) when its button went with the focus.
  constructor(alarm, does) {
    this.does = does;
    this.state = el("span", { class: "alarm-state" });
    this.condition = el("span", { class: "alarm-condition" });
    this.since = el("td", { class: "alarm-since" });
    this.name = el("strong", {}, alarm.name);
    this.text = el("span", { class: "alarm-text" });
    this.detail = el("small", { class: "alarm-detail" });
    this.mark = el("td", { class: "alarm-priority" });
    this.actions = el("td", { class: "alarm-actions" });
    this.element = el("tr", { "data-name": alarm.name }, this.mark,
      el("td", { class: "alarm-states" }, this.state, this.condition), this.since,
      el("td", { class: "alarm-what" }, this.name, this.text, this.detail), this.actions);
    this.build(alarm);
  }

  build(alarm) {
    const button = (label, role, act, text) => el("button", { type: "button", "data-needs": role, onclick: act,
      "aria-label": `${text} ${alarm.name}`, class: label === "ack" ? "primary" : "quiet" }, text);
    this.ack = button("ack", "operator", () => this.run(this.ack, this.does.ack(alarm.name)), "Acknowledge");
    this.shelve = button("shelve", "operator", () => this.does.shelve(this.alarm), "Shelve");
    this.unshelve = button("unshelve", "operator", () => this.run(this.unshelve, this.does.unshelve(alarm.name)),
      "Unshelve");
    this.trend = el("a", { class: "alarm-trend", href: `#/trends?names=${encodeURIComponent(alarm.name)}`,
      "aria-label": `Trend of ${alarm.name}` }, "Trend");
    this.actions.append(this.ack, this.shelve, this.unshelve, this.trend);
  }

  // The button keeps the focus until it is of no use any more; then the next one of its kind has it.
  async run(button, done) {
    button.setAttribute("aria-disabled", "true");
    await done;
    button.removeAttribute("aria-disabled");
  }

  update(alarm, now) {
    if (!this.alarm || this.alarm.priority !== alarm.priority) {
      this.mark.replaceChildren(priority_mark(alarm.priority));
    }
    this.alarm = alarm;
    this.element.dataset.state = alarm.state;
    this.element.dataset.priority = alarm.priority;
    write(this.state, state_words(alarm));
    write(this.condition, condition(alarm));
    write(this.text, alarm.text && alarm.text !== alarm.name ? alarm.text : "");
    write(this.detail, details(alarm));
    const had_focus = document.activeElement === this.ack && !wants_ack(alarm);
    this.ack.hidden = !wants_ack(alarm);
    if (had_focus) {
      this.does.left(this);
    }
    this.trend.hidden = !this.does.has_trend(alarm);
    this.shelve.hidden = alarm.state === "shelved";
    this.unshelve.hidden = alarm.state !== "shelved";
    this.tick(now);
  }

  tick(now) {
    const since = this.alarm.since ? moment(this.alarm.since, now) : "";
    const old = age(this.alarm, now);
    write(this.since, since && old ? `${since} · ${old}` : since);
  }
}

export class List {
  // `does` as of a row, but for left.
  constructor(label, does) {
    this.does = { has_trend: () => false, ...does, left: () => this.pass_focus() };
    this.rows = new Map();
    this.body = el("tbody");
    const heads = [["Priority", true], ["State"], ["Since"], ["Alarm"], ["Actions", true]];
    this.element = el("table", { class: "alarm-list", "aria-label": label }, el("thead", {}, el("tr", {},
      heads.map(([text, quiet]) => el("th", { scope: "col" }, quiet ? el("span", { class: "sr-only" }, text) : text)))),
    this.body);
  }

  show(alarms, now) {
    const there = new Set(alarms.map((alarm) => alarm.name));
    for (const [name, row] of this.rows) {
      if (!there.has(name)) {
        row.element.remove();
        this.rows.delete(name);
      }
    }
    alarms.forEach((alarm, index) => {
      const row = this.rows.get(alarm.name) || new Row(alarm, this.does);
      this.rows.set(alarm.name, row);
      row.update(alarm, now);
      if (this.body.children[index] !== row.element) {
        this.body.insertBefore(row.element, this.body.children[index] || null);
      }
    });
    this.element.hidden = alarms.length === 0;
  }

  // To the first that is still to be acknowledged.
  pass_focus() {
    queueMicrotask(() => {
      const next = this.body.querySelector(".alarm-actions button.primary:not([hidden])");
      if (next) {
        next.focus();
      }
    });
  }

  tick(now) {
    this.rows.forEach((row) => row.tick(now));
  }
}
