// The review desk: reading, deciding, taking back; by mouse, by keys alone, against others, and without a connection.
const DESK = "/console/review";

/** The desk with the posts of one subject only: the demo makes news all the time. */
const only = (t, word) => `${DESK}?q=${encodeURIComponent(word)}`;
const heading = (page) => page.locator("#review-title");
const rows = (page) => page.locator("[role=grid] [data-row]");
const toast = (page) => page.locator(".toast");

/** Posts whose titles hold a word of their own, so that the search finds them and no others. */
const write = (t, count, word) => t.posts(count, { title: (i) => `${word} note ${String(i + 1).padStart(2, "0")} from the reading room` });
const stateOf = async (t, id) => (await t.api("GET", `posts/${id}`)).state;

async function open(t, page, word, count) {
  await t.go(page, only(t, word));
  await t.until(`${count} rows`, async () => (await rows(page).count()) === count);
  await heading(page).waitFor();
}

const mouse = {
  name: "review-mouse",
  addresses: [DESK, { path: async (t) => `${DESK}/${(await t.posts(1))[0].id}`, name: "review-post" }],
  async run(t) {
    const posts = await write(t, 3, "Mousework");
    const page = await t.page();
    await open(t, page, "Mousework", 3);
    await t.until("the first to be open", async () => (await heading(page).innerText()) === posts[0].title);

    // Approve: the next one is there at once, the way back beside it.
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await t.until("the second", async () => (await heading(page).innerText()) === posts[1].title);
    t.assert.match(await toast(page).innerText(), /Approved, publishes in 10 s/);
    await t.until("the approval", async () => (await stateOf(t, posts[0].id)) === "scheduled");
    await t.screenshot(page, "approved");
    await toast(page).getByRole("button", { name: /Undo/ }).click();
    await t.until("the first again", async () => (await heading(page).innerText()) === posts[0].title);
    t.assert.equal(await stateOf(t, posts[0].id), "in_review");
    t.assert.equal(await rows(page).count(), 3);

    // Another is opened by its row; a rating; a link for somebody without an account.
    await page.getByRole("link", { name: posts[2].title }).click();
    await t.until("the third", async () => (await heading(page).innerText()) === posts[2].title);
    await page.getByRole("button", { name: "Rate 4 of 5" }).click();
    await t.until("the rating", async () => (await t.api("GET", `posts/${posts[2].id}`)).rating?.mean === 4);
    await page.getByRole("button", { name: "Send for approval" }).click();
    await page.getByLabel(/Name of the reviewer/).fill("Dr. Weiss");
    await page.getByRole("button", { name: "Create the link" }).click();
    const link = page.getByLabel(/^Link for Dr\. Weiss/);
    await link.waitFor();
    t.assert.match(await link.inputValue(), /\/review\/\S+$/);
    await t.axe(page, "the dialog of links");
    await t.screenshot(page, "links");
    await page.getByRole("button", { name: /^Revoke/ }).click();
    await page.getByRole("dialog", { name: "Revoke this link?" }).getByRole("button", { name: "Revoke" }).click();
    await t.until("the link to be revoked", async () => (await t.api("GET", `posts/${posts[2].id}/review-links`)).data[0].revoked_at);
    await page.getByRole("dialog", { name: "Send for approval" }).getByRole("button", { name: "Close" }).click();

    // On a phone: the list, the post, the decision below the thumb, and back.
    await page.setViewportSize({ width: 390, height: 844 });
    await t.go(page, only(t, "Mousework"));
    await page.getByRole("link", { name: posts[1].title }).click();
    await heading(page).waitFor();
    const approve = page.getByRole("button", { name: "Approve", exact: true });
    const box = await approve.boundingBox();
    t.assert.ok(box.y > 844 * 0.6 && box.height >= 32, `the button stands at ${JSON.stringify(box)}`);
    await approve.click();
    await t.until("another post", async () => (await heading(page).innerText()) !== posts[1].title);
    await t.screenshot(page, "phone");
    await page.getByRole("link", { name: "To the list" }).click();
    await t.until("two rows", async () => (await rows(page).count()) === 2);
  },
};

