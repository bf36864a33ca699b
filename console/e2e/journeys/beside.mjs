// A draft beside its sources: what they do not hold is marked, and each sentence leads to the one of a source that comes nearest.
const drafted = (t, state) => t.until("a drafted post", async () => (await t.api("GET", `posts?state=${state}&limit=100`)).data.find((post) => post.story && post.source_names.length > 0), { ms: 30_000 });

const beside = {
  name: "beside-the-sources",
  addresses: [{
    path: async (t) => `/console/review/${(await drafted(t, "in_review,published")).id}`,
    name: "review-beside",
    prepare: async (page) => {
      await page.keyboard.press("b");
      await page.locator("[data-sentence]").first().click();
      await page.locator("[data-lit]").waitFor();
    },
  }],
  async run(t) {
    const post = await drafted(t, "in_review");
    const { body } = (await t.api("GET", `posts/${post.id}`)).newest;
    await t.api("PATCH", `posts/${post.id}`, { version: post.version, title: post.title, body: `${body}\n\nUnicorns danced on 4711 roofs at midnight.` });
    const page = await t.page();
    await t.go(page, `/console/review/${post.id}`);
    await page.keyboard.press("b");
    const sources = page.getByRole("region", { name: "Beside the sources" });
    const sentences = page.locator("[data-sentence]");
    await sources.getByRole("article").first().waitFor();

    // By keys: one sentence after the other, each with its source's; what is asked for nobody holds.
    await page.keyboard.press("Alt+ArrowDown");
    await sources.getByText(/^Sentence 1 of/).waitFor();
    await page.locator("[data-lit]").waitFor();
    t.assert.match(await sentences.first().getAttribute("class"), /chosen/);
    await sources.getByRole("button", { name: /without support/ }).click();
    await t.until("the invented sentence", async () => (await t.text(page, ".chosen:not(.sentence)")).includes("Unicorns danced on 4711 roofs"));
    t.assert.match(await page.locator(".sentence.chosen").last().innerText(), /without support/);
    await page.locator("mark", { hasText: "4711" }).waitFor();
    await t.axe(page, "a text beside its sources");
    await t.screenshot(page, "beside");

    // From a source to the text, by its key and by the pointer.
    const other = sources.getByRole("button", { name: /\w+ \w+ \w+/ }).and(page.locator(".jump")).first();
    await other.focus();
    await page.keyboard.press("Enter");
    await t.until("its sentence", async () => (await sources.getByText(/^Sentence \d+ of/).innerText()) !== "" && (await other.getAttribute("aria-current")) === "true");
    await sentences.first().click();
    await sources.getByText(/^Sentence 1 of/).waitFor();

    // Differences are another way of reading; leaving this one gives them back.
    await page.keyboard.press("d");
    await t.until("the differences", async () => (await sources.count()) === 0 && (await page.locator("ins", { hasText: "Unicorns" }).count()) > 0);
  },
};

export default [beside];
