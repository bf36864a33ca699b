import type { DatabaseIndex } from "./types";

/** What is to be said of an index, the most urgent first. */
export function useOf(index: DatabaseIndex): "invalid" | "covered" | "unused" | "unknown" | "fine" {
  if (!index.is_valid) return "invalid";
  if (index.covered_by) return "covered";
  if (index.is_unused) return "unused";
  return index.scans === null ? "unknown" : "fine";
}

/** Rows whose name has all the words. */
export function named<T extends { name: string }>(rows: readonly T[], text: string): T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => words.every((word) => row.name.toLowerCase().includes(word)));
}
