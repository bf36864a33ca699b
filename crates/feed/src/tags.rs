//! Which element means what: namespaces by address or by their usual prefix, names in any case.

/// A vocabulary. All versions of RSS and Atom share one: real feeds mix them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    Core,
    Rdf,
    Content,
    Dc,
    DcTerms,
    Media,
    Itunes,
    GooglePlay,
    FeedBurner,
    Xhtml,
    Syndication,
    Podcast,
    Slash,
    Thread,
    /// GeoRSS, its GML and the W3C's vocabulary: their names do not clash.
    Geo,
    CommentApi,
    /// Known to mean nothing to us.
    Other,
}

/// What the reader does with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    // Containers.
    Rss,
    Feed,
    Rdf,
    Channel,
    Item,
    Html,
    Image,
    /// Parts that have titles and links of their own: text input, origin, owner.
    Aside,
    Author,
    Contributor,
    // Text with markup. The number ranks the vocabularies, the best is 0.
    Title(u8),
    Summary(u8),
    Content,
    Subtitle,
    Rights,
    // Plain text.
    Link,
    Id,
    OriginalLink,
    Published,
    Updated,
    Date,
    Category,
    Keywords,
    Creator(u8),
    Name,
    Email,
    Url,
    Language,
    Comments,
    Ttl,
    Hour,
    Day,
    UpdatePeriod,
    UpdateFrequency,
    // Attributes only.
    Enclosure,
    Medium,
    Thumbnail,
    Logo,
    /// What only some feeds have.
    Extra(Extra),
    /// Inside text with markup.
    Markup,
    Unknown,
}

/// Of podcasts, conversations and places: see `document/extras.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    CommentsCount,
    CommentsFeed,
    InReplyTo,
    /// Latitude and longitude in one text.
    Point,
    Latitude,
    Longitude,
    /// A place by the `geo` attribute.
    Location,
    Duration,
    Season,
    Episode,
    EpisodeKind,
    Explicit,
    Transcript,
    Chapters,
    /// An identity of the feed itself.
    Guid,
}

/// By the address in `xmlns`; `None` for one nobody knows, where the prefix decides.
pub fn by_address(address: &str) -> Option<Namespace> {
    let address = address.trim().to_ascii_lowercase();
    Some(match address.as_str() {
        "" => Namespace::Core,
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#" => Namespace::Rdf,
        "http://purl.org/dc/elements/1.1/" | "http://purl.org/dc/elements/1.0/" => Namespace::Dc,
        "http://purl.org/dc/terms/" => Namespace::DcTerms,
        "http://www.w3.org/1999/xhtml" => Namespace::Xhtml,
        "http://rssnamespace.org/feedburner/ext/1.0" => Namespace::FeedBurner,
        "http://www.google.com/schemas/play-podcasts/1.0" => Namespace::GooglePlay,
        "http://www.w3.org/2005/atom"
        | "http://purl.org/atom/ns#"
        | "http://purl.org/pie/"
        | "http://purl.org/echo/"
        | "uri/of/echo/namespace#"
        | "http://purl.org/rss/1.0/"
        | "http://my.netscape.com/rdf/simple/0.9/" => Namespace::Core,
        a if a.starts_with("http://purl.org/rss/1.0/modules/content") => Namespace::Content,
        a if a.starts_with("http://purl.org/rss/1.0/modules/syndication") => Namespace::Syndication,
        a if a.starts_with("http://purl.org/rss/1.0/modules/rss") => Namespace::Core,
        a if a.starts_with("http://purl.org/rss/1.0/modules/slash") => Namespace::Slash,
        a if a.starts_with("http://purl.org/syndication/thread/") => Namespace::Thread,
        a if a.contains("//www.georss.org/georss") || a.contains("//www.opengis.net/gml") => Namespace::Geo,
        a if a.starts_with("http://www.w3.org/2003/01/geo/wgs84_pos") => Namespace::Geo,
        a if a.starts_with("http://wellformedweb.org/commentapi") => Namespace::CommentApi,
        a if a.contains("podcastindex") => Namespace::Podcast,
        a if a.starts_with("http://search.yahoo.com/mrss") => Namespace::Media,
        a if a.contains("podcast-1.0.dtd") => Namespace::Itunes,
        a if a.contains("backend.userland.com/rss") || a.contains("/tech/rss") => Namespace::Core,
        a if a.starts_with("http://example.com/n") => Namespace::Core,
        a if a.starts_with("http://purl.org/") || a.starts_with("http://www.w3.org/") => Namespace::Other,
        _ => return None,
    })
}

