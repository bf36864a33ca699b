interface Entry<T> {
  promise: Promise<T>;
  value?: T;
}

/** Keeps what is likely to be read next, so that moving on needs no answer of the server. The oldest go first. */
export class Shelf<T> {
  #entries = new Map<string, Entry<T>>();

  constructor(
    private readonly read: (id: string) => Promise<T>,
    private readonly size = 16,
  ) {}

  /** What is there now; `undefined` while it is on its way or was never asked for. */
  peek(id: string): T | undefined {
    return this.#entries.get(id)?.value;
  }

  get(id: string): Promise<T> {
    const known = this.#entries.get(id);
    if (known) return known.promise;
    const entry: Entry<T> = { promise: this.read(id) };
    this.#entries.set(id, entry);
    entry.promise.then(
      (value) => (entry.value = value),
      // A failure is not kept: the next one who asks tries again.
      () => this.#entries.get(id) === entry && this.#entries.delete(id),
    );
    for (const old of this.#entries.keys()) {
      if (this.#entries.size <= this.size) break;
      this.#entries.delete(old);
    }
    return entry.promise;
  }

  put(id: string, value: T): void {
    this.#entries.delete(id);
    this.#entries.set(id, { promise: Promise.resolve(value), value });
  }

  forget(id: string): void {
    this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
  }
}
