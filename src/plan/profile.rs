//! Profiles: what a site wants on its cards, in a file (TOML 1.0).
//!
//! One form for every set-up: what is not named is not done. The manual page `symbolon-profile(5)`
//! tells the form, `data/profiles` has an example for each kind of set-up.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::KeyPurpose;
use super::applet::{Creator, MAX_MEMORY, MAX_TRIES, MIN_MEMORY};
use crate::base::hex::{self, Hex};

/// The longest file, in bytes.
pub const MAX_LEN: u64 = 256 * 1024;

/// The longest identifier, in bytes.
const MAX_ID: usize = 20;

/// The longest names of a token and of anything else, in bytes.
const MAX_TOKEN_LABEL: usize = 32;
const MAX_LABEL: usize = 64;

/// The place in names that the name of the person takes; others are for columns of a table.
pub const NAME: &str = "name";

/// A policy for cards.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// Whether the token is erased first.
    pub erase: Option<Erase>,
    /// The name of a token that is set up anew; nothing if it is one that is set up.
    pub create: Option<String>,
    /// The PIN of the security officer.
    pub officer: Option<PinPolicy>,
    /// PINs of the holder.
    pub pins: Vec<PinPolicy>,
    /// Keys.
    pub keys: Vec<KeyPolicy>,
    /// Certificates.
    pub certificates: Vec<CertificatePolicy>,
    /// Data.
    pub data: Vec<DataPolicy>,
    /// Keys that are deleted, by their identifiers.
    pub delete_keys: Vec<Hex>,
    /// Certificates that are deleted, by their identifiers.
    pub delete_certificates: Vec<Hex>,
    /// Data that is deleted, by its names.
    pub delete_data: Vec<String>,
    /// Other names.
    pub renames: Vec<(super::Named, String)>,
    /// Whether an application that anybody can change is closed.
    pub secure: bool,
    /// Bytes for the objects of an applet that has not had its first set-up.
    pub memory: Option<u16>,
    /// Who may create objects, keys and PINs on such an applet.
    pub may_create: [Option<Creator>; 3],
}

/// How a token is erased.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Erase {
    /// The application, file by file, with the PINs that guard it.
    Application,
    /// Everything on the card, with the key of its maker; no PIN is needed.
    Card,
}

/// What a PIN shall be like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinPolicy {
    /// What objects name it by.
    pub id: Hex,
    /// What people call it.
    pub label: String,
    /// Fewest characters.
    pub min: u8,
    /// Tries.
    pub tries: u8,
    /// Tries of its PUK; nothing if it has none.
    pub puk_tries: Option<u8>,
}

/// What a key shall be like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyPolicy {
    /// Its identifier; the first free one from 45 on if nothing is said.
    pub id: Option<Hex>,
    /// What people call it.
    pub label: String,
    /// Its size in bits.
    pub size: u16,
    /// What it is good for.
    pub purpose: KeyPurpose,
    /// The PIN that guards it.
    pub pin: Hex,
    /// The file that it comes from; the card makes it if nothing is said.
    pub file: Option<String>,
    /// Whether the certificates in that file are stored, too.
    pub certificates: bool,
}

/// A certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificatePolicy {
    /// That of its key.
    pub id: Hex,
    /// What people call it.
    pub label: String,
    /// Where it is.
    pub file: String,
    /// Whether it is that of an authority.
    pub authority: bool,
}

/// Data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataPolicy {
    /// What people call it.
    pub label: String,
    /// The program that it is for.
    pub program: String,
    /// Where it is.
    pub file: String,
    /// The PIN that shows it; nothing if everybody may see it.
    pub pin: Option<Hex>,
}

/// What is wrong with a profile, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: {fault:?}")]
pub struct ProfileError {
    /// Counts from 1.
    pub line: usize,
    /// Counts from 1, in characters.
    pub column: usize,
    /// What.
    pub fault: Fault,
}

