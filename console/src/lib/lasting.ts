import { milliseconds, unit } from "./i18n";

/** A length of time as people say it: `12 ms`, `4.2 s`, `3 min`, `2 hr 5 min`, `3 days`. */
export function lasting(seconds: number): string {
  if (seconds < 90) return milliseconds(seconds * 1_000);
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return unit(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return unit(Math.round(hours / 24), "day");
  return minutes % 60 === 0 ? unit(hours, "hour") : `${unit(hours, "hour")} ${unit(minutes % 60, "minute")}`;
}
