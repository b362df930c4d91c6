//! Plans: steps, what they need and lose, what is in their way, what came of them.

mod broken;
mod errors;
mod journals;
mod steps;

pub use broken::{
    give_up, given_up, giving_up, gone_at, report, stopped, stopped_before, stopped_means,
};
pub use errors::{
    file_error, no_key_for_certificate, profile_error, recipe_error, run_error, setup_error,
};
pub use journals::{backup_reminder, between_steps, journal_error, record, standing};
pub use steps::task;

use super::list;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::plan::preview::{Loss, Preview, Step, Warning};
use crate::plan::{KeyPurpose, Need, Plan, Promise, Promised, SecretName, Task};
use crate::token::{PinRole, Text};

/// What a key is good for.
#[must_use]
pub fn purpose(purpose: KeyPurpose) -> String {
    match purpose {
        KeyPurpose::Sign => gettext("sign and sign in"),
        KeyPurpose::Decrypt => gettext("decrypt"),
    }
}

/// What is lost: "Loses 2 keys and 1 certificate". Nothing if nothing is.
#[must_use]
pub fn loss(loss: &Loss) -> Option<String> {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let number = |count: usize| count.to_string();
    let mut parts = Vec::new();
    if loss.keys > 0 {
        parts.push(ngettext_f(
            "{count} key",
            "{count} keys",
            count(loss.keys),
            &[("count", &number(loss.keys))],
        ));
    }
    if loss.certificates > 0 {
        parts.push(ngettext_f(
            "{count} certificate",
            "{count} certificates",
            count(loss.certificates),
            &[("count", &number(loss.certificates))],
        ));
    }
    if loss.data > 0 {
        parts.push(ngettext_f(
            "{count} data object",
            "{count} data objects",
            count(loss.data),
            &[("count", &number(loss.data))],
        ));
    }
    if loss.pins > 0 {
        parts.push(ngettext_f(
            "{count} PIN",
            "{count} PINs",
            count(loss.pins),
            &[("count", &number(loss.pins))],
        ));
    }
    (!parts.is_empty()).then(|| gettext_f("Loses {what} for good", &[("what", &list(&parts))]))
}

/// What a step costs: "4 commands", "about 5 to 60 s".
#[must_use]
pub fn cost(step: &Step) -> String {
    match step.seconds {
        (from, to) if to > 5 => gettext_f(
            "about {from} to {to} s",
            &[("from", &from.to_string()), ("to", &to.to_string())],
        ),
        _ => commands(step.commands.len()),
    }
}

/// What else is laid down by a step: the numbers and rules of the first set-up of an applet.
#[must_use]
pub fn lays_down(task: &Task) -> Option<String> {
    match task {
        Task::SetUpApplet(new) => Some(super::applet::set_up(new)),
        _ => None,
    }
}

/// "4 commands".
#[must_use]
pub fn commands(count: usize) -> String {
    ngettext_f(
        "{count} command",
        "{count} commands",
        u32::try_from(count).unwrap_or(u32::MAX),
        &[("count", &count.to_string())],
    )
}

/// What a whole plan costs: "Takes about 12 to 70 s · 61 commands".
#[must_use]
pub fn whole_cost(preview: &Preview) -> String {
    let (from, to) = preview.seconds();
    let time = gettext_f(
        "Takes about {from} to {to} s",
        &[("from", &from.to_string()), ("to", &to.to_string())],
    );
    super::dotted(&[time, commands(preview.commands())])
}

/// The line below which there is no way back.
#[must_use]
pub fn no_way_back() -> String {
    gettext("No way back from here on")
}

/// What a person has to know before a plan is carried out.
#[must_use]
pub fn warning(warning: Warning) -> String {
    match warning {
        Warning::PaddingOracle => super::card_manager::padding_oracle(),
        Warning::KeyStays => gettext(
            "The rules of a key place do not let the key in it be overwritten. It leaves the lists and stays in its place, where who has the PIN may still use it. Only deleting the applet removes it.",
        ),
    }
}

/// What is asked for: "SO-PIN", "New user PIN (User PIN)".
#[must_use]
pub fn need(need: &Need) -> String {
    let name = need
        .label
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    match (&need.name, need.fresh, need.role) {
        (SecretName::Pin { .. }, true, PinRole::SecurityOfficer) => gettext("New SO-PIN"),
        (SecretName::Pin { .. }, false, PinRole::SecurityOfficer) => gettext("Current SO-PIN"),
        (SecretName::Pin { .. }, true, _) => gettext_f("New PIN “{name}”", &[("name", &name)]),
        (SecretName::Pin { .. }, false, _) if name.is_empty() => gettext("Current PIN"),
        (SecretName::Pin { .. }, false, _) => gettext_f("Current PIN “{name}”", &[("name", &name)]),
        (SecretName::Puk { .. }, ..) => gettext_f("New PUK of “{name}”", &[("name", &name)]),
        (SecretName::TransportPin, ..) => gettext("Transport PIN of the applet"),
        (SecretName::ManagerKeys, ..) => gettext("Keys of the card manager"),
        (SecretName::NewManagerKeys, ..) => gettext("New keys of the card manager"),
        (SecretName::Key { id }, ..) => gettext_f("Key file for {id}", &[("id", &id.to_string())]),
        (SecretName::Data { label }, ..) => gettext_f(
            "Data “{name}”",
            &[("name", &Text::from(label.as_str()).to_string())],
        ),
    }
}

