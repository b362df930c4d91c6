//! PKCS #15: files that tell which PINs, keys, certificates and data a card has (PKCS #15 v1.1;
//! ISO/IEC 7816-15). Facts: sheet "iso7816-pkcs15", 5, 6 and 11.

pub(in crate::card) mod bits;
pub(in crate::card) mod directory;
mod ef_dir;
mod elsewhere;
pub(in crate::card) mod encode;
pub(in crate::card) mod files;
pub(in crate::card) mod objects;
pub(in crate::card) mod pins;
pub(in crate::card) mod private;
pub(in crate::card) mod profile;
mod public_keys;
pub(in crate::card) mod reading;
mod space;
pub(in crate::card) mod token_info;

use super::CardError;
use super::driver::{Another, Driver, Progress};
use super::guard::{Deed, Step};
use super::iso::{self, Verdict};
use crate::iso7816::Response;
use crate::token::{
    Application, ApplicationKind, Fact, FactName, FactValue, Further, KeyRef, PinReference,
    PinRole, TriesLeft,
};
use crate::transport::channel::Channel;
use crate::transport::link::PinEntry;
use elsewhere::Elsewhere;
use profile::Profile;
pub(super) use profile::{model, system, version};

/// Registered provider and "PKCS-15" (PKCS #15 v1.1, 5.4).
pub(super) const AID: [u8; 12] = [
    0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35,
];

/// A PKCS #15 application that is selected.
struct Pkcs15 {
    profile: &'static Profile,
    /// Where the application is, if it was looked for.
    elsewhere: Option<Elsewhere>,
    /// The directory of the PIN that is about to be sent, if it is not that of the application.
    home: Option<Vec<u8>>,
    reading: reading::Reading,
}

/// Selects the application.
pub(super) fn open(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    let mut pkcs15 = Pkcs15 {
        profile: profile::of(channel.atr()),
        elsewhere: None,
        home: None,
        reading: reading::Reading::default(),
    };
    let found = pkcs15.select(channel)?;
    // A card that tells nothing of what it selected may have selected nothing.
    let found = found && (!pkcs15.reading.is_untold() || iso::knows_files(channel)?);
    Ok(found.then(|| Box::new(pkcs15) as Box<dyn Driver>))
}

/// Looks for the application where it usually is not. What is in the way is none.
pub(super) fn search(channel: &mut Channel<'_>) -> Result<Option<Box<dyn Driver>>, CardError> {
    let found = match elsewhere::find(channel) {
        Err(CardError::Link(error)) if !error.is_bad_answer() => return Err(error.into()),
        found => found.ok().flatten(),
    };
    let Some(found) = found else { return Ok(None) };
    if !found.select(channel)? {
        return Ok(None);
    }
    Ok(Some(Box::new(Pkcs15 {
        profile: profile::of(channel.atr()),
        reading: reading::Reading::elsewhere(&found),
        elsewhere: Some(found),
        home: None,
    })))
}

impl Pkcs15 {
    /// Whether an application as it was shown is in the directory of this one. Another beside it
    /// may have the same serial number and the same numbers of PINs.
    fn is_where(&self, shown: &Application) -> bool {
        let told = path_of(&shown.facts).unwrap_or(&files::HOME);
        told == elsewhere::home(self.elsewhere.as_ref())
    }

    /// One beside the first.
    fn beside(&self, named: ef_dir::Named, kind: ApplicationKind) -> Another {
        let aid = named.aid.clone();
        let place = Elsewhere::beside(named);
        let driver = Self {
            profile: self.profile,
            reading: reading::Reading::elsewhere(&place),
            elsewhere: Some(place),
            home: None,
        };
        Another {
            kind,
            aid,
            driver: Box::new(driver),
        }
    }
}

/// Goes to a directory, from where the PIN that is sent next is looked for.
fn select_home(channel: &mut Channel<'_>, home: &[u8]) -> Result<(), CardError> {
    let answer = channel.transmit(&files::selection(home))?;
    if answer.sw.is_ok() {
        return Ok(());
    }
    Err(CardError::Status {
        operation: "SELECT",
        sw: answer.sw,
    })
}

/// Where something is, by what is told of it.
fn path_of(facts: &[Fact]) -> Option<&[u8]> {
    facts.iter().find_map(|fact| match &fact.value {
        FactValue::Bytes(path) if fact.name == FactName::Path => Some(path.as_slice()),
        _ => None,
    })
}

