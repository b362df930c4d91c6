//! A card with two applications, one of which is made hostile, and one reading of it with
//! everything that is to be known afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use symbolon::card;
use symbolon::iso7816::Parsed;
use symbolon::simulator::faults::Scripted;
use symbolon::simulator::{Brake, Card, SimulatedReader};
use symbolon::token::{ReaderId, Token};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{LinkError, Protocol, Reader};
use symbolon::transport::trace::{Entry, Tracer};

use crate::families::Family;
use crate::memory;

/// No reading sends so many commands: at this one the card is gone, and so even an endless
/// reading ends.
pub(crate) const CEILING: usize = 20_000;

/// A card that several readings use one after the other.
#[derive(Clone)]
pub(crate) struct Shared {
    card: Arc<Mutex<Box<dyn Card>>>,
    atr: Vec<u8>,
}

impl Shared {
    pub(crate) fn new(card: Box<dyn Card>) -> Self {
        let atr = card.atr().to_vec();
        Self {
            card: Arc::new(Mutex::new(card)),
            atr,
        }
    }
}

impl Card for Shared {
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

/// A card of which it is known from outside how far a conversation with it is.
pub(crate) struct Watched<C> {
    card: C,
    progress: Progress,
}

/// How many commands came to a [`Watched`] card, and how many of them it has answered.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<(Mutex<(usize, usize)>, Condvar)>);

impl<C: Card> Watched<C> {
    pub(crate) fn new(card: C) -> (Self, Progress) {
        let progress = Progress::default();
        let watched = Self {
            card,
            progress: progress.clone(),
        };
        (watched, progress)
    }
}

impl Progress {
    /// Waits until so many commands came to the card.
    #[track_caller]
    pub(crate) fn until_asked(&self, wanted: usize, limit: Duration) {
        let (counts, changed) = &*self.0;
        let counts = counts.lock().unwrap();
        let (counts, wait) = changed
            .wait_timeout_while(counts, limit, |(asked, _)| *asked < wanted)
            .unwrap();
        assert!(!wait.timed_out(), "{counts:?}, not {wanted} commands");
    }

    /// Commands that came, and those of them that are answered.
    pub(crate) fn counts(&self) -> (usize, usize) {
        *self.0.0.lock().unwrap()
    }

    fn count(&self, count: impl FnOnce(&mut (usize, usize))) {
        count(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }
}

impl<C: Card> Card for Watched<C> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.progress.count(|(asked, _)| *asked += 1);
        let answer = self.card.transmit(command);
        self.progress.count(|(_, answered)| *answered += 1);
        answer
    }

    fn is_present(&self) -> bool {
        self.card.is_present()
    }

    fn brake(&self) -> Option<Brake> {
        self.card.brake()
    }
}

/// What went to a card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Sent {
    pub(crate) header: [u8; 4],
    /// Bytes of data.
    pub(crate) data: usize,
    /// Whether it went to the application that is hostile.
    pub(crate) to_target: bool,
}

/// Two applications on one card, which notes what it gets. Each has the commands from its
/// SELECT to that of the other; there is no third one.
struct TwoApplications {
    atr: Vec<u8>,
    target: Box<dyn Card>,
    target_aid: &'static [u8],
    neighbour: Box<dyn Card>,
    neighbour_aid: &'static [u8],
    in_neighbour: bool,
    sent: Arc<Mutex<Vec<Sent>>>,
    present: bool,
}

impl Card for TwoApplications {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.target.reset();
        self.neighbour.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let parsed = Parsed::from_bytes(command).expect("the program sends whole commands");
        let by_name = matches!(parsed.header, [0x00, 0xA4, 0x04, _]);
        let names = |aid: &[u8]| by_name && parsed.data.starts_with(aid);
        let [target, neighbour] = [self.target_aid, self.neighbour_aid].map(names);
        let nobody = by_name && !target && !neighbour;
        if target || neighbour {
            self.in_neighbour = neighbour;
        }
        let mut sent = self.sent.lock().unwrap();
        sent.push(Sent {
            header: parsed.header,
            data: parsed.data.len(),
            to_target: !self.in_neighbour && !nobody,
        });
        self.present = sent.len() < CEILING;
        drop(sent);
        if nobody {
            vec![0x6A, 0x82]
        } else if self.in_neighbour {
            self.neighbour.transmit(command)
        } else {
            self.target.transmit(command)
        }
    }

    fn is_present(&self) -> bool {
        self.present && self.target.is_present()
    }
}

