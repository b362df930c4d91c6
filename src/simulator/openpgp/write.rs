//! PUT DATA (7.2.8).

use super::attributes::Attributes;
use super::keys::Slot;
use super::objects::key_of;
use super::{OpenPgp, PW1, PW3, model};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber;
use crate::simulator::chip::Result;
use crate::simulator::pin::Pin;

impl OpenPgp {
    pub(super) fn put_data(&mut self, tag: u32, data: &[u8]) -> Result {
        let allowed = match tag {
            0x0101 | 0x0103 => self.verified.other,
            _ => self.verified.admin,
        };
        if !allowed {
            return Err(StatusWord::SECURITY);
        }
        match tag {
            0x0101..=0x0104 if self.model.has(model::PRIVATE) => self.keep(tag, data),
            0x5E | 0x5F50 => self.keep(tag, data),
            0x5B if data.len() <= 39 => self.keep(tag, data),
            0x5F2D if data.len() <= 8 && data.len().is_multiple_of(2) => self.keep(tag, data),
            0x5F35 if matches!(data, [0x30 | 0x31 | 0x32 | 0x39]) => self.keep(tag, data),
            0x5B | 0x5F2D | 0x5F35 => Err(StatusWord::WRONG_DATA),
            0x7F21 => self.put_certificate(data),
            0xC1..=0xC3 if self.model.has(model::ATTRIBUTES) => self.put_attributes(tag, data),
            0xC4 if self.model.has(model::PW_STATUS) => self.put_pin_status(data),
            0xC7..=0xC9 => self.put_fingerprint(tag, data),
            0xCA..=0xCC if data.len() == 20 => self.keep(tag, data),
            0xCE..=0xD0 => self.put_time(tag, data),
            0xD3 => self.put_resetting_code(data),
            0xD5 if self.model.has(model::AES) => match data.len() {
                0 | 16 | 32 => self.keep(tag, data),
                _ => Err(StatusWord::WRONG_LENGTH),
            },
            0xD6..=0xD8 if self.model.touch => self.put_touch_policy(tag, data),
            0xF9 if self.model.has(model::KDF) => self.put_kdf(data),
            0xCA..=0xCC => Err(StatusWord::WRONG_DATA),
            _ => Err(StatusWord::NO_OBJECT),
        }
    }

    fn keep(&mut self, tag: u32, data: &[u8]) -> Result {
        if !self.model.fits(data) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.objects.insert(tag, data.to_vec());
        Ok(Vec::new())
    }

    fn put_certificate(&mut self, data: &[u8]) -> Result {
        if data.len() > usize::from(self.model.certificate) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let place = self.certificates.get_mut(self.certificate);
        *place.ok_or(StatusWord::NO_OBJECT)? = data.to_vec();
        Ok(Vec::new())
    }

    /// Another algorithm throws the key away, and what was said about it.
    fn put_attributes(&mut self, tag: u32, data: &[u8]) -> Result {
        let key = key_of(tag, 0xC1).ok_or(StatusWord::NO_OBJECT)?;
        let wanted = Attributes::parse(&self.model, key, data).ok_or(StatusWord::WRONG_DATA)?;
        let slot = self.slot_mut(key);
        if slot.attributes.kind == wanted.kind {
            slot.attributes = wanted;
        } else {
            *slot = Slot::empty(wanted);
        }
        Ok(Vec::new())
    }

    fn put_pin_status(&mut self, data: &[u8]) -> Result {
        self.lasting = match data {
            [0x00] => false,
            [0x01] => true,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        Ok(Vec::new())
    }

    fn put_fingerprint(&mut self, tag: u32, data: &[u8]) -> Result {
        let key = key_of(tag, 0xC7).ok_or(StatusWord::NO_OBJECT)?;
        self.slot_mut(key).fingerprint = data.try_into().map_err(|_| StatusWord::WRONG_LENGTH)?;
        Ok(Vec::new())
    }

    fn put_time(&mut self, tag: u32, data: &[u8]) -> Result {
        let key = key_of(tag, 0xCE).ok_or(StatusWord::NO_OBJECT)?;
        self.slot_mut(key).created = data.try_into().map_err(|_| StatusWord::WRONG_LENGTH)?;
        Ok(Vec::new())
    }

    /// An empty one takes the resetting code away.
    fn put_resetting_code(&mut self, data: &[u8]) -> Result {
        if data.is_empty() {
            self.rc = Pin::unset(self.rc.tries);
        } else {
            self.new_pin_fits(data, 8)?;
            self.rc.replace(data);
        }
        Ok(Vec::new())
    }

    fn put_touch_policy(&mut self, tag: u32, data: &[u8]) -> Result {
        let &[policy, _] = data else {
            return Err(StatusWord::WRONG_LENGTH);
        };
        let most = if self.model.firmware.is_some() { 4 } else { 2 };
        if policy > most {
            return Err(StatusWord::WRONG_DATA);
        }
        // A permanent policy stays.
        if let Some([0x02 | 0x04, _]) = self.objects.get(&tag).map(Vec::as_slice) {
            return Err(StatusWord::CONDITIONS);
        }
        self.keep(tag, data)
    }

    /// Key derivation (4.3.2): from now on PINs are digests; the PINs become the factory ones,
    /// whose digests the object brings along.
    fn put_kdf(&mut self, data: &[u8]) -> Result {
        let data = ber::find(data, &[0xF9]).unwrap_or(data);
        let part = |tag| ber::find(data, &[tag]);
        let (pw1, pw3) = match part(0x81) {
            None if data.is_empty() => (PW1, PW3),
            Some([0x00]) => (PW1, PW3),
            Some([0x03]) => {
                let len = match part(0x82) {
                    Some([0x08]) => 32,
                    Some([0x0A]) => 64,
                    _ => return Err(StatusWord::WRONG_DATA),
                };
                let salted = part(0x83).is_some_and(|count| count.len() == 4)
                    && part(0x84).is_some_and(|salt| salt.len() == 8);
                match (part(0x87), part(0x88)) {
                    (Some(pw1), Some(pw3)) if salted && [pw1.len(), pw3.len()] == [len, len] => {
                        (pw1, pw3)
                    }
                    _ => return Err(StatusWord::WRONG_DATA),
                }
            }
            _ => return Err(StatusWord::WRONG_DATA),
        };
        self.pw1 = Pin::new(pw1, self.pw1.tries);
        self.pw3 = Pin::new(pw3, self.pw3.tries);
        self.rc = Pin::unset(self.rc.tries);
        self.verified = super::Verified::default();
        if data.is_empty() {
            self.objects.remove(&0xF9);
        } else {
            self.objects.insert(0xF9, data.to_vec());
        }
        Ok(Vec::new())
    }
}
