// A trend without tools, as a tile of somebody's own page: these names over this span, live.

import { el } from "../kit.js";
import { Lanes, ready } from "./lanes.js";
import { Pens, described } from "./pens.js";

// Answers with a function that ends it.
export function mount(host, link, { names, span = 600 }) {
  const note = el("p", { class: "trend-note", role: "status" });
  const lanes = new Lanes({ limits: () => true });
  lanes.host.setAttribute("role", "img");
  lanes.host.setAttribute("aria-label", `Trend of ${names.join(", ")}`);
  const legend = el("p", { class: "trend-tile-legend" });
  host.append(legend, lanes.host, note);
  let drawn = 0;
  let gone = false;
  const draw = () => {
    const now = pens.now();
    if (!document.hidden && window.Dygraph && now - drawn >= Math.max(span / (host.clientWidth || 400), 0.2)) {
      drawn = now;
      pens.trim(now - 2 * span);
      lanes.draw(now - span, now, now);
    }
  };
  const load = () => pens.load(pens.now() - span, pens.now(), Math.max(Math.round(host.clientWidth / 2), 100))
    .catch((problem) => {
      note.textContent = `only what comes from now on: ${problem.error || problem.message}`;
    });
  const pens = new Pens(link, (again) => (again ? load() : null));
  let timer = 0;
  const start = async () => {
    await ready();
    const all = (await link.ask({ do: "names" })).names;
    const infos = new Map(all.map((info) => [info.name, info]));
    if (gone) {
      return;
    }
    pens.select(names.filter((name) => described(infos, name)), infos);
    legend.replaceChildren(...pens.list.map((pen) => {
      const mark = el("span", { class: "pen-name" }, `${pen.number} ${pen.name}`);
      mark.style.setProperty("--pen", `var(--pen-${pen.number})`);
      return mark;
    }));
    lanes.pens(pens.list);
    await load();
    if (gone) {
      return;
    }
    timer = setInterval(draw, 200);
  };
  start().catch((problem) => {
    note.textContent = problem.error || problem.message;
  });
  return () => {
    gone = true;
    clearInterval(timer);
    pens.destroy();
    lanes.destroy();
  };
}
