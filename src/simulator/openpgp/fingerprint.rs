//! Fingerprints of version 4 keys (RFC 4880, 12.2), which the host writes to a card and not the
//! card itself. For practice cards that come with keys.

use rsa::traits::PublicKeyParts as _;
use sha1::Digest as _;

use super::attributes::Attributes;
use crate::simulator::keys::{KeyKind, PrivateKey};

/// The fingerprint of the public key of `private`, made at `created`.
pub(super) fn fingerprint(attributes: &Attributes, private: &PrivateKey, created: u32) -> [u8; 20] {
    let material = match private {
        PrivateKey::Rsa(key) => rsa(&key.n_bytes(), &key.e_bytes()),
        _ => on_curve(attributes, private.public_point()),
    };
    digest(&material, created)
}

/// The digest over a public key packet; `material` begins with the number of the algorithm.
fn digest(material: &[u8], created: u32) -> [u8; 20] {
    let mut packet = vec![0x04];
    packet.extend(created.to_be_bytes());
    packet.extend(material);
    let mut hash = sha1::Sha1::new();
    hash.update([0x99]);
    // A public key has a few hundred bytes.
    hash.update(
        u16::try_from(packet.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes(),
    );
    hash.update(packet);
    hash.finalize().into()
}

fn rsa(n: &[u8], e: &[u8]) -> Vec<u8> {
    [&[0x01][..], &mpi(n), &mpi(e)].concat()
}

/// A key on a curve (RFC 6637, 9; draft-koch-eddsa-for-openpgp-04). The card's attributes begin with
/// the same number as the packet.
fn on_curve(attributes: &Attributes, mut point: Vec<u8>) -> Vec<u8> {
    let (number, oid) = match attributes.bytes.as_slice() {
        [number, oid @ ..] => (*number, oid.strip_suffix(&[0xFF]).unwrap_or(oid)),
        [] => (0, &[][..]),
    };
    if matches!(attributes.kind, KeyKind::Ed25519 | KeyKind::X25519) {
        // A point in the curve's own form carries a prefix.
        point.insert(0, 0x40);
    }
    let mut material = vec![number, oid.len().to_le_bytes()[0]];
    material.extend_from_slice(oid);
    material.extend(mpi(&point));
    if number == 0x12 {
        // Key derivation as GnuPG chooses it: SHA-256 and AES-128, or SHA-384 and AES-256.
        material.extend(match attributes.kind {
            KeyKind::P384 => [0x03, 0x01, 0x09, 0x09],
            _ => [0x03, 0x01, 0x08, 0x07],
        });
    }
    material
}

/// A multiprecision integer: number of bits, then the bytes without leading zeros
/// (RFC 4880, 3.2).
fn mpi(bytes: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = bytes
        .iter()
        .copied()
        .skip_while(|&byte| byte == 0)
        .collect();
    let zeros = digits.first().map_or(0, |first| first.leading_zeros());
    let bits = u32::try_from(digits.len()).unwrap_or(0) * 8 - zeros;
    let mut mpi = u16::try_from(bits)
        .unwrap_or(u16::MAX)
        .to_be_bytes()
        .to_vec();
    mpi.extend(digits);
    mpi
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{digest, on_curve, rsa};
    use crate::base::hex;
    use crate::simulator::KeyKind;
    use crate::simulator::openpgp::attributes::Attributes;
    use crate::simulator::openpgp::{KeyRef, Model};

    /// When the keys of the vectors were made.
    const MADE: u32 = 1_704_067_200;

    // Public keys and fingerprints as GnuPG 2.2.40 printed them.
    #[test]
    fn fingerprints_on_curves_are_those_of_gnupg() {
        for (kind, key, point, expected) in [
            (
                KeyKind::Ed25519,
                KeyRef::Signature,
                "D8C593D53811E7FB9DE387D26C6C58163964A43B559C33439A2A4E29D12F0214",
                "860371DF10ED7215DE69C4ABD8630C5C0960E517",
            ),
            (
                KeyKind::X25519,
                KeyRef::Decryption,
                "95D74E83594EE0C653D9CB8895AFA7135D0273218BE5119F9B8795FE10102C4E",
                "E91F1D0A1B26789603649259484B0EC1CC06AE59",
            ),
            (
                KeyKind::P256,
                KeyRef::Signature,
                "041C51A6AC1FB6688564E6CBFB9A3C72452EE1D413149DDE24D8A43BB256648783739ED8AC6D4BEC2A480B208E0A42\
                 C8350682709F3CD46E5A0F1D7596C3682FC7",
                "EF51F1433E9C947D3214272C240768CA1236994C",
            ),
            (
                KeyKind::P256,
                KeyRef::Decryption,
                "040F2E4611A119972E2E7D0108429B123B6AD0D311AF3870C40B4CF6CACCED8B1E1D95F80E1BC6059BA609C0A1ED9D\
                 EF7AA3EE8B482EE72DC51BCD19CBA81ACAEA",
                "6391645792C053CB0012A9E4F4A9D982AAF427B8",
            ),
        ] {
            let attributes = Attributes::of(&Model::version_3(1), key, kind);
            let material = on_curve(&attributes, hex::decode(point).unwrap());
            assert_eq!(hex::encode(&digest(&material, MADE)), expected, "{kind:?}");
        }
    }

    #[test]
    fn the_fingerprint_of_an_rsa_key_is_that_of_gnupg() {
        let n = hex::decode(
            "F0C0521AEF7FB1682C493764D726BC75276D5229C39E1F1840760E0030496DA58710BBE8049BE11FC3A55762CA32FBC7\
             1DE30F1291E0892D1360FAEF366D745367B08C91E0866E8AC2AA7FC62566995F26AD24AF11877561E4B9D782E15F8865\
             D39F76DAB29665C4C7A38F123F8109B13C13220783A7446C7397A1588DF96EB05A956786560119B2A729EA2FEF91280C\
             6EEB670DCE12D7831C06DAC9E0F17C257C1CD49F9AB4FF333B63C34A8BA06FB7D5A4BCECAE21F66CF34B7977EEA4D740\
             91123B7947D6CF552FEA9AE80898C206A31A88AFD0573039AAC3A010B6F1B4839D60550ACB4459E9CA1E1BD199B4DE4A\
             834E99F5F109C75642C0AA08EEB1AD51",
        );
        let material = rsa(&n.unwrap(), &[0x01, 0x00, 0x01]);
        assert_eq!(
            hex::encode(&digest(&material, MADE)),
            "6CF1C0F1465AF60C7420087D8D798853E505B654"
        );
    }
}
