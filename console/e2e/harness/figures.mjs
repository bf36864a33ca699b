// What a page costs: heap, processor, drawing; and a tab that is hidden without another one in front of it.

/** Goes into a context before its pages: makes `hide(page)` possible and counts what is drawn. */
export async function watchDrawing(context) {
  await context.addInitScript(() => {
    const seen = { frames: 0, canvas: 0, changes: 0 };
    const where = new Set();
    const name = (node) => (node instanceof Element ? `${node.tagName.toLowerCase()}.${[...node.classList].join(".")}` : node.parentNode ? name(node.parentNode) : "text");
    let isHidden = false;
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (isHidden ? "hidden" : "visible") });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
    const frame = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (work) => {
      seen.frames += 1;
      return frame(work);
    };
    for (const name of ["stroke", "fill", "fillRect", "fillText", "clearRect"]) {
      const draw = CanvasRenderingContext2D.prototype[name];
      CanvasRenderingContext2D.prototype[name] = function (...values) {
        seen.canvas += 1;
        return draw.apply(this, values);
      };
    }
    new MutationObserver((changes) => {
      seen.changes += changes.length;
      for (const { target, type } of changes) if (where.size < 10) where.add(`${type} of ${name(target)}`);
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    window.copydeskDrawing = {
      take: () => {
        const taken = { ...seen, where: [...where] };
        where.clear();
        Object.assign(seen, { frames: 0, canvas: 0, changes: 0 });
        return taken;
      },
      hide: (value) => {
        isHidden = value;
        document.dispatchEvent(new Event("visibilitychange"));
      },
    };
  });
}

/** Frames asked for, strokes on canvases and changes of the document since the last time, and where the changes were. */
export const drawn = (page) => page.evaluate(() => window.copydeskDrawing.take());
export const hide = (page, isHidden) => page.evaluate((value) => window.copydeskDrawing.hide(value), isHidden);

/** The numbers of a page as the browser's own tools see them. */
export async function gauges(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const metrics = async () => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  return {
    cdp,
    metrics,
    /** Bytes in use and nodes that live, after everything that can go has gone. */
    async heap() {
      await cdp.send("HeapProfiler.collectGarbage");
      await cdp.send("HeapProfiler.collectGarbage");
      const { JSHeapUsedSize, Nodes } = await metrics();
      return { bytes: JSHeapUsedSize, nodes: Nodes };
    },
    /** Seconds that the page's thread was busy since its beginning. */
    busy: async () => (await metrics()).TaskDuration,
    /** 1 is this machine as it is, 4 is a quarter of its speed. */
    slow: (rate) => cdp.send("Emulation.setCPUThrottlingRate", { rate }),
  };
}

/** Goes into a context before its pages: remembers each interaction's time and the largest paint. */
export async function watchEvents(context) {
  await context.addInitScript(() => {
    const times = [];
    window.copydeskTimes = { events: times, lcp: 0 };
    new PerformanceObserver((list) => {
      for (const { name, duration, interactionId } of list.getEntries()) if (interactionId) times.push({ name, duration });
    }).observe({ type: "event", durationThreshold: 16, buffered: true });
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntries()) window.copydeskTimes.lcp = startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
  });
}
