//! Card production life cycle data (sheet "globalplatform", 1.1).

use crate::iso7816::tlv::ber;
use crate::token::{Cplc, CplcDate};

/// Bytes of the data, without tag and length.
const LEN: usize = 42;

/// Reads the data, with tag and length before it or without: some cards leave them away.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Cplc> {
    let data = ber::find(bytes, &[0x9F7F]).unwrap_or(bytes);
    let (data, _) = data.split_first_chunk::<LEN>()?;
    // What is all zero or all FF was never written.
    if data.iter().all(|&byte| byte == 0) || data.iter().all(|&byte| byte == 0xFF) {
        return None;
    }
    let mut rest = &data[..];
    let mut cplc = Cplc {
        ic_fabricator: short(&mut rest)?,
        ic_type: short(&mut rest)?,
        os_id: short(&mut rest)?,
        os_release: date(&mut rest)?,
        os_level: short(&mut rest)?,
        ic_fabrication: date(&mut rest)?,
        ic_serial: long(&mut rest)?,
        ic_batch: short(&mut rest)?,
        module_fabricator: short(&mut rest)?,
        module_packaging: date(&mut rest)?,
        ..Cplc::default()
    };
    cplc.icc_manufacturer = short(&mut rest)?;
    cplc.embedding = date(&mut rest)?;
    cplc.pre_personaliser = short(&mut rest)?;
    cplc.pre_personalisation = date(&mut rest)?;
    cplc.pre_personalisation_equipment = long(&mut rest)?;
    cplc.personaliser = short(&mut rest)?;
    cplc.personalisation = date(&mut rest)?;
    cplc.personalisation_equipment = long(&mut rest)?;
    Some(cplc)
}

fn short(rest: &mut &[u8]) -> Option<u16> {
    let (&bytes, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u16::from_be_bytes(bytes))
}

fn long(rest: &mut &[u8]) -> Option<u32> {
    let (&bytes, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_be_bytes(bytes))
}

fn date(rest: &mut &[u8]) -> Option<CplcDate> {
    short(rest).map(CplcDate)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::parse;
    use crate::base::hex;
    use crate::token::CplcDate;

    #[test]
    fn the_vector_of_the_sheet() {
        let bytes = hex::decode(
            "9F7F2A4790D6004700000000003244342952208448000000000000000015278234323935320000000000000000",
        )
        .unwrap();
        let cplc = parse(&bytes).unwrap();
        assert_eq!(cplc.ic_maker(), Some("NXP"));
        assert_eq!((cplc.ic_type, cplc.os_id), (0xD600, 0x4700));
        assert_eq!(cplc.ic_fabrication, CplcDate(0x3244));
        assert_eq!((cplc.ic_serial, cplc.ic_batch), (0x3429_5220, 0x8448));
        assert_eq!(cplc.pre_personaliser, 0x1527);
        assert_eq!(cplc.pre_personalisation, CplcDate(0x8234));
        assert_eq!(cplc.pre_personalisation_equipment, 0x3239_3532);
        assert_eq!(cplc.personaliser, 0);
        let unique = cplc.unique_id().unwrap();
        assert_eq!(hex::encode(&unique), "4790D600844834295220");
        // Without tag and length.
        assert_eq!(parse(&bytes[3..]), Some(cplc));
        assert_eq!(parse(&bytes[4..]), None);
    }

    #[test]
    fn what_was_never_written_is_nothing() {
        assert_eq!(parse(&[0; 42]), None);
        assert_eq!(parse(&[0xFF; 42]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            let _ = parse(&bytes).and_then(|cplc| cplc.unique_id());
        }
    }
}
