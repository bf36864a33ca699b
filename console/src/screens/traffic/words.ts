import { words } from "../../lib/i18n";

export const w = words({
  en: {
    title: "Traffic", charts: "The last hour", requests: "Requests a second", requestsLine: "requests", errorsLine: "errors", times: "Time to answer",
    hits: "Answered from the cache", hitsLine: "share", queue: "Jobs that wait", queueLine: "due", cpu: "Processors in use", cpuLine: "in use", memory: "Memory", memoryLine: "resident",
    clients: "Live connections", clientsLine: "open", health: "Health", since: "Since",
    parts: { store: "Database", queue: "Queue", disk: "Disk", cache: "Cache", "remote caches": "Caches in front", sources: "Sources", providers: "Text providers" },
    routes: "Routes", routesWhy: "of this process in the last hour, the slowest first", route: "Route", count: "Answers", failed: "Failed", median: "Median", p95: "95% within", p99: "99% within",
    statuses: "Answers by status", status: { "1xx": "1xx, under way", "2xx": "2xx, answered", "3xx": "3xx, moved or unchanged", "4xx": "4xx, refused", "5xx": "5xx, failed" },
    none: "–", noRoutes: "Nothing was asked yet", version: (text: string) => `Version ${text}`,
  },
  tr: {
    title: "Trafik", charts: "Son bir saat", requests: "Saniyede istek", requestsLine: "istek", errorsLine: "hata", times: "Yanıt süresi",
    hits: "Önbellekten yanıtlanan", hitsLine: "pay", queue: "Bekleyen iş", queueLine: "sırası gelen", cpu: "Kullanılan işlemci", cpuLine: "kullanılan", memory: "Bellek", memoryLine: "yerleşik",
    clients: "Canlı bağlantı", clientsLine: "açık", health: "Sağlık", since: "Ne zamandan beri",
    parts: { store: "Veritabanı", queue: "Kuyruk", disk: "Disk", cache: "Önbellek", "remote caches": "Öndeki önbellekler", sources: "Kaynaklar", providers: "Metin sağlayıcıları" },
    routes: "Yollar", routesWhy: "bu sürecin son bir saati, en yavaşı önce", route: "Yol", count: "Yanıt", failed: "Başarısız", median: "Ortanca", p95: "%95'i", p99: "%99'u",
    statuses: "Duruma göre yanıtlar", status: { "1xx": "1xx, sürüyor", "2xx": "2xx, yanıtlandı", "3xx": "3xx, taşındı ya da değişmedi", "4xx": "4xx, reddedildi", "5xx": "5xx, başarısız" },
    none: "–", noRoutes: "Henüz istek yok", version: (text: string) => `Sürüm ${text}`,
  },
});
