//! A token as the HOWTO leaves it: set up with PINs, a key and its certificate (sheet
//! "iso7816-pkcs15", 5, 6 and 9).

use super::files::{Access, Body, Directory, Entry, File};
use super::keys;
use super::objects::{Object, Objects, PIN};
use super::{CardOs, Model};
use crate::iso7816::tlv::ber;
use crate::simulator::keys::PrivateKey;
use crate::simulator::pkcs15::{bits, entry, octets, path, sequence, text};

/// Who owns a token, and what is on it.
pub struct Owner<'a> {
    /// What the token is called.
    pub label: &'a str,
    /// The name of the user PIN.
    pub pin_label: &'a str,
    /// The user PIN.
    pub pin: &'a str,
    /// Unblocks it.
    pub puk: &'a str,
    /// The PIN of the security officer.
    pub so_pin: &'a str,
    /// Unblocks that.
    pub so_puk: &'a str,
    /// A key that was made on the card: RSA with up to 1024 or with 2048 bits.
    pub key: PrivateKey,
    /// Its certificate.
    pub certificate: &'a [u8],
}

/// Numbers of the PIN objects: the PUK of each is one more.
const SO_PIN: u8 = 1;
const USER_PIN: u8 = 3;

/// The identifier that everybody gives to the first key.
const ID: u8 = 0x45;

/// The number of the key on the card.
const KEY: u8 = 0x10;

/// Everybody may do everything.
const FREE: Access = [0; 9];
/// Everybody reads, the security officer writes.
const BY_SO: Access = [0, 1, 1, 1, 1, 1, 1, 0, 0];
/// Everybody reads, the user writes.
const BY_USER: Access = [0, 3, 0xFF, 0xFF, 0xFF, 3, 3, 0, 0];

impl CardOs {
    /// A token that is set up. Nothing if the key is none for this card.
    #[must_use]
    pub fn personal(model: Model, owner: &Owner<'_>) -> Option<Self> {
        let serial = model.serial;
        let mut card = Self::blank(model);
        let objects = &mut card.root.objects;
        pin(objects, SO_PIN, owner.so_pin, (2, 6), SO_PIN + 1);
        pin(objects, SO_PIN + 1, owner.so_puk, (10, 4), 0xFF);
        pin(objects, USER_PIN, owner.pin, (3, 4), USER_PIN + 1);
        pin(objects, USER_PIN + 1, owner.puk, (10, 4), 0xFF);
        let mut application = Directory {
            id: 0x5015,
            name: b"\xA0\x00\x00\x00\x63PKCS-15".to_vec(),
            size: 0x1000,
            access: [0, 1, 0, 0, 0, 0, 1, 0, 0],
            entries: Vec::new(),
            objects: Objects::default(),
        };
        keys::store(&mut application.objects, KEY, USER_PIN, &owner.key)?;
        let bits = u16::try_from(8 * owner.key.modulus_len()).ok()?;
        let lists = [
            (0x4401_u16, 0xA8_u32, aodf(owner)),
            (0x4402, 0xA0, prkdf(bits)),
            (0x4403, 0xA1, pukdf(bits)),
            (0x4404, 0xA4, cdf()),
        ];
        let mut odf = Vec::new();
        for (id, tag, content) in lists {
            ber::push(&mut odf, tag, &path(&[0x50, 0x15, high(id), low(id)]));
            file(&mut application.entries, id, 0x0200, BY_SO, &content);
        }
        file(&mut application.entries, 0x5031, 0x0100, FREE, &odf);
        let info = token_info(&serial, owner.label);
        file(&mut application.entries, 0x5032, exact(&info)?, FREE, &info);
        let public = owner.key.rsa_public_key()?;
        let (size, certificate) = (exact(&public)?, owner.certificate);
        file(&mut application.entries, 0x3003, size, BY_USER, &public);
        let size = exact(certificate)?;
        file(&mut application.entries, 0x3104, size, BY_USER, certificate);
        let entries = &mut card.root.entries;
        file(entries, 0x2F00, 0x0080, FREE, &dir());
        entries.push(Entry::Directory(application));
        Some(card)
    }
}

