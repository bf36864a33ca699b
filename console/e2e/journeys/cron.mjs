// Schedules: the coming times while somebody types, running now, pausing, removing with a way back.
export default {
  name: "cron",
  addresses: ["/console/cron"],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/cron");
    await page.getByRole("button", { name: "Add a schedule" }).first().focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: /^Name/ }).fill("journey");
    const times = dialog.getByRole("textbox", { name: /^Times/ });
    t.expects(/cron-times\S* 422/, /422/);
    await times.fill("soon");
    await t.until("what is wrong with it", async () => (await times.getAttribute("aria-invalid")) === "true");
    await times.fill("30 6 * * MON-FRI");
    await t.until("five times", async () => (await dialog.locator(".preview time").count()) === 5);
    await t.axe(page, "a new schedule");
    await t.screenshot(page, "new");
    await page.keyboard.press("Enter");
    const one = () => t.api("GET", "cron/journey", undefined, { allow: [404] });
    await t.until("the schedule", async () => (await one()).schedule === "30 6 * * MON-FRI");
    const row = page.locator("[data-row=journey]");
    await row.waitFor();

    await row.getByRole("button", { name: "Run now: journey" }).click();
    await t.until("the word about it", async () => (await t.text(page, ".toast")).includes("journey runs now"));
    const choose = async (name) => {
      await row.getByRole("button", { name: "More for journey" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    await choose("Pause");
    await t.until("the pause", async () => (await one()).paused);
    await choose("Remove");
    await t.until("the schedule gone", async () => (await row.count()) === 0);
    await page.keyboard.press("z");
    await t.until("the schedule again, paused as it was", async () => (await one()).paused === true);
    await t.api("DELETE", "cron/journey");
  },
};
