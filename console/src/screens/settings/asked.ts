/** The dialog of a provider, loaded when it is first opened. */
export { default as ProviderEdit } from "./ProviderEdit.svelte";
