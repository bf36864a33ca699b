// When posts go out: by mouse, by keyboard, by the menu; with slots, blackouts, undo, and others at work.
const ZONE = "Europe/Istanbul";
const HOUR = 3_600_000;
/** Istanbul is three hours ahead all year. */
const local = (ms) => new Date(ms + 3 * HOUR).toISOString().slice(0, 16);
const moment = (text) => Date.parse(`${text}:00Z`) - 3 * HOUR;
const addDays = (day, n) => new Date(Date.parse(`${day}T00:00:00Z`) + n * 24 * HOUR).toISOString().slice(0, 10);

/** A Monday two weeks from now: nothing of the demo is there. */
function someMonday() {
  const day = addDays(local(Date.now()).slice(0, 10), 14);
  return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
}

const EVERY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const settings = {
  zone: ZONE,
  channels: { site: { slots: [{ days: EVERY, time: "09:00" }, { days: ["tue"], time: "15:00" }], spacing_min: 30 } },
  blackouts: [{ name: "Market day", days: ["thu"], from: "10:00", to: "14:00" }],
};

export default {
  name: "calendar",
  server: "own",
  limitMs: 180_000,
  addresses: [
    { path: "/console/calendar", name: "calendar" },
    { path: "/console/calendar?view=week", name: "calendar-week" },
    { path: "/console/calendar?view=agenda", name: "calendar-agenda" },
  ],
  async run(t) {
    const { data: channels } = await t.api("GET", "channels");
    settings.channels = { [channels[0].name]: settings.channels.site };
    await t.api("PUT", "calendar/settings", settings);
    const monday = someMonday();
    const [first, second, third, fourth] = await t.posts(4);
    const dueOf = async (post) => local(Date.parse((await t.api("GET", `posts/${post.id}`)).due_at));
    const plan = (post, at) => t.api("POST", `posts/${post.id}/approval`, { version: post.version, due_at: new Date(moment(at)).toISOString(), force: true });
    // The demo's own posts would come into the month meanwhile and move what is dragged.
    let before = -1;
    await t.until("the demo's posts to be out", async () => {
      const kinds = ["assign_stories", "draft_story"].map((kind) => ["available", "scheduled", "running"].map((state) => `state=${state}&kind=${kind}`));
      const lists = await Promise.all(kinds.flat().map((which) => t.api("GET", `jobs?${which}&limit=1`)));
      const { posts } = await t.api("GET", "dashboard");
      const isStill = lists.every(({ data }) => data.length === 0) && posts.published > 0 && posts.published === before;
      before = posts.published;
      return isStill;
    }, { ms: 60_000, every: 500 });
    await plan(first, `${monday}T11:20`);
    await plan(second, `${monday}T16:00`);

    const page = await t.page();
    await t.go(page, `/console/calendar?view=month&date=${monday}`);
    const tile = (post) => page.locator(`[data-key="${post.id}"]`);
    const day = (n) => page.locator(`[data-day="${addDays(monday, n)}"]`);
    const isOn = (post, n) => t.until(`${post.title} on day ${n}`, () => day(n).locator(`[data-key="${post.id}"]`).isVisible());
    // Nobody takes back what is not offered yet.
    const undo = async () => {
      await page.locator(".toast").getByRole("button", { name: /Undo/ }).waitFor();
      // Then the calendar is read anew, which may move what is to be dragged next.
      let isWritten = false;
      const isRead = page.waitForResponse((response) => {
        const { pathname } = new URL(response.url());
        isWritten ||= /\/(schedule|approval)$/.test(pathname);
        return isWritten && pathname === "/api/v3/calendar";
      });
      await page.keyboard.press("z");
      await isRead;
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      // The word about it may lie on the gap that is dragged to next.
      await page.locator(".toast").getByRole("button", { name: "Dismiss" }).click();
    };
    await isOn(first, 0);
    t.assert.match(await t.text(page, `[data-key="${first.id}"]`), /11:20.*scheduled/);
    t.assert.match(await t.text(page, "main"), /Europe\/Istanbul/);
    t.assert.match(await day(3).innerText(), /Market day, 10:00 – 14:00/);
    t.assert.match(await day(1).innerText(), /free 09:00/);
    await t.screenshot(page, "month");

    // Dragged to another day, it keeps its time; undone, it stands where it was.
    await tile(first).dragTo(day(2).locator("h3"));
    await isOn(first, 2);
    await t.until("the new time", async () => (await dueOf(first)) === `${addDays(monday, 2)}T11:20`);
    await undo();
    await isOn(first, 0);
    await t.until("the former time", async () => (await dueOf(first)) === `${monday}T11:20`);

    // Dragged onto a free slot, it takes the slot's time, and the gap is gone.
    const gap = day(1).locator("[data-slot]").filter({ hasText: "15:00" });
    await tile(first).dragTo(gap);
    await t.until("the slot's time", async () => (await dueOf(first)) === `${addDays(monday, 1)}T15:00`);
    await t.until("the gap to close", async () => (await gap.count()) === 0);

    // By keyboard: m, a day by the arrows, another time; the blackout objects and offers what is free.
    t.expects(/schedule 422/);
    await tile(first).focus();
    await page.keyboard.press("m");
    const dialog = page.getByRole("dialog", { name: "Move" });
    await dialog.waitFor();
    await t.axe(page, "the dialog");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await dialog.getByLabel(/^Time/).fill("11:00");
    await page.keyboard.press("Enter");
    await t.until("the reason", async () => /Market day/.test(await dialog.innerText()));
    await t.screenshot(page, "blackout");
    await t.axe(page, "the refusal");
    const take = dialog.getByRole("button", { name: /^Take .*14:00/ });
    await take.focus();
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Move", exact: true }).focus();
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" }).catch(() => {});
    await isOn(first, 3);
    t.assert.equal(await dueOf(first), `${addDays(monday, 3)}T14:00`);
    await t.until("the focus on the post", () => tile(first).evaluate((one) => one === document.activeElement));

    // Into the blackout on purpose.
    await page.keyboard.press("Enter");
    await dialog.getByLabel(/^Time/).fill("12:00");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Publish then anyway" }).click();
    await t.until("the forced time", async () => (await dueOf(first)) === `${addDays(monday, 3)}T12:00`);

    // A time that has passed is refused before anything is sent.
    await tile(second).focus();
    await page.keyboard.press("m");
    await dialog.getByLabel(/^Date/).fill("2024-01-01");
    await page.keyboard.press("Enter");
    await t.until("the refusal", async () => /This time has passed/.test(await dialog.innerText()));
    await page.keyboard.press("Escape");
    t.assert.equal(await dueOf(second), `${monday}T16:00`);

    // By the menu, in the week, which shows the days of the month's row.
    const row = await page.locator("[data-day]").evaluateAll((all) => all.map((one) => one.dataset.day));
    await page.getByRole("button", { name: "Week", exact: true }).click();
    await t.until("the week", async () => (await page.locator("[data-day]").count()) === 7);
    const week = await page.locator("[data-day]").evaluateAll((all) => all.map((one) => one.dataset.day));
    t.assert.ok(row.join(" ").includes(week.join(" ")), "week and month show the same days");
    t.assert.match(page.url(), /view=week/);
    await day(0).getByRole("button", { name: `Actions for ${second.title}` }).click();
    await page.getByRole("menuitem", { name: "To the next free slot" }).click();
    await t.until("a slot's time", async () => /T(09|15):00$/.test(await dueOf(second)));
    await undo();
    await t.until("the time before", async () => (await dueOf(second)) === `${monday}T16:00`);

    // What others do appears, but nothing moves under the pointer.
    await isOn(second, 0);
    await tile(second).hover();
    await t.api("POST", `posts/${second.id}/schedule`, { due_at: new Date(moment(`${addDays(monday, 4)}T16:10`)).toISOString() });
    await t.until("the word of the change", async () => /Others have changed the calendar/.test(await t.text(page, "main")));
    t.assert.ok(await day(0).locator(`[data-key="${second.id}"]`).isVisible());
    await page.mouse.move(5, 400);
    await isOn(second, 4);

    // From the tray: approved and given a time in one step, on purpose; the undo takes the approval back.
    await tile(third).dragTo(day(5).locator("h3"));
    const approve = page.getByRole("dialog", { name: "Approve for a time" });
    await approve.waitFor();
    await t.screenshot(page, "approve");
    await approve.getByLabel(/^Time/).fill("10:10");
    await page.keyboard.press("Enter");
    await isOn(third, 5);
    t.assert.equal(await dueOf(third), `${addDays(monday, 5)}T10:10`);
    await undo();
    await t.until("the post in review", async () => (await t.api("GET", `posts/${third.id}`)).state === "in_review");

    // Too near to another: marked.
    await plan(fourth, `${addDays(monday, 4)}T16:25`);
    await t.until("the mark", async () => /too near/.test(await day(4).innerText()));
    await t.screenshot(page, "week");

    // What is out does not move.
    await t.go(page, "/console/calendar?view=agenda");
    const out = page.locator('[data-key$="-out"]').first();
    await t.until("something published", () => out.isVisible());
    t.assert.equal(await out.getAttribute("draggable"), "false");
    await t.screenshot(page, "agenda");

    // Settings, with the slots that they would make.
    await page.getByRole("button", { name: "Slots and blackouts" }).click();
    const form = page.getByRole("dialog", { name: "Slots and blackouts" });
    await form.getByRole("button", { name: /^Add a slot/ }).waitFor();
    await form.getByRole("button", { name: /^Add a slot/ }).click();
    await form.getByLabel("Time of slot 3").fill("18:45");
    await t.until("the preview", async () => /18:45/.test(await form.innerText()));
    t.assert.equal(await form.locator("ol li").count(), 10);
    await t.screenshot(page, "settings");
    await t.axe(page, "the settings");
    await form.getByRole("button", { name: "Save", exact: true }).click();
    await t.until("the slot saved", async () => JSON.stringify(await t.api("GET", "calendar/settings")).includes("18:45"));

    // The phone begins with the agenda; who may only read is offered nothing to move.
    const phone = await t.page({ width: 390, role: "viewer", as: "reader" });
    await t.go(phone, "/console/calendar");
    t.assert.equal(await phone.getByRole("button", { name: "Agenda" }).getAttribute("aria-pressed"), "true");
    t.assert.equal(await phone.locator("[draggable=true]").count(), 0);
    t.assert.equal(await phone.getByRole("button", { name: "Slots and blackouts" }).count(), 0);
    await t.screenshot(phone, "phone");
  },
};
