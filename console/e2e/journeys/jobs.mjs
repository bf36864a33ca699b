// Jobs: finding, looking, running, cancelling; by mouse and by keys. The work waits in a queue of its own that is paused.
const HOME = "/console/jobs";
const rows = (page) => page.locator("[role=grid] [data-row]");

/** A job that waits until somebody acts. Its queue is paused and its kind is not what the newsroom needs. */
async function hold(t, queue) {
  await t.api("PUT", `queues/${queue}`, { paused: true });
  await t.api("POST", "cron", { name: queue, schedule: "0 0 1 1 *", kind: "fetch_sources", parameters: { sources: ["0M7K2Q9XA4D0G"] }, queue });
  const { job_id } = await t.api("POST", `cron/${queue}/run`, {});
  return job_id;
}

async function release(t, queue) {
  await t.api("PATCH", `queues/${queue}`, { paused: false });
  await t.api("DELETE", `cron/${queue}`);
}

const mouse = {
  name: "jobs-mouse",
  addresses: [
    HOME,
    { path: `${HOME}?state=completed`, name: "jobs-done" },
    { path: async (t) => `${HOME}/${(await t.api("GET", "jobs?state=completed&limit=1")).data[0].id}`, name: "job" },
  ],
  async run(t) {
    const id = await hold(t, "held-mouse");
    const page = await t.page();
    await t.go(page, `${HOME}?queue=held-mouse`);
    await t.until("the job that is held", async () => (await rows(page).count()) === 1);
    await rows(page).first().getByRole("link", { name: "fetch_sources" }).click();
    await t.until("its parameters", async () => (await t.text(page, "pre")).includes("0M7K2Q9XA4D0G"));
    t.assert.match(page.url(), new RegExp(`/console/jobs/${id}\\?queue=held-mouse$`));
    await t.axe(page, "an open job");

    // Its queue goes on: the page hears of it by itself.
    await t.api("PATCH", "queues/held-mouse", { paused: false });
    await t.until("the job done, by the live data alone", async () => (await t.text(page, ".detail header")).includes("completed"));
    t.assert.match(await t.text(page, ".detail"), /Seen while this page is open/);
    await t.screenshot(page, "done");
    await page.getByRole("button", { name: "To the list" }).click();
    t.assert.match(page.url(), /\/console\/jobs\?queue=held-mouse$/);

    // Many at once asks for a word, and says how many.
    await t.api("PATCH", "queues/held-mouse", { paused: true });
    const second = (await t.api("POST", "cron/held-mouse/run", {})).job_id;
    await t.until("the second is counted", async () => (await t.text(page, "nav[aria-label=States]")).match(/available 1|Waits or runs 1/));
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: /Cancel all waiting that match \(1\)/ }).click();
    const action = page.getByRole("dialog").getByRole("button", { name: "Cancel 1", exact: true });
    t.assert.equal(await action.isDisabled(), true);
    await page.getByLabel(/Type cancel to confirm/).fill("cancel");
    await t.axe(page, "the question before many are cancelled");
    await action.click();
    await t.until("the cancelled job", async () => (await t.api("GET", `jobs/${second}`)).state === "cancelled");
    await release(t, "held-mouse");
  },
};

const keys = {
  name: "jobs-keys",
  addresses: [],
  async run(t) {
    const id = await hold(t, "held-keys");
    const page = await t.page();
    await t.go(page, HOME);
    await page.keyboard.press("/");
    await page.keyboard.type("queue:held-keys fetch");
    await page.keyboard.press("Enter");
    await t.until("one row", async () => (await rows(page).count()) === 1);
    t.assert.match(page.url(), /queue=held-keys/);
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await t.until("the job", () => page.url().includes(id));
    await page.keyboard.press("Escape");
    await t.until("the list", () => !page.url().includes(id));
    // An id in the box opens its job.
    await page.keyboard.press("/");
    await page.keyboard.type(id);
    await t.until("the job by its id", () => page.url().includes(`/console/jobs/${id}`));
    await t.until("its parameters", async () => (await t.text(page, "pre")).includes("0M7K2Q9XA4D0G"));
    await release(t, "held-keys");
  },
};

/** No work of the newsroom dies by itself: the server's answers for a dead letter are this journey's. */
const dead = {
  name: "jobs-dead",
  addresses: [],
  async run(t) {
    const page = await t.page();
    const job = {
      id: "0M7K2Q9XA4D0G", kind: "publish_post", queue: "default", priority: "high", state: "discarded", attempts: 5, attempts_max: 5,
      created_at: "2026-11-20T09:00:00Z", run_at: null, started_at: null, finished_at: "2026-11-20T09:05:00Z", parameters: { post: "0M7K2Q9X94D0G" }, result: null,
      error: "the channel said no", progress: null, parent: null, waits_for: null,
    };
    const numbers = { queue: "default", priority: "high", kind: "publish_post", counts: { discarded: 12_345 }, failures: 12, oldest_s: null, average_s: null, durations: null };
    let asked = null;
    await page.route(/\/api\/v3\/queues$/, (route) => route.fulfill({ json: { data: [numbers], queues: [], pools: [], nodes: [] } }));
    await page.route(/\/api\/v3\/jobs\?/, (route) => route.fulfill({ json: { data: [job], pagination: { limit: 100, has_next: false, next: null } } }));
    await page.route(/\/api\/v3\/jobs\/retry$/, (route) => {
      asked = route.request().postDataJSON();
      return route.fulfill({ json: { count: 12_345 } });
    });
    await t.go(page, `${HOME}?state=dead&kind=publish_post`);
    await t.until("an estimate, not a count", async () => (await t.text(page, "nav[aria-label=States]")).includes("dead letter ~12.3K"));
    await page.keyboard.press("Shift+T");
    await t.until("the question with its count", async () => (await t.text(page, "dialog[open]")).includes("Try 12,345 dead letters again?"));
    t.assert.match(await t.text(page, "dialog[open]"), /those with kind:publish_post/);
    await t.screenshot(page, "retry-all");
    await page.getByRole("button", { name: "Try 12,345 again" }).click();
    await t.until("the answer", () => asked !== null);
    t.assert.deepEqual(asked, { kind: "publish_post" });
  },
};

export default [mouse, keys, dead];
