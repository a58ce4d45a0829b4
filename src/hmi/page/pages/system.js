// The system: how the program, its scan and its links are, what is forced, what is kept, and what it has said.

import { el, fill, sheet, write } from "../kit.js";
import { logout } from "../login.js";
import { question } from "../question.js";
import { role } from "../roles.js";
import { keeping, program, scan, troubles } from "../system/facts.js";
import { Log } from "../system/log.js";
import { Forced, Links } from "../system/tables.js";

const period = 2000;

// A list of facts whose texts change in place.
class Facts {
  constructor() {
    this.element = el("dl", { class: "facts" });
    this.key = "";
  }

  show(facts) {
    const key = facts.map(([label]) => label).join("\n");
    if (key !== this.key) {
      this.key = key;
      this.cells = facts.map(() => el("dd"));
      fill(this.element, facts.map(([label], index) => el("div", {}, el("dt", {}, label), this.cells[index])));
    }
    facts.forEach(([, text], index) => write(this.cells[index], text));
  }
}

const card = (id, title, ...content) => el("section", { class: "sheet", id: `system-${id}`, "aria-labelledby":
  `title-${id}` }, el("h2", { id: `title-${id}` }, title), ...content);

class System {
  constructor(host, link) {
    this.link = link;
    this.program = new Facts();
    this.scan = new Facts();
    this.keeping = new Facts();
    this.access = new Facts();
    this.links = new Links();
    this.forced = new Forced(link);
    this.log = new Log(link);
    this.build(host);
    this.undo = [
      link.on("beat", (beat) => this.beat(beat)),
      link.on("lost", () => host.classList.add("lost")),
      link.on("back", () => host.classList.remove("lost")),
      role(link, () => this.session()),
    ];
    this.timer = setInterval(() => document.hidden || this.ask(), period);
    this.ask();
    this.session();
  }

  build(host) {
    const action = (text, danger, act) => el("button", { type: "button", class: danger ? "quiet danger" : "quiet",
      "data-needs": "engineer", onclick: act }, text);
    this.leave = el("button", { type: "button", class: "quiet", hidden: true, onclick: () => logout() }, "Log out");
    this.note = el("p", { class: "problem", role: "status" });
    this.troubles = el("div", { class: "troubles" });
    this.load = el("div", { class: "scan-load", role: "img", "aria-label": "the scan's time of its period" },
      el("div", { class: "scan-now" }), el("div", { class: "scan-max" }));
    host.append(el("h1", { class: "sr-only" }, "System"), el("div", { class: "system" }, this.note, this.troubles,
      card("program", "Program", this.program.element, el("div", { class: "actions" },
        action("Reload …", false, () => this.reload()), action("Stop …", true, () => this.stop()))),
      card("scan", "Scan", this.load, this.scan.element),
      card("links", "Links", this.links.element), card("forced", "Forced", this.forced.element),
      card("keeping", "Memory and files", this.keeping.element), card("access", "Access", this.access.element,
        el("div", { class: "actions" }, this.leave)),
      card("log", "Log", this.log.element)));
  }

  async ask() {
    if (this.asking) {
      return;
    }
    this.asking = true;
    try {
      const [status, forced] = await Promise.all([this.link.ask({ do: "status" }), this.link.ask({ do: "forced" }),
        this.log.load()]);
      write(this.note, "");
      this.show(status);
      this.forced.show(forced.values);
    } catch (problem) {
      write(this.note, problem.error || problem.message);
    }
    this.asking = false;
  }

  show(status) {
    this.program.show(program(status));
    this.scan.show(scan(status));
    this.keeping.show(keeping(status));
    this.links.show(status.links);
    const found = troubles(status);
    const key = JSON.stringify(found);
    if (key !== this.told) {
      this.told = key;
      fill(this.troubles, found.map(([title, text], index) => el("details", { class: "trouble", open: index === 0 &&
        status.state === "fault" }, el("summary", {}, title), el("pre", { tabindex: "0" }, text))));
    }
  }

  // Each second: what the scan takes of its period.
  beat(beat) {
    const part = (time) => `${Math.min(time / beat.scan.period, 1) * 100}%`;
    this.load.children[0].style.width = part(beat.scan.last);
    this.load.children[1].style.left = part(beat.scan.max);
    this.load.dataset.over = String(beat.scan.last > beat.scan.period);
    this.clients = beat.clients;
    this.people();
  }

  async session() {
    try {
      const answer = await fetch("/api/session", { credentials: "same-origin" });
      this.who = await answer.json();
    } catch {
      this.who = null;
    }
    this.people();
  }

  people() {
    const who = this.who || {};
    this.leave.hidden = !who.user;
    this.access.show([
      ["You", who.user || "not logged in"], ["Role", who.role || "-"],
      ["Connection", who.tls || location.protocol === "https:" ? "encrypted (TLS)" : "not encrypted"],
      ["Browsers now", this.clients === undefined ? "-" : String(this.clients)],
    ]);
  }

  reload() {
    return question({ title: "Reload the script?", word: "Reload", body: [el("p", {}, "The script's file is read " +
      "again between two scans. Values stay. If it fails within its probation, what runs now comes back.")],
    act: () => this.link.ask({ do: "reload" }) }).then(() => this.ask());
  }

  stop() {
    return question({ title: "Stop the program?", word: "Stop", danger: true, body: [el("p", {}, "Outputs take their " +
      "safe values and the program ends. These pages end with it: it is started again on the machine itself.")],
    act: () => this.link.ask({ do: "stop" }) });
  }

  destroy() {
    clearInterval(this.timer);
    this.undo.forEach((undo) => undo && undo());
  }
}

export function mount(host, link) {
  sheet(new URL("./system.css", import.meta.url).href);
  const system = new System(host, link);
  return () => system.destroy();
}
