//! The secure channel to a card manager or a security domain (sheet "globalplatform", 2).
//!
//! Cards count failed tries and do not tell; an exhausted counter is the end of the card manager. So
//! the card has to prove that it has the keys before EXTERNAL AUTHENTICATE leaves; one failure stops,
//! is kept for that card, and the same keys are not tried again without an explicit word.

mod error;
mod scp01;
mod scp02;
mod scp03;
mod start;
mod wish;

pub use error::ChannelError;
pub use wish::{CounterRule, Edition, Level, Wish};

use std::fmt;

use super::attempts::{Attempts, KeySetId, MAX_USUAL_TRIES, Recall, Tried};
use super::crypto::{self, Wiped};
use super::keys::{KeyError, KeyFamily, Keys, WellKnownKey};
use crate::base::secret::{self, Secret};
use crate::iso7816::{Command, Le, Response, StatusWord};
use crate::token::SecureChannelProtocol;
use crate::transport::channel::Channel;
use start::Start;

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
fn mac_input(header: [u8; 4], data: &[u8], mac_len: usize) -> Vec<u8> {
    // `SecureChannel::transmit` lets nothing longer through.
    let lc = u8::try_from(data.len() + mac_len).unwrap_or(u8::MAX);
    [&header[..], &[lc], data].concat()
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
        let opened = open(channel, keys, wish, attempts, random);
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

fn open(
    channel: &mut Channel<'_>,
    keys: &Keys,
    wish: &Wish,
    attempts: &mut dyn Attempts,
    random: &mut dyn Randomness,
) -> Result<SecureChannel, ChannelError> {
    let family = keys.family();
    wish.check(family)?;
    let id = KeySetId {
        family,
        check_values: keys.check_values()?,
        diversification: wish.diversification,
    };
    let recall = attempts.recall(&wish.card);
    may_try(&recall, &id, wish)?;
    let long = wish.is_long(family);
    let host = challenge(random, &recall, long)?;
    let start = initialize(channel, wish, &host, long)?;
    start.check(wish, family, &host)?;
    let tried = Tried {
        version: start.version,
        keys: id,
        challenge: host,
        counter: start.counter,
    };
    must_grow(&recall, &tried)?;
    let own = keys.diversified(wish.diversification, &start.diversification_data)?;
    let (mut messaging, challenge_fits) = messaging(&own, &start, &tried.challenge, wish)?;
    let [card, _] = messaging.cryptograms();
    if !crypto::same(card, &start.cryptogram) {
        let (tries, kept) = note_failure(attempts, wish, &tried);
        return Err(ChannelError::WrongKeys { tries, kept });
    }
    let sw = authenticate(channel, messaging.as_mut(), wish.level)?;
    if sw == StatusWord::WRONG_P1P2 {
        let level = wish.level;
        return Err(ChannelError::LevelNotSupported { level });
    }
    if !sw.is_ok() {
        let (tries, kept) = note_failure(attempts, wish, &tried);
        return Err(ChannelError::HostRefused { sw, tries, kept });
    }
    // If this cannot be kept, the next time is more careful than it has to be.
    let _ = attempts.note_success(&wish.card, &tried);
    Ok(SecureChannel {
        messaging,
        level: wish.level,
        edition: wish.edition,
        protocol: start.protocol,
        family,
        version: start.version,
        diversification_data: start.diversification_data,
        well_known: keys.well_known(),
        challenge_fits,
        closed: false,
    })
}

/// Whether these keys may be tried on this card.
fn may_try(recall: &Recall, id: &KeySetId, wish: &Wish) -> Result<(), ChannelError> {
    match recall {
        _ if wish.try_again => Ok(()),
        Recall::Unsure => Err(ChannelError::TriesUnknown),
        Recall::Known(before) => {
            let tries = before.tries;
            // The last of the usual tries is nobody's to take without a word.
            let last = tries.saturating_add(1) >= MAX_USUAL_TRIES;
            if before.tries_of(id) > 0 || last {
                Err(ChannelError::FailedBefore { tries })
            } else {
                Ok(())
            }
        }
    }
}

/// A fresh challenge of ours.
fn challenge(
    random: &mut dyn Randomness,
    recall: &Recall,
    long: bool,
) -> Result<Vec<u8>, ChannelError> {
    let mut host = vec![0; if long { 16 } else { 8 }];
    let filled = random.fill(&mut host);
    let again = matches!(recall, Recall::Known(before) if before.is_last_challenge(&host));
    if filled.is_err() || again || host.iter().all(|&byte| byte == 0) {
        return Err(ChannelError::NoRandomness);
    }
    Ok(host)
}

/// INITIALIZE UPDATE.
fn initialize(
    channel: &mut Channel<'_>,
    wish: &Wish,
    host: &[u8],
    long: bool,
) -> Result<Start, ChannelError> {
    let command = Command::new([0x80, 0x50, wish.key_version, wish.key_index])
        .data(host)
        .expecting(Le::bytes(LE_SHORT));
    let answer = channel.transmit(&command)?;
    match answer.sw {
        sw if sw.is_ok() => Start::parse(&answer.data, wish, long),
        StatusWord::NO_OBJECT => Err(ChannelError::NoKeySet),
        StatusWord::WRONG_LENGTH => Err(ChannelError::ChallengeLength),
        sw @ (StatusWord::SECURITY | StatusWord::BLOCKED) => Err(ChannelError::Blocked { sw }),
        sw => Err(ChannelError::NoSecureChannel { sw }),
    }
}

/// Whether the sequence counter has grown since the last success with this key set.
fn must_grow(recall: &Recall, tried: &Tried) -> Result<(), ChannelError> {
    let last = match recall {
        Recall::Known(before) => before.counter(tried.version, &tried.keys),
        Recall::Unsure => None,
    };
    match (last, tried.counter) {
        (Some(last), Some(now)) if now <= last => Err(ChannelError::CounterNotGrown { last, now }),
        _ => Ok(()),
    }
}

/// The session keys, and whether the challenge is one that the card should have.
fn messaging(
    keys: &Keys,
    start: &Start,
    host: &[u8],
    wish: &Wish,
) -> Result<(Box<dyn Messaging + Send>, Option<bool>), ChannelError> {
    let unsupported = || ChannelError::ProtocolNotSupported(start.protocol);
    let i = u8::try_from(start.protocol.i).map_err(|_| unsupported())?;
    let domain = wish.domain.as_ref();
    Ok(match (start.protocol.scp, i) {
        (1, 0x05 | 0x15) => (Box::new(scp01::Scp01::new(keys, start, host, i)?), None),
        (2, i) if scp02::is_supported(i, keys) => {
            let session = scp02::Scp02::new(keys, start, host, i)?;
            let fits = domain
                .filter(|_| i & 0x40 != 0)
                .map(|aid| scp02::challenge_fits(&session, aid.bytes(), &start.challenge));
            (Box::new(session), fits.transpose()?)
        }
        (3, _) => {
            let fits = domain
                .filter(|_| start.counter.is_some())
                .map(|aid| scp03::challenge_fits(keys, aid.bytes(), start));
            let session = scp03::Scp03::new(keys, start, host, wish.counter)?;
            (Box::new(session), fits.transpose()?)
        }
        _ => return Err(unsupported()),
    })
}

/// EXTERNAL AUTHENTICATE: always with a MAC, never encrypted.
fn authenticate(
    channel: &mut Channel<'_>,
    messaging: &mut dyn Messaging,
    level: Level,
) -> Result<StatusWord, ChannelError> {
    let header = [0x84, 0x82, level.byte(), 0x00];
    let [_, host] = messaging.cryptograms();
    let host = host.to_vec();
    let mac = messaging.mac(header, &host)?;
    let command = Command::new(header).data([host, mac].concat());
    Ok(channel.transmit(&command)?.sw)
}

/// Keeps a failure; the number of tries that are known, and whether it was kept.
fn note_failure(attempts: &mut dyn Attempts, wish: &Wish, tried: &Tried) -> (Option<u32>, bool) {
    let kept = attempts.note_failure(&wish.card, tried).is_ok();
    let tries = match attempts.recall(&wish.card) {
        Recall::Known(after) => Some(after.tries),
        Recall::Unsure => None,
    };
    (tries, kept)
}
