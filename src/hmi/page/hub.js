// The connection to the program, for all pages that share it: one stream of events, which shows what any of them
// wants to see. It runs in the shared worker (worker.js), or in the page where there is none.

const EVENTS = ["hello", "rows", "beat", "alarms"];
const SILENT = 4000; // ms without a beat: the connection is dead even if nobody has told
const RETRY = [500, 1000, 2000, 4000];

export class Hub {
  constructor() {
    this.ports = new Map(); // who listens -> the names that it shows
    this.rows = new Map(); // the last row of each name that somebody shows
    this.last = new Map(); // the last hello, beat and alarms
    this.stream = null;
    this.tries = 0;
    this.feeding = Promise.resolve();
    setInterval(() => this.watch(), 1000);
  }

  // `tell(event, data)` is called for all that happens from now on, and at once with what is known.
  join(tell) {
    const port = { tell, names: [] };
    this.ports.set(port, port);
    for (const [event, data] of this.last) {
      tell(event, data);
    }
    if (!this.source) {
      this.open();
    }
    return port;
  }

  leave(port) {
    if (this.ports.delete(port)) {
      this.feed();
    }
    if (this.ports.size === 0) {
      this.close();
    }
  }

  // The names that a page shows from now on; what is known of them is told at once.
  show(port, names) {
    port.names = names;
    const known = names.map((name) => this.rows.get(name)).filter(Boolean);
    if (known.length && this.last.has("beat")) {
      port.tell("rows", { now: this.last.get("beat").now, rows: known });
    }
    this.feed();
  }

  tell(event, data) {
    for (const port of this.ports.keys()) {
      port.tell(event, data);
    }
  }

  open() {
    clearTimeout(this.retry);
    this.heard = performance.now();
    this.source = new EventSource("/api/stream");
    for (const event of EVENTS) {
      this.source.addEventListener(event, (message) => this.come(event, JSON.parse(message.data)));
    }
    this.source.onerror = () => this.fail();
  }

  close() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
    this.stream = null;
    this.fed = null;
    this.last.clear();
    this.rows.clear();
  }

  fail() {
    if (!this.source) {
      return;
    }
    this.close();
    this.tell("lost", {});
    this.retry = setTimeout(() => this.again(), RETRY[Math.min(this.tries++, RETRY.length - 1)]);
  }

  // A stream that was refused may want a login first; only the page can ask for that.
  async again() {
    try {
      const session = await (await fetch("/api/session")).json();
      if (session.needs_login) {
        this.tell("login", session);
        this.retry = setTimeout(() => this.again(), RETRY[2]);
        return;
      }
    } catch { // it is not there: the stream fails, too, and tries again
    }
    if (this.ports.size && !this.source) {
      this.open();
    }
  }

  watch() {
    if (this.source && performance.now() - this.heard > SILENT) {
      this.fail();
    }
  }

  come(event, data) {
    this.heard = performance.now();
    if (event === "hello") {
      this.tries = 0;
      this.stream = data.stream;
      this.feed();
    }
    if (event === "rows") {
      if (data.full) {
        this.rows.clear(); // what another program had declared is not known any more
      }
      for (const row of data.rows) {
        this.rows.set(row.name, row);
      }
    } else {
      this.last.set(event, data);
    }
    for (const port of this.ports.keys()) {
      this.pass(port, event, data);
    }
  }

  // Each page gets the rows that it shows.
  pass(port, event, data) {
    if (event !== "rows") {
      port.tell(event, data);
      return;
    }
    const wanted = new Set(port.names);
    const rows = data.rows.filter((row) => wanted.has(row.name));
    if (rows.length) {
      port.tell("rows", { now: data.now, rows });
    }
  }

  // Tells the program what is shown now, once for all changes that come together, one request at a time.
  feed() {
    this.feeding = this.feeding.then(() => this.send()).catch(() => {});
  }

  async send() {
    const names = new Set([...this.ports.keys()].flatMap((port) => port.names));
    const wish = JSON.stringify({ stream: this.stream, names: [...names].sort() });
    if (!this.stream || wish === this.fed) {
      return;
    }
    for (const name of this.rows.keys()) {
      if (!names.has(name)) {
        this.rows.delete(name);
      }
    }
    this.fed = wish;
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: wish };
    const is_fed = await fetch("/api/feed", options).then((answer) => answer.ok, () => false);
    if (!is_fed && this.fed === wish) {
      this.fed = null;
      setTimeout(() => this.feed(), RETRY[1]);
    }
  }
}
