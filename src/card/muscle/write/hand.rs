//! The hand that writes objects and keeps account of them.

use super::{ODF, Survey};
use crate::card::CardError;
use crate::card::muscle::commands::{self, WRITE_PIECE};
use crate::card::muscle::status::{self, EXISTS, MuscleError, NO_OBJECT};
use crate::card::muscle::store::{self, MAX_OBJECT};
use crate::card::muscle::{ObjectId, ObjectRecord, Rules, State, applet};
use crate::card::pkcs15::bits::{OCTET_STRING, next_if};
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::objects::Entry;
use crate::card::pkcs15::{encode, files};
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber::{self, Tlv};
use crate::transport::channel::Channel;

/// Everybody reads, the holder writes and deletes.
pub(super) const GUARDED: Rules = Rules([0x0000, 0x0002, 0x0002]);

/// What sizes of lists are multiples of.
const STEP: usize = 0x80;

/// See the module.
pub(super) struct Hand<'a, 'c> {
    pub(super) channel: &'a mut Channel<'c>,
    /// What is there, with what was done by now.
    pub(super) survey: Survey,
}

impl<'a, 'c> Hand<'a, 'c> {
    pub(super) fn new(channel: &'a mut Channel<'c>, survey: &Survey) -> Self {
        Self {
            channel,
            survey: survey.clone(),
        }
    }

    fn record(&self, id: ObjectId) -> Option<&ObjectRecord> {
        self.survey.objects.iter().find(|object| object.id == id)
    }

    /// An object of this size, these rules and this content, whatever was there before.
    pub(super) fn put(
        &mut self,
        id: ObjectId,
        size: usize,
        rules: Rules,
        content: &[u8],
    ) -> Result<(), CardError> {
        let size = u16::try_from(size.max(content.len()).max(1))
            .ok()
            .filter(|size| usize::from(*size) <= MAX_OBJECT)
            .ok_or(CardError::from(MuscleError::Full))?;
        let wanted = ObjectRecord {
            id,
            size: size.into(),
            rules,
        };
        let mut filled = content.to_vec();
        // One that was there keeps its bytes, a new one is full of zeros.
        if self.record(id) == Some(&wanted) || !self.create(&wanted, size)? {
            filled.resize(size.into(), 0x00);
        }
        self.write(id, &filled)?;
        self.survey.objects.retain(|object| object.id != id);
        self.survey.objects.insert(0, wanted);
        Ok(())
    }

    /// Creates an object in the place of one of that name. Whether it is new: else it was there already as
    /// it is wanted. One that was there is taken away only if there is room for the other one, and comes
    /// back with its content if there was none in the end.
    fn create(&mut self, wanted: &ObjectRecord, size: u16) -> Result<bool, CardError> {
        let id = wanted.id;
        let create = commands::create_object(id, size, wanted.rules);
        let mut answer = self.channel.transmit(&create)?;
        // What work that was broken off has taken away already.
        let mut old = self.record(id).cloned().zip(self.kept(id));
        if answer.sw == EXISTS {
            let all = applet::objects(self.channel)?.whole()?;
            let there = all.into_iter().find(|object| object.id == id);
            let there = there.ok_or(CardError::from(MuscleError::InUse))?;
            if there == *wanted {
                return Ok(false);
            }
            self.check_room(there.size, size)?;
            let content = match self.kept(id) {
                None => self.read(id)?,
                known => known,
            };
            old = content.map(|content| (there, content));
            self.remove(id, false)?;
            answer = self.channel.transmit(&create)?;
        }
        if answer.sw != StatusWord::OK
            && let Some((record, content)) = old
        {
            self.put_back(&record, &content)?;
        }
        status::done("CreateObject", answer)?;
        Ok(true)
    }

    /// What is in a list, as it was known when the work was begun.
    fn kept(&self, id: ObjectId) -> Option<Vec<u8>> {
        self.survey.content(id).map(<[u8]>::to_vec)
    }

    /// All of an object; nothing if nobody may read it.
    fn read(&mut self, id: ObjectId) -> Result<Option<Vec<u8>>, CardError> {
        let path = [&[0x3F, 0x00], id.0.as_slice()].concat();
        match (store::SOURCE.whole)(self.channel, &path) {
            Err(error @ CardError::Link(_)) => Err(error),
            read => Ok(read.ok().flatten()),
        }
    }

    /// Whether an object that takes the place of another one has room.
    fn check_room(&mut self, old: u32, new: u16) -> Result<(), CardError> {
        let Some(State::Ready(status)) = applet::state(self.channel)? else {
            return Err(MuscleError::NotSetUp.into());
        };
        // What an object costs besides its bytes, both cost.
        if status.free.saturating_add(old) < u32::from(new) {
            return Err(MuscleError::Full.into());
        }
        Ok(())
    }

    /// An object as it was before it was taken away, as far as the card lets it be.
    fn put_back(&mut self, record: &ObjectRecord, content: &[u8]) -> Result<(), CardError> {
        let size = u16::try_from(record.size).unwrap_or(u16::MAX);
        let create = commands::create_object(record.id, size, record.rules);
        if self.channel.transmit(&create)?.sw == StatusWord::OK {
            self.write(record.id, content)?;
        }
        Ok(())
    }

    fn write(&mut self, id: ObjectId, content: &[u8]) -> Result<(), CardError> {
        let mut offset = 0_u16;
        for piece in content.chunks(WRITE_PIECE) {
            let command = commands::write_object(id, offset, piece);
            let answer = self.channel.transmit(&command)?;
            status::done("WriteObject", answer)?;
            offset = offset.saturating_add(u16::try_from(piece.len()).unwrap_or(u16::MAX));
        }
        Ok(())
    }

