// The editor, behind two functions: CodeMirror 5 from Debian where it is, a plain text field where it is not. Both
// give { text(), set(text), mark(errors), reveal(line), beside(notes), seen(), readonly(yes), focus(), destroy() }.
//
// errors: [{ line, text }]; notes: a function from a line's number to an element to stand at its end, or null;
// seen(): the first and the last line that are in view. Lines count from 1.

import { el, fill, script, sheet } from "../kit.js";

const lib = "/lib/codemirror/";

// Whether CodeMirror is there; loads it once.
export async function available() {
  try {
    await Promise.all([script(`${lib}lib/codemirror.js`), sheet(`${lib}lib/codemirror.css`)]);
    await Promise.all(["mode/lua/lua.js", "addon/edit/matchbrackets.js", "addon/search/searchcursor.js",
      "addon/dialog/dialog.js", "addon/search/search.js", "addon/comment/comment.js",
      "addon/selection/active-line.js"].map((path) => script(lib + path)));
    await sheet(`${lib}addon/dialog/dialog.css`);
    return true;
  } catch {
    return Boolean(window.CodeMirror);
  }
}

// Tab moves the focus on after Escape, so that nobody is caught in the editor.
const keys = (does, leaving = false) => ({
  "Ctrl-S": does.check, "Cmd-S": does.check, "Ctrl-/": "toggleComment", "Cmd-/": "toggleComment",
  Tab: !leaving && ((cm) => (cm.somethingSelected() ? cm.indentSelection("add") : cm.replaceSelection("  ", "end"))),
  "Shift-Tab": !leaving && ((cm) => cm.indentSelection("subtract")),
  Esc: (cm) => cm.setOption("extraKeys", keys(does, true)),
});

function gutter_mark(text) {
  return el("span", { class: "code-error-mark", title: text, role: "img", "aria-label": text }, "▲");
}

// `does`: changed(), check(), moved() when other lines came into view.
export function rich(host, does) {
  const cm = window.CodeMirror(host, {
    mode: "lua", lineNumbers: true, indentUnit: 2, tabSize: 2, matchBrackets: true, styleActiveLine: true,
    gutters: ["CodeMirror-linenumbers", "code-errors"], extraKeys: keys(does), viewportMargin: 20, theme: "msm",
    lineWrapping: true, // values stand at the ends of lines
  });
  cm.getInputField().setAttribute("aria-label", "Script; Escape, then Tab leaves the editor");
  cm.on("change", () => does.changed());
  cm.on("viewportChange", () => does.moved());
  cm.on("focus", () => cm.setOption("extraKeys", keys(does)));
  cm.getScrollerElement().tabIndex = 0; // what is wider than it is scrolled by keys, too
  let notes = [];
  let marked = [];
  return {
    kind: "codemirror",
    text: () => cm.getValue(),
    set: (text) => {
      cm.setValue(text);
      cm.clearHistory();
    },
    mark: (errors) => cm.operation(() => {
      cm.clearGutter("code-errors");
      marked.forEach((handle) => cm.removeLineClass(handle, "background", "code-error-line"));
      marked = errors.filter((error) => error.line > 0 && error.line <= cm.lineCount()).map((error) => {
        const handle = cm.getLineHandle(error.line - 1);
        cm.setGutterMarker(handle, "code-errors", gutter_mark(error.text));
        cm.addLineClass(handle, "background", "code-error-line");
        return handle;
      });
    }),
    reveal: (line) => {
      cm.setCursor({ line: line - 1, ch: 0 });
      cm.scrollIntoView({ line: line - 1, ch: 0 }, 120);
      cm.focus();
    },
    beside: (note) => cm.operation(() => {
      notes.forEach((bookmark) => bookmark.clear());
      notes = [];
      const { from, to } = cm.getViewport();
      for (let line = from; note && line < to; line++) {
        const widget = note(line + 1, cm.getLine(line));
        if (widget) {
          notes.push(cm.setBookmark({ line, ch: cm.getLine(line).length }, { widget, insertLeft: true }));
        }
      }
    }),
    seen: () => [cm.getViewport().from + 1, cm.getViewport().to],
    readonly: (yes) => cm.setOption("readOnly", yes),
    refresh: () => cm.refresh(),
    focus: () => cm.focus(),
    destroy: () => host.replaceChildren(),
  };
}

export function plain(host, does) {
  const area = el("textarea", { class: "code-plain", spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    wrap: "off", "aria-label": "Script", oninput: () => does.changed(), onkeydown: (event) => {
      if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        does.check();
      }
    } });
  fill(host, area);
  return {
    kind: "plain",
    text: () => area.value,
    set: (text) => {
      area.value = text;
    },
    mark: () => {},
    reveal: (line) => {
      const start = area.value.split("\n").slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
      const end = area.value.indexOf("\n", start);
      area.focus();
      area.setSelectionRange(start, end < 0 ? area.value.length : end);
    },
    beside: () => {},
    seen: () => [1, area.value.split("\n").length],
    readonly: (yes) => {
      area.readOnly = yes;
    },
    refresh: () => {},
    focus: () => area.focus(),
    destroy: () => area.remove(),
  };
}
