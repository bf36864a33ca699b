/** The dialogs of the sources, loaded when the first one is opened. */
export { default as Add } from "./Add.svelte";
export { default as Edit } from "./Edit.svelte";
