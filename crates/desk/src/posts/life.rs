//! The workflow: pure rules, no reading and no writing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use crate::events::{Event, Recorded};
use crate::{ChannelId, Error, PostId, Version};

/// Where a post stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Draft,
    InReview,
    Approved,
    Scheduled,
    Publishing,
    Published,
    Rejected,
    Failed,
    Retracted,
}

impl State {
    pub const ALL: [State; 9] = [
        State::Draft,
        State::InReview,
        State::Approved,
        State::Scheduled,
        State::Publishing,
        State::Published,
        State::Rejected,
        State::Failed,
        State::Retracted,
    ];

    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::InReview => "in_review",
            State::Approved => "approved",
            State::Scheduled => "scheduled",
            State::Publishing => "publishing",
            State::Published => "published",
            State::Rejected => "rejected",
            State::Failed => "failed",
            State::Retracted => "retracted",
        }
    }

    /// The legal moves.
    pub fn may_become(self, next: State) -> bool {
        use State::{Approved, Draft, Failed, InReview, Published, Publishing, Rejected, Retracted, Scheduled};
        matches!(
            (self, next),
            (Draft, InReview)
                | (InReview, Approved | Rejected | Draft)
                | (Rejected, Draft)
                | (Approved, Scheduled | InReview)
                | (Scheduled, Publishing | InReview)
                | (Publishing, Published | Failed)
                | (Failed, Publishing | Draft)
                | (Published, Retracted)
                | (Retracted, Draft)
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for State {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        State::ALL.into_iter().find(|state| state.name() == text).ok_or(())
    }
}

/// Where a post stands on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    Sending,
    Unknown,
    Live,
    Failed,
    Withdrawn,
}

impl DeliveryState {
    pub fn name(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sending => "sending",
            DeliveryState::Unknown => "unknown",
            DeliveryState::Live => "live",
            DeliveryState::Failed => "failed",
            DeliveryState::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for DeliveryState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        use DeliveryState::{Failed, Live, Sending, Unknown, Waiting, Withdrawn};
        [Waiting, Sending, Unknown, Live, Failed, Withdrawn].into_iter().find(|state| state.name() == text).ok_or(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub state: DeliveryState,
    pub version: Version,
    /// Given to the destination, so that a repeated call is known for what it is.
    pub key: String,
    pub remote_id: Option<String>,
}

/// Somebody's word for the newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The principal.
    pub by: String,
    /// Who made the link, while a guest's approval waits for a second person.
    pub vouched_by: Option<String>,
    pub at: Timestamp,
}

/// What the events of a post add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    pub state: State,
    pub version: Version,
    /// Who wrote the newest version.
    pub author: String,
    /// Those who approved the newest version; where two people must, the first stands here while the second is missing.
    pub approvals: Vec<Approval>,
    pub approved: Option<Version>,
    pub published: Option<Version>,
    pub due_at: Option<Timestamp>,
    /// The first time it was published.
    pub published_at: Option<Timestamp>,
    pub deliveries: BTreeMap<ChannelId, Delivery>,
}

/// What somebody wants of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A version made from version `on`.
    AddVersion {
        on: Version,
    },
    Submit,
    /// Approves and schedules. While the post is published, the approved version becomes an update.
    Approve {
        version: Version,
        automatic: bool,
        /// How many different people must approve, none of them its author.
        people: u32,
        /// The author approves what they have just written, in place of the text of others: one of the two.
        with_edit: bool,
        /// Who made the link, if a guest approves: a guest may be just them.
        vouched_by: Option<String>,
        /// Other principals behind which the same person may stand.
        kin: BTreeSet<String>,
        due_at: Timestamp,
    },
    Reject {
        version: Version,
    },
    /// Gives what is approved and not out yet another time.
    Reschedule {
        due_at: Timestamp,
    },
    /// Takes an approval back before its delivery has started.
    WithdrawApproval,
    /// Back to the draft state, from rejected, failed or retracted.
    Reopen,
    /// Publishes at once what is scheduled, or tries again what has failed.
    StartPublishing {
        version: Version,
    },
    StartDelivery {
        channel: ChannelId,
        version: Version,
        key: String,
    },
    ConfirmDelivery {
        channel: ChannelId,
        version: Version,
        remote_id: String,
    },
    FailDelivery {
        channel: ChannelId,
        version: Version,
    },
    /// All required deliveries are live, or one is dead and none pending.
    FinishPublishing {
        version: Version,
    },
    WithdrawDelivery {
        channel: ChannelId,
    },
    Retract,
}

