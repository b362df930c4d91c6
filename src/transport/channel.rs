//! Commands over a link: chaining, GET RESPONSE, wrong lengths, extended length.
//!
//! ISO/IEC 7816-4:2020, 5.3.3 (command chaining) and 5.3.4 (response chaining);
//! ISO/IEC 7816-3:2006, 12.2 (T=0).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use super::link::{Link, LinkError, Protocol};
use super::replay::Recording;
use super::trace::{self, Tracer};
use crate::iso7816::{Command, Form, Le, Response, StatusWord};
use crate::token::Cost;

/// The longest answer that is put together, in bytes: one of extended length.
const MAX_ANSWER: usize = 65_536;

/// What one GET RESPONSE can bring, in bytes.
const PIECE: usize = 256;

/// GET RESPONSEs beyond twice those that an answer needs: a card with small pieces is slow, one
/// that sends byte by byte has no end.
const SPARE_PIECES: usize = 16;

/// The bit in CLA that says "more of this command follows".
const CHAINED: u8 = 0x10;

/// The class of the MUSCLE applet, which has that bit by itself.
const MUSCLE: u8 = 0xB0;

/// A conversation with one card: counts, traces, and hides the lengths of the wire.
pub struct Channel<'a> {
    link: &'a mut dyn Link,
    tracer: &'a Tracer,
    cancel: Cancel,
    extended: bool,
    cost: Cost,
    kept: Option<&'a mut Recording>,
    aside: bool,
}

