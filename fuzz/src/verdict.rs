//! What has to hold of the book of a card after [`actions`](crate::actions).

use std::sync::Arc;

use symbolon::backend::{CardError, Failure};
use symbolon::iso7816::Parsed;
use symbolon::token::{ApplicationKind, FactName, FactValue, Token};

use crate::actions::Request;
use crate::oracle::{self, Effect};
use crate::world::{Entry, World};

/// Looks at everything. Without `tokens` it is not known which card was meant; then only that is
/// not looked at.
///
/// # Panics
///
/// If a PIN went to the wrong card, more than once, without being typed, or as the last try without
/// the word; if the end of a request says what was not so.
pub(crate) fn check(requests: &[Request], tokens: Option<&[(usize, Arc<Token>)]>, world: &World) {
    let book = &world.book;
    let raw = requests.iter().any(|request| request.raw);
    let effects: Vec<_> = book.iter().map(|entry| effect(entry, raw)).collect();
    let certain = tokens.is_some();
    let tries: Vec<usize> = (0..book.len())
        .filter(|&at| effects[at] == Effect::Try)
        .collect();
    for &at in &tries {
        was_asked_for(at, requests, book, certain);
    }
    for request in requests {
        let mine = |at: &&usize| request.lines.contains(*at);
        let sent = tries.iter().filter(mine).count();
        if is_alone(request, requests) {
            assert!(sent <= 1, "{sent} PINs for one request");
        }
        for typed in request.typed.iter().filter(|typed| !typed.is_empty()) {
            sent_once(typed, requests, book, certain);
        }
        says_what_was(request, &tries, book);
    }
    let asked = requests.iter().filter(|request| types(request)).count();
    assert!(
        tries.len() <= asked,
        "{} tries for {asked} entries",
        tries.len()
    );
    for (at, effect) in effects.iter().enumerate() {
        if let (Effect::Try | Effect::Change, Some(tokens)) = (effect, tokens) {
            was_identified(book, at, tokens);
        }
    }
}

fn types(request: &Request) -> bool {
    !request.typed.is_empty()
}

/// Whether nothing was done for others meanwhile.
fn is_alone(request: &Request, requests: &[Request]) -> bool {
    let meanwhile = |other: &&Request| {
        types(other)
            && other.lines.start < request.lines.end
            && request.lines.start < other.lines.end
    };
    requests.iter().filter(meanwhile).count() <= usize::from(types(request))
}

/// A PIN was typed for a request that was going on, about this card; and if the card has just said
/// that one try is left, the last try was allowed.
fn was_asked_for(at: usize, requests: &[Request], book: &[Entry], certain: bool) {
    let here = |request: &&Request| !certain || request.stay == Some(book[at].stay);
    let open: Vec<_> = requests
        .iter()
        .filter(|request| types(request) && request.lines.contains(&at))
        .filter(here)
        .collect();
    assert!(!open.is_empty(), "a PIN that nobody typed for this card");
    let told = told_before(at, book);
    let allowed = open.iter().any(|request| request.use_last_try);
    assert!(told != Some(1) || allowed, "the last try without the word");
}

/// What the card said last, since it was selected, of the counter that pays for the PIN in line
/// `at`; nothing if that has not the form of the standards.
fn told_before(at: usize, book: &[Entry]) -> Option<u8> {
    let [_, ins, _, p2, ..] = book[at].command[..] else {
        return None;
    };
    let same = |other: &&Entry| {
        let selects = other.command.get(1) == Some(&0xA4);
        (other.stay, other.power) == (book[at].stay, book[at].power) && !selects
    };
    let mut since = book[..at].iter().rev().take_while(same);
    since.find_map(|other| told(other, ins, p2)).flatten()
}

