//! TLS for a listener: certificate and key from files, read anew when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use stdx::task::Tasks;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::{Error, Settings};

/// Between two looks at the files. Renewal leaves days; a look costs two system calls.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Sessions that can be taken up again without a whole handshake, per process.
const SESSIONS: usize = 4096;

/// A certificate with its key, ready for handshakes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tls(watch::Receiver<Arc<ServerConfig>>);

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// When and how long both files were written, as far as that can be told.
type Written = [Option<(SystemTime, u64)>; 2];

impl Tls {
    /// Reads the files that the settings name, and again whenever they change until the tasks end: connections
    /// opened from then on get the new certificate. New files that cannot be used are complained about in the log,
    /// and the old certificate stays. `None` when the settings name no files.
    ///
    /// # Errors
    /// [`Error::TlsFile`], [`Error::NoCertificate`] or [`Error::TlsPair`], each with the file's name.
    pub fn open(settings: &Settings, tasks: &Tasks) -> Result<Option<Tls>, Error> {
        let (Some(certificate), Some(key)) = (&settings.tls_certificate_file, &settings.tls_key_file) else {
            return Ok(None);
        };
        Tls::watch(Files { certificate: certificate.clone(), key: key.clone() }, LOOK_EVERY, tasks).map(Some)
    }

    fn watch(files: Files, every: Duration, tasks: &Tasks) -> Result<Tls, Error> {
        let mut known = files.written();
        let (sender, receiver) = watch::channel(files.load()?);
        let mut stop = tasks.stop();
        tasks.spawn(async move {
            while stop.sleep(every).await {
                let written = files.written();
                // Two files are written one after the other: they are taken when they have been still for one look.
                if written == known {
                    continue;
                }
                if !stop.sleep(every).await {
                    return;
                }
                if files.written() != written {
                    continue;
                }
                known = written;
                match files.load() {
                    Ok(config) => {
                        tracing::info!(file = %files.certificate.display(), "the certificate was read anew");
                        sender.send_replace(config);
                    }
                    Err(error) => {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "the new certificate cannot be used; the old one stays"
                        );
                    }
                }
            }
        });
        Ok(Tls(receiver))
    }

    /// The certificate of now, and a word whenever there is another.
    pub(crate) fn watch_config(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.0.clone()
    }

    /// For one handshake, with the certificate of now.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.borrow()))
    }
}

impl Files {
    fn load(&self) -> Result<Arc<ServerConfig>, Error> {
        let unreadable = |what, file: &Path, source| Error::TlsFile { what, file: file.to_owned(), source };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|source| unreadable("certificate", &self.certificate, source))?;
        if chain.is_empty() {
            return Err(Error::NoCertificate { file: self.certificate.clone() });
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|source| unreadable("key", &self.key, source))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|source| Error::TlsPair {
                certificate: self.certificate.clone(),
                key: self.key.clone(),
                source,
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.session_storage = rustls::server::ServerSessionMemoryCache::new(SESSIONS);
        Ok(Arc::new(config))
    }

    fn written(&self) -> Written {
        [&self.certificate, &self.key].map(|file| {
            let about = std::fs::metadata(file).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }
}

#[cfg(test)]
mod tests;
