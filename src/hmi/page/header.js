// The header, which is there on each page: what runs and how, whom it talks to, what wants attention, how old it is.

import { el, short, write } from "./kit.js";

const STATES = { run: "RUN", probation: "PROBATION", fault: "FAULT", stopping: "STOPPING" };
const SHAPES = ["▲", "◆", "■", "●"];
const WORDS = ["urgent", "high", "medium", "low"];

export class Header {
  constructor(host, link) {
    this.link = link;
    this.name = el("a", { class: "bar-name", href: "#/overview" }, "MSM");
    this.state = el("a", { class: "bar-state", href: "#/system", "data-state": "" }, "…");
    this.scan = el("a", { class: "bar-fact bar-scan", href: "#/system" });
    this.links = el("a", { class: "bar-fact bar-links", href: "#/system", hidden: true }, el("span", { class: "word" }, "links "));
    this.alarms = el("a", { class: "bar-alarms", href: "#/alarms", hidden: true });
    this.forced = el("a", { class: "bar-forced", href: "#/system", hidden: true });
    this.user = el("span", { class: "bar-fact bar-user" });
    this.age = el("span", { class: "bar-age", title: "Age of the connection" });
    this.counts = WORDS.map((word, i) => el("span", { class: "bar-count", "data-priority": i + 1, hidden: true }));
    this.lamps = [];
    this.alarms.append(...this.counts);
    this.times = ["scan", "last", "max", ""].map((word) => [el("span", { class: "word" }, word && `${word} `), el("span", {})]);
    this.scan.append(...this.times.map((time, i) => el("span", { class: "bar-time" }, i ? " · " : null, time)));
    host.append(this.name, this.state, this.scan, this.links, el("span", { class: "bar-space" }), this.alarms, this.forced,
      this.user, this.age, el("span", { class: "bar-break" }));
    link.on("hello", (hello) => this.hello(hello));
    link.on("beat", (beat) => this.beat(beat));
    link.on("lost", () => this.tick());
    setInterval(() => this.tick(), 250);
  }

  hello(hello) {
    write(this.name, hello.name);
    write(this.user, hello.user ? `${hello.user} (${hello.role})` : hello.role);
  }

  beat(beat) {
    write(this.state, STATES[beat.state] || beat.state.toUpperCase());
    this.state.dataset.state = beat.state;
    this.state.title = beat.fault || "";
    this.show_scan(beat.scan);
    this.show_links(beat.links || []);
    this.show_alarms(beat.alarms || {});
    this.forced.hidden = !beat.forced;
    write(this.forced, `FORCED ${beat.forced}`);
    this.tick();
  }

  show_scan({ period, last, max, overruns }) {
    const texts = [short(period), short(last), short(max), `${overruns} overruns`];
    this.times.forEach(([, text], i) => write(text, texts[i]));
    this.times[3][1].parentElement.hidden = !overruns;
    this.scan.title = `Scan period ${texts[0]}, the last one took ${texts[1]}, the longest ${texts[2]}`;
  }

  show_links(links) {
    this.links.hidden = links.length === 0;
    while (this.lamps.length > links.length) {
      this.lamps.pop().remove();
    }
    links.forEach((link, i) => {
      if (!this.lamps[i]) {
        this.lamps[i] = el("span", { class: "bar-lamp" });
        this.links.append(this.lamps[i]);
      }
      this.lamps[i].dataset.online = link.online;
      this.lamps[i].title = `${link.kind} ${link.name}: ${link.online ? "online" : link.last_error || "offline"}`;
      write(this.lamps[i], link.online ? "●" : "✕");
    });
    const down = links.filter((link) => !link.online).length;
    this.links.setAttribute("aria-label", down ? `${down} of ${links.length} links are offline` : "all links are online");
  }

  show_alarms({ unacknowledged = [], active = [] }) {
    this.counts.forEach((count, i) => {
      const unseen = unacknowledged[i] || 0, there = active[i] || 0;
      count.hidden = !unseen && !there;
      count.dataset.unseen = unseen > 0;
      write(count, `${SHAPES[i]} ${unseen || there}`);
      count.title = `${WORDS[i]}: ${unseen} unacknowledged, ${there} active`;
    });
    this.alarms.hidden = this.counts.every((count) => count.hidden);
    this.alarms.setAttribute("aria-label", `Alarms: ${unacknowledged.reduce((a, b) => a + b, 0)} unacknowledged`);
  }

  tick() {
    const age = this.link.age();
    this.age.dataset.live = this.link.online;
    write(this.age, this.link.online ? "live" : `${Math.round(age)} s old`);
  }
}
