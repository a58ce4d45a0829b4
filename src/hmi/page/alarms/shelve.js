// Shelving an alarm: for how long, and why. Both are asked for, since somebody else will wonder.

import { el } from "../kit.js";
import { question } from "../question.js";

const times = [[600, "10 minutes"], [1800, "30 minutes"], [3600, "1 hour"], [14400, "4 hours"], [28800, "8 hours"],
  [86400, "1 day"], [604800, "7 days"]];

export function shelve(link, alarm) {
  const time = el("select", { id: "shelve-time" }, times.map(([seconds, text]) =>
    el("option", { value: seconds, selected: seconds === 1800 }, text)));
  const reason = el("input", { id: "shelve-reason", type: "text", required: true, maxlength: "100", autofocus: true,
    autocomplete: "off" });
  return question({
    title: `Shelve ${alarm.name}`,
    word: "Shelve",
    body: [
      el("p", {}, "It is hidden for this time. It goes on being watched, and is there again afterwards."),
      el("label", { for: "shelve-time" }, "For"), time, el("label", { for: "shelve-reason" }, "Reason"), reason,
    ],
    act: () => link.ask({ do: "shelve", name: alarm.name, for: Number(time.value), reason: reason.value.trim() }),
  });
}
