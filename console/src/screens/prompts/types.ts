// What /prompts and /voices tell.

export interface Prompt {
  name: string;
  kind: string;
  language: string;
  description: string;
  origin: "built_in" | "own" | "changed";
  /** The first 16 hexadecimal digits of the SHA-256 of its source. */
  version: string;
  versions: number;
  figures: Figures | null;
}

export type Whole = Prompt & { source: string };

/** What became of the drafts of a version; shares from 0 to 1, `null` while nothing has been decided. */
export interface Figures {
  drafts: number;
  decided: number;
  accepted: number;
  acceptance_rate: number | null;
  /** How much people changed of it before it was published. */
  edit_distance: number | null;
  cost_micros: number;
}

export interface PromptVersion {
  version: string;
  created_at: string | null;
  by: string | null;
  note: string;
  is_current: boolean;
  figures: Figures;
}

/** `line` counts from 1; `null` for the whole. */
export interface Fault {
  line: number | null;
  message: string;
}

export interface Preview {
  messages: { role: string; text: string }[];
  tokens_estimated: number;
  version: string;
  faults: Fault[];
}

/** What of a voice may differ on a channel. */
export interface Variant {
  tone?: string;
  audience?: string;
  language?: string;
  words_max?: number | null;
  dos?: string[];
  donts?: string[];
  examples?: string[];
}

export interface Voice extends Required<Variant> {
  name: string;
  /** By the kind of the channel. */
  channels: Record<string, Variant>;
}

export const KINDS = ["news_post", "linkedin_post", "product_text", "newsletter_item", "headline_set", "social_thread"] as const;
