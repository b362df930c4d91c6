//! What the tasks on a CardOS card need, in words of this make.

use super::Survey;
use super::lists::{self, pin_number};
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::{pins, profile};
use crate::card::setup::Need;
use crate::card::task::{NewPin, SecretName, Task};
use crate::iso7816::tlv::ber;
use crate::token::{Alphabet, PinRole, PinRule, Text};
use crate::transport::trace::{Entry, Shown};

/// Bytes that the card gives at most in one go, and takes for a new PIN.
const MAX_PIN: usize = 8;

/// A PIN by its number on this kind of card: its reference alone has other names elsewhere.
pub(in crate::card) fn with_number(entry: Entry) -> Entry {
    match &entry.command {
        Shown::Hidden { header, .. } => match header.as_slice() {
            [0x00, 0x20, 0x00, reference] => Entry {
                name: format!("VERIFY PIN {}", reference & 0x7F),
                ..entry
            },
            _ => entry,
        },
        Shown::Bytes(_) => entry,
    }
}

/// The PIN that a task sets.
fn new_pin(task: &Task) -> Option<&NewPin> {
    match task {
        Task::Create(new) => Some(&new.owner),
        Task::StorePin(new) => Some(new),
        _ => None,
    }
}

/// What `name` is that a task asks for, on a card of which `survey` is known before it.
pub(in crate::card) fn need(name: &SecretName, task: &Task, survey: &Survey, atr: &[u8]) -> Need {
    let rule = |min: u8| PinRule {
        min: min.into(),
        max: MAX_PIN,
        alphabet: Alphabet::Ascii,
    };
    let any = Need {
        name: name.clone(),
        fresh: false,
        role: PinRole::User,
        label: None,
        rule: rule(1),
        replaces_pins: true,
        refuses_known: false,
    };
    let (SecretName::Pin { number } | SecretName::Puk { number }) = name else {
        return any;
    };
    if let Some(new) = new_pin(task).filter(|new| new.number == *number) {
        let puk = matches!(name, SecretName::Puk { .. });
        return Need {
            fresh: true,
            role: match (puk, new.officer) {
                (true, _) => PinRole::Puk,
                (false, true) => PinRole::SecurityOfficer,
                (false, false) => PinRole::User,
            },
            label: Some(Text::from(new.label.as_str())),
            rule: rule(if puk { new.min.min(4) } else { new.min }),
            ..any
        };
    }
    let entries = lists::entries(survey, Kind::Pins).unwrap_or_default();
    let entry = entries
        .iter()
        .find(|entry| pin_number(entry) == Some(*number));
    let entry = entry.and_then(|entry| ber::objects(entry).next());
    let pin = entry.and_then(|entry| pins::of(&entry, profile::of(atr))?.into_iter().next());
    match pin {
        Some(pin) => Need {
            role: pin.role,
            label: pin.label,
            rule: pin.rule,
            ..any
        },
        None => any,
    }
}
