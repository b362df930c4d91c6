//! Status words (ISO/IEC 7816-4:2020, 5.6).

use std::fmt;

/// SW1-SW2, as a card sent it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// The selected file or application is deactivated. OpenPGP: terminated.
    pub const TERMINATED: Self = Self(0x6285);
    /// A comparison failed, and the card does not count aloud.
    pub const CHECK_FAILED: Self = Self(0x6300);
    /// Wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// The card does not take chained commands.
    pub const NO_CHAINING: Self = Self(0x6884);
    /// The right of access is missing: a PIN is needed.
    pub const SECURITY: Self = Self(0x6982);
    /// The PIN is blocked.
    pub const BLOCKED: Self = Self(0x6983);
    /// The conditions of use are not met.
    pub const CONDITIONS: Self = Self(0x6985);
    /// Wrong data.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// The card has no such function.
    pub const NO_FUNCTION: Self = Self(0x6A81);
    /// No such file or application.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// Wrong P1 or P2.
    pub const WRONG_P1P2: Self = Self(0x6A86);
    /// No such data object or key.
    pub const NO_OBJECT: Self = Self(0x6A88);
    /// No such instruction.
    pub const NO_INSTRUCTION: Self = Self(0x6D00);
    /// No such class.
    pub const NO_CLASS: Self = Self(0x6E00);
    /// No diagnosis.
    pub const UNKNOWN: Self = Self(0x6F00);

    /// Whether the command was carried out.
    #[must_use]
    pub fn is_ok(self) -> bool {
        self == Self::OK
    }

    /// First byte.
    #[must_use]
    pub fn sw1(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// Second byte.
    #[must_use]
    pub fn sw2(self) -> u8 {
        self.0.to_be_bytes()[1]
    }

    /// The tries left that `63Cx` tells.
    #[must_use]
    pub fn counter(self) -> Option<u8> {
        (self.0 & 0xFFF0 == 0x63C0).then_some(self.sw2() & 0x0F)
    }

    /// Whether the card says that it has no such application, file, object or command:
    /// the answers by which an absent application is known.
    #[must_use]
    pub fn is_absence(self) -> bool {
        matches!(
            self,
            Self::NOT_FOUND
                | Self::NO_OBJECT
                | Self::NO_INSTRUCTION
                | Self::NO_CLASS
                | Self::NO_FUNCTION
                | Self::WRONG_P1P2
        )
    }

    /// What it means, in the words of the standard; for logs and details.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match (self.sw1(), self.sw2()) {
            (0x90, 0x00) => "done",
            (0x61, _) => "more data waits",
            (0x62, 0x81) => "data may be damaged",
            (0x62, 0x82) => "end of file reached",
            (0x62, 0x83) => "file deactivated",
            (0x62, 0x85) => "terminated",
            (0x62, _) => "warning",
            (0x63, 0xC0) => "wrong, no tries left",
            (0x63, 0xC1..=0xCF) => "wrong, tries left",
            (0x63, _) => "check failed",
            (0x64, _) => "execution stopped",
            (0x65, 0x81) => "memory failure",
            (0x65, _) => "execution stopped, memory changed",
            (0x67, _) => "wrong length",
            (0x68, 0x81) => "no logical channels",
            (0x68, 0x82) => "no secure messaging",
            (0x68, 0x83) => "last command of a chain expected",
            (0x68, 0x84) => "no command chaining",
            (0x69, 0x82) => "security status not satisfied",
            (0x69, 0x83) => "blocked",
            (0x69, 0x84) => "reference data not usable",
            (0x69, 0x85) => "conditions of use not satisfied",
            (0x69, 0x86) => "no current file",
            (0x69, _) => "command not allowed",
            (0x6A, 0x80) => "wrong data",
            (0x6A, 0x81) => "function not supported",
            (0x6A, 0x82) => "file or application not found",
            (0x6A, 0x83) => "record not found",
            (0x6A, 0x84) => "not enough memory",
            (0x6A, 0x86) => "wrong P1-P2",
            (0x6A, 0x88) => "referenced data not found",
            (0x6A, 0x89 | 0x8A) => "exists already",
            (0x6A, _) => "wrong parameters",
            (0x6B, _) => "wrong offset",
            (0x6C, _) => "wrong expected length",
            (0x6D, _) => "instruction not supported",
            (0x6E, _) => "class not supported",
            (0x6F, _) => "no diagnosis",
            _ => "not in the standard",
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X} ({})", self.0, self.meaning())
    }
}

#[cfg(test)]
mod tests {
    use super::StatusWord;

    #[test]
    fn only_63cx_has_a_counter() {
        assert_eq!(StatusWord(0x63C2).counter(), Some(2));
        assert_eq!(StatusWord(0x6300).counter(), None);
        assert_eq!(StatusWord(0x6983).counter(), None);
    }

    #[test]
    fn a_number_never_stands_alone() {
        assert_eq!(
            StatusWord(0x6A82).to_string(),
            "6A82 (file or application not found)"
        );
    }
}
