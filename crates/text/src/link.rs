//! Addresses compared.

use url::Url;

/// Parameters that say where a reader came from, not what the page is.
#[rustfmt::skip]
const TRACKING: &[&str] = &[
    "_ga", "_gl", "_hsenc", "_hsmi", "dclid", "fbclid", "gbraid", "gclid", "gclsrc", "igsh", "igshid", "li_fat_id",
    "mc_cid", "mc_eid", "mkt_tok", "msclkid", "oly_anon_id", "oly_enc_id", "rb_clickid", "s_cid", "ttclid", "twclid",
    "vero_conv", "vero_id", "wbraid", "wickedid", "yclid", "ysclid",
];

/// The form under which two addresses of one page meet: scheme and host in lower case, no default
/// port, no user, no fragment, no tracking parameters (`utm_*`, `fbclid`, …). The order of the other
/// parameters and a trailing slash are kept: both may matter to the site. `None` unless http(s).
pub fn canonical_url(url: &str) -> Option<String> {
    let mut parsed = Url::parse(url.trim()).ok()?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host().is_none() {
        return None;
    }
    parsed.set_fragment(None);
    // Neither can fail: the address has a host.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    if let Some(query) = parsed.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        let kept = kept.join("&");
        parsed.set_query((!kept.is_empty()).then_some(&kept));
    }
    Some(parsed.into())
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or(pair).to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING.binary_search(&&*name).is_ok()
}

#[cfg(test)]
mod tests;
