//! A card as pkcs15-init leaves it with its profile `pkcs15+onepin` (sheet "muscle", 10).

use super::objects::Objects;
use super::rights::Access;
use super::{Build, Muscle};
use crate::iso7816::tlv::ber;
use crate::simulator::keys::PrivateKey;
use crate::simulator::pkcs15::{bits, entry, octets, path, sequence, text};

/// Who owns a card, and what is on it.
pub struct Owner<'a> {
    /// What the card is called.
    pub label: &'a str,
    /// The name of the user PIN.
    pub pin_label: &'a str,
    /// The user PIN, at most 8 characters.
    pub pin: &'a str,
    /// Unblocks it.
    pub puk: &'a str,
    /// The PIN of the security officer.
    pub so_pin: &'a str,
    /// Unblocks that.
    pub so_puk: &'a str,
    /// An RSA key that was made on the card.
    pub key: PrivateKey,
    /// Its certificate.
    pub certificate: &'a [u8],
}

/// The identifier that everybody gives to the first key.
const ID: u8 = 0x45;

/// Everybody may do everything.
const FREE: Access = [0; 3];
/// Everybody reads, the user PIN writes and deletes.
const BY_USER: Access = [0x0000, 0x0002, 0x0002];
/// Of the mark of the directory.
const DIRECTORY: Access = [0x0002; 3];

impl Muscle {
    /// An applet that was set up and filled. Nothing if the key is no RSA key or there is no room.
    #[must_use]
    pub fn personal(build: Build, owner: &Owner<'_>) -> Option<Self> {
        let admin = (owner.so_pin, owner.so_puk);
        let mut card = Self::set_up(build, admin, (owner.pin, owner.puk));
        let bits = u16::try_from(8 * owner.key.modulus_len()).ok()?;
        let public = owner.key.rsa_public_key()?;
        let profile = b"\x01\x06pkcs15\x02\x06onepin";
        let files: [(u32, usize, Access, &[u8]); 11] = [
            (0x5015_0000, 1, DIRECTORY, &[]),
            (0x5015_4401, 0x0100, BY_USER, &aodf(owner.pin_label)),
            (0x5015_5031, 0x0100, FREE, &odf()),
            (0x3F00_2F00, 0x0080, FREE, &dir(owner.label)),
            (0x5015_5032, 0x0080, FREE, &token_info(owner.label)),
            (0x5015_4946, 0x0080, BY_USER, profile),
            (0x5015_4402, 0x0100, BY_USER, &prkdf(bits)),
            (0x5015_3000, public.len(), BY_USER, &public),
            (0x5015_4403, 0x0100, BY_USER, &pukdf(bits)),
            (
                0x5015_3100,
                owner.certificate.len(),
                BY_USER,
                owner.certificate,
            ),
            (0x5015_4404, 0x0200, BY_USER, &cdf()),
        ];
        for (id, size, access, content) in files {
            file(&mut card.objects, id, size, access, content)?;
        }
        card.put_pair(0, 1, owner.key.clone())?;
        Some(card)
    }

    /// With a key pair in two slots that nothing refers to, as erasing by OpenSC leaves it: the
    /// slots keep its size. Nothing if the key is no RSA key.
    #[must_use]
    pub fn with_forgotten_pair(mut self, private: u8, public: u8, key: PrivateKey) -> Option<Self> {
        self.put_pair(private, public, key)?;
        Some(self)
    }
}

/// An object whose rest is filled with zeros.
fn file(objects: &mut Objects, id: u32, size: usize, access: Access, content: &[u8]) -> Option<()> {
    let mut bytes = content.to_vec();
    bytes.resize(size, 0x00);
    objects.add(id, access, bytes).ok()
}

// The files, in DER.

fn odf() -> Vec<u8> {
    let mut list = Vec::new();
    for (tag, low) in [(0xA8, 0x01), (0xA0, 0x02), (0xA1, 0x03), (0xA4, 0x04)] {
        ber::push(&mut list, tag, &path(&[0x50, 0x15, 0x44, low]));
    }
    list
}

fn dir(label: &str) -> Vec<u8> {
    let mut record = ber::encode(0x4F, b"\xA0\x00\x00\x00\x63PKCS-15");
    ber::push(&mut record, 0x50, label.as_bytes());
    ber::push(&mut record, 0x51, &[0x3F, 0x00, 0x50, 0x15]);
    ber::encode(0x61, &record)
}

fn token_info(label: &str) -> Vec<u8> {
    sequence(&[
        vec![0x02, 0x01, 0x00],
        // The applet has no serial number to tell.
        octets(&[0x00, 0x00]),
        text("Identity Alliance"),
        ber::encode(0x80, label.as_bytes()),
        bits(4, &[0x10]),
        ber::encode(0xA5, &ber::encode(0x18, b"20241203120000Z")),
    ])
}

/// The user PIN, number 1: 4 to 8 characters, and a byte to fill up that is not used.
fn aodf(label: &str) -> Vec<u8> {
    let kind = [
        bits(3, &[0x08]),
        vec![0x0A, 0x01, 0x01],
        vec![0x02, 0x01, 0x04],
        vec![0x02, 0x01, 0x08],
        vec![0x02, 0x01, 0x08],
        vec![0x80, 0x01, 0x01],
        octets(&[0x00]),
        path(&[0x50, 0x15]),
    ];
    entry(&[text(label), bits(6, &[0xC0])], &[octets(&[0x01])], &kind)
}

/// The size of a key, as INTEGER.
fn modulus(bits: u16) -> Vec<u8> {
    ber::encode(0x02, &bits.to_be_bytes())
}

/// Reference 0, which OpenSC takes for slots 0 and 1.
fn prkdf(size: u16) -> Vec<u8> {
    entry(
        &[text("Private Key"), bits(6, &[0xC0]), octets(&[0x01])],
        &[
            octets(&[ID]),
            bits(5, &[0x20]),
            bits(3, &[0xB8]),
            vec![0x02, 0x01, 0x00],
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
        &[path(&[0x50, 0x15, 0x30, 0x00]), modulus(size)],
    )
}

fn cdf() -> Vec<u8> {
    let kind = [path(&[0x50, 0x15, 0x31, 0x00])];
    entry(
        &[text("Certificate"), bits(6, &[0x40])],
        &[octets(&[ID])],
        &kind,
    )
}
