// What /database tells.

export interface Alarm { kind: string; severity: "warning" | "error"; subject: string; seen: string; limit: string; remedy: string }
export interface Pool {
  name: string; server: string; setting: string; max: number; total: number; active: number; idle: number; waiting: number; utilisation: number;
  made: number; waits: number; waited_s: number; refused: number; queries: number; query_s: number;
}
export interface Statement { name: string; count: number; seconds: number; p50_s: number; p99_s: number }
export interface Slow { name: string; at: string; seconds: number; rows: number; failed: boolean; plan: string[] }
export interface DatabaseTable {
  name: string; rows: number; rows_exact: boolean; bytes: number | null; index_bytes: number | null; dead_rows: number | null; bloat_bytes: number | null;
  hot_ratio: number | null; vacuumed_at: string | null; analyzed_at: string | null;
}
export interface DatabaseIndex {
  name: string; table: string; columns: string[]; is_unique: boolean; is_valid: boolean; bytes: number | null; scans: number | null; is_unused: boolean; covered_by: string | null;
}
export interface Database {
  engine: "sqlite" | "postgres";
  at: string;
  alarms: Alarm[];
  bytes: number;
  free_bytes: number | null;
  writes: number;
  commits: number;
  writes_per_commit: number;
  pools: Pool[];
  statements: Statement[];
  slow: Slow[];
  oldest_snapshot: { kind: string; holder: string; pid: number | null; state: string; transactions: number; seconds: number } | null;
  notify_used: number | null;
  replicas: { server: string; is_usable: boolean; fault: string; lag_s: number; behind_bytes: number; reads: number }[];
  log: { bytes: number; pages: number; pages_moved: number } | null;
  disk_free_bytes: number | null;
  tables: DatabaseTable[];
  indexes: DatabaseIndex[];
  counted_since: string | null;
}
