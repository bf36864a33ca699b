//! Users, keys, sessions and invitations, on every engine at hand.

use std::time::Duration;

use guard::password::HASHED;
use guard::role::{Role, Scope, Scopes};
use serde_json::json;

use super::*;
use crate::testing::Bench;

const PASSWORD: &str = "ferry shafts crack twice";
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn given(password: &str) -> Acceptance {
    Acceptance { name: Some("Mara Lindqvist".into()), email: None, password: password.into() }
}

/// A user who came by an invitation, and is signed in.
async fn user(bench: &Bench, email: &str, role: Role) -> Opened {
    let (_, ticket) = invite(&bench.desk, &Actor::system(), email, role).await.unwrap();
    accept(&bench.desk, ticket.reveal(), given(PASSWORD), "The Paper").await.unwrap()
}

fn id_of(opened: &Opened) -> UserId {
    let Principal::User(id) = opened.identity.actor.principal else { panic!("{opened:?}") };
    id
}

async fn is_in(bench: &Bench, opened: &Opened) -> bool {
    resume(&bench.desk, opened.session.reveal()).await.unwrap().is_some()
}

#[tokio::test]
async fn an_invitation_makes_one_account_and_the_password_opens_it() {
    let bench = Bench::new().await;
    let (made, ticket) = invite(&bench.desk, &Actor::system(), " Mara@Alder.example ", Role::Moderator).await.unwrap();
    assert_eq!((made.email.as_deref(), made.kind.name()), (Some("mara@alder.example"), "invitation"));
    assert_eq!(look(&bench.desk, ticket.reveal()).await.unwrap(), made);
    assert_eq!(list_invitations(&bench.desk, &Actor::system()).await.unwrap(), [made]);
    for weak in ["short", "password1234", "mara@alder.example", "mara-lindqvist", "The Paper!!!!"] {
        let refused = accept(&bench.desk, ticket.reveal(), given(weak), "The Paper").await;
        assert!(
            matches!(&refused, Err(Error::Invalid(faults)) if faults[0].pointer == "/password"),
            "{weak}: {refused:?}"
        );
    }
    let opened = accept(&bench.desk, ticket.reveal(), given(PASSWORD), "The Paper").await.unwrap();
    assert_eq!(opened.identity.actor.name, "Mara Lindqvist");
    assert_eq!(opened.identity.actor.can(), Role::Moderator.scopes());
    for again in [ticket.reveal(), "nonsense", ""] {
        let refused = accept(&bench.desk, again, given(PASSWORD), "The Paper").await;
        assert!(matches!(refused, Err(Error::NotFound { .. })));
    }
    assert!(list_invitations(&bench.desk, &Actor::system()).await.unwrap().is_empty());
    let twice = invite(&bench.desk, &Actor::system(), "MARA@alder.example", Role::Viewer).await;
    assert!(matches!(twice, Err(Error::Exists { what: "user", .. })));

    let entered = sign_in_with_password(&bench.desk, "Mara@alder.example ", PASSWORD).await.unwrap().unwrap();
    let resumed = resume(&bench.desk, entered.session.reveal()).await.unwrap().unwrap();
    assert_eq!(resumed.email.as_deref(), Some("mara@alder.example"));
    assert_eq!(resumed.actor, opened.identity.actor);
    assert_ne!(entered.session.reveal(), opened.session.reveal(), "each sign-in has a token of its own");
    sign_out(&bench.desk, entered.session.reveal()).await.unwrap();
    assert!(!is_in(&bench, &entered).await && is_in(&bench, &opened).await);
}

/// One test of all that counts hashes: the counter is the process's.
#[tokio::test]
async fn a_password_is_computed_for_strangers_too() {
    let bench = Bench::new().await;
    let mara = user(&bench, "mara@alder.example", Role::Editor).await;
    update_user(&bench.desk, &Actor::system(), id_of(&mara), UserChange { disabled: Some(true), ..Default::default() })
        .await
        .unwrap();
    for (email, password) in [
        ("nobody@alder.example", PASSWORD),
        ("no address at all", PASSWORD),
        ("mara@alder.example", PASSWORD),
        ("mara@alder.example", "another one entirely"),
    ] {
        let before = HASHED.get();
        assert!(sign_in_with_password(&bench.desk, email, password).await.unwrap().is_none(), "{email}");
        assert!(HASHED.get() > before, "nothing was computed for {email}");
    }
}

