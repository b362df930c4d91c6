//! GnuPG with a home of its own, and a pinentry that knows the PINs.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::card_status::CardStatus;
use super::pcscd::Slot;
use super::process::{Finished, Foreign, LastWill, finish, private_directory, write_script};

/// A GnuPG home for one reader.
///
/// `scdaemon` keeps the card open (shared) until [`GnuPg::release_card`] or the end.
#[derive(Debug)]
pub(crate) struct GnuPg {
    slot: Slot,
    home: TempDir,
    _will: LastWill,
}

/// What the pinentry answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pins<'a> {
    /// For "enter the PIN".
    pub(crate) user: &'a str,
    /// For "enter the Admin PIN".
    pub(crate) admin: &'a str,
    /// For "new PIN", and again for "repeat".
    pub(crate) new: &'a str,
}

/// The PINs of a new OpenPGP card.
pub(crate) const FACTORY_PINS: Pins<'_> = Pins {
    user: "123456",
    admin: "12345678",
    new: "",
};

impl GnuPg {
    /// A new home whose `scdaemon` uses this reader and no other.
    pub(crate) fn new(slot: &Slot) -> Self {
        Self::with(slot, "pcsc-shared\n")
    }

    /// As [`GnuPg::new`], but `scdaemon` lets nobody else at the card, as it does unless told
    /// otherwise.
    pub(crate) fn keeping(slot: &Slot) -> Self {
        Self::with(slot, "")
    }

    /// The folder of this home.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    fn with(slot: &Slot, options: &str) -> Self {
        let home = private_directory("gnupg-");
        let path = home.path();
        write_script(&path.join("pinentry"), PINENTRY);
        let agent = format!("pinentry-program {}\n", path.join("pinentry").display());
        fs::write(path.join("gpg-agent.conf"), agent).unwrap();
        let scdaemon = format!("disable-ccid\n{options}reader-port {}\n", slot.reader);
        fs::write(path.join("scdaemon.conf"), scdaemon).unwrap();
        // scdaemon is a package of its own, and gpg without it only says "No SmartCard daemon".
        assert!(
            fs::exists("/usr/lib/gnupg/scdaemon").unwrap(),
            "scdaemon is missing: install it with `apt-get install scdaemon`"
        );
        let gnupg = Self {
            slot: slot.clone(),
            _will: LastWill::write(&kill_all(slot, path)),
            home,
        };
        gnupg.set_pins(FACTORY_PINS);
        gnupg
    }

    /// Sets what the pinentry answers from now on.
    pub(crate) fn set_pins(&self, pins: Pins<'_>) {
        let Pins { user, admin, new } = pins;
        let text = format!("user={user}\nadmin={admin}\nnew={new}\n");
        fs::write(self.home.path().join("pins"), text).unwrap();
    }

    /// What the pinentry was asked for, one description a line.
    pub(crate) fn pin_questions(&self) -> String {
        fs::read_to_string(self.home.path().join("pinentry.log")).unwrap_or_default()
    }

    /// Generates the three keys on the card (RSA-2048 unless the card was told otherwise) and the
    /// OpenPGP key over them, for which the first of them signs: the signature counter moves on.
    #[track_caller]
    pub(crate) fn generate_keys(&self, name: &str, email: &str) {
        // No backup outside the card, no expiry, no comment.
        let done = self.card_edit(&format!("admin\ngenerate\nn\n0\n{name}\n{email}\n\nquit\n"));
        assert!(done.stderr.contains("[GNUPG:] KEY_CREATED B "), "{done}");
    }

    /// Writes who holds the card: given and last name, login name, language, URL.
    #[track_caller]
    pub(crate) fn set_holder(&self, name: (&str, &str), login: &str, language: &str, url: &str) {
        let (given, last) = name;
        let done = self.card_edit(&format!(
            "admin\nname\n{last}\n{given}\nlogin\n{login}\nlang\n{language}\nurl\n{url}\nquit\n"
        ));
        assert!(!done.stderr.contains("SC_OP_FAILURE"), "{done}");
    }

    /// Changes PW1. `false` if the card refused.
    #[track_caller]
    pub(crate) fn change_user_pin(&self, old: &str, new: &str) -> bool {
        self.set_pins(Pins {
            user: old,
            new,
            ..FACTORY_PINS
        });
        self.change_pin("1")
    }

    /// Changes PW3. `false` if the card refused.
    #[track_caller]
    pub(crate) fn change_admin_pin(&self, old: &str, new: &str) -> bool {
        self.set_pins(Pins {
            admin: old,
            new,
            ..FACTORY_PINS
        });
        self.change_pin("3")
    }

    /// Unblocks PW1 with PW3. `false` if the card refused.
    #[track_caller]
    pub(crate) fn unblock_user_pin(&self, admin: &str, new: &str) -> bool {
        self.set_pins(Pins {
            admin,
            new,
            ..FACTORY_PINS
        });
        self.change_pin("2")
    }

    #[track_caller]
    fn change_pin(&self, menu_entry: &str) -> bool {
        let done = self.card_edit(&format!("admin\npasswd\n{menu_entry}\nq\nquit\n"));
        let (good, bad) = (
            done.stderr.contains("[GNUPG:] SC_OP_SUCCESS"),
            done.stderr.contains("[GNUPG:] SC_OP_FAILURE"),
        );
        assert!(good != bad, "{done}");
        good
    }

    /// Signs on the card with PW1 and checks the signature. `false` if the card refused.
    #[track_caller]
    pub(crate) fn signs(&self, user_pin: &str) -> bool {
        self.set_pins(Pins {
            user: user_pin,
            ..FACTORY_PINS
        });
        // A new scdaemon: the old one may still be signed in.
        self.release_card();
        let signature = self.home.path().join("signature");
        let mut sign = self.gpg();
        sign.args(["--batch", "--yes", "--status-fd=2", "--output"]);
        let done = finish(sign.arg(&signature).arg("--sign"), "text");
        if !done.status.success() {
            let refused = ["signing failed: Bad PIN", "signing failed: PIN blocked"]
                .iter()
                .any(|words| done.stderr.contains(words));
            assert!(refused, "{done}");
            return false;
        }
        let mut verify = self.gpg();
        let text = finish(verify.arg("--decrypt").arg(&signature), "").succeeded();
        assert_eq!(text, "text");
        true
    }

    /// What gpg says of the card.
    #[track_caller]
    pub(crate) fn card_status(&self) -> CardStatus {
        let mut gpg = self.gpg();
        let text = finish(gpg.args(["--card-status", "--with-colons"]), "").succeeded();
        CardStatus::parse(&text)
    }

    /// Ends `scdaemon` and the agent, so that nobody holds the card. The next command starts them again.
    ///
    /// Both, because an agent that has not yet noticed that its `scdaemon` is gone answers "broken pipe".
    #[track_caller]
    pub(crate) fn release_card(&self) {
        let mut agent = self.slot.tool("gpg-connect-agent", "gnupg");
        agent.env("GNUPGHOME", self.home.path());
        agent.args(["--no-autostart", "GETINFO pid", "SCD GETINFO pid", "/bye"]);
        let said = finish(&mut agent, "").stdout;
        // "D 4711" for each; nothing if no agent runs.
        let processes: Vec<_> = said
            .lines()
            .filter_map(|line| line.strip_prefix("D "))
            .map(|number| Foreign::watch(number.parse().unwrap()))
            .collect();
        finish(&mut kill_all(&self.slot, self.home.path()), "").succeeded();
        for process in processes {
            process.wait_for_end();
        }
    }

    /// The `--card-edit` dialogue with these lines typed.
    #[track_caller]
    pub(crate) fn card_edit(&self, lines: &str) -> Finished {
        let mut gpg = self.gpg();
        let done = finish(
            gpg.args(["--command-fd=0", "--status-fd=2", "--card-edit"]),
            lines,
        );
        assert!(done.status.success(), "{done}");
        done
    }

    /// `gpg` with this home.
    pub(crate) fn gpg(&self) -> Command {
        let mut command = self.slot.tool("gpg", "gnupg");
        command.env("GNUPGHOME", self.home.path());
        command.arg("--no-tty");
        command
    }
}

