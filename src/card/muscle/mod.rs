//! The MUSCLE applet ("CardEdge") of Java cards: PINs, key places, and objects, in which OpenSC keeps
//! a PKCS #15 application. Facts: sheet "muscle".

mod applet;
pub mod commands;
pub mod compute;
mod pins;
mod reading;
mod resumed;
mod status;
mod store;
pub(super) mod tasks;
pub mod write;

pub use applet::{KeyKind, KeyPlace, ObjectRecord, State, Status};
pub use commands::{NewIdentity, ObjectId, Rules, SetUp};
pub use status::MuscleError;

use super::driver::{Driver, KeyWork, Progress};
use super::guard::{Deed, Step};
use super::pkcs15::{files, private, profile, reading::Reading};
use super::{CardError, iso};
use crate::base::secret::Secret;
use crate::iso7816::Response;
use crate::iso7816::atr::Atr;
use crate::token::{
    Application, ApplicationKind, Fact, KeyRef, PinReference, PinRole, TriesLeft, Usable,
};
use crate::transport::channel::Channel;
use crate::transport::link::PinEntry;

/// The identifier of the applet (sheet "muscle", 1).
pub(super) const AID: [u8; 6] = [0xA0, 0x00, 0x00, 0x00, 0x01, 0x01];

/// The same of older builds.
const OLD_AID: [u8; 7] = [0xA0, 0x00, 0x00, 0x03, 0x23, 0x01, 0x01];

/// Cards that take extended length and do not say so: eToken 72K Java, JCOP31 with contacts and
/// without (sheet "muscle", 1).
const EXTENDED: [&[u8]; 3] = [
    &[
        0x3B, 0xD5, 0x18, 0x00, 0x81, 0x31, 0x3A, 0x7D, 0x80, 0x73, 0xC8, 0x21, 0x10, 0x30,
    ],
    &[
        0x3B, 0xF8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x76, 0x32,
        0x34, 0x31, 0xB7,
    ],
    &[
        0x3B, 0x88, 0x80, 0x01, 0x4A, 0x43, 0x4F, 0x50, 0x76, 0x32, 0x34, 0x31, 0x5E,
    ],
];

/// A MUSCLE applet that is selected.
struct Muscle {
    aid: &'static [u8],
    state: State,
    reading: reading::AppletReading,
}

/// Selects the applet.
pub(super) fn open(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    open_as(&AID, channel)
}

/// Selects an applet of an older build.
pub(super) fn search(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    open_as(&OLD_AID, channel)
}

fn open_as(
    aid: &'static [u8],
    channel: &mut Channel<'_>,
) -> Result<Option<Box<dyn Driver>>, CardError> {
    // CardOS takes no applets.
    if profile::system(channel.atr()).is_some() {
        return Ok(None);
    }
    let Some(state) = select(aid, channel)? else {
        return Ok(None);
    };
    Ok(Some(Box::new(Muscle {
        aid,
        state,
        reading: reading::AppletReading::default(),
    })))
}

/// Selects the applet and asks it for its state, since "done" to SELECT proves nothing. Takes back
/// what PINs gave.
fn select(aid: &[u8], channel: &mut Channel<'_>) -> Result<Option<State>, CardError> {
    if iso::select(channel, aid)?.is_none() {
        return Ok(None);
    }
    let announced =
        Atr::parse(channel.atr()).is_some_and(|atr| iso::announces_extended(atr.historical));
    let known = EXTENDED.contains(&channel.atr());
    channel.allow_extended(announced || known);
    applet::state(channel)
}

/// The applet, if it is there; it is selected then, and nothing is verified.
///
/// # Errors
///
/// [`CardError::NotFound`] if the card has none.
pub fn find(channel: &mut Channel<'_>) -> Result<State, CardError> {
    for aid in [&AID[..], &OLD_AID] {
        if let Some(state) = select(aid, channel)? {
            return Ok(state);
        }
    }
    Err(CardError::NotFound {
        what: "the MUSCLE applet",
    })
}

/// The PIN that applets are compiled with (sheet "muscle", 3).
const TRANSPORT_PIN: &[u8] = b"Muscle00";

/// Whether everybody knows it, so that it is not taken as a new PIN or PUK: the zeros of the guides, and
/// the PIN that applets are compiled with (sheet "muscle", 3).
#[must_use]
pub fn is_known(pin: &Secret) -> bool {
    let pin = pin.expose();
    let is_zeros = !pin.is_empty() && pin.iter().all(|&digit| digit == b'0');
    is_zeros || pin == TRANSPORT_PIN
}

