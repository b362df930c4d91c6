//! Files by their path: SELECT, the length that it tells, READ BINARY (ISO/IEC 7816-4:2020, 11.2 and
//! 11.3).

use crate::card::CardError;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le, StatusWord};
use crate::transport::channel::Channel;
use crate::transport::link::LinkError;

/// The root of every path.
const ROOT: [u8; 2] = [0x3F, 0x00];

/// Where the application is if nothing says something else.
pub(in crate::card) const HOME: [u8; 4] = [0x3F, 0x00, 0x50, 0x15];

/// The object directory file.
pub(in crate::card) const ODF: [u8; 2] = [0x50, 0x31];

/// What the token says of itself.
pub(in crate::card) const TOKEN_INFO: [u8; 2] = [0x50, 0x32];

/// Where there is room for more.
pub(super) const UNUSED_SPACE: [u8; 2] = [0x50, 0x33];

/// The longest file that is read, in bytes.
const MAX_FILE: usize = 32 * 1024;

/// What one READ BINARY can bring, in bytes.
const PIECE: usize = 256;

/// READ BINARYs beyond twice those that a file needs.
const SPARE_PIECES: usize = 16;

/// The deepest path that is followed, in bytes.
const MAX_PATH: usize = 32;

/// Where the files of an application are kept, and how they are read. Nothing is read as nothing
/// where there is no such file.
#[derive(Clone, Copy)]
pub(in crate::card) struct Source {
    /// A list of objects, to its last one at least.
    pub(in crate::card) list: Read,
    /// A file that begins with one object: a certificate, a public key. That object at least.
    pub(in crate::card) object: Read,
    /// Everything in a file.
    pub(in crate::card) whole: Read,
    /// Whether EF.DIR and the list of free places are worth a question.
    pub(in crate::card) asks_beside: bool,
}

