//! PKCS #12 (RFC 7292): keys and certificates in bags, in safes, in one file.

use zeroize::Zeroizing;

use super::ImportError;
use super::asn1::{
    self, BMP_STRING, CONTEXT_0, CONTEXT_0_STRING, INTEGER, Items, OCTET_STRING, SEQUENCE, SET,
};
use super::encryption::{MacData, Password, Rounds, decrypt, is_authentic, unsupported};
use crate::base::secret::Secret;
use crate::token::Text;

/// The most bags of a file.
const MAX_BAGS: usize = 256;

/// The deepest bags in bags.
const MAX_DEPTH: usize = 4;

const DATA: &str = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
const KEY_BAG: &str = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG: &str = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG: &str = "1.2.840.113549.1.12.10.1.3";
const NESTED_BAG: &str = "1.2.840.113549.1.12.10.1.6";
const X509: &str = "1.2.840.113549.1.9.22.1";
const FRIENDLY_NAME: &str = "1.2.840.113549.1.9.20";

/// What a file holds.
#[derive(Default)]
pub(super) struct Contents {
    /// Names of the keys; where there is none, nothing.
    pub(super) keys: Vec<Option<Text>>,
    /// The first key as PrivateKeyInfo; nothing if there is more than one.
    pub(super) key: Option<Zeroizing<Vec<u8>>>,
    /// Certificates in DER.
    pub(super) certificates: Vec<Vec<u8>>,
}

/// Opens a file, which is canonical.
///
/// Without a password the empty one is tried, which is how files are made that have none.
pub(super) fn open(der: &[u8], typed: Option<&Secret>) -> Result<Contents, ImportError> {
    let mut rounds = Rounds::new();
    let none = Secret::with_capacity(0);
    for password in Password::ways(typed.unwrap_or(&none)) {
        match open_with(der, &password, &mut rounds) {
            Err(ImportError::WrongPassword) => {}
            other => return other,
        }
    }
    Err(match typed {
        None => ImportError::NeedsPassword,
        Some(_) => ImportError::WrongPassword,
    })
}

fn open_with(
    der: &[u8],
    password: &Password,
    rounds: &mut Rounds,
) -> Result<Contents, ImportError> {
    let mut file = Items::new(der).sequence()?;
    file.take(INTEGER)?;
    let mut content = file.sequence()?;
    let kind = content.oid()?;
    if kind.to_string() != DATA {
        return Err(unsupported(&kind));
    }
    let safes = Items::new(content.take(CONTEXT_0)?).take(OCTET_STRING)?;
    let mac = match file.optional(SEQUENCE)? {
        Some(mac) => Some(MacData::read(Items::new(mac))?),
        None => None,
    };
    if let Some(mac) = &mac
        && !is_authentic(mac, safes, password, rounds)?
    {
        return Err(ImportError::WrongPassword);
    }
    let mut reading = Reading {
        password,
        rounds,
        bags: 0,
        sealed: None,
        contents: Contents::default(),
    };
    reading.safes(safes)?;
    reading.finish()
}

/// A file that is being read.
struct Reading<'a> {
    password: &'a Password,
    rounds: &'a mut Rounds,
    bags: usize,
    /// The key, still encrypted: several keys are refused before it costs anything.
    sealed: Option<Vec<u8>>,
    contents: Contents,
}

