//! Makers of OpenPGP cards by their number in the application identifier.

/// The maker's name; nothing if the number has none here. The list is kept by the authors of
/// the specification and by GnuPG.
pub(super) fn name(number: u16) -> Option<&'static str> {
    Some(match number {
        0x0001 => "PPC Card Systems",
        0x0002 => "Prism",
        0x0003 => "OpenFortress",
        0x0004 => "Wewid",
        0x0005 => "ZeitControl",
        0x0006 => "Yubico",
        0x0007 => "OpenKMS",
        0x0008 => "LogoEmail",
        0x0009 => "Fidesmo",
        0x000A => "VivoKey",
        0x000B => "Feitian",
        0x000D => "Dangerous Things",
        0x000E => "Excelsecu",
        0x000F => "Nitrokey",
        0x0010 => "NeoPGP",
        0x0011 => "Token2",
        0x002A => "Magrathea",
        0x0042 => "GnuPG e.V.",
        0x1337 => "Warsaw Hackerspace",
        0x2342 => "warpzone",
        0x4354 => "Confidential Technologies",
        0x5343 => "SSE Carte à puce",
        0x5443 => "TIF-IT e.V.",
        0x63AF => "Trustica",
        0xBA53 => "c-base e.V.",
        0xBD0E => "Paranoidlabs",
        0xCA05 => "Atos CardOS",
        0xF1D0 => "CanoKeys",
        0xF517 => "FSIJ",
        0xF5EC => "F-Secure",
        _ => return None,
    })
}

/// Whether serial numbers under this number are made up by whoever made the card.
pub(super) fn is_unmanaged(number: u16) -> bool {
    matches!(number, 0x0000 | 0xFF00..=0xFFFF)
}
