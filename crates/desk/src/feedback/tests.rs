use std::time::Duration;

use guard::role::Role;

use super::*;
use crate::calendar::When;
use crate::moderation::{self, NewPost, rating};
use crate::people::{self, NewKey};
use crate::posts::{Edit, Post};
use crate::testing::Bench;
use crate::{channels, pipelines};

async fn ready() -> (Bench, Actor, Post) {
    let bench = Bench::new().await;
    pipelines::ensure_default(&bench.desk).await.unwrap();
    channels::ensure_site(&bench.desk).await.unwrap();
    let (_, secret) =
        people::create_key(&bench.desk, &Actor::system(), NewKey::new("ada", Role::Editor)).await.unwrap();
    let ada = people::authenticate(&bench.desk, secret.reveal()).await.unwrap().unwrap().actor;
    let new = NewPost {
        title: "A quay opens".into(),
        excerpt: String::new(),
        body: "The new quay opens in March. It is for small boats.".into(),
        topic: "Harbour".into(),
        pipeline: None,
    };
    let post = moderation::write_own(&bench.desk, &ada, new).await.unwrap();
    (bench, ada, post)
}

async fn all(bench: &Bench) -> Vec<Feedback> {
    let filter = Filter { limit: 200, ..Filter::default() };
    list(&bench.desk, &Actor::system(), &filter).await.unwrap()
}

#[tokio::test]
async fn every_word_of_people_is_kept_with_the_score_it_judged() {
    let (bench, ada, post) = ready().await;
    let desk = &bench.desk;
    rating::rate(desk, &ada, post.id, 1, 2, "thin").await.unwrap();
    rating::rate(desk, &ada, post.id, 1, 4, "better than I thought").await.unwrap();
    let body = Some("The new quay opens in April. It is for small boats.".to_owned());
    moderation::edit(desk, &ada, post.id, 1, Edit { body, ..Edit::default() }).await.unwrap();
    moderation::reject(desk, &ada, post.id, 2, "still thin").await.unwrap();
    let told = all(&bench).await;
    let words: Vec<_> = told.iter().map(|word| (word.kind.as_str(), word.version, word.rating)).collect();
    assert_eq!(words, [("rejection", 2, None), ("edit", 1, None), ("rating", 1, Some(4))]);
    assert_eq!((told[0].reason.as_str(), told[2].reason.as_str()), ("still thin", "better than I thought"));
    // One word of title and body was replaced by another: 2 of 14 + 14.
    assert!((told[1].changed.unwrap() - 2.0 / 28.0).abs() < 1e-9, "{:?}", told[1].changed);
    let judged = posts::version(&mut desk.store.read_fresh(), post.id, 1).await.unwrap();
    assert_eq!(told[2].score, judged.score);
    assert!(told[2].parts.len() >= 5 && told[2].parts.values().all(|part| (0.0..=1.0).contains(part)));
    assert!(told.iter().all(|word| word.by == ada.principal.to_string() && word.at == bench.now()));

    let of = |kind, post, after| {
        let filter = Filter { kind, post, after, limit: 200 };
        async move { list(desk, &Actor::system(), &filter).await.map(|found| found.len()) }
    };
    assert_eq!(of(Some(Kind::Edit), None, None).await.unwrap(), 1);
    assert_eq!(of(Some(Kind::Edit), Some(post.id), None).await.unwrap(), 1);
    assert_eq!(of(None, Some(post.id), Some(told[0].id)).await.unwrap(), 2);
    assert_eq!(of(Some(Kind::Approval), Some(post.id), None).await.unwrap(), 0);
    assert!(matches!(of(None, Some(PostId(desk.next_id())), None).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_slip_that_is_taken_back_teaches_nothing() {
    let (bench, ada, post) = ready().await;
    let desk = &bench.desk;
    moderation::reject(desk, &ada, post.id, 1, "oh").await.unwrap();
    assert_eq!(all(&bench).await.len(), 1);
    moderation::reopen(desk, &ada, post.id).await.unwrap();
    assert_eq!(all(&bench).await, []);
    moderation::approve(desk, &ada, post.id, 1, When::Soon).await.unwrap();
    assert_eq!(all(&bench).await[0].kind, "approval");
    moderation::withdraw_approval(desk, &ada, post.id).await.unwrap();
    assert_eq!(all(&bench).await, []);
    // What is refused leaves no word, and what stands for long enough stays.
    assert!(moderation::reject(desk, &ada, post.id, 7, "no").await.is_err());
    assert_eq!(all(&bench).await, []);
    moderation::reject(desk, &ada, post.id, 1, "thin").await.unwrap();
    bench.clock.advance(Duration::from_secs(60));
    moderation::reopen(desk, &ada, post.id).await.unwrap();
    assert_eq!(all(&bench).await.len(), 1);
    // The desk has no opinion.
    rating::rate(desk, &Actor::system(), post.id, 1, 5, "").await.unwrap();
    assert_eq!(all(&bench).await.len(), 1);
}

#[test]
fn the_share_that_changed_is_between_nothing_and_all() {
    for (old, new, share) in
        [("", "", 0.0), ("a b", "a b", 0.0), ("a b", "c d", 1.0), ("", "a", 1.0), ("a b c", "a b", 0.2)]
    {
        assert!((changed(old, new) - share).abs() < 1e-9, "{old:?} {new:?} {}", changed(old, new));
    }
}

/// The last statement of a migration's text.
fn taking_over(text: &'static str) -> &'static str {
    let at = text.find("INSERT INTO feedback").expect("the migration takes ratings over");
    text[at..].trim().trim_end_matches(';')
}

#[tokio::test]
async fn ratings_from_before_are_taken_over() {
    let (bench, ada, post) = ready().await;
    rating::rate(&bench.desk, &ada, post.id, 1, 2, "thin").await.unwrap();
    let noted = all(&bench).await;
    let newest = crate::MIGRATIONS.list.iter().find(|migration| migration.name == "feedback").unwrap();
    let (sqlite, postgres) = (taking_over(newest.sqlite), taking_over(newest.postgres));
    let take_over: &'static store::Statement =
        Box::leak(Box::new(store::Statement::split("feedback.take_over", sqlite, postgres)));
    let written = bench.desk.store.write(move |tx| {
        Box::pin(async move {
            tx.exec(&DROP_ALL, params![post.id.to_i64(), 1, "rating"]).await?;
            tx.exec(take_over, params![]).await
        })
    });
    let rows: Result<u64, store::Error> = written.await;
    assert_eq!(rows.unwrap(), 1);
    // The same but for the id, which is the rating's own.
    let taken = all(&bench).await;
    assert_eq!(taken, [Feedback { id: taken[0].id, ..noted[0].clone() }]);
}
