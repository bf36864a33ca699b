//! What PostgreSQL tells about itself.

use std::sync::Arc;

use stdx::Timestamp;

use super::index::{Shape, covered};
use super::{IndexReport, Report, Snapshot, TableReport, Vitals, Watch, natural};
use crate::postgres::Pools;
use crate::{Error, Row};

/// Who holds a snapshot, by what is known of it. Vacuum does not wait for other vacuums.
const SNAPSHOTS: &str = "SELECT * FROM (
    SELECT CASE backend_type WHEN 'walsender' THEN 'replica' ELSE 'session' END, COALESCE(NULLIF(application_name, ''), usename::text, ''),
        pid::bigint, COALESCE(state, ''), GREATEST(age(backend_xmin), age(backend_xid))::bigint AS age,
        EXTRACT(EPOCH FROM clock_timestamp() - xact_start)::float8 AS seconds, COALESCE(backend_xmin, backend_xid)::text
    FROM pg_stat_activity WHERE COALESCE(backend_xmin, backend_xid) IS NOT NULL AND pid <> pg_backend_pid()
        AND (datname = current_database() OR datname IS NULL) AND backend_type <> 'autovacuum worker'
    UNION ALL
    SELECT 'replication slot', slot_name::text, active_pid::bigint, CASE WHEN active THEN 'active' ELSE 'inactive' END,
        GREATEST(age(xmin), age(catalog_xmin))::bigint, NULL, COALESCE(xmin, catalog_xmin)::text
    FROM pg_replication_slots WHERE COALESCE(xmin, catalog_xmin) IS NOT NULL
    UNION ALL
    SELECT 'prepared transaction', gid, NULL, 'prepared', age(transaction)::bigint,
        EXTRACT(EPOCH FROM clock_timestamp() - prepared)::float8, transaction::text
    FROM pg_prepared_xacts WHERE database = current_database()
    ) held ORDER BY age DESC, seconds DESC NULLS LAST LIMIT 20";
const NOTIFY: &str = "SELECT pg_notification_queue_usage()";
const DATABASE: &str = "SELECT pg_database_size(current_database()), \
    (SELECT (EXTRACT(EPOCH FROM stats_reset) * 1000000)::bigint FROM pg_stat_database WHERE datname = current_database())";
/// The bloat is what the pages hold beyond rows of the average width with their heads (28 bytes with the
/// pointer), at the table's fill factor.
const TABLES: &str = "SELECT c.relname::text, COALESCE(s.n_live_tup, 0), pg_table_size(c.oid), pg_indexes_size(c.oid), COALESCE(s.n_dead_tup, 0),
        COALESCE(s.n_tup_upd, 0), COALESCE(s.n_tup_hot_upd, 0), (EXTRACT(EPOCH FROM s.last_autovacuum) * 1000000)::bigint,
        (EXTRACT(EPOCH FROM GREATEST(s.last_autoanalyze, s.last_analyze)) * 1000000)::bigint,
        GREATEST(0, c.relpages::float8 * current_setting('block_size')::int - c.reltuples * (28 + w.width) * 100 / f.fill)::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
    CROSS JOIN LATERAL (SELECT sum(avg_width * (1 - null_frac))::float8 AS width FROM pg_stats
        WHERE schemaname = n.nspname AND tablename = c.relname AND c.reltuples >= 0) w
    CROSS JOIN LATERAL (SELECT COALESCE((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100) AS fill) f
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'm') ORDER BY pg_total_relation_size(c.oid) DESC, c.relname LIMIT 500";
const INDEXES: &str = "SELECT i.relname::text, t.relname::text, pg_relation_size(i.oid), COALESCE(s.idx_scan, 0), x.indisunique::int, x.indisvalid::int,
        (x.indexprs IS NULL AND x.indpred IS NULL AND x.indnatts = x.indnkeyatts)::int, a.amname::text, k.columns, k.keys
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_am a ON a.oid = i.relam
    JOIN pg_namespace n ON n.oid = i.relnamespace LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = i.oid
    CROSS JOIN LATERAL (SELECT jsonb_agg(pg_get_indexdef(i.oid, k + 1, true) ORDER BY k)::text AS columns,
        jsonb_agg(concat_ws(' ', x.indkey[k], x.indclass[k], x.indcollation[k], x.indoption[k]) ORDER BY k)::text AS keys
        FROM generate_series(0, x.indnkeyatts - 1) k) k
    WHERE n.nspname = current_schema() AND i.relkind = 'i' ORDER BY pg_relation_size(i.oid) DESC, i.relname LIMIT 1000";

