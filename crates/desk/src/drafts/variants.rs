//! Several drafts of one post: what each is asked for, and which of them are kept.

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::{Completion, generate};
use crate::moderation::Check;
use crate::people::Actor;
use crate::pipelines::Pipeline;
use crate::posts::Draft;
use crate::posts::variants::{LABELS, Made, VARIANTS_MAX};
use crate::prompts::{Template, Told};
use crate::stories::Member;
use crate::{Desk, Error, StoryId};

/// What a model is told beside the prompt; the first variant is told nothing.
const ANGLES: [&str; VARIANTS_MAX] = [
    "",
    "Tell it from the side of those whom it touches most, and let the title say so.",
    "Begin with the figure or the fact that tells most, and let the title name it.",
    "Begin with what comes next or is still open, as far as the sources say it.",
    "Begin with who decided or did it and why, as far as the sources say it.",
];

/// The question for a variant.
pub(crate) fn turned(mut told: Told, variant: usize) -> Told {
    let angle = ANGLES[variant];
    if !angle.is_empty() {
        let line = format!("\n\nThis is one of several drafts. {angle} What always holds stays as it is.");
        told.system.push_str(&line);
        told.guarded.push_str(&line);
    }
    told
}

/// The version of a prompt with the label of the variant, which is told something else; `A` has none.
pub(crate) fn version(version: &str, variant: usize) -> String {
    if variant == 0 { version.to_owned() } else { format!("{version}.{}", LABELS[variant]) }
}

/// The way back from [`version`].
pub(crate) fn parted(version: &str) -> (&str, usize) {
    let variant =
        version.rsplit_once('.').and_then(|(rest, label)| Some((rest, LABELS.iter().position(|l| *l == label)?)));
    variant.unwrap_or((version, 0))
}

/// Makes as many drafts as the pipeline wants, all at the same time; each is an attempt of its own with its own price. One that fails
/// leaves the others.
///
/// # Errors
/// The first one's when all fail.
pub(super) async fn run(
    desk: &Desk,
    actor: &Actor,
    pipeline: &Pipeline,
    story: Option<StoryId>,
    members: &[Member],
) -> Result<Vec<Result<generate::Made, String>>, Error> {
    let count = (pipeline.spec.variants as usize).clamp(1, VARIANTS_MAX);
    // Boxed: each is large.
    let one = |variant| generate::run(desk, actor, pipeline, story, members, variant).boxed();
    let runs: Vec<_> = (0..count).map(one).collect();
    let mut made: Vec<Result<generate::Made, Error>> = join_all(runs).await;
    if made.iter().all(Result::is_err) {
        return made.swap_remove(0).map(|_| Vec::new());
    }
    Ok(made.into_iter().map(|one| one.map_err(|error| format!("it could not be made: {error}"))).collect())
}

/// What came of a draft.
pub(super) struct Drafted {
    /// The first one that was made.
    pub draft: Draft,
    /// Those that were made, dropped or not.
    pub calls: Vec<Call>,
    /// In the order of their labels.
    pub all: Vec<Made>,
}

/// What it took to make one draft.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub records: Vec<Completion>,
    pub prompt: Option<Template>,
}

/// Judges the drafts, of which one at least was made.
pub(super) fn judged(made: Vec<Result<generate::Made, String>>, judge: impl Fn(&generate::Made) -> Draft) -> Drafted {
    let (mut calls, mut all) = (Vec::new(), Vec::new());
    for (variant, one) in made.into_iter().enumerate() {
        let draft = one.map(|made| {
            let draft = judge(&made);
            calls.push(Call { records: made.records, prompt: made.prompt });
            draft
        });
        all.push(Made { variant, draft });
    }
    let all = distinct(all);
    let draft =
        all.iter().find_map(|one| one.draft.as_ref().ok()).cloned().expect("the first one made is never dropped");
    Drafted { draft, calls, all }
}

/// Drops what says the same as one before it.
fn distinct(made: Vec<Made>) -> Vec<Made> {
    let mut kept: Vec<Made> = Vec::with_capacity(made.len());
    for mut one in made {
        let same = |draft: &Draft| {
            let is_same = |other: &&Made| {
                other.draft.as_ref().is_ok_and(|other| other.title == draft.title && other.body == draft.body)
            };
            kept.iter().find(is_same).map(|other| LABELS[other.variant])
        };
        if let Some(label) = one.draft.as_ref().ok().and_then(same) {
            one.draft = Err(format!("it says the same as {label}"));
        }
        kept.push(one);
    }
    kept
}

/// Why a person must choose, if so.
pub(super) fn check(made: &[Made]) -> Option<Check> {
    let labels: Vec<&str> = made.iter().filter(|one| one.draft.is_ok()).map(|one| LABELS[one.variant]).collect();
    let dropped = |one: &Made| Some(format!("; {}: {}", LABELS[one.variant], one.draft.as_ref().err()?));
    let dropped: String = made.iter().filter_map(dropped).collect();
    let detail = match labels.as_slice() {
        [] | [_] if dropped.is_empty() => return None,
        [] | [_] => format!("only one of the variants is left{dropped}"),
        more => format!("a person chooses among the variants {}{dropped}", more.join(", ")),
    };
    Some(Check { check: "variants".to_owned(), passed: labels.len() < 2, detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_tells_the_variant() {
        for variant in 0..VARIANTS_MAX {
            let told = version("0123456789abcdef-01234567", variant);
            assert_eq!(parted(&told), ("0123456789abcdef-01234567", variant));
        }
        assert_eq!(parted(""), ("", 0));
    }
}