impl Reading<'_> {
    /// AuthenticatedSafe (RFC 7292, 4.1).
    fn safes(&mut self, content: &[u8]) -> Result<(), ImportError> {
        let whole = asn1::canonical(content)?;
        let mut safes = Items::new(&whole).sequence()?;
        while !safes.is_empty() {
            let mut safe = safes.sequence()?;
            let kind = safe.oid()?;
            let content = safe.take(CONTEXT_0)?;
            match kind.to_string().as_str() {
                DATA => self.bags(Items::new(content).take(OCTET_STRING)?, 0)?,
                ENCRYPTED_DATA => {
                    let bags = self.decrypted(content)?;
                    // What cannot be read was not encrypted with this password.
                    self.bags(&bags, 0).map_err(|error| match error {
                        ImportError::Damaged => ImportError::WrongPassword,
                        other => other,
                    })?;
                }
                _ => return Err(unsupported(&kind)),
            }
        }
        Ok(())
    }

    /// EncryptedData (RFC 5652, 8).
    fn decrypted(&mut self, content: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        let mut encrypted = Items::new(content).sequence()?;
        encrypted.take(INTEGER)?;
        let mut info = encrypted.sequence()?;
        info.oid()?;
        let algorithm = info.take(SEQUENCE)?;
        let mut data = Vec::new();
        if let Some(pieces) = info.optional(CONTEXT_0)? {
            let mut pieces = Items::new(pieces);
            while !pieces.is_empty() {
                data.extend_from_slice(pieces.take(OCTET_STRING)?);
            }
        } else {
            data.extend_from_slice(info.take(CONTEXT_0_STRING)?);
        }
        decrypt(algorithm, &data, self.password, self.rounds)
    }

    /// SafeContents (RFC 7292, 4.2).
    fn bags(&mut self, content: &[u8], depth: usize) -> Result<(), ImportError> {
        let whole = asn1::canonical(content)?;
        let mut bags = Items::new(&whole).sequence()?;
        while !bags.is_empty() {
            self.bags += 1;
            if self.bags > MAX_BAGS || depth > MAX_DEPTH {
                return Err(ImportError::Damaged);
            }
            let mut bag = bags.sequence()?;
            let kind = bag.oid()?;
            let value = bag.take(CONTEXT_0)?;
            let name = bag.optional(SET)?.and_then(friendly_name);
            match kind.to_string().as_str() {
                KEY_BAG => {
                    self.contents.keys.push(name);
                    self.contents.key = Some(Zeroizing::new(value.to_vec()));
                }
                SHROUDED_KEY_BAG => {
                    self.contents.keys.push(name);
                    self.sealed = Some(value.to_vec());
                }
                CERTIFICATE_BAG => self.certificate(value)?,
                NESTED_BAG => self.bags(value, depth + 1)?,
                // Revocation lists and secrets of programs.
                _ => {}
            }
        }
        Ok(())
    }

    fn certificate(&mut self, value: &[u8]) -> Result<(), ImportError> {
        let mut bag = Items::new(value).sequence()?;
        if bag.oid()?.to_string() == X509 {
            let der = Items::new(bag.take(CONTEXT_0)?).take(OCTET_STRING)?;
            self.contents.certificates.push(der.to_vec());
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Contents, ImportError> {
        if self.contents.keys.len() > 1 {
            self.contents.key = None;
        } else if let Some(sealed) = &self.sealed {
            self.contents.key = Some(open_key(sealed, self.password, self.rounds)?);
        }
        Ok(self.contents)
    }
}

/// The PrivateKeyInfo in an EncryptedPrivateKeyInfo, which is canonical.
pub(super) fn open_key(
    der: &[u8],
    password: &Password,
    rounds: &mut Rounds,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let mut sealed = Items::new(der).sequence()?;
    let algorithm = sealed.take(SEQUENCE)?;
    let data = sealed.take(OCTET_STRING)?;
    let key = decrypt(algorithm, data, password, rounds)?;
    // One wrong password in 256 leaves a padding that looks right.
    asn1::canonical(&key).map_err(|_| ImportError::WrongPassword)
}

/// The name that a program gave to a bag.
fn friendly_name(attributes: &[u8]) -> Option<Text> {
    let mut attributes = Items::new(attributes);
    while let Ok(mut attribute) = attributes.sequence() {
        if attribute.oid().ok()?.to_string() == FRIENDLY_NAME {
            let name = Items::new(attribute.take(SET).ok()?)
                .take(BMP_STRING)
                .ok()?;
            return Some(Text::from_utf16(name)).filter(|name| !name.is_empty());
        }
    }
    None
}
