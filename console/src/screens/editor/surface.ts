/** Where a stretch of the text is marked, and how. */
export interface Mark {
  from: number;
  to: number;
  kind: "advice" | "unfound";
  title: string;
}

/** A field for the body: the plain one at once, the marked one later. Nothing of it is read while somebody types. */
export interface Surface {
  text(): string;
  /** Replaces the text; where the field can, the former one is a step of undo away. */
  setText(text: string): void;
  setMarks(marks: readonly Mark[]): void;
  /** Goes to a place and marks it. */
  select(from: number, to: number): void;
  selection(): { from: number; to: number };
  hasFocus(): boolean;
  focus(): void;
  destroy(): void;
}

/** The plain field. It has no marks. */
export function plainSurface(area: HTMLTextAreaElement): Surface {
  return {
    text: () => area.value,
    setText: (text) => (area.value = text),
    setMarks: () => {},
    select(from, to) {
      area.focus({ preventScroll: true });
      area.setSelectionRange(from, to);
      // A text field does not say where its lines are; the share of the text is near enough.
      const box = area.getBoundingClientRect();
      const at = scrollY + box.top + box.height * (from / Math.max(1, area.value.length));
      if (at < scrollY + 120 || at > scrollY + innerHeight - 120) scrollTo({ top: at - innerHeight / 3 });
    },
    selection: () => ({ from: area.selectionStart, to: area.selectionEnd }),
    hasFocus: () => document.activeElement === area,
    focus: () => area.focus(),
    destroy: () => {},
  };
}
