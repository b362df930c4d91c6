//! What a card family has to offer.

use std::time::Duration;

use super::guard::{Deed, Step};
use super::{CardError, muscle, openpgp, piv, pkcs15};
use crate::base::secret::Secret;
use crate::iso7816::Response;
use crate::pki::pkcs1::DigestInfo;
use crate::token::{
    Application, ApplicationKind, Fact, KeyRef, KeyUse, PinReference, PinRole, TriesLeft, Usable,
};
use crate::transport::channel::Channel;
use crate::transport::link::PinEntry;

/// An application on a card that was selected and answered.
///
/// A driver reads in parts, so that other programs get at the card in between. PINs are sent by
/// [`super::guard`] only; a driver says with which commands.
pub trait Driver: Send {
    /// Selects the application again, after other programs may have used the card. What was
    /// read so far is kept. Tells whether the card still has it.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    fn select(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError>;

    /// Reads the next part of what can be read without a PIN into `application`: a few
    /// commands, since nobody else gets at the card meanwhile.
    ///
    /// # Errors
    ///
    /// [`CardError`]; `application` holds what was read before.
    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError>;

    /// Whether this is an application of `kind`, which is one that the probe names: the MUSCLE
    /// applet may hold a PKCS #15 application or not.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    fn is_of(
        &mut self,
        _channel: &mut Channel<'_>,
        _kind: ApplicationKind,
    ) -> Result<bool, CardError> {
        Ok(true)
    }

    /// Other applications of this kind on the card, looked for where the card lists them. What
    /// the list says of those that cannot be read becomes part of `application`.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    fn further(
        &mut self,
        _channel: &mut Channel<'_>,
        _application: &mut Application,
    ) -> Result<Vec<Another>, CardError> {
        Ok(Vec::new())
    }

    /// The fact by which this card is told from others of its kind, read anew: to be sure of
    /// the card before a PIN goes to it. Nothing if the family has no such fact.
    ///
    /// # Errors
    ///
    /// [`CardError`]; no try was spent.
    fn identity(&mut self, channel: &mut Channel<'_>) -> Result<Option<Fact>, CardError>;

    /// The certificate in a slot, read anew: to tell a card from others that has nothing
    /// else for that. Nothing if it is not there, or if the family has better.
    ///
    /// # Errors
    ///
    /// [`CardError`]; no try was spent.
    fn certificate(
        &mut self,
        _channel: &mut Channel<'_>,
        _slot: KeyRef,
    ) -> Result<Option<Vec<u8>>, CardError> {
        Ok(None)
    }

    /// The application once more, with what can be read after a PIN alone. That PIN was right just
    /// now, and the card still knows it. Nothing if no more is to be seen than was shown.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    fn private(
        &mut self,
        _channel: &mut Channel<'_>,
        _shown: &Application,
        _pin: PinReference,
    ) -> Result<Option<Application>, CardError> {
        Ok(None)
    }

    /// The counter of a PIN, where the card tells it without spending a try.
    ///
    /// # Errors
    ///
    /// [`CardError`]; no try was spent.
    fn tries_left(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
    ) -> Result<TriesLeft, CardError>;

    /// Takes back what a PIN gave, and asks the card whether that is so. If not, or if it does not
    /// tell, only a reset helps.
    ///
    /// # Errors
    ///
    /// [`CardError`]; no try was spent.
    fn take_back(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
    ) -> Result<bool, CardError>;

    /// The commands that do `deed` to a PIN of the application as it was shown, each with a
    /// PIN in it, in their order. Asks what it needs for that and sends none of them.
    ///
    /// # Errors
    ///
    /// [`CardError::Unsupported`] where the family has no such thing, or another
    /// [`CardError`]; no try was spent.
    fn prepare(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
        deed: &Deed<'_>,
    ) -> Result<Vec<Step>, CardError>;

    /// How a PIN pad builds the command for a PIN; nothing where it cannot.
    ///
    /// # Errors
    ///
    /// As [`Driver::prepare`].
    fn entry(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
        modify: bool,
    ) -> Result<Option<PinEntry>, CardError>;

    /// Uses a private key. The PIN that guards it was right just now, and the card still knows it.
    ///
    /// # Errors
    ///
    /// [`CardError::NotDecrypted`], [`CardError::Unsupported`] where the family has no such thing, or
    /// another [`CardError`].
    fn use_key(
        &mut self,
        _channel: &mut Channel<'_>,
        _key: &Usable<'_>,
        _work: &KeyWork,
    ) -> Result<Secret, CardError> {
        Err(CardError::Unsupported("the use of keys"))
    }

    /// What an answer to a command with a PIN says about that PIN.
    ///
    /// # Errors
    ///
    /// [`CardError::WrongPin`] and [`CardError::Blocked`] only for answers that say so;
    /// without the tries left if only the counter can tell whether it was that.
    fn judge(
        &self,
        role: PinRole,
        operation: &'static str,
        answer: &Response,
    ) -> Result<(), CardError>;
}