pub(super) async fn look(pools: &Arc<Pools>, watch: &Watch, vitals: &mut Vitals) -> Result<(), Error> {
    vitals.oldest_snapshot = oldest(&rows(pools, SNAPSHOTS).await?, watch)?;
    vitals.notify_used = rows(pools, NOTIFY).await?.first().map(|row| row.get(0)).transpose()?;
    vitals.replicas = pools.replicas().map(|replicas| replicas.report()).unwrap_or_default();
    Ok(())
}

pub(super) async fn fill(pools: &Arc<Pools>, report: &mut Report) -> Result<(), Error> {
    if let Some(row) = rows(pools, DATABASE).await?.first() {
        report.bytes = natural(row.get(0)?);
        report.counted_since = row.get(1)?;
    }
    report.tables = rows(pools, TABLES).await?.iter().map(table).collect::<Result<_, _>>()?;
    let shapes = rows(pools, INDEXES).await?.iter().map(index).collect::<Result<_, _>>()?;
    report.indexes = covered(shapes);
    Ok(())
}

async fn rows(pools: &Pools, text: &str) -> Result<Vec<Row>, Error> {
    Ok(pools.primary_rows(text, &[]).await?.1)
}

/// The oldest by transactions, and among equals by time.
fn oldest(rows: &[Row], watch: &Watch) -> Result<Option<Snapshot>, Error> {
    let key = |row: &Row| Ok(format!("{} {} {}", row.text(0)?, row.text(1)?, row.text(6)?));
    let keys = rows.iter().map(key).collect::<Result<Vec<String>, Error>>()?;
    let mut oldest: Option<Snapshot> = None;
    for (row, since) in rows.iter().zip(watch.since(&keys)) {
        let seconds: Option<f64> = row.get(5)?;
        let one = Snapshot {
            kind: row.get(0)?,
            holder: row.get(1)?,
            pid: row.get(2)?,
            state: row.get(3)?,
            transactions: natural(row.get(4)?),
            seconds: seconds.unwrap_or_else(|| since.elapsed().as_secs_f64()),
        };
        let age = |s: &Snapshot| (s.transactions, s.seconds);
        if oldest.as_ref().is_none_or(|other| age(&one) > age(other)) {
            oldest = Some(one);
        }
    }
    Ok(oldest)
}

fn table(row: &Row) -> Result<TableReport, Error> {
    let count = |i| row.get(i).map(natural);
    let (updates, hot) = (count(5)?, count(6)?);
    let bloat: Option<i64> = row.get(9)?;
    Ok(TableReport {
        name: row.get(0)?,
        rows: count(1)?,
        rows_exact: false,
        bytes: Some(count(2)?),
        index_bytes: Some(count(3)?),
        dead_rows: Some(count(4)?),
        bloat_bytes: bloat.map(natural),
        hot_ratio: (updates > 0).then(|| hot as f64 / updates as f64),
        vacuumed_at: row.get::<Option<Timestamp>>(7)?,
        analyzed_at: row.get::<Option<Timestamp>>(8)?,
    })
}

fn index(row: &Row) -> Result<Shape, Error> {
    let words =
        |i| -> Result<Vec<String>, Error> { serde_json::from_str(row.text(i)?).map_err(|e| Error::sql(e.to_string())) };
    let (scans, is_unique, is_plain): (i64, bool, bool) = (row.get(3)?, row.get(4)?, row.get(6)?);
    let keys = (is_plain && row.text(7)? == "btree").then(|| words(9)).transpose()?;
    let report = IndexReport {
        name: row.get(0)?,
        table: row.get(1)?,
        columns: words(8)?,
        is_unique,
        is_valid: row.get(5)?,
        bytes: Some(natural(row.get(2)?)),
        scans: Some(natural(scans)),
        is_unused: scans == 0 && !is_unique,
        covered_by: None,
    };
    Ok(Shape { report, keys })
}
