//! What has to hold of every reading, whatever the card did.

use std::fmt::Debug;

use symbolon::base::hex;
use symbolon::explain;
use symbolon::token::attention;
use symbolon::token::{Application, ApplicationState, DataKind, Fact, FactValue, Token, TriesLeft};

use crate::desk::{Desk, Outcome};
use crate::families::FAMILIES;

/// What a hostile card may cost beyond what a good one does, in bytes: 32 MiB.
pub(crate) const MEMORY: usize = 32 << 20;

/// Where what a reading found comes out: the JSON document, the words of window and terminal,
/// the trace.
pub(crate) const OUTLETS: usize = 3;

/// A family's card when nothing is wrong with it.
pub(crate) struct Good {
    pub(crate) token: Token,
    /// Commands to the application that will be hostile.
    pub(crate) commands: usize,
    /// Their instructions.
    pub(crate) instructions: Vec<u8>,
    /// Empty VERIFYs, which ask for a counter.
    questions: usize,
    memory: usize,
}

/// What may be different this time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    /// The hostile application may be missing: its SELECT was answered by the item.
    pub(crate) missing: bool,
    /// There may be no token: the card was pulled.
    pub(crate) no_token: bool,
    /// What is missing may be missing without a word: the item says that it is not there.
    pub(crate) absence: bool,
    /// Numbers that the item says.
    pub(crate) numbers: Vec<u64>,
}

impl Good {
    /// Reads the card of `desk` as it is.
    pub(crate) fn of(desk: &Desk) -> Self {
        let outcome = desk.read(|card| card, None);
        let token = outcome.ended.clone().unwrap().unwrap();
        for family in [desk.family, desk.neighbour()] {
            let found = token.application(family.kind).unwrap();
            assert_eq!(found.state, ApplicationState::Readable, "{}", family.name);
        }
        let to_target = outcome.sent.iter().filter(|sent| sent.to_target);
        let instructions: Vec<u8> = to_target.map(|sent| sent.header[1]).collect();
        Self {
            token,
            commands: instructions.len(),
            instructions,
            questions: questions(&outcome),
            memory: outcome.memory,
        }
    }

    /// Everything that is wrong with a reading; nothing if all is well.
    pub(crate) fn judge(&self, desk: &Desk, outcome: &Outcome, allowed: &Allowed) -> Vec<String> {
        let mut wrong = Vec::new();
        self.judge_commands(desk, outcome, &mut wrong);
        if outcome.memory > self.memory + MEMORY {
            wrong.push(format!("{} bytes of memory", outcome.memory));
        }
        match &outcome.ended {
            Err(panic) => wrong.push(format!("panic: {panic}")),
            Ok(Err(error)) if !allowed.no_token => wrong.push(format!("no token: {error:?}")),
            Ok(Err(_)) => {}
            Ok(Ok(token)) => self.judge_token(desk, token, allowed, &mut wrong),
        }
        // What was shown last: it has all that earlier pictures had.
        let last = outcome
            .ended
            .iter()
            .flatten()
            .next()
            .or(outcome.partial.last());
        if let Some(token) = last {
            judge_outlets(desk, token, &mut wrong);
        }
        for entry in &outcome.trace {
            unclean("trace", &entry.name, &mut wrong);
            // What is not in the name is digits; of long answers there are enough.
            if entry.response.len() < 64 {
                unclean("trace", &entry.to_lines(), &mut wrong);
            }
        }
        wrong
    }

    fn judge_commands(&self, desk: &Desk, outcome: &Outcome, wrong: &mut Vec<String>) {
        let to_target = outcome.sent.iter().filter(|sent| sent.to_target).count();
        // What is needed for this card: as many as for a good one, and the pieces of what came.
        let mine = outcome.trace.iter().zip(&outcome.sent);
        let mine = mine.filter(|(_, sent)| sent.to_target);
        let came: usize = mine.map(|(entry, _)| entry.response.len()).sum();
        let bound = 2 * (self.commands + came.div_ceil(256)) + 16;
        if to_target > bound {
            wrong.push(format!("{to_target} commands where {bound} are enough"));
        }
        for sent in &outcome.sent {
            let family = if sent.to_target {
                desk.family
            } else {
                desk.neighbour()
            };
            if (family.changes)(sent.header) {
                wrong.push(format!("{:02X?} changes the card", sent.header));
            }
            if sent.header[1] == 0x20 && sent.data > 0 {
                wrong.push("VERIFY with data".to_owned());
            }
        }
        // A global PIN, which a discovery object may bring, has a counter of its own.
        if questions(outcome) > self.questions + 2 {
            wrong.push(format!("{} empty VERIFYs", questions(outcome)));
        }
    }