/// A family's good card beside another application, ready to be spoiled again and again.
pub(crate) struct Desk {
    pub(crate) family: &'static Family,
    neighbour: &'static Family,
    target_card: Shared,
    neighbour_card: Shared,
}

/// How a card is read; the drivers' way, or a bad one that is to be caught.
pub(crate) type Reading<'a> =
    &'a dyn Fn(&mut Channel<'_>, Protocol, &mut dyn FnMut(&Token)) -> Result<Token, LinkError>;

/// What came of a reading.
pub(crate) struct Outcome {
    /// The token, or why there is none; or the words of a panic.
    pub(crate) ended: Result<Result<Token, LinkError>, String>,
    /// Pictures that were shown on the way.
    pub(crate) partial: Vec<Token>,
    pub(crate) trace: Vec<Entry>,
    pub(crate) sent: Vec<Sent>,
    /// The most bytes that were held at once.
    pub(crate) memory: usize,
}

impl Desk {
    pub(crate) fn new(family: &'static Family, neighbour: &'static Family) -> Self {
        Self {
            family,
            neighbour,
            target_card: Shared::new(family.card()),
            neighbour_card: Shared::new(neighbour.card()),
        }
    }

    /// The application of the other family, which nothing happens to.
    pub(crate) fn neighbour(&self) -> &'static Family {
        self.neighbour
    }

    /// The card with the script that `spoil` writes for the hostile application, and with
    /// another answer to reset if there is one; and what will be sent to it.
    pub(crate) fn card(
        &self,
        spoil: impl FnOnce(Scripted<Shared>) -> Scripted<Shared>,
        atr: Option<&[u8]>,
    ) -> (Box<dyn Card>, Arc<Mutex<Vec<Sent>>>) {
        let sent = Arc::default();
        let card = TwoApplications {
            atr: atr.unwrap_or(&self.target_card.atr).to_vec(),
            target: Box::new(spoil(Scripted::new(self.target_card.clone()))),
            target_aid: self.family.aid,
            neighbour: Box::new(self.neighbour_card.clone()),
            neighbour_aid: self.neighbour.aid,
            in_neighbour: false,
            sent: Arc::clone(&sent),
            present: true,
        };
        (Box::new(card), sent)
    }

    /// Reads the card as the program does.
    pub(crate) fn read(
        &self,
        spoil: impl FnOnce(Scripted<Shared>) -> Scripted<Shared>,
        atr: Option<&[u8]>,
    ) -> Outcome {
        self.read_with(
            &|channel, protocol, report| card::read(channel, protocol, report),
            spoil,
            atr,
        )
    }

    /// Reads the card in a way of one's own.
    pub(crate) fn read_with(
        &self,
        reading: Reading<'_>,
        spoil: impl FnOnce(Scripted<Shared>) -> Scripted<Shared>,
        atr: Option<&[u8]>,
    ) -> Outcome {
        let (card, sent) = self.card(spoil, atr);
        let mut reader = SimulatedReader::new("hostile");
        reader.insert(card);
        let trace = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&trace);
        let note = Arc::new(move |entry| notes.lock().unwrap().push(entry));
        let tracer = Tracer::new(ReaderId(1), Arc::default(), note);
        let mut partial = Vec::new();
        let (ended, memory) = memory::most_of(|| {
            catch_unwind(AssertUnwindSafe(|| {
                let mut link = reader.connect()?;
                let protocol = link.protocol();
                let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
                reading(&mut channel, protocol, &mut |token| {
                    partial.push(token.clone())
                })
            }))
        });
        let ended = ended.map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            text.unwrap_or_else(|| "no words".to_owned())
        });
        let trace = std::mem::take(&mut *trace.lock().unwrap());
        let sent = sent.lock().unwrap().clone();
        Outcome {
            ended,
            partial,
            trace,
            sent,
            memory,
        }
    }
}
