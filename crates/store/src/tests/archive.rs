use std::io::{Cursor, Write};

use super::engine::only;
use super::*;
use crate::archive::{Summary, Table, dump, load};

const TABLES: &[Table] = &[
    Table { name: "page", skip_columns: &[] },
    Table { name: "link", skip_columns: &[] },
    Table { name: "log", skip_columns: &["xid"] },
];

async fn filled() -> TempStore {
    let store = temporary(MIGRATIONS).await;
    let done: Result<(), Error> = store
        .write(|tx| {
            Box::pin(async move {
                let page = |i: i64| {
                    let title = if i % 3 == 0 { None } else { Some(format!("ığ \"{i}\" \n\\")) };
                    params![
                        i * 1_000_000_007,
                        format!("p{i}"),
                        title,
                        i,
                        i as f64 / 3.0,
                        vec![i as u8; (i % 700) as usize]
                    ]
                };
                tx.batch(&INSERT, (1..=3_000).map(page).collect()).await?;
                tx.exec(&INSERT, params![i64::MAX, "last", "", 0, f64::INFINITY, vec![7u8; 3_000_000]]).await?;
                tx.batch(&LINK, (1..=500i64).map(|i| params![i * 1_000_000_007, format!("t{}", i % 7), 1]).collect())
                    .await?;
                for i in 0..5 {
                    tx.one(&LOG, params![format!("line {i}")]).await?;
                }
                Ok(())
            })
        })
        .await;
    done.unwrap();
    store
}

async fn dumped(store: &Store) -> (Vec<u8>, Summary) {
    let mut file = Vec::new();
    let summary = dump(store, TABLES, &mut file).await.unwrap();
    (file, summary)
}

/// Everything after the header.
fn body(file: &[u8]) -> String {
    let text = String::from_utf8(zstd::decode_all(file).unwrap()).unwrap();
    let body = text.split_once('\n').unwrap().1;
    body.lines().filter(|line| !line.contains("sha256")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_is_dumped_is_loaded_again() {
    let from = filled().await;
    let (file, summary) = dumped(&from).await;
    assert_eq!(summary.tables, [("page".to_owned(), 3_001), ("link".to_owned(), 500), ("log".to_owned(), 5)]);
    let to = temporary(MIGRATIONS).await;
    let loaded = load(&to, TABLES, Cursor::new(file.clone())).await.unwrap();
    assert_eq!(loaded, summary);
    let (again, _) = dumped(&to).await;
    assert!(body(&again) == body(&file), "the two dumps differ");
    let next: Result<Row, Error> = to.write(|tx| Box::pin(async move { tx.one(&LOG, params!["next"]).await })).await;
    assert_eq!(next.unwrap().get::<i64>(0).unwrap(), 6, "the numbers go on after those that were loaded");
    let refused = load(&to, TABLES, Cursor::new(file)).await;
    assert!(matches!(&refused, Err(Error::Archive(why)) if why.contains("not empty")), "{refused:?}");
}

#[tokio::test]
async fn an_archive_crosses_the_engines() {
    let Some(postgres) = only(Engine::Postgres).await else { return };
    let place = Place::new().await;
    let open = |folder: &'static str| {
        let folder = place.folder().join(folder);
        async move { Store::open(&folder, &Settings::default(), MIGRATIONS, Clock::system()).await.unwrap() }
    };
    let from = filled().await;
    let (first, _) = dumped(&from).await;
    let sqlite = open("a").await;
    load(&sqlite, TABLES, Cursor::new(first.clone())).await.unwrap();
    let (second, _) = dumped(&sqlite).await;
    load(&postgres, TABLES, Cursor::new(second.clone())).await.unwrap();
    let (third, _) = dumped(&postgres).await;
    assert!(body(&first) == body(&second) && body(&second) == body(&third));
    sqlite.close().await;
}

#[tokio::test]
async fn a_damaged_archive_is_refused_as_a_whole() {
    let from = filled().await;
    let (file, _) = dumped(&from).await;
    let to = temporary(MIGRATIONS).await;
    let text = String::from_utf8(zstd::decode_all(&*file).unwrap()).unwrap();
    let packed = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without =
        |i: usize| lines.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, l)| format!("{l}\n")).collect::<String>();
    let mut flipped = file.clone();
    flipped[file.len() / 2] ^= 0x10;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("no archive", b"hello".to_vec()),
        ("cut off", file[..file.len() - 10].to_vec()),
        ("cut in the middle", file[..file.len() / 2].to_vec()),
        ("a flipped bit", flipped),
        ("no footer", packed(&without(lines.len() - 1))),
        ("a row less", packed(&without(5))),
        ("a changed row", packed(&text.replace("\"p7\"", "\"p7x\""))),
        ("a changed count", packed(&text.replace("[\"log\",5]", "[\"log\",6]"))),
        ("more at the end", packed(&format!("{text}[1]\n"))),
        ("another format", packed(&text.replacen("\"format\":1", "\"format\":2", 1))),
        ("a newer migration", packed(&text.replacen("[\"test\",2]", "[\"test\",2],[\"test\",9]", 1))),
        ("an unknown table", packed(&text.replacen("{\"table\":\"link\"", "{\"table\":\"chain\"", 1))),
        ("an unknown column", packed(&text.replacen("\"rank\"", "\"range\"", 1))),
        ("a row of another length", packed(&text.replacen("\"line 3\"", "\"line 3\",1", 1))),
        ("a row without a table", packed(&text.replacen("{\"table\":\"page\"", "[]\n{\"table\":\"page\"", 1))),
    ];
    for (what, file) in cases {
        let refused = load(&to, TABLES, Cursor::new(file)).await;
        assert!(matches!(refused, Err(Error::Archive(_))), "{what}: {refused:?}");
        assert_eq!(count(&to).await, 0, "{what}");
    }
    load(&to, TABLES, Cursor::new(file)).await.unwrap();
}

