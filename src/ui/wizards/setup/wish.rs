//! What a person can wish for, and the profile that it comes to.

use super::applet::AppletEdit;
use crate::base::hex::Hex;
use crate::base::i18n::gettext;
use crate::plan::applet::Creator;
use crate::plan::profile::{Erase, KeyPolicy, NAME, PinPolicy, Profile};
use crate::plan::{AppletSetUp, KeyPurpose, Survey};

/// The identifier of the first key: everybody looks there (sheet "iso7816-pkcs15", 5).
const FIRST_KEY: u8 = 0x45;
/// The identifier of the PIN of the holder.
const USER_PIN: u8 = 0x01;
/// The identifier of the PIN of the security officer, as OpenSC has it.
const OFFICER_PIN: u8 = 0xFF;
/// Keys that are smaller are no longer safe, whatever the card can do; in bits.
const LEAST_BITS: u16 = 1024;
/// Wrong PINs until one is blocked.
const TRIES: u8 = 3;
/// Wrong PUKs until one is blocked.
const PUK_TRIES: u8 = 10;
/// Fewest characters of a PIN of the holder.
const LEAST_PIN: u8 = 4;
/// Fewest characters of a PIN of the security officer.
const LEAST_OFFICER_PIN: u8 = 6;
/// The longest name of a token, in bytes.
pub(super) const MAX_TOKEN_LABEL: usize = 32;
/// The longest name of anything else, in bytes.
pub(super) const MAX_LABEL: usize = 64;

/// What a key from a file can be good for, the usual one first: mail has to stay readable, while a new
/// key to sign with is made on the card.
pub(super) const USES: [KeyPurpose; 2] = [KeyPurpose::Decrypt, KeyPurpose::Sign];

/// What the token shall be good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Signing in to a private network.
    Vpn,
    /// Mail.
    Mail,
    /// Signing in with SSH.
    Ssh,
    /// Everything.
    All,
    /// What it is, and guarded.
    Repair,
    /// Nothing: it becomes empty.
    Erase,
    /// A key out of a file is added to what is there.
    Import,
    /// What is there gets other names, or goes.
    Tidy,
    /// What a profile says.
    Profile,
}

impl Purpose {
    /// All, in their order.
    pub(super) const ALL: [Self; 9] = [
        Self::Repair,
        Self::Vpn,
        Self::Mail,
        Self::Ssh,
        Self::All,
        Self::Import,
        Self::Tidy,
        Self::Erase,
        Self::Profile,
    ];

    /// What it is called.
    pub(super) fn title(self) -> String {
        match self {
            Self::Vpn => gettext("VPN sign-in"),
            Self::Mail => gettext("Mail and signatures"),
            Self::Ssh => gettext("SSH"),
            Self::All => gettext("All of it"),
            Self::Repair => gettext("Repair"),
            Self::Erase => gettext("Erase only"),
            Self::Import => gettext("From a key file or certificate"),
            Self::Tidy => gettext("Rename and delete"),
            Self::Profile => gettext("From a profile"),
        }
    }

    /// What comes onto the token.
    pub(super) fn caption(self) -> String {
        match self {
            Self::Vpn => gettext("One key to sign in with"),
            Self::Mail => gettext("One key to sign, another one to decrypt"),
            Self::Ssh => gettext("One key to sign in to other computers with"),
            Self::All => gettext("One key to sign and sign in, another one to decrypt"),
            Self::Repair => {
                gettext("Nobody can replace the PINs any more; everything stays as it is")
            }
            Self::Erase => gettext("Nothing is left on the token"),
            Self::Import => gettext("Beside what is on the token; a certificate goes to its key"),
            Self::Tidy => gettext("Names, and what is not needed any more"),
            Self::Profile => gettext("What your site has written down in a file"),
        }
    }

    /// What it is called, and what comes onto the token; an applet takes no other names, and has its
    /// PINs by itself.
    pub(super) fn words(self, applet: bool) -> (String, String) {
        match self {
            Self::Tidy if applet => (
                gettext("Delete"),
                gettext("Keys and certificates that are not needed any more"),
            ),
            Self::Erase if applet => (
                self.title(),
                gettext("Nothing is left on the token but its PINs"),
            ),
            _ => (self.title(), self.caption()),
        }
    }