/// Reads something by its path from the root.
pub(in crate::card) type Read = fn(&mut Channel<'_>, &[u8]) -> Result<Option<Vec<u8>>, CardError>;

impl Default for Source {
    /// The files of the card.
    fn default() -> Self {
        Self {
            list: read_list,
            object: read,
            whole: read,
            asks_beside: true,
        }
    }
}

/// The path of a file in the directory of the application.
pub(in crate::card) fn in_home(file: [u8; 2]) -> Vec<u8> {
    [HOME.as_slice(), &file].concat()
}

/// A path as a card takes it: absolute, and from the root. Those in the files may be relative to the
/// directory of the application, `home`, or a file identifier alone.
pub(super) fn absolute(path: &[u8], home: &[u8]) -> Option<Vec<u8>> {
    if path.is_empty() || !path.len().is_multiple_of(2) || path.len() > MAX_PATH {
        return None;
    }
    Some(if path.starts_with(&ROOT) {
        path.to_vec()
    } else {
        [home, path].concat()
    })
}

/// A path of [`absolute`] on a card whose application is in another directory.
/// Nothing else is meant by those then: what is looked for elsewhere is not in its usual place.
pub(super) fn moved(path: &[u8], home: &[u8]) -> Vec<u8> {
    match path.strip_prefix(&HOME) {
        Some(rest) => [home, rest].concat(),
        None => path.to_vec(),
    }
}

/// SELECT by path, which begins below the root.
pub(in crate::card) fn selection(path: &[u8]) -> Command {
    let below = path.strip_prefix(&ROOT).unwrap_or(path);
    if below.is_empty() {
        return Command::new([0x00, 0xA4, 0x00, 0x00])
            .data(ROOT)
            .expecting(Le::ALL);
    }
    Command::new([0x00, 0xA4, 0x08, 0x00])
        .data(below)
        .expecting(Le::ALL)
}

/// A whole file; nothing if there is none.
pub(super) fn read(channel: &mut Channel<'_>, path: &[u8]) -> Result<Option<Vec<u8>>, CardError> {
    read_until(channel, path, |_| false)
}

/// A list of objects: read to the filling bytes behind the last one.
pub(in crate::card) fn read_list(
    channel: &mut Channel<'_>,
    path: &[u8],
) -> Result<Option<Vec<u8>>, CardError> {
    read_until(channel, path, |bytes| is_filling(entries(bytes).1))
}

fn read_until(
    channel: &mut Channel<'_>,
    path: &[u8],
    enough: impl Fn(&[u8]) -> bool,
) -> Result<Option<Vec<u8>>, CardError> {
    let answer = channel.transmit(&selection(path))?;
    match answer.sw {
        StatusWord::OK => {}
        StatusWord::NOT_FOUND => return Ok(None),
        sw => return Err(status("SELECT", sw)),
    }
    // A card that does not tell the length is read to its end.
    let len = size(&answer.data).unwrap_or(MAX_FILE);
    read_selected(channel, len, enough).map(Some)
}

/// The file that is selected, up to `len` bytes, or until that is enough.
pub(in crate::card) fn read_selected(
    channel: &mut Channel<'_>,
    len: usize,
    enough: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, CardError> {
    let len = len.min(MAX_FILE);
    let mut content = Vec::new();
    let mut pieces = 0;
    while content.len() < len && !enough(&content) {
        // A card with small pieces is slow; one that sends byte by byte has no end, in this file
        // and in all others.
        if pieces > 2 * content.len().div_ceil(PIECE) + SPARE_PIECES {
            return Err(LinkError::Protocol("a file in too many pieces").into());
        }
        pieces += 1;
        let [high, low] = u16::try_from(content.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes();
        let missing = u16::try_from(len - content.len()).unwrap_or(u16::MAX);
        let le = if missing < 256 { missing } else { 0 };
        let command = Command::new([0x00, 0xB0, high, low]).expecting(Le::bytes(le));
        let answer = channel.transmit(&command)?;
        match answer.sw {
            StatusWord::OK => {}
            // The end comes before the length that was told.
            END_OF_FILE => {
                content.extend(answer.data);
                break;
            }
            BEHIND_THE_END if !content.is_empty() => break,
            sw => return Err(status("READ BINARY", sw)),
        }
        if answer.data.is_empty() {
            if content.is_empty() {
                return Err(CardError::Malformed("success without data"));
            }
            break;
        }
        content.extend(answer.data);
    }
    content.truncate(len);
    Ok(content)
}

/// The objects in the records of a file, one behind the other, without what fills records up.
pub(super) fn read_records(
    channel: &mut Channel<'_>,
    path: &[u8],
) -> Result<Option<Vec<u8>>, CardError> {
    if !channel.transmit(&selection(path))?.sw.is_ok() {
        return Ok(None);
    }
    let mut content = Vec::new();
    for number in 1..=MAX_RECORDS {
        // P2 4: the record of this number (7816-4:2020, 11.4.3).
        let command = Command::new([0x00, 0xB2, number, 0x04]).expecting(Le::ALL);
        let answer = channel.transmit(&command)?;
        if !matches!(answer.sw, StatusWord::OK | END_OF_FILE) {
            break;
        }
        let filling = entries(&answer.data).1.len();
        let objects = answer.data.len() - filling;
        content.extend(answer.data.into_iter().take(objects));
    }
    Ok(Some(content))
}

/// The most records of a file that are read.
const MAX_RECORDS: u8 = 16;

/// Fewer bytes than were asked for (7816-4:2020, table 6).
const END_OF_FILE: StatusWord = StatusWord(0x6282);

/// Offset outside the file.
const BEHIND_THE_END: StatusWord = StatusWord(0x6B00);

fn status(operation: &'static str, sw: StatusWord) -> CardError {
    CardError::Status { operation, sw }
}

/// The bytes in a file, by its description: 80 is the data alone, 81 more (7816-4:2020, table 12).
pub(in crate::card) fn size(description: &[u8]) -> Option<usize> {
    let inner = ber::find(description, &[0x6F]).or_else(|| ber::find(description, &[0x62]))?;
    let size = ber::find(inner, &[0x80]).or_else(|| ber::find(inner, &[0x81]))?;
    let [high, low] = size else { return None };
    Some(usize::from(u16::from_be_bytes([*high, *low])))
}

/// The objects of a list, and what is behind them. It ends where 00 or FF stand for a tag: more
/// may be left from a longer list (sheet, 11).
pub(in crate::card) fn entries(list: &[u8]) -> (Vec<ber::Tlv<'_>>, &[u8]) {
    let mut found = Vec::new();
    let mut rest = list;
    while !is_filling(rest) {
        let mut objects = ber::objects(rest);
        let Some(object) = objects.next() else {
            break;
        };
        found.push(object);
        rest = objects.rest();
    }
    (found, rest)
}

/// Whether nothing but filling bytes is meant to come.
pub(in crate::card) fn is_filling(rest: &[u8]) -> bool {
    matches!(rest, [0x00 | 0xFF, ..])
}

/// Whether a list goes on where it was read no further.
pub(super) fn is_too_long(list: &[u8]) -> bool {
    list.len() >= MAX_FILE && !is_filling(entries(list).1)
}

/// Whether a list ends in something that is no object.
pub(super) fn is_cut_short(list: &[u8]) -> bool {
    let (_, rest) = entries(list);
    !rest.is_empty() && !is_filling(rest)
}
