//! Single facts with a name, for everything that has no field of its own.

use serde::Serialize;

use super::Text;

/// One fact.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fact {
    /// What it is about.
    pub name: FactName,
    /// What it says.
    pub value: FactValue,
}

impl Fact {
    /// A fact that is text from outside.
    #[must_use]
    pub fn text(name: FactName, text: Text) -> Self {
        Self {
            name,
            value: FactValue::Text(text),
        }
    }

    /// A fact that is bytes.
    #[must_use]
    pub fn hex(name: FactName, bytes: &[u8]) -> Self {
        Self {
            name,
            value: FactValue::Bytes(bytes.to_vec()),
        }
    }

    /// A fact that is a number.
    #[must_use]
    pub fn number(name: FactName, number: u64) -> Self {
        Self {
            name,
            value: FactValue::Number(number),
        }
    }

    /// A fact that is true or not.
    #[must_use]
    pub fn flag(name: FactName, flag: bool) -> Self {
        Self {
            name,
            value: FactValue::Flag(flag),
        }
    }
}

/// What a fact says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "value")]
pub enum FactValue {
    /// Text from outside, or a technical name.
    Text(Text),
    /// Bytes, shown in hexadecimal.
    Bytes(#[serde(serialize_with = "super::as_hex")] Vec<u8>),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// A moment, in seconds since 1970.
    Time(i64),
    /// A day: year, month, day.
    Day(u16, u8, u8),
    /// ISO/IEC 5218 sex codes as OpenPGP cards store them.
    Salutation(Salutation),
    /// Which of several things are so.
    Flags(Vec<Flag>),
    /// How a PIN is coded.
    Coding(PinCoding),
    /// Room in a file.
    Space(Space),
}

/// Room for more objects in a file (ISO/IEC 7816-15, UnusedSpace).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Space {
    /// The file, as the card has its path.
    #[serde(serialize_with = "super::as_hex")]
    pub path: Vec<u8>,
    /// The first free byte of the file, from 0.
    pub index: usize,
    /// How many bytes are free from there.
    pub length: usize,
    /// Identifier of the PIN without which nothing can be written there.
    #[serde(serialize_with = "super::as_optional_hex")]
    pub auth_id: Option<Vec<u8>>,
    /// How many access rules of its own it has.
    pub rules: usize,
}

/// Things that are so or not: object flags, usages of keys, access to keys, and flags of PINs, as
/// PKCS #15 v1.1 names them (6.1.8, 6.3.1, 6.8.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the standard")]
pub enum Flag {
    // Objects.
    Private,
    Modifiable,
    // Usages.
    Encrypt,
    Decrypt,
    Sign,
    SignRecover,
    Wrap,
    Unwrap,
    Verify,
    VerifyRecover,
    Derive,
    NonRepudiation,
    // Access to keys.
    Sensitive,
    Extractable,
    AlwaysSensitive,
    NeverExtractable,
    Local,
    // PINs.
    CaseSensitive,
    LocalPin,
    ChangeDisabled,
    UnblockDisabled,
    Initialized,
    NeedsPadding,
    UnblockingPin,
    SoPin,
    DisableAllowed,
    IntegrityProtected,
    ConfidentialityProtected,
    ExchangeRefData,
    // Tokens.
    ReadOnly,
    LoginRequired,
    PrnGeneration,
    EidCompliant,
}

/// How a PIN is coded (PKCS #15 v1.1, 6.8.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the standard")]
pub enum PinCoding {
    Bcd,
    AsciiNumeric,
    Utf8,
    HalfNibbleBcd,
    Iso9564,
}

/// How the holder wants to be addressed (OpenPGP tag 5F35).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Salutation {
    /// 31.
    Male,
    /// 32.
    Female,
    /// 39.
    NotAnnounced,
}