/// What a question for the counter was answered, if it is one, that pays for a PIN in a command with
/// this instruction and P2; nothing in it if the answer has not the form of the standards.
fn told(other: &Entry, ins: u8, p2: u8) -> Option<Option<u8>> {
    let [data @ .., high, low] = &other.answer[..] else {
        return None;
    };
    let sw = [*high, *low];
    let unblocks = ins == 0x2C;
    match *other.command.get(..4)? {
        // The empty VERIFY of PIV. (That of OpenPGP is no counter to go by.)
        [0, 0x20, 0, asked @ (0x00 | 0x80)] if other.command.len() <= 5 => {
            let counter = matches!(sw, [0x63, 0xC0..=0xCF]).then_some(low & 0x0F);
            (asked == p2 && !unblocks).then_some(counter)
        }
        // GET METADATA. What has no number in it is no answer; VERIFY is asked then.
        [0, 0xF7, 0, asked] if sw == [0x90, 0x00] && matches!(p2, 0x80 | 0x81) => {
            let payer = if unblocks { 0x81 } else { p2 };
            (asked == payer)
                .then(|| metadata(data))
                .filter(Option::is_some)
        }
        // PW status: the user PIN, the resetting code, the admin PIN.
        [0, 0xCA, 0, 0xC4] => Some(match (ins, p2) {
            _ if sw != [0x90, 0x00] || data.len() != 7 => None,
            (0x2C, 0x81) => Some(data[5]),
            (_, 0x81 | 0x82) => Some(data[4]),
            (_, 0x83) => Some(data[6]),
            _ => None,
        }),
        _ => None,
    }
}

/// What is left, in metadata that have it once and nothing around their data objects.
fn metadata(mut data: &[u8]) -> Option<u8> {
    let mut found = None;
    while let [tag, len @ 0..=0x7F, rest @ ..] = data {
        let (value, next) = rest.split_at_checked(usize::from(*len))?;
        if *tag == 0x06 {
            let [total, left] = *value else { return None };
            if left > total || found.replace(left).is_some() {
                return None;
            }
        }
        data = next;
    }
    data.is_empty().then_some(found).flatten()
}

/// "Wrong" was said of a PIN that was sent for this very request, by a card that refused it;
/// "blocked" by one that said zero, or that it is blocked.
fn says_what_was(request: &Request, tries: &[usize], book: &[Entry]) {
    let Some(Err(Failure::Card(error))) = &request.outcome else {
        return;
    };
    let lines = request.lines.start..request.lines.end.min(book.len());
    let sw = |entry: &Entry| match entry.answer[..] {
        [.., high, low] => u16::from_be_bytes([high, low]),
        _ => 0,
    };
    match error {
        CardError::WrongPin { .. } => {
            let refuses = |entry: &Entry| {
                matches!(
                    sw(entry),
                    0x6300..=0x63FF | 0x6982 | 0x6983 | 0x9C02 | 0x9C0C
                )
            };
            // The answer may come in pieces, by GET RESPONSE.
            let pieces = |at: usize| {
                let more = |entry: &&Entry| entry.command.get(1) == Some(&0xC0);
                let rest = book[at + 1..].iter().take_while(more);
                [&book[at]].into_iter().chain(rest)
            };
            let mut sent = tries.iter().filter(|at| lines.contains(at));
            let refused = sent.any(|&at| pieces(at).any(refuses));
            assert!(
                refused,
                "a PIN was called wrong that was not sent and refused"
            );
        }
        CardError::Blocked { .. } => {
            let told = book[lines].iter().any(|entry| {
                let data = entry.answer.len().saturating_sub(2);
                matches!(sw(entry), 0x63C0 | 0x6983 | 0x9C0C) || entry.answer[..data].contains(&0)
            });
            assert!(told, "called blocked by a card that did not say so");
        }
        _ => {}
    }
}

/// What a command did. Of those that the person wrote nothing is known beforehand.
fn effect(entry: &Entry, raw: bool) -> Effect {
    if raw && Parsed::from_bytes(&entry.command).is_none() {
        return Effect::None;
    }
    let effect = oracle::effect(&entry.command);
    assert!(
        raw || effect != Effect::Unknown,
        "{:02X?} was sent",
        entry.command
    );
    effect
}

