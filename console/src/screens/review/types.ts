/** A post as the lists show it (`/posts`). */
export interface Post {
  id: string;
  state: string;
  /** The newest version. */
  version: number;
  approved_version: number | null;
  due_at: string | null;
  title: string;
  excerpt: string;
  topic: string;
  language: string;
  score: number;
  grounded: boolean;
  edited: boolean;
  reason: string;
  pipeline: string;
  story: string | null;
  approvals: Person[];
  approvals_needed: number;
  rating: { mean: number; count: number } | null;
  source_names: string[];
  claim: Claim | null;
  created_at: string;
  updated_at: string;
}

/** Somebody who approved. */
export interface Person {
  by: string;
  name: string;
  at: string;
}

export interface Claim {
  by: string;
  name: string;
  until: string;
}

export interface Version {
  post: string;
  version: number;
  title: string;
  excerpt: string;
  /** Markdown. */
  body: string;
  sources: { name: string; title: string; url: string }[];
  analysis: { score_parts?: Part[] };
  /** Places are bytes of the plain text; `source` counts the items of the story as the desk has them. */
  grounding: { supported?: boolean; unsupported?: Unfound[]; sentences?: { start: number; end: number; source: number | null; support: number }[] };
  score: number;
  grounded: boolean;
  /** In millionths of a dollar; nothing of a text that a person wrote. */
  cost?: { model: string; prompt_tokens: number; completion_tokens: number; micros: number } | null;
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

/** A piece of the text that its sources do not hold. */
export interface Unfound {
  kind: "number" | "date" | "unit" | "name" | "quotation" | "direction" | "negation" | "attribution" | "sentence";
  text: string;
}

export interface Review {
  id: string;
  version: number;
  decision: string;
  by: string;
  by_name?: string;
  reason: string;
  /** What a policy looked at. */
  reasons?: Check[];
  at: string;
}

export interface Check {
  check: string;
  passed: boolean;
  detail: string;
}

/** A post with all that a decision needs (`/posts/{id}`). */
export interface Full extends Post {
  newest: Version;
  reviews: Review[];
  deliveries: { channel: string; state: string; version: number }[];
}

export interface Span {
  op: "same" | "add" | "del";
  text: string;
}

/** What differs between two versions, word by word. */
export interface Changes {
  from: number;
  to: number;
  title: Span[];
  excerpt: Span[];
  body: Span[];
}

/** A post as it lies ready on the desk. */
export interface Sheet {
  full: Full;
  /** From the version before; `null` for a first version. */
  changes: Changes | null;
}
