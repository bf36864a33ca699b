//! Bad input: known cases first, then damaged copies of good documents, in two ways.
//!
//! Inside one process every reader takes as many cases as there is time for. Through the front door each case is one call
//! of the real binary, which must end in time, by itself, with an exit code that the command promises, and speak in its
//! promised form: slower, but it sees what a user sees. Neither needs another compiler.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use stdx::Rng;
use stdx::damage::damaged;

use crate::run::{self, Owned};
use crate::scratch::Scratch;

pub struct Plan {
    /// How long damaged copies are made, half of it in one process; known cases all run first.
    pub seconds: u64,
    pub seed: u64,
}

/// A command that reads a file from anybody.
struct Target {
    name: &'static str,
    /// The reader inside the process that takes the same documents; empty when it has documents of its own.
    reader: &'static str,
    command: &'static [&'static str],
    /// Exit code for "this is not what I read".
    refusal: i32,
    /// Whether it promises JSON on standard output, or on standard error with a refusal.
    json: bool,
    /// Folders of good documents, from the root of the repository.
    folders: &'static [&'static str],
    seeds: &'static [&'static str],
}

const TARGETS: &[Target] = &[
    Target {
        name: "feed",
        reader: "",
        command: &["feed", "parse", "--json", FILE],
        refusal: 2,
        json: true,
        folders: &["crates/feed/fixtures"],
        seeds: &[
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>Town</title><link>https://town.example/</link>\
             <item><guid isPermaLink=\"false\">1</guid><title>Bridge &amp; road</title><pubDate>Tue, 03 Nov 2026 08:00:00 +0100</pubDate>\
             <description><![CDATA[<p>The bridge <b>opens</b> in 2027.</p>]]></description></item></channel></rss>",
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://town.example/\"><title>Town</title><entry><id>urn:1</id>\
             <title type=\"html\">Bridge</title><updated>2026-11-03T08:00:00Z</updated><content type=\"xhtml\">\
             <div xmlns=\"http://www.w3.org/1999/xhtml\"><p>It opens.</p></div></content></entry></feed>",
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Town\",\"items\":[{\"id\":\"1\",\"content_html\":\"<p>It opens.</p>\",\
             \"date_published\":\"2026-11-03T08:00:00Z\",\"authors\":[{\"name\":\"A\"}]}]}",
        ],
    },
    Target {
        name: "analyze",
        reader: "text",
        command: &["analyze", "--json", FILE],
        refusal: 2,
        json: true,
        folders: &[],
        seeds: &[
            "# The bridge\n\nThe council voted 7 to 2 on Monday. \"It is not a bad day,\" said Dr. Ada Price, who paid $1,200.50.\n\n\
             - first\n- second\n\nKöprü 2027'de açılacak. Çok güzel!!! :)\n",
            "<p>Wonderful, isn't it?</p><p>No. It was the <em>worst</em> of times; e.g. 3.14 e-mails at example.org.</p>",
        ],
    },
    Target {
        name: "improve",
        reader: "text",
        command: &["improve", "--json", FILE],
        refusal: 2,
        json: true,
        folders: &[],
        seeds: &[
            "# The the bridge\n\nIn order to to open ,the bridge was built..The council  voted!!! It is very very nice.\n",
            "<h3>Bridge</h3><p>We utilise it a lot of the time, due to the fact that it is there.It opens in 2027.</p>",
        ],
    },
    Target {
        name: "config",
        reader: "",
        command: &["config", "check", "--config", FILE],
        refusal: 1,
        json: false,
        folders: &[],
        seeds: &[
            "listen = \"127.0.0.1:8080\"\n\n[queue]\nworkers_max = 8\n\n[cache]\nmemory_size = \"64MiB\"\n",
            "[connect]\nallow = [\"127.0.0.1:11434\", \"[fd00::7]:8080\"]\ncontact = \"desk@town.example\"\n",
        ],
    },
    Target {
        name: "jobs",
        reader: "queue",
        command: &["soak", "decode", FILE],
        // Whatever it is, it is taken for something or for nothing.
        refusal: 0,
        json: true,
        folders: &[],
        seeds: &[
            "[[1,3,1700000000000000,7,9,0,3,0,\"{\\\"n\\\":1}\"],[1,4,5,8,9,2,3,1,\"{}\",\"fetch:town.example#2\",\"waiting/poll:7\",4,\"no answer\"]]",
            "[541165879296,541165879297,541165879298]",
            "[0,0,12,400,73,5,0,0,1]",
            "7.3.1700000000000000 1623048486.1.1700000000000001 7.4.0",
            "{\"type\":\"completed\",\"id\":\"0M7K2ABCDEFGH\",\"job\":\"poll\",\"queue\":\"default\",\"at\":\"2026-11-03T08:00:00Z\",\"detail\":null}\n\
             {\"type\":\"progress\",\"id\":\"0M7K2ABCDEFGH\",\"job\":\"poll\",\"queue\":\"default\",\"at\":\"2026-11-03T08:00:00Z\",\"detail\":\"3/10\"}",
            "0M7K2ABCDEFGH",
        ],
    },
    Target {
        name: "http",
        reader: "edge",
        command: &["soak", "decode", FILE],
        refusal: 0,
        json: true,
        folders: &[],
        seeds: &[
            "GET /a/b?c=d&utm_source=e HTTP/1.1\r\nHost: town.example:8080\r\nAccept-Encoding: gzip;q=0.5, br\r\nAccept-Language: de, en;q=0.7\r\n\
             If-None-Match: W/\"a\", \"b\"\r\nIf-Modified-Since: Tue, 03 Nov 2026 08:00:00 GMT\r\nRange: bytes=0-4, 9-, -3\r\nIf-Range: \"b\"\r\n\
             Cache-Control: max-age=0, min-fresh=5, max-stale, only-if-cached\r\nConnection: keep-alive, x-a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: [::1]\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n1a\r\n\
             abcdefghijklmnopqrstuvwxyz\r\n0\r\nTrailer: x\r\n\r\n",
            "cache-control: public, max-age=\"60\", s-maxage=5, no-cache=\"set-cookie, x-a\", private, stale-while-revalidate=30\n\
             cdn-cache-control: max-age=60;a=1, stale-if-error=5, must-revalidate=?0\ncopydesk-cache-control: (), a=:YQ==:, b=@1, c=1.5, d=tok/en:*\n\
             vary: Accept-Encoding, accept-language,, cookie\nexpires: Tuesday, 03-Nov-26 08:00:00 GMT\ndate: Tue Nov  3 08:00:00 2026\nage: 5, 6\n\
             no-vary-search: key-order, params=(\"a\" \"b\"), except=(\"c\")\ncontent-range: bytes 0-4/10\nsurrogate-key: a b\ncache-groups: \"a\", \"b\"\n\
             cache-status: far; hit; ttl=5, \"near\"; fwd=stale\n",
        ],
    },
    Target {
        name: "segment",
        reader: "segment",
        command: &["soak", "decode", FILE],
        refusal: 0,
        json: true,
        folders: &["crates/cache/fixtures/segments"],
        seeds: &[],
    },
];

