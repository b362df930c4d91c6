//! Commands that are signed and encrypted with the start key: ERASE FILES and FORMAT (sheet "cardos", 4).

use des::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use des::{Des, TdesEde2};

use super::CardOs;
use crate::iso7816::{Parsed, StatusWord};
use crate::simulator::chip::Result;

/// Bytes of a block.
const BLOCK: usize = 8;

/// The signature or the padding is wrong.
const WRONG_SEAL: StatusWord = StatusWord(0x6988);

impl CardOs {
    pub(super) fn sealed(&mut self, command: &Parsed<'_>) -> Result {
        let [_, ins, p1, p2] = command.header;
        if !matches!(ins, 0x06 | 0x40) {
            return Err(StatusWord::NO_INSTRUCTION);
        }
        if self.start_key.tries == 0 {
            return Err(StatusWord::BLOCKED);
        }
        let key = self.start_key.value;
        if open(&key, [ins, p1, p2], command.data).is_none() {
            self.start_key.tries -= 1;
            return Err(WRONG_SEAL);
        }
        self.start_key.tries = 10;
        match ins {
            0x06 => self.erase(),
            _ => self.format(p2),
        }
    }
}

/// The data in a sealed command, if the seal is right.
fn open(key: &[u8; 16], header: [u8; 3], sealed: &[u8]) -> Option<Vec<u8>> {
    let cipher = TdesEde2::new_from_slice(key).ok()?;
    let mut before = [0; BLOCK];
    let mut plain = Vec::with_capacity(sealed.len());
    if sealed.is_empty() || !sealed.len().is_multiple_of(BLOCK) {
        return None;
    }
    for chunk in sealed.chunks_exact(BLOCK) {
        let mut block: [u8; BLOCK] = chunk.try_into().ok()?;
        cipher.decrypt_block((&mut block).into());
        plain.extend(block.iter().zip(before).map(|(byte, other)| byte ^ other));
        before = chunk.try_into().ok()?;
    }
    // Padding: 80, then zeros.
    let end = plain.iter().rposition(|&byte| byte != 0x00)?;
    if plain.get(end) != Some(&0x80) {
        return None;
    }
    let (data, signature) = plain
        .get(..end)?
        .split_at_checked(end.checked_sub(BLOCK)?)?;
    (signature == sign(key, header, data)?).then(|| data.to_vec())
}

/// The signature over a command: CBC with the first half of the key, and the last block once more
/// through both (a retail MAC).
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
