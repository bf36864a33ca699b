import { tick } from "svelte";
import { routes, type Route } from "../routes";

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/** The route of a path; `null` when no address has it. */
export function match(path: string, table: readonly Route[] = routes): Match | null {
  const parts = path.split("/").filter(Boolean);
  for (const route of table) {
    const params = fit(route.pattern.split("/").filter(Boolean), parts);
    if (params) return { route, params };
  }
  return null;
}

function fit(pattern: string[], parts: string[]): Record<string, string> | null {
  const params: Record<string, string> = {};
  if (parts.length > pattern.length) return null;
  for (const [i, name] of pattern.entries()) {
    const part = parts[i];
    if (!name.startsWith(":")) {
      if (part !== name) return null;
    } else if (part !== undefined) {
      const value = decode(part);
      if (value === null) return null;
      params[name.slice(1).replace("?", "")] = value;
    } else if (!name.endsWith("?")) {
      return null;
    }
  }
  return params;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** Asked before the page is left: the sentence to show, or `null` when nothing would be lost. */
export type Guard = () => string | null;

interface State {
  /** Place in the history, to know how far a refused step has to be taken back. */
  index: number;
  /** How many steps lead back within this screen. */
  steps?: number;
}

class Router {
  /** The address shown. */
  url: URL = $state.raw(new URL(location.href));
  readonly path = $derived(this.url.pathname);
  /** Entries of the history behind this one that show the same path. */
  steps = $state(0);
  /** Of the path alone: a change of the query keeps the screen and its parameters as they are. */
  readonly match: Match | null = $derived(match(this.path));

  #index = 0;
  #scrolls = new Map<number, number>();
  #guards = new Set<Guard>();
  #askLeave: (sentence: string) => Promise<boolean> = async () => true;
  #isTakingBack = false;

  /** Begins to listen to links and to the history; returns how to end. */
  start(askLeave: (sentence: string) => Promise<boolean>): () => void {
    this.#askLeave = askLeave;
    this.#index = (history.state as State | null)?.index ?? 0;
    this.steps = (history.state as State | null)?.steps ?? 0;
    history.replaceState({ index: this.#index, steps: this.steps }, "");
    history.scrollRestoration = "manual";
    const popped = (event: PopStateEvent) => void this.#popped((event.state as State | null) ?? { index: 0 });
    const clicked = (event: MouseEvent) => this.#clicked(event);
    const leaving = (event: BeforeUnloadEvent) => {
      if (this.#objection()) event.preventDefault();
    };
    addEventListener("popstate", popped);
    addEventListener("click", clicked);
    addEventListener("beforeunload", leaving);
    return () => {
      removeEventListener("popstate", popped);
      removeEventListener("click", clicked);
      removeEventListener("beforeunload", leaving);
    };
  }

  /** Shows another address. `keepFocus` is for changes within a screen, such as the item beside a list. */
  async go(href: string, { replace = false, force = false, keepFocus = false } = {}): Promise<boolean> {
    const url = new URL(href, this.url);
    if (url.origin !== location.origin || !isOurs(url.pathname)) {
      location.assign(url.href);
      return true;
    }
    const isNewPath = url.pathname !== this.path;
    const objection = isNewPath && !force ? this.#objection() : null;
    if (objection && !(await this.#askLeave(objection))) return false;
    if (replace) {
      if (isNewPath) this.steps = 0;
      history.replaceState({ index: this.#index, steps: this.steps }, "", url);
    } else {
      this.#scrolls.set(this.#index, scrollY);
      this.#index += 1;
      this.steps = isNewPath ? 0 : this.steps + 1;
      history.pushState({ index: this.#index, steps: this.steps }, "", url);
    }
    this.url = url;
    if (isNewPath && !keepFocus) await arrive(0);
    return true;
  }

  /** One value of the query. */
  query(name: string): string {
    return this.url.searchParams.get(name) ?? "";
  }

  /** Changes values of the query; an empty one goes. Replaces the entry, so that Back leaves the screen. */
  setQuery(change: Record<string, string | null>, { push = false } = {}): void {
    const href = this.href(this.path, change);
    if (href !== this.href(this.path)) void this.go(href, { replace: !push });
  }

  /** The address of `path` with the query as it is, but for these values; an empty one goes. */
  href(path: string, change: Record<string, string | null> = {}): string {
    const search = new URLSearchParams(this.url.searchParams);
    for (const [name, value] of Object.entries(change)) {
      if (value) search.set(name, value);
      else search.delete(name);
    }
    const text = search.toString();
    return text ? `${path}?${text}` : path;
  }

  /** Objects to leaving the path while `guard` returns a sentence; returns how to withdraw. */
  guard(guard: Guard): () => void {
    this.#guards.add(guard);
    return () => this.#guards.delete(guard);
  }

  #objection(): string | null {
    for (const guard of this.#guards) {
      const sentence = guard();
      if (sentence) return sentence;
    }
    return null;
  }

  async #popped({ index, steps = 0 }: State): Promise<void> {
    if (this.#isTakingBack) {
      this.#isTakingBack = false;
      return;
    }
    const url = new URL(location.href);
    const isNewPath = url.pathname !== this.path;
    const objection = isNewPath ? this.#objection() : null;
    if (objection) {
      const by = index - this.#index;
      this.#isTakingBack = true;
      history.go(-by);
      if (await this.#askLeave(objection)) {
        this.#guards.clear();
        history.go(by);
      }
      return;
    }
    this.#scrolls.set(this.#index, scrollY);
    this.#index = index;
    this.steps = steps;
    this.url = url;
    if (isNewPath) await arrive(this.#scrolls.get(index) ?? 0);
  }

  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link?.href || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !isOurs(url.pathname)) return;
    if (url.pathname === this.path && url.search === this.url.search && url.hash) return;
    event.preventDefault();
    void this.go(link.href, { keepFocus: link.dataset.keepFocus !== undefined });
  }
}

/** Below /console, except what is served as a file. */
function isOurs(path: string): boolean {
  return (path === "/console" || path.startsWith("/console/")) && !path.startsWith("/console/assets/");
}

let arrival = 0;

/** Says where one is: the screen's heading takes the focus, once the screen is there. */
async function arrive(scroll: number): Promise<void> {
  const own = ++arrival;
  for (let frames = 0; frames < 120; frames += 1) {
    await tick();
    await new Promise((done) => requestAnimationFrame(done));
    if (own !== arrival) return;
    const heading = document.querySelector<HTMLElement>("main [data-screen] h1");
    if (!heading) continue;
    heading.tabIndex = -1;
    // A page that is one form begins in its first field.
    const field = document.querySelector<HTMLElement>("main [data-screen] [autofocus]");
    (field ?? heading).focus({ preventScroll: true });
    scrollTo(0, scroll);
    return;
  }
}

export const router = new Router();
