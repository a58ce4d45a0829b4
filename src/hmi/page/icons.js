// The few pictures: drawn here, so that no font of symbols has to come from anywhere.

const PATHS = {
  overview: "M3 3h8v8H3zM13 3h8v5h-8zM13 10h8v11h-8zM3 13h8v8H3z",
  variables: "M4 6h16M4 12h16M4 18h16",
  trends: "M3 20V4M3 20h18M6 15l4-5 4 3 6-8",
  alarms: "M12 3 2 20h20zM12 10v4M12 17v.5",
  system: "M4 5h16v10H4zM8 19h8M12 15v4",
  program: "M8 7l-5 5 5 5M16 7l5 5-5 5M14 4l-4 16",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
