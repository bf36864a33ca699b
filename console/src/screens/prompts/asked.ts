/** The dialog of a voice, loaded when it is first opened. */
export { default as VoiceEdit } from "./VoiceEdit.svelte";
