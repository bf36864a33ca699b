/** Rows drawn beyond the visible ones, above and below, so that fast scrolling shows no gap. */
const OVERSCAN = 8;

/** Which rows of a long list are drawn: `from` up to, not including, `to`. */
export interface Span {
  from: number;
  to: number;
}

export function visibleRows(rows: number, rowHeight: number, scrollTop: number, height: number): Span {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const shown = Math.ceil(Math.max(0, height) / rowHeight) + 1;
  const from = Math.max(0, Math.min(rows, first - OVERSCAN));
  return { from, to: Math.min(rows, Math.max(from, first + shown + OVERSCAN)) };
}

/** The least scrolling that shows the row whole. */
export function scrollToRow(row: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}

/** Ids between two rows, both included: what Shift-x picks. */
export function between(ids: readonly string[], one: string, other: string): string[] {
  const ends = [ids.indexOf(one), ids.indexOf(other)].filter((at) => at >= 0);
  if (ends.length === 0) return [];
  return ids.slice(Math.min(...ends), Math.max(...ends) + 1);
}
