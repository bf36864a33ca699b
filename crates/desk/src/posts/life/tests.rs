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
    let facts = life.decide(id(), &command)?;
    for fact in &facts {
        life.apply(fact, Timestamp::from_seconds(100));
    }
    Ok(facts)
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
        Command::Approve { version, automatic: false, due_at: Timestamp::from_seconds(10) },
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
fn a_review_must_name_the_newest_version() {
    let mut life = Life { version: 2, state: State::InReview, ..Life::new() };
    let stale = run(&mut life, Command::Approve { version: 1, automatic: false, due_at: Timestamp::EPOCH });
    assert!(matches!(stale, Err(Error::StaleVersion { given: 1, newest: 2, .. })));
    assert!(matches!(run(&mut life, Command::Reject { version: 3 }), Err(Error::StaleVersion { .. })));
}

#[test]
fn an_update_is_reviewed_while_the_post_stays_published() {
    let mut life = published();
    run(&mut life, Command::AddVersion { on: 1 }).unwrap();
    assert_eq!((life.state, life.version, life.published), (State::Published, 2, Some(1)));
    run(&mut life, Command::Approve { version: 2, automatic: false, due_at: Timestamp::EPOCH }).unwrap();
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

fn any_command() -> impl Strategy<Value = Command> {
    let version = 1..4u32;
    prop_oneof![
        version.clone().prop_map(|on| Command::AddVersion { on }),
        Just(Command::Submit),
        version.clone().prop_map(|version| Command::Approve { version, automatic: true, due_at: Timestamp::EPOCH }),
        version.clone().prop_map(|version| Command::Reject { version }),
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
    fn any_history_is_legal(commands in proptest::collection::vec(any_command(), 0..60)) {
        let mut life = Life { version: 1, ..Life::new() };
        let mut log = vec![Event::VersionAdded { version: 1 }];
        for command in commands {
            let before = life.clone();
            let Ok(facts) = before.decide(id(), &command) else { continue };
            for fact in &facts {
                let from = life.state;
                life.apply(fact, Timestamp::from_seconds(100));
                prop_assert!(from == life.state || from.may_become(life.state), "{from} -> {} by {fact}", life.state);
                if let Event::Published { version } = fact {
                    prop_assert_eq!(before.approved, Some(*version));
                }
                log.push(fact.clone());
            }
        }
        let replayed = Life::replay(log.iter().map(|event| (event, Timestamp::from_seconds(100))));
        prop_assert_eq!(replayed, life);
    }
}
