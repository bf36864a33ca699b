import { words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Database", tabs: "Parts of the database", calm: "Nothing needs anybody", limit: "should be", remedy: "What to do",
    overview: "Overview", statements: "Statements", slow: "Slow statements", tables: "Tables", indexes: "Indexes",
    engine: "Engine", engines: { sqlite: "SQLite, inside this process", postgres: "PostgreSQL" }, size: "Size", free: "Empty in the file", disk: "Free on the disk", writes: "Writes", perCommit: "Writes per commit",
    log: "Write-ahead log", logDetail: (moved: string, all: string) => `${moved} of ${all} pages moved`, snapshot: "Oldest snapshot", notify: "Room for notifications in use", since: "Counted since", always: "always", at: "Looked at",
    snapshotDetail: (holder: string, state: string, span: string, n: string) => `${holder} (${state}), ${span}, ${n} transactions behind it`,
    pools: "Connections", pool: "Pool", poolNames: { write: "writing", read: "reading", replica: "replica" }, busy: "Busy", of: (n: string, max: string) => `${n} of ${max}`, waiting: "Waiting", waits: "Waits so far", waited: "Waited in all", refused: "Given up", queries: "Statements", average: "Mean time", setting: "Setting",
    replicas: "Replicas", server: "Server", usable: "usable", left: "left out", lag: "Behind", reads: "Reads",
    name: "Name", count: "Runs", seconds: "In all", median: "Median", p99: "99% within", mean: "Mean", find: "Find by name",
    when: "When", took: "Took", rows: "Rows", plan: "Plan", noPlan: "No plan was made: one a minute at most", failed: "failed", done: "done", outcome: "Outcome", noSlow: "No statement was slow", noSlowWhy: "Statements that take longer than store.slow_ms are kept here with their plan.",
    bytes: "Data", indexBytes: "Indexes", dead: "Dead rows", bloat: "Bloat", hot: "Light updates", vacuumed: "Vacuumed", analyzed: "Analysed",
    table: "Table", columns: "Columns", use: "Use", scans: "Scans", unused: "never used", invalid: "broken", covered: (by: string) => `needless beside ${by}`, unique: "unique", fine: "in use", unknown: "not counted here",
    nothing: "Nothing fits", none: "–",
  },
  tr: {
    title: "Veritabanı", tabs: "Veritabanının bölümleri", calm: "İlgi bekleyen bir şey yok", limit: "olması gereken", remedy: "Yapılacak",
    overview: "Özet", statements: "Sorgular", slow: "Yavaş sorgular", tables: "Tablolar", indexes: "Dizinler",
    engine: "Motor", engines: { sqlite: "SQLite, bu sürecin içinde", postgres: "PostgreSQL" }, size: "Boyut", free: "Dosyada boş", disk: "Diskte boş", writes: "Yazma", perCommit: "İşlem başına yazma",
    log: "Ön yazma günlüğü", logDetail: (moved: string, all: string) => `${all} sayfanın ${moved} tanesi taşındı`, snapshot: "En eski görüntü", notify: "Bildirim alanında kullanılan", since: "Sayım başlangıcı", always: "baştan beri", at: "Bakıldı",
    snapshotDetail: (holder: string, state: string, span: string, n: string) => `${holder} (${state}), ${span}, arkasında ${n} işlem`,
    pools: "Bağlantılar", pool: "Havuz", poolNames: { write: "yazma", read: "okuma", replica: "kopya" }, busy: "Dolu", of: (n: string, max: string) => `${n} / ${max}`, waiting: "Bekleyen", waits: "Şimdiye dek bekleyen", waited: "Toplam bekleme", refused: "Vazgeçen", queries: "Sorgu", average: "Ortalama süre", setting: "Ayar",
    replicas: "Kopyalar", server: "Sunucu", usable: "kullanılıyor", left: "dışarıda", lag: "Gecikme", reads: "Okuma",
    name: "Ad", count: "Çalışma", seconds: "Toplam", median: "Ortanca", p99: "%99'u", mean: "Ortalama", find: "Ada göre bul",
    when: "Ne zaman", took: "Süre", rows: "Satır", plan: "Plan", noPlan: "Plan çıkarılmadı: dakikada en çok bir tane", failed: "başarısız", done: "bitti", outcome: "Sonuç", noSlow: "Yavaş sorgu yok", noSlowWhy: "store.slow_ms süresini aşan sorgular planlarıyla burada durur.",
    bytes: "Veri", indexBytes: "Dizinler", dead: "Ölü satır", bloat: "Şişme", hot: "Hafif güncelleme", vacuumed: "Temizlendi", analyzed: "İncelendi",
    table: "Tablo", columns: "Sütunlar", use: "Kullanım", scans: "Tarama", unused: "hiç kullanılmadı", invalid: "bozuk", covered: (by: string) => `${by} varken gereksiz`, unique: "tekil", fine: "kullanılıyor", unknown: "burada sayılmaz",
    nothing: "Uyan bir şey yok", none: "–",
  },
});
