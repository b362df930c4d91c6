//! The first set-up of the MUSCLE applet: its numbers, and who may create what from then on.

use super::failure::Explanation;
use super::sentences;
use crate::base::i18n::{gettext, gettext_f};
use crate::plan::AppletSetUp;
use crate::plan::applet::{Creatable, Creator, MAX_MEMORY, MIN_MEMORY, is_as_in_guides};

/// A number of the first set-up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Number {
    /// Tries of the PIN of the holder.
    Pin,
    /// Tries of its PUK.
    PinPuk,
    /// Tries of the PIN of the security officer.
    SoPin,
    /// Tries of its PUK.
    SoPinPuk,
    /// Bytes for objects.
    Memory,
}

impl Number {
    /// All, in the order of the form.
    pub const ALL: [Self; 5] = [
        Self::Pin,
        Self::PinPuk,
        Self::SoPin,
        Self::SoPinPuk,
        Self::Memory,
    ];

    /// What a set-up has there.
    #[must_use]
    pub fn of(self, set_up: &AppletSetUp) -> u16 {
        match self {
            Self::Pin => set_up.user_tries.0.into(),
            Self::PinPuk => set_up.user_tries.1.into(),
            Self::SoPin => set_up.officer_tries.0.into(),
            Self::SoPinPuk => set_up.officer_tries.1.into(),
            Self::Memory => set_up.memory,
        }
    }
}

/// What a number of the first set-up is called, and what it means.
#[must_use]
pub fn number(number: Number) -> (String, String) {
    let guides = number.of(&AppletSetUp::default()).to_string();
    let guides = [("number", guides.as_str())];
    let blocks = || {
        gettext_f(
            "So many wrong ones in a row block it; its PUK gives the tries back. In the guides: {number}.",
            &guides,
        )
    };
    let ends = || {
        gettext_f(
            "So many wrong ones in a row block it for ever, and a blocked PIN stays blocked. In the guides: {number}.",
            &guides,
        )
    };
    match number {
        Number::Pin => (gettext("Tries of the PIN"), blocks()),
        Number::PinPuk => (gettext("Tries of its PUK"), ends()),
        Number::SoPin => (gettext("Tries of the SO-PIN"), blocks()),
        Number::SoPinPuk => (gettext("Tries of the PUK of the SO-PIN"), ends()),
        Number::Memory => (
            gettext("Memory for objects, in bytes"),
            gettext_f(
                "Certificates, public keys and lists take it; keys do not. {min} to {max}, as far as the card has so much. In the guides: {number}.",
                &[
                    ("min", &MIN_MEMORY.to_string()),
                    ("max", &MAX_MEMORY.to_string()),
                    guides[0],
                ],
            ),
        ),
    }
}

/// What can be created on the applet, and what that is for.
#[must_use]
pub fn creatable(what: Creatable) -> (String, String) {
    let (title, about) = match what {
        Creatable::Objects => (
            gettext("Who may create objects"),
            gettext("Certificates, data, and the lists of both."),
        ),
        Creatable::Keys => (
            gettext("Who may create keys"),
            gettext("Keys that the card makes, and keys from files."),
        ),
        Creatable::Pins => (
            gettext("Who may create further PINs"),
            gettext("Symbolon makes none; other programs do."),
        ),
    };
    let guides = AppletSetUp::default().may_create;
    let mut guides = Creatable::ALL.into_iter().zip(guides);
    let guides = guides.find(|(known, _)| *known == what);
    let guides = guides.and_then(|(_, rule)| Creator::of(rule)).map(|who| {
        // TRANSLATORS: {who} is "Everybody" or "PIN", for example.
        gettext_f("In the guides: {who}.", &[("who", &creator(who))])
    });
    (title, sentences(&[about, guides.unwrap_or_default()]))
}

/// Who may create it: the PIN that has to be known.
#[must_use]
pub fn creator(creator: Creator) -> String {
    match creator {
        Creator::Everybody => gettext("Everybody"),
        Creator::Pin => gettext("PIN"),
        Creator::SoPin => gettext("SO-PIN"),
        Creator::Either => gettext("PIN or SO-PIN"),
        Creator::Nobody => gettext("Nobody"),
    }
}

/// Whether a set-up is the one of the guides, in words.
#[must_use]
pub fn beside_guides(set_up: &AppletSetUp) -> String {
    if is_as_in_guides(set_up) {
        gettext("Tries, memory and rules as in the guides")
    } else {
        gettext("Tries, memory and rules, other ones than in the guides")
    }
}