/// What a private key is given to do.
#[derive(Debug)]
pub enum KeyWork {
    /// Sign this digest (RFC 8017, 8.2).
    Sign(DigestInfo),
    /// Open this cryptogram, which is as long as the modulus, and take the padding off (RFC 8017, 7.2).
    Decrypt(Vec<u8>),
}

impl KeyWork {
    /// What of a key it needs.
    #[must_use]
    pub fn way(&self) -> KeyUse {
        match self {
            Self::Sign(_) => KeyUse::Sign,
            Self::Decrypt(_) => KeyUse::Decrypt,
        }
    }

    /// Whether a key with a modulus of so many bytes can do it.
    #[must_use]
    pub fn fits(&self, len: usize) -> bool {
        match self {
            Self::Sign(info) => info.block(len).is_some(),
            Self::Decrypt(cryptogram) => cryptogram.len() == len,
        }
    }
}

/// One more application of a kind. It is not selected.
pub struct Another {
    /// Which.
    pub kind: ApplicationKind,
    /// Its identifier, as the card lists it.
    pub aid: Vec<u8>,
    /// For it.
    pub driver: Box<dyn Driver>,
}

/// How far a reading is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// There is more to read.
    More,
    /// There is more to read, and a first picture that is worth a look.
    Picture,
    /// Everything was read.
    Whole,
    /// It is no such application after all: what answered takes any SELECT.
    Absent,
}

/// What came of a probe: a driver, nothing, or what was in the way.
pub type Opened = Result<Option<Box<dyn Driver>>, CardError>;

/// How to find out whether a card has an application.
pub struct Probe {
    /// Which. Some become another kind once they are read.
    pub kind: ApplicationKind,
    /// Which else it may turn out to be.
    pub others: &'static [ApplicationKind],
    /// Its identifier, as far as all cards of the family have the same.
    pub aid: &'static [u8],
    /// Selects it. Nothing if the card has none.
    pub open: fn(&mut Channel<'_>) -> Opened,
    /// Looks for it in other places, with more commands, on a card on which nothing was found.
    pub search: Option<fn(&mut Channel<'_>) -> Opened>,
}

/// All families, in the order in which cards are asked: the cheapest first.
pub const PROBES: [Probe; 4] = [
    Probe {
        kind: ApplicationKind::Piv,
        others: &[],
        aid: &piv::AID,
        open: piv::open,
        search: None,
    },
    Probe {
        kind: ApplicationKind::OpenPgp,
        others: &[],
        aid: &openpgp::AID,
        open: openpgp::open,
        search: None,
    },
    Probe {
        kind: ApplicationKind::Pkcs15,
        others: &[],
        aid: &pkcs15::AID,
        open: pkcs15::open,
        search: Some(pkcs15::search),
    },
    Probe {
        kind: ApplicationKind::Muscle,
        others: &[ApplicationKind::Pkcs15],
        aid: &muscle::AID,
        open: muscle::open,
        search: Some(muscle::search),
    },
];

/// How long a PIN pad waits for the next key.
pub const PINPAD_TIMEOUT: Duration = Duration::from_secs(30);
