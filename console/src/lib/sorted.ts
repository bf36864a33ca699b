/** Rows by a column; `-name` is the other way round, what is not known stands last. */
export function sorted<T>(rows: readonly T[], sort: string, values: Record<string, (row: T) => number | string | null>): T[] {
  const isDown = sort.startsWith("-");
  const value = values[isDown ? sort.slice(1) : sort];
  if (!value) return [...rows];
  return [...rows].sort((one, other) => {
    const a = value(one), b = value(other);
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const by = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return isDown ? -by : by;
  });
}
