//! Finding posts by the words of their titles and excerpts.

use store::{Engine, Tx, params};

use crate::{Desk, Error, PostId};

store::sql! {
    DROP = "posts.words_drop", "DELETE FROM post_text WHERE rowid = $1";
    PUT = "posts.words_put", "INSERT INTO post_text (rowid, content) VALUES ($1, $2)";
    TEXTS = "posts.texts", "SELECT id, title, excerpt FROM post WHERE id > $1 ORDER BY id LIMIT $2";
}

/// Words of a question that count.
const WORDS_MAX: usize = 12;
/// Characters of a word that count.
const WORD_MAX: usize = 40;

pub(super) async fn put(tx: &mut Tx, id: PostId, title: &str, excerpt: &str) -> Result<(), Error> {
    let content = text::slug::fold(&format!("{title}\n{excerpt}"));
    tx.exec(&DROP, params![id.to_i64()]).await?;
    tx.exec(&PUT, params![id.to_i64(), content]).await?;
    Ok(())
}

/// `asked` in the language of the engine's index: every word, the last letters of each left open.
/// `None` when there is no word in it.
pub(crate) fn expression(engine: Engine, asked: &str) -> Option<String> {
    let folded = text::slug::fold(asked);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(WORDS_MAX);
    let words: Vec<String> = words.map(|word| word.chars().take(WORD_MAX).collect()).collect();
    // Words hold letters and digits only, so that neither engine's query language can be spoken.
    let expression = match engine {
        Engine::Sqlite => words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" "),
        Engine::Postgres => words.iter().map(|word| format!("{word}:*")).collect::<Vec<_>>().join(" & "),
    };
    (!words.is_empty()).then_some(expression)
}

/// Builds the index anew, after a restore.
pub async fn reindex(desk: &Desk) -> Result<u64, Error> {
    let (mut after, mut count) = (0i64, 0);
    loop {
        let rows = desk.store.read_fresh().all(&TEXTS, params![after, 500]).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        (after, count) = (last.get(0)?, count + rows.len() as u64);
        desk.store
            .write(move |tx| {
                let rows = rows.clone();
                Box::pin(async move {
                    for row in &rows {
                        put(tx, PostId(row.get(0)?), &row.get::<String>(1)?, &row.get::<String>(2)?).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
    }
}
