import { language } from "./look";

let zone = "UTC";

/** The site's time zone (IANA name), as the session tells it. */
export const siteZone = (): string => zone;

export function setSiteZone(name: string): void {
  try {
    new Intl.DateTimeFormat(language, { timeZone: name });
    zone = name;
  } catch {
    // A zone this browser does not know: UTC is at least never wrong by a guess.
    zone = "UTC";
  }
}

const kept = new Map<string, Intl.DateTimeFormat>();

/** A formatter in the site's zone; making one costs a millisecond, so they are kept. */
export function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let found = kept.get(key);
  if (!found) kept.set(key, (found = new Intl.DateTimeFormat(language, { timeZone: zone, ...options })));
  return found;
}

type Moment = string | number | Date;

export const date = (at: Moment): string => format({ dateStyle: "medium" }).format(new Date(at));
export const clock = (at: Moment): string => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));

/** A clock that also tells the seconds. */
export const second = (at: Moment): string => format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(at));

/** Date and time with the zone's short name: the exact title of a relative time. */
export function exact(at: Moment): string {
  const options: Intl.DateTimeFormatOptions = {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23", timeZoneName: "short",
  };
  return format(options).format(new Date(at));
}

const relatives = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["month", 2_629_800], ["day", 86_400], ["hour", 3_600], ["minute", 60],
];

/** `3 min. ago`, `in 2 hr.`; below a minute `now`, from a year on the date. */
export function relative(at: Moment, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  if (Math.abs(seconds) >= 31_557_600) return date(at);
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relatives.format(Math.trunc(seconds / length), unit);
  }
  return relatives.format(0, "second");
}

/** Minutes by which the site's zone is ahead of UTC at a moment. */
export function offsetMinutes(at: Moment, timeZone: string = zone): number {
  const instant = new Date(at);
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(instant);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return Math.round((local - Math.floor(instant.getTime() / 1_000) * 1_000) / 60_000);
}

/** The wall clock of the site at a moment, as `datetime-local` fields have it: `2026-11-20T09:30`. */
export function toLocal(at: Moment, timeZone: string = zone): string {
  return new Date(new Date(at).getTime() + offsetMinutes(at, timeZone) * 60_000).toISOString().slice(0, 16);
}

/** The moment at which the site's wall clock shows `local`; of an hour that is skipped in spring, the one after. */
export function fromLocal(local: string, timeZone: string = zone): Date {
  const wall = new Date(`${local.slice(0, 16)}:00Z`).getTime();
  const first = wall - offsetMinutes(wall, timeZone) * 60_000;
  return new Date(wall - offsetMinutes(first, timeZone) * 60_000);
}
