//! ComputeCrypt (sheet "muscle", 7).

use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, RsaPublicKey};

use super::blob::{Material, fit, kind};
use super::des::{self, Way};
use super::keys::Slot;
use super::objects::INPUT;
use super::status::{
    EXCEPTION, INTERNAL, NO_OBJECT, NOT_ALLOWED, UNSUPPORTED, WRONG_ALGORITHM, WRONG_P2,
    WRONG_PARAMETER,
};
use super::{Muscle, byte, counted_by_word};
use crate::simulator::chip::Result;

/// Modes.
const RSA_BARE: u8 = 0x00;
pub(super) const RSA_PKCS1: u8 = 0x01;
const DSA_SHA: u8 = 0x10;
const DES_CBC: u8 = 0x20;
const DES_ECB: u8 = 0x21;

/// Directions.
const SIGN: u8 = 0x01;
const VERIFY: u8 = 0x02;
const ENCRYPT: u8 = 0x03;
pub(super) const DECRYPT: u8 = 0x04;

/// Where the data is: in the command or in the input object.
pub(super) const IN_COMMAND: u8 = 0x01;
const IN_OBJECT: u8 = 0x02;

/// A Java Card cipher object. Its mode is fixed when it is made, and it stays for ever.
#[derive(Clone, Debug)]
pub(super) struct Cipher {
    mode: u8,
    way: Way,
    vector: [u8; des::BLOCK],
}

impl Muscle {
    /// ComputeCrypt.
    pub(super) fn compute(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let [_, _, may_use] = self.slot(p1)?.access;
        self.allowed(may_use)?;
        match p2 {
            0x01 => self.begin(p1, data),
            0x02 => self.go_on(p1, data, false),
            0x03 => self.go_on(p1, data, true),
            _ => Err(WRONG_P2),
        }
    }

    /// INIT.
    fn begin(&mut self, number: u8, data: &[u8]) -> Result {
        let mut data = data;
        let (Some(mode), Some(direction)) = (byte(&mut data), byte(&mut data)) else {
            return Err(WRONG_PARAMETER);
        };
        let (_, initial) = self.input(data)?;
        let (encryption, des) = (self.build.encryption, self.build.des);
        let slot = self.slot(number)?;
        let way = match direction {
            // The applet knows no signature for any of them.
            SIGN | VERIFY if slot.kind == kind::RSA_CRT => return Err(WRONG_ALGORITHM),
            SIGN | VERIFY => return Err(UNSUPPORTED),
            ENCRYPT | DECRYPT if !encryption => return Err(UNSUPPORTED),
            ENCRYPT => Way::Encrypt,
            DECRYPT => Way::Decrypt,
            _ => return Err(WRONG_PARAMETER),
        };
        match (mode, &slot.material) {
            (DES_CBC | DES_ECB, Material::Des(_)) if des => {}
            (DSA_SHA, _) | (_, Material::Des(_)) if !des => return Err(UNSUPPORTED),
            (RSA_BARE | RSA_PKCS1, key) if !matches!(key, Material::Des(_)) => {}
            _ => return Err(WRONG_ALGORITHM),
        }
        if slot.cipher.as_ref().is_some_and(|made| made.mode != mode) {
            return Err(NOT_ALLOWED);
        }
        let vector = match initial.as_slice() {
            [] => [0; des::BLOCK],
            // Anything else is for the Java machine to refuse.
            vector => vector.try_into().map_err(|_| EXCEPTION)?,
        };
        slot.cipher = Some(Cipher { mode, way, vector });
        Ok(Vec::new())
    }

    /// PROCESS and FINAL.
    fn go_on(&mut self, number: u8, data: &[u8], last: bool) -> Result {
        if self.slot(number)?.cipher.is_none() {
            return Err(INTERNAL);
        }
        let (location, input) = self.input(data)?;
        let mut result = self.slot(number)?.run(&input, last)?;
        let len = u16::try_from(result.len()).map_err(|_| EXCEPTION)?;
        result.splice(0..0, len.to_be_bytes());
        if location == IN_COMMAND {
            return Ok(result);
        }
        // The object has room for as much as there was to compute.
        let room = input.len() + 2;
        if result.len() > room {
            return Err(EXCEPTION);
        }
        result.resize(room, 0x00);
        self.put_out(result)?;
        Ok(Vec::new())
    }

