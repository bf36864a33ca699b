/** A post as the list has it. */
export interface Post {
  id: string;
  state: string;
  version: number;
  approved_version: number | null;
  published_version: number | null;
  due_at: string | null;
  published_at: string | null;
  title: string;
  topic: string;
  language: string;
  score: number;
  edited: boolean;
  author: string;
  approvals: { by: string; name: string; at: string }[];
  source_names: string[];
  claim: { by: string; name: string; until: string } | null;
  updated_at: string;
}
