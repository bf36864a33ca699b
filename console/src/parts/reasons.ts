const REASONS_KEPT = 8;

/** The last reasons, newest first, each once. */
export function remember(reasons: readonly string[], reason: string): string[] {
  const text = reason.trim();
  return text ? [text, ...reasons.filter((one) => one !== text)].slice(0, REASONS_KEPT) : [...reasons];
}
