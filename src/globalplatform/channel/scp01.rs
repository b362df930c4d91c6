//! SCP01: triple DES, of Open Platform 2.0.1' and GlobalPlatform 2.1.1 (sheet "globalplatform", 2.2).

use super::Messaging;
use super::start::Start;
use crate::base::secret::Secret;
use crate::globalplatform::crypto::{self, Cipher, Wiped};
use crate::globalplatform::keys::{KeyError, Keys};

/// The session keys and the chain of MACs.
pub(super) struct Scp01 {
    enc: Secret,
    mac: Secret,
    dek: Secret,
    cryptograms: [[u8; 8]; 2],
    /// Whether the MAC before is encrypted before it goes into the next one (i = 15).
    hides_icv: bool,
    last: Option<[u8; 8]>,
}

impl Scp01 {
    pub(super) fn new(keys: &Keys, start: &Start, host: &[u8], i: u8) -> Result<Self, KeyError> {
        let card = &start.challenge;
        let (card_left, card_right) = card.split_at_checked(4).unwrap_or_default();
        let (host_left, host_right) = host.split_at_checked(4).unwrap_or_default();
        let seed = [card_right, host_left, card_left, host_right].concat();
        let enc = Secret::new(&Cipher::triple_des(keys.enc())?.ecb(&seed));
        let mac = Secret::new(&Cipher::triple_des(keys.mac())?.ecb(&seed));
        let of = |parts: [&[u8]; 2]| crypto::full_mac(enc.expose(), [0; 8], &parts.concat());
        Ok(Self {
            cryptograms: [of([host, card])?, of([card, host])?],
            enc,
            mac,
            // There is no session key for keys.
            dek: Secret::new(keys.dek()),
            hides_icv: i & 0x10 != 0,
            last: None,
        })
    }
}

#[cfg(test)]
impl Scp01 {
    /// For tests against published session keys.
    pub(super) fn keys(&self) -> [&[u8]; 2] {
        [self.enc.expose(), self.mac.expose()]
    }
}

impl Messaging for Scp01 {
    fn cryptograms(&self) -> [&[u8]; 2] {
        let [card, host] = &self.cryptograms;
        [card, host]
    }

    fn mac(&mut self, header: [u8; 4], data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let icv = match self.last {
            None => [0; 8],
            Some(last) if self.hides_icv => {
                let hidden = Cipher::triple_des(self.mac.expose())?.ecb(&last);
                hidden.first_chunk().copied().unwrap_or_default()
            }
            Some(last) => last,
        };
        let mac = crypto::full_mac(self.mac.expose(), icv, &super::mac_input(header, data, 8))?;
        self.last = Some(mac);
        Ok(mac.to_vec())
    }

    /// The MAC is over what is not encrypted yet.
    fn wrap(&mut self, header: [u8; 4], data: &[u8], encrypt: bool) -> Result<Secret, KeyError> {
        let mac = self.mac(header, data)?;
        let mut out = Secret::with_capacity(data.len() + 24);
        if encrypt && !data.is_empty() {
            let mut plain = Wiped::new(Vec::with_capacity(data.len() + 1));
            // At most 239 bytes come here.
            plain.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
            plain.extend_from_slice(data);
            if !plain.len().is_multiple_of(8) {
                plain = crypto::pad(&plain, 8);
            }
            out.extend(&Cipher::triple_des(self.enc.expose())?.cbc(&[0; 8], &plain));
        } else {
            out.extend(data);
        }
        out.extend(&mac);
        Ok(out)
    }

    fn seal_key(&self, key: &[u8]) -> Result<Wiped, KeyError> {
        Ok(Cipher::triple_des(self.dek.expose())?.ecb(key))
    }
}
