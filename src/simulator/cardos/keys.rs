//! Keys: generation, and what their parts mean (sheet "cardos", 6 and 8).

use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, RsaPrivateKey};

use super::CardOs;
use super::files::{Body, right};
use super::objects::{KEY, Object, Objects, PARTS};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;
use crate::simulator::keys::{KeyKind, PrivateKey};

/// Up to so many bytes a key is kept as modulus and exponent, beyond as its primes.
const SMALL: usize = 128;

/// The public exponent of every key: other ones are ignored.
const EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];

impl CardOs {
    /// GENERATE KEY: into the parts that PUT DATA has made, and the public key into a file.
    pub(super) fn generate(&mut self, data: &[u8]) -> Result {
        let &[0x20, number, high, low, 0x00, _, 0x00, _] = data else {
            return Err(StatusWord::WRONG_DATA);
        };
        let first = self.object(KEY, number)?;
        self.check(first.to_change())?;
        let bits = self.bits(number)?;
        let key = self.pool.key(KeyKind::Rsa(bits), &mut self.random);
        let Some(PrivateKey::Rsa(key)) = key else {
            return Err(StatusWord::UNKNOWN);
        };
        self.place.file = Some(u16::from_be_bytes([high, low]));
        let access = self.file_mut()?.access;
        self.check(access[right::UPDATE])?;
        let modulus = key.n_bytes();
        let file = self.file_mut()?;
        match &mut file.body {
            Body::Records(records) if modulus.len() <= SMALL => {
                *records = vec![record(0x10, &modulus), record(0x11, &EXPONENT)];
            }
            Body::Bytes(bytes) if modulus.len() > SMALL => {
                let mut inner = ber::encode(0x81, &modulus);
                ber::push(&mut inner, 0x82, &EXPONENT);
                let template = ber::encode(0x7F49, &inner);
                let target = bytes.get_mut(..template.len());
                target.ok_or(StatusWord(0x6A84))?.copy_from_slice(&template);
            }
            Body::Records(_) | Body::Bytes(_) => return Err(super::WRONG_STRUCTURE),
        }
        for (part, value) in (KEY..).zip(parts(&key).ok_or(StatusWord::UNKNOWN)?) {
            self.object_mut(part, number)?.value = value;
        }
        Ok(Vec::new())
    }

    /// The size of the key that its parts have room for.
    fn bits(&self, number: u8) -> Result<u16> {
        let first = self.object(KEY, number)?.value.len();
        let large = self.object(KEY + PARTS - 1, number).is_ok();
        let bytes = if large {
            2 * first
        } else {
            first.saturating_sub(2)
        };
        match bytes {
            64 | 96 | 128 | 160 | 192 | 224 | 256 => {
                u16::try_from(8 * bytes).map_err(|_| StatusWord::UNKNOWN)
            }
            _ => Err(StatusWord::WRONG_DATA),
        }
    }

    /// A key that may be used now, and its first part.
    pub(super) fn key(&self, number: u8) -> Result<(PrivateKey, &Object)> {
        let first = self.object(KEY, number)?;
        self.check(first.to_use())?;
        let mut values = Vec::new();
        for part in KEY..KEY + PARTS {
            match self.object(part, number) {
                Ok(object) => values.push(object.value.as_slice()),
                Err(_) => break,
            }
        }
        let key = assemble(&values).ok_or(StatusWord(0x6984))?;
        Ok((key, first))
    }
}

/// Puts the parts of a key into the objects of a directory, for signatures after this PIN.
pub(super) fn store(objects: &mut Objects, number: u8, pin: u8, key: &PrivateKey) -> Option<()> {
    let PrivateKey::Rsa(key) = key else {
        return None;
    };
    let parts = parts(key)?;
    let algorithm = if parts.len() == 2 { 0x8C } else { 0x8A };
    let last = parts.len() - 1;
    for (index, (part, value)) in (KEY..).zip(parts).enumerate() {
        let options = if index == last { 0x02 } else { 0x22 };
        let object = Object {
            parameters: [options, 0x00, algorithm, 0x00, 0xFF, 0xFF, 0x00, 0x00],
            access: vec![pin, pin, pin, 0, 0, 0, 0],
            value,
            left: 0,
        };
        objects.put(part, number, object);
    }
    Some(())
}

/// A record of the public key file of a small key: tag, length, length of the value with a zero.
fn record(tag: u8, value: &[u8]) -> Vec<u8> {
    // At most 128 bytes.
    let len = u8::try_from(value.len()).unwrap_or(0x80);
    let mut record = vec![tag, len + 2, len + 1, 0x00];
    record.extend(value);
    record
}

/// The values of the parts of a key.
fn parts(key: &RsaPrivateKey) -> Option<Vec<Vec<u8>>> {
    let size = key.size();
    let fit = |number: &BoxedUint, len: usize| {
        let bytes = number.to_be_bytes();
        let start = bytes.len().checked_sub(len)?;
        Some(bytes.get(start..)?.to_vec())
    };
    if size <= SMALL {
        let prefixed = |number: &BoxedUint| {
            let len = u8::try_from(size + 1).ok()?;
            Some([&[len, 0x00], fit(number, size)?.as_slice()].concat())
        };
        return Some(vec![prefixed(key.n())?, prefixed(key.d())?]);
    }
    let [p, q] = key.primes() else { return None };
    let half = size / 2;
    let inverse = key.crt_coefficient()?;
    Some(vec![
        fit(p, half)?,
        fit(q, half)?,
        fit(key.dp()?, half)?,
        fit(key.dq()?, half)?,
        fit(&inverse, half)?,
    ])
}

/// A key from the values of its parts.
fn assemble(parts: &[&[u8]]) -> Option<PrivateKey> {
    match *parts {
        [modulus, exponent] => {
            let number = |value: &[u8]| Some(BoxedUint::from_be_slice_vartime(value.get(2..)?));
            let exponent_bytes = BoxedUint::from_be_slice_vartime(&EXPONENT);
            let key = RsaPrivateKey::from_components(
                number(modulus)?,
                exponent_bytes,
                number(exponent)?,
                Vec::new(),
            );
            Some(PrivateKey::Rsa(Box::new(key.ok()?)))
        }
        [p, q, _, _, _] => PrivateKey::from_primes(p, q, &EXPONENT),
        _ => None,
    }
}
