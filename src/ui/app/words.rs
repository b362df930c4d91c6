//! Words of the main window itself, and what its actions choose on a token.

use std::path::Path;

use relm4::adw::prelude::*;
use relm4::gtk::{self, gio};

use crate::backend::Failure;
use crate::base::clock;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::token::{
    ApplicationKind, KeyRef, KeyRow, OperationKind, Pin, PinReference, ReaderId, SlotState, Text,
    Token, TriesLeft,
};
use crate::ui::actions::{self, Action};
use crate::ui::dialogs::certificate::CertificateDialogInit;
use crate::ui::model::{Model, Place, Shown};
use crate::ui::reader_panel::{self, Row};

/// The two lines in the header of the content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Title {
    /// Whose it is.
    pub(super) title: String,
    /// What it is.
    pub(super) subtitle: String,
}

/// What stands in the header above `shown`.
pub(super) fn title(model: &Model, shown: &Shown) -> Title {
    match (shown, model.place()) {
        (Shown::Token { .. }, Some(place)) => {
            let row = row(model, place);
            Title {
                title: row
                    .as_ref()
                    .map(|row| row.title.clone())
                    .unwrap_or_default(),
                subtitle: row.map(|row| row.subtitle).unwrap_or_default(),
            }
        }
        // The page says it all; the header says where.
        (_, Some(Place::Reader(reader))) => Title {
            title: model.reader_name(reader),
            subtitle: String::new(),
        },
        (_, Some(Place::Bench)) => Title {
            title: gettext("Bench"),
            subtitle: String::new(),
        },
        (_, Some(Place::NoReader)) => Title {
            title: gettext("Readers"),
            subtitle: String::new(),
        },
        (_, None) => Title::default(),
    }
}

/// The first line of a reader's row.
pub(super) fn row_title(model: &Model, reader: ReaderId) -> String {
    let row = row(model, Place::Reader(reader));
    row.map(|row| row.title).unwrap_or_default()
}

fn row(model: &Model, place: Place) -> Option<Row> {
    let rows = reader_panel::rows(model, clock::now(), "");
    rows.into_iter().find(|row| row.place == place)
}

/// A token came into a reader that is not on show.
pub(super) fn arrival(model: &Model, reader: ReaderId) -> String {
    gettext_f(
        "{token} is in reader {reader}",
        &[
            ("token", &row_title(model, reader)),
            ("reader", &model.reader_name(reader)),
        ],
    )
}

/// Who holds a card was asked to let go.
pub(super) fn asked(model: &Model, reader: ReaderId) -> String {
    match model.slot(reader).map(|slot| &slot.reader.slot) {
        Some(SlotState::Held { by: Some(program) }) => gettext_f(
            "{program} was asked to let go",
            &[("program", program.as_str())],
        ),
        _ => gettext("The card was let go"),
    }
}

/// Something is on the clipboard.
pub(super) fn copied(what: &str) -> String {
    gettext_f("{what} copied", &[("what", what)])
}

/// Keys of a card manager are in the keyring under this name.
pub(super) fn keys_kept(name: &str) -> String {
    gettext_f(
        "The keys are in the keyring as “{name}”.",
        &[("name", Text::from(name).as_str())],
    )
}

/// A change of keys is gone on with when the card manager is open.
pub(super) fn open_first() -> String {
    gettext("Open the card manager first, then go on.")
}

/// The summary is on the clipboard.
pub(super) fn summary_copied() -> String {
    gettext("Summary copied")
}

/// The report is on the clipboard.
pub(super) fn report_copied() -> String {
    gettext("Report copied. It holds no PIN, key or name.")
}

/// A file was written.
pub(super) fn saved(path: &Path) -> String {
    let name = Text::from_os(path.file_name().unwrap_or_default());
    gettext_f("Saved as {file}", &[("file", name.as_str())])
}

/// A token in a few lines.
pub(super) fn summary(token: &Token) -> String {
    explain::token::summary(token).join("\n")
}

/// An unknown card in a few lines, for whoever can add it.
pub(super) fn report(token: &Token) -> String {
    explain::token::report(token).join("\n")
}

/// A failure that no dialog waits for.
pub(super) fn show_failure(parent: &impl IsA<gtk::Window>, failure: &Failure) {
    let words = explain::failure::failure(failure);
    let body = match &words.details {
        Some(details) => format!("{}\n\n{details}", words.body),
        None => words.body,
    };
    let dialog = relm4::adw::MessageDialog::builder()
        .transient_for(parent)
        .modal(true)
        // For window lists and screen readers; nobody sees it.
        .title(&words.title)
        .heading(&words.title)
        .body(body)
        .default_response("close")
        .close_response("close")
        .build();
    dialog.add_response("close", &gettext("Close"));
    dialog.present();
}

