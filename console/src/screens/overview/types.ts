export interface Notification {
  kind: string;
  severity: "error" | "warning";
  /** The server's English sentence, for kinds that have no words here. */
  text: string;
  count: number | null;
  href: string;
  at: string;
}

export interface Activity {
  at: string;
  actor: string;
  name: string | null;
  what: string;
  post: string;
  title: string;
}

export interface Checklist {
  source: boolean;
  draft: boolean;
  approval: boolean;
  publication: boolean;
}

export interface Traffic {
  times: string[];
  requests_s: (number | null)[];
  errors_s: (number | null)[];
  p95_ms: (number | null)[];
}

export interface Dashboard {
  health: { state: string; sentence: string };
  review: { waiting: number; oldest_at: string | null };
  failed_publications: number;
  dead_letters: number;
  sources: { active: number; failing: number };
  requests_per_s: number;
  p95_ms: number | null;
  hit_ratio: number | null;
  queue_depth: number;
  published_today: number;
  checklist: Checklist;
  charts: Traffic;
  notifications: Notification[];
  analytics: { days: { date: string; drafted: number; published: number }[]; sources: { id: string; name: string; items: number }[] };
  recent_activities: Activity[];
}

export const steps = ["source", "draft", "approval", "publication"] as const;

/** Whether the first steps are all done: then nobody needs to be led any more. */
export function isSetUp(list: Checklist): boolean {
  return steps.every((step) => list[step]);
}

/** What people want to hear of; the steps between are on the post's own timeline. */
const TOLD = new Set(["created", "approved", "endorsed", "rejected", "approval_withdrawn", "rescheduled", "published", "publishing_failed", "delivery_failed", "retracted"]);

/** The last that happened to each post, the newest first. */
export function told(activities: readonly Activity[], count: number): Activity[] {
  const seen = new Set<string>();
  return activities.filter(({ what, post }) => TOLD.has(what) && !seen.has(post) && seen.add(post)).slice(0, count);
}
