//! The MUSCLE applet ("CardEdge") for Java cards: numbered PINs, key slots, and objects that are
//! bytes with a number. Facts: sheet "muscle".

mod blob;
mod build;
mod challenge;
mod crypt;
mod des;
mod keys;
mod objects;
mod personal;
mod pins;
mod rights;
mod setup;
mod status;

use super::chip::{Applet, Result};
use super::pin::Pin;
use super::pool::Pool;
use super::random::Random;
use crate::iso7816::{Parsed, StatusWord};
pub use build::Build;
use keys::Slot;
use objects::{INPUT, OUTPUT, Objects};
pub use personal::Owner;
use pins::Code;
use rights::Identities;
use setup::Rules;

/// The applet's class of commands.
const CLASS: u8 = 0xB0;

/// The tries of the transport PIN.
const TRANSPORT_TRIES: u8 = 3;

/// How many PINs there can be, and how many keys.
const PLACES: usize = 8;

/// The applet.
pub struct Muscle {
    build: Build,
    /// What Setup laid down; nothing before it.
    rules: Option<Rules>,
    /// What Setup asks for: the transport PIN, or that of the admin where a Setup has failed after it had
    /// taken that; nothing where it is not looked at.
    transport: Option<Pin>,
    pins: [Option<Code>; PLACES],
    slots: [Option<Slot>; PLACES],
    objects: Objects,
    identities: Identities,
    /// The slot that ListKeys looks at next.
    next_key: usize,
    /// Whether GetChallenge was ever asked: nothing takes that back (sheet, 8).
    challenged: bool,
    random: Random,
    pool: Pool,
}

impl Muscle {
    /// An applet that was installed just now.
    #[must_use]
    pub fn blank(build: Build) -> Self {
        let transport = build.transport_pin.as_deref();
        let transport = transport.map(|pin| Pin::new(pin, TRANSPORT_TRIES));
        Self {
            build,
            rules: None,
            transport,
            pins: [const { None }; PLACES],
            slots: [const { None }; PLACES],
            objects: Objects::default(),
            identities: Identities::default(),
            next_key: 0,
            challenged: false,
            random: Random::default(),
            pool: Pool::forwards(),
        }
    }

    fn carry_out(&mut self, command: &Parsed<'_>) -> Result {
        let [_, ins, p1, p2] = command.header;
        let data = command.data;
        match ins {
            0x2A if self.rules.is_none() => self.set_up_by(p1, p2, data),
            _ if self.rules.is_none() => Err(status::UNSUPPORTED),
            0x30 => self.generate(p1, p2, data),
            0x32 => self.import(p1, p2, data),
            0x34 => self.export(p1, p2, data),
            0x36 => self.compute(p1, p2, data),
            0x38 => self.authenticate(p1, p2, data),
            0x3A => self.list_keys(p1, p2, length_byte(command)),
            0x3C => self.status(p1, p2),
            0x40 => self.create_pin(p1, p2, data),
            0x42 => self.verify(p1, p2, data),
            0x44 => self.change(p1, p2, data),
            0x46 => self.unblock(p1, p2, data),
            0x48 => self.list_pins(p1, p2, length_byte(command)),
            0x52 => self.delete_object(p1, p2, data),
            0x54 => self.write_object(p1, p2, data),
            0x56 => self.read_object(p1, p2, data),
            0x58 => self.list_objects(p1, p2, length_byte(command)),
            0x5A => self.create_object(p1, p2, data),
            _ if ins == self.build.odd_instructions[0] => self.log_out_all(),
            _ if ins == self.build.odd_instructions[1] => self.challenge(p1, p2, data),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }

    fn log_out_all(&mut self) -> Result {
        self.identities = Identities::default();
        Ok(Vec::new())
    }
}

impl Applet for Muscle {
    fn aid(&self) -> Vec<u8> {
        vec![0xA0, 0x00, 0x00, 0x00, 0x01, 0x01]
    }

    fn select(&mut self, _again: bool) -> Result {
        self.deselect();
        Ok(Vec::new())
    }

    fn deselect(&mut self) {
        self.identities = Identities::default();
        self.objects.remove_all(INPUT);
        self.objects.remove_all(OUTPUT);
    }

    fn own_class(&self) -> Option<u8> {
        Some(CLASS)
    }

    fn takes_foreign_select(&self) -> bool {
        true
    }

    fn process(&mut self, command: &Parsed<'_>) -> Result {
        let [cla, ins, ..] = command.header;
        match (cla, ins) {
            // Whatever it was to select (sheet, 1).
            (0x00, 0xA4) => Ok(Vec::new()),
            (CLASS, _) => {
                if command.extended && !self.fits(command) {
                    return Err(StatusWord::WRONG_LENGTH);
                }
                self.carry_out(command)
            }
            _ => Err(StatusWord::NO_CLASS),
        }
    }
}

impl Muscle {
    /// Whether the build's buffer holds an extended command: seven bytes, the data, and Le.
    fn fits(&self, command: &Parsed<'_>) -> bool {
        let len = 7 + command.data.len() + 2;
        self.build.extended.is_some_and(|longest| len <= longest)
    }
}

/// The fifth byte of a command, whether it is Lc or Le: lists take it for what they may answer.
fn length_byte(command: &Parsed<'_>) -> u8 {
    let len = match command.le {
        Some(le) if command.data.is_empty() => le,
        _ => command.data.len(),
    };
    len.to_le_bytes()[0]
}

/// Takes bytes with their length in front.
fn counted<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (&len, rest) = data.split_first()?;
    let (bytes, rest) = rest.split_at_checked(usize::from(len))?;
    *data = rest;
    Some(bytes)
}

/// Takes bytes with two bytes of length in front.
fn counted_by_word<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = word(data)?;
    let (bytes, rest) = data.split_at_checked(usize::from(len))?;
    *data = rest;
    Some(bytes)
}

/// Takes a number of two bytes.
fn word(data: &mut &[u8]) -> Option<u16> {
    let (word, rest) = data.split_first_chunk()?;
    *data = rest;
    Some(u16::from_be_bytes(*word))
}

/// Takes one byte.
fn byte(data: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = data.split_first()?;
    *data = rest;
    Some(byte)
}

/// P1 and P2 that have to be these.
fn check_p1p2((p1, wanted1): (u8, u8), (p2, wanted2): (u8, u8)) -> Result<()> {
    if p1 != wanted1 {
        return Err(status::WRONG_P1);
    }
    if p2 != wanted2 {
        return Err(status::WRONG_P2);
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests;