impl Driver for Muscle {
    fn select(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        let Some(state) = select(self.aid, channel)? else {
            return Ok(false);
        };
        self.state = state;
        Ok(true)
    }

    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        application.aid = self.aid.to_vec();
        self.reading.part(&self.state, channel, application)
    }

    fn is_of(
        &mut self,
        channel: &mut Channel<'_>,
        kind: ApplicationKind,
    ) -> Result<bool, CardError> {
        let holds_lists = match self.state {
            State::Blank => false,
            State::Ready(_) => {
                (store::SOURCE.list)(channel, &files::in_home(files::ODF))?.is_some()
            }
        };
        Ok(holds_lists == (kind == ApplicationKind::Pkcs15))
    }

    fn identity(&mut self, channel: &mut Channel<'_>) -> Result<Option<Fact>, CardError> {
        if self.state == State::Blank {
            return Ok(None);
        }
        let info = (store::SOURCE.object)(channel, &files::in_home(files::TOKEN_INFO))?;
        Ok(info.as_deref().and_then(reading::serial))
    }

    fn certificate(
        &mut self,
        channel: &mut Channel<'_>,
        slot: KeyRef,
    ) -> Result<Option<Vec<u8>>, CardError> {
        let profile = profile::of(&[]);
        let found = self.reading.lists.certificate(profile, channel, slot)?;
        let whole = |der: Vec<u8>| super::pkcs15::reading::whole(&der).to_vec();
        Ok(found.map(whole))
    }

    fn private(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
    ) -> Result<Option<Application>, CardError> {
        if shown.kind != ApplicationKind::Pkcs15 || !private::is_more(shown, pin) {
            return Ok(None);
        }
        let lists = Reading::after(pin, shown, store::SOURCE);
        let mut opened = private::read(lists, profile::of(&[]), channel, shown)?;
        reading::finish(&self.state, &mut opened);
        Ok(Some(opened))
    }

    fn tries_left(
        &mut self,
        _channel: &mut Channel<'_>,
        _pin: PinReference,
    ) -> Result<TriesLeft, CardError> {
        // No command tells it.
        Ok(TriesLeft::Unknown)
    }

    fn take_back(
        &mut self,
        channel: &mut Channel<'_>,
        _pin: PinReference,
    ) -> Result<bool, CardError> {
        // LogoutAll has an instruction byte that T=0 does not allow; SELECT does the same.
        Ok(match select(self.aid, channel)? {
            Some(State::Ready(status)) => status.identities == 0,
            Some(State::Blank) | None => false,
        })
    }

    fn prepare(
        &mut self,
        _channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
        deed: &Deed<'_>,
    ) -> Result<Vec<Step>, CardError> {
        if self.state == State::Blank {
            return Err(MuscleError::NotSetUp.into());
        }
        let known = shown.pins.iter().find(|known| known.reference == pin);
        let known = known.ok_or(CardError::NotFound { what: "this PIN" })?;
        pins::step(known, deed).map(|step| vec![step])
    }

    fn entry(
        &mut self,
        _channel: &mut Channel<'_>,
        _shown: &Application,
        _pin: PinReference,
        _modify: bool,
    ) -> Result<Option<PinEntry>, CardError> {
        Ok(None)
    }

    fn use_key(
        &mut self,
        channel: &mut Channel<'_>,
        key: &Usable<'_>,
        work: &KeyWork,
    ) -> Result<Secret, CardError> {
        const OTHER: CardError = CardError::Unsupported("keys in this place");
        let slot = compute::slot(key.number).ok_or(OTHER)?;
        match work {
            KeyWork::Sign(info) => {
                let block = info.block(key.len);
                let block = block.ok_or(CardError::Unsupported("so long a digest"))?;
                compute::sign(channel, slot, &block).map(|signature| Secret::new(&signature))
            }
            KeyWork::Decrypt(cryptogram) => compute::decrypt(channel, slot, cryptogram),
        }
    }

    fn judge(
        &self,
        role: PinRole,
        operation: &'static str,
        answer: &Response,
    ) -> Result<(), CardError> {
        status::judge(role, operation, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, is_known};

    #[test]
    fn what_stands_in_every_guide_is_known() {
        for known in [&b"00000000"[..], b"0000", b"Muscle00"] {
            assert!(is_known(&Secret::new(known)), "{known:?}");
        }
        for other in [&b""[..], b"00000001", b"muscle00", b"Muscle001"] {
            assert!(!is_known(&Secret::new(other)), "{other:?}");
        }
    }
}
