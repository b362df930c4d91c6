//! The card manager of a Java card and what it keeps account of, as data (sheet "globalplatform", 1
//! and 4).

use serde::Serialize;

use super::Text;

/// The card manager: the security domain of the card's issuer.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardManager {
    /// Its application identifier; empty if the card does not tell it.
    #[serde(serialize_with = "super::as_hex")]
    pub aid: Vec<u8>,
    /// Whether the card said that it is locked: nothing but the card manager can be selected.
    pub locked: bool,
    /// The longest data field of a command that it announced, in bytes.
    pub longest_data: Option<u32>,
    /// When and by whom the card was made.
    pub cplc: Option<Cplc>,
    /// What the card says of its standards.
    pub recognition: Option<CardRecognition>,
    /// The keys that it has; nothing if it does not tell.
    pub keys: Option<Vec<CardKey>>,
    /// Its memory.
    pub resources: Option<CardResources>,
    /// What it can do, as it came (tag 67).
    #[serde(serialize_with = "super::as_optional_hex")]
    pub capabilities: Option<Vec<u8>>,
    /// What speaks for a card for developers, and what against.
    pub signs: Vec<DeveloperSign>,
}

/// A secure channel protocol and its variant.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct SecureChannelProtocol {
    /// Its number: 1, 2, 3; 11, 80 and 81 (hexadecimal) for others.
    pub scp: u8,
    /// The parameter "i".
    pub i: u16,
}

/// Card production life cycle data: who made the card, and when.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Cplc {
    /// Who made the chip.
    pub ic_fabricator: u16,
    /// Which chip it is.
    pub ic_type: u16,
    /// The operating system.
    pub os_id: u16,
    /// When that was released.
    pub os_release: CplcDate,
    /// Which release it is.
    pub os_level: u16,
    /// When the chip was made.
    pub ic_fabrication: CplcDate,
    /// Serial number of the chip.
    pub ic_serial: u32,
    /// Its batch.
    pub ic_batch: u16,
    /// Who made the module.
    pub module_fabricator: u16,
    /// When.
    pub module_packaging: CplcDate,
    /// Who put it into the card.
    pub icc_manufacturer: u16,
    /// When.
    pub embedding: CplcDate,
    /// Who prepared it.
    pub pre_personaliser: u16,
    /// When.
    pub pre_personalisation: CplcDate,
    /// With which machine.
    pub pre_personalisation_equipment: u32,
    /// Who personalised it.
    pub personaliser: u16,
    /// When.
    pub personalisation: CplcDate,
    /// With which machine.
    pub personalisation_equipment: u32,
}

/// A date as cards keep it: the last digit of the year, and the day of the year. The decade is not
/// in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CplcDate(pub u16);

/// A day of the calendar.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Day {
    /// The year.
    pub year: i32,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

impl Cplc {
    /// The number that no other chip has: maker, type, batch and serial number; nothing if the chip
    /// has neither batch nor serial number.
    #[must_use]
    pub fn unique_id(&self) -> Option<[u8; 10]> {
        if matches!(self.ic_serial, 0 | u32::MAX) {
            return None;
        }
        let mut id = [0; 10];
        let bytes = self
            .ic_fabricator
            .to_be_bytes()
            .into_iter()
            .chain(self.ic_type.to_be_bytes())
            .chain(self.ic_batch.to_be_bytes())
            .chain(self.ic_serial.to_be_bytes());
        for (to, from) in id.iter_mut().zip(bytes) {
            *to = from;
        }
        Some(id)
    }

    /// The name of the maker of the chip, where it is known; a proper noun.
    #[must_use]
    pub fn ic_maker(&self) -> Option<&'static str> {
        Some(match self.ic_fabricator {
            0x3060 => "Renesas",
            0x4090 => "Infineon",
            0x4180 => "Atmel",
            0x4250 => "Samsung",
            0x4790 => "NXP",
            _ => return None,
        })
    }
}

impl CplcDate {
    /// How far back a card may have been made, in years.
    const YEARS: i32 = 30;

    /// Whether there is a date.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.parts().is_some()
    }

    /// The last digit of the year, and the day of the year.
    fn parts(self) -> Option<(i32, u16)> {
        let digit = |shift: u16| match self.0 >> shift & 0x0F {
            digit @ 0..=9 => Some(digit),
            _ => None,
        };
        let day = digit(8)? * 100 + digit(4)? * 10 + digit(0)?;
        let year = i32::from(digit(12)?);
        (1..=366).contains(&day).then_some((year, day))
    }

    /// The days that it may stand for, the latest first, none after `this_year` and none more than
    /// thirty years before.
    #[must_use]
    pub fn candidates(self, this_year: i32) -> Vec<Day> {
        let Some((digit, day)) = self.parts() else {
            return Vec::new();
        };
        let back = (0..Self::YEARS).filter_map(|back| this_year.checked_sub(back));
        let years = back.filter(|year| year.rem_euclid(10) == digit);
        years.filter_map(|year| Day::of_year(year, day)).collect()
    }
}

