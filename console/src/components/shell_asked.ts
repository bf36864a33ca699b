/** What every screen shows only when it is asked for, in one file: one of them is fetched early, and the others are there then. */
export { default as Again } from "./Again.svelte";
export { default as ConfirmDialog } from "./ConfirmDialog.svelte";
export { default as Help } from "./Help.svelte";
export { default as Palette } from "./Palette.svelte";
export { default as SaveFilter } from "./SaveFilter.svelte";
