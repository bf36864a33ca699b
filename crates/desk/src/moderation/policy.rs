//! The policy: when a version is approved without a person, with the reason for every check.

use serde::{Deserialize, Serialize};
use store::{Conn, params};

use crate::pipelines::Policy;
use crate::posts::{self, Post};
use crate::{Error, StoryId};

store::sql! {
    TRUST = "moderation.trust",
        "SELECT min(s.trust) FROM item i JOIN source s ON s.id = i.source WHERE i.story = $1 AND i.standing <> 'seen'";
}

/// One thing that a policy looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `automatic`, `two_people`, `score`, `grounded`, `trust`, `engagement`, `topic`, `variants` or `sources`; what a draft takes from its
    /// sources word for word is told as one of `sources` that has passed.
    pub check: String,
    pub passed: bool,
    pub detail: String,
}

/// What a policy knows of a version.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    pub score: f64,
    pub grounded: bool,
    /// The trust in the least trusted of its sources; `None` when it has none.
    pub trust: Option<f64>,
    /// How well it is expected to do; `None` when nobody knows.
    pub engagement: Option<f64>,
    pub topic: &'a str,
}

/// What `policy` says of a version: whether it passes, and what of it was looked at.
pub fn judge(policy: &Policy, facts: &Facts<'_>) -> (bool, Vec<Check>) {
    let mut checks = Vec::new();
    let mut check = |name: &str, passed: bool, detail: String| {
        checks.push(Check { check: name.to_owned(), passed, detail });
    };
    if policy.two_people {
        check("two_people", false, "two people must approve it".to_owned());
    }
    if !policy.automatic {
        check("automatic", false, "this pipeline leaves every decision to a person".to_owned());
    }
    let (score, least) = (facts.score, policy.score_min);
    let reaches = if score >= least { "reaches" } else { "is below" };
    check("score", score >= least, format!("score {score:.2} {reaches} {least:.2}"));
    if policy.grounded {
        let detail = match facts.grounded {
            true => "everything in it stands in the sources",
            false => "something in it does not stand in the sources",
        };
        check("grounded", facts.grounded, detail.to_owned());
    }
    if policy.trust_min > 0.0 {
        let least = policy.trust_min;
        match facts.trust {
            Some(trust) if trust >= least => {
                check("trust", true, format!("the trust in its sources, {trust:.2}, reaches {least:.2}"));
            }
            Some(trust) => check("trust", false, format!("the trust in a source, {trust:.2}, is below {least:.2}")),
            None => check("trust", false, "it has no source that could be trusted".to_owned()),
        }
    }
    if policy.engagement_min > 0.0 {
        let least = policy.engagement_min;
        match facts.engagement {
            Some(expected) if expected >= least => {
                check("engagement", true, format!("expected engagement {expected:.2} reaches {least:.2}"));
            }
            Some(expected) => {
                check("engagement", false, format!("expected engagement {expected:.2} is below {least:.2}"));
            }
            None => check("engagement", true, "nothing is known of its engagement".to_owned()),
        }
    }
    if !policy.topics_held.is_empty() {
        let folded = text::slug::fold(facts.topic.trim());
        let held = policy.topics_held.iter().any(|topic| text::slug::fold(topic.trim()) == folded);
        let verb = if held { "always waits" } else { "does not wait" };
        check("topic", !held, format!("the topic {} {verb} for a person", facts.topic));
    }
    (checks.iter().all(|check| check.passed), checks)
}

/// The checks in one sentence: what failed, or all that passed.
pub(super) fn sentence(passes: bool, checks: &[Check]) -> String {
    // Who asks for people alone need not hear what else might have failed.
    let decides =
        checks.iter().find(|check| !check.passed && matches!(check.check.as_str(), "two_people" | "automatic"));
    if let Some(check) = decides {
        return check.detail.clone();
    }
    let told: Vec<&str> =
        checks.iter().filter(|check| check.passed == passes).map(|check| check.detail.as_str()).collect();
    match (passes, told.split_last()) {
        (true, Some((last, rest))) if !rest.is_empty() => format!("{}, and {last}", rest.join(", ")),
        _ => told.join("; "),
    }
}

/// Judges the newest version of `post`, reading what the policy asks for.
pub(super) async fn apply(conn: &mut Conn, policy: &Policy, post: &Post) -> Result<(bool, Vec<Check>), Error> {
    let trust = match post.story {
        Some(story) if policy.trust_min > 0.0 => trust_in(conn, story).await?,
        _ => None,
    };
    let engagement = if policy.engagement_min > 0.0 {
        posts::version(conn, post.id, post.version).await?.analysis["engagement"].as_f64()
    } else {
        None
    };
    let facts = Facts { score: post.score, grounded: post.grounded, trust, engagement, topic: &post.topic };
    Ok(judge(policy, &facts))
}

async fn trust_in(conn: &mut Conn, story: StoryId) -> Result<Option<f64>, Error> {
    Ok(conn.one(&TRUST, params![story.to_i64()]).await?.get(0)?)
}