/// That it cannot be changed later.
#[must_use]
pub fn for_good() -> String {
    gettext(
        "The first set-up lays this down for good: only who deletes the applet and installs it anew can change it.",
    )
}

/// The applet has taken none of the new PINs and PUKs (sheet "muscle", 3). It does not say which it means.
#[must_use]
pub fn pins_refused() -> Explanation {
    Explanation::new(
        gettext("The applet does not take these PINs"),
        gettext(
            "Builds from before 2010 want characters of two kinds in every PIN and PUK: capital letters, small letters, digits. Choose others, and continue. The applet may have put the SO-PIN that it was given just now in the place of its transport PIN: if that is refused from now on, give this SO-PIN instead.",
        ),
    )
}

/// What is different from other tokens with a PUK.
#[must_use]
pub fn puk_sets_no_pin() -> String {
    gettext("Nobody can then replace a forgotten PIN: the PUK only gives its tries back.")
}

/// What the first set-up lays down, as far as it is no secret.
#[must_use]
pub fn set_up(set_up: &AppletSetUp) -> String {
    let number = |number: Number| number.of(set_up).to_string();
    let numbers = gettext_f(
        "Tries: {pin} of the PIN, {pin_puk} of its PUK, {so_pin} of the SO-PIN, {so_pin_puk} of its PUK. {memory} bytes for objects.",
        &[
            ("pin", &number(Number::Pin)),
            ("pin_puk", &number(Number::PinPuk)),
            ("so_pin", &number(Number::SoPin)),
            ("so_pin_puk", &number(Number::SoPinPuk)),
            ("memory", &number(Number::Memory)),
        ],
    );
    let rules = Creatable::ALL.into_iter().zip(set_up.may_create);
    let rules = rules.map(|(what, rule)| {
        let who = Creator::of(rule).map_or_else(|| format!("{rule:02X}"), creator);
        let (what, _) = creatable(what);
        // TRANSLATORS: "Who may create keys: PIN."
        gettext_f("{what}: {who}.", &[("what", &what), ("who", &who)])
    });
    let all: Vec<String> = std::iter::once(numbers).chain(rules).collect();
    sentences(&all)
}

/// Rules with which the plan could not go on after the first set-up.
#[must_use]
pub fn cannot_create(what: Creatable, who: Creator) -> Explanation {
    let title = match what {
        Creatable::Objects => gettext("Nothing could be put on this token"),
        Creatable::Keys => gettext("The keys of this plan could not be made"),
        Creatable::Pins => gettext("The PINs of this plan could not be made"),
    };
    let (rule, _) = creatable(what);
    Explanation::new(
        title,
        gettext(
            "The set-up goes on with the PIN of the holder, and after these rules that would not do: choose one that lets the holder create it. Nothing was sent.",
        ),
    )
    // TRANSLATORS: "Who may create keys: PIN."
    .with(gettext_f(
        "{what}: {who}.",
        &[("what", &rule), ("who", &creator(who))],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_down_is_said_whole() {
        let words = set_up(&AppletSetUp::default());
        for part in [
            "5 of the PIN, 2 of its PUK, 4 of the SO-PIN, 1 of its PUK",
            "6000 bytes",
            "Who may create objects: Everybody.",
            "Who may create keys: PIN.",
            "Who may create further PINs: SO-PIN.",
        ] {
            assert!(words.contains(part), "{part} in {words}");
        }
    }

    #[test]
    fn what_the_guides_give_is_named_where_it_is_offered() {
        let rules = Creatable::ALL.into_iter();
        for (what, who) in rules.zip(["Everybody", "PIN", "SO-PIN"]) {
            let (_, about) = creatable(what);
            assert!(
                about.ends_with(&format!("In the guides: {who}.")),
                "{about}"
            );
        }
        for (known, text) in Number::ALL.into_iter().zip(["5", "2", "4", "1", "6000"]) {
            let (_, about) = number(known);
            assert!(
                about.ends_with(&format!("In the guides: {text}.")),
                "{about}"
            );
        }
        let other = AppletSetUp {
            memory: 8192,
            ..AppletSetUp::default()
        };
        assert_ne!(
            beside_guides(&other),
            beside_guides(&AppletSetUp::default())
        );
    }
}
