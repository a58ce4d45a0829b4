// What `status` says, in the words of a person: pairs of a label and a text, in groups. Nothing here draws.

import { bytes, moment, short, span } from "../kit.js";

export const states = { run: "RUN", probation: "RUN, on probation", fault: "FAULT", stopping: "STOPPING" };

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

export function program(status) {
  const left = status.probation_left > 0 ? `, probation for ${span(status.probation_left)} more` : "";
  return [
    ["State", `${states[status.state] || status.state}${left}`],
    ["Script", status.script],
    ["Running for", span(status.uptime)],
    ["Loaded", moment(status.loaded)],
    ["Declared", `${count(status.variables, "variable", "variables")}, ${count(status.tasks, "task", "tasks")}`],
    ["Reloads", `${status.reloads}, ${status.refused} refused or rolled back`],
    ["Faults", `${status.faults}, ${count(status.restarts, "restart", "restarts")}`],
    status.restart_left !== null && status.state === "fault" ? ["Restarts in", span(status.restart_left)] : null,
    status.fallback ? ["Runs the last good text", status.fallback_why] : null,
    ["MSM", `${status.version}, process ${status.pid}`],
  ].filter(Boolean);
}

export function scan({ scan: one }) {
  const spread = (times) => `${short(times.p50)} mostly, 99 % within ${short(times.p99)}, ${short(times.max)} at most`;
  return [
    ["Period", short(one.period)],
    ["Takes", spread(one.duration)],
    ["Wakes late by", spread(one.latency)],
    ["Scans", one.count.toLocaleString("en")],
    ["Overruns", String(one.overruns)],
    ["Priority", one.priority],
  ];
}

export function keeping(status) {
  const { store, memory, recording } = status;
  const facts = [["Lua", `${bytes(memory.used)} of ${bytes(memory.cap)}${memory.locked ? ", locked" : ""}`]];
  if (store) {
    facts.push(["Retained", `${count(store.variables, "variable", "variables")}, ${count(store.keeps, "keep",
      "keeps")}`]);
    facts.push(["State file", store.path || "none is needed"]);
    facts.push(["Written", store.age === null ? "not yet" : `${span(store.age)} ago, ${count(store.commits, "time", "times")}`]);
  } else {
    facts.push(["Retained", "nothing"]);
  }
  if (recording) {
    facts.push(["Recording", `${recording.path}, ${bytes(recording.bytes)}${recording.lost ? `, ${recording.lost
    } scans lost` : ""}`]);
  }
  if (status.simulated) {
    facts.push(["Simulated", count(status.simulated, "device", "devices")]);
  }
  return facts;
}

// What is wrong, each a sentence and perhaps a longer text; none: all is well.
export function troubles(status) {
  const found = [];
  if (status.state === "fault") {
    found.push(["The program stands in FAULT: outputs have their safe values", status.fault]);
  }
  if (status.fallback) {
    found.push(["The script was refused at the start; its last good text runs", status.fallback_why]);
  }
  if (status.store && !status.store.works) {
    found.push(["Values are not retained now", status.store.problem]);
  }
  if (status.recording && !status.recording.works) {
    found.push(["Nothing is recorded now", status.recording.problem]);
  }
  if (status.last_reload) {
    found.push([`A reload was refused or rolled back, ${moment(status.last_reload_time)}`, status.last_reload]);
  }
  if (status.state !== "fault" && status.last_fault) {
    found.push([`The newest fault, ${moment(status.last_fault_time)}`, status.last_fault]);
  }
  return found;
}

export function link_words(link) {
  if (link.online) {
    return link.complete === false ? "online, not all answers yet" : "online";
  }
  return link.wanted === false ? "stopped by the script" : "offline";
}
