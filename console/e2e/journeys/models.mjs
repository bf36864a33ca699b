// Models: what they cost and may cost, and how their providers fare.
import { startModel } from "../harness/model.mjs";

const draft = {
  title: "Ferry to Saint Brannoc stops for eleven days",
  excerpt: "The ferry stops for repairs.",
  body: "The ferry to Saint Brannoc stops for eleven days from Monday. The harbour office repairs the landing stage. A bus takes the passengers over the bridge.",
};
const text = "The ferry to Saint Brannoc stops for eleven days from Monday, the harbour office said. The office repairs the landing stage, which was damaged by a storm. A bus takes the passengers over the bridge until the ferry runs again.";
const model = await startModel(draft);

/** A desk with a provider of its own: a dollar for a thousand tokens in, two for as many out. */
async function provided(t) {
  await t.api("PUT", "providers/pretend", { base_url: model.url, model: "pretend-1", price_in: 1_000_000, price_out: 2_000_000 });
  const [pipeline] = (await t.api("GET", "pipelines")).data;
  const { name, sentences_max, words_max, policy } = pipeline;
  await t.api("PUT", `pipelines/${pipeline.id}`, { name, providers: ["pretend"], sentences_max, words_max, policy });
}
const ask = (t, n = 1) => t.api("POST", "generate-post", { documents: [{ title: `Ferry stops (${n})`, text, source: "Harbour News" }] });
const row = (page, name) => page.getByRole("listitem").filter({ hasText: name });

const spending = {
  name: "spending",
  server: { demo: false, config: { "connect.allow": [model.address] } },
  addresses: ["/console/spending", "/console/spending?tab=ledger"],
  async run(t) {
    await provided(t);
    const page = await t.page();
    // An empty desk says what to do.
    await t.go(page, "/console/spending");
    await page.getByText("No budget yet").waitFor();
    await page.getByText("Nothing was spent in these days").waitFor();

    // A budget by keys alone; what could be read in two ways is not taken.
    await page.getByRole("button", { name: "Add a budget" }).first().focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    const hard = dialog.getByLabel("Hard limit in dollars");
    await hard.fill("1,000");
    await t.until("the fault of the amount", async () => (await hard.getAttribute("aria-invalid")) === "true");
    await hard.fill("0.0019");
    await dialog.getByLabel("Warning from, in dollars").fill("0.0015");
    await t.axe(page, "a new budget");
    await t.screenshot(page, "new budget");
    await page.keyboard.press("Enter");
    const budgets = async () => (await t.api("GET", "budgets")).data;
    await t.until("the budget, to the millionth", async () => (await budgets())[0]?.hard_micros === 1_900 && (await budgets())[0].soft_micros === 1_500);
    await row(page, "Whole desk, a month").getByText("$0.0019 left").waitFor();

    // One call costs 1,200 and 600 millionths.
    await t.api("PUT", "budgets", { scope: "all", name: "", period: "month", hard_micros: 50_000, soft_micros: 1_500 });
    await ask(t);
    await ask(t, 2);
    await page.reload();
    await row(page, "Whole desk, a month").getByText("above its warning").waitFor();
    await row(page, "Whole desk, a month").getByText("$0.0036 spent").waitFor();
    await page.getByText("$0.0036", { exact: true }).first().waitFor();
    await page.getByLabel("Split by").selectOption("provider");
    await t.until("the provider beside its colour", async () => (await t.text(page, ".legend")).includes("pretend $0.0036"));
    t.assert.match(page.url(), /by=provider/);
    await t.axe(page, "spending with numbers");
    await t.screenshot(page, "overview");

    // The ledger: what it cost, for whom, and where a call was refused by its budget.
    model.next.push(401);
    await ask(t, 3);
    await page.getByRole("tab", { name: "Ledger" }).click();
    const rows = page.getByRole("grid", { name: "Ledger" }).locator("[data-row]");
    await t.until("three entries", async () => (await rows.count()) === 3);
    await t.screenshot(page, "ledger");
    await page.getByRole("searchbox").fill("outcome:ok");
    await t.until("those that answered", async () => (await rows.count()) === 2);
    t.assert.match(await rows.first().innerText(), /\$0\.0018/);
    t.assert.match(page.url(), /outcome=ok/);

    // Removed, and back by its key.
    await page.getByRole("tab", { name: "Overview" }).click();
    await page.getByRole("button", { name: /^Remove the budget: Whole desk/ }).click();
    await t.until("no budget", async () => (await budgets()).length === 0);
    await page.getByRole("button", { name: /^Undo/ }).waitFor();
    await page.keyboard.press("z");
    await t.until("the budget again", async () => (await budgets())[0]?.hard_micros === 50_000);

    // Who may only look is not offered what is refused.
    const guest = await t.page({ role: "viewer", as: "spending guest" });
    await t.go(guest, "/console/spending");
    await row(guest, "Whole desk, a month").waitFor();
    t.assert.equal(await guest.getByRole("button", { name: /Add a budget|Remove the budget|Change the budget/ }).count(), 0);
  },
};

const providers = {
  name: "providers",
  addresses: ["/console/settings?tab=providers"],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/settings?tab=providers");
    await page.getByRole("button", { name: "Add a provider" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Name/).fill("Journey");
    await dialog.getByLabel(/^Base address/).fill("ftp://models.example");
    await dialog.getByLabel(/^Model/).fill("small");
    await dialog.getByLabel(/^In, required/).fill("0.25");
    t.expects(/PUT \/api\/v3\/providers\/Journey 422/, /422/);
    await page.keyboard.press("Enter");
    await t.until("the fault at its field", async () => (await dialog.getByLabel(/^Base address/).getAttribute("aria-invalid")) === "true");
    await t.axe(page, "a new provider with a fault");
    await t.screenshot(page, "new");
    await dialog.getByLabel(/^Base address/).fill("https://models.example/v1");
    await page.keyboard.press("Enter");
    const panel = page.getByRole("region", { name: "Journey" });
    await panel.getByText("No pipeline asks it").waitFor();
    const [made] = (await t.api("GET", "providers")).data;
    t.assert.deepEqual([made.price_in, made.kind, made.has_key], [250_000, "openai", false]);

    // Chosen in a pipeline, by keys, and then it is asked.
    await panel.getByRole("link", { name: "Choose it in a pipeline" }).click();
    const pipeline = page.getByRole("form", { name: "Pipeline default" });
    await pipeline.getByLabel("Ask one more").selectOption("Journey");
    await pipeline.getByRole("button", { name: "Ask Journey no more" }).waitFor();
    await pipeline.getByRole("button", { name: "Save" }).focus();
    await page.keyboard.press("Enter");
    await t.until("the pipeline", async () => (await t.api("GET", "pipelines")).data.find(({ name }) => name === "default").providers[0] === "Journey");
    await page.getByRole("tab", { name: "Providers" }).click();
    await panel.getByText("Asked by").waitFor();
    await panel.getByRole("button", { name: "Remove Journey" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await t.until("the end of it", async () => (await t.api("GET", "providers")).data.length === 0);
    const { id, name, sentences_max, words_max, policy } = (await t.api("GET", "pipelines")).data.find((one) => one.name === "default");
    await t.api("PUT", `pipelines/${id}`, { name, providers: [], sentences_max, words_max, policy });
  },
};

export default [spending, providers];
