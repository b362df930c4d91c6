//! The lists of the application, changed: entries come, go and get other names.

use super::hand::{Hand, key_of};
use super::{Area, Survey};
use crate::base::hex::Hex;
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::card::pkcs15::directory::{self, Kind, List};
use crate::card::pkcs15::{encode, files};
use crate::card::setup::SetupError;
use crate::card::task::SecretName;
use crate::iso7816::tlv::ber;

/// The object directory file.
pub(super) const ODF: u16 = 0x5031;

/// What the token says of itself.
pub(super) const TOKEN_INFO: u16 = 0x5032;

/// Where a new list is, what names it in the directory, and how long it is (sheets
/// "iso7816-pkcs15", 5, and "cardos", 12).
pub(super) fn usual(kind: Kind) -> (u16, u32, usize) {
    match kind {
        Kind::Pins => (0x4401, 0xA8, 256),
        Kind::PrivateKeys => (0x4402, 0xA0, 1024),
        Kind::PublicKeys => (0x4403, 0xA1, 768),
        Kind::Certificates => (0x4404, 0xA4, 1536),
        Kind::Data => (0x4405, 0xA7, 256),
    }
}

/// The file of a list; nothing if there is none yet.
fn file_of(survey: &Survey, kind: Kind) -> Result<Option<u16>, SetupError> {
    let area = survey.area()?;
    let lists = named(area);
    let mut named = lists.iter().filter(|list| list.kind == kind);
    let Some(list) = named.next() else {
        return Ok(None);
    };
    if named.next().is_some() {
        return Err(CardError::Unsupported("several lists of one kind").into());
    }
    match in_application(list) {
        // What was not read is not empty.
        Some(file) if area.contents.contains_key(&file) => Ok(Some(file)),
        Some(_) => Err(CardError::Unsupported("lists with these names").into()),
        None => Err(CardError::Unsupported("lists outside the application").into()),
    }
}

