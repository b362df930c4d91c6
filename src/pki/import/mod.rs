//! Keys from files: PKCS #12, PEM and bare DER, with or without a password.
//!
//! [`open`] gives the one RSA private key of a file, the certificate for it, and those above
//! that. Nothing is written anywhere, and nothing of the key stays behind, as far as the crates
//! that compute with it see to that: `encryption` and `key` say where they do not.

mod asn1;
mod encryption;
mod key;
mod pem;
mod pkcs12;

use zeroize::Zeroizing;

use self::asn1::Malformed;
use self::encryption::{Password, Rounds};
use self::key::Structure;
use super::certificate::Certificate;
use super::chain::{self, End, Signature};
use crate::base::secret::{Secret, wipe_stack};
use crate::token::Text;

pub use self::encryption::MAX_ROUNDS;
pub use self::key::RsaKey;

/// The longest file that is read, in bytes.
pub const MAX_LEN: usize = 4 * 1024 * 1024;

/// The most certificates of a file that are looked at.
const MAX_CERTIFICATES: usize = 64;

/// What a key file holds. Like [`RsaKey`] it has no `Debug`.
pub struct KeyFile {
    /// The private key.
    pub key: RsaKey,
    /// The certificate for it: of several the one that ends last. Some files have none.
    pub certificate: Option<Certificate>,
    /// The certificates above that, from its issuer upwards.
    pub chain: Vec<Certificate>,
    /// What is odd about the certificates.
    pub warnings: Vec<Warning>,
}

/// Something odd that keeps nobody from using the key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Warning {
    /// The chain ends before a root: the issuer of its last certificate is not in the file.
    IssuerMissing {
        /// Whose issuer it is.
        certificate: Text,
        /// The issuer that is missing.
        issuer: Text,
    },
    /// A certificate names an issuer whose key did not sign it.
    WrongSignature {
        /// Whose signature it is.
        certificate: Text,
    },
    /// A certificate of the file is neither for the key nor above the one that is.
    LeftOut {
        /// Which.
        certificate: Text,
    },
    /// So many certificates of the file cannot be read.
    Unreadable {
        /// How many.
        count: usize,
    },
}

/// Why no key comes out of a file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// Longer than any key file.
    #[error("longer than {MAX_LEN} bytes")]
    TooLarge,
    /// Not one of the formats that are read.
    #[error("not a key file")]
    NotAKeyFile,
    /// OpenSSH's own format.
    #[error("a private key in OpenSSH's own format")]
    OpenSsh,
    /// Certificates, but no private key.
    #[error("no private key in the file")]
    NoKey,
    /// Encrypted, and there is no password.
    #[error("a password is needed")]
    NeedsPassword,
    /// The password is wrong, or the file is damaged: the two cannot be told apart.
    #[error("wrong password, or a damaged file")]
    WrongPassword,
    /// Encrypted or signed in a way that is not known here.
    #[error("{name} is not supported")]
    EncryptionNotSupported {
        /// Its usual name, or an OID in dots.
        name: Text,
    },
    /// Encrypted in the way of PEM before PKCS #8 (RFC 1423), whose password can be guessed.
    #[error("encrypted in the old way of PEM")]
    OldPem,
    /// The password would have to be turned into a key for longer than anybody waits.
    #[error("{rounds} rounds of key derivation")]
    TooManyRounds {
        /// The rounds that the file asks for.
        rounds: u64,
    },
    /// Several private keys.
    #[error("{} private keys", names.len())]
    SeveralKeys {
        /// What the file calls them; nothing for those without a name.
        names: Vec<Option<Text>>,
    },
    /// A key of another kind than RSA.
    #[error("a key of the kind {name}")]
    OtherKind {
        /// Which kind.
        name: Text,
    },
    /// An RSA key that is shorter or longer than any in use.
    #[error("an RSA key of {bits} bits")]
    KeyLength {
        /// Length of its modulus.
        bits: u32,
    },
    /// The numbers of the key do not belong together.
    #[error("the numbers of the key do not belong together")]
    Inconsistent,
    /// There are certificates, but none is for the key.
    #[error("the certificates belong to other keys")]
    OtherCertificate {
        /// Whose they are.
        names: Vec<Text>,
    },
    /// It begins like a key file, and then makes no sense.
    #[error("a damaged file")]
    Damaged,
}

