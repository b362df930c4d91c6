//! OpenSC and the simulated MUSCLE applet: unmodified, it sets a card up, fills it and reads it
//! back, and fails where it fails with real ones.

use std::path::Path;

use symbolon::simulator::{Card, Chip, Muscle, MuscleBuild, wardrobe};
use tempfile::TempDir;

use crate::served::ServedCard;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{Finished, finish, tool};

/// JCOP21 2.3.1 with T=1, and Tyfone with T=0 (sheet "muscle", 1).
///
/// Not one of those for which OpenSC uses extended length: there 0.23 asks for 256 bytes of an
/// object at once, and writes 00 into the one byte of their length.
const JCOP: &[u8] = &[
    0x3B, 0xFA, 0x13, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45, 0x4A, 0x43, 0x4F, 0x50, 0x32, 0x31, 0x56,
    0x32, 0x33, 0x31, 0x91,
];
const TYFONE: &[u8] = &[
    0x3B, 0x6D, 0x00, 0x00, 0xFF, 0x54, 0x79, 0x66, 0x6F, 0x6E, 0x65, 0x20, 0x32, 0x34, 0x32, 0x52,
    0x32,
];

/// The HOWTO's Setup; the user PIN is 11111111, its unblock code 22222222.
const SETUP: &str = "B0:2A:00:00:38:08:4D:75:73:63:6C:65:30:30:04:01:08:30:30:30:30:30:30:30:30:08:30:30:30:30:30:30:30:30:\
                     05:02:08:31:31:31:31:31:31:31:31:08:32:32:32:32:32:32:32:32:00:00:17:70:00:02:01";

/// OpenSC changes no PIN when it creates one: it has to be told what Setup made.
const PINS: &str = "--pin 11111111 --puk 22222222";

/// A card in a service of its own, and files.
struct Bench {
    _service: PrivatePcscd,
    slot: Slot,
    card: ServedCard,
    files: TempDir,
}

impl Bench {
    fn new(card: impl Card + 'static) -> Self {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0).clone();
        Self {
            card: ServedCard::new(card, &slot),
            _service: service,
            slot,
            files: tempfile::tempdir().unwrap(),
        }
    }

    fn blank(atr: &[u8]) -> Self {
        let build = MuscleBuild::jcop();
        Self::new(Chip::new(atr).without_chaining().with(Muscle::blank(build)))
    }

    /// A card of the wardrobe.
    fn named(name: &str) -> Self {
        Self::new(wardrobe::make(name).unwrap())
    }

    /// Runs a program of OpenSC; words are parted by spaces.
    fn try_opensc(&self, line: &str) -> Finished {
        let mut words = line.split(' ');
        let mut command = self.slot.tool(words.next().unwrap(), "opensc");
        command
            .current_dir(&self.files)
            .args(["--reader", &self.slot.reader])
            .args(words);
        finish(&mut command, "")
    }