/// What a fact is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactName {
    /// Version of the application.
    Version,
    /// Version of the token's firmware.
    Firmware,
    /// Serial number.
    Serial,
    /// Maker.
    Manufacturer,
    /// Name of the holder.
    Holder,
    /// Languages that the holder prefers.
    Languages,
    /// How the holder wants to be addressed.
    Salutation,
    /// Login name.
    Login,
    /// Where the public key can be had.
    Url,
    /// Signatures made so far.
    SignatureCounter,
    /// Whether the PIN is asked before every signature.
    PinBeforeEverySignature,
    /// Whether PINs are derived before they are sent (KDF).
    KeyDerivation,
    /// Whether the card takes commands of extended length.
    ExtendedLength,
    /// Whether the card takes chained commands.
    CommandChaining,
    /// Longest command in bytes.
    MaxCommand,
    /// Longest response in bytes.
    MaxResponse,
    /// Longest certificate in bytes.
    MaxCertificate,
    /// Whether keys can be imported.
    KeyImport,
    /// Whether algorithms can be changed.
    AlgorithmsChangeable,
    /// Whether it is delivered without a life (terminated, needs activation).
    LifeCycle,
    /// Federal agency smart credential number.
    FascN,
    /// Globally unique identifier of the card.
    Guid,
    /// Day on which the card runs out.
    Expires,
    /// Card identifier in the capability container.
    CardIdentifier,
    /// Whether the PIV PIN works.
    PivPin,
    /// Whether the global PIN works.
    GlobalPin,
    /// Which PIN comes first: whether the global one is primary.
    GlobalPinPrimary,
    /// Old keys with certificates on the card.
    RetiredOnCard,
    /// Old keys with certificates elsewhere.
    RetiredOffCard,
    /// Where the certificates of old keys are.
    RetiredUrl,
    /// Answer to reset.
    Atr,
    /// Historical bytes of the answer to reset.
    HistoricalBytes,
    /// The historical bytes read as text.
    HistoricalText,
    /// Coding convention of the answer to reset.
    Convention,
    /// Protocols that the card offers.
    Protocols,
    /// Protocol in use.
    Protocol,
    /// Whether the checksum of the answer to reset is right.
    Checksum,
    /// Highest speed that the answer to reset offers, in bits per second at 4 MHz or as factor.
    SpeedFactor,
    /// Contactless card behind a reader that makes up the answer to reset.
    Contactless,
    /// A tag of the object, with its bytes.
    Tag,
    /// What the token is called on itself.
    Label,
    /// The product.
    Model,
    /// Identifier that ties key, certificate and public key together.
    Id,
    /// Identifier of the PIN that guards it, or of a PIN itself.
    AuthId,
    /// Who sees an object, and whether it can be changed.
    ObjectFlags,
    /// What a key is allowed to do.
    Usage,
    /// How a private key may be got at.
    AccessFlags,
    /// Bits of an RSA modulus.
    ModulusLength,
    /// Bits of the field of an elliptic curve.
    FieldSize,
    /// Number of a key on the card.
    KeyReference,
    /// Whether the card computes with it itself.
    Native,
    /// Where an object is in the file system.
    Path,
    /// What a PIN is, and what can be done to it.
    PinFlags,
    /// How a PIN is coded.
    PinCoding,
    /// Fewest characters.
    MinLength,
    /// Most characters.
    MaxLength,
    /// Bytes that are stored.
    StoredLength,
    /// The byte that fills a PIN up.
    PadCharacter,
    /// Number of a PIN on the card.
    PinNumber,
    /// Whether a certificate is an authority's.
    Authority,
    /// What a token says of itself.
    TokenFlags,
    /// When a token was last changed.
    LastUpdate,
    /// Which program some data is for.
    ForProgram,
    /// Who may do what to the directory of an application.
    DirectoryAccess,
    /// Whether everybody can replace the PINs of an application.
    Unguarded,
    /// Another application of the same kind on the card, which is not read.
    OtherApplication,
    /// Where there is room for more objects.
    UnusedSpace,
    /// A list of objects that can be read after a PIN only: its name in the standard.
    Locked,
    /// The applet in whose objects an application is kept.
    KeptBy,
    /// Whether an applet has had its first set-up; it takes nothing else before.
    SetUp,
    /// Version of the applet.
    AppletVersion,
    /// Version of the protocol that the applet speaks.
    ProtocolVersion,
    /// Bytes that an applet has for objects.
    MemoryTotal,
    /// Bytes of those that are free.
    MemoryFree,
    /// Who may read, overwrite and use a key: two bytes each, 0000 for everybody, FFFF for nobody,
    /// else a bit for each PIN that is needed (MUSCLE).
    KeyRules,
    /// Whether a PIN stays what it was when it is unblocked: its PUK gives back the tries alone.
    KeepsPin,
}
