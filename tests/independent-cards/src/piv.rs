//! The PIV card (`piv-authenticator`): PIN 123456, PUK 12345678, and the management key that every
//! new PIV card has (3DES, 0102030405060708 three times).
//!
//! It knows some of the YubiKey's commands: it calls itself version 6.6.6 with serial number
//! 5437251, whatever `--serial` says, and answers GET METADATA with 9000 and no data. To a wrong PIN in
//! CHANGE REFERENCE DATA it says 6300, without a counter, and a blocked one is 63C0, not 6983, when it is
//! only asked for.

use heapless::VecView;
use iso7816::command::{Command, CommandView};
use iso7816::{Instruction, Status};
use piv_authenticator::{Authenticator, Options};

use crate::firmware::Client;
use crate::front_end::Application;

/// An ATR of T=1 that nobody claims (vpicc's own).
pub const ATR: &[u8] = vpicc::DEFAULT_ATR;

/// The name of the application (SP 800-73-4 Part 1, 2.2).
const AID: [u8; 11] = [
    0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00,
];

/// The application, just powered up.
pub fn power_up(client: Client<'_>, serial: [u8; 4]) -> Box<dyn Application + '_> {
    let mut uuid = [0x11; 16];
    for (byte, serial) in uuid.iter_mut().rev().zip(serial.iter().rev()) {
        *byte = *serial;
    }
    Box::new(Piv(Authenticator::new(
        client,
        Options::new().uuid(Some(uuid)),
    )))
}

struct Piv<'a>(Authenticator<Client<'a>>);

impl Application for Piv<'_> {
    fn execute(
        &mut self,
        command: CommandView<'_>,
        answer: &mut VecView<u8>,
    ) -> Result<(), Status> {
        match selected_by_a_short_name(&command) {
            Some(full) => self.0.respond(full.as_view(), answer),
            None => self.0.respond(command, answer),
        }
    }
}

/// The SELECT with the whole name, if `command` is one with the beginning of it.
///
/// SP 800-73-4 Part 2, 3.1.1 lets the name be right-truncated, and every client sends the five bytes
/// of the RID. The application wants nine at least; on the real device the dispatcher fills in.
fn selected_by_a_short_name(command: &CommandView<'_>) -> Option<Command<16>> {
    const RID_LEN: usize = 5;

    let name = command.data();
    let by_name = (command.instruction(), command.p1, command.p2) == (Instruction::Select, 0x04, 0);
    if !by_name || name.len() < RID_LEN || !AID.starts_with(name) {
        return None;
    }
    let select = [&[0x00, 0xA4, 0x04, 0x00, 11], &AID[..], &[0x00]].concat();
    Command::try_from(&select).ok()
}
