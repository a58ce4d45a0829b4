// Who are you? Asked where the program has users and nobody is logged in; resolves when somebody is, in this tab or in
// another one.

import { el, write } from "./kit.js";

const reasons = {
  401: "Name or password is wrong.",
  403: "This page was opened under another address than the one it is served from.",
  429: "Too many attempts. Wait for a while, then try again.",
};

async function send(user, password) {
  const answer = await fetch("/api/login", {
    method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user, password }),
  });
  if (answer.ok) {
    return null;
  }
  const said = await answer.json().catch(() => ({}));
  return answer.status === 401 || !said.error ? reasons[answer.status] || `Not now (${answer.status}).` : said.error;
}

export function login(link) {
  return new Promise((resolve) => {
    const leave = () => {
      unheard();
      dialog.close();
      dialog.remove();
      resolve();
    };
    const began = link.last.get("hello"); // that of before is told at once
    const unheard = link.on("hello", (hello) => hello !== began && leave());
    const user = el("input", { id: "login-user", name: "username", type: "text", autocomplete: "username",
      autocapitalize: "none", spellcheck: "false", required: true, autofocus: true });
    const password = el("input", { id: "login-password", name: "password", type: "password",
      autocomplete: "current-password", required: true });
    const problem = el("p", { class: "problem", role: "alert" });
    const enter = el("button", { type: "submit", class: "primary" }, "Log in");
    const open = location.protocol !== "https:" && !/^(localhost|127\.|\[::1\])/.test(location.host);
    const form = el("form", { onsubmit: async (event) => {
      event.preventDefault();
      enter.disabled = true;
      write(problem, "");
      const refusal = await send(user.value, password.value).catch(() => "The program does not answer.");
      enter.disabled = false;
      if (refusal === null) {
        leave();
        return;
      }
      write(problem, refusal);
      password.value = "";
      password.focus();
    } }, el("h2", { id: "login-title" }, "Log in"), el("label", { for: "login-user" }, "Name"), user,
    el("label", { for: "login-password" }, "Password"), password,
    open ? el("p", { class: "quiet-note" }, "This connection is not encrypted: who listens on the network can read " +
      "the password.") : null,
    problem, el("div", { class: "dialog-actions" }, enter));
    const dialog = el("dialog", { class: "question login", "aria-labelledby": "login-title",
      oncancel: (event) => event.preventDefault() }, form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Ends the session, and begins with the question anew.
export async function logout() {
  await fetch("/api/logout", { method: "POST", credentials: "same-origin", headers: { "Content-Type":
    "application/json" }, body: "{}" });
  location.reload();
}
