//! What the simulated card computes, checked by the `openssl` program.

use std::path::Path;

use symbolon::base::secret::Secret;
use symbolon::card::muscle::write::{self, show_pin};
use symbolon::card::muscle::{MuscleError, compute, find};
use symbolon::iso7816::{Command, StatusWord};
use symbolon::transport::channel::Channel;
use tempfile::TempDir;

use crate::bench::{Bench, JCOP, TYFONE};
use crate::life::{self, KEY, until};
use crate::support::process::{finish, tool};

/// The beginning of a padded SHA-256 digest (RFC 8017, 9.2, note 1).
const SHA256: &[u8] = &[
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// A card, a pair of places on it, and the public half in a file.
struct Pair {
    card: Bench,
    pin: &'static [u8],
    slot: u8,
    len: usize,
    files: TempDir,
}

impl Pair {
    fn openssl(&self, line: &str) {
        let mut command = tool("openssl", "openssl");
        command.current_dir(&self.files).args(line.split(' '));
        finish(&mut command, "").succeeded();
    }

    fn file(&self, name: &str, content: &[u8]) {
        std::fs::write(self.files.path().join(name), content).unwrap();
    }

    fn content(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.files.path().join(name)).unwrap()
    }

    /// The applet selected, and the PIN shown.
    fn signed_in<T>(&self, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
        self.card.with(|channel| {
            find(channel).unwrap();
            show_pin(channel, 1, &Secret::new(self.pin)).unwrap();
            work(channel)
        })
    }
}

fn at(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join(path).display().to_string()
}

/// The key of a practice card, with 2048 bits.
fn practice(name: &str) -> Pair {
    let pair = Pair {
        card: Bench::practice(name),
        pin: b"654321",
        slot: 0,
        len: 256,
        files: tempfile::tempdir().unwrap(),
    };
    let certificate = at("data/practice/anna-authentication.crt");
    pair.openssl(&format!(
        "x509 -inform DER -in {certificate} -noout -pubkey -out public.pem"
    ));
    pair
}

/// An imported key of 1024 bits.
fn imported(atr: &[u8]) -> Pair {
    let pair = Pair {
        card: Bench::blank(atr),
        pin: life::PIN,
        slot: 2,
        len: 128,
        files: tempfile::tempdir().unwrap(),
    };
    until(&pair.card, "store a certificate");
    pair.openssl(&format!(
        "pkey -inform DER -in {} -pubout -out public.pem",
        at(KEY)
    ));
    pair
}

fn all() -> [(&'static str, Pair); 4] {
    [
        ("2048 bits, T=1", practice("muscle-used")),
        ("2048 bits, T=0", practice("muscle-t0")),
        ("1024 bits, T=1", imported(JCOP)),
        ("1024 bits, T=0", imported(TYFONE)),
    ]
}

#[test]
fn openssl_verifies_what_the_card_signs_and_the_card_opens_what_it_encrypts() {
    for (what, pair) in all() {
        pair.file("message", b"The text that is signed.");
        pair.openssl("dgst -sha256 -binary -out digest message");
        let info = [SHA256, &pair.content("digest")].concat();
        let mut padded = vec![0x00, 0x01];
        padded.resize(pair.len - info.len() - 1, 0xFF);
        padded.push(0x00);
        padded.extend(info);
        pair.file("secret", b"sixteen bytes...");
        pair.openssl("pkeyutl -encrypt -pubin -inkey public.pem -in secret -out cryptogram");
        let cryptogram = pair.content("cryptogram");
        let (signature, opened, after) = pair.signed_in(|channel| {
            let signature = compute::sign(channel, pair.slot, &padded).unwrap();
            let opened = compute::decrypt(channel, pair.slot, &cryptogram).unwrap();
            (signature, opened, write::survey(channel).unwrap())
        });
        pair.file("signature", &signature);
        pair.openssl("dgst -sha256 -verify public.pem -signature signature message");
        assert_eq!(opened.expose(), b"sixteen bytes...", "{what}");
        // Neither of the objects of the transfer is left.
        let left = after
            .objects
            .iter()
            .any(|object| object.id.0[..3] == [0xFF; 3]);
        assert!(!left, "{what}: {:?}", after.objects);
    }
}

/// Sheet "muscle", 7: a place keeps the padding that it was used with first.
#[test]
fn a_place_that_another_program_has_used_with_padding_says_so() {
    for (what, pair) in all().into_iter().take(2) {
        let found = pair.signed_in(|channel| {
            let other = Command::new([0xB0, 0x36, pair.slot, 0x01]).data([0x01, 0x04, 0x01, 0, 0]);
            assert_eq!(
                channel.transmit(&other).unwrap().sw,
                StatusWord::OK,
                "{what}"
            );
            let block = vec![0x11; pair.len];
            let refused = compute::sign(channel, pair.slot, &block);
            (refused, write::survey(channel).unwrap())
        });
        let slot = pair.slot;
        assert_eq!(
            found.0,
            Err(MuscleError::OtherPadding { slot }.into()),
            "{what}"
        );
        let left = found
            .1
            .objects
            .iter()
            .any(|object| object.id.0[..3] == [0xFF; 3]);
        assert!(!left, "{what}: {:?}", found.1.objects);
    }
}

/// Without the PIN, and in a place without a key.
#[test]
fn what_is_not_allowed_is_refused() {
    let pair = practice("muscle-t0");
    let block = vec![0x11; pair.len];
    let refused = pair.card.with(|channel| {
        find(channel).unwrap();
        compute::sign(channel, 0, &block)
    });
    assert_eq!(refused, Err(MuscleError::Unauthorized.into()));
    let slot = 4;
    let refused = pair.signed_in(|channel| compute::sign(channel, slot, &block));
    assert_eq!(refused, Err(MuscleError::NoKey { slot }.into()));
}
