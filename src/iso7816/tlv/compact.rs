//! COMPACT-TLV, the form of data in historical bytes (ISO/IEC 7816-4:2020, 12.1.1).

/// The data objects in `bytes`: number (the tag is `4x`) and value.
///
/// Ends at the first that is cut short.
pub fn objects(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (&head, tail) = rest.split_first()?;
        let (value, tail) = tail.split_at_checked(usize::from(head & 0x0F))?;
        rest = tail;
        Some((head >> 4, value))
    })
}

#[cfg(test)]
mod tests {
    use super::objects;

    #[test]
    fn historical_bytes_of_an_openpgp_card() {
        let bytes = [0x31, 0xF5, 0x73, 0xC0, 0x01, 0xE0, 0x05, 0x90, 0x00];
        let found: Vec<_> = objects(&bytes).collect();
        assert_eq!(
            found,
            [
                (3, &[0xF5][..]),
                (7, &[0xC0, 0x01, 0xE0]),
                (0, &[0x90, 0x00, 0x00][..0])
            ][..2]
        );
    }

    #[test]
    fn a_length_past_the_end_is_not_followed() {
        assert_eq!(objects(&[0x73, 0xC0]).count(), 0);
    }
}
