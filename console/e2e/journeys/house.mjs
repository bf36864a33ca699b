// People, keys and settings: who may come in, and how the desk looks to them.
const dialog = (page, name) => page.getByRole("dialog", { name });

const people = {
  name: "people",
  addresses: ["/console/people", "/console/people?tab=keys"],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/people");
    // Somebody is invited by keys alone, and the link is shown once.
    await page.getByRole("button", { name: "Invite" }).first().focus();
    await page.keyboard.press("Enter");
    await dialog(page, "Invite somebody").waitFor();
    await page.keyboard.type("nora@desk.example");
    await page.keyboard.press("Enter");
    const link = page.getByLabel("Link for nora@desk.example");
    await link.waitFor();
    const address = await link.inputValue();
    t.assert.match(address, /\/console\/invitation#\S+$/);
    await t.axe(page, "the invitation");
    await page.keyboard.press("Escape");
    await page.getByText("nora@desk.example").first().waitFor();

    // She chooses a password in a browser of her own and is in.
    const hers = await t.page({ signedIn: false });
    await t.go(hers, `/console/invitation${new URL(address).hash}`);
    await hers.getByRole("heading", { name: "Welcome" }).waitFor();
    t.assert.equal(new URL(hers.url()).hash, "", "the token must not stay in the address");
    await t.axe(hers, "the welcome");
    await hers.getByLabel(/^Name/).fill("Nora Quill");
    await hers.getByLabel(/^Password/).fill("a quiet harbour at noon");
    await hers.getByRole("button", { name: "Start" }).click();
    await hers.getByRole("heading", { name: "Overview" }).waitFor();

    // The link is spent, and says so.
    t.expects(/invitations\/look 4/);
    const late = await t.page({ signedIn: false });
    await t.go(late, `/console/invitation${new URL(address).hash}`);
    await late.getByRole("heading", { name: "This link does not work" }).waitFor();

    // Another role ends her session; she is asked to sign in again, whatever she does next.
    t.expects(/status of 401/, /answer: GET \S+ 401/, /WebSocket/);
    await page.reload();
    await page.getByText("Nora Quill").first().click();
    await dialog(page, "Change Nora Quill").getByLabel(/^Role/).selectOption("author");
    await dialog(page, "Change Nora Quill").getByRole("button", { name: "Save" }).click();
    await t.until("her new role", async () => (await t.api("GET", "users")).data.some((user) => user.name === "Nora Quill" && user.role === "author"));
    await hers.getByRole("link", { name: "Stories" }).first().click();
    await dialog(hers, "Please sign in again").waitFor();
  },
};

const keys = {
  name: "keys",
  addresses: [],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/people?tab=keys");
    await page.getByRole("button", { name: "New key" }).first().click();
    const make = dialog(page, "New key");
    await make.getByLabel("What it is for").fill("nightly import");
    await make.getByLabel(/^Role/).selectOption("author");
    await make.getByLabel("write").uncheck();
    await make.getByRole("button", { name: "Make key" }).click();
    const secret = await make.getByLabel("The key “nightly import”").inputValue();
    t.assert.ok(secret.length > 20);
    await page.keyboard.press("Escape");
    const found = (await t.api("GET", "keys")).data.find((key) => key.name === "nightly import");
    t.assert.deepEqual(found.scopes, ["read"]);
    t.assert.ok(found.expires_at, "a key ends by itself unless somebody wants it otherwise");

    // What cannot be undone has to be typed.
    await page.getByRole("button", { name: "Revoke: nightly import" }).click();
    const ask = dialog(page, "Revoke this key?");
    await ask.getByRole("textbox").fill("nightly import");
    await ask.getByRole("button", { name: "Revoke" }).click();
    await t.until("the end of the key", async () => (await t.api("GET", "keys")).data.find((key) => key.id === found.id).revoked_at);
  },
};

