//! What a card family has to offer.

use std::time::Duration;

use super::{CardError, openpgp, piv};
use crate::base::secret::Secret;
use crate::iso7816::Response;
use crate::token::{Application, ApplicationKind, Fact, PinReference, PinRole, TriesLeft};
use crate::transport::channel::Channel;
use crate::transport::link::{LinkError, PinEntry};

/// An application on a card that was selected and answered.
///
/// A driver reads; whatever is in its way becomes part of the [`Application`] that it fills,
/// unless the way to the card itself broke. PIN commands are single commands of the card,
/// and are called by [`super::guard`] only.
pub trait Driver: Send {
    /// Reads everything that can be read without a PIN. `report` is called when a first
    /// picture of the application is there.
    ///
    /// # Errors
    ///
    /// [`LinkError`] only: card, reader or service are gone, or nobody waits any more.
    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        report: &mut dyn FnMut(&Application),
    ) -> Result<Application, LinkError>;

    /// The fact by which this card is told from others of its kind, read anew: to be sure of
    /// the card before a PIN goes to it. Nothing if the family has no such fact.
    ///
    /// # Errors
    ///
    /// [`CardError`]; no try was spent.
    fn identity(&mut self, channel: &mut Channel<'_>) -> Result<Option<Fact>, CardError>;

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

    /// Checks a PIN.
    ///
    /// # Errors
    ///
    /// [`CardError::WrongPin`] and [`CardError::Blocked`] only for answers that say so.
    fn verify(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        value: &Secret,
    ) -> Result<(), CardError>;

    /// Replaces a PIN.
    ///
    /// # Errors
    ///
    /// As [`Driver::verify`], about the current PIN.
    fn change(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        current: &Secret,
        new: &Secret,
    ) -> Result<(), CardError>;

    /// Gives a PIN a new value with the help of another code.
    ///
    /// # Errors
    ///
    /// As [`Driver::verify`], about the code.
    fn unblock(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        with: PinReference,
        code: &Secret,
        new: &Secret,
    ) -> Result<(), CardError>;

    /// Sets a PIN that is not there yet, or anew, with the right of another PIN.
    ///
    /// # Errors
    ///
    /// As [`Driver::verify`], about that PIN; [`CardError::Unsupported`] where the family has
    /// no such thing.
    fn set(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        with: PinReference,
        code: &Secret,
        new: &Secret,
    ) -> Result<(), CardError>;

    /// How a PIN pad builds the command for a PIN; nothing where it cannot.
    fn entry(&self, pin: PinReference, modify: bool) -> Option<PinEntry>;

    /// What the answer to VERIFY or CHANGE says about a PIN.
    ///
    /// # Errors
    ///
    /// As [`Driver::verify`].
    fn judge(
        &mut self,
        channel: &mut Channel<'_>,
        pin: PinReference,
        answer: &Response,
    ) -> Result<(), CardError>;

    /// What a PIN is for.
    fn role(&self, pin: PinReference) -> PinRole;
}

/// What came of a probe: a driver, nothing, or what was in the way.
pub type Opened = Result<Option<Box<dyn Driver>>, CardError>;

/// How to find out whether a card has an application.
pub struct Probe {
    /// Which.
    pub kind: ApplicationKind,
    /// Selects it. Nothing if the card has none.
    pub open: fn(&mut Channel<'_>) -> Opened,
}

/// All families, in the order in which cards are asked: the cheapest first.
pub const PROBES: [Probe; 2] = [
    Probe {
        kind: ApplicationKind::Piv,
        open: piv::open,
    },
    Probe {
        kind: ApplicationKind::OpenPgp,
        open: openpgp::open,
    },
];

/// How long a PIN pad waits for the next key.
pub const PINPAD_TIMEOUT: Duration = Duration::from_secs(30);
