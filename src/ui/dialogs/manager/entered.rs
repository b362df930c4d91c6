//! Keys of a card manager as they are typed, or as they stand in a file.

use crate::backend::Look;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain::card_manager;
use crate::plan::bench::codes::Chance;
use crate::plan::content::{KeyError, KeyFamily, Keys};
use crate::plan::given_keys::{GivenKeys, KeyTextError};
use crate::token::{CardKey, CardManager, Text};

/// Where keys come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// Those that everybody knows.
    Test,
    /// The keyring of the desktop.
    Kept,
    /// A file.
    File,
    /// Somebody types them.
    Typed,
    /// They are made here, of chance.
    Random,
}

impl Source {
    /// Those of keys that a card has, in the order of the dialog.
    pub(super) const OLD: [Self; 4] = [Self::Test, Self::Kept, Self::File, Self::Typed];

    /// Those of keys that a card shall have.
    pub(super) const NEW: [Self; 4] = [Self::Random, Self::Typed, Self::File, Self::Kept];

    /// Those of new keys that a card was to have already.
    pub(super) const BEGUN: [Self; 3] = [Self::Kept, Self::File, Self::Typed];

    /// Whether they stand in the entries of the dialog.
    pub(super) fn is_in_entries(self) -> bool {
        matches!(self, Self::Typed | Self::Random)
    }

    /// Its name, and a line about it.
    pub(super) fn words(self) -> (String, String) {
        match self {
            Self::Test => (
                gettext("Public test keys"),
                gettext("404142…4F, with which cards for developers are delivered"),
            ),
            Self::File => (
                gettext("From a file"),
                gettext("One key, or ENC, MAC and DEK, each on a line in hexadecimal digits"),
            ),
            Self::Kept => (
                gettext("From the keyring"),
                gettext("Saved there before, under a name"),
            ),
            Self::Typed => (
                gettext("Typed here"),
                gettext("One key, or ENC, MAC and DEK, in hexadecimal digits"),
            ),
            Self::Random => (
                gettext("Made here at random"),
                gettext("Three keys that nobody else has"),
            ),
        }
    }
}

/// Three keys, or one that stands for all three.
pub(super) type Parts = [Secret; 3];

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// Nothing is there yet.
    Empty,
    /// Not hexadecimal.
    Digits,
    /// Neither one key nor three.
    Count,
    /// The cipher does not take it.
    Key(KeyError),
}

impl Fault {
    /// In words; nothing where somebody has only begun.
    pub(super) fn words(self, family: KeyFamily) -> Option<String> {
        Some(match self {
            Self::Empty => return None,
            Self::Digits => gettext("Keys are hexadecimal digits, two for each byte."),
            Self::Count => gettext("The file has to have one key, or three on three lines."),
            Self::Key(error) => {
                let lengths = match family {
                    KeyFamily::TripleDes => gettext("32 digits"),
                    KeyFamily::Aes => gettext("32, 48 or 64 digits"),
                };
                match error {
                    KeyError::Mixed => gettext("The three keys have to be of one length."),
                    KeyError::Length { .. }
                    | KeyError::Diversification
                    | KeyError::Version { .. } => gettext_f(
                        // TRANSLATORS: {cipher} is "AES (SCP03)", {lengths} "32 digits".
                        "A key for {cipher} has {lengths}.",
                        &[
                            ("cipher", &card_manager::family(family)),
                            ("lengths", &lengths),
                        ],
                    ),
                }
            }
        })
    }
}

/// The bytes of what is typed.
fn decoded(text: &Secret) -> Result<Secret, Fault> {
    match GivenKeys::parse(text) {
        Ok(GivenKeys::One(key)) => Ok(key),
        _ => Err(Fault::Digits),
    }
}

/// The keys that are typed; if the second and the third are empty, the first stands for all.
pub(super) fn typed(texts: &Parts) -> Result<Parts, Fault> {
    let [enc, mac, dek] = texts;
    if enc.is_empty() {
        return Err(Fault::Empty);
    }
    let enc = decoded(enc)?;
    let other = |text: &Secret| {
        if text.is_empty() {
            Ok(enc.duplicate())
        } else {
            decoded(text)
        }
    };
    let (mac, dek) = (other(mac)?, other(dek)?);
    Ok([enc, mac, dek])
}

