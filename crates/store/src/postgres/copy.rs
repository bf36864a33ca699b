//! Many rows by a binary COPY. Source of the format: PostgreSQL's manual, page "COPY", section "Binary Format".

use std::pin::pin;

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::Object;
use futures_util::SinkExt;
use tokio_postgres::types::{IsNull, Type};

use super::types::{Form, put};
use crate::{Error, Value};

/// Signature, flags, length of a header extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const NULL: i32 = -1;
const END: i16 = -1;
/// Data that is handed to the connection at once.
const CHUNK_BYTES: usize = 256 << 10;

/// How the columns are written; `None` if one of them can only be sent as a parameter.
pub(super) fn forms(types: &[Type]) -> Option<Vec<Form>> {
    types.iter().map(Form::of).collect()
}

/// Sends `rows` by the statement `copy`.
pub(super) async fn send(client: &Object, copy: &str, forms: &[Form], rows: &[Vec<Value>]) -> Result<u64, Error> {
    // Whole, before the first byte is sent: a value that does not fit then stops nothing half-way.
    let mut data = encode(forms, rows)?;
    let statement = client.prepare_cached(copy).await?;
    let sink = client.copy_in::<_, Bytes>(&statement).await?;
    let mut sink = pin!(sink);
    while !data.is_empty() {
        let chunk = data.split_to(data.len().min(CHUNK_BYTES));
        sink.send(chunk).await?;
    }
    Ok(sink.finish().await?)
}

fn encode(forms: &[Form], rows: &[Vec<Value>]) -> Result<Bytes, Error> {
    let columns = i16::try_from(forms.len()).map_err(|_| Error::sql("too many columns"))?;
    let mut out =
        BytesMut::with_capacity(HEADER.len() + 2 + rows.iter().take(1).map(|p| bytes(p)).sum::<usize>() * rows.len());
    out.put_slice(HEADER);
    for (row, p) in rows.iter().enumerate() {
        out.put_i16(columns);
        for (column, (value, form)) in p.iter().zip(forms).enumerate() {
            let at = out.len();
            out.put_i32(NULL);
            let refused = |e| Error::sql(format!("row {}, parameter {}: {e}", row + 1, column + 1));
            if let IsNull::No = put(value, *form, &mut out).map_err(refused)? {
                let length = i32::try_from(out.len() - at - 4).map_err(|_| Error::sql("a value is over 2 GiB"))?;
                out[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
    }
    out.put_i16(END);
    Ok(out.freeze())
}

/// Roughly what a row takes, to reserve it.
fn bytes(row: &[Value]) -> usize {
    let one = |value: &Value| match value {
        Value::Text(text) => 12 + text.len(),
        Value::Blob(bytes) => 12 + bytes.len(),
        _ => 12,
    };
    2 + row.iter().map(one).sum::<usize>()
}
