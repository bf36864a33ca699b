use proptest::prelude::*;

use super::*;

#[test]
fn markdown_becomes_safe_html() {
    assert_eq!(
        to_html("# Ti*t*le\n\ntext ~~old~~ **new**"),
        "<h1>Ti<em>t</em>le</h1>\n<p>text <del>old</del> <strong>new</strong></p>\n"
    );
    let table = to_html("|a|b|\n|-|-|\n|1|2|");
    assert!(table.contains("<th>a</th>") && table.contains("<td>2</td>"), "{table}");
    assert_eq!(
        to_html("<script>alert(1)</script>\n\n[x](javascript:alert(1)) [y](/y)"),
        "\n<p>x <a href=\"/y\" rel=\"nofollow noopener\">y</a></p>\n"
    );
    assert!(!to_html("<img src=x onerror=alert(1)>").contains("onerror"));
    let deep = to_html(&">".repeat(50_000));
    assert!(deep.matches("<blockquote>").count() <= 100);
}

#[test]
fn markdown_becomes_text() {
    assert_eq!(
        to_text("# T\n\nOne *two*\nthree [four](http://x.example).\n\n- a\n- b"),
        "T\n\nOne two three four.\n\n- a\n- b"
    );
}

#[test]
fn escaping_is_sparing() {
    assert_eq!(escape("Prices rose 2.9% - (again)!"), "Prices rose 2.9% - (again)!");
    assert_eq!(escape("# 1 *bold* [x](y) <b>"), "\\# 1 \\*bold\\* \\[x\\](y) \\<b\\>");
    assert_eq!(escape("2026. A year"), "2026\\. A year");
    assert_eq!(from_text("- a\n\n  1) b\n"), "\\- a\n\n1\\) b");
}

proptest! {
    #[test]
    fn escaped_text_reads_as_it_was(text in "[a-z0-9#*_`~<>&|+=.()!\\[\\]\\\\:/-]{1,12}( [A-Za-z0-9#*_`~<>&|+=.()!\\[\\]\\\\-]{1,8}){0,4}") {
        prop_assert_eq!(to_text(&escape(&text)), text.clone());
        prop_assert_eq!(to_text(&from_text(&text)), text);
    }
}
