//! Which Java card it is: what it says of itself, what it speaks, and what it has room for.

use super::keys::CipherKind;
use crate::iso7816::StatusWord;

/// The protocol of a card's secure channel, with its options "i" (sheet "globalplatform", 2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// 3DES with challenges of both sides.
    Scp01 {
        /// 05 or 15.
        i: u8,
    },
    /// 3DES with a sequence counter.
    Scp02 {
        /// 05, 15, 45, 55 and what is like them. The channel is always begun by commands.
        i: u8,
    },
    /// AES.
    Scp03 {
        /// 00, 10, 20, 30, 60, 70, and the same with 01 added.
        i: u8,
    },
}

impl Protocol {
    /// Its number: 1, 2 or 3.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Scp01 { .. } => 1,
            Self::Scp02 { .. } => 2,
            Self::Scp03 { .. } => 3,
        }
    }

    /// Its options.
    pub(super) fn i(self) -> u8 {
        match self {
            Self::Scp01 { i } | Self::Scp02 { i } | Self::Scp03 { i } => i,
        }
    }

    /// Bytes of the host's challenge.
    pub(super) fn challenge_len(self) -> usize {
        match self {
            Self::Scp03 { i } if i & 0x01 != 0 => 16,
            _ => 8,
        }
    }

    /// Whether a channel of this security level can be had.
    pub(super) fn allows(self, level: u8) -> bool {
        match level {
            0x00 | 0x01 | 0x03 => true,
            0x11 | 0x13 => matches!(self, Self::Scp03 { i } if i & 0x20 != 0),
            0x33 => matches!(self, Self::Scp03 { i } if i & 0x60 == 0x60),
            _ => false,
        }
    }

    pub(super) fn cipher(self) -> CipherKind {
        match self {
            Self::Scp01 { .. } | Self::Scp02 { .. } => CipherKind::Des,
            Self::Scp03 { .. } => CipherKind::Aes,
        }
    }
}

/// A package that cannot be deleted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident {
    pub(super) aid: &'static [u8],
    /// Major and minor, of the newest of its versions.
    pub(super) version: [u8; 2],
    /// Whether GET STATUS lists it.
    pub(super) listed: bool,
    pub(super) modules: &'static [&'static [u8]],
}

/// A kind of Java card.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) atr: &'static [u8],
    pub(super) aid: Vec<u8>,
    pub(super) protocol: Protocol,
    pub(super) serial: [u8; 4],
    /// Before GlobalPlatform: lists without TLV, one byte of privileges, the index of the key in
    /// the answer to INITIALIZE UPDATE, and no recognition data.
    pub(super) open_platform: bool,
    /// Major, minor and the rest of the version of GlobalPlatform.
    pub(super) version: &'static [u8],
    /// Bytes of a list of privileges in GET STATUS: 1 or 3.
    pub(super) privileges: usize,
    pub(super) extended: bool,
    /// The newest CAP format 2.x.
    pub(super) cap_minor: u8,
    pub(super) residents: &'static [Resident],
    /// Bytes for packages and instances, without power.
    pub(super) memory: usize,
    /// Bytes that forget.
    pub(super) volatile: usize,
    /// What follows the empty receipt of INSTALL [for install].
    pub(super) install_tail: &'static [u8],
    /// Said when a package is imported that is not there.
    pub(super) missing_import: StatusWord,
}

/// The package and the module that other security domains are made of, by custom.
pub(super) const DOMAIN_PACKAGE: &[u8] = &[0xA0, 0, 0, 1, 0x51, 0x53, 0x50];
/// Its module.
pub(super) const DOMAIN_MODULE: &[u8] = &[0xA0, 0, 0, 1, 0x51, 0x53, 0x50, 0x41];

const LANG: &[u8] = &[0xA0, 0, 0, 0, 0x62, 0x00, 0x01];
const IO: &[u8] = &[0xA0, 0, 0, 0, 0x62, 0x00, 0x02];
const RMI: &[u8] = &[0xA0, 0, 0, 0, 0x62, 0x00, 0x03];
/// javacard.framework.
const FRAMEWORK: &[u8] = &[0xA0, 0, 0, 0, 0x62, 0x01, 0x01];
const SECURITY: &[u8] = &[0xA0, 0, 0, 0, 0x62, 0x01, 0x02];
const CRYPTO: &[u8] = &[0xA0, 0, 0, 0, 0x62, 0x02, 0x01];
/// visa.openplatform.
const OPEN_PLATFORM: &[u8] = &[0xA0, 0, 0, 0, 0x03, 0, 0];
/// org.globalplatform.
const GLOBAL_PLATFORM: &[u8] = &[0xA0, 0, 0, 1, 0x51, 0];

const fn package(aid: &'static [u8], version: [u8; 2], listed: bool) -> Resident {
    Resident {
        aid,
        version,
        listed,
        modules: &[],
    }
}

const DOMAINS: Resident = Resident {
    aid: DOMAIN_PACKAGE,
    version: [1, 0],
    listed: true,
    modules: &[DOMAIN_MODULE],
};

