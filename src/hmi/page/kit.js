// What several pages build with: elements, times as people read them, files of others on demand.

// el("button", { class: "quiet", onclick: f, disabled: true }, "Text", another): an element. Properties with "on"
// are listeners, booleans attributes that are there or not, all others attributes; null and false children are none.
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      made.addEventListener(name.slice(2), value);
    } else if (typeof value === "boolean") {
      made.toggleAttribute(name, value);
    } else if (value !== undefined && value !== null) {
      made.setAttribute(name, value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Puts other children into an element, in the place of all that it had.
export function fill(host, ...children) {
  const wanted = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  host.replaceChildren(...wanted);
  return host;
}

// Sets a text only where it is another one, so that nothing is painted for nothing.
export function write(host, text) {
  if (host.textContent !== text) {
    host.textContent = text;
  }
}

const two = (number) => String(number).padStart(2, "0");

// 14:03:07 of the browser's clock for today, with the date before it for other days.
export function moment(seconds, now = Date.now() / 1000) {
  const time = new Date(seconds * 1000);
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return new Date(now * 1000).toDateString() === time.toDateString() ? clock : `${day} ${clock}`;
}

// 0.4 s, 12 s, 3 min, 2.5 h, 3 d: how long something took or has been.
export function span(seconds) {
  const steps = [[86400 * 2, 86400, "d"], [3600 * 2, 3600, "h"], [120, 60, "min"]];
  for (const [from, unit, text] of steps) {
    if (seconds >= from) {
      const number = seconds / unit;
      return `${number < 10 ? Math.round(number * 10) / 10 : Math.round(number)} ${text}`;
    }
  }
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${Math.round(seconds)} s`;
}

// 49.2 us, 1.3 ms: times of the scan, which are short.
export function short(seconds) {
  if (seconds === null || seconds === undefined) {
    return "-";
  }
  const [scale, unit] = seconds < 1e-3 ? [1e6, "µs"] : seconds < 1 ? [1e3, "ms"] : [1, "s"];
  return `${Number((seconds * scale).toPrecision(3))} ${unit}`;
}

export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let step = 0;
  while (count >= 1024 && step < units.length - 1) {
    count /= 1024;
    step++;
  }
  return `${step ? Number(count.toPrecision(3)) : count} ${units[step]}`;
}

// A number with as many digits as a person wants to read, or the text of anything else.
export function reading(value, decimals) {
  if (typeof value === "boolean") {
    return value ? "on" : "off";
  }
  if (typeof value !== "number") {
    return value === null || value === undefined ? "-" : Array.isArray(value) ? value.map((v) => reading(v, decimals))
      .join("  ") : String(value);
  }
  if (decimals !== undefined || Number.isInteger(value)) {
    return decimals === undefined ? String(value) : value.toFixed(decimals);
  }
  const whole = Math.abs(value) < 1 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return String(Number(value.toPrecision(Math.min(Math.max(5, whole + 2), 17))));
}

// The same with the words that a declaration has for values: `info` as of `names`.
export function worded(value, info) {
  if (Array.isArray(value)) {
    return value.map((one) => worded(one, info)).join("  ");
  }
  const labels = (info && info.labels) || [];
  const label = labels.find(([of]) => value !== null && Number(of) === Number(value));
  return label ? label[1] : reading(value, info ? info.decimals : undefined);
}

const loaded = new Map();

function once(key, make) {
  if (!loaded.has(key)) {
    loaded.set(key, new Promise((resolve, reject) => {
      const made = make();
      made.onload = resolve;
      made.onerror = () => {
        loaded.delete(key);
        made.remove();
        reject(new Error(`${key} is not there`));
      };
      document.head.append(made);
    }));
  }
  return loaded.get(key);
}

// A script or a style sheet of another package, once.
export const script = (path) => once(path, () => el("script", { src: path }));
export const sheet = (path) => once(path, () => el("link", { rel: "stylesheet", href: path }));

// Gives the browser a file to save.
export function save(name, type, text) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Calls f after what comes in quick succession has come.
export function settled(delay, f) {
  let timer = 0;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...values), delay);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}
