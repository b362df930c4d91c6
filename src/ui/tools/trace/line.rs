//! What a line of the trace and the pane below it say.

use std::time::{SystemTime, UNIX_EPOCH};

use relm4::gtk::glib;

use crate::backend::{Shown, TraceEntry};
use crate::base::hex;
use crate::explain;

/// Bytes on one line of the pane.
const LINE: usize = 16;

/// The time of day where the person is: "14:02:11.120".
pub(super) fn clock(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    let local = glib::DateTime::from_unix_local(seconds)
        .and_then(|moment| moment.format("%H:%M:%S"))
        .unwrap_or_default();
    format!("{local}.{:03}", since.subsec_millis())
}

/// The second line: "done · 61 bytes · 6 ms".
pub(super) fn answer(entry: &TraceEntry) -> String {
    let mut parts = vec![match entry.sw {
        Some(sw) if !sw.is_ok() => format!("{} ({sw})", explain::status::meaning(sw)),
        _ => explain::trace::answer(entry),
    }];
    if !entry.response.is_empty() {
        parts.push(explain::trace::length(&entry.response));
    }
    parts.push(explain::trace::took(entry));
    explain::dotted(&parts)
}

/// Whether the card did something else than what it was asked. That it has no such
/// application is what most questions are answered with.
pub(super) fn refused(entry: &TraceEntry) -> bool {
    !entry.sw.is_some_and(|sw| sw.is_ok() || sw.is_absence())
}

/// Whether `searched`, in lower case, occurs in what the entry shows.
pub(super) fn matches(entry: &TraceEntry, reader: &str, searched: &str) -> bool {
    let found = |text: &str| text.to_lowercase().contains(searched);
    searched.is_empty()
        || found(&entry.name)
        || found(reader)
        || found(&answer(entry))
        || found(&entry.command.to_text())
        || found(&entry.response.to_text())
}

/// Bytes on lines of sixteen; hidden ones as their number.
pub(super) fn block(shown: &Shown) -> String {
    let lines = |bytes: &[u8]| {
        let lines: Vec<_> = bytes
            .chunks(LINE)
            .map(|line| hex::grouped(line, 1))
            .collect();
        lines.join("\n")
    };
    match shown {
        Shown::Bytes(bytes) => lines(bytes),
        Shown::Hidden { header, .. } if header.is_empty() => explain::trace::shown(shown),
        Shown::Hidden { header, hidden } => {
            let rest = Shown::Hidden {
                header: Vec::new(),
                hidden: *hidden,
            };
            format!("{}\n{}", lines(header), explain::trace::shown(&rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{block, matches};
    use crate::backend::{Shown, TraceEntry};
    use crate::token::ReaderId;
    use std::time::{Duration, SystemTime};

    fn entry() -> TraceEntry {
        TraceEntry {
            number: 1,
            reader: ReaderId(1),
            at: SystemTime::UNIX_EPOCH,
            took: Duration::from_millis(6),
            name: "SELECT PIV".to_owned(),
            command: Shown::Bytes((0..18).collect()),
            response: Shown::Bytes(vec![]),
            sw: None,
        }
    }

    #[test]
    fn bytes_stand_in_lines_of_sixteen() {
        assert_eq!(
            block(&entry().command),
            "00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n10 11"
        );
        let hidden = Shown::Hidden {
            header: vec![0, 0x20],
            hidden: 8,
        };
        assert_eq!(block(&hidden), "00 20\n8 bytes hidden");
    }

    #[test]
    fn a_line_is_found_by_name_reader_and_bytes() {
        for searched in ["", "piv", "scr 3310", "000102", "no answer"] {
            assert!(matches(&entry(), "SCR 3310", searched), "{searched}");
        }
        assert!(!matches(&entry(), "SCR 3310", "openpgp"));
    }
}