impl Day {
    fn of_year(year: i32, day: u16) -> Option<Self> {
        let date = time::Date::from_ordinal_date(year, day).ok()?;
        Some(Self {
            year,
            month: date.month().into(),
            day: date.day(),
        })
    }
}

/// What a card says of its standards (card recognition data).
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardRecognition {
    /// The version of GlobalPlatform: 2, 1, 1 for 2.1.1.
    pub version: Vec<u32>,
    /// The secure channel protocols, in the order of the card.
    pub protocols: Vec<SecureChannelProtocol>,
    /// The version of Java Card: 3 for 3.0; 2 for older ones.
    pub java_card: Option<u32>,
    /// Whether its issuer's numbers tell it from all other cards.
    pub has_identification_scheme: bool,
    /// The configuration of the card, an object identifier.
    pub configuration: Option<Text>,
    /// The chip, an object identifier.
    pub chip: Option<Text>,
}

/// A key of the card manager, as the card describes it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CardKey {
    /// Its number in the key set: 1 for encryption, 2 for MACs, 3 for keys.
    pub id: u8,
    /// The version of the key set; FF for the keys of the factory.
    pub version: u8,
    /// What it is made of; a key of RSA has two parts.
    pub components: Vec<CardKeyComponent>,
}

/// A part of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CardKeyComponent {
    /// Its cipher.
    pub kind: CardKeyKind,
    /// Its length, in bytes; 0 for 256 and more where the card has one byte for it.
    pub len: u16,
}

/// The cipher of a key of the card manager.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKeyKind {
    /// DES or triple DES, 80 to 84.
    Des,
    /// For TLS with a shared key.
    Psk,
    /// AES.
    Aes,
    /// HMAC.
    Hmac,
    /// A part of a public RSA key.
    RsaPublic,
    /// A part of a private RSA key.
    RsaPrivate,
    /// A public key on an elliptic curve.
    EcPublic,
    /// A private key on an elliptic curve.
    EcPrivate,
    /// Parameters of a curve.
    EcParameters,
    /// Something else, by its number.
    Other(u8),
}

/// The memory of a card.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardResources {
    /// How many applications there are.
    pub applications: Option<u32>,
    /// Free bytes that stay.
    pub free_memory: Option<u32>,
    /// Free bytes that do not.
    pub free_ram: Option<u32>,
}

/// What tells whether a card is one for developers: one whose contents can be changed by whoever has
/// it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeveloperSign {
    /// For: the key set is the one of the factory (version FF).
    FactoryKeys,
    /// Against: all key sets have versions of their owner.
    OwnKeys,
    /// For: the card manager is not secured yet.
    NotSecured,
    /// Against: the card manager is secured.
    Secured,
    /// For: keys that everybody knows opened it.
    WellKnownKeys,
    /// For: it was never personalised.
    NotPersonalised,
    /// Against: the card is locked, or its life is over.
    Closed,
}

impl DeveloperSign {
    /// Whether it speaks for a card for developers.
    #[must_use]
    pub fn speaks_for(self) -> bool {
        match self {
            Self::FactoryKeys | Self::NotSecured | Self::WellKnownKeys | Self::NotPersonalised => {
                true
            }
            Self::OwnKeys | Self::Secured | Self::Closed => false,
        }
    }
}

/// What is on a card, by the account of its card manager.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Registry {
    /// In the order of the card: the card manager, applications, packages.
    pub entries: Vec<RegistryEntry>,
    /// Whether there is more than that, or something that could not be read.
    pub cut_short: bool,
}

/// Something on a card.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RegistryEntry {
    /// What it is.
    pub kind: RegistryKind,
    /// Its application identifier.
    #[serde(serialize_with = "super::as_hex")]
    pub aid: Vec<u8>,
    /// Where in its life it is.
    pub life_cycle: LifeCycle,
    /// The same as the byte that the card sent.
    pub state: u8,
    /// What it may do.
    pub privileges: Vec<Privilege>,
    /// The version of a package, or of the package of an application.
    pub version: Option<PackageVersion>,
    /// The package that an application is of.
    #[serde(serialize_with = "super::as_optional_hex")]
    pub package: Option<Vec<u8>>,
    /// The applets in a package.
    #[serde(serialize_with = "as_hex_list")]
    pub modules: Vec<Vec<u8>>,
    /// The security domain that it belongs to.
    #[serde(serialize_with = "super::as_optional_hex")]
    pub security_domain: Option<Vec<u8>>,
}

