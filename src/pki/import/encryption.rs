//! What passwords open: PBES2 (RFC 8018, 6.2), the older ways of PKCS #12 (RFC 7292,
//! appendices B and C), and the MAC over a whole PKCS #12 file.
//!
//! The RustCrypto crates `pkcs5` and `pkcs12` were looked at for this. `pkcs5` leaves the keys
//! that it derives in memory, ends the program at an scrypt cost of zero, and brings AES-GCM and
//! scrypt, which key files have next to never; `pkcs12` has the structures and the derivation of
//! keys, but nothing that decrypts. What is left to do here are the parameters and appendix B.2;
//! PBKDF2, HMAC and the ciphers come from crates.
//!
//! Keys derived from a password and what is decrypted are wiped. The crates wipe the schedules of
//! DES and RC2 and the states of HMAC; that of AES too if it is computed without the processor's
//! instructions for it. What they leave on the stack is wiped by
//! [`wipe_stack`](crate::base::secret::wipe_stack) at the end of [`super::open`].

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, InnerIvInit as _, KeyInit};
use der::oid::ObjectIdentifier;
use hmac::{EagerHash, Hmac, Mac as _};
use rc2::Rc2;
use sha1::Sha1;
use sha2::digest::{Digest, FixedOutputReset, block_api::BlockSizeUser};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::ImportError;
use super::asn1::{INTEGER, Items, Malformed, OCTET_STRING, SEQUENCE};
use crate::base::secret::Secret;
use crate::token::Text;

/// The most rounds that all keys of one file together may cost: some seconds.
pub const MAX_ROUNDS: u64 = 10_000_000;

/// The longest key of a cipher here, in bytes.
const MAX_KEY_LEN: u64 = 32;

/// What is left of [`MAX_ROUNDS`] for a file.
pub(super) struct Rounds {
    left: u64,
}

impl Rounds {
    pub(super) fn new() -> Self {
        Self { left: MAX_ROUNDS }
    }

    /// Counts off a derivation of so many rounds, for so many blocks of its digest.
    fn spend(&mut self, rounds: u64, blocks: usize) -> Result<u32, ImportError> {
        let cost = rounds.saturating_mul(u64::try_from(blocks).unwrap_or(u64::MAX));
        let refused = ImportError::TooManyRounds { rounds };
        self.left = self.left.checked_sub(cost).ok_or(refused)?;
        // At most MAX_ROUNDS by now.
        u32::try_from(rounds).map_err(|_| ImportError::TooManyRounds { rounds })
    }
}

/// A password in both ways of writing that key files use.
pub(super) struct Password {
    /// As it was typed, for PBES2.
    plain: Secret,
    /// In UTF-16 with a zero behind, for PKCS #12 (RFC 7292, B.1).
    wide: Secret,
}

impl Password {
    /// The ways to write `typed`, the usual one first.
    pub(super) fn ways(typed: &Secret) -> Vec<Self> {
        let bytes = typed.expose();
        let mut ways = Vec::new();
        if let Ok(text) = std::str::from_utf8(bytes) {
            ways.push(Self::with(typed, wide(text.encode_utf16())));
        }
        if bytes.is_empty() {
            // "No password" and "the empty password" are two things to PKCS #12.
            ways.push(Self::with(typed, Secret::with_capacity(0)));
        } else if !bytes.is_ascii() {
            // OpenSSL before 1.1 took each byte for a character.
            ways.push(Self::with(
                typed,
                wide(bytes.iter().map(|&byte| byte.into())),
            ));
        }
        ways
    }

    fn with(typed: &Secret, wide: Secret) -> Self {
        let plain = typed.duplicate();
        Self { plain, wide }
    }
}

fn wide(units: impl Iterator<Item = u16>) -> Secret {
    let mut wide = Secret::with_capacity(64);
    for unit in units.chain([0]) {
        wide.extend(&unit.to_be_bytes());
    }
    wide
}

/// Decrypts `data` after `algorithm`, the content of an AlgorithmIdentifier.
pub(super) fn decrypt(
    algorithm: &[u8],
    data: &[u8],
    password: &Password,
    rounds: &mut Rounds,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let mut items = Items::new(algorithm);
    let oid = items.oid()?;
    let mut parameters = items.sequence().map_err(|_| unsupported(&oid))?;
    let mut data = Zeroizing::new(data.to_vec());
    let len = match oid.to_string().as_str() {
        "1.2.840.113549.1.5.13" => pbes2(parameters, &mut data, password, rounds)?,
        _ => {
            let scheme = Scheme::of(&oid).ok_or_else(|| unsupported(&oid))?;
            let salt = parameters.take(OCTET_STRING)?;
            let count = parameters.number()?;
            scheme.decrypt(&mut data, password, salt, count, rounds)?
        }
    };
    data.truncate(len);
    Ok(data)
}

