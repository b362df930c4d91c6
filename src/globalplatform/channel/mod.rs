//! The secure channel to a card manager or a security domain (sheet "globalplatform", 2).
//!
//! Cards count failed tries and do not tell; an exhausted counter is the end of the card manager. So
//! the card has to prove that it has the keys before EXTERNAL AUTHENTICATE leaves; one failure stops,
//! is kept for that card, and the same keys are not tried again without an explicit word.

mod error;
mod opening;
mod scp01;
mod scp02;
mod scp03;
mod start;
mod wish;

pub use error::ChannelError;
pub use wish::{CounterRule, Edition, Level, Wish};

use std::fmt;

use super::attempts::Attempts;
use super::crypto::Wiped;
use super::keys::{KeyError, KeyFamily, Keys, WellKnownKey};
use crate::base::secret::{self, Secret};
use crate::iso7816::{Command, Le, Response};
use crate::token::SecureChannelProtocol;
use crate::transport::channel::Channel;

/// An open secure channel. What goes wrong with it once closes it.
pub struct SecureChannel {
    messaging: Box<dyn Messaging + Send>,
    level: Level,
    edition: Edition,
    protocol: SecureChannelProtocol,
    family: KeyFamily,
    version: u8,
    diversification_data: [u8; 10],
    well_known: Option<WellKnownKey>,
    challenge_fits: Option<bool>,
    closed: bool,
}

