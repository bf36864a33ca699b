// Queues: pausing with a way back, settings, and what a refused number says; by mouse and by keys.
export default {
  name: "queues",
  addresses: ["/console/queues"],
  async run(t) {
    await t.api("PUT", "queues/journey", {});
    const page = await t.page();
    await t.go(page, "/console/queues");
    const queue = async () => t.api("GET", "queues/journey");
    await page.getByRole("button", { name: "Pause: journey" }).click();
    await t.until("the pause", async () => (await queue()).paused);
    await t.until("the word about it", async () => (await t.text(page, "main")).match(/Paused: .*journey/));
    // The way back by its key.
    await page.keyboard.press("z");
    await t.until("the way back", async () => !(await queue()).paused);

    const row = page.locator("[data-row=journey]");
    await row.getByRole("button", { name: "More for journey" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Settings" }).waitFor();
    await t.until("the focus in the menu", () => page.evaluate(() => document.activeElement?.getAttribute("role") === "menuitem"));
    await page.keyboard.press("Enter");
    const weight = page.getByRole("dialog").getByLabel("Weight");
    await weight.fill("5000");
    t.expects(/PATCH \/api\/v3\/queues\/journey 422/, /422/);
    await page.keyboard.press("Enter");
    await t.until("the fault at its field", async () => (await weight.getAttribute("aria-invalid")) === "true");
    await t.axe(page, "the settings of a queue with a fault");
    await weight.fill("7");
    await page.keyboard.press("Enter");
    await t.until("the weight", async () => (await queue()).weight === 7);
    await t.until("the row", async () => (await row.innerText()).includes("weight 7"));

    // Who may only look is not offered what is refused.
    const guest = await t.page({ role: "viewer", as: "queues guest" });
    await t.go(guest, "/console/queues");
    await guest.locator("[data-row=journey]").waitFor();
    t.assert.equal(await guest.getByRole("button", { name: /Pause|Add a queue/ }).count(), 0);
  },
};
