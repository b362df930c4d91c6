//! SCP03: AES with CMAC, and answers that are protected too (sheet "globalplatform", 2.4).

use super::start::Start;
use super::{ChannelError, CounterRule, Level, Messaging};
use crate::base::secret::Secret;
use crate::globalplatform::crypto::{self, Cipher, Wiped};
use crate::globalplatform::keys::{KeyError, Keys};
use crate::iso7816::Response;

/// The bits of the parameter "i".
pub(super) const LONG: u8 = 0x01;
pub(super) const PSEUDO_RANDOM: u8 = 0x10;
pub(super) const R_MAC: u8 = 0x20;
pub(super) const R_ENC: u8 = 0x40;

/// What a derived value is for.
const CARD_CRYPTOGRAM: u8 = 0x00;
const HOST_CRYPTOGRAM: u8 = 0x01;
const CARD_CHALLENGE: u8 = 0x02;
const S_ENC: u8 = 0x04;
const S_MAC: u8 = 0x06;
const S_RMAC: u8 = 0x07;

/// The session keys, the chain of MACs and the counter of commands.
pub(super) struct Scp03 {
    enc: Secret,
    mac: Secret,
    rmac: Secret,
    dek: Secret,
    cryptograms: [Vec<u8>; 2],
    chain: [u8; 16],
    counter: u128,
    rule: CounterRule,
    /// Bytes of a MAC on the wire: 8, or 16 in the long variant.
    mac_len: usize,
}

impl Scp03 {
    pub(super) fn new(
        keys: &Keys,
        start: &Start,
        host: &[u8],
        rule: CounterRule,
    ) -> Result<Self, KeyError> {
        let context = [host, &start.challenge].concat();
        let len = keys.key_len();
        let enc = Secret::new(&derive(keys.enc(), S_ENC, len, &context)?);
        let mac = Secret::new(&derive(keys.mac(), S_MAC, len, &context)?);
        let rmac = Secret::new(&derive(keys.mac(), S_RMAC, len, &context)?);
        let mac_len = start.challenge.len();
        let of = |constant| derive(mac.expose(), constant, mac_len, &context);
        Ok(Self {
            cryptograms: [of(CARD_CRYPTOGRAM)?.to_vec(), of(HOST_CRYPTOGRAM)?.to_vec()],
            enc,
            mac,
            rmac,
            dek: Secret::new(keys.dek()),
            chain: [0; 16],
            counter: 0,
            rule,
            mac_len,
        })
    }

    /// The initial vector of the command that the counter stands at, or of its answer.
    fn iv(&self, answer: bool) -> Result<Wiped, KeyError> {
        let mut block = self.counter.to_be_bytes();
        if answer && let Some(first) = block.first_mut() {
            *first = 0x80;
        }
        Ok(Cipher::aes(self.enc.expose())?.ecb(&block))
    }
}

#[cfg(test)]
impl Scp03 {
    /// For tests against published session keys.
    pub(super) fn keys(&self) -> [&[u8]; 3] {
        [self.enc.expose(), self.mac.expose(), self.rmac.expose()]
    }
}

impl Messaging for Scp03 {
    fn cryptograms(&self) -> [&[u8]; 2] {
        let [card, host] = &self.cryptograms;
        [card, host]
    }

    fn mac_len(&self) -> usize {
        self.mac_len
    }

    fn block_len(&self) -> usize {
        16
    }

    fn mac(&mut self, header: [u8; 4], data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let input = super::mac_input(header, data, self.mac_len);
        self.chain = crypto::aes_cmac(self.mac.expose(), &[&self.chain, &input])?;
        Ok(self.chain.iter().copied().take(self.mac_len).collect())
    }