/// Readers inside the process with documents of their own: a folder, and how the names of its files end.
const READERS: &[(&str, &str, &str)] = &[
    ("xml", "crates/feed/fuzz/xml", ""),
    ("xml", "crates/feed/fixtures", ".xml"),
    ("json", "crates/feed/fuzz/json", ""),
    ("json", "crates/feed/fixtures", "json"),
    ("dates", "crates/feed/fuzz/dates", ""),
    ("charset", "crates/feed/fuzz/charset", ""),
    ("charset", "crates/feed/fixtures", ".xml"),
    ("opml", "crates/feed/fuzz/opml", ""),
    ("page", "crates/feed/fuzz/page", ""),
    ("pushes", "crates/connect/fuzz", ""),
    ("answers", "crates/connect/fuzz/answers", ""),
    ("frames", "crates/connect/fuzz/frames", ""),
    ("questions", "crates/connect/fuzz/questions", ""),
    ("prompts", "crates/desk/src/prompts/builtin", ".md"),
    ("untrusted", "crates/text/fuzz/untrusted", ""),
];

/// Stands for the input file in a command.
const FILE: &str = "{file}";
const CASE_LIMIT: Duration = Duration::from_secs(10);

pub fn fuzz(copydesk: &Path, plan: &Plan) -> Result<String> {
    let scratch = Scratch::new("soak-fuzz")?;
    let root = run::root();
    let mut known = 0;
    for target in TARGETS {
        for file in files(&root.join("crates/copydesk/tests/fuzz").join(target.name))? {
            target
                .check(copydesk, scratch.path(), &fs::read(&file)?)
                .with_context(|| format!("known case {}", file.display()))?;
            known += 1;
        }
    }
    let seeds: Vec<Vec<Vec<u8>>> = TARGETS.iter().map(|target| target.seeds(&root)).collect::<Result<_>>()?;
    for (target, seeds) in TARGETS.iter().zip(&seeds) {
        for seed in seeds {
            target
                .check(copydesk, scratch.path(), seed)
                .with_context(|| format!("an undamaged document for {}", target.name))?;
        }
    }
    let inside = inside(copydesk, &scratch, &seeds, plan, &root)?;
    let dice = Rng::seeded(plan.seed);
    let begun = Instant::now();
    let mut cases = 0u64;
    while begun.elapsed() < Duration::from_secs(plan.seconds.div_ceil(2)) {
        let which = dice.below(TARGETS.len() as u64) as usize;
        let case = damaged(&seeds[which], &dice);
        if let Err(error) = TARGETS[which].check(copydesk, scratch.path(), &case) {
            let name = TARGETS[which].name;
            let kept = keep(&root, name, &format!("seed-{}-case-{cases}", plan.seed), &case)?;
            return Err(error.context(format!(
                "case {cases} is kept in {}; once mended, move it to crates/copydesk/tests/fuzz/{name}",
                kept.display()
            )));
        }
        cases += 1;
    }
    Ok(format!("{known} known and {cases} new cases through the front door; executions inside: {inside}"))
}

