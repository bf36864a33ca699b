/** What stands beside the text: the filters, the list and the facts. One file; it comes while the rows are on their way. */
export { default as FilterBar } from "../../components/FilterBar.svelte";
export { default as Facts } from "./Facts.svelte";
export { default as List } from "./List.svelte";