const settings = {
  name: "settings",
  addresses: ["/console/settings", "/console/settings?tab=pipelines", "/console/settings?tab=configuration"],
  async run(t) {
    const page = await t.page();
    await t.go(page, "/console/settings");
    await page.getByLabel(/^Theme/).selectOption("dark");
    await t.until("the dark page", () => page.evaluate(() => document.documentElement.dataset.theme === "dark"));
    await page.getByLabel(/^Language/).selectOption("tr");
    await page.getByRole("heading", { name: "Ayarlar" }).waitFor();
    await page.getByLabel(/^Dil/).selectOption("en");
    await page.getByRole("heading", { name: "Settings" }).waitFor();

    // A single letter does nothing once they are switched off.
    await page.getByRole("switch", { name: /Single letters/ }).click();
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    t.assert.match(page.url(), /settings/);
    await page.getByRole("switch", { name: /Single letters/ }).click();

    await t.go(page, "/console/settings?tab=configuration");
    await page.getByLabel("Find a setting").fill("listen");
    await page.getByText("listen", { exact: true }).first().waitFor();
    await t.go(page, "/console/settings?tab=pipelines");
    await page.getByRole("heading", { name: "Pipeline default" }).waitFor();
    await page.getByLabel("Topics that always wait").first().fill("courts, elections");
    await page.getByRole("button", { name: "Save" }).first().click();
    await t.until("the policy", async () => (await t.api("GET", "pipelines")).data[0].policy.topics_held.length === 2);
    // Another policy can be taken back, in the form too.
    await page.locator(".toast").getByRole("button", { name: /Undo/ }).click();
    await t.until("the policy before", async () => (await t.api("GET", "pipelines")).data[0].policy.topics_held.length === 0);
    await t.until("the form as it was", async () => (await page.getByLabel("Topics that always wait").first().inputValue()) === "");
  },
};

const overview = {
  name: "overview",
  addresses: ["/console"],
  async run(t) {
    await t.posts(1);
    const page = await t.page();
    await t.go(page, "/console");
    await page.getByRole("heading", { name: "Needs a person" }).waitFor();
    await page.getByRole("link", { name: /wait.? for review/ }).waitFor();
    // What happened lately, by people and by the desk; from here to the most urgent thing with one click.
    await page.locator("section", { has: page.getByRole("heading", { name: "Lately" }) }).getByRole("listitem").first().waitFor();
    await page.getByRole("link", { name: "Begin reviewing" }).click();
    await page.waitForURL(/\/console\/review/);
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    // The palette finds a screen by its name.
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.type("calend");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/console\/calendar/);
  },
};

const door = {
  name: "sign-in",
  addresses: [{ path: "/console/sign-in", signedIn: false }, { path: "/console/invitation", signedIn: false }],
  async run(t) {
    t.expects(/session 401/);
    const page = await t.page({ signedIn: false });
    await t.go(page, "/console/jobs?state=discarded");
    await page.waitForURL(/sign-in/);
    // The first field has the focus: one types at once.
    await t.until("the focus in the first field", () => page.evaluate(() => document.activeElement?.getAttribute("autocomplete") === "username"));
    await page.keyboard.type("nobody@desk.example");
    await page.getByLabel("Password").fill("not the right words");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").first().waitFor();
    t.assert.match(await page.getByRole("alert").first().innerText(), /The address or the password is wrong/);
    await t.screenshot(page, "refused");
  },
};

const role = {
  name: "not-for-your-role",
  addresses: [],
  async run(t) {
    // A moderator meets no red box and no request that is refused, wherever a link leads.
    const page = await t.page({ role: "moderator" });
    for (const path of ["/console/people", "/console/people?tab=keys", "/console/settings?tab=configuration"]) {
      await t.go(page, path);
      await page.locator("main").getByText("This page is not for your role").last().waitFor();
      t.assert.equal(await page.locator("main [role=alert]").count(), 0);
    }
    await t.axe(page, "the page for others");
    await page.getByRole("link", { name: "To the overview" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    // An address without a post says so, once.
    t.expects(/posts\/nothing\S* 404/, /status of 404/);
    await t.go(page, "/console/posts/nothing");
    await page.getByRole("heading", { level: 1, name: "There is no such post" }).waitFor();
    t.assert.equal(await page.locator("main [role=alert]").count(), 0);
    // What has one version is compared with nothing.
    const [post] = await t.posts(1);
    await t.go(page, `/console/posts/${post.id}?tab=versions`);
    await page.getByRole("button", { name: /^Preview/ }).waitFor();
    t.assert.equal(await page.getByRole("button", { name: /^Compare/ }).count(), 0);
  },
};

export default [overview, people, keys, settings, door, role];
