//! What can go wrong with any card, by a script: at which command, and what.
//!
//! [`Scripted`] stands before a card and lets through whatever its script says nothing about, so
//! the same script does for a simulated card and for one that is reached over the network.
//! [`Counted`] stands there, too, and counts.

mod tally;

pub use tally::{Counted, Tally, carries_pin};

use std::collections::VecDeque;
use std::time::Duration;

use super::card::{Brake, Card};
use super::chip::with_status;
use crate::iso7816::StatusWord;

/// GET RESPONSE.
const GET_RESPONSE: u8 = 0xC0;

/// Which commands something happens to. Every command that reaches the card counts, GET RESPONSE
/// too; a reset does not start anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trigger {
    /// The command with this number, counted from 1; once.
    Number(usize),
    /// The command with this number and all that follow.
    From(usize),
    /// The first command with this instruction; once.
    Ins(u8),
    /// Every command with this instruction.
    EveryIns(u8),
}

/// What happens.
pub enum Fault {
    /// Another card answers from this command on, though nobody saw it change: the answer to reset
    /// stays that of the first.
    Swap(Box<dyn Card>),
    /// The card is pulled out. Put in again, it stays.
    Cut {
        /// Whether the command has its effect, and only the answer is lost.
        carried_out: bool,
    },
    /// The card thinks for so long, unless its brake is released before, and then carries the
    /// command out.
    Stall(Duration),
    /// More data waits, 255 bytes of it, and after every GET RESPONSE as many again.
    Flood,
    /// The card says something else than it should.
    Lie {
        /// Whole responses: the first to this command, the others to those that follow, whichever
        /// they are. After the last one the card is itself again.
        answers: Vec<Vec<u8>>,
        /// Whether the card carries the commands out all the same.
        carried_out: bool,
    },
    /// The command itself comes back as data.
    Echo,
}

impl Fault {
    /// A status word alone; the command is not carried out.
    #[must_use]
    pub fn status(sw: StatusWord) -> Self {
        Self::answers([sw.0.to_be_bytes()])
    }

    /// Success with this data; the command is not carried out.
    #[must_use]
    pub fn data(data: &[u8]) -> Self {
        Self::answers([with_status(data.to_vec(), StatusWord::OK.0)])
    }

    /// Whole responses, one after the other, as [`Fault::Lie`] has them; nothing is carried out.
    pub fn answers(answers: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        Self::Lie {
            answers: answers.into_iter().map(Into::into).collect(),
            carried_out: false,
        }
    }
}

/// One line of a script.
struct Step {
    trigger: Trigger,
    /// Nothing once it has happened and will not again.
    fault: Option<Fault>,
}

impl Step {
    /// Whether this command, the one with this number, is one that the step is about.
    fn fires(&self, number: usize, command: &[u8]) -> bool {
        let ins = command.get(1).copied();
        match self.trigger {
            Trigger::Number(wanted) => number == wanted,
            Trigger::From(first) => number >= first,
            Trigger::Ins(wanted) | Trigger::EveryIns(wanted) => ins == Some(wanted),
        }
    }

    fn is_once(&self) -> bool {
        matches!(self.trigger, Trigger::Number(_) | Trigger::Ins(_))
    }
}

/// A card to which something happens.
pub struct Scripted<C> {
    card: C,
    script: Vec<Step>,
    /// Commands so far.
    seen: usize,
    /// The card that was put into the place of the first.
    other: Option<Box<dyn Card>>,
    present: bool,
    /// Responses that a lie has still to give, and whether commands are carried out meanwhile.
    lies: VecDeque<Vec<u8>>,
    behind: bool,
    flooding: bool,
    brake: Option<Brake>,
}

impl<C: Card> Scripted<C> {
    /// A card to which nothing happens yet.
    #[must_use]
    pub fn new(card: C) -> Self {
        Self {
            card,
            script: Vec::new(),
            seen: 0,
            other: None,
            present: true,
            lies: VecDeque::new(),
            behind: false,
            flooding: false,
            brake: None,
        }
    }

