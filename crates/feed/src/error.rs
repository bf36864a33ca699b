//! Why a document is no feed.

/// The whole document was refused. Whatever could be forgiven is a [`crate::Warning`] instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the document is empty")]
    Empty,
    /// `found` says what it looks like: `html`, `json`, `xml <urlset>`, `text` or `binary data`.
    #[error("not a feed: this looks like {found}")]
    NotAFeed { found: String },
    /// `found` as with `NotAFeed`, where a list of feeds was wanted.
    #[error("not an opml list: this looks like {found}")]
    NotAList { found: String },
    /// It starts like a JSON Feed and cannot be read, even after closing what is open.
    #[error("reading the json feed")]
    Json(#[from] JsonError),
}

/// Where and why reading JSON stopped, as text: the cause itself can be neither cloned nor compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(pub(crate) String);
