//! `yubico-piv-tool`, Yubico's own program for PIV cards.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::certificate::Certificate;
use super::pcscd::Slot;
use super::process::{finish, private_directory};

/// The management key of every new PIV card: 3DES.
pub(crate) const MANAGEMENT_KEY: &str = "010203040506070801020304050607080102030405060708";

/// The tool, for the card in one reader. It holds the card only while it runs.
#[derive(Debug)]
pub(crate) struct YubicoPivTool {
    slot: Slot,
    directory: TempDir,
}

impl YubicoPivTool {
    /// The tool for this reader.
    pub(crate) fn new(slot: &Slot) -> Self {
        Self {
            slot: slot.clone(),
            directory: private_directory("piv-"),
        }
    }

    /// Generates a key in a slot ("9a") and returns its public half in PEM.
    #[track_caller]
    pub(crate) fn generate(&self, piv_slot: &str, algorithm: &str) -> String {
        let file = self.directory.path().join("public.pem");
        let mut tool = self.tool("generate");
        tool.args(["-s", piv_slot, "-A", algorithm, &key_option()]);
        finish(tool.arg("-o").arg(&file), "").succeeded();
        fs::read_to_string(file).unwrap()
    }

    /// Writes a certificate into a slot.
    #[track_caller]
    pub(crate) fn import_certificate(&self, piv_slot: &str, certificate: &Certificate) {
        let file = self.directory.path().join("certificate.pem");
        fs::write(&file, &certificate.pem).unwrap();
        let mut tool = self.tool("import-certificate");
        tool.args(["-s", piv_slot, &key_option()]);
        finish(tool.arg("-i").arg(&file), "").succeeded();
    }

    /// Writes new card identifiers (CHUID and CCC).
    #[track_caller]
    pub(crate) fn set_identifiers(&self) {
        for action in ["set-chuid", "set-ccc"] {
            finish(self.tool(action).arg(key_option()), "").succeeded();
        }
    }

    /// Tries a PIN. `false` if the card refused it, as below.
    ///
    /// The tries left are in [`PivStatus`]: what the tool says of them after a change is wrong when the
    /// card answers 6300, which has no counter.
    #[track_caller]
    pub(crate) fn verify_pin(&self, pin: &str) -> bool {
        self.pin(self.tool("verify-pin").args(["-P", pin]))
    }

    /// Changes the PIN.
    #[track_caller]
    pub(crate) fn change_pin(&self, old: &str, new: &str) -> bool {
        self.pin(self.tool("change-pin").args(["-P", old, "-N", new]))
    }

    /// Changes the PUK.
    #[track_caller]
    pub(crate) fn change_puk(&self, old: &str, new: &str) -> bool {
        self.pin(self.tool("change-puk").args(["-P", old, "-N", new]))
    }

    /// Unblocks the PIN with the PUK.
    #[track_caller]
    pub(crate) fn unblock_pin(&self, puk: &str, new: &str) -> bool {
        self.pin(self.tool("unblock-pin").args(["-P", puk, "-N", new]))
    }

    #[track_caller]
    fn pin(&self, tool: &mut Command) -> bool {
        let done = finish(tool, "");
        let refused = done.stderr.contains(" tries left ") || done.stderr.contains(" blocked");
        assert!(done.status.success() != refused, "{done}");
        !refused
    }

    /// What the tool says of the card.
    #[track_caller]
    pub(crate) fn status(&self) -> PivStatus {
        PivStatus::parse(&finish(&mut self.tool("status"), "").succeeded())
    }

    /// The tool with one action.
    pub(crate) fn tool(&self, action: &str) -> Command {
        let mut command = self.slot.tool("yubico-piv-tool", "yubico-piv-tool");
        command.args(["-r", &self.slot.reader, "-a", action]);
        command
    }
}

/// The management key as an option. Its value must be attached: `-k KEY` asks the terminal.
fn key_option() -> String {
    format!("--key={MANAGEMENT_KEY}")
}

/// `yubico-piv-tool -a status`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct PivStatus {
    /// "5.4.3".
    pub(crate) version: String,
    pub(crate) serial: String,
    /// The value of the object in hexadecimal digits; `None` if the card has none.
    pub(crate) chuid: Option<String>,
    /// The value of the object in hexadecimal digits; `None` if the card has none.
    pub(crate) ccc: Option<String>,
    /// The slots that hold a certificate.
    pub(crate) slots: Vec<PivSlot>,
    pub(crate) tries_left: u8,
}

/// A slot with a certificate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct PivSlot {
    /// "9a".
    pub(crate) name: String,
    /// "RSA2048".
    pub(crate) algorithm: String,
    /// "CN=Ada Lovelace, O=Analytical Engines".
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// SHA-256 of the certificate, 64 small hexadecimal digits.
    pub(crate) fingerprint: String,
    /// "Nov 21 15:59:45 2026 GMT".
    pub(crate) not_before: String,
    pub(crate) not_after: String,
}

impl PivStatus {
    #[track_caller]
    fn parse(text: &str) -> Self {
        let mut status = Self::default();
        for line in text.lines() {
            let (label, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.trim().to_owned();
            if let Some(name) = label.strip_prefix("Slot ") {
                status.slots.push(PivSlot {
                    name: name.to_owned(),
                    ..PivSlot::default()
                });
                continue;
            }
            let slot = status.slots.last_mut();
            match (label.trim(), slot) {
                ("Version", _) => status.version = value,
                ("Serial Number", _) => status.serial = value,
                ("CHUID", _) => status.chuid = object(value),
                ("CCC", _) => status.ccc = object(value),
                ("PIN tries left", _) => status.tries_left = value.parse().unwrap(),
                ("Algorithm", Some(slot)) => slot.algorithm = value,
                ("Subject DN", Some(slot)) => slot.subject = value,
                ("Issuer DN", Some(slot)) => slot.issuer = value,
                ("Fingerprint", Some(slot)) => slot.fingerprint = value,
                ("Not Before", Some(slot)) => slot.not_before = value,
                ("Not After", Some(slot)) => slot.not_after = value,
                _ => panic!("unknown line {line:?} in:\n{text}"),
            }
        }
        assert!(!status.version.is_empty(), "no status:\n{text}");
        status
    }
}

/// The tool writes "No data available" for an object that is not there.
fn object(value: String) -> Option<String> {
    (!value.starts_with("No data")).then_some(value)
}
