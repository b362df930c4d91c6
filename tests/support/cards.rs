//! Cards that this project did not write: `tests/independent-cards`, inserted into a reader.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use super::pcscd::Slot;
use super::process::{Daemon, private_directory, wait_for};

/// A directory with `opcard-vpicc` and `piv-vpicc` in it, if they are built already.
const PREBUILT: &str = "SYMBOLON_INDEPENDENT_CARDS";

/// How long a reader may take to notice a card. pcscd looks every 0.4 s.
const NOTICE_LIMIT: Duration = Duration::from_secs(20);

/// A card with a memory, in a reader or in the hand.
#[derive(Debug)]
pub(crate) struct IndependentCard {
    running: Option<Daemon>,
    program: PathBuf,
    slot: Slot,
    memory: TempDir,
}

impl IndependentCard {
    /// A new OpenPGP card 3.4, in the reader: serial number 0000 00000042, PW1 123456, PW3 12345678,
    /// no key.
    #[track_caller]
    pub(crate) fn openpgp(slot: &Slot) -> Self {
        Self::new("opcard-vpicc", slot)
    }

    /// A new PIV card, in the reader: serial number 5437251 (as the YubiKey command answers), PIN 123456,
    /// PUK 12345678, the default management key, no key.
    #[track_caller]
    pub(crate) fn piv(slot: &Slot) -> Self {
        Self::new("piv-vpicc", slot)
    }

    #[track_caller]
    fn new(program: &str, slot: &Slot) -> Self {
        let mut card = Self {
            running: None,
            program: programs().join(program),
            slot: slot.clone(),
            memory: private_directory("card-"),
        };
        card.insert();
        card
    }

    /// Puts the card into its reader, with all that is in its memory.
    #[track_caller]
    pub(crate) fn insert(&mut self) {
        let mut command = Command::new(&self.program);
        command
            .args(["--port", &self.slot.port.to_string()])
            .arg("--state")
            .arg(self.memory.path().join("state"))
            .arg("--log")
            .arg(self.memory.path().join("exchanges"));
        let daemon = Daemon::spawn(&mut command, &self.memory.path().join("words"));
        let daemon = self.running.insert(daemon);
        wait_for("the reader to notice its card", NOTICE_LIMIT, || {
            daemon.assert_runs();
            self.slot.holds_card().then_some(())
        });
    }

    /// Pulls the card. Returns when the reader has noticed.
    #[track_caller]
    pub(crate) fn pull(&mut self) {
        self.pull_unnoticed();
        let slot = &self.slot;
        wait_for("the reader to miss its card", NOTICE_LIMIT, || {
            (!slot.holds_card()).then_some(())
        });
    }

    /// Pulls the card and does not look back: for a test of what comes next.
    pub(crate) fn pull_unnoticed(&mut self) {
        self.running = None;
    }

    /// What the card itself received and answered since it was last inserted, for messages.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.memory.path().join("exchanges")).unwrap_or_default()
    }
}

/// Where the cards' programs are; the first caller builds them.
pub(super) fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| env::var_os(PREBUILT).map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent-cards");
    let target = crate_root.join("target");
    // Cargo's own lock lets test programs that start at once wait for each other. The first build
    // takes minutes, so it has no time limit.
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(crate_root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .output()
        .expect("cargo");
    assert!(
        output.status.success(),
        "the independent cards do not build (bindgen needs `apt-get install libclang-dev`):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    target.join("release")
}
