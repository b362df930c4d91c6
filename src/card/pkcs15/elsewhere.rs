//! An application that is not where the standard has it: in another directory, which EF.DIR names
//! (PKCS #15 v1.1, 5.4 and 5.5; sheet "iso7816-pkcs15", 6), or inside an applet of its own.
//!
//! Only cards on which nobody found anything are asked: the others cost nothing.

use super::bits::first;
use super::files::{self, ODF};
use super::{AID, profile};
use crate::base::hex;
use crate::card::{CardError, iso};
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

/// Where an application was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Elsewhere {
    /// The applet to select first.
    pub(super) applet: Option<Vec<u8>>,
    /// Its directory, from the root.
    pub(super) home: Vec<u8>,
    /// Names or paths of others of its kind, which are not read.
    pub(super) others: Vec<Text>,
}

impl Elsewhere {
    /// Selects it anew. Tells whether it is still there.
    pub(super) fn select(&self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        if let Some(applet) = &self.applet
            && iso::select(channel, applet)?.is_none()
        {
            return Ok(false);
        }
        Ok(channel.transmit(&files::selection(&self.home))?.sw.is_ok())
    }
}

/// Looks for an application: by its usual path, in EF.DIR, and in the applets that have one.
pub(super) fn find(channel: &mut Channel<'_>) -> Result<Option<Elsewhere>, CardError> {
    let at = |applet: Option<&[u8]>| Elsewhere {
        applet: applet.map(<[u8]>::to_vec),
        home: files::HOME.to_vec(),
        others: Vec::new(),
    };
    if is_home(&files::HOME, channel)? {
        return Ok(Some(at(None)));
    }
    let mut named = named(channel)?.into_iter();
    while let Some(first) = named.next() {
        if is_home(&first.home, channel)? {
            return Ok(Some(Elsewhere {
                applet: None,
                home: first.home,
                others: named.map(|other| other.name).collect(),
            }));
        }
    }
    for applet in profile::APPLETS {
        if iso::select(channel, applet)?.is_some() && is_home(&files::HOME, channel)? {
            return Ok(Some(at(Some(applet))));
        }
    }
    Ok(None)
}

/// Whether an object directory file is in this directory.
fn is_home(home: &[u8], channel: &mut Channel<'_>) -> Result<bool, CardError> {
    let odf = [home, ODF.as_slice()].concat();
    let found = channel.transmit(&files::selection(&odf))?.sw.is_ok();
    if !found {
        channel.count_as_absent();
    }
    Ok(found)
}

/// A directory that EF.DIR names.
struct Named {
    home: Vec<u8>,
    /// What it is called there.
    name: Text,
}

/// The directories in EF.DIR, those of this standard first.
fn named(channel: &mut Channel<'_>) -> Result<Vec<Named>, CardError> {
    let content = match files::read_list(channel, &EF_DIR) {
        Ok(Some(content)) if !content.is_empty() => content,
        Err(error @ CardError::Link(_)) => return Err(error),
        Ok(None) => {
            channel.count_as_absent();
            return Ok(Vec::new());
        }
        // Records cannot be read as bytes, and some cards tell no length for them.
        Ok(Some(_)) | Err(_) => files::read_records(channel, &EF_DIR)?.unwrap_or_default(),
    };
    Ok(directories(&content))
}

fn directories(content: &[u8]) -> Vec<Named> {
    let (entries, _) = files::entries(content);
    let mut ours: Vec<Named> = Vec::new();
    let mut strange: Vec<Named> = Vec::new();
    for entry in entries.iter().take(MAX_NAMED) {
        let Some((is_ours, found)) = Named::of(entry) else {
            continue;
        };
        let mut known = ours.iter().chain(&strange);
        if known.any(|known| known.home == found.home) {
            continue;
        }
        if is_ours {
            ours.push(found);
        } else {
            strange.push(found);
        }
    }
    // Others may hold what they do not say, and are no applications of ours if they do not.
    if ours.is_empty() { strange } else { ours }
}

impl Named {
    /// From an application template; nothing if it names no directory, or the file that it is in.
    fn of(entry: &Tlv<'_>) -> Option<(bool, Self)> {
        if entry.tag.0 != 0x61 {
            return None;
        }
        let aid = first(entry, 0x4F).map(|aid| aid.value).unwrap_or_default();
        let path = first(entry, 0x51)?.value;
        let below = path.strip_prefix(&ROOT).unwrap_or(path);
        let home = [ROOT.as_slice(), below].concat();
        let sound = home.len().is_multiple_of(2) && home.len() <= MAX_PATH;
        if !sound || home.starts_with(&EF_DIR) || home == files::HOME {
            return None;
        }
        let label = first(entry, 0x50).map(|label| Text::from_either(label.value));
        let label = label.filter(|label| !label.is_empty());
        let name = label.unwrap_or_else(|| Text::from(hex::encode(&home)));
        let is_ours = aid.starts_with(&AID) || aid.starts_with(&ISO_AID);
        Some((is_ours, Self { home, name }))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::iso7816::tlv::ber::encode;

    fn entry(aid: &[u8], label: &[u8], path: &[u8]) -> Vec<u8> {
        let parts = [encode(0x4F, aid), encode(0x50, label), encode(0x51, path)];
        encode(0x61, &parts.concat())
    }

    fn homes(content: &[u8]) -> Vec<String> {
        let found = directories(content).into_iter();
        found
            .map(|found| format!("{} {}", hex::encode(&found.home), found.name))
            .collect()
    }

    #[test]
    fn ours_are_taken_before_others() {
        let iso = [&ISO_AID[..], &[0x01]].concat();
        let content = [
            entry(&[0xD2, 0x76], b"eSign", &[0x3F, 0x00, 0x40, 0x00]),
            entry(&AID, b"First", &[0x3F, 0x00, 0x50, 0x16]),
            entry(&AID, b"First", &[0x50, 0x16]),
            entry(&iso, b"", &[0x50, 0x17]),
            vec![0xFF; 8],
        ]
        .concat();
        assert_eq!(homes(&content), ["3F005016 First", "3F005017 3F005017"]);
        assert_eq!(homes(&content[..20]), ["3F004000 eSign"]);
    }

    #[test]
    fn what_leads_nowhere_or_back_is_left_out() {
        for path in [
            &[][..],
            &[0x50],
            &[0x2F, 0x00],
            &[0x3F, 0x00, 0x2F, 0x00, 0x50, 0x15],
        ] {
            let found = homes(&entry(&AID, b"x", path));
            // The root may be the directory.
            let expected: &[&str] = if path.is_empty() { &["3F00 x"] } else { &[] };
            assert_eq!(found, expected, "{path:02X?}");
        }
        assert!(homes(&entry(&AID, b"x", &[0x50; 18])).is_empty());
        assert!(homes(&encode(0x61, &encode(0x4F, &AID))).is_empty());
        let many: Vec<u8> = (0..40)
            .flat_map(|n| entry(&AID, b"x", &[0x50, n]))
            .collect();
        assert_eq!(homes(&many).len(), MAX_NAMED);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_name_a_few_or_none(content: Vec<u8>) {
            assert!(directories(&content).len() <= MAX_NAMED);
        }
    }
}
