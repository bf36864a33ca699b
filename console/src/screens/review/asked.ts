/** The text beside its sources, loaded when somebody asks for it. */
export { default as Beside } from "./Beside.svelte";
export { Held } from "./held.svelte";