/// Decrypts with a key and an initial vector; gives the length without padding.
type Open = fn(&[u8], &[u8], &mut [u8]) -> Result<usize, Flaw>;

/// Fills a key from a password, a salt and a number of rounds.
type Derive = fn(&[u8], &[u8], u32, &mut [u8]);

/// PBES2; the length of what was decrypted.
fn pbes2(
    mut parameters: Items<'_>,
    data: &mut [u8],
    password: &Password,
    rounds: &mut Rounds,
) -> Result<usize, ImportError> {
    let mut kdf = parameters.sequence()?;
    let mut cipher = parameters.sequence()?;
    let name = kdf.oid()?;
    if name.to_string() != "1.2.840.113549.1.5.12" {
        return Err(unsupported(&name));
    }
    let mut kdf = kdf.sequence()?;
    let salt = kdf.take(OCTET_STRING)?;
    let count = kdf.number()?;
    let asked_len = match kdf.tag() {
        Some(INTEGER) => Some(kdf.number()?),
        _ => None,
    };
    let prf = match kdf.optional(SEQUENCE)? {
        Some(prf) => Some(Items::new(prf).oid()?),
        None => None,
    };
    let name = cipher.oid()?;
    let iv = cipher.take(OCTET_STRING).map_err(|_| unsupported(&name))?;
    let (key_len, open): (usize, Open) = match name.to_string().as_str() {
        "2.16.840.1.101.3.4.1.2" => (16, cbc::<aes::Aes128>),
        "2.16.840.1.101.3.4.1.22" => (24, cbc::<aes::Aes192>),
        "2.16.840.1.101.3.4.1.42" => (32, cbc::<aes::Aes256>),
        "1.2.840.113549.3.7" => (24, cbc::<des::TdesEde3>),
        _ => return Err(unsupported(&name)),
    };
    if asked_len.is_some_and(|len| len > MAX_KEY_LEN || usize::try_from(len) != Ok(key_len)) {
        return Err(ImportError::Damaged);
    }
    let mut key = Zeroizing::new([0_u8; 32]);
    let key = key.get_mut(..key_len).ok_or(ImportError::Damaged)?;
    pbkdf2(prf.as_ref(), password, salt, count, key, rounds)?;
    Ok(open(key, iv, data)?)
}

fn pbkdf2(
    prf: Option<&ObjectIdentifier>,
    password: &Password,
    salt: &[u8],
    count: u64,
    key: &mut [u8],
    rounds: &mut Rounds,
) -> Result<(), ImportError> {
    let name = prf.map(ToString::to_string);
    let typed = password.plain.expose();
    // RFC 8018, A.2: SHA-1 is what it is if nothing is said.
    let (digest_len, derive): (usize, Derive) = match name.as_deref() {
        None | Some("1.2.840.113549.2.7") => (20, pbkdf2::pbkdf2_hmac::<Sha1>),
        Some("1.2.840.113549.2.8") => (28, pbkdf2::pbkdf2_hmac::<Sha224>),
        Some("1.2.840.113549.2.9") => (32, pbkdf2::pbkdf2_hmac::<Sha256>),
        Some("1.2.840.113549.2.10") => (48, pbkdf2::pbkdf2_hmac::<Sha384>),
        Some("1.2.840.113549.2.11") => (64, pbkdf2::pbkdf2_hmac::<Sha512>),
        Some(other) => {
            return Err(ImportError::EncryptionNotSupported {
                name: Text::from(other),
            });
        }
    };
    let count = rounds.spend(count, key.len().div_ceil(digest_len))?;
    derive(typed, salt, count, key);
    Ok(())
}

/// The ways of RFC 7292, appendix C that are still met.
#[derive(Clone, Copy)]
enum Scheme {
    ThreeKeyDes,
    TwoKeyDes,
    Rc2 { key_len: usize },
}

impl Scheme {
    fn of(oid: &ObjectIdentifier) -> Option<Self> {
        Some(match oid.to_string().as_str() {
            "1.2.840.113549.1.12.1.3" => Self::ThreeKeyDes,
            "1.2.840.113549.1.12.1.4" => Self::TwoKeyDes,
            "1.2.840.113549.1.12.1.5" => Self::Rc2 { key_len: 16 },
            "1.2.840.113549.1.12.1.6" => Self::Rc2 { key_len: 5 },
            _ => return None,
        })
    }

