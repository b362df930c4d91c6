//! What a card manager keeps account of, as data (sheet "globalplatform", 4).

use serde::Serialize;

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
mod tests {
    use super::{LifeCycle, Privilege, RegistryKind};

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
