export interface Policy {
  automatic: boolean;
  score_min: number;
  grounded: boolean;
  trust_min: number;
  engagement_min: number;
  topics_held: string[];
  two_people: boolean;
}

export interface Pipeline {
  id: string;
  name: string;
  providers: string[];
  /** The names of what it drafts with; `null`: as its kind and language have it, and no voice. Missing on an older server. */
  prompt?: string | null;
  voice?: string | null;
  sentences_max: number;
  words_max: number;
  /** Drafts from which a person chooses. Missing on an older server. */
  variants?: number;
  policy: Policy;
}
