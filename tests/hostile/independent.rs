//! The same script of faults before cards that this project did not write (`opcard`,
//! `piv-authenticator`).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use symbolon::card::{self, CardError};
use symbolon::simulator::faults::{Counted, Fault, Scripted, Trigger};
use symbolon::simulator::vpcd::{self, Stop};
use symbolon::simulator::{Card, Occupancy, SimulatedReader};
use symbolon::token::{ApplicationKind, ApplicationState, FactName, FactValue, ReaderId, Token};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{LinkError, Protocol, Reader};
use symbolon::transport::trace::{Entry, Tracer};

use crate::corpus;
use crate::desk::{Shared, Watched};
use crate::support::forwarded::ForwardedCard;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{Finished, finish, wait_for};

const OPENPGP: ApplicationKind = ApplicationKind::OpenPgp;

/// The serial number of the first card, and of the one in its place.
const SERIALS: [&str; 2] = ["00000042", "00000043"];

fn read(card: impl Card + 'static) -> (Result<Token, LinkError>, Occupancy) {
    let reader = SimulatedReader::new("forwarded");
    reader.insert(Box::new(card));
    (talk(&reader, whole), reader.occupancy())
}

fn whole(channel: &mut Channel<'_>) -> Result<Token, LinkError> {
    card::read(channel, Protocol::T1, &mut |_| {})
}

/// The token on a card, and by which commands it was read.
fn named(card: impl Card + 'static) -> (Token, Vec<String>) {
    let mut reader = SimulatedReader::new("forwarded");
    reader.insert(Box::new(card));
    let names = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&names);
    let note = Arc::new(move |entry: Entry| notes.lock().unwrap().push(entry.name));
    let tracer = Tracer::new(ReaderId(1), Arc::default(), note);
    let mut link = reader.connect().unwrap();
    let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
    let token = whole(&mut channel).unwrap();
    let names = names.lock().unwrap().clone();
    (token, names)
}

