//! A card with one or more applications: routes commands to the one selected, and does what
//! belongs to the interface and not to any application: command chaining, GET RESPONSE, the two
//! lengths of length fields, and the manners of T=0 (ISO/IEC 7816-3:2006, 12.2; ISO/IEC
//! 7816-4:2020, 5.3.3 and 5.3.4).

use super::card::Card;
use crate::iso7816::atr::Atr;
use crate::iso7816::{Parsed, StatusWord};

/// The data of a response, or the status word of a refusal.
pub(super) type Result<T = Vec<u8>> = std::result::Result<T, StatusWord>;

/// The longest chained command in bytes; longer than the largest object of any application.
const CHAIN_MAX: usize = 8192;

/// GET RESPONSE.
const GET_RESPONSE: u8 = 0xC0;
/// SELECT.
const SELECT: u8 = 0xA4;
/// Bit of CLA: more of this command follows.
const CHAINING: u8 = 0x10;

/// An application on a [`Chip`].
pub trait Applet: Send {
    /// The whole application identifier.
    fn aid(&self) -> Vec<u8>;

    /// SELECT by name reached this application. `again` says that it was selected already.
    ///
    /// # Errors
    ///
    /// The status word to answer instead of data; the application is selected all the same.
    fn select(&mut self, again: bool) -> std::result::Result<Vec<u8>, StatusWord>;

    /// Another application was selected, or the card was reset: what was verified is forgotten.
    fn deselect(&mut self);

    /// A class of commands that is this application's own, with other meanings of its bits.
    fn own_class(&self) -> Option<u8> {
        None
    }

    /// Whether SELECT for a name that no application bears is agreed to in silence while this
    /// application is selected, and it stays selected.
    fn takes_foreign_select(&self) -> bool {
        false
    }

    /// A whole command in class 00 or 80 or its own, with chained parts put together.
    ///
    /// # Errors
    ///
    /// The status word to answer instead of data.
    fn process(&mut self, command: &Parsed<'_>) -> std::result::Result<Vec<u8>, StatusWord>;
}

/// A card made of applications.
pub struct Chip {
    atr: Vec<u8>,
    byte_by_byte: bool,
    extended: bool,
    chaining: bool,
    applets: Vec<Box<dyn Applet>>,
    selected: Option<usize>,
    /// What GET RESPONSE will fetch.
    waiting: Vec<u8>,
    chain: Option<Chain>,
}

/// Parts of a command received so far.
struct Chain {
    /// INS, P1, P2: the same in every part.
    header: [u8; 3],
    data: Vec<u8>,
}

impl Chip {
    /// An empty card that takes extended length fields and chained commands. It speaks the
    /// first protocol that `atr` offers.
    #[must_use]
    pub fn new(atr: impl Into<Vec<u8>>) -> Self {
        let atr = atr.into();
        let byte_by_byte = Atr::parse(&atr).is_none_or(|atr| atr.protocols.first() == Some(&0));
        Self {
            atr,
            byte_by_byte,
            extended: true,
            chaining: true,
            applets: Vec::new(),
            selected: None,
            waiting: Vec::new(),
            chain: None,
        }
    }

    /// Adds an application.
    #[must_use]
    pub fn with(mut self, applet: impl Applet + 'static) -> Self {
        self.applets.push(Box::new(applet));
        self
    }

    /// Takes commands with short length fields only.
    #[must_use]
    pub fn short_only(mut self) -> Self {
        self.extended = false;
        self
    }

    /// Takes no chained commands.
    #[must_use]
    pub fn without_chaining(mut self) -> Self {
        self.chaining = false;
        self
    }

    /// One whole command or a part of one; what the application says.
    fn carry_out(&mut self, command: &Parsed<'_>) -> Result {
        let [cla, ins, p1, p2] = command.header;
        let chain = self.chain.take();
        if let Some(applet) = self.selected.and_then(|index| self.applets.get_mut(index))
            && applet.own_class() == Some(cla)
        {
            return applet.process(command);
        }
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
        if cla & CHAINING != 0 {
            if !self.chaining {
                return Err(StatusWord::NO_CHAINING);
            }
            self.chain = Some(Chain {
                header: [ins, p1, p2],
                data,
            });
            return Ok(Vec::new());
        }
        let whole = Parsed {
            header: command.header,
            data: &data,
            ..*command
        };
        if cla == 0x00 && ins == SELECT && p1 == 0x04 {
            return self.select(&whole);
        }
        match self.selected.and_then(|index| self.applets.get_mut(index)) {
            Some(applet) => applet.process(&whole),
            None if ins == SELECT => Err(StatusWord::NOT_FOUND),
            None => Err(StatusWord::NO_INSTRUCTION),
        }
    }