/// What can be wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It is no TOML, or something in it is not known; in the words of the parser.
    Form(String),
    /// No identifier: hexadecimal, 1 to 20 bytes.
    Id,
    /// The same identifier twice.
    Twice,
    /// A number outside its bounds.
    Number {
        /// The least.
        min: u16,
        /// The most.
        max: u16,
    },
    /// A size that no card has.
    Size,
    /// A name that is empty or too long.
    Label {
        /// The most, in bytes.
        most: usize,
    },
    /// Nobody could then change anything: there is no PIN at all.
    NoPin,
    /// A PIN that the profile does not make.
    UnknownPin,
    /// It does nothing.
    Nothing,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    #[serde(default)]
    erase: Option<Erase>,
    #[serde(default)]
    label: Option<Spanned<String>>,
    #[serde(default)]
    so_pin: Option<Spanned<Pin>>,
    #[serde(default)]
    pin: Vec<Spanned<Pin>>,
    #[serde(default)]
    key: Vec<Spanned<Key>>,
    #[serde(default)]
    certificate: Vec<Spanned<Certificate>>,
    #[serde(default)]
    data: Vec<Spanned<Data>>,
    #[serde(default)]
    delete: Delete,
    #[serde(default)]
    rename: Vec<Rename>,
    #[serde(default)]
    secure: bool,
    #[serde(default)]
    memory: Option<Spanned<u16>>,
    #[serde(default)]
    create_objects: Option<Creator>,
    #[serde(default)]
    create_keys: Option<Creator>,
    #[serde(default)]
    create_pins: Option<Creator>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Pin {
    id: Option<Spanned<String>>,
    label: Option<Spanned<String>>,
    min: Option<Spanned<u16>>,
    tries: Option<Spanned<u16>>,
    #[serde(default = "yes")]
    puk: bool,
    puk_tries: Option<Spanned<u16>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Key {
    id: Option<Spanned<String>>,
    label: Option<Spanned<String>>,
    size: Option<Spanned<u16>>,
    #[serde(rename = "use")]
    purpose: Option<KeyPurpose>,
    pin: Option<Spanned<String>>,
    file: Option<String>,
    #[serde(default = "yes")]
    certificates: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Certificate {
    id: Spanned<String>,
    label: Option<Spanned<String>>,
    file: String,
    #[serde(default)]
    authority: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Data {
    label: Spanned<String>,
    #[serde(default)]
    program: String,
    file: String,
    pin: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Delete {
    #[serde(default)]
    keys: Vec<Spanned<String>>,
    #[serde(default)]
    certificates: Vec<Spanned<String>>,
    #[serde(default)]
    data: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Rename {
    what: What,
    id: Option<Spanned<String>>,
    label: Spanned<String>,
}

#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum What {
    Token,
    Pin,
    Key,
    Certificate,
}

fn yes() -> bool {
    true
}

/// A fault and the bytes that it is about.
type At = (Range<usize>, Fault);

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// The first [`ProfileError`].
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let file: Result<File, _> = toml::from_str(text);
        let checked = file
            .map_err(|error| {
                let fault = Fault::Form(error.message().to_owned());
                (error.span().unwrap_or(0..0), fault)
            })
            .and_then(|file| check(file, text.len()));
        checked.map_err(|(span, fault)| {
            let before = text.get(..span.start).unwrap_or(text);
            let line = before.rsplit('\n').next().unwrap_or(before);
            ProfileError {
                line: before.matches('\n').count() + 1,
                column: line.chars().count() + 1,
                fault,
            }
        })
    }
}

fn check(file: File, end: usize) -> Result<Profile, At> {
    let name = label(Some(&file.name), "", MAX_LABEL)?;
    let create = match &file.label {
        Some(text) => Some(label(Some(text), "", MAX_TOKEN_LABEL)?),
        None => None,
    };
    let officer = file
        .so_pin
        .map(|pin| check_pin(pin, "FF", "Security officer PIN", 6));
    let officer = officer.transpose()?;
    let mut pins: Vec<PinPolicy> = Vec::new();
    for (number, pin) in (1_u8..).zip(file.pin) {
        let span = pin.span();
        let pin = check_pin(pin, &format!("{number:02X}"), "User PIN", 4)?;
        let others = pins.iter().chain(&officer);
        if others.map(|other| &other.id).any(|id| *id == pin.id) {
            return Err((span, Fault::Twice));
        }
        pins.push(pin);
    }
    if create.is_some() && pins.is_empty() && officer.is_none() {
        return Err((file.name.span(), Fault::NoPin));
    }
    let mut profile = Profile {
        name,
        erase: file.erase,
        create,
        officer,
        pins,
        secure: file.secure,
        memory: memory(file.memory.as_ref())?,
        may_create: [file.create_objects, file.create_keys, file.create_pins],
        ..Profile::default()
    };
    for key in file.key {
        let span = key.span();
        let key = check_key(key, &profile)?;
        let known = |other: &KeyPolicy| other.id.is_some() && other.id == key.id;
        if profile.keys.iter().any(known) {
            return Err((span, Fault::Twice));
        }
        profile.keys.push(key);
    }
    for stored in file.certificate {
        let stored = stored.into_inner();
        profile.certificates.push(CertificatePolicy {
            id: id(&stored.id)?,
            label: label(stored.label.as_ref(), "Certificate", MAX_LABEL)?,
            file: stored.file,
            authority: stored.authority,
        });
    }
    for data in file.data {
        let data = data.into_inner();
        profile.data.push(DataPolicy {
            label: label(Some(&data.label), "", MAX_LABEL)?,
            program: data.program,
            file: data.file,
            pin: pin_of(data.pin.as_ref(), &profile)?,
        });
    }
    profile.delete_keys = ids(&file.delete.keys)?;
    profile.delete_certificates = ids(&file.delete.certificates)?;
    profile.delete_data = file.delete.data;
    for rename in file.rename {
        let named = named(&rename)?;
        let most = if rename.what == What::Token {
            MAX_TOKEN_LABEL
        } else {
            MAX_LABEL
        };
        profile
            .renames
            .push((named, label(Some(&rename.label), "", most)?));
    }
    if profile.does_nothing() {
        return Err((end..end, Fault::Nothing));
    }
    Ok(profile)
}

impl Profile {
    /// Every name that the profile gives, as it stands there, with the most bytes that it may have.
    #[must_use]
    pub fn labels(&self) -> Vec<(&str, usize)> {
        let pins = self.officer.iter().chain(&self.pins).map(|pin| &pin.label);
        let keys = self.keys.iter().map(|key| &key.label);
        let certificates = self.certificates.iter().map(|stored| &stored.label);
        let data = self.data.iter().map(|data| &data.label);
        let others = pins.chain(keys).chain(certificates).chain(data);
        let renames = self.renames.iter().map(|(what, label)| {
            let token = *what == super::Named::Token;
            let most = if token { MAX_TOKEN_LABEL } else { MAX_LABEL };
            (label.as_str(), most)
        });
        let token = self.create.iter();
        let token = token.map(|label| (label.as_str(), MAX_TOKEN_LABEL));
        let others = others.map(|label| (label.as_str(), MAX_LABEL));
        token.chain(others).chain(renames).collect()
    }

    /// What puts the key in a file, and its certificates, on a token that is set up. It is called what
    /// the file is called, up to the dot.
    #[must_use]
    pub fn importing(name: &str, file: &str) -> Self {
        Self {
            name: name.to_owned(),
            keys: vec![KeyPolicy {
                id: None,
                label: stem(file),
                size: 0,
                purpose: KeyPurpose::Decrypt,
                pin: Hex(vec![1]),
                file: Some(file.to_owned()),
                certificates: true,
            }],
            ..Self::default()
        }
    }

    /// What puts the certificate in a file on a token that is set up. Which key it belongs to is not
    /// said yet.
    #[must_use]
    pub fn storing(name: &str, file: &str) -> Self {
        Self {
            name: name.to_owned(),
            certificates: vec![CertificatePolicy {
                id: Hex::default(),
                label: stem(file),
                file: file.to_owned(),
                authority: false,
            }],
            ..Self::default()
        }
    }

    /// The places in these names that are filled for each token: [`NAME`], and columns of the table
    /// of a bench.
    #[must_use]
    pub fn places(&self) -> BTreeSet<&str> {
        let labels = self.labels().into_iter();
        labels.flat_map(|(label, _)| places(label)).collect()
    }

    /// Whether it takes something from a token that cannot be brought back.
    #[must_use]
    pub fn takes_away(&self) -> bool {
        let deletions = self.delete_keys.len() + self.delete_certificates.len();
        self.erase.is_some() || deletions + self.delete_data.len() > 0
    }

    /// Whether no card would be changed by it.
    #[must_use]
    pub fn does_nothing(&self) -> bool {
        // What an applet is like alone makes none.
        let other = Self {
            name: self.name.clone(),
            memory: self.memory,
            may_create: self.may_create,
            ..Self::default()
        };
        *self == other
    }
}

/// What a file is called, up to the dot, as far as there is room for it.
fn stem(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let end = stem.floor_char_boundary(MAX_LABEL.min(stem.len()));
    stem.get(..end).unwrap_or_default().to_owned()
}

/// The places in a name: "department" in "VPN {department}".
pub(super) fn places(label: &str) -> impl Iterator<Item = &str> {
    let parts = label.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(place, _)| place))
}

