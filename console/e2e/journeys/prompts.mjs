// Prompts and voices: a template with its faults and its preview while it is typed, versions, and a voice.
const NAME = "news-post-en";
const path = `prompts/${NAME}`;

export default {
  name: "prompts",
  addresses: ["/console/prompts", `/console/prompts/${NAME}`, { path: `/console/prompts/${NAME}?tab=versions`, name: "prompt-versions" }, { path: "/console/prompts?tab=voices", name: "voices" }],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/prompts");
    await page.getByLabel("Language").selectOption("en");
    await page.getByRole("link", { name: NAME, exact: true }).click();
    const field = page.getByLabel("Template");
    await field.waitFor();
    const { source } = await t.api("GET", path);
    t.assert.equal(await field.inputValue(), source);
    await page.getByText(/^about [\d,]+ tokens$/).waitFor();

    // What is wrong is told with its line, which is one click away; what is right is what the model gets.
    await field.fill(`${source}\n{{ nothing_like_it }}\n`);
    await page.getByRole("button", { name: /^Line \d+/ }).first().click();
    t.assert.ok(await field.evaluate((area) => area === document.activeElement));
    await t.axe(page, "a template with a fault");
    await field.fill(source.replace("\n[user]", "\n- Mention the tide tables of the harbour.\n[user]"));
    await page.locator("pre", { hasText: "tide tables" }).waitFor();
    await page.getByLabel("What is different").fill("tide tables");
    await t.screenshot(page, "edit");
    await page.keyboard.press("ControlOrMeta+s");
    await t.until("the new version", async () => (await t.api("GET", path)).source.includes("tide tables"));

    // The version before: what differs, and back to it, and to the new one by its key.
    await page.getByRole("tab", { name: /^Versions/ }).click();
    await page.locator("ins", { hasText: "tide tables" }).waitFor();
    await page.getByRole("button", { name: /^Restore: / }).click();
    await t.until("the version before", async () => (await t.api("GET", path)).source === source);
    // The way back is there when the page knows, which may be after the server does.
    await page.getByRole("button", { name: /^Undo/ }).waitFor();
    await page.keyboard.press("z");
    await t.until("the new version again", async () => (await t.api("GET", path)).origin === "changed");
    await page.getByRole("button", { name: "As it came" }).click();
    await t.until("it as it came", async () => (await t.api("GET", path)).origin === "built_in");

    // A voice, and its end with a way back.
    await t.go(page, "/console/prompts?tab=voices");
    await page.getByRole("button", { name: "Add a voice" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Name/).fill("journey");
    await dialog.getByLabel(/^Tone/).fill("calm");
    await dialog.getByLabel("Do", { exact: true }).fill("say what it costs\nbe brief");
    await t.axe(page, "a new voice");
    await dialog.getByRole("button", { name: "Save" }).click();
    const voice = async () => (await t.api("GET", "voices")).data.find(({ name }) => name === "journey");
    await t.until("the voice", async () => (await voice())?.dos.length === 2);
    await page.getByRole("button", { name: "Remove journey" }).click();
    await t.until("no voice", async () => (await voice()) === undefined);
    await page.getByRole("button", { name: /^Undo/ }).waitFor();
    await page.keyboard.press("z");
    await t.until("the voice again", async () => (await voice())?.tone === "calm");
    await t.api("DELETE", "voices/journey");
  },
};