/// The keys in a file: one, or three in lines of their own.
pub(super) fn in_file(text: &Secret) -> Result<Parts, Fault> {
    match GivenKeys::parse(text) {
        Ok(GivenKeys::Three(three)) => Ok(three),
        Ok(GivenKeys::One(one)) => Ok([one.duplicate(), one.duplicate(), one]),
        Ok(GivenKeys::Test) | Err(KeyTextError::Count { .. }) => Err(Fault::Count),
        Err(KeyTextError::NotHexadecimal { .. }) => Err(Fault::Digits),
    }
}

/// The keys of these bytes.
pub(super) fn keys(family: KeyFamily, [enc, mac, dek]: &Parts) -> Result<Keys, Fault> {
    Keys::three(family, enc.duplicate(), mac.duplicate(), dek.duplicate()).map_err(Fault::Key)
}

/// What tells keys apart without giving them away: "Check value 8BAF47".
pub(super) fn check_values(keys: &Keys) -> Option<String> {
    let [enc, mac, dek] = keys.check_values().ok()?.map(|value| hex::encode(&value.0));
    Some(if keys.is_one() {
        gettext_f("Check value {value}", &[("value", &enc)])
    } else {
        gettext_f(
            "Check values: ENC {enc}, MAC {mac}, DEK {dek}",
            &[("enc", &enc), ("mac", &mac), ("dek", &dek)],
        )
    })
}

/// A second copy.
pub(super) fn duplicate(parts: &Parts) -> Parts {
    parts.each_ref().map(Secret::duplicate)
}

/// The keys as a text that [`in_file`] reads: a line each, or one line if they are the same.
pub(super) fn to_text([enc, mac, dek]: &Parts) -> Secret {
    let mut text = Secret::with_capacity(2 * (enc.len() + mac.len() + dek.len()) + 3);
    let one = enc.same_as(mac) && enc.same_as(dek);
    let keys = [
        Some(enc),
        Some(mac).filter(|_| !one),
        Some(dek).filter(|_| !one),
    ];
    for key in keys.into_iter().flatten() {
        text.extend(hex::encode_secret(key).expose());
        text.extend(b"\n");
    }
    text
}

/// Three keys of this length, in bytes, that nobody knows; nothing if the system has no chance to
/// give.
pub(super) fn random(len: usize, chance: &mut dyn Chance) -> Option<Parts> {
    let mut key = || {
        let mut key = Secret::with_capacity(len);
        for _ in 0..len {
            key.extend(&[chance.byte().ok()?]);
        }
        Some(key)
    };
    Some([key()?, key()?, key()?])
}

/// Whether nothing in what the card tells speaks against trying keys on it that everybody knows.
pub(super) fn preselected(look: &Look) -> Source {
    if look.manager.advises_against_test_keys() {
        Source::Typed
    } else {
        Source::Test
    }
}

/// Under which name the keys of a card may be kept: what it is called, and the end of the number of
/// its chip.
pub(super) fn suggested_name(token: &str, manager: &CardManager) -> String {
    let number = manager.cplc.map(|cplc| format!("{:08X}", cplc.ic_serial));
    let token = Text::from(token).as_str().trim().to_owned();
    match number {
        Some(number) => format!("{token} {number}"),
        None => token,
    }
}