fn check_pin(
    pin: Spanned<Pin>,
    usual_id: &str,
    usual_label: &str,
    usual_min: u8,
) -> Result<PinPolicy, At> {
    let pin = pin.into_inner();
    let tries = |value: Option<&Spanned<u16>>, usual| number(value, usual, 1, MAX_TRIES.into());
    let puk_tries = tries(pin.puk_tries.as_ref(), 10)?;
    Ok(PinPolicy {
        id: match &pin.id {
            Some(text) => id(text)?,
            None => Hex(hex::decode(usual_id).unwrap_or_default()),
        },
        label: label(pin.label.as_ref(), usual_label, MAX_LABEL)?,
        min: number(pin.min.as_ref(), usual_min, 4, 8)?,
        tries: tries(pin.tries.as_ref(), 3)?,
        puk_tries: pin.puk.then_some(puk_tries),
    })
}

fn check_key(key: Spanned<Key>, profile: &Profile) -> Result<KeyPolicy, At> {
    let key = key.into_inner();
    let size = match &key.size {
        None => 2048,
        Some(size) if matches!(size.get_ref(), 512 | 768 | 1024 | 1280 | 1536 | 1792 | 2048) => {
            *size.get_ref()
        }
        Some(size) => return Err((size.span(), Fault::Size)),
    };
    let purpose = key.purpose.unwrap_or(KeyPurpose::Sign);
    let usual = match purpose {
        KeyPurpose::Sign => "Signature key",
        KeyPurpose::Decrypt => "Encryption key",
    };
    let pin = pin_of(key.pin.as_ref(), profile)?;
    Ok(KeyPolicy {
        id: key.id.as_ref().map(id).transpose()?,
        label: label(key.label.as_ref(), usual, MAX_LABEL)?,
        size,
        purpose,
        pin: pin.unwrap_or_else(|| match profile.pins.first() {
            Some(pin) => pin.id.clone(),
            None => Hex(vec![0x01]),
        }),
        file: key.file,
        certificates: key.certificates,
    })
}