const keys = {
  name: "review-keys",
  limitMs: 90_000,
  async run(t) {
    const posts = await write(t, 16, "Keywork");
    const page = await t.page();
    await open(t, page, "Keywork", 16);
    const title = () => heading(page).innerText();
    const shows = (post) => t.until(post.title, async () => (await title()) === post.title);
    await shows(posts[0]);

    // Twelve decisions in a row. No answer to a decision comes before the next text is there: moving on waits for none.
    let answer;
    let held;
    await page.route("**/api/v3/**", async (route) => {
      if (route.request().method() !== "GET") await held;
      await route.fallback();
    });
    const begun = Date.now();
    const waits = [];
    for (let i = 0; i < 12; i += 1) {
      await shows(posts[i]);
      held = new Promise((done) => { answer = done; });
      waits.push(await page.evaluate(async () => {
        const before = document.querySelector("#review-title")?.textContent;
        const at = performance.now();
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true, cancelable: true }));
        while (document.querySelector("#review-title")?.textContent === before) {
          if (performance.now() - at > 10_000) throw new Error(`${before} stays while its decision has no answer`);
          await new Promise((done) => { const channel = new MessageChannel(); channel.port1.onmessage = done; channel.port2.postMessage(0); });
        }
        return performance.now() - at;
      }));
      answer();
    }
    const perMinute = 12 / ((Date.now() - begun) / 60_000);
    waits.sort((a, b) => a - b);
    console.log(`      ${Math.round(perMinute)} reviews a minute; moving on takes ${waits[6].toFixed(0)} ms, at most ${waits[11].toFixed(0)} ms`);
    t.assert.ok(perMinute > 30, `${perMinute} reviews a minute`);
    await t.until("the approvals", async () => ["scheduled", "publishing", "published"].includes(await stateOf(t, posts[11].id)));

    // The last is taken back, and sent back with a reason; the next by the reason that was remembered.
    await page.keyboard.press("z");
    await shows(posts[11]);
    await page.keyboard.press("r");
    await page.getByLabel(/^Reason/).waitFor();
    await t.axe(page, "the dialog of reasons");
    await page.keyboard.type("The hours are not those of the notice");
    await page.keyboard.press("Enter");
    await shows(posts[12]);
    await t.until("the rejection", async () => (await stateOf(t, posts[11].id)) === "rejected");
    await page.keyboard.press("r");
    await page.getByLabel(/^Reason/).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await shows(posts[13]);
    await t.until("the second rejection", async () => (await t.api("GET", `posts/${posts[12].id}`)).reason === "The hours are not those of the notice");
    await page.keyboard.press("z");
    await shows(posts[12]);
    await t.until("the post to wait again", async () => (await stateOf(t, posts[12].id)) === "in_review");

    // For later: a time in the site's zone.
    t.expects(/next-slot 4\d\d/, /status of 4\d\d/);
    await page.keyboard.press("s");
    await page.getByRole("radio", { name: "At a time" }).check();
    await page.getByLabel("Date and time").fill("2031-05-04T12:30");
    await t.axe(page, "the dialog of times");
    await page.keyboard.press("Enter");
    await shows(posts[13]);
    await t.until("the time", async () => (await t.api("GET", `posts/${posts[12].id}`)).due_at?.startsWith("2031-05-04"));

    // Picked with x and Shift-x, decided together as a job, and taken back.
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("Shift+X");
    await page.getByText("2 picked").first().waitFor();
    await page.keyboard.press("a");
    await t.until("the job's word", async () => /Approved 2 posts/.test(await t.text(page)));
    t.assert.deepEqual(await Promise.all([posts[13], posts[14]].map(({ id }) => stateOf(t, id))), ["scheduled", "scheduled"]);
    await page.keyboard.press("z");
    await t.until("both to wait again", async () => (await Promise.all([posts[13], posts[14]].map(({ id }) => stateOf(t, id)))).every((state) => state === "in_review"));
    await t.until("three rows", async () => (await rows(page).count()) === 3);

    // All that match, sent back together.
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.getByRole("button", { name: "All 3 that match" }).click();
    await page.keyboard.press("r");
    await page.getByLabel(/^Reason/).fill("Not today");
    await page.keyboard.press("Enter");
    await t.until("all to be sent back", async () => (await Promise.all(posts.slice(13).map(({ id }) => stateOf(t, id)))).every((state) => state === "rejected"));
    await t.until("an empty list", async () => (await rows(page).count()) === 0);
    await t.screenshot(page, "empty");
  },
};

