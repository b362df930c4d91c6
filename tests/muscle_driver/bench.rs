//! A simulated card that is put in again and again, and may be torn out at any command.

use std::sync::{Arc, Mutex};

use symbolon::simulator::faults::{Fault, Scripted, Trigger};
use symbolon::simulator::{Card, Chip, Muscle, MuscleBuild, SimulatedReader, wardrobe};
use symbolon::token::{ReaderId, Token};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::Reader as _;
use symbolon::transport::trace::Tracer;

/// JCOP21 2.3.1 with T=1, and Tyfone with T=0 (sheet "muscle", 1).
pub(crate) const JCOP: &[u8] = &[
    0x3B, 0xFA, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x32, 0x31, 0x56,
    0x32, 0x33, 0x31, 0x91,
];
pub(crate) const TYFONE: &[u8] = &[
    0x3B, 0x6D, 0x00, 0x00, 0xFF, 0x54, 0x79, 0x66, 0x6F, 0x6E, 0x65, 0x20, 0x32, 0x34, 0x32, 0x52,
    0x32,
];

/// The card in the hand; clones are one card.
#[derive(Clone)]
pub(crate) struct Bench {
    card: Arc<Mutex<Box<dyn Card>>>,
    atr: Vec<u8>,
}

impl Card for Bench {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.card.lock().unwrap().reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.card.lock().unwrap().transmit(command)
    }
}

impl Bench {
    pub(crate) fn new(card: Box<dyn Card>) -> Self {
        let atr = card.atr().to_vec();
        Self {
            card: Arc::new(Mutex::new(card)),
            atr,
        }
    }

    pub(crate) fn practice(name: &str) -> Self {
        Self::new(wardrobe::make(name).unwrap())
    }

    /// A card on which the applet was installed just now.
    pub(crate) fn blank(atr: &[u8]) -> Self {
        let build = MuscleBuild::jcop();
        if atr == TYFONE {
            Self::built(build.short_only(), atr)
        } else {
            Self::built(build, atr)
        }
    }

    /// The same with another build of the applet.
    pub(crate) fn built(build: MuscleBuild, atr: &[u8]) -> Self {
        let chip = Chip::new(atr).without_chaining();
        Self::new(Box::new(chip.with(Muscle::blank(build))))
    }

    /// Puts the card in and does something with it.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
        put_in(Box::new(self.clone()), work)
    }

    /// The same with a card to whose commands something happens.
    pub(crate) fn scripted<T>(
        &self,
        trigger: Trigger,
        fault: Fault,
        work: impl FnOnce(&mut Channel<'_>) -> T,
    ) -> T {
        put_in(
            Box::new(Scripted::new(self.clone()).with(trigger, fault)),
            work,
        )
    }

    pub(crate) fn read(&self) -> Token {
        let mut reader = SimulatedReader::new("bench");
        reader.insert(Box::new(self.clone()));
        let protocol = reader.connect().unwrap().protocol();
        self.with(|channel| symbolon::card::read(channel, protocol, &mut |_| {}).unwrap())
    }
}

fn put_in<T>(card: Box<dyn Card>, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
    let mut reader = SimulatedReader::new("bench");
    reader.insert(card);
    let mut link = reader.connect().unwrap();
    let tracer = Tracer::silent(ReaderId(1));
    let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
    work(&mut channel)
}
