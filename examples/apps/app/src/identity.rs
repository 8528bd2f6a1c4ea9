//! Who a server is over TLS: a certificate and its key, `cert.pem` and `key.pem` in a folder.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::{Failure, Trying};

#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// The one in this folder. If there is none, one for `localhost` that signs itself is made.
    pub fn in_folder(folder: &Path) -> Result<Identity, Failure> {
        let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        if !certificate.exists() {
            make(folder, &certificate, &key).trying(folder.display())?;
        }
        Ok(Identity {
            certificate: CertificateDer::from_pem_file(&certificate)
                .trying(certificate.display())?,
            key: PrivateKeyDer::from_pem_file(&key).trying(key.display())?,
        })
    }

    /// The server's side of TLS, which speaks these protocols.
    pub fn server(self, protocols: &[&str]) -> Result<Arc<ServerConfig>, Failure> {
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate], self.key)
            .trying("the certificate and its key")?;
        config.alpn_protocols = bytes_of(protocols);
        Ok(Arc::new(config))
    }
}

/// The client's side of TLS, which trusts this certificate alone.
pub fn trusting(certificate: &Path, protocols: &[&str]) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    let read = CertificateDer::from_pem_file(certificate).trying(certificate.display())?;
    roots.add(read).trying(certificate.display())?;
    let mut config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = bytes_of(protocols);
    Ok(config)
}

/// The key is for its owner alone, and written first: a certificate promises that its key is there.
fn make(folder: &Path, certificate: &Path, key: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(key)?;
    file.write_all(made.signing_key.serialize_pem().as_bytes())?;
    fs::write(certificate, made.cert.pem())?;
    Ok(())
}

fn bytes_of(protocols: &[&str]) -> Vec<Vec<u8>> {
    let names = protocols.iter();
    names.map(|name| name.as_bytes().to_vec()).collect()
}
