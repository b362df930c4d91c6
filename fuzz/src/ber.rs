//! Data objects: BER-TLV and COMPACT-TLV.

use symbolon::iso7816::tlv::ber::{self, Tag};
use symbolon::iso7816::tlv::compact;

/// How deep objects are followed into objects. Deeper than any card has them: the program
/// itself goes along paths of known tags only.
const DEPTH: usize = 40;

pub(crate) fn run(bytes: &[u8]) {
    objects(bytes, 0);
    let compact: usize = compact::objects(bytes)
        .map(|(_, value)| 1 + value.len())
        .sum();
    assert!(compact <= bytes.len(), "more was read than there is");
    // What is written is read again as it was.
    for tag in [0x53, 0x5C, 0x7F49, 0x5F_C1_02] {
        let written = ber::encode(tag, bytes);
        let mut read = ber::objects(&written);
        let object = read.next().expect("the object that was written");
        assert_eq!((object.tag, object.value), (Tag(tag), bytes));
        assert!(read.next().is_none() && read.rest().is_empty());
        assert_eq!(
            ber::find(&ber::encode(0x6E, &written), &[0x6E, tag]),
            Some(bytes)
        );
    }
}

fn objects(bytes: &[u8], depth: usize) {
    let mut read = ber::objects(bytes);
    let mut used = 0;
    for object in read.by_ref() {
        used += 2 + object.value.len();
        let found = ber::find(bytes, &[object.tag.0]).expect("an object that was read");
        // Of several with one tag the first is found.
        assert!(found.as_ptr() <= object.value.as_ptr());
        if object.tag.is_constructed() && depth < DEPTH {
            objects(object.value, depth + 1);
            assert_eq!(
                object.children().count(),
                ber::objects(object.value).count()
            );
        }
    }
    assert!(
        used + read.rest().len() <= bytes.len(),
        "more was read than there is"
    );
}
