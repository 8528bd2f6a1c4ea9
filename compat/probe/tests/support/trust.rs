//! A certificate for `localhost` that signs itself, and both sides of TLS that trust it alone.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

pub(crate) struct Trust {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Trust {
    pub(crate) fn new() -> Trust {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let made = made.expect("a certificate");
        Trust {
            certificate: made.cert.der().clone(),
            key: PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()),
        }
    }

    /// The server's side, which speaks these protocols.
    pub(crate) fn server(&self, protocols: &[&str]) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .expect("the key is the certificate's");
        config.alpn_protocols = bytes_of(protocols);
        Arc::new(config)
    }

    /// The client's side, which speaks these protocols.
    pub(crate) fn client(&self, protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let added = roots.add(self.certificate.clone());
        added.expect("the certificate is whole");
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = bytes_of(protocols);
        config
    }
}

fn bytes_of(protocols: &[&str]) -> Vec<Vec<u8>> {
    let names = protocols.iter();
    names.map(|name| name.as_bytes().to_vec()).collect()
}
