import { onDestroy } from "svelte";

/** Something a screen offers in the palette. */
export interface PaletteAction {
  label: string;
  run: () => void;
  keys?: string;
}

class Palette {
  isOpen = $state(false);
  actions: PaletteAction[] = $state.raw([]);
}

export const palette = new Palette();

/** Offers actions in the palette for as long as the component is shown. Call it while a component is made. */
export function offer(actions: readonly PaletteAction[]): void {
  palette.actions = [...palette.actions, ...actions];
  onDestroy(() => (palette.actions = palette.actions.filter((one) => !actions.includes(one))));
}
