import {
  cursorDocEnd, cursorDocStart, cursorGroupLeft, cursorGroupRight, cursorLineBoundaryBackward, cursorLineBoundaryForward, cursorLineDown, cursorLineUp, cursorPageDown, cursorPageUp,
  deleteGroupBackward, deleteGroupForward, history, historyKeymap, insertNewline, selectAll, selectDocEnd, selectDocStart, selectGroupLeft, selectGroupRight,
  selectLineBoundaryBackward, selectLineBoundaryForward, selectLineDown, selectLineUp, selectPageDown, selectPageUp,
} from "@codemirror/commands";
import { EditorSelection, EditorState, RangeSet, StateEffect, StateField, type Range } from "@codemirror/state";
import { Decoration, EditorView, keymap, placeholder, ViewPlugin, type DecorationSet, type KeyBinding, type ViewUpdate } from "@codemirror/view";
import type { Mark, Surface } from "./surface";

interface Options {
  host: HTMLElement;
  /** As it was opened, and as it is by now: the difference is one step of undo. */
  opened: string;
  text: string;
  label: string;
  hint: string;
  language: string;
  isReadOnly: boolean;
  onchange: () => void;
}

const setMarks = StateEffect.define<readonly Mark[]>();

/** Where the marks are; typing moves them. */
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(known, transaction) {
    let now = known.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setMarks)) now = ranges(effect.value, transaction.newDoc.length);
    return now;
  },
});

/** Only what is seen is drawn. */
const seen = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = visible(view);
    }
    update(update: ViewUpdate) {
      const isNew = update.startState.field(marks) !== update.state.field(marks);
      if (isNew || update.docChanged || update.viewportChanged) this.decorations = visible(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function visible(view: EditorView): DecorationSet {
  const all = view.state.field(marks);
  const found: Range<Decoration>[] = [];
  for (const { from, to } of view.visibleRanges) {
    all.between(from, to, (start, end, value) => {
      if (start < end) found.push(value.range(start, end));
    });
  }
  return RangeSet.of(found, true);
}

function ranges(all: readonly Mark[], length: number): DecorationSet {
  const inside = all.filter((mark) => mark.from < mark.to && mark.to <= length);
  return RangeSet.of(inside.map((mark) => Decoration.mark({ class: mark.kind, attributes: { title: mark.title } }).range(mark.from, mark.to)), true);
}

// The tokens of the page are inherited into the shadow root.
const look = EditorView.theme({
  "&": { font: "17px/28px var(--serif)", color: "var(--text)", background: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "inherit", overflow: "visible" },
  ".cm-content": { padding: "0", caretColor: "var(--text)", minHeight: "inherit" },
  ".cm-line": { padding: "0" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-line::selection, .cm-line ::selection": { background: "var(--accent-soft)" },
  ".advice": { textDecoration: "underline dotted 2px var(--warn)", textUnderlineOffset: "5px" },
  ".unfound": { textDecoration: "underline wavy 1px var(--bad)", textUnderlineOffset: "5px" },
});

// What the browser cannot do by itself where only a part of the text is drawn. The ready-made keymaps bring a parser
// along, and take Alt with arrows and Ctrl with Enter, which are the screen's.
const ownKeys: readonly KeyBinding[] = [
  { key: "ArrowUp", run: cursorLineUp, shift: selectLineUp },
  { key: "ArrowDown", run: cursorLineDown, shift: selectLineDown },
  { key: "PageUp", run: cursorPageUp, shift: selectPageUp },
  { key: "PageDown", run: cursorPageDown, shift: selectPageDown },
  { key: "Mod-ArrowLeft", mac: "Alt-ArrowLeft", run: cursorGroupLeft, shift: selectGroupLeft, preventDefault: true },
  { key: "Mod-ArrowRight", mac: "Alt-ArrowRight", run: cursorGroupRight, shift: selectGroupRight, preventDefault: true },
  { key: "Home", mac: "Cmd-ArrowLeft", run: cursorLineBoundaryBackward, shift: selectLineBoundaryBackward },
  { key: "End", mac: "Cmd-ArrowRight", run: cursorLineBoundaryForward, shift: selectLineBoundaryForward },
  { key: "Mod-Home", mac: "Cmd-ArrowUp", run: cursorDocStart, shift: selectDocStart },
  { key: "Mod-End", mac: "Cmd-ArrowDown", run: cursorDocEnd, shift: selectDocEnd },
  { key: "Mod-a", run: selectAll },
  { key: "Enter", run: insertNewline, shift: insertNewline },
  { key: "Mod-Backspace", mac: "Alt-Backspace", run: deleteGroupBackward },
  { key: "Mod-Delete", mac: "Alt-Delete", run: deleteGroupForward },
  ...historyKeymap,
];

/** The field with underlines, in a shadow root: there its styles need no <style>, which the page's policy refuses. */
export function markedSurface({ host, opened, text, label, hint, language, isReadOnly, onchange }: Options): Surface {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: opened,
      extensions: [
        history(),
        keymap.of(ownKeys),
        EditorView.lineWrapping,
        EditorState.readOnly.of(isReadOnly),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "true", autocorrect: "on", autocapitalize: "sentences", ...(language ? { lang: language } : {}) }),
        placeholder(hint),
        marks,
        seen,
        look,
        EditorView.updateListener.of((update) => update.docChanged && onchange()),
      ],
    }),
  });
  const surface: Surface = {
    text: () => view.state.doc.toString(),
    setText(to) {
      // Only what differs is replaced, so that the caret stays where it is.
      const from = surface.text();
      let start = 0;
      while (start < from.length && start < to.length && from[start] === to[start]) start += 1;
      let end = 0;
      while (end < from.length - start && end < to.length - start && from.at(-1 - end) === to.at(-1 - end)) end += 1;
      if (from !== to) view.dispatch({ changes: { from: start, to: from.length - end, insert: to.slice(start, to.length - end) } });
    },
    setMarks: (all) => view.dispatch({ effects: setMarks.of(all) }),
    select(from, to) {
      const { length } = view.state.doc;
      const selection = EditorSelection.range(Math.min(from, length), Math.min(to, length));
      view.dispatch({ selection, effects: EditorView.scrollIntoView(selection, { y: "center" }) });
      view.focus();
    },
    selection: () => ({ from: view.state.selection.main.from, to: view.state.selection.main.to }),
    hasFocus: () => view.hasFocus,
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
  surface.setText(text);
  return surface;
}
