//! Which applet it is: what differs between the builds of one source (sheet "muscle", 12 and 14).

/// A build of the applet, on the card that it was put on.
#[derive(Clone, Debug)]
pub struct Build {
    /// Of the protocol and of the applet, as GetStatus tells them.
    pub(super) versions: [u8; 4],
    /// The PIN that Setup asks for; nothing where it is not looked at.
    pub(super) transport_pin: Option<Vec<u8>>,
    /// Whether a PIN has to have two kinds of characters.
    pub(super) policy: bool,
    /// The most bytes that Setup may ask for.
    pub(super) memory: u16,
    /// What the card can make RSA keys of, in bits.
    pub(super) rsa: Vec<u16>,
    /// Whether ComputeCrypt encrypts and decrypts.
    pub(super) encryption: bool,
    /// Whether DES and triple DES are in.
    pub(super) des: bool,
    /// The longest command in bytes if extended length fields are taken.
    pub(super) extended: Option<usize>,
    /// Whether ImportKey sets the rights that it is given.
    pub(super) keeps_import_rights: bool,
    /// Whether ListKeys ends with a status word, instead of with nothing.
    pub(super) list_ends_aloud: bool,
    /// LogoutAll and GetChallenge.
    pub(super) odd_instructions: [u8; 2],
}

impl Build {
    /// Version 0.9.12 of the applet with everything that the public sources have, on a JCOP card.
    #[must_use]
    pub fn jcop() -> Self {
        Self {
            versions: [0x01, 0x03, 0x00, 0x09],
            transport_pin: Some(b"Muscle00".to_vec()),
            policy: false,
            memory: 0x7FFF,
            rsa: vec![512, 768, 1024, 1536, 1984, 2048],
            encryption: true,
            des: true,
            extended: Some(268),
            keeps_import_rights: false,
            list_ends_aloud: false,
            odd_instructions: [0x60, 0x62],
        }
    }

    /// The same as a Cyberflex card is sold with it: RSA with 1024 bits alone, short commands.
    #[must_use]
    pub fn cyberflex() -> Self {
        Self {
            rsa: vec![1024],
            des: false,
            extended: None,
            ..Self::jcop()
        }
    }

    /// Version 0.9.11 of 2003: two instructions have other numbers, lists of keys end aloud, and
    /// imported keys get the rights that were asked for.
    #[must_use]
    pub fn version_0_9_11() -> Self {
        Self {
            versions: [0x01, 0x03, 0x00, 0x07],
            policy: true,
            extended: None,
            keeps_import_rights: true,
            list_ends_aloud: true,
            odd_instructions: [0x70, 0x72],
            ..Self::jcop()
        }
    }

    /// With another transport PIN than `Muscle00`; with nothing it is not looked at.
    #[must_use]
    pub fn with_transport_pin(mut self, pin: Option<&str>) -> Self {
        self.transport_pin = pin.map(|pin| pin.as_bytes().to_vec());
        self
    }

    /// A PIN has to have characters of two kinds out of digits, capital and small letters.
    #[must_use]
    pub fn with_pin_policy(mut self) -> Self {
        self.policy = true;
        self
    }

    /// Setup gets at most so many bytes for objects.
    #[must_use]
    pub fn with_memory(mut self, bytes: u16) -> Self {
        self.memory = bytes;
        self
    }

    /// The card makes RSA keys of these sizes, in bits.
    #[must_use]
    pub fn with_rsa(mut self, bits: &[u16]) -> Self {
        self.rsa = bits.to_vec();
        self
    }

    /// Without encryption and decryption, and with that without RSA signatures.
    #[must_use]
    pub fn without_encryption(mut self) -> Self {
        self.encryption = false;
        self
    }

    /// Takes commands with short length fields only.
    #[must_use]
    pub fn short_only(mut self) -> Self {
        self.extended = None;
        self
    }

    /// The applet's own version, as GetStatus tells it.
    #[must_use]
    pub fn with_applet_version(mut self, major: u8, minor: u8) -> Self {
        self.versions[2] = major;
        self.versions[3] = minor;
        self
    }

    /// ImportKey sets the rights that it is given, as until 0.9.11.
    #[must_use]
    pub fn keeping_import_rights(mut self) -> Self {
        self.keeps_import_rights = true;
        self
    }

    /// ListKeys ends with 6700 instead of with nothing, as until 0.9.11.
    #[must_use]
    pub fn with_list_that_ends_aloud(mut self) -> Self {
        self.list_ends_aloud = true;
        self
    }
}
