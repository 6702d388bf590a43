//! Encryption by rustls, in libpq's modes.

use std::path::Path;
use std::sync::Arc;

use birgus_core::backend::{TlsMode, TlsOptions};
use birgus_core::{Error, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The handshake for a mode; `None` for no encryption.
///
/// # Errors
///
/// `is_configuration()` for a CA file that can't be read, or a system without certificate authorities.
pub(super) fn connector(options: &TlsOptions) -> Result<Option<MakeRustlsConnect>> {
    if options.mode == TlsMode::Disable {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let config = match options.mode {
        TlsMode::VerifyFull => builder.with_root_certificates(roots(options)?),
        mode => {
            let verifier = match mode {
                TlsMode::VerifyCa => Lenient::Authority(
                    WebPkiServerVerifier::builder_with_provider(
                        Arc::new(roots(options)?),
                        provider,
                    )
                    .build()
                    .map_err(unusable)?,
                ),
                _ => Lenient::Nothing(provider),
            };
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    Ok(Some(MakeRustlsConnect::new(config.with_no_client_auth())))
}

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::configuration(format!("TLS can't be set up: {error}"))
}

/// The authorities in the CA file, or the system's.
fn roots(options: &TlsOptions) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match &options.ca_file {
        Some(file) => {
            for certificate in read(file)? {
                roots
                    .add(certificate)
                    .map_err(|error| unreadable(file, error))?;
            }
            if roots.is_empty() {
                return Err(unreadable(file, "it holds no certificate"));
            }
        }
        None => {
            // Some systems have certificates that don't parse beside those that do.
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                return Err(Error::configuration(
                    "TLS: the system has no certificate authorities; give a CA file",
                ));
            }
        }
    }
    Ok(roots)
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(file, error))
}

fn unreadable(file: &Path, error: impl std::fmt::Display) -> Error {
    Error::configuration(format!("TLS: the CA file {}: {error}", file.display()))
}

/// Verifies less than rustls does by itself: what libpq's weaker modes promise, and not more.
///
/// The server always proves that it holds the key of the certificate that it shows.
#[derive(Debug)]
enum Lenient {
    /// Whoever signed it.
    Nothing(Arc<CryptoProvider>),
    /// A trusted authority signed it, for whichever host.
    Authority(Arc<WebPkiServerVerifier>),
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Self::Authority(verifier) = self else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is compared last, after the chain of signatures was found good.
        match verifier.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self {
            Self::Nothing(provider) => verify_tls12_signature(
                message,
                certificate,
                signature,
                &provider.signature_verification_algorithms,
            ),
            Self::Authority(verifier) => {
                verifier.verify_tls12_signature(message, certificate, signature)
            }
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self {
            Self::Nothing(provider) => verify_tls13_signature(
                message,
                certificate,
                signature,
                &provider.signature_verification_algorithms,
            ),
            Self::Authority(verifier) => {
                verifier.verify_tls13_signature(message, certificate, signature)
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match self {
            Self::Nothing(provider) => provider
                .signature_verification_algorithms
                .supported_schemes(),
            Self::Authority(verifier) => verifier.supported_verify_schemes(),
        }
    }
}
