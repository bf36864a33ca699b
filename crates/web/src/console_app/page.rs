//! The one page, with what is added to it for each answer.

use serde_json::Value;

/// `index.html`, open where the additions go.
#[derive(Debug)]
pub struct Page {
    /// Up to the links.
    before: String,
    /// From there up to what the page is told.
    between: String,
    after: String,
}

/// Where the links go.
const LINKS: &str = "<!--head-->";
/// Opens the element that holds what the page is told.
const BOOT: &str = "<script type=\"application/json\" id=\"boot\">";

impl Page {
    pub fn parse(html: &str) -> Result<Page, String> {
        let (before, rest) = html.split_once(LINKS).ok_or_else(|| format!("it has no {LINKS}"))?;
        let (between, after) = rest.split_once(BOOT).ok_or_else(|| format!("it has no {BOOT} after {LINKS}"))?;
        Ok(Page { before: before.to_owned(), between: format!("{between}{BOOT}"), after: after.to_owned() })
    }

    /// The page that loads the files at `addresses` besides its own, and is told `told`.
    pub fn html(&self, addresses: &[String], told: Option<&Value>) -> String {
        let told = told.map(Value::to_string).unwrap_or_default();
        let size = self.before.len() + self.between.len() + self.after.len() + 100 * addresses.len() + told.len();
        let mut html = String::with_capacity(size + 64);
        html.push_str(&self.before);
        for address in addresses {
            let relation = if address.ends_with(".css") { "stylesheet" } else { "modulepreload" };
            // As the bundler's loader asks for them: another way to ask would load the file twice.
            html.push_str(&format!("<link rel=\"{relation}\" crossorigin href=\"{address}\">"));
        }
        html.push_str(&self.between);
        // The one sign that could end the element; in JSON it stands only within strings.
        html.push_str(&told.replace('<', "\\u003c"));
        html.push_str(&self.after);
        html
    }
}