/// By the prefix most feeds use, for those that declare it wrongly or not at all.
pub fn by_prefix(prefix: &str) -> Namespace {
    let known = [
        ("", Namespace::Core),
        ("atom", Namespace::Core),
        ("atom03", Namespace::Core),
        ("atom10", Namespace::Core),
        ("a10", Namespace::Core),
        ("rss", Namespace::Core),
        ("rdf", Namespace::Rdf),
        ("content", Namespace::Content),
        ("dc", Namespace::Dc),
        ("dcterms", Namespace::DcTerms),
        ("dct", Namespace::DcTerms),
        ("media", Namespace::Media),
        ("itunes", Namespace::Itunes),
        ("googleplay", Namespace::GooglePlay),
        ("feedburner", Namespace::FeedBurner),
        ("xhtml", Namespace::Xhtml),
        ("sy", Namespace::Syndication),
        ("podcast", Namespace::Podcast),
        ("slash", Namespace::Slash),
        ("thr", Namespace::Thread),
        ("georss", Namespace::Geo),
        ("geo", Namespace::Geo),
        ("gml", Namespace::Geo),
        ("wfw", Namespace::CommentApi),
    ];
    known.iter().find(|(p, _)| p.eq_ignore_ascii_case(prefix)).map_or(Namespace::Other, |(_, n)| *n)
}

/// Longest element name that means something.
const NAME_MAX: usize = 24;

