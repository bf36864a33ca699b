//! What every server must do, on a fake one, and on real ones where `COPYDESK_TEST_REDIS` and
//! `COPYDESK_TEST_MEMCACHED` name them.

use stdx::{Clock, Rng, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::proxy::{CUT, PASS, Proxy, SILENT};
use super::*;

async fn conforms(remote: &dyn Remote, whole_seconds: bool) {
    let run = Rng::from_os().next_u64();
    let name = |text: &str| format!("copydesk-test:{run:016x}:{text}");
    let (a, b, none) = (name("a"), name("b"), name("none"));
    let minute = Duration::from_secs(60);
    assert_eq!(remote.get(&[]).await.unwrap(), Vec::<Option<Vec<u8>>>::new());
    assert_eq!(remote.get(std::slice::from_ref(&a)).await.unwrap(), [None]);
    remote.set(&a, b"one\r\nEND\r\n\0", minute).await.unwrap();
    let large: Vec<u8> = (0..700_000u32).map(|i| (i % 251) as u8).collect();
    remote.set(&b, &large, minute).await.unwrap();
    let all = [none.clone(), a.clone(), b.clone(), a.clone()];
    let found = remote.get(&all).await.unwrap();
    assert!(found[0].is_none() && found[1].as_deref() == Some(b"one\r\nEND\r\n\0") && found[3] == found[1]);
    assert_eq!(found[2].as_ref(), Some(&large));
    remote.set(&a, b"", minute).await.unwrap();
    assert_eq!(remote.get(std::slice::from_ref(&a)).await.unwrap(), [Some(Vec::new())]);
    remote.delete(&a).await.unwrap();
    remote.delete(&a).await.unwrap();
    remote.delete(&b).await.unwrap();
    assert_eq!(remote.get(&[a.clone(), b]).await.unwrap(), [None, None]);

    let lock = name("lock");
    assert!(remote.lock(&lock, 1, minute).await.unwrap());
    assert!(!remote.lock(&lock, 2, minute).await.unwrap());
    remote.unlock(&lock, 2).await.unwrap();
    assert!(!remote.lock(&lock, 2, minute).await.unwrap(), "not one's own");
    remote.unlock(&lock, 1).await.unwrap();
    assert!(remote.lock(&lock, 2, minute).await.unwrap());
    remote.unlock(&lock, 2).await.unwrap();
    remote.unlock(&lock, 2).await.unwrap();
    if !whole_seconds {
        remote.set(&a, b"x", Duration::from_millis(30)).await.unwrap();
        assert!(remote.lock(&lock, 3, Duration::from_millis(30)).await.unwrap());
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(remote.get(std::slice::from_ref(&a)).await.unwrap(), [None], "it ends");
        assert!(remote.lock(&lock, 4, minute).await.unwrap(), "a lock too");
        remote.unlock(&lock, 4).await.unwrap();
    }
    // Many at once share few connections.
    let names: Vec<String> = (0..200).map(|i| name(&i.to_string())).collect();
    let writes = names.iter().map(|name| remote.set(name, name.as_bytes(), minute));
    futures_util::future::try_join_all(writes).await.unwrap();
    let found = remote.get(&names).await.unwrap();
    assert!(names.iter().zip(found).all(|(name, found)| found.as_deref() == Some(name.as_bytes())));
    futures_util::future::try_join_all(names.iter().map(|name| remote.delete(name))).await.unwrap();
}

fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        eprintln!("skipped: {variable} does not name a server");
    }
    url
}

fn open(url: &str) -> Arc<dyn Remote> {
    Address::parse(url).unwrap_or_else(|reason| panic!("{url} {reason}")).open()
}

#[tokio::test]
async fn the_fake_conforms() {
    let fake = fake::Fake::new(Clock::manual(Timestamp::EPOCH));
    conforms(&*fake, true).await;
}

#[tokio::test]
async fn redis_conforms() {
    let Some(url) = server("COPYDESK_TEST_REDIS") else { return };
    conforms(&*open(&url), false).await;
}

#[tokio::test]
async fn memcached_conforms() {
    let Some(hosts) = server("COPYDESK_TEST_MEMCACHED") else { return };
    conforms(&*open(&format!("memcached://{hosts}")), true).await;
    // Twice the same server under two names: names are spread, and each is found again.
    conforms(&*open(&format!("memcached://{hosts},{}", hosts.replace("127.0.0.1", "localhost"))), true).await;
}

