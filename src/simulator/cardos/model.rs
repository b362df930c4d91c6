//! Which card it is: versions, serial number, and what GET DATA tells of the chip.

/// A make of CardOS card.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) atr: &'static [u8],
    /// What the card says of itself.
    pub(super) info: &'static str,
    /// Bytes of version: `C8 09` is M4.2B.
    pub(super) version: [u8; 2],
    /// Six bytes.
    pub(super) serial: [u8; 6],
    /// The fifth byte of the chip's production data, which differs between chips.
    pub(super) chip: [u8; 2],
    /// The longest data field of a command, in bytes.
    pub(super) longest: u16,
    /// EEPROM of an empty card, in bytes.
    pub(super) room: u16,
    /// Packages: manufacturer, four bytes of identifier, whether licensed.
    pub(super) packages: Vec<(u8, [u8; 4], bool)>,
    /// Whether a wrong PIN is counted aloud.
    pub(super) counts_aloud: bool,
}

impl Model {
    /// M4.2B in an eToken PRO 32k: the card of the HOWTO (sheet "cardos", 1 and 2).
    #[must_use]
    pub fn m4_2b(serial: [u8; 6]) -> Self {
        Self {
            atr: &[
                0x3B, 0xF2, 0x18, 0x00, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8, 0x09, 0x75,
            ],
            info: "CardOS V4.2B (C) Siemens AG 1994-2005",
            version: [0xC8, 0x09],
            serial,
            chip: [0x45, 0xCB],
            longest: 300,
            room: 27_686,
            packages: Vec::new(),
            counts_aloud: false,
        }
    }

    /// M4.3B with the package that counts wrong PINs aloud.
    #[must_use]
    pub fn m4_3b(serial: [u8; 6]) -> Self {
        Self {
            atr: &[
                0x3B, 0xF2, 0x18, 0x00, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8, 0x08, 0x74,
            ],
            info: "CardOS V4.3B (C) Siemens AG 1994-2004",
            version: [0xC8, 0x08],
            serial,
            chip: [0x40, 0xEB],
            longest: 300,
            room: 25_043,
            packages: vec![(0x01, [0x07, 0x01, 0xC8, 0x08], true)],
            counts_aloud: true,
        }
    }
}
