//! Key slots: what is in them is made once in a size and a type, and they keep both for ever
//! (sheet "muscle", 6 and 11).

use rsa::{BoxedUint, RsaPrivateKey};

use super::blob::{self, Blob, EXPONENT, Material, kind};
use super::crypt::Cipher;
use super::objects::{INPUT, OUTPUT};
use super::rights::{self, Access};
use super::status::{
    EXCEPTION, NO_OBJECT, NOT_ALLOWED, UNSPECIFIED, UNSUPPORTED, WRONG_ALGORITHM, WRONG_P1,
    WRONG_P2, WRONG_PARAMETER,
};
use super::{Muscle, PLACES, byte, counted_by_word, word};
use crate::iso7816::StatusWord;
use crate::simulator::chip::Result;
use crate::simulator::keys::{KeyKind, PrivateKey};

/// The tries of a key in external authentication.
pub(super) const TRIES: u8 = 5;

/// What ListKeys answers, in bytes; and its partner, which is never told.
const RECORD_LEN: u8 = 11;
const NO_PARTNER: u8 = 0xFF;

/// A slot that was used once.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) kind: u8,
    pub(super) bits: u16,
    /// The slot of the other half if both were generated.
    partner: Option<u8>,
    /// Read, write, use.
    pub(super) access: Access,
    pub(super) material: Material,
    /// Tries left in external authentication.
    pub(super) tries_left: u8,
    /// The cipher object, made at first use.
    pub(super) cipher: Option<Cipher>,
}

impl Slot {
    fn new(kind: u8, bits: u16, access: Access, material: Material) -> Self {
        Self {
            kind,
            bits,
            partner: None,
            access,
            material,
            tries_left: TRIES,
            cipher: None,
        }
    }
}

/// What GenerateKeyPair is asked for.
struct Order {
    /// The type of the private key.
    kind: u8,
    bits: u16,
    private: Access,
    public: Access,
    exponent: Vec<u8>,
}

impl Order {
    fn parse(data: &[u8]) -> Result<Self> {
        let mut rest = data;
        let head = (byte(&mut rest), word(&mut rest));
        let (Some(algorithm), Some(bits)) = head else {
            return Err(WRONG_PARAMETER);
        };
        let kind = match algorithm {
            0x00 => kind::RSA_PRIVATE,
            0x01 => kind::RSA_CRT,
            0x02 => kind::DSA_PRIVATE,
            _ => return Err(WRONG_ALGORITHM),
        };
        let rules = rest.split_at_checked(12).and_then(|(rules, rest)| {
            let (private, public) = rules.split_at_checked(6)?;
            Some((rights::access(private)?, rights::access(public)?, rest))
        });
        let (private, public, rest) = rules.ok_or(WRONG_PARAMETER)?;
        let exponent = match rest {
            [0x00] => EXPONENT.to_vec(),
            [0x01, rest @ ..] => {
                let mut rest = rest;
                let exponent = counted_by_word(&mut rest).ok_or(WRONG_PARAMETER)?;
                exponent.to_vec()
            }
            [0x02, ..] if kind == kind::DSA_PRIVATE => Vec::new(),
            _ => return Err(WRONG_PARAMETER),
        };
        Ok(Self {
            kind,
            bits,
            private,
            public,
            exponent,
        })
    }
}

impl Muscle {
    /// The key in a slot.
    pub(super) fn slot(&mut self, number: u8) -> Result<&mut Slot> {
        let slot = self.slots.get_mut(usize::from(number));
        slot.and_then(Option::as_mut).ok_or(WRONG_P1)
    }

    /// GenerateKeyPair.
    pub(super) fn generate(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let (Some(private), Some(public)) = (
            self.slots.get(usize::from(p1)),
            self.slots.get(usize::from(p2)),
        ) else {
            let first = usize::from(p1) >= PLACES;
            return Err(if first { WRONG_P1 } else { WRONG_P2 });
        };
        if p1 == p2 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let order = Order::parse(data)?;
        let public_kind = match order.kind {
            kind::DSA_PRIVATE => kind::DSA_PUBLIC,
            _ => kind::RSA_PUBLIC,
        };
        fits(private.as_ref(), order.kind, order.bits)?;
        fits(public.as_ref(), public_kind, order.bits)?;
        self.may(|rules| rules.keys)?;
        for slot in [private, public].into_iter().flatten() {
            let [_, write, _] = slot.access;
            self.allowed(write)?;
        }
        let partners = |slot: &Option<Slot>| slot.as_ref().and_then(|slot| slot.partner);
        if partners(private).is_some_and(|partner| partner != p2)
            || partners(public).is_some_and(|partner| partner != p1)
        {
            return Err(NOT_ALLOWED);
        }
        if order.kind == kind::DSA_PRIVATE {
            return Err(UNSPECIFIED);
        }
        let key = self.make(&order).ok_or(EXCEPTION)?;
        let PrivateKey::Rsa(numbers) = &key else {
            return Err(EXCEPTION);
        };
        let half = Material::Public(Box::new(numbers.to_public_key()));
        let whole = blob::private_material(order.kind, key).ok_or(EXCEPTION)?;
        self.put(
            p1,
            Slot::new(order.kind, order.bits, order.private, whole),
            Some(p2),
        );
        self.put(
            p2,
            Slot::new(public_kind, order.bits, order.public, half),
            Some(p1),
        );
        Ok(Vec::new())
    }

