//! What our recipes leave, judged by unmodified OpenSC over a real `pcscd`: it reads the token, signs and
//! decrypts with its keys, and changes and unblocks its PINs.

use std::fs;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use symbolon::base::secret::Secret;
use symbolon::pki::import;
use symbolon::plan::Private;
use symbolon::plan::recipe::Given;
use symbolon::simulator::vpcd::{self, Stop};
use symbolon::simulator::{CardOs, CardOsModel};
use tempfile::TempDir;

use crate::desk::{Desk, secrets};
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{finish, tool, wait_for};

/// How long pcscd may take to notice that a card came or went; it looks every 0.4 s.
const NOTICE_LIMIT: Duration = Duration::from_secs(20);

/// vpcd does not say that it takes commands of any length, and M4 takes no chained ones.
const CONFIGURATION: &str = "app default {
    reader_driver pcsc { max_send_size = 65535; max_recv_size = 65536; }
}
";

const PKCS11: &str = "opensc-pkcs11.so";

pub(crate) const SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];

/// A reader of a private service, OpenSC, and files.
struct Judge {
    _service: PrivatePcscd,
    slot: Slot,
    files: TempDir,
}

/// A card in the reader, until it is dropped.
struct InReader {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    slot: Slot,
}

impl Drop for InReader {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            // The test has failed already if this has.
            let _ = thread.join();
        }
        if !thread::panicking() {
            wait_for("the reader to miss its card", NOTICE_LIMIT, || {
                (!self.slot.holds_card()).then_some(())
            });
        }
    }
}

impl Judge {
    fn new() -> Self {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0).clone();
        let files = tempfile::tempdir().unwrap();
        fs::write(files.path().join("opensc.conf"), CONFIGURATION).unwrap();
        Self {
            _service: service,
            slot,
            files,
        }
    }

    fn insert(&self, desk: &Desk) -> InReader {
        let stop = Stop::new();
        let (port, plug, mut card) = (self.slot.port, stop.clone(), desk.shared());
        let thread = thread::spawn(move || {
            vpcd::serve(&mut card, port, &plug).unwrap();
        });
        wait_for("the reader to notice its card", NOTICE_LIMIT, || {
            self.slot.holds_card().then_some(())
        });
        InReader {
            stop,
            thread: Some(thread),
            slot: self.slot.clone(),
        }
    }

    /// Runs a program of OpenSC; words are parted by spaces.
    #[track_caller]
    fn opensc(&self, line: &str) -> String {
        let mut words = line.split(' ');
        let program = words.next().unwrap();
        let mut command = self.slot.tool(program, "opensc");
        command
            .current_dir(&self.files)
            .env("OPENSC_CONF", self.files.path().join("opensc.conf"));
        if program != "pkcs11-tool" {
            command.args(["--reader", &self.slot.reader]);
        }
        finish(command.args(words), "").succeeded()
    }

    #[track_caller]
    fn openssl(&self, line: &str) -> String {
        let mut command = tool("openssl", "openssl");
        command.current_dir(&self.files).args(line.split(' '));
        finish(&mut command, "").succeeded()
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.files.path().join(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.files.path().join(name), bytes).unwrap();
    }

    /// A certificate for the public key with an identifier, signed by somebody else.
    fn certificate(&self, id: &str, name: &str) -> Vec<u8> {
        let public = self.opensc(&format!("pkcs15-tool --read-public-key {id}"));
        self.write("public.pem", public.as_bytes());
        self.openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=CA -days 30",
        );
        self.openssl(&format!(
            "x509 -new -force_pubkey public.pem -subj /CN={name} -CA ca.pem -CAkey ca.key -days 30 -out leaf.pem"
        ));
        self.openssl("x509 -in leaf.pem -outform DER -out leaf.der");
        self.file("leaf.der")
    }

    /// Everything that a signing key has to be good for, and the PIN that guards it.
    fn everything_works(&self, desk: &Desk, key: &str, (pin, puk): (&str, &str)) {
        let _card = self.insert(desk);
        let dump = self.opensc("pkcs15-tool --dump");
        assert!(
            dump.contains("Private RSA Key") && dump.contains("Public RSA Key"),
            "{dump}"
        );
        let said = self.opensc(&format!(
            "pkcs11-tool --module {PKCS11} --test --login --pin {pin}"
        ));
        assert!(
            said.contains("No errors") || said.contains("no errors"),
            "{said}"
        );
        self.write("digest", &[0x5A; 32]);
        let public = self.opensc(&format!("pkcs15-tool --read-public-key {key}"));
        self.write("public.pem", public.as_bytes());
        let sign = |pin: &str| {
            self.opensc(&format!(
                "pkcs15-crypt --sign --pkcs1 --sha-256 --raw --key {key} --pin {pin} --input digest --output signature"
            ));
            let said = self.openssl(
                "pkeyutl -verify -pubin -inkey public.pem -in digest -sigfile signature -pkeyopt digest:sha256",
            );
            assert!(said.contains("Verified Successfully"), "{key}: {said}");
        };
        sign(pin);
        self.opensc(&format!(
            "pkcs15-tool --change-pin --auth-id 01 --pin {pin} --new-pin 77777777"
        ));
        sign("77777777");
        self.opensc(&format!(
            "pkcs15-tool --unblock-pin --auth-id 01 --puk {puk} --new-pin {pin}"
        ));
        sign(pin);
    }

    /// The certificate with an identifier is the one that was stored.
    fn reads_certificate(&self, desk: &Desk, id: &str, der: &[u8]) {
        let _card = self.insert(desk);
        let pem = self.opensc(&format!("pkcs15-tool --read-certificate {id}"));
        self.write("read.pem", pem.as_bytes());
        self.openssl("x509 -in read.pem -outform DER -out read.der");
        assert_eq!(self.file("read.der"), der);
    }
}

