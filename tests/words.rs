//! How Symbolon speaks: calm, about the card and not about the person, the same words for the same things.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sources;

use sources::{Kind, Source};

/// Words and phrases that we do not use, and what is said in their place.
const NEVER: &[(&str, &str)] = &[
    ("error", "what happened"),
    ("errors", "what happened"),
    ("failed to", "what happened"),
    ("invalid", "“not valid”, or what is wrong with it"),
    ("illegal", "“not allowed”"),
    ("fatal", "what happened"),
    ("abort", "“cancel” or “stop”"),
    ("aborted", "“cancelled” or “stopped”"),
    ("please", "the bare imperative"),
    ("oops", "what happened"),
    ("sorry", "what happened"),
    ("unfortunately", "what happened"),
    ("attempt", "“try”"),
    ("attempts", "“tries”"),
    ("retry", "“try again”"),
    ("retries", "“tries”"),
    ("locked", "“blocked”"),
    ("passcode", "“PIN”"),
    ("dongle", "“token”"),
    ("smartcard", "“smart card”"),
];

/// Where the standard's own word is said: a card manager or an applet is “locked” and unlocked again
/// (GlobalPlatform Card Specification 2.3.1, 5.1 and 5.3); it is PINs that are blocked.
const OF_CARD_MANAGERS: &[(&str, &str)] = &[
    ("explain/card_manager.rs", "locked"),
    ("explain/card_manager/errors.rs", "locked"),
    ("explain/plan.rs", "deleted or locked"),
    ("explain/plan/steps.rs", "a locked card is unlocked"),
    ("ui/wizards/content/flow.rs", "locked"),
];

/// A string that people read, and where it stands.
struct Said {
    text: String,
    place: String,
}

#[test]
fn nobody_is_alarmed_or_blamed() {
    let mut faults = Vec::new();
    for said in everything() {
        if let Some((never, better)) = alarming(&said.text) {
            let theirs = OF_CARD_MANAGERS.iter().any(|(file, phrase)| {
                let text = said.text.to_lowercase();
                *never == "locked" && said.place.contains(file) && text.contains(phrase)
            });
            if theirs {
                continue;
            }
            faults.push(format!(
                "{}: “{}” says “{never}”; better {better}",
                said.place, said.text
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What holds for every string, and how that is seen.
struct Rule(&'static str, fn(&str) -> bool);

#[test]
fn marks_are_set_as_in_print() {
    let rules: [Rule; 6] = [
        Rule("no exclamation mark", |text| !text.contains('!')),
        Rule("“…” in place of three dots", |text| {
            !text.contains("...")
        }),
        Rule("“ ” and ’ in place of straight quotes", |text| {
            !text.contains(['"', '\''])
        }),
        Rule("one space at a time", |text| !text.contains("  ")),
        Rule("no space at the ends", |text| text.trim() == text),
        Rule("no space before a mark", |text| {
            !text.contains(" ,") && !text.contains(" .") && !text.contains(" …")
        }),
    ];
    let mut faults = Vec::new();
    for said in everything() {
        for Rule(rule, holds) in &rules {
            if !holds(&said.text) {
                faults.push(format!("{}: “{}”: {rule}", said.place, said.text));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn places_have_names() {
    for said in everything() {
        let mut rest = said.text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').expect(&said.place);
            let is_name =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert!(is_name, "{}: “{}”", said.place, said.text);
            rest = tail;
        }
    }
}

#[test]
fn strings_are_found_and_judged() {
    let source = Source {
        name: "ui/planted.rs".to_owned(),
        text: r#"fn f() { gettext("one"); pgettext("context", "two"); // gettext("no")
            ngettext_f("three", "four", 4, &[("not", "this")]) }"#
            .to_owned(),
    };
    let texts: Vec<String> = strings(&source).into_iter().map(|said| said.text).collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
    assert!(alarming("An error in the card").is_some());
    assert!(alarming("Symbolon Failed to read it").is_some());
    assert!(alarming("The PIN is blocked; 2 tries left").is_none());
    let words: Vec<String> = everything().into_iter().map(|said| said.text).collect();
    for known in ["The PIN is blocked", "{left} of {max} tries left", "Valid"] {
        assert!(words.iter().any(|text| text == known), "{known}");
    }
}

/// The first word of `text` that we do not use.
fn alarming(text: &str) -> Option<&'static (&'static str, &'static str)> {
    let words = format!(
        " {} ",
        text.to_lowercase()
            .replace(|c: char| !c.is_alphanumeric(), " ")
    );
    NEVER
        .iter()
        .find(|(never, _)| words.contains(&format!(" {never} ")))
}

/// Every string of the program that people read.
fn everything() -> Vec<Said> {
    sources::all().iter().flat_map(strings).collect()
}

/// What `source` gives to gettext.
fn strings(source: &Source) -> Vec<Said> {
    let tokens = sources::tokens(&source.text);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        // Which of the arguments are read by people: the others are contexts and places.
        let read = match token.word() {
            Some("gettext" | "gettext_f") => 0..1,
            Some("ngettext" | "ngettext_f") => 0..2,
            Some("pgettext") => 1..2,
            _ => continue,
        };
        for argument in read {
            // A parenthesis or a comma stands before each.
            let Some(Kind::Text(text)) = tokens.get(at + 2 + 2 * argument).map(|found| &found.kind)
            else {
                continue;
            };
            if tokens[at + 1].is('(') {
                found.push(Said {
                    text: text.clone(),
                    place: format!("src/{}:{}", source.name, token.line),
                });
            }
        }
    }
    found
}
