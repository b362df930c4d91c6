//! Plans: steps, what they need and lose, what is in their way, what came of them.

mod broken;

pub use broken::{
    give_up, given_up, giving_up, gone_at, report, stopped, stopped_before, stopped_means,
};

use super::failure::Explanation;
use super::{failure, list};
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::globalplatform::Aid;
use crate::plan::files::FileError;
use crate::plan::journal::{JournalError, Record, Standing};
use crate::plan::preview::{Loss, Preview, Step, Warning};
use crate::plan::profile::{Fault, ProfileError};
use crate::plan::recipe::RecipeError;
use crate::plan::{
    KeyPurpose, Loading, Named, Need, Phase, Plan, Promise, Promised, RunError, SecretName,
    SetupError, Task,
};
use crate::token::{PinRole, Text, Token};

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
    super::cap::named(aid)
}

fn card_state(state: u8) -> String {
    match state {
        0x07 => gettext("Put the card manager into the state “Initialized”"),
        0x0F => gettext("Secure the card manager: it is in its holder’s hands from then on"),
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
            "The applet is delivered with it: “Muscle00” if nobody built it with another one. A wrong one costs one of three tries.",
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

/// Why a plan stopped, or did not begin.
#[must_use]
pub fn run_error(error: &RunError) -> Explanation {
    match error {
        RunError::Setup(error) => setup_error(error),
        RunError::Journal(error) => journal_error(error),
    }
}

/// What is in the way of a step.
#[must_use]
pub fn setup_error(error: &SetupError) -> Explanation {
    match error {
        SetupError::Card(error) => failure::card_error(error),
        SetupError::OtherMake => Explanation::new(
            gettext("This card cannot be set up"),
            gettext("Symbolon sets up CardOS M4 cards (eToken PRO and its relatives) and Java cards with the MUSCLE applet. Nothing was sent."),
        ),
        SetupError::Phase(phase) => wrong_phase(*phase),
        SetupError::Packages => Explanation::new(
            gettext("Erasing would destroy packages of the maker"),
            gettext("They cannot be brought back. Delete the contents instead of formatting the card. Nothing was sent."),
        ),
        SetupError::StartKey { version } => Explanation::new(
            gettext("The card has another start key"),
            gettext("Only who knows that key can format it. Delete the contents with its PINs instead. Nothing was sent."),
        )
        .with(gettext_f("Version {version}", &[("version", &format!("{version:02X}"))])),
        SetupError::StartKeyTries { left } => Explanation::new(
            gettext("Too few tries of the start key are left"),
            gettext_f(
                "There are {left}; at zero the card cannot be managed ever again. Symbolon does not touch it below 5. Nothing was sent.",
                &[("left", &left.to_string())],
            ),
        ),
        SetupError::Changed => Explanation::new(
            gettext("Another program has changed the token meanwhile"),
            gettext("Going on could undo what it did. Look at the token, give the plan up, and make a new one. Nothing was sent."),
        ),
        SetupError::SetUpAlready => set_up_already(),
        SetupError::NotSetUp => not_set_up(),
        SetupError::Never => Explanation::new(
            gettext("The rules of this token forbid that"),
            gettext("They were made so when it was set up, and no PIN changes that. Erasing the token does."),
        ),
        SetupError::UnknownPin { number } => Explanation::new(
            gettext("The token wants a PIN that it does not tell of"),
            gettext_f(
                // TRANSLATORS: {setting} is a line of a profile.
                "A set-up that was given up has left it so, or another program. Erase the whole card, for which no PIN is needed, and set it up anew; in a profile that is {setting}. Nothing was changed.",
                &[("setting", "erase = \"card\"")],
            ),
        )
        .with(gettext_f("PIN object {number}", &[("number", &number.to_string())])),
        SetupError::Full { needed, free } => full(*needed, *free),
        SetupError::InUse(id) => in_use(&id.to_string()),
        SetupError::NoSuch(id) => Explanation::new(
            gettext_f("There is no {id} on the token", &[("id", &id.to_string())]),
            gettext("Read the token again; another program may have altered it. Nothing was changed."),
        ),
        SetupError::KeySize { bits } => key_size(*bits, None),
        SetupError::Name { len, most } => Explanation::new(
            gettext("The name is too long"),
            gettext_f(
                "It takes {len} bytes; there is room for {most}. Nothing was changed.",
                &[("len", &len.to_string()), ("most", &most.to_string())],
            ),
        ),
        SetupError::BadKey(what) => Explanation::new(
            gettext("The new key does not work"),
            gettext("It was tried before anything names it, and is not listed. The card may be damaged; try once more, or use another one."),
        )
        .with((*what).to_owned()),
        SetupError::Missing(name) | SetupError::Other(name) => missing(name),
        SetupError::KnownPin { number } => Explanation::new(
            gettext("This PIN is none"),
            gettext("Eight zeros and “Muscle00” stand in every guide, and a PUK that is the same as its PIN opens nothing more. Choose others. Nothing was sent."),
        )
        .with(gettext_f("PIN {number}", &[("number", &number.to_string())])),
        SetupError::NoCardManager => super::card_manager::none(),
        SetupError::CardLocked => super::card_manager::locked(),
        SetupError::KeyVersion { version } => super::card_manager::key_version_taken(*version),
        SetupError::TooLarge { len, most } => super::card_manager::too_large(*len, *most),
        SetupError::NotKept => super::card_manager::not_kept(),
        SetupError::OwnKeys { version } => super::card_manager::own_keys(*version),
        SetupError::Manager(error) => super::card_manager::channel_error(error),
        SetupError::Content(error) => super::card_manager::content_error(error),
    }
}

fn wrong_phase(phase: Phase) -> Explanation {
    let body = match phase {
        Phase::Manufacturing => gettext(
            "It is in the manufacturing phase: only a secret of its vendor gets it out of there. Ask where it was bought. Nothing was sent.",
        ),
        Phase::Erasing => {
            gettext("It was being erased when that was broken off. Format the card to go on.")
        }
        Phase::Dead => gettext("It was put out of use for ever."),
        Phase::Operational | Phase::Administration | Phase::Other(_) => gettext(
            "It is in a phase of its life in which nothing can be set up. Nothing was sent.",
        ),
    };
    let explanation = Explanation::new(gettext("This card cannot be set up now"), body);
    match phase {
        Phase::Other(number) => explanation.with(gettext_f(
            "Life cycle {number}",
            &[("number", &format!("{number:02X}"))],
        )),
        _ => explanation,
    }
}

fn set_up_already() -> Explanation {
    Explanation::new(
        gettext("The token is set up already"),
        gettext("Erase it first, or choose a profile that only adds to it. Nothing was sent."),
    )
}

fn not_set_up() -> Explanation {
    Explanation::new(
        gettext("The token is not set up"),
        gettext("Choose a profile that creates PKCS#15 on it first. Nothing was sent."),
    )
}

fn full(needed: usize, free: usize) -> Explanation {
    let body = if needed == 0 {
        gettext("Delete an old certificate first.")
    } else {
        gettext_f(
            "Needed: {needed} bytes. Free: {free} bytes. Delete an old certificate first.",
            &[("needed", &needed.to_string()), ("free", &free.to_string())],
        )
    };
    Explanation::new(gettext("Not enough space on the token"), body)
}

fn in_use(id: &str) -> Explanation {
    Explanation::new(
        gettext_f("The ID {id} is in use", &[("id", id)]),
        gettext(
            "Leave the ID out, so that the next free one is taken, or delete what has it. Nothing was sent.",
        ),
    )
}

fn key_size(bits: u16, most: Option<u16>) -> Explanation {
    let body = match most {
        Some(most) => gettext_f(
            "The largest that it has are RSA {most}. Nothing was sent.",
            &[("most", &most.to_string())],
        ),
        None => gettext("Choose another size. Nothing was sent."),
    };
    Explanation::new(
        gettext_f(
            "This card has no keys of {bits} bits",
            &[("bits", &bits.to_string())],
        ),
        body,
    )
}

fn missing(name: &SecretName) -> Explanation {
    let what = match name {
        SecretName::Pin { .. } => gettext("A PIN"),
        SecretName::Puk { .. } => gettext("A PUK"),
        SecretName::TransportPin => gettext("The transport PIN"),
        SecretName::ManagerKeys | SecretName::NewManagerKeys => {
            gettext("The keys of the card manager")
        }
        SecretName::Key { .. } => gettext("The file of a key"),
        SecretName::Data { .. } => gettext("The file of the data"),
    };
    Explanation::new(
        gettext_f(
            "{what} is missing, or is not the one of the plan",
            &[("what", &what)],
        ),
        gettext("Give the one that the plan was made with. Nothing was changed by this step."),
    )
}

/// What is wrong with a journal.
#[must_use]
pub fn journal_error(error: &JournalError) -> Explanation {
    let path = |path: &std::path::Path| Text::from_path(path).to_string();
    match error {
        JournalError::NoPlace => Explanation::new(
            gettext("There is no place for the journal"),
            gettext("Without it, a plan that is broken off could not be gone on with. Set HOME or XDG_STATE_HOME. Nothing was sent."),
        ),
        JournalError::InUse => Explanation::new(
            gettext("Another Symbolon is at work on this token"),
            gettext("Wait until it is done. Nothing was sent."),
        ),
        JournalError::File { path: file, error } => Explanation::new(
            gettext("The journal cannot be written"),
            gettext("Without it, a plan that is broken off could not be gone on with; so the token is not touched."),
        )
        .with(format!("{}: {}", path(file), Text::from(error.as_str()))),
        JournalError::Changed { path: file, line } => Explanation::new(
            gettext("The journal of this token was changed"),
            gettext("What was done to the token is not known for sure. Look at the token, and move the file away to begin anew."),
        )
        .with(gettext_f(
            "{file}, line {line}",
            &[("file", &path(file)), ("line", &line.to_string())],
        )),
    }
}

/// How far a plan is, for a list: "Finished", "Stopped at step 3 of 5".
#[must_use]
pub fn standing(plan: &Plan, standing: Standing) -> String {
    match standing {
        Standing::Finished { promised, kept } if promised == kept => gettext("Finished"),
        Standing::Finished { promised, kept } => gettext_f(
            "Finished; promised {all}, found {kept}",
            &[("all", &promised.to_string()), ("kept", &kept.to_string())],
        ),
        Standing::Open { next } => stopped_at(next, plan),
        Standing::GivenUp => gettext("Given up"),
    }
}

fn stopped_at(next: usize, plan: &Plan) -> String {
    let all = plan.tasks.len();
    gettext_f(
        "Stopped at step {step} of {all}",
        &[
            ("step", &(next + 1).min(all).to_string()),
            ("all", &all.to_string()),
        ],
    )
}

/// What a line of a journal tells; `plan` is the one that it belongs to.
#[must_use]
pub fn record(record: &Record, plan: Option<&Plan>) -> String {
    let numbered = |step: usize| {
        let number = (step + 1).to_string();
        match plan.and_then(|plan| plan.tasks.get(step)) {
            Some(known) => gettext_f(
                // TRANSLATORS: {what} is "Generate RSA 2048", for example.
                "Step {step}: {what}",
                &[("step", &number), ("what", &task(known))],
            ),
            None => gettext_f("Step {step}", &[("step", &number)]),
        }
    };
    match record {
        Record::Planned { plan } => ngettext_f(
            "Plan “{name}” with {count} step",
            "Plan “{name}” with {count} steps",
            super::plural(plan.tasks.len()),
            &[
                ("name", &Text::from(plan.name.as_str()).to_string()),
                ("count", &plan.tasks.len().to_string()),
            ],
        ),
        Record::Begun { step, .. } => numbered(*step),
        Record::Noted { step, .. } => gettext_f(
            "Step {step}: what is on the card was read first",
            &[("step", &(step + 1).to_string())],
        ),
        Record::Done { step } => {
            gettext_f("Step {step} is done", &[("step", &(step + 1).to_string())])
        }
        Record::Stopped { step, why, .. } => gettext_f(
            // TRANSLATORS: {why} is in English.
            "Step {step} stopped: {why}",
            &[
                ("step", &(step + 1).to_string()),
                ("why", &Text::from(why.as_str()).to_string()),
            ],
        ),
        Record::Finished { promised, kept } => gettext_f(
            "Finished; promised {all}, found {kept}",
            &[("all", &promised.to_string()), ("kept", &kept.to_string())],
        ),
        Record::GivenUp => gettext("Given up"),
    }
}

/// What to think of before keys and certificates are lost.
#[must_use]
pub fn backup_reminder() -> String {
    gettext(
        "Export the certificates that are still needed first. Keys cannot be copied off a token: what was encrypted for them can then never be read again.",
    )
}

/// What a plan means that is stopped between two steps.
#[must_use]
pub fn between_steps() -> Explanation {
    Explanation::new(
        gettext("Stopped between two steps"),
        gettext("No step is half done."),
    )
}

/// What is wrong with a file of a profile.
#[must_use]
pub fn file_error(error: &FileError) -> Explanation {
    let name = |path: &std::path::Path| Text::from_path(path).to_string();
    let named = |path: &std::path::Path, what: &str| {
        gettext_f(
            // TRANSLATORS: {file} is the name of a file, {what} what is wrong with it.
            "{file}: {what}",
            &[("file", &name(path)), ("what", what)],
        )
    };
    match error {
        FileError::Unreadable { path, error } => Explanation::new(
            gettext_f("{file} cannot be read", &[("file", &name(path))]),
            gettext("Nothing was sent."),
        )
        .with(Text::from(error.as_str()).to_string()),
        FileError::Profile { path, error } => {
            let explanation = profile_error(error);
            Explanation {
                title: named(path, &explanation.title),
                ..explanation
            }
        }
        FileError::NoCertificate { path } => Explanation::new(
            named(path, &gettext("there is no certificate in it")),
            gettext("A certificate is in its text form (PEM) or in DER. Nothing was sent."),
        ),
        FileError::ManyCertificates { path, count } => Explanation::new(
            named(
                path,
                &ngettext_f(
                    "there is {count} certificate in it",
                    "there are {count} certificates in it",
                    super::plural(*count),
                    &[("count", &count.to_string())],
                ),
            ),
            gettext("Name a file with one, and one for each certificate. Nothing was sent."),
        ),
        FileError::Key { path, error } => {
            let explanation = super::import::import_error(error);
            Explanation {
                title: named(path, &explanation.title),
                ..explanation
            }
        }
        FileError::OddKey { path } => Explanation::new(
            named(path, &gettext("no card keeps a key like this one")),
            gettext("Its primes are not of one length. Nothing was sent."),
        ),
    }
}

/// A certificate that was made for none of the keys on a token.
#[must_use]
pub fn no_key_for_certificate(token: &Token) -> Explanation {
    Explanation::new(
        gettext("This certificate belongs to another key"),
        gettext_f(
            "It was made for a key that is not on {token}. Nothing was stored.",
            &[("token", &super::token::title(token))],
        ),
    )
}

/// Why there is no plan for a card.
#[must_use]
pub fn recipe_error(error: &RecipeError) -> Explanation {
    match error {
        RecipeError::SetUpAlready => set_up_already(),
        RecipeError::NotSetUp => not_set_up(),
        RecipeError::Erase(error) => setup_error(error),
        RecipeError::NotReady(error) => setup_error(error),
        RecipeError::KeySize { bits, most } => key_size(*bits, Some(*most)),
        RecipeError::InUse(id) => in_use(&id.to_string()),
        RecipeError::NoPin(id) => Explanation::new(
            gettext_f(
                "There is no PIN {id} on the token",
                &[("id", &id.to_string())],
            ),
            gettext("Name one that is there, or add it in the same profile. Nothing was sent."),
        ),
        RecipeError::KeyPlace(error) => setup_error(error),
        RecipeError::OnePin => Explanation::new(
            gettext("The applet has one PIN for its holder"),
            gettext(
                "The MUSCLE applet gets its PINs with its first set-up: one for the holder, one for the security officer. Name one PIN in the profile. Nothing was sent.",
            ),
        ),
        RecipeError::NotOnThisCard => Explanation::new(
            gettext("The MUSCLE applet cannot do everything in this profile"),
            gettext(
                "Data, other names, protecting what is there and erasing the whole card are for CardOS cards. Nothing was sent.",
            ),
        ),
        RecipeError::Creator { what, creator } => super::applet::cannot_create(*what, *creator),
        RecipeError::NoPlace => Explanation::new(
            gettext("There is no place for so many"),
            gettext("A CardOS token has room for 16 keys and 7 PINs. Nothing was sent."),
        ),
        RecipeError::OtherKey(id) => Explanation::new(
            gettext("This certificate belongs to another key"),
            gettext_f(
                "It was not made for the key {id} of the token. Nothing was stored.",
                &[("id", &id.to_string())],
            ),
        ),
        RecipeError::MissingFile(file) => Explanation::new(
            gettext_f(
                "{file} was not given",
                &[("file", &Text::from(file.as_str()).to_string())],
            ),
            gettext("The profile names this file. Nothing was sent."),
        ),
        RecipeError::Label(label) => Explanation::new(
            gettext_f(
                "“{name}” is too long for a name",
                &[("name", &Text::from(label.as_str()).to_string())],
            ),
            gettext("A token has room for 32 bytes, everything else for 64. Nothing was sent."),
        ),
        RecipeError::NoName => Explanation::new(
            gettext("This profile wants a name"),
            gettext("Give it with --name. Nothing was sent."),
        ),
        RecipeError::NoColumn(column) => Explanation::new(
            gettext("This profile is for the bench"),
            gettext_f(
                "Only the bench has a table with the column “{column}”. Nothing was sent.",
                &[("column", &Text::from(column.as_str()).to_string())],
            ),
        ),
    }
}

/// What is wrong with a profile: "Line 4, column 7: …".
#[must_use]
pub fn profile_error(error: &ProfileError) -> Explanation {
    let place = gettext_f(
        "Line {line}, column {column}",
        &[
            ("line", &error.line.to_string()),
            ("column", &error.column.to_string()),
        ],
    );
    let (what, details) = fault(&error.fault);
    let explanation = Explanation::new(
        gettext_f("{place}: {what}", &[("place", &place), ("what", &what)]),
        gettext("The profile was not used, and nothing was sent to a card."),
    );
    match details {
        Some(details) => explanation.with(details),
        None => explanation,
    }
}

fn fault(fault: &Fault) -> (String, Option<String>) {
    let words = match fault {
        Fault::Form(words) => {
            let details = Text::from(words.as_str()).to_string();
            return (gettext("this is not the form of a profile"), Some(details));
        }
        Fault::Id => gettext("an ID has 1 to 20 bytes in hexadecimal, such as “45”"),
        Fault::Twice => gettext("this ID is there already"),
        Fault::Number { min, max } => gettext_f(
            "this has to be from {min} to {max}",
            &[("min", &min.to_string()), ("max", &max.to_string())],
        ),
        Fault::Size => gettext("keys have 512 to 2048 bits, in steps of 256"),
        Fault::Label { most } => gettext_f(
            "a name has 1 to {most} bytes here",
            &[("most", &most.to_string())],
        ),
        Fault::NoPin => gettext("a token needs at least one PIN, or nobody guards it"),
        Fault::UnknownPin => gettext("the profile makes no PIN with this ID"),
        Fault::Nothing => gettext("the profile does nothing"),
    };
    (words, None)
}
