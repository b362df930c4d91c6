//! What the dialog says by itself. What the agent says comes first.

use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::pinentry::description::Remote;
use crate::pinentry::prompt::{Kind, Label, Prompt};
use crate::pinentry::requester::Requester;

/// The title of the window.
pub(super) fn title(prompt: &Prompt) -> String {
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
pub(super) fn field(prompt: Option<&Label>) -> String {
    match prompt {
        Some(label) => tidy(label.as_str()),
        None => gettext("Passphrase"),
    }
}

/// The name of the second field.
pub(super) fn repeat(prompt: Option<&Label>) -> String {
    match prompt {
        Some(label) => tidy(label.as_str()),
        None => gettext("Repeat"),
    }
}

/// Names stand above their fields and need no colon.
fn tidy(name: &str) -> String {
    name.trim().trim_end_matches(':').to_owned()
}

/// Who asks, in one line; nothing if nobody knows.
pub(super) fn requester(requester: &Requester) -> Option<String> {
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
pub(super) fn remote(remote: Remote) -> String {
    match remote {
        Remote::Site => gettext("This request came from another computer."),
        Remote::Browser => gettext("This request came from a web page."),
    }
}

/// What the card did since the last prompt, if it is more than one prompt allows.
pub(super) fn jump(signatures: u32) -> Option<String> {
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
pub(super) fn counter(value: &str, signatures: Option<u32>) -> String {
    match signatures {
        Some(more) if more > 0 => gettext_f(
            // TRANSLATORS: A counter of signatures: "42 (+1 since last time)".
            "{value} (+{more} since last time)",
            &[("value", value), ("more", &more.to_string())],
        ),
        _ => value.to_owned(),
    }
}

/// How long the dialog stays.
pub(super) fn closes_in(seconds: u64) -> String {
    let count = u32::try_from(seconds).unwrap_or(u32::MAX);
    ngettext_f(
        "Closes in {count} second",
        "Closes in {count} seconds",
        count,
        &[("count", &seconds.to_string())],
    )
}