    #[track_caller]
    fn opensc(&self, line: &str) -> String {
        self.try_opensc(line).succeeded()
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

    fn written(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Sends commands after SELECT; what OpenSC prints of the answers.
    #[track_caller]
    fn send(&self, commands: &[&str]) -> String {
        let mut line = "opensc-tool -s 00:A4:04:00:06:A0:00:00:00:01:01".to_owned();
        for command in commands {
            line.push_str(" -s ");
            line.push_str(command);
        }
        self.opensc(&line)
    }
}

/// Sets a blank card up and fills it, with everything that OpenSC can do with it.
#[track_caller]
fn set_up_and_use(bench: &Bench) {
    let said = bench.send(&[SETUP]);
    assert_eq!(said.matches("SW1=0x90, SW2=0x00").count(), 2, "{said}");
    assert_eq!(bench.opensc("opensc-tool --name").trim(), "MuscleApplet");
    bench.opensc(&format!(
        "pkcs15-init --create-pkcs15 -p pkcs15+onepin {PINS}"
    ));
    bench.opensc("pkcs15-init --generate-key rsa/1024 --auth-id 01 --id 45 --pin 11111111");
    bench.openssl(
        "req -x509 -newkey rsa:1024 -nodes -keyout k.pem -out c.pem -subj /CN=Anna -days 30",
    );
    bench.opensc("pkcs15-init --store-certificate c.pem --id 46 --auth-id 01 --pin 11111111");
    bench.opensc("pkcs15-init --store-private-key k.pem --id 46 --auth-id 01 --pin 11111111");

    let dump = bench.opensc("pkcs15-tool --dump");
    for part in ["[MUSCLE]", "PIN [User PIN]", "X.509 Certificate"] {
        assert!(dump.contains(part), "{part}: {dump}");
    }
    assert_eq!(dump.matches("Private RSA Key").count(), 2, "{dump}");
    let certificate = bench.opensc("pkcs15-tool --read-certificate 46");
    assert_eq!(certificate.trim(), bench.written("c.pem").trim());
    let key = bench.opensc("pkcs15-tool --read-public-key 45");
    std::fs::write(bench.path().join("public.pem"), key).unwrap();
    let text = bench.openssl("pkey -pubin -in public.pem -noout -text");
    assert!(text.contains("1024 bit"), "{text}");

    bench.opensc("pkcs15-tool --change-pin --auth-id 01 --pin 11111111 --new-pin 33333333");
    bench.opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 33333333");
    let wrong = bench.try_opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 11111111");
    assert!(!wrong.status.success(), "{wrong}");
}

#[test]
fn opensc_sets_up_a_card_with_t1_and_reads_it_back() {
    let bench = Bench::blank(JCOP);
    set_up_and_use(&bench);
    bench.card.pull();
}

#[test]
fn opensc_sets_up_a_card_with_t0_and_reads_it_back() {
    let bench = Bench::blank(TYFONE);
    set_up_and_use(&bench);
    bench.card.pull();
}

#[test]
fn opensc_reads_the_practice_cards() {
    for name in ["muscle-used", "muscle-t0"] {
        let bench = Bench::named(name);
        let dump = bench.opensc("pkcs15-tool --dump");
        for part in [
            "[VPN Anna Rossi]",
            "PIN [Anna Rossi]",
            "Private RSA Key",
            "Public RSA Key",
            "X.509 Certificate",
        ] {
            assert!(dump.contains(part), "{name}: {part}: {dump}");
        }
        let pem = bench.opensc("pkcs15-tool --read-certificate 45");
        std::fs::write(bench.path().join("c.pem"), pem).unwrap();
        let certified = bench.openssl("x509 -in c.pem -noout -pubkey");
        let key = bench.opensc("pkcs15-tool --read-public-key 45");
        assert_eq!(key, certified, "{name}");
        bench.opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 654321");
    }
}

#[test]
fn opensc_stores_a_pin_that_setup_made() {
    let bench = Bench::blank(TYFONE);
    bench.send(&[SETUP]);
    bench.opensc("pkcs15-init --create-pkcs15 --no-so-pin --pin 11111111");
    bench.opensc(&format!(
        "pkcs15-init --store-pin --auth-id 01 --label User {PINS}"
    ));
    let pins = bench.opensc("pkcs15-tool --list-pins");
    assert!(pins.contains("PIN [User]"), "{pins}");
    bench.opensc("pkcs15-init --generate-key rsa/2048 --auth-id 01 --id 45 --pin 11111111");
    // It would be another PIN of the applet, which is not there.
    let second = bench.try_opensc(
        "pkcs15-init --store-pin --auth-id 02 --label Other --pin 44444444 --puk 55555555",
    );
    assert!(!second.status.success(), "{second}");
}

/// What OpenSC deletes of a card with one key, in its order.
const ERASE: [&str; 10] = [
    "B0:42:01:00:08:31:31:31:31:31:31:31:31",
    "B0:52:00:01:04:3F:00:2F:00",
    "B0:52:00:01:04:50:15:44:03",
    "B0:52:00:01:04:50:15:30:00",
    "B0:52:00:01:04:50:15:44:02",
    "B0:52:00:01:04:50:15:49:46",
    "B0:52:00:01:04:50:15:50:32",
    "B0:52:00:01:04:50:15:50:31",
    "B0:52:00:01:04:50:15:44:01",
    "B0:52:00:01:04:50:15:00:00",
];

#[test]
fn after_erasing_a_place_takes_no_key_of_another_size() {
    for atr in [JCOP, TYFONE] {
        let bench = Bench::blank(atr);
        bench.send(&[SETUP]);
        let create = format!("pkcs15-init --create-pkcs15 -p pkcs15+onepin {PINS}");
        let generate = |bits| {
            let line = format!(
                "pkcs15-init --generate-key rsa/{bits} --auth-id 01 --id 45 --pin 11111111"
            );
            bench.try_opensc(&line)
        };
        bench.opensc(&create);
        generate(2048).succeeded();
        let said = bench.send(&ERASE);
        assert_eq!(said.matches("SW1=0x90, SW2=0x00").count(), 11, "{said}");
        // Nothing is listed but the key.
        let said = bench.send(&["B0:58:00:00:0E", "B0:3A:00:00:0B"]);
        assert!(said.contains("SW1=0x9C, SW2=0x12"), "{said}");
        assert!(said.contains("00 03 FF 08 00 FF FF 00 02 00 02"), "{said}");
        bench.opensc(&create);
        let refused = generate(1024);
        assert!(refused.stderr.contains("Not allowed"), "{refused}");
        generate(2048).succeeded();
    }
}

#[test]
fn opensc_finds_the_erased_practice_card_empty_and_its_first_place_used() {
    let bench = Bench::named("muscle-2048-place");
    bench.opensc("pkcs15-init --create-pkcs15 -p pkcs15+onepin --pin 654321 --puk 87654321");
    let refused =
        bench.try_opensc("pkcs15-init --generate-key rsa/1024 --auth-id 01 --id 45 --pin 654321");
    assert!(refused.stderr.contains("Not allowed"), "{refused}");
    bench.opensc("pkcs15-init --generate-key rsa/2048 --auth-id 01 --id 45 --pin 654321");
    let dump = bench.opensc("pkcs15-tool --dump");
    assert!(dump.contains("Private RSA Key"), "{dump}");
}

#[test]
fn opensc_unblocks_a_pin_that_is_blocked_and_keeps_its_value() {
    let bench = Bench::named("muscle-used");
    let unblock = "pkcs15-tool --unblock-pin --auth-id 01 --puk 87654321 --new-pin 111111";
    let verify = "pkcs15-tool --verify-pin --auth-id 01 --pin";
    let refused = bench.try_opensc(unblock);
    assert!(refused.stderr.contains("Not allowed"), "{refused}");
    for _ in 0..5 {
        let wrong = bench.try_opensc(&format!("{verify} 999999"));
        assert!(!wrong.status.success(), "{wrong}");
    }
    let blocked = bench.try_opensc(&format!("{verify} 654321"));
    assert!(!blocked.status.success(), "{blocked}");
    bench.opensc(unblock);
    bench.opensc(&format!("{verify} 654321"));
    let other = bench.try_opensc(&format!("{verify} 111111"));
    assert!(!other.status.success(), "{other}");
}

#[test]
fn opensc_cannot_sign_with_such_a_card() {
    let bench = Bench::named("muscle-used");
    std::fs::write(bench.path().join("digest"), [0x5A; 20]).unwrap();
    let refused = bench.try_opensc(
        "pkcs15-crypt --sign --pkcs1 --sha-1 --raw --key 45 --pin 654321 --input digest --output signature");
    assert!(refused.stderr.contains("Not supported"), "{refused}");
}
