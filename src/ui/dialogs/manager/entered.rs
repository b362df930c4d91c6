//! Keys of a card manager as they are typed, or as they stand in a file.

use crate::backend::Look;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain::card_manager;
use crate::plan::content::{self, KeyError, KeyFamily, Keys};
use crate::plan::given_keys::{GivenKeys, KeyTextError};

/// Where keys come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// Those that everybody knows.
    Test,
    /// A file.
    File,
    /// Somebody types them.
    Typed,
}

impl Source {
    /// All, in the order of the dialog.
    pub(super) const ALL: [Self; 3] = [Self::Test, Self::File, Self::Typed];

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
            Self::Typed => (
                gettext("Typed here"),
                gettext("In hexadecimal digits, as the maker of the card gave them"),
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

/// What the keys have to be for, as far as the card tells it.
pub(super) fn family(look: &Look) -> KeyFamily {
    content::family(&look.manager)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

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