    /// A new key; nothing if the card has no keys of that size or no such exponents.
    fn make(&mut self, order: &Order) -> Option<PrivateKey> {
        if !self.build.rsa.contains(&order.bits) {
            return None;
        }
        if order.exponent == EXPONENT && order.bits >= 1024 {
            return self.pool.key(KeyKind::Rsa(order.bits), &mut self.random);
        }
        let bits = usize::from(order.bits);
        // Others may never be found a key for.
        let odd = order.exponent.last().is_some_and(|last| last & 1 == 1);
        if !odd || order.exponent.len() > 4 {
            return None;
        }
        let exponent = BoxedUint::from_be_slice_vartime(&order.exponent);
        let mut random = self.random.system();
        let key = RsaPrivateKey::new_with_exp_unchecked(&mut random, bits, exponent).ok()?;
        Some(PrivateKey::Rsa(Box::new(key)))
    }

    /// Puts a key into a slot, whose cipher object stays.
    fn put(&mut self, number: u8, mut key: Slot, partner: Option<u8>) {
        if let Some(place) = self.slots.get_mut(usize::from(number)) {
            key.partner = partner;
            key.cipher = place.take().and_then(|old| old.cipher);
            *place = Some(key);
        }
    }

    /// Puts a pair into slots, as GenerateKeyPair does it for OpenSC: the user PIN uses the key.
    pub(super) fn put_pair(&mut self, private: u8, public: u8, key: PrivateKey) -> Option<()> {
        let bits = u16::try_from(8 * key.modulus_len()).ok()?;
        let PrivateKey::Rsa(numbers) = &key else {
            return None;
        };
        let half = Material::Public(Box::new(numbers.to_public_key()));
        let half = Slot::new(kind::RSA_PUBLIC, bits, [0x0000, 0x0002, 0x0000], half);
        let key = Material::Private(Box::new(key));
        let key = Slot::new(kind::RSA_CRT, bits, [0xFFFF, 0x0002, 0x0002], key);
        self.put(private, key, Some(public));
        self.put(public, half, Some(private));
        Some(())
    }

    /// ImportKey: the blob waits in an object.
    pub(super) fn import(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let place = self.slots.get(usize::from(p1)).ok_or(WRONG_P1)?;
        if p2 != 0x00 {
            return Err(WRONG_P2);
        }
        // More than six bytes are taken.
        let access = data.get(..6).and_then(rights::access);
        let access = access.ok_or(WRONG_PARAMETER)?;
        let waiting = self.objects.get(INPUT).ok_or(NO_OBJECT)?;
        let Blob {
            kind,
            bits,
            material,
        } = Blob::parse(&waiting.bytes)?;
        if matches!(material, Material::Des(_)) && !self.build.des {
            return Err(UNSUPPORTED);
        }
        if !matches!(material, Material::Des(_)) && !self.build.rsa.contains(&bits) {
            return Err(EXCEPTION);
        }
        fits(place.as_ref(), kind, bits)?;
        self.may(|rules| rules.keys)?;
        let old = place.as_ref().map(|slot| slot.access);
        if let Some([_, write, _]) = old {
            self.allowed(write)?;
        }
        let access = if self.build.keeps_import_rights {
            access
        } else {
            // What the slot had before: nothing, unless a key was generated in it.
            old.unwrap_or_default()
        };
        let partner = place.as_ref().and_then(|slot| slot.partner);
        self.put(p1, Slot::new(kind, bits, access, material), partner);
        self.objects.remove(INPUT);
        Ok(Vec::new())
    }

    /// ExportKey: the blob goes into an object.
    pub(super) fn export(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        let slot = self.slot(p1)?;
        let (kind, bits, [read, ..]) = (slot.kind, slot.bits, slot.access);
        if p2 != 0x00 {
            return Err(WRONG_P2);
        }
        self.allowed(read)?;
        match data {
            [0x00] => {}
            [_] => return Err(UNSUPPORTED),
            _ => return Err(WRONG_PARAMETER),
        }
        let blob = blob::write(kind, bits, &self.slot(p1)?.material).ok_or(EXCEPTION)?;
        self.put_out(blob)?;
        Ok(Vec::new())
    }

    /// Leaves something for the host, for those who are logged in now.
    pub(super) fn put_out(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.objects.remove(OUTPUT);
        self.objects.add(OUTPUT, [self.identities.0; 3], bytes)
    }

    /// ListKeys.
    pub(super) fn list_keys(&mut self, p1: u8, p2: u8, len: u8) -> Result {
        if p2 != 0x00 {
            return Err(WRONG_P2);
        }
        if len != RECORD_LEN {
            return Err(StatusWord::WRONG_LENGTH);
        }
        match p1 {
            0x00 => self.next_key = 0,
            0x01 => {}
            _ => return Err(WRONG_P1),
        }
        let mut slots = (0_u8..).zip(&self.slots).skip(self.next_key);
        let Some((number, slot)) = slots.find_map(|(number, slot)| Some((number, slot.as_ref()?)))
        else {
            self.next_key = PLACES;
            return if self.build.list_ends_aloud {
                Err(StatusWord::WRONG_LENGTH)
            } else {
                Ok(Vec::new())
            };
        };
        self.next_key = usize::from(number) + 1;
        let mut record = vec![number, slot.kind, NO_PARTNER];
        record.extend(slot.bits.to_be_bytes());
        record.extend(rights::access_bytes(slot.access));
        Ok(record)
    }
}

/// The Java card's key object has one type and one size, and nothing frees it (sheet, 11).
fn fits(slot: Option<&Slot>, kind: u8, bits: u16) -> Result<()> {
    match slot {
        Some(slot) if (slot.kind, slot.bits) != (kind, bits) => Err(NOT_ALLOWED),
        _ => Ok(()),
    }
}