/// A PIN that something names. In a profile that makes the PINs it has to be one of them.
fn pin_of(text: Option<&Spanned<String>>, profile: &Profile) -> Result<Option<Hex>, At> {
    let Some(text) = text else { return Ok(None) };
    let pin = id(text)?;
    let known = profile.create.is_none() || profile.pins.iter().any(|known| known.id == pin);
    if known {
        Ok(Some(pin))
    } else {
        Err((text.span(), Fault::UnknownPin))
    }
}

fn named(rename: &Rename) -> Result<super::Named, At> {
    let given = rename.id.as_ref().map(id).transpose()?;
    let missing = || (rename.label.span(), Fault::Id);
    Ok(match rename.what {
        What::Token => super::Named::Token,
        What::Pin => super::Named::Pin {
            auth_id: given.ok_or_else(missing)?,
        },
        What::Key => super::Named::Key {
            id: given.ok_or_else(missing)?,
        },
        What::Certificate => super::Named::Certificate {
            id: given.ok_or_else(missing)?,
        },
    })
}

fn ids(texts: &[Spanned<String>]) -> Result<Vec<Hex>, At> {
    texts.iter().map(id).collect()
}

fn id(text: &Spanned<String>) -> Result<Hex, At> {
    match hex::decode(text.get_ref()) {
        Some(bytes) if (1..=MAX_ID).contains(&bytes.len()) => Ok(Hex(bytes)),
        _ => Err((text.span(), Fault::Id)),
    }
}

fn label(text: Option<&Spanned<String>>, usual: &str, most: usize) -> Result<String, At> {
    match text {
        None => Ok(usual.to_owned()),
        Some(text) if (1..=most).contains(&text.get_ref().len()) => Ok(text.get_ref().clone()),
        Some(text) => Err((text.span(), Fault::Label { most })),
    }
}