/// The PIN that an action without a row is about: for *unblock* the first one that is
/// blocked and can be, else the first for which it can be done.
pub(super) fn pin_for(
    token: &Token,
    kind: OperationKind,
) -> Option<(ApplicationKind, PinReference)> {
    let possible = |pin: &Pin| {
        let operation = pin.operation(kind);
        operation.is_some_and(|operation| operation.impossible.is_none())
    };
    let all = || {
        token.applications.iter().flat_map(|application| {
            let pins = application.pins.iter();
            pins.map(|pin| (application.kind, pin))
        })
    };
    let blocked = |pin: &Pin| pin.tries.left == TriesLeft::Blocked;
    let wanted = all()
        .filter(|_| kind == OperationKind::Unblock)
        .find(|(_, pin)| possible(pin) && blocked(pin));
    wanted
        .or_else(|| all().find(|(_, pin)| possible(pin)))
        .map(|(application, pin)| (application, pin.reference))
}

/// The first certificate of a token.
pub(super) fn first_certificate(token: &Token) -> Option<(ApplicationKind, KeyRef)> {
    token.applications.iter().find_map(|application| {
        let first = application.certificates.first()?;
        Some((application.kind, first.slot))
    })
}

/// What the certificate dialog needs.
pub(super) fn certificate(
    token: &Token,
    application: ApplicationKind,
    slot: KeyRef,
) -> Option<CertificateDialogInit> {
    let of = token.application(application)?;
    let certificate = of.certificates.iter().find(|known| known.slot == slot)?;
    let rows = of.key_rows();
    let key_matches = rows.iter().find_map(|row| match row {
        KeyRow::Pair(key, found) if found.slot == slot => key.public_key.as_ref().map(|_| true),
        KeyRow::Mismatch(_, found) if found.slot == slot => Some(false),
        _ => None,
    });
    let summary = certificate.summary.as_ref();
    let name = summary.map(|s| s.name.as_ref().unwrap_or(&s.subject).to_string());
    let every = token.applications.iter().flat_map(|a| &a.certificates);
    Some(CertificateDialogInit {
        title: name.unwrap_or_else(|| gettext("Certificate")),
        der: certificate.der.clone(),
        flaw: certificate.flaw,
        others: every
            .filter(|other| other.der != certificate.der)
            .map(|other| other.der.clone())
            .collect(),
        key_matches,
        location: explain::dotted(&[
            application.name().to_owned(),
            explain::keys::slot(application, slot),
        ]),
    })
}

/// The menu of the program.
pub(super) fn main_menu() -> gio::Menu {
    actions::menu(&[
        &[Action::Practice, Action::Trace],
        &[Action::Preferences, Action::Shortcuts, Action::About],
    ])
}

/// The menu of the token on show.
pub(super) fn token_menu() -> gio::Menu {
    actions::menu(&[
        &[Action::SetUp, Action::GiveUp],
        &[Action::Refresh, Action::CopySummary],
        &[Action::Trace, Action::Command],
    ])
}

#[cfg(test)]
mod tests {
    use super::pin_for;
    use crate::token::{
        Alphabet, Application, ApplicationKind, Factory, Operation, OperationKind, Pin,
        PinReference, PinRole, PinRule, Reason, Token, Tries, TriesLeft,
    };

    fn pin(reference: u8, left: TriesLeft, impossible: Option<Reason>) -> Pin {
        Pin {
            reference: PinReference(reference),
            role: PinRole::User,
            label: None,
            tries: Tries { left, max: Some(3) },
            rule: PinRule {
                min: 6,
                max: 8,
                alphabet: Alphabet::Digits,
            },
            factory: Factory::Changed,
            uses: Vec::new(),
            operations: vec![Operation {
                kind: OperationKind::Unblock,
                needs: Vec::new(),
                impossible,
            }],
            facts: Vec::new(),
        }
    }

    #[test]
    fn unblocking_by_key_means_the_blocked_pin() {
        let mut token = Token::default();
        let mut piv = Application::new(ApplicationKind::Piv, &[]);
        piv.pins = vec![
            pin(1, TriesLeft::Known(3), None),
            pin(2, TriesLeft::Blocked, Some(Reason::NothingUnblocks)),
            pin(3, TriesLeft::Blocked, None),
        ];
        token.applications.push(piv);
        let found = pin_for(&token, OperationKind::Unblock);
        assert_eq!(found, Some((ApplicationKind::Piv, PinReference(3))));
        assert_eq!(pin_for(&token, OperationKind::Change), None);
    }
}
