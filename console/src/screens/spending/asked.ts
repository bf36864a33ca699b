/** The dialog of a budget, loaded when it is first opened. */
export { default as Edit } from "./Edit.svelte";