/// Where random numbers come from.
pub trait Randomness {
    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`]; what is in `bytes` is not random then.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// There is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no random numbers")]
pub struct NoRandomness;

/// The random numbers of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}

/// What differs between the protocols.
trait Messaging {
    /// The proof of the card, and ours.
    fn cryptograms(&self) -> [&[u8]; 2];

    /// Bytes of a MAC.
    fn mac_len(&self) -> usize {
        8
    }

    /// Bytes of a block of the cipher.
    fn block_len(&self) -> usize {
        8
    }

    /// The next MAC of the chain, over a command whose header says that there is one.
    fn mac(&mut self, header: [u8; 4], data: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// The data field of a command with a MAC, and encrypted if wished.
    fn wrap(&mut self, header: [u8; 4], data: &[u8], encrypt: bool) -> Result<Secret, KeyError>;

    /// What an answer says.
    fn unwrap(&mut self, answer: Response, _level: Level) -> Result<Response, ChannelError> {
        Ok(answer)
    }

    /// A new key, encrypted for PUT KEY.
    fn seal_key(&self, key: &[u8]) -> Result<Wiped, KeyError>;
}

/// What a MAC is made over: Lc counts the MAC, Le is not in it.
fn mac_input(header: [u8; 4], data: &[u8], mac_len: usize) -> Wiped {
    // `SecureChannel::transmit` lets nothing longer through.
    let lc = u8::try_from(data.len() + mac_len).unwrap_or(u8::MAX);
    Wiped::new([&header[..], &[lc], data].concat())
}

/// The bit in CLA that says "this has a MAC".
const SECURED: u8 = 0x04;

/// All that there is, in the short form even where the card takes longer ones: a MAC is over a
/// length of one byte.
const LE_SHORT: u16 = 256;

impl SecureChannel {
    /// Opens a channel to what is selected.
    ///
    /// # Errors
    ///
    /// [`ChannelError`], which says what the card has counted. Wrong keys are kept in `attempts`
    /// before this returns.
    pub fn open(
        channel: &mut Channel<'_>,
        keys: &Keys,
        wish: &Wish,
        attempts: &mut dyn Attempts,
    ) -> Result<Self, ChannelError> {
        Self::open_with(channel, keys, wish, attempts, &mut SystemRandomness)
    }

    /// As [`SecureChannel::open`], with random numbers from elsewhere.
    ///
    /// # Errors
    ///
    /// As [`SecureChannel::open`].
    pub fn open_with(
        channel: &mut Channel<'_>,
        keys: &Keys,
        wish: &Wish,
        attempts: &mut dyn Attempts,
        random: &mut dyn Randomness,
    ) -> Result<Self, ChannelError> {
        let opened = opening::open(channel, keys, wish, attempts, random);
        // Ciphers and digests worked with keys there.
        secret::wipe_stack();
        opened
    }

    /// What is protected.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The protocol and its variant.
    #[must_use]
    pub fn protocol(&self) -> SecureChannelProtocol {
        self.protocol
    }

    /// The standard that the card follows.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// What its keys are for.
    #[must_use]
    pub fn family(&self) -> KeyFamily {
        self.family
    }

    /// The version of the key set that was used, as the card told it.
    #[must_use]
    pub fn key_version(&self) -> u8 {
        self.version
    }

    /// What the card told for the diversification of keys.
    #[must_use]
    pub fn diversification_data(&self) -> [u8; 10] {
        self.diversification_data
    }

    /// Whether it was opened with keys that everybody knows.
    #[must_use]
    pub fn well_known(&self) -> Option<WellKnownKey> {
        self.well_known
    }

    /// Whether the challenge of the card was the one that it should have been, for a card with
    /// pseudo-random challenges. Only worth a remark: another name of the security domain may have
    /// gone into it.
    #[must_use]
    pub fn challenge_fits(&self) -> Option<bool> {
        self.challenge_fits
    }

    /// Whether something went wrong with it: nothing more is sent then.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The most data that a command can have, in bytes.
    #[must_use]
    pub fn most_data(&self) -> usize {
        if !self.level.has_mac() {
            return Command::MAX_SHORT;
        }
        let room = Command::MAX_SHORT - self.messaging.mac_len();
        if self.level.has_encryption() {
            // A byte of padding at least, or the length in SCP01.
            room - room % self.messaging.block_len() - 1
        } else {
            room
        }
    }

    /// The bytes of one block for LOAD; some cards cannot take the most that SCP03 allows.
    #[must_use]
    pub fn load_block_len(&self) -> usize {
        const SAFE_SCP03: usize = 231;
        match self.family {
            KeyFamily::Aes if self.level.has_encryption() => self.most_data().min(SAFE_SCP03),
            _ => self.most_data(),
        }
    }

    /// A new key, encrypted as PUT KEY wants it.
    pub(super) fn seal_key(&self, key: &[u8]) -> Result<Wiped, KeyError> {
        let sealed = self.messaging.seal_key(key);
        secret::wipe_stack();
        sealed
    }

    /// Sends a command through the channel.
    ///
    /// # Errors
    ///
    /// [`ChannelError::TooLong`] leaves the channel open; all others close it, and whether the
    /// command was carried out is unknown unless they say so.
    pub fn transmit(
        &mut self,
        channel: &mut Channel<'_>,
        command: &Command,
    ) -> Result<Response, ChannelError> {
        if self.closed {
            return Err(ChannelError::Closed);
        }
        let most = self.most_data();
        if command.payload().len() > most {
            return Err(ChannelError::TooLong { most });
        }
        let answer = self.exchange(channel, command);
        self.closed = answer.is_err();
        secret::wipe_stack();
        answer
    }

    fn exchange(
        &mut self,
        channel: &mut Channel<'_>,
        command: &Command,
    ) -> Result<Response, ChannelError> {
        if !self.level.has_mac() {
            return Ok(channel.transmit(command)?);
        }
        let [cla, ins, p1, p2] = command.header();
        let header = [cla | SECURED, ins, p1, p2];
        let encrypt = self.level.has_encryption();
        let data = self.messaging.wrap(header, command.payload(), encrypt)?;
        let wrapped = |le: Option<u16>| {
            let part = Command::new(header);
            let part = if command.is_secret() {
                part.secret(data.duplicate())
            } else {
                part.data(data.expose())
            };
            match le {
                Some(le) => part.expecting(Le::bytes(le)),
                None => part,
            }
        };
        let mut answer = channel.transmit(&wrapped(command.le().map(|_| LE_SHORT)))?;
        if answer.sw.sw1() == 0x6C && command.le().is_some() {
            // The same bytes once more, for the MAC is not over Le: made anew, it would be the next
            // one of the chain.
            let le = match answer.sw.sw2() {
                0 => LE_SHORT,
                le => le.into(),
            };
            answer = channel.transmit(&wrapped(Some(le)))?;
        }
        if matches!(answer.sw.0, 0x6987 | 0x6988) {
            return Err(ChannelError::MessagingRefused { sw: answer.sw });
        }
        self.messaging.unwrap(answer, self.level)
    }
}

impl fmt::Debug for SecureChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecureChannel")
            .field("protocol", &self.protocol)
            .field("level", &self.level)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
