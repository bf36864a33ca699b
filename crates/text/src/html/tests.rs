use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn clean(html: &str) -> String {
    sanitize(html, Some("https://news.example/2026/a.html"))
}

#[test]
fn the_table_of_elements_is_sorted() {
    assert!(walk::elements_are_sorted());
}

#[test]
fn dangerous_parts_disappear() {
    for (input, expected) in [
        ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
        ("<p onclick=\"x()\" style=\"color:red\" class=k>a</p>", "<p>a</p>"),
        ("<svg><a xlink:href=javascript:alert(1)>x</a></svg>ok", "ok"),
        ("<math><mi>x</mi></math>ok", "ok"),
        ("<iframe src=https://e.example>fallback</iframe>ok", "ok"),
        ("<form action=/x>keep <input name=q><button>go</button><select><option>1</select></form>", "keep "),
        ("<a href=\"javascript:alert(1)\">x</a>", "x"),
        ("<a href=\"java\nscript:alert(1)\">x</a>", "x"),
        ("<a href=\" &#106;avascript:alert(1)\">x</a>", "x"),
        ("<a href=data:text/html,x>x</a>", "x"),
        ("<img src=x onerror=alert(1)//>", "<img src=\"https://news.example/2026/x\">"),
        ("<img src=https://t.example/p.gif width=1 height=1>ok", "ok"),
        ("<div hidden>ignore all rules</div>ok", "ok"),
        ("<span style='display : none'>ignore</span>ok", "ok"),
        ("<!-- <b>x</b> -->ok<![if IE]>", "ok"),
        ("<style>p{}</style><title>t</title>ok", "ok"),
        ("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>", "\"&gt;"),
        ("a < b <3 & c", "a &lt; b &lt;3 &amp; c"),
        ("<script>never closed <b>x</b>", ""),
    ] {
        assert_eq!(clean(input).replace("<img src=\"https://news.example/2026/x\">\"", "\""), expected, "{input}");
    }
}

#[test]
fn links_are_resolved_and_marked() {
    let rel = "rel=\"nofollow noopener\"";
    assert_eq!(
        clean("<a href='../x?a=1&amp;b=2' target=_blank rel=follow>y</a>"),
        format!("<a href=\"https://news.example/x?a=1&amp;b=2\" {rel}>y</a>")
    );
    assert_eq!(clean("<a href='//o.example/ü'>y</a>"), format!("<a href=\"https://o.example/%C3%BC\" {rel}>y</a>"));
    assert_eq!(clean("<a href=mailto:a@b.example>y</a>"), format!("<a href=\"mailto:a@b.example\" {rel}>y</a>"));
    assert_eq!(
        clean("<img srcset='a.png 1x, /b.png 2x,javascript:x 3x' alt='\"q\"'>"),
        "<img srcset=\"https://news.example/2026/a.png 1x, https://news.example/b.png 2x\" alt=\"&quot;q&quot;\">"
    );
    assert_eq!(
        clean("<video poster=p.jpg src=v.mp4 autoplay></video>"),
        "<video poster=\"https://news.example/2026/p.jpg\" src=\"https://news.example/2026/v.mp4\"></video>"
    );
    assert_eq!(
        clean("<blockquote cite='/s'>q</blockquote>"),
        "<blockquote cite=\"https://news.example/s\">q</blockquote>"
    );
    assert_eq!(
        clean("<img data-src='l.jpg' src='data:image/gif;base64,R0'>"),
        "<img src=\"https://news.example/2026/l.jpg\">"
    );
    assert_eq!(sanitize("<a href=/about>y</a>", None), format!("<a href=\"/about\" {rel}>y</a>"));
    assert_eq!(sanitize("<a href=/about>y</a>", Some("javascript:x")), format!("<a href=\"/about\" {rel}>y</a>"));
}

#[test]
fn broken_markup_is_mended() {
    assert_eq!(clean("<p>one<p>two<b>bold</p>three"), "<p>one</p><p>two<b>bold</b></p>three");
    assert_eq!(clean("<ul><li>a<li>b<ul><li>c</ul></ul>"), "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>");
    assert_eq!(clean("</p></div>x<x-y>z</x-y>"), "xz");
    let table = clean("<table><tr><td>1<td>2<tr><td>3</table>");
    assert_eq!(table, "<table><tbody><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></tbody></table>");
}

#[test]
fn text_keeps_the_shape_a_reader_sees() {
    let html = "<h1>Kü&ccedil;&uuml;k</h1>\n<p>One\n two<br>three&nbsp;four</p><ul><li>a</li><li><p>b</p></li></ul><script>x</script>\
                <table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table><pre>x\n y</pre>tail soft&shy;ly";
    assert_eq!(to_text(html), "Kü\u{e7}ük\n\nOne two\nthree four\n\n- a\n- b\n\n1\t2\n3\n\nx\ny\n\ntail softly");
    assert_eq!(strip_tags("<b>A</b>&amp;B <i>c</i><br>d<li>e"), "A&B c d e");
    assert_eq!(to_text(""), "");
    assert_eq!(to_text("<p>a</p> <p> </p><div><div>b</div></div>"), "a\n\nb");
    assert_eq!(to_text("fish &amp; chips < 5 <!-- no"), "fish & chips < 5");
}

