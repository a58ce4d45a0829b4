// The alarms: what wants somebody, what was shelved, and the journal of both.

import { el, sheet, write } from "../kit.js";
import { List } from "../alarms/list.js";
import { Journal } from "../alarms/journal.js";
import { by_urgency, is_hidden, is_normal, wants_ack, words } from "../alarms/rows.js";
import { shelve } from "../alarms/shelve.js";

const views = [["active", "Active"], ["hidden", "Shelved"], ["journal", "Journal"]];

class Alarms {
  constructor(host, link, params) {
    this.link = link;
    this.host = host;
    this.known = new Set();
    this.infos = new Map();
    this.alarms = [];
    this.offset = 0;
    this.beats = 0;
    const does = {
      ack: (name) => this.act({ do: "ack", name }), unshelve: (name) => this.act({ do: "unshelve", name }),
      shelve: (alarm) => shelve(link, alarm),
      has_trend: (alarm) => this.infos.has(alarm.name), // of a declared limit it is the variable's name
    };
    this.active = new List("Active alarms", does);
    this.hidden = new List("Shelved alarms", does);
    this.journal = new Journal(link);
    this.build(views.some(([view]) => view === params.get("view")) ? params.get("view") : "active");
    this.undo = [
      link.on("alarms", ({ alarms }) => {
        this.told_by_stream = true;
        this.show(alarms);
      }),
      link.on("beat", (beat) => this.beat(beat)),
    ];
    this.ask();
    link.infos().then((infos) => {
      this.infos = infos;
      this.show(this.alarms);
    }).catch(() => {});
  }

  build(view) {
    this.note = el("p", { class: "alarms-note", role: "status" });
    this.news = el("p", { class: "sr-only", role: "log", "aria-live": "assertive" });
    this.calm = el("p", { class: "alarms-calm" }, "Nothing wants attention.");
    this.none = el("p", { class: "alarms-calm" }, "Nothing is shelved.");
    this.all = el("button", { type: "button", class: "ack-all", "data-needs": "operator", onclick: () =>
      this.act({ do: "ack", all: true }) }, "Acknowledge all");
    const tab = (name, text) => el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls":
      `view-${name}`, onclick: () => this.open(name), onkeydown: (event) => this.key(event, name) }, text,
    el("span", { class: "count" }));
    this.tabs = new Map(views.map(([name, text]) => [name, tab(name, text)]));
    const bodies = { active: [this.calm, this.active.element], hidden: [this.none, this.hidden.element],
      journal: [this.journal.element] };
    this.panels = new Map(views.map(([name]) => [name, el("div", { role: "tabpanel", id: `view-${name}`,
      "aria-labelledby": `tab-${name}` }, ...bodies[name])]));
    this.host.append(el("h1", { class: "sr-only" }, "Alarms"), el("div", { class: "alarms" },
      el("div", { class: "alarms-bar" }, el("div", { class: "segments", role: "tablist", "aria-label": "Alarms" },
        ...this.tabs.values()), this.all), this.note, this.news, ...this.panels.values()));
    this.open(view);
  }

  open(view) {
    this.view = view;
    for (const [name, tab] of this.tabs) {
      tab.setAttribute("aria-selected", String(name === view));
      tab.tabIndex = name === view ? 0 : -1;
      this.panels.get(name).hidden = name !== view;
    }
    this.all.classList.toggle("away", view !== "active");
    if (view === "journal") {
      this.journal.load();
    }
    if (location.hash.startsWith("#/alarms")) {
      history.replaceState(null, "", view === "active" ? "#/alarms" : `#/alarms?view=${view}`);
    }
  }

  key(event, name) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const names = views.map(([view]) => view);
      const next = names[(names.indexOf(name) + step + names.length) % names.length];
      this.open(next);
      this.tabs.get(next).focus();
    }
  }

  async ask() {
    try {
      this.show((await this.link.ask({ do: "alarms" })).alarms);
    } catch (problem) {
      write(this.note, problem.error || problem.message);
    }
  }

  // What a person did; a refusal is said, and the rows come by themselves.
  async act(request) {
    try {
      await this.link.ask(request);
      write(this.note, "");
      await this.ask();
    } catch (problem) {
      write(this.note, problem.error || problem.message);
    }
  }

  now() {
    return Date.now() / 1000 + this.offset;
  }

  show(alarms) {
    this.alarms = alarms;
    const active = alarms.filter((alarm) => !is_hidden(alarm) && !is_normal(alarm)).sort(by_urgency);
    const hidden = alarms.filter(is_hidden).sort((a, b) => a.name.localeCompare(b.name));
    const unseen = active.filter(wants_ack);
    this.tell(unseen);
    this.active.show(active, this.now());
    this.hidden.show(hidden, this.now());
    this.calm.hidden = active.length > 0;
    this.none.hidden = hidden.length > 0;
    this.all.disabled = unseen.length === 0;
    write(this.tabs.get("active").lastChild, active.length ? ` ${active.length}` : "");
    write(this.tabs.get("hidden").lastChild, hidden.length ? ` ${hidden.length}` : "");
    if (this.view === "journal") {
      this.journal.later();
    }
  }

  // Says to a screen reader what is new since the last time, not what was there when the page was opened.
  tell(unseen) {
    const fresh = unseen.filter((alarm) => !this.known.has(alarm.name));
    if (this.told && fresh.length) {
      write(this.news, fresh.map((alarm) => `${words[alarm.priority]} alarm: ${alarm.text || alarm.name}`).join(". "));
    }
    this.known = new Set(unseen.map((alarm) => alarm.name));
    this.told = true;
  }

  beat({ now, alarms }) {
    this.offset = now - Date.now() / 1000;
    if (alarms && alarms.version !== this.version && !this.told_by_stream) {
      this.version = alarms.version;
      this.ask();
    }
    if (this.view === "journal" && ++this.beats % 2 === 0) {
      this.journal.refresh();
    }
    this.active.tick(now);
    this.hidden.tick(now);
  }

  destroy() {
    this.undo.forEach((undo) => undo && undo());
    this.journal.later.cancel();
  }
}

export function mount(host, link, params) {
  sheet(new URL("./alarms.css", import.meta.url).href);
  const alarms = new Alarms(host, link, params);
  return () => alarms.destroy();
}
