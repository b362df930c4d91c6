//! The card's side of secure channels: SCP01, SCP02 and SCP03 (sheet "globalplatform", 2).

mod aes;
mod des;
pub(super) mod primitives;

use super::model::Protocol;
use crate::iso7816::StatusWord;
use aes::Aes;
use des::Des;

/// The plain data of a command, or the status word of a refusal.
type Result<T = Vec<u8>> = std::result::Result<T, StatusWord>;

/// In a security level: commands have a code.
pub(super) const MAC: u8 = 0x01;
/// In a security level: commands are encrypted, too.
const ENCRYPTED: u8 = 0x02;
/// In a security level: answers have a code.
const ANSWER_MAC: u8 = 0x10;
/// In a security level: answers are encrypted, too.
const ANSWER_ENCRYPTED: u8 = 0x20;

/// A command as it was sent.
pub(super) struct Fields<'a> {
    /// CLA, INS, P1, P2.
    pub(super) header: [u8; 4],
    /// The data with the code at its end.
    pub(super) data: &'a [u8],
}

/// What a new channel begins with.
pub(super) struct Beginning<'a> {
    pub(super) protocol: Protocol,
    /// For encryption, for codes, for keys.
    pub(super) keys: [&'a [u8]; 3],
    pub(super) host_challenge: &'a [u8],
    /// Sixteen bytes for the card's challenge, or the first of them.
    pub(super) random: [u8; 16],
    pub(super) sequence: u32,
    /// Of the security domain.
    pub(super) aid: &'a [u8],
}

/// A channel; open once the host has proved that it has the keys.
pub(super) struct Channel {
    kind: Kind,
    protocol: Protocol,
    /// The security level; none before EXTERNAL AUTHENTICATE.
    level: Option<u8>,
}

enum Kind {
    Des(Des),
    Aes(Aes),
}

impl Channel {
    /// A channel that waits for EXTERNAL AUTHENTICATE, and what the card says of it after the
    /// protocol number.
    pub(super) fn begun(beginning: &Beginning<'_>) -> Result<(Self, Vec<u8>)> {
        let Beginning {
            protocol,
            keys,
            host_challenge,
            random,
            sequence,
            aid,
        } = beginning;
        if host_challenge.len() != protocol.challenge_len() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let eight = host_challenge.first_chunk::<8>().copied();
        let begun = match *protocol {
            Protocol::Scp01 { i } => {
                eight
                    .zip(random.first_chunk::<8>())
                    .and_then(|(host, card)| {
                        let begun = Des::one(*keys, i, host, *card)?;
                        Some((Kind::Des(begun.channel), begun.answer))
                    })
            }
            Protocol::Scp02 { i } => {
                eight
                    .zip(random.first_chunk::<6>())
                    .and_then(|(host, card)| {
                        let sequence = u16::try_from(*sequence).ok()?;
                        let begun = Des::two(*keys, i, host, sequence, *card, aid)?;
                        Some((Kind::Des(begun.channel), begun.answer))
                    })
            }
            Protocol::Scp03 { i } => Aes::begun(*keys, i, host_challenge, *sequence, random, aid)
                .map(|begun| (Kind::Aes(begun.channel), begun.answer)),
        };
        let (kind, answer) = begun.ok_or(StatusWord::SECURITY)?;
        let channel = Self {
            kind,
            protocol: *protocol,
            level: None,
        };
        Ok((channel, answer))
    }

    /// A channel without protection of commands, without a proof before.
    #[cfg(test)]
    pub(super) fn opened_for_tests(protocol: Protocol) -> Option<Self> {
        let host_challenge = vec![0; protocol.challenge_len()];
        let (channel, _) = Self::begun(&Beginning {
            protocol,
            keys: [&[0; 16]; 3],
            host_challenge: &host_challenge,
            random: [0; 16],
            sequence: 0,
            aid: &[],
        })
        .ok()?;
        Some(Self {
            level: Some(0),
            ..channel
        })
    }

    /// The security level of an open channel.
    pub(super) fn level(&self) -> Option<u8> {
        self.level
    }

    /// EXTERNAL AUTHENTICATE: which commands and answers are protected from now on.
    pub(super) fn authenticate(&mut self, fields: &Fields<'_>) -> Result<()> {
        let [_, _, level, _] = fields.header;
        let cryptogram = match &self.kind {
            Kind::Des(des) => &des.host_cryptogram,
            Kind::Aes(aes) => &aes.host_cryptogram,
        };
        if fields.data.len() != 2 * cryptogram.len() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if !fields.data.starts_with(cryptogram) {
            return Err(StatusWord::CHECK_FAILED);
        }
        self.open_fields(fields)?;
        if !self.protocol.allows(level) {
            return Err(StatusWord::WRONG_P1P2);
        }
        match &mut self.kind {
            Kind::Des(des) => des.begin(level),
            Kind::Aes(aes) => aes.begin(level),
        }
        self.level = Some(level);
        Ok(())
    }

    /// The plain data of a command with a code.
    pub(super) fn open(&mut self, fields: &Fields<'_>) -> Result {
        if self.level.is_none_or(|level| level & MAC == 0) {
            return Err(StatusWord::SECURITY);
        }
        self.open_fields(fields)
    }

    fn open_fields(&mut self, fields: &Fields<'_>) -> Result {
        match &mut self.kind {
            Kind::Des(des) => des.open(fields),
            Kind::Aes(aes) => aes.open(fields),
        }
    }

    /// An answer as it is sent.
    pub(super) fn close(&self, data: Vec<u8>, sw: StatusWord) -> Vec<u8> {
        match &self.kind {
            Kind::Des(_) => data,
            Kind::Aes(aes) => aes.close(data, sw).unwrap_or_default(),
        }
    }

    /// A key that PUT KEY brings, deciphered.
    pub(super) fn key(&self, wrapped: &[u8]) -> Option<Vec<u8>> {
        match &self.kind {
            Kind::Des(des) => des.key(wrapped),
            Kind::Aes(aes) => aes.key(wrapped),
        }
    }
}
