//! What each step of a plan does, in words.

use super::purpose;
use crate::base::i18n::{gettext, gettext_f};
use crate::globalplatform::Aid;
use crate::plan::{Loading, Named, Task};
use crate::token::Text;

/// What a step does: "Generate RSA 2048", "Create PKCS#15".
#[must_use]
pub fn task(task: &Task) -> String {
    let clean = |text: &str| Text::from(text).to_string();
    match task {
        Task::Format => gettext("Erase and format the card"),
        Task::DeleteApplication => gettext("Erase the token"),
        Task::Create(new) if new.owner.officer => gettext_f(
            "Create PKCS#15 “{name}” with SO-PIN",
            &[("name", &clean(&new.label))],
        ),
        Task::Create(new) => gettext_f(
            "Create PKCS#15 “{name}” with {pin}",
            &[
                ("name", &clean(&new.label)),
                ("pin", &clean(&new.owner.label)),
            ],
        ),
        Task::StorePin(new) => gettext_f("Set {pin}", &[("pin", &clean(&new.label))]),
        Task::GenerateKey(new) => gettext_f(
            "Generate RSA {bits}: {name} ({use})",
            &[
                ("bits", &new.bits.to_string()),
                ("name", &clean(&new.label)),
                ("use", &purpose(new.purpose)),
            ],
        ),
        Task::ImportKey(new) => gettext_f(
            "Import RSA {bits}: {name} ({use})",
            &[
                ("bits", &new.bits.to_string()),
                ("name", &clean(&new.label)),
                ("use", &purpose(new.purpose)),
            ],
        ),
        Task::StoreCertificate(new) => gettext_f(
            "Store the certificate “{name}” (ID {id})",
            &[("name", &clean(&new.label)), ("id", &new.id.to_string())],
        ),
        Task::StoreData(new) => {
            gettext_f("Store the data “{name}”", &[("name", &clean(&new.label))])
        }
        Task::DeleteKey { id } => gettext_f("Delete the key {id}", &[("id", &id.to_string())]),
        Task::DeleteCertificate { id } => {
            gettext_f("Delete the certificate {id}", &[("id", &id.to_string())])
        }
        Task::DeleteData { label } => {
            gettext_f("Delete the data “{name}”", &[("name", &clean(label))])
        }
        Task::Rename { what, label } => rename(what, &clean(label)),
        Task::Secure => gettext("Protect the PINs and keys from being replaced"),
        Task::Activate => gettext("Put the card back into everyday use"),
        Task::SetUpApplet(_) => gettext("Set the MUSCLE applet up with new PINs"),
        Task::DeleteContent(deletion) if deletion.related => gettext_f(
            "Delete {aid} with everything made of it",
            &[("aid", &content(&deletion.aid))],
        ),
        Task::DeleteContent(deletion) => {
            gettext_f("Delete {aid}", &[("aid", &content(&deletion.aid))])
        }
        Task::LoadPackage(loading) => load(loading),
        Task::InstallApplet(installation) => gettext_f(
            "Install {aid}, so that it can be selected",
            &[("aid", &content(&installation.instance))],
        ),
        Task::SetLock { aid, locked: true } => gettext_f("Lock {aid}", &[("aid", &content(aid))]),
        Task::SetLock { aid, locked: false } => {
            gettext_f("Unlock {aid}", &[("aid", &content(aid))])
        }
        Task::SetCardState { state } => card_state(*state),
        Task::PutKeys(keys) => gettext_f(
            "Put new keys on the card manager, version {version}",
            &[("version", &keys.version.to_string())],
        ),
        Task::DeleteKeys { version } => gettext_f(
            "Delete the keys of version {version}",
            &[("version", &version.to_string())],
        ),
    }
}

fn load(loading: &Loading) -> String {
    gettext_f(
        "Load {name} ({size} bytes) as {aid}",
        &[
            ("name", &Text::from(loading.name.as_str()).to_string()),
            ("size", &loading.file.0.len().to_string()),
            ("aid", &content(&loading.package)),
        ],
    )
}

/// Something on a Java card, by its name where it has one.
fn content(aid: &Aid) -> String {
    crate::explain::cap::named(aid)
}

fn card_state(state: u8) -> String {
    match state {
        0x07 => gettext("Put the card manager into the state “Initialized”"),
        0x0F => gettext(
            "Put the card manager into the state “Secured”; a locked card is unlocked by that",
        ),
        0x7F => gettext("Lock the card: only its card manager answers then"),
        0xFF => gettext("Terminate the card: nothing works on it ever again"),
        other => gettext_f(
            "Put the card manager into the state {state}",
            &[("state", &format!("{other:02X}"))],
        ),
    }
}

fn rename(what: &Named, name: &str) -> String {
    match what {
        Named::Token => gettext_f("Call the token “{name}”", &[("name", name)]),
        Named::Pin { auth_id } => gettext_f(
            "Call the PIN {id} “{name}”",
            &[("id", &auth_id.to_string()), ("name", name)],
        ),
        Named::Key { id } => gettext_f(
            "Call the key {id} “{name}”",
            &[("id", &id.to_string()), ("name", name)],
        ),
        Named::Certificate { id } => gettext_f(
            "Call the certificate {id} “{name}”",
            &[("id", &id.to_string()), ("name", name)],
        ),
    }
}