/// The file of a list that the directory names, if it is in the application.
fn in_application(list: &List) -> Option<u16> {
    match list.value.place()?.absolute()?.as_slice() {
        [0x3F, 0x00, 0x50, 0x15, high, low] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// The file of a list that a task has left, which was given up before the directory named it.
fn left(survey: &Survey, kind: Kind) -> Result<Option<u16>, SetupError> {
    let area = survey.area()?;
    let (file, ..) = usual(kind);
    let mut named = named(area).into_iter();
    let is_named = named.any(|list| in_application(&list) == Some(file));
    Ok(Some(file).filter(|file| area.files.contains_key(file) && !is_named))
}

/// What the directory names.
fn named(area: &Area) -> Vec<List> {
    let odf = area.contents.get(&ODF).map(|odf| odf.0.as_slice());
    directory::lists(odf.unwrap_or_default()).0
}

/// The entries of a list, each as it is written.
pub(super) fn entries(survey: &Survey, kind: Kind) -> Result<Vec<Vec<u8>>, SetupError> {
    let mut file = file_of(survey, kind)?;
    // The card wants its PINs all the same. Keys that no list names are made anew.
    if file.is_none() && kind == Kind::Pins {
        file = left(survey, kind)?;
    }
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    Ok(written(survey.area()?, file))
}

/// The entries of all PINs that can be asked for: more lists than one are fine for that.
pub(super) fn pins(survey: &Survey) -> Result<Vec<Vec<u8>>, SetupError> {
    let area = survey.area()?;
    let lists = named(area).into_iter();
    let lists = lists.filter(|list| list.kind == Kind::Pins);
    let files = lists.filter_map(|list| in_application(&list));
    let files = files.chain(left(survey, Kind::Pins)?);
    Ok(files.flat_map(|file| written(area, file)).collect())
}

fn written(area: &Area, file: u16) -> Vec<Vec<u8>> {
    let list = area.contents.get(&file);
    let list = list.map(|list| list.0.as_slice()).unwrap_or_default();
    let (entries, _) = files::entries(list);
    entries
        .iter()
        .map(|entry| ber::encode(entry.tag.0, entry.value))
        .collect()
}

/// The identifier of an entry; data is known by its name.
pub(super) fn id(kind: Kind, entry: &[u8]) -> Option<Vec<u8>> {
    let entry = ber::objects(entry).next()?;
    key_of(&entry, kind == Kind::Data)
}

/// The entry with an identifier.
pub(super) fn find(
    survey: &Survey,
    kind: Kind,
    wanted: &[u8],
) -> Result<Option<Vec<u8>>, SetupError> {
    let entries = entries(survey, kind)?;
    let mut found = entries.into_iter();
    Ok(found.find(|entry| id(kind, entry).as_deref() == Some(wanted)))
}

impl Hand<'_, '_> {
    /// An entry is added; one with the same identifier is replaced.
    pub(super) fn add_entry(
        &mut self,
        survey: &mut Survey,
        kind: Kind,
        entry: Vec<u8>,
    ) -> Result<(), SetupError> {
        let wanted = id(kind, &entry);
        let mut list = entries(survey, kind)?;
        match list.iter_mut().find(|known| id(kind, known) == wanted) {
            Some(known) => *known = entry,
            None => list.push(entry),
        }
        self.write_list(survey, kind, &list)
    }

    /// The entry with an identifier goes, if there is one.
    pub(super) fn remove_entry(
        &mut self,
        survey: &mut Survey,
        kind: Kind,
        wanted: &[u8],
    ) -> Result<(), SetupError> {
        let mut list = entries(survey, kind)?;
        let before = list.len();
        list.retain(|entry| id(kind, entry).as_deref() != Some(wanted));
        if list.len() == before {
            return Ok(());
        }
        self.write_list(survey, kind, &list)
    }

    /// A list is written, and made first if there is none: the directory names it once it is
    /// whole.
    pub(super) fn write_list(
        &mut self,
        survey: &mut Survey,
        kind: Kind,
        list: &[Vec<u8>],
    ) -> Result<(), SetupError> {
        let content = list.concat();
        if let Some(file) = file_of(survey, kind)? {
            return self.replace(survey, file, content);
        }
        let (file, tag, size) = usual(kind);
        if left(survey, kind)?.is_none() {
            let owner = owner(survey)?;
            self.create_file(survey, file, (0x01, size), writable_by(owner))?;
        }
        self.replace(survey, file, content)?;
        let mut odf = survey
            .area()?
            .contents
            .get(&ODF)
            .cloned()
            .unwrap_or_default()
            .0;
        odf.extend(encode::list(tag, file));
        self.replace(survey, ODF, odf)
    }

    /// New content of a file that ends with filling bytes. What is the same is not written; what
    /// was behind the new end is wiped, or it would be seen again (sheet "iso7816-pkcs15", 11).
    pub(super) fn replace(
        &mut self,
        survey: &mut Survey,
        file: u16,
        content: Vec<u8>,
    ) -> Result<(), SetupError> {
        let area = survey.area()?;
        let size = area
            .files
            .get(&file)
            .map_or(0, |entry| usize::from(entry.size));
        let old = area.contents.get(&file).cloned().unwrap_or_default().0;
        if content.len() > size {
            return Err(SetupError::Full {
                needed: content.len(),
                free: size,
            });
        }
        let same = old.iter().zip(&content).take_while(|(old, new)| old == new);
        // Never within the head of an entry: it is written with what it is the head of.
        let start = boundary(&content, same.count());
        let mut bytes = content.get(start..).unwrap_or_default().to_vec();
        bytes.resize(old.len().max(content.len()).saturating_sub(start), 0x00);
        if start + bytes.len() < size {
            bytes.push(0x00);
        }
        if old != content || self.again {
            self.fill(survey, file, (start, &bytes))?;
        }
        survey.area_mut()?.contents.insert(file, Hex(content));
        Ok(())
    }

    /// The token says when it was changed.
    pub(super) fn touch(
        &mut self,
        survey: &mut Survey,
        label: Option<&str>,
    ) -> Result<(), SetupError> {
        let area = survey.area()?;
        let info = area.contents.get(&TOKEN_INFO).map(|info| info.0.clone());
        let size = area
            .files
            .get(&TOKEN_INFO)
            .map_or(0, |file| usize::from(file.size));
        let new = info.and_then(|info| encode::token_info_changed(&info, label, self.moment));
        let Some(new) = new else { return Ok(()) };
        if new.len() > size {
            // A token without the time in it has no room for one.
            return match label {
                None => Ok(()),
                Some(label) => Err(SetupError::Name {
                    len: label.len(),
                    most: label.len().saturating_sub(new.len() - size),
                }),
            };
        }
        match self.replace(survey, TOKEN_INFO, new) {
            Err(SetupError::Never) if label.is_none() => Ok(()),
            other => other,
        }
    }

    /// Data that the plan does not hold.
    pub(super) fn data(&mut self, label: &str, len: usize) -> Result<Secret, SetupError> {
        let data = self.materials.data(label).map(Secret::duplicate);
        let name = || SecretName::Data {
            label: label.to_owned(),
        };
        let data = data.ok_or_else(|| SetupError::Missing(name()))?;
        if data.len() == len {
            Ok(data)
        } else {
            Err(SetupError::Other(name()))
        }
    }
}

/// The beginning of the entry in which `at` is.
fn boundary(content: &[u8], at: usize) -> usize {
    let mut start = 0;
    let mut objects = ber::objects(content);
    while objects.next().is_some() {
        let end = content.len() - objects.rest().len();
        if end > at {
            break;
        }
        start = end;
    }
    start
}

/// The PIN that new files belong to: the one that may add files, else that of the security
/// officer or the first of the holder; 00 if nobody guards anything.
pub(super) fn owner(survey: &Survey) -> Result<u8, SetupError> {
    use super::survey::{condition, of_directory};
    let area = survey.area()?;
    for right in [
        of_directory::CREATE,
        of_directory::UPDATE,
        of_directory::ADMIN,
    ] {
        match condition(&area.access, right) {
            0x00 | 0xFF => {}
            number => return Ok(number),
        }
    }
    let numbers = entries(survey, Kind::Pins)?;
    let numbers = numbers.iter().filter_map(|entry| pin_number(entry));
    Ok(numbers.min().unwrap_or(0x00))
}

/// The number of a PIN, by its entry.
pub(super) fn pin_number(entry: &[u8]) -> Option<u8> {
    let whole = ber::objects(entry).next()?;
    let kind = whole
        .children()
        .find(|part| part.tag.0 == 0xA1)?
        .children()
        .next()?;
    let number = kind.children().find(|part| part.tag.0 == 0x80)?;
    number.value.last().map(|number| number & 0x7F)
}

/// Everybody reads; who knows this PIN writes and deletes.
pub(super) fn writable_by(owner: u8) -> [u8; 9] {
    [0x00, owner, owner, owner, owner, owner, owner, 0xFF, 0xFF]
}

/// Who knows one PIN reads, who knows the other writes.
pub(super) fn readable_by(guard: u8, owner: u8) -> [u8; 9] {
    [guard, owner, owner, owner, owner, owner, owner, 0xFF, 0xFF]
}
