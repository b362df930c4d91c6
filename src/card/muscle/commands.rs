//! The commands of the applet, as bytes (sheet "muscle", 2 to 8). Numbers are big-endian.

use serde::{Deserialize, Serialize};

use crate::base::secret::Secret;
use crate::iso7816::{Command, Le};

/// The class of all commands but SELECT.
const CLA: u8 = 0xB0;

/// The object through which the card is given what no command can carry.
pub const INPUT: ObjectId = ObjectId([0xFF, 0xFF, 0xFF, 0xFE]);

/// The object in which the card leaves what no answer can carry.
pub const OUTPUT: ObjectId = ObjectId([0xFF, 0xFF, 0xFF, 0xFF]);

/// The most bytes that one command writes: 255 less identifier, offset and length.
pub const WRITE_PIECE: usize = 246;

/// The most bytes that one command reads.
pub const READ_PIECE: usize = 255;

/// What ComputeCrypt works on is in the command, and the result in its answer.
const IN_COMMAND: u8 = 0x01;
/// It is in [`INPUT`], and the result in [`OUTPUT`].
const IN_OBJECTS: u8 = 0x02;

/// Bytes that GetStatus brings.
pub const STATUS_LEN: usize = 16;

/// Bytes of an entry of ListObjects.
pub const OBJECT_LEN: usize = 14;

/// Bytes of an entry of ListKeys.
pub const KEY_LEN: usize = 11;

/// The name of an object.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct ObjectId(pub [u8; 4]);

/// Who may do what: read, write and delete an object, or read, overwrite and use a key. Each word
/// is 0000 for everybody, FFFF for nobody, else the identities that all have to be shown: bit n
/// is PIN n (sheet "muscle", 4).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Rules(pub [u16; 3]);

impl Rules {
    /// Everybody may do everything.
    pub const OPEN: Self = Self([0; 3]);

    /// As the card has them.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 6] {
        let [[a, b], [c, d], [e, f]] = self.0.map(u16::to_be_bytes);
        [a, b, c, d, e, f]
    }

    /// From six bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = bytes;
        Self([[a, b], [c, d], [e, f]].map(u16::from_be_bytes))
    }
}

/// Which end of a list is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// The first entry.
    First,
    /// The entry after the last one that was asked for.
    Following,
}

impl Next {
    fn p1(self) -> u8 {
        match self {
            Self::First => 0x00,
            Self::Following => 0x01,
        }
    }
}

/// What the first set-up stores (sheet "muscle", 3).
#[derive(Clone, Copy, Debug)]
pub struct SetUp<'a> {
    /// The PIN that the applet was compiled with.
    pub default_pin: &'a Secret,
    /// PIN 0, that of the security officer, and its PUK.
    pub officer: NewIdentity<'a>,
    /// PIN 1, that of the holder, and its PUK.
    pub user: NewIdentity<'a>,
    /// Bytes for objects, below 8000.
    pub memory: u16,
    /// Who may create objects, keys and PINs: 00 everybody, FF nobody, else any one of the PINs
    /// whose bits are set.
    pub creators: [u8; 3],
}

/// A PIN that the first set-up stores.
#[derive(Clone, Copy, Debug)]
pub struct NewIdentity<'a> {
    /// The PIN, 4 to 16 bytes.
    pub pin: &'a Secret,
    /// Its tries.
    pub tries: u8,
    /// What unblocks it, 4 to 16 bytes.
    pub puk: &'a Secret,
    /// The tries of that.
    pub puk_tries: u8,
}

/// Setup: the first command that a new applet takes.
#[must_use]
pub fn set_up(new: &SetUp<'_>) -> Command {
    let mut data = Secret::with_capacity(64);
    push(&mut data, new.default_pin);
    for identity in [&new.officer, &new.user] {
        data.extend(&[identity.tries, identity.puk_tries]);
        push(&mut data, identity.pin);
        push(&mut data, identity.puk);
    }
    data.extend(&[0x00, 0x00]);
    data.extend(&new.memory.to_be_bytes());
    data.extend(&new.creators);
    Command::new([CLA, 0x2A, 0x00, 0x00]).secret(data)
}

/// A length and the bytes. No PIN that the rules let pass is longer than a length can say.
fn push(data: &mut Secret, value: &Secret) {
    data.extend(&[u8::try_from(value.len()).unwrap_or(u8::MAX)]);
    data.extend(value.expose());
}

