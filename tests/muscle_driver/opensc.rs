//! Our cards before unmodified OpenSC, and OpenSC's before our driver.

use symbolon::card::muscle::find;
use symbolon::card::muscle::write::{self, choose};
use symbolon::token::{ApplicationKind, ApplicationState};
use tempfile::TempDir;

use crate::bench::{Bench, JCOP, TYFONE};
use crate::life::{self, CERTIFICATE, show, surveyed, until};
use crate::served::ServedCard;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{Finished, finish, tool};

/// A card in a service of its own, and files.
struct Service {
    _service: PrivatePcscd,
    slot: Slot,
    _card: ServedCard,
    files: TempDir,
}

impl Service {
    fn of(card: &Bench) -> Self {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0).clone();
        Self {
            _card: ServedCard::new(card.clone(), &slot),
            _service: service,
            slot,
            files: tempfile::tempdir().unwrap(),
        }
    }

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
}

#[test]
fn opensc_reads_what_we_have_made() {
    for atr in [JCOP, TYFONE] {
        let card = Bench::blank(atr);
        until(&card, "delete a certificate");
        let service = Service::of(&card);
        let dump = service.opensc("pkcs15-tool --dump");
        for part in [
            "[VPN Anna Rossi]",
            "PIN [Anna Rossi]",
            "X.509 Certificate [Certificate]",
        ] {
            assert!(dump.contains(part), "{part}: {dump}");
        }
        assert_eq!(dump.matches("Private RSA Key").count(), 2, "{dump}");
        assert_eq!(dump.matches("Public RSA Key").count(), 2, "{dump}");
        let pem = service.opensc("pkcs15-tool --read-certificate 45");
        std::fs::write(service.files.path().join("c.pem"), pem).unwrap();
        service.openssl("x509 -in c.pem -outform DER -out c.der");
        let der = std::fs::read(service.files.path().join("c.der")).unwrap();
        assert!(der == life::OTHER);
        for (id, bits) in [("45", "2048 bit"), ("46", "1024 bit")] {
            let key = service.opensc(&format!("pkcs15-tool --read-public-key {id}"));
            std::fs::write(service.files.path().join("k.pem"), key).unwrap();
            let text = service.openssl("pkey -pubin -in k.pem -noout -text");
            assert!(text.contains(bits), "{text}");
        }
        service.opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 11aa22bb");
        // It adds to it in its turn, with the rules of the profile that is named on the card.
        service.opensc("pkcs15-tool --change-pin --auth-id 01 --pin 11aa22bb --new-pin 99xx99yy");
    }
}

#[test]
fn opensc_finds_an_erased_card_empty() {
    let card = Bench::blank(JCOP);
    until(&card, "erase");
    let done = card.with(|channel| {
        let mut survey = surveyed(channel)?;
        show(channel, &survey)?;
        write::erase(channel, &mut survey, false)
    });
    assert_eq!(done, Ok(()));
    let service = Service::of(&card);
    let dump = service.try_opensc("pkcs15-tool --dump");
    assert!(!dump.status.success(), "{dump}");
    service.opensc("pkcs15-init --create-pkcs15 -p pkcs15+onepin --pin 11aa22bb --puk 33cc44dd");
    service.opensc("pkcs15-init --generate-key rsa/2048 --auth-id 01 --id 45 --pin 11aa22bb");
}

#[test]
fn what_opensc_has_made_is_read_and_added_to() {
    for atr in [JCOP, TYFONE] {
        let card = Bench::blank(atr);
        until(&card, "personalise");
        let service = Service::of(&card);
        service
            .opensc("pkcs15-init --create-pkcs15 -p pkcs15+onepin --pin 11aa22bb --puk 33cc44dd");
        service.opensc("pkcs15-init --generate-key rsa/1024 --auth-id 01 --id 45 --pin 11aa22bb");
        service.openssl(
            "req -x509 -newkey rsa:1024 -nodes -keyout k.pem -out c.pem -subj /CN=Anna -days 30",
        );
        service.opensc("pkcs15-init --store-certificate c.pem --id 45 --auth-id 01 --pin 11aa22bb");
        drop(service);

        let counts = |card: &Bench| {
            let token = card.read();
            let found = token.application(ApplicationKind::Pkcs15).unwrap();
            assert_eq!(found.state, ApplicationState::Readable);
            [
                found.keys.len(),
                found.public_keys.len(),
                found.certificates.len(),
            ]
        };
        assert_eq!(counts(&card), [1, 1, 1]);
        card.with(|channel| {
            let mut survey = surveyed(channel).unwrap();
            show(channel, &survey).unwrap();
            let number = choose(&survey, 2048, &[0]).unwrap();
            assert_eq!(number, 1);
            let key = life::key(0x46, number, 2048);
            write::generate_key(channel, &mut survey, &key).unwrap();
            let new = life::certificate(0x46, CERTIFICATE);
            write::store_certificate(channel, &mut survey, &new).unwrap();
            find(channel).unwrap();
        });
        assert_eq!(counts(&card), [2, 2, 2]);

        let service = Service::of(&card);
        let dump = service.opensc("pkcs15-tool --dump");
        assert_eq!(dump.matches("Private RSA Key").count(), 2, "{dump}");
        let pem = service.opensc("pkcs15-tool --read-certificate 46");
        assert!(pem.contains("BEGIN CERTIFICATE"), "{pem}");
        service.opensc("pkcs15-init --delete-objects cert --id 46 --auth-id 01 --pin 11aa22bb");
        drop(service);
        assert_eq!(counts(&card), [2, 2, 1]);
    }
}
