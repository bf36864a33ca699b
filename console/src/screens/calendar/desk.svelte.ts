import { asProblem, call, type ApiProblem } from "../../lib/api";
import { follow } from "../../lib/live.svelte";
import { load } from "../../lib/load.svelte";
import { media } from "../../lib/media.svelte";
import { router } from "../../lib/router.svelte";
import { may } from "../../lib/session.svelte";
import { now } from "../../lib/ticker.svelte";
import { format, fromLocal, setSiteZone, siteZone } from "../../lib/time";
import { complain, toast } from "../../lib/toast.svelte";
import type { When } from "../../parts/when";
import { dayOf, daysOf, firstWeekday, isDay, onDay, rangeOf } from "./dates";
import { blackoutAt, byDay } from "./items";
import type { Brief, Calendar, Entry, Movable, Settings, View } from "./types";
import { w } from "./words";

const VIEWS = new Set<string>(["month", "week", "agenda"]);
/** A burst of news is one reading. */
const GATHER_MS = 700;

/** What the dialog is opened with. */
export interface Asked {
  item: Movable;
  /** A moment that was meant already, by a drop. */
  at?: string;
  problem?: ApiProblem;
}

export const write = (at: string | number): string =>
  format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" }).format(new Date(at));

/** The days shown, what stands on them, and how it is moved. Make it while a component is made. */
export class CalendarDesk {
  readonly view: View = $derived.by(() => {
    const asked = router.query("view");
    return VIEWS.has(asked) ? (asked as View) : media.isNarrow ? "agenda" : "month";
  });
  /** The zone may turn out to be another one than the session said. */
  zone = $state(siteZone());
  readonly today = $derived((void this.zone, dayOf(now())));
  readonly day = $derived(isDay(router.query("date")) ? router.query("date") : this.today);
  readonly days = $derived(daysOf(this.view, this.day, firstWeekday(this.zone)));
  readonly range = $derived((void this.zone, rangeOf(this.days)));

  shown: Calendar | null = $state.raw(null);
  /** Arrived while the pointer was over a post: it waits. */
  held: Calendar | null = $state.raw(null);
  /** Moves whose answer is not there yet, or not yet part of what is shown. */
  moves: ReadonlyMap<string, string> = $state.raw(new Map());
  dragged: Movable | null = $state.raw(null);
  asked: Asked | null = $state.raw(null);

  readonly canMove = may("publish");
  readonly canApprove = may("publish") && may("judge");
  readonly canSet = may("configure");

