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
        let (there, back) = (containment(&story, copy), containment(copy, &story));
        assert!(there > 0.8 && there == back, "{there} {back}");
    }
    let template = shingles(
        "The harbour of Mersin reopened on Friday after a strike had closed it for nine days, the union said. \
        Twelve ferries waited outside the port, and the first of them, from Cyprus, moored in the evening. \
        Travellers expect the delays to last until the end of the month because tickets still need refunds.",
    );
    let share = containment(&story, &template);
    assert!(share > 0.0 && share < 0.4, "{share}");
    let other = shingles("Nothing here has anything to do with ships, storms or harbours at all, as it seems.");
    assert_eq!(containment(&story, &other), 0.0);
    assert_eq!((containment(&[], &story), containment(&[], &[])), (0.0, 0.0));
    assert_eq!(shingles("one"), shingles("One!"));
}

proptest! {
    #[test]
    fn a_part_is_contained(words in prop::collection::vec("[a-z]{1,8}", 8..60), cut in 8usize..60) {
        let (whole, part) = (words.join(" "), words[..cut.min(words.len())].join(" "));
        prop_assert_eq!(containment(&shingles(&whole), &shingles(&part)), 1.0);
        prop_assert!(shingles(&whole).is_sorted());
    }
}
