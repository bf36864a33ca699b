/** Prints rows under a head, columns as wide as they must be. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const wide = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all.map((row) => row.map((cell, i) => cell.padEnd(wide[i])).join("  ").trimEnd()).join("\n");
}
