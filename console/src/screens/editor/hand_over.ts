import type { Text } from "./types";

/** A text as a file of its own: headline, excerpt, body. */
export const whole = ({ title, excerpt, body }: Text): string => [`# ${title}`, excerpt && `> ${excerpt.replaceAll("\n", "\n> ")}`, body].filter(Boolean).join("\n\n");

/** `false` when the browser refuses. */
export async function copyText(text: Text): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(whole(text));
    return true;
  } catch {
    return false;
  }
}

export function download(text: Text): void {
  const url = URL.createObjectURL(new Blob([whole(text)], { type: "text/markdown" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${text.title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60) || "text"}.md`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