#[tokio::test]
async fn the_last_administrator_stays_and_a_change_of_role_ends_sessions() {
    let bench = Bench::new().await;
    let (ada, bo) =
        (user(&bench, "ada@a.example", Role::Admin).await, user(&bench, "bo@a.example", Role::Editor).await);
    let actor = &ada.identity.actor;
    let role = |role| UserChange { role: Some(role), ..UserChange::default() };
    let shut = UserChange { disabled: Some(true), ..UserChange::default() };
    for change in [role(Role::Editor), shut.clone()] {
        let refused = update_user(&bench.desk, actor, id_of(&ada), change).await;
        assert!(matches!(refused, Err(Error::LastAdmin(id)) if id == id_of(&ada)));
    }
    assert!(is_in(&bench, &ada).await);
    let named = UserChange { name: Some("Bo Berg".into()), ..UserChange::default() };
    assert_eq!(update_user(&bench.desk, actor, id_of(&bo), named).await.unwrap().name, "Bo Berg");
    assert!(is_in(&bench, &bo).await, "a new name ends nothing");
    update_user(&bench.desk, actor, id_of(&bo), role(Role::Admin)).await.unwrap();
    assert!(!is_in(&bench, &bo).await, "another role does");
    // Each at the other's throat, at the same time: one stays.
    let (one, other) = tokio::join!(
        update_user(&bench.desk, actor, id_of(&ada), shut.clone()),
        update_user(&bench.desk, actor, id_of(&bo), shut)
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    let rule = |user: &User| user.role == Role::Admin && user.disabled_at.is_none();
    let users = list_users(&bench.desk, actor).await.unwrap();
    assert_eq!(users.iter().filter(|user| rule(user)).count(), 1, "{users:?}");
    let gone = users.iter().find(|user| !rule(user)).unwrap();
    assert!(sign_in_with_password(&bench.desk, &gone.email, PASSWORD).await.unwrap().is_none());
    let back = UserChange { disabled: Some(false), ..UserChange::default() };
    update_user(&bench.desk, actor, gone.id, back).await.unwrap();
    assert!(sign_in_with_password(&bench.desk, &gone.email, PASSWORD).await.unwrap().is_some());
}

#[tokio::test]
async fn another_password_ends_all_sessions_but_the_new_one() {
    let bench = Bench::new().await;
    let first = user(&bench, "mara@alder.example", Role::Author).await;
    let second = sign_in_with_password(&bench.desk, "mara@alder.example", PASSWORD).await.unwrap().unwrap();
    let change = |current: &'static str, new: &'static str| {
        let (desk, actor) = (bench.desk.clone(), second.identity.actor.clone());
        async move { change_password(&desk, &actor, current, new, "The Paper").await }
    };
    for (current, new, pointer) in
        [("wrong", "quite another one", "/current"), (PASSWORD, PASSWORD, "/new"), (PASSWORD, "password1234", "/new")]
    {
        let refused = change(current, new).await;
        assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].pointer == pointer), "{refused:?}");
    }
    let third = change(PASSWORD, "quite another one").await.unwrap();
    assert!(!is_in(&bench, &first).await && !is_in(&bench, &second).await && is_in(&bench, &third).await);
    assert!(sign_in_with_password(&bench.desk, "mara@alder.example", PASSWORD).await.unwrap().is_none());
    let keyed = change_password(&bench.desk, &Actor::system(), PASSWORD, "quite another one", "").await;
    assert!(matches!(keyed, Err(Error::Forbidden { .. })));

    let (lost, ticket) = recover(&bench.desk, &Actor::system(), id_of(&third)).await.unwrap();
    assert_eq!((lost.kind, lost.expires_at), (InvitationKind::Recovery, bench.now() + DAY));
    let (_, newer) = recover(&bench.desk, &Actor::system(), id_of(&third)).await.unwrap();
    assert!(look(&bench.desk, ticket.reveal()).await.is_err(), "the one before is void");
    let found = accept(&bench.desk, newer.reveal(), given("a third one, at last"), "The Paper").await.unwrap();
    assert_eq!(found.identity.actor.principal, third.identity.actor.principal);
    assert!(!is_in(&bench, &third).await && is_in(&bench, &found).await);
    assert!(sign_in_with_password(&bench.desk, "mara@alder.example", "a third one, at last").await.unwrap().is_some());
}

