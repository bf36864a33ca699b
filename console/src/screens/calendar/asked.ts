/** The dialogs of the calendar, loaded when the first one is opened. */
export { default as Move } from "./Move.svelte";
export { default as Settings } from "./Settings.svelte";
