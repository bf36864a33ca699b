// What a journey is given: `t`.
import assert from "node:assert/strict";
import { axe, newContext, screenshot, settled } from "./browser.mjs";
import { startProxy } from "./proxy.mjs";
import { pause, until } from "./wait.mjs";
import { Watch } from "./watch.mjs";

export class Journey {
  assert = assert;
  until = until;
  pause = pause;
  pages = [];

  #contexts = [];
  #proxies = [];
  #watch = new Watch();

  constructor({ name, browser, server }) {
    this.name = name;
    this.browser = browser;
    this.server = server;
  }

  get url() {
    return this.server.url;
  }

  /** `await t.api("POST", "posts/ID/approval", { version: 1 })`: as the administrator, unless `key` says otherwise. */
  api(method, path, body, options) {
    return this.server.api.call(method, path, body, options);
  }

  /** Posts of this journey's own that wait for review. */
  posts(count, options = {}) {
    return this.server.api.posts(count, { title: (i) => `${this.name}: note ${i + 1} from the reading room`, ...options });
  }

  /**
   * A page of its own, signed in as an administrator of this journey's. Options: `role`, `as` (a name: two pages
   * with the same one are the same person), `person: true` (with an account, not with a key that the administrator has
   * made: where two people must approve such a key counts as its maker), `signedIn: false`, `theme`, `language`,
   * `width`, `url` (a proxy's), and what Playwright's contexts take. `page.session` is what it came in with.
   */
  async page({ role = "admin", as = this.name, person = false, signedIn = true, url = this.url, ...look } = {}) {
    const context = await newContext(this.browser, look);
    this.#contexts.push(context);
    this.#watch.allowOrigin(url);
    this.#watch.follow(context);
    const session = signedIn ? await this.signIn(context, { role, as, person, url }) : null;
    const page = await context.newPage();
    page.session = session;
    page.base = url;
    this.pages.push(page);
    return page;
  }

  /** Gives a context (or a page's) a session. */
  async signIn(target, { role = "admin", as = this.name, person = false, url = this.url } = {}) {
    const context = target.context?.() ?? target;
    const { api } = this.server;
    const session = person ? await api.person(role, as) : await api.session(await api.keyOf(role, as));
    await context.addCookies([{ ...session.cookie, url }]);
    return session;
  }

  /** Opens an address of the console and waits until it shows what it has. */
  async go(page, path) {
    await page.goto(page.base + path);
    await settled(page);
  }

  settled(page) {
    return settled(page);
  }

  /** Fails when axe finds anything. */
  async axe(page, what = page.url(), options) {
    const found = await axe(page, options);
    assert.equal(found.length, 0, `axe on ${what}:\n${found.join("\n")}`);
  }

  screenshot(page, name) {
    return screenshot(page, `${this.name}-${name}`);
  }

  /** Complaints of a page that this journey brings about itself: patterns such as `/ERR_CONNECTION/`. */
  expects(...patterns) {
    this.#watch.expect(...patterns);
  }

  /** Fails when a page has complained since the last time; asked at the end of every journey. */
  noConsoleErrors(what = this.name) {
    const found = this.#watch.take();
    assert.equal(found.length, 0, `${what} complains:\n${[...new Set(found)].join("\n")}`);
  }

  complaints() {
    return this.#watch.take();
  }

  /** The server behind a wire that can be cut: `{ url, cut(), restore() }`. */
  async proxy() {
    const proxy = await startProxy(this.url);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** The text that people see, its spaces made one. */
  async text(page, selector = "body") {
    return (await page.locator(selector).first().innerText()).replaceAll(/\s+/g, " ");
  }

  async pictureOfFailure() {
    for (const [i, page] of this.pages.entries()) {
      if (!page.isClosed()) await screenshot(page, `failed-${this.name}-${i + 1}`).catch(() => {});
    }
  }

  async close() {
    await Promise.allSettled(this.#contexts.map((context) => context.close()));
    for (const proxy of this.#proxies) proxy.close();
  }
}