/// Bytes for the objects of an applet (sheet "muscle", 5).
fn memory(value: Option<&Spanned<u16>>) -> Result<Option<u16>, At> {
    match value {
        Some(value) if !(MIN_MEMORY..=MAX_MEMORY).contains(value.get_ref()) => {
            let fault = Fault::Number {
                min: MIN_MEMORY,
                max: MAX_MEMORY,
            };
            Err((value.span(), fault))
        }
        value => Ok(value.map(|value| *value.get_ref())),
    }
}

fn number(value: Option<&Spanned<u16>>, usual: u8, min: u16, max: u16) -> Result<u8, At> {
    match value {
        None => Ok(usual),
        Some(value) if (min..=max).contains(value.get_ref()) => {
            Ok(u8::try_from(*value.get_ref()).unwrap_or(usual))
        }
        Some(value) => Err((value.span(), Fault::Number { min, max })),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use super::{Creator, Fault, Profile};
    use crate::base::hex::Hex;

    #[test]
    fn what_is_not_said_is_usual() {
        let profile = Profile::parse("name='A'\nlabel='Token'\n[[pin]]\n[[key]]\n").unwrap();
        assert_eq!(profile.create.as_deref(), Some("Token"));
        assert_eq!(profile.pins[0].id, Hex(vec![1]));
        assert_eq!(
            (profile.keys[0].size, &profile.keys[0].pin),
            (2048, &Hex(vec![1]))
        );
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let place = |text: &str| {
            let error = Profile::parse(text).unwrap_err();
            (error.line, error.column, error.fault)
        };
        let begin = "name = 'A'\nlabel = 'T'\n[[pin]]\n";
        assert_eq!(
            place(&format!("{begin}min = 3\n")),
            (4, 7, Fault::Number { min: 4, max: 8 })
        );
        assert_eq!(
            place(&format!("{begin}[[key]]\n  size = 1000\n")),
            (5, 10, Fault::Size)
        );
        assert_eq!(
            place(&format!("{begin}[[key]]\nid = 'XY'\n")),
            (5, 6, Fault::Id)
        );
        assert_eq!(
            place(&format!("{begin}[[key]]\npin = '07'\n")),
            (5, 7, Fault::UnknownPin)
        );
        assert_eq!(place("name = 'A'\n"), (2, 1, Fault::Nothing));
        assert_eq!(place("name = 'A'\nlabel = 'T'\n").2, Fault::NoPin);
        assert_eq!(place("name = ''\n"), (1, 8, Fault::Label { most: 64 }));
        let (line, column, fault) = place(&format!("{begin}[[kex]]\n"));
        assert!(matches!(fault, Fault::Form(_)));
        assert_eq!((line, column), (4, 3));
        assert!(matches!(place("name = 'ä' x\n"), (1, 12, Fault::Form(_))));
    }

    #[test]
    fn what_an_applet_is_like_is_said_in_words() {
        let begin = "name = 'A'\nlabel = 'T'\nmemory = 8192\ncreate-objects = 'pin'\n";
        let text = format!("{begin}create-pins = 'nobody'\n[[pin]]\n");
        let profile = Profile::parse(&text).unwrap();
        assert_eq!(profile.memory, Some(8192));
        let wanted = [Some(Creator::Pin), None, Some(Creator::Nobody)];
        assert_eq!(profile.may_create, wanted);
        let other = Profile::parse(&format!("{begin}create-keys = 'me'\n[[pin]]\n")).unwrap_err();
        assert_eq!((other.line, other.column), (5, 15));
        assert!(matches!(other.fault, Fault::Form(_)), "{other:?}");
        // Alone it changes nothing.
        let alone = Profile::parse("name = 'A'\ncreate-keys = 'pin'\n").unwrap_err();
        assert_eq!(alone.fault, Fault::Nothing);
    }

    #[test]
    fn strange_files_are_refused_at_once() {
        let deep = format!("name = {}", "[".repeat(5_000));
        assert!(Profile::parse(&deep).is_err());
        let wide: String = (0..10_000).map(|number| format!("[a{number}]\n")).collect();
        assert!(Profile::parse(&wide).is_err());
        assert!(Profile::parse(&"k".repeat(1 << 20)).is_err());
    }
}
