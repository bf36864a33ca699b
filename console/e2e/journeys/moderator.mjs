// Somebody who reviews all day and never touches the mouse: at least thirty decisions a minute.
const COUNT = 32;
const REASON = "The numbers are not those of the report";
const heading = (page) => page.locator("#review-title");

export default {
  name: "moderator",
  limitMs: 120_000,
  async run(t) {
    const word = `Shift${Date.now().toString(36)}`;
    const posts = await t.posts(COUNT, { title: (i) => `${word} number ${String(i + 1).padStart(2, "0")} of the day` });
    const page = await t.page({ role: "moderator", as: "moderator" });
    // No pointer is there to be used by chance.
    await page.addInitScript(() => {
      for (const kind of ["pointerdown", "mousedown"]) addEventListener(kind, () => window.dispatchEvent(new ErrorEvent("error", { error: new Error("the mouse was used") })), true);
    });
    await t.go(page, "/console");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await t.until("the review desk", () => new URL(page.url()).pathname.startsWith("/console/review"));
    await page.goto(`${page.base}/console/review?q=${word}`);
    await heading(page).waitFor();

    const decided = [];
    const began = Date.now();
    for (let i = 0; i < COUNT; i += 1) {
      const shown = await t.until("a post to judge", async () => {
        const title = (await heading(page).innerText()).trim();
        return title.startsWith(word) && !decided.includes(title) && title;
      });
      decided.push(shown);
      if (i % 8 === 7) {
        await page.keyboard.press("r");
        await page.getByLabel(/^Reason/).waitFor();
        await page.keyboard.type(REASON);
        await page.keyboard.press("Enter");
      } else {
        await page.keyboard.press("a");
      }
    }
    const minutes = (Date.now() - began) / 60_000;
    const rate = COUNT / minutes;
    console.log(`      ${Math.round(rate)} reviews a minute`);
    t.assert.ok(rate >= 30, `${rate.toFixed(0)} reviews a minute`);
    t.assert.equal(new Set(decided).size, COUNT);
    for (const post of posts) {
      const at = decided.indexOf(post.title);
      const wanted = at % 8 === 7 ? ["rejected"] : ["scheduled", "publishing", "published"];
      await t.until(`the decision on ${post.title}`, async () => wanted.includes((await t.api("GET", `posts/${post.id}`)).state));
    }
    const focus = await page.evaluate(() => document.activeElement !== null && document.activeElement !== document.documentElement);
    t.assert.ok(focus, "the focus is somewhere");
  },
};