    fn judge_token(&self, desk: &Desk, token: &Token, allowed: &Allowed, wrong: &mut Vec<String>) {
        let (target, neighbour) = (desk.family.kind, desk.neighbour().kind);
        if !token.complete {
            wrong.push("the token says that more is coming".to_owned());
        }
        if token.application(neighbour) != self.token.application(neighbour) {
            wrong.push(format!("{} is not as it was", neighbour.name()));
        }
        let count = |kind| {
            token
                .applications
                .iter()
                .filter(|found| found.kind == kind)
                .count()
        };
        if count(target) > 1 || count(neighbour) > 1 || token.applications.len() > 2 {
            wrong.push("an application twice".to_owned());
        }
        let Some(good) = self.token.application(target) else {
            return wrong.push("the good card has no such application".to_owned());
        };
        match token.application(target) {
            None if !allowed.missing => wrong.push(format!("{} is missing", target.name())),
            None => {}
            Some(found) => judge_application(good, found, allowed, wrong),
        }
    }
}

/// Numbers are those of the good card or of the item, and nothing is there twice.
fn judge_application(
    good: &Application,
    found: &Application,
    allowed: &Allowed,
    wrong: &mut Vec<String>,
) {
    let known = numbers(good);
    for number in numbers(found) {
        if !known.contains(&number) && !allowed.numbers.contains(&number) {
            wrong.push(format!("the number {number}, which nobody said"));
        }
    }
    twice("PIN", found.pins.iter().map(|pin| pin.reference), wrong);
    twice("key", found.keys.iter().map(|key| key.reference), wrong);
    let certificates = found.certificates.iter();
    twice("certificate", certificates.map(|one| one.slot), wrong);
    // Programs name their data as they like.
    let data = found.data.iter().map(|data| data.kind);
    twice("data", data.filter(|&kind| kind != DataKind::Named), wrong);
    let entries = |it: &Application| {
        let objects = it.certificates.len() + it.pins.len() + it.data.len();
        objects + it.keys.len() + it.public_keys.len()
    };
    // A certificate that cannot be read is shown as one.
    let marked = found.state != ApplicationState::Readable
        || found.certificates.iter().any(|one| one.summary.is_none());
    let (now, then) = (entries(found), entries(good));
    if !marked && !allowed.absence && now < then {
        wrong.push(format!("{now} entries of {then}, and no word of it"));
    }
}

/// Entries of a list that have the same place.
fn twice<T: Debug + PartialEq>(
    what: &str,
    places: impl Iterator<Item = T>,
    wrong: &mut Vec<String>,
) {
    let mut seen = Vec::new();
    for place in places {
        if seen.contains(&place) {
            wrong.push(format!("{what} {place:?} twice"));
        }
        seen.push(place);
    }
}

/// Every number on the page of an application: facts and counters.
fn numbers(application: &Application) -> Vec<u64> {
    let of = |fact: &Fact| match fact.value {
        FactValue::Number(number) => Some(number),
        _ => None,
    };
    let data = application.data.iter().flat_map(|data| &data.facts);
    let pins = application.pins.iter().flat_map(|pin| &pin.facts);
    let keys = application.keys.iter().flat_map(|key| &key.facts);
    let public = application.public_keys.iter().flat_map(|key| &key.facts);
    let facts = data.chain(pins).chain(keys).chain(public);
    let facts = facts.chain(&application.facts);
    let tries = application
        .pins
        .iter()
        .filter_map(|pin| match pin.tries.left {
            TriesLeft::Known(left) => Some(u64::from(left)),
            TriesLeft::Blocked => Some(0),
            TriesLeft::NotSet | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => {
                None
            }
        });
    facts.filter_map(of).chain(tries).collect()
}