const others = {
  name: "review-others",
  async run(t) {
    const posts = await write(t, 4, "Otherwork");
    const page = await t.page();
    await open(t, page, "Otherwork", 4);
    const shows = (post) => t.until(post.title, async () => (await heading(page).innerText()) === post.title);
    await shows(posts[0]);
    await t.until("the claim", async () => (await t.api("GET", `posts/${posts[0].id}`)).claim);

    // A newer version while one reads: said, not shown; the changes are marked once it is.
    await t.api("PATCH", `posts/${posts[0].id}`, { version: 1, body: "The reading room opens at ten from Monday." });
    await page.getByText("A newer version has arrived: version 2.").waitFor();
    t.assert.ok(await page.getByRole("button", { name: "Approve", exact: true }).isDisabled());
    await page.getByRole("button", { name: "Show it" }).click();
    await page.locator("article ins", { hasText: "ten" }).waitFor();
    await t.axe(page, "a text with its changes");
    await page.keyboard.press("d");
    await t.until("no marks", async () => (await page.locator("article ins").count()) === 0);
    await page.keyboard.press("d");
    await page.keyboard.press("v");
    await page.getByText("You are reading version 1.").waitFor();
    await page.keyboard.press("v");
    await t.until("the newest", async () => !(await page.getByText("You are reading version 1.").isVisible()));

    // Others decide on another post: it says so, and is gone once nobody points at it.
    await page.mouse.move(300, 400);
    await t.api("POST", `posts/${posts[3].id}/rejection`, { version: 1, reason: "no" });
    await page.getByText("rejected by somebody else").waitFor();
    t.assert.equal(await rows(page).count(), 4);
    await page.mouse.move(900, 400);
    await t.until("three rows", async () => (await rows(page).count()) === 3);

    // Others decide on the one that is open.
    await t.api("POST", `posts/${posts[0].id}/rejection`, { version: 2, reason: "no" });
    await page.getByText("There is nothing left to decide.").waitFor();
    await page.keyboard.press("n");
    await shows(posts[1]);

    // Somebody else reads the next one: it is passed to nobody by chance, and taken over on purpose.
    t.expects(/claim 409/, /status of 409/);
    const key = await t.server.api.keyOf("moderator", "review-reader");
    await t.api("POST", `posts/${posts[2].id}/claim`, {}, { key });
    await page.keyboard.press("n");
    await shows(posts[2]);
    await page.getByText(/review-reader is reading this post/).waitFor();
    await page.getByRole("button", { name: "Take over" }).click();
    await t.until("my claim", async () => !(await page.getByText(/is reading this post/).isVisible()));

    // The version that was judged is not the newest any more: what changed is shown, and it is asked again.
    t.expects(/approval 412/, /status of 412/);
    const meanwhile = async (route) => {
      await t.api("PATCH", `posts/${posts[2].id}`, { version: 1, title: `${posts[2].title} again` });
      await route.continue();
    };
    await page.route("**/api/v3/posts/*/approval", meanwhile, { times: 1 });
    await page.keyboard.press("a");
    await page.getByText(/You read version 1/).waitFor();
    await page.locator("h2 ins", { hasText: "again" }).waitFor();
    await t.screenshot(page, "stale");
    await page.getByRole("button", { name: "Approve this version" }).click();
    await t.until("the approval", async () => (await t.api("GET", `posts/${posts[2].id}`)).approved_version === 2);

    // A new post waits behind its bar.
    await t.until("one row", async () => (await rows(page).count()) === 1);
    await write(t, 1, "Otherwork late");
    await page.getByRole("button", { name: "1 new" }).click();
    await t.until("two rows", async () => (await rows(page).count()) === 2);
  },
};

