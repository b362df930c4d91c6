//! Why there is no secure channel, or none any more.

use super::{KeyFamily, Level};
use crate::globalplatform::keys::KeyError;
use crate::iso7816::StatusWord;
use crate::token::SecureChannelProtocol;
use crate::transport::link::LinkError;

/// A secure channel that was not opened, or that is broken.
///
/// Cards count wrong tries without telling, so each variant says what the card has seen: nothing;
/// INITIALIZE UPDATE, which most cards do not count; or EXTERNAL AUTHENTICATE, which all do.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChannelError {
    /// The way to the card is broken; so is the channel.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The keys are of no use. Nothing was sent with them.
    #[error(transparent)]
    Keys(#[from] KeyError),

    /// These keys were wrong on this card before, or only few tries are left. Nothing was sent.
    #[error("{tries} tries failed on this card before")]
    FailedBefore {
        /// Failed tries since the last success.
        tries: u32,
    },
    /// What was kept of earlier tries on this card cannot be read. Nothing was sent.
    #[error("it is not known how many tries failed on this card before")]
    TriesUnknown,
    /// The system has no random numbers, or the same again. Nothing was sent.
    #[error("no fresh random number")]
    NoRandomness,
    /// Neither the keys nor the card have this level of security. Nothing was counted.
    #[error("security level {:02X} is not to be had", level.byte())]
    LevelNotSupported {
        /// The level that was wished.
        level: Level,
    },

    /// The card has no key set of this version. Nothing was counted.
    #[error("no such key set")]
    NoKeySet,
    /// The card does not open channels any more, or not with this key set.
    #[error("authentication is blocked: {sw}")]
    Blocked {
        /// What it said.
        sw: StatusWord,
    },
    /// The card wants a challenge of another length: the one of SCP03 with 16 bytes.
    #[error("the card wants a challenge of another length")]
    ChallengeLength,
    /// What is selected opens no secure channels.
    #[error("no secure channel: {sw}")]
    NoSecureChannel {
        /// What it said to INITIALIZE UPDATE.
        sw: StatusWord,
    },
    /// The answer to INITIALIZE UPDATE does not have the length of its protocol.
    #[error("an answer to INITIALIZE UPDATE of {len} bytes")]
    AnswerLength {
        /// How many bytes came.
        len: usize,
    },
    /// The card wants a protocol, or a variant of one, that is not spoken here.
    #[error("SCP{:02X} i={:02X} is not supported", .0.scp, .0.i)]
    ProtocolNotSupported(SecureChannelProtocol),
    /// The card wants a protocol that is not for these keys: perhaps it is made weaker than it is.
    #[error("SCP{:02X} is not for these keys", found.scp)]
    OtherFamily {
        /// What the card wants.
        found: SecureChannelProtocol,
        /// What the keys are for.
        family: KeyFamily,
    },
    /// The card wants a weaker protocol than it announced.
    #[error("SCP{:02X} i={:02X} is weaker than what the card announced", .0.scp, .0.i)]
    Weaker(SecureChannelProtocol),
    /// The challenge of the card is no random number: it is zero, or an echo.
    #[error("the challenge of the card is not random")]
    ChallengeNotRandom,
    /// The sequence counter did not grow: an old answer was sent again, or the keys were set anew.
    #[error("the sequence counter went from {last} to {now}")]
    CounterNotGrown {
        /// At the last success.
        last: u32,
        /// Now.
        now: u32,
    },
    /// The card does not have these keys: its cryptogram is wrong. EXTERNAL AUTHENTICATE was not
    /// sent, but some cards count INITIALIZE UPDATE.
    #[error("the card has other keys")]
    WrongKeys {
        /// Failed tries since the last success, this one included, as far as they are known.
        tries: Option<u32>,
        /// Whether it could be kept on the disk.
        kept: bool,
    },
    /// The card refused us although it has the key for encryption; it has counted the try.
    #[error("the card refused: {sw}")]
    HostRefused {
        /// What it said.
        sw: StatusWord,
        /// Failed tries since the last success, this one included, as far as they are known.
        tries: Option<u32>,
        /// Whether it could be kept on the disk.
        kept: bool,
    },

    /// The data of a command is longer than this channel takes. Nothing was sent.
    #[error("a command has at most {most} bytes of data here")]
    TooLong {
        /// The most, in bytes.
        most: usize,
    },
    /// The channel was broken before. Nothing was sent.
    #[error("the secure channel is closed")]
    Closed,
    /// An answer is not from the card that the channel was opened to, or was changed on its way.
    /// Whether the command was carried out is unknown.
    #[error("an answer is not authentic")]
    AnswerNotAuthentic,
    /// The card does not take our MACs any more. The command was not carried out.
    #[error("the card closed the secure channel: {sw}")]
    MessagingRefused {
        /// What it said.
        sw: StatusWord,
    },
}
