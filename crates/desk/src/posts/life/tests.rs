use proptest::prelude::*;
use stdx::Id;

use super::*;

fn id() -> PostId {
    PostId(Id::from_i64(1).unwrap())
}

fn channel() -> ChannelId {
    ChannelId(Id::from_i64(2).unwrap())
}

fn run(life: &mut Life, command: Command) -> Result<Vec<Event>, Error> {
    run_by(life, "key:someone", command)
}

fn run_by(life: &mut Life, by: &str, command: Command) -> Result<Vec<Event>, Error> {
    let facts = life.decide(id(), by, &command)?;
    for fact in &facts {
        life.apply(fact, by, Timestamp::from_seconds(100));
    }
    Ok(facts)
}

fn approve(version: Version) -> Command {
    approve_of(version, 1)
}

fn approve_of(version: Version, people: u32) -> Command {
    let due_at = Timestamp::from_seconds(10);
    Command::Approve {
        version,
        automatic: false,
        people,
        with_edit: false,
        vouched_by: None,
        kin: BTreeSet::new(),
        due_at,
    }
}

fn published() -> Life {
    let mut life = Life { version: 1, ..Life::new() };
    for command in to_publication(1) {
        run(&mut life, command).unwrap();
    }
    assert_eq!(life.state, State::Published);
    life
}

fn to_publication(version: Version) -> Vec<Command> {
    vec![
        Command::Submit,
        approve(version),
        Command::StartPublishing { version },
        Command::StartDelivery { channel: channel(), version, key: "k".into() },
        Command::ConfirmDelivery { channel: channel(), version, remote_id: "r".into() },
        Command::FinishPublishing { version },
    ]
}

#[test]
fn an_approval_can_be_taken_back_until_delivery_starts() {
    let mut life = Life { version: 1, ..Life::new() };
    for command in to_publication(1).into_iter().take(2) {
        run(&mut life, command).unwrap();
    }
    let mut early = life.clone();
    run(&mut early, Command::WithdrawApproval).unwrap();
    assert_eq!((early.state, early.approved, early.due_at), (State::InReview, None, None));

    run(&mut life, Command::StartPublishing { version: 1 }).unwrap();
    assert!(matches!(run(&mut life, Command::WithdrawApproval), Err(Error::IllegalMove { .. })));
}

#[test]
fn what_is_approved_can_be_moved_until_its_delivery_starts() {
    let at = |seconds| Command::Reschedule { due_at: Timestamp::from_seconds(seconds) };
    let mut life = Life { version: 1, ..Life::new() };
    assert!(matches!(run(&mut life, at(20)), Err(Error::IllegalMove { .. })), "a draft has no time");
    for command in to_publication(1).into_iter().take(2) {
        run(&mut life, command).unwrap();
    }
    let moved = Event::Rescheduled { version: 1, due_at: Timestamp::from_seconds(20) };
    assert_eq!(run(&mut life, at(20)).unwrap(), [moved]);
    assert_eq!((life.state, life.due_at), (State::Scheduled, Some(Timestamp::from_seconds(20))));
    assert!(run(&mut life, at(20)).unwrap().is_empty(), "it stands there already");
    for command in to_publication(1).into_iter().skip(2) {
        run(&mut life, command).unwrap();
        assert!(matches!(run(&mut life, at(30)), Err(Error::IllegalMove { .. })), "{}", life.state);
    }

    // An update has a time of its own, and what is published stays published meanwhile.
    run(&mut life, Command::AddVersion { on: 1 }).unwrap();
    run(&mut life, approve(2)).unwrap();
    run(&mut life, at(40)).unwrap();
    assert_eq!((life.state, life.due_at), (State::Published, Some(Timestamp::from_seconds(40))));
    let mut withdrawn = life.clone();
    run(&mut withdrawn, Command::WithdrawApproval).unwrap();
    assert_eq!((withdrawn.due_at, withdrawn.approved), (None, Some(1)));
    run(&mut life, Command::StartDelivery { channel: channel(), version: 2, key: "k".into() }).unwrap();
    assert!(matches!(run(&mut life, at(50)), Err(Error::IllegalMove { .. })));
    run(&mut life, Command::ConfirmDelivery { channel: channel(), version: 2, remote_id: "r".into() }).unwrap();
    run(&mut life, Command::FinishPublishing { version: 2 }).unwrap();
    assert_eq!((life.due_at, life.published), (None, Some(2)));
}