/// GetStatus.
#[must_use]
pub fn get_status() -> Command {
    Command::new([CLA, 0x3C, 0x00, 0x00]).expecting(Le::bytes(16))
}

/// ListPINs: a mask of two bytes.
#[must_use]
pub fn list_pins() -> Command {
    Command::new([CLA, 0x48, 0x00, 0x00]).expecting(Le::bytes(2))
}

/// ListKeys. The card refuses any other length.
#[must_use]
pub fn list_keys(next: Next) -> Command {
    Command::new([CLA, 0x3A, next.p1(), 0x00]).expecting(Le::bytes(11))
}

/// ListObjects.
#[must_use]
pub fn list_objects(next: Next) -> Command {
    Command::new([CLA, 0x58, next.p1(), 0x00]).expecting(Le::bytes(14))
}

/// VerifyPIN.
#[must_use]
pub fn verify_pin(number: u8, pin: &Secret) -> Command {
    Command::new([CLA, 0x42, number, 0x00]).secret(pin.duplicate())
}

/// ChangePIN.
#[must_use]
pub fn change_pin(number: u8, current: &Secret, new: &Secret) -> Command {
    let mut data = Secret::with_capacity(current.len() + new.len() + 2);
    push(&mut data, current);
    push(&mut data, new);
    Command::new([CLA, 0x44, number, 0x00]).secret(data)
}

/// UnblockPIN: gives the tries back; the PIN stays what it was.
#[must_use]
pub fn unblock_pin(number: u8, puk: &Secret) -> Command {
    Command::new([CLA, 0x46, number, 0x00]).secret(puk.duplicate())
}

/// CreatePIN.
#[must_use]
pub fn create_pin(number: u8, tries: u8, pin: &Secret, puk: &Secret) -> Command {
    let mut data = Secret::with_capacity(pin.len() + puk.len() + 2);
    push(&mut data, pin);
    push(&mut data, puk);
    Command::new([CLA, 0x40, number, tries]).secret(data)
}

/// How GenerateKeyPair makes the private half (sheet "muscle", 6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// RSA, modulus and exponent.
    Rsa,
    /// RSA with primes.
    RsaCrt,
}

/// GenerateKeyPair: RSA with the exponent 65537, into these places (private, public), under these rules.
#[must_use]
pub fn generate(
    algorithm: Algorithm,
    bits: u16,
    (private, public): (u8, u8),
    (private_rules, public_rules): (Rules, Rules),
) -> Command {
    let mut data = vec![match algorithm {
        Algorithm::Rsa => 0x00,
        Algorithm::RsaCrt => 0x01,
    }];
    data.extend(bits.to_be_bytes());
    data.extend(private_rules.to_bytes());
    data.extend(public_rules.to_bytes());
    data.push(0x00);
    Command::new([CLA, 0x30, private, public]).data(data)
}

/// Whether a command is GenerateKeyPair, which takes as long as the chip wants.
#[must_use]
pub fn is_generate(command: &[u8]) -> bool {
    command.starts_with(&[CLA, 0x30])
}

/// ImportKey: the blob waits in [`INPUT`].
#[must_use]
pub fn import_key(slot: u8, rules: Rules) -> Command {
    Command::new([CLA, 0x32, slot, 0x00]).data(rules.to_bytes())
}

/// ExportKey, in the clear, to [`OUTPUT`].
#[must_use]
pub fn export_key(slot: u8) -> Command {
    Command::new([CLA, 0x34, slot, 0x00]).data([0x00])
}

/// CreateObject.
#[must_use]
pub fn create_object(id: ObjectId, size: u16, rules: Rules) -> Command {
    let mut data = id.0.to_vec();
    data.extend(u32::from(size).to_be_bytes());
    data.extend(rules.to_bytes());
    Command::new([CLA, 0x5A, 0x00, 0x00]).data(data)
}

/// DeleteObject. `zero` has its bytes overwritten first.
#[must_use]
pub fn delete_object(id: ObjectId, zero: bool) -> Command {
    Command::new([CLA, 0x52, 0x00, u8::from(zero)]).data(id.0)
}

