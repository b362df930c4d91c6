//! Two cards in one reader: the one that the person was shown, and the one that takes its place;
//! and what goes wrong at the n-th command of a PIN operation.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use symbolon::base::hex;
use symbolon::iso7816::{Parsed, StatusWord};
use symbolon::simulator::faults::carries_pin;
use symbolon::simulator::{Brake, Card};

use crate::silent;

/// How long a stalled command waits to be let go.
const STALL: Duration = Duration::from_secs(60);

/// What goes wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The second card answers from this command on, and nobody noticed.
    Swap,
    /// The first card leaves before this command, and the reader says so.
    Removal,
    /// The card leaves with this command; carried out or not.
    Cut { carried_out: bool },
    /// The card does not answer until it is let go, and then does what it was asked. Meanwhile
    /// the person cancels, or the time limit of the request is over.
    Stall { cancelled: bool },
    /// The card answers this, whatever it is; carried out or not.
    Answer { bytes: Vec<u8>, carried_out: bool },
    /// The card lies whenever it is asked: the answers to commands, by instruction and P2. Nothing
    /// of them is carried out.
    Lies(Vec<Lie>),
}

/// A lie to every command of this kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Lie {
    /// Which instruction.
    pub(crate) ins: u8,
    /// Which P2, if not all.
    pub(crate) p2: Option<u8>,
    /// Whether it is about commands with a PIN in them, or those without.
    pub(crate) with_pin: bool,
    /// What is answered: the last one for ever.
    pub(crate) answers: Vec<Vec<u8>>,
}

/// What the reader and the test tell each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum News {
    /// A command waits to be let go.
    Stalled,
    /// The card is gone.
    Gone,
}

/// One exchange of a PIN operation.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) command: Vec<u8>,
    pub(crate) response: Vec<u8>,
    /// Whether the second card got it.
    pub(crate) second: bool,
}

/// The cards, as the test keeps hold of them.
#[derive(Clone)]
pub(crate) struct Deck(Arc<Mutex<Inner>>);

struct Inner {
    first: Box<dyn Card>,
    second: Box<dyn Card>,
    /// Whether a PIN was verified when the operation was over.
    open: Option<bool>,
    /// SELECTs of the operation since it began or began again. The second one is the reading that
    /// follows it.
    selects: usize,
    /// Whether it began again, after a reset that ended what another program had verified.
    again: bool,
    /// The last SELECT by name and that of a file behind it, which a relay would have let the second
    /// card hear as well.
    selected: Vec<Vec<u8>>,
    plan: Option<Plan>,
    /// Commands since the operation began.
    seen: usize,
    fired: bool,
    /// Whether it is the second card that answers.
    swapped: bool,
    present: bool,
    /// Which stay in the reader this is: what was pulled does not come back by itself.
    stay: u32,
    brake: Brake,
    heard: Vec<Exchange>,
    lied: Vec<usize>,
}

struct Plan {
    at: usize,
    fault: Fault,
    news: Sender<News>,
}

impl Deck {
    pub(crate) fn new(first: Box<dyn Card>, second: Box<dyn Card>) -> Self {
        assert_eq!(
            first.atr(),
            second.atr(),
            "told apart by the answer to reset"
        );
        Self(Arc::new(Mutex::new(Inner {
            first,
            second,
            open: None,
            selects: 0,
            again: false,
            selected: Vec::new(),
            plan: None,
            seen: 0,
            fired: false,
            swapped: false,
            present: true,
            stay: 0,
            brake: Brake::new(),
            heard: Vec::new(),
            lied: Vec::new(),
        })))
    }

    /// What lies in the reader.
    pub(crate) fn card(&self) -> Box<dyn Card> {
        let inner = self.inner();
        Box::new(Rigged {
            atr: inner.first.atr().to_vec(),
            brake: inner.brake.clone(),
            stay: inner.stay,
            deck: self.clone(),
        })
    }

    /// The second card alone, for a reader into which somebody puts it.
    pub(crate) fn second(&self) -> Box<dyn Card> {
        let mut inner = self.inner();
        inner.swapped = true;
        inner.present = true;
        inner.stay += 1;
        drop(inner);
        self.card()
    }

