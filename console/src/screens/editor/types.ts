/** What people write of a post. */
export interface Text {
  title: string;
  excerpt: string;
  /** Markdown. */
  body: string;
  topic: string;
}

/** A text with the version it was begun on; 0 when there is none yet. */
export interface Based extends Text {
  base_version: number;
}

export interface Source {
  name: string;
  title: string;
  url: string;
}

/** A piece of a version that its sources do not hold. */
export interface Unfound {
  kind: "number" | "date" | "unit" | "name" | "quotation" | "direction" | "negation" | "attribution" | "sentence";
  text: string;
}

export interface Version {
  version: number;
  title: string;
  excerpt: string;
  body: string;
  sources: Source[];
  analysis: Partial<Analysis>;
  grounding: { supported?: boolean; unsupported?: Unfound[] };
  score: number;
  grounded: boolean;
  by: string;
  created_at: string;
}

/** A part of the score, 0 to 1, with what it found. */
export interface Part {
  name: string;
  value: number;
  weight: number;
  reason: string;
}

/** What `/analyze` answers, as far as it is shown here. */
export interface Analysis {
  language: string;
  counts: { chars: number; words: number; sentences: number };
  structure: { words: number; paragraphs: number };
  score: number;
  score_parts: Part[];
  suggestions: Suggestion[];
  /** What would raise the score most, by how much. */
  fix_first: { code: string; gain: number }[];
}

/** Advice about the characters (code points) `start` to `end`; about the title and other things at 0 to 0. */
export interface Suggestion {
  code: string;
  message: string;
  start: number;
  end: number;
}

export interface Review {
  id: string;
  version: number;
  decision: string;
  by: string;
  reason: string;
  reasons?: { check: string; passed: boolean; detail: string }[];
  at: string;
}

/** A fact of the post's log. */
export interface Recorded {
  pos: number;
  version: number;
  actor: string;
  at: string;
  event: { kind: string; version?: number; due_at?: string; channel?: string; automatic?: boolean; remote_id?: string };
}

export interface Delivery {
  channel: string;
  state: string;
  version: number;
  remote_id?: string | null;
}

export interface Post {
  id: string;
  state: string;
  /** The newest version. */
  version: number;
  approved_version: number | null;
  published_version: number | null;
  due_at: string | null;
  published_at: string | null;
  title: string;
  excerpt: string;
  slug: string;
  topic: string;
  language: string;
  reason: string;
  author: string;
  approvals: { by: string; name: string; at: string }[];
  approvals_needed: number;
  claim: { by: string; name: string; until: string } | null;
  updated_at: string;
}

/** A post with all that is known of it (`/posts/{id}`). */
export interface Full extends Post {
  newest: Version;
  reviews: Review[];
  deliveries: Delivery[];
  events: Recorded[];
  /** What people call the principals. */
  names?: Record<string, string>;
}

/** Somebody else who types. */
export interface Other {
  name: string;
  saved_at: string;
}

/** The answer about working copies. */
export interface Desktop {
  saved_at: string;
  newest_version: number;
  others: Other[];
}

export interface Span {
  op: "same" | "add" | "del";
  text: string;
}
