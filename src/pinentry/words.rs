//! What a question says by itself, in the window and on the terminal. What the agent says comes first.

use super::description::Remote;
use super::prompt::{Kind, Label, MAX_PASSPHRASE, PinPrompt, Prompt};
use super::requester::Requester;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};

/// The title.
#[must_use]
pub fn title(prompt: &Prompt) -> String {
    if let Some(title) = &prompt.title {
        return title.as_str().to_owned();
    }
    match &prompt.kind {
        Kind::Pin(_) if prompt.description.card().is_some() => gettext("Unlock Card"),
        Kind::Pin(pin) if pin.repeat.is_some() => gettext("New Passphrase"),
        Kind::Pin(_) => gettext("Passphrase"),
        Kind::Confirm => gettext("Confirm"),
        Kind::Message if prompt.description.pin_pad => gettext("Look at the Reader"),
        Kind::Message => gettext("Message"),
    }
}

/// The name of the field.
#[must_use]
pub fn field(prompt: Option<&Label>) -> String {
    match prompt {
        Some(label) => tidy(label.as_str()),
        None => gettext("Passphrase"),
    }
}

/// The name of the second field.
#[must_use]
pub fn repeat(prompt: Option<&Label>) -> String {
    match prompt {
        Some(label) => tidy(label.as_str()),
        None => gettext("Repeat"),
    }
}

/// Names stand above their fields, or before the colon that is set here.
fn tidy(name: &str) -> String {
    name.trim().trim_end_matches(':').to_owned()
}

/// Who asks, in one line; nothing if nobody knows.
#[must_use]
pub fn requester(requester: &Requester) -> Option<String> {
    let host = requester.host.as_ref().map(|host| host.as_str());
    let program = requester.program.as_ref().map(|name| name.as_str());
    let started_by = requester.started_by.as_ref().map(|name| name.as_str());
    Some(match (program, started_by, host) {
        (Some(program), Some(started_by), _) => gettext_f(
            // TRANSLATORS: Two programs: "Asked by gpg (thunderbird)".
            "Asked by {program} ({started_by})",
            &[("program", program), ("started_by", started_by)],
        ),
        (Some(program), None, _) => gettext_f("Asked by {program}", &[("program", program)]),
        (None, _, Some(host)) => gettext_f("Asked by a program on {host}", &[("host", host)]),
        (None, _, None) => return None,
    })
}

/// Where a forwarded request came from.
#[must_use]
pub fn remote(remote: Remote) -> String {
    match remote {
        Remote::Site => gettext("This request came from another computer."),
        Remote::Browser => gettext("This request came from a web page."),
    }
}

/// What the card did since the last prompt, if it is more than one prompt allows.
#[must_use]
pub fn jump(signatures: u32) -> Option<String> {
    (signatures > 1).then(|| {
        ngettext_f(
            "The card has made {count} signature since the last time its PIN was asked for here.",
            "The card has made {count} signatures since the last time its PIN was asked for here.",
            signatures,
            &[("count", &signatures.to_string())],
        )
    })
}

/// A counter with what came to it.
#[must_use]
pub fn counter(value: &str, signatures: Option<u32>) -> String {
    match signatures {
        Some(more) if more > 0 => gettext_f(
            // TRANSLATORS: A counter of signatures: "42 (+1 since last time)".
            "{value} (+{more} since last time)",
            &[("value", value), ("more", &more.to_string())],
        ),
        _ => value.to_owned(),
    }
}

/// Said of a request that came from elsewhere when nothing more is known.
#[must_use]
pub fn elsewhere() -> String {
    gettext("Asked by a program elsewhere")
}

/// The tries that are left, of so many where that is known.
#[must_use]
pub fn tries(left: u32, most: Option<u32>) -> String {
    let most = most.filter(|&most| most >= left);
    match (left, most) {
        // TRANSLATORS: Said of a PIN.
        (0, _) => gettext("Blocked"),
        (1, Some(most)) => gettext_f("Last try of {max}", &[("max", &most.to_string())]),
        (1, None) => gettext("Last try"),
        (left, Some(most)) => ngettext_f(
            "{left} of {max} tries left",
            "{left} of {max} tries left",
            left,
            &[("left", &left.to_string()), ("max", &most.to_string())],
        ),
        (left, None) => ngettext_f(
            "{left} try left",
            "{left} tries left",
            left,
            &[("left", &left.to_string())],
        ),
    }
}

