import type { Span } from "./types";

/** Beyond this many differences the middle is told as one replacement: it is no longer read word by word anyway. */
const COST_MAX = 1_200;

/** What makes `a` into `b`, as runs of equal, removed and added items (Myers 1986, "An O(ND) difference algorithm"). */
export function diffItems<T>(a: readonly T[], b: readonly T[]): { op: Span["op"]; items: T[] }[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const runs: { op: Span["op"]; items: T[] }[] = [];
  const add = (op: Span["op"], items: readonly T[]) => {
    if (items.length === 0) return;
    const last = runs.at(-1);
    if (last?.op === op) last.items.push(...items);
    else runs.push({ op, items: [...items] });
  };
  add("same", a.slice(0, head));
  for (const [op, item] of middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) add(op, [item]);
  add("same", a.slice(a.length - tail));
  return runs;
}

function middle<T>(a: readonly T[], b: readonly T[]): [Span["op"], T][] {
  const all = (): [Span["op"], T][] => [...a.map((one): [Span["op"], T] => ["del", one]), ...b.map((one): [Span["op"], T] => ["add", one])];
  if (a.length === 0 || b.length === 0) return all();
  const max = Math.min(a.length + b.length, COST_MAX);
  const offset = max + 1;
  let v = new Int32Array(2 * max + 3);
  const trace: Int32Array[] = [];
  for (let d = 0; d <= max; d += 1) {
    trace.push(v.slice());
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && at(v, k - 1) < at(v, k + 1));
      let x = isDown ? at(v, k + 1) : at(v, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      v[k + offset] = x;
      if (x >= a.length && x - k >= b.length) return back(trace);
    }
  }
  return all();

  function at(row: Int32Array, k: number): number {
    return row[k + offset] ?? 0;
  }

  function back(rows: Int32Array[]): [Span["op"], T][] {
    const found: [Span["op"], T][] = [];
    let x = a.length, y = b.length;
    for (let d = rows.length - 1; d >= 0; d -= 1) {
      const row = rows[d] as Int32Array;
      const k = x - y;
      const isDown = k === -d || (k !== d && at(row, k - 1) < at(row, k + 1));
      const before = isDown ? k + 1 : k - 1;
      const beforeX = d === 0 ? 0 : at(row, before), beforeY = d === 0 ? 0 : beforeX - before;
      while (x > beforeX && y > beforeY) found.push(["same", a[(x -= 1, y -= 1, x)] as T]);
      if (d === 0) break;
      if (isDown) found.push(["add", b[(y -= 1)] as T]);
      else found.push(["del", a[(x -= 1)] as T]);
    }
    return found.reverse();
  }
}

/** Word by word, as the server compares versions: `same` and `del` read as `a`, `same` and `add` as `b`. */
export function diffWords(a: string, b: string): Span[] {
  return diffItems(pieces(a), pieces(b)).map(({ op, items }) => ({ op, text: items.join("") }));
}

const pieces = (text: string): string[] => text.match(/[\p{L}\p{N}]+|\s+|[^\p{L}\p{N}\s]/gu) ?? [];