/// ReadObject: at most [`READ_PIECE`] bytes.
#[must_use]
pub fn read_object(id: ObjectId, offset: u16, len: u8) -> Command {
    let mut data = place(id, offset);
    data.push(len);
    Command::new([CLA, 0x56, 0x00, 0x00])
        .data(data)
        .expecting(Le::bytes(len.into()))
}

/// WriteObject: at most [`WRITE_PIECE`] bytes.
#[must_use]
pub fn write_object(id: ObjectId, offset: u16, bytes: &[u8]) -> Command {
    let mut data = place(id, offset);
    data.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    data.extend(bytes);
    Command::new([CLA, 0x54, 0x00, 0x00]).data(data)
}

/// The same with bytes that nobody may see.
#[must_use]
pub fn write_secret(id: ObjectId, offset: u16, bytes: &[u8]) -> Command {
    let mut data = Secret::with_capacity(bytes.len() + 9);
    data.extend(&place(id, offset));
    data.extend(&[u8::try_from(bytes.len()).unwrap_or(u8::MAX)]);
    data.extend(bytes);
    Command::new([CLA, 0x54, 0x00, 0x00]).secret(data)
}

fn place(id: ObjectId, offset: u16) -> Vec<u8> {
    let mut data = id.0.to_vec();
    data.extend(u32::from(offset).to_be_bytes());
    data
}

/// ComputeCrypt, init: RSA without padding, "decrypt". That is what signatures are made with, too:
/// cards refuse the direction "sign" (sheet "muscle", 7). No data: `Cipher.update` of most cards
/// throws. It says that this nothing is in the command, wherever the block will be: else the applet takes
/// what is in [`INPUT`] for it.
#[must_use]
pub fn compute_init(slot: u8) -> Command {
    Command::new([CLA, 0x36, slot, 0x01]).data([0x00, 0x04, IN_COMMAND, 0x00, 0x00])
}

/// ComputeCrypt, final, with the block in the command.
#[must_use]
pub fn compute_direct(slot: u8, block: &[u8]) -> Command {
    let len = u16::try_from(block.len()).unwrap_or(u16::MAX);
    let mut data = Secret::with_capacity(block.len() + 3);
    data.extend(&[IN_COMMAND]);
    data.extend(&len.to_be_bytes());
    data.extend(block);
    Command::new([CLA, 0x36, slot, 0x03])
        .secret(data)
        .expecting(Le::bytes(len.saturating_add(2)))
}

/// ComputeCrypt, final, with the block in [`INPUT`].
#[must_use]
pub fn compute_by_objects(slot: u8) -> Command {
    Command::new([CLA, 0x36, slot, 0x03]).data([IN_OBJECTS])
}

/// What version 0.9.11 of the applet has other instruction bytes for, since 60 and 62 are none with
/// T=0 (sheet "muscle", 2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Instructions {
    /// 60 and 62.
    Usual,
    /// 70 and 72.
    Of0911,
}

/// LogoutAll. SELECT does the same.
#[must_use]
pub fn log_out(instructions: Instructions) -> Command {
    let ins = match instructions {
        Instructions::Usual => 0x60,
        Instructions::Of0911 => 0x70,
    };
    Command::new([CLA, ins, 0x00, 0x00])
}

/// GetChallenge into [`OUTPUT`], which is what ExternalAuthenticate asks for.
#[must_use]
pub fn get_challenge(instructions: Instructions, size: u16, seed: &[u8]) -> Command {
    let ins = match instructions {
        Instructions::Usual => 0x62,
        Instructions::Of0911 => 0x72,
    };
    let mut data = size.to_be_bytes().to_vec();
    data.extend(u16::try_from(seed.len()).unwrap_or(u16::MAX).to_be_bytes());
    data.extend(seed);
    Command::new([CLA, ins, 0x00, 0x02]).data(data)
}

/// ExternalAuthenticate with RSA: the card decrypts the cryptogram and compares.
#[must_use]
pub fn external_authenticate(slot: u8, cryptogram: &[u8]) -> Command {
    let mut data = vec![0x00, 0x04, 0x01];
    let len = u16::try_from(cryptogram.len()).unwrap_or(u16::MAX);
    data.extend(len.to_be_bytes());
    data.extend(cryptogram);
    Command::new([CLA, 0x38, slot, 0x00]).data(data)
}
