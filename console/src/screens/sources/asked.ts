/** The dialogs of the sources, loaded when the first one is opened. */
export { default as Add } from "./Add.svelte";
export { default as Edit } from "./Edit.svelte";
export { default as Hook } from "./Hook.svelte";
export { default as Hub } from "./Hub.svelte";
export { default as Import } from "./Import.svelte";
export { default as NewHook } from "./NewHook.svelte";
export { default as NewItem } from "./NewItem.svelte";
