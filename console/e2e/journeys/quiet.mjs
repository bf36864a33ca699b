// Live data costs nothing where nobody looks, and does not pile up where somebody does.
import { drawn, gauges, hide, watchDrawing } from "../harness/figures.mjs";

/** Grows by no more in a minute of live data, after the caches of the first seconds are full. */
const HEAP_MAX = 2_000_000;
const NODES_MAX = 500;

/** News while `work` goes on. */
async function withNews(t, work) {
  let isOver = false;
  const news = (async () => {
    for (let i = 0; !isOver; i += 1) {
      await t.posts(1, { title: () => `Quiet news ${i} from the harbour` });
      await t.pause(400);
    }
  })();
  try {
    return await work();
  } finally {
    isOver = true;
    await news;
  }
}

const hidden = {
  name: "quiet-hidden",
  waits: true,
  limitMs: 90_000,
  async run(t) {
    for (const path of ["/console", "/console/traffic"]) {
      const page = await t.page();
      await watchDrawing(page.context());
      await t.go(page, path);
      await t.until("the live data", async () => /\blive\b/.test(await t.text(page)));
      await withNews(t, async () => {
        await drawn(page);
        await t.pause(5_000);
        const seen = await drawn(page);
        t.assert.ok(seen.changes + seen.canvas > 0, `${path} shows nothing new while it is seen: the test would prove nothing`);
        await hide(page, true);
        // What was under way may come to its end: an answer, a pause that gathers news.
        await t.pause(3_000);
        await drawn(page);
        await t.pause(6_000);
        t.assert.deepEqual(await drawn(page), { frames: 0, canvas: 0, changes: 0, where: [] }, `${path} draws while it is hidden`);
        await hide(page, false);
        await t.until("the page to catch up", async () => (await drawn(page)).changes > 0);
      });
      await page.close();
    }
  },
};

const flat = {
  name: "quiet-memory",
  limitMs: 180_000,
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/traffic");
    await page.locator("canvas").first().waitFor();
    const gauge = await gauges(page);
    await withNews(t, async () => {
      await t.pause(20_000);
      const before = await gauge.heap();
      await t.pause(60_000);
      const after = await gauge.heap();
      const grown = after.bytes - before.bytes;
      console.log(`      heap ${(before.bytes / 1e6).toFixed(1)} MB, after a minute ${(grown / 1e6).toFixed(2)} MB more; ${after.nodes - before.nodes} nodes more`);
      t.assert.ok(grown <= HEAP_MAX, `the heap grew by ${grown} bytes in a minute`);
      t.assert.ok(after.nodes - before.nodes <= NODES_MAX, `the document grew by ${after.nodes - before.nodes} nodes in a minute`);
    });
  },
};

export default [hidden, flat];
