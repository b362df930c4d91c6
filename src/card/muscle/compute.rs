//! Using the private keys of the applet (sheet "muscle", 7).
//!
//! The card does RSA without padding; padding is put on and taken off here. The PIN that the rules
//! of the key want was verified before.

use std::hint::black_box;

use super::commands::{self, INPUT, OUTPUT, ObjectId, Rules, WRITE_PIECE};
use super::status::{self, BAD_P1, EXISTS, MuscleError, NO_OBJECT, NOT_ALLOWED};
use super::{State, applet, store};
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::iso7816::{Command, StatusWord};
use crate::transport::channel::Channel;

/// The private key place of a PKCS #15 key reference, as OpenSC counts (sheet "muscle", 6). Nothing
/// for one that no applet has.
#[must_use]
pub fn slot(reference: u64) -> Option<u8> {
    let slot = u8::try_from(reference.checked_mul(2)?).ok()?;
    (slot < applet::PLACES).then_some(slot)
}

/// Signs a block that is as long as the modulus and padded already (RFC 8017, 9.2): the card
/// decrypts it, since it refuses the direction "sign".
///
/// # Errors
///
/// [`MuscleError::OtherPadding`], [`MuscleError::NoKey`], [`MuscleError::Unauthorized`], or another
/// [`CardError`].
pub fn sign(channel: &mut Channel<'_>, slot: u8, padded: &[u8]) -> Result<Vec<u8>, CardError> {
    raw(channel, slot, padded).map(|signature| signature.expose().to_vec())
}

/// Decrypts a cryptogram that is as long as the modulus, and takes the padding off (RFC 8017, 7.2.2).
///
/// # Errors
///
/// As [`sign`]; [`CardError::NotDecrypted`] for each block that is not padded as it should be, the same
/// whatever is wrong with it.
pub fn decrypt(
    channel: &mut Channel<'_>,
    slot: u8,
    cryptogram: &[u8],
) -> Result<Secret, CardError> {
    unpad(&raw(channel, slot, cryptogram)?)
}

/// One block through the private key.
fn raw(channel: &mut Channel<'_>, slot: u8, block: &[u8]) -> Result<Secret, CardError> {
    if !(64..=256).contains(&block.len()) {
        return Err(CardError::Unsupported("keys of this size"));
    }
    let short = block.len() + 3 <= Command::MAX_SHORT;
    if short || channel.takes_extended() {
        init(channel, slot)?;
        let answer = channel.transmit(&commands::compute_direct(slot, block))?;
        // A card that said that it takes extended length and does not is given the block otherwise.
        if short || answer.sw != StatusWord::WRONG_LENGTH {
            let data = Secret::take(judged(slot, "ComputeCrypt", answer.sw, answer.data)?);
            return result(&data, block.len());
        }
        channel.allow_extended(false);
    }
    let identities = match applet::state(channel)? {
        Some(State::Ready(status)) => status.identities,
        Some(State::Blank) => return Err(MuscleError::NotSetUp.into()),
        None => return Err(CardError::Malformed("a state that is none")),
    };
    let computed = through_objects(channel, slot, block, Rules([identities; 3]));
    // What is left would be in the list of objects, and eat memory, until the next SELECT.
    for id in [INPUT, OUTPUT] {
        let cleared = channel.transmit(&commands::delete_object(id, true))?;
        if !matches!(cleared.sw, StatusWord::OK | NO_OBJECT) {
            tracing::warn!(sw = %cleared.sw, "an object of the transfer is left on the card");
        }
    }
    computed
}

/// Says what is going to be computed, without any data.
fn init(channel: &mut Channel<'_>, slot: u8) -> Result<(), CardError> {
    let answer = channel.transmit(&commands::compute_init(slot))?;
    if answer.sw == NOT_ALLOWED {
        return Err(MuscleError::OtherPadding { slot }.into());
    }
    judged(slot, "ComputeCrypt", answer.sw, answer.data).map(|_| ())
}

fn through_objects(
    channel: &mut Channel<'_>,
    slot: u8,
    block: &[u8],
    rules: Rules,
) -> Result<Secret, CardError> {
    let len = u16::try_from(block.len()).unwrap_or(u16::MAX);
    let mut content = Secret::with_capacity(block.len() + 2);
    content.extend(&len.to_be_bytes());
    content.extend(block);
    give(channel, &content, rules)?;
    init(channel, slot)?;
    let answer = channel.transmit(&commands::compute_by_objects(slot))?;
    judged(slot, "ComputeCrypt", answer.sw, answer.data)?;
    let size = taken(channel, OUTPUT, 0, 2)?;
    if size.expose() != len.to_be_bytes() {
        return Err(WRONG_SIZE);
    }
    let half = block.len() / 2;
    let mut computed = Secret::with_capacity(block.len());
    for (offset, len) in [(2, half), (2 + half, block.len() - half)] {
        computed.extend(taken(channel, OUTPUT, offset, len)?.expose());
    }
    Ok(computed)
}

/// Puts bytes into the object from which the card takes what no command can carry.
pub(super) fn give(
    channel: &mut Channel<'_>,
    content: &Secret,
    rules: Rules,
) -> Result<(), CardError> {
    let size = u16::try_from(content.len()).map_err(|_| CardError::from(MuscleError::Full))?;
    let create = commands::create_object(INPUT, size, rules);
    let mut answer = channel.transmit(&create)?;
    if answer.sw == EXISTS {
        // Left by somebody who was torn off.
        let cleared = channel.transmit(&commands::delete_object(INPUT, true))?;
        status::done("DeleteObject", cleared)?;
        answer = channel.transmit(&create)?;
    }
    status::done("CreateObject", answer)?;
    let mut offset = 0_u16;
    for piece in content.expose().chunks(WRITE_PIECE) {
        let answer = channel.transmit(&commands::write_secret(INPUT, offset, piece))?;
        status::done("WriteObject", answer)?;
        offset = offset.saturating_add(u16::try_from(piece.len()).unwrap_or(u16::MAX));
    }
    Ok(())
}

