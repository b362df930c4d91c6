//! Whether the directory of an application guards the PINs in it (sheet "cardos", 14).
//!
//! Programs of several years left it open (CVE-2008-2235): who may change the objects in it, or
//! its conditions, gives the card new PINs without knowing the old ones.

use crate::iso7816::tlv::ber;
use crate::token::{Fact, FactName};

/// Everybody may.
const ALWAYS: u8 = 0x00;

/// The conditions in their order: the second is for changing objects, the seventh for changing
/// the conditions themselves (sheet, 5).
const UPDATE: usize = 1;
const ADMIN: usize = 6;

/// What a description of the directory says of its guard; nothing if it does not.
pub(in crate::card) fn facts(description: &[u8]) -> Vec<Fact> {
    let Some(access) = access(description) else {
        return Vec::new();
    };
    vec![
        Fact::hex(FactName::DirectoryAccess, access),
        Fact::flag(FactName::Unguarded, is_open(access)),
    ]
}

/// The access conditions in a description.
fn access(description: &[u8]) -> Option<&[u8]> {
    let inner = ber::find(description, &[0x6F]).or_else(|| ber::find(description, &[0x62]))?;
    ber::find(inner, &[0x86])
}

/// Whether everybody can replace PINs. What a list is too short for is never allowed.
fn is_open(access: &[u8]) -> bool {
    [UPDATE, ADMIN]
        .iter()
        .any(|&right| access.get(right) == Some(&ALWAYS))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::facts;
    use crate::base::hex;
    use crate::token::{Fact, FactName};

    fn unguarded(access: &str) -> bool {
        let access = hex::decode(access).unwrap();
        let mut description = hex::decode("820138830250158601").unwrap();
        let len = u8::try_from(access.len()).unwrap();
        *description.last_mut().unwrap() = len;
        description.extend(access);
        let len = u8::try_from(description.len()).unwrap();
        let description = [&[0x6F, len][..], &description].concat();
        facts(&description).contains(&Fact::flag(FactName::Unguarded, true))
    }

    /// The lists of the sheet, each with the program that makes it.
    #[test]
    fn who_may_change_conditions_or_objects_may_replace_pins() {
        for (access, open) in [
            // OpenSC 0.11.5 to early 2010; with SO PIN today; a guard of the user's.
            ("00 FF 00 00 00 00 FF 00 00", false),
            ("00 01 00 00 00 00 01 00 00", false),
            ("00 03 00 00 00 00 03 00 00", false),
            // OpenSC up to 0.11.4; without SO PIN today.
            ("00 FF 00 00 00 00 00 00 00", true),
            ("00 00 00 00 00 00 00 00 00", true),
            ("00 00 00 00 00 00 FF 00 00", true),
            // What is missing is never allowed.
            ("00 FF", false),
            ("00 00", true),
            ("00", false),
        ] {
            assert_eq!(unguarded(access), open, "{access}");
        }
    }

    #[test]
    fn a_card_that_does_not_tell_is_not_judged() {
        for description in [
            "",
            "6F00",
            "6F05820138",
            "6F0C81021000820138830250 15",
            "FF",
        ] {
            assert_eq!(
                facts(&hex::decode(description).unwrap()),
                [],
                "{description}"
            );
        }
    }
}
