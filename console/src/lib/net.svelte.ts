/** Whether the last call reached the server, and whether somebody looks at this tab. */
class Net {
  isOffline = $state(false);
  isVisible = $state(document.visibilityState !== "hidden");

  constructor() {
    document.addEventListener("visibilitychange", () => {
      this.isVisible = document.visibilityState !== "hidden";
    });
    addEventListener("offline", () => (this.isOffline = true));
    addEventListener("online", () => (this.isOffline = false));
  }
}

export const net = new Net();
/** `false` in a hidden tab: nothing may be drawn there. */
export const visible = (): boolean => net.isVisible;