    fn key_len(self) -> usize {
        match self {
            Self::ThreeKeyDes => 24,
            Self::TwoKeyDes => 16,
            Self::Rc2 { key_len } => key_len,
        }
    }

    fn decrypt(
        self,
        data: &mut [u8],
        password: &Password,
        salt: &[u8],
        count: u64,
        rounds: &mut Rounds,
    ) -> Result<usize, ImportError> {
        let wide = password.wide.expose();
        let mut key = Zeroizing::new([0_u8; 24]);
        let mut iv = [0_u8; 8];
        let whole = key.get_mut(..self.key_len()).ok_or(ImportError::Damaged)?;
        let count = rounds.spend(count, whole.len().div_ceil(20) + 1)?;
        derive::<Sha1>(Use::Key, wide, salt, count, whole);
        derive::<Sha1>(Use::Iv, wide, salt, count, &mut iv);
        Ok(match self {
            Self::ThreeKeyDes => cbc::<des::TdesEde3>(whole, &iv, data),
            Self::TwoKeyDes => cbc::<des::TdesEde2>(whole, &iv, data),
            Self::Rc2 { key_len } => {
                let cipher = Rc2::new_with_eff_key_len(whole, key_len * 8);
                padded(Decryptor::inner_iv_init(cipher, &iv.into()), data)
            }
        }?)
    }
}

/// Why nothing came of decrypting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flaw {
    /// Keys and data do not have the length that they need.
    Length,
    /// The padding is wrong, as it is after a wrong password.
    Padding,
}

impl From<Flaw> for ImportError {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Length => Self::Damaged,
            Flaw::Padding => Self::WrongPassword,
        }
    }
}

fn cbc<C: BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    iv: &[u8],
    data: &mut [u8],
) -> Result<usize, Flaw> {
    let cipher = C::new_from_slice(key).map_err(|_| Flaw::Length)?;
    let mode = Decryptor::inner_iv_slice_init(cipher, iv).map_err(|_| Flaw::Length)?;
    padded(mode, data)
}

fn padded<C: BlockCipherDecrypt>(mode: Decryptor<C>, data: &mut [u8]) -> Result<usize, Flaw> {
    if data.is_empty() || !data.len().is_multiple_of(C::block_size()) {
        return Err(Flaw::Length);
    }
    let decrypted = mode.decrypt_padded::<Pkcs7>(data);
    decrypted.map(<[u8]>::len).map_err(|_| Flaw::Padding)
}

/// Whether `mac` was made over `content` with this password (RFC 7292, 4 and 5.1).
pub(super) fn is_authentic(
    mac: &MacData<'_>,
    content: &[u8],
    password: &Password,
    rounds: &mut Rounds,
) -> Result<bool, ImportError> {
    let count = rounds.spend(mac.rounds, 1)?;
    let wide = password.wide.expose();
    Ok(match mac.digest.to_string().as_str() {
        "1.3.14.3.2.26" => check::<Sha1>(mac, count, content, wide),
        "2.16.840.1.101.3.4.2.4" => check::<Sha224>(mac, count, content, wide),
        "2.16.840.1.101.3.4.2.1" => check::<Sha256>(mac, count, content, wide),
        "2.16.840.1.101.3.4.2.2" => check::<Sha384>(mac, count, content, wide),
        "2.16.840.1.101.3.4.2.3" => check::<Sha512>(mac, count, content, wide),
        _ => return Err(unsupported(&mac.digest)),
    })
}

fn check<D>(mac: &MacData<'_>, count: u32, content: &[u8], password: &[u8]) -> bool
where
    D: EagerHash + Digest + FixedOutputReset + BlockSizeUser,
    Hmac<D>: hmac::Mac + KeyInit,
{
    let mut key = Zeroizing::new(vec![0; <D as Digest>::output_size()]);
    derive::<D>(Use::Mac, password, mac.salt, count, &mut key);
    let Ok(mut computed) = <Hmac<D> as KeyInit>::new_from_slice(&key) else {
        return false;
    };
    computed.update(content);
    computed.verify_slice(mac.value).is_ok()
}

/// The MAC of a PKCS #12 file.
pub(super) struct MacData<'a> {
    digest: ObjectIdentifier,
    value: &'a [u8],
    salt: &'a [u8],
    rounds: u64,
}

