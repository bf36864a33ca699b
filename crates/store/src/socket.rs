//! Pokes: how a command that wrote beside a running server tells it to look for new work.
//!
//! The server listens on `copydesk.sock` in the data folder, which only its own user may open. A
//! message is one line of text; the answer is `ok`. It carries no data: what is new stands in the
//! database.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stdx::task::Tasks;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::Error;

const FILE: &str = "copydesk.sock";
/// Longest line, and longest time for it.
const LINE_BYTES_MAX: u64 = 1_024;
const TIME_MAX: Duration = Duration::from_secs(5);

/// One message, without its end of line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poke {
    pub line: String,
}

/// Listens in `folder` until the tasks are shut down. Only for the process that holds the folder's
/// lock: a socket that is already there was left behind.
///
/// # Errors
/// [`Error::Unavailable`] if the socket cannot be made, for instance when its path is longer than the
/// 107 bytes that the system allows.
pub fn listen(folder: &Path, tasks: &Tasks, on_poke: Arc<dyn Fn(Poke) + Send + Sync>) -> Result<(), Error> {
    let path = folder.join(FILE);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let mut stop = tasks.stop();
    let removed = Removed(path);
    tasks.spawn(async move {
        let _removed = removed;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.wait() => return,
            };
            // One after the other: commands are typed by people.
            let served = match accepted {
                Ok((stream, _)) => tokio::time::timeout(TIME_MAX, serve(stream, &*on_poke)).await.unwrap_or(Ok(())),
                Err(e) => Err(e),
            };
            if let Err(e) = served {
                tracing::debug!(error = %e, "a poke was not understood");
            }
        }
    });
    Ok(())
}

/// Sends `line` to the server of `folder`; `false` if none is running.
pub async fn poke(folder: &Path, line: &str) -> Result<bool, Error> {
    let mut stream = match UnixStream::connect(folder.join(FILE)).await {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => return Ok(false),
        Err(e) => return Err(e.into()),
    };
    let message = format!("{}\n", line.replace('\n', " "));
    let exchange = async {
        stream.write_all(message.as_bytes()).await?;
        let mut answer = String::new();
        (&mut stream).take(16).read_to_string(&mut answer).await.map(|_| answer)
    };
    let answer = tokio::time::timeout(TIME_MAX, exchange).await.map_err(|_| Error::Timeout)??;
    if answer.trim() == "ok" { Ok(true) } else { Err(io::Error::other("the server did not accept the message").into()) }
}

async fn serve(stream: UnixStream, on_poke: &(dyn Fn(Poke) + Send + Sync)) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    (&mut stream).take(LINE_BYTES_MAX).read_line(&mut line).await?;
    match line.strip_suffix('\n') {
        Some(line) => {
            on_poke(Poke { line: line.to_owned() });
            stream.write_all(b"ok\n").await
        }
        None => Err(io::Error::other("a line was too long or cut off")),
    }
}

/// Takes the socket away when the server ends.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
