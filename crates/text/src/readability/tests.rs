use super::*;

#[test]
fn turkish_formulas_by_hand() {
    let tokens = Tokens::of("Vapur bugün durdu. Onu kim değerlendirecekler.");
    let syllables: Vec<usize> = tokens.words.iter().map(|word| syllable::count_turkish(word.text)).collect();
    assert_eq!(syllables, [2, 2, 2, 2, 1, 7]);
    let measured = turkish(&tokens).unwrap();
    assert!((measured.atesman - (198.825 - 40.175 * 16.0 / 6.0 - 2.610 * 3.0)).abs() < 1e-9);
    assert!((measured.bezirci_yilmaz - (3.0_f64 * 26.25 / 2.0).sqrt()).abs() < 1e-9);
    let tokens = Tokens::of("Araba otomobil anahtarları gördü.");
    let syllables: Vec<usize> = tokens.words.iter().map(|word| syllable::count_turkish(word.text)).collect();
    assert_eq!(syllables, [3, 4, 5, 2]);
    assert!((turkish(&tokens).unwrap().bezirci_yilmaz - (4.0_f64 * (0.84 + 1.5 + 3.5)).sqrt()).abs() < 1e-9);
    assert_eq!(turkish(&Tokens::of("")), None);
}
