//! Pictures of every kind of dialog, for the one who looks at them: light and dark, in three languages.

use std::fs;

use crate::room::Room;
use crate::straight::Straight;

/// What a card says, without its tries.
const CARD: &str = "SETDESC Please unlock the card%0A%0A\u{1e}Number\u{1f}: 0005 00001234%0AHolder\u{1f}: Thomas Mustermann%0ACounter\u{1f}: ";

/// A kind of dialog: a name, the title in English, German and Italian, and what the agent says.
struct Kind {
    name: &'static str,
    titles: [&'static str; 3],
    lines: Vec<String>,
}

fn kind(name: &'static str, titles: [&'static str; 3], lines: &[&str]) -> Kind {
    Kind {
        name,
        titles,
        lines: lines.iter().map(|&line| line.to_owned()).collect(),
    }
}

/// What asks for the PIN of a card.
fn cards() -> Vec<Kind> {
    let card = ["Unlock Card", "Karte freischalten", "Accedi alla carta"];
    let last = format!("{CARD}44%0A%0ARemaining attempts: 1");
    let blocked = format!("{CARD}44%0A%0ARemaining attempts: 0");
    let first = format!("{CARD}41");
    vec![
        kind("card", card, &["SETPROMPT PIN", &first, "GETPIN"]),
        kind(
            "last-try",
            card,
            &["SETTIMEOUT 19", "SETPROMPT PIN", &last, "GETPIN"],
        ),
        kind(
            "blocked",
            card,
            &["SETTIMEOUT 0", "SETPROMPT PIN", &blocked, "GETPIN"],
        ),
    ]
}

/// Everything else.
fn others() -> Vec<Kind> {
    let passphrase = ["Passphrase", "Passphrase", "Passphrase"];
    let confirm = ["Confirm", "Bestätigen", "Conferma"];
    vec![
        kind(
            "new",
            ["New Passphrase", "Neue Passphrase", "Nuova passphrase"],
            &[
                "RESET",
                "SETDESC Enter passphrase%0A",
                "SETREPEAT",
                "SETQUALITYBAR",
                "SETGENPIN",
                "OPTION constraints-enforce",
                "OPTION constraints-hint-short=12 characters or more",
                "GETPIN",
            ],
        ),
        kind(
            "wrong",
            passphrase,
            &[
                "RESET",
                "SETDESC Sign mail",
                "SETERROR Bad Passphrase (try 2 of 3)",
                "GETPIN",
            ],
        ),
        kind(
            "confirm",
            confirm,
            &[
                "RESET",
                "SETDESC An ssh process requested the use of key%0A  (build key)%0ADo you want to allow this?",
                "CONFIRM",
            ],
        ),
        kind(
            "three",
            confirm,
            &[
                "SETDESC Do you ultimately trust%0A  \"CN=Root CA\"?",
                "SETOK Yes",
                "SETNOTOK No",
                "CONFIRM",
            ],
        ),
        kind(
            "reader",
            [
                "Look at the Reader",
                "Auf das Lesegerät sehen",
                "Guardare il lettore",
            ],
            &[
                "RESET",
                "SETDESC Please enter the PIN%0A%0AUse the reader's pinpad for input.",
                "CONFIRM --one-button",
            ],
        ),
        kind(
            "message",
            ["Message", "Nachricht", "Messaggio"],
            &["SETDESC Done.", "MESSAGE"],
        ),
    ]
}

/// One picture of each kind.
fn pictures(language: usize, dark: bool) {
    let room = Room::new("");
    let (code, name) = [("C.UTF-8", "en"), ("de", "de"), ("it", "it")][language];
    let suffix = if dark {
        let settings = room.desktop.home().join("config/gtk-4.0/settings.ini");
        let before = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, before + "gtk-application-prefer-dark-theme=1\n").unwrap();
        format!("{name}-dark")
    } else {
        name.to_owned()
    };
    let mut agent = Straight::begin_with(&room, &[("LANGUAGE", code)]);
    for kind in cards().into_iter().chain(others()) {
        let (question, before) = kind.lines.split_last().unwrap();
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        agent.tell(&before);
        agent.say(question);
        let dialog = room.dialog(kind.titles[language]);
        dialog.picture(&format!("pinentry-{}-{suffix}", kind.name));
        room.desktop.press(&["Escape"]);
        dialog.gone();
        let answer = agent.line();
        let read = question.ends_with("MESSAGE") || question.ends_with("--one-button");
        assert!(
            if read {
                answer == "OK"
            } else {
                answer.starts_with("ERR 83886179 ")
            },
            "{answer}"
        );
    }
}

#[test]
fn every_dialog_in_english() {
    pictures(0, false);
}

#[test]
fn every_dialog_in_german() {
    pictures(1, false);
}

#[test]
fn every_dialog_in_italian_and_in_the_dark() {
    pictures(2, true);
}