/// What was typed is in no more commands than it was typed, and that for each card: those went to
/// the card that the person saw. (A card that has PINs derived gets digests; their number is
/// bounded above.)
fn sent_once(typed: &[u8], requests: &[Request], book: &[Entry], certain: bool) {
    let carries = |entry: &&Entry| contains(entry.command.get(5..).unwrap_or_default(), typed);
    let times = |stay: Option<usize>| {
        let about = requests
            .iter()
            .filter(|request| !certain || stay.is_none() || request.stay == stay);
        let all = about.flat_map(|request| &request.typed);
        all.filter(|other| contains(other, typed)).count()
    };
    let carriers: Vec<_> = book.iter().filter(carries).collect();
    let all = times(None);
    assert!(
        carriers.len() <= all,
        "typed {all} times, sent {} times",
        carriers.len()
    );
    if !certain {
        return;
    }
    for carrier in &carriers {
        let here = |other: &&&Entry| other.stay == carrier.stay;
        let sent = carriers.iter().filter(here).count();
        let times = times(Some(carrier.stay));
        assert!(
            sent <= times,
            "for this card typed {times} times, sent {sent}"
        );
    }
}

/// Before a PIN goes to a card the card said who it is, and it is the one that was shown: it
/// gave the serial number or the GUID again, in this very selection.
fn was_identified(book: &[Entry], at: usize, tokens: &[(usize, Arc<Token>)]) {
    let entry = &book[at];
    let same = |other: &&Entry| (other.stay, other.power) == (entry.stay, entry.power);
    let since: Vec<_> = book[..at].iter().rev().take_while(same).collect();
    // By name: files are selected by path behind it.
    let select = since
        .iter()
        .position(|other| other.command.starts_with(&[0x00, 0xA4, 0x04]));
    let select = select.expect("an application that was selected before a PIN was sent");
    let aid = since[select].command.get(5..).unwrap_or_default();
    let kind = if aid.starts_with(&[0xA0, 0, 0, 3, 8]) {
        ApplicationKind::Piv
    } else if aid.starts_with(b"\xA0\x00\x00\x00\x63") {
        ApplicationKind::Pkcs15
    } else {
        ApplicationKind::OpenPgp
    };
    let here = tokens.iter().filter(|(stay, _)| *stay == entry.stay);
    let shown: Vec<_> = here
        .filter_map(|(_, token)| token.application(kind))
        .collect();
    assert!(
        !shown.is_empty(),
        "a PIN for an application that nobody was shown"
    );
    let known: Vec<_> = shown
        .iter()
        .map(|application| names(&application.facts))
        .collect();
    if known.iter().any(Vec::is_empty) {
        // Cards that do not tell who they are cannot be told apart.
        return;
    }
    let said: Vec<u8> = since[..select]
        .iter()
        .rev()
        .flat_map(|other| other.answer.get(..other.answer.len().saturating_sub(2)))
        .flatten()
        .copied()
        .collect();
    let told = known.iter().flatten().any(|name| contains(&said, name));
    assert!(told, "a PIN was sent to a card that did not say who it is");
}

/// The facts that tell one card from another, as the card has them.
fn names(facts: &[symbolon::token::Fact]) -> Vec<Vec<u8>> {
    let of = |fact: &symbolon::token::Fact| match (&fact.name, &fact.value) {
        (FactName::Serial | FactName::Guid, FactValue::Text(text)) => {
            // YubiKeys: a number; OpenPGP cards: digits as they are.
            let number = text.as_str().parse::<u32>().ok();
            let hex = symbolon::base::hex::decode(text.as_str());
            Some([number.map(|number| number.to_be_bytes().to_vec()), hex])
        }
        (FactName::Serial | FactName::Guid, FactValue::Bytes(bytes)) => {
            Some([Some(bytes.clone()), None])
        }
        _ => None,
    };
    facts.iter().filter_map(of).flatten().flatten().collect()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes
        .windows(wanted.len().max(1))
        .any(|window| window == wanted)
}
