// One lane of a trend: the pens of one unit in one dygraph. Lines are steps, since a value holds until the next one;
// what lay between two points of a thinned history stands as a stroke from its least to its greatest.

import { el } from "../kit.js";

const token = (host, name) => getComputedStyle(host).getPropertyValue(name).trim();
const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3]];

// Pens are told apart by colour and, without colour, by stroke and by the number at the line's end.
export const stroke = (number) => dashes[(number - 1) % dashes.length];

function axis_time(milliseconds, granularity, options, dygraph) {
  const [from, to] = dygraph.xAxisRange();
  const time = new Date(Number(milliseconds));
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  if (to - from <= 300e3 || time.getSeconds() !== 0) {
    return `${clock}:${two(time.getSeconds())}`;
  }
  const midnight = time.getHours() === 0 && time.getMinutes() === 0;
  const day = `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return midnight ? day : to - from > 86400e3 ? `${day} ${clock}` : clock;
}

// Draws one pen: each point's stroke, and the step to the next.
function plot(event, pen, host) {
  const context = event.drawingContext;
  const y = (value) => event.dygraph.toDomYCoord(value, 0);
  const colour = token(host, `--pen-${pen.number}`);
  context.save();
  context.strokeStyle = colour;
  context.lineWidth = 1.75;
  context.beginPath();
  let last = null;
  for (const point of event.points) {
    if (Number.isNaN(point.yval)) {
      if (last) {
        context.lineTo(point.canvasx, y(last.yval));
      }
      last = null;
      continue;
    }
    if (last) {
      context.lineTo(point.canvasx, y(last.yval));
    } else {
      context.moveTo(point.canvasx, y(point.yval));
    }
    if (point.yval_minus !== point.yval_plus) {
      context.lineTo(point.canvasx, y(point.yval_minus));
      context.lineTo(point.canvasx, y(point.yval_plus));
    }
    context.lineTo(point.canvasx, y(point.yval));
    last = point;
  }
  context.setLineDash(stroke(pen.number));
  context.stroke();
  context.restore();
}

// The limits of a pen as thin lines with their names: those of outer limits outside, those of inner ones inside.
function draw_limits(context, area, dygraph, lane) {
  context.save();
  context.setLineDash([4, 4]);
  context.lineWidth = 1;
  context.textAlign = "right";
  context.font = `11px ${token(lane.host, "--font") || "sans-serif"}`;
  for (const pen of lane.pens) {
    for (const [level, value] of Object.entries(pen.limits || {})) {
      const y = Math.round(dygraph.toDomYCoord(value, 0)) + 0.5;
      if (y < area.y || y > area.y + area.h) {
        continue;
      }
      context.strokeStyle = context.fillStyle = token(lane.host, level.length === 4 ? "--limit-outer" : "--limit");
      context.beginPath();
      context.moveTo(area.x, y);
      context.lineTo(area.x + area.w, y);
      context.stroke();
      const above = level === "hihi" || level === "lo";
      context.fillText(`${lane.pens.length > 1 ? `${pen.number} ` : ""}${level} ${value}`, area.x + area.w - 6,
        above ? y - 3 : y + 11);
    }
  }
  context.restore();
}

export class Lane {
  // `pens`: objects with number, name, limits, range, boolean; `moved(from, to)` is called when a person zooms or pans.
  constructor(pens, options) {
    this.pens = pens;
    this.options = options;
    this.boolean = pens[0].boolean;
    this.host = el("div", { class: this.boolean ? "lane switches" : "lane" });
    this.plot = el("div", { class: "lane-plot" });
    this.line = el("div", { class: "lane-cursor", hidden: true });
    const heading = this.boolean ? "on / off" : pens[0].unit;
    this.ends = pens.map((pen) => el("span", { class: "lane-end", "aria-hidden": "true" }, String(pen.number)));
    this.ends.forEach((end, index) => end.style.setProperty("--pen", `var(--pen-${pens[index].number})`));
    this.host.append(this.plot, this.line, ...this.ends);
    if (heading) {
      this.host.append(el("span", { class: "lane-unit" }, heading));
    }
    if (this.boolean) {
      this.host.style.setProperty("--switches", pens.length);
    }
  }

  // Booleans stand one above the other, so that none hides another.
  lift(rows) {
    if (!this.boolean) {
      return rows;
    }
    const raise = (cell, index) => cell.map((value) => value + (this.pens.length - 1 - index) * 1.5);
    return rows.map(([time, ...cells]) => [time, ...cells.map(raise)]);
  }

  // The part of the value axis that is shown; null leaves it to dygraphs.
  range() {
    if (this.boolean) {
      return [-0.25, this.pens.length * 1.5 - 0.25];
    }
    const ranges = this.pens.map((pen) => pen.range).filter(Boolean);
    return this.options.whole() && ranges.length
      ? [Math.min(...ranges.map((range) => range[0])), Math.max(...ranges.map((range) => range[1]))] : null;
  }

  draw(rows, from, to, last) {
    const file = this.lift(rows).map(([time, ...cells]) => [time * 1000, ...cells]);
    const changes = { file, dateWindow: [from * 1000, to * 1000], valueRange: this.range() };
    if (this.graph) {
      this.graph.updateOptions(changes);
    } else {
      this.make(changes, last);
    }
    this.label(file);
  }

  // The pens' numbers where their lines end, one below the other where these end together.
  label(file) {
    const row = file[file.length - 1] || [];
    const area = this.graph.getArea();
    const height = (index) => Math.min(Math.max(this.graph.toDomYCoord(row[index + 1][1], 0), area.y), area.y + area.h);
    const known = this.ends.map((end, index) => index).filter((index) => row[index + 1] &&
      !Number.isNaN(row[index + 1][1]));
    const left = Math.min(this.graph.toDomXCoord(row[0]), area.x + area.w) + 3;
    let below = -Infinity;
    this.ends.forEach((end, index) => {
      end.hidden = !known.includes(index);
    });
    for (const [y, index] of known.map((one) => [height(one), one]).sort((a, b) => a[0] - b[0])) {
      below = Math.max(y, below + 11);
      this.ends[index].style.transform = `translate(${Math.round(left)}px, ${Math.round(below) - 8}px)`;
    }
  }

  make({ file, ...changes }, last) {
    const names = this.pens.map((pen) => pen.name);
    const series = {};
    for (const pen of this.pens) {
      series[pen.name] = { plotter: (event) => plot(event, pen, this.host) };
    }
    const ticks = () => this.pens.map((pen, index) =>
      ({ v: (this.pens.length - 1 - index) * 1.5 + 0.5, label: String(pen.number) }));
    this.graph = new window.Dygraph(this.plot, file, {
      ...changes, labels: ["time", ...names], series, customBars: true, legend: "never", highlightCircleSize: 0,
      xRangePad: 0, rightGap: 18, includeZero: false, animatedZooms: false,
      gridLineColor: token(this.host, "--grid") || "#8884", axisLineColor: token(this.host, "--grid") || "#8884",
      axes: {
        x: { drawAxis: last, axisLabelFormatter: axis_time, pixelsPerLabel: 80, ticker: window.Dygraph.dateTicker },
        y: this.boolean ? { axisLabelWidth: 52, ticker: ticks, drawGrid: false } : { axisLabelWidth: 52 },
      },
      underlayCallback: (context, area, dygraph) => this.options.limits() && draw_limits(context, area, dygraph, this),
      zoomCallback: (left, right) => this.options.moved(left / 1000, right / 1000),
      interactionModel: this.interaction(),
    });
  }

  // dygraphs' own: drag zooms, with Shift it moves the window, two fingers do both; a double click goes back to live.
  interaction() {
    const own = window.Dygraph.defaultInteractionModel;
    const told = () => {
      const [left, right] = this.graph.xAxisRange();
      this.options.moved(left / 1000, right / 1000);
    };
    return {
      ...own,
      mousedown: (event, graph, context) => {
        own.mousedown(event, graph, context);
        if (event.shiftKey || event.altKey) {
          window.addEventListener("mouseup", told, { once: true });
        }
      },
      touchend: (event, graph, context) => {
        own.touchend(event, graph, context);
        told();
      },
      dblclick: () => this.options.live(),
    };
  }

  // The time below a pointer, null beside the plot.
  time(event) {
    if (!this.graph) {
      return null;
    }
    const x = event.clientX - this.plot.getBoundingClientRect().left;
    const area = this.graph.getArea();
    return x < area.x || x > area.x + area.w ? null : this.graph.toDataXCoord(x) / 1000;
  }

  // Shows the cursor at a time, or none at null.
  point(time) {
    const x = time === null || !this.graph ? null : this.graph.toDomXCoord(time * 1000);
    const area = this.graph && this.graph.getArea();
    this.line.hidden = x === null || x < area.x || x > area.x + area.w;
    if (!this.line.hidden) {
      this.line.style.transform = `translateX(${Math.round(x)}px)`;
    }
  }

  resize() {
    if (this.graph) {
      this.graph.resize();
    }
  }

  destroy() {
    if (this.graph) {
      this.graph.destroy();
      this.graph = null;
    }
    this.host.remove();
  }
}
