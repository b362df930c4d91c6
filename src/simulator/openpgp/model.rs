//! What one make of OpenPGP card has and another has not.

/// A make of card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Model {
    /// Version of the specification: major, minor.
    pub version: [u8; 2],
    /// Manufacturer, as registered with FSF Europe; FF00 to FFFE are free for all.
    pub manufacturer: u16,
    /// Serial number; makers write decimal digits: 12345678 is `0x12345678`.
    pub serial: u32,
    /// First byte of the extended capabilities (4.4.3.7).
    pub flags: u8,
    /// Longest challenge in bytes.
    pub challenge: u16,
    /// Longest cardholder certificate in bytes.
    pub certificate: u16,
    /// Longest login data, URL and private DO in bytes.
    pub special: u16,
    /// Whether MANAGE SECURITY ENVIRONMENT is there (version 3).
    pub environment: bool,
    /// Longest command and response in bytes, if extended length is announced.
    pub extended: Option<(u16, u16)>,
    /// Whether a wrong PIN is answered `63Cx`; else `6982`.
    pub tells_tries: bool,
    /// Whether DO 6E wraps the discretionary objects in 73.
    pub nested: bool,
    /// Longest PIN in bytes.
    pub pin_max: u8,
    /// Bits of the public exponent in the attributes of RSA keys.
    pub exponent_bits: u16,
    /// Whether the keys can be told to wait for a touch.
    pub touch: bool,
    /// Firmware of a YubiKey, which brings commands of its own.
    pub firmware: Option<[u8; 3]>,
}

/// GET CHALLENGE is there.
pub(super) const GET_CHALLENGE: u8 = 0x40;
/// Keys can be imported.
pub(super) const IMPORT: u8 = 0x20;
/// The first byte of DO C4 can be written.
pub(super) const PW_STATUS: u8 = 0x10;
/// There are private data objects.
pub(super) const PRIVATE: u8 = 0x08;
/// Algorithm attributes can be written.
pub(super) const ATTRIBUTES: u8 = 0x04;
/// PSO:ENCIPHER and DECIPHER with AES.
pub(super) const AES: u8 = 0x02;
/// The KDF object is there.
pub(super) const KDF: u8 = 0x01;

impl Model {
    /// Version 3.4 with all there is, of no manufacturer.
    #[must_use]
    pub fn version_3(serial: u32) -> Self {
        Self {
            version: [0x03, 0x04],
            manufacturer: 0xFFFE,
            serial,
            flags: GET_CHALLENGE | IMPORT | PW_STATUS | PRIVATE | ATTRIBUTES | AES | KDF,
            challenge: 255,
            certificate: 2048,
            special: 255,
            environment: true,
            extended: Some((2048, 2048)),
            tells_tries: true,
            nested: true,
            pin_max: 64,
            exponent_bits: 32,
            touch: true,
            firmware: None,
        }
    }

    /// Version 3.4 like that of a YubiKey of this firmware.
    #[must_use]
    pub fn yubikey(firmware: [u8; 3], serial: u32) -> Self {
        Self {
            manufacturer: 0x0006,
            flags: GET_CHALLENGE | IMPORT | PW_STATUS | PRIVATE | ATTRIBUTES | KDF,
            challenge: 0x0BFE,
            environment: false,
            extended: Some((0x0BFE, 0x0BFE)),
            pin_max: 127,
            exponent_bits: 17,
            firmware: Some(firmware),
            ..Self::version_3(serial)
        }
    }

    /// Version 2.1 like the cards of the FSF Europe: RSA only, wrong PINs are not counted
    /// aloud.
    #[must_use]
    pub fn version_2(serial: u32) -> Self {
        Self {
            version: [0x02, 0x01],
            manufacturer: 0x0005,
            flags: GET_CHALLENGE | IMPORT | PW_STATUS | PRIVATE | ATTRIBUTES,
            extended: Some((2048, 2048)),
            environment: false,
            tells_tries: false,
            pin_max: 32,
            touch: false,
            ..Self::version_3(serial)
        }
    }

    /// The same card that takes short commands only.
    #[must_use]
    pub fn short_only(self) -> Self {
        Self {
            extended: None,
            ..self
        }
    }

    /// The whole application identifier (4.2.1).
    pub(super) fn aid(&self) -> [u8; 16] {
        let mut aid = [0; 16];
        let parts = super::AID
            .into_iter()
            .chain(self.version)
            .chain(self.manufacturer.to_be_bytes())
            .chain(self.serial.to_be_bytes());
        for (to, from) in aid.iter_mut().zip(parts) {
            *to = from;
        }
        aid
    }

    pub(super) fn is_version_3(&self) -> bool {
        self.version >= [3, 0]
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Historical bytes (6): card services, capabilities, life cycle.
    pub(super) fn historical(&self, terminated: bool) -> [u8; 10] {
        // Command chaining, extended length fields, DO 7F66 tells how long.
        let lengths = match (self.extended, self.is_version_3()) {
            (None, _) => 0x80,
            (Some(_), false) => 0xC0,
            (Some(_), true) => 0xE0,
        };
        let state = if terminated { 0x03 } else { 0x05 };
        [
            0x00, 0x31, 0xF5, 0x73, 0xC0, 0x01, lengths, state, 0x90, 0x00,
        ]
    }

    /// Extended capabilities (4.4.3.7).
    pub(super) fn capabilities(&self) -> [u8; 10] {
        let [challenge, certificate] = [self.challenge, self.certificate].map(u16::to_be_bytes);
        let tail = if self.is_version_3() {
            let [high, low] = self.special.to_be_bytes();
            [high, low, 0x00, u8::from(self.environment)]
        } else {
            let (command, response) = self.extended.unwrap_or((255, 256));
            let [a, b] = command.to_be_bytes();
            let [c, d] = response.to_be_bytes();
            [a, b, c, d]
        };
        let mut bytes = [0; 10];
        let parts = [self.flags, 0x00]
            .into_iter()
            .chain(challenge)
            .chain(certificate)
            .chain(tail);
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = from;
        }
        bytes
    }
}