#[test]
fn a_review_must_name_the_newest_version() {
    let mut life = Life { version: 2, state: State::InReview, ..Life::new() };
    let stale = run(&mut life, approve(1));
    assert!(matches!(stale, Err(Error::StaleVersion { given: 1, newest: 2, .. })));
    assert!(matches!(run(&mut life, Command::Reject { version: 3 }), Err(Error::StaleVersion { .. })));
}

#[test]
fn two_people_must_approve_where_two_are_asked() {
    let refused = |life: &mut Life, by: &str, command: Command| {
        assert!(matches!(run_by(life, by, command), Err(Error::IllegalMove { .. })), "{by}: {life:?}");
    };
    let mut life = Life { version: 1, author: "user:author".into(), state: State::InReview, ..Life::new() };
    refused(&mut life, "user:author", approve_of(1, 2));
    assert_eq!(
        run_by(&mut life, "user:first", approve_of(1, 2)).unwrap(),
        [Event::Endorsed { version: 1, vouched_by: None }]
    );
    assert_eq!(life.state, State::InReview);
    refused(&mut life, "user:first", approve_of(1, 2));
    // A guest of the first one's link may be the first one.
    let guest = Command::Approve {
        version: 1,
        automatic: false,
        people: 2,
        with_edit: false,
        vouched_by: Some("user:first".into()),
        kin: BTreeSet::new(),
        due_at: Timestamp::EPOCH,
    };
    refused(&mut life, "link:1", guest);
    refused(&mut life, "user:other", Command::WithdrawApproval);
    run_by(&mut life, "user:second", approve_of(1, 2)).unwrap();
    assert_eq!((life.state, life.approvals.len()), (State::Scheduled, 2));
    // The second one's undo leaves the first one's word.
    run_by(&mut life, "user:second", Command::WithdrawApproval).unwrap();
    assert_eq!((life.state, life.approvals[0].by.as_str()), (State::InReview, "user:first"));
    // A new text needs both again; who edits and approves is one of them.
    run_by(&mut life, "user:first", Command::AddVersion { on: 1 }).unwrap();
    assert!(life.approvals.is_empty());
    let mut with_edit = approve_of(2, 2);
    if let Command::Approve { with_edit, .. } = &mut with_edit {
        *with_edit = true;
    }
    run_by(&mut life, "user:first", with_edit).unwrap();
    run_by(&mut life, "user:second", approve_of(2, 2)).unwrap();
    assert_eq!((life.state, life.approved), (State::Scheduled, Some(2)));
}

#[test]
fn a_word_taken_back_leaves_the_approval_of_an_older_version() {
    let mut life = published();
    run(&mut life, Command::AddVersion { on: 1 }).unwrap();
    run(&mut life, approve(2)).unwrap();
    run_by(&mut life, "user:author", Command::AddVersion { on: 2 }).unwrap();
    let before = life.clone();
    run_by(&mut life, "user:first", approve_of(3, 2)).unwrap();
    assert_eq!(life.approvals.len(), 1);
    run_by(&mut life, "user:first", Command::WithdrawApproval).unwrap();
    assert_eq!(life, before, "version 2 is still due");
    run_by(&mut life, "user:first", Command::WithdrawApproval).unwrap();
    assert_eq!((life.approved, life.due_at), (Some(1), None), "that was the word for version 2");
}

#[test]
fn an_update_is_reviewed_while_the_post_stays_published() {
    let mut life = published();
    run(&mut life, Command::AddVersion { on: 1 }).unwrap();
    assert_eq!((life.state, life.version, life.published), (State::Published, 2, Some(1)));
    run(&mut life, approve(2)).unwrap();
    for command in to_publication(2).into_iter().skip(2) {
        run(&mut life, command).unwrap();
    }
    assert_eq!((life.state, life.published), (State::Published, Some(2)));
}

