import type { Action } from "../lib/session.svelte";
import type { IconName } from "./Icon.svelte";
import { w } from "./words";

export interface Place {
  id: string;
  href: string;
  label: string;
  icon: IconName;
  keys?: string;
  /** Shown to those who may do this. */
  needs?: Action;
}

/** Everywhere one can go, in the order of the menu. */
export const places: readonly { label: string; places: readonly Place[] }[] = [
  {
    label: w.nav.desk,
    places: [
      { id: "overview", href: "/console", label: w.nav.overview, icon: "overview", keys: "g o" },
      { id: "review", href: "/console/review", label: w.nav.review, icon: "review", keys: "g r" },
      { id: "content", href: "/console/posts", label: w.nav.posts, icon: "posts", keys: "g c" },
      { id: "calendar", href: "/console/calendar", label: w.nav.calendar, icon: "calendar", keys: "g k" },
      { id: "stories", href: "/console/stories", label: w.nav.stories, icon: "stories" },
      { id: "sources", href: "/console/sources", label: w.nav.sources, icon: "sources" },
    ],
  },
  {
    label: w.nav.works,
    places: [
      { id: "jobs", href: "/console/jobs", label: w.nav.jobs, icon: "jobs", keys: "g j" },
      { id: "queues", href: "/console/queues", label: w.nav.queues, icon: "filter" },
      { id: "cron", href: "/console/cron", label: w.nav.cron, icon: "clock" },
      { id: "cache", href: "/console/cache", label: w.nav.cache, icon: "cache" },
      { id: "traffic", href: "/console/traffic", label: w.nav.traffic, icon: "traffic" },
      { id: "database", href: "/console/database", label: w.nav.database, icon: "copy" },
    ],
  },
  {
    label: w.nav.house,
    places: [
      { id: "prompts", href: "/console/prompts", label: w.nav.prompts, icon: "edit" },
      { id: "spending", href: "/console/spending", label: w.nav.spending, icon: "spending" },
      { id: "people", href: "/console/people", label: w.nav.people, icon: "people", needs: "admin" },
      { id: "settings", href: "/console/settings", label: w.nav.settings, icon: "settings", keys: "g s" },
    ],
  },
];

/** Always at hand on a narrow screen; the rest is behind "More". */
export const FIRST = ["overview", "review", "content", "calendar"];
export const everywhere: readonly Place[] = places.flatMap((group) => group.places);
