import { fromLocal, toLocal } from "../../lib/time";
import { addDays, weekday } from "./dates";
import { DAYS, type Blackout, type DayName, type Entry, type Settings } from "./types";

/** A post takes a slot from this near, also where no spacing is asked for: as the server counts. */
const REACH_MIN = 1;

const nameOf = (day: string): DayName => DAYS[weekday(day) - 1] ?? "mon";

/** Whether nothing is published when the wall clock shows `local`. Texts in this form are in the order of time. */
export function isBlackedOut(blackouts: readonly Blackout[], local: string): boolean {
  const day = local.slice(0, 10), time = local.slice(11, 16);
  return blackouts.some(({ days, from, to }) => {
    if (!days) return from <= local && local < to;
    const isOn = (one: string) => days.includes(nameOf(one));
    if (to > from) return isOn(day) && from <= time && time < to;
    return (isOn(day) && from <= time) || (isOn(addDays(day, -1)) && time < to);
  });
}

/** The next free slots by settings that are not saved yet. Looks as far as `entries` are known: `days`. */
export function freeSlots(settings: Settings, entries: readonly Entry[], now: number, most: number, days = 31): { at: string; channel: string }[] {
  const taken = entries.filter((entry) => entry.state !== "failed").map((entry) => Date.parse(entry.at));
  const found: { at: string; channel: string; ms: number }[] = [];
  const today = toLocal(now, settings.zone).slice(0, 10);
  for (let i = 0; i < days; i += 1) {
    const day = addDays(today, i);
    for (const [channel, { slots, spacing_min }] of Object.entries(settings.channels)) {
      const reach = Math.max(REACH_MIN, spacing_min) * 60_000;
      for (const time of new Set(slots.filter((slot) => slot.days.includes(nameOf(day)) && slot.time).map((slot) => slot.time))) {
        const ms = fromLocal(`${day}T${time}`, settings.zone).getTime();
        if (ms <= now || taken.some((other) => Math.abs(other - ms) < reach)) continue;
        if (isBlackedOut(settings.blackouts, toLocal(ms, settings.zone))) continue;
        found.push({ at: new Date(ms).toISOString(), channel, ms });
      }
    }
    if (found.length >= most) break;
  }
  return found.sort((a, b) => a.ms - b.ms || a.channel.localeCompare(b.channel)).slice(0, most).map(({ at, channel }) => ({ at, channel }));
}

/** The settings without what was begun and left empty. */
export function tidy(settings: Settings): Settings {
  const channels = Object.entries(settings.channels).map(([name, { slots, spacing_min }]) => {
    const kept = slots.filter((slot) => slot.time && slot.days.length > 0);
    return [name, { slots: kept, spacing_min: Math.max(0, Math.round(Number(spacing_min) || 0)) }] as const;
  });
  return {
    zone: settings.zone.trim(),
    channels: Object.fromEntries(channels.filter(([, one]) => one.slots.length > 0 || one.spacing_min > 0)),
    blackouts: settings.blackouts.map(({ name, days, from, to }) => ({ name: name.trim(), ...(days ? { days } : {}), from, to })),
  };
}