/// Tells a conversation that nobody waits for it any more.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nothing more is sent after this.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether [`Cancel::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl<'a> Channel<'a> {
    /// Opens a conversation.
    pub fn new(link: &'a mut dyn Link, tracer: &'a Tracer, cancel: Cancel) -> Self {
        Self {
            link,
            tracer,
            cancel,
            extended: false,
            cost: Cost::default(),
            kept: None,
            aside: false,
        }
    }

    /// Keeps every exchange from now on.
    #[must_use]
    pub fn keeping(mut self, recording: &'a mut Recording) -> Self {
        self.kept = Some(recording);
        self
    }

    /// What is kept, if anything is.
    #[must_use]
    pub fn kept(&self) -> Option<&Recording> {
        self.kept.as_deref()
    }

    /// Whether what comes now belongs to the conversation, or would not have been said if nobody
    /// had come in between: that is not kept.
    pub fn say_aside(&mut self, aside: bool) {
        self.aside = aside;
    }

    /// Answer to reset.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        self.link.atr()
    }

    /// Whether commands may have extended length. To be said once the card has announced it;
    /// it has no effect with T=0, where it would need ENVELOPE.
    pub fn allow_extended(&mut self, allowed: bool) {
        self.extended = allowed && self.link.protocol() == Protocol::T1;
    }

    /// Whether commands may have extended length.
    #[must_use]
    pub fn takes_extended(&self) -> bool {
        self.extended
    }

    /// What was spent so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Counts the last command as a SELECT of something that is not there.
    pub fn count_as_absent(&mut self) {
        self.cost.commands = self.cost.commands.saturating_sub(1);
        self.cost.absent_selects += 1;
    }

    /// The link itself, for the PIN pad.
    pub fn link(&mut self) -> &mut dyn Link {
        self.link
    }

    /// Records an exchange that went past this channel: a PIN pad's.
    pub fn record(&mut self, command: &Command, answer: &Response, started: Instant) {
        self.note(command, 0, Some(answer), started);
    }

    /// Sends a command and gathers the whole answer.
    ///
    /// # Errors
    ///
    /// [`LinkError`]; [`LinkError::Protocol`] for answers without end.
    pub fn transmit(&mut self, command: &Command) -> Result<Response, LinkError> {
        let long = command.payload().len() > Command::MAX_SHORT;
        let form = self.form(command);
        let mut answer = if long && !self.extended {
            self.send_chained(command)?
        } else {
            self.send(command, command, form)?
        };
        if form == Form::Extended && self.can_be_shorter(command, answer.sw) {
            self.extended = false;
            answer = self.send(command, command, Form::Short)?;
        }
        self.gather(command, answer)
    }

    /// Whether the card announced extended length and does not have it: then it says "wrong
    /// length" to a command that also has a short form. One with a secret is never repeated.
    fn can_be_shorter(&self, command: &Command, sw: StatusWord) -> bool {
        let short = command.payload().len() <= Command::MAX_SHORT;
        sw == StatusWord::WRONG_LENGTH && short && !command.is_secret()
    }

    /// Sends a short command and takes the first piece of the answer; what waits behind it
    /// is given up with the next command.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn transmit_first(&mut self, command: &Command) -> Result<Response, LinkError> {
        let mut answer = self.send(command, command, Form::Short)?;
        if answer.sw.sw1() == 0x61 && !answer.data.is_empty() {
            answer.sw = StatusWord::OK;
        }
        Ok(answer)
    }

    /// Extended where the card takes it and a short length could not say it.
    fn form(&self, command: &Command) -> Form {
        let long = command.payload().len() > Command::MAX_SHORT
            || command.le().is_some_and(|le| le.exceeds_short());
        if self.extended && long {
            Form::Extended
        } else {
            Form::Short
        }
    }

    /// Cuts the data into pieces; only the last one carries Le and brings the answer.
    fn send_chained(&mut self, command: &Command) -> Result<Response, LinkError> {
        let [cla, ins, p1, p2] = command.header();
        let mut pieces = command.payload().chunks(Command::MAX_SHORT).peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            let class = if last { cla } else { cla | CHAINED };
            let part = Command::new([class, ins, p1, p2]);
            let part = if command.is_secret() {
                part.secret(crate::base::secret::Secret::new(piece))
            } else {
                part.data(piece)
            };
            let part = match command.le() {
                Some(le) if last => part.expecting(le),
                _ => part,
            };
            let answer = self.send(&part, command, Form::Short)?;
            if last || !answer.sw.is_ok() {
                return Ok(answer);
            }
        }
        Err(LinkError::Protocol("empty chain"))
    }

    /// Follows `6Cxx` once and `61xx` to its end.
    fn gather(&mut self, command: &Command, first: Response) -> Result<Response, LinkError> {
        let mut answer = first;
        if answer.sw.sw1() == 0x6C && command.payload().is_empty() {
            let le = Le::bytes(u16::from(answer.sw.sw2()));
            let again = Command::new(command.header()).expecting(le);
            answer = self.send(&again, command, Form::Short)?;
        }
        if answer.sw.sw1() != 0x61 {
            return Ok(answer);
        }
        let mut data = std::mem::take(&mut answer.data);
        let class = class_of_get_response(command);
        let mut pieces = 0;
        while pieces < 2 * data.len().div_ceil(PIECE) + SPARE_PIECES {
            pieces += 1;
            let waiting = u16::from(answer.sw.sw2());
            let next = Command::new([class, 0xC0, 0x00, 0x00]);
            let piece = self.send(&next.expecting(Le::bytes(waiting)), command, Form::Short)?;
            if data.len() + piece.data.len() > MAX_ANSWER {
                return Err(LinkError::Protocol("answer without end"));
            }
            data.extend_from_slice(&piece.data);
            answer = piece;
            let more = answer.sw.sw1() == 0x61;
            if answer.data.is_empty() && (more || answer.sw.is_ok()) {
                return Err(LinkError::Protocol("more data announced, none sent"));
            }
            if !more {
                let sw = answer.sw;
                return Ok(Response { data, sw });
            }
        }
        Err(LinkError::Protocol("answer without end"))
    }

    /// One exchange. `whole` is what it belongs to: its secrecy covers GET RESPONSE as well.
    fn send(
        &mut self,
        command: &Command,
        whole: &Command,
        form: Form,
    ) -> Result<Response, LinkError> {
        if self.cancel.is_cancelled() {
            return Err(LinkError::Cancelled);
        }
        let bytes = command.to_bytes(form, self.link.protocol() == Protocol::T0);
        self.cost.commands += 1;
        self.cost.bytes_sent += bytes.len() as u64;
        let started = Instant::now();
        let answer = self.link.exchange(bytes.expose());
        if let Some(kept) = self.kept.as_deref_mut().filter(|_| !self.aside) {
            match &answer {
                Ok(answer) if !command.is_secret() => kept.add(bytes.expose(), answer),
                Ok(_) | Err(_) => kept.drop_all(),
            }
        }
        let answer = answer.and_then(|bytes| {
            self.cost.bytes_received += bytes.len() as u64;
            let answer =
                Response::from_bytes(&bytes).ok_or(LinkError::Protocol("no status word"))?;
            // Cards that send data where none was asked for are within the short form.
            let most = command.le().unwrap_or(Le::ALL).most(form);
            if answer.data.len() > most {
                return Err(LinkError::Protocol("more bytes than asked for"));
            }
            Ok(answer)
        });
        self.note_part(command, whole, bytes.len(), answer.as_ref().ok(), started);
        answer
    }

    fn note(&self, command: &Command, len: usize, answer: Option<&Response>, started: Instant) {
        self.note_part(command, command, len, answer, started);
    }

    fn note_part(
        &self,
        command: &Command,
        whole: &Command,
        len: usize,
        answer: Option<&Response>,
        started: Instant,
    ) {
        let took = started.elapsed();
        let at = SystemTime::now()
            .checked_sub(took)
            .unwrap_or(SystemTime::UNIX_EPOCH);
        let sw = answer.map(|answer| answer.sw);
        let shown = trace::show(command, whole, len, answer);
        self.tracer.note(shown, sw, at, took);
    }
}

