// Values as people read and write them, by what is declared of them.

import { reading } from "./kit.js";

export const is_number = (info) => /^(byte|u?int(16|32|64)|float(32|64))$/.test(info?.type || "");
export const is_boolean = (info) => info?.type === "bool";
export const has_range = (info) => is_number(info) && typeof info.min === "number" && typeof info.max === "number";

// What stands over a value.
export function title_of(info, name) {
  if (!info?.desc) {
    return name;
  }
  return info.element ? `${info.desc} ${info.element}` : info.desc;
}

export function label_of(info, value) {
  const found = (info?.labels || []).find(([number]) => number === value);
  return found ? found[1] : null;
}

// The two words of a boolean, for false and for true.
export function words_of(info) {
  return [label_of(info, false) ?? "OFF", label_of(info, true) ?? "ON"];
}

// Nobody has brought it yet. What people write, and nobody has written yet, has its default.
export const is_unknown = (info, row) => row.quality === "never" && !(info?.settable && !info.client);

// What a row shows: the value, null while it is not known, and the text of an integer that is no number of JavaScript's.
export function value_of(info, row) {
  return !Array.isArray(row.value) && is_unknown(info, row) ? null : row.exact ?? row.value;
}

function one_text(info, value) {
  const label = label_of(info, value);
  if (label !== null) {
    return label;
  }
  if (value === null || value === undefined || value === "") {
    return "–";
  }
  if (typeof value === "boolean") {
    return words_of(info)[Number(value)];
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^u?int64$/.test(info?.type)) {
    return `≈ ${value}`;
  }
  if (typeof value === "number" && info?.decimals === undefined && info?.type === "float32") {
    return String(Number(value.toPrecision(5)));
  }
  return reading(value, typeof value === "number" ? info?.decimals : undefined);
}

export function text_of(info, value) {
  return Array.isArray(value) ? value.map((one) => one_text(info, one)).join("  ") : one_text(info, value);
}

export const has_unit = (info, value) => Boolean(info?.unit) && value !== null && label_of(info, value) === null;

export function with_unit(info, value) {
  return `${text_of(info, value)}${has_unit(info, value) ? ` ${info.unit}` : ""}`;
}

export function range_text(info) {
  const unit = info.unit ? ` ${info.unit}` : "";
  if (info.min !== undefined && info.max !== undefined) {
    return `${info.min} to ${info.max}${unit}`;
  }
  return info.min !== undefined ? `${info.min}${unit} or more` : info.max !== undefined ? `${info.max}${unit} or less` : "";
}

const WORDS = { int32: 2, uint32: 2, float32: 2, int64: 4, uint64: 4, float64: 4 };

// "holding 12", "holding 3.7" for a bit, "" without an address; of an element its own.
export function place_of(info) {
  if (info.address === undefined) {
    return "";
  }
  const index = (info.element || 1) - 1;
  if (info.bit === undefined) {
    const words = info.type === "string" ? Math.ceil(info.length / 2) : WORDS[info.type] || 1;
    return `${info.table} ${info.address + index * words}`;
  }
  const bit = info.bit + index * (info.type === "byte" ? 8 : 1);
  return `${info.table} ${info.address + Math.floor(bit / 16)}.${bit % 16}`;
}

// Of a register that means its bits as well: "0x8012: 1, 4, 15", the numbers of those that are set; "" of anything else.
export function bits_of(info, value) {
  if (info.type !== "uint16" || info.scale !== undefined || info.labels || !Number.isInteger(value)) {
    return "";
  }
  const set = Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => value >> bit & 1);
  return `0x${value.toString(16).toUpperCase().padStart(4, "0")}: ${set.length ? set.join(", ") : "none"}`;
}

// What a person typed, as the type wants it: a text also for an integer that is no number of JavaScript's. Throws words
// where it is none.
export function typed(info, text) {
  if (!is_number(info)) {
    return text;
  }
  const number = Number(text.trim().replace(",", "."));
  if (text.trim() === "" || !Number.isFinite(number)) {
    throw new Error("This is not a number.");
  }
  if (/^[+-]?\d{1,3},\d{3}$/.test(text.trim())) {
    throw new Error(`Write ${text.replace(",", "")} or ${text.replace(",", ".")}: the comma may mean either.`);
  }
  if ((info.min !== undefined && number < info.min) || (info.max !== undefined && number > info.max)) {
    throw new Error(`It takes ${range_text(info)}.`);
  }
  return /^u?int64$/.test(info.type) && !Number.isSafeInteger(number) && /^[+-]?\d+$/.test(text.trim()) ? text.trim() : number;
}

// Where the value stands among its limits: "lolo", "lo", "hi", "hihi", or "".
export function level_of(info, given) {
  const value = is_number(info) && typeof given === "string" ? Number(given) : given;
  if (typeof value !== "number" || !info) {
    return "";
  }
  return value <= info.lolo ? "lolo" : value >= info.hihi ? "hihi" : value <= info.lo ? "lo" : value >= info.hi ? "hi" : "";
}

export const LEVELS = { lolo: "far too low", lo: "low", hi: "high", hihi: "far too high" };
