//! The smallest applications: one of which nothing is known, and a security domain without keys.

use crate::iso7816::tlv::ber;
use crate::iso7816::{Parsed, StatusWord};
use crate::simulator::chip::{Applet, Result};

/// What is installed from a package that nobody here can play: it can be selected, and no more.
pub(super) struct Inert(Vec<u8>);

impl Inert {
    pub(super) fn new(aid: &[u8]) -> Self {
        Self(aid.to_vec())
    }
}

impl Applet for Inert {
    fn aid(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn select(&mut self, _again: bool) -> Result {
        Ok(Vec::new())
    }

    fn deselect(&mut self) {}

    fn process(&mut self, _command: &Parsed<'_>) -> Result {
        Err(StatusWord::NO_INSTRUCTION)
    }
}

/// A security domain below the issuer's, as it is before it gets keys.
pub(super) struct Subordinate(Vec<u8>);

impl Subordinate {
    pub(super) fn new(aid: &[u8]) -> Self {
        Self(aid.to_vec())
    }
}

impl Applet for Subordinate {
    fn aid(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn select(&mut self, _again: bool) -> Result {
        let mut template = ber::encode(0x84, &self.0);
        ber::push(&mut template, 0xA5, &ber::encode(0x9F65, &[0xFF]));
        Ok(ber::encode(0x6F, &template))
    }

    fn deselect(&mut self) {}

    fn process(&mut self, command: &Parsed<'_>) -> Result {
        match command.header {
            // No key at all: an empty entry (sheet "globalplatform", 1.3).
            [_, 0xCA, 0x00, 0xE0] => Ok(ber::encode(0xE0, &[0xC0, 0x00])),
            [_, 0xCA, ..] | [0x80, 0x50, ..] => Err(StatusWord::NO_OBJECT),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }
}
