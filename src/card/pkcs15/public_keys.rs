//! Public keys as cards have them in their files (sheet, 6, PuKDF).

use super::bits::{INTEGER, OCTET_STRING, next_if};
use super::reading::whole;
use crate::iso7816::tlv::ber;
use crate::pki::public_key;
use crate::token::{Curve, PublicKey};

/// The key in a file: SubjectPublicKeyInfo, RSAPublicKey, a template with its numbers, or a point.
pub(super) fn of(bytes: &[u8]) -> Option<PublicKey> {
    if let Ok(key) = public_key::from_spki(whole(bytes)) {
        return Some(key);
    }
    if let Some(template) = ber::find(bytes, &[0x7F49]) {
        return match ber::find(template, &[0x86]) {
            Some(point) => on_its_curve(point),
            None => {
                let (n, e) = (ber::find(template, &[0x81])?, ber::find(template, &[0x82])?);
                public_key::rsa(n, e).ok()
            }
        };
    }
    if let Some(point) = point(bytes) {
        return on_its_curve(point);
    }
    let sequence = ber::objects(bytes).next()?;
    let mut numbers = sequence.children();
    let modulus = next_if(&mut numbers, INTEGER)?;
    let exponent = next_if(&mut numbers, INTEGER)?;
    public_key::rsa(modulus, exponent).ok()
}

/// Whether the file holds a point and nothing that tells its curve: the key is known then, but
/// not which it is.
pub(super) fn is_bare_point(bytes: &[u8]) -> bool {
    let template = ber::find(bytes, &[0x7F49]);
    let in_template = template.and_then(|template| ber::find(template, &[0x86]));
    let point = in_template.or_else(|| point(bytes));
    // A field of 20 bytes at least, and at most that of P-521.
    point.is_some_and(|point| {
        matches!(point, [0x04, xy @ ..] if xy.len().is_multiple_of(2) && (40..=132).contains(&xy.len()))
    })
}

/// ECPoint (RFC 5480, 2.2): an OCTET STRING.
fn point(bytes: &[u8]) -> Option<&[u8]> {
    let object = ber::objects(bytes).next()?;
    (object.tag == OCTET_STRING).then_some(object.value)
}

/// The key of a point whose curve nobody tells: of the curves of its length, the one it lies on.
/// Those of the NIST can be told so; P-521 is alone with its length.
fn on_its_curve(point: &[u8]) -> Option<PublicKey> {
    // Half of all compressed points are on any curve.
    if point.first() != Some(&0x04) {
        return None;
    }
    let curves = [Curve::P256, Curve::P384, Curve::P521];
    curves
        .into_iter()
        .find_map(|curve| public_key::elliptic(curve, point).ok())
}
