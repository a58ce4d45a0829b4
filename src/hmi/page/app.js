// The frame of all pages: which one is shown, the header above it, and what is said when the connection is lost.

import { el, write } from "./kit.js";
import { link } from "./link.js";
import { Header } from "./header.js";
import { icon } from "./icons.js";

// The page of the script's own stands under its number, #/page/1.
const PAGES = [
  ["overview", "Overview"], ["variables", "Variables"], ["trends", "Trends"], ["alarms", "Alarms"],
  ["system", "System"], ["program", "Program"],
];
const HIDDEN = ["page"];

const host = document.getElementById("page");
const notice = document.getElementById("notice");
const fault = document.getElementById("fault");
const news = document.getElementById("news");
const nav = document.getElementById("nav");
const places = new Map();
let shown = { unmount: null, stays: false, turn: 0 };

// ---- which page ----

// "#/trends?names=LEVEL" -> its name, what stands behind it, and the parameters.
function read_place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, rest] = path.split("/");
  const known = PAGES.some(([page]) => page === name) || HIDDEN.includes(name);
  const params = new URLSearchParams(query);
  if (rest) {
    params.set("number", rest);
  }
  return { name: known || !name ? name || "overview" : null, path, params };
}

function fail(name, problem) {
  host.replaceChildren(el("section", { class: "sheet" }, el("h1", {}, "This page cannot be shown"),
    el("p", { class: "problem", role: "alert" }, problem.error || problem.message || String(problem)),
    el("button", { type: "button", onclick: () => show() }, "Try again")));
  shown.unmount = null;
}

async function show() {
  const { name, path, params } = read_place();
  const turn = ++shown.turn;
  leave();
  mark(name);
  if (!name) {
    fail(name, new Error(`There is no page ${path}.`));
    return;
  }
  const place = el("div", { class: `page page-${name}` });
  try {
    const page = await import(`./pages/${name === "page" ? "overview" : name}.js`);
    if (turn === shown.turn) {
      host.replaceChildren(place);
      scrollTo(0, 0);
      shown.stays = Boolean(page.stays);
      shown.unmount = page.mount(place, link, params);
    }
  } catch (problem) {
    if (turn === shown.turn) {
      fail(name, problem);
    }
  }
}

function leave() {
  const { unmount } = shown;
  shown.unmount = null;
  shown.stays = false;
  if (typeof unmount === "function") {
    unmount();
  }
}

// ---- the frame ----

function build_nav() {
  for (const [name, text] of PAGES) {
    const place = el("a", { href: `#/${name}`, class: "place" }, icon(name), el("span", {}, text));
    places.set(name, place);
    nav.append(place);
  }
}

function mark(name) {
  const marked = name === "page" ? "overview" : name;
  for (const [place, element] of places) {
    if (place === marked) {
      element.setAttribute("aria-current", "page");
    } else {
      element.removeAttribute("aria-current");
    }
  }
}

function title(hello) {
  document.title = `${hello.name} · MSM`;
}

// What is shown may be old: it greys, and the page says since when.
function lost() {
  document.body.classList.add("lost");
  notice.hidden = false;
  tick();
}

function back() {
  document.body.classList.remove("lost");
  notice.hidden = true;
}

function tick() {
  if (!link.online) {
    const seconds = Math.round(link.age());
    write(notice, `No connection for ${seconds} s. The values are those of then; it is tried again.`);
    notice.hidden = false;
  }
}

// A program in FAULT stands still: why is said on each page.
function beaten(beat) {
  const text = beat.state === "fault" ? `FAULT: ${(beat.fault || "").split("\n")[0]}` : "";
  write(fault, text);
  fault.hidden = !text;
}

// ---- who looks ----

let asking = false;
let version = null;

async function login() {
  if (asking) {
    return;
  }
  asking = true;
  document.body.classList.add("asking");
  try {
    const page = await import("./login.js");
    await page.login(link);
    await show(); // what was refused without it
  } catch (problem) {
    write(notice, problem.message);
    notice.hidden = false;
  }
  asking = false;
  document.body.classList.remove("asking");
}

// Another msm than these pages are of: they still work with the old files.
function greet(hello) {
  document.body.dataset.role = hello.role;
  title(hello);
  version ??= hello.version;
  news.hidden = version === hello.version;
  news.replaceChildren(`msm is ${hello.version} now, these pages are of ${version}. `,
    el("button", { type: "button", onclick: () => location.reload() }, "Load the new ones"));
}

// On a wall the pages of the script are all there is.
function stay(event) {
  const away = event.target.closest?.('a[href^="#/"]:not([href^="#/page/"], [href="#/overview"])');
  if (away && document.body.classList.contains("kiosk")) {
    event.preventDefault();
  }
}

async function begin() {
  document.body.classList.toggle("kiosk", new URLSearchParams(location.search).has("kiosk"));
  build_nav();
  document.addEventListener("click", stay, true);
  new Header(document.getElementById("header"), link);
  link.on("hello", greet);
  link.on("beat", beaten);
  link.on("lost", lost);
  link.on("back", back);
  link.on("loaded", () => shown.stays || show());
  link.on("login", login);
  setInterval(tick, 500);
  addEventListener("hashchange", show);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    host.focus();
  });
  await show();
}

begin();
