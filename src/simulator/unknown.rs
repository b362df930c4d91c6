//! A card that no driver knows: a payment card that lets itself be found and no more.

use super::chip::{Applet, Result};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Parsed, StatusWord};

/// The payment system environment of a contact card (EMV Book 1, 12.2.2).
const PSE: &[u8] = b"1PAY.SYS.DDF01";

/// The directory of a payment card, with one application in it that cannot be selected.
#[derive(Debug, Default)]
pub struct PaymentDirectory;

impl Applet for PaymentDirectory {
    fn aid(&self) -> Vec<u8> {
        PSE.to_vec()
    }

    fn select(&mut self, _again: bool) -> Result {
        // The directory is in file 1; English.
        let mut proprietary = ber::encode(0x88, &[0x01]);
        ber::push(&mut proprietary, 0x5F2D, b"en");
        let mut template = ber::encode(0x84, PSE);
        ber::push(&mut template, 0xA5, &proprietary);
        Ok(ber::encode(0x6F, &template))
    }

    fn deselect(&mut self) {}

    fn process(&mut self, command: &Parsed<'_>) -> Result {
        match command.header {
            [0x00, 0xB2, 0x01, 0x0C] => {
                let mut entry = ber::encode(0x4F, &[0xA0, 0x00, 0x00, 0x00, 0x03, 0x10, 0x10]);
                ber::push(&mut entry, 0x50, b"PRACTICE DEBIT");
                ber::push(&mut entry, 0x87, &[0x01]);
                Ok(ber::encode(0x70, &ber::encode(0x61, &entry)))
            }
            [0x00, 0xB2, _, 0x0C] => Err(StatusWord(0x6A83)),
            [0x00, 0xB2, ..] => Err(StatusWord::NOT_FOUND),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }
}