    /// Deletes an object that may be gone already.
    pub(super) fn remove(&mut self, id: ObjectId, zero: bool) -> Result<(), CardError> {
        let answer = self.channel.transmit(&commands::delete_object(id, zero))?;
        if answer.sw != NO_OBJECT {
            status::done("DeleteObject", answer)?;
        }
        self.survey.objects.retain(|object| object.id != id);
        self.survey.lists.retain(|(known, _)| *known != id);
        Ok(())
    }

    /// Puts an entry into a list in the place of the one with its identifier, or takes that out. A list
    /// that is not there is made, and named in the directory.
    pub(super) fn edit(
        &mut self,
        kind: Kind,
        id: &[u8],
        entry: Option<Vec<u8>>,
    ) -> Result<(), CardError> {
        if !self.survey.is_personalised() {
            return Err(MuscleError::NotPersonalised.into());
        }
        let known = self.survey.list(kind);
        if known.is_none() && entry.is_none() {
            return Ok(());
        }
        let is_new = known.is_none();
        let (object, list) = known.unwrap_or((usual(kind), &[]));
        let content = edited(list, id, entry);
        self.put_list(object, usual_size(kind), GUARDED, content)?;
        if is_new {
            // Named once it is there.
            let mut odf = self.survey.content(ODF).unwrap_or_default().to_vec();
            odf.extend(encode::list(tag(kind), file(object)));
            self.put_list(ODF, 2 * STEP, Rules::OPEN, odf)?;
        }
        Ok(())
    }

    /// A list keeps its rules, and its size if it can.
    pub(super) fn put_list(
        &mut self,
        id: ObjectId,
        size: usize,
        rules: Rules,
        content: Vec<u8>,
    ) -> Result<(), CardError> {
        let known = self.record(id);
        let rules = known.map_or(rules, |known| known.rules);
        let size = known.map_or(size, |known| usize::try_from(known.size).unwrap_or(size));
        let needed = content.len().next_multiple_of(STEP);
        let size = if content.len() > size { needed } else { size };
        self.put(id, size, rules, &content)?;
        self.survey.keep(id, content);
        Ok(())
    }

    /// The file that something with this identifier is in.
    pub(super) fn object_of(&self, kind: Kind, id: &[u8]) -> Option<ObjectId> {
        let (_, list) = self.survey.list(kind)?;
        let (entries, _) = files::entries(list);
        let entry = entries.iter().find(|entry| is(entry, id))?;
        let value = crate::card::pkcs15::objects::Value::of(&Entry::of(entry)?.kind)?;
        let path = value.place()?.absolute()?;
        store::object(&path)
    }

    /// The first file of `high` that no list names and, unless it was left by work that was broken
    /// off, that is not there.
    pub(super) fn free_file(&self, kind: Kind, high: u8) -> Result<ObjectId, CardError> {
        let (_, list) = self.survey.list(kind).unwrap_or((ODF, &[]));
        let named = |id: &ObjectId| list.windows(4).any(|bytes| bytes == id.0);
        (0..=u8::MAX)
            .map(|low| ObjectId([0x50, 0x15, high, low]))
            .find(|id| !named(id) && self.record(*id).is_none())
            .ok_or(MuscleError::Full.into())
    }
}

/// A list with one entry in the place of another, or without it.
fn edited(list: &[u8], id: &[u8], new: Option<Vec<u8>>) -> Vec<u8> {
    let (entries, _) = files::entries(list);
    let mut new = new;
    let mut content = Vec::new();
    for entry in &entries {
        if is(entry, id) {
            content.extend(new.take().unwrap_or_default());
        } else {
            content.extend(ber::encode(entry.tag.0, entry.value));
        }
    }
    content.extend(new.unwrap_or_default());
    content
}

/// Whether an entry has this identifier.
pub(super) fn is(entry: &Tlv<'_>, id: &[u8]) -> bool {
    self::id(entry) == Some(id)
}

/// The identifier of an entry: all classes begin with it.
pub(super) fn id<'a>(entry: &Tlv<'a>) -> Option<&'a [u8]> {
    let mut class = Entry::of(entry)?.class;
    next_if(&mut class, OCTET_STRING)
}

/// Where OpenSC has a list.
fn usual(kind: Kind) -> ObjectId {
    let low = match kind {
        Kind::Pins => 0x01,
        Kind::PrivateKeys => 0x02,
        Kind::PublicKeys => 0x03,
        Kind::Certificates => 0x04,
        Kind::Data => 0x05,
    };
    ObjectId([0x50, 0x15, 0x44, low])
}

fn usual_size(kind: Kind) -> usize {
    match kind {
        Kind::Certificates => 4 * STEP,
        _ => 2 * STEP,
    }
}

/// PKCS #15 v1.1, 6.2.
fn tag(kind: Kind) -> u32 {
    match kind {
        Kind::PrivateKeys => 0xA0,
        Kind::PublicKeys => 0xA1,
        Kind::Certificates => 0xA4,
        Kind::Data => 0xA7,
        Kind::Pins => 0xA8,
    }
}

/// The file that an object of the application is.
pub(super) fn file(id: ObjectId) -> u16 {
    let ObjectId([_, _, high, low]) = id;
    u16::from_be_bytes([high, low])
}

/// A refusal of a command on key places.
pub(super) fn refused(operation: &'static str, sw: StatusWord) -> CardError {
    status::refusal(operation, sw)
}