  #isPointed = false;
  #isPressed = false;
  #shownRange = "";
  #mustShow = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly read = load(async (signal) => {
    const range = this.range;
    const calendar = await call<Calendar>("GET", "/calendar", { query: range, signal });
    if (!signal.aborted) this.#take(calendar, range.from + range.to);
    return calendar;
  });
  readonly settings = load(async (signal) => (this.canSet ? call<Settings>("GET", "/calendar/settings", { signal }) : null));
  readonly spacing = $derived(Object.fromEntries(Object.entries(this.settings.data?.channels ?? {}).map(([name, one]) => [name, one.spacing_min])));

  readonly entries: Entry[] = $derived(
    this.shown?.entries.map((entry) => {
      const at = entry.fixed ? undefined : this.moves.get(entry.post);
      return at ? { ...entry, at } : entry;
    }) ?? [],
  );
  readonly planned = $derived(byDay(this.days, { entries: this.entries, slots: this.#slots(), blackouts: this.shown?.blackouts ?? [] }, this.spacing, now()));

  constructor() {
    const soon = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.read.reload();
      }, GATHER_MS);
    };
    follow("posts", soon, soon);
    $effect(() => () => clearTimeout(this.#timer));
  }

  /** The pointer rests on a post, or has left it: nothing may move from under it. */
  point(isPointed: boolean): void {
    this.#isPointed = isPointed;
    if (!isPointed && this.held && !this.dragged) this.showHeld();
  }

  /** The pointer is pressed on a post, which may become a drag, or is released. */
  press(isPressed: boolean): void {
    this.#isPressed = isPressed;
  }

  showHeld(): void {
    if (this.held) this.shown = this.held;
    this.held = null;
    // What was moved meanwhile stands in it.
    if (this.#mustShow) this.moves = new Map();
    this.#mustShow = false;
  }

  /** A slot that a post has just been put into is no gap, before the server says so. */
  #slots() {
    const slots = this.shown?.slots ?? [];
    if (this.moves.size === 0) return slots;
    const taken = new Set([...this.moves.values()].map((at) => Date.parse(at)));
    return slots.map((slot) => (taken.has(Date.parse(slot.at)) ? { ...slot, post: slot.post ?? "taken" } : slot));
  }

  #take(calendar: Calendar, range: string): void {
    if (calendar.zone !== siteZone()) {
      setSiteZone(calendar.zone);
      this.zone = siteZone();
    }
    const isSame = JSON.stringify(calendar) === JSON.stringify(this.shown);
    const isHeld = this.#isPressed || this.dragged !== null || (this.#isPointed && !this.#mustShow);
    if (isHeld && range === this.#shownRange) {
      this.held = isSame ? null : calendar;
      return;
    }
    this.held = null;
    this.#shownRange = range;
    this.#mustShow = false;
    if (isSame) return;
    const focused = document.activeElement?.closest<HTMLElement>("[data-key]")?.dataset.key;
    this.shown = calendar;
    // A post that somebody else has put on another day takes the focus along.
    if (focused) requestAnimationFrame(() => document.activeElement === document.body && this.#focus(focused));
  }

  movable(from: Entry | Brief): Movable | null {
    const { post, title, state } = from;
    if ("at" in from) return this.canMove && !from.fixed ? { post, title, state, at: from.at, version: null } : null;
    if (state === "in_review") return this.canApprove ? { post, title, state, at: null, version: from.version } : null;
    return this.canMove ? { post, title, state, at: null, version: null } : null;
  }

  /** A drop on a day keeps the time. What has none yet is asked for one. */
  drop(day: string): void {
    const item = this.#dropped();
    if (!item) return;
    if (item.at === null) this.asked = { item, at: this.#timeOn(day) };
    else if (dayOf(item.at) !== day) void this.#put(item, onDay(item.at, day).toISOString());
  }

  /** A drop on a gap takes the gap's time. */
  dropOn(at: string): void {
    const item = this.#dropped();
    if (!item) return;
    // An approval is given on purpose only, never by a slip of the hand.
    if (item.version !== null) this.asked = { item, at };
    else void this.#put(item, at);
  }

  #dropped(): Movable | null {
    const item = this.dragged;
    this.dragged = null;
    return item;
  }

  #timeOn(day: string): string {
    const free = this.planned.find((one) => one.day === day)?.items.find((item) => item.kind === "free");
    if (free) return free.at;
    return fromLocal(`${day}T09:00`).toISOString();
  }

  async #put(item: Movable, at: string): Promise<void> {
    if (Date.parse(at) <= Date.now()) {
      toast(w.past, { tone: "bad" });
      return;
    }
    const problem = await this.plan(item, { due_at: at });
    if (problem?.code === "blackout") this.asked = { item, at, problem };
    else if (problem) complain(problem);
  }

  /** Gives a post a time, approving it if it waits for that; what went wrong, or `null`. */
  async plan(item: Movable, when: When): Promise<ApiProblem | null> {
    // Seen at once; the server has the last word.
    if (item.at !== null && when.due_at) this.#move(item.post, when.due_at);
    try {
      const path = item.version === null ? "schedule" : "approval";
      const body = item.version === null ? when : { ...when, version: item.version };
      const after = await call<{ due_at: string | null; state: string }>("POST", `/posts/${item.post}/${path}`, { body });
      const due = after.due_at;
      if (item.at !== null && due) this.#move(item.post, due);
      const former = item.at;
      const undo = item.version !== null ? () => this.#withdraw(item) : former !== null ? () => this.#back(item, former) : undefined;
      toast(due ? w.moved(item.title, write(due)) : w.endorsed(item.title), undo ? { undo } : {});
      await this.#fresh();
      this.#focus(item.post);
      return null;
    } catch (thrown) {
      this.#move(item.post, null);
      const problem = asProblem(thrown);
      if (problem && problem.code !== "blackout") await this.#fresh();
      return problem;
    }
  }

  async #back(item: Movable, former: string): Promise<void> {
    this.#move(item.post, former);
    try {
      // It stood there before, so that a blackout does not speak against it.
      await call("POST", `/posts/${item.post}/schedule`, { body: { due_at: former, force: true } });
      toast(w.back(item.title, write(former)));
    } catch (thrown) {
      this.#move(item.post, null);
      complain(thrown);
    }
    await this.#fresh();
    this.#focus(item.post);
  }

  async #withdraw(item: Movable): Promise<void> {
    try {
      await call("DELETE", `/posts/${item.post}/approval`);
      toast(w.withdrawn(item.title));
    } catch (thrown) {
      complain(thrown);
    }
    await this.#fresh();
  }

  /** While the pointer rests on a post, or drags one, the page does not scroll to where the focus goes. */
  #focus(post: string): void {
    focusOn(post, () => this.#isPointed || this.dragged !== null);
  }

  /** Reads anew and shows it, wherever the pointer is, unless it drags: it was this person's own doing. */
  async #fresh(): Promise<void> {
    this.#mustShow = true;
    await this.read.reload();
    if (!this.held) this.moves = new Map();
  }

  #move(post: string, at: string | null): void {
    const moves = new Map(this.moves);
    if (at) moves.set(post, at);
    else moves.delete(post);
    this.moves = moves;
  }

  /** Everything anew, after the settings were changed. */
  async renew(): Promise<void> {
    this.#mustShow = true;
    await Promise.all([this.settings.reload(), this.read.reload()]);
  }

  blackoutAt = (at: number) => blackoutAt(this.shown?.blackouts ?? [], at);
}

/** Puts the focus on a post of the calendar by its key, if it is there, and shows it unless `stays`. */
export function focusOn(key: string, stays = () => false): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: stays() }));
}
