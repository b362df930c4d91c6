//! CardOS M4: the card operating system of the eToken PRO and its relatives, with a file system,
//! access conditions, and objects for PINs and keys. Facts: sheet "cardos".
//!
//! There is no public manual. Where only OpenSC's side of a conversation is known, the answers are
//! what makes that conversation come true; such places say so.

mod admin;
mod create;
mod crypto;
mod files;
mod keys;
mod model;
mod objects;
mod personal;
mod pins;
mod sealed;

use std::collections::BTreeSet;

use super::card::Card;
use super::chip::{Result, with_status};
use super::pool::Pool;
use super::random::Random;
use crate::iso7816::{Parsed, StatusWord};
use files::{Directory, Place};
pub use model::Model;
pub use personal::Owner;

/// No file is selected.
const NO_FILE: StatusWord = StatusWord(0x6986);
/// Not for a file of this structure.
const WRONG_STRUCTURE: StatusWord = StatusWord(0x6981);
/// The life-cycle phase does not allow it.
const WRONG_PHASE: StatusWord = StatusWord(0x6900);
/// There is more than Le asks for, and the card does not say how much (sheet, 10).
const WRONG_LE: u16 = 0x6C00;

/// A card.
pub struct CardOs {
    model: Model,
    phase: Phase,
    root: Directory,
    /// Where the card is: the directory, and the file in it.
    place: Place,
    /// The PIN objects that were verified: the directory that has them, and their number.
    verified: BTreeSet<(Vec<u16>, u8)>,
    environment: Environment,
    start_key: StartKey,
    random: Random,
    pool: Pool,
}

/// Where in its life a card is (sheet "cardos", 3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    Manufacturing,
    Administration,
    Operational,
    /// The files are gone, and there is no new root yet.
    Erased,
}

impl Phase {
    fn byte(self) -> u8 {
        match self {
            Self::Manufacturing => 0x34,
            Self::Administration => 0x20,
            Self::Operational => 0x10,
            Self::Erased => 0x29,
        }
    }
}

/// The keys that MANAGE SECURITY ENVIRONMENT named.
#[derive(Clone, Copy, Debug, Default)]
struct Environment {
    sign: Option<u8>,
    decipher: Option<u8>,
}

/// The key that allows erasing.
#[derive(Clone, Debug)]
struct StartKey {
    value: [u8; 16],
    version: u8,
    tries: u8,
}

impl CardOs {
    /// A card as FORMAT leaves it: a root without anything in it.
    #[must_use]
    pub fn blank(model: Model) -> Self {
        Self {
            start_key: StartKey {
                value: [0xFF; 16],
                version: 0xFF,
                tries: 10,
            },
            model,
            phase: Phase::Administration,
            root: Directory::root(),
            place: Place::default(),
            verified: BTreeSet::new(),
            environment: Environment::default(),
            random: Random::default(),
            pool: Pool::forwards(),
        }
    }

    /// A card as the chip maker sells it: its start key is the vendor's secret, and nothing works.
    #[must_use]
    pub fn raw(model: Model) -> Self {
        let mut card = Self::blank(model);
        card.phase = Phase::Manufacturing;
        card.start_key.version = 0x00;
        card
    }

    /// With another start key than the usual one, of which so many tries are left.
    #[must_use]
    pub fn with_start_key(mut self, value: [u8; 16], tries: u8) -> Self {
        self.start_key.value = value;
        self.start_key.tries = tries;
        self
    }

    /// Everything that the card keeps without power, to tell whether two cards are in the same
    /// state.
    #[must_use]
    pub fn image(&self) -> String {
        format!("{:?} {:?} {:#?}", self.phase, self.start_key, self.root)
    }

    /// In the phase for everyday use.
    #[must_use]
    pub fn operational(mut self) -> Self {
        self.phase = Phase::Operational;
        self
    }

    fn carry_out(&mut self, command: &Parsed<'_>) -> Result {
        let [cla, ins, p1, p2] = command.header;
        let data = command.data;
        match (cla, ins) {
            (0x00, 0xCA) => self.get_data(p1, p2),
            (0x80, 0x10) => self.phase_control(),
            (0x84, _) => self.sealed(command),
            _ if matches!(self.phase, Phase::Manufacturing | Phase::Erased) => {
                Err(StatusWord::NO_INSTRUCTION)
            }
            (0x00, 0xA4) => self.select(p1, p2, data, command.le.is_some()),
            (0x00, 0xB0) => self.read_binary(p1, p2, command.le),
            (0x00, 0xB2) => self.read_record(p1, p2),
            (0x00, 0xD6) => self.update_binary(p1, p2, data),
            (0x00, 0xE0) => self.create(data),
            (0x00, 0xE4) => self.delete(data),
            (0x80, 0x16) => self.directory(p1, p2),
            (0x00, 0xDA) => self.put_data(p1, p2, data),
            (0x00, 0x20) => self.verify(p1, p2, data),
            (0x00, 0x24) => self.change(p1, p2, data),
            (0x00, 0x2C) => self.unblock(p1, p2, data),
            (0x80, 0xEA) => self.log_out(),
            (0x00, 0x22) => self.manage_security_environment(p1, p2, data),
            (0x00, 0x2A) => self.perform_security_operation(p1, p2, data),
            (0x00, 0x46) => self.generate(data),
            (0x00, 0x84) => self.challenge(command.le),
            (0x00 | 0x80, _) => Err(StatusWord::NO_INSTRUCTION),
            // Neither chaining nor other channels (sheet, 11).
            (0x10, _) => Err(StatusWord::NO_CHAINING),
            _ => Err(StatusWord::NO_CLASS),
        }
    }

    fn log_out(&mut self) -> Result {
        self.verified.clear();
        Ok(Vec::new())
    }
}

/// A card in the same state, to find out what this one would do. Its random numbers and the keys
/// that it will make are its own.
impl Clone for CardOs {
    fn clone(&self) -> Self {
        let Self {
            model,
            phase,
            root,
            place,
            verified,
            environment,
            start_key,
            random: _,
            pool: _,
        } = self;
        Self {
            model: model.clone(),
            phase: *phase,
            root: root.clone(),
            place: place.clone(),
            verified: verified.clone(),
            environment: *environment,
            start_key: start_key.clone(),
            random: Random::default(),
            pool: Pool::forwards(),
        }
    }
}

impl Card for CardOs {
    fn atr(&self) -> &[u8] {
        self.model.atr
    }

    fn reset(&mut self) {
        self.place = Place::default();
        self.verified.clear();
        self.environment = Environment::default();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let Some(command) = Parsed::from_bytes(command) else {
            return with_status(Vec::new(), StatusWord::WRONG_LENGTH.0);
        };
        if command.data.len() > usize::from(self.model.longest) {
            return with_status(Vec::new(), StatusWord::WRONG_LENGTH.0);
        }
        match self.carry_out(&command) {
            Err(sw) => with_status(Vec::new(), sw.0),
            Ok(data) => match command.le {
                None => with_status(Vec::new(), StatusWord::OK.0),
                Some(le) if data.len() > le => with_status(Vec::new(), WRONG_LE),
                Some(_) => with_status(data, StatusWord::OK.0),
            },
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests;