    /// SELECT by application identifier, which may be cut on the right
    /// (ISO/IEC 7816-4:2020, 11.2.2). A name that nobody bears leaves everything as it was.
    fn select(&mut self, command: &Parsed<'_>) -> Result {
        let [.., p2] = command.header;
        if !matches!(p2, 0x00 | 0x0C) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let wanted = command.data;
        let found = self
            .applets
            .iter()
            .position(|applet| wanted.len() >= 5 && applet.aid().starts_with(wanted));
        let Some(found) = found else {
            let selected = self.selected.and_then(|index| self.applets.get(index));
            return match selected {
                Some(applet) if applet.takes_foreign_select() => Ok(Vec::new()),
                _ => Err(StatusWord::NOT_FOUND),
            };
        };
        let again = self.selected == Some(found);
        if !again {
            self.leave();
        }
        self.selected = Some(found);
        let applet = self.applets.get_mut(found).ok_or(StatusWord::UNKNOWN)?;
        let answer = applet.select(again)?;
        Ok(if p2 == 0x0C { Vec::new() } else { answer })
    }

    fn leave(&mut self) {
        if let Some(applet) = self
            .selected
            .take()
            .and_then(|index| self.applets.get_mut(index))
        {
            applet.deselect();
        }
    }

    /// Cuts an answer into what the command allows; the rest waits.
    fn deliver(&mut self, command: &Parsed<'_>, mut data: Vec<u8>) -> Vec<u8> {
        if self.byte_by_byte && !data.is_empty() && command.header[1] != GET_RESPONSE {
            if !command.data.is_empty() {
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
            return with_status(data, StatusWord::OK.0);
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
        self.deliver(command, data)
    }
}

impl Card for Chip {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.leave();
        self.waiting.clear();
        self.chain = None;
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let Some(command) = Parsed::from_bytes(command) else {
            return with_status(Vec::new(), StatusWord::WRONG_LENGTH.0);
        };
        // Extended length fields do not fit into the five-byte header of T=0.
        if command.extended && (!self.extended || self.byte_by_byte) {
            return with_status(Vec::new(), StatusWord::WRONG_LENGTH.0);
        }
        // These would be status bytes (sheet "muscle", 2).
        if self.byte_by_byte && matches!(command.header[1] & 0xF0, 0x60 | 0x90) {
            return with_status(Vec::new(), StatusWord::NO_INSTRUCTION.0);
        }
        if command.header[1] == GET_RESPONSE {
            return self.get_response(&command);
        }
        self.waiting.clear();
        match self.carry_out(&command) {
            Ok(data) => self.deliver(&command, data),
            Err(sw) => with_status(Vec::new(), sw.0),
        }
    }
}

/// The low eight bits of a length.
fn low_byte(len: usize) -> u16 {
    u16::from(len.to_le_bytes()[0])
}

/// `data` and the status word.
pub(super) fn with_status(mut data: Vec<u8>, sw: u16) -> Vec<u8> {
    data.extend(sw.to_be_bytes());
    data
}

#[cfg(test)]
mod tests {
    use super::{Applet, Chip, Result};
    use crate::iso7816::{Parsed, StatusWord};
    use crate::simulator::Card;

    /// Sends back the data it got and fills up with AA to the length in P1-P2.
    struct Parrot(Vec<u8>);

    impl Applet for Parrot {
        fn aid(&self) -> Vec<u8> {
            self.0.clone()
        }

        fn select(&mut self, again: bool) -> Result {
            Ok(vec![u8::from(again)])
        }

        fn deselect(&mut self) {}

        fn process(&mut self, command: &Parsed<'_>) -> Result {
            let [_, ins, p1, p2] = command.header;
            if ins == 0xEE {
                return Err(StatusWord::NO_INSTRUCTION);
            }
            let mut data = command.data.to_vec();
            let len = usize::from(u16::from_be_bytes([p1, p2])).max(data.len());
            data.resize(len, 0xAA);
            Ok(data)
        }
    }

    const T1: [u8; 4] = [0x3B, 0x80, 0x01, 0x81];
    const T0: [u8; 2] = [0x3B, 0x00];
    const SELECT: [u8; 10] = [0x00, 0xA4, 0x04, 0x00, 0x05, 1, 2, 3, 4, 5];

    fn selected(atr: &[u8]) -> Chip {
        let mut chip = Chip::new(atr).with(Parrot(vec![1, 2, 3, 4, 5, 6]));
        chip.transmit(&SELECT);
        chip
    }

