//! What SQLite tells about itself, without reading whole tables.

use std::collections::HashMap;

use super::index::{Shape, covered};
use super::{IndexReport, LogReport, Report, TableReport, Vitals, natural};
use crate::Error;
use crate::lite::{Lite, Session};

/// Rows that are counted; of a larger table without statistics only this much is known.
const COUNTED_MAX: u64 = 100_000;

const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
    AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY name LIMIT 500";
const ANALYZED: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'";
const STATISTICS: &str = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl";
/// Name, table, whether it is unique and partial, columns, and these as they are compared.
const INDEXES: &str = "SELECT l.name, t.name, l.\"unique\", l.partial, \
    (SELECT json_group_array(COALESCE(c.name, 'expression')) FROM (SELECT * FROM pragma_index_xinfo(l.name) WHERE key = 1 ORDER BY seqno) c), \
    (SELECT json_group_array(concat_ws(' ', c.name, c.\"desc\", c.coll)) FROM (SELECT * FROM pragma_index_xinfo(l.name) WHERE key = 1 ORDER BY seqno) c), \
    (SELECT count(*) FROM pragma_index_xinfo(l.name) WHERE key = 1 AND name IS NULL) \
    FROM sqlite_schema t, pragma_index_list(t.name) l WHERE t.type = 'table' ORDER BY t.name, l.name LIMIT 1000";

pub(super) async fn look(lite: &Lite, vitals: &mut Vitals) -> Result<(), Error> {
    let rows = lite.readers().run(|session| session.rows("PRAGMA wal_checkpoint(NOOP)", &[], 1)).await?;
    if let Some(row) = rows.first() {
        let bytes = std::fs::metadata(lite.log()).map_or(0, |log| log.len());
        vitals.log = Some(LogReport { bytes, pages: natural(row.get(1)?), pages_moved: natural(row.get(2)?) });
    }
    let disk = rustix::fs::statvfs(lite.folder()).map_err(std::io::Error::from)?;
    vitals.disk_free_bytes = Some(disk.f_bavail.saturating_mul(disk.f_frsize));
    Ok(())
}

pub(super) async fn fill(lite: &Lite, report: &mut Report) -> Result<(), Error> {
    let (bytes, free, tables, indexes) = lite
        .readers()
        .run(|session| {
            let page = pragma(session, "page_size")?;
            let (pages, free) = (pragma(session, "page_count")?, pragma(session, "freelist_count")?);
            Ok((pages * page, free * page, tables(session)?, indexes(session)?))
        })
        .await?;
    (report.bytes, report.free_bytes, report.tables, report.indexes) = (bytes, Some(free), tables, indexes);
    Ok(())
}

fn pragma(session: &mut Session, name: &str) -> Result<u64, Error> {
    let rows = session.rows(&format!("PRAGMA {name}"), &[], 1)?;
    rows.first().ok_or(Error::NoRow { statement: "pragma" })?.get(0).map(natural)
}

fn tables(session: &mut Session) -> Result<Vec<TableReport>, Error> {
    let mut known: HashMap<String, u64> = HashMap::new();
    if !session.rows(ANALYZED, &[], 1)?.is_empty() {
        for row in session.rows(STATISTICS, &[], usize::MAX)? {
            known.insert(row.get(0)?, natural(row.get(1)?));
        }
    }
    let mut tables = Vec::new();
    for row in session.rows(TABLES, &[], usize::MAX)? {
        let name: String = row.get(0)?;
        let text =
            format!("SELECT count(*) FROM (SELECT 1 FROM \"{}\" LIMIT {COUNTED_MAX})", name.replace('"', "\"\""));
        let counted =
            session.rows(&text, &[], 1)?.first().ok_or(Error::NoRow { statement: "count" })?.get(0).map(natural)?;
        let rows_exact = counted < COUNTED_MAX;
        let rows = if rows_exact { counted } else { counted.max(known.get(&name).copied().unwrap_or(0)) };
        tables.push(TableReport {
            name,
            rows,
            rows_exact,
            bytes: None,
            index_bytes: None,
            dead_rows: None,
            bloat_bytes: None,
            hot_ratio: None,
            vacuumed_at: None,
            analyzed_at: None,
        });
    }
    tables.sort_by_key(|table| std::cmp::Reverse(table.rows));
    Ok(tables)
}

fn indexes(session: &mut Session) -> Result<Vec<IndexReport>, Error> {
    let mut shapes = Vec::new();
    for row in session.rows(INDEXES, &[], usize::MAX)? {
        let words = |i| -> Result<Vec<String>, Error> {
            serde_json::from_str(row.text(i)?).map_err(|e| Error::sql(e.to_string()))
        };
        let (is_partial, expressions): (bool, i64) = (row.get(3)?, row.get(6)?);
        let report = IndexReport {
            name: row.get(0)?,
            table: row.get(1)?,
            columns: words(4)?,
            is_unique: row.get(2)?,
            is_valid: true,
            bytes: None,
            scans: None,
            is_unused: false,
            covered_by: None,
        };
        let keys = (!is_partial && expressions == 0).then(|| words(5)).transpose()?;
        shapes.push(Shape { report, keys });
    }
    Ok(covered(shapes))
}
