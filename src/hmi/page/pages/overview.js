// The overview: the pages that the script has made of its own, and one of all its values, made from what is declared.

import { el } from "../kit.js";
import { has_range, is_boolean } from "../format.js";
import { Board } from "../tiles/build.js";

const MOST = 80; // tiles; more are a table's work
const ALL = "all";

// A tile for what is declared: by type and by whether people may write it.
function item_of(info) {
  const name = info.name;
  if (is_boolean(info)) {
    return { kind: info.settable && info.hmi !== "ro" ? "switch" : "lamp", name };
  }
  if (info.labels && info.settable && info.hmi !== "ro") {
    return { kind: "select", name };
  }
  return { kind: "value", name, spark: !info.labels && has_range(info) && !info.settable };
}

function rows_of(infos) {
  const shown = [...infos.values()].filter((info) => !info.raw && info.hmi !== "hide" && (info.element || !info.count) &&
    !info.name.startsWith("MSM_"));
  const memories = new Map();
  for (const info of shown.slice(0, MOST)) {
    memories.set(info.memory, [...(memories.get(info.memory) || []), item_of(info)]);
  }
  const boxes = [...memories].map(([memory, items]) => [{ kind: "group", label: memory, rows: [items] }]);
  return { rows: [[{ kind: "alarms", most: 5 }], ...(memories.size === 1 ? [...memories.values()] : boxes)],
    left_out: Math.max(shown.length - MOST, 0) };
}

class Overview {
  constructor(host, link, params) {
    this.host = host;
    this.link = link;
    this.wish = params.get("number");
    this.tabs = el("nav", { class: "tabs", "aria-label": "Pages of the program" });
    this.place = el("div", {});
    host.append(el("h1", { class: "sr-only" }, "Overview"), this.tabs, this.place);
    this.fill();
  }

  async fill() {
    try {
      const [infos, { pages }] = await Promise.all([this.link.infos(), this.link.ask({ do: "pages" })]);
      if (!this.gone) {
        this.build(infos, pages);
      }
    } catch (refusal) {
      this.place.replaceChildren(el("p", { class: "problem", role: "alert" }, refusal.error || refusal.message));
    }
  }

  build(infos, pages) {
    const number = this.wish === ALL || (!this.wish && pages.length === 0) ? 0 : Number(this.wish ?? 1);
    const tab = (text, key, chosen) => el("a", { href: `#/page/${key}`, "aria-current": chosen ? "page" : null }, text);
    this.tabs.hidden = pages.length === 0;
    this.tabs.append(...pages.map((page, i) => tab(page.title, i + 1, number === i + 1)), tab("All values", ALL, number === 0));
    if (number !== 0 && !pages[number - 1]) {
      this.place.replaceChildren(el("p", { class: "problem", role: "alert" }, `The program has no page ${this.wish}.`));
      return;
    }
    const { rows, left_out } = number ? { rows: pages[number - 1].rows, left_out: 0 } : rows_of(infos);
    this.board = new Board(this.link, infos, rows);
    this.board.element.classList.toggle("automatic", number === 0);
    this.place.replaceChildren(this.board.element);
    if (left_out) {
      this.place.append(el("p", { class: "board-more" }, `${left_out} more are under `, el("a", { href: "#/variables" },
        "Variables"), "."));
    }
  }

  destroy() {
    this.gone = true;
    this.board?.destroy();
  }
}

export function mount(host, link, params) {
  const overview = new Overview(host, link, params);
  return () => overview.destroy();
}
