use super::*;
use crate::testing::Bench;

fn list_of(outlines: &str) -> Vec<u8> {
    format!("<opml version='1.1'><head><title>Mine</title></head><body>{outlines}</body></opml>").into_bytes()
}

#[tokio::test]
async fn a_list_is_taken_line_by_line_and_may_come_again() {
    let bench = Bench::new().await;
    let (desk, system) = (&bench.desk, Actor::system());
    let list = list_of(
        "<outline text='News'><outline type='rss' text='Town &amp; sea' xmlUrl='https://town.example/feed' htmlUrl='https://town.example/'/>
         <outline text='Inside' xmlUrl='http://127.0.0.1:9/feed'/></outline>
         <outline text='Bad' xmlUrl='ftp://x.example/feed'/><outline title='Twice' xmlUrl='https://town.example/feed'/>
         <outline text='' xmlUrl=' https://SEA.example:443/rss '/><outline text='Nothing'/>",
    );
    let first = import(desk, &system, &list, None).await.unwrap();
    assert_eq!((first.added, first.known, first.refused, first.warnings.len()), (2, 0, 2, 2), "{first:#?}");
    assert!(first.lines[1].problem.as_ref().unwrap().contains("127.0.0.1"), "{:?}", first.lines[1]);
    assert!(first.lines[2].problem.is_some() && first.lines[2].source.is_none());
    let again = import(desk, &system, &list, None).await.unwrap();
    assert_eq!((again.added, again.known, again.refused), (0, 2, 2));
    assert_eq!(again.lines[0].source, first.lines[0].source);
    let names: Vec<String> =
        super::list(desk, &system, None, 10).await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["Town & sea", "sea.example"]);
}

#[tokio::test]
async fn what_goes_out_comes_in_again() {
    let (from, to) = (Bench::new().await, Bench::new().await);
    let system = Actor::system();
    for bench in [&from, &to] {
        pipelines::create(&bench.desk, &system, "Sport & more", pipelines::Spec::default()).await.unwrap();
    }
    let list = list_of(
        "<outline text='SPORT &amp; MORE'><outline text='Ball' xmlUrl='https://ball.example/feed?a=1&amp;b=2'/></outline>
         <outline text='Else'><outline text='News' xmlUrl='https://town.example/feed'/></outline>",
    );
    import(&from.desk, &system, &list, None).await.unwrap();
    let written = export(&from.desk, &system).await.unwrap();
    let taken = import(&to.desk, &system, written.as_bytes(), None).await.unwrap();
    assert_eq!((taken.added, taken.refused, taken.warnings.len()), (2, 0, 0));
    assert_eq!(export(&to.desk, &system).await.unwrap(), written);
    let ball =
        super::list(&to.desk, &system, None, 10).await.unwrap().into_iter().find(|one| one.name == "Ball").unwrap();
    assert_eq!(ball.url, "https://ball.example/feed?a=1&b=2");
    let sport =
        pipelines::list(&to.desk, &system).await.unwrap().into_iter().find(|one| one.name == "Sport & more").unwrap();
    assert_eq!(ball.pipeline, sport.id);
}

#[tokio::test]
async fn what_is_no_list_is_refused_as_a_whole() {
    let bench = Bench::new().await;
    let refused = async |bytes: &[u8]| {
        let result = import(&bench.desk, &Actor::system(), bytes, None).await;
        matches!(result, Err(Error::Invalid(faults)) if faults[0].pointer == "/opml")
    };
    assert!(refused(b"").await && refused(b"<rss/>").await && refused(b"\xff\xfe\x00").await);
    let many: String = (0..=FEEDS_MAX).map(|n| format!("<outline xmlUrl='https://a.example/{n}'/>")).collect();
    assert!(refused(&list_of(&many)).await);
    assert_eq!(list(&bench.desk, &Actor::system(), None, 10).await.unwrap(), []);
}