#[test]
fn a_dead_delivery_fails_the_post_and_it_can_be_tried_again() {
    let mut life = Life { version: 1, ..Life::new() };
    for command in to_publication(1).into_iter().take(4) {
        run(&mut life, command).unwrap();
    }
    assert!(run(&mut life, Command::FinishPublishing { version: 1 }).unwrap().is_empty(), "a delivery is pending");
    run(&mut life, Command::FailDelivery { channel: channel(), version: 1 }).unwrap();
    run(&mut life, Command::FinishPublishing { version: 1 }).unwrap();
    assert_eq!(life.state, State::Failed);
    for command in to_publication(1).into_iter().skip(2) {
        run(&mut life, command).unwrap();
    }
    assert_eq!(life.state, State::Published);
}

fn any_person() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("user:a"), Just("user:b"), Just("key:c"), Just("system")]
}

fn any_command() -> impl Strategy<Value = Command> {
    let version = 1..4u32;
    prop_oneof![
        version.clone().prop_map(|on| Command::AddVersion { on }),
        Just(Command::Submit),
        (version.clone(), any::<bool>(), 1..3u32, any::<bool>(), any::<bool>()).prop_map(
            |(version, automatic, people, with_edit, is_guest)| Command::Approve {
                version,
                automatic,
                people,
                with_edit,
                vouched_by: is_guest.then(|| "user:b".to_owned()),
                kin: BTreeSet::new(),
                due_at: Timestamp::EPOCH,
            }
        ),
        version.clone().prop_map(|version| Command::Reject { version }),
        (0..3i64).prop_map(|day| Command::Reschedule { due_at: Timestamp::from_seconds(day * 86_400) }),
        Just(Command::WithdrawApproval),
        Just(Command::Reopen),
        version.clone().prop_map(|version| Command::StartPublishing { version }),
        version.clone().prop_map(|version| Command::StartDelivery { channel: channel(), version, key: "k".into() }),
        version.clone().prop_map(|version| Command::ConfirmDelivery {
            channel: channel(),
            version,
            remote_id: "r".into()
        }),
        version.clone().prop_map(|version| Command::FailDelivery { channel: channel(), version }),
        version.prop_map(|version| Command::FinishPublishing { version }),
        Just(Command::WithdrawDelivery { channel: channel() }),
        Just(Command::Retract),
    ]
}

proptest! {
    /// Whatever people do, in whatever order: only legal moves, every event replays to the same state,
    /// nothing is published that was not approved, and doing a thing twice does it once.
    #[test]
    fn any_history_is_legal(commands in proptest::collection::vec((any_command(), any_person()), 0..60)) {
        let mut life = Life { version: 1, author: "system".into(), ..Life::new() };
        let mut log = vec![(Event::VersionAdded { version: 1 }, "system")];
        for (command, by) in commands {
            let before = life.clone();
            let Ok(facts) = before.decide(id(), by, &command) else { continue };
            for fact in &facts {
                let from = life.state;
                life.apply(fact, by, Timestamp::from_seconds(100));
                prop_assert!(from == life.state || from.may_become(life.state), "{from} -> {} by {fact}", life.state);
                if let Event::Published { version } = fact {
                    prop_assert_eq!(before.approved, Some(*version));
                }
                log.push((fact.clone(), by));
            }
        }
        let replayed = Life::replay(log.iter().map(|(event, by)| (event, *by, Timestamp::from_seconds(100))));
        prop_assert_eq!(replayed, life);
    }

    /// Where two people must approve, nothing that one person and the guests of their links do is enough,
    /// whatever others have written before.
    #[test]
    fn nobody_approves_alone(
        mut commands in proptest::collection::vec(any_command(), 0..60),
        guests in proptest::collection::vec(any::<bool>(), 60),
        author in any_person(),
    ) {
        let mut life = Life { version: 1, author: author.into(), ..Life::new() };
        for (i, command) in commands.iter_mut().enumerate() {
            let is_guest = guests[i] && matches!(command, Command::Approve { .. });
            if let Command::Approve { people, vouched_by, with_edit, .. } = command {
                *people = 2;
                *vouched_by = is_guest.then(|| "user:a".to_owned());
                *with_edit &= !is_guest;
            }
            let by = if is_guest { "link:1" } else { "user:a" };
            let facts = run_by(&mut life, by, command.clone()).unwrap_or_default();
            let approved = facts.iter().any(|fact| matches!(fact, Event::Approved { .. }));
            prop_assert!(!approved, "{command:?} approved for {:?}", life.approvals);
        }
    }
}
