//! Whom registries are trusted by.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::RegistryError;

/// TLS 1.2 and 1.3, certificates always checked: against the machine's authorities and those that are handed in.
pub(super) fn config(certificates: Option<&[u8]>) -> Result<ClientConfig, RegistryError> {
    let setup = |problem: String| RegistryError::Setup { problem };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| setup(error.to_string()))?;
    let own = certificates.map(read).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(own.iter().cloned(), provider);
    let mut config = match verifier {
        Ok(verifier) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        // A machine without any authorities: those that were handed in are all there are, if any.
        Err(error) => {
            tracing::debug!(%error, "this machine trusts nobody");
            let mut roots = RootCertStore::empty();
            for certificate in own {
                roots.add(certificate).map_err(|error| setup(error.to_string()))?;
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, RegistryError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => {
            Err(RegistryError::Setup { problem: "the certificates for registries cannot be read".to_owned() })
        }
    }
}
