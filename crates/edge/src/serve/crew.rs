//! The threads of a listener. Each has a socket and a runtime of its own and keeps its connections for life, so that
//! no two threads ever touch one connection's memory.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use stdx::task::{Stop, Tasks};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use super::other::Other;
use super::{ACCEPTED, HANDSHAKES_FAILED, HITS, OPEN, REFUSED, REQUESTS};
use crate::h1::conn::{self, End, Lane};
use crate::h1::pulse::TICK;
use crate::{Settings, Tls};

/// What all threads of a listener share.
pub(super) struct House {
    room: Arc<Semaphore>,
    handshakes: Semaphore,
    handshake_time: Duration,
    drain_time: Duration,
    tls: Option<Tls>,
    other: Other,
    stop: Stop,
}

impl House {
    pub fn new(settings: &Settings, tls: Option<Tls>, tasks: &Tasks) -> House {
        let permits = |n: usize| n.min(Semaphore::MAX_PERMITS);
        House {
            room: Arc::new(Semaphore::new(permits(settings.connections_max))),
            handshakes: Semaphore::new(permits(settings.handshakes_max)),
            handshake_time: Duration::from_secs(settings.handshake_timeout_s),
            drain_time: Duration::from_secs(settings.drain_timeout_s),
            tls,
            other: Other::new(settings, tasks),
            stop: tasks.stop(),
        }
    }

    /// A place for one more connection, if there is one now.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    pub fn handshakes(&self) -> &Semaphore {
        &self.handshakes
    }
}

/// One thread's part of the house.
#[derive(Clone)]
pub(super) struct Crew {
    house: Arc<House>,
    lane: Arc<Lane>,
    open: Arc<Open>,
}

/// The connections of one thread.
#[derive(Default)]
struct Open {
    count: AtomicUsize,
    /// The first has come, or the last has gone.
    changed: Notify,
}

impl Open {
    /// Until somebody is there, or nobody.
    async fn until(&self, wanted: impl Fn(usize) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if wanted(self.count.load(Ordering::Acquire)) {
                return;
            }
            changed.await;
        }
    }
}

/// A connection's place, given back when it is dropped.
pub(super) struct Ticket {
    open: Arc<Open>,
    _permit: OwnedSemaphorePermit,
}

impl Ticket {
    fn new(crew: &Crew, permit: OwnedSemaphorePermit) -> Ticket {
        ACCEPTED.inc();
        OPEN.add(1);
        if crew.open.count.fetch_add(1, Ordering::AcqRel) == 0 {
            // The clock has stood still while nobody was there.
            crew.lane.pulse.tick();
            crew.open.changed.notify_waiters();
        }
        Ticket { open: Arc::clone(&crew.open), _permit: permit }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        OPEN.add(-1);
        if self.open.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.open.changed.notify_waiters();
        }
    }
}

type Work = Box<dyn FnOnce() + Send>;

impl Crew {
    pub fn new(house: Arc<House>, lane: Lane) -> Crew {
        Crew { house, lane: Arc::new(lane), open: Arc::default() }
    }