#[tokio::test]
async fn a_dump_that_cannot_be_written_ends() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let store = filled().await;
    assert!(matches!(dump(&store, TABLES, Full).await, Err(Error::DiskFull)));
    let missing = dump(&store, &[Table { name: "nothing", skip_columns: &[] }], Vec::new()).await;
    assert!(matches!(missing, Err(Error::Archive(_))), "{missing:?}");
    store.ping().await.unwrap();
}

#[tokio::test]
async fn rows_that_are_all_alike_are_counted_one_by_one() {
    const SET: &[MigrationSet] = &[MigrationSet {
        name: "tally",
        list: &[Migration {
            version: 1,
            name: "tally",
            sqlite: "CREATE TABLE tally (what INTEGER NOT NULL, n INTEGER NOT NULL) STRICT",
            postgres: "CREATE TABLE tally (what BIGINT NOT NULL, n BIGINT NOT NULL)",
        }],
    }];
    crate::sql! { TALLY = "tally.add", "INSERT INTO tally (what, n) VALUES ($1, $2)"; }
    assert_eq!(STATEMENTS.len(), 1);
    let tables = [Table { name: "tally", skip_columns: &[] }];
    let (from, to) = (temporary(SET).await, temporary(SET).await);
    let rows: Vec<_> = (0..4_500i64).map(|i| params![i / 4_400, 1]).collect();
    let added: Result<u64, Error> = from.write(move |tx| Box::pin(async move { tx.batch(&TALLY, rows).await })).await;
    assert_eq!(added.unwrap(), 4_500);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    dump(&from, &tables, &mut first).await.unwrap();
    load(&to, &tables, Cursor::new(first.clone())).await.unwrap();
    assert_eq!(dump(&to, &tables, &mut second).await.unwrap().tables, [("tally".to_owned(), 4_500)]);
    assert_eq!(body(&first), body(&second));
}
