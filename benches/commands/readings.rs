//! What reading a card costs each program.

use std::env;
use std::fs;
use std::ops::Add;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::gnupg::GnuPg;
use crate::support::pcscd::{Exchange, PrivatePcscd, Slot};
use crate::support::process::{finish, private_directory};
use crate::support::yubico::YubicoPivTool;

pub(crate) const OURS: &str = "symbolonctl show";
pub(crate) const OPENSC: &str = "pkcs15-tool --dump";
pub(crate) const OPENSC_ONE_DRIVER: &str = "the same, one driver";
pub(crate) const GNUPG: &str = "gpg --card-status";
pub(crate) const YUBICO: &str = "yubico-piv-tool -a status";

/// Commands and bytes of one reading.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reading {
    pub(crate) commands: u32,
    /// Bytes of all commands.
    pub(crate) sent: u32,
    /// Bytes of all responses, status words included.
    pub(crate) received: u32,
}

impl Reading {
    fn of(exchanges: &[Exchange]) -> Self {
        let bytes = |digits: &str| u32::try_from(digits.len() / 2).unwrap();
        Self {
            commands: u32::try_from(exchanges.len()).unwrap(),
            sent: exchanges.iter().map(|one| bytes(&one.command)).sum(),
            received: exchanges.iter().map(|one| bytes(&one.response)).sum(),
        }
    }
}

impl Add for Reading {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            commands: self.commands + other.commands,
            sent: self.sent + other.sent,
            received: self.received + other.received,
        }
    }
}

/// The reader with the card, and a home for the programs.
pub(crate) struct Reader<'a> {
    service: &'a PrivatePcscd,
    home: TempDir,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(service: &'a PrivatePcscd) -> Self {
        Self {
            service,
            home: private_directory("bench-"),
        }
    }

    fn slot(&self) -> &Slot {
        self.service.slot(0)
    }

    /// Counts what goes to the card while `run` runs.
    fn count(&self, run: impl FnOnce()) -> Reading {
        let before = self.service.exchanges().len();
        run();
        let exchanges = self.service.exchanges();
        let exchanges = &exchanges[before..];
        if env::var_os("SYMBOLON_BENCH_EXCHANGES").is_some() {
            for one in exchanges {
                println!("{} -> {}", one.command, one.response);
            }
            println!();
        }
        let reading = Reading::of(exchanges);
        assert!(reading.commands > 0, "nothing went to the card");
        reading
    }

    /// A home of its own: nothing that one program kept helps another, or itself.
    fn at_home(&self, mut command: Command) -> Command {
        command
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("XDG_CACHE_HOME", self.home.path().join("cache"))
            .env("XDG_RUNTIME_DIR", self.home.path());
        command
    }

    /// `symbolonctl show --json`. What it says of its own costs has to be what the service saw.
    pub(crate) fn symbolonctl(&self) -> Reading {
        let mut said = String::new();
        let reading = self.count(|| {
            let command = self.slot().command(env!("CARGO_BIN_EXE_symbolonctl"));
            let mut command = self.at_home(command);
            command.arg("--reader").arg(&self.slot().reader);
            said = finish(command.args(["show", "--json"]), "").succeeded();
        });
        let document: Value = serde_json::from_str(&said).unwrap();
        let applications = document["token"]["applications"].as_array().unwrap();
        assert!(!applications.is_empty(), "nothing was read: {said}");
        assert_eq!(document["bytes_sent"], reading.sent);
        assert_eq!(document["bytes_received"], reading.received);
        reading
    }

    /// `pkcs15-tool --dump`, with the drivers of a new installation or one alone.
    pub(crate) fn opensc(&self, driver: Option<&str>) -> Reading {
        let text = driver.map_or(CONFIGURATION.to_owned(), |driver| {
            CONFIGURATION.replace(
                "default {",
                &format!("default {{\n\tcard_drivers = {driver};"),
            )
        });
        let file = self.home.path().join("opensc.conf");
        fs::write(&file, text).unwrap();
        self.count(|| {
            let command = self.slot().tool("pkcs15-tool", "opensc");
            let mut command = self.at_home(command);
            command.env("OPENSC_CONF", &file);
            command.args(["--reader", &self.slot().reader, "--dump"]);
            let said = finish(&mut command, "").succeeded();
            assert!(said.contains("Private "), "no key was seen: {said}");
        })
    }

    /// `gpg --card-status`, with a new `scdaemon`.
    pub(crate) fn gnupg(&self) -> Reading {
        let gnupg = GnuPg::new(self.slot());
        self.count(|| {
            let said = finish(gnupg.gpg().arg("--card-status"), "").succeeded();
            assert!(said.contains("Signature key"), "no card was seen: {said}");
            gnupg.release_card();
        })
    }

    /// `yubico-piv-tool -a status`.
    pub(crate) fn yubico_piv_tool(&self) -> Reading {
        let tool = YubicoPivTool::new(self.slot());
        self.count(|| {
            let said = finish(&mut tool.tool("status"), "").succeeded();
            assert!(said.contains("Slot 9a"), "no slot was seen: {said}");
        })
    }
}

/// What Debian installs as `/etc/opensc/opensc.conf`.
const CONFIGURATION: &str = "app default {\n\tframework pkcs15 {\n\t}\n}\n";
