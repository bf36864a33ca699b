import type { Action } from "./lib/session.svelte";

/** An address of the console and the screen folder that shows it; `:id?` may be missing. */
export interface Route {
  pattern: string;
  screen: string;
  /** Reached without a session. */
  isOpen?: boolean;
  /** What one must be allowed to do to see it. */
  needs?: Action;
  /** The same of some of its tabs (`?tab=`). */
  tabs?: Readonly<Record<string, Action>>;
}

/** Every address. Pure data: the build reads it too, to list the files of each screen. */
export const routes: readonly Route[] = [
  { pattern: "/console", screen: "overview" },
  { pattern: "/console/welcome", screen: "welcome" },
  { pattern: "/console/review/:id?", screen: "review" },
  { pattern: "/console/posts", screen: "content" },
  { pattern: "/console/posts/:id", screen: "editor" },
  { pattern: "/console/stories/:id?", screen: "stories" },
  { pattern: "/console/sources/:id?", screen: "sources" },
  { pattern: "/console/sources/:id/rules", screen: "rules" },
  { pattern: "/console/calendar", screen: "calendar" },
  { pattern: "/console/queues", screen: "queues" },
  { pattern: "/console/jobs/:id?", screen: "jobs" },
  { pattern: "/console/cron", screen: "cron" },
  { pattern: "/console/database", screen: "database" },
  { pattern: "/console/cache", screen: "cache" },
  { pattern: "/console/traffic", screen: "traffic" },
  { pattern: "/console/prompts/:name?", screen: "prompts" },
  { pattern: "/console/spending", screen: "spending" },
  { pattern: "/console/people", screen: "people", needs: "admin" },
  { pattern: "/console/settings", screen: "settings", tabs: { configuration: "admin" } },
  { pattern: "/console/sign-in", screen: "sign-in", isOpen: true },
  { pattern: "/console/invitation", screen: "invitation", isOpen: true },
];
