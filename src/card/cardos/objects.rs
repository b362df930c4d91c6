//! PUT DATA: objects of PINs and keys, and the rules of a directory (sheet "cardos", 6 and 14).
//!
//! Lengths in these objects are one byte, whatever the value: they are no BER.

use crate::base::secret::Secret;
use crate::card::task::{KeyPurpose, NewPin};
use crate::iso7816::Command;

/// Bytes of a PIN; what is missing is 00.
pub(super) const PIN_LEN: usize = 8;

/// Up to this many bytes of modulus a key is kept as modulus and exponent, beyond as its primes.
pub(super) const SMALL: usize = 128;

/// Tries cannot be more (four bits).
const MAX_TRIES: u8 = 0x0F;

/// A PIN, filled up.
pub(super) fn block(pin: &Secret) -> Secret {
    let mut block = Secret::with_capacity(PIN_LEN);
    block.extend(pin.expose());
    block.extend([0; PIN_LEN].get(pin.len()..).unwrap_or_default());
    block
}

/// The object of a PIN.
pub(super) fn pin(new: &NewPin, value: &Secret) -> Command {
    let unblock = match new.puk_tries {
        Some(_) => new.number + 1,
        None => 0xFF,
    };
    test_object(new.number, (new.tries, new.min), unblock, value)
}

/// The object of the PUK of a PIN.
pub(super) fn puk(new: &NewPin, tries: u8, value: &Secret) -> Command {
    test_object(new.number + 1, (tries, new.min.min(4)), 0xFF, value)
}

fn test_object(number: u8, (tries, min): (u8, u8), unblock: u8, value: &Secret) -> Command {
    let tries = tries.clamp(1, MAX_TRIES);
    let mut data = Secret::with_capacity(29);
    data.extend(&[0x83, 0x02, 0x00, number]);
    data.extend(&[0x85, 0x08, 0x02, tries, 0x87, tries, 0xFF, 0xFF, 0x00, min]);
    data.extend(&[0x86, 0x03, 0x00, number, unblock]);
    data.extend(&[0x8F, 0x08]);
    data.extend(block(value).expose());
    Command::new([0x00, 0xDA, 0x01, 0x6E]).secret(data)
}

/// The security environment that OpenSC makes in a new application, with nothing in it.
pub(super) fn environment() -> Command {
    Command::new([0x00, 0xDA, 0x01, 0x6D]).data([
        0x83, 0x01, 0x01, 0x86, 0x02, 0x00, 0x00, 0x8F, 0x06, 0, 0, 0, 0, 0, 0,
    ])
}

/// New access conditions of the directory that is selected.
pub(super) fn access(conditions: &[u8]) -> Option<Command> {
    let mut data = vec![0x86, u8::try_from(conditions.len()).ok()?];
    data.extend(conditions);
    Some(Command::new([0x00, 0xDA, 0x01, 0x6F]).data(data))
}

/// One part of a key: number `part` of `parts`, each in an object of its own.
pub(super) struct Component<'a> {
    pub(super) key: u8,
    pub(super) pin: u8,
    pub(super) part: u8,
    pub(super) parts: u8,
    pub(super) algorithm: u8,
    pub(super) value: &'a [u8],
}

impl Component<'_> {
    pub(super) fn command(&self) -> Option<Command> {
        let options = if self.part + 1 == self.parts {
            0x02
        } else {
            0x22
        };
        let mut data = Secret::with_capacity(0xA0);
        data.extend(&[0x83, 0x02, 0x20 | self.part, self.key]);
        data.extend(&[
            0x85,
            0x08,
            options,
            0x00,
            self.algorithm,
            0x00,
            0xFF,
            0xFF,
            0x00,
            0x00,
        ]);
        data.extend(&[0x86, 0x07, self.pin, self.pin, self.pin, 0, 0, 0, 0]);
        data.extend(&[0x8F, u8::try_from(self.value.len()).ok()?]);
        data.extend(self.value);
        Some(Command::new([0x00, 0xDA, 0x01, 0x6E]).secret(data))
    }
}

