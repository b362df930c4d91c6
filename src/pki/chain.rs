//! Who signed a certificate, and who signed those, as far as it can be found out here.
//!
//! This is a picture for people, not the path validation of RFC 5280, 6: no policies, no name
//! constraints, no revocation, and nobody is trusted because of it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::certificate::{Certificate, KeyUsage, is_same_name};
use super::{pem, signature};

pub use super::signature::Signature;

/// The most certificates of a chain.
pub const MAX_LINKS: usize = 10;

/// The most signatures that are checked to find one issuer: names are free to be copied.
const MAX_CANDIDATES: usize = 8;

/// Where distributions keep the authorities that everybody trusts, as one file.
const BUNDLES: [&str; 4] = [
    // Debian, Arch
    "/etc/ssl/certs/ca-certificates.crt",
    // Fedora
    "/etc/pki/tls/certs/ca-bundle.crt",
    // openSUSE
    "/etc/ssl/ca-bundle.pem",
    // Alpine
    "/etc/ssl/cert.pem",
];

/// The longest file of authorities that is read, in bytes.
const MAX_BUNDLE_LEN: u64 = 8 * 1024 * 1024;

/// A certificate and those above it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chain {
    /// The certificates from the one that was asked for upwards; never empty.
    pub links: Vec<Link>,
    /// Why it goes no further.
    pub end: End,
}

/// One certificate of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether its signature was made by the next of the chain; for a root by itself.
    pub signature: Signature,
    /// Whether it was signed with its own key.
    pub self_signed: bool,
}

/// Why a chain ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// Its last certificate is self-signed: there is nobody above it.
    Root,
    /// Whoever issued its last certificate is not here.
    IssuerMissing,
    /// There may be more, but nobody has chains this long.
    TooLong,
}

impl Chain {
    /// Whether it reaches a root and every signature is right.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        let verified = |link: &Link| link.signature == Signature::Verified;
        self.end == End::Root && self.links.iter().all(verified)
    }
}

/// Looks among `others` for the issuer of `leaf`, for its issuer, and so on.
///
/// An issuer has the right name, the right key identifier where both sides tell one, and may
/// issue certificates; of several the one whose key made the signature is taken.
#[must_use]
pub fn chain(leaf: &Certificate, others: &[Certificate]) -> Chain {
    let mut links: Vec<Link> = Vec::new();
    let mut current = leaf;
    loop {
        let mut link = Link {
            certificate: current.clone(),
            signature: Signature::NotChecked,
            self_signed: false,
        };
        if let Some(own) = self_signature(current) {
            link.signature = own;
            link.self_signed = true;
            links.push(link);
            return Chain {
                links,
                end: End::Root,
            };
        }
        let end = if links.len() + 1 == MAX_LINKS {
            End::TooLong
        } else if let Some((issuer, signature)) = issuer(current, others, &links) {
            link.signature = signature;
            links.push(link);
            current = issuer;
            continue;
        } else {
            End::IssuerMissing
        };
        links.push(link);
        return Chain { links, end };
    }
}

/// The signature of a self-signed certificate; nothing for others.
fn self_signature(certificate: &Certificate) -> Option<Signature> {
    if !certificate.is_self_issued() {
        return None;
    }
    let identifiers = identifiers(certificate, certificate);
    match signature::check(certificate, certificate) {
        Signature::Verified => Some(Signature::Verified),
        // An authority that changed its key issues itself a certificate for the new one.
        _ if identifiers == Identifiers::Differ => None,
        Signature::NotChecked => Some(Signature::NotChecked),
        Signature::Broken => (identifiers == Identifiers::Agree).then_some(Signature::Broken),
    }
}

/// Who issued `certificate`, among `others` and not in `links` yet.
fn issuer<'a>(
    certificate: &Certificate,
    others: &'a [Certificate],
    links: &[Link],
) -> Option<(&'a Certificate, Signature)> {
    let is_new = |other: &Certificate| {
        other.sha256 != certificate.sha256
            && links
                .iter()
                .all(|link| link.certificate.sha256 != other.sha256)
    };
    let mut candidates = others
        .iter()
        .filter(|other| is_same_name(&certificate.issuer, &other.subject))
        .filter(|other| may_issue(other) && is_new(other))
        .map(|other| (other, identifiers(certificate, other)))
        .collect::<Vec<_>>();
    candidates.sort_by_key(|(_, identifiers)| *identifiers);
    candidates.truncate(MAX_CANDIDATES);
    let checked = candidates
        .into_iter()
        .map(|(other, identifiers)| (other, identifiers, signature::check(certificate, other)))
        .collect::<Vec<_>>();
    let found = |wanted: Signature| {
        checked
            .iter()
            .find(|(_, identifiers, signature)| {
                // A wrong signature is only held against an issuer that it names.
                let named = *identifiers != Identifiers::Differ;
                *signature == wanted && (named || wanted == Signature::Verified)
            })
            .map(|(other, _, signature)| (*other, *signature))
    };
    found(Signature::Verified)
        .or_else(|| found(Signature::NotChecked))
        .or_else(|| found(Signature::Broken))
}

/// How the key identifiers of a certificate and its issuer compare; the best first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Identifiers {
    Agree,
    Missing,
    Differ,
}

fn identifiers(certificate: &Certificate, issuer: &Certificate) -> Identifiers {
    let wanted = certificate.authority_key_identifier.as_ref();
    match (wanted, issuer.key_identifier.as_ref()) {
        (Some(wanted), Some(found)) if wanted == found => Identifiers::Agree,
        (Some(_), Some(_)) => Identifiers::Differ,
        _ => Identifiers::Missing,
    }
}

/// Whether its extensions let it issue certificates; those of version 1 have none to say so.
fn may_issue(certificate: &Certificate) -> bool {
    let may_sign = certificate
        .key_usages
        .as_ref()
        .is_none_or(|usages| usages.contains(&KeyUsage::CertificateSigning));
    may_sign && (certificate.authority.is_some() || certificate.extensions.is_empty())
}

/// The authorities that this machine trusts, from the file that its distribution keeps; none
/// if there is no such file.
///
/// Reads and decodes some hundred certificates: not for the thread of the window.
#[must_use]
pub fn local_authorities() -> Vec<Certificate> {
    BUNDLES
        .iter()
        .find_map(|path| read_bundle(Path::new(path)))
        .unwrap_or_default()
}

fn read_bundle(path: &Path) -> Option<Vec<Certificate>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_BUNDLE_LEN).read_to_end(&mut bytes).ok()?;
    let found = pem::certificates(&bytes)
        .iter()
        .filter_map(|der| Certificate::parse(der).ok())
        .collect::<Vec<_>>();
    (!found.is_empty()).then_some(found)
}
