//! Many keys at once.

use super::*;

#[tokio::test]
async fn one_load_for_all_that_are_missing() {
    let (cache, _) = cache();
    let space = cache.define::<u64>("n").open();
    space.put("a", &[], 1);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let load = async move |mut keys: Vec<String>| {
        keys.sort();
        *seen.lock().unwrap() = keys.clone();
        let made = |key: &String| (key.clone(), Made::new(key.len() as u64).tags([format!("tag:{key}")]));
        Ok::<_, NoAnswer>(keys.iter().filter(|key| *key != "gone").map(made).collect())
    };
    let found = space.get_many_or_load(&["a", "bb", "gone", "ccc", "bb"], load).await.unwrap();
    assert_eq!(found, [Some(1), Some(2), None, Some(3), Some(2)]);
    assert_eq!(*asked.lock().unwrap(), ["bb", "ccc", "gone"]);
    assert_eq!((space.get("bb"), space.get("gone")), (Some(2), None));
    assert_eq!(space.stats().loads, 1);
    cache.invalidate_tag("tag:bb");
    assert_eq!([space.get("bb"), space.get("ccc")], [None, Some(3)]);
    assert!(space.0.flights().is_empty());
}

#[tokio::test]
async fn it_shares_with_single_loads_both_ways() {
    let (cache, _) = cache();
    let space = cache.define::<u64>("n").open();
    let single = space.get_or_load("a", &[], async || {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, NoAnswer>(10)
    });
    let many = async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let load = async |keys: Vec<String>| {
            assert_eq!(keys, ["b"]);
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, NoAnswer>(vec![("b".to_owned(), Made::new(20))])
        };
        space.get_many_or_load(&["a", "b"], load).await
    };
    let late = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        space.get_or_load("b", &[], async || Err::<u64, _>(NoAnswer)).await
    };
    let (single, many, late) = tokio::join!(single, many, late);
    assert_eq!((single.unwrap(), many.unwrap(), late.unwrap()), (10, vec![Some(10), Some(20)], 20));
}

#[tokio::test]
async fn an_error_is_everybodys_unless_there_is_grace() {
    let (cache, clock) = cache();
    let space = cache.define::<u64>("n").ttl(Duration::from_secs(1)).grace(Duration::from_secs(60)).open();
    space.put("a", &[], 1);
    clock.advance(Duration::from_secs(2));
    let fail = async |_: Vec<String>| Err::<Vec<(String, Made<u64>)>, _>(NoAnswer);
    assert_eq!(space.get_many_or_load(&["a"], fail).await.unwrap(), [Some(1)]);
    let error = space.get_many_or_load(&["a", "b"], fail).await.unwrap_err();
    assert_eq!((error.key.as_str(), error.cause::<NoAnswer>()), ("b", Some(&NoAnswer)));
    assert!(space.0.flights().is_empty());
}
