//! What is done with bytes from outside, and what has to hold whatever they are.
//!
//! Each target is a function from bytes. It panics when something does not hold; the engine
//! sees that, as it sees a panic of the program, an overflow, an endless loop, and memory
//! beyond [`memory::MOST`].

pub mod actions;
mod apdu;
mod assuan;
mod atr;
mod ber;
mod cap;
mod certificate;
pub mod controls;
mod driver;
mod files;
mod gpshell;
pub mod memory;
mod oracle;
mod pem;
mod public_key;
mod reader;
pub mod script;
mod text;
mod verdict;
mod world;

/// A name, and what is done with bytes under it.
pub struct Target {
    /// The name of the program in `fuzz_targets` and of the folder in `corpus`.
    pub name: &'static str,
    /// What is done. It panics if something does not hold.
    run: fn(&[u8]),
    /// Made before memory is counted: cards, and what else stays for all inputs.
    prepare: fn(),
}

/// Data objects.
pub const BER: Target = target("ber", ber::run);
/// Answers to reset.
pub const ATR: Target = target("atr", atr::run);
/// Commands and responses.
pub const APDU: Target = target("apdu", apdu::run);
/// What a reader says.
pub const READER: Target = target("reader", reader::run);
/// Strings.
pub const TEXT: Target = target("text", text::run);
/// Certificates.
pub const CERTIFICATE: Target = target("certificate", certificate::run);
/// Public keys.
pub const PUBLIC_KEY: Target = target("public_key", public_key::run);
/// The text form of certificates.
pub const PEM: Target = target("pem", pem::run);
/// Files.
pub const FILES: Target = target("files", files::run);
/// What an agent sends to a pinentry.
pub const ASSUAN: Target = target("assuan", assuan::run);
/// Java Card packages.
pub const CAP: Target = target("cap", cap::run);
/// Scripts of gpshell.
pub const GPSHELL: Target = target("gpshell", gpshell::run);
/// Whole drivers: the bytes are the answers of a card.
pub const DRIVER: Target = Target {
    name: "driver",
    run: driver::run,
    prepare: script::prepare,
};
/// What a person does to a card that lies.
pub const ACTIONS: Target = target("actions", actions::run);

/// All of them.
pub const TARGETS: [Target; 14] = [
    BER,
    ATR,
    APDU,
    READER,
    TEXT,
    CERTIFICATE,
    PUBLIC_KEY,
    PEM,
    FILES,
    ASSUAN,
    CAP,
    GPSHELL,
    DRIVER,
    ACTIONS,
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target {
        name,
        run,
        prepare: || {},
    }
}

impl Target {
    /// The target of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Does it with `bytes`, and looks at what it cost.
    ///
    /// # Panics
    ///
    /// If anything does not hold.
    pub fn test(&self, bytes: &[u8]) {
        planted_fault(bytes);
        (self.prepare)();
        memory::bounded(|| (self.run)(bytes));
    }
}

/// With `SYMBOLON_FUZZ_TALK` in the environment the targets tell what happens, for whoever
/// looks into a finding.
fn talks() -> bool {
    use std::sync::OnceLock;
    static TALKS: OnceLock<bool> = OnceLock::new();
    *TALKS.get_or_init(|| std::env::var_os("SYMBOLON_FUZZ_TALK").is_some())
}

/// The control: with `SYMBOLON_FUZZ_CONTROL` in the environment every target panics at bytes
/// that begin with its value, so that it can be seen whether a panic is noticed at all.
fn planted_fault(bytes: &[u8]) {
    use std::sync::OnceLock;
    static PLANTED: OnceLock<Option<String>> = OnceLock::new();
    let planted = PLANTED.get_or_init(|| std::env::var("SYMBOLON_FUZZ_CONTROL").ok());
    if let Some(planted) = planted {
        assert!(
            !bytes.starts_with(planted.as_bytes()),
            "the planted fault was found"
        );
    }
}
