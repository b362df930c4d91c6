//! The tasks of plans on the applet: which card it is, what is known of it before, and one task carried
//! out, on the card or on paper.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::commands::{self, NewIdentity, SetUp};
use super::write::{self, ImportedKey};
use super::{AID, MuscleError, State, Status, find, is_known, reading, store};
use crate::base::hex::{self, Hex};
use crate::base::secret::Secret;
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::files;
use crate::card::setup::{Counts, Materials, Need, Occasion, Private, SetupError, Taken};
use crate::card::task::{AppletSetUp, SecretName, Task};
use crate::card::{CardError, iso, java};
use crate::token::{Alphabet, FactValue, PinRole, PinRule, Text};
use crate::transport::channel::Channel;

/// The number of the holder's PIN; that of the security officer has the number 0.
pub(in crate::card) const HOLDER: u8 = 1;
pub(super) const OFFICER: u8 = 0;

/// The most characters of a PIN that other programs take (sheet "muscle", 12).
const MAX_PIN: usize = 8;

/// Bytes of the number of a token that tells none.
const NAMELESS: usize = 8;

/// Everything that tasks have to know.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// What this token is told from others by.
    pub serial: Hex,
    /// Where that comes from.
    pub(super) named_by: NamedBy,
    /// What is on the applet.
    pub applet: write::Survey,
}

/// What a token is told from others by.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NamedBy {
    /// The number of the chip, which the card manager tells.
    Chip,
    /// The serial number in its PKCS #15 application.
    Token,
    /// Nothing: it is any card of its kind.
    Kind,
}

impl Survey {
    /// Asks the card.
    ///
    /// # Errors
    ///
    /// [`SetupError::OtherMake`] if it has no such applet, else as for any reading.
    pub fn read(channel: &mut Channel<'_>) -> Result<Self, SetupError> {
        let chip = java::chip_number_of(channel).map_err(CardError::Link)?;
        select(channel)?;
        let applet = write::survey(channel)?;
        let (serial, named_by) = name(channel, chip, &applet)?;
        Ok(Self {
            serial,
            named_by,
            applet,
        })
    }

    /// Whether it takes nothing but its first set-up.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.applet.state == State::Blank
    }

    /// Whether a task leaves a private key in its place that it takes away: the rules of the place do not
    /// let the holder overwrite it.
    pub(in crate::card) fn keeps_key(&self, task: &Task) -> bool {
        match task {
            Task::DeleteKey { id } => self.applet.keeps_key(Some(&id.0)),
            Task::DeleteApplication => self.applet.keeps_key(None),
            _ => false,
        }
    }

    /// How many objects the lists name.
    pub(in crate::card) fn counts(&self) -> Counts {
        let count = |kind| self.applet.entries(kind);
        Counts {
            pins: count(Kind::Pins),
            keys: count(Kind::PrivateKeys),
            certificates: count(Kind::Certificates),
            data: count(Kind::Data),
        }
    }

    /// The identifiers and numbers that are in use.
    pub(in crate::card) fn taken(&self) -> Taken {
        let kinds = [Kind::PrivateKeys, Kind::PublicKeys, Kind::Certificates];
        let ids = kinds.into_iter().flat_map(|kind| self.applet.ids(kind));
        let pins = self.applet.ids(Kind::Pins).into_iter();
        Taken {
            ids: ids.map(Hex).collect(),
            keys: self.applet.key_numbers(),
            pins: pins.map(|id| (Hex(id), HOLDER)).collect(),
        }
    }

    /// The pair of places for a key of this size, beside those in `used`.
    pub(in crate::card) fn key_number(&self, bits: u16, used: &[u8]) -> Result<u8, MuscleError> {
        write::choose(&self.applet, bits, used)
    }
}

/// Selects the applet.
fn select(channel: &mut Channel<'_>) -> Result<State, SetupError> {
    match find(channel) {
        Err(CardError::NotFound { .. }) => Err(SetupError::OtherMake),
        found => Ok(found?),
    }
}

/// The serial number in the application, if it tells the token from others.
fn told(channel: &mut Channel<'_>) -> Result<Option<Hex>, CardError> {
    let info = (store::SOURCE.object)(channel, &files::in_home(files::TOKEN_INFO))?;
    let serial = info.as_deref().and_then(reading::serial);
    Ok(serial.and_then(|fact| match fact.value {
        FactValue::Text(digits) => hex::decode(digits.as_str()).map(Hex),
        _ => None,
    }))
}