    /// The keys, by what they are good for.
    fn keys(self) -> &'static [KeyPurpose] {
        match self {
            Self::Vpn | Self::Ssh => &[KeyPurpose::Sign],
            Self::Mail | Self::All => &[KeyPurpose::Sign, KeyPurpose::Decrypt],
            Self::Repair | Self::Erase | Self::Import | Self::Tidy | Self::Profile => &[],
        }
    }
}

/// What the person decides beside the purpose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Details {
    /// What the token is called.
    pub(super) label: String,
    /// The size of its keys.
    pub(super) bits: u16,
    /// Whether there is a PIN of the security officer.
    pub(super) officer: bool,
    /// What the PIN of the holder is called.
    pub(super) pin_label: String,
    /// Whether that has a PUK.
    pub(super) puk: bool,
    /// Whether a token that is not empty is erased with the key of its maker.
    pub(super) format: bool,
    /// What the key from a file is called.
    pub(super) key_label: String,
    /// What it is good for.
    pub(super) key_purpose: KeyPurpose,
    /// What an applet gets that takes nothing but its first set-up; nothing for other cards.
    pub(super) applet: Option<AppletSetUp>,
}

impl Details {
    /// Before anything was decided.
    pub(super) fn new(survey: &Survey) -> Self {
        Self {
            label: survey.label().unwrap_or_default(),
            bits: sizes(survey).first().copied().unwrap_or(LEAST_BITS),
            officer: true,
            pin_label: gettext("User PIN"),
            puk: true,
            format: false,
            key_label: String::new(),
            key_purpose: USES[0],
            applet: survey.is_blank().then(AppletSetUp::default),
        }
    }

    /// Takes over a decision about the applet.
    pub(super) fn edit_applet(&mut self, edit: AppletEdit) {
        if let Some(set_up) = &mut self.applet {
            edit.apply(set_up);
        }
    }

    /// Whether the names can be written down.
    pub(super) fn are_complete(&self) -> bool {
        fits(&self.label, MAX_TOKEN_LABEL) && fits(&self.pin_label, MAX_LABEL)
    }
}

/// Whether a name has a place on the token.
pub(super) fn fits(name: &str, most: usize) -> bool {
    !name.trim().is_empty() && name.trim().len() <= most
}

/// A name as it is meant: in a profile, braces are places for other names.
pub(super) fn plain(name: &str) -> String {
    name.trim().replace('{', "(").replace('}', ")")
}

/// The sizes to choose from, the best first.
pub(super) fn sizes(survey: &Survey) -> Vec<u16> {
    let sizes = survey.key_sizes().iter().copied();
    sizes.filter(|&bits| bits >= LEAST_BITS).collect()
}

/// The profile for a purpose of our own.
pub(super) fn profile(purpose: Purpose, details: &Details, survey: &Survey) -> Profile {
    let erase = if survey.is_half_erased() {
        // Nothing else works on a card whose erasing was broken off.
        Some(Erase::Card)
    } else if details.format || !survey.can_be_deleted() && survey.can_be_formatted().is_ok() {
        // Nobody can be asked for a PIN that no list names.
        survey.is_set_up().then_some(Erase::Card)
    } else {
        survey.is_set_up().then_some(Erase::Application)
    };
    let name = purpose.title();
    if purpose == Purpose::Repair {
        return Profile {
            name,
            secure: true,
            ..Profile::default()
        };
    }
    if purpose == Purpose::Erase {
        return Profile {
            name,
            erase: Some(erase.unwrap_or(Erase::Application)),
            ..Profile::default()
        };
    }
    let profile = Profile {
        name,
        erase,
        create: Some(details.label.trim().to_owned()),
        officer: details.officer.then(officer),
        pins: vec![PinPolicy {
            id: Hex(vec![USER_PIN]),
            label: details.pin_label.trim().to_owned(),
            min: LEAST_PIN,
            tries: TRIES,
            puk_tries: details.puk.then_some(PUK_TRIES),
        }],
        keys: (FIRST_KEY..)
            .zip(purpose.keys())
            .map(|(id, &use_of)| key(id, use_of, details.bits))
            .collect(),
        ..Profile::default()
    };
    match &details.applet {
        Some(set_up) => first_set_up(profile, set_up),
        None => profile,
    }
}

