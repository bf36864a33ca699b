import type { Range } from "./span.svelte";

// Lines over time on a canvas. A chart library would be a third of the first load's budget for what these lines do.

export interface Line {
  values: readonly (number | null)[];
  colour: string;
  isDashed: boolean;
}

export interface Plot {
  width: number;
  height: number;
  /** Seconds since 1970, rising. */
  times: readonly number[];
  lines: readonly Line[];
  /** What is shown of the time. */
  limits: Range;
  /** `step` is the distance between two numbers at the side: they share its digits and its unit. */
  write: (value: number, step: number) => string;
  writeTime: (seconds: number) => string;
  /** The place in `times` under the pointer. */
  hovered: number | null;
  ink: { text: string; grid: string; cursor: string; font: string };
}

/** Room for the numbers: left of the lines, and below them. */
export const MARGIN = { left: 56, right: 8, top: 8, bottom: 22 };
const TIME_STEPS = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

/** Round numbers from 0 to at least `max`, about `wanted` of them. */
export function valueTicks(max: number, wanted: number): number[] {
  const top = max > 0 ? max : 1;
  const rough = top / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  // Quarters only where they are whole numbers.
  const steps = power >= 10 ? [1, 2, 2.5, 5, 10] : [1, 2, 5, 10];
  const step = power * (steps.find((one) => one * power >= rough) ?? 10);
  // Multiples, not sums: 0.1 + 0.2 would be written with all its digits.
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Full minutes or hours within `limits`, not more than `most`. */
export function timeTicks([from, to]: Range, most: number): number[] {
  const step = TIME_STEPS.find((one) => (to - from) / one <= most) ?? TIME_STEPS.at(-1) ?? 86_400;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step);
}

/** The place in `times` that is nearest to `at`; -1 when there is none. */
export function nearest(times: readonly number[], at: number): number {
  let low = 0, high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - times[low - 1]! < times[low]! - at ? low - 1 : high < 0 ? -1 : low;
}

/** The time at a distance from the canvas's left edge. */
export function timeAt(x: number, width: number, [from, to]: Range): number {
  const share = (x - MARGIN.left) / Math.max(1, width - MARGIN.left - MARGIN.right);
  return from + Math.max(0, Math.min(1, share)) * (to - from);
}

export function draw(canvas: CanvasRenderingContext2D, plot: Plot): void {
  const { width, height, times, lines, limits, ink } = plot;
  const [from, to] = limits;
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  canvas.clearRect(0, 0, width, height);
  if (inner.width <= 0 || to <= from || times.length === 0) return;
  // One point beyond each edge, so that the lines run out of the picture.
  const first = Math.max(0, nearest(times, from) - 1), last = Math.min(times.length - 1, nearest(times, to) + 1);
  const ticks = valueTicks(highest(lines, first, last), Math.max(2, Math.floor(inner.height / 44)));
  const top = ticks.at(-1) ?? 1;
  const x = (at: number) => MARGIN.left + ((at - from) / (to - from)) * inner.width;
  const y = (value: number) => MARGIN.top + (1 - value / top) * inner.height;

  canvas.font = ink.font;
  canvas.lineWidth = 1;
  canvas.strokeStyle = ink.grid;
  canvas.fillStyle = ink.text;
  canvas.textAlign = "right";
  canvas.textBaseline = "middle";
  for (const tick of ticks) {
    // Half a pixel: a line of one pixel is sharp between two.
    const at = Math.round(y(tick)) + 0.5;
    stroke(canvas, [[MARGIN.left, at], [width - MARGIN.right, at]]);
    canvas.fillText(plot.write(tick, ticks[1] ?? 1), MARGIN.left - 8, at);
  }
  canvas.textAlign = "center";
  canvas.textBaseline = "top";
  for (const tick of timeTicks(limits, Math.max(2, inner.width / 60))) {
    const text = plot.writeTime(tick), half = canvas.measureText(text).width / 2;
    if (x(tick) > MARGIN.left + 12 && x(tick) + half < width) canvas.fillText(text, x(tick), height - MARGIN.bottom + 6);
  }

  canvas.save();
  canvas.beginPath();
  canvas.rect(MARGIN.left, 0, inner.width, height - MARGIN.bottom + 1);
  canvas.clip();
  canvas.lineWidth = 1.5;
  canvas.lineJoin = "round";
  for (const { values, colour, isDashed } of lines) {
    canvas.strokeStyle = colour;
    canvas.setLineDash(isDashed ? [6, 3] : []);
    canvas.beginPath();
    let isDrawing = false;
    for (let i = first; i <= last; i += 1) {
      const value = values[i];
      if (value == null) isDrawing = false;
      else if (isDrawing) canvas.lineTo(x(times[i]!), y(value));
      else {
        canvas.moveTo(x(times[i]!), y(value));
        isDrawing = true;
      }
    }
    canvas.stroke();
  }
  canvas.setLineDash([]);
  const hovered = plot.hovered === null ? undefined : times[plot.hovered];
  if (hovered !== undefined && plot.hovered !== null) {
    canvas.strokeStyle = ink.cursor;
    canvas.lineWidth = 1;
    stroke(canvas, [[Math.round(x(hovered)) + 0.5, MARGIN.top], [Math.round(x(hovered)) + 0.5, height - MARGIN.bottom]]);
    for (const { values, colour } of lines) {
      const value = values[plot.hovered];
      if (value == null) continue;
      canvas.fillStyle = colour;
      canvas.beginPath();
      canvas.arc(x(hovered), y(value), 3, 0, 7);
      canvas.fill();
    }
  }
  canvas.restore();
}

function highest(lines: readonly Line[], first: number, last: number): number {
  let max = 0;
  for (const { values } of lines) for (let i = first; i <= last; i += 1) max = Math.max(max, values[i] ?? 0);
  return max;
}

function stroke(canvas: CanvasRenderingContext2D, points: [number, number][]): void {
  canvas.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? canvas.moveTo(x, y) : canvas.lineTo(x, y)));
  canvas.stroke();
}