/// What the token is told from others by.
fn name(
    channel: &mut Channel<'_>,
    chip: Option<Vec<u8>>,
    applet: &write::Survey,
) -> Result<(Hex, NamedBy), SetupError> {
    if let Some(chip) = chip {
        return Ok((Hex(chip), NamedBy::Chip));
    }
    // One that is being made, or taken away, has its name first and last.
    if applet.tells_of_itself()
        && let Some(serial) = told(channel)?
    {
        return Ok((serial, NamedBy::Token));
    }
    Ok((kind(channel.atr()), NamedBy::Kind))
}

/// What all cards of a kind are called.
pub(super) fn kind(atr: &[u8]) -> Hex {
    let digest = Sha256::digest(atr);
    Hex(digest.iter().take(NAMELESS).copied().collect())
}

/// Makes sure that the card is the one that `survey` is of, and leaves the applet selected.
fn reach(survey: &Survey, channel: &mut Channel<'_>) -> Result<(), SetupError> {
    if survey.named_by == NamedBy::Chip {
        let chip = java::chip_number_of(channel).map_err(CardError::Link)?;
        if chip.as_ref() != Some(&survey.serial.0) {
            return Err(CardError::OtherCard.into());
        }
    }
    select(channel)?;
    if survey.named_by == NamedBy::Token {
        // Where it was deleted by this very task, there is none.
        let other = told(channel)?.is_some_and(|serial| serial != survey.serial);
        if other {
            return Err(CardError::OtherCard.into());
        }
    }
    Ok(())
}

/// Does a task. `survey` becomes what is known afterwards; if it fails, it stays as it was.
///
/// # Errors
///
/// [`SetupError`]; doing the task again with the same survey goes on from there.
pub(in crate::card) fn carry_out(
    task: &Task,
    survey: &mut Survey,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
    occasion: Occasion,
) -> Result<(), SetupError> {
    let mut after = survey.clone();
    after.applet.paper = occasion.paper;
    if occasion.paper {
        channel.transmit(&iso::selection(&AID))?;
    } else {
        reach(survey, channel)?;
    }
    let applet = &mut after.applet;
    if let Task::SetUpApplet(new) = task {
        if occasion.paper && applet.state != State::Blank {
            return Err(CardError::from(MuscleError::SetUpAlready).into());
        }
        // One that was not blank when it was begun was set up by somebody else.
        let again = occasion.again && applet.state == State::Blank;
        set_up(new, channel, materials, Occasion { again, ..occasion })?;
        *applet = if occasion.paper {
            write::Survey::fresh(new.memory)
        } else {
            write::survey(channel)?
        };
        *survey = after;
        return Ok(());
    }
    show_pin(channel, materials)?;
    match task {
        Task::DeleteApplication => write::erase(channel, applet, occasion.said)?,
        Task::Create(new) => {
            let serial = survey.serial.0.as_slice();
            let told = (serial, new.label.as_str());
            write::personalise(channel, applet, told, &new.owner, occasion.moment)?;
        }
        Task::GenerateKey(new) => write::generate_key(channel, applet, new).map(drop)?,
        Task::ImportKey(new) => {
            let name = || SecretName::Key { id: new.id.clone() };
            let private = materials.key(&new.id.0);
            let private = private.ok_or_else(|| SetupError::Missing(name()))?;
            if new.modulus.as_ref().map(|modulus| &modulus.0) != Some(&private.modulus)
                && !occasion.paper
            {
                return Err(SetupError::Other(name()));
            }
            write::import_key(channel, applet, new, &imported(private))?;
        }
        Task::StoreCertificate(new) => write::store_certificate(channel, applet, new)?,
        Task::DeleteKey { id } => write::delete_key(channel, applet, &id.0, occasion.said)?,
        Task::DeleteCertificate { id } => write::delete_certificate(channel, applet, &id.0)?,
        Task::StorePin(_)
        | Task::StoreData(_)
        | Task::DeleteData { .. }
        | Task::Rename { .. }
        | Task::Secure
        | Task::Activate
        | Task::Format => return Err(CardError::Unsupported("this step").into()),
        Task::SetUpApplet(_)
        | Task::DeleteContent(_)
        | Task::LoadPackage(_)
        | Task::InstallApplet(_)
        | Task::SetLock { .. }
        | Task::SetCardState { .. }
        | Task::PutKeys(_)
        | Task::DeleteKeys { .. } => return Err(SetupError::OtherMake),
    }
    *survey = after;
    Ok(())
}

fn imported(private: &Private) -> ImportedKey {
    ImportedKey {
        public: write::NewPublic {
            modulus: private.modulus.clone(),
            exponent: private.exponent.clone(),
        },
        primes: private.primes.each_ref().map(Secret::duplicate),
    }
}

