use super::*;
use crate::run;

/// The rules hold for the tree as it is.
#[test]
fn the_house_is_tidy() {
    let root = run::root();
    let files = files::read_all(&root).unwrap();
    let mut broken = Vec::new();
    for (name, rule) in RULES {
        let findings = rule(&root, &files).unwrap();
        if !findings.is_empty() {
            let lines: Vec<String> = findings.iter().map(|finding| format!("  {finding}")).collect();
            broken.push(format!("{name}:\n{}", lines.join("\n")));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.to_owned() }
}

fn told(rule: Rule, files: &[File]) -> Vec<String> {
    rule(Path::new("/home/somebody/clone"), files).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn an_arrow_up_is_told() {
    let files = [
        file("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\nbare = { features = [] }\n"),
        file("crates/cache/Cargo.toml", "[dependencies]\nstdx.workspace = true\ndesk.workspace = true\n"),
        file(
            "crates/guard/Cargo.toml",
            "[dependencies]\ncache.workspace = true\n[dev-dependencies]\nqueue.workspace = true\n",
        ),
        file(
            "crates/desk/Cargo.toml",
            "[target.'cfg(unix)'.dependencies]\nrusqlite = \"1\"\nanyhow.workspace = true\n",
        ),
        file("crates/novel/Cargo.toml", "[dependencies]\nstdx.workspace = true\n"),
    ];
    assert_eq!(
        told(tree::arrows, &files),
        [
            "crates/cache/Cargo.toml: cache may not use desk: arrows point down",
            "crates/guard/Cargo.toml: guard may not use queue: arrows point down",
            "crates/novel/Cargo.toml: crate novel has no layer; give it one in xtask/src/tidy/tree.rs",
        ]
    );
    assert_eq!(
        told(tree::owners, &files),
        [
            "crates/desk/Cargo.toml: anyhow is named only in copydesk and xtask",
            "crates/desk/Cargo.toml: rusqlite is named only in store"
        ]
    );
    assert_eq!(
        told(tree::versions, &files),
        [
            "Cargo.toml: bare has no version",
            "crates/desk/Cargo.toml: rusqlite says its own version; it belongs into the workspace's Cargo.toml",
        ]
    );
}

#[test]
fn a_look_ahead_is_told() {
    let files = [
        file("crates/desk/src/lib.rs", "mod error;\npub mod jobs;\npub mod sources;\npub mod items;\npub mod posts;\n"),
        file(
            "crates/desk/src/items.rs",
            "use crate::{Desk, jobs, sources::{get, list}, posts::Post};\n// crate::posts is only said here\n",
        ),
        file(
            "crates/desk/src/sources/poll.rs",
            "fn f() {\n    crate::items::poll();\n}\n#[cfg(test)]\nmod tests { use crate::posts; }\n",
        ),
        file("crates/desk/src/jobs.rs", "use crate::posts;\n"),
        file("crates/desk/src/posts.rs", "use crate::items;\nconst S: &str = \"crate::later\";\n"),
    ];
    assert_eq!(
        told(order::desk, &files),
        [
            "crates/desk/src/items.rs:1: items names posts, which comes later; use an event or a job",
            "crates/desk/src/sources/poll.rs:2: sources names items, which comes later; use an event or a job",
        ]
    );
}

#[test]
fn a_forgotten_statement_is_told() {
    let files = [
        file("crates/desk/src/lib.rs", "concat(&[posts::STATEMENTS])"),
        file("crates/desk/src/posts.rs", "store::sql! {\n    GET = \"post.get\", \"SELECT 1\";\n}\n"),
        file("crates/desk/src/pages.rs", "sql! {\n    GET = \"page.get\", \"SELECT 1\";\n}\n"),
    ];
    assert_eq!(
        told(order::statements, &files),
        ["crates/desk/src/pages.rs: its statements are prepared by no test: add pages::STATEMENTS to the crate's list"]
    );
}

#[test]
fn words_are_found_in_identifiers_and_comments_but_not_in_methods_or_tests() {
    let text = "// one POST per story\nstruct PostId;\nlet composite = post_id;\nlet source = 1;\n#[cfg(test)]\nmod tests { /* a post */ }\n";
    let files = [
        file("crates/queue/src/job.rs", text),
        file("crates/queue/src/job/tests.rs", text),
        file("crates/desk/src/posts.rs", text),
    ];
    assert_eq!(
        told(words::platform, &files).iter().map(|f| f.split(": ").next().unwrap()).collect::<Vec<_>>(),
        ["crates/queue/src/job.rs:1", "crates/queue/src/job.rs:2", "crates/queue/src/job.rs:3"]
    );
    assert_eq!(words::words("PollSource http2 parseRSS").collect::<Vec<_>>(), ["poll", "source", "http2", "parse"]);
}

#[test]
fn marks_paths_and_lengths_are_told() {
    let later = concat!("// FIX", "ME\n");
    let files = [
        file("crates/a/src/x.rs", later),
        file("docs/guide.md", "cd /home/somebody/clone\nsee /home/somebody/other\n"),
        file("crates/a/src/long.rs", &"\n".repeat(701)),
    ];
    assert_eq!(told(source::unfinished, &files).len(), 1);
    assert_eq!(told(source::paths, &files).len(), 3, "the clone counts twice: as itself and as part of its folder");
    assert_eq!(told(source::length, &files), ["crates/a/src/long.rs: 701 lines; over 700 it is more than one idea"]);
    assert_eq!(told(source::commands, &files).len(), 4);
}

#[test]
fn only_the_tests_are_cut() {
    let text = "a();\n#[cfg(test)]\nmod testing;\nb();\nimpl X {\n    #[cfg(test)]\n    fn f() {\n        g();\n    }\n    c();\n}\n#[cfg(test)]\n#[path = \"x\"]\nmod tests {\n    h();\n}\n";
    let left: Vec<usize> = file("x.rs", text).lines_without_tests().into_iter().map(|(n, _)| n).collect();
    assert_eq!(left, [1, 4, 5, 10, 11]);
}

#[test]
fn strings_and_comments_are_no_code() {
    let code = file(
        "x.rs",
        "let a = \"crate::x \\\" // y\"; // crate::z\nlet b = '\"'; let c = r#\"crate::\"w\"#; crate::real();",
    )
    .code();
    assert_eq!(order::named_modules(&code), [(2, "real".to_owned())]);
    assert_eq!(
        order::named_modules("use crate::{self_made::{a, b}, other};"),
        [(1, "self_made".to_owned()), (1, "other".to_owned())]
    );
}
