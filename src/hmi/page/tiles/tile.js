// A tile: what all of them have. A title, beside it what is not as it should be (quality, force, limit, a write that is
// under way), and the value. A tile that is well says nothing more.

import { el, span, write } from "../kit.js";
import { is_unknown, LEVELS, level_of, title_of, value_of } from "../format.js";
import { state_of } from "../writes.js";

const SHAPES = { 1: "▲", 2: "◆", 3: "■", 4: "●" };
const QUALITIES = { stale: "stale", never: "no value yet", range: "out of range", invalid: "invalid" };

// Whether its value is not to be relied on.
export function is_doubtful(info, row) {
  return Boolean(row?.quality) && row.quality !== "good" && (row.quality !== "never" || is_unknown(info, row));
}

// What is to be said of a row, worst first: [kind, text].
export function remarks(info, row, now) {
  const list = [];
  const level = row ? level_of(info, value_of(info, row)) : "";
  if (is_doubtful(info, row)) {
    const age = typeof row.time === "number" ? `, ${span(Math.max(now - row.time, 0))} old` : "";
    list.push(["quality", `${QUALITIES[row.quality] || row.quality}${age}`]);
  }
  if (level) {
    list.push([`alarm-${info.priority || 3}`, `${SHAPES[info.priority || 3]} ${LEVELS[level]}`]);
  }
  if (row?.forced) {
    list.push(["forced", "FORCED"]);
  }
  const written = row && state_of(row.name);
  if (written) {
    list.push([written, written === "pending" ? "pending…" : "reverted by the program"]);
  } else if (row?.state && row.state !== "confirmed") {
    list.push([row.state, row.why ? `${row.state}: ${row.why}` : row.state]);
  }
  return list;
}

export class Tile {
  // `item`: as the script's page has it; `info`: what is declared of its variable.
  constructor(item, info, link) {
    this.item = item;
    this.info = info;
    this.link = link;
    this.row = null;
    this.names = item.name ? [item.name] : [];
    this.title = el("h3", { class: "tile-title", title: item.name }, item.label || title_of(info, item.name || ""));
    this.body = el("div", { class: "tile-body" });
    this.foot = el("p", { class: "tile-remarks" });
    this.element = el("section", { class: `tile tile-${item.kind}`, "data-name": item.name },
      el("div", { class: "tile-head" }, this.title, this.foot), this.body);
    if (!info && item.name) {
      write(this.foot, `${item.name} is not declared any more`);
    }
  }

  // A row of the stream, or null to look again at the last one.
  update(row, now) {
    this.row = row ?? this.row;
    if (this.row && this.info) {
      this.element.dataset.quality = is_doubtful(this.info, this.row) ? this.row.quality : "good";
      this.paint(this.row);
      this.say(remarks(this.info, this.row, now));
    }
  }

  paint() {}

  say(list) {
    const wanted = list.map(([kind, text]) => `${kind}|${text}`).join("\n");
    if (wanted !== this.said) {
      this.said = wanted;
      this.foot.replaceChildren(...list.map(([kind, text]) => el("span", { class: `remark ${kind}` }, text)));
    }
  }

  // What was refused is said where it was tried, until something else is.
  async attempt(act) {
    try {
      await act();
      this.complain("");
    } catch (refusal) {
      this.complain(refusal.error || refusal.message);
    }
  }

  complain(text) {
    if (!this.problem && text) {
      this.problem = el("p", { class: "problem tile-problem", role: "alert" });
      this.element.append(this.problem);
    }
    if (this.problem) {
      write(this.problem, text);
    }
  }

  destroy() {}
}