/// Java Card 2.1.1; the list is that of sheet "globalplatform", 6.1.
const JAVA_CARD_2_1: &[Resident] = &[
    package(LANG, [1, 0], true),
    package(FRAMEWORK, [1, 0], true),
    package(SECURITY, [1, 0], true),
    package(CRYPTO, [1, 0], true),
    package(OPEN_PLATFORM, [1, 0], true),
];
/// Java Card 2.2.1.
const JAVA_CARD_2_2: &[Resident] = &[
    package(LANG, [1, 0], false),
    package(IO, [1, 0], false),
    package(RMI, [1, 0], false),
    package(FRAMEWORK, [1, 2], false),
    package(SECURITY, [1, 2], false),
    package(CRYPTO, [1, 2], false),
    package(OPEN_PLATFORM, [1, 0], false),
    package(GLOBAL_PLATFORM, [1, 1], false),
    DOMAINS,
];
/// Java Card 3.0.5.
const JAVA_CARD_3_0: &[Resident] = &[
    package(LANG, [1, 0], false),
    package(IO, [1, 0], false),
    package(RMI, [1, 0], false),
    package(FRAMEWORK, [1, 6], false),
    package(SECURITY, [1, 6], false),
    package(CRYPTO, [1, 6], false),
    package(GLOBAL_PLATFORM, [1, 6], false),
    DOMAINS,
];

impl Model {
    /// The Gemalto TOP IM FIPS CY2, a Cyberflex Access 64k v2, as developers bought it: Open
    /// Platform 2.0.1', SCP01, T=0.
    #[must_use]
    pub fn cyberflex(serial: [u8; 4]) -> Self {
        Self {
            atr: &[0x3B, 0x95, 0x95, 0x40, 0xFF, 0xAE, 0x01, 0x03, 0x00, 0x00],
            aid: vec![0xA0, 0, 0, 0, 0x03, 0, 0, 0],
            protocol: Protocol::Scp01 { i: 0x05 },
            serial,
            open_platform: true,
            version: &[2, 0, 1],
            privileges: 1,
            extended: false,
            cap_minor: 1,
            residents: JAVA_CARD_2_1,
            memory: 62_000,
            volatile: 1_500,
            install_tail: &[0xC7, 0x02, 0x00, 0x00, 0xC8, 0x02, 0x00, 0x06],
            missing_import: StatusWord(0x6438),
        }
    }

    /// A card with GlobalPlatform 2.1.1, SCP02 i=15 and Java Card 2.2.1 over T=1.
    #[must_use]
    pub fn gp211(serial: [u8; 4]) -> Self {
        Self {
            atr: &[
                0x3B, 0xF8, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x76,
                0x32, 0x34, 0x31, 0xB7,
            ],
            aid: vec![0xA0, 0, 0, 0, 0x03, 0, 0, 0],
            protocol: Protocol::Scp02 { i: 0x15 },
            serial,
            open_platform: false,
            version: &[2, 1, 1],
            privileges: 1,
            extended: false,
            cap_minor: 2,
            residents: JAVA_CARD_2_2,
            memory: 78_000,
            volatile: 2_300,
            install_tail: &[],
            missing_import: StatusWord::WRONG_DATA,
        }
    }

    /// A card of today: GlobalPlatform 2.3, SCP03 i=70 with AES-128, Java Card 3.0.5, extended
    /// length over T=1.
    #[must_use]
    pub fn modern(serial: [u8; 4]) -> Self {
        Self {
            atr: &[
                0x3B, 0xD5, 0x18, 0xFF, 0x81, 0x91, 0xFE, 0x1F, 0xC3, 0x80, 0x73, 0xC8, 0x21, 0x10,
                0x0A,
            ],
            aid: vec![0xA0, 0, 0, 1, 0x51, 0, 0, 0],
            protocol: Protocol::Scp03 { i: 0x70 },
            serial,
            open_platform: false,
            version: &[2, 3],
            privileges: 3,
            extended: true,
            cap_minor: 3,
            residents: JAVA_CARD_3_0,
            memory: 93_620,
            volatile: 2_154,
            install_tail: &[],
            missing_import: StatusWord::WRONG_DATA,
        }
    }

    /// With another protocol, or other options of it. The factory keys fit it.
    #[must_use]
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// With an issuer security domain of another name, 5 to 16 bytes.
    #[must_use]
    pub fn with_aid(mut self, aid: &[u8]) -> Self {
        self.aid = aid.to_vec();
        self
    }

    /// With so many bytes for packages and instances.
    #[must_use]
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    pub(super) fn resident(&self, aid: &[u8]) -> Option<&'static Resident> {
        self.residents.iter().find(|resident| resident.aid == aid)
    }

    /// Card production life cycle data, without its header (sheet, 1.1; the form of its vector).
    pub(super) fn production(&self) -> Vec<u8> {
        let head = [
            0x47, 0x90, 0xD6, 0x00, 0x47, 0x00, 0x00, 0x00, 0x00, 0x00, 0x32, 0x44,
        ];
        let tail = [
            0x84, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 0x15, 0x27, 0x82, 0x34, 0x32, 0x39, 0x35, 0x32, 0,
            0, 0, 0, 0, 0, 0, 0,
        ];
        [&head[..], &self.serial, &tail].concat()
    }
}
