export interface Checklist {
  source: boolean;
  draft: boolean;
  approval: boolean;
  publication: boolean;
}

export const STEPS = ["source", "draft", "approval", "publication"] as const;
export type Step = (typeof STEPS)[number];

export interface Preview {
  url: string;
  final_url: string;
  kind: string | null;
  title: string | null;
  entries: number;
  items: { title: string | null; excerpt: string; published_at: string | null }[];
  found: { url: string; title: string | null }[];
}

export interface Source {
  id: string;
  name: string;
  url: string;
  state: string;
  outcome: string | null;
  error: string | null;
  items: number;
}

export interface Post {
  id: string;
  title: string;
  state: string;
  slug: string;
  due_at: string | null;
}
