//! EF.DIR: which applications a card says that it has, and in which directories (PKCS #15 v1.1, 5.4;
//! ISO/IEC 7816-4:2020, 12.3.3).

use super::AID;
use super::bits::first;
use super::files;
use crate::base::hex;
use crate::card::CardError;
use crate::iso7816::tlv::ber::Tlv;
use crate::token::Text;
use crate::transport::channel::Channel;

/// The directory file of the card.
const EF_DIR: [u8; 4] = [0x3F, 0x00, 0x2F, 0x00];

/// The root, with which every path begins.
const ROOT: [u8; 2] = [0x3F, 0x00];

/// ISO/IEC 7816-15:2016, 7.4: what its own applications are called by.
const ISO_AID: [u8; 5] = [0xE8, 0x28, 0xBD, 0x08, 0x0F];

/// The most applications that EF.DIR is believed to name.
const MAX_NAMED: usize = 8;

/// The longest path of a directory, in bytes.
const MAX_PATH: usize = 16;

/// A directory that EF.DIR names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Named {
    /// From the root.
    pub(super) home: Vec<u8>,
    /// The identifier of the application in it.
    pub(super) aid: Vec<u8>,
    /// What the application is called there.
    pub(super) label: Option<Text>,
}

/// What EF.DIR names, but for the usual directory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Directories {
    /// Of this standard, by their identifier.
    pub(super) ours: Vec<Named>,
    /// Of others, as far as they say.
    pub(super) strange: Vec<Named>,
    /// Labels or identifiers of those of this standard of which it is not said where they are.
    pub(super) unread: Vec<Text>,
}

/// Reads it. There may be none.
pub(super) fn read(channel: &mut Channel<'_>) -> Result<Directories, CardError> {
    let content = match files::read_list(channel, &EF_DIR) {
        Ok(Some(content)) if !content.is_empty() => content,
        Err(error @ CardError::Link(_)) => return Err(error),
        Ok(None) => {
            channel.count_as_absent();
            return Ok(Directories::default());
        }
        // Records cannot be read as bytes, and some cards tell no length for them.
        Ok(Some(_)) | Err(_) => files::read_records(channel, &EF_DIR)?.unwrap_or_default(),
    };
    Ok(directories(&content))
}

fn directories(content: &[u8]) -> Directories {
    let (entries, _) = files::entries(content);
    let mut listed = Directories::default();
    for entry in entries.iter().take(MAX_NAMED) {
        if entry.tag.0 != 0x61 {
            continue;
        }
        let aid = first(entry, 0x4F).map(|aid| aid.value).unwrap_or_default();
        let is_ours = aid.starts_with(&AID) || aid.starts_with(&ISO_AID);
        let label = first(entry, 0x50).map(|label| Text::from_either(label.value));
        let label = label.filter(|label| !label.is_empty());
        let Some(path) = first(entry, 0x51) else {
            // The first identifier alone means the usual directory (PKCS #15 v1.1, 5.4).
            if is_ours && aid != AID {
                let name = label.unwrap_or_else(|| Text::from(hex::encode(aid)));
                listed.unread.push(name);
            }
            continue;
        };
        let Some(home) = directory(&path) else {
            continue;
        };
        let mut known = listed.ours.iter().chain(&listed.strange);
        if known.any(|known| known.home == home) {
            continue;
        }
        let named = Named {
            home,
            aid: aid.to_vec(),
            label,
        };
        if is_ours {
            listed.ours.push(named);
        } else {
            listed.strange.push(named);
        }
    }
    listed
}

/// A directory from the root; nothing if it is none, the usual one, or the file that names it.
fn directory(path: &Tlv<'_>) -> Option<Vec<u8>> {
    let below = path.value.strip_prefix(&ROOT).unwrap_or(path.value);
    let home = [ROOT.as_slice(), below].concat();
    let sound = home.len().is_multiple_of(2) && home.len() <= MAX_PATH;
    (sound && !home.starts_with(&EF_DIR) && home != files::HOME).then_some(home)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso7816::tlv::ber::encode;

    fn entry(aid: &[u8], label: &[u8], path: &[u8]) -> Vec<u8> {
        let parts = [encode(0x4F, aid), encode(0x50, label), encode(0x51, path)];
        encode(0x61, &parts.concat())
    }

    fn words(named: &[Named]) -> Vec<String> {
        let words = |named: &Named| {
            let label = named.label.as_ref().map_or("", Text::as_str);
            format!("{} {label}", hex::encode(&named.home))
        };
        named.iter().map(words).collect()
    }

    fn ours(content: &[u8]) -> Vec<String> {
        words(&directories(content).ours)
    }

    #[test]
    fn ours_are_told_from_others() {
        let iso = [&ISO_AID[..], &[0x01]].concat();
        let content = [
            entry(&[0xD2, 0x76], b"eSign", &[0x3F, 0x00, 0x40, 0x00]),
            entry(&AID, b"Usual", &files::HOME),
            entry(&AID, b"First", &[0x3F, 0x00, 0x50, 0x16]),
            entry(&AID, b"First", &[0x50, 0x16]),
            entry(&iso, b"", &[0x50, 0x17]),
            vec![0xFF; 8],
        ]
        .concat();
        let found = directories(&content);
        assert_eq!(words(&found.ours), ["3F005016 First", "3F005017 "]);
        assert_eq!(words(&found.strange), ["3F004000 eSign"]);
        assert_eq!(found.ours.last().map(|last| &last.aid), Some(&iso));
    }

    #[test]
    fn what_leads_nowhere_or_back_is_left_out() {
        for path in [
            &[][..],
            &[0x50],
            &[0x2F, 0x00],
            &[0x3F, 0x00, 0x2F, 0x00, 0x50, 0x15],
        ] {
            let found = ours(&entry(&AID, b"x", path));
            // The root may be the directory.
            let expected: &[&str] = if path.is_empty() { &["3F00 x"] } else { &[] };
            assert_eq!(found, expected, "{path:02X?}");
        }
        assert!(ours(&entry(&AID, b"x", &[0x50; 18])).is_empty());
        let many: Vec<u8> = (0..40)
            .flat_map(|n| entry(&AID, b"x", &[0x50, n]))
            .collect();
        assert_eq!(ours(&many).len(), MAX_NAMED);
    }

    /// The usual one needs no path; of another, nobody knows then where it is.
    #[test]
    fn an_identifier_without_a_path_is_named() {
        let iso = [&ISO_AID[..], &[0x01]].concat();
        let labelled = [encode(0x4F, &iso), encode(0x50, b"eSign")].concat();
        let content = [
            encode(0x61, &encode(0x4F, &AID)),
            encode(0x61, &encode(0x4F, &iso)),
            encode(0x61, &labelled),
            encode(0x61, &encode(0x4F, &[0xD2, 0x76])),
        ]
        .concat();
        let found = directories(&content);
        assert!(found.ours.is_empty() && found.strange.is_empty());
        assert_eq!(found.unread, ["E828BD080F01".into(), "eSign".into()]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_name_a_few_or_none(content: Vec<u8>) {
            let found = directories(&content);
            assert!(found.ours.len() + found.strange.len() + found.unread.len() <= MAX_NAMED);
        }
    }
}
