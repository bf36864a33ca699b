use proptest::prelude::*;

use super::*;

const NEWS: &[&str] = &[
    "The central bank in Ankara raised its interest rate to 45 percent on Thursday. Governor Fatih Karahan spoke of inflation.",
    "Interest rates in Türkiye went up to 45 percent, Fatih Karahan said in Ankara, naming inflation as the reason.",
    "The central bank in Oslo raised its interest rate to 4 percent on Thursday. Governor Ida Bache spoke of inflation.",
    "A storm closed schools and roads along the coast of Portugal. Lisbon airport cancelled 120 flights.",
    "Merkez Bankası Ankara'da politika faizini yüzde 45'e yükseltti. Fatih Karahan enflasyonu gerekçe gösterdi.",
    "Enflasyonun düşmesi için faiz yüzde 45 oldu, dedi Fatih Karahan. Ankara kararı bekliyordu.",
];

fn space() -> (Model, Vec<Vector>) {
    let terms: Vec<Terms> = NEWS.iter().map(|text| Terms::of(text)).collect();
    let mut model = Model::default();
    terms.iter().for_each(|t| model.add(t));
    // A collection knows its templates: other banks did the same.
    for bank in
        ["Prague", "Warsaw", "Seoul", "Lima", "Bern", "Quito", "Rabat", "Tunis", "Hanoi", "Sofia", "Riga", "Delhi"]
    {
        model.add(&Terms::of(&format!("The central bank in {bank} raised its interest rate on Thursday. Its governor spoke of inflation, 3 percent.")));
    }
    let vectors = terms.iter().map(|t| model.vector(t)).collect();
    (model, vectors)
}

#[test]
fn one_event_is_nearer_than_one_template() {
    let (_, v) = space();
    let (event, template, other) = (cosine(&v[0], &v[1]), cosine(&v[0], &v[2]), cosine(&v[0], &v[3]));
    assert!(event > template && template > other, "{event} {template} {other}");
    assert!(cosine(&v[4], &v[5]) > 0.35 && other < 0.05, "{} {other}", cosine(&v[4], &v[5]));
}

#[test]
fn names_and_numbers_weigh_more() {
    let terms = Terms::of("yesterday the visitors saw Berlin and 12 museums");
    let weight = |word: &str| terms.0.iter().find(|(h, _)| *h == term(word::hash(word))).map(|(_, w)| *w);
    assert_eq!(
        (weight("berlin"), weight("12"), weight("museum"), weight("the")),
        (Some(3.0), Some(2.0), Some(1.0), None)
    );
    let headline = Terms::of("Visitors Saw Berlin And Its Museums");
    assert!(headline.0.iter().all(|(_, w)| *w <= 1.0));
}

#[test]
fn centroids_lie_between() {
    let (_, v) = space();
    let middle = Vector::centroid(&v[..2]);
    assert!(cosine(&middle, &v[0]) > cosine(&v[0], &v[1]) && cosine(&middle, &v[1]) > cosine(&v[0], &v[1]));
    let short = middle.truncated(5);
    assert_eq!(short.terms().len(), 5);
    assert!(short.terms().is_sorted_by_key(|(h, _)| *h));
    assert_eq!(cosine(&Vector::default(), &v[0]), 0.0);
}

proptest! {
    #[test]
    fn cosines_are_symmetric_and_bounded(a in "[A-Za-z0-9 .]{0,80}", b in "[A-Za-z0-9 .]{0,80}") {
        let (a, b) = (Terms::of(&a), Terms::of(&b));
        let mut model = Model::default();
        model.add(&a);
        model.add(&b);
        let (a, b) = (model.vector(&a), model.vector(&b));
        prop_assert_eq!(cosine(&a, &b), cosine(&b, &a));
        prop_assert!((0.0..=1.0).contains(&cosine(&a, &b)));
        prop_assert!(a.is_empty() || (cosine(&a, &a) - 1.0).abs() < 1e-4);
    }
}
