use proptest::prelude::*;

use super::*;

const STORY: &str = "The harbour of Izmir reopened on Monday after a storm had closed it for three days, the port authority said. \
    Forty ships waited outside the bay, and the first of them, a grain carrier from Odesa, moored shortly before noon. \
    Officials expect the delays to last until the end of the week because two cranes still need repairs.";

#[test]
fn copies_are_found_and_others_are_not() {
    let story = shingles(STORY);
    let cut = shingles(&STORY[..STORY.len() * 6 / 10]);
    let boxed = shingles(&format!("Subscribe to our newsletter for more. {STORY} Read more on our site."));
    let shouted = shingles(&STORY.to_uppercase());
    let changed = shingles(&STORY.replace("Monday", "Tuesday"));
    for copy in [&cut, &boxed, &shouted, &changed] {
        assert!(is_copy(&story, copy) && is_copy(copy, &story), "{}", containment(&story, copy));
    }
    let template = shingles(
        "The harbour of Mersin reopened on Friday after a strike had closed it for nine days, the union said. \
        Twelve ferries waited outside the port, and the first of them, from Cyprus, moored in the evening. \
        Travellers expect the delays to last until the end of the month because tickets still need refunds.",
    );
    let share = containment(&story, &template);
    assert!(share > 0.0 && share < DERIVED, "{share}");
    assert!(!is_copy(
        &story,
        &shingles("Nothing here has anything to do with ships, storms or harbours at all, as it seems.")
    ));
}

#[test]
fn few_words_prove_little() {
    let (a, b) = (
        shingles("Breaking news today"),
        shingles("Breaking news today: a long text about quite another matter altogether"),
    );
    assert!(containment(&a, &b) == 1.0 && !is_copy(&a, &b) && is_copy(&a, &a));
    assert_eq!(shingles("one"), shingles("One!"));
    assert!(!is_copy(&[], &[]) && containment(&[], &a) == 0.0);
}

#[test]
fn candidates_share_a_band() {
    let sign = |text: &str| Signature::of(&shingles(text)).expect("has words");
    let shares = |a: &Signature, b: &Signature| a.bands().iter().zip(b.bands()).any(|(x, y)| *x == y);
    let story = sign(STORY);
    let cut = sign(&STORY[..STORY.len() * 6 / 10]);
    assert!(shares(&story, &cut));
    assert!((story.resemblance(&cut) - 0.6).abs() < 0.25);
    assert!(!shares(&story, &sign("A completely different report about football in the second division of Denmark")));
    assert_eq!(Signature::of(&[]), None);
    let bands = story.bands();
    assert!((1..bands.len()).all(|i| !bands[..i].contains(&bands[i])));
}

#[test]
fn the_estimate_is_near_the_truth() {
    let set = |range: std::ops::Range<u64>| {
        let mut s: Vec<u64> = range.map(mix).collect();
        s.sort_unstable();
        s
    };
    let (a, b) = (set(0..900), set(300..1200));
    let estimate = Signature::of(&a).zip(Signature::of(&b)).map(|(a, b)| a.resemblance(&b)).expect("not empty");
    assert!((estimate - 0.5).abs() < 0.2, "{estimate}");
}

proptest! {
    #[test]
    fn a_part_is_contained(words in prop::collection::vec("[a-z]{1,8}", 8..60), cut in 8usize..60) {
        let (whole, part) = (words.join(" "), words[..cut.min(words.len())].join(" "));
        prop_assert_eq!(containment(&shingles(&whole), &shingles(&part)), 1.0);
        prop_assert!(shingles(&whole).is_sorted());
    }
}
