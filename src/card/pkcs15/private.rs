//! What can be read after a PIN alone: private objects, and lists of them (PKCS #15 v1.1, 6.1.8,
//! CommonObjectAttributes).

use super::profile::Profile;
use super::reading::Reading;
use crate::card::CardError;
use crate::card::driver::Progress;
use crate::token::{Access, Application, FactName, PinReference};
use crate::transport::channel::Channel;

/// The most commands for it. Meanwhile no other program gets at the card.
const MAX_COMMANDS: u32 = 512;

/// The PIN of an object that does not say which it is.
const ANY: PinReference = PinReference(0);

/// Whether what a PIN guards is shown with it.
pub(super) fn opens(pin: PinReference, access: Access) -> bool {
    match access {
        Access::Public => true,
        Access::Pin(guardian) => guardian == pin || guardian == ANY,
    }
}

/// Whether there is more to be seen after a PIN.
pub(in crate::card) fn is_more(shown: &Application, pin: PinReference) -> bool {
    let mut facts = shown.facts.iter();
    let mut data = shown.data.iter();
    // What is shown already is read once more: what was there after the last PIN must not vanish.
    shown.shows_private()
        || facts.any(|fact| fact.name == FactName::Locked)
        || data.any(|object| object.waits_for_pin() && opens(pin, object.access))
}

/// Reads it: the lists once more, and what was not read before.
pub(in crate::card) fn read(
    mut reading: Reading,
    profile: &Profile,
    channel: &mut Channel<'_>,
    shown: &Application,
) -> Result<Application, CardError> {
    let mut application = Application::new(shown.kind, &shown.aid);
    let begun = channel.cost().commands;
    while reading.part(profile, channel, &mut application)? != Progress::Whole {
        if channel.cost().commands.saturating_sub(begun) > MAX_COMMANDS {
            return Err(CardError::Malformed("a reading without end"));
        }
    }
    let beside = shown.facts.iter();
    let beside = beside.filter(|fact| fact.name == FactName::OtherApplication);
    application.facts.extend(beside.cloned());
    // A card without a serial number is known again by its first certificate, which is to be one
    // that everybody can read.
    let was_shown = |der: &[u8]| shown.certificates.iter().any(|known| known.der == der);
    let all = &mut application.certificates;
    all.sort_by_key(|certificate| !was_shown(&certificate.der));
    Ok(application)
}
