// What /traffic, the live topic `traffic` and /health tell.

export const FIGURES = ["requests_s", "errors_s", "p50_ms", "p95_ms", "p99_ms", "hit_ratio", "queue_depth", "cpu", "rss_bytes", "live_clients"] as const;
export type Figure = (typeof FIGURES)[number];
export type Point = Record<Figure, number | null>;
type Series = Record<Figure, (number | null)[]>;

export interface Route {
  method: string;
  route: string;
  count: number;
  errors: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

export interface Traffic extends Series {
  times: string[];
  routes: Route[];
  statuses: Record<string, number>;
}

export interface Health {
  status: string;
  version: string;
  components: { name: string; state: string; reason: string | null; checked_at: string; since: string }[];
}
