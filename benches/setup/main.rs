//! What a set-up costs: a blank CardOS card gets PKCS#15 with an SO-PIN, a PIN, an RSA key of 2048 bits that it
//! makes, and the certificate for that, once by `pkcs15-init` and once by `symbolonctl plan run`;
//! `cargo bench --bench setup`.
//!
//! Both work on the same simulated card in a private smart card service, one after the other; counted is what the
//! service noted in its log. Symbolon also looks at the whole token before it begins and when it is done, so as to
//! show it and to compare it with what was promised; that is told apart, as `symbolonctl show` costs it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::fs;
use std::process::Command;
use std::time::Duration;

use common::in_english;
use common::table::{Table, ratio};
use support::pcscd::PrivatePcscd;
use support::process::{Daemon, finish, private_directory, tool, wait_for};
use tempfile::TempDir;

/// How long a reader may take to notice a card.
const NOTICE_LIMIT: Duration = Duration::from_secs(30);

/// vpcd does not say that it takes commands of any length, and M4 takes no chained ones.
const CONFIGURATION: &str =
    "app default {\n\treader_driver pcsc { max_send_size = 65535; max_recv_size = 65536; }\n}\n";

const SET_UP: &str = "name = 'set up'\nlabel = 'VPN'\n[so-pin]\n[[pin]]\n[[key]]\n";
const STORE: &str = "name = 'store'\n[[certificate]]\nid = '45'\nfile = 'leaf.pem'\n";

fn main() {
    in_english();
    let theirs = Desk::new().opensc();
    let (all, looking) = Desk::new().symbolon();
    let mut table = Table::new(["", "commands", "of OpenSC's"]);
    let rows = [
        ("`pkcs15-init`, four times", theirs),
        ("`symbolonctl plan run`, twice: the set-up", all - looking),
        ("the same with looking before and after", all),
    ];
    for (name, commands) in rows {
        let times = ratio(f64::from(commands), f64::from(theirs));
        table.row([name.to_owned(), commands.to_string(), times]);
    }
    table.print();
}

/// A blank card in a service of its own, and files.
struct Desk {
    service: PrivatePcscd,
    _card: Daemon,
    files: TempDir,
}

impl Desk {
    fn new() -> Self {
        let service = PrivatePcscd::start(1);
        let files = private_directory("setup-");
        fs::write(files.path().join("opensc.conf"), CONFIGURATION).unwrap();
        let slot = service.slot(0);
        let mut command = slot.command(env!("CARGO_BIN_EXE_symbolonctl"));
        let port = slot.port.to_string();
        command.args(["practice", "serve", "cardos-blank", "--port", &port]);
        let mut card = Daemon::spawn(&mut command, &files.path().join("card.log"));
        wait_for("a practice card in its reader", NOTICE_LIMIT, || {
            card.assert_runs();
            slot.holds_card().then_some(())
        });
        Self {
            service,
            _card: card,
            files,
        }
    }

    /// Counts what goes to the card meanwhile.
    fn count(&self, run: impl FnOnce()) -> u32 {
        let before = self.service.exchanges().len();
        run();
        u32::try_from(self.service.exchanges().len() - before).unwrap()
    }

    fn run(&self, mut command: Command, input: &str) -> String {
        command
            .current_dir(&self.files)
            .env("OPENSC_CONF", self.files.path().join("opensc.conf"))
            .env("XDG_STATE_HOME", self.files.path().join("state"));
        finish(&mut command, input).succeeded()
    }

    fn tool(&self, line: &str) -> String {
        let mut words = line.split(' ');
        let mut command = self.service.slot(0).tool(words.next().unwrap(), "opensc");
        command
            .args(["--reader", &self.service.slot(0).reader])
            .args(words);
        self.run(command, "")
    }

    fn ours(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self
            .service
            .slot(0)
            .command(env!("CARGO_BIN_EXE_symbolonctl"));
        command
            .args(["--reader", &self.service.slot(0).reader])
            .args(arguments);
        self.run(command, input)
    }

    fn openssl(&self, line: &str) {
        let mut command = tool("openssl", "openssl");
        command.args(line.split(' '));
        self.run(command, "");
    }

    /// A certificate for the key on the card, of somebody else.
    fn certificate(&self) {
        let public = self.tool("pkcs15-tool --read-public-key 45");
        fs::write(self.files.path().join("public.pem"), public).unwrap();
        self.openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=CA -days 30",
        );
        self.openssl(
            "x509 -new -force_pubkey public.pem -subj /CN=Anna -CA ca.pem -CAkey ca.key -days 30 -out leaf.pem",
        );
    }

    fn opensc(&self) -> u32 {
        let keys = self.count(|| {
            self.tool("pkcs15-init --create-pkcs15 --so-pin 24681357 --so-puk 87654312 --label VPN");
            self.tool(
                "pkcs15-init --store-pin --auth-id 01 --label User --pin 271828 --puk 97531864 --so-pin 24681357",
            );
            self.tool(
                "pkcs15-init --generate-key rsa/2048 --auth-id 01 --id 45 --pin 271828 --so-pin 24681357",
            );
        });
        self.certificate();
        keys + self.count(|| {
            self.tool(
                "pkcs15-init --store-certificate leaf.pem --id 45 --auth-id 01 --pin 271828 --so-pin 24681357",
            );
        })
    }

    /// All commands, and those that looking at the token takes of them.
    fn symbolon(&self) -> (u32, u32) {
        for (name, profile) in [("set-up.toml", SET_UP), ("store.toml", STORE)] {
            fs::write(self.files.path().join(name), profile).unwrap();
        }
        let look = || self.count(|| drop(self.ours(&["show", "--json"], "")));
        let mut looking = look();
        let mut all = self.count(|| {
            let secrets = "24681357\n87654312\n271828\n97531864\n";
            self.ours(&["plan", "run", "set-up.toml", "--pin-fd", "0"], secrets);
        });
        looking += 2 * look();
        self.certificate();
        all += self.count(|| {
            self.ours(
                &["plan", "run", "store.toml", "--pin-fd", "0"],
                "24681357\n",
            );
        });
        looking += look();
        (all, looking)
    }
}