fn questions(outcome: &Outcome) -> usize {
    let asks = outcome.sent.iter().filter(|sent| sent.header[1] == 0x20);
    asks.count()
}

fn judge_outlets(desk: &Desk, token: &Token, wrong: &mut Vec<String>) {
    let json = serde_json::to_string(token).unwrap();
    judge_texts(desk, &json, &words(token), wrong);
}

/// What came out as a JSON document, and as words.
pub(crate) fn judge_texts(desk: &Desk, json: &str, words: &str, wrong: &mut Vec<String>) {
    // Without an escape, what stands in the document is what its reader gets.
    if is_plain(json) && !json.as_bytes().contains(&b'\\') {
        judge_braces(json, wrong);
    } else {
        match serde_json::from_str(json) {
            Ok(document) => judge_strings(&document, wrong),
            Err(error) => wrong.push(format!("JSON: {error}")),
        }
    }
    unclean("words", words, wrong);
    for other in FAMILIES {
        let here = [desk.family, desk.neighbour()]
            .iter()
            .any(|one| one.card == other.card);
        for mark in other.marks.iter().filter(|_| !here) {
            for (outlet, text) in [("words", words), ("JSON", json)] {
                // Contents of objects are in hexadecimal digits.
                let digits = hex::encode(mark.as_bytes());
                if text.contains(mark) || text.contains(&digits) {
                    wrong.push(format!("{outlet}: {mark} is of another card"));
                }
            }
        }
    }
}

/// A document of one line that begins and ends as an object does.
fn judge_braces(json: &str, wrong: &mut Vec<String>) {
    if !json.starts_with('{') || !json.ends_with('}') || json.as_bytes().contains(&b'\n') {
        wrong.push("JSON is not one object on one line".to_owned());
    }
}

fn judge_strings(value: &serde_json::Value, wrong: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => unclean("JSON", text, wrong),
        serde_json::Value::Array(all) => all.iter().for_each(|one| judge_strings(one, wrong)),
        serde_json::Value::Object(all) => all.values().for_each(|one| judge_strings(one, wrong)),
        _ => {}
    }
}

/// Everything that window and terminal say about a token.
fn words(token: &Token) -> String {
    let mut lines = vec![
        explain::token::title(token),
        explain::token::subtitle(token),
    ];
    lines.extend(explain::token::summary(token));
    lines.extend(token.answering.iter().map(explain::token::answering));
    for matter in attention::of(token, 1_790_000_000) {
        let words = explain::attention::words(token, &matter);
        lines.extend([words.title, words.subtitle]);
    }
    lines.extend(token.card.facts.iter().map(explain::facts::of));
    for application in &token.applications {
        if let ApplicationState::Unreadable(why) = &application.state {
            let said = explain::failure::unreadable(application.kind, why);
            lines.extend([said.title, said.body, why.detail.to_string()]);
        }
        let data = application.data.iter().flat_map(|data| &data.facts);
        let pins = application.pins.iter().flat_map(|pin| &pin.facts);
        let keys = application.keys.iter().flat_map(|key| &key.facts);
        let certificates = application.certificates.iter();
        let certificates = certificates.flat_map(|certificate| &certificate.facts);
        let facts = application.facts.iter().chain(data).chain(pins);
        let public = application.public_keys.iter();
        lines.extend(public.clone().map(explain::keys::public_caption));
        lines.extend(
            facts
                .chain(keys)
                .chain(public.flat_map(|key| &key.facts))
                .chain(certificates)
                .map(explain::facts::of),
        );
        let keys = application.keys.iter();
        lines.extend(keys.map(|key| explain::keys::caption(application.kind, key)));
        let pins = application.pins.iter();
        lines.extend(pins.map(|pin| explain::pins::caption(application, pin)));
    }
    lines.join("\n")
}

/// Printable ASCII and ends of lines: the quick answer for nearly all there is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7E | b'\n'))
}

/// No control character but the end of a line, and nothing that turns the direction of writing.
fn unclean(outlet: &str, text: &str, wrong: &mut Vec<String>) {
    let bad = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    if is_plain(text) {
        return;
    }
    if let Some(found) = text.chars().find(|&c| bad(c)) {
        wrong.push(format!("{outlet} has U+{:04X}", u32::from(found)));
    }
}