fn taken(
    channel: &mut Channel<'_>,
    id: ObjectId,
    offset: usize,
    len: usize,
) -> Result<Secret, CardError> {
    let bytes = store::piece(channel, id, offset, len)?;
    bytes.map(Secret::take).ok_or(WRONG_SIZE)
}

/// A result of another length than the block.
const WRONG_SIZE: CardError = CardError::Malformed("a result of another length");

/// The result, behind its length in two bytes.
fn result(data: &Secret, len: usize) -> Result<Secret, CardError> {
    let (told, rest) = data.expose().split_first_chunk().ok_or(WRONG_SIZE)?;
    if usize::from(u16::from_be_bytes(*told)) != len || rest.len() != len {
        return Err(WRONG_SIZE);
    }
    Ok(Secret::new(rest))
}

fn judged(
    slot: u8,
    operation: &'static str,
    sw: StatusWord,
    data: Vec<u8>,
) -> Result<Vec<u8>, CardError> {
    match sw {
        StatusWord::OK => Ok(data),
        BAD_P1 => Err(MuscleError::NoKey { slot }.into()),
        sw => Err(status::refusal(operation, sw)),
    }
}

/// Takes the padding of an encrypted message off: 00, 02, eight bytes or more that are not zero, 00,
/// the message. Which of these is wrong nobody learns, and it takes as long.
fn unpad(block: &Secret) -> Result<Secret, CardError> {
    let bytes = block.expose();
    let mut wrong = 0_usize;
    // All ones until the first zero behind the second byte.
    let mut before = usize::MAX;
    let mut zero_at = 0_usize;
    for (index, &byte) in bytes.iter().enumerate() {
        let byte = usize::from(byte);
        match index {
            0 => wrong |= byte,
            1 => wrong |= byte ^ 0x02,
            _ => {
                let is_zero = black_box(mask_of_zero(byte));
                zero_at |= before & is_zero & index;
                before &= !is_zero;
            }
        }
    }
    // No zero, or one among the first eight.
    wrong |= before;
    wrong |= mask_of_less(zero_at, FIRST_ZERO);
    let message = bytes.get(zero_at + 1..).unwrap_or_default();
    if black_box(wrong) == 0 {
        Ok(Secret::new(message))
    } else {
        Err(CardError::NotDecrypted)
    }
}

/// The first place in a block where the zero before the message can be.
const FIRST_ZERO: usize = 10;

/// All ones for zero, else zero; for numbers below the highest bit.
fn mask_of_zero(number: usize) -> usize {
    mask_of_less(number, 1)
}

/// All ones if `number` is below `limit`, else zero; for numbers below the highest bit.
fn mask_of_less(number: usize, limit: usize) -> usize {
    0_usize.wrapping_sub(number.wrapping_sub(limit) >> (usize::BITS - 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn padded(filling: &[u8], message: &[u8]) -> Secret {
        Secret::new(&[&[0x00, 0x02], filling, &[0x00], message].concat())
    }

    #[test]
    fn padding_comes_off() {
        for (filling, message) in [
            (vec![0x11; 8], &b"secret"[..]),
            (vec![0xFF; 117], b"12345678"),
            (vec![0x80; 20], b""),
            (vec![0x01; 9], b"\0\0zeros"),
        ] {
            let found = unpad(&padded(&filling, message)).unwrap();
            assert_eq!(found.expose(), message);
        }
    }

    /// Sheet "hostile-cards", H-33.
    #[test]
    fn all_that_is_not_padded_is_the_same() {
        let mut signed = padded(&[0x11; 117], b"12345678").expose().to_vec();
        if let Some(second) = signed.get_mut(1) {
            *second = 0x01;
        }
        let mut without_zero = vec![0xAA; 128];
        without_zero.splice(..2, [0x00, 0x02]);
        let blocks = [
            signed,
            without_zero,
            padded(&[0x11; 7], b"message").expose().to_vec(),
            vec![0x00; 128],
            Vec::new(),
            vec![0x00, 0x02],
            vec![0x01; 128],
        ];
        for block in blocks {
            let error = unpad(&Secret::new(&block)).err();
            assert_eq!(error, Some(CardError::NotDecrypted), "{block:02X?}");
        }
    }

    #[test]
    fn masks_are_all_or_nothing() {
        for number in 0..=300 {
            let all = |yes: bool| if yes { usize::MAX } else { 0 };
            assert_eq!(mask_of_zero(number), all(number == 0));
            assert_eq!(mask_of_less(number, 10), all(number < 10));
        }
    }

    /// Sheet "hostile-cards", H-07: a length of 32767 before nothing.
    #[test]
    fn a_result_of_another_length_is_none() {
        for data in [
            &[][..],
            &[0x7F],
            &[0x7F, 0xFF, 0x00],
            &[0x00, 0x04, 1, 2, 3],
            &[0x00, 0x03, 1, 2, 3, 4],
        ] {
            assert_eq!(result(&Secret::new(data), 4).err(), Some(WRONG_SIZE));
        }
        let found = result(&Secret::new(&[0, 4, 1, 2, 3, 4]), 4).unwrap();
        assert_eq!(found.expose(), [1, 2, 3, 4]);
    }

    #[test]
    fn a_reference_is_the_even_place() {
        assert_eq!((slot(0), slot(1), slot(3)), (Some(0), Some(2), Some(6)));
        assert_eq!((slot(4), slot(u64::MAX)), (None, None));
    }
}