/// The version of a package.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PackageVersion {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
}

/// What something on a card is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistryKind {
    /// The card manager itself.
    IssuerSecurityDomain,
    /// A security domain below it.
    SecurityDomain,
    /// An application: an applet that was installed.
    Application,
    /// A package: code that was loaded.
    Package,
}

/// Where in its life something on a card is (sheet "globalplatform", 4.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeCycle {
    /// The card: as it comes from the factory.
    OpReady,
    /// The card: prepared.
    Initialized,
    /// The card: handed out.
    Secured,
    /// The card: locked, until its owner unlocks it.
    CardLocked,
    /// The card: its life is over.
    Terminated,
    /// A package: loaded.
    Loaded,
    /// An application: installed, and not to be selected yet.
    Installed,
    /// An application: can be selected.
    Selectable,
    /// A security domain, or an application of Open Platform: personalised.
    Personalized,
    /// An application of Open Platform: blocked.
    Blocked,
    /// An application: locked.
    Locked,
    /// An application: selectable, in a state of its own.
    Own(u8),
    /// No state of the standard.
    Unknown(u8),
}

/// What something on a card may do (sheet "globalplatform", 4.2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// It is a security domain.
    SecurityDomain,
    /// It checks signatures of what is loaded.
    DapVerification,
    /// It loads and installs with leave of the card manager.
    DelegatedManagement,
    /// It can lock the card.
    CardLock,
    /// It can end the life of the card.
    CardTerminate,
    /// It is selected when the card is switched on.
    DefaultSelected,
    /// It can change the global PIN.
    CvmManagement,
    /// It checks signatures of everything that is loaded.
    MandatedDap,
    /// It is a trusted way to the card.
    TrustedPath,
    /// It loads and installs without leave.
    AuthorizedManagement,
    /// It checks the tokens of delegated management.
    TokenVerification,
    /// It can delete everything.
    GlobalDelete,
    /// It can lock everything.
    GlobalLock,
    /// It sees everything.
    GlobalRegistry,
    /// Only this application can be selected.
    FinalApplication,
    /// It serves other applications.
    GlobalService,
    /// It makes receipts.
    ReceiptGeneration,
    /// It takes encrypted packages.
    CipheredLoad,
    /// It switches the contactless side on.
    ContactlessActivation,
    /// It switches itself on for the contactless side.
    ContactlessSelfActivation,
    /// It gives private data only to those that it trusts.
    PrivacyTrusted,
}

impl Privilege {
    /// All, in the order of their bits: the highest of the first byte first.
    const BITS: [(usize, u8, Self); 21] = [
        (0, 0x80, Self::SecurityDomain),
        (0, 0x40, Self::DapVerification),
        (0, 0x20, Self::DelegatedManagement),
        (0, 0x10, Self::CardLock),
        (0, 0x08, Self::CardTerminate),
        (0, 0x04, Self::DefaultSelected),
        (0, 0x02, Self::CvmManagement),
        (0, 0x01, Self::MandatedDap),
        (1, 0x80, Self::TrustedPath),
        (1, 0x40, Self::AuthorizedManagement),
        (1, 0x20, Self::TokenVerification),
        (1, 0x10, Self::GlobalDelete),
        (1, 0x08, Self::GlobalLock),
        (1, 0x04, Self::GlobalRegistry),
        (1, 0x02, Self::FinalApplication),
        (1, 0x01, Self::GlobalService),
        (2, 0x80, Self::ReceiptGeneration),
        (2, 0x40, Self::CipheredLoad),
        (2, 0x20, Self::ContactlessActivation),
        (2, 0x10, Self::ContactlessSelfActivation),
        (2, 0x08, Self::PrivacyTrusted),
    ];

    /// Those of one byte (Open Platform) or three.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Vec<Self> {
        let set = |at: usize, bit: u8| bytes.get(at).is_some_and(|byte| byte & bit != 0);
        let known = Self::BITS.iter().filter(|(at, bit, _)| set(*at, *bit));
        known.map(|&(_, _, privilege)| privilege).collect()
    }

    /// The bytes for INSTALL: one if that is enough, else three.
    #[must_use]
    pub fn to_bytes(privileges: &[Self]) -> Vec<u8> {
        let mut bytes = [0_u8; 3];
        for (at, bit, privilege) in Self::BITS {
            if privileges.contains(&privilege)
                && let Some(byte) = bytes.get_mut(at)
            {
                *byte |= bit;
            }
        }
        match bytes {
            [first, 0, 0] => vec![first],
            all => all.to_vec(),
        }
    }
}

