//! EF(UnusedSpace): where there is room for more objects (PKCS #15 v1.1, 5.5.9; ISO/IEC 7816-15,
//! UnusedSpace; sheet, 6).

use super::bits::{OCTET_STRING, SEQUENCE, next_if};
use super::files;
use super::objects::Place;
use crate::iso7816::tlv::ber::Tlv;
use crate::token::{Fact, FactName, FactValue, Space};

/// The most pieces that are shown.
const MAX_PIECES: usize = 32;

/// The pieces, and the numbers of the entries that are none, from 1.
pub(super) fn of(content: &[u8]) -> (Vec<Fact>, Vec<usize>) {
    let (entries, _) = files::entries(content);
    let mut pieces = Vec::new();
    let mut wrong = Vec::new();
    for (index, entry) in entries.iter().take(MAX_PIECES).enumerate() {
        match piece(entry) {
            Some(Piece::Room(space)) => pieces.push(Fact {
                name: FactName::UnusedSpace,
                value: FactValue::Space(space),
            }),
            Some(Piece::Nothing) => {}
            None => wrong.push(index + 1),
        }
    }
    (pieces, wrong)
}

enum Piece {
    Room(Space),
    /// A list of nothing is written as one piece that is nowhere.
    Nothing,
}

fn piece(entry: &Tlv<'_>) -> Option<Piece> {
    if entry.tag != SEQUENCE {
        return None;
    }
    let mut parts = entry.children();
    let value = next_if(&mut parts, SEQUENCE)?;
    let place = Place::of(&Tlv {
        tag: SEQUENCE,
        value,
    })?;
    if place.path.is_empty() {
        return Some(Piece::Nothing);
    }
    let (index, length) = place.part()?;
    let auth_id = next_if(&mut parts, OCTET_STRING).map(<[u8]>::to_vec);
    let rules = next_if(&mut parts, SEQUENCE).map(|value| Tlv {
        tag: SEQUENCE,
        value,
    });
    Some(Piece::Room(Space {
        path: place.path.clone(),
        index,
        length,
        auth_id,
        rules: rules.map_or(0, |rules| rules.children().count()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso7816::tlv::ber::encode;

    const AT: [u8; 14] = [
        0x30, 0x0C, 0x04, 0x04, 0x3F, 0x00, 0x46, 0x00, 0x02, 0x01, 0x40, 0x80, 0x01, 0x20,
    ];

    fn found(parts: &[&[u8]]) -> (Vec<Fact>, Vec<usize>) {
        of(&encode(0x30, &parts.concat()))
    }

    fn space(auth_id: Option<Vec<u8>>, rules: usize) -> Fact {
        Fact {
            name: FactName::UnusedSpace,
            value: FactValue::Space(Space {
                path: vec![0x3F, 0x00, 0x46, 0x00],
                index: 0x40,
                length: 0x20,
                auth_id,
                rules,
            }),
        }
    }

    #[test]
    fn a_piece_may_need_a_pin_and_have_rules() {
        let rules = encode(0x30, &[0x30, 0x00, 0x30, 0x00]);
        assert_eq!(found(&[&AT]), (vec![space(None, 0)], vec![]));
        let guarded = found(&[&AT, &[0x04, 0x01, 0x01]]);
        assert_eq!(guarded, (vec![space(Some(vec![0x01]), 0)], vec![]));
        assert_eq!(found(&[&AT, &rules]), (vec![space(None, 2)], vec![]));
        let both = found(&[&AT, &[0x04, 0x01, 0x01], &rules]);
        assert_eq!(both, (vec![space(Some(vec![0x01]), 2)], vec![]));
    }

    /// Sheet "iso7816-pkcs15", 9: what is empty, and what a file is filled up with.
    #[test]
    fn nothing_is_nothing() {
        let empty = [0x30, 0x04, 0x30, 0x02, 0x04, 0x00, 0x00, 0x00, 0x30];
        assert_eq!(of(&empty), (vec![], vec![]));
        assert_eq!(of(&[0xFF; 128]), (vec![], vec![]));
        assert_eq!(of(&[]), (vec![], vec![]));
    }

    #[test]
    fn what_is_no_piece_is_told() {
        // A path without the place in its file.
        let bare = [0x30, 0x06, 0x04, 0x04, 0x3F, 0x00, 0x46, 0x00];
        assert_eq!(found(&[&bare]), (vec![], vec![1]));
        assert_eq!(of(&[0x04, 0x01, 0x00]), (vec![], vec![1]));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_few_pieces_or_none(content: Vec<u8>) {
            assert!(of(&content).0.len() <= MAX_PIECES);
        }
    }
}
