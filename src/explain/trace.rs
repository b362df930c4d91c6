//! The trace, and what a request waits for.

use super::{bytes, dates, pin_dialog, plural, status};
use crate::backend::Progress;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::token::PinRole;
use crate::transport::trace::{Entry, Shown};

/// The word that stands for bytes nobody may see.
#[must_use]
pub fn hidden() -> String {
    // TRANSLATORS: Stands in place of a PIN in the trace.
    gettext("hidden")
}

/// What can be seen of a command or a response, in hexadecimal: "0020 0080 08, 8 bytes hidden".
#[must_use]
pub fn shown(shown: &Shown) -> String {
    match shown {
        Shown::Bytes(bytes) => hex::grouped(bytes, 2),
        Shown::Hidden { header, hidden } => {
            let count = ngettext_f(
                "{count} byte hidden",
                "{count} bytes hidden",
                plural(*hidden),
                &[("count", &hidden.to_string())],
            );
            if header.is_empty() {
                count
            } else {
                format!("{}, {count}", hex::grouped(header, 2))
            }
        }
    }
}

/// What came back: "done", "6A82 (file or application not found)", "no answer".
#[must_use]
pub fn answer(entry: &Entry) -> String {
    match entry.sw {
        Some(sw) if sw.is_ok() => status::meaning(sw),
        Some(sw) => status::named(sw),
        None => gettext("no answer"),
    }
}

/// The length of a command or a response: "61 bytes".
#[must_use]
pub fn length(shown: &Shown) -> String {
    bytes(shown.len())
}

/// How long the answer took: "6 ms".
#[must_use]
pub fn took(entry: &Entry) -> String {
    gettext_f(
        // TRANSLATORS: Milliseconds.
        "{count} ms",
        &[("count", &entry.took.as_millis().to_string())],
    )
}

/// What a request for a PIN waits for: "Enter the PIN on the reader".
#[must_use]
pub fn progress(progress: Progress, role: PinRole) -> String {
    match progress {
        Progress::TypeOnReader { .. } => pin_dialog::enter_on_reader(role),
        // Plans are no requests for a PIN.
        Progress::Step { .. } => String::new(),
    }
}

/// How long it waits: "12 seconds left".
#[must_use]
pub fn time_left(progress: Progress) -> String {
    match progress {
        Progress::TypeOnReader { seconds } => dates::seconds_left(seconds),
        Progress::Step { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::iso7816::StatusWord;
    use crate::token::ReaderId;

    fn entry(sw: Option<StatusWord>) -> Entry {
        Entry {
            number: 1,
            reader: ReaderId(1),
            at: SystemTime::UNIX_EPOCH,
            took: Duration::from_millis(6),
            name: "VERIFY PIN".to_owned(),
            command: Shown::Hidden {
                header: vec![0x00, 0x20, 0x00, 0x80, 0x08],
                hidden: 8,
            },
            response: Shown::Bytes(vec![]),
            sw,
        }
    }

    #[test]
    fn an_answer_has_words_before_numbers() {
        assert_eq!(answer(&entry(Some(StatusWord::OK))), "done");
        assert_eq!(
            answer(&entry(Some(StatusWord(0x63C2)))),
            "63C2 (wrong, 2 tries left)"
        );
        assert_eq!(answer(&entry(None)), "no answer");
        assert_eq!(took(&entry(None)), "6 ms");
    }

    #[test]
    fn hidden_bytes_are_counted_and_not_shown() {
        let entry = entry(None);
        assert_eq!(shown(&entry.command), "0020 0080 08, 8 bytes hidden");
        assert_eq!(length(&entry.command), "13 bytes");
        assert_eq!(length(&entry.response), "0 bytes");
    }
}
