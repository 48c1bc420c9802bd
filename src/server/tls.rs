//! TLS: a certificate of the school's, or one that the server makes for itself.

use super::ServerError;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A certificate and its key, ready to serve with.
#[derive(Clone)]
pub struct Tls(RustlsConfig);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Reads a certificate chain and its key, both in PEM.
    ///
    /// # Errors
    /// A file cannot be read, or they do not fit together.
    pub async fn read(certificate: &Path, key: &Path) -> Result<Self, ServerError> {
        // Two providers are in the program; one has to be named before the first use.
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let failed = |source| ServerError::Tls { certificate: certificate.to_owned(), key: key.to_owned(), source };
        RustlsConfig::from_pem_file(certificate, key).await.map(Self).map_err(failed)
    }

    /// Uses the certificate in `folder`, making one for `names` and `addresses` if it is not there or was made for others.
    ///
    /// A machine of a classroom may have a wrong clock, so it is valid at any time.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub async fn self_signed(folder: &Path, names: &[&str], addresses: &[IpAddr]) -> Result<Self, ServerError> {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        let made_for = folder.join("made-for.txt");
        let wanted = names.iter().map(ToString::to_string).chain(addresses.iter().map(ToString::to_string));
        let wanted = wanted.collect::<Vec<_>>().join("\n");
        let fits = std::fs::read_to_string(&made_for).is_ok_and(|found| found == wanted);
        if !(fits && certificate.exists() && key.exists()) {
            let failed = |source| ServerError::Tls { certificate: certificate.clone(), key: key.clone(), source };
            std::fs::create_dir_all(folder).map_err(failed)?;
            let (chain, secret) = make(names, addresses).map_err(|error| failed(std::io::Error::other(error)))?;
            write_secret(&key, &secret).map_err(failed)?;
            std::fs::write(&certificate, chain).map_err(failed)?;
            std::fs::write(&made_for, wanted).map_err(failed)?;
        }
        Self::read(&certificate, &key).await
    }

    pub(super) fn acceptor(self, inner: NoDelayAcceptor, handshake: Duration) -> RustlsAcceptor<NoDelayAcceptor> {
        RustlsAcceptor::new(self.0).handshake_timeout(handshake).acceptor(inner)
    }
}

/// A certificate and its key, in PEM.
fn make(names: &[&str], addresses: &[IpAddr]) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    params.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Lectern");
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Writes a file that only its owner may read.
fn write_secret(path: &PathBuf, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[tokio::test]
    async fn a_certificate_is_made_once_and_again_when_the_address_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second): (IpAddr, IpAddr) = ("10.0.0.5".parse().unwrap(), "10.0.0.6".parse().unwrap());
        let certificate = || std::fs::read_to_string(folder.path().join("certificate.pem")).unwrap();
        Tls::self_signed(folder.path(), &["localhost"], &[first]).await.unwrap();
        let made = certificate();
        Tls::self_signed(folder.path(), &["localhost"], &[first]).await.unwrap();
        assert_eq!(certificate(), made);
        Tls::self_signed(folder.path(), &["localhost"], &[second]).await.unwrap();
        assert_ne!(certificate(), made);
    }

    #[tokio::test]
    async fn what_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.pem");
        std::fs::write(&text, "no certificate").unwrap();
        for path in [&text, &folder.path().join("absent.pem")] {
            let error = Tls::read(path, path).await.unwrap_err().to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
