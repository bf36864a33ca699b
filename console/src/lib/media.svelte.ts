import { createSubscriber } from "svelte/reactivity";

/** The breakpoints as values: three panes from 1200 px, two from 800, one below. */
class Media {
  isNarrow = $state(false);
  isWide = $state(true);
  isCoarse = $state(false);
  isDark = $state(false);

  constructor() {
    watch("(max-width: 799px)", (is) => (this.isNarrow = is));
    watch("(min-width: 1200px)", (is) => (this.isWide = is));
    watch("(pointer: coarse)", (is) => (this.isCoarse = is));
    watch("(prefers-color-scheme: dark)", (is) => (this.isDark = is));
  }
}

function watch(query: string, tell: (is: boolean) => void): void {
  const list = matchMedia(query);
  tell(list.matches);
  list.addEventListener("change", () => tell(list.matches));
}

export const media = new Media();

/** What reads this is done anew when somebody chooses another theme. */
export const themeChanges = createSubscriber((update) => {
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
});