/// The same with what the applet gets for good.
fn first_set_up(mut profile: Profile, set_up: &AppletSetUp) -> Profile {
    let set = |pin: &mut PinPolicy, (tries, puk_tries): (u8, u8)| {
        pin.tries = tries;
        pin.puk_tries = Some(puk_tries);
    };
    if let Some(officer) = &mut profile.officer {
        set(officer, set_up.officer_tries);
    }
    for pin in &mut profile.pins {
        set(pin, set_up.user_tries);
    }
    Profile {
        memory: Some(set_up.memory),
        may_create: set_up.may_create.map(Creator::of),
        ..profile
    }
}

fn officer() -> PinPolicy {
    PinPolicy {
        id: Hex(vec![OFFICER_PIN]),
        label: gettext("Security officer PIN"),
        min: LEAST_OFFICER_PIN,
        tries: TRIES,
        puk_tries: None,
    }
}

fn key(id: u8, purpose: KeyPurpose, size: u16) -> KeyPolicy {
    KeyPolicy {
        id: Some(Hex(vec![id])),
        label: match purpose {
            KeyPurpose::Sign => gettext("Signature key"),
            KeyPurpose::Decrypt => gettext("Encryption key"),
        },
        size,
        purpose,
        pin: Hex(vec![USER_PIN]),
        file: None,
        certificates: false,
    }
}

/// The PIN of the holder on a token that is set up.
pub(super) fn holder(survey: &Survey) -> Option<Hex> {
    let pins = survey.taken().pins.into_iter().map(|(id, _)| id);
    pins.into_iter().find(|id| id.0 != [OFFICER_PIN])
}

/// The profile for a key from a file, with what was decided of it.
pub(super) fn importing(profile: &Profile, details: &Details, pin: Option<Hex>) -> Profile {
    let mut profile = profile.clone();
    for key in &mut profile.keys {
        key.label = plain(&details.key_label);
        key.purpose = details.key_purpose;
        if let Some(pin) = &pin {
            key.pin = pin.clone();
        }
    }
    for certificate in &mut profile.certificates {
        certificate.label = plain(&details.key_label);
    }
    profile
}

