/** What stands beside and above the text, loaded once the text can be written: one file. */
export { default as Banners } from "./Banners.svelte";
export { Notes } from "./notes.svelte";
export { default as Side } from "./Side.svelte";