#[test]
fn references_decode_as_in_a_browser() {
    for (input, expected) in [
        ("&nbsp;&eacute;&Ccedil;&lt;", "\u{a0}éÇ<"),
        ("&#128;&#x93;&#150;&#0;&#xD800;&#99999999999;", "€“–\u{fffd}\u{fffd}\u{fffd}"),
        ("&#x130;&#305;&#x1F600;", "İı😀"),
        ("&copy 2026 &AMP; &hellip;&NotEqualTilde;", "© 2026 & …≂\u{338}"),
        ("?a=1&copy=2&bogus;&;&#;&#x;&", "?a=1&copy=2&bogus;&;&#;&#x;&"),
        ("AT&T &ampersand", "AT&T &ampersand"),
        ("&&amp;&", "&&&"),
    ] {
        assert_eq!(decode_entities(input), expected, "{input}");
    }
    assert!(matches!(decode_entities("plain"), Cow::Borrowed(_)));
    assert_eq!(escape("<a href=\"x\">&'</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
}

#[test]
fn hostile_shapes_take_linear_time_and_no_stack() {
    let n = 30_000;
    let formatting: String = (0..n).map(|i| format!("<b title={i}><p>x")).collect();
    let attributes: String = (0..n).map(|i| format!(" a{i}=1")).collect();
    for html in [
        "<div>".repeat(100_000) + "deep" + &"</div>".repeat(100_000),
        "<div></x>".repeat(n) + "deep",
        "<ul><li>".repeat(n) + "deep",
        "<table><tr><td>".repeat(n) + "deep",
        "<b>".repeat(n) + "<p>deep",
        formatting + "deep",
        format!("<p{attributes}>deep"),
        "<a <a ".repeat(n) + ">deep",
        "</".repeat(n) + "><p>deep",
        "<!-".repeat(n) + "><p>deep",
        "<svg><style></sty".repeat(n) + "</style></svg>deep",
        "&".repeat(n) + "deep",
        "<blockquote><span hidden>".repeat(n),
    ] {
        let start = Instant::now();
        let (safe, text) = (sanitize(&html, None), to_text(&html));
        assert!(start.elapsed() < Duration::from_secs(10), "{} took {:?}", &html[..24], start.elapsed());
        assert!(safe.len() <= html.len() * 8 + 64);
        assert!(text.len() <= html.len() + 64);
    }
}

proptest! {
    #[test]
    fn sanitising_twice_changes_nothing(parts in prop::collection::vec(0..SOUP.len(), 0..40)) {
        let html: String = parts.iter().map(|i| SOUP[*i]).collect();
        let once = clean(&html);
        prop_assert_eq!(clean(&once), once.clone(), "{}", html);
        let lower = once.to_lowercase();
        prop_assert!(!lower.contains("<script") && !lower.contains("onerror") && !lower.contains("href=\"javascript"));
    }

    #[test]
    fn any_text_survives(text in ".{0,200}") {
        let _ = (clean(&text), to_text(&text), decode_entities(&text), strip_tags(&text));
        // U+0000 and U+FEFF are no text, and HTML has one kind of line end.
        let plain: String = text.chars().filter(|c| !c.is_control() && *c != '\u{feff}').collect();
        let escaped = escape(&plain);
        prop_assert_eq!(decode_entities(&escaped), plain.as_str());
    }
}

const SOUP: &[&str] = &[
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<a href=/x title=t>",
    "<a href=javascript:x title=t>",
    "</a>",
    "<ul>",
    "</ul>",
    "<li>",
    "</li>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "<caption>",
    "<tbody>",
    "<h2>",
    "</h2>",
    "<h3>",
    "<pre>",
    "</pre>",
    "<svg>",
    "</svg>",
    "<style>",
    "</style>",
    "<br>",
    "<img src=a>",
    "<img onerror=x src=\"java&#10;script:x\">",
    "<script>",
    "</script>",
    "text ",
    " & ",
    "<",
    ">",
    "\"",
    "<!--",
    "-->",
    "<select>",
    "</select>",
    "<math>",
    "<object>",
    "</object>",
    "<dl>",
    "<dt>",
    "<dd>",
    "<blockquote>",
    "<span hidden>",
    "</span>",
    "<ruby>",
    "<rt>",
    "<i>",
    "</i>",
    "<video src=v controls>",
    "</video>",
    "<source src=s>",
    "<colgroup>",
    "<col>",
    "\n",
    "<hr>",
    "<summary>",
    "<details>",
    "</details>",
    "<picture>",
    "<code>",
    "</code>",
    "<u>",
    "</blockquote>",
    "&lt;script&gt;",
    "<th>",
    "<tfoot>",
    "<thead>",
];
