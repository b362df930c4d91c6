//! What belongs to the interface of a card and not to any application: command chaining, GET
//! RESPONSE, the two lengths of length fields, and the manners of T=0 (ISO/IEC 7816-3:2006, 12.2;
//! ISO/IEC 7816-4:2020, 5.3.3 and 5.3.4).

use super::chip::with_status;
use crate::iso7816::atr::Atr;
use crate::iso7816::{Parsed, StatusWord};

/// The longest chained command in bytes; longer than the largest object of any application.
const CHAIN_MAX: usize = 8192;

/// GET RESPONSE.
const GET_RESPONSE: u8 = 0xC0;
/// SELECT.
const SELECT: u8 = 0xA4;
/// Bit of CLA: more of this command follows.
const CHAINING: u8 = 0x10;

/// What lies behind the interface.
pub(super) trait Inside {
    /// Whether commands of this class go in as they are, their bits unexplained.
    fn takes_as_it_is(&self, cla: u8) -> bool;

    /// A whole command in class 00 or 80, with chained parts put together, or one that
    /// [`Inside::takes_as_it_is`].
    fn carry_out(&mut self, command: &Parsed<'_>) -> Answer;
}

/// What a command brought.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) sw: StatusWord,
}

impl From<super::chip::Result> for Answer {
    fn from(result: super::chip::Result) -> Self {
        match result {
            Ok(data) => Self {
                data,
                sw: StatusWord::OK,
            },
            Err(sw) => Self {
                data: Vec::new(),
                sw,
            },
        }
    }
}

/// The interface of a card.
pub(super) struct Interface {
    byte_by_byte: bool,
    pub(super) extended: bool,
    pub(super) chaining: bool,
    /// What GET RESPONSE will fetch, and what is said with the last of it.
    waiting: Vec<u8>,
    last: StatusWord,
    chain: Option<Chain>,
}

/// Parts of a command received so far.
struct Chain {
    /// INS, P1, P2: the same in every part.
    header: [u8; 3],
    data: Vec<u8>,
}

/// What is to be done with a command.
enum Received {
    /// A part of a chain, kept.
    Kept,
    /// The whole data of a command, chained parts put together.
    Whole(Vec<u8>),
}

impl Interface {
    /// Takes extended length fields and chained commands; speaks the first protocol that `atr`
    /// offers.
    pub(super) fn new(atr: &[u8]) -> Self {
        Self {
            byte_by_byte: Atr::parse(atr).is_none_or(|atr| atr.protocols.first() == Some(&0)),
            extended: true,
            chaining: true,
            waiting: Vec::new(),
            last: StatusWord::OK,
            chain: None,
        }
    }

    /// Nothing waits any more.
    pub(super) fn reset(&mut self) {
        self.waiting.clear();
        self.chain = None;
    }

    /// One command as the card receives it.
    pub(super) fn transmit(&mut self, command: &[u8], inside: &mut impl Inside) -> Vec<u8> {
        let Some(command) = Parsed::from_bytes(command) else {
            return with_status(Vec::new(), StatusWord::WRONG_LENGTH.0);
        };
        // Extended length fields do not fit into the five-byte header of T=0.
        if command.extended && (!self.extended || self.byte_by_byte) {
            return with_status(Vec::new(), StatusWord::WRONG_LENGTH.0);
        }
        // These would be status bytes (ISO/IEC 7816-3:2006, 10.3.2).
        if self.byte_by_byte && matches!(command.header[1] & 0xF0, 0x60 | 0x90) {
            return with_status(Vec::new(), StatusWord::NO_INSTRUCTION.0);
        }
        if command.header[1] == GET_RESPONSE {
            return self.get_response(&command);
        }
        self.waiting.clear();
        let answer = if inside.takes_as_it_is(command.header[0]) {
            self.chain = None;
            inside.carry_out(&command)
        } else {
            match self.receive(&command) {
                Err(sw) => Answer::from(Err(sw)),
                Ok(Received::Kept) => Answer::from(Ok(Vec::new())),
                Ok(Received::Whole(data)) => inside.carry_out(&Parsed {
                    header: command.header,
                    data: &data,
                    ..command
                }),
            }
        };
        self.deliver(&command, answer)
    }

    /// One whole command or a part of one.
    fn receive(&mut self, command: &Parsed<'_>) -> Result<Received, StatusWord> {
        let [cla, ins, p1, p2] = command.header;
        let chain = self.chain.take();
        if cla & 0x80 == 0 && cla & 0x0C != 0 {
            return Err(StatusWord(0x6882));
        }
        // Classes from A0 on have no channels.
        if cla & 0x03 != 0 && cla < 0xA0 {
            return Err(StatusWord(0x6881));
        }
        if !matches!(cla & !CHAINING, 0x00 | 0x80) {
            return Err(StatusWord::NO_CLASS);
        }
        let mut data = match chain {
            None => Vec::new(),
            Some(chain) if chain.header == [ins, p1, p2] => chain.data,
            Some(_) => return Err(StatusWord(0x6883)),
        };
        data.extend_from_slice(command.data);
        if data.len() > CHAIN_MAX {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if cla & CHAINING == 0 {
            return Ok(Received::Whole(data));
        }
        if !self.chaining {
            return Err(StatusWord::NO_CHAINING);
        }
        self.chain = Some(Chain {
            header: [ins, p1, p2],
            data,
        });
        Ok(Received::Kept)
    }

    /// Cuts an answer into what the command allows; the rest waits.
    fn deliver(&mut self, command: &Parsed<'_>, answer: Answer) -> Vec<u8> {
        let Answer { mut data, sw } = answer;
        self.last = sw;
        if self.byte_by_byte && !data.is_empty() && command.header[1] != GET_RESPONSE {
            // SELECT by name takes data, if only none: its P3 is never the length of an answer.
            let by_name = matches!(command.header, [_, SELECT, 0x04, _]);
            if !command.data.is_empty() || by_name {
                return self.announce(Vec::new(), data);
            }
            // A command without data and without Le is sent with P3 = 00: 256 bytes.
            let wanted = command.le.unwrap_or(256);
            if wanted > data.len() {
                return with_status(Vec::new(), 0x6C00 | low_byte(data.len()));
            }
        }
        let most = match command.le {
            Some(le) => le,
            None if command.extended => 65_536,
            None => 256,
        };
        if data.len() <= most {
            return with_status(data, sw.0);
        }
        let rest = data.split_off(most);
        self.announce(data, rest)
    }

    /// Sends `data`, keeps `rest`, and says how much of it there is.
    fn announce(&mut self, data: Vec<u8>, rest: Vec<u8>) -> Vec<u8> {
        let count = if rest.len() < 256 {
            low_byte(rest.len())
        } else {
            0
        };
        self.waiting = rest;
        with_status(data, 0x6100 | count)
    }

    /// GET RESPONSE, in whatever class: OpenSC asks in the class of the command before.
    fn get_response(&mut self, command: &Parsed<'_>) -> Vec<u8> {
        if self.waiting.is_empty() {
            return with_status(Vec::new(), StatusWord::CONDITIONS.0);
        }
        let wanted = command.le.unwrap_or(256);
        if self.byte_by_byte && wanted > self.waiting.len() {
            return with_status(Vec::new(), 0x6C00 | low_byte(self.waiting.len()));
        }
        let data = std::mem::take(&mut self.waiting);
        let sw = self.last;
        self.deliver(command, Answer { data, sw })
    }
}

/// The low eight bits of a length.
fn low_byte(len: usize) -> u16 {
    u16::from(len.to_le_bytes()[0])
}