impl Driver for Pkcs15 {
    fn select(&mut self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        if let Some(elsewhere) = &self.elsewhere {
            return elsewhere.select(channel);
        }
        if let Some(answer) = iso::select(channel, &AID)? {
            self.reading.found(answer.data);
            return Ok(true);
        }
        if !self.profile.by_path {
            return Ok(false);
        }
        let answer = channel.transmit(&files::selection(&files::HOME))?;
        if !answer.sw.is_ok() {
            channel.count_as_absent();
            return Ok(false);
        }
        self.reading.found(answer.data);
        Ok(true)
    }

    fn read(
        &mut self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        self.reading.part(self.profile, channel, application)
    }

    fn further(
        &mut self,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Vec<Another>, CardError> {
        let first = self.elsewhere.as_ref();
        if first.is_some_and(Elsewhere::is_further) {
            return Ok(Vec::new());
        }
        let listed = match self.reading.take_beside() {
            Some(listed) => listed,
            None => elsewhere::beside(first, channel)?,
        };
        let unread = listed.unread.into_iter();
        let unread = unread.map(|name| Fact::text(FactName::OtherApplication, name));
        application.facts.extend(unread);
        let mut found = Vec::new();
        // The number is the place in the list, whether all of them are there or not.
        for (named, number) in listed.ours.into_iter().zip(Further::ALL) {
            if elsewhere::is_home(&named.home, channel)? {
                found.push(self.beside(named, ApplicationKind::FurtherPkcs15(number)));
            }
        }
        Ok(found)
    }

    fn identity(&mut self, channel: &mut Channel<'_>) -> Result<Option<Fact>, CardError> {
        let info = elsewhere::at_home(self.elsewhere.as_ref(), files::TOKEN_INFO);
        let info = files::read(channel, &info)?;
        // This has selected the directory of the application; a PIN is looked for from its own.
        if let Some(home) = &self.home {
            select_home(channel, home)?;
        }
        Ok(info.as_deref().and_then(token_info::serial))
    }

    fn certificate(
        &mut self,
        channel: &mut Channel<'_>,
        slot: KeyRef,
    ) -> Result<Option<Vec<u8>>, CardError> {
        let found = self.reading.certificate(self.profile, channel, slot)?;
        // It may be in another directory; a PIN is looked for from that of the application.
        let home = match &self.home {
            Some(home) => home.as_slice(),
            None => elsewhere::home(self.elsewhere.as_ref()),
        };
        select_home(channel, home)?;
        Ok(found)
    }

    fn private(
        &mut self,
        channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
    ) -> Result<Option<Application>, CardError> {
        if !private::is_more(shown, pin) {
            return Ok(None);
        }
        let reading = reading::Reading::after(pin, shown, files::Source::default());
        let reading = reading.at(self.elsewhere.as_ref());
        private::read(reading, self.profile, channel, shown).map(Some)
    }

    fn tries_left(
        &mut self,
        _channel: &mut Channel<'_>,
        _pin: PinReference,
    ) -> Result<TriesLeft, CardError> {
        // An empty VERIFY costs a try on old cards, CardOS M4 among them: nobody is asked.
        Ok(TriesLeft::Unknown)
    }

    fn take_back(
        &mut self,
        _channel: &mut Channel<'_>,
        _pin: PinReference,
    ) -> Result<bool, CardError> {
        // The same question would tell whether it was taken back.
        Ok(false)
    }

    fn prepare(
        &mut self,
        _channel: &mut Channel<'_>,
        shown: &Application,
        pin: PinReference,
        deed: &Deed<'_>,
    ) -> Result<Vec<Step>, CardError> {
        let known = shown.pins.iter().find(|known| known.reference == pin);
        let known = known.ok_or(CardError::NotFound { what: "this PIN" })?;
        if !self.is_where(shown) {
            return Err(CardError::OtherCard);
        }
        let place = self.elsewhere.as_ref();
        let home = pins::directory(known).and_then(|path| elsewhere::resolve(place, path));
        self.home = home.filter(|home| home != elsewhere::home(place));
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

    fn judge(
        &self,
        role: PinRole,
        operation: &'static str,
        answer: &Response,
    ) -> Result<(), CardError> {
        Verdict::of(answer.sw).judge(role, operation)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests;
