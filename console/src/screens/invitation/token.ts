/** The token of a pasted link, of what stands behind `#`, or of the bare code. */
export function tokenOf(text: string): string {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("#");
  return at < 0 ? trimmed : trimmed.slice(at + 1);
}
