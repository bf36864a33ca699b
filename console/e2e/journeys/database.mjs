// The database: statements by name, in an order that stands in the address; tables, indexes.
export default {
  name: "database",
  addresses: [
    "/console/database",
    { path: "/console/database?tab=statements", name: "database-statements" },
    { path: "/console/database?tab=slow", name: "database-slow" },
    { path: "/console/database?tab=indexes", name: "database-indexes" },
  ],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/database");
    await t.until("the engine's name", async () => /SQLite/.test(await t.text(page, "main")));
    // By keys along the tabs.
    await page.getByRole("tab", { name: "Overview" }).focus();
    await page.keyboard.press("ArrowRight");
    await t.until("the statements", () => page.url().includes("tab=statements"));
    await page.getByRole("button", { name: "Runs" }).click();
    await page.getByRole("button", { name: "Runs" }).click();
    t.assert.match(page.url(), /sort=-count/);
    const counts = async () => (await page.locator("[data-row] [role=gridcell]:nth-child(2)").allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
    await t.until("most first", async () => {
      const found = await counts();
      return found.length > 3 && found.every((n, i) => i === 0 || n <= found[i - 1]);
    });
    await page.getByLabel("Find by name").fill("post");
    await t.until("those with post", async () => (await page.locator("[data-row]").allInnerTexts()).every((text) => text.includes("post")));
    await page.reload();
    await t.settled(page);
    t.assert.equal(await page.getByLabel("Find by name").inputValue(), "post");
  },
};
