// Stories: why reports are one, what they say, and a post made of them.
const LIST = "/console/stories";
const rows = (page) => page.locator("[role=grid] [data-row]");

/** A story with several reports: the demo makes them. */
const shared = (t) => t.until("a story with several reports", async () => (await t.api("GET", "stories?limit=200")).data.find((story) => story.items > 1 && story.because.includes("share")), { ms: 30_000 });

export default {
  name: "stories",
  addresses: [LIST, { path: async (t) => `${LIST}/${(await shared(t)).id}`, name: "story" }],
  limitMs: 90_000,
  async run(t) {
    const story = await shared(t);
    const page = await t.page();
    await t.go(page, LIST);
    await t.until("rows", async () => (await rows(page).count()) > 3);

    // By keys: down, open, back.
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await t.until("a story", () => /\/stories\/\w{13}$/.test(page.url()));
    await page.getByText("The same story, because").waitFor();
    await page.keyboard.press("Escape");
    await t.until("the list", () => page.url().endsWith(LIST));

    // One with several reports: what they share, each with its source and time.
    // Asked first: the page may know of more that came since.
    const { items } = await t.api("GET", `stories/${story.id}`);
    await t.go(page, `${LIST}/${story.id}`);
    await page.getByText("reports have in common").waitFor();
    for (const item of items) await page.getByText(item.source_name).first().waitFor();
    await t.axe(page, "a story");
    await t.screenshot(page, "story");

    // An item is taken out, another story put in, and both are taken back.
    const told = await t.until("a drafted story", async () => (await t.api("GET", "stories?limit=200")).data.find((story) => story.items > 1 && story.because.includes("share") && story.post), { ms: 30_000 });
    // It has two reports at least that are no copies: an original cannot leave its copies alone. The newsroom goes on meanwhile, so
    // other items may come to it.
    const held = async (id) => (await t.api("GET", `stories/${id}`)).items.map((item) => item.id);
    const holdsAll = async (ids) => { const all = await held(told.id); return ids.every((id) => all.includes(id)); };
    const holdsNone = async (ids) => { const all = await held(told.id); return !ids.some((id) => all.includes(id)); };
    const undo = () => page.locator(".toast").getByRole("button", { name: /Undo/ }).click();
    await t.go(page, `${LIST}/${told.id}`);
    const own = await held(told.id);
    await page.getByRole("button", { name: "Another story" }).last().click();
    await t.until("an item less", async () => !(await holdsAll(own)));
    await undo();
    await t.until("all of them again", () => holdsAll(own));
    const [other] = await page.getByLabel("The same as").selectOption({ index: 1 });
    const theirs = await held(other);
    await page.getByRole("button", { name: "Merge" }).click();
    await t.until("the items of both", () => holdsAll([...own, ...theirs]));
    await undo();
    await t.until("its own alone", async () => (await holdsAll(own)) && (await holdsNone(theirs)));

    // Drafted: the editor opens with it, and the story names it.
    await page.getByRole("button", { name: /^Draft (a|another) post$/ }).click();
    await t.until("the editor", () => /\/console\/posts\/\w{13}$/.test(page.url()), { ms: 20_000 });
    const id = page.url().slice(-13);
    t.assert.equal((await t.api("GET", `posts/${id}`)).story, told.id);
    await t.go(page, `${LIST}/${told.id}`);
    await t.until("the post among those of the story", async () => (await page.locator(`a[href="/console/posts/${id}"]`).count()) === 1);

    // A viewer reads; on a phone one thing at a time; what is not there is told.
    const phone = await t.page({ role: "viewer", width: 390 });
    await t.go(phone, LIST);
    await rows(phone).first().getByRole("link").click();
    await phone.getByText("The same story, because").waitFor();
    t.assert.equal(await phone.getByRole("button", { name: /^Draft/ }).count(), 0);
    await t.screenshot(phone, "phone");
    await phone.getByRole("button", { name: "To the list" }).click();
    await rows(phone).first().waitFor();
    t.expects(/status of 404/, /stories\/\w+ 404/);
    await t.go(phone, `${LIST}/0000000000001`);
    await phone.getByText("There is no such story").waitFor();
  },
};
