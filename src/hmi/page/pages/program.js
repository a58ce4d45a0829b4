// The program: its text with live values, Check, the difference, Reload, and what it was before.

import { el, fill, settled, sheet, write } from "../kit.js";
import { available, plain, rich } from "../program/code.js";
import { Values } from "../program/values.js";
import { Versions, diff_view } from "../program/versions.js";
import { diff, size } from "../program/diff.js";
import { question } from "../question.js";
import { reaches, role } from "../roles.js";

export const stays = true;

class Program {
  constructor(host, link, params) {
    this.link = link;
    this.host = host;
    this.path = params.get("path") || "";
    this.line = Number(params.get("line")) || 0;
    this.errors = [];
    this.replace = settled(150, () => this.values && this.values.place());
    this.build();
  }

  build() {
    const button = (text, name, f) => el("button", { type: "button", class: name, "data-needs": "engineer",
      onclick: f }, text);
    this.files = el("select", { "aria-label": "File", onchange: () => this.choose(this.files.value) });
    this.check_button = button("Check", "quiet", () => this.check());
    this.reload_button = button("Reload …", "primary", () => this.reload());
    this.revert_button = button("Undo all", "quiet", () => this.revert());
    this.live = el("input", { type: "checkbox", checked: true, onchange: () => {
      this.values.on = this.live.checked;
      this.values.place();
    } });
    this.state = el("p", { class: "program-state", role: "status" });
    this.banner = el("div", { class: "program-banner", role: "alert", hidden: true });
    this.problems = el("ol", { class: "program-errors", "aria-label": "What is wrong", hidden: true });
    this.code = el("div", { class: "code" });
    this.versions = new Versions(this.link, { path: () => this.path, now: () => this.editor.text(),
      take: (text) => this.take(text) });
    this.more = el("details", { class: "sheet", ontoggle: () => this.more.open && this.versions.load() },
      el("summary", {}, "Versions"), this.versions.element);
    this.host.append(el("h1", { class: "sr-only" }, "Program"), el("div", { class: "program" },
      el("div", { class: "program-bar" }, this.files, this.check_button, this.reload_button, this.revert_button,
        el("label", { class: "check" }, this.live, "Values"), this.state), this.banner, this.problems, this.code,
      this.more));
  }

  async start() {
    sheet(new URL("./program.css", import.meta.url).href);
    const does = { changed: () => this.changed(), check: () => this.check(), moved: () => this.replace() };
    const there = await available();
    if (this.gone) {
      return;
    }
    this.editor = there ? rich(this.code, does) : plain(this.code, does);
    this.editor.readonly(true);
    this.values = new Values(this.link, this.editor);
    this.undo = [role(this.link, (who) => this.may(who)),
      this.link.on("beat", (beat) => this.beat(beat))];
    addEventListener("beforeunload", this.leaving = (event) => this.dirty() && event.preventDefault());
    await this.load();
    this.values.names().catch(() => {});
  }

  may(who) {
    this.engineer = reaches(who, "engineer");
    this.editor.readonly(!this.engineer || !this.source);
    this.changed();
  }

  dirty() {
    return Boolean(this.source) && this.editor.text() !== this.source.text;
  }

  source_request() {
    return this.path ? { do: "source", path: this.path } : { do: "source" };
  }

  // Reads the file; a draft that was left in this tab comes back.
  async load() {
    try {
      this.source = await this.link.ask(this.source_request());
    } catch (problem) {
      this.say(problem.error || problem.message, true);
      return;
    }
    this.path = this.source.path;
    fill(this.files, this.source.files.map((file) => el("option", { value: file.path, selected: file.path ===
      this.path }, file.name || file.path)));
    this.files.disabled = this.source.files.length < 2;
    const draft = sessionStorage.getItem(`msm.draft ${this.path}`);
    const kept = draft ? JSON.parse(draft) : null;
    this.editor.set(kept && this.engineer !== false ? kept.text : this.source.text);
    this.base = kept ? kept.base : this.source.version;
    this.editor.readonly(!this.engineer);
    this.mark([]);
    this.warn();
    this.changed();
    if (this.line) {
      this.editor.reveal(this.line);
      this.line = 0;
    }
    this.replace();
  }

  changed() {
    if (!this.source) {
      return;
    }
    const dirty = this.dirty();
    if (dirty) {
      sessionStorage.setItem(`msm.draft ${this.path}`, JSON.stringify({ text: this.editor.text(), base: this.base }));
    } else {
      sessionStorage.removeItem(`msm.draft ${this.path}`);
    }
    this.revert_button.disabled = !dirty;
    this.reload_button.disabled = this.busy || (!dirty && !this.source.changed);
    this.check_button.disabled = Boolean(this.busy);
    if (!this.busy) {
      const { added, removed } = dirty ? size(diff(this.source.text, this.editor.text())) : {};
      this.say(dirty ? `changed: +${added} −${removed} lines` : this.source.changed ? "not what runs"
        : this.engineer === false ? "this is what runs; engineers edit it" : "this is what runs");
    }
    this.replace();
  }

  say(text, bad = false) {
    write(this.state, text);
    this.state.classList.toggle("bad", bad);
  }

