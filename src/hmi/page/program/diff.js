// The difference of two texts, line by line.

// The longest common part of two lists of lines, by the usual table; equal ends were cut off before.
function common(a, b) {
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * width + j] = a[i] === b[j] ? length[(i + 1) * width + j + 1] + 1
        : Math.max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  return (i, j) => length[i * width + j];
}

function middle(a, b) {
  if (a.length * b.length > 25e6) { // too much for the table: all of it is another text
    return [...a.map((text) => ["-", text]), ...b.map((text) => ["+", text])];
  }
  const length = common(a, b);
  const lines = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([" ", a[i++]]);
      j++;
    } else if (j >= b.length || (i < a.length && length(i + 1, j) >= length(i, j + 1))) {
      lines.push(["-", a[i++]]);
    } else {
      lines.push(["+", b[j++]]);
    }
  }
  return lines;
}

// All lines as { mark: " ", "-" or "+", text, old, now }: the numbers of the line in both texts, from 1 on.
export function diff(before, after) {
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    start++;
  }
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) {
    end++;
  }
  const lines = [...a.slice(0, start).map((text) => [" ", text]),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map((text) => [" ", text])];
  let old = 0;
  let now = 0;
  return lines.map(([mark, text]) => {
    old += mark !== "+" ? 1 : 0;
    now += mark !== "-" ? 1 : 0;
    return { mark, text, old: mark === "+" ? null : old, now: mark === "-" ? null : now };
  });
}

export function size(lines) {
  const count = (mark) => lines.filter((line) => line.mark === mark).length;
  return { added: count("+"), removed: count("-") };
}

// Only what changed with `around` lines beside it; null stands for what was left out.
export function hunks(lines, around = 3) {
  const near = new Set();
  lines.forEach((line, index) => {
    if (line.mark !== " ") {
      for (let other = index - around; other <= index + around; other++) {
        near.add(other);
      }
    }
  });
  const shown = [];
  lines.forEach((line, index) => {
    if (near.has(index)) {
      shown.push(line);
    } else if (shown.length && shown[shown.length - 1] !== null) {
      shown.push(null);
    }
  });
  return shown[shown.length - 1] === null ? shown.slice(0, -1) : shown;
}
