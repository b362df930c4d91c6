//! Status words (ISO/IEC 7816-4:2020, 5.6) in words.

use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::iso7816::StatusWord;

/// What a status word means: "file or application not found".
#[must_use]
pub fn meaning(sw: StatusWord) -> String {
    match sw.sw1() {
        0x90 if sw.is_ok() => gettext("done"),
        0x61 => gettext("more data waits"),
        0x62 => warning(sw.sw2()),
        0x63 => check(sw.sw2()),
        0x64 => gettext("execution stopped"),
        0x65 => match sw.sw2() {
            0x81 => gettext("memory failure"),
            _ => gettext("execution stopped, memory changed"),
        },
        0x67 => gettext("wrong length"),
        0x68 => class(sw.sw2()),
        0x69 => not_allowed(sw.sw2()),
        0x6A => parameters(sw.sw2()),
        0x6B => gettext("wrong offset"),
        0x6C => gettext("wrong expected length"),
        0x6D => gettext("instruction not supported"),
        0x6E => gettext("class not supported"),
        0x6F => gettext("no diagnosis"),
        _ => gettext("not in the standard"),
    }
}

fn warning(sw2: u8) -> String {
    match sw2 {
        0x81 => gettext("data may be damaged"),
        0x82 => gettext("end of file reached"),
        0x83 => gettext("file deactivated"),
        0x85 => gettext("terminated"),
        _ => gettext("warning"),
    }
}

fn check(sw2: u8) -> String {
    match sw2 {
        0xC0 => gettext("wrong, no tries left"),
        0xC1..=0xCF => {
            let left = sw2 & 0x0F;
            ngettext_f(
                "wrong, {count} try left",
                "wrong, {count} tries left",
                u32::from(left),
                &[("count", &left.to_string())],
            )
        }
        _ => gettext("check failed"),
    }
}

fn class(sw2: u8) -> String {
    match sw2 {
        0x81 => gettext("no logical channels"),
        0x82 => gettext("no secure messaging"),
        0x83 => gettext("last command of a chain expected"),
        0x84 => gettext("no command chaining"),
        _ => gettext("not in the standard"),
    }
}

fn not_allowed(sw2: u8) -> String {
    match sw2 {
        0x82 => gettext("security status not satisfied"),
        0x83 => gettext("blocked"),
        0x84 => gettext("reference data not usable"),
        0x85 => gettext("conditions of use not satisfied"),
        0x86 => gettext("no current file"),
        _ => gettext("command not allowed"),
    }
}

fn parameters(sw2: u8) -> String {
    match sw2 {
        0x80 => gettext("wrong data"),
        0x81 => gettext("function not supported"),
        0x82 => gettext("file or application not found"),
        0x83 => gettext("record not found"),
        0x84 => gettext("not enough memory"),
        0x86 => gettext("wrong P1-P2"),
        0x88 => gettext("referenced data not found"),
        0x89 | 0x8A => gettext("exists already"),
        _ => gettext("wrong parameters"),
    }
}

/// The number with its meaning: "6A82 (file or application not found)". A number never stands
/// alone.
#[must_use]
pub fn named(sw: StatusWord) -> String {
    format!("{:04X} ({})", sw.0, meaning(sw))
}

/// The status word at the end of a whole response, with its meaning; nothing if it is too short
/// to have one.
#[must_use]
pub fn of_response(response: &[u8]) -> Option<String> {
    let &[.., sw1, sw2] = response else {
        return None;
    };
    Some(named(StatusWord(u16::from_be_bytes([sw1, sw2]))))
}

/// "The card answered 6A82 (file or application not found) to SELECT."
#[must_use]
pub fn answered(operation: &str, sw: StatusWord) -> String {
    gettext_f(
        // TRANSLATORS: {status} is a status word with its meaning, {operation} the name of a
        // command in the standard, such as SELECT.
        "The card answered {status} to {operation}.",
        &[("status", &named(sw)), ("operation", operation)],
    )
}

#[cfg(test)]
mod tests {
    use super::{answered, meaning, named, of_response};
    use crate::iso7816::StatusWord;

    #[test]
    fn the_details_say_it_as_in_the_design() {
        assert_eq!(
            answered("SELECT", StatusWord::NOT_FOUND),
            "The card answered 6A82 (file or application not found) to SELECT."
        );
        assert_eq!(named(StatusWord(0x63C2)), "63C2 (wrong, 2 tries left)");
        assert_eq!(named(StatusWord(0x63C1)), "63C1 (wrong, 1 try left)");
    }

    #[test]
    fn a_response_ends_with_its_status_word() {
        let of = |bytes: &[u8]| of_response(bytes);
        assert_eq!(of(&[0x61, 0x90, 0x00]).as_deref(), Some("9000 (done)"));
        assert_eq!(of(&[0x90, 0x00]).as_deref(), Some("9000 (done)"));
        assert_eq!(of(&[0x90]), None);
    }

    #[test]
    fn words_for_people_and_words_for_logs_agree() {
        for number in 0..=u16::MAX {
            let sw = StatusWord(number);
            // The log has no plural forms.
            if sw.counter().is_none_or(|left| left == 0) {
                assert_eq!(meaning(sw), sw.meaning(), "{number:04X}");
            }
        }
    }
}
