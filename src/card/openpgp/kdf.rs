//! Derived PINs (OpenPGP card 3.4, 4.3.2): the card gets a digest in place of the PIN.

use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroize;

use super::pins;
use crate::base::secret::{Secret, wipe_stack};
use crate::card::CardError;
use crate::iso7816::tlv::ber;
use crate::token::PinReference;

/// The most bytes that are hashed for one PIN. GnuPG writes at most 65 011 712.
const MAX_COUNT: u32 = 100_000_000;

/// How a card wants its PINs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Kdf {
    /// As they are typed.
    Off,
    /// Iterated and salted digest.
    Iterated {
        /// Which digest.
        hash: Hash,
        /// How many bytes are hashed: salt and PIN over and over.
        count: u32,
        /// Salts of PW1, resetting code and PW3.
        salts: [Vec<u8>; 3],
    },
}

/// Digests that the specification allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Kdf {
    /// Reads the content of F9; none means off.
    ///
    /// # Errors
    ///
    /// [`CardError::Malformed`]: sending a PIN in the wrong form would cost a try.
    pub(super) fn parse(data: &[u8]) -> Result<Self, CardError> {
        const MALFORMED: CardError = CardError::Malformed("key derivation settings");
        let data = ber::find(data, &[0xF9]).unwrap_or(data);
        match ber::find(data, &[0x81]) {
            None if data.is_empty() => return Ok(Self::Off),
            Some([0x00]) => return Ok(Self::Off),
            Some([0x03]) => {}
            Some(_) | None => return Err(MALFORMED),
        }
        let hash = match ber::find(data, &[0x82]) {
            Some([0x08]) => Hash::Sha256,
            Some([0x0A]) => Hash::Sha512,
            _ => return Err(MALFORMED),
        };
        let count = ber::find(data, &[0x83]).and_then(|count| count.try_into().ok());
        let count = u32::from_be_bytes(count.ok_or(MALFORMED)?);
        if count > MAX_COUNT {
            return Err(MALFORMED);
        }
        let first = ber::find(data, &[0x84]).ok_or(MALFORMED)?;
        let salt = |tag| ber::find(data, &[tag]).unwrap_or(first).to_vec();
        Ok(Self::Iterated {
            hash,
            count,
            salts: [first.to_vec(), salt(0x85), salt(0x86)],
        })
    }

    /// Whether PINs are derived.
    pub(super) fn is_on(&self) -> bool {
        *self != Self::Off
    }

    /// What is sent for a PIN.
    pub(super) fn derive(&self, pin: PinReference, value: &Secret) -> Secret {
        let Self::Iterated { hash, count, salts } = self else {
            return value.duplicate();
        };
        let [user, code, admin] = salts;
        let salt = match pin {
            pins::ADMIN => admin,
            pins::RESETTING_CODE => code,
            _ => user,
        };
        let derived = match hash {
            Hash::Sha256 => iterate::<Sha256>(*count, salt, value),
            Hash::Sha512 => iterate::<Sha512>(*count, salt, value),
        };
        // Where the digest had salt and PIN in its buffer.
        wipe_stack();
        derived
    }
}

/// Hashes salt and PIN over and over, `count` bytes in all (RFC 4880, 3.7.1.3), but at least
/// once whole.
#[inline(never)]
fn iterate<D: Digest>(count: u32, salt: &[u8], value: &Secret) -> Secret {
    let mut input = Secret::new(salt);
    input.extend(value.expose());
    let mut left = (count as usize).max(input.len());
    let mut digest = D::new();
    while left > 0 {
        let piece = input.expose();
        let piece = piece.get(..left).unwrap_or(piece);
        if piece.is_empty() {
            break;
        }
        digest.update(piece);
        left -= piece.len();
    }
    let mut output = digest.finalize();
    let derived = Secret::new(&output);
    output.as_mut_slice().zeroize();
    derived
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Kdf, pins};
    use crate::base::hex;
    use crate::base::secret::Secret;

    /// The example of the specification.
    #[test]
    fn published_vectors() {
        let data =
            hex::decode("810103 820108 8304000186A0 84083031323334353637 86084142434445464748");
        let kdf = Kdf::parse(&data.unwrap()).unwrap();
        let user = kdf.derive(pins::USER, &Secret::new(b"123456"));
        assert_eq!(
            hex::encode(user.expose()),
            "773784A602B6C81E3F092F4D7D00E17CC822D88F7360FCF2D2EF2D9D901F44B6"
        );
        let admin = kdf.derive(pins::ADMIN, &Secret::new(b"12345678"));
        assert_eq!(
            hex::encode(admin.expose()),
            "2675D6164A0D4827D1D00C7EEA620D015C00030A1CAB38B4D0DD600B27DC9630"
        );
    }

    #[test]
    fn nothing_or_none_is_off() {
        assert_eq!(Kdf::parse(&[]).unwrap(), Kdf::Off);
        assert_eq!(Kdf::parse(&[0x81, 1, 0]).unwrap(), Kdf::Off);
        assert_eq!(Kdf::parse(&[0xF9, 3, 0x81, 1, 0]).unwrap(), Kdf::Off);
    }

    #[test]
    fn what_is_not_understood_sends_no_pin() {
        for bad in [
            "810104",
            "810103",
            "810103820109",
            "810103820108 8304FFFFFFFF 840131",
        ] {
            assert!(Kdf::parse(&hex::decode(bad).unwrap()).is_err(), "{bad}");
        }
    }
}
