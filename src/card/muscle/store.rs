//! Files in the objects of the applet, as OpenSC puts them there (sheet "muscle", 10): the file
//! `3F00/DDDD/FFFF` is the object `DDDDFFFF`, and one in the root is `3F00FFFF`.
//!
//! A read that goes past the end of an object is refused, with the same word as one of no object,
//! and nothing but the whole list of objects tells a size. So lists are read in pieces that every
//! list has; what begins with its length is read by that; the list of objects is asked for
//! everything else.

use super::applet;
use super::commands::{self, ObjectId, READ_PIECE};
use super::status::INVALID;
use crate::card::CardError;
use crate::card::pkcs15::files::{self, Source};
use crate::iso7816::StatusWord;
use crate::transport::channel::Channel;

/// The sizes of lists are multiples of this, as OpenSC makes them.
const PIECE: usize = 0x80;

/// The longest object, in bytes (sheet "muscle", 2).
pub(super) const MAX_OBJECT: usize = 0x7FFF;

/// How files are read here.
pub(super) const SOURCE: Source = Source {
    list: read_list,
    object: read_first,
    whole: read_whole,
    asks_beside: false,
};

/// The object that a file is, by its path from the root. Nothing for one that is deeper.
pub(super) fn object(path: &[u8]) -> Option<ObjectId> {
    match *path {
        [0x3F, 0x00, a, b, c, d] => Some(ObjectId([a, b, c, d])),
        [0x3F, 0x00, c, d] => Some(ObjectId([0x3F, 0x00, c, d])),
        _ => None,
    }
}

/// How much more is wanted.
enum Wanted {
    Enough,
    /// So many bytes in all.
    InAll(usize),
    /// Nobody knows how much.
    More,
}

/// A list, to the filling behind its last entry.
fn read_list(channel: &mut Channel<'_>, path: &[u8]) -> Result<Option<Vec<u8>>, CardError> {
    read(channel, path, |content| {
        if files::is_filling(files::entries(content).1) {
            Wanted::Enough
        } else {
            Wanted::More
        }
    })
}

/// The first data object in a file.
fn read_first(channel: &mut Channel<'_>, path: &[u8]) -> Result<Option<Vec<u8>>, CardError> {
    read(channel, path, |content| {
        if content.is_empty() {
            return Wanted::More;
        }
        match announced(content) {
            Some(len) if len > content.len() => Wanted::InAll(len),
            _ => Wanted::Enough,
        }
    })
}

/// All of a file.
fn read_whole(channel: &mut Channel<'_>, path: &[u8]) -> Result<Option<Vec<u8>>, CardError> {
    let Some(id) = object(path) else {
        return Ok(None);
    };
    let Some(size) = size(channel, id)? else {
        return Ok(None);
    };
    read_object(channel, id, Some(size), |_| Wanted::More)
}

/// The length of the data object that begins here, header included.
fn announced(content: &[u8]) -> Option<usize> {
    match *content {
        [_, len @ ..=0x7F, ..] => Some(usize::from(len) + 2),
        [_, 0x81, len, ..] => Some(usize::from(len) + 3),
        [_, 0x82, high, low, ..] => Some(usize::from(u16::from_be_bytes([high, low])) + 4),
        _ => None,
    }
}

fn read(
    channel: &mut Channel<'_>,
    path: &[u8],
    wanted: impl Fn(&[u8]) -> Wanted,
) -> Result<Option<Vec<u8>>, CardError> {
    let Some(id) = object(path) else {
        return Ok(None);
    };
    read_object(channel, id, None, wanted)
}

/// Reads an object; nothing if there is none. Each command brings as many bytes as it asks for, so
/// that this has an end.
fn read_object(
    channel: &mut Channel<'_>,
    id: ObjectId,
    mut known: Option<usize>,
    wanted: impl Fn(&[u8]) -> Wanted,
) -> Result<Option<Vec<u8>>, CardError> {
    let mut content = Vec::new();
    loop {
        let end = match (wanted(&content), known) {
            (Wanted::Enough, _) => break,
            (Wanted::InAll(len), size) => len.min(size.unwrap_or(MAX_OBJECT)),
            (Wanted::More, Some(size)) => size,
            (Wanted::More, None) => content.len() + PIECE,
        };
        let missing = end.min(MAX_OBJECT).saturating_sub(content.len());
        if missing == 0 {
            break;
        }
        match piece(channel, id, content.len(), missing.min(READ_PIECE))? {
            Some(bytes) => content.extend(bytes),
            // No object, or a shorter one: the list tells which.
            None if known.is_none() => match size(channel, id)? {
                Some(size) => known = Some(size),
                None => return Ok(None),
            },
            None => {
                return Err(CardError::Malformed(
                    "an object of another size than listed",
                ));
            }
        }
    }
    Ok(Some(content))
}

/// Some bytes of an object; nothing where it has none.
pub(super) fn piece(
    channel: &mut Channel<'_>,
    id: ObjectId,
    offset: usize,
    len: usize,
) -> Result<Option<Vec<u8>>, CardError> {
    let out_of_range = CardError::Malformed("an object that is too long");
    let offset = u16::try_from(offset).map_err(|_| out_of_range.clone())?;
    let wanted = u8::try_from(len).map_err(|_| out_of_range)?;
    let answer = channel.transmit(&commands::read_object(id, offset, wanted))?;
    match answer.sw {
        StatusWord::OK if answer.data.len() == len => Ok(Some(answer.data)),
        StatusWord::OK => Err(CardError::Malformed("fewer bytes than asked for")),
        INVALID => Ok(None),
        // A right that is missing is no damage: who reads tells one from the other by this.
        sw => Err(CardError::Status {
            operation: "ReadObject",
            sw,
        }),
    }
}

/// The size of an object, by the list of all.
fn size(channel: &mut Channel<'_>, id: ObjectId) -> Result<Option<usize>, CardError> {
    let listed = applet::objects(channel)?;
    let found = listed.all.iter().find(|object| object.id == id);
    match found {
        Some(object) => Ok(Some(usize::try_from(object.size).unwrap_or(MAX_OBJECT))),
        None => listed.whole().map(|_| None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_an_object() {
        let id = |path: &[u8]| object(path).map(|id| id.0);
        assert_eq!(
            id(&[0x3F, 0x00, 0x50, 0x15, 0x44, 0x01]),
            Some([0x50, 0x15, 0x44, 0x01])
        );
        assert_eq!(
            id(&[0x3F, 0x00, 0x2F, 0x00]),
            Some([0x3F, 0x00, 0x2F, 0x00])
        );
        for none in [
            &[][..],
            &[0x3F, 0x00],
            &[0x50, 0x15, 0x44, 0x01],
            &[0x3F, 0x00, 0x50, 0x15, 0x50, 0x15, 0x44, 0x01],
        ] {
            assert_eq!(id(none), None, "{none:02X?}");
        }
    }

    #[test]
    fn a_length_is_in_the_header() {
        assert_eq!(announced(&[0x30, 0x03, 1]), Some(5));
        assert_eq!(announced(&[0x30, 0x81, 0x89, 1]), Some(0x8C));
        assert_eq!(announced(&[0x30, 0x82, 0x02, 0xB8]), Some(700));
        for none in [&[][..], &[0x30], &[0x30, 0x84, 0, 0, 0, 1], &[0x30, 0x81]] {
            assert_eq!(announced(none), None);
        }
    }
}
