//! What a PIN must look like, and what is said when one does not.

use super::plural;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::plan::secrets::Unfit;
use crate::token::{Alphabet, Breach, PinRole, PinRule};

/// What a PIN must look like: "6 to 8 digits", "8 characters".
#[must_use]
pub fn rule(rule: &PinRule) -> String {
    match rule.alphabet {
        Alphabet::Digits if rule.min == rule.max => ngettext_f(
            "{max} digit",
            "{max} digits",
            plural(rule.max),
            &[("max", &rule.max.to_string())],
        ),
        Alphabet::Digits => ngettext_f(
            "{min} to {max} digit",
            "{min} to {max} digits",
            plural(rule.max),
            &[
                ("min", &rule.min.to_string()),
                ("max", &rule.max.to_string()),
            ],
        ),
        Alphabet::Ascii | Alphabet::Any => characters(rule),
    }
}

/// "6 to 127 characters", whatever the alphabet.
fn characters(rule: &PinRule) -> String {
    let (min, max) = (rule.min.to_string(), rule.max.to_string());
    if rule.min == rule.max {
        return ngettext_f(
            "{max} character",
            "{max} characters",
            plural(rule.max),
            &[("max", &max)],
        );
    }
    ngettext_f(
        "{min} to {max} character",
        "{min} to {max} characters",
        plural(rule.max),
        &[("min", &min), ("max", &max)],
    )
}

/// The rules that tick while a new PIN is typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirements {
    /// `PinRule::length_fits`: "6 to 127 characters".
    pub length: String,
    /// `PinRule::characters_fit`: "Digits only"; nothing where every character is allowed.
    pub characters: Option<String>,
    /// The new one is not a factory one: "Not a factory PIN".
    pub not_factory: String,
    /// "Both entries the same".
    pub repeated: String,
}

/// The words for the rules of a new PIN.
#[must_use]
pub fn requirements(rule: &PinRule) -> Requirements {
    Requirements {
        length: characters(rule),
        characters: match rule.alphabet {
            Alphabet::Digits => Some(gettext("Digits only")),
            Alphabet::Ascii => Some(gettext("Letters, digits and signs, no accents")),
            Alphabet::Any => None,
        },
        not_factory: gettext("Not a factory PIN"),
        repeated: gettext("Both entries the same"),
    }
}

/// What is wrong with a PIN before it was sent: "A PIN of this token has 6 to 8 digits.
/// Nothing was sent; no try was lost."
#[must_use]
pub fn breach(breach: Breach, role: PinRole, rule: &PinRule) -> String {
    let what = match (breach, rule.alphabet) {
        (Breach::Length, _) | (Breach::Character, Alphabet::Digits) => {
            let words = self::rule(rule);
            let rule = [("rule", words.as_str())];
            match role {
                // TRANSLATORS: {rule} is "6 to 8 digits", in all five.
                PinRole::User => gettext_f("A PIN of this token has {rule}.", &rule),
                PinRole::Puk => gettext_f("A PUK of this token has {rule}.", &rule),
                PinRole::ResettingCode => {
                    gettext_f("A resetting code of this token has {rule}.", &rule)
                }
                PinRole::Admin => gettext_f("An admin PIN of this token has {rule}.", &rule),
                PinRole::SecurityOfficer => gettext_f("An SO-PIN of this token has {rule}.", &rule),
            }
        }
        (Breach::Character, Alphabet::Ascii) => {
            gettext("This token takes letters, digits and signs without accents.")
        }
        (Breach::Character, Alphabet::Any) => gettext("This token takes only text."),
    };
    format!("{what} {}", nothing_sent())
}

/// The rule that ticks while something new is typed: it is not this.
#[must_use]
pub fn not_unfit(unfit: Unfit) -> String {
    match unfit {
        Unfit::Known => gettext("Not a PIN that everybody knows"),
        Unfit::IsPin => gettext("Differs from its PIN"),
    }
}

/// Why something new is not taken that has the form of a PIN.
#[must_use]
pub fn unfit(unfit: Unfit) -> String {
    let what = match unfit {
        Unfit::Known => gettext(
            "Everybody knows this one: zeros alone and “Muscle00” stand in every guide to the applet.",
        ),
        Unfit::IsPin => gettext("A PUK that is the same as its PIN opens nothing more."),
    };
    format!("{what} {}", nothing_sent())
}

/// The end of every sentence about something that never reached the card.
#[must_use]
pub fn nothing_sent() -> String {
    gettext("Nothing was sent; no try was lost.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(min: usize, max: usize) -> PinRule {
        PinRule {
            min,
            max,
            alphabet: Alphabet::Digits,
        }
    }

    fn any(min: usize, max: usize) -> PinRule {
        PinRule {
            alphabet: Alphabet::Any,
            ..digits(min, max)
        }
    }

    #[test]
    fn a_rule_is_a_length_and_an_alphabet() {
        assert_eq!(rule(&digits(6, 8)), "6 to 8 digits");
        assert_eq!(rule(&digits(8, 8)), "8 digits");
        assert_eq!(rule(&any(6, 127)), "6 to 127 characters");
        let ticking = requirements(&digits(6, 8));
        assert_eq!(ticking.length, "6 to 8 characters");
        assert_eq!(ticking.characters.as_deref(), Some("Digits only"));
        assert_eq!(requirements(&any(6, 127)).characters, None);
    }

    #[test]
    fn a_breach_says_that_no_try_was_lost() {
        assert_eq!(
            breach(Breach::Length, PinRole::User, &digits(6, 8)),
            "A PIN of this token has 6 to 8 digits. Nothing was sent; no try was lost."
        );
        assert_eq!(
            breach(Breach::Length, PinRole::Admin, &any(8, 127)),
            "An admin PIN of this token has 8 to 127 characters. Nothing was sent; no try was lost."
        );
    }
}