impl From<Malformed> for ImportError {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

/// Opens a key file.
///
/// A file that is not encrypted opens with any password and with none; so does a PKCS #12 file
/// with the empty password with none. The bytes of the file are the caller's to wipe: they may be
/// a key that nothing protects.
///
/// # Errors
///
/// [`ImportError`]: one for each thing that a person would do differently.
pub fn open(file: &[u8], password: Option<&Secret>) -> Result<KeyFile, ImportError> {
    let opened = contents(file, password).and_then(assemble);
    wipe_stack();
    opened
}

/// The key and all certificates of a file.
struct Contents {
    key: RsaKey,
    certificates: Vec<Vec<u8>>,
}

fn contents(file: &[u8], password: Option<&Secret>) -> Result<Contents, ImportError> {
    if file.len() > MAX_LEN {
        return Err(ImportError::TooLarge);
    }
    if let Ok(der) = asn1::canonical(file)
        && let Some(structure) = Structure::of(&der)
    {
        return from_der(structure, &der, password);
    }
    if let Some(contents) = from_pem(file, password)? {
        return Ok(contents);
    }
    // What begins like DER and is nothing known was cut off, or is something else.
    Err(ImportError::NotAKeyFile)
}

fn from_der(
    structure: Structure,
    der: &[u8],
    password: Option<&Secret>,
) -> Result<Contents, ImportError> {
    if structure == Structure::Pkcs12 {
        let mut contents = pkcs12::open(der, password)?;
        if contents.keys.len() > 1 {
            return Err(ImportError::SeveralKeys {
                names: contents.keys,
            });
        }
        let key = contents.key.take().ok_or(ImportError::NoKey)?;
        return Ok(Contents {
            key: RsaKey::from_pkcs8(&key)?,
            certificates: contents.certificates,
        });
    }
    Ok(Contents {
        key: bare_key(structure, der, password)?,
        certificates: Vec::new(),
    })
}

/// The key in a structure that holds one and nothing else.
fn bare_key(
    structure: Structure,
    der: &[u8],
    password: Option<&Secret>,
) -> Result<RsaKey, ImportError> {
    match structure {
        Structure::Pkcs8 => RsaKey::from_pkcs8(der),
        Structure::Pkcs1 => RsaKey::from_pkcs1(der),
        Structure::EncryptedPkcs8 => {
            let typed = password.ok_or(ImportError::NeedsPassword)?;
            RsaKey::from_pkcs8(&decrypted_key(der, typed)?)
        }
        Structure::Elliptic => Err(ImportError::OtherKind {
            name: Text::from("EC"),
        }),
        Structure::Certificate => Err(ImportError::NoKey),
        Structure::Pkcs12 => Err(ImportError::Damaged),
    }
}

/// The PrivateKeyInfo in an encrypted key.
fn decrypted_key(der: &[u8], typed: &Secret) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let mut rounds = Rounds::new();
    for password in Password::ways(typed) {
        match pkcs12::open_key(der, &password, &mut rounds) {
            Ok(key) if Structure::of(&key) == Some(Structure::Pkcs8) => return Ok(key),
            Ok(_) | Err(ImportError::WrongPassword) => {}
            Err(other) => return Err(other),
        }
    }
    Err(ImportError::WrongPassword)
}