  // Marks what is wrong, in the lines and as a list that leads to them; of other files in words only.
  mark(errors) {
    this.errors = errors;
    const own = (error) => !error.file || error.file === this.path || this.path.endsWith(`/${error.file}`);
    this.editor.mark(errors.filter(own));
    const place = (error) => (error.line && own(error) ? el("button", { type: "button", class: "link", onclick: () =>
      this.editor.reveal(error.line) }, `line ${error.line}`)
      : el("span", {}, [error.file, error.line].filter(Boolean).join(":")));
    fill(this.problems, errors.map((error) => el("li", {}, place(error), ` ${error.text}`)));
    this.problems.hidden = errors.length === 0;
  }

  request(more) {
    return { do: "edit", path: this.path, text: this.editor.text(), base: this.base, ...more };
  }

  refused(problem) {
    const errors = problem.errors || (problem.answer && problem.answer.errors) || [];
    this.mark(errors);
    this.say(errors.length ? `refused: ${errors.length === 1 ? "one error" : `${errors.length} errors`}`
      : problem.error || problem.message, true);
    return errors;
  }

  async check() {
    if (this.busy || !this.source || !this.engineer) {
      return;
    }
    await this.during("checking …", async () => {
      await this.link.ask(this.request({ try: true }));
      this.mark([]);
      return "nothing is wrong with it";
    });
  }

  // Carries something out with the buttons locked, and says how it went.
  async during(word, act) {
    this.busy = true;
    this.changed();
    this.say(word);
    let said = null;
    try {
      said = await act();
    } catch (problem) {
      said = null;
      this.refused(problem);
      const text = this.state.textContent;
      this.busy = false;
      this.changed();
      this.say(text, true);
      return;
    }
    this.busy = false;
    this.changed();
    this.say(said);
  }

  async reload() {
    const text = this.editor.text();
    const agreed = await question({ title: "Reload with this text?", wide: true, word: "Reload", body: [
      el("p", {}, "It is checked, then swapped between two scans; values stay. If it fails within its probation, " +
        "what runs now comes back and the file stays as it is."), diff_view(this.source.text, text)] });
    if (!agreed) {
      return;
    }
    await this.during("reloading; it is on probation for some seconds …", async () => {
      const answer = await this.link.ask(this.request());
      sessionStorage.removeItem(`msm.draft ${this.path}`);
      await this.load();
      await this.values.names();
      if (this.more.open) {
        this.versions.load();
      }
      return answer.text ? `reloaded. ${answer.text}` : "reloaded: this runs now";
    });
  }

  revert() {
    this.take(this.source.text);
    this.base = this.source.version;
    this.mark([]);
    this.changed();
    this.editor.focus();
  }

  take(text) {
    this.editor.set(text);
    this.changed();
  }

  async choose(path) {
    this.path = path;
    await this.load();
  }

  // Looks again when a beat says that the program was loaded anew or its file has changed; and now and then while that
  // is another one, since it may change once more.
  async beat(beat) {
    const again = beat.edited ? (this.again || 0) + 1 : 0;
    const key = `${beat.loaded} ${beat.edited} ${Math.floor(again / 3)}`;
    this.again = again;
    if (this.heard !== undefined && key !== this.heard && !this.busy && this.source) {
      try {
        const now = await this.link.ask(this.source_request());
        const clean = !this.dirty();
        const other = now.version !== this.source.version, news = other || now.changed !== this.source.changed;
        this.source = other && !clean ? { ...now, text: this.source.text } : now;
        if (clean && other) {
          this.editor.set(now.text);
          this.base = now.version;
        }
        this.warn(other && !clean ? now : null);
        if (news) { // else what was said last still stands
          this.changed();
        }
        this.values.names();
      } catch {
        // The next beat tries again.
      }
    }
    this.heard = key;
  }

  // The banner: the file is not what the editor began with, or not what runs.
  warn(now = null) {
    const stale = now || (this.base !== this.source.version ? this.source : null);
    const text = stale ? "The file changed on disk while it was edited here. A reload from here is refused until you " +
      "have looked at it." : this.source.changed ? "The file on disk is not what runs. Reload takes it over." : "";
    this.banner.hidden = !text;
    fill(this.banner, text, stale ? el("button", { type: "button", class: "quiet", onclick: () => this.compare() },
      "Compare …") : null);
  }

  async compare() {
    const now = await this.link.ask(this.source_request());
    const taken = await question({ title: "From the file on disk to the text in the editor", wide: true,
      word: "Keep mine, over the file", body: [diff_view(now.text, this.editor.text()), el("p", {}, "Cancel and " +
        "\"Undo all\" takes the file's text instead.")] });
    this.source = now;
    if (taken) {
      this.base = now.version;
      this.warn();
    }
    this.changed();
  }

  destroy() {
    this.gone = true;
    this.replace.cancel();
    if (this.editor) {
      this.undo.forEach((undo) => undo && undo());
      removeEventListener("beforeunload", this.leaving);
      this.values.stop();
      this.editor.destroy();
    }
  }
}

export function mount(host, link, params) {
  const program = new Program(host, link, params);
  program.start();
  return () => program.destroy();
}
