// What pages know of the program: link.ask asks it something, link.show shows values as they change, link.on tells what
// happens to the connection and to all.

import { Hub } from "./hub.js";

const STALE = 1900; // ms without a beat, which comes each second: what is shown may be old
const KEPT = new Set(["hello", "beat", "alarms"]);
const ALIVE = 20000;
const SILENT = 10000; // ms without a word: the worker has given this page up, as while the machine slept

// What only looks, and may be asked at any time; all else is refused while it is not known how things are.
const LOOKS = new Set(["alarms", "forced", "get", "journal", "log", "names", "pages", "source", "status", "trend", "version",
  "versions"]);
// Seconds to wait for an answer; those that take a program's first scans to answer take longer.
const PATIENCE = 20, PATIENCE_OF = { edit: 300, eval: 60, reload: 300 };

// { kind, error }, as the program refuses, and all of its answer.
export class Refusal extends Error {
  constructor(kind, error, answer = {}) {
    super(error);
    this.kind = kind;
    this.error = error;
    this.answer = answer;
  }
}

class Link {
  constructor() {
    this.handlers = new Map();
    this.shown = new Set();
    this.rows = new Map();
    this.last = new Map();
    this.online = false;
    this.heard = performance.now();
    this.connect();
    setInterval(() => this.look(), 250);
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
  }

  connect() {
    this.joined = performance.now();
    if (!globalThis.SharedWorker || this.hub) {
      this.connect_here();
      return;
    }
    const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "msm" });
    worker.onerror = () => this.connect_here();
    worker.port.onmessage = ({ data }) => this.come(data.event, data.data);
    this.send = (names) => worker.port.postMessage({ names });
    this.leave = () => worker.port.postMessage({ bye: true });
    clearInterval(this.alive);
    this.alive = setInterval(() => worker.port.postMessage({}), ALIVE);
    this.feed();
  }

  connect_here() {
    clearInterval(this.alive);
    const hub = this.hub ??= new Hub();
    const port = hub.join((event, data) => this.come(event, data));
    this.send = (names) => hub.show(port, names);
    this.leave = () => hub.leave(port);
    this.feed();
  }

  // ---- asking ----

  // A control request; what is refused, or cannot be asked, throws a Refusal.
  async ask(request) {
    const looks = LOOKS.has(request.do), seconds = PATIENCE_OF[request.do] || PATIENCE;
    let answer, status;
    if (!looks && !this.online) { // a command to an old picture would be done later
      throw new Refusal("lost", "not sent: there is no connection");
    }
    try {
      const response = await fetch("/api/ask", { method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify(request), signal: AbortSignal.timeout(seconds * 1000) });
      status = response.status;
      answer = await response.json();
    } catch {
      throw new Refusal("lost", status ? "the answer is not one of the program"
        : looks ? "the program does not answer" : "no answer: whether it was done is not known");
    }
    if (status === 401) {
      this.emit("login", answer);
    }
    if (status !== 200 || answer.ok === false) {
      throw new Refusal(answer.kind || "failed", answer.error || `refused (${status})`, answer);
    }
    return answer;
  }

  // What is declared, as `names` answers; asked once for each program that is loaded.
  names() {
    this.declared ??= this.ask({ do: "names" }).then((answer) => answer.names).catch((refusal) => {
      this.declared = null;
      throw refusal;
    });
    return this.declared;
  }

  // The same by name, elements of arrays included: infos.get("TEMPS[3]").
  async infos() {
    const names = await this.names();
    if (this.infos_of !== names) {
      this.infos_of = names;
      this.infos_map = new Map();
      for (const info of names) {
        this.infos_map.set(info.name, info);
        const first = /^(.*)\[(\d+)\]$/.exec(info.name);
        for (let i = 0; i < (info.count || 0); i++) {
          const name = info.raw ? `${first[1]}[${Number(first[2]) + i}]` : `${info.name}[${i + 1}]`;
          this.infos_map.set(name, { ...info, name, count: undefined, element: i + 1, whole: info.name });
        }
      }
    }
    return this.infos_map;
  }

  // ---- what comes ----

  // f(data) for each such event: hello, beat, alarms, lost, back, loaded (another text runs), login. Who asks for one of
  // the first three later gets the last one at once. Returns what ends it.
  on(event, f) {
    if (!this.handlers.has(event)) {
      this.handlers.set(event, new Set());
    }
    this.handlers.get(event).add(f);
    if (this.last.has(event)) {
      f(this.last.get(event));
    }
    return () => this.handlers.get(event).delete(f);
  }

  emit(event, data) {
    for (const f of [...(this.handlers.get(event) || [])]) {
      f(data);
    }
  }

  // f(rows, now) with what is known of these names, and then with each change. Returns what ends it.
  show(names, f) {
    const view = { names: new Set(names), f };
    const known = names.map((name) => this.rows.get(name)).filter(Boolean);
    this.shown.add(view);
    this.feed();
    if (known.length) {
      f(known, this.now());
    }
    return () => {
      this.shown.delete(view);
      this.feed();
    };
  }

  // Views that change together are one change.
  feed() {
    if (this.waiting) {
      return;
    }
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      const names = new Set();
      for (const view of this.shown) {
        view.names.forEach((name) => names.add(name));
      }
      for (const name of this.rows.keys()) {
        if (!names.has(name)) {
          this.rows.delete(name);
        }
      }
      this.send([...names]);
    });
  }

  // The program's clock, s.
  now() {
    const beat = this.last.get("beat");
    return beat ? beat.now + (performance.now() - this.beaten) / 1000 : Date.now() / 1000;
  }

  // Seconds since the program was heard last.
  age() {
    return (performance.now() - this.heard) / 1000;
  }

  come(event, data) {
    if (event === "lost") {
      this.lose();
      return;
    }
    if (event !== "login") {
      this.heard = performance.now();
      this.find();
    }
    if (event === "hello") {
      this.greet(data);
    }
    if (event === "beat") {
      this.beat(data);
    }
    if (KEPT.has(event)) {
      this.last.set(event, data);
    }
    if (event === "rows") {
      this.spread(data);
    } else {
      this.emit(event, data);
    }
  }

  // A stream that follows one without a beat may be of another program.
  greet(data) {
    const before = this.last.get("hello");
    this.rows.clear();
    if (before && before.stream !== data.stream && !this.last.has("beat")) {
      this.reload(data);
    }
  }

  beat(data) {
    const before = this.last.get("beat"), hello = this.last.get("hello");
    this.beaten = performance.now();
    if (before ? before.loaded !== data.loaded : data.loaded > hello?.now) {
      this.last.set("beat", data);
      this.reload(data);
    }
  }

  reload(data) {
    this.declared = null;
    this.rows.clear();
    this.emit("loaded", data);
  }

  spread({ now, rows }) {
    for (const row of rows) {
      this.rows.set(row.name, row);
    }
    for (const { names, f } of [...this.shown]) {
      const wanted = rows.filter((row) => names.has(row.name));
      if (wanted.length) {
        f(wanted, now);
      }
    }
  }

  look() {
    const now = performance.now();
    if (this.online && now - this.heard > STALE) {
      this.lose();
    }
    if (now - Math.max(this.heard, this.joined) > SILENT) {
      this.leave();
      this.connect();
    }
  }

  lose() {
    if (this.online) {
      this.online = false;
      this.emit("lost", {});
    }
  }

  find() {
    if (!this.online) {
      this.online = true;
      this.emit("back", {});
    }
  }
}

export const link = new Link();
