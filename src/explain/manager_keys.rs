//! The keys of a card manager: where they come from, how they are told apart, what is wrong with them.

use super::failure::Explanation;
use super::sentences;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::globalplatform::keys::CheckValue;
use crate::plan::content::KeyTextError;

/// Why a text is no keys.
#[must_use]
pub fn key_text_error(error: &KeyTextError) -> Explanation {
    let what = match error {
        KeyTextError::NotHexadecimal { line } => gettext_f(
            "Line {line} is not hexadecimal.",
            &[("line", &line.to_string())],
        ),
        KeyTextError::Count { count } => gettext_f(
            "There are {count} keys. One is for everything; three are for encryption, for MACs and for keys.",
            &[("count", &count.to_string())],
        ),
    };
    Explanation::new(
        gettext("These are no keys of a card manager"),
        sentences(&[what, gettext("Nothing was sent.")]),
    )
}

/// What keys are told apart by without giving them away.
#[must_use]
pub fn check_values(values: &[CheckValue; 3]) -> String {
    let [enc, mac, dek] = values.each_ref().map(|value| hex::encode(&value.0));
    if enc == mac && enc == dek {
        return gettext_f("Check value of the key: {value}", &[("value", &enc)]);
    }
    gettext_f(
        "Check values of the keys: ENC {enc}, MAC {mac}, DEK {dek}",
        &[("enc", &enc), ("mac", &mac), ("dek", &dek)],
    )
}

/// What the check values are good for, before keys are sent.
#[must_use]
pub fn compare_first() -> String {
    gettext("Compare that with what came with the card: a wrong key costs one of some ten tries.")
}