const cut = {
  name: "review-cut",
  async run(t) {
    const [one, two] = await write(t, 2, "Cutwork");
    const proxy = await t.proxy();
    const page = await t.page({ url: proxy.url });
    await open(t, page, "Cutwork", 2);
    await t.until("the first", async () => (await heading(page).innerText()) === one.title);
    t.expects(/ERR_/, /WebSocket/, /Failed to fetch/, /Failed to load/, /request failed/i);
    proxy.cut();
    await page.keyboard.press("a");
    await t.until("the word that it still waits", async () => /still waits/.test(await t.text(page, "body")));
    t.assert.equal(await rows(page).count(), 2);
    await t.screenshot(page, "offline");
    proxy.restore();
    await t.until("the connection", async () => /\blive\b/.test(await t.text(page, ".side")), 30_000);
    await page.getByRole("link", { name: one.title }).click();
    await t.until("the first again", async () => (await heading(page).innerText()) === one.title);
    await page.keyboard.press("a");
    await t.until("the approval", async () => (await stateOf(t, one.id)) !== "in_review");
    t.assert.equal(await stateOf(t, two.id), "in_review");
  },
};

const two = {
  name: "review-two",
  async run(t) {
    const pipeline = await t.api("POST", "pipelines", { name: "review-two", policy: { automatic: true, two_people: true } });
    const text = { excerpt: "Hours.", body: "The reading room opens at nine.", topic: "Town", pipeline: pipeline.id };
    const post = await t.api("POST", "posts", { title: "Pairwork note from the reading room", ...text });
    await t.until("the post to wait", async () => (await stateOf(t, post.id)) === "in_review");
    const page = await t.page({ as: "review-first", role: "moderator", person: true });
    await open(t, page, "Pairwork", 1);
    await page.getByText("0 of 2").waitFor();
    await page.keyboard.press("a");
    await page.locator(".toast", { hasText: "one more person is needed" }).waitFor();
    await t.until("the first word", async () => (await t.api("GET", `posts/${post.id}`)).approvals.length === 1);
    // The same person cannot be the other one.
    await t.go(page, `${DESK}/${post.id}`);
    await page.getByText("You have approved this version.").waitFor();
    t.assert.ok(await page.getByRole("button", { name: "Approve", exact: true }).isDisabled());
    const other = await t.page({ as: "review-second", role: "moderator", person: true });
    await t.go(other, `${DESK}/${post.id}`);
    await other.getByText("1 of 2", { exact: false }).first().waitFor();
    // Whoever has given the first word reads it still: the other one is told, and decides all the same.
    t.expects(/claim 409/, /status of 409/);
    await t.until("the word of it", async () => other.getByRole("button", { name: "Take over" }).isVisible());
    await other.locator(".actions .claim").waitFor();
    await t.until("the decision to be open", async () => other.getByRole("button", { name: "Approve", exact: true }).isEnabled());
    await other.keyboard.press("a");
    await t.until("the approval", async () => (await t.api("GET", `posts/${post.id}`)).approved_version === 1);
  },
};

const reader = {
  name: "review-viewer",
  async run(t) {
    await write(t, 1, "Viewwork");
    const page = await t.page({ role: "viewer", as: "review-viewer" });
    await open(t, page, "Viewwork", 1);
    t.assert.equal(await page.getByRole("button", { name: /^Approve/ }).count(), 0);
    await page.getByText("deciding is for moderators").waitFor();
    await t.axe(page, "reading only");
  },
};

export default [mouse, keys, others, cut, two, reader];