impl LifeCycle {
    /// The state of something by its byte.
    #[must_use]
    pub fn of(kind: RegistryKind, state: u8) -> Self {
        use RegistryKind as Kind;
        match (kind, state) {
            (Kind::IssuerSecurityDomain, 0x01) => Self::OpReady,
            (Kind::IssuerSecurityDomain, 0x07) => Self::Initialized,
            (Kind::IssuerSecurityDomain, 0x0F) => Self::Secured,
            (Kind::IssuerSecurityDomain, 0x7F) => Self::CardLocked,
            (Kind::IssuerSecurityDomain, 0xFF) => Self::Terminated,
            (Kind::Package, 0x01) => Self::Loaded,
            (Kind::IssuerSecurityDomain | Kind::Package, _) => Self::Unknown(state),
            (Kind::Application | Kind::SecurityDomain, 0x80..) => Self::Locked,
            (_, 0x03) => Self::Installed,
            (_, 0x07) => Self::Selectable,
            (Kind::SecurityDomain, 0x0F) => Self::Personalized,
            (Kind::Application, _) if state & 0x07 == 0x07 => Self::Own(state),
            _ => Self::Unknown(state),
        }
    }

    /// The state of an application of Open Platform 2.0.1', where the states are fixed.
    #[must_use]
    pub fn of_open_platform(kind: RegistryKind, state: u8) -> Self {
        match (kind, state) {
            (RegistryKind::Application | RegistryKind::SecurityDomain, 0x0F) => Self::Personalized,
            (RegistryKind::Application | RegistryKind::SecurityDomain, 0x7F) => Self::Blocked,
            _ => Self::of(kind, state),
        }
    }
}

/// Lists of bytes in serialised values are lists of hexadecimal text.
fn as_hex_list<S: serde::Serializer>(list: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(|bytes| crate::base::hex::encode(bytes)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{CplcDate, Day, LifeCycle, Privilege, RegistryKind};

    #[test]
    fn a_date_without_decade_has_candidates() {
        let day = |year, month, day| Day { year, month, day };
        let found = CplcDate(0x3244).candidates(2026);
        assert_eq!(found, [day(2023, 9, 1), day(2013, 9, 1), day(2003, 9, 1)],);
        assert_eq!(
            CplcDate(0x6001).candidates(2026).first(),
            Some(&day(2026, 1, 1))
        );
        // Day 366 only where there is one.
        assert_eq!(
            CplcDate(0x4366).candidates(2026).first(),
            Some(&day(2024, 12, 31))
        );
        assert!(CplcDate(0x3366).candidates(2026).is_empty());
        for unset in [0x0000, 0xFFFF, 0x3000, 0x3367, 0x39A9] {
            assert!(!CplcDate(unset).is_set());
            assert!(CplcDate(unset).candidates(2026).is_empty());
        }
        assert!(CplcDate(0x3244).candidates(i32::MIN).len() <= 3);
    }

    #[test]
    fn privileges_are_bits() {
        use Privilege as P;
        assert_eq!(Privilege::of_bytes(&[0x00]), []);
        assert_eq!(
            Privilege::of_bytes(&[0xC1]),
            [P::SecurityDomain, P::DapVerification, P::MandatedDap]
        );
        assert_eq!(Privilege::of_bytes(&[0x02]), [P::CvmManagement]);
        assert_eq!(
            Privilege::of_bytes(&[0x80, 0x40]),
            [P::SecurityDomain, P::AuthorizedManagement]
        );
        for bytes in [
            &[0x00][..],
            &[0xFF],
            &[0x80, 0x01, 0x00],
            &[0x00, 0x00, 0xF8],
        ] {
            assert_eq!(Privilege::to_bytes(&Privilege::of_bytes(bytes)), bytes);
        }
    }

    #[test]
    fn states_depend_on_what_it_is() {
        let of = |kind, state| LifeCycle::of(kind, state);
        assert_eq!(
            of(RegistryKind::IssuerSecurityDomain, 0x07),
            LifeCycle::Initialized
        );
        assert_eq!(of(RegistryKind::Application, 0x07), LifeCycle::Selectable);
        assert_eq!(of(RegistryKind::Application, 0x87), LifeCycle::Locked);
        assert_eq!(of(RegistryKind::Application, 0x0F), LifeCycle::Own(0x0F));
        assert_eq!(
            of(RegistryKind::SecurityDomain, 0x0F),
            LifeCycle::Personalized
        );
        assert_eq!(of(RegistryKind::Package, 0x01), LifeCycle::Loaded);
        assert_eq!(of(RegistryKind::Package, 0x55), LifeCycle::Unknown(0x55));
        assert_eq!(
            LifeCycle::of_open_platform(RegistryKind::Application, 0x7F),
            LifeCycle::Blocked
        );
    }
}
