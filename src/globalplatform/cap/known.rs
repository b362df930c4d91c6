//! Names of packages and applets that are met often (sheets "globalplatform", 5, and "other-cards", 2).

use super::CapFile;
use crate::globalplatform::Aid;

/// `javacard.framework`.
pub const FRAMEWORK: [u8; 7] = [0xA0, 0x00, 0x00, 0x00, 0x62, 0x01, 0x01];

/// The MUSCLE applet as every tool looks for it.
pub const MUSCLE: [u8; 6] = [0xA0, 0x00, 0x00, 0x00, 0x01, 0x01];

/// The package of the MUSCLE applet.
pub const MUSCLE_PACKAGE: [u8; 5] = [0xA0, 0x00, 0x00, 0x00, 0x01];

/// The MUSCLE applet in older builds.
pub const MUSCLE_OLDER: [u8; 7] = [0xA0, 0x00, 0x00, 0x03, 0x23, 0x01, 0x01];

/// The package of older builds.
pub const MUSCLE_OLDER_PACKAGE: [u8; 6] = [0xA0, 0x00, 0x00, 0x03, 0x23, 0x01];

/// Packages that others are built against.
const PACKAGES: [(&[u8], &str); 24] = [
    (b"\xA0\x00\x00\x00\x62\x00\x01", "java.lang"),
    (b"\xA0\x00\x00\x00\x62\x00\x02", "java.io"),
    (b"\xA0\x00\x00\x00\x62\x00\x03", "java.rmi"),
    (&FRAMEWORK, "javacard.framework"),
    (
        b"\xA0\x00\x00\x00\x62\x01\x01\x01",
        "javacard.framework.service",
    ),
    (b"\xA0\x00\x00\x00\x62\x01\x02", "javacard.security"),
    (b"\xA0\x00\x00\x00\x62\x02\x01", "javacardx.crypto"),
    (b"\xA0\x00\x00\x00\x62\x02\x02", "javacardx.biometry"),
    (b"\xA0\x00\x00\x00\x62\x02\x03", "javacardx.external"),
    (b"\xA0\x00\x00\x00\x62\x02\x04", "javacardx.biometry1toN"),
    (b"\xA0\x00\x00\x00\x62\x02\x05", "javacardx.security"),
    (
        b"\xA0\x00\x00\x00\x62\x02\x08\x01",
        "javacardx.framework.util",
    ),
    (
        b"\xA0\x00\x00\x00\x62\x02\x08\x01\x01",
        "javacardx.framework.util.intx",
    ),
    (
        b"\xA0\x00\x00\x00\x62\x02\x08\x02",
        "javacardx.framework.math",
    ),
    (
        b"\xA0\x00\x00\x00\x62\x02\x08\x03",
        "javacardx.framework.tlv",
    ),
    (
        b"\xA0\x00\x00\x00\x62\x02\x08\x04",
        "javacardx.framework.string",
    ),
    (b"\xA0\x00\x00\x00\x62\x02\x09", "javacardx.apdu"),
    (b"\xA0\x00\x00\x00\x62\x02\x09\x01", "javacardx.apdu.util"),
    (b"\xA0\x00\x00\x00\x03\x00\x00", "visa.openplatform"),
    (b"\xA0\x00\x00\x01\x51\x00", "org.globalplatform"),
    (
        b"\xA0\x00\x00\x01\x51\x02",
        "org.globalplatform.contactless",
    ),
    (
        b"\xA0\x00\x00\x01\x51\x03",
        "org.globalplatform.securechannel",
    ),
    (b"\xA0\x00\x00\x01\x51\x05", "org.globalplatform.privacy"),
    (b"\xA0\x00\x00\x01\x51\x06", "org.globalplatform.filesystem"),
];

/// The name of a package that others are built against.
#[must_use]
pub fn package(aid: &Aid) -> Option<&'static str> {
    PACKAGES
        .iter()
        .find(|(bytes, _)| *bytes == aid.bytes())
        .map(|(_, name)| *name)
}

/// An applet that is known by its identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KnownApplet {
    /// The MUSCLE card edge applet.
    Muscle,
    /// The MUSCLE card edge applet in older builds, which today's tools do not look for.
    MuscleOlder,
    /// `CoolKey`, of the same family as MUSCLE.
    CoolKey,
    /// PKCS #15 by its own name.
    Pkcs15,
    /// The OpenPGP card.
    OpenPgp,
    /// PIV.
    Piv,
    /// GIDS, Microsoft's generic profile.
    Gids,
    /// `IsoApplet`.
    IsoApplet,
    /// `SmartCard-HSM`.
    SmartCardHsm,
    /// A passport application.
    Passport,
    /// FIDO.
    Fido,
    /// One-time passwords in the manner of a YubiKey.
    Oath,
}

/// What applets begin with, the longer ones first where one begins like another.
const APPLETS: [(&[u8], KnownApplet); 12] = [
    (&MUSCLE, KnownApplet::Muscle),
    (&MUSCLE_OLDER, KnownApplet::MuscleOlder),
    (b"\x62\x76\x01\xFF\x00\x00\x00", KnownApplet::CoolKey),
    (
        b"\xA0\x00\x00\x00\x63\x50\x4B\x43\x53\x2D\x31\x35",
        KnownApplet::Pkcs15,
    ),
    (b"\xD2\x76\x00\x01\x24\x01", KnownApplet::OpenPgp),
    (b"\xA0\x00\x00\x03\x08", KnownApplet::Piv),
    (b"\xA0\x00\x00\x03\x97\x42\x54\x46\x59", KnownApplet::Gids),
    (
        b"\xF2\x76\xA2\x88\xBC\xFB\xA6\x9D\x34\xF3\x10\x01",
        KnownApplet::IsoApplet,
    ),
    (
        b"\xE8\x2B\x06\x01\x04\x01\x81\xC3\x1F\x02\x01",
        KnownApplet::SmartCardHsm,
    ),
    (b"\xA0\x00\x00\x02\x47\x10\x01", KnownApplet::Passport),
    (b"\xA0\x00\x00\x06\x47\x2F\x00\x01", KnownApplet::Fido),
    (b"\xA0\x00\x00\x05\x27\x21\x01", KnownApplet::Oath),
];

/// The applet that is known by this identifier, or by one that begins like it.
#[must_use]
pub fn applet(aid: &Aid) -> Option<KnownApplet> {
    APPLETS
        .iter()
        .find(|(bytes, _)| match bytes.len() {
            // What only has the owner of MUSCLE's number before it is not MUSCLE.
            ..=7 if *bytes == MUSCLE || *bytes == MUSCLE_OLDER => aid.bytes() == *bytes,
            _ => aid.bytes().starts_with(bytes),
        })
        .map(|(_, applet)| *applet)
}

/// Whether a package is the MUSCLE applet by any of its names, whatever its applet is called.
pub(super) fn looks_like_muscle(cap: &CapFile) -> bool {
    let named = cap.name().is_some_and(|name| {
        let name = name.as_str().to_ascii_lowercase();
        name.split(['/', '.'])
            .any(|element| matches!(element, "cardedge" | "musclecard"))
    });
    let package = cap.package().bytes();
    let applets = || cap.applets().iter().map(|applet| applet.aid.bytes());
    named
        || package == MUSCLE_PACKAGE
        || package == MUSCLE_OLDER_PACKAGE
        || applets().any(|aid| aid.starts_with(&MUSCLE) || aid.starts_with(&MUSCLE_OLDER_PACKAGE))
}