/// Whether a profile asks for the name of the person.
pub(super) fn wants_name(profile: &Profile) -> bool {
    profile.places().contains(NAME)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::explain::applet::Number;
    use crate::plan::applet::Creatable;
    use crate::plan::{Phase, cardos, recipe};
    use crate::token::Token;

    fn survey(area: bool) -> Survey {
        cardos_survey(area).into()
    }

    fn cardos_survey(area: bool) -> cardos::Survey {
        cardos::Survey {
            serial: Hex(vec![0x27, 0x37]),
            version: 0x09,
            phase: Phase::Administration,
            free: 30_000,
            packages: false,
            start_key: None,
            directory: area,
            area: area.then(Default::default),
        }
    }

    fn details() -> Details {
        Details {
            label: " Anna Rossi ".into(),
            ..Details::new(&survey(false))
        }
    }

    #[test]
    fn every_purpose_is_a_plan_for_a_blank_card() {
        let blank = survey(false);
        for purpose in Purpose::ALL {
            let profile = profile(purpose, &details(), &blank);
            if matches!(
                purpose,
                Purpose::Profile | Purpose::Repair | Purpose::Import | Purpose::Tidy
            ) {
                // What is in a file, and what is for tokens that are set up.
                continue;
            }
            let given = recipe::Given::default();
            let plan = recipe::plan(&profile, &blank, &Token::default(), &given).unwrap();
            let keys = plan
                .tasks
                .iter()
                .filter(|task| matches!(task, crate::plan::Task::GenerateKey(_)));
            assert_eq!(keys.count(), purpose.keys().len(), "{purpose:?}");
        }
    }

    fn blank_applet() -> Survey {
        let applet = serde_json::json!({
            "make": "muscle",
            "serial": "0102",
            "named_by": "chip",
            "applet": { "state": "Blank", "pins": [], "places": [], "objects": [], "lists": [] },
        });
        serde_json::from_value(applet).unwrap()
    }

    #[test]
    fn the_first_set_up_of_an_applet_is_as_it_was_decided() {
        let blank = blank_applet();
        let mut details = Details {
            label: "Anna Rossi".into(),
            ..Details::new(&blank)
        };
        let set_up = |details: &Details| {
            let profile = profile(Purpose::Vpn, details, &blank);
            let given = recipe::Given::default();
            let plan = recipe::plan(&profile, &blank, &Token::default(), &given)?;
            match plan.tasks.first() {
                Some(crate::plan::Task::SetUpApplet(new)) => Ok(new.clone()),
                other => panic!("{other:?}"),
            }
        };
        let guides = set_up(&details).unwrap();
        assert!(crate::plan::applet::is_as_in_guides(&guides));
        let edits = [
            AppletEdit::Number(Number::Pin, 3),
            AppletEdit::Number(Number::PinPuk, 10),
            AppletEdit::Number(Number::SoPin, 6),
            AppletEdit::Number(Number::SoPinPuk, 7),
            AppletEdit::Number(Number::Memory, 8192),
            AppletEdit::MayCreate(Creatable::Objects, Creator::Pin),
            AppletEdit::MayCreate(Creatable::Pins, Creator::Nobody),
        ];
        for edit in edits {
            details.edit_applet(edit);
        }
        let other = set_up(&details).unwrap();
        assert_eq!((other.user_tries, other.officer_tries), ((3, 10), (6, 7)));
        assert_eq!((other.memory, other.may_create), (8192, [0x02, 0x02, 0xFF]));
        // The rest of the plan is done with the PIN of the holder.
        for what in [Creatable::Objects, Creatable::Keys] {
            let mut details = details.clone();
            details.edit_applet(AppletEdit::MayCreate(what, Creator::SoPin));
            let creator = Creator::SoPin;
            let refused = recipe::RecipeError::Creator { what, creator };
            assert_eq!(set_up(&details), Err(refused));
        }
        // Other cards have nothing of this.
        assert_eq!(Details::new(&survey(false)).applet, None);
    }

    #[test]
    fn what_is_on_the_token_goes_first() {
        let erase = |purpose, area, format| {
            let details = Details {
                format,
                ..details()
            };
            profile(purpose, &details, &survey(area)).erase
        };
        assert_eq!(erase(Purpose::Vpn, false, false), None);
        assert_eq!(erase(Purpose::Vpn, true, false), Some(Erase::Application));
        assert_eq!(erase(Purpose::Vpn, true, true), Some(Erase::Card));
        assert_eq!(erase(Purpose::Erase, true, false), Some(Erase::Application));
    }

    #[test]
    fn what_wants_a_pin_that_no_list_names_is_formatted() {
        let mut survey = cardos_survey(true);
        let file = crate::plan::FileEntry {
            place: 0,
            size: 128,
            access: Hex(vec![0x01; 9]),
        };
        let files = &mut survey.area.as_mut().unwrap().files;
        files.insert(0x5031, file);
        let erase = |survey: &cardos::Survey| {
            profile(Purpose::Vpn, &details(), &survey.clone().into()).erase
        };
        // As long as the key of the maker does it.
        assert_eq!(erase(&survey), Some(Erase::Application));
        survey.start_key = Some(crate::plan::StartKey {
            version: 0xFF,
            tries: 10,
        });
        assert_eq!(erase(&survey), Some(Erase::Card));
    }

    #[test]
    fn small_keys_are_not_offered_and_the_largest_come_first() {
        assert_eq!(sizes(&survey(false)), [2048, 1792, 1536, 1280, 1024]);
        assert_eq!(details().bits, 2048);
    }

    #[test]
    fn a_name_has_to_be_there_and_to_fit() {
        let with = |label: &str| {
            Details {
                label: label.into(),
                ..details()
            }
            .are_complete()
        };
        assert!(with("Anna Rossi"));
        assert!(!with("  "));
        assert!(with(&"a".repeat(32)) && !with(&"ä".repeat(17)));
    }

    #[test]
    fn a_profile_with_a_place_for_a_name_asks_for_it() {
        let mut profile = profile(Purpose::Vpn, &details(), &survey(false));
        assert!(!wants_name(&profile));
        profile.create = Some("VPN {name}".into());
        assert!(wants_name(&profile));
    }
}
