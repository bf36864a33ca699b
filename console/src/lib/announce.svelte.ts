/** What screen readers are told politely; the Shell has the region. */
class Announcer {
  text = $state("");

  say = (text: string): void => {
    // The same sentence twice is read only if the region was something else between.
    this.text = this.text === text ? `${text}\u00a0` : text;
  };
}

export const announcer = new Announcer();
export const announce = announcer.say;
