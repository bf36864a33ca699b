/** What is asked about a post, on whichever screen it stands, and what many at once need: one file, loaded when the first is asked for. */
export { default as BulkLine } from "../components/BulkLine.svelte";
export { Bulk } from "../lib/bulk.svelte";
export { default as Links } from "./Links.svelte";
export { default as LinksDialog } from "./LinksDialog.svelte";
export { default as Plan } from "./Plan.svelte";
export { default as SendBack } from "./SendBack.svelte";