/// The class in which the rest of an answer is fetched: that of the command, without what says
/// "chained". In the classes of card managers it is the plain one, and never secured: what is fetched
/// belongs to a command that was (sheet "globalplatform", 4.3 and 4.4).
fn class_of_get_response(command: &Command) -> u8 {
    match command.header() {
        [cla @ 0x80..=0x87, ..] => cla & 0x03,
        [MUSCLE, ..] => MUSCLE,
        [cla, ..] => cla & !CHAINED,
    }
}

/// Whether an answer says that the reader's time is up or the holder cancelled
/// (PC/SC part 10, 2.5.2): these come in the place of a status word of the card.
#[must_use]
pub fn pinpad_refusal(sw: StatusWord) -> Option<LinkError> {
    match sw.0 {
        0x6400 => Some(LinkError::PinPadTimeout),
        0x6401 => Some(LinkError::PinPadCancelled),
        0x6402 => Some(LinkError::PinPadMismatch),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::{Cancel, Channel};
    use crate::base::secret::Secret;
    use crate::iso7816::{Command, Le, StatusWord};
    use crate::token::ReaderId;
    use crate::transport::link::{After, Link, LinkError, Protocol};
    use crate::transport::trace::Tracer;

    /// A link that answers from a list and remembers what it was sent.
    struct Scripted {
        protocol: Protocol,
        answers: Vec<Vec<u8>>,
        sent: Vec<Vec<u8>>,
    }

    impl Link for Scripted {
        fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
            self.sent.push(command.to_vec());
            if self.answers.len() == 1 {
                return Ok(self.answers[0].clone());
            }
            Ok(self.answers.remove(0))
        }
        fn atr(&self) -> &[u8] {
            &[]
        }
        fn protocol(&self) -> Protocol {
            self.protocol
        }
        fn exclusively(
            &mut self,
            work: &mut dyn FnMut(&mut dyn Link) -> After,
        ) -> Result<(), LinkError> {
            work(self);
            Ok(())
        }
    }

    fn scripted(protocol: Protocol, answers: &[&[u8]]) -> Scripted {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        Scripted {
            protocol,
            answers,
            sent: Vec::new(),
        }
    }

    fn run(
        link: &mut Scripted,
        extended: bool,
        command: &Command,
    ) -> Result<crate::iso7816::Response, LinkError> {
        let tracer = Tracer::silent(ReaderId(1));
        let mut channel = Channel::new(link, &tracer, Cancel::default());
        channel.allow_extended(extended);
        channel.transmit(command)
    }

    #[test]
    fn an_answer_in_pieces_is_put_together() {
        let mut link = scripted(
            Protocol::T1,
            &[&[1, 0x61, 2], &[2, 3, 0x61, 0], &[4, 0x90, 0]],
        );
        let answer = run(
            &mut link,
            false,
            &Command::new([0, 0xCB, 0x3F, 0xFF])
                .data([0x5C])
                .expecting(Le::ALL),
        );
        assert_eq!(answer.unwrap().data, [1, 2, 3, 4]);
        assert_eq!(link.sent[1], [0, 0xC0, 0, 0, 2]);
        assert_eq!(link.sent[2], [0, 0xC0, 0, 0, 0]);
    }

    #[test]
    fn the_rest_of_a_secured_answer_is_fetched_in_the_plain_class() {
        for (cla, fetched) in [
            (0x84, 0x00),
            (0x80, 0x00),
            (0x85, 0x01),
            (0x00, 0x00),
            // Java Card applets of a class of their own know it in that class alone.
            (0xB0, 0xB0),
            (0x10, 0x00),
        ] {
            let mut link = scripted(Protocol::T0, &[&[0x61, 1], &[7, 0x90, 0]]);
            let command = Command::new([cla, 0xF2, 0x80, 0]).data([0x4F, 0]);
            assert_eq!(run(&mut link, false, &command).unwrap().data, [7]);
            assert_eq!(link.sent[1], [fetched, 0xC0, 0, 0, 1]);
        }
    }

    #[test]
    fn a_wrong_length_is_corrected_once() {
        let mut link = scripted(Protocol::T0, &[&[0x6C, 3], &[1, 2, 3, 0x90, 0]]);
        let answer = run(
            &mut link,
            false,
            &Command::new([0, 0xCA, 0, 0x6E]).expecting(Le::ALL),
        );
        assert_eq!(answer.unwrap().data, [1, 2, 3]);
        assert_eq!(link.sent[1], [0, 0xCA, 0, 0x6E, 3]);
        let mut stubborn = scripted(Protocol::T0, &[&[0x6C, 3]]);
        let answer = run(
            &mut stubborn,
            false,
            &Command::new([0, 0xCA, 0, 0x6E]).expecting(Le::ALL),
        );
        assert_eq!(answer.unwrap().sw, StatusWord(0x6C03));
        assert_eq!(stubborn.sent.len(), 2);
    }

    #[test]
    fn an_answer_without_end_is_given_up() {
        let mut link = scripted(Protocol::T1, &[&[7, 0x61, 1]]);
        let command = Command::new([0, 0xCA, 0, 0x6E]).expecting(Le::ALL);
        assert!(matches!(
            run(&mut link, false, &command),
            Err(LinkError::Protocol(_))
        ));
        assert!(link.sent.len() < 300);
        let mut empty = scripted(Protocol::T1, &[&[0x61, 1]]);
        assert!(matches!(
            run(&mut empty, false, &command),
            Err(LinkError::Protocol(_))
        ));
        assert_eq!(empty.sent.len(), 2);
        let mut liar = scripted(Protocol::T1, &[&[0x61, 1], &[1, 2, 0x90, 0]]);
        assert!(matches!(
            run(&mut liar, false, &command),
            Err(LinkError::Protocol(_))
        ));
    }

    #[test]
    fn long_data_is_chained_or_extended() {
        let command = Command::new([0, 0xDB, 0x3F, 0xFF]).data(vec![9; 300]);
        let mut link = scripted(Protocol::T1, &[&[0x90, 0]]);
        run(&mut link, false, &command).unwrap();
        assert_eq!(
            link.sent
                .iter()
                .map(|s| (s[0], s.len()))
                .collect::<Vec<_>>(),
            [(0x10, 260), (0, 50)]
        );
        let mut link = scripted(Protocol::T1, &[&[0x90, 0]]);
        run(&mut link, true, &command).unwrap();
        assert_eq!(link.sent[0].len(), 307);
        let mut link = scripted(Protocol::T0, &[&[0x90, 0]]);
        run(&mut link, true, &command).unwrap();
        assert_eq!(link.sent.len(), 2);
    }

    #[test]
    fn a_card_without_the_extended_length_that_it_announced_is_asked_again() {
        let command = Command::new([0, 0xCA, 0, 0x6E]).expecting(Le::ALL);
        let mut link = scripted(Protocol::T1, &[&[0x67, 0], &[7, 0x90, 0]]);
        assert_eq!(run(&mut link, true, &command).unwrap().data, [7]);
        assert_eq!(link.sent.iter().map(Vec::len).collect::<Vec<_>>(), [7, 5]);
        let mut link = scripted(Protocol::T1, &[&[0x67, 0]]);
        let pin = Command::new([0, 0x24, 0, 0x80])
            .secret(Secret::new(b"1"))
            .expecting(Le::ALL);
        run(&mut link, true, &pin).unwrap();
        assert_eq!(link.sent.len(), 1);
    }

    #[test]
    fn a_refused_chain_stops() {
        let command = Command::new([0, 0xDB, 0x3F, 0xFF]).data(vec![9; 600]);
        let mut link = scripted(Protocol::T1, &[&[0x68, 0x84]]);
        assert_eq!(
            run(&mut link, false, &command).unwrap().sw,
            StatusWord::NO_CHAINING
        );
        assert_eq!(link.sent.len(), 1);
    }

    #[test]
    fn nothing_is_sent_after_cancel() {
        let tracer = Tracer::silent(ReaderId(1));
        let mut link = scripted(Protocol::T1, &[&[0x90, 0]]);
        let cancel = Cancel::default();
        cancel.cancel();
        let answer = Channel::new(&mut link, &tracer, cancel).transmit(&Command::new([0; 4]));
        assert_eq!(answer, Err(LinkError::Cancelled));
        assert!(link.sent.is_empty());
    }
}