/// Gone, silent and back again, without a restart of ours.
async fn survives(url: impl Fn(u16) -> String, server: String) {
    let proxy = Proxy::start(server).await;
    let remote = open(&url(proxy.port));
    let patience = Duration::from_millis(150);
    let name = format!("copydesk-test:{:016x}", Rng::from_os().next_u64());
    let minute = Duration::from_secs(60);
    remote.set(&name, b"x", minute).await.unwrap();
    for mood in [CUT, SILENT, CUT] {
        proxy.is(mood);
        for _ in 0..3 {
            let asked = tokio::time::timeout(patience, remote.get(std::slice::from_ref(&name))).await;
            assert!(!matches!(asked, Ok(Ok(_))), "nobody can have answered");
        }
        proxy.is(PASS);
        let mut tries = 0;
        while !matches!(
            tokio::time::timeout(patience, remote.get(std::slice::from_ref(&name))).await,
            Ok(Ok(found)) if found == [Some(b"x".to_vec())]
        ) {
            tries += 1;
            assert!(tries < 50, "it does not come back after {mood}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    remote.delete(&name).await.unwrap();
}

#[tokio::test]
async fn redis_may_go_and_come() {
    let Some(url) = server("COPYDESK_TEST_REDIS") else { return };
    let at = url.trim_start_matches("redis://").split('/').next().unwrap().rsplit('@').next().unwrap().to_owned();
    let through = |port| url.replacen(&at, &format!("127.0.0.1:{port}"), 1);
    survives(through, at.clone()).await;
}

#[tokio::test]
async fn memcached_may_go_and_come() {
    let Some(hosts) = server("COPYDESK_TEST_MEMCACHED") else { return };
    survives(|port| format!("memcached://127.0.0.1:{port}"), hosts).await;
}

/// Answers of a server that is broken, or is none.
#[tokio::test]
async fn nonsense_is_an_error() {
    for answer in [
        &b"VALUE k 0 99999999999\r\n"[..],
        b"VALUE k 0 3\r\nabcdef\r\nEND\r\n",
        b"VALUE k 0 3\r\nab",
        b"VALUE\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SERVER_ERROR out of memory storing object\r\n",
        b"VALUE k 0 1\r\na\r\nVALUE k 0 1\r\na\r\nVALUE k 0 1\r\na\r\nEND\r\n",
        b"\xff\xff\xff\xff",
        &[b'x'; 5_000],
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = async {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 256];
                let _ = client.read(&mut buffer).await;
                let _ = client.write_all(answer).await;
            }
        };
        let memcached = open(&format!("memcached://127.0.0.1:{port}"));
        let redis = open(&format!("redis://127.0.0.1:{port}"));
        let names = ["k".to_owned()];
        let ask = async {
            assert!(memcached.get(&names).await.is_err());
            assert!(memcached.set("k", b"v", Duration::from_secs(1)).await.is_err());
            assert!(
                tokio::time::timeout(Duration::from_secs(2), redis.get(&names)).await.is_ok_and(|got| got.is_err())
            );
        };
        tokio::select! { () = ask => {}, () = serve => {} }
    }
}

#[test]
fn addresses_are_checked() {
    for good in [
        "redis://127.0.0.1:6379/0",
        "redis://user:p%40ss@cache.example:6379/2",
        "redis+sentinel://10.0.0.1:26379,10.0.0.2:26379/main",
        "redis+sentinel://user:pass@10.0.0.1:26379/main/3",
        "redis+cluster://10.0.0.1:6379,10.0.0.2:6379",
        "memcached://10.0.0.1:11211,cache.example",
        "memcached://[::1]:11211,[::1]",
    ] {
        assert!(Address::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis+sentinel://10.0.0.1:26379",
        "redis+sentinel://10.0.0.1:26379/",
        "redis+cluster://",
        "redis+cluster://a:b:c",
        "memcached://",
        "memcached://a:b:c",
        "memcached://a:99999",
    ] {
        assert!(Address::parse(bad).is_err(), "{bad}");
    }
}

/// A server that does what it is told, but says so too late.
struct Late(Arc<fake::Fake>);

impl Remote for Late {
    fn get<'a>(&'a self, names: &'a [String]) -> Doing<'a, Vec<Option<Vec<u8>>>> {
        self.0.get(names)
    }

    fn set<'a>(&'a self, name: &'a str, bytes: &'a [u8], ttl: Duration) -> Doing<'a, ()> {
        self.0.set(name, bytes, ttl)
    }

    fn delete<'a>(&'a self, name: &'a str) -> Doing<'a, ()> {
        self.0.delete(name)
    }

    fn lock<'a>(&'a self, name: &'a str, token: u64, ttl: Duration) -> Doing<'a, bool> {
        Box::pin(async move {
            self.0.lock(name, token, ttl).await?;
            std::future::pending().await
        })
    }

    fn unlock<'a>(&'a self, name: &'a str, token: u64) -> Doing<'a, ()> {
        self.0.unlock(name, token)
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_came_too_late_is_given_back() {
    let clock = Clock::manual(Timestamp::EPOCH);
    let (fake, tasks) = (fake::Fake::new(clock.clone()), stdx::task::Tasks::default());
    let late = Arc::new(Late(Arc::clone(&fake)));
    let distant = guard::Distant::start(late, "test", Duration::from_millis(50), 1 << 20, clock, &tasks);
    let name = crate::tier::Name::of("s", "k");
    assert!(matches!(distant.lock(&name, Duration::from_secs(10)).await, guard::Lock::Unknown));
    assert_eq!(fake.len(), 1, "the server took it for given");
    let mut looks = 0;
    while fake.len() > 0 {
        looks += 1;
        assert!(looks < 100, "nobody may wait for one who does not know");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