#[tokio::test]
async fn sessions_end_when_nobody_uses_them_and_after_thirty_days() {
    let bench = Bench::new().await;
    let opened = user(&bench, "mara@alder.example", Role::Viewer).await;
    let idle = HOUR * bench.desk.settings.session_h;
    assert_eq!(opened.identity.expires_at, Some(bench.now() + idle));
    let mut hours = 0;
    while is_in(&bench, &opened).await {
        bench.clock.advance(idle - HOUR);
        hours += u64::from(bench.desk.settings.session_h) - 1;
    }
    assert!((720..732).contains(&hours), "ended after {hours} hours of use");
    let idle_one = sign_in_with_password(&bench.desk, "mara@alder.example", PASSWORD).await.unwrap().unwrap();
    bench.clock.advance(idle - Duration::from_secs(1));
    assert!(is_in(&bench, &idle_one).await);
    bench.clock.advance(idle);
    assert!(!is_in(&bench, &idle_one).await);
}

#[tokio::test]
async fn links_end_with_their_time_and_when_they_are_withdrawn() {
    let bench = Bench::new().await;
    let system = Actor::system();
    let (first, old) = invite(&bench.desk, &system, "mara@alder.example", Role::Viewer).await.unwrap();
    let (second, new) = invite(&bench.desk, &system, "mara@alder.example", Role::Editor).await.unwrap();
    assert_ne!(first.id, second.id);
    assert!(look(&bench.desk, old.reveal()).await.is_err(), "an address has one invitation");
    revoke_invitation(&bench.desk, &system, second.id).await.unwrap();
    assert!(look(&bench.desk, new.reveal()).await.is_err());
    assert!(matches!(revoke_invitation(&bench.desk, &system, second.id).await, Err(Error::NotFound { .. })));
    let (_, late) = invite(&bench.desk, &system, "late@alder.example", Role::Viewer).await.unwrap();
    bench.clock.advance(7 * DAY);
    assert!(look(&bench.desk, late.reveal()).await.is_err());
    for wrong in [
        "",
        "mara",
        "@alder.example",
        "mara@",
        "a@b@c",
        "two words@a.example",
        &format!("{}@a.example", "x".repeat(300)),
    ] {
        assert!(matches!(invite(&bench.desk, &system, wrong, Role::Viewer).await, Err(Error::Invalid(_))), "{wrong}");
    }
}

