/** What is opened beside the text: one file, loaded when the first of them is asked for. */
export { default as Conflict } from "./Conflict.svelte";
export { default as Improve } from "./Improve.svelte";
export { default as Preview } from "./Preview.svelte";
export { default as Timeline } from "./Timeline.svelte";
export { default as Versions } from "./Versions.svelte";
