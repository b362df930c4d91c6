//! The channels with 3DES: SCP01 and SCP02 (sheet "globalplatform", 2.2 and 2.3).

use super::primitives::{Cipher, DES_BLOCK, full_mac, pad, retail_mac, unpad};
use super::{ENCRYPTED, Fields};
use crate::iso7816::StatusWord;

/// In i: the MAC is over the command as it was before it was protected (SCP02).
const UNMODIFIED: u8 = 0x02;
/// In i: the MAC before is enciphered to become the next initial value.
const ENCIPHERED_IV: u8 = 0x10;
/// In i: the card's challenge can be foretold (SCP02).
pub(super) const FORETOLD: u8 = 0x40;

/// The keys and the chain of a channel with 3DES.
pub(super) struct Des {
    /// Whether it is SCP02.
    two: bool,
    i: u8,
    level: u8,
    encryption: Vec<u8>,
    mac: Vec<u8>,
    data: Vec<u8>,
    /// The authentication code before; none before the first.
    before: Option<Vec<u8>>,
    pub(super) host_cryptogram: Vec<u8>,
}

/// What the card says about a new channel, and the channel.
pub(super) struct Begun {
    pub(super) channel: Des,
    /// What follows the protocol number in the answer.
    pub(super) answer: Vec<u8>,
}

impl Des {
    /// SCP01: challenges of eight bytes on both sides.
    pub(super) fn one(keys: [&[u8]; 3], i: u8, host: [u8; 8], card: [u8; 8]) -> Option<Begun> {
        let [host_left, host_right] = halves(host);
        let [card_left, card_right] = halves(card);
        let derivation = [card_right, host_left, card_left, host_right].concat();
        let [encryption, mac, data] = keys;
        let encryption = Cipher::triple(encryption)?.each(&derivation);
        let ours = full_mac(&encryption, &[0; 8], &[host, card].concat())?;
        let theirs = full_mac(&encryption, &[0; 8], &[card, host].concat())?;
        Some(Begun {
            answer: [&card[..], &ours].concat(),
            channel: Self {
                two: false,
                i,
                level: 0,
                mac: Cipher::triple(mac)?.each(&derivation),
                encryption,
                data: data.to_vec(),
                before: None,
                host_cryptogram: theirs,
            },
        })
    }

    /// SCP02: the keys come from the sequence counter alone. `random` is the card's challenge
    /// unless it can be foretold, from the identifier of the security domain.
    pub(super) fn two(
        keys: [&[u8]; 3],
        i: u8,
        host: [u8; 8],
        sequence: u16,
        random: [u8; 6],
        aid: &[u8],
    ) -> Option<Begun> {
        let sequence = sequence.to_be_bytes();
        let session = |key: &[u8], constant: [u8; 2]| {
            let derivation = [&constant[..], &sequence, &[0; 12]].concat();
            Some(Cipher::triple(key)?.chained(&[0; 8], &derivation))
        };
        let [encryption, mac, data] = keys;
        let encryption = session(encryption, [0x01, 0x82])?;
        let mac = session(mac, [0x01, 0x01])?;
        let card = if i & FORETOLD == 0 {
            random
        } else {
            *retail_mac(&mac, &[0; 8], aid)?.first_chunk::<6>()?
        };
        let ours = full_mac(
            &encryption,
            &[0; 8],
            &[&host[..], &sequence, &card].concat(),
        )?;
        let theirs = full_mac(
            &encryption,
            &[0; 8],
            &[&sequence[..], &card, &host].concat(),
        )?;
        Some(Begun {
            answer: [&sequence[..], &card, &ours].concat(),
            channel: Self {
                two: true,
                i,
                level: 0,
                encryption,
                mac,
                data: session(data, [0x01, 0x81])?,
                before: None,
                host_cryptogram: theirs,
            },
        })
    }

    /// Sets what follows EXTERNAL AUTHENTICATE.
    pub(super) fn begin(&mut self, level: u8) {
        self.level = level;
    }

    /// The plain data of a protected command.
    pub(super) fn open(&mut self, fields: &Fields<'_>) -> super::Result {
        let (sealed, mac) = fields
            .data
            .split_last_chunk::<DES_BLOCK>()
            .ok_or(StatusWord(0x6987))?;
        let plain = if self.level & ENCRYPTED == ENCRYPTED && !sealed.is_empty() {
            self.decipher(sealed).ok_or(StatusWord(0x6988))?
        } else {
            sealed.to_vec()
        };
        let [cla, ins, p1, p2] = fields.header;
        let unmodified = self.two && self.i & UNMODIFIED != 0;
        let (cla, added) = if unmodified {
            (cla & !0x04, 0)
        } else {
            (cla, DES_BLOCK)
        };
        let lc = u8::try_from(plain.len() + added).map_err(|_| StatusWord::WRONG_LENGTH)?;
        let input = [&[cla, ins, p1, p2, lc], &plain[..]].concat();
        let expected = self.authentication_code(&input)?;
        if *mac != *expected {
            return Err(StatusWord::SECURITY);
        }
        self.before = Some(expected);
        Ok(plain)
    }

    fn authentication_code(&self, input: &[u8]) -> super::Result {
        let iv = match &self.before {
            None => Some(vec![0; DES_BLOCK]),
            Some(before) if self.i & ENCIPHERED_IV == 0 => Some(before.clone()),
            Some(before) if self.two => {
                Cipher::left_half(&self.mac).map(|cipher| cipher.each(before))
            }
            Some(before) => Cipher::triple(&self.mac).map(|cipher| cipher.each(before)),
        };
        let mac = iv.and_then(|iv| {
            if self.two {
                retail_mac(&self.mac, &iv, input)
            } else {
                full_mac(&self.mac, &iv, input)
            }
        });
        mac.ok_or(StatusWord::UNKNOWN)
    }

    /// SCP01 puts the length before the data and pads where blocks are not full; SCP02 always pads.
    fn decipher(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        if !sealed.len().is_multiple_of(DES_BLOCK) {
            return None;
        }
        let plain = Cipher::triple(&self.encryption)?.chained_back(&[0; 8], sealed);
        if self.two {
            return unpad(plain);
        }
        let (&len, rest) = plain.split_first()?;
        let data = rest.get(..usize::from(len))?;
        let whole = [&[len], data].concat();
        let padded = if whole.len().is_multiple_of(DES_BLOCK) {
            whole
        } else {
            pad(whole, DES_BLOCK)
        };
        (padded == plain).then(|| data.to_vec())
    }

    /// A key that PUT KEY brings.
    pub(super) fn key(&self, wrapped: &[u8]) -> Option<Vec<u8>> {
        Some(Cipher::triple(&self.data)?.each_back(wrapped))
    }
}

fn halves(challenge: [u8; 8]) -> [[u8; 4]; 2] {
    let [a, b, c, d, e, f, g, h] = challenge;
    [[a, b, c, d], [e, f, g, h]]
}
