export interface Source {
  id: string;
  /** Only a feed is visited. */
  kind: string;
  url: string;
  name: string;
  state: string;
  pipeline: string;
  site_url: string | null;
  language: string | null;
  interval_s: number;
  /** It is visited at its own pace; until that is known, by the interval. */
  adaptive: boolean;
  rhythm_s: number | null;
  /** Where it was before its site moved it. */
  url_before: string | null;
  polled_at: string | null;
  next_poll_at: string | null;
  outcome: string | null;
  error: string | null;
  failures: number;
  failing_since: string | null;
  has_login: boolean;
  /** How it stands with a hub that tells of it. */
  hub: string | null;
  items: number;
  created_at: string;
}

export interface Visit {
  at: string;
  outcome: string;
  detail: string;
  ms: number | null;
}

export interface Preview {
  url: string;
  final_url: string;
  /** `null` for a page. */
  kind: string | null;
  title: string | null;
  site_url: string | null;
  language: string | null;
  entries: number;
  newest_at: string | null;
  items: { title: string | null; url: string | null; published_at: string | null; excerpt: string }[];
  found: { url: string; title: string | null; entries: number; problem: string | null }[];
}

/** An entry of a feed. */
export interface Item {
  id: string;
  source: string;
  source_name: string;
  url: string | null;
  title: string;
  /** ISO 639-1, or `und`. */
  language: string;
  text: string;
  published_at: string;
  standing: string;
  story: string | null;
  /** From 1. */
  version: number;
}

export interface Pipeline {
  id: string;
  name: string;
}
