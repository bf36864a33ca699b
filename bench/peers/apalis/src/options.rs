//! The words of the command line, the same for every driver.

#[derive(Clone, Debug, Default)]
pub struct Options {
    pub phase: String,
    pub url: String,
    pub jobs: usize,
    pub concurrency: usize,
    pub batch_size: usize,
    /// Jobs each second of the phase `steady`.
    pub rate: usize,
    pub tuned: bool,
    /// Made by a run with `--keep`: neither emptied nor filled.
    pub prepared: bool,
    pub keep: bool,
    /// Say "ready" and wait for a line before the clock starts.
    pub wait: bool,
    pub other_node: bool,
}

impl Options {
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut seconds = 10;
        let mut options =
            Options { jobs: 1_000, concurrency: 10, batch_size: 1_000, rate: 1_000, ..Options::default() };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--phase" => options.phase = value()?,
                "--url" => options.url = value()?,
                "--jobs" => options.jobs = whole(&word, &value()?)?,
                "--concurrency" => options.concurrency = whole(&word, &value()?)?,
                "--batch-size" => options.batch_size = whole(&word, &value()?)?,
                "--rate" => options.rate = whole(&word, &value()?)?,
                "--seconds" => seconds = whole(&word, &value()?)?,
                "--tuned" => options.tuned = true,
                "--prepared" => options.prepared = true,
                "--keep" => options.keep = true,
                "--wait" => options.wait = true,
                "--other-node" => options.other_node = true,
                "--json" => {}
                _ => return Err(format!("what is {word}?")),
            }
        }
        if options.phase == "steady" {
            options.jobs = options.rate * seconds;
        }
        if options.phase.is_empty() || options.url.is_empty() {
            return Err("--phase and --url are needed".to_owned());
        }
        Ok(options)
    }

    /// The words for the worker in a process of its own.
    pub fn for_worker(&self) -> Vec<String> {
        let (jobs, concurrency) = (self.jobs.to_string(), self.concurrency.to_string());
        let words = ["--phase", "worker", "--url", &self.url, "--jobs", &jobs, "--concurrency", &concurrency];
        let flags = ["--prepared", "--keep", "--wait"].into_iter().chain(self.tuned.then_some("--tuned"));
        words.into_iter().chain(flags).map(str::to_owned).collect()
    }
}

fn whole(word: &str, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{word} {text} must be a whole number, 1 or more")),
    }
}
