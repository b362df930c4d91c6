//! Practice readers: simulated cards from the wardrobe, in readers of this program alone.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::Failure;
use crate::simulator::{Card, Occupancy, SimulatedReader, vpcd, wardrobe};
use crate::token::{ReaderId, Text};
use crate::transport::watch::Slot;

pub use crate::simulator::vpcd::{Served, Stop};
pub use crate::simulator::wardrobe::Practice as PracticeCard;

/// The practice cards that there are.
#[must_use]
pub fn list() -> &'static [PracticeCard] {
    wardrobe::PRACTICE
}

/// Whether a practice card has this name, of those on the list or of those that are made to be
/// pulled at a command of one's choice ("pulled-20").
#[must_use]
pub fn is_known(name: &str) -> bool {
    wardrobe::make(name).is_some()
}

/// How many practice cards are put in for whoever names none.
const STARTERS: usize = 5;

/// The names of the practice cards for whoever names none: the first of the list.
#[must_use]
pub fn starters() -> Vec<String> {
    let first = list().iter().take(STARTERS);
    first.map(|card| card.name.to_owned()).collect()
}

/// Puts a practice card into a reader of the real service, through vsmartcard's driver that
/// listens on `port` of this computer, until `stop` is pulled or the driver goes.
///
/// # Errors
///
/// What the connection says; [`io::ErrorKind::NotFound`] if no card has the name.
pub fn serve(name: &str, port: u16, stop: &Stop) -> io::Result<Served> {
    let mut card = wardrobe::make(name).ok_or(io::ErrorKind::NotFound)?;
    vpcd::serve(card.as_mut(), port, stop)
}

/// The practice readers of a backend.
#[derive(Default)]
pub(super) struct Practice {
    readers: BTreeMap<ReaderId, Port>,
    made: u32,
}

/// A practice reader and the count of what happened in it.
pub(super) struct Port {
    reader: SimulatedReader,
    /// What it told last, and how often it told something. Both at once: a count of before with a
    /// state of after would be told as one change more than there was.
    told: Arc<Mutex<(Slot, u16)>>,
    /// The name of the card, to make it anew if it cannot be put back.
    card: String,
    /// The card, while it is out of the reader.
    pulled: Option<Box<dyn Card>>,
}

impl Port {
    /// A reader that somebody else keeps hold of. A card that falls out of it stays out.
    pub(super) fn of(reader: &SimulatedReader) -> Self {
        Self {
            reader: reader.clone(),
            told: nothing_told(),
            card: String::new(),
            pulled: None,
        }
    }

    /// The reader as the lane sees it.
    pub(super) fn transport(&self) -> Box<dyn crate::transport::link::Reader> {
        Box::new(self.reader.clone())
    }

    /// Calls `told` whenever a card was put in or pulled.
    pub(super) fn subscribe(&self, told: impl Fn() + Send + 'static) {
        let state = Arc::clone(&self.told);
        self.reader.subscribe(Box::new(move |occupancy| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            *state = (slot(&occupancy), state.1.wrapping_add(1));
            drop(state);
            told();
        }));
    }
}

fn nothing_told() -> Arc<Mutex<(Slot, u16)>> {
    Arc::new(Mutex::new((Slot::Empty, 0)))
}

fn slot(occupancy: &Occupancy) -> Slot {
    match occupancy {
        Occupancy::Empty => Slot::Empty,
        Occupancy::Present(_) => Slot::Present,
        Occupancy::Mute => Slot::Mute,
        Occupancy::Held(_) => Slot::Held,
        Occupancy::Gone => Slot::Unavailable,
    }
}

impl Practice {
    /// A new reader with a card of the wardrobe in it.
    pub(super) fn make(&mut self, card: &str) -> Option<(Text, Port)> {
        let made = wardrobe::make(card)?;
        self.made += 1;
        let name = format!("Practice reader {}", self.made);
        let reader = SimulatedReader::new(&name);
        reader.insert(made);
        let port = Port {
            reader,
            told: nothing_told(),
            card: card.to_owned(),
            pulled: None,
        };
        Some((Text::from(name), port))
    }

    pub(super) fn keep(&mut self, id: ReaderId, port: Port) {
        self.readers.insert(id, port);
    }

    /// What is in a reader, and how often that changed.
    pub(super) fn state(&self, id: ReaderId) -> Option<(Slot, u16)> {
        let port = self.readers.get(&id)?;
        Some(*port.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn pull(&mut self, id: ReaderId) -> Result<ReaderId, Failure> {
        let port = self.port(id)?;
        port.pulled = Some(port.reader.remove().ok_or(Failure::NoCard)?);
        Ok(id)
    }

    /// The card that was pulled, as it was; one that fell out by itself comes as new.
    pub(super) fn put_back(&mut self, id: ReaderId) -> Result<ReaderId, Failure> {
        let port = self.port(id)?;
        let card = port.pulled.take().or_else(|| wardrobe::make(&port.card));
        port.reader.insert(card.ok_or(Failure::NoSuchPracticeCard)?);
        Ok(id)
    }

    pub(super) fn forget(&mut self, id: ReaderId) -> Result<(), Failure> {
        let port = self.readers.remove(&id).ok_or(Failure::NoReader)?;
        port.reader.remove();
        Ok(())
    }

    fn port(&mut self, id: ReaderId) -> Result<&mut Port, Failure> {
        self.readers.get_mut(&id).ok_or(Failure::NoReader)
    }
}
