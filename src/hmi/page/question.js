// A question in a dialog that has to be answered or left: modal, closed by Escape, the focus goes back where it was.

import { el, write } from "./kit.js";

// Resolves with what `act` gave, or null where it was left. `body`: elements; `act()`: called when the person agrees,
// while the dialog still stands: what it refuses is said in the dialog. `word`: what the button that agrees says.
export function question({ title, body = [], word = "OK", danger = false, wide = false, act = async () => true }) {
  return new Promise((resolve) => {
    let answer = null;
    const problem = el("p", { class: "problem", role: "alert" });
    const agree = el("button", { type: "submit", class: danger ? "primary danger" : "primary" }, word);
    const leave = el("button", { type: "button", class: "leave", onclick: () => dialog.close() }, "Cancel");
    const form = el("form", { method: "dialog", onsubmit: async (event) => {
      event.preventDefault();
      agree.disabled = true;
      write(problem, "");
      try {
        answer = await act();
        dialog.close();
      } catch (refusal) {
        write(problem, refusal.error || refusal.message || String(refusal));
        agree.disabled = false;
      }
    } }, el("h2", { id: "question-title" }, title), ...body, problem,
    el("div", { class: "dialog-actions" }, leave, agree));
    const dialog = el("dialog", { class: wide ? "question wide" : "question", "aria-labelledby": "question-title" },
      form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
