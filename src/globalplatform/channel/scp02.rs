//! SCP02: triple DES with a sequence counter, of GlobalPlatform 2.1.1 (sheet "globalplatform", 2.3).
//!
//! Only explicit initiation and the MAC over the changed command: the other variants are rare, and
//! are refused before anything is tried.

use super::Messaging;
use super::start::Start;
use crate::base::secret::Secret;
use crate::globalplatform::crypto::{self, Cipher, Wiped};
use crate::globalplatform::keys::{KeyError, Keys};

/// The session keys and the chain of MACs.
pub(super) struct Scp02 {
    enc: Secret,
    mac: Secret,
    dek: Secret,
    cryptograms: [[u8; 8]; 2],
    /// Whether the MAC before is encrypted before it goes into the next one.
    hides_icv: bool,
    last: Option<[u8; 8]>,
}

/// The bits of the parameter "i".
const THREE_KEYS: u8 = 0x01;
const UNCHANGED_COMMAND: u8 = 0x02;
const EXPLICIT: u8 = 0x04;
const ICV_OVER_AID: u8 = 0x08;
const HIDDEN_ICV: u8 = 0x10;

/// Whether the parameter "i" stands for something that is done here.
pub(super) fn is_supported(i: u8, keys: &Keys) -> bool {
    let wanted = i & (EXPLICIT | UNCHANGED_COMMAND | ICV_OVER_AID) == EXPLICIT;
    wanted && (i & THREE_KEYS != 0 || keys.is_one())
}

impl Scp02 {
    pub(super) fn new(keys: &Keys, start: &Start, host: &[u8], i: u8) -> Result<Self, KeyError> {
        let counter = start.counter.unwrap_or_default().to_be_bytes();
        let sequence = counter.last_chunk::<2>().copied().unwrap_or_default();
        let derive = |key: &[u8], constant: [u8; 2]| {
            let block = [&constant[..], &sequence, &[0; 12]].concat();
            let key = Cipher::triple_des(key)?.cbc(&[0; 8], &block);
            Ok::<_, KeyError>(Secret::new(&key))
        };
        let enc = derive(keys.enc(), [0x01, 0x82])?;
        let card = &start.challenge;
        let of = |parts: [&[u8]; 3]| crypto::full_mac(enc.expose(), [0; 8], &parts.concat());
        Ok(Self {
            cryptograms: [of([host, &sequence, card])?, of([&sequence, card, host])?],
            enc,
            mac: derive(keys.mac(), [0x01, 0x01])?,
            dek: derive(keys.dek(), [0x01, 0x81])?,
            hides_icv: i & HIDDEN_ICV != 0,
            last: None,
        })
    }
}

#[cfg(test)]
impl Scp02 {
    /// For tests against published session keys.
    pub(super) fn keys(&self) -> [&[u8]; 3] {
        [self.enc.expose(), self.mac.expose(), self.dek.expose()]
    }
}

impl Messaging for Scp02 {
    fn cryptograms(&self) -> [&[u8]; 2] {
        let [card, host] = &self.cryptograms;
        [card, host]
    }

    fn mac(&mut self, header: [u8; 4], data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let icv = match self.last {
            None => [0; 8],
            Some(last) if self.hides_icv => {
                let hidden = Cipher::left_des(self.mac.expose())?.ecb(&last);
                hidden.first_chunk().copied().unwrap_or_default()
            }
            Some(last) => last,
        };
        let mac = crypto::retail_mac(self.mac.expose(), icv, &super::mac_input(header, data, 8))?;
        self.last = Some(mac);
        Ok(mac.to_vec())
    }

    /// The MAC is over what is not encrypted yet.
    fn wrap(&mut self, header: [u8; 4], data: &[u8], encrypt: bool) -> Result<Secret, KeyError> {
        let mac = self.mac(header, data)?;
        let mut out = Secret::with_capacity(data.len() + 16);
        if encrypt && !data.is_empty() {
            let padded = crypto::pad(data, 8);
            out.extend(&Cipher::triple_des(self.enc.expose())?.cbc(&[0; 8], &padded));
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

/// Whether a card challenge is the one that a card with well-known pseudo-random challenges has
/// (i = 40): the sheet has no vector that shows it, so nothing depends on it.
pub(super) fn challenge_fits(scp: &Scp02, aid: &[u8], challenge: &[u8]) -> Result<bool, KeyError> {
    let mac = crypto::retail_mac(scp.mac.expose(), [0; 8], aid)?;
    Ok(mac.starts_with(challenge))
}
