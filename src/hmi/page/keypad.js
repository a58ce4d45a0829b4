// Keys for fingers, where there is no keyboard: shown on a touch screen only (tiles.css).

import { el } from "./kit.js";

const KEYS = ["7", "8", "9", "⌫", "4", "5", "6", "C", "1", "2", "3", "±", "0", "."];
const NAMES = { "±": "change the sign", C: "clear", "⌫": "delete the last digit", ".": "decimal point" };

function press(text, key) {
  if (key === "C") {
    return "";
  } else if (key === "⌫") {
    return text.slice(0, -1);
  } else if (key === "±") {
    return text.startsWith("-") ? text.slice(1) : `-${text}`;
  }
  return key === "." && text.includes(".") ? text : text + key;
}

export class Keypad {
  constructor(input) {
    if (matchMedia("(pointer: coarse)").matches) {
      input.inputMode = "none";
    }
    this.element = el("div", { class: "keypad", role: "group", "aria-label": "Keys" }, ...KEYS.map((key) =>
      el("button", { type: "button", "aria-label": NAMES[key] || key, onclick: () => {
        input.value = press(input.value, key);
        input.dispatchEvent(new Event("input"));
      } }, key)));
  }
}