/// The key sets of a card, as far as it tells them, and the one that opened it.
pub(super) fn key_sets(keys: Option<&[CardKey]>, opened: Option<u8>) -> Vec<u8> {
    let told = keys.into_iter().flatten().map(|key| key.version);
    let mut versions: Vec<u8> = told.chain(opened).filter(|version| *version != 0).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

/// The version for a new key set, and which one it takes the place of. The keys of the factory make way
/// by themselves, and many cards do not know them by their number.
pub(super) fn usual_set(sets: &[u8], opened: Option<u8>) -> (u8, Option<u8>) {
    let replaced = opened.filter(|version| (1..=LAST_VERSION).contains(version));
    let after = replaced.unwrap_or(0);
    let free = |version: &u8| !sets.contains(version);
    let mut behind = (after + 1..=LAST_VERSION).chain(1..=after);
    let version = behind.find(free).unwrap_or(1);
    (version, replaced)
}

/// The last version that a key set can have.
pub(super) const LAST_VERSION: u8 = 0x7F;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::plan::bench::codes::NoChance;
    use crate::token::Cplc;

    const TEST: &str = "404142434445464748494A4B4C4D4E4F";

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes())
    }

    fn text(first: &str, second: &str, third: &str) -> Parts {
        [secret(first), secret(second), secret(third)]
    }

    #[test]
    fn one_key_stands_for_three() {
        let parts = typed(&text(TEST, "", "")).unwrap();
        let keys = keys(KeyFamily::TripleDes, &parts).unwrap();
        assert!(keys.well_known().is_some());
        assert_eq!(check_values(&keys).as_deref(), Some("Check value 8BAF47"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(typed(&text("", "", "")).unwrap_err(), Fault::Empty);
        assert_eq!(typed(&text("40x", "", "")).unwrap_err(), Fault::Digits);
        let short = typed(&text("4041", "", "")).unwrap();
        let fault = keys(KeyFamily::Aes, &short).unwrap_err();
        assert_eq!(
            fault.words(KeyFamily::Aes).unwrap(),
            "A key for AES (SCP03) has 32, 48 or 64 digits."
        );
        let mixed = typed(&text(TEST, "40", "")).unwrap();
        assert!(keys(KeyFamily::Aes, &mixed).is_err());
    }

    #[test]
    fn what_is_kept_is_read_again_as_it_was() {
        for text in [
            text(TEST, "", ""),
            text(TEST, &"11".repeat(16), &"A2".repeat(16)),
        ] {
            let parts = typed(&text).unwrap();
            let again = in_file(&to_text(&parts)).unwrap();
            let same = parts
                .iter()
                .zip(&again)
                .all(|(one, other)| one.same_as(other));
            assert!(same);
        }
        let one = typed(&text(TEST, "", "")).unwrap();
        assert!(to_text(&one).same_as(&secret(&format!("{TEST}\n"))));
    }

    #[derive(Debug)]
    struct Counting(u8);

    impl Chance for Counting {
        fn byte(&mut self) -> Result<u8, NoChance> {
            self.0 = self.0.checked_add(1).ok_or(NoChance)?;
            Ok(self.0)
        }
    }

    #[test]
    fn random_keys_are_three() {
        let parts = random(16, &mut Counting(0)).unwrap();
        assert!(parts.iter().all(|key| key.len() == 16));
        assert!(!keys(KeyFamily::Aes, &parts).unwrap().is_one());
        assert!(random(32, &mut Counting(200)).is_none());
    }

    #[test]
    fn a_new_key_set_has_a_free_version() {
        // The keys of the factory make way by themselves.
        assert_eq!(usual_set(&[0xFF], Some(0xFF)), (1, None));
        assert_eq!(usual_set(&[1], Some(1)), (2, Some(1)));
        assert_eq!(usual_set(&[1, 2, 0x7F], Some(0x7F)), (3, Some(0x7F)));
        assert_eq!(usual_set(&[], None), (1, None));
        assert_eq!(key_sets(None, Some(0xFF)), [0xFF]);
    }

    #[test]
    fn a_card_is_named_by_the_number_of_its_chip() {
        let mut manager = CardManager::default();
        assert_eq!(suggested_name("Java card", &manager), "Java card");
        manager.cplc = Some(Cplc {
            ic_serial: 0x1234,
            ..Cplc::default()
        });
        assert_eq!(suggested_name("Java card", &manager), "Java card 00001234");
    }

    #[test]
    fn a_file_has_one_key_or_three() {
        let file = secret(&format!("# test\n{TEST}\n"));
        let parts = in_file(&file).unwrap();
        assert!(keys(KeyFamily::Aes, &parts).unwrap().is_one());
        let file = secret(&format!(
            "enc = {TEST}\nmac={TEST}\ndek={}\n",
            "11".repeat(16)
        ));
        assert!(
            !keys(KeyFamily::Aes, &in_file(&file).unwrap())
                .unwrap()
                .is_one()
        );
        let two = secret(&format!("{TEST}\n{TEST}"));
        assert_eq!(in_file(&two).unwrap_err(), Fault::Count);
        assert_eq!(in_file(&secret("words")).unwrap_err(), Fault::Digits);
    }
}