    /// Where data is, and the data.
    fn input(&self, data: &[u8]) -> Result<(u8, Vec<u8>)> {
        let mut data = data;
        let location = byte(&mut data).ok_or(WRONG_PARAMETER)?;
        let object;
        let counted = match (location, data) {
            (IN_COMMAND, _) => match counted_by_word(&mut data) {
                Some(input) if data.is_empty() => Some(input),
                _ => None,
            },
            (IN_OBJECT, _) => {
                object = self.objects.get(INPUT).ok_or(NO_OBJECT)?;
                counted_by_word(&mut object.bytes.as_slice())
            }
            _ => None,
        };
        Ok((location, counted.ok_or(WRONG_PARAMETER)?.to_vec()))
    }
}

impl Slot {
    /// What the cipher makes of the input.
    fn run(&mut self, input: &[u8], last: bool) -> Result {
        let cipher = self.cipher.as_mut().ok_or(INTERNAL)?;
        match (&self.material, cipher.mode) {
            (Material::Des(key), DES_CBC) => {
                des::crypt(key, cipher.way, input, Some(&mut cipher.vector))
            }
            (Material::Des(key), _) => des::crypt(key, cipher.way, input, None),
            // RSA goes in one piece: most cards throw at an update (sheet, 7).
            _ if !last => None,
            (key, mode) => rsa(key, mode, cipher.way, input),
        }
        .ok_or(EXCEPTION)
    }
}

/// One RSA operation; nothing where the Java machine would throw.
pub(super) fn rsa(key: &Material, mode: u8, way: Way, input: &[u8]) -> Option<Vec<u8>> {
    let len = match key {
        Material::Public(key) | Material::Exponent(key) => key.size(),
        Material::Private(key) => key.modulus_len(),
        Material::Des(_) => return None,
    };
    let private = !matches!(key, Material::Public(_));
    match (mode, way) {
        (RSA_PKCS1, Way::Encrypt) => bare(key, &padded(private, len, input)?),
        (RSA_PKCS1, Way::Decrypt) => unpadded(&bare(key, input)?),
        _ => bare(key, input),
    }
}

/// The operation itself, on a block of the length of the modulus.
fn bare(key: &Material, block: &[u8]) -> Option<Vec<u8>> {
    match key {
        Material::Public(key) | Material::Exponent(key) => with_exponent(key, block),
        Material::Private(key) => key.rsa(block),
        Material::Des(_) => None,
    }
}

fn with_exponent(key: &RsaPublicKey, block: &[u8]) -> Option<Vec<u8>> {
    if block.len() != key.size() {
        return None;
    }
    let number = BoxedUint::from_be_slice(block, key.n_bits_precision()).ok()?;
    if number >= **key.n() {
        return None;
    }
    let result = rsa::hazmat::rsa_encrypt(key, &number).ok()?;
    fit(&result.to_be_bytes(), key.size())
}

/// PKCS #1 padding: block type 1 with a private key, else type 2 (RFC 8017, 7.2.1 and 9.2).
fn padded(private: bool, len: usize, input: &[u8]) -> Option<Vec<u8>> {
    let fill = len.checked_sub(input.len() + 3).filter(|&fill| fill >= 8)?;
    let mut block = vec![0x00, if private { 0x01 } else { 0x02 }];
    // The filling of type 2 is random; any byte but zero does.
    block.resize(2 + fill, if private { 0xFF } else { 0xA5 });
    block.push(0x00);
    block.extend_from_slice(input);
    Some(block)
}

/// What is behind the padding of either type.
fn unpadded(block: &[u8]) -> Option<Vec<u8>> {
    let (&[0x00, 0x01 | 0x02], rest) = block.split_first_chunk()? else {
        return None;
    };
    let zero = rest.iter().position(|&byte| byte == 0x00)?;
    (zero >= 8)
        .then(|| rest.get(zero + 1..))?
        .map(<[u8]>::to_vec)
}
