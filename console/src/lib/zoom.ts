/** A span of time in seconds since 1970. */
export type Range = readonly [from: number, to: number];

/** Zooming with a way back: each step in is remembered, Backspace takes one out. */
export class ZoomStack {
  #stack: Range[] = [];

  /** `null`: the whole range. */
  get current(): Range | null {
    return this.#stack.at(-1) ?? null;
  }

  get depth(): number {
    return this.#stack.length;
  }

  push(range: Range): void {
    const [from, to] = range[0] <= range[1] ? range : [range[1], range[0]];
    const last = this.current;
    if (to - from < 1 || (last && last[0] === from && last[1] === to)) return;
    this.#stack.push([from, to]);
  }

  back(): Range | null {
    this.#stack.pop();
    return this.current;
  }

  clear(): void {
    this.#stack = [];
  }
}
