//! What a CardOS card tells of itself beyond what is on it, as data.

use serde::Serialize;

use super::Text;

/// The operating system of a card, where its answer to reset tells it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardSystem {
    /// CardOS M4 and V4.
    Cardos4,
    /// CardOS V5.
    Cardos5,
}

/// What a card is on which no application answers, as far as its system tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardCondition {
    /// Formatted, and nothing is on it yet.
    Blank,
    /// As the maker of the chip delivers it: it does nothing before a secret of the maker's is used.
    Raw,
    /// Erased without being formatted after that.
    Erased,
    /// Something is on it that no driver here reads.
    Foreign,
}

/// Everything that a CardOS card tells of itself: what `cardos-tool --info` prints. What the card
/// does not tell is absent here and named in `not_told`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardOsSheet {
    /// The name of the system, with version and maker.
    pub info: Option<Told<Text>>,
    /// The chip.
    pub chip: Option<Told<CardOsChip>>,
    /// The version of the system.
    pub version: Option<Told<CardOsVersion>>,
    /// Where in its life the card is.
    pub life_cycle: Option<Told<CardOsLife>>,
    /// Which rights are proved in the directory that is selected; the form is not public.
    #[serde(serialize_with = "super::as_optional_hex")]
    pub security_status: Option<Vec<u8>>,
    /// Free bytes, probably those of the directory that is selected.
    pub free_memory: Option<Told<u32>>,
    /// Where the answer to reset comes from.
    pub atr_status: Option<Told<AtrSource>>,
    /// Additions to the system.
    pub packages: Option<Told<CardOsPackages>>,
    /// Memory and processor.
    pub hardware: Option<Told<CardOsHardware>>,
    /// Free bytes of the whole card.
    pub free_eeprom: Option<Told<u32>>,
    /// The longest data field of a command, in bytes.
    pub longest_data: Option<Told<u32>>,
    /// The keys that guard the card as a whole.
    pub keys: Option<Told<CardOsKeys>>,
    /// The way to the directory that is selected, two bytes for each step below the root.
    #[serde(serialize_with = "super::as_optional_hex")]
    pub path: Option<Vec<u8>>,
    /// What the card did not tell.
    pub not_told: Vec<NotTold>,
}

/// Something that a card told.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Told<T> {
    /// The bytes, as they came.
    #[serde(serialize_with = "super::as_hex")]
    pub raw: Vec<u8>,
    /// What they say; nothing if they are too few to say it.
    pub value: Option<T>,
}

/// Something that a card did not tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct NotTold {
    /// What.
    pub object: CardOsObject,
    /// The status word in its place; nothing if the answer was none.
    pub status: Option<u16>,
}

/// What a CardOS card can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardOsObject {
    /// The name of the system.
    Info,
    /// The chip.
    Chip,
    /// The version of the system.
    Version,
    /// Where in its life the card is.
    LifeCycle,
    /// Which rights are proved.
    SecurityStatus,
    /// Free bytes of the directory.
    FreeMemory,
    /// Where the answer to reset comes from.
    AtrStatus,
    /// Additions to the system.
    Packages,
    /// Memory and processor.
    Hardware,
    /// Free bytes of the card.
    FreeEeprom,
    /// The longest data field.
    LongestData,
    /// The keys that guard the card.
    Keys,
    /// The directory that is selected.
    Path,
}

/// The chip of a card.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CardOsChip {
    /// A number of the maker's for this kind of chip; version 5 does not tell it.
    pub kind: Option<u8>,
    /// The serial number, which no other chip has.
    #[serde(serialize_with = "super::as_hex")]
    pub serial: Vec<u8>,
}

/// The version of the system.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CardOsVersion {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
    /// What the product of these numbers is called: "CardOS M4.2B".
    pub name: Option<&'static str>,
}

/// Where in its life a card is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CardOsLife {
    /// The number that the card has for it.
    pub number: u8,
    /// What it means.
    pub phase: LifePhase,
}

/// The phases in the life of a card.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LifePhase {
    /// As the maker of the chip delivers it.
    Manufacturing,
    /// On its way from the maker.
    Initialization,
    /// On its way from the maker.
    PhysicalPersonalization,
    /// On its way from the maker.
    Personalization,
    /// Files and objects can be made and removed.
    Administration,
    /// Everyday use.
    Operational,
    /// An erasing was begun.
    EraseInProgress,
    /// It does nothing any more.
    Death,
    /// A number without a known meaning.
    Unknown,
}

/// Where an answer to reset comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AtrSource {
    /// From the maker.
    Rom,
    /// It was set later.
    Eeprom,
    /// A number without a known meaning.
    Unknown,
}

/// Additions to the system. Erasing the card removes them for ever.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CardOsPackages {
    /// Those that could be read.
    pub list: Vec<CardOsPackage>,
    /// Whether the list holds something that is no package.
    pub damaged: bool,
}

/// An addition to the system.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CardOsPackage {
    /// The number of who made it.
    pub manufacturer: u8,
    /// Number, version and system version.
    #[serde(serialize_with = "super::as_hex")]
    pub id: Vec<u8>,
    /// Whether it may be used; nothing if the card does not say so.
    pub licensed: Option<bool>,
    /// What it adds, where that is known.
    pub known: Option<KnownPackage>,
}

/// Packages whose meaning is public.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownPackage {
    /// RSA keys of 2048 bits.
    LongKeys,
    /// A wrong PIN is answered with the tries left.
    TriesLeft,
}

/// Memory and processor.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CardOsHardware {
    /// Working memory, in KiB.
    pub ram: u16,
    /// Memory for files and objects, in KiB.
    pub eeprom: u16,
    /// The kind of processor.
    pub cpu: u8,
    /// The configuration of the chip.
    pub configuration: u8,
    /// The number of who made the chip; version 5 tells it.
    pub manufacturer: Option<u8>,
}

/// The keys that guard a card as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CardOsKeys {
    /// It lets packages in.
    pub package_load: SystemKey,
    /// It lets the card be erased and formatted.
    pub start: SystemKey,
}

/// One of these keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct SystemKey {
    /// Its version: FF after the vendor's key was replaced once.
    pub version: u8,
    /// Wrong keys until it is blocked.
    pub tries: u8,
}