    #[test]
    fn names_may_be_cut_but_not_wrong() {
        let mut chip = Chip::new(T1)
            .with(Parrot(vec![1, 2, 3, 4, 5, 6]))
            .with(Parrot(vec![9, 8, 7, 6, 5, 4]));
        assert_eq!(chip.transmit(&[0x00, 0xCA, 0, 0]), [0x6D, 0x00]);
        assert_eq!(chip.transmit(&SELECT), [0, 0x90, 0x00]);
        assert_eq!(chip.transmit(&SELECT), [1, 0x90, 0x00]);
        let short = [0x00, 0xA4, 0x04, 0x00, 0x04, 1, 2, 3, 4];
        assert_eq!(chip.transmit(&short), [0x6A, 0x82]);
        let long = [0x00, 0xA4, 0x04, 0x00, 0x07, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(chip.transmit(&long), [0x6A, 0x82]);
        // What was selected still is.
        assert_eq!(chip.transmit(&SELECT), [1, 0x90, 0x00]);
        chip.reset();
        assert_eq!(chip.transmit(&SELECT), [0, 0x90, 0x00]);
    }

    #[test]
    fn what_does_not_fit_waits_for_get_response_in_any_class() {
        let mut chip = selected(&T1);
        let first = chip.transmit(&[0x00, 0xCB, 0x02, 0x58, 0x00]);
        assert_eq!(first.len(), 258);
        assert!(first.ends_with(&[0x61, 0x00]));
        let second = chip.transmit(&[0xB0, 0xC0, 0x00, 0x00, 0x00]);
        assert!(second.ends_with(&[0x61, 0x58]));
        let third = chip.transmit(&[0x80, 0xC0, 0x00, 0x00, 0x58]);
        assert_eq!((third.len(), third.last()), (0x5A, Some(&0)));
        assert_eq!(chip.transmit(&[0x00, 0xC0, 0, 0, 0]), [0x69, 0x85]);
        // Another command and it is lost.
        chip.transmit(&[0x00, 0xCB, 0x02, 0x58, 0x00]);
        chip.transmit(&[0x00, 0xEE, 0x00, 0x00]);
        assert_eq!(chip.transmit(&[0x00, 0xC0, 0, 0, 0]), [0x69, 0x85]);
    }

    #[test]
    fn extended_length_brings_all_at_once_where_the_card_has_it() {
        let command = [0x00, 0xCB, 0x02, 0x58, 0x00, 0x00, 0x00];
        assert_eq!(selected(&T1).transmit(&command).len(), 602);
        assert_eq!(selected(&T0).transmit(&command), [0x67, 0x00]);
        let mut short = Chip::new(T1).short_only().with(Parrot(vec![1, 2, 3, 4, 5]));
        assert_eq!(short.transmit(&command), [0x67, 0x00]);
    }

    #[test]
    fn chained_parts_are_one_command() {
        let mut chip = selected(&T1);
        assert_eq!(chip.transmit(&[0x10, 0xDB, 0, 0, 2, 1, 2]), [0x90, 0x00]);
        assert_eq!(
            chip.transmit(&[0x00, 0xDB, 0, 0, 1, 3]),
            [1, 2, 3, 0x90, 0x00]
        );
        chip.transmit(&[0x10, 0xDB, 0, 0, 2, 1, 2]);
        assert_eq!(chip.transmit(&[0x00, 0xDA, 0, 0, 1, 3]), [0x68, 0x83]);
        let mut without = Chip::new(T1).without_chaining();
        assert_eq!(without.transmit(&[0x10, 0xDB, 0, 0, 1, 1]), [0x68, 0x84]);
    }

    #[test]
    fn t0_lets_every_answer_to_data_be_fetched() {
        let mut chip = selected(&T0);
        assert_eq!(chip.transmit(&[0x00, 0xDB, 0, 0, 2, 1, 2]), [0x61, 0x02]);
        assert_eq!(chip.transmit(&[0x00, 0xC0, 0, 0, 0]), [0x6C, 0x02]);
        assert_eq!(chip.transmit(&[0x00, 0xC0, 0, 0, 2]), [1, 2, 0x90, 0x00]);
        // A wrong length is told, and nothing waits.
        assert_eq!(chip.transmit(&[0x00, 0xCB, 0, 5, 0]), [0x6C, 0x05]);
        assert_eq!(chip.transmit(&[0x00, 0xCB, 0, 5, 5]).len(), 7);
    }

    #[test]
    fn other_channels_and_secure_messaging_are_refused() {
        let mut chip = selected(&T1);
        assert_eq!(chip.transmit(&[0x01, 0xCB, 0, 1, 0]), [0x68, 0x81]);
        assert_eq!(chip.transmit(&[0x0C, 0xCB, 0, 1, 0]), [0x68, 0x82]);
        assert_eq!(chip.transmit(&[0xF0, 0xCB, 0, 1, 0]), [0x6E, 0x00]);
        assert_eq!(chip.transmit(&[0x00, 0xCB]), [0x67, 0x00]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_get_a_status_word(commands: Vec<Vec<u8>>) {
            let mut chip = Chip::new(T1)
                .with(crate::simulator::Piv::yubikey([5, 7, 1], 1))
                .with(crate::simulator::OpenPgp::new(crate::simulator::Model::version_3(1)));
            chip.transmit(&[0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0, 0, 3, 8]);
            for command in commands {
                proptest::prop_assert!(chip.transmit(&command).len() >= 2);
            }
        }
    }
}
