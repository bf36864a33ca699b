use proptest::prelude::*;

use super::*;

fn kinds(document: &Document) -> Vec<(BlockKind, &str)> {
    document.blocks.iter().map(|block| (block.kind, &document.text[block.range.clone()])).collect()
}

#[test]
fn markdown_becomes_blocks_links_and_images() {
    let document = Document::of(
        "# A *big* title\n\nSome `code` and [a link](https://example.org/x) &amp; more\nlines.\n\n- one\n- two\n\n> said\n\n![A cat](cat.png)",
        Format::Markdown,
    );
    assert_eq!(
        kinds(&document),
        [
            (BlockKind::Heading(1), "A big title"),
            (BlockKind::Paragraph, "Some code and a link & more lines."),
            (BlockKind::Item, "one"),
            (BlockKind::Item, "two"),
            (BlockKind::Quote, "said"),
        ]
    );
    assert_eq!(document.links[0].url, "https://example.org/x");
    assert_eq!(document.images[0].alt, "A cat");
}

#[test]
fn html_becomes_blocks_links_and_images() {
    let document = Document::of(
        "<head><title>x</title></head><h2>Über&nbsp;uns</h2><p>A <b>great</b>\n day &amp; caf&eacute;.<br>Next</p>\
         <script>if (a < b) {}</script><ul><li><p>one</p></li><li>two</ul><!-- no --><p>see <a class=\"x\" href='/y?a=1&amp;b=2'>it</a><img src=a></p>",
        Format::Html,
    );
    assert_eq!(
        kinds(&document),
        [
            (BlockKind::Heading(2), "Über\u{a0}uns"),
            (BlockKind::Paragraph, "A great day & café.\nNext"),
            (BlockKind::Item, "one"),
            (BlockKind::Item, "two"),
            (BlockKind::Paragraph, "see it"),
        ]
    );
    assert_eq!(document.links[0].url, "/y?a=1&b=2");
    assert_eq!(document.images, [Image { alt: String::new(), range: document.images[0].range.clone() }]);
}

#[test]
fn positions_lead_back_to_the_original() {
    for (format, original, word, source) in [
        (Format::Html, "<p>a <b>great</b> caf&eacute; here</p>", "great", "great"),
        (Format::Html, "<p>a <b>great</b> caf&eacute; here</p>", "café", "caf&eacute;"),
        (Format::Html, "<p>a <b>great</b> caf&eacute; here</p>", "here", "here"),
        (Format::Markdown, "# Title\n\nAn *odd* `word` &amp; so on", "odd", "odd"),
        (Format::Markdown, "# Title\n\nAn *odd* `word` &amp; so on", "word", "word"),
        (Format::Markdown, "# Title\n\nAn *odd* `word` &amp; so on", "so on", "so on"),
        (Format::Plain, "just this", "this", "this"),
    ] {
        let document = Document::of(original, format);
        let at = document.text.find(word).expect("the word is in the text");
        assert_eq!(&original[document.original(&(at..at + word.len()))], source, "{original}");
    }
}

#[test]
fn broken_html_is_read_in_linear_time() {
    for part in ["<", "<a", "<p", "<!--", "</", "&", "<script>", "<a href=\"", "<b x='>", "<div>", "  \n"] {
        Document::of(&part.repeat(50_000), Format::Html);
    }
}

proptest! {
    #[test]
    fn any_range_of_words_has_a_place_in_the_original(original in "[ a-zäİ<>&;/#*_`\\[\\]()!\\-\n\"=ph]{0,120}") {
        for format in [Format::Plain, Format::Markdown, Format::Html] {
            let document = Document::of(&original, format);
            for word in crate::token::Tokens::of(&document.text).words {
                let range = document.original(&word.range());
                prop_assert!(original.get(range).is_some(), "{format:?}");
            }
        }
    }
}
