// The editor: nothing typed is lost, whatever happens to the page, the server or the post.

/** Types at the end of the text, whichever field it is in just now. */
async function typeBody(page, text) {
  await bodyOf(page).click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type(text);
}

/** The field of the body that is shown: the plain one at first, the marked one later. */
const bodyOf = (page) => page.getByRole("textbox", { name: "Text in Markdown" }).filter({ visible: true });
const bodyText = (page) =>
  bodyOf(page).evaluate((field) => (field instanceof HTMLTextAreaElement ? field.value : [...field.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n")));
/** The marked field is there. */
const upgraded = (t, page) => t.until("the marked field", () => page.locator(".cm-content").isVisible());
const holds = (t, page, text) => t.until(`the text holds “${text}”`, async () => (await bodyText(page)).includes(text));
const says = (t, page, text) => t.until(`the screen says “${text}”`, () => page.getByText(text).filter({ visible: true }).first().isVisible());

const safe = {
  name: "editor-safe",
  addresses: [
    "/console/posts/new",
    ...["", "?tab=versions", "?tab=links", "?tab=timeline"].map((tab) => ({
      name: `editor${tab.replace("?tab=", "-")}`,
      path: async (t) => `/console/posts/${(await edited(t)).id}${tab}`,
    })),
    { name: "editor-sources", path: async (t) => `/console/posts/${(await drafted(t)).id}` },
    { name: "editor-reader", role: "viewer", path: async (t) => `/console/posts/${(await edited(t)).id}` },
  ],
  async run(t) {
    const [post] = await t.posts(1);
    const page = await t.page();
    await t.go(page, `/console/posts/${post.id}`);
    await upgraded(t, page);
    await typeBody(page, " The hall is warm.");
    await says(t, page, "saved here");
    // A page that goes at once has been heard all the same.
    await page.keyboard.type(" It is quiet.");
    await page.reload();
    await t.settled(page);
    await holds(t, page, "The hall is warm. It is quiet.");
    await says(t, page, "What you typed in this browser");
    await says(t, page, "saved on the desk");
    const copy = await t.api("GET", `posts/${post.id}/working-copy`, undefined, { allow: [404] });
    t.assert.equal(copy.status, 404, "a working copy is one's own");
    // Another browser of the same person has it from the desk.
    const other = await t.page({ as: t.name });
    await t.go(other, `/console/posts/${post.id}`);
    await holds(t, other, "It is quiet.");
    await says(t, other, "Your working copy of");
    await other.getByRole("button", { name: "Show version 1 instead" }).click();
    await t.until("the version", async () => !(await bodyText(other)).includes("warm"));
    await other.getByRole("button", { name: "Put it back" }).click();
    await holds(t, other, "It is quiet.");
    await other.close();

    // The score and its notes.
    await t.until("the score", () => page.getByRole("complementary", { name: "Score and notes" }).getByText("words").first().isVisible());
    const asked = page.waitForRequest((request) => request.url().endsWith("/api/v3/analyze"));
    await typeBody(page, "\n\nThe committee that had been asked to look into the opening hours of the old reading room by the town, which owns the building, said that it would look into it again in the spring of the next year.");
    await asked;
    const note = page.getByRole("button", { name: "Long sentence" }).first();
    await t.until("a note", () => note.isVisible());
    await t.until("its underline", () => page.locator(".cm-content .advice").first().isVisible());
    await note.click();
    t.assert.match(await page.evaluate(() => document.querySelector(".host")?.shadowRoot?.getSelection?.()?.toString() ?? ""), /^The committee/);
    await page.keyboard.press("Alt+ArrowDown");
    await t.axe(page, "the editor with notes");

    // Saved by the keyboard alone.
    await page.keyboard.press("ControlOrMeta+s");
    await says(t, page, "Saved as version 2");
    t.assert.equal((await t.api("GET", `posts/${post.id}`)).version, 2);
    await says(t, page, "no changes");

    // Versions: compared, previewed, brought back, and that taken back.
    await page.getByRole("tab", { name: "Versions" }).click();
    await t.until("the comparison", () => page.locator("ins", { hasText: "committee" }).first().isVisible());
    await page.getByRole("button", { name: "Preview Version 1" }).click();
    await t.until("the preview", () => page.getByRole("dialog").getByText("The reading room opens at nine").isVisible());
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Restore Version 1" }).click();
    await says(t, page, "Version 1 is back as version 3");
    await page.keyboard.press("z");
    await says(t, page, "Taken back as version 4");
    const full = await t.api("GET", `posts/${post.id}`);
    t.assert.equal(full.version, 4);
    t.assert.match(full.newest.body, /committee/);
    t.assert.ok(Object.values(full.names).includes(t.name), "the timeline has names");
    await page.getByRole("tab", { name: "Timeline" }).click();
    await says(t, page, "wrote version 4");
    await page.getByRole("tab", { name: "Text" }).click();
    await holds(t, page, "committee");
  },
};

const two = {
  name: "editor-two",
  limitMs: 90_000,
  async run(t) {
    t.expects(/answer: PATCH .*\/posts\/\w+ 412/, /answer: POST .*approval 412/);
    const [post] = await t.posts(1);
    const ada = await t.page({ as: "Ada Reed" });
    const ben = await t.page({ as: "Ben Holt" });
    for (const page of [ada, ben]) {
      await t.go(page, `/console/posts/${post.id}`);
      await upgraded(t, page);
    }
    await typeBody(ben, "\n\nBen was here.");
    await typeBody(ada, "\n\nAda was here.");
    await says(t, ada, "saved on the desk");
    await ada.getByRole("button", { name: /^Save version/ }).click();
    await says(t, ada, "Saved as version 2");
    await says(t, ben, "Ada Reed has saved version 2");
    await holds(t, ben, "Ben was here.");
    await ben.keyboard.press("ControlOrMeta+s");
    await says(t, ben, "Version 2 is newer than yours");
    await t.until("both texts", async () => (await ben.locator("del").allInnerTexts()).join(" ").includes("Ben") && (await ben.locator("ins").allInnerTexts()).join(" ").includes("Ada"));
    await t.axe(ben, "the conflict");
    await t.screenshot(ben, "conflict");
    await ben.getByRole("button", { name: "Merge by hand" }).click();
    await ben.getByLabel("Both").check();
    await t.axe(ben, "the merging");
    await t.screenshot(ben, "merging");
    await ben.getByRole("button", { name: "Use the merged text" }).click();
    await holds(t, ben, "Ada was here.");
    await holds(t, ben, "Ben was here.");
    await ben.keyboard.press("ControlOrMeta+s");
    await says(t, ben, "Saved as version 3");

    // Keep mine, take theirs.
    await t.until("Ada learns of it", () => ada.getByText("Ben Holt has saved version 3").isVisible());
    await typeBody(ada, " Ada again.");
    await ada.keyboard.press("ControlOrMeta+s");
    await ada.getByRole("button", { name: "Keep mine on top" }).click();
    await says(t, ada, "Saved as version 4");
    await typeBody(ben, " Ben again.");
    await ben.keyboard.press("ControlOrMeta+s");
    await ben.getByRole("button", { name: "Take theirs" }).click();
    await holds(t, ben, "Ada again.");
    await says(t, ben, "Your text has been set aside");

    // Decided and published under the editor's hands.
    await typeBody(ben, " Still typing.");
    await t.api("POST", `posts/${post.id}/approval`, { version: 4 });
    await says(t, ben, "has approved version 4");
    await holds(t, ben, "Still typing.");

    // The session ends while somebody types.
    const eve = await t.page({ as: "Eve Lane" });
    t.expects(/ 401/);
    await t.go(eve, `/console/posts/${post.id}`);
    await upgraded(t, eve);
    await typeBody(eve, "\n\nEve was here.");
    await t.server.api.endSession(eve.session);
    await t.until("the dialog", () => eve.getByRole("dialog").isVisible());
    await holds(t, eve, "Eve was here.");
    t.assert.match(await eve.evaluate(() => Object.entries(localStorage).filter(([key]) => key.includes("draft")).map(([, value]) => value).join()), /Eve was here/);
    await eve.getByRole("dialog").locator("input").first().fill(await t.server.api.keyOf("admin", "Eve Lane"));
    await eve.keyboard.press("Enter");
    await t.until("the dialog is gone", async () => !(await eve.getByRole("dialog").isVisible()));
    await holds(t, eve, "Eve was here.");
    await says(t, eve, "saved on the desk");
  },
};

const cut = {
  name: "editor-cut",
  server: "own",
  limitMs: 120_000,
  async run(t) {
    t.expects(/ERR_/, /WebSocket/, /answer: .* 5\d\d/);
    const [post] = await t.posts(1);
    const page = await t.page();
    await t.go(page, `/console/posts/${post.id}`);
    await upgraded(t, page);
    await typeBody(page, "\n\nBefore the cut.");
    await says(t, page, "saved on the desk");
    // What the shell fetches ahead, such as the dialog for a lost session, is there.
    await t.until("the shell is whole", () => page.evaluate(() => performance.getEntriesByType("resource").some((one) => one.name.includes("/shell_asked-") && one.name.endsWith(".js") && one.responseEnd > 0)));
    await t.server.kill();
    await page.keyboard.type(" While it is down.");
    await says(t, page, "offline: kept in this browser");
    await page.keyboard.type(" Still down.");
    await t.server.launch();
    await t.until("it is on the desk again", () => page.getByText("saved on the desk").isVisible(), { ms: 60_000 });
    await page.keyboard.press("ControlOrMeta+s");
    await says(t, page, "Saved as version 2");
    t.assert.match((await t.api("GET", `posts/${post.id}`)).newest.body, /Before the cut\. While it is down\. Still down\./);
  },
};

const keys = {
  name: "editor-keys",
  async run(t) {
    // A post of one's own, by the keyboard alone.
    const page = await t.page();
    await t.go(page, "/console/posts/new");
    await page.keyboard.press("Tab");
    await t.until("the headline", async () => {
      if (await page.evaluate(() => document.activeElement?.id === "post-title")) return true;
      await page.keyboard.press("Tab");
      return false;
    });
    await page.keyboard.type(`${t.name}: a post of one's own`);
    await page.keyboard.press("Tab");
    await page.keyboard.type("In short.");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Town");
    await page.keyboard.press("Tab");
    await page.keyboard.type("The market opens at eight. The square is closed to cars.");
    await page.keyboard.press("ControlOrMeta+s");
    await t.until("its own address", () => /\/console\/posts\/\w{13}$/.test(page.url()));
    await t.settled(page);
    await says(t, page, "in review");
    await holds(t, page, "The market opens at eight.");

    // Edited and approved in one stroke, and that taken back.
    await upgraded(t, page);
    await typeBody(page, " Buses stop at the bridge.");
    await page.keyboard.press("ControlOrMeta+Enter");
    await says(t, page, "Approved; it is published in a moment");
    const id = page.url().split("/").at(-1);
    t.assert.equal((await t.api("GET", `posts/${id}`)).state, "scheduled");
    await page.getByRole("button", { name: /^Undo/ }).click();
    await says(t, page, "Taken back");
    t.assert.equal((await t.api("GET", `posts/${id}`)).state, "in_review");

    // Ten thousand words: a key draws its own line anew and nothing else. How long that takes is told; `bench console` measures it.
    await bodyOf(page).click();
    await page.keyboard.press("ControlOrMeta+End");
    await page.evaluate(() => {
      const words = Array.from({ length: 1_000 }, (_, i) => `The ${i}th boat of the harbour sails at nine today.`).join(" ").replaceAll(/(.{600}?\.) /g, "$1\n\n");
      const data = new DataTransfer();
      data.setData("text/plain", `\n\n${words}`);
      const root = document.querySelector(".host")?.shadowRoot;
      root?.querySelector(".cm-content")?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await t.until("ten thousand words", async () => Number((await t.text(page, "aside .counts")).match(/([\d,.]+) words/)?.[1].replaceAll(/\D/g, "") ?? 0) > 9_000);
    await page.evaluate(() => {
      window.slow = [];
      window.drawn = 0;
      const text = document.querySelector(".host")?.shadowRoot?.querySelector(".cm-content");
      new MutationObserver((list) => { window.drawn += list.reduce((n, { addedNodes }) => n + addedNodes.length, 0); }).observe(text, { childList: true, subtree: true });
      new PerformanceObserver((list) => window.slow.push(...list.getEntries().filter((one) => one.name.startsWith("key")).map((one) => one.duration))).observe({ type: "event", durationThreshold: 16, buffered: false });
    });
    const typed = " typed into a long text without waiting";
    await page.keyboard.type(typed, { delay: 60 });
    await t.pause(300);
    const slow = await page.evaluate(() => window.slow.sort((a, b) => b - a));
    const [drawn, shown] = await page.evaluate(() => [window.drawn, document.querySelector(".host")?.shadowRoot?.querySelector(".cm-content")?.textContent ?? ""]);
    console.log(`    keys in 10,000 words: worst ${slow[0] ?? "below 16"} ms of ${slow.length} above 16 ms, ${drawn} nodes drawn`);
    t.assert.ok(drawn <= typed.length * 3, `${typed.length} keys drew ${drawn} nodes`);
    t.assert.ok(shown.includes(typed.trim()), "what was typed is not there");
  },
};

const deeds = {
  name: "editor-deeds",
  limitMs: 90_000,
  async run(t) {
    // No slots are set up.
    t.expects(/next-slot 422/);
    const [post, other] = await t.posts(2);
    const page = await t.page();
    const choose = async (name) => {
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    const state = async (id) => (await t.api("GET", `posts/${id}`)).state;
    await t.go(page, `/console/posts/${post.id}`);
    await choose("Approve for later");
    await page.getByLabel("At a time").check();
    await t.axe(page, "the dialog for a time");
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
    await says(t, page, "Approved for");
    t.assert.equal(await state(post.id), "scheduled");
    const before = (await t.api("GET", `posts/${post.id}`)).due_at;
    await choose("Publish now");
    await says(t, page, "It is published in a few seconds");
    await page.getByRole("button", { name: /^Undo/ }).click();
    await says(t, page, "Taken back");
    t.assert.equal((await t.api("GET", `posts/${post.id}`)).due_at, before, "the former time is back");
    await choose("Publish now");
    await t.until("it is published", async () => (await state(post.id)) === "published", { ms: 40_000 });
    await says(t, page, "has been published");
    await page.getByRole("tab", { name: "Timeline" }).click();
    await says(t, page, "published version 1");
    await choose("Take off the site");
    await page.getByRole("dialog").getByRole("button", { name: "Take off the site" }).click();
    await says(t, page, "Taken off");
    t.assert.equal(await state(post.id), "retracted");
    await page.getByRole("button", { name: /^Undo/ }).click();
    await says(t, page, "Approved; it is published in a moment");
    t.assert.notEqual(await state(post.id), "retracted");

    // Improved: what would change is shown first, used it stands in the fields with a way back, and only saving makes a version.
    const body = "The crew ran in order to to catch the the ferry due to the fact that it rained at nine on Monday.\n\nThe office closes at six, except on Friday, when it closes at four.";
    const wordy = await t.api("POST", "posts", { title: "Crew runs for the ferry", topic: "Town", excerpt: "It rained at nine.", body });
    const text = () => page.evaluate(() => document.querySelector(".host")?.shadowRoot?.querySelector(".cm-content")?.textContent ?? "");
    await t.go(page, `/console/posts/${wordy.id}`);
    await choose("Improve the text…");
    const dialog = page.getByRole("dialog", { name: "Improve the text" });
    await dialog.getByText(/^Score [\d.]+, then [\d.]+/).waitFor();
    t.assert.match(await dialog.innerText(), /Safe edits: kept/);
    await t.axe(page, "what would be better");
    await t.screenshot(page, "improve");
    await dialog.getByRole("button", { name: "Use it" }).click();
    await t.until("the better text", async () => (await text()).includes("because it rained"));
    await page.getByRole("button", { name: /^Undo/ }).click();
    await t.until("the text before", async () => (await text()).includes("due to the fact"));
    await choose("Improve the text…");
    await dialog.getByRole("button", { name: "Use it" }).click();
    await t.until("the better text", async () => (await text()).includes("because it rained"));
    await page.getByRole("button", { name: "More actions" }).click();
    t.assert.equal(await page.getByRole("menuitem", { name: "Improve the text: save it first" }).getAttribute("aria-disabled"), "true");
    await page.keyboard.press("Escape");
    t.assert.equal((await t.api("GET", `posts/${wordy.id}`)).version, 1);
    await page.keyboard.press("ControlOrMeta+s");
    await t.until("the second version", async () => (await t.api("GET", `posts/${wordy.id}`)).version === 2);

    await t.go(page, `/console/posts/${other.id}`);
    await choose("Send back");
    await page.getByRole("dialog").getByRole("textbox").first().waitFor();
    await page.keyboard.type("The lead is missing.");
    await page.keyboard.press("Enter");
    await says(t, page, "Sent back to its author");
    t.assert.equal(await state(other.id), "rejected");
    await page.getByRole("button", { name: /^Undo/ }).click();
    await says(t, page, "Taken back");
    t.assert.equal(await state(other.id), "in_review");

    // A link for somebody without an account, and its end.
    await page.getByRole("tab", { name: "Links" }).click();
    await page.getByLabel("Name of the reviewer").fill("Mara Quay");
    await page.getByRole("button", { name: "Create the link" }).click();
    await t.until("the link", async () => (await page.getByLabel("Link for Mara Quay").inputValue()).includes("/review/"));
    await page.getByRole("button", { name: /^Revoke.*Mara Quay/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await says(t, page, "revoked");
  },
};

/** A post with two versions and a link, once for all addresses. */
let made = null;
function edited(t) {
  made ??= (async () => {
    const [post] = await t.posts(1);
    await t.api("PATCH", `posts/${post.id}`, { version: 1, body: "The reading room opens at ten from Monday.\n\nIt closes at six, except on Friday, when it closes at four. Nobody knows why 12 people asked for it.", title: post.title });
    await t.api("POST", `posts/${post.id}/review-links`, { reviewer: "Mara Quay", note: "Please look at the hours." });
    return post;
  })();
  return made;
}

/** A post that a pipeline has drafted, with its sources. */
const drafted = (t) => t.until("a drafted post", async () => (await t.api("GET", "posts?state=in_review,published&limit=100")).data.find((post) => post.source_names.length > 0), { ms: 30_000 });

export default [safe, two, cut, keys, deeds];