/// The meaning of `name` (without prefix) in `namespace`.
pub fn lookup(namespace: Namespace, name: &str) -> Tag {
    let mut buffer = [0u8; NAME_MAX];
    let Some(lower) = buffer.get_mut(..name.len()) else {
        return Tag::Unknown;
    };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let lower = &*lower;
    match namespace {
        Namespace::Core => core(lower),
        Namespace::Rdf => match lower {
            b"rdf" => Tag::Rdf,
            // RSS 0.90 and its imitators put everything under one prefix.
            _ => core(lower),
        },
        Namespace::Content => match lower {
            b"encoded" => Tag::Content,
            _ => Tag::Unknown,
        },
        Namespace::Dc => match lower {
            b"title" => Tag::Title(1),
            b"description" => Tag::Summary(1),
            b"creator" | b"author" => Tag::Creator(0),
            b"date" => Tag::Date,
            b"subject" => Tag::Category,
            b"language" => Tag::Language,
            b"contributor" => Tag::Contributor,
            b"rights" => Tag::Rights,
            _ => Tag::Unknown,
        },
        Namespace::DcTerms => match lower {
            b"title" => Tag::Title(1),
            b"issued" => Tag::Published,
            b"modified" => Tag::Updated,
            b"creator" => Tag::Creator(0),
            b"subject" => Tag::Category,
            _ => Tag::Unknown,
        },
        Namespace::Media => match lower {
            b"title" => Tag::Title(3),
            b"description" | b"text" => Tag::Summary(4),
            b"category" => Tag::Category,
            b"keywords" => Tag::Keywords,
            b"content" | b"peerlink" => Tag::Medium,
            b"thumbnail" => Tag::Thumbnail,
            _ => Tag::Unknown,
        },
        Namespace::Itunes => match lower {
            b"title" => Tag::Title(2),
            b"summary" => Tag::Summary(3),
            b"author" => Tag::Creator(1),
            b"keywords" => Tag::Keywords,
            b"category" => Tag::Category,
            b"image" => Tag::Logo,
            b"owner" => Tag::Aside,
            b"duration" => Tag::Extra(Extra::Duration),
            b"season" => Tag::Extra(Extra::Season),
            b"episode" => Tag::Extra(Extra::Episode),
            b"episodetype" => Tag::Extra(Extra::EpisodeKind),
            b"explicit" => Tag::Extra(Extra::Explicit),
            _ => Tag::Unknown,
        },
        Namespace::GooglePlay => match lower {
            b"description" => Tag::Summary(2),
            b"author" => Tag::Creator(1),
            b"image" => Tag::Logo,
            _ => Tag::Unknown,
        },
        Namespace::FeedBurner => match lower {
            b"origlink" => Tag::OriginalLink,
            _ => Tag::Unknown,
        },
        Namespace::Xhtml => match lower {
            b"body" => Tag::Content,
            b"html" => Tag::Html,
            _ => Tag::Unknown,
        },
        Namespace::Syndication => match lower {
            b"updateperiod" => Tag::UpdatePeriod,
            b"updatefrequency" => Tag::UpdateFrequency,
            _ => Tag::Unknown,
        },
        Namespace::Podcast => match lower {
            b"guid" => Tag::Extra(Extra::Guid),
            b"season" => Tag::Extra(Extra::Season),
            b"episode" => Tag::Extra(Extra::Episode),
            b"transcript" => Tag::Extra(Extra::Transcript),
            b"chapters" => Tag::Extra(Extra::Chapters),
            b"location" => Tag::Extra(Extra::Location),
            b"person" => Tag::Contributor,
            _ => Tag::Unknown,
        },
        Namespace::Slash => match lower {
            b"comments" => Tag::Extra(Extra::CommentsCount),
            _ => Tag::Unknown,
        },
        Namespace::Thread => match lower {
            b"total" => Tag::Extra(Extra::CommentsCount),
            b"in-reply-to" => Tag::Extra(Extra::InReplyTo),
            _ => Tag::Unknown,
        },
        Namespace::Geo => match lower {
            b"point" | b"pos" => Tag::Extra(Extra::Point),
            b"lat" => Tag::Extra(Extra::Latitude),
            b"long" => Tag::Extra(Extra::Longitude),
            _ => Tag::Unknown,
        },
        Namespace::CommentApi => match lower {
            b"commentrss" => Tag::Extra(Extra::CommentsFeed),
            _ => Tag::Unknown,
        },
        Namespace::Other => Tag::Unknown,
    }
}

fn core(lower: &[u8]) -> Tag {
    match lower {
        b"rss" => Tag::Rss,
        b"feed" => Tag::Feed,
        b"rdf" => Tag::Rdf,
        b"channel" => Tag::Channel,
        b"item" | b"entry" => Tag::Item,
        b"html" | b"head" => Tag::Html,
        b"title" => Tag::Title(0),
        b"link" => Tag::Link,
        b"description" | b"summary" | b"abstract" => Tag::Summary(0),
        b"content" | b"body" | b"fullitem" => Tag::Content,
        b"subtitle" | b"tagline" => Tag::Subtitle,
        b"guid" | b"id" => Tag::Id,
        b"pubdate" | b"published" | b"issued" => Tag::Published,
        b"updated" | b"modified" | b"lastbuilddate" => Tag::Updated,
        b"date" => Tag::Date,
        b"author" => Tag::Author,
        b"creator" => Tag::Creator(0),
        b"name" => Tag::Name,
        b"email" => Tag::Email,
        b"url" => Tag::Url,
        b"category" => Tag::Category,
        b"keywords" | b"tags" => Tag::Keywords,
        b"enclosure" => Tag::Enclosure,
        b"comments" => Tag::Comments,
        b"language" => Tag::Language,
        b"ttl" => Tag::Ttl,
        b"hour" => Tag::Hour,
        b"day" => Tag::Day,
        b"image" => Tag::Image,
        b"contributor" => Tag::Contributor,
        b"rights" | b"copyright" => Tag::Rights,
        b"textinput" | b"source" => Tag::Aside,
        _ => Tag::Unknown,
    }
}