/// What the last try costs.
#[must_use]
pub fn last_try() -> String {
    gettext("If the PIN is wrong once more, it is blocked.")
}

/// Said where no PIN is taken any more.
#[must_use]
pub fn blocked() -> String {
    gettext(
        "The PIN is blocked. Unblock it with the PUK or the admin PIN; nothing typed here can help.",
    )
}

/// Said of a passphrase that agents do not take.
#[must_use]
pub fn too_long() -> String {
    gettext_f(
        "This is too long: no more than {count} bytes can be passed on.",
        &[("count", &MAX_PASSPHRASE.to_string())],
    )
}

/// Said when the two entries differ.
#[must_use]
pub fn differ(pin: &PinPrompt) -> String {
    let theirs = pin.repeat.as_ref().and_then(|repeat| repeat.error.as_ref());
    theirs.map_or_else(
        || gettext("Both entries must be the same"),
        |text| text.as_str().to_owned(),
    )
}

/// Said when they are the same.
#[must_use]
pub fn same(pin: &PinPrompt) -> String {
    let theirs = pin.repeat.as_ref().and_then(|repeat| repeat.ok.as_ref());
    theirs.map_or_else(
        || gettext("Both entries are the same"),
        |text| text.as_str().to_owned(),
    )
}

/// The name of what keeps the passphrase in the keyring.
#[must_use]
pub fn keep(label: &Label) -> Label {
    if label.as_str().is_empty() {
        Label::plain(&gettext("Save in the keyring"))
    } else {
        label.clone()
    }
}

/// The buttons of a question: the one that goes on, the one that says no, the one that cancels.
#[must_use]
pub fn buttons(prompt: &Prompt) -> (Label, Option<Label>, Option<Label>) {
    let default = |label: &Option<Label>, ours: String| {
        let label = label.clone();
        label.unwrap_or_else(|| Label::marked(ours.as_bytes()))
    };
    let ok = default(&prompt.ok, gettext("_OK"));
    if matches!(prompt.kind, Kind::Message) {
        return (ok, None, None);
    }
    let cancel = default(&prompt.cancel, gettext("_Cancel"));
    (ok, prompt.not_ok.clone(), Some(cancel))
}

/// From so many percent on a passphrase is fair, and good.
const FAIR: i8 = 40;
/// The quality from which a passphrase is good, in percent.
pub const GOOD: i8 = 70;

/// How good a passphrase is, from what the agent says: 0 to 100, below 0 where it would be refused.
#[must_use]
pub fn quality(value: i8) -> String {
    let word = match value {
        ..0 => gettext("not enough"),
        0..FAIR => gettext("weak"),
        FAIR..GOOD => gettext("fair"),
        GOOD.. => gettext("good"),
    };
    // TRANSLATORS: How good a passphrase is: "good, 71 %".
    gettext_f(
        "{word}, {percent} %",
        &[
            ("word", &word),
            ("percent", &value.unsigned_abs().min(100).to_string()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::{quality, tries};

    #[test]
    fn tries_are_told_in_words() {
        for (left, most, words) in [
            (2, None, "2 tries left"),
            (2, Some(3), "2 of 3 tries left"),
            (1, None, "Last try"),
            (1, Some(3), "Last try of 3"),
            (5, Some(3), "5 tries left"),
            (0, Some(3), "Blocked"),
        ] {
            assert_eq!(tries(left, most), words);
        }
    }

    #[test]
    fn quality_is_a_word_and_a_number() {
        for (value, words) in [
            (-30, "not enough, 30 %"),
            (0, "weak, 0 %"),
            (40, "fair, 40 %"),
            (100, "good, 100 %"),
            (i8::MIN, "not enough, 100 %"),
        ] {
            assert_eq!(quality(value), words);
        }
    }
}