    /// Gives the socket a thread with a runtime of its own; where the system has none left, the runtime of the
    /// service has to do: better slow than not at all.
    pub fn start(self, socket: TcpListener, tasks: &Tasks) {
        let (runtime, thread) = match thread() {
            Ok(own) => own,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a listener has no thread of its own");
                return tasks.spawn(self.work(socket));
            }
        };
        let (ended, end) = oneshot::channel::<()>();
        let (keep, abort) = oneshot::channel::<()>();
        let work = move || {
            runtime.block_on(async {
                // A socket belongs to the runtime that it was made in, until it is taken out.
                let own = socket.into_std().and_then(TcpListener::from_std);
                match own {
                    Ok(socket) => tokio::select! {
                        () = self.work(socket) => {}
                        _ = abort => {}
                    },
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, "a listener's thread has no socket");
                    }
                }
            });
            drop(runtime);
            drop(ended);
        };
        let _ = thread.send(Box::new(work));
        // The thread is over when this task is, also when the task is ended by force.
        tasks.spawn(async move {
            let _keep = keep;
            let _ = end.await;
        });
    }

    /// Accepts connections until the process wants to end, then waits for those that are open.
    async fn work(self, socket: TcpListener) {
        let here = Handle::current();
        let _beat = AbortOnDrop(here.spawn(self.clone().beat()).abort_handle());
        let mut stop = self.house.stop.clone();
        loop {
            // A full house leaves newcomers in the kernel's queue, but for one per thread, instead of answering each
            // with 503. The place is taken last: a thread that nobody calls must not keep it from another one.
            let next = async {
                let (stream, peer) = socket.accept().await?;
                let permit = Arc::clone(&self.house.room).acquire_owned().await;
                io::Result::Ok((stream, peer, permit.expect("nobody closes the semaphore")))
            };
            let accepted = tokio::select! {
                () = stop.wait() => break,
                accepted = next => accepted,
            };
            match accepted {
                Ok((stream, peer, permit)) => {
                    let ticket = Ticket::new(&self, permit);
                    // Answers are written whole; waiting for more bytes to fill a packet only delays them.
                    let _ = stream.set_nodelay(true);
                    // Not of the process's tasks, which know this thread as a whole.
                    match &self.house.tls {
                        None => drop(here.spawn(self.clone().talk(stream, peer, ticket))),
                        Some(tls) => drop(here.spawn(self.clone().secure(tls.clone(), stream, peer, ticket))),
                    }
                }
                // Mostly "too many open files": accepting again at once would spin.
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a connection could not be accepted");
                    stop.sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(socket);
        self.lane.pulse.drain();
        let _ = tokio::time::timeout(self.house.drain_time, self.open.until(|count| count == 0)).await;
        self.count();
    }

    /// Ends what waits too long and hands in the counts, as long as anybody is there.
    async fn beat(self) {
        loop {
            self.count();
            self.open.until(|count| count > 0).await;
            tokio::time::sleep(TICK).await;
            self.lane.pulse.tick();
        }
    }

    fn count(&self) {
        let counts = &self.lane.counts;
        counts.requests.flush(&REQUESTS);
        counts.hits.flush(&HITS);
        counts.refused.flush(&REFUSED);
    }

    async fn secure(self, tls: Tls, stream: TcpStream, peer: SocketAddr, ticket: Ticket) {
        let handshake = async {
            let _permit = self.house.handshakes.acquire().await.expect("nobody closes the semaphore");
            tls.acceptor().accept(stream).await
        };
        match tokio::time::timeout(self.house.handshake_time, Box::pin(handshake)).await {
            Ok(Ok(stream)) => self.talk(Box::new(stream), peer, ticket).await,
            // Scanners knock all day: this is counted and not logged.
            Ok(Err(_)) | Err(_) => HANDSHAKES_FAILED.inc(),
        }
    }

    /// Not an `async fn`, whose future would keep a second place for each argument.
    fn talk<S>(self, io: S, peer: SocketAddr, ticket: Ticket) -> impl Future<Output = ()> + Send
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Crew { house, lane, open: _ } = self;
        async move {
            match conn::run(io, Arc::clone(&lane), Some(peer)).await {
                End::Closed => drop(ticket),
                End::HandOver(io, bytes) => {
                    let (other, stop) = (&house.other, house.stop.clone());
                    Box::pin(other.serve(io, bytes, ticket, peer, &lane, stop)).await;
                }
            }
        }
    }
}

/// A thread that waits for its work, and the runtime for it.
fn thread() -> io::Result<(Runtime, mpsc::Sender<Work>)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (work, wait) = mpsc::channel::<Work>();
    std::thread::Builder::new().name("edge".to_owned()).spawn(move || {
        if let Ok(work) = wait.recv() {
            work();
        }
    })?;
    Ok((runtime, work))
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
