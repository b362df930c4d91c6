//! A hostile card in one reader, a good one in another; and what is left of a card after another
//! one has taken its place.

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{self, Command, Done, Event, Handle, Options, PinAction, PinCommand};
use symbolon::base::secret::Secret;
use symbolon::simulator::faults::{Fault, Scripted, Trigger};
use symbolon::simulator::{Card, SimulatedReader, wardrobe};
use symbolon::token::{ApplicationKind, Identity, ReaderId, SlotState, Token};

use crate::corpus;
use crate::desk::{Progress, Shared, Watched};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

struct Desk {
    handle: Handle,
    events: Receiver<Event>,
}

impl Desk {
    fn start() -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| drop(sink.send(event))).unwrap();
        Self { handle, events }
    }

    fn wait<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self
                .events
                .recv_timeout(left)
                .expect("no such event in time");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    fn plug(&self, reader: &SimulatedReader) -> ReaderId {
        self.handle.plug(reader.clone());
        let name = reader.name().to_owned();
        self.wait(|event| match event {
            Event::ReaderAdded(reader) => (reader.name.as_str() == name).then_some(reader.id),
            _ => None,
        })
    }

    /// The token in `reader`, once all of it is read.
    fn read(&self, reader: ReaderId) -> (Identity, Token) {
        self.wait(|event| match event {
            Event::TokenRead { identity, token } if identity.reader == reader && token.complete => {
                Some((*identity, Token::clone(token)))
            }
            Event::TokenUnreadable { .. } => panic!("{event:?}"),
            _ => None,
        })
    }

    /// Does something with [`PIN`] to the PIV application of a token.
    fn pin(&self, identity: Identity, token: &Token, action: impl FnOnce(Secret) -> PinAction) {
        let piv = token.application(ApplicationKind::Piv).unwrap();
        let asked = self.handle.send(Command::Pin(PinCommand {
            identity,
            application: piv.kind,
            pin: piv.pins[0].reference,
            action: action(Secret::new(PIN[0].as_bytes())),
            use_last_try: false,
        }));
        self.wait(|event| match event {
            Event::Finished { id, outcome } if *id == asked => {
                assert!(outcome.is_ok(), "{outcome:?}");
                Some(())
            }
            _ => None,
        });
    }

    fn wait_until_empty(&self, reader: ReaderId) {
        self.wait(|event| match event {
            Event::ReaderChanged(changed) => {
                (changed.id == reader && changed.slot == SlotState::Empty).then_some(())
            }
            _ => None,
        });
    }

    /// Has a token read anew, whatever else goes on.
    fn read_now(&self, reader: ReaderId) -> Token {
        let asked = self.handle.send(Command::Read { reader });
        self.wait(|event| match event {
            Event::Finished { id, outcome } if *id == asked => Some(match outcome {
                Ok(Done::Read(token)) => Token::clone(token),
                other => panic!("{other:?}"),
            }),
            _ => None,
        })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Something that happens to the practice card "both", and how far the conversation with it is.
fn spoiled(card: &Shared, trigger: Trigger, fault: Fault) -> (Box<dyn Card>, Progress) {
    let (card, progress) = Watched::new(Scripted::new(card.clone()).with(trigger, fault));
    (Box::new(card), progress)
}

fn both() -> Shared {
    Shared::new(wardrobe::make("both").unwrap())
}

#[test]
fn other_readers_go_on() {
    let desk = Desk::start();
    let good = SimulatedReader::new("good");
    good.insert(wardrobe::make("openpgp-fresh").unwrap());
    let good = desk.plug(&good);
    let (_, whole) = desk.read(good);
    let hostile = SimulatedReader::new("hostile");
    let bad = desk.plug(&hostile);
    // What it cost may differ: under load a reading is broken off and taken up again.
    let as_always = |token: Token| token.applications == whole.applications;
    let card = both();
    let mut tried = 0;
    for item in corpus::of("apdu") {
        for number in [1, 3] {
            let fault = Fault::answers(item.lines.clone());
            let (spoiled, progress) = spoiled(&card, Trigger::From(number), fault);
            hostile.insert(spoiled);
            // Its first bad answer is on the way, or has come.
            progress.until_asked(number, PATIENCE);
            assert!(
                as_always(desk.read_now(good)),
                "{} from {number} on",
                item.name
            );
            // A reading that a hostile card ends is a token, too.
            desk.handle.send(Command::Read { reader: bad });
            hostile.remove();
            tried += 1;
        }
    }
    // While the other one thinks for an hour, this one is read.
    let stall = Fault::Stall(Duration::from_secs(3600));
    let (stalling, progress) = spoiled(&card, Trigger::Number(3), stall);
    hostile.insert(stalling);
    progress.until_asked(3, PATIENCE);
    for _ in 0..5 {
        assert!(as_always(desk.read_now(good)));
        tried += 1;
    }
    assert_eq!(progress.counts(), (3, 2), "it is to think all the time");
    hostile.remove();
    println!(
        "hostile cards: {tried} readings beside a card that lies or thinks, which was asked each time; all as always"
    );
}

/// What stands on the practice card "both" and nowhere else; the last two in digits, the holder's
/// name in his certificate and the number of the card.
const MARKS: [&str; 6] = [
    "14725836",
    "Thomas",
    "Mustermann",
    "keys.works.example",
    "54686F6D6173",
    "9C1F3658",
];

/// The PIN that the first card gets and is unlocked with: as it is typed, and in digits.
const PIN: [&str; 2] = ["90817263", "3930383137323633"];

/// Everything that is known of a token.
fn everything(token: &Token) -> String {
    format!("{token:?} {}", serde_json::to_string(token).unwrap())
}

#[test]
fn nothing_of_a_card_is_left_when_another_one_is_there() {
    let desk = Desk::start();
    let reader = SimulatedReader::new("one after the other");
    reader.insert(wardrobe::make("both").unwrap());
    let id = desk.plug(&reader);
    let (identity, first) = desk.read(id);
    // The control: the marks are on the first card.
    let text = everything(&first);
    assert!(MARKS.iter().all(|mark| text.contains(mark)), "{text}");
    desk.pin(identity, &first, |pin| PinAction::Change {
        current: Secret::new(b"123456"),
        new: pin,
    });
    desk.pin(identity, &first, |pin| PinAction::Verify { pin });
    let lines: Vec<_> = desk.handle.trace().iter().map(|e| e.to_lines()).collect();
    assert!(
        lines.iter().any(|line| line.contains("VERIFY")),
        "{lines:?}"
    );
    let has_pin = |line: &String| PIN.iter().any(|pin| line.contains(pin));
    assert!(!lines.iter().any(has_pin), "{lines:?}");
    let marks = || MARKS.iter().chain(&PIN);
    // What follows a PIN is read by itself: then nobody is at the first card any more.
    desk.read_now(id);

    let card = both();
    let mut searched = 0;
    for (name, fault) in [
        ("silent", Fault::data(&[])),
        ("refusing", Fault::answers([[0x6F, 0x00]])),
        ("echo", Fault::Echo),
        ("no word", Fault::answers([[0x90]])),
    ] {
        reader.remove();
        desk.wait_until_empty(id);
        let before = desk.handle.trace().len();
        // The same answer to reset, and nothing else of it.
        reader.insert(spoiled(&card, Trigger::From(1), fault).0);
        desk.wait(|event| match event {
            Event::TokenRead { identity, token } if identity.reader == id => {
                let text = everything(token);
                assert!(marks().all(|mark| !text.contains(mark)), "{name}: {text}");
                token.complete.then_some(())
            }
            Event::TokenUnreadable { .. } => panic!("{name}: {event:?}"),
            _ => None,
        });
        for entry in desk.handle.trace().iter().skip(before) {
            let line = entry.to_lines();
            assert!(marks().all(|mark| !line.contains(mark)), "{name}: {line}");
            searched += 1;
        }
    }
    assert!(searched >= 8, "{searched}");
    println!(
        "hostile cards: 4 cards in the place of another, {searched} exchanges and every picture searched for it and for its PIN"
    );
}
