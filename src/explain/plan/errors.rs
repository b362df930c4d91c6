//! Why a plan, a profile or a file for them is of no use, in words.

use super::journal_error;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::explain::Explanation;
use crate::explain::failure;
use crate::plan::files::FileError;
use crate::plan::profile::{Fault, ProfileError};
use crate::plan::recipe::RecipeError;
use crate::plan::{Phase, RunError, SecretName, SetupError};
use crate::token::{Text, Token};

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
        SetupError::NoCardManager => crate::explain::card_manager::none(),
        SetupError::CardLocked => crate::explain::card_manager::locked(),
        SetupError::KeyVersion { version } => crate::explain::card_manager::key_version_taken(*version),
        SetupError::TooLarge { len, most } => crate::explain::card_manager::too_large(*len, *most),
        SetupError::NotKept => crate::explain::card_manager::not_kept(),
        SetupError::OwnKeys { version } => crate::explain::card_manager::own_keys(*version),
        SetupError::Manager(error) => crate::explain::card_manager::channel_error(error),
        SetupError::Content(error) => crate::explain::card_manager::content_error(error),
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
                    crate::explain::plural(*count),
                    &[("count", &count.to_string())],
                ),
            ),
            gettext("Name a file with one, and one for each certificate. Nothing was sent."),
        ),
        FileError::Key { path, error } => {
            let explanation = crate::explain::import::import_error(error);
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
            &[("token", &crate::explain::token::title(token))],
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
        RecipeError::Creator { what, creator } => {
            crate::explain::applet::cannot_create(*what, *creator)
        }
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
