//! The cards that are read.

use std::time::Duration;

use tempfile::TempDir;

use crate::readings::{self, Reader, Reading};
use crate::support::cards::IndependentCard;
use crate::support::certificate::issue;
use crate::support::gnupg::GnuPg;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{Daemon, private_directory, wait_for};
use crate::support::yubico::YubicoPivTool;

/// How long a reader may take to notice a card.
const NOTICE_LIMIT: Duration = Duration::from_secs(30);

/// A card, and who can read it.
pub(crate) struct Card {
    /// How the table calls it.
    pub(crate) name: &'static str,
    make: fn(&Slot) -> Inserted,
    piv: bool,
    openpgp: bool,
}

/// What keeps a card in its reader.
enum Inserted {
    Independent { _card: IndependentCard },
    Practice { _served: Daemon, _log: TempDir },
}

/// All of them.
pub(crate) const CARDS: &[Card] = &[
    Card {
        name: "PIV (piv-authenticator), 2 keys with certificates",
        make: piv,
        piv: true,
        openpgp: false,
    },
    Card {
        name: "OpenPGP 3.4 (opcard), 3 keys",
        make: openpgp,
        piv: false,
        openpgp: true,
    },
    Card {
        name: "practice card piv-used, as a YubiKey 5",
        make: |slot| practice("piv-used", slot),
        piv: true,
        openpgp: false,
    },
    Card {
        name: "practice card piv-plain, as PIV of no special make",
        make: |slot| practice("piv-plain", slot),
        piv: true,
        openpgp: false,
    },
    Card {
        name: "practice card openpgp-used",
        make: |slot| practice("openpgp-used", slot),
        piv: false,
        openpgp: true,
    },
    Card {
        name: "practice card both: PIV and OpenPGP",
        make: |slot| practice("both", slot),
        piv: true,
        openpgp: true,
    },
];

fn piv(slot: &Slot) -> Inserted {
    let card = IndependentCard::piv(slot);
    let tool = YubicoPivTool::new(slot);
    tool.set_identifiers();
    for (place, algorithm) in [("9a", "RSA2048"), ("9c", "ECCP256")] {
        let public_key = tool.generate(place, algorithm);
        tool.import_certificate(place, &issue(&public_key, "/CN=Ada Lovelace"));
    }
    Inserted::Independent { _card: card }
}

fn openpgp(slot: &Slot) -> Inserted {
    let card = IndependentCard::openpgp(slot);
    let gnupg = GnuPg::new(slot);
    gnupg.set_holder(
        ("Ada", "Lovelace"),
        "ada",
        "en",
        "https://example.org/ada.asc",
    );
    gnupg.generate_keys("Ada Lovelace", "ada@example.org");
    gnupg.release_card();
    Inserted::Independent { _card: card }
}

fn practice(name: &str, slot: &Slot) -> Inserted {
    let log = private_directory("served-");
    let mut command = slot.command(env!("CARGO_BIN_EXE_symbolonctl"));
    command.args(["practice", "serve", name, "--port", &slot.port.to_string()]);
    let mut served = Daemon::spawn(&mut command, &log.path().join("log"));
    wait_for("a practice card in its reader", NOTICE_LIMIT, || {
        served.assert_runs();
        slot.holds_card().then_some(())
    });
    Inserted::Practice {
        _served: served,
        _log: log,
    }
}

/// A card in a reader, ready to be read.
pub(crate) struct Bench<'a> {
    card: &'static Card,
    service: &'a PrivatePcscd,
    _inserted: Inserted,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(card: &'static Card, service: &'a PrivatePcscd) -> Self {
        Self {
            card,
            service,
            _inserted: (card.make)(service.slot(0)),
        }
    }

    /// What it cost each program, ours first.
    pub(crate) fn read_by_all(&self) -> Vec<(&'static str, Reading)> {
        let reader = Reader::new(self.service);
        // OpenSC shows one application of a card, by the driver that comes first: for both it
        // has to be asked twice.
        let (opensc, one_driver) = match (self.card.piv, self.card.openpgp) {
            (true, false) => (reader.opensc(None), reader.opensc(Some("PIV-II"))),
            (false, _) => (reader.opensc(None), reader.opensc(Some("openpgp"))),
            (true, true) => {
                let other = reader.opensc(Some("openpgp"));
                (
                    reader.opensc(None) + other,
                    reader.opensc(Some("PIV-II")) + other,
                )
            }
        };
        let mut all = vec![
            (readings::OURS, reader.symbolonctl()),
            (readings::OPENSC, opensc),
            (readings::OPENSC_ONE_DRIVER, one_driver),
        ];
        if self.card.openpgp {
            all.push((readings::GNUPG, reader.gnupg()));
        }
        if self.card.piv {
            all.push((readings::YUBICO, reader.yubico_piv_tool()));
        }
        all
    }
}
