//! The translations as they are heard: loaded by gettext, with every place filled in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::process::Command;

use symbolon::base::{i18n, os};
use symbolon::explain::{certificates, dates, keys, pin_dialog, pins, status, token};
use symbolon::iso7816::StatusWord;
use symbolon::pki::certificate::Standing;
use symbolon::token::{ApplicationKind, KeyRef, PinRole, Token, Tries, TriesLeft};

/// In the child process: the language that it shall speak.
const SPEAK: &str = "SYMBOLON_TEST_LANGUAGE";

/// 3 December 2024 and 3 December 2026.
const VALIDITY: (i64, i64) = (1_733_184_000, 1_796_256_000);

/// A sample of everything that is put together from parts.
fn sample() -> Vec<String> {
    let tries = |left, max| Tries { left, max };
    let (begin, end) = VALIDITY;
    let named = Token {
        model: Some("YubiKey 5".into()),
        serial: Some("14725836".into()),
        ..Token::default()
    };
    vec![
        pins::tries(&tries(TriesLeft::Known(2), Some(3))),
        pins::tries(&tries(TriesLeft::Known(1), Some(3))),
        pins::tries(&tries(TriesLeft::Blocked, Some(3))),
        pin_dialog::wrong(PinRole::User, &tries(TriesLeft::Known(2), Some(3))),
        pins::full_name_of(ApplicationKind::OpenPgp, PinRole::Admin, "Anna Rossi"),
        pins::last_try_warning(PinRole::User, &[PinRole::Puk]),
        keys::slot(ApplicationKind::Piv, KeyRef(0x82)),
        certificates::validity(Standing::Soon { days: 12 }, begin, end),
        certificates::standing_chip(Standing::NotYet { days: 1 }, begin),
        dates::moment(begin + 50_520),
        status::answered("SELECT", StatusWord::NOT_FOUND),
        token::subtitle(&named),
    ]
}

/// What the sample says in `language`, from a process that started in it.
fn heard(language: &str) -> Vec<String> {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_child_speaks", "--nocapture"])
        .env(SPEAK, language)
        .env("LANGUAGE", language)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    let said = String::from_utf8(child.stdout).unwrap();
    said.lines()
        .filter_map(|line| line.strip_prefix("said: "))
        .map(str::to_owned)
        .collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn the_child_speaks() {
    // Without a language this is the parent, which listens below.
    if env::var_os(SPEAK).is_none() {
        return;
    }
    os::take_locale();
    i18n::open(&i18n::folder());
    println!();
    for line in sample() {
        println!("said: {line}");
    }
}

#[test]
fn german_is_spoken() {
    assert_eq!(
        heard("de"),
        [
            "Noch 2 von 3 Versuchen",
            "Letzter Versuch von 3",
            "Gesperrt",
            "Falsche PIN. Noch 2 von 3 Versuchen.",
            "OpenPGP-Admin-PIN von Anna Rossi",
            "Ist die Eingabe noch einmal falsch, wird die PIN gesperrt. Mit der PUK lässt sich das entsperren.",
            "Früherer Schlüssel 1 (82)",
            "Gültig von 3. Dezember 2024 bis 3. Dezember 2026, noch 12 Tage",
            "Ab 3. Dezember 2024",
            "3. Dezember 2024, 14:02 UTC",
            "Die Karte antwortete auf SELECT mit 6A82 (Datei oder Anwendung nicht gefunden).",
            "YubiKey 5 · Seriennummer 14725836",
        ]
    );
}

#[test]
fn italian_is_spoken() {
    assert_eq!(
        heard("it"),
        [
            "Restano 2 tentativi su 3",
            "Ultimo tentativo su 3",
            "Bloccato",
            "PIN sbagliato. Restano 2 tentativi su 3.",
            "PIN di amministrazione OpenPGP di Anna Rossi",
            "Se è sbagliato un’altra volta, il PIN si blocca. Il PUK può sbloccarlo.",
            "Chiave precedente 1 (82)",
            "Validità: inizio 3 dicembre 2024, fine 3 dicembre 2026, restano 12 giorni",
            "Inizio: 3 dicembre 2024",
            "3 dicembre 2024, 14:02 UTC",
            "La carta ha risposto 6A82 (file o applicazione non trovati) a SELECT.",
            "YubiKey 5 · numero di serie 14725836",
        ]
    );
}

#[test]
fn english_needs_no_translation() {
    let said = heard("en");
    assert_eq!(said, sample());
    assert!(said.contains(&"Wrong PIN. 2 of 3 tries left.".to_owned()));
}