fn high(id: u16) -> u8 {
    id.to_be_bytes()[0]
}

fn low(id: u16) -> u8 {
    id.to_be_bytes()[1]
}

fn exact(content: &[u8]) -> Option<u16> {
    u16::try_from(content.len()).ok()
}

/// A file whose rest is filled with zeros.
fn file(entries: &mut Vec<Entry>, id: u16, size: u16, access: Access, content: &[u8]) {
    let mut bytes = content.to_vec();
    bytes.resize(usize::from(size), 0x00);
    entries.push(Entry::File(File {
        id,
        size,
        access,
        body: Body::Bytes(bytes),
    }));
}

fn pin(objects: &mut Objects, number: u8, value: &str, (tries, min): (u8, u8), unblock: u8) {
    let mut block = value.as_bytes().to_vec();
    block.resize(8, 0x00);
    let object = Object {
        parameters: [0x02, tries, 0x87, tries, 0xFF, 0xFF, 0x00, min],
        access: vec![0x00, number, unblock],
        value: block,
        left: tries,
    };
    objects.put(PIN, number, object);
}

// The files, in DER.

fn dir() -> Vec<u8> {
    let mut record = ber::encode(0x4F, b"\xA0\x00\x00\x00\x63PKCS-15");
    ber::push(&mut record, 0x50, b"OpenSC Card");
    ber::push(&mut record, 0x51, &[0x3F, 0x00, 0x50, 0x15]);
    ber::encode(0x61, &record)
}

fn token_info(serial: &[u8], label: &str) -> Vec<u8> {
    sequence(&[
        vec![0x02, 0x01, 0x00],
        octets(serial),
        text("OpenSC Project"),
        ber::encode(0x80, label.as_bytes()),
        bits(4, &[0x10]),
        ber::encode(0xA5, &ber::encode(0x18, b"20241203120000Z")),
    ])
}

/// One PIN: local, set and filled up; that of the security officer is said to be so.
fn pin_entry(label: &str, auth: u8, flags: Vec<u8>, min: u8, number: u8) -> Vec<u8> {
    let kind = [
        flags,
        vec![0x0A, 0x01, 0x01],
        vec![0x02, 0x01, min],
        vec![0x02, 0x01, 0x08],
        vec![0x02, 0x01, 0x08],
        vec![0x80, 0x01, number],
        octets(&[0x00]),
        path(&[0x50, 0x15]),
    ];
    entry(&[text(label), bits(6, &[0xC0])], &[octets(&[auth])], &kind)
}

fn aodf(owner: &Owner<'_>) -> Vec<u8> {
    let officer = bits(0, &[0x4D]);
    let mut list = pin_entry("Security Officer PIN", 0xFF, officer, 6, SO_PIN);
    list.extend(pin_entry(
        owner.pin_label,
        0x01,
        bits(2, &[0x4C]),
        4,
        USER_PIN,
    ));
    list
}

/// The size of a key, as INTEGER.
fn modulus(bits: u16) -> Vec<u8> {
    ber::encode(0x02, &bits.to_be_bytes())
}

fn prkdf(size: u16) -> Vec<u8> {
    entry(
        &[text("Private Key"), bits(6, &[0xC0]), octets(&[0x01])],
        &[
            octets(&[ID]),
            bits(5, &[0x20]),
            bits(3, &[0xB8]),
            vec![0x02, 0x01, KEY],
        ],
        &[path(&[0x50, 0x15]), modulus(size)],
    )
}

fn pukdf(size: u16) -> Vec<u8> {
    entry(
        &[text("Public Key"), bits(6, &[0x40])],
        &[
            octets(&[ID]),
            bits(1, &[0x02]),
            vec![0x01, 0x01, 0x00],
            vec![0x02, 0x01, 0x00],
        ],
        &[path(&[0x50, 0x15, 0x30, 0x03]), modulus(size)],
    )
}

fn cdf() -> Vec<u8> {
    let kind = [path(&[0x50, 0x15, 0x31, 0x04])];
    entry(
        &[text("Certificate"), bits(6, &[0x40])],
        &[octets(&[ID])],
        &kind,
    )
}