impl Drop for GnuPg {
    fn drop(&mut self) {
        // The agent left the family of this process, so it must be asked. No panic here: a test may
        // be failing already.
        let _ = kill_all(&self.slot, self.home.path()).output();
        let mut sockets = gpgconf(&self.slot, self.home.path());
        let _ = sockets.arg("--remove-socketdir").output();
    }
}

fn kill_all(slot: &Slot, home: &Path) -> Command {
    let mut command = gpgconf(slot, home);
    command.args(["--kill", "all"]);
    command
}

fn gpgconf(slot: &Slot, home: &Path) -> Command {
    let mut command = slot.tool("gpgconf", "gnupg");
    command.env("GNUPGHOME", home);
    command
}

/// A pinentry (Assuan) that tells by the description which PIN is meant. What it does not know it
/// cancels: a wrong guess would cost a try, and gpg-agent asks for ever when a repeated PIN differs.
const PINENTRY: &str = r#"#!/bin/sh
home=$(dirname "$0")
. "$home/pins"
echo "OK Pleased to meet you"
while read -r command rest; do
    case $command in
    SETDESC) description=$rest ;;
    GETPIN)
        echo "$description" >> "$home/pinentry.log"
        case $description in
        "Please enter the Admin PIN"*) answer=$admin ;;
        "Please enter the PIN"* | "Please unlock the card"*) answer=$user ;;
        "New PIN"* | "New Admin PIN"* | "Repeat this PIN"*) answer=$new ;;
        *) echo "ERR 83886179 Operation cancelled <Pinentry>"; continue ;;
        esac
        echo "D $answer"
        ;;
    BYE) echo "OK"; exit ;;
    esac
    echo "OK"
done
"#;
