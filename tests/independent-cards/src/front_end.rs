//! The operating system of the card: whole commands in, answers in pieces out.
//!
//! The applications expect what `apdu-dispatch` does on the real device: commands that are already
//! put together (ISO/IEC 7816-4:2020, 5.3.3) and somebody who hands out a long answer by GET
//! RESPONSE (5.3.4).

use heapless::VecView;
use iso7816::command::{Command, CommandView};
use iso7816::{Instruction, Status};

/// The longest command and the longest answer, in bytes, as on the Nitrokey 3.
const BUFFER_LEN: usize = 7609;

/// An application on the card.
pub trait Application {
    /// Carries out a whole command and writes the answer, without its status word.
    ///
    /// # Errors
    ///
    /// The status word, unless it is 9000.
    fn execute(&mut self, command: CommandView<'_>, answer: &mut VecView<u8>)
    -> Result<(), Status>;
}

/// What stands between the contacts and the application.
pub struct FrontEnd<'a> {
    application: Box<dyn Application + 'a>,
    /// The pieces of a chained command so far.
    chain: Option<Command<BUFFER_LEN>>,
    answer: heapless::Vec<u8, BUFFER_LEN>,
    /// How much of `answer` the reader has.
    sent: usize,
}

impl<'a> FrontEnd<'a> {
    /// The front end of a card that was just powered up.
    pub fn new(application: Box<dyn Application + 'a>) -> Self {
        Self {
            application,
            chain: None,
            answer: heapless::Vec::new(),
            sent: 0,
        }
    }

    /// Answers one command APDU with one response APDU.
    pub fn respond(&mut self, apdu: &[u8]) -> Vec<u8> {
        match self.take(apdu) {
            Ok(le) => self.next_piece(le),
            Err(status) => <[u8; 2]>::from(status).to_vec(),
        }
    }

    /// Takes a command in; says how many bytes the reader waits for.
    fn take(&mut self, apdu: &[u8]) -> Result<usize, Status> {
        let command = Command::<BUFFER_LEN>::try_from(apdu).map_err(|_| Status::WrongLength)?;
        // Without Le (case 3) the answer goes out all the same, as from a real card:
        // yubico-piv-tool leaves Le out when it authenticates with the management key.
        let le = match command.expected() {
            0 => 256,
            le => le,
        };
        if command.instruction() == Instruction::GetResponse {
            return if self.sent < self.answer.len() {
                Ok(le)
            } else {
                Err(Status::ConditionsOfUseNotSatisfied)
            };
        }
        self.answer.clear();
        self.sent = 0;

        let last = command.class().chain().last_or_only();
        let command = self.joined(command)?;
        if last {
            self.application
                .execute(command.as_view(), &mut self.answer)?;
        } else {
            self.chain = Some(command);
        }
        Ok(le)
    }

    /// The command with all that came before it in its chain.
    fn joined(&mut self, piece: Command<BUFFER_LEN>) -> Result<Command<BUFFER_LEN>, Status> {
        let Some(mut chain) = self.chain.take() else {
            return Ok(piece);
        };
        let header = |c: &Command<BUFFER_LEN>| (u8::from(c.instruction()), c.p1, c.p2);
        if header(&chain) != header(&piece) {
            return Err(Status::LastCommandOfChainExpected);
        }
        chain
            .extend_from_command(&piece)
            .map_err(|_| Status::WrongLength)?;
        Ok(chain)
    }

    fn next_piece(&mut self, le: usize) -> Vec<u8> {
        let rest = self.answer.get(self.sent..).unwrap_or_default();
        let (piece, rest) = rest.split_at(rest.len().min(le));
        let status = match u8::try_from(rest.len()) {
            Ok(0) => Status::Success,
            Ok(left) => Status::MoreAvailable(left),
            // 00 says "256 or more".
            Err(_) => Status::MoreAvailable(0),
        };
        self.sent += piece.len();
        [piece, &<[u8; 2]>::from(status)].concat()
    }
}

#[cfg(test)]
#[allow(
    clippy::indexing_slicing,
    reason = "a test that slices too far shall fail"
)]
mod tests {
    use super::*;

    /// Answers a command with its own data.
    struct Echo;

    impl Application for Echo {
        fn execute(
            &mut self,
            command: CommandView<'_>,
            answer: &mut VecView<u8>,
        ) -> Result<(), Status> {
            answer
                .extend_from_slice(command.data())
                .map_err(|_| Status::NotEnoughMemory)
        }
    }

    #[test]
    fn a_long_answer_comes_in_pieces() {
        let mut card = FrontEnd::new(Box::new(Echo));
        let data: Vec<u8> = (0..=255).cycle().take(600).collect();

        // Chained in three pieces of 200 bytes.
        for (class, piece) in [0x10, 0x10, 0x00].into_iter().zip(data.chunks(200)) {
            let apdu = [&[class, 0xDB, 0x3F, 0xFF, 200], piece].concat();
            let answer = card.respond(&apdu);
            if class == 0x10 {
                assert_eq!(answer, [0x90, 0x00]);
            } else {
                assert_eq!(answer, [&data[..256], &[0x61, 0x00]].concat());
            }
        }
        let second = card.respond(&[0x00, 0xC0, 0x00, 0x00, 0x00]);
        assert_eq!(second, [&data[256..512], &[0x61, 88]].concat());
        let third = card.respond(&[0x00, 0xC0, 0x00, 0x00, 88]);
        assert_eq!(third, [&data[512..], &[0x90, 0x00]].concat());
        assert_eq!(card.respond(&[0x00, 0xC0, 0x00, 0x00, 0x00]), [0x69, 0x85]);
    }

    #[test]
    fn an_extended_answer_comes_whole() {
        let mut card = FrontEnd::new(Box::new(Echo));
        let data = [0xA5; 600];
        let apdu = [
            &[0x00, 0xDB, 0x3F, 0xFF, 0x00, 0x02, 0x58],
            &data[..],
            &[0x00, 0x00],
        ]
        .concat();
        assert_eq!(card.respond(&apdu), [&data[..], &[0x90, 0x00]].concat());
    }

    #[test]
    fn another_command_ends_a_chain() {
        let mut card = FrontEnd::new(Box::new(Echo));
        assert_eq!(
            card.respond(&[0x10, 0xDB, 0x3F, 0xFF, 0x01, 0xAA]),
            [0x90, 0x00]
        );
        assert_eq!(card.respond(&[0x00, 0x20, 0x00, 0x80]), [0x68, 0x83]);
        assert_eq!(card.respond(&[0x00, 0x20, 0x00, 0x80]), [0x90, 0x00]);
    }

    #[test]
    fn a_command_that_is_none_has_a_wrong_length() {
        let mut card = FrontEnd::new(Box::new(Echo));
        assert_eq!(card.respond(&[0x00, 0x20, 0x00]), [0x67, 0x00]);
        assert_eq!(
            card.respond(&[0x00, 0x20, 0x00, 0x80, 0x08, 0x31]),
            [0x67, 0x00]
        );
    }
}
