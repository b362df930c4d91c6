//! What the first set-up of the MUSCLE applet lays down for good (sheet "muscle", 3), as people decide it.

use serde::Deserialize;

use super::AppletSetUp;

/// The fewest bytes for objects with which a token can be made of it: its lists, a key and a certificate.
pub const MIN_MEMORY: u16 = 2048;

/// The most bytes for objects: no object may be larger, either (sheet "muscle", 2).
pub const MAX_MEMORY: u16 = 0x7FFF;

/// The most tries of a PIN or a PUK.
pub const MAX_TRIES: u8 = 15;

/// Something that is created on an applet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Creatable {
    /// Objects: lists, certificates and public keys are in them.
    Objects,
    /// Keys.
    Keys,
    /// Further PINs.
    Pins,
}

impl Creatable {
    /// All, in the order of [`AppletSetUp::may_create`].
    pub const ALL: [Self; 3] = [Self::Objects, Self::Keys, Self::Pins];
}

/// Who may create something, by the PIN that is shown before.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Creator {
    /// Whoever has the card in hand.
    Everybody,
    /// Who knows the PIN of the holder.
    Pin,
    /// Who knows the PIN of the security officer.
    SoPin,
    /// Who knows one of the two.
    Either,
    /// Nobody, ever.
    Nobody,
}

impl Creator {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Everybody,
        Self::Pin,
        Self::SoPin,
        Self::Either,
        Self::Nobody,
    ];

    /// The rule in one byte: 00 everybody, FF nobody, else any one of the PINs of which the bits are set.
    #[must_use]
    pub fn rule(self) -> u8 {
        match self {
            Self::Everybody => 0x00,
            Self::SoPin => 0x01,
            Self::Pin => 0x02,
            Self::Either => 0x03,
            Self::Nobody => 0xFF,
        }
    }

    /// Who it is by the rule; nothing for rules with other PINs in them.
    #[must_use]
    pub fn of(rule: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.rule() == rule)
    }

    /// Whether the holder may do it: everything that is made on a token is made with the holder's PIN.
    #[must_use]
    pub fn is_holder(self) -> bool {
        matches!(self, Self::Everybody | Self::Pin | Self::Either)
    }
}

/// Whether these are the numbers and rules that guides give, but for the PINs.
#[must_use]
pub fn is_as_in_guides(set_up: &AppletSetUp) -> bool {
    let guides = AppletSetUp {
        label: set_up.label.clone(),
        least: set_up.least,
        ..AppletSetUp::default()
    };
    *set_up == guides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_those_of_the_applet() {
        // Sheet "muscle", 3: PIN n is bit n; 0 is the officer's, 1 the holder's.
        let guides = AppletSetUp::default().may_create.map(Creator::of);
        let expected = [Creator::Everybody, Creator::Pin, Creator::SoPin];
        assert_eq!(guides, expected.map(Some));
        assert_eq!(Creator::of(0xFF), Some(Creator::Nobody));
        assert_eq!(Creator::of(0x03), Some(Creator::Either));
        assert_eq!(Creator::of(0x04), None);
        let holders = Creator::ALL.into_iter().filter(|known| known.is_holder());
        assert!(holders.map(Creator::rule).eq([0x00, 0x02, 0x03]));
    }

    #[test]
    fn the_numbers_of_the_guides_are_recognised() {
        let mut set_up = AppletSetUp {
            label: "User PIN".into(),
            ..AppletSetUp::default()
        };
        // 04 01 · 05 02 · 1770 · 00 02 01 (sheet "muscle", 3).
        assert_eq!((set_up.officer_tries, set_up.user_tries), ((4, 1), (5, 2)));
        assert_eq!((set_up.memory, set_up.may_create), (0x1770, [0, 2, 1]));
        assert!(is_as_in_guides(&set_up));
        set_up.user_tries.1 = 10;
        assert!(!is_as_in_guides(&set_up));
    }
}
