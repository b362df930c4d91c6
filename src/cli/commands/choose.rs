//! Which PIN, which certificate and which key the command line means.

use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{ApplicationChoice, PinChoice, PinName, SlotChoice};
use crate::cli::exit::{Exit, Trouble};
use crate::explain::{self, failure, keys, pin_dialog, pins};
use crate::token::{
    Application, ApplicationKind, Certificate, Key, KeyRef, KeyRow, OperationKind, Pin, PinRole,
    PublicKey, Reason, Text, Token, TriesLeft,
};

/// A PIN, and the code that gives the right to do something to it.
#[derive(Debug)]
pub(super) struct Target<'a> {
    /// The application of both.
    pub(super) application: &'a Application,
    /// The PIN.
    pub(super) pin: &'a Pin,
    /// The code, if it is not the PIN itself.
    with: Option<&'a Pin>,
}

impl<'a> Target<'a> {
    /// A PIN that is to be typed itself.
    pub(super) fn own(application: &'a Application, pin: &'a Pin) -> Self {
        Self {
            application,
            pin,
            with: None,
        }
    }
}

impl Target<'_> {
    /// What has to be typed first, and whose tries count.
    pub(super) fn code(&self) -> &Pin {
        self.with.unwrap_or(self.pin)
    }
}

/// The PIN that the command line means, and that something can be done to it.
///
/// # Errors
///
/// [`Trouble`]: there is none, more than one, or the card has no such operation as things stand.
pub(super) fn target(
    token: &Token,
    choice: PinChoice,
    with: Option<PinName>,
    kind: OperationKind,
) -> Result<Target<'_>, Trouble> {
    let role = match (choice.pin, kind) {
        (Some(name), _) => PinRole::from(name),
        (None, OperationKind::Set) => PinRole::ResettingCode,
        (None, OperationKind::Verify | OperationKind::Change | OperationKind::Unblock) => {
            PinRole::User
        }
    };
    let (application, pin) = pin(token, choice.application, role)?;
    let operation = pin
        .operation(kind)
        .filter(|operation| operation.impossible.is_none());
    let Some(operation) = operation else {
        return Err(impossible(application, pin, kind));
    };
    let with = match kind {
        OperationKind::Verify | OperationKind::Change => None,
        OperationKind::Unblock | OperationKind::Set => {
            let helpers = operation
                .needs
                .iter()
                .filter(|&&needed| needed != pin.reference);
            let helpers = helpers.filter_map(|&needed| token.pin(application.kind, needed));
            Some(helper(&helpers.collect::<Vec<_>>(), application, with)?)
        }
    };
    Ok(Target {
        application,
        pin,
        with,
    })
}

fn pin(
    token: &Token,
    choice: ApplicationChoice,
    role: PinRole,
) -> Result<(&Application, &Pin), Trouble> {
    let applications = token.applications.iter();
    let mut found = applications
        .filter(|application| choice.admits(application.kind))
        .filter_map(|application| {
            let pin = application.pins.iter().find(|pin| pin.role == role)?;
            Some((application, pin))
        });
    let name = pins::role_in_list(role);
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => Err(Trouble::usage(
            gettext_f(
                "More than one application has this PIN: {pin}",
                &[("pin", &name)],
            ),
            which_application(),
        )),
        (None, _) => Err(Trouble::new(
            Exit::Refused,
            gettext_f(
                "There is no such PIN on this token: {pin}",
                &[("pin", &name)],
            ),
            gettext("“symbolonctl pin status” lists them."),
        )),
    }
}

/// The code that gives the right: the one that is named, else the only one that is of use.
fn helper<'a>(
    helpers: &[&'a Pin],
    application: &Application,
    with: Option<PinName>,
) -> Result<&'a Pin, Trouble> {
    if let Some(name) = with {
        let role = PinRole::from(name);
        let named = helpers.iter().find(|helper| helper.role == role);
        let named = named.ok_or_else(|| {
            Trouble::usage(
                gettext_f(
                    "This cannot be done with the {pin}",
                    &[("pin", &pins::role_in_list(role))],
                ),
                of_use(helpers),
            )
        })?;
        return match named.tries.left {
            TriesLeft::Blocked | TriesLeft::NotSet => {
                Err(impossible(application, named, OperationKind::Verify))
            }
            TriesLeft::Known(_) | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => {
                Ok(named)
            }
        };
    }
    let usable =
        |helper: &&&Pin| !matches!(helper.tries.left, TriesLeft::Blocked | TriesLeft::NotSet);
    let mut found = helpers.iter().filter(usable);
    match (found.next(), found.next()) {
        (Some(helper), None) => Ok(helper),
        (Some(_), Some(_)) => Err(Trouble::usage(
            gettext("More than one code gives the right to do this"),
            of_use(helpers),
        )),
        (None, _) => Err(Trouble::new(
            Exit::Blocked,
            gettext("This cannot be done now"),
            pins::reason(Reason::NothingUnblocks),
        )),
    }
}

fn of_use(helpers: &[&Pin]) -> String {
    let names: Vec<String> = helpers
        .iter()
        .map(|helper| pins::role_in_list(helper.role))
        .collect();
    gettext_f(
        "Say which one with --with; of use are: {pins}.",
        &[("pins", &explain::list(&names))],
    )
}

