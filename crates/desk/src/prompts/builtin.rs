//! The templates that come with the product: each kind in English and Turkish.

/// Names with their sources, in the order of the kinds.
const ALL: [(&str, &str); 12] = [
    ("news-post-en", include_str!("builtin/news-post-en.md")),
    ("news-post-tr", include_str!("builtin/news-post-tr.md")),
    ("linkedin-post-en", include_str!("builtin/linkedin-post-en.md")),
    ("linkedin-post-tr", include_str!("builtin/linkedin-post-tr.md")),
    ("product-text-en", include_str!("builtin/product-text-en.md")),
    ("product-text-tr", include_str!("builtin/product-text-tr.md")),
    ("newsletter-item-en", include_str!("builtin/newsletter-item-en.md")),
    ("newsletter-item-tr", include_str!("builtin/newsletter-item-tr.md")),
    ("headline-set-en", include_str!("builtin/headline-set-en.md")),
    ("headline-set-tr", include_str!("builtin/headline-set-tr.md")),
    ("social-thread-en", include_str!("builtin/social-thread-en.md")),
    ("social-thread-tr", include_str!("builtin/social-thread-tr.md")),
];

/// The source of a built-in template.
pub fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

/// Their names.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}