    /// Adds a line to the script. Where several are about one command, the first that answers it
    /// does; a swap or a stall before it happens all the same.
    #[must_use]
    pub fn with(mut self, trigger: Trigger, fault: Fault) -> Self {
        if matches!(fault, Fault::Stall(_)) {
            self.brake.get_or_insert_default();
        }
        let fault = Some(fault);
        self.script.push(Step { trigger, fault });
        self
    }

    /// What the card in the place of this one says.
    fn pass(&mut self, command: &[u8]) -> Vec<u8> {
        match &mut self.other {
            Some(other) => other.transmit(command),
            None => self.card.transmit(command),
        }
    }

    /// What a fault that has begun says to this command.
    fn go_on(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        if let Some(lie) = self.lies.pop_front() {
            if self.behind {
                self.pass(command);
            }
            return Some(lie);
        }
        self.flooding &= command.get(1) == Some(&GET_RESPONSE);
        self.flooding.then(flood)
    }

    /// The faults of this command that happen now: what only happens once leaves the script.
    fn happen(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        for index in 0..self.script.len() {
            let Some(step) = self.script.get_mut(index) else {
                break;
            };
            if !step.fires(self.seen, command) {
                continue;
            }
            let once = step.is_once();
            let Some(fault) = step.fault.take() else {
                continue;
            };
            let (answer, fault) = self.suffer(fault, command);
            if !once && let Some(step) = self.script.get_mut(index) {
                step.fault = fault;
            }
            if answer.is_some() {
                return answer;
            }
        }
        None
    }

    /// The answer, if the fault gives one, and the fault, if it can happen again.
    fn suffer(&mut self, fault: Fault, command: &[u8]) -> (Option<Vec<u8>>, Option<Fault>) {
        match fault {
            Fault::Swap(card) => {
                self.other = Some(card);
                (None, None)
            }
            Fault::Cut { carried_out } => {
                if carried_out {
                    self.pass(command);
                }
                self.present = false;
                (Some(Vec::new()), Some(fault))
            }
            Fault::Stall(time) => {
                if let Some(brake) = &self.brake {
                    brake.hold(time);
                }
                (None, Some(fault))
            }
            Fault::Flood => {
                self.flooding = true;
                (Some(flood()), Some(fault))
            }
            Fault::Lie {
                ref answers,
                carried_out,
            } => {
                self.lies = answers.iter().cloned().collect();
                self.behind = carried_out;
                (self.go_on(command), Some(fault))
            }
            Fault::Echo => {
                let echo = with_status(command.to_vec(), StatusWord::OK.0);
                (Some(echo), Some(fault))
            }
        }
    }
}

/// Data, and the word that more waits.
fn flood() -> Vec<u8> {
    with_status(vec![0xFF; 255], 0x6100)
}