/// Why something cannot be done to a PIN.
fn impossible(application: &Application, pin: &Pin, kind: OperationKind) -> Trouble {
    let reason = pin
        .operation(kind)
        .map_or(Some(Reason::Unsupported), |known| known.impossible);
    let reason = match (reason, pin.tries.left) {
        (Some(reason), _) => reason,
        (None, TriesLeft::NotSet) => Reason::NotSet,
        (None, _) => Reason::Blocked,
    };
    let exit = match reason {
        Reason::Blocked | Reason::NothingUnblocks => Exit::Blocked,
        Reason::NotSet | Reason::Unsupported => Exit::Refused,
    };
    if reason == Reason::Blocked {
        return Trouble {
            exit,
            words: failure::blocked(application, pin),
        };
    }
    let title = gettext_f(
        // TRANSLATORS: {operation} is "Change PIN", for example.
        "Not possible: {operation}",
        &[("operation", &pin_dialog::title(kind, pin.role))],
    );
    Trouble::new(exit, title, pins::reason(reason))
}

/// What a slot holds.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    /// The application that it is in.
    pub(super) application: &'a Application,
    /// Where.
    pub(super) reference: KeyRef,
    /// The certificate in it.
    pub(super) certificate: Option<&'a Certificate>,
    /// The key in it.
    pub(super) key: Option<&'a Key>,
}

impl<'a> Slot<'a> {
    /// The certificate.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is none.
    pub(super) fn certificate(&self) -> Result<&'a Certificate, Trouble> {
        self.certificate.ok_or_else(|| {
            let slot = keys::slot(self.application.kind, self.reference);
            Trouble::new(
                Exit::Refused,
                gettext_f("There is no certificate in {slot}", &[("slot", &slot)]),
                gettext("“symbolonctl cert list” lists the certificates and keys."),
            )
        })
    }

    /// The public key: as the card tells it, else as the certificate in the slot does.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: neither tells it.
    pub(super) fn public_key(&self) -> Result<&'a PublicKey, Trouble> {
        let of_key = self.key.and_then(|key| key.public_key.as_ref());
        let summary = self
            .certificate
            .and_then(|certificate| certificate.summary.as_ref());
        of_key
            .or(summary.map(|summary| &summary.public_key))
            .ok_or_else(|| {
                let slot = keys::slot(self.application.kind, self.reference);
                Trouble::new(
                    Exit::Refused,
                    gettext_f("The public key of {slot} is not known", &[("slot", &slot)]),
                    gettext("The card does not tell it, and there is no certificate that does."),
                )
            })
    }
}

/// The slot that the command line means.
///
/// # Errors
///
/// [`Trouble`]: no slot is called like that, there is nothing in it, or two applications have it.
pub(super) fn slot<'a>(token: &'a Token, choice: &SlotChoice) -> Result<Slot<'a>, Trouble> {
    let name = Text::from(choice.slot.as_str());
    let nothing = || {
        Trouble::new(
            Exit::Refused,
            gettext_f(
                "There is nothing in a slot “{slot}”",
                &[("slot", name.as_str())],
            ),
            gettext("“symbolonctl cert list” lists the certificates and keys."),
        )
    };
    let reference = reference(&choice.slot).ok_or_else(nothing)?;
    let applications = token.applications.iter();
    let mut found = applications
        .filter(|application| choice.application.admits(application.kind))
        .filter_map(|application| {
            let certificate = application
                .certificates
                .iter()
                .find(|c| c.slot == reference);
            let key = application
                .keys
                .iter()
                .find(|key| key.reference == reference);
            (certificate.is_some() || key.is_some()).then_some(Slot {
                application,
                reference,
                certificate,
                key,
            })
        });
    match (found.next(), found.next()) {
        (Some(slot), None) => Ok(slot),
        (Some(_), Some(_)) => Err(Trouble::usage(
            gettext_f(
                "More than one application has a slot “{slot}”",
                &[("slot", name.as_str())],
            ),
            which_application(),
        )),
        (None, _) => Err(nothing()),
    }
}

/// A slot as it is written: PIV slots are two hexadecimal digits, keys of OpenPGP and PKCS #15 count
/// from 1.
fn reference(text: &str) -> Option<KeyRef> {
    let text = text.trim();
    let padded = if text.len() == 1 {
        format!("0{text}")
    } else {
        text.to_owned()
    };
    match hex::decode(&padded)?.as_slice() {
        [number] => Some(KeyRef(*number)),
        _ => None,
    }
}

/// A slot as the command line wants it.
pub(super) fn slot_name(application: ApplicationKind, reference: KeyRef) -> String {
    match application {
        // No zero in front of a number that people count.
        ApplicationKind::OpenPgp
        | ApplicationKind::Pkcs15
        | ApplicationKind::Muscle
        | ApplicationKind::FurtherPkcs15(_) => {
            format!("{:X}", reference.0)
        }
        ApplicationKind::Piv => hex::encode(&[reference.0]),
    }
}

/// Every certificate with the slot of its key, if that key is on the token.
pub(super) fn certificates(
    application: &Application,
) -> impl Iterator<Item = (Option<KeyRef>, &Certificate)> {
    application
        .key_rows()
        .into_iter()
        .filter_map(|row| match row {
            KeyRow::Pair(key, certificate) => Some((Some(key.reference), certificate)),
            KeyRow::CertificateOnly(certificate) | KeyRow::Mismatch(_, certificate) => {
                Some((None, certificate))
            }
            KeyRow::KeyOnly(_) => None,
        })
}

fn which_application() -> String {
    gettext("Say which one with --application.")
}
