//! What the real applet answered, and the small one beside it answers, too.

use symbolon::base::hex;

use crate::applet::Card;

/// A log: commands and answers.
pub(crate) fn exchanges(log: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let mut command = Vec::new();
    for line in log.lines() {
        let bytes = |text: &str| hex::decode(&text.replace(' ', "")).unwrap();
        if let Some(text) = line.strip_prefix("> ") {
            command = bytes(text);
        } else if let Some(text) = line.strip_prefix("< ") {
            found.push((command.clone(), bytes(text)));
        }
    }
    found
}

/// The part of a log before a command line.
pub(crate) fn until<'a>(log: &'a str, line: &str) -> &'a str {
    &log[..log.find(line).unwrap()]
}

/// A card on which all of that was done.
pub(crate) fn replayed(log: &str) -> Card {
    let mut card = Card {
        extended: true,
        ..Card::default()
    };
    for (command, _) in exchanges(log) {
        card.exchange(&command).unwrap();
    }
    card.sent.clear();
    card
}

/// Instructions of which the numbers in the answer are not ours: random bytes, and RSA.
fn is_comparable(command: &[u8]) -> bool {
    match command[1] {
        0x36 | 0x62 => false,
        // Exported keys.
        0x56 => command[5..9] != [0xFF; 4],
        _ => true,
    }
}

#[track_caller]
fn holds(log: &str, skipped: &[u8]) {
    let mut card = Card {
        extended: true,
        ..Card::default()
    };
    let mut compared = 0;
    for (number, (command, answer)) in exchanges(log).into_iter().enumerate() {
        // More PINs than the first set-up makes are no part of ours.
        if command[1] == 0x40 {
            break;
        }
        let ours = card.exchange(&command).unwrap();
        if skipped.contains(&command[1]) || !is_comparable(&command) {
            continue;
        }
        compared += 1;
        assert_eq!(
            hex::encode(&ours),
            hex::encode(&answer),
            "{number}: {}",
            hex::encode(&command)
        );
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn the_small_applet_answers_as_the_real_one() {
    // Challenges are no part of ours, nor the objects that they leave.
    let checks = include_str!("extra-checks.txt");
    holds(checks, &[0x38, 0x3C, 0x58]);
    holds(include_str!("onepin.txt"), &[0x62]);
}