/// The holder's PIN opens everything that is changed here.
fn show_pin(channel: &mut Channel<'_>, materials: &mut dyn Materials) -> Result<(), SetupError> {
    let name = SecretName::Pin { number: HOLDER };
    let pin = materials.pin(&name).ok_or(SetupError::Missing(name))?;
    Ok(write::show_pin(channel, HOLDER, pin)?)
}

/// The first set-up. PINs that everybody knows, or that are their own PUK, are not taken.
fn set_up(
    new: &AppletSetUp,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
    occasion: Occasion,
) -> Result<(), SetupError> {
    let mut secret = |name: SecretName| {
        let given = materials.pin(&name).map(Secret::duplicate);
        given.ok_or(SetupError::Missing(name))
    };
    let transport = secret(SecretName::TransportPin)?;
    let [officer, officer_puk] = pair(OFFICER, &mut secret)?;
    let [user, user_puk] = pair(HOLDER, &mut secret)?;
    let set_up = SetUp {
        default_pin: &transport,
        officer: NewIdentity {
            pin: &officer,
            tries: new.officer_tries.0,
            puk: &officer_puk,
            puk_tries: new.officer_tries.1,
        },
        user: NewIdentity {
            pin: &user,
            tries: new.user_tries.0,
            puk: &user_puk,
            puk_tries: new.user_tries.1,
        },
        memory: new.memory,
        creators: new.may_create,
    };
    if occasion.paper {
        channel.transmit(&commands::set_up(&set_up))?;
        return Ok(());
    }
    let all = [
        (OFFICER, &officer, &officer_puk),
        (HOLDER, &user, &user_puk),
    ];
    for (number, pin, puk) in all {
        if is_known(pin) || is_known(puk) || pin.same_as(puk) {
            return Err(SetupError::KnownPin { number });
        }
    }
    Ok(write::set_up(channel, &set_up, occasion.again)?)
}

/// Whether the applet surely is as it was where its first set-up failed in this way, if it was not begun
/// before. What the applet itself refuses for its PINs may have changed it.
pub(in crate::card) fn was_not_set_up(error: &SetupError) -> bool {
    match error {
        SetupError::Missing(_) | SetupError::KnownPin { .. } | SetupError::OtherMake => true,
        SetupError::Card(error) => matches!(
            error,
            CardError::OtherCard
                | CardError::Rule { .. }
                | CardError::WrongPin { .. }
                | CardError::Muscle(MuscleError::SetUpAlready)
        ),
        _ => false,
    }
}

fn pair(
    number: u8,
    secret: &mut impl FnMut(SecretName) -> Result<Secret, SetupError>,
) -> Result<[Secret; 2], SetupError> {
    Ok([
        secret(SecretName::Pin { number })?,
        secret(SecretName::Puk { number })?,
    ])
}

/// What a task asks for.
pub(in crate::card) fn need(name: &SecretName, task: &Task) -> Need {
    let rule = |min| PinRule {
        min,
        max: MAX_PIN,
        alphabet: Alphabet::Ascii,
    };
    let set_up = match task {
        Task::SetUpApplet(new) => Some(new),
        _ => None,
    };
    let of_holder = matches!(
        name,
        SecretName::Pin { number: HOLDER } | SecretName::Puk { number: HOLDER }
    );
    let label = set_up.map(|new| match of_holder {
        true => Text::from(new.label.as_str()),
        false => Text::from("SO-PIN"),
    });
    let [officer, holder] = set_up.map_or([4, 4], |new| new.least.map(usize::from));
    let (role, rule) = match name {
        SecretName::Puk { .. } => (PinRole::Puk, rule(4)),
        SecretName::Pin { number: OFFICER } => (PinRole::SecurityOfficer, rule(officer)),
        SecretName::TransportPin => (PinRole::SecurityOfficer, rule(1)),
        _ => (PinRole::User, rule(holder)),
    };
    let fresh = set_up.is_some() && *name != SecretName::TransportPin;
    Need {
        name: name.clone(),
        fresh,
        role,
        label,
        rule,
        replaces_pins: false,
        refuses_known: fresh,
    }
}

/// What the applet on paper answers: as much as was asked for, and nothing in it.
pub(in crate::card) fn answer_on_paper(command: &[u8]) -> Vec<u8> {
    match command {
        [0xB0, 0x3C, ..] => Status::ON_PAPER.to_vec(),
        // ReadObject: the last byte but Le says how much.
        [0xB0, 0x56, _, _, 0x09, data @ ..] => {
            vec![0x00; data.get(8).copied().map_or(0, usize::from)]
        }
        // ComputeCrypt, the result of one block.
        [0xB0, 0x36, _, 0x03, 0x83, ..] => [&[0x00, 0x80][..], &[0x00; 128]].concat(),
        _ => Vec::new(),
    }
}