/// What a key does with what it is given: nothing is added or taken away.
pub(super) fn algorithm(bytes: usize, purpose: KeyPurpose) -> u8 {
    match (purpose, bytes <= SMALL) {
        (KeyPurpose::Sign, true) => 0x8C,
        (KeyPurpose::Sign, false) => 0x8A,
        (KeyPurpose::Decrypt, true) => 0x0C,
        (KeyPurpose::Decrypt, false) => 0x0A,
    }
}

/// The values of a key that is not there yet, or no more: FF in every place.
pub(super) fn empty_parts(bytes: usize) -> Vec<Vec<u8>> {
    if bytes <= SMALL {
        let mut value = prefix(bytes);
        value.resize(bytes + 2, 0xFF);
        vec![value; 2]
    } else {
        vec![vec![0xFF; bytes / 2]; 5]
    }
}

/// What stands before the numbers of a small key: their length, and 00.
pub(super) fn prefix(bytes: usize) -> Vec<u8> {
    vec![u8::try_from(bytes + 1).unwrap_or(0x81), 0x00]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use super::{Component, access, algorithm, empty_parts, environment, pin, puk};
    use crate::base::hex::{self, Hex};
    use crate::base::secret::Secret;
    use crate::card::task::{KeyPurpose, NewPin};
    use crate::iso7816::{Command, Form};

    fn text(command: &Command) -> String {
        hex::encode(command.to_bytes(Form::Short, false).expose())
    }

    fn new(number: u8, tries: u8, min: u8) -> NewPin {
        NewPin {
            number,
            auth_id: Hex(vec![0x01]),
            label: String::new(),
            officer: false,
            min,
            tries,
            puk_tries: Some(10),
        }
    }

    /// As unmodified OpenSC sends them (sheet "cardos", 6).
    #[test]
    fn objects_of_pins_are_those_of_opensc() {
        let officer = new(1, 2, 6);
        assert_eq!(
            text(&puk(&officer, 10, &Secret::new(b"87654321"))),
            "00DA016E1D83020002 8508020A870AFFFF0004 86030002FF 8F083837363534333231"
                .replace(' ', "")
        );
        assert_eq!(
            text(&pin(&officer, &Secret::new(b"12345678"))),
            "00DA016E1D83020001 850802028702FFFF0006 8603000102 8F083132333435363738"
                .replace(' ', "")
        );
        let user = new(3, 3, 4);
        assert_eq!(
            text(&pin(&user, &Secret::new(b"1234"))),
            "00DA016E1D83020003 850802038703FFFF0004 8603000304 8F083132333400000000"
                .replace(' ', "")
        );
        assert_eq!(
            text(&environment()),
            "00DA016D0F8301018602000 08F06000000000000".replace(' ', "")
        );
        assert_eq!(
            text(&access(&[0, 0xFF, 0, 0, 0, 0, 0xFF, 0, 0]).unwrap()),
            "00DA016F0B860900FF00000000FF0000"
        );
    }

    #[test]
    fn parts_of_keys_are_those_of_opensc() {
        let component = |part, parts, algorithm, value: &[u8], key, pin| {
            let component = Component {
                key,
                pin,
                part,
                parts,
                algorithm,
                value,
            };
            text(&component.command().unwrap())
        };
        let small = empty_parts(128);
        let sign = algorithm(128, KeyPurpose::Sign);
        let first = component(0, 2, sign, &small[0], 0x10, 3);
        assert!(
            first.starts_with(
                "00DA016E9B8302201085082200 8C00FFFF00008607030303000000008F828100FFFF"
                    .replace(' ', "")
                    .as_str()
            )
        );
        let last = component(1, 2, sign, &small[1], 0x10, 3);
        assert!(
            last.starts_with(
                "00DA016E9B830221108508 02008C00FFFF0000"
                    .replace(' ', "")
                    .as_str()
            )
        );
        let large = empty_parts(256);
        assert_eq!(large.len(), 5);
        let decrypt = algorithm(256, KeyPurpose::Decrypt);
        let first = component(0, 5, decrypt, &large[0], 0x11, 1);
        assert!(
            first.starts_with(
                "00DA016E998302201185082200 0A00FFFF00008607010101000000008F80FFFF"
                    .replace(' ', "")
                    .as_str()
            )
        );
        assert_eq!(algorithm(256, KeyPurpose::Sign), 0x8A);
        assert_eq!(algorithm(128, KeyPurpose::Decrypt), 0x0C);
    }
}
