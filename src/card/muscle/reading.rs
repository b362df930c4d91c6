//! Reading the applet, part by part: the PKCS #15 application in its objects, else what it tells
//! itself.

use super::applet::{self, KeyKind, KeyPlace, State};
use super::{pins, store};
use crate::card::driver::Progress;
use crate::card::pkcs15::reading::Reading;
use crate::card::pkcs15::{profile, token_info};
use crate::card::{CardError, iso};
use crate::token::{
    Algorithm, Application, ApplicationKind, Evidence, Fact, FactName, FactValue, Flag, Key,
    KeyRef, PublicKeyObject, Purpose, Text,
};
use crate::transport::channel::Channel;

/// How far the reading is.
pub(super) struct AppletReading {
    next: Part,
    /// The lists in the objects.
    pub(super) lists: Reading,
}

impl Default for AppletReading {
    fn default() -> Self {
        Self {
            next: Part::Info,
            lists: Reading::from(store::SOURCE),
        }
    }
}

/// A few commands that belong together.
#[derive(Clone, Copy)]
enum Part {
    /// What the token says of itself, if there is a PKCS #15 application.
    Info,
    /// What EF.DIR names besides: nothing, here.
    Beside,
    /// Its directory: without that, there is no such application.
    Directory,
    /// Its lists, and what they name.
    Lists,
    /// No such application: the PINs of the applet.
    Pins,
    /// Its key places.
    Keys,
}

impl AppletReading {
    /// Reads the next part of the applet that is in `state`.
    pub(super) fn part(
        &mut self,
        state: &State,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        if *state == State::Blank {
            finish(state, application);
            return Ok(Progress::Whole);
        }
        self.next = match self.next {
            Part::Info => {
                self.lists.part(profile::of(&[]), channel, application)?;
                // Who says what the token is has personalised it.
                if !application.facts.is_empty() {
                    application.kind = ApplicationKind::Pkcs15;
                }
                finish(state, application);
                Part::Beside
            }
            Part::Beside => {
                self.lists.part(profile::of(&[]), channel, application)?;
                Part::Directory
            }
            Part::Directory => match self.lists.part(profile::of(&[]), channel, application) {
                Ok(_) => {
                    application.kind = ApplicationKind::Pkcs15;
                    Part::Lists
                }
                Err(CardError::NotFound { .. }) if application.kind == ApplicationKind::Muscle => {
                    Part::Pins
                }
                Err(error) => return Err(error),
            },
            Part::Lists => {
                let progress = self.lists.part(profile::of(&[]), channel, application)?;
                pins::add_puks(application);
                return Ok(progress);
            }
            Part::Pins => {
                let numbers = applet::pins(channel);
                let numbers = iso::noted(application, "ListPINs", numbers)?;
                application.pins = pins::of(&numbers);
                pins::add_puks(application);
                Part::Keys
            }
            Part::Keys => {
                let listed = iso::noted(application, "ListKeys", applet::keys(channel))?;
                if listed.cut_short {
                    application.mark("ListKeys: list cut short");
                }
                take_places(&listed.all, application);
                return Ok(Progress::Whole);
            }
        };
        Ok(Progress::More)
    }
}

/// What the applet says of itself, beside what is in its objects.
pub(super) fn finish(state: &State, application: &mut Application) {
    application.facts.retain(|fact| !says_nothing(fact));
    let name = ApplicationKind::Muscle.name();
    application
        .facts
        .push(Fact::text(FactName::KeptBy, Text::from(name)));
    match state {
        State::Blank => application.facts.push(Fact::flag(FactName::SetUp, false)),
        State::Ready(status) => {
            let version = |[major, minor]: [u8; 2]| Text::from(format!("{major}.{minor}"));
            if application.kind == ApplicationKind::Muscle {
                application.version = Some(version(status.applet));
            }
            application.facts.extend([
                Fact::text(FactName::AppletVersion, version(status.applet)),
                Fact::text(FactName::ProtocolVersion, version(status.protocol)),
                Fact::number(FactName::MemoryTotal, status.total.into()),
                Fact::number(FactName::MemoryFree, status.free.into()),
            ]);
        }
    }
    pins::add_puks(application);
}

/// A serial number of zeros alone, which OpenSC gives all tokens of this kind (sheet "muscle", 10).
fn says_nothing(fact: &Fact) -> bool {
    match &fact.value {
        FactValue::Text(serial) if fact.name == FactName::Serial => {
            serial.as_str().bytes().all(|digit| digit == b'0')
        }
        _ => false,
    }
}

/// The serial number of a token, if it tells it from others.
pub(super) fn serial(info: &[u8]) -> Option<Fact> {
    token_info::serial(info).filter(|fact| !says_nothing(fact))
}

/// Key places as keys. OpenSC takes them in pairs: an even one for the private half, the next one
/// for the public half.
fn take_places(places: &[KeyPlace], application: &mut Application) {
    for place in places {
        let mut facts = vec![
            Fact::number(FactName::KeyReference, place.slot.into()),
            Fact::hex(FactName::KeyRules, &place.rules.to_bytes()),
        ];
        let rsa = Algorithm::Rsa {
            bits: place.bits.into(),
        };
        if place.kind.is_public() {
            facts.push(Fact::number(FactName::ModulusLength, place.bits.into()));
            application.public_keys.push(PublicKeyObject {
                reference: KeyRef(place.slot & !1),
                label: None,
                public_key: None,
                facts,
            });
            continue;
        }
        // Whoever shows these PINs, if any, can read the key out (sheet "muscle", 6).
        let [read, ..] = place.rules.0;
        facts.push(Fact {
            name: FactName::AccessFlags,
            value: FactValue::Flags(vec![if read == u16::MAX {
                Flag::Sensitive
            } else {
                Flag::Extractable
            }]),
        });
        application.keys.push(Key {
            reference: KeyRef(place.slot),
            purpose: Purpose::General,
            algorithm: Some(match place.kind {
                KeyKind::RsaPrivate | KeyKind::RsaPrivateCrt => rsa,
                other => Algorithm::Other {
                    name: other.name().into(),
                },
            }),
            origin: None,
            pin_policy: None,
            touch_policy: None,
            public_key: None,
            evidence: Evidence::Card,
            fingerprint: None,
            created: None,
            label: None,
            facts,
        });
    }
}
