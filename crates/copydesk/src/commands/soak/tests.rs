use std::fs;

use crate::commands::soak;

#[tokio::test]
async fn every_statement_prepares() {
    let store = store::testing::temporary(crate::process::MIGRATIONS).await;
    for statement in crate::commands::STATEMENTS.concat() {
        store.prepare(statement).await.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
    }
}

#[test]
fn a_diary_tells_what_was_added_also_when_its_last_line_was_cut() {
    let folder = std::env::temp_dir().join(format!("copydesk-diaries-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("1"), "a 0S9VT9FZ42001 5\ns 0S9VT9FZ42002 1 7\na 0S9VT9FZ4").unwrap();
    let added = soak::added(&folder);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(added.unwrap().len(), 1);
}
