//! What is done to a card from its set-up to its end, one piece of work after the other.

use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::card::CardError;
use symbolon::card::muscle::write::{self, ImportedKey, Survey};
use symbolon::card::muscle::{NewIdentity, SetUp, find};
use symbolon::card::task::{KeyPurpose, NewCertificate, NewKey, NewPin};
use symbolon::pki::import;
use symbolon::transport::channel::Channel;

use crate::bench::Bench;

/// Of two kinds of characters, as some builds want it.
pub(crate) const PIN: &[u8] = b"11aa22bb";
pub(crate) const PUK: &[u8] = b"33cc44dd";

/// A certificate of 824 bytes, and another one.
pub(crate) const CERTIFICATE: &[u8] = include_bytes!("../../data/practice/thomas-signature.crt");
pub(crate) const OTHER: &[u8] = include_bytes!("../../data/practice/anna-signature.crt");

/// A key of 1024 bits in a file.
pub(crate) const KEY: &str = "data/practice/pool-rsa1024-3.key";

/// A piece of work; everything but the set-up is done with the PIN of the holder shown.
type Work = fn(&mut Channel<'_>, &mut Survey, bool) -> Result<(), CardError>;

/// In the order in which it is done.
pub(crate) const LIFE: [(&str, Work); 9] = [
    ("set up", |channel, _, again| {
        set_up(channel, b"Muscle00", PIN, again)
    }),
    ("personalise", |channel, survey, _| {
        let name = (&[0x27, 0x37, 0xC0, 0x09][..], "VPN Anna Rossi");
        write::personalise(channel, survey, name, &user_pin(), 1_795_269_430)
    }),
    ("generate", |channel, survey, _| {
        write::generate_key(channel, survey, &key(0x45, 0, 2048)).map(|_| ())
    }),
    ("import", |channel, survey, _| {
        let file = import::open(&std::fs::read(KEY).unwrap(), None)
            .unwrap()
            .key;
        let imported = ImportedKey::of(&file).unwrap();
        write::import_key(channel, survey, &key(0x46, 1, 1024), &imported)
    }),
    ("store a certificate", |channel, survey, _| {
        write::store_certificate(channel, survey, &certificate(0x45, CERTIFICATE))
    }),
    ("replace a certificate", |channel, survey, _| {
        write::store_certificate(channel, survey, &certificate(0x45, OTHER))
    }),
    ("delete a certificate", |channel, survey, _| {
        write::delete_certificate(channel, survey, &[0x45])
    }),
    ("delete a key", |channel, survey, _| {
        write::delete_key(channel, survey, &[0x46], false)
    }),
    ("erase", |channel, survey, _| {
        write::erase(channel, survey, false)
    }),
];

/// Does all of the life before that piece of work.
#[track_caller]
pub(crate) fn until(card: &Bench, name: &str) {
    for (known, work) in LIFE {
        if known == name {
            return;
        }
        let done = card.with(|channel| {
            let mut survey = surveyed(channel)?;
            show(channel, &survey)?;
            work(channel, &mut survey, false)
        });
        assert_eq!(done, Ok(()), "{known}");
    }
    panic!("{name} is not in the life of a card");
}

pub(crate) fn surveyed(channel: &mut Channel<'_>) -> Result<Survey, CardError> {
    find(channel)?;
    write::survey(channel)
}

/// Shows the PIN of the holder, where there is one.
pub(crate) fn show(channel: &mut Channel<'_>, survey: &Survey) -> Result<(), CardError> {
    if survey.pins.is_empty() {
        return Ok(());
    }
    write::show_pin(channel, 1, &Secret::new(PIN))
}

/// The first set-up; `default` is the PIN that the applet was built with.
pub(crate) fn set_up(
    channel: &mut Channel<'_>,
    default: &[u8],
    pin: &[u8],
    again: bool,
) -> Result<(), CardError> {
    let secret = |bytes: &[u8]| Secret::new(bytes);
    let (default, pin, puk) = (secret(default), secret(pin), secret(PUK));
    let (officer, officer_puk) = (secret(b"55ee66ff"), secret(b"77gg88hh"));
    let new = SetUp {
        default_pin: &default,
        officer: NewIdentity {
            pin: &officer,
            tries: 4,
            puk: &officer_puk,
            puk_tries: 1,
        },
        user: NewIdentity {
            pin: &pin,
            tries: 5,
            puk: &puk,
            puk_tries: 2,
        },
        memory: 8192,
        creators: [0, 2, 1],
    };
    write::set_up(channel, &new, again)
}

fn user_pin() -> NewPin {
    NewPin {
        number: 1,
        auth_id: Hex(vec![0x01]),
        label: "Anna Rossi".into(),
        officer: false,
        min: 4,
        tries: 5,
        puk_tries: Some(2),
    }
}

pub(crate) fn key(id: u8, number: u8, bits: u16) -> NewKey {
    NewKey {
        id: Hex(vec![id]),
        number,
        pin: 1,
        auth_id: Hex(vec![0x01]),
        label: "Private Key".into(),
        bits,
        purpose: KeyPurpose::Sign,
        modulus: None,
    }
}

pub(crate) fn certificate(id: u8, der: &[u8]) -> NewCertificate {
    NewCertificate {
        id: Hex(vec![id]),
        label: "Certificate".into(),
        authority: false,
        der: Hex(der.to_vec()),
    }
}
