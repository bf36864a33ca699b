use super::*;

#[test]
fn a_sitemap_becomes_paths() {
    let xml = "<urlset><url><loc>http://localhost:8080/a/b</loc></url><url><loc> https://desk.example </loc></url>\
               <sitemap><loc>http://x/sitemap-1.xml</loc></sitemap></urlset>";
    assert_eq!(locations(xml), ["/a/b", "/", "/sitemap-1.xml"]);
    assert!(locations("<urlset/>").is_empty());
}