/// The key and the certificates of a text; nothing if there are no blocks in it.
fn from_pem(file: &[u8], password: Option<&Secret>) -> Result<Option<Contents>, ImportError> {
    let blocks = pem::blocks(file);
    let mut certificates = Vec::new();
    let mut keys = Vec::new();
    for block in &blocks {
        match block.kind() {
            // What is no Base64 is counted among the unreadable ones.
            Some(pem::Kind::Certificate) => {
                certificates.push(block.decode().unwrap_or_default().to_vec());
            }
            Some(kind) => keys.push((kind, block)),
            None => {}
        }
    }
    let (kind, block) = match keys.as_slice() {
        [] if blocks.is_empty() => return Ok(None),
        [] => return Err(ImportError::NoKey),
        [(kind, block)] => (*kind, *block),
        several => {
            return Err(ImportError::SeveralKeys {
                names: several.iter().map(|_| None).collect(),
            });
        }
    };
    let structure = match kind {
        pem::Kind::OpenSsh => return Err(ImportError::OpenSsh),
        pem::Kind::Other(name) => {
            return Err(ImportError::OtherKind {
                name: Text::from(name),
            });
        }
        _ if block.is_encrypted() => return Err(ImportError::OldPem),
        pem::Kind::Structure(structure) => structure,
        pem::Kind::Certificate => return Err(ImportError::NoKey),
    };
    let der = block.decode().ok_or(ImportError::Damaged)?;
    let der = asn1::canonical(&der)?;
    if Structure::of(&der) != Some(structure) {
        return Err(ImportError::Damaged);
    }
    Ok(Some(Contents {
        key: bare_key(structure, &der, password)?,
        certificates,
    }))
}

/// Finds the certificate for the key, and the chain above it.
fn assemble(contents: Contents) -> Result<KeyFile, ImportError> {
    let Contents { key, certificates } = contents;
    let mut warnings = Vec::new();
    let mut read: Vec<Certificate> = Vec::new();
    let mut unreadable = 0;
    for der in certificates.iter().take(MAX_CERTIFICATES) {
        match Certificate::parse(der) {
            Ok(new) if read.iter().any(|old| old.sha256 == new.sha256) => {}
            Ok(new) => read.push(new),
            Err(_) => unreadable += 1,
        }
    }
    unreadable += certificates.len().saturating_sub(MAX_CERTIFICATES);
    if unreadable > 0 {
        warnings.push(Warning::Unreadable { count: unreadable });
    }
    let own = read
        .iter()
        .filter(|certificate| certificate.public_key.spki == key.public.spki)
        .max_by_key(|certificate| certificate.not_after)
        .cloned();
    let Some(own) = own else {
        if !read.is_empty() {
            let names = read.iter().map(name).collect();
            return Err(ImportError::OtherCertificate { names });
        }
        return Ok(KeyFile {
            key,
            certificate: None,
            chain: Vec::new(),
            warnings,
        });
    };
    let chain = chain_above(&own, &read, &mut warnings);
    Ok(KeyFile {
        key,
        certificate: Some(own),
        chain,
        warnings,
    })
}

fn chain_above(
    own: &Certificate,
    all: &[Certificate],
    warnings: &mut Vec<Warning>,
) -> Vec<Certificate> {
    let found = chain::chain(own, all);
    for link in &found.links {
        if link.signature == Signature::Broken {
            warnings.push(Warning::WrongSignature {
                certificate: name(&link.certificate),
            });
        }
    }
    if let (End::IssuerMissing, Some(last)) = (found.end, found.links.last()) {
        warnings.push(Warning::IssuerMissing {
            certificate: name(&last.certificate),
            issuer: issuer(&last.certificate),
        });
    }
    let links = found.links.into_iter().map(|link| link.certificate);
    let links: Vec<Certificate> = links.collect();
    for other in all {
        if links.iter().all(|link| link.sha256 != other.sha256) {
            warnings.push(Warning::LeftOut {
                certificate: name(other),
            });
        }
    }
    links.into_iter().skip(1).collect()
}

fn name(certificate: &Certificate) -> Text {
    let name = certificate.name();
    name.unwrap_or_else(|| certificate.subject_line.clone())
}

fn issuer(certificate: &Certificate) -> Text {
    let name = certificate.issuer_common_name();
    name.unwrap_or(&certificate.issuer_line).clone()
}
