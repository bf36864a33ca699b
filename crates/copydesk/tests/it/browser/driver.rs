//! WebDriver by hand: a few commands of the W3C protocol over plain HTTP, and the two of Chromium that set
//! a screen and a colour scheme.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value as Json, json};

use crate::{http, skipped, wait_for};

pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    profile: PathBuf,
}

/// How W3C names a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PHONE_WIDTH: u64 = 390;

impl Browser {
    /// `None` when the environment names no browser.
    ///
    /// # Panics
    /// When it names one that does not start.
    pub fn start() -> Option<Browser> {
        let (Some(chromedriver), Some(chromium)) =
            (std::env::var_os("COPYDESK_TEST_CHROMEDRIVER"), std::env::var_os("COPYDESK_TEST_CHROMIUM"))
        else {
            skipped("no browser: set COPYDESK_TEST_CHROMEDRIVER and COPYDESK_TEST_CHROMIUM");
            return None;
        };
        let mut command = Command::new(&chromedriver);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", chromedriver.display()));
        let mut lines = BufReader::new(driver.stdout.take().expect("stdout is piped")).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok());
        std::thread::spawn(move || lines.for_each(drop));
        let port: u16 = port.expect("chromedriver says its port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let profile = std::env::temp_dir().join(format!("copydesk-browser-{}", driver.id()));
        let mut browser = Browser { driver, address, session: String::new(), profile };
        let flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
        ];
        let mut arguments: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", browser.profile.display()));
        let wish = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": chromium.to_string_lossy(), "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = browser.call("POST", "/session", &wish);
        browser.session = session["sessionId"].as_str().expect("a session has an id").to_owned();
        Some(browser)
    }

    fn call(&mut self, method: &str, path: &str, body: &Json) -> Json {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let headers = [("Content-Type", "application/json")];
        let answer = http::send(self.address, method, path, &headers, body.as_bytes());
        let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let value = answer.json()["value"].clone();
        assert_eq!(answer.status, 200, "{method} {path}: {} {}", value["error"], value["message"]);
        value
    }

    fn ask(&mut self, method: &str, path: &str, body: &Json) -> Json {
        let path = format!("/session/{}{path}", self.session);
        self.call(method, &path, body)
    }

    pub fn go(&mut self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    /// What a function with this body gives in the page.
    pub fn js(&mut self, body: &str) -> Json {
        self.ask("POST", "/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Waits until the function gives something true; a page that is being left gives nothing.
    pub fn until(&mut self, what: &str, body: &str) {
        let mut place = Json::Null;
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(what, Duration::from_secs(10), || {
                place = self.js("return location.href");
                (self.js(body) == true).then_some(())
            });
        }));
        if outcome.is_err() {
            self.picture("failure");
            panic!("waited in vain for {what}; the browser is at {place}, see failure.png");
        }
    }

    /// Presses keys one after the other; the codes of special keys are those of WebDriver.
    pub fn press(&mut self, keys: &str) {
        let actions: Vec<Json> = keys
            .chars()
            .flat_map(|key| {
                [
                    json!({ "type": "keyDown", "value": key.to_string() }),
                    json!({ "type": "keyUp", "value": key.to_string() }),
                ]
            })
            .collect();
        self.ask("POST", "/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    /// Presses `key` while `held` is down.
    pub fn chord(&mut self, held: &str, key: &str) {
        let actions = json!([
            { "type": "keyDown", "value": held }, { "type": "keyDown", "value": key },
            { "type": "keyUp", "value": key }, { "type": "keyUp", "value": held },
        ]);
        self.ask("POST", "/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    pub fn type_into(&mut self, selector: &str, text: &str) {
        let element = self.ask("POST", "/element", &json!({ "using": "css selector", "value": selector }));
        let id = element[ELEMENT].as_str().expect("an element has an id").to_owned();
        self.ask("POST", &format!("/element/{id}/value"), &json!({ "text": text }));
    }

    fn devtools(&mut self, command: &str, parameters: &Json) {
        self.ask("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    pub fn dark(&mut self, on: bool) {
        let scheme = if on { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// The screen of a small phone, or of a desk.
    pub fn phone(&mut self, on: bool) {
        let (width, height) = if on { (PHONE_WIDTH, 844) } else { (1_280, 900) };
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": on });
        self.devtools("Emulation.setDeviceMetricsOverride", &screen);
    }

    pub fn does_not_scroll_sideways(&mut self, what: &str) {
        let width = self.js("return document.documentElement.scrollWidth").as_u64().unwrap_or(u64::MAX);
        let widest = "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 391)\
            .slice(0, 5).map(e => e.tagName + '.' + e.className)";
        assert!(width <= PHONE_WIDTH, "{what} is {width} pixels wide on a phone: {}", self.js(widest));
    }

    /// # Panics
    /// When the page has told the browser's console of an error since the last time.
    pub fn is_clean(&mut self, what: &str) {
        let entries = self.ask("POST", "/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        let errors: Vec<&Json> =
            entries.iter().filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"))).collect();
        assert!(errors.is_empty(), "{what} complains: {errors:#?}");
    }

    pub fn forget_messages(&mut self) {
        self.ask("POST", "/se/log", &json!({ "type": "browser" }));
    }

    /// Saves what is to be seen as `target/screenshots/<name>.png`.
    pub fn picture(&mut self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder).expect("the target folder is writable");
        let picture = self.ask("GET", "/screenshot", &Json::Null);
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(picture.as_str().unwrap_or_default())
            .expect("a picture is base64");
        std::fs::write(folder.join(format!("{name}.png")), bytes).expect("the target folder is writable");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Chromium goes with its session.
            let _ = http::send(self.address, "DELETE", &format!("/session/{}", self.session), &[], b"");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