impl<C: Card> Card for Scripted<C> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.present = true;
        self.lies.clear();
        self.flooding = false;
        self.card.reset();
        if let Some(other) = &mut self.other {
            other.reset();
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if !self.present {
            return Vec::new();
        }
        self.seen += 1;
        let answer = self.go_on(command).or_else(|| self.happen(command));
        answer.unwrap_or_else(|| self.pass(command))
    }

    fn is_present(&self) -> bool {
        let other = self.other.as_ref();
        self.present && self.card.is_present() && other.is_none_or(|other| other.is_present())
    }

    fn brake(&self) -> Option<Brake> {
        self.brake.clone().or_else(|| self.card.brake())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Counted, Fault, Scripted, Trigger};
    use crate::iso7816::StatusWord;
    use crate::simulator::{Card, Chip};

    /// A card that knows no command.
    fn card() -> Chip {
        Chip::new([0x3B, 0x80, 0x01, 0x81])
    }

    fn faulty(trigger: Trigger, fault: Fault) -> Scripted<Chip> {
        Scripted::new(card()).with(trigger, fault)
    }

    const COMMAND: [u8; 4] = [0x00, 0xCA, 0x00, 0x6E];
    const GET_RESPONSE: [u8; 5] = [0x00, 0xC0, 0x00, 0x00, 0x00];
    const REFUSAL: [u8; 2] = [0x6D, 0x00];

    #[test]
    fn a_card_is_pulled_once() {
        let mut card = faulty(Trigger::Number(2), Fault::Cut { carried_out: false });
        assert_eq!(card.transmit(&COMMAND), REFUSAL);
        assert!(card.transmit(&COMMAND).is_empty());
        assert!(!card.is_present());
        assert!(card.transmit(&COMMAND).is_empty());
        card.reset();
        assert!(card.is_present());
        assert_eq!(card.transmit(&COMMAND), REFUSAL);
    }

    #[test]
    fn what_was_carried_out_before_the_pull_was_carried_out() {
        for (carried_out, expected) in [(false, 0), (true, 1)] {
            let (counted, tally) = Counted::new(card());
            let mut card =
                Scripted::new(counted).with(Trigger::Ins(0xCA), Fault::Cut { carried_out });
            assert!(card.transmit(&COMMAND).is_empty());
            assert_eq!(tally.commands(), expected);
        }
    }

    #[test]
    fn a_slow_command_can_be_let_go() {
        let mut card = faulty(Trigger::Ins(0xCA), Fault::Stall(Duration::from_secs(600)));
        let brake = card.brake();
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(card.transmit(&COMMAND), REFUSAL));
            if let Some(brake) = brake {
                brake.release();
            }
        });
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn one_command_is_refused_and_one_card_becomes_another() {
        let mut refusing = faulty(Trigger::Number(1), Fault::status(StatusWord::UNKNOWN));
        assert_eq!(refusing.transmit(&COMMAND), [0x6F, 0x00]);
        assert_eq!(refusing.transmit(&COMMAND), REFUSAL);

        let (second, tally) = Counted::new(card());
        let mut swapped = faulty(Trigger::Number(3), Fault::Swap(Box::new(second)));
        for _ in 0..5 {
            swapped.transmit(&COMMAND);
        }
        assert_eq!((tally.of(0xCA), tally.of(0x20)), (3, 0));
        assert_eq!((tally.sent(), tally.received()), (12, 6));
    }

    #[test]
    fn a_flood_has_no_end_but_another_command() {
        let mut card = faulty(Trigger::Number(1), Fault::Flood);
        assert_eq!(card.transmit(&COMMAND).len(), 257);
        for _ in 0..1000 {
            assert!(card.transmit(&GET_RESPONSE).ends_with(&[0x61, 0x00]));
        }
        assert_eq!(card.transmit(&COMMAND), REFUSAL);
        assert_eq!(card.transmit(&GET_RESPONSE), [0x69, 0x85]);
    }

    #[test]
    fn lies_come_in_their_order_and_some_start_again() {
        let lies = || Fault::answers([[0x6C, 0x00], [0x6C, 0x20]]);
        let mut once = faulty(Trigger::Number(2), lies());
        let mut always = faulty(Trigger::From(2), lies());
        let heard = |card: &mut Scripted<Chip>| {
            (0..6)
                .map(|_| card.transmit(&COMMAND)[1])
                .collect::<Vec<_>>()
        };
        assert_eq!(heard(&mut once), [0, 0, 0x20, 0, 0, 0]);
        assert_eq!(heard(&mut always), [0, 0, 0x20, 0, 0x20, 0]);
    }

    #[test]
    fn a_lie_may_hide_that_the_card_did_it() {
        let (counted, tally) = Counted::new(card());
        let mut card = Scripted::new(counted).with(
            Trigger::EveryIns(0xCA),
            Fault::Lie {
                answers: vec![vec![0x6F, 0x00]],
                carried_out: true,
            },
        );
        for _ in 0..3 {
            assert_eq!(card.transmit(&COMMAND), [0x6F, 0x00]);
        }
        assert_eq!(tally.commands(), 3);
    }

    #[test]
    fn an_echo_and_a_swap_at_one_command() {
        let second = Scripted::new(card()).with(Trigger::From(1), Fault::data(&[7]));
        let mut card = faulty(Trigger::Number(1), Fault::Swap(Box::new(second)))
            .with(Trigger::Number(1), Fault::Echo);
        assert_eq!(
            card.transmit(&COMMAND),
            [0x00, 0xCA, 0x00, 0x6E, 0x90, 0x00]
        );
        assert_eq!(card.transmit(&COMMAND), [7, 0x90, 0x00]);
    }
}
