//! The two cards that a person has in [`actions`](crate::actions), and the book of what they
//! were sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symbolon::simulator::{Card, Chip, Model, OpenPgp, Piv};

use crate::script::{self, Deed, Script};

/// Answer to reset of a card with T=1, chaining and extended length.
const ATR: [u8; 13] = [
    0x3B, 0x95, 0x18, 0x81, 0x31, 0xFE, 0x45, 0x80, 0x73, 0x40, 0x01, 0xC0, 0x15,
];

/// Both cards, the lies, and the book.
pub(crate) struct World {
    cards: [Box<dyn Card>; 2],
    script: Script,
    /// Which of the two is in the reader.
    current: usize,
    /// Counts the times that a card was put into the reader.
    pub(crate) stay: usize,
    /// Counts resets, those when a card is put in included.
    power: usize,
    pub(crate) book: Vec<Entry>,
}

/// A command that reached a card.
pub(crate) struct Entry {
    pub(crate) stay: usize,
    pub(crate) power: usize,
    pub(crate) command: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl World {
    pub(crate) fn new(choice: u8, lies: &[&[u8]]) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            cards: [make(choice, 1), make(choice, 2)],
            script: Script::new(lies, choice & 0x20 != 0),
            current: 0,
            stay: 0,
            power: 0,
            book: Vec::new(),
        }))
    }

    /// Another stay begins, of the same card or of the other.
    pub(crate) fn next_stay(&mut self, other: bool) {
        self.stay += 1;
        if other {
            self.current = 1 - self.current;
        }
    }
}

/// Cards of a kind that tell one serial number from another.
fn make(choice: u8, number: u32) -> Box<dyn Card> {
    let serial = 0x1234_5600 + number;
    let guid = [number as u8; 16];
    let chip = || Chip::new(ATR);
    let yubikey = || Piv::yubikey([5, 4, 3], serial).with_tries_left(2, 3);
    match choice & 0x0F {
        0 => Box::new(chip()),
        1 | 2 => Box::new(chip().with(yubikey())),
        3 => Box::new(chip().with(Piv::generic().with_holder(guid))),
        4 => Box::new(chip().with(Piv::generic())),
        5 | 6 => Box::new(chip().with(OpenPgp::new(Model::version_3(serial)))),
        7 => {
            let card = OpenPgp::new(Model::version_2(serial).short_only());
            Box::new(chip().short_only().with(card))
        }
        8 => {
            let card = OpenPgp::new(Model::version_3(serial)).with_resetting_code("12345678");
            Box::new(chip().with(card.with_tries_left(1, 1, 2)))
        }
        11 | 12 => {
            // OpenPGP card 3.4, 4.3.2: iterated and salted, SHA-256 or SHA-512, a hundred bytes.
            let digest = if choice & 1 == 1 { 0x08 } else { 0x0A };
            let salt = |tag: u8| [tag, 8, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37];
            let settings = [
                &[0x81, 1, 3, 0x82, 1, digest, 0x83, 4, 0, 0, 0, 100][..],
                &salt(0x84),
                &salt(0x85),
                &salt(0x86),
            ];
            let card = OpenPgp::new(Model::version_3(serial));
            Box::new(chip().with(card.with_object(0xF9, &settings.concat())))
        }
        9 => Box::new(
            Chip::new([0x3B, 0x00])
                .short_only()
                .with(Piv::generic().with_holder(guid)),
        ),
        _ => Box::new(
            chip()
                .with(yubikey())
                .with(OpenPgp::new(Model::yubikey([5, 4, 3], serial))),
        ),
    }
}

/// The card in the reader, whichever that is: a handle to the world.
struct Liar {
    world: Arc<Mutex<World>>,
    atr: Vec<u8>,
    present: bool,
}

/// A card to be put into the reader.
pub(crate) fn card(world: &Arc<Mutex<World>>) -> Box<dyn Card> {
    let guard = lock(world);
    let atr = guard.cards[guard.current].atr().to_vec();
    drop(guard);
    Box::new(Liar {
        world: Arc::clone(world),
        atr,
        present: true,
    })
}

impl Card for Liar {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.present = true;
        let mut world = lock(&self.world);
        world.power += 1;
        let current = world.current;
        world.cards[current].reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        assert!(self.present, "a command to a card that is gone");
        let mut guard = lock(&self.world);
        let world = &mut *guard;
        let deed = world.script.next();
        let pulled = matches!(deed, Some(Deed::PulledBefore | Deed::PulledAfter));
        self.present = !pulled;
        let honest = &mut world.cards[world.current];
        let answer = if deed == Some(Deed::PulledBefore) {
            Vec::new()
        } else {
            script::answer(deed, || honest.transmit(command))
        };
        world.book.push(Entry {
            stay: world.stay,
            power: world.power,
            command: command.to_vec(),
            answer: answer.clone(),
        });
        answer
    }

    fn is_present(&self) -> bool {
        self.present
    }
}

pub(crate) fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