/// Half of the time inside one process; the executions of each reader.
fn inside(copydesk: &Path, scratch: &Scratch, seeds: &[Vec<Vec<u8>>], plan: &Plan, root: &Path) -> Result<String> {
    /// What one execution may take beyond the time that is given.
    const LONGEST: Duration = Duration::from_secs(60);
    let folder = scratch.path().join("inside");
    for (target, seeds) in TARGETS.iter().zip(seeds).filter(|(target, _)| !target.reader.is_empty()) {
        let folder = folder.join(target.reader);
        fs::create_dir_all(&folder)?;
        for (index, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("{}-{index}", target.name)), seed)?;
        }
    }
    for (index, (reader, from, end)) in READERS.iter().enumerate() {
        let folder = folder.join(reader);
        fs::create_dir_all(&folder)?;
        for file in files(&root.join(from))? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(end) && !name.ends_with(".expected.json") {
                fs::copy(&file, folder.join(format!("{index}-{name}")))?;
            }
        }
    }
    let [out, err] = ["inside-out", "inside-err"].map(|name| scratch.path().join(name));
    let seconds = plan.seconds / 2;
    let mut command = Command::new(copydesk);
    command
        .args(["soak", "fuzz"])
        .arg(&folder)
        .args(["--seconds", &seconds.to_string(), "--seed", &plan.seed.to_string()])
        .current_dir(scratch.path())
        .stdin(Stdio::null())
        .stdout(File::create(&out)?)
        .stderr(File::create(&err)?);
    let mut process = Owned(command.spawn().with_context(|| format!("starting {}", copydesk.display()))?);
    let ended = run::wait_at_most(&mut process.0, Duration::from_secs(seconds) + LONGEST)?;
    if !ended.is_some_and(|status| status.success()) {
        let kept = keep(root, "inside", &format!("seed-{}", plan.seed), &fs::read(folder.join("case"))?)?;
        let how = ended.map_or_else(|| "it does not end".to_owned(), |status| status.to_string());
        bail!("{how}: {}; its case is kept in {}", start_of(&fs::read(&err)?), kept.display());
    }
    let counted: serde_json::Map<String, Value> = serde_json::from_slice(&fs::read(&out)?)?;
    Ok(counted.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", "))
}

/// Writes a case that failed to where it can be found.
fn keep(root: &Path, name: &str, file: &str, case: &[u8]) -> Result<PathBuf> {
    let kept = root.join("target/fuzz").join(name).join(file);
    fs::create_dir_all(kept.parent().expect("a file in a folder"))?;
    fs::write(&kept, case)?;
    Ok(kept)
}

impl Target {
    fn seeds(&self, root: &Path) -> Result<Vec<Vec<u8>>> {
        let mut seeds: Vec<Vec<u8>> = self.seeds.iter().map(|text| text.as_bytes().to_vec()).collect();
        for folder in self.folders {
            for file in files(&root.join(folder))? {
                seeds.push(fs::read(file)?);
            }
        }
        Ok(seeds)
    }

    fn check(&self, copydesk: &Path, scratch: &Path, case: &[u8]) -> Result<()> {
        let [file, out, err] = ["in", "out", "err"].map(|name| scratch.join(name));
        fs::write(&file, case)?;
        let words = self.command.iter().map(|word| if *word == FILE { file.as_os_str() } else { word.as_ref() });
        let mut command = Command::new(copydesk);
        command
            .args(words)
            .current_dir(scratch)
            .stdin(Stdio::null())
            .stdout(File::create(&out)?)
            .stderr(File::create(&err)?);
        let mut process = Owned(command.spawn().with_context(|| format!("starting {}", copydesk.display()))?);
        let Some(status) = run::wait_at_most(&mut process.0, CASE_LIMIT)? else {
            bail!("{} runs longer than {} s", self.command.join(" "), CASE_LIMIT.as_secs());
        };
        self.judge(status.code(), &fs::read(&out)?, &fs::read(&err)?)
    }

    /// What the command promises: an exit code of its own, and its answer or its refusal in its form.
    fn judge(&self, code: Option<i32>, out: &[u8], err: &[u8]) -> Result<()> {
        let spoken = match code {
            Some(0) => out,
            Some(code) if code == self.refusal => err,
            Some(code) => bail!("{} ended with {code}: {}", self.name, start_of(err)),
            None => bail!("{} was ended by a signal: {}", self.name, start_of(err)),
        };
        if String::from_utf8_lossy(err).contains("panicked at") {
            bail!("{} panicked: {}", self.name, start_of(err));
        }
        if self.json {
            serde_json::from_slice::<Value>(spoken)
                .with_context(|| format!("{} promises JSON and says {:?}", self.name, start_of(spoken)))?;
        }
        Ok(())
    }
}

fn start_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(300).collect()
}

/// Every file below `folder`, in order; none when there is no such folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { waiting.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