    /// The MAC is over what is encrypted.
    fn wrap(&mut self, header: [u8; 4], data: &[u8], encrypt: bool) -> Result<Secret, KeyError> {
        if !data.is_empty() || self.rule == CounterRule::EveryCommand {
            // 2^128 commands are never sent.
            self.counter = self.counter.wrapping_add(1);
        }
        let mut out = Secret::with_capacity(data.len() + 32);
        if encrypt && !data.is_empty() {
            let padded = crypto::pad(data, 16);
            out.extend(&Cipher::aes(self.enc.expose())?.cbc(&self.iv(false)?, &padded));
        } else {
            out.extend(data);
        }
        let mac = self.mac(header, out.expose())?;
        out.extend(&mac);
        Ok(out)
    }

    fn unwrap(&mut self, answer: Response, level: Level) -> Result<Response, ChannelError> {
        if !level.has_r_mac() {
            return Ok(answer);
        }
        let Response { data, sw } = answer;
        if !(sw.is_ok() || matches!(sw.sw1(), 0x62 | 0x63)) {
            // Errors come bare; data with them would be nobody's.
            return if data.is_empty() {
                Ok(Response::status(sw))
            } else {
                Err(ChannelError::AnswerNotAuthentic)
            };
        }
        let at = data.len().checked_sub(self.mac_len);
        let (body, mac) = at
            .and_then(|at| data.split_at_checked(at))
            .ok_or(ChannelError::AnswerNotAuthentic)?;
        let pieces: [&[u8]; 3] = [&self.chain, body, &sw.0.to_be_bytes()];
        let computed = crypto::aes_cmac(self.rmac.expose(), &pieces)?;
        if !crypto::same(mac, computed.get(..self.mac_len).unwrap_or_default()) {
            return Err(ChannelError::AnswerNotAuthentic);
        }
        if !level.has_r_encryption() || body.is_empty() {
            let data = body.to_vec();
            return Ok(Response { data, sw });
        }
        if !body.len().is_multiple_of(16) {
            return Err(ChannelError::AnswerNotAuthentic);
        }
        let plain = Cipher::aes(self.enc.expose())?.cbc_decrypt(&self.iv(true)?, body);
        // It was authentic: whoever padded it wrongly has the keys.
        let data = crypto::unpad(&plain).ok_or(ChannelError::AnswerNotAuthentic)?;
        let data = data.to_vec();
        Ok(Response { data, sw })
    }

    fn seal_key(&self, key: &[u8]) -> Result<Wiped, KeyError> {
        let mut padded = Wiped::new(key.to_vec());
        padded.resize(key.len().next_multiple_of(16), 0);
        Ok(Cipher::aes(self.dek.expose())?.cbc(&[0; 16], &padded))
    }
}

/// The key derivation in counter mode with CMAC (NIST SP 800-108), `len` bytes.
fn derive(key: &[u8], constant: u8, len: usize, context: &[u8]) -> Result<Wiped, KeyError> {
    // At most 32 bytes are asked for.
    let [high, low] = u16::try_from(len * 8).unwrap_or_default().to_be_bytes();
    let mut out = Wiped::new(Vec::with_capacity(32));
    let mut counter = 0;
    while out.len() < len {
        counter += 1;
        let mut head = [0; 16];
        if let Some(tail) = head.last_chunk_mut() {
            *tail = [constant, 0, high, low, counter];
        }
        let block = Wiped::new(crypto::aes_cmac(key, &[&head, context])?.to_vec());
        out.extend_from_slice(&block);
    }
    out.truncate(len);
    Ok(out)
}

/// Whether a card challenge is the one that a card with pseudo-random challenges has at this
/// sequence counter.
pub(super) fn challenge_fits(keys: &Keys, aid: &[u8], start: &Start) -> Result<bool, KeyError> {
    let counter = start.counter.unwrap_or_default().to_be_bytes();
    let (_, sequence) = counter.split_at_checked(1).unwrap_or_default();
    let context = [sequence, aid].concat();
    let expected = derive(keys.enc(), CARD_CHALLENGE, start.challenge.len(), &context)?;
    Ok(*expected == start.challenge)
}
