//! Commands that are signed and encrypted with the start key: ERASE FILES and FORMAT (sheet "cardos", 4).

use des::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use des::{Des, TdesEde2};

use crate::iso7816::Command;

/// Bytes of a block.
const BLOCK: usize = 8;

/// The key that cards have unless somebody changed it: version FF.
const KNOWN: [u8; 16] = [0xFF; 16];

/// Everything goes.
pub(super) fn erase_files() -> Option<Command> {
    seal(&KNOWN, [0x06, 0x00, 0x00], &[])
}

/// A new root of 128 bytes with nothing forbidden; the card ends in administration.
pub(super) fn format() -> Option<Command> {
    let root = [
        0x62, 0x13, 0x81, 0x02, 0x00, 0x80, 0x85, 0x01, 0x01, 0x86, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ];
    seal(&KNOWN, [0x40, 0x00, 0x01], &root)
}

/// Data, signature and padding, encrypted.
fn seal(key: &[u8; 16], header: [u8; 3], data: &[u8]) -> Option<Command> {
    let mut plain = data.to_vec();
    plain.extend(sign(key, header, data)?);
    plain.push(0x80);
    plain.resize(plain.len().next_multiple_of(BLOCK), 0x00);
    let cipher = TdesEde2::new_from_slice(key).ok()?;
    let mut before = [0; BLOCK];
    let mut sealed = Vec::with_capacity(plain.len());
    for chunk in plain.chunks_exact(BLOCK) {
        for (byte, other) in before.iter_mut().zip(chunk) {
            *byte ^= other;
        }
        cipher.encrypt_block((&mut before).into());
        sealed.extend(before);
    }
    let [ins, p1, p2] = header;
    Some(Command::new([0x84, ins, p1, p2]).data(sealed))
}

/// CBC with the first half of the key, and the last block once more through both.
fn sign(key: &[u8; 16], [ins, p1, p2]: [u8; 3], data: &[u8]) -> Option<[u8; BLOCK]> {
    let (first, second) = key.split_at_checked(BLOCK)?;
    let first = Des::new_from_slice(first).ok()?;
    let second = Des::new_from_slice(second).ok()?;
    let mut input = vec![ins, p1, p2, u8::try_from(data.len() + BLOCK).ok()?];
    input.extend(data);
    input.resize(input.len().next_multiple_of(BLOCK), 0x00);
    let mut state = [0; BLOCK];
    for chunk in input.chunks_exact(BLOCK) {
        for (byte, other) in state.iter_mut().zip(chunk) {
            *byte ^= other;
        }
        first.encrypt_block((&mut state).into());
    }
    second.decrypt_block((&mut state).into());
    first.encrypt_block((&mut state).into());
    Some(state)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use super::{KNOWN, erase_files, format, seal};
    use crate::base::hex;
    use crate::iso7816::Form;

    /// Made with an independent script from the published algorithm (sheet "cardos", 4).
    #[test]
    fn sealed_commands_are_those_of_the_sheet() {
        let other: [u8; 16] = std::array::from_fn(|index| 0x40 + u8::try_from(index).unwrap());
        let root = &hex::decode("62 13 81 02 00 80 85 01 01 86 0A 00000000000000000000").unwrap();
        let cases = [
            (erase_files(), "8406000010060000080000000 0F76AFC09E6D5F465"),
            (
                format(),
                "8440000120748CA3A848200B0C752DD82D5BE35CE1DE98AEBB1B4854390235B60B35A0CC19",
            ),
            (
                seal(&other, [0x06, 0, 0], &[]),
                "8406000010985F7CC5333E86E6A317F6082A7973D4",
            ),
            (
                seal(&other, [0x40, 0, 1], root),
                "8440000120BB48EB5484 2DE96093EEB810B6B05C578556C899F5EADE3A47D8399 2A84481 9A",
            ),
        ];
        assert_eq!(KNOWN, [0xFF; 16]);
        for (command, expected) in cases {
            let bytes = command.unwrap().to_bytes(Form::Short, false);
            assert_eq!(hex::encode(bytes.expose()), expected.replace(' ', ""));
        }
    }
}