fn carry_out(desk: &Desk, profile: &str, given: Given) {
    let plan = desk.plan(profile, given);
    desk.run(&plan, &mut secrets(), None).result.unwrap();
}

fn with_certificate(der: &[u8]) -> Given {
    Given {
        certificates: [(0, der.to_vec())].into(),
        ..Given::default()
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one card and its whole life")]
fn every_recipe_leaves_a_token_that_opensc_works_with() {
    let judge = Judge::new();
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    let holder = ("123453", "8765432");
    carry_out(
        &desk,
        "name='a'\nlabel='VPN Anna Rossi'\n[so-pin]\nmin=6\n[[pin]]\nlabel='Anna'\n[[key]]\n",
        Given::default(),
    );
    judge.everything_works(&desk, "45", holder);

    // A certificate, another in its place, one of an authority, data, other names.
    let first = {
        let _card = judge.insert(&desk);
        judge.certificate("45", "First")
    };
    let store = "name='a'\n[[certificate]]\nid='45'\nfile='x'\nlabel='Anna'\n";
    carry_out(&desk, store, with_certificate(&first));
    judge.reads_certificate(&desk, "45", &first);
    let second = {
        let _card = judge.insert(&desk);
        judge.certificate("45", "Second")
    };
    carry_out(&desk, store, with_certificate(&second));
    judge.reads_certificate(&desk, "45", &second);
    let above = judge.file("ca.pem");
    let above = symbolon::pki::pem::certificates(&above).remove(0);
    carry_out(
        &desk,
        "name='a'\n[[certificate]]\nid='50'\nfile='x'\nlabel='CA'\nauthority=true\n",
        with_certificate(&above),
    );
    judge.reads_certificate(&desk, "50", &above);
    let mut secret = secrets();
    secret.give_data("note".into(), Secret::new(b"hello"));
    let given = Given {
        data: [(0, 5)].into(),
        ..Given::default()
    };
    let plan = desk.plan(
        "name='a'\n[[data]]\nlabel='note'\nprogram='demo'\nfile='x'\n",
        given,
    );
    desk.run(&plan, &mut secret, None).result.unwrap();
    carry_out(
        &desk,
        "name='a'\n[[rename]]\nwhat='token'\nlabel='Other'\n[[rename]]\nwhat='key'\nid='45'\nlabel='K'\n",
        Given::default(),
    );
    {
        let _card = judge.insert(&desk);
        let dump = judge.opensc("pkcs15-tool --dump");
        for part in [
            "[Other]",
            "[K]",
            "[CA]",
            "[Anna]",
            "Authority",
            "note",
            "demo",
        ] {
            assert!(dump.contains(part), "{part}: {dump}");
        }
        assert_eq!(
            judge.opensc("pkcs15-tool --read-data-object demo --raw"),
            "hello"
        );
    }
    judge.everything_works(&desk, "45", holder);

    // A key to decrypt, and one that goes.
    carry_out(
        &desk,
        "name='a'\n[[key]]\nid='46'\nuse='decrypt'\n[[key]]\nid='47'\nsize=1024\n",
        Given::default(),
    );
    carry_out(
        &desk,
        "name='a'\n[delete]\nkeys=['47']\ncertificates=['50']\ndata=['note']\n",
        Given::default(),
    );
    {
        let _card = judge.insert(&desk);
        let public = judge.opensc("pkcs15-tool --read-public-key 46");
        judge.write("public.pem", public.as_bytes());
        judge.write("plain", b"by mail");
        judge.openssl("pkeyutl -encrypt -pubin -inkey public.pem -in plain -out sealed");
        judge.opensc("pkcs15-crypt --decipher --pkcs1 --raw --key 46 --pin 123453 --input sealed --output opened");
        assert_eq!(judge.file("opened"), b"by mail");
        let dump = judge.opensc("pkcs15-tool --dump");
        assert_eq!(dump.matches("Private RSA Key").count(), 2, "{dump}");
        assert!(!dump.contains("[CA]") && !dump.contains("note"), "{dump}");
    }
    judge.everything_works(&desk, "45", holder);

    // A key that was made elsewhere, with its certificate.
    let file = include_bytes!("../../data/practice/thomas-authentication.key");
    let key = Private::of(&import::open(file, None).unwrap().key).unwrap();
    let certificate = include_bytes!("../../data/practice/thomas-authentication.crt");
    let given = Given {
        keys: [(0, key.modulus.clone())].into(),
        ..with_certificate(certificate)
    };
    let import = "name='a'\n[[key]]\nid='48'\nfile='x'\n[[certificate]]\nid='48'\nfile='x'\n";
    let mut secret = secrets();
    secret.give_key(vec![0x48], key);
    let plan = desk.plan(import, given);
    desk.run(&plan, &mut secret, None).result.unwrap();
    judge.reads_certificate(&desk, "48", certificate);
    judge.everything_works(&desk, "48", holder);

    // Erased and set up anew, without a security officer, once in either way. The new PIN has
    // another number than those that are asked for when the application goes: 1 and 3.
    for (erase, holder) in [
        ("application", ("123455", "8765452")),
        ("card", ("123451", "8765412")),
    ] {
        carry_out(
            &desk,
            &format!("name='a'\nerase='{erase}'\nlabel='New'\n[[pin]]\n[[key]]\nsize=1024\n"),
            Given::default(),
        );
        judge.everything_works(&desk, "45", holder);
    }
}

#[test]
fn what_opensc_has_set_up_our_recipes_go_on_with() {
    let judge = Judge::new();
    for officer in [true, false] {
        let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
        let number = if officer { 3 } else { 1 };
        {
            let _card = judge.insert(&desk);
            let (create, so) = if officer {
                ("--so-pin 123451 --so-puk 8765412", " --so-pin 123451")
            } else {
                ("--no-so-pin", "")
            };
            judge.opensc(&format!(
                "pkcs15-init --create-pkcs15 {create} --label Theirs"
            ));
            judge.opensc(&format!(
                "pkcs15-init --store-pin --auth-id 01 --label User --pin 12345{number} --puk 87654{number}2{so}"
            ));
            judge.opensc(&format!(
                "pkcs15-init --generate-key rsa/1024 --auth-id 01 --id 45 --pin 12345{number}{so}"
            ));
        }
        if !officer {
            // Everybody could put another PIN in its place (CVE-2008-2235).
            let weak = desk.cardos().area.unwrap().access;
            assert_eq!(weak.0, [0; 9]);
            carry_out(&desk, "name='a'\nsecure=true\n", Given::default());
        }
        carry_out(
            &desk,
            "name='a'\n[[key]]\nsize=1024\n[[rename]]\nwhat='token'\nlabel='Ours, and longer'\n",
            Given::default(),
        );
        let (pin, puk) = (format!("12345{number}"), format!("87654{number}2"));
        for key in ["45", "46"] {
            judge.everything_works(&desk, key, (&pin, &puk));
        }
        carry_out(&desk, "name='a'\n[delete]\nkeys=['45']\n", Given::default());
        judge.everything_works(&desk, "46", (&pin, &puk));
        carry_out(&desk, "name='a'\nerase='application'\n", Given::default());
        assert!(!desk.survey().is_set_up());
    }
}
