import { lasting } from "../../lib/lasting";

const USUAL = [60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];

/** Intervals to choose from, in seconds, the one that is set among them. */
export function intervals(set?: number): { value: string; label: string }[] {
  const all = [...new Set([...USUAL, ...(set ? [set] : [])])].sort((a, b) => a - b);
  return all.map((seconds) => ({ value: String(seconds), label: lasting(seconds) }));
}