    /// From here on it goes wrong at command `at` of the operation, counted from 1.
    pub(crate) fn arm(&self, at: usize, fault: Fault, news: Sender<News>) {
        let mut inner = self.inner();
        inner.lied = match &fault {
            Fault::Lies(lies) => vec![0; lies.len()],
            _ => Vec::new(),
        };
        inner.heard.clear();
        inner.open = None;
        inner.selects = 0;
        inner.again = false;
        inner.seen = 0;
        inner.fired = false;
        inner.plan = Some(Plan { at, fault, news });
    }

    /// Lets a stalled command go.
    pub(crate) fn release(&self) {
        let brake = self.inner().brake.clone();
        brake.release();
    }

    /// Whether the operation came as far as the command at which it goes wrong.
    pub(crate) fn fired(&self) -> bool {
        self.inner().fired
    }

    /// Whether a PIN was verified, on either card, when the operation was over.
    pub(crate) fn left_open(&self) -> bool {
        let inner = &mut *self.inner();
        inner.open.unwrap_or_else(|| inner.is_open())
    }

    /// Everything since the operation began.
    pub(crate) fn heard(&self) -> Vec<Exchange> {
        self.inner().heard.clone()
    }

    /// Does something with each card, past everything.
    pub(crate) fn with_both<T>(&self, mut act: impl FnMut(&mut dyn Card) -> T) -> [T; 2] {
        let inner = &mut *self.inner();
        [act(inner.first.as_mut()), act(inner.second.as_mut())]
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Inner {
    fn is_open(&mut self) -> bool {
        let asked: [&mut dyn Card; 2] = [self.first.as_mut(), self.second.as_mut()];
        asked.into_iter().any(is_open)
    }

    /// Whether the operation goes on after this reset, which it does once: the card hid its
    /// counter, and nothing was sent.
    fn goes_on(&mut self) -> bool {
        let hidden = self.heard.iter().rfind(|it| it.is_question());
        let hidden = hidden.is_some_and(|it| it.sw() == Some(StatusWord::OK));
        let goes_on = !self.again && hidden && !self.heard.iter().any(Exchange::carries_pin);
        self.again |= goes_on;
        goes_on && self.plan.is_some()
    }

    /// What comes now belongs to the operation no more.
    fn end(&mut self) {
        if self.plan.take().is_some() {
            self.open = Some(self.is_open());
        }
    }

    /// What the card in the reader says.
    fn pass(&mut self, command: &[u8]) -> Vec<u8> {
        if command.starts_with(&[0x00, 0xA4]) {
            let by_name = command.get(2) == Some(&0x04);
            self.selected.truncate(usize::from(!by_name));
            self.selected.push(command.to_vec());
        }
        if self.swapped {
            self.second.transmit(command)
        } else {
            self.first.transmit(command)
        }
    }

    fn swap(&mut self) {
        self.swapped = true;
        self.second.reset();
        for select in &self.selected {
            self.second.transmit(select);
        }
    }

    /// The lie to this command, if there is one.
    fn lie(&mut self, lies: &[Lie], command: &[u8]) -> Option<Vec<u8>> {
        let about = |lie: &Lie| {
            command.get(1) == Some(&lie.ins)
                && lie.p2.is_none_or(|p2| command.get(3) == Some(&p2))
                && carries_pin(command) == lie.with_pin
        };
        let index = lies.iter().position(about)?;
        let turn = self.lied[index].min(lies[index].answers.len() - 1);
        self.lied[index] += 1;
        Some(lies[index].answers[turn].clone())
    }

    /// The answer of a fault at this command; nothing if the card itself is to answer.
    fn suffer(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let plan = self.plan.as_ref()?;
        let (fault, news, now) = (plan.fault.clone(), plan.news.clone(), self.seen == plan.at);
        if let Fault::Lies(lies) = &fault {
            self.fired = true;
            return self.lie(lies, command);
        }
        if !now {
            return None;
        }
        self.fired = true;
        match fault {
            Fault::Swap => {
                self.swap();
                None
            }
            Fault::Removal => {
                self.present = false;
                let _ = news.send(News::Gone);
                Some(Vec::new())
            }
            Fault::Cut { carried_out } => {
                if carried_out {
                    self.pass(command);
                }
                self.present = false;
                Some(Vec::new())
            }
            Fault::Answer { bytes, carried_out } => {
                if carried_out {
                    self.pass(command);
                }
                Some(bytes)
            }
            Fault::Stall { .. } => {
                let _ = news.send(News::Stalled);
                None
            }
            Fault::Lies(_) => None,
        }
    }
}

/// Whether a PIN is verified, for whoever asks now: those of PIV and those of OpenPGP; and those of
/// a card that is asked another way.
pub(crate) fn is_open(card: &mut dyn Card) -> bool {
    silent::is_open(card).unwrap_or_else(|| {
        [0x80, 0x00, 0x81, 0x82, 0x83]
            .iter()
            .any(|&p2| card.transmit(&[0x00, 0x20, 0x00, p2]) == [0x90, 0x00])
    })
}

/// The cards as the reader sees them.
struct Rigged {
    atr: Vec<u8>,
    brake: Brake,
    stay: u32,
    deck: Deck,
}

impl Card for Rigged {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// The reset after the operation is its end, if there is one: what comes then is the reading,
    /// or the operation once more.
    fn reset(&mut self) {
        let mut inner = self.deck.inner();
        if inner.stay != self.stay {
            return;
        }
        inner.present = true;
        inner.selected.clear();
        inner.first.reset();
        inner.second.reset();
        if inner.goes_on() {
            inner.selects = 0;
        } else {
            inner.end();
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let mut inner = self.deck.inner();
        if !inner.present || inner.stay != self.stay {
            return Vec::new();
        }
        if command.starts_with(&[0x00, 0xA4, 0x04]) {
            inner.selects += 1;
            if inner.selects == 2 {
                inner.end();
            }
        }
        let Some(plan) = &inner.plan else {
            let response = inner.pass(command);
            // No PIN belongs to a reading: it is counted, whenever it comes.
            if carries_pin(command) {
                let second = inner.swapped;
                inner.heard.push(Exchange {
                    command: command.to_vec(),
                    response: response.clone(),
                    second,
                });
            }
            return response;
        };
        let stall = matches!(plan.fault, Fault::Stall { .. }) && plan.at == inner.seen + 1;
        inner.seen += 1;
        let answer = inner.suffer(command);
        if stall {
            // Nobody may be kept from looking meanwhile.
            drop(inner);
            self.brake.hold(STALL);
            inner = self.deck.inner();
        }
        let second = inner.swapped;
        let response = answer.unwrap_or_else(|| inner.pass(command));
        inner.heard.push(Exchange {
            command: command.to_vec(),
            response: response.clone(),
            second,
        });
        response
    }

    fn is_present(&self) -> bool {
        let inner = self.deck.inner();
        inner.present && inner.stay == self.stay
    }

    fn brake(&self) -> Option<Brake> {
        Some(self.brake.clone())
    }
}

impl Exchange {
    /// Whether a PIN went to the card.
    pub(crate) fn carries_pin(&self) -> bool {
        carries_pin(&self.command)
    }

    /// Whether the card is another after it: what is selected, what is verified, or more.
    pub(crate) fn changes_something(&self) -> bool {
        let reads = matches!(
            self.command[1],
            0xB0 | 0xCA | 0xCB | 0xC0 | 0xF7 | 0xF8 | 0xFD
        );
        !reads && !self.is_question()
    }

    /// Whether it asks for a counter: VERIFY without data.
    fn is_question(&self) -> bool {
        self.command.starts_with(&[0x00, 0x20, 0x00]) && self.data().is_empty()
    }

    /// Whether it is a VERIFY without data that is no question by the standard of PIV (SP 800-73-4
    /// Part 2, 3.2.1): of the PIN or of the global PIN.
    pub(crate) fn may_cost(&self) -> bool {
        self.is_empty_verify()
            && !matches!(self.command[..], [0x00, 0x20, 0x00 | 0xFF, 0x00 | 0x80, ..])
    }

    /// Whether it is a VERIFY without data, whatever it is about.
    pub(crate) fn is_empty_verify(&self) -> bool {
        self.command.get(1) == Some(&0x20) && self.data().is_empty()
    }

    /// The status word, if there was one.
    pub(crate) fn sw(&self) -> Option<StatusWord> {
        let [.., high, low] = *self.response else {
            return None;
        };
        Some(StatusWord(u16::from_be_bytes([high, low])))
    }

    /// The data of the command.
    pub(crate) fn data(&self) -> &[u8] {
        Parsed::from_bytes(&self.command).map_or(&[], |parsed| parsed.data)
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [command, response] = [&self.command, &self.response].map(|bytes| hex::encode(bytes));
        let card = if self.second { "second" } else { "first" };
        write!(f, "{card} card: {command} > {response}")
    }
}
