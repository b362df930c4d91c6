//! What the status words of the applet mean (sheet "muscle", 9).

use super::applet::KeyPlace;
use super::commands::ObjectId;
use crate::base::hex::Hex;
use crate::card::{CardError, iso};
use crate::iso7816::{Response, StatusWord};
use crate::token::{PinRole, TriesLeft};

/// No room for the object.
pub(super) const NO_MEMORY: StatusWord = StatusWord(0x9C01);
/// PIN, PUK or cryptogram wrong.
pub(super) const AUTH_FAILED: StatusWord = iso::MUSCLE_WRONG_PIN;
/// Not in this state: which, the command tells.
pub(super) const NOT_ALLOWED: StatusWord = StatusWord(0x9C03);
/// Not set up yet, or not compiled in.
pub(super) const UNSUPPORTED: StatusWord = iso::MUSCLE_UNSUPPORTED;
/// A PIN is missing.
pub(super) const UNAUTHORIZED: StatusWord = iso::MUSCLE_UNAUTHORIZED;
/// No such object, where deleting says it.
pub(super) const NO_OBJECT: StatusWord = StatusWord(0x9C07);
/// There is such an object.
pub(super) const EXISTS: StatusWord = StatusWord(0x9C08);
/// The PIN was blocked before.
pub(super) const BLOCKED: StatusWord = StatusWord(0x9C0C);
/// A length or an offset; no such object, where reading and writing say it.
pub(super) const INVALID: StatusWord = StatusWord(0x9C0F);
/// No such slot or PIN; no key in the slot.
pub(super) const BAD_P1: StatusWord = StatusWord(0x9C10);
/// No more entries.
pub(super) const SEQUENCE_END: StatusWord = StatusWord(0x9C12);

/// What the applet has to say that no other family has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MuscleError {
    /// Nobody has set the applet up yet: it takes no other command.
    #[error("the applet is not set up yet")]
    NotSetUp,
    /// It was set up before; only its deletion takes that back.
    #[error("the applet is set up already")]
    SetUpAlready,
    /// The first set-up was refused for one of its PINs or PUKs; nobody says which. The PIN of the
    /// security officer may be in the place of the transport PIN now.
    #[error("the applet does not take these PINs")]
    PinsRefused,
    /// No room for an object.
    #[error("no memory left for objects")]
    Full,
    /// A PIN that is not blocked was to be unblocked. Nothing was lost: the PUK was not looked at.
    #[error("the PIN is not blocked")]
    NotBlocked,
    /// The PUK gives the tries back; the PIN stays what it was, so there is no new one by its PUK.
    /// Nothing was sent.
    #[error("the PUK sets no new PIN")]
    PinStays,
    /// The key place was used with another padding before, and keeps that until the applet is
    /// installed anew.
    #[error("key place {slot} was used with another padding before")]
    OtherPadding {
        /// The place, 0 to 7.
        slot: u8,
    },
    /// No key is in the place.
    #[error("no key in place {slot}")]
    NoKey {
        /// The place, 0 to 7.
        slot: u8,
    },
    /// A PIN is missing that the rules of a key or an object ask for.
    #[error("the PIN was not given")]
    Unauthorized,
    /// No pair of places takes a key of this size: each is empty in half, or is for ever of another
    /// size or kind.
    #[error("no key place for {bits} bits")]
    NoPlace {
        /// Bits that were asked for.
        bits: u16,
        /// All places that are used up.
        places: Vec<KeyPlace>,
    },
    /// The pair of places is for ever of another size or kind. Nothing was changed.
    #[error("key places {private} and {public} are of another size")]
    FixedPlace {
        /// The private place, 0 to 7.
        private: u8,
        /// The public place, 0 to 7.
        public: u8,
    },
    /// The card makes no keys of this size.
    #[error("no keys of {bits} bits")]
    KeySize {
        /// What was asked for.
        bits: u16,
    },
    /// What the card gave as its new key is none, or does not do what it is for.
    #[error("the card's new key does not work")]
    BadKey,
    /// The private key could be read out by whoever asks: the applet did not take the rules. It was
    /// overwritten with a throw-away key.
    #[error("the key in place {slot} could be exported")]
    Unguarded {
        /// The place, 0 to 7.
        slot: u8,
    },
    /// The private key can be read out by whoever asks, and could not be overwritten.
    #[error("the key in place {slot} can be exported, and was not overwritten: {why}")]
    Exposed {
        /// The place, 0 to 7.
        slot: u8,
        /// What was in the way of overwriting it.
        why: Box<CardError>,
    },
    /// The card refused to put a throw-away key over one that is deleted: that stays in its place.
    #[error("the key in place {slot} was not overwritten: {sw}")]
    KeyStays {
        /// The place, 0 to 7.
        slot: u8,
        /// What the card answered.
        sw: StatusWord,
    },
    /// The rules of an object do not let the holder delete it, or a key in the list that it is. Nothing
    /// was changed.
    #[error("the holder may not delete object {}, or what it names", Hex(id.0.to_vec()))]
    Undeletable {
        /// The object.
        id: ObjectId,
    },
    /// There is no PKCS #15 application in the objects.
    #[error("no PKCS #15 application in the objects")]
    NotPersonalised,
    /// There is such an object or entry already, and it is another one.
    #[error("in use")]
    InUse,
    /// What the list of objects or of keys brought is no list, or has no end.
    #[error("list cut short")]
    Endless,
}

/// Whether a command was done; else what its refusal means for any command.
pub(super) fn done(operation: &'static str, answer: Response) -> Result<Vec<u8>, CardError> {
    match answer.sw {
        StatusWord::OK => Ok(answer.data),
        sw => Err(refusal(operation, sw)),
    }
}

/// What a status word means where the command adds nothing to it.
pub(super) fn refusal(operation: &'static str, sw: StatusWord) -> CardError {
    match sw {
        NO_MEMORY => MuscleError::Full.into(),
        UNAUTHORIZED => MuscleError::Unauthorized.into(),
        NO_OBJECT => CardError::NotFound { what: "the object" },
        EXISTS => MuscleError::InUse.into(),
        sw => CardError::Status { operation, sw },
    }
}

/// What VerifyPIN, ChangePIN and UnblockPIN say.
pub(super) fn judge(
    role: PinRole,
    operation: &'static str,
    answer: &Response,
) -> Result<(), CardError> {
    match answer.sw {
        StatusWord::OK => Ok(()),
        AUTH_FAILED => Err(CardError::WrongPin {
            role,
            // No command tells it.
            left: TriesLeft::Unknown,
        }),
        BLOCKED => Err(CardError::Blocked { role }),
        NOT_ALLOWED if operation == UNBLOCK => Err(MuscleError::NotBlocked.into()),
        UNSUPPORTED => Err(MuscleError::NotSetUp.into()),
        BAD_P1 => Err(CardError::NotFound { what: "this PIN" }),
        sw => Err(CardError::Status { operation, sw }),
    }
}

/// The name of UnblockPIN.
pub(super) const UNBLOCK: &str = "UnblockPIN";
