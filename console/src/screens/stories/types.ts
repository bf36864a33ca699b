export interface Story {
  id: string;
  title: string;
  pipeline: string;
  language: string;
  items: number;
  sources: number;
  /** The server's sentence; see {@link reasonOf}. */
  because: string;
  first_at: string;
  last_at: string;
  post: string | null;
}

export interface Item {
  id: string;
  source: string;
  source_name: string;
  url: string | null;
  title: string;
  language: string;
  text: string;
  published_at: string;
  standing: string;
  story: string | null;
  /** What it shared with its story when it joined. */
  because: string[];
  /** What in it speaks to a model, each as `kind: words`. */
  suspicious: string[];
}

export interface Post {
  id: string;
  title: string;
  state: string;
  score: number;
  language: string;
  updated_at: string;
}
