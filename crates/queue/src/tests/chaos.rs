//! Workers whose database goes away in the middle of everything: back ends killed, the network cut and stalled,
//! all connections in other hands. PostgreSQL only.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use stdx::task::Tasks;
use stdx::{Clock, Rng};
use store::{Store, params};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::model::tables::Tables;
use super::{Work, settings};
use crate::*;

store::sql! { KILL = "test.kill", sqlite "SELECT 1",
        postgres "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    SLEEP = "test.sleep", sqlite "SELECT 1", postgres "SELECT count(pg_sleep(1.5))";
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Net {
    Open,
    /// Every connection is closed, and none is taken.
    Cut,
    /// Nothing arrives, and nobody says so.
    Stalled,
}

/// A way to `target` that can be shut.
async fn way_to(target: SocketAddr, tasks: &Tasks) -> (SocketAddr, watch::Sender<Net>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (switch, net) = watch::channel(Net::Open);
    let connections = tasks.clone();
    tasks.spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let net = net.clone();
            if *net.borrow() == Net::Cut {
                continue;
            }
            let Ok(far) = TcpStream::connect(target).await else { continue };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            connections.spawn(carry(near_in, far_out, net.clone()));
            connections.spawn(carry(far_in, near_out, net));
        }
    });
    (address, switch)
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut net: watch::Receiver<Net>,
) {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            cut = net.wait_for(|net| *net == Net::Cut) => { drop(cut); return }
        };
        let Ok(read @ 1..) = read else { return };
        if net.wait_for(|net| *net != Net::Stalled).await.is_err_and(|_| true) || *net.borrow() == Net::Cut {
            return;
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

/// The host and port of an address, and the address with another one.
fn through(url: &str, way: Option<SocketAddr>) -> (SocketAddr, String) {
    let after = url.find('@').expect("the address of the test server names a user") + 1;
    let end = url[after..].find('/').map_or(url.len(), |at| after + at);
    let host = url[after..end].parse().expect("the address of the test server is a number");
    (host, format!("{}{}{}", &url[..after], way.map_or_else(String::new, |way| way.to_string()), &url[end..]))
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_recover_by_themselves_whatever_happens_to_the_database() {
    let place = store::testing::Place::new().await;
    let Some(url) = place.settings().url.clone() else { return };
    let tasks = Tasks::default();
    let (target, _) = through(url.reveal(), None);
    let (way, switch) = way_to(target, &tasks).await;
    let weak = store::Settings {
        url: Some(stdx::config::Secret::new(through(url.reveal(), Some(way)).1)),
        connect_timeout_s: 2,
        statement_timeout_s: 3,
        ..place.settings().clone()
    };
    let firm = Store::open(place.folder(), place.settings(), &[MIGRATIONS], Clock::system()).await.unwrap();
    let sound = Queue::open(&firm, settings(), Clock::system(), Rng::seeded(1), Place::Command).await.unwrap();
    let shaky = Store::open_beside(place.folder(), &weak, &[MIGRATIONS], Clock::system()).await.unwrap();
    let queue = Queue::open(&shaky, settings(), Clock::system(), Rng::seeded(2), Place::Server).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let handlers = Handlers::default().on(move |_, _: Work| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(None)
        }
    });
    let workers = Tasks::default();
    Workers::start(&queue, handlers, &workers);

    let mut added = HashSet::new();
    for round in 0..24u32 {
        let jobs = (0..40).map(|n| (Work { n }, Enqueue::default())).collect();
        added.extend(more(&sound, jobs).await);
        match round {
            // In a loop: some die in the middle of a claim, some of an acknowledgement.
            0..12 => drop(firm.read_fresh().all(&KILL, params![]).await),
            14 => {
                switch.send_replace(Net::Cut);
                tokio::time::sleep(Duration::from_secs(3)).await;
                switch.send_replace(Net::Open);
            }
            17 => {
                switch.send_replace(Net::Stalled);
                tokio::time::sleep(Duration::from_secs(1)).await;
                switch.send_replace(Net::Open);
            }
            20 => {
                for _ in 0..weak.write_pool + 2 {
                    let shaky = shaky.clone();
                    tasks.spawn(async move {
                        let held = shaky.write(|tx| Box::pin(async move { tx.one(&SLEEP, params![]).await.map(drop) }));
                        drop::<Result<(), store::Error>>(held.await);
                    });
                }
            }
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let all = async {
        loop {
            if let Ok(tables) = Tables::read(&firm).await
                && added.iter().all(|id| tables.done.contains_key(&id.to_i64()))
            {
                break tables;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // Reading refuses a history in which a job stands twice.
    let tables = tokio::time::timeout(Duration::from_secs(45), all).await.expect("all jobs end within 45 s");
    assert!(tables.leased.is_empty() && tables.dead.is_empty(), "nothing is left behind");
    assert!(runs.load(Ordering::SeqCst) as usize >= added.len());
    workers.shutdown(Duration::from_secs(5)).await;
    tasks.shutdown(Duration::ZERO).await;
}

/// Adds jobs until that is answered; those of answers that were lost are not counted.
async fn more(queue: &Queue, jobs: Vec<(Work, Enqueue)>) -> Vec<JobId> {
    loop {
        match queue.enqueue_all(jobs.clone()).await {
            Ok(added) => return added.iter().map(|added| added.id()).collect(),
            Err(Error::Store(error)) if error.is_transient() => {}
            Err(error) => panic!("adding jobs: {error:?}"),
        }
    }
}
