//! A card with one or more applications: routes commands to the one selected.

use super::card::Card;
use super::interface::{Answer, Inside, Interface};
use crate::iso7816::{Parsed, StatusWord};

/// The data of a response, or the status word of a refusal.
pub(super) type Result<T = Vec<u8>> = std::result::Result<T, StatusWord>;

/// SELECT.
const SELECT: u8 = 0xA4;

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

    /// Whether SELECT with a name that nobody on the card bears is handed to this application while
    /// it is selected, as Java cards do; what it answers to it is its own affair.
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
    interface: Interface,
    applications: Applications,
}

/// The applications of a card, and which of them has the word.
#[derive(Default)]
struct Applications {
    applets: Vec<Box<dyn Applet>>,
    selected: Option<usize>,
}

impl Chip {
    /// An empty card that takes extended length fields and chained commands. It speaks the
    /// first protocol that `atr` offers.
    #[must_use]
    pub fn new(atr: impl Into<Vec<u8>>) -> Self {
        let atr = atr.into();
        Self {
            interface: Interface::new(&atr),
            applications: Applications::default(),
            atr,
        }
    }

    /// Adds an application.
    #[must_use]
    pub fn with(mut self, applet: impl Applet + 'static) -> Self {
        self.applications.applets.push(Box::new(applet));
        self
    }

    /// Takes commands with short length fields only.
    #[must_use]
    pub fn short_only(mut self) -> Self {
        self.interface.extended = false;
        self
    }

    /// Takes no chained commands.
    #[must_use]
    pub fn without_chaining(mut self) -> Self {
        self.interface.chaining = false;
        self
    }
}

impl Applications {
    fn current(&self) -> Option<&dyn Applet> {
        let applet = self.selected.and_then(|index| self.applets.get(index))?;
        Some(&**applet)
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
            .position(|applet| wanted.len() >= 5 && applet.aid().starts_with(wanted))
            .ok_or(StatusWord::NOT_FOUND)?;
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
}

impl Inside for Applications {
    fn takes_as_it_is(&self, cla: u8) -> bool {
        self.current()
            .is_some_and(|applet| applet.own_class() == Some(cla))
    }

    fn carry_out(&mut self, command: &Parsed<'_>) -> Answer {
        let [cla, ins, p1, _] = command.header;
        if cla == 0x00 && ins == SELECT && p1 == 0x04 {
            let selected = self.select(command);
            let foreign = self.current().is_some_and(Applet::takes_foreign_select);
            if !(foreign && selected == Err(StatusWord::NOT_FOUND)) {
                return selected.into();
            }
        }
        let applet = self.selected.and_then(|index| self.applets.get_mut(index));
        Answer::from(match applet {
            Some(applet) => applet.process(command),
            None if ins == SELECT => Err(StatusWord::NOT_FOUND),
            None => Err(StatusWord::NO_INSTRUCTION),
        })
    }
}

impl Card for Chip {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.applications.leave();
        self.interface.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.interface.transmit(command, &mut self.applications)
    }
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
