//! The channel with AES: SCP03 (sheet "globalplatform", 2.4).

use super::primitives::{AES_BLOCK, Cipher, cmac, derive, pad, unpad};
use super::{ANSWER_ENCRYPTED, ANSWER_MAC, ENCRYPTED, Fields};
use crate::iso7816::StatusWord;

/// In i: challenges, cryptograms and codes have sixteen bytes.
pub(super) const LONG: u8 = 0x01;
/// In i: the card's challenge comes from a counter, which is sent.
pub(super) const FORETOLD: u8 = 0x10;

/// The keys and the chain of a channel with AES.
pub(super) struct Aes {
    level: u8,
    /// Bytes of codes and cryptograms, 8 or 16.
    len: usize,
    encryption: Vec<u8>,
    mac: Vec<u8>,
    answer_mac: Vec<u8>,
    data: Vec<u8>,
    chain: Vec<u8>,
    /// Commands since EXTERNAL AUTHENTICATE.
    counter: u64,
    pub(super) host_cryptogram: Vec<u8>,
}

/// What the card says about a new channel, and the channel.
pub(super) struct Begun {
    pub(super) channel: Aes,
    /// What follows the protocol number in the answer.
    pub(super) answer: Vec<u8>,
}

impl Aes {
    /// With `random` as the card's challenge unless it can be foretold, from the counter and the
    /// identifier of the security domain.
    pub(super) fn begun(
        keys: [&[u8]; 3],
        i: u8,
        host: &[u8],
        sequence: u32,
        random: &[u8],
        aid: &[u8],
    ) -> Option<Begun> {
        let len = if i & LONG == 0 { 8 } else { 16 };
        let [_, sequence @ ..] = sequence.to_be_bytes();
        let [encryption, mac, data] = keys;
        let card = if i & FORETOLD == 0 {
            random.get(..len)?.to_vec()
        } else {
            derive(encryption, 0x02, len, &[&sequence, aid].concat())?
        };
        let context = [host, &card].concat();
        let session_mac = derive(mac, 0x06, mac.len(), &context)?;
        let ours = derive(&session_mac, 0x00, len, &context)?;
        let mut answer = [&[i][..], &card, &ours].concat();
        if i & FORETOLD != 0 {
            answer.extend(sequence);
        }
        Some(Begun {
            answer,
            channel: Self {
                level: 0,
                len,
                encryption: derive(encryption, 0x04, encryption.len(), &context)?,
                answer_mac: derive(mac, 0x07, mac.len(), &context)?,
                host_cryptogram: derive(&session_mac, 0x01, len, &context)?,
                mac: session_mac,
                data: data.to_vec(),
                chain: vec![0; AES_BLOCK],
                counter: 0,
            },
        })
    }

    /// Sets what follows EXTERNAL AUTHENTICATE.
    pub(super) fn begin(&mut self, level: u8) {
        self.level = level;
        self.counter = 0;
    }

    /// The plain data of a protected command.
    pub(super) fn open(&mut self, fields: &Fields<'_>) -> super::Result {
        self.counter += 1;
        let split = fields.data.len().checked_sub(self.len);
        let (sealed, mac) = split
            .and_then(|at| fields.data.split_at_checked(at))
            .ok_or(StatusWord(0x6987))?;
        let lc = u8::try_from(fields.data.len()).map_err(|_| StatusWord::WRONG_LENGTH)?;
        let parts: [&[u8]; 4] = [&self.chain, &fields.header, &[lc], sealed];
        let code = cmac(&self.mac, &parts).ok_or(StatusWord::UNKNOWN)?;
        if code.get(..self.len) != Some(mac) {
            return Err(StatusWord::SECURITY);
        }
        self.chain = code;
        if self.level & ENCRYPTED != ENCRYPTED || sealed.is_empty() {
            return Ok(sealed.to_vec());
        }
        if !sealed.len().is_multiple_of(AES_BLOCK) {
            return Err(StatusWord(0x6988));
        }
        let plain = self
            .iv(0)
            .and_then(|iv| Some(Cipher::aes(&self.encryption)?.chained_back(&iv, sealed)));
        plain.and_then(unpad).ok_or(StatusWord(0x6988))
    }

    /// An answer as it is sent. Refusals go out bare.
    pub(super) fn close(&self, data: Vec<u8>, sw: StatusWord) -> Option<Vec<u8>> {
        if self.level & ANSWER_MAC == 0 || !matches!(sw.sw1(), 0x90 | 0x62 | 0x63) {
            return Some(data);
        }
        let mut sealed = if self.level & ANSWER_ENCRYPTED == 0 || data.is_empty() {
            data
        } else {
            Cipher::aes(&self.encryption)?.chained(&self.iv(0x80)?, &pad(data, AES_BLOCK))
        };
        let code = cmac(
            &self.answer_mac,
            &[&self.chain, &sealed, &sw.0.to_be_bytes()],
        )?;
        sealed.extend(code.get(..self.len)?);
        Some(sealed)
    }

    /// The initial value of the current command, or of its answer.
    fn iv(&self, first: u8) -> Option<Vec<u8>> {
        let mut block = [[0; 8], self.counter.to_be_bytes()].concat();
        if let Some(byte) = block.first_mut() {
            *byte = first;
        }
        Some(Cipher::aes(&self.encryption)?.each(&block))
    }

    /// A key that PUT KEY brings.
    pub(super) fn key(&self, wrapped: &[u8]) -> Option<Vec<u8>> {
        Some(Cipher::aes(&self.data)?.chained_back(&[0; AES_BLOCK], wrapped))
    }
}