impl Life {
    /// Before any event.
    pub fn new() -> Life {
        Life {
            state: State::Draft,
            version: 0,
            author: String::new(),
            approvals: Vec::new(),
            approved: None,
            published: None,
            due_at: None,
            published_at: None,
            deliveries: BTreeMap::new(),
        }
    }

    /// What replaying `events` gives, each with who caused it and when.
    pub fn replay<'a>(events: impl IntoIterator<Item = (&'a Event, &'a str, Timestamp)>) -> Life {
        let mut life = Life::new();
        for (event, by, at) in events {
            life.apply(event, by, at);
        }
        life
    }

    /// What the recorded facts add up to.
    pub fn of(log: &[Recorded]) -> Life {
        Life::replay(log.iter().map(|recorded| (&recorded.event, recorded.actor.as_str(), recorded.at)))
    }

    /// The facts that `command` of the principal `by` leads to; empty when it has been done already.
    ///
    /// # Errors
    /// [`Error::IllegalMove`] when the state does not allow it, [`Error::StaleVersion`] when it names
    /// another version than the newest.
    pub fn decide(&self, post: PostId, by: &str, command: &Command) -> Result<Vec<Event>, Error> {
        use State::{Approved, Draft, Failed, InReview, Published, Publishing, Rejected, Retracted, Scheduled};
        let refuse = |wanted| Err(Error::IllegalMove { post, state: self.state, wanted });
        let newest = |given: Version| {
            if given == self.version { Ok(()) } else { Err(Error::StaleVersion { post, given, newest: self.version }) }
        };
        match command {
            Command::AddVersion { on } => {
                newest(*on)?;
                let version = self.version + 1;
                let added = Event::VersionAdded { version };
                match self.state {
                    Draft | InReview | Published => Ok(vec![added]),
                    // The approval was for another text.
                    Approved | Scheduled => {
                        let approved = self.approved.unwrap_or(self.version);
                        Ok(vec![Event::ApprovalWithdrawn { version: approved }, added])
                    }
                    Rejected | Failed | Retracted => Ok(vec![Event::Reopened {}, added]),
                    Publishing => refuse("it can be changed once it is published"),
                }
            }
            Command::Submit => match self.state {
                Draft => Ok(vec![Event::Submitted { version: self.version }]),
                InReview => Ok(vec![]),
                _ => refuse("only a draft can be submitted"),
            },
            Command::Approve { version, automatic, people, with_edit, vouched_by, kin, due_at } => {
                newest(*version)?;
                match self.state {
                    InReview => {}
                    Published if self.approved == Some(*version) => {
                        return refuse("its newest version is approved already");
                    }
                    Published => {}
                    _ => return refuse("only a post in review can be approved"),
                }
                if *people > 1 {
                    let may_be = |name: &str| name == by || vouched_by.as_deref() == Some(name) || kin.contains(name);
                    if *automatic {
                        return refuse("two people must approve it, and a policy is none");
                    }
                    if !with_edit && may_be(&self.author) {
                        return refuse("two people must approve it, and whoever wrote it is none of them");
                    }
                    let mut given =
                        self.approvals.iter().flat_map(|one| [Some(&one.by), one.vouched_by.as_ref()]).flatten();
                    if given.any(|name| may_be(name)) {
                        return refuse("two different people must approve it");
                    }
                    if self.approvals.len() + 1 < *people as usize {
                        return Ok(vec![Event::Endorsed { version: *version, vouched_by: vouched_by.clone() }]);
                    }
                }
                let approved = Event::Approved { version: *version, automatic: *automatic };
                Ok(vec![approved, Event::Scheduled { version: *version, due_at: *due_at }])
            }
            Command::Reject { version } => {
                newest(*version)?;
                match self.state {
                    InReview => Ok(vec![Event::Rejected { version: *version }]),
                    _ => refuse("only a post in review can be rejected"),
                }
            }
            Command::Reschedule { due_at } => {
                let is_on_its_way = |version| {
                    let begun = |d: &Delivery| !matches!(d.state, DeliveryState::Failed | DeliveryState::Withdrawn);
                    self.deliveries.values().any(|d| d.version == version && begun(d))
                };
                match (self.state, self.approved) {
                    (Scheduled | Published, _) if self.due_at == Some(*due_at) => Ok(vec![]),
                    (Published, approved) if approved == self.published => {
                        refuse("what has been published stays where it is in the calendar")
                    }
                    (Published, Some(version)) if is_on_its_way(version) => {
                        refuse("its delivery has started, so it can no longer be moved")
                    }
                    (Approved | Scheduled | Published, Some(version)) => {
                        Ok(vec![Event::Rescheduled { version, due_at: *due_at }])
                    }
                    _ => refuse("only an approved post that is not published yet can be given a time"),
                }
            }
            Command::WithdrawApproval => match (self.state, self.approved) {
                // The first of two people takes their word back.
                (InReview | Published, approved)
                    if approved != Some(self.version) && self.approvals.iter().any(|given| given.by == by) =>
                {
                    Ok(vec![Event::ApprovalWithdrawn { version: self.version }])
                }
                (Approved | Scheduled, Some(version)) => Ok(vec![Event::ApprovalWithdrawn { version }]),
                (Published, Some(version)) if self.deliveries.values().all(|d| d.version != version) => {
                    Ok(vec![Event::ApprovalWithdrawn { version }])
                }
                (Publishing | Published, _) => {
                    refuse("the delivery has started, so the approval can no longer be taken back")
                }
                _ => refuse("there is no approval to take back"),
            },
            Command::Reopen => match self.state {
                Rejected | Failed | Retracted | InReview => Ok(vec![Event::Reopened {}]),
                Draft => Ok(vec![]),
                _ => refuse("only a rejected, failed or retracted post can become a draft again"),
            },
            Command::StartPublishing { version } => match self.state {
                Scheduled | Failed if self.approved == Some(*version) => {
                    Ok(vec![Event::PublishingStarted { version: *version }])
                }
                Publishing if self.approved == Some(*version) => Ok(vec![]),
                // An update of what is published already: the post stays published.
                Published if self.approved == Some(*version) => Ok(vec![]),
                _ => refuse("only a scheduled post can be published"),
            },
            Command::StartDelivery { channel, version, key } => {
                if !matches!(self.state, Publishing | Published) || self.approved != Some(*version) {
                    return refuse("a delivery starts only while an approved version is being published");
                }
                match self.deliveries.get(channel) {
                    Some(d)
                        if d.version == *version && matches!(d.state, DeliveryState::Sending | DeliveryState::Live) =>
                    {
                        Ok(vec![])
                    }
                    _ => Ok(vec![Event::DeliveryStarted { channel: *channel, version: *version, key: key.clone() }]),
                }
            }
            Command::ConfirmDelivery { channel, version, remote_id } => match self.deliveries.get(channel) {
                Some(d) if d.version == *version && d.state == DeliveryState::Live => Ok(vec![]),
                Some(d) if d.version == *version => {
                    Ok(vec![Event::DeliveryLive { channel: *channel, version: *version, remote_id: remote_id.clone() }])
                }
                _ => refuse("the delivery has not been started"),
            },
            Command::FailDelivery { channel, version } => match self.deliveries.get(channel) {
                Some(d) if d.version == *version && d.state == DeliveryState::Sending => {
                    Ok(vec![Event::DeliveryFailed { channel: *channel, version: *version }])
                }
                _ => Ok(vec![]),
            },
            Command::FinishPublishing { version } => {
                let mine = || self.deliveries.values().filter(|d| d.version == *version);
                let all_live = mine().count() > 0 && mine().all(|d| d.state == DeliveryState::Live);
                let pending = mine().any(|d| {
                    matches!(d.state, DeliveryState::Waiting | DeliveryState::Sending | DeliveryState::Unknown)
                });
                match self.state {
                    Published if self.published == Some(*version) => Ok(vec![]),
                    Publishing | Published if self.approved != Some(*version) => refuse("that version is not approved"),
                    Publishing | Published if all_live => Ok(vec![Event::Published { version: *version }]),
                    Publishing if !pending => Ok(vec![Event::PublishingFailed { version: *version }]),
                    Publishing | Published => Ok(vec![]),
                    _ => refuse("it is not being published"),
                }
            }
            Command::WithdrawDelivery { channel } => match self.deliveries.get(channel) {
                Some(d) if d.state == DeliveryState::Live => Ok(vec![Event::DeliveryWithdrawn { channel: *channel }]),
                _ => Ok(vec![]),
            },
            Command::Retract => match self.state {
                Published => Ok(vec![Event::Retracted {}]),
                Retracted => Ok(vec![]),
                _ => refuse("only a published post can be retracted"),
            },
        }
    }

    /// Takes a fact for what it is; never refuses, since it has happened.
    pub fn apply(&mut self, event: &Event, by: &str, at: Timestamp) {
        match event {
            Event::Created { .. } => self.state = State::Draft,
            Event::VersionAdded { version } => {
                self.version = *version;
                self.author = by.to_owned();
                self.approvals.clear();
            }
            Event::Submitted { .. } => self.state = State::InReview,
            Event::Endorsed { vouched_by, .. } => {
                self.approvals.push(Approval { by: by.to_owned(), vouched_by: vouched_by.clone(), at });
            }
            Event::Approved { version, .. } => {
                self.approvals.push(Approval { by: by.to_owned(), vouched_by: None, at });
                self.approved = Some(*version);
                if self.state != State::Published {
                    self.state = State::Approved;
                }
            }
            Event::Rejected { .. } => {
                self.approvals.clear();
                self.state = State::Rejected;
            }
            Event::ApprovalWithdrawn { version } => {
                // Who takes their own word back leaves the other's; who overrules others leaves none.
                match self.approvals.last() {
                    Some(last) if last.by == by => drop(self.approvals.pop()),
                    _ => self.approvals.clear(),
                }
                // The first of two people takes back what has approved nothing yet: an older version that is
                // approved and on its way stays so.
                if self.approved == Some(*version) {
                    self.approved = self.published;
                    self.due_at = None;
                }
                if self.state != State::Published {
                    self.state = State::InReview;
                }
            }
            Event::Scheduled { due_at, .. } | Event::Rescheduled { due_at, .. } => {
                self.due_at = Some(*due_at);
                if self.state != State::Published {
                    self.state = State::Scheduled;
                }
            }
            Event::Reopened {} => {
                self.approvals.clear();
                self.approved = None;
                self.due_at = None;
                self.state = State::Draft;
            }
            Event::PublishingStarted { .. } => {
                self.due_at = None;
                self.state = State::Publishing;
            }
            Event::DeliveryStarted { channel, version, key } => {
                let remote_id = self.deliveries.get(channel).and_then(|d| d.remote_id.clone());
                let delivery =
                    Delivery { state: DeliveryState::Sending, version: *version, key: key.clone(), remote_id };
                self.deliveries.insert(*channel, delivery);
            }
            Event::DeliveryLive { channel, remote_id, .. } => {
                if let Some(delivery) = self.deliveries.get_mut(channel) {
                    delivery.state = DeliveryState::Live;
                    delivery.remote_id = Some(remote_id.clone());
                }
            }
            Event::DeliveryFailed { channel, .. } => {
                if let Some(delivery) = self.deliveries.get_mut(channel) {
                    delivery.state = DeliveryState::Failed;
                }
            }
            Event::DeliveryWithdrawn { channel } => {
                if let Some(delivery) = self.deliveries.get_mut(channel) {
                    delivery.state = DeliveryState::Withdrawn;
                }
            }
            Event::Published { version } => {
                self.published = Some(*version);
                self.published_at = self.published_at.or(Some(at));
                self.due_at = None;
                self.state = State::Published;
            }
            Event::PublishingFailed { .. } => self.state = State::Failed,
            Event::Retracted {} => {
                self.published = None;
                self.approved = None;
                self.approvals.clear();
                self.due_at = None;
                self.state = State::Retracted;
            }
        }
    }
}

impl Default for Life {
    fn default() -> Self {
        Life::new()
    }
}

/// Whether the fact changes the delivery on `channel`.
pub(crate) fn touches(event: &Event, channel: ChannelId) -> bool {
    match event {
        Event::DeliveryStarted { channel: c, .. }
        | Event::DeliveryLive { channel: c, .. }
        | Event::DeliveryFailed { channel: c, .. }
        | Event::DeliveryWithdrawn { channel: c } => *c == channel,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