impl<'a> MacData<'a> {
    pub(super) fn read(mut items: Items<'a>) -> Result<Self, Malformed> {
        let mut info = items.sequence()?;
        let digest = info.sequence()?.oid()?;
        let value = info.take(OCTET_STRING)?;
        let salt = items.take(OCTET_STRING)?;
        let rounds = if items.is_empty() { 1 } else { items.number()? };
        Ok(Self {
            digest,
            value,
            salt,
            rounds,
        })
    }
}

/// What a derived value is for (RFC 7292, B.3).
#[derive(Clone, Copy)]
enum Use {
    Key,
    Iv,
    Mac,
}

impl Use {
    fn id(self) -> u8 {
        match self {
            Self::Key => 1,
            Self::Iv => 2,
            Self::Mac => 3,
        }
    }
}

/// Fills `out` from a password, as RFC 7292, B.2 says; the letters are those of its text.
fn derive<D: Digest + FixedOutputReset + BlockSizeUser>(
    purpose: Use,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    out: &mut [u8],
) {
    let v = D::block_size();
    let filled = |bytes: &[u8]| -> Zeroizing<Vec<u8>> {
        let len = bytes.len().next_multiple_of(v);
        let mut whole = Zeroizing::new(Vec::with_capacity(len));
        whole.extend(bytes.iter().cycle().take(len));
        whole
    };
    let (s, p) = (filled(salt), filled(password));
    let mut i = Zeroizing::new(Vec::with_capacity(s.len() + p.len()));
    i.extend_from_slice(&s);
    i.extend_from_slice(&p);
    let d = vec![purpose.id(); v];
    let mut digest = D::new();
    for part in out.chunks_mut(<D as Digest>::output_size()) {
        Digest::update(&mut digest, &d);
        Digest::update(&mut digest, i.as_slice());
        let mut a = digest.finalize_fixed_reset();
        for _ in 1..rounds {
            Digest::update(&mut digest, &a);
            a = digest.finalize_fixed_reset();
        }
        for (to, from) in part.iter_mut().zip(&a) {
            *to = *from;
        }
        // Every block of I becomes I + B + 1, B being A over and over.
        for block in i.chunks_mut(v) {
            let mut carry = 1_u16;
            let b = a.iter().cycle().take(v).collect::<Vec<_>>();
            for (byte, add) in block.iter_mut().zip(b).rev() {
                carry += u16::from(*byte) + u16::from(*add);
                [_, *byte] = carry.to_be_bytes();
                carry >>= 8;
            }
        }
    }
}

/// The refusal of a way to encrypt or to sign, by the name that people find it by.
pub(super) fn unsupported(oid: &ObjectIdentifier) -> ImportError {
    let dotted = oid.to_string();
    let name = match dotted.as_str() {
        "1.2.840.113549.1.5.1" => "pbeWithMD2AndDES-CBC",
        "1.2.840.113549.1.5.3" => "pbeWithMD5AndDES-CBC",
        "1.2.840.113549.1.5.4" => "pbeWithMD2AndRC2-CBC",
        "1.2.840.113549.1.5.6" => "pbeWithMD5AndRC2-CBC",
        "1.2.840.113549.1.5.10" => "pbeWithSHA1AndDES-CBC",
        "1.2.840.113549.1.5.11" => "pbeWithSHA1AndRC2-CBC",
        "1.2.840.113549.1.5.14" => "PBMAC1",
        "1.2.840.113549.1.12.1.1" => "pbeWithSHAAnd128BitRC4",
        "1.2.840.113549.1.12.1.2" => "pbeWithSHAAnd40BitRC4",
        "1.2.840.113549.1.7.3" => "EnvelopedData",
        "1.2.840.113549.1.7.2" => "SignedData",
        "1.2.840.113549.2.5" => "MD5",
        "1.2.840.113549.3.2" => "RC2-CBC",
        "1.2.840.113549.3.4" => "RC4",
        "1.3.14.3.2.7" => "DES-CBC",
        "1.3.6.1.4.1.11591.4.11" => "scrypt",
        "2.16.840.1.101.3.4.1.6" => "AES-128-GCM",
        "2.16.840.1.101.3.4.1.46" => "AES-256-GCM",
        "1.2.392.200011.61.1.1.1.2" => "Camellia-128-CBC",
        "1.2.392.200011.61.1.1.1.4" => "Camellia-256-CBC",
        other => other,
    };
    ImportError::EncryptionNotSupported {
        name: Text::from(name),
    }
}
