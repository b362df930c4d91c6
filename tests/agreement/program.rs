//! `symbolonctl` as a process, for one reader of a private service.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::pcscd::Slot;
use crate::support::process::{Daemon, Finished, finish, private_directory, wait_for};

/// The program for one reader.
pub(crate) struct Symbolonctl<'a> {
    slot: &'a Slot,
    files: TempDir,
}

impl<'a> Symbolonctl<'a> {
    pub(crate) fn new(slot: &'a Slot) -> Self {
        Self {
            slot,
            files: private_directory("symbolonctl-"),
        }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = self.slot.command(env!("CARGO_BIN_EXE_symbolonctl"));
        command
            .env("LC_ALL", "C.UTF-8")
            .arg("--reader")
            .arg(&self.slot.reader)
            .args(arguments);
        finish(&mut command, "")
    }

    /// What `show --json` says of the token.
    #[track_caller]
    pub(crate) fn token(&self) -> Value {
        let text = self.run(&["show", "--json"]).succeeded();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["schema"], "symbolon.token/1");
        document["token"].clone()
    }

    /// One application of the token.
    #[track_caller]
    pub(crate) fn application(&self, kind: &str) -> Value {
        let token = self.token();
        let applications = token["applications"].as_array().unwrap();
        let found = applications
            .iter()
            .find(|application| application["kind"] == kind);
        found
            .unwrap_or_else(|| panic!("no {kind} in {token}"))
            .clone()
    }

    /// `pin` with the secrets in a file; whether it was done, and what was said.
    pub(crate) fn pin(&self, arguments: &[&str], secrets: &[&str]) -> Finished {
        let file = self.files.path().join("secrets");
        fs::write(&file, secrets.join("\n") + "\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let file = file.to_str().unwrap();
        let mut all = vec!["pin"];
        all.extend(arguments);
        all.extend(["--pin-file", file]);
        self.run(&all)
    }
}

/// A practice card in a reader of a private service, put there by `practice serve`.
pub(crate) struct Served {
    _daemon: Daemon,
    _log: TempDir,
}

impl Served {
    #[track_caller]
    pub(crate) fn new(card: &str, slot: &Slot) -> Self {
        let log = private_directory("served-");
        let mut command = slot.command(env!("CARGO_BIN_EXE_symbolonctl"));
        command.args(["practice", "serve", card, "--port", &slot.port.to_string()]);
        let mut daemon = Daemon::spawn(&mut command, &log.path().join("log"));
        wait_for(
            "a practice card in its reader",
            std::time::Duration::from_secs(30),
            || {
                daemon.assert_runs();
                slot.holds_card().then_some(())
            },
        );
        Self {
            _daemon: daemon,
            _log: log,
        }
    }
}

/// The value of a fact of an application.
pub(crate) fn fact(application: &Value, name: &str) -> Value {
    let facts = application["facts"].as_array().unwrap();
    let found = facts.iter().find(|fact| fact["name"] == name);
    found.map_or(Value::Null, |fact| fact["value"]["value"].clone())
}

/// The number of tries left of a PIN, 0 for blocked or not set.
pub(crate) fn tries(application: &Value, role: &str) -> u64 {
    let pins = application["pins"].as_array().unwrap();
    let pin = pins.iter().find(|pin| pin["role"] == role).unwrap();
    match pin["tries"]["state"].as_str().unwrap() {
        "known" => pin["tries"]["left"].as_u64().unwrap(),
        "blocked" | "not_set" => 0,
        other => panic!("tries of {role}: {other}"),
    }
}
