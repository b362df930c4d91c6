//! OpenSC and the simulated CardOS card: unmodified, it sets the card up, uses it and reads it back.

use std::path::Path;

use symbolon::simulator::{CardOs, CardOsModel};
use tempfile::TempDir;

use crate::served::ServedCard;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{finish, tool};

const SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];

/// vpcd does not say that it takes commands of any length, and M4 takes no chained ones.
const CONFIGURATION: &str = "app default {
    reader_driver pcsc { max_send_size = 65535; max_recv_size = 65536; }
}
";

/// A blank card in a service of its own, and files.
struct Bench {
    _service: PrivatePcscd,
    slot: Slot,
    card: ServedCard,
    files: TempDir,
}

impl Bench {
    fn new(card: CardOs) -> Self {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0).clone();
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("opensc.conf"), CONFIGURATION).unwrap();
        Self {
            card: ServedCard::new(card, &slot),
            _service: service,
            slot,
            files,
        }
    }

    /// Runs a program of OpenSC; words are parted by spaces.
    #[track_caller]
    fn opensc(&self, line: &str) -> String {
        let mut words = line.split(' ');
        let mut command = self.slot.tool(words.next().unwrap(), "opensc");
        command
            .current_dir(&self.files)
            .env("OPENSC_CONF", self.path().join("opensc.conf"))
            .args(["--reader", &self.slot.reader])
            .args(words);
        finish(&mut command, "").succeeded()
    }

    #[track_caller]
    fn openssl(&self, line: &str) -> String {
        let mut command = tool("openssl", "openssl");
        command.current_dir(&self.files).args(line.split(' '));
        finish(&mut command, "").succeeded()
    }

    fn path(&self) -> &Path {
        self.files.path()
    }

    /// The public key with an identifier, as OpenSC reads it from the card.
    fn public_key(&self, id: &str) {
        let pem = self.opensc(&format!("pkcs15-tool --read-public-key {id}"));
        std::fs::write(self.path().join("public.pem"), pem).unwrap();
    }
}

#[test]
fn opensc_recognises_the_card_and_tells_what_the_howto_shows() {
    let bench = Bench::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    assert_eq!(bench.opensc("opensc-tool --name").trim(), "Atos CardOS");
    let told = bench.opensc("cardos-tool --info");
    for line in [
        "Info : CardOS V4.2B (C) Siemens AG 1994-2005",
        "Chip type: 123",
        "Serial number: 27 37 c0 09 2b 18",
        "OS Version: 200.9 (that's CardOS M4.2B)",
        "Current life cycle: 32 (administration)",
        "Ram size: 4, Eeprom size: 32, cpu type: 66, chip config: 63",
        "PackageLoadKey (version 0xfe, retries 10)",
        "StartKey (version 0xff, retries 10)",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
}

#[test]
fn opensc_sets_up_a_card_and_everything_on_it_works() {
    let bench = Bench::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    bench.opensc("pkcs15-init --create-pkcs15 --so-pin 12345678 --so-puk 87654321 --label HOWTO");
    bench.opensc(
        "pkcs15-init --store-pin --auth-id 01 --label User --pin 1234 --puk 123456 --so-pin 12345678",
    );
    let keys = [
        ("45", 1024, "sign"),
        ("46", 2048, "sign,decrypt"),
        ("47", 2048, "sign"),
    ];
    for (id, bits, usage) in keys {
        bench.opensc(&format!(
            "pkcs15-init --generate-key rsa/{bits} --auth-id 01 --id {id} --key-usage {usage} --pin 1234 --so-pin 12345678"
        ));
    }
    bench.openssl(
        "req -x509 -newkey rsa:1024 -nodes -keyout k.pem -out c.pem -subj /CN=Anna -days 30",
    );
    bench.opensc(
        "pkcs15-init --store-certificate c.pem --id 45 --auth-id 01 --pin 1234 --so-pin 12345678",
    );
    bench.opensc(
        "pkcs15-init --store-private-key k.pem --id 48 --auth-id 01 --pin 1234 --so-pin 12345678",
    );

    let dump = bench.opensc("pkcs15-tool --dump");
    for part in [
        "[HOWTO]",
        "PIN [User]",
        "Private RSA Key",
        "X.509 Certificate",
    ] {
        assert!(dump.contains(part), "{part}: {dump}");
    }
    assert_eq!(dump.matches("Private RSA Key").count(), 4, "{dump}");
    assert_eq!(
        bench.opensc("pkcs15-tool --read-certificate 45").trim(),
        std::fs::read_to_string(bench.path().join("c.pem"))
            .unwrap()
            .trim()
    );

    // Signatures by a small key, a large one and an imported one are good; so is what is decrypted.
    std::fs::write(bench.path().join("digest"), [0x5A; 32]).unwrap();
    for id in ["45", "47", "48"] {
        bench.opensc(&format!(
            "pkcs15-crypt --sign --pkcs1 --sha-256 --raw --key {id} --pin 1234 --input digest --output signature"
        ));
        bench.public_key(id);
        let said = bench.openssl(
            "pkeyutl -verify -pubin -inkey public.pem -in digest -sigfile signature -pkeyopt digest:sha256",
        );
        assert!(said.contains("Verified Successfully"), "{id}: {said}");
    }
    bench.public_key("46");
    std::fs::write(bench.path().join("plain"), "by mail").unwrap();
    bench.openssl("pkeyutl -encrypt -pubin -inkey public.pem -in plain -out sealed");
    bench.opensc(
        "pkcs15-crypt --decipher --pkcs1 --raw --key 46 --pin 1234 --input sealed --output opened",
    );
    assert_eq!(
        std::fs::read(bench.path().join("opened")).unwrap(),
        b"by mail"
    );

    bench.opensc("pkcs15-tool --change-pin --auth-id 01 --pin 1234 --new-pin 4321");
    bench.opensc("pkcs15-tool --unblock-pin --auth-id 01 --puk 123456 --new-pin 1234");
    bench.opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 1234");
    bench.opensc("pkcs15-init --delete-objects cert --id 45 --pin 1234 --so-pin 12345678");
    bench
        .opensc("pkcs15-init --delete-objects privkey,pubkey --id 46 --pin 1234 --so-pin 12345678");
    let dump = bench.opensc("pkcs15-tool --dump");
    assert!(!dump.contains("X.509 Certificate"), "{dump}");
    assert_eq!(dump.matches("Private RSA Key").count(), 3, "{dump}");

    bench.card.pull();
}

#[test]
fn opensc_empties_a_card_without_so_pin_and_sets_it_up_again() {
    let bench = Bench::new(CardOs::blank(CardOsModel::m4_3b(SERIAL)));
    bench.opensc("pkcs15-init --create-pkcs15 --no-so-pin --label First");
    bench.opensc("pkcs15-init --store-pin --auth-id 01 --label User --pin 1234 --puk 123456");
    bench.opensc("pkcs15-init --generate-key rsa/2048 --auth-id 01 --id 45 --pin 1234");
    // Its erasing asks a terminal for the PINs of files that have one.
    bench.opensc("pkcs15-init --delete-objects privkey,pubkey --id 45 --pin 1234");
    bench.opensc("pkcs15-init --erase-card");
    bench.opensc("pkcs15-init --create-pkcs15 --no-so-pin --label Second");
    let dump = bench.opensc("pkcs15-tool --dump");
    assert!(
        dump.contains("[Second]") && !dump.contains("Private RSA Key"),
        "{dump}"
    );
}