#[tokio::test]
async fn the_set_up_link_is_made_once_and_makes_an_administrator() {
    let bench = Bench::new().await;
    let ticket = ensure_setup(&bench.desk).await.unwrap().unwrap();
    assert!(ensure_setup(&bench.desk).await.unwrap().is_none());
    assert!(!has_users(&bench.desk).await.unwrap());
    let nameless = accept(&bench.desk, ticket.reveal(), given(PASSWORD), "The Paper").await;
    assert!(matches!(&nameless, Err(Error::Invalid(faults)) if faults[0].pointer == "/email"), "{nameless:?}");
    let full = Acceptance { name: None, email: Some("chief@paper.example".into()), password: PASSWORD.into() };
    let chief = accept(&bench.desk, ticket.reveal(), full, "The Paper").await.unwrap();
    assert_eq!((chief.identity.actor.role, chief.identity.actor.name.as_str()), (Role::Admin, "chief"));
    assert!(has_users(&bench.desk).await.unwrap());
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_gives_no_more() {
    let bench = Bench::new().await;
    let system = Actor::system();
    let with = |role, scopes: &str| NewKey { scopes: Some(scopes.parse().unwrap()), ..NewKey::new("narrow", role) };
    let (key, secret) = create_key(&bench.desk, &system, with(Role::Editor, "read judge")).await.unwrap();
    assert_eq!(key.scopes.to_string(), "read judge");
    let narrow = authenticate(&bench.desk, secret.reveal()).await.unwrap().unwrap().actor;
    assert_eq!(narrow.can(), key.scopes);
    assert!(matches!(narrow.may(Action::Write), Err(Error::Forbidden { .. })));
    let session = sign_in(&bench.desk, secret.reveal()).await.unwrap().unwrap();
    assert_eq!(resume(&bench.desk, session.session.reveal()).await.unwrap().unwrap().actor, narrow);
    let named = |name: &str| NewKey::new(name, Role::Viewer);
    assert!(
        create_key(&bench.desk, &system, named(&"ğ".repeat(100))).await.is_ok(),
        "characters are counted, not bytes"
    );
    for (new, pointer) in [
        (with(Role::Viewer, "read write"), "/scopes"),
        (with(Role::Admin, ""), "/scopes"),
        (named(" "), "/name"),
        (named(&"a".repeat(101)), "/name"),
    ] {
        let refused = create_key(&bench.desk, &system, new).await;
        assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].pointer == pointer), "{refused:?}");
    }

    let (_, secret) = create_key(&bench.desk, &system, with(Role::Admin, "read admin")).await.unwrap();
    let porter = authenticate(&bench.desk, secret.reveal()).await.unwrap().unwrap().actor;
    assert!(create_key(&bench.desk, &porter, NewKey::new("reader", Role::Viewer)).await.is_ok());
    let beyond = create_key(&bench.desk, &porter, NewKey::new("all", Role::Admin)).await;
    assert!(matches!(beyond, Err(Error::Forbidden { .. })));
    assert!(matches!(invite(&bench.desk, &porter, "a@a.example", Role::Editor).await, Err(Error::Forbidden { .. })));
    let chief = user(&bench, "chief@a.example", Role::Admin).await;
    assert!(matches!(recover(&bench.desk, &porter, id_of(&chief)).await, Err(Error::Forbidden { .. })));
    let demote = UserChange { role: Some(Role::Viewer), ..UserChange::default() };
    assert!(matches!(update_user(&bench.desk, &porter, id_of(&chief), demote).await, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn preferences_are_ones_own_and_bounded() {
    let bench = Bench::new().await;
    let (ada, bo) =
        (user(&bench, "ada@a.example", Role::Viewer).await, user(&bench, "bo@a.example", Role::Viewer).await);
    let (ada, bo) = (&ada.identity.actor, &bo.identity.actor);
    let look = json!({ "theme": "dark", "language": "tr" });
    set_preference(&bench.desk, ada, "look", &json!(1)).await.unwrap();
    set_preference(&bench.desk, ada, "look", &look).await.unwrap();
    assert_eq!(preferences(&bench.desk, ada).await.unwrap()["look"], look);
    assert!(preferences(&bench.desk, bo).await.unwrap().is_empty());
    assert!(matches!(drop_preference(&bench.desk, bo, "look").await, Err(Error::NotFound { .. })));
    for name in ["", "Look", "a b", &"x".repeat(65)] {
        assert!(matches!(set_preference(&bench.desk, ada, name, &look).await, Err(Error::Invalid(_))), "{name}");
    }
    let long = json!("x".repeat(16 << 10));
    assert!(matches!(set_preference(&bench.desk, ada, "long", &long).await, Err(Error::Invalid(_))));
    for i in 1..100 {
        set_preference(&bench.desk, ada, &format!("filters.{i}"), &look).await.unwrap();
    }
    assert!(matches!(set_preference(&bench.desk, ada, "one.more", &look).await, Err(Error::Invalid(_))));
    set_preference(&bench.desk, ada, "filters.7", &json!(null)).await.unwrap();
    drop_preference(&bench.desk, ada, "look").await.unwrap();
    set_preference(&bench.desk, ada, "one.more", &look).await.unwrap();
}

#[tokio::test]
async fn only_administrators_manage_people() {
    let bench = Bench::new().await;
    let chief = user(&bench, "chief@a.example", Role::Admin).await;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        let actor = Actor { role, ..Actor::system() };
        let desk = &bench.desk;
        let refused = [
            list_users(desk, &actor).await.err(),
            list_keys(desk, &actor).await.err(),
            list_invitations(desk, &actor).await.err(),
            invite(desk, &actor, "a@a.example", Role::Viewer).await.err(),
            create_key(desk, &actor, NewKey::new("k", Role::Viewer)).await.err(),
            recover(desk, &actor, id_of(&chief)).await.err(),
            update_user(desk, &actor, id_of(&chief), UserChange::default()).await.err(),
        ];
        assert!(refused.iter().all(|error| matches!(error, Some(Error::Forbidden { .. }))), "{role}: {refused:?}");
        assert!(!actor.can().has(Scope::Admin) && actor.can() != Scopes::ALL);
    }
}

#[test]
fn actors_of_older_jobs_are_read() {
    let old = r#"{"principal":{"key":"0M7K2Q9XA4D0G"},"role":"editor","idempotency":null}"#;
    let actor: Actor = serde_json::from_str(old).unwrap();
    assert_eq!((actor.can(), actor.name.as_str()), (Role::Editor.scopes(), ""));
    let text = serde_json::to_string(&Actor::system()).unwrap();
    assert_eq!(serde_json::from_str::<Actor>(&text).unwrap(), Actor::system());
}
