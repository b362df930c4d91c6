//! The OpenPGP card 3.4 (`opcard`): PW1 123456, PW3 12345678, no resetting code.

use heapless::VecView;
use iso7816::Status;
use iso7816::command::CommandView;
use opcard::{Card, Options};

use crate::firmware::Client;
use crate::front_end::Application;

/// An ATR like the Nitrokey's: T=1, and the historical bytes that `opcard` has as data object 5F52.
pub const ATR: &[u8] = &[
    0x3B, 0xDA, 0x18, 0xFF, 0x81, 0xB1, 0xFE, 0x75, 0x1F, 0x03, 0x00, 0x31, 0xF5, 0x73, 0xC0, 0x01,
    0x60, 0x00, 0x90, 0x00, 0x1C,
];

/// The application, just powered up.
pub fn power_up(client: Client<'_>, serial: [u8; 4]) -> Box<dyn Application + '_> {
    let mut options = Options::default();
    options.serial = serial;
    // Nobody is there to press it.
    options.button_available = false;
    Box::new(Card::new(client, options))
}

impl Application for Card<Client<'_>> {
    fn execute(
        &mut self,
        command: CommandView<'_>,
        answer: &mut VecView<u8>,
    ) -> Result<(), Status> {
        self.handle(command, answer)
    }
}