/// What it is for.
#[must_use]
pub fn need_is_for(need: &Need) -> String {
    match (&need.name, need.fresh, need.role) {
        (SecretName::Pin { .. }, true, PinRole::SecurityOfficer) if !need.replaces_pins => gettext(
            "With it further PINs are made. It replaces no forgotten PIN. Keep it apart from the token.",
        ),
        (SecretName::Pin { .. }, true, PinRole::SecurityOfficer) => gettext(
            "With it the token can be set up anew and forgotten PINs replaced. Keep it apart from the token.",
        ),
        (SecretName::Pin { .. }, true, _) => {
            gettext("The holder types it for every use of the keys.")
        }
        (SecretName::Pin { .. }, false, _) => {
            gettext("The card asks for it before it changes anything.")
        }
        (SecretName::Puk { .. }, ..) if !need.replaces_pins => gettext(
            "It gives the tries back when the PIN is blocked. The PIN stays what it was: a forgotten one cannot be replaced.",
        ),
        (SecretName::Puk { .. }, ..) => {
            gettext("It gives a new PIN when the PIN is blocked or forgotten.")
        }
        (SecretName::TransportPin, ..) => gettext(
            "The applet is delivered with it: “Muscle00” if nobody built it with another one. A wrong one costs one of three tries. After a set-up that failed it may be the SO-PIN chosen then, with its tries; who goes on with that set-up has both tried, which costs up to two.",
        ),
        (SecretName::ManagerKeys, ..) => {
            gettext("Without them nothing on the card can be loaded, deleted or locked.")
        }
        (SecretName::NewManagerKeys, ..) => {
            gettext("Keep them: who loses them can never manage the card again.")
        }
        (SecretName::Key { .. } | SecretName::Data { .. }, ..) => String::new(),
    }
}

/// What going without a security officer means.
#[must_use]
pub fn without_officer() -> String {
    gettext(
        "Nobody can then reset a forgotten PIN without its PUK, or the token without erasing it.",
    )
}

/// Why a key that is made on the card is better.
#[must_use]
pub fn rather_on_card() -> String {
    gettext(
        "A key that the card makes has never been anywhere else. One from a file may have copies; it is the right choice for mail that has to stay readable.",
    )
}

/// "3 of 5".
#[must_use]
pub fn step_of(step: usize, plan: &Plan) -> String {
    gettext_f(
        "{step} of {all}",
        &[
            ("step", &(step + 1).to_string()),
            ("all", &plan.tasks.len().to_string()),
        ],
    )
}

/// What has to be left alone while a plan runs.
#[must_use]
pub fn do_not_remove() -> String {
    gettext("Do not remove the token")
}

/// What a dry run ends with.
#[must_use]
pub fn nothing_written() -> String {
    gettext("Nothing was written")
}

/// "All 5 steps would work on this token as it is now."
#[must_use]
pub fn would_work(plan: &Plan) -> String {
    let count = plan.tasks.len();
    ngettext_f(
        "{count} step would work on this token as it is now.",
        "All {count} steps would work on this token as it is now.",
        u32::try_from(count).unwrap_or(u32::MAX),
        &[("count", &count.to_string())],
    )
}

/// "Promised 5, found 5".
#[must_use]
pub fn outcome(promises: &[Promise]) -> String {
    let kept = promises.iter().filter(|promise| promise.kept).count();
    gettext_f(
        "Promised {all}, found {kept}",
        &[
            ("all", &promises.len().to_string()),
            ("kept", &kept.to_string()),
        ],
    )
}

/// One of them.
#[must_use]
pub fn promised(what: &Promised) -> String {
    let clean = |text: &str| Text::from(text).to_string();
    match what {
        Promised::Empty => gettext("The token is empty"),
        Promised::Label(name) => gettext_f("It is called “{name}”", &[("name", &clean(name))]),
        Promised::Pin(name) => gettext_f("PIN “{name}”", &[("name", &clean(name))]),
        Promised::Key(name) => gettext_f("Key “{name}”", &[("name", &clean(name))]),
        Promised::Certificate(name) => gettext_f("Certificate “{name}”", &[("name", &clean(name))]),
        Promised::Data(name) => gettext_f("Data “{name}”", &[("name", &clean(name))]),
        Promised::Gone(name) => gettext_f("“{name}” is gone", &[("name", &clean(name))]),
    }
}