fn talk<T>(reader: &SimulatedReader, talk: impl FnOnce(&mut Channel<'_>) -> T) -> T {
    let mut link = reader.clone().connect().unwrap();
    let tracer = Tracer::silent(ReaderId(1));
    talk(&mut Channel::new(link.as_mut(), &tracer, Cancel::default()))
}

/// What an application says of itself by this name.
fn told(token: &Token, kind: ApplicationKind, name: FactName) -> Option<FactValue> {
    let facts = token.application(kind)?.facts.iter();
    let mut found = facts.filter(|fact| fact.name == name);
    found.next().map(|fact| fact.value.clone())
}

/// A card of others, another one for its place, and what is to be known of a reading of it.
struct Others {
    name: &'static str,
    kind: ApplicationKind,
    first: Shared,
    second: Shared,
    /// The fact that tells one card of its kind from another, and what it is on both.
    fact: FactName,
    names: [FactValue; 2],
    /// The first reading, when nothing happened yet.
    whole: Token,
    /// The commands of that, by their names.
    commands: Vec<String>,
}

impl Others {
    fn new(
        name: &'static str,
        (kind, fact): (ApplicationKind, FactName),
        make: fn(&str) -> ForwardedCard,
    ) -> Self {
        let [first, second] = SERIALS.map(|serial| Shared::new(Box::new(make(serial))));
        // Whoever swaps cards unnoticed has selected the application on his own before.
        let other = read(second.clone()).0.unwrap();
        let (whole, commands) = named(first.clone());
        assert_eq!(whole.applications.len(), 1);
        assert_eq!(whole.applications[0].kind, kind);
        assert_eq!(whole.applications[0].state, ApplicationState::Readable);
        let names = [&whole, &other].map(|token| told(token, kind, fact).unwrap());
        assert_ne!(names[0], names[1]);
        Self {
            name,
            kind,
            first,
            second,
            fact,
            names,
            whole,
            commands,
        }
    }

    /// The number of the first command of this name.
    fn command(&self, name: &str) -> usize {
        let found = self.commands.iter().position(|one| one == name);
        found.unwrap_or_else(|| panic!("{name} is not among {:?}", self.commands)) + 1
    }

    fn spoiled(&self, number: usize, fault: Fault) -> (Result<Token, LinkError>, Occupancy) {
        read(Scripted::new(self.first.clone()).with(Trigger::Number(number), fault))
    }

    /// Eight things that happen at this command.
    fn suffer(&self, number: usize, told_at: usize) {
        let select = self.command(&format!("SELECT {}", self.kind.name()));
        let what = format!("{}, {number}: {}", self.name, self.commands[number - 1]);
        for carried_out in [false, true] {
            let (read, occupancy) = self.spoiled(number, Fault::Cut { carried_out });
            let wanted = (Err(LinkError::Removed), Occupancy::Empty);
            assert_eq!((read, occupancy), wanted, "{what}");
        }
        let flooded = self.spoiled(number, Fault::Flood).0.unwrap();
        let missing = flooded.application(self.kind).is_none();
        let applications = flooded.applications.iter();
        let marked = { applications }.any(|found| found.state != ApplicationState::Readable);
        assert!(
            flooded.complete && (missing || marked),
            "{what}: {flooded:#?}"
        );
        // A login name may be any bytes, so not every lie is seen.
        let lie = Fault::data(&corpus::item("tlv/four-byte-length").bytes());
        for (how, fault) in [("lie", lie), ("echo", Fault::Echo)] {
            let token = self.spoiled(number, fault).0.unwrap();
            let there = number == select || token.application(self.kind).is_some();
            assert!(token.complete && there, "{what}, {how}: {token:#?}");
            let told = told(&token, self.kind, self.fact).filter(|_| number != told_at);
            let known = told.as_ref().is_none_or(|told| *told == self.names[0]);
            assert!(known, "{what}, {how}: {told:?}");
        }
        let swap = Fault::Swap(Box::new(self.second.clone()));
        let token = self.spoiled(number, swap).0.unwrap();
        let expected = self.names[usize::from(number <= told_at)].clone();
        let told = told(&token, self.kind, self.fact);
        assert_eq!(told, Some(expected), "{what}");
        // For a moment it is waited for; for an hour until it is pulled.
        let moment = Fault::Stall(Duration::from_millis(2));
        let token = self.spoiled(number, moment).0.unwrap();
        assert_eq!(token.applications, self.whole.applications, "{what}");
        self.think_until_pulled(number, &what);
    }

    fn think_until_pulled(&self, number: usize, what: &str) {
        let stall = Fault::Stall(Duration::from_secs(3600));
        let thinking = Scripted::new(self.first.clone()).with(Trigger::Number(number), stall);
        let (thinking, progress) = Watched::new(thinking);
        let reader = SimulatedReader::new("thinking");
        reader.insert(Box::new(thinking));
        let ended = std::thread::scope(|scope| {
            let reading = scope.spawn(|| talk(&reader, whole));
            progress.until_asked(number, Duration::from_secs(60));
            assert_eq!(progress.counts(), (number, number - 1), "{what}");
            drop(reader.remove());
            reading.join().unwrap()
        });
        assert_eq!(ended, Err(LinkError::Removed), "{what}");
    }
}

#[test]
fn cards_of_others_are_cut_flooded_swapped_stalled_and_made_to_lie() {
    // All cards of piv-authenticator have one serial number.
    let openpgp = (OPENPGP, FactName::Serial);
    let piv = (ApplicationKind::Piv, FactName::Guid);
    for (cards, told) in [
        (
            Others::new("opcard", openpgp, ForwardedCard::openpgp),
            "GET DATA application related data",
        ),
        (
            Others::new("piv-authenticator", piv, ForwardedCard::piv),
            "GET DATA card holder identifier",
        ),
    ] {
        let (count, told_at) = (cards.commands.len(), cards.command(told));
        assert!(count > 8, "{count}");
        // PIV is asked for first, on every card.
        let first = cards.command(&format!("SELECT {}", cards.kind.name()));
        for number in first..=count {
            cards.suffer(number, told_at);
        }
        println!(
            "hostile cards: {} spoiled in 8 ways at each of {} commands",
            cards.name,
            count + 1 - first
        );
    }
}

#[test]
fn a_pin_is_not_for_the_card_in_the_place_of_another() {
    let [first, second] =
        SERIALS.map(|serial| Shared::new(Box::new(ForwardedCard::openpgp(serial))));
    let shown = read(first.clone()).0.unwrap();
    let (second, tally) = Counted::new(second);
    let reader = SimulatedReader::new("swapped");
    let swapped = Scripted::new(first).with(Trigger::Number(2), Fault::Swap(Box::new(second)));
    reader.insert(Box::new(swapped));
    let refused = talk(&reader, |channel| {
        let mut driver = card::open(channel, OPENPGP).unwrap();
        card::identify(driver.as_mut(), channel, &shown, OPENPGP)
    });
    assert_eq!(refused, Err(CardError::OtherCard));
    assert_eq!((tally.pins(), tally.of(0x20)), (0, 0));
}

/// Runs `symbolonctl` on the card with this script in a reader of a real service.
fn in_a_real_service(slot: &Slot, arguments: &[&str], trigger: Trigger, fault: Fault) -> Finished {
    let mut card = Scripted::new(ForwardedCard::openpgp(SERIALS[0])).with(trigger, fault);
    let (stop, port) = (Stop::new(), slot.port);
    let pull = stop.clone();
    let served = std::thread::spawn(move || vpcd::serve(&mut card, port, &stop));
    wait_for(
        "the reader to notice its card",
        Duration::from_secs(20),
        || slot.holds_card().then_some(()),
    );
    let mut command = slot.command(env!("CARGO_BIN_EXE_symbolonctl"));
    let finished = finish(command.args(arguments), "");
    pull.stop();
    served.join().unwrap().unwrap();
    wait_for(
        "the reader to miss its card",
        Duration::from_secs(20),
        || (!slot.holds_card()).then_some(()),
    );
    finished
}

#[test]
fn the_program_says_what_happened_in_a_real_service() {
    let service = PrivatePcscd::start(2);
    let slot = service.slot(0);
    let lie = || Fault::data(&corpus::item("tlv/four-byte-length").bytes());
    // GET DATA: everything that an OpenPGP card tells.
    let lied = in_a_real_service(slot, &["show", "--json"], Trigger::EveryIns(0xCA), lie());
    let document: serde_json::Value =
        serde_json::from_str(&lied.stdout).unwrap_or_else(|error| panic!("{error}: {lied}"));
    let application = &document["token"]["applications"][0];
    assert_eq!(application["kind"], "openpgp", "{lied}");
    assert_eq!(application["state"]["state"], "unreadable", "{lied}");
    let lied = in_a_real_service(slot, &["show"], Trigger::EveryIns(0xCA), lie());
    assert!(lied.stdout.contains("OpenPGP cannot be read"), "{lied}");

    // Pulled at its second GET DATA: no picture of half a card, and the reason.
    let cut = Fault::Cut { carried_out: true };
    let pulled = in_a_real_service(slot, &["show"], Trigger::Ins(0xCA), cut);
    assert_eq!(pulled.status.code(), Some(3), "{pulled}");
    assert!(!pulled.stdout.contains(SERIALS[0]), "{pulled}");
    assert!(pulled.stderr.starts_with("symbolonctl: "), "{pulled}");
}
