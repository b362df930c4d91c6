//! Objects: bytes with a number of four bytes and three access words (sheet "muscle", 5).

use super::rights::{self, Access};
use super::status::{
    NO_MEMORY, NO_OBJECT, OBJECT_EXISTS, SEQUENCE_END, WRONG_P1, WRONG_P2, WRONG_PARAMETER,
};
use super::{Muscle, check_p1p2};
use crate::simulator::chip::Result;

/// What the host puts something into for the card.
pub(super) const INPUT: u32 = 0xFFFF_FFFE;
/// What the card puts something into for the host.
pub(super) const OUTPUT: u32 = 0xFFFF_FFFF;

/// What an object costs besides its bytes.
const HEADER: u16 = 16;
/// What the allocator takes once.
const ALLOCATOR: u16 = 2;

/// What ListObjects answers, in bytes.
const RECORD_LEN: u8 = 14;

/// An object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    id: u32,
    /// Read, write, delete.
    access: Access,
    pub(super) bytes: Vec<u8>,
}

impl Object {
    fn cost(&self) -> u16 {
        // No object is longer than 32767 bytes.
        let len = u16::try_from(self.bytes.len()).unwrap_or(u16::MAX);
        len.saturating_add(HEADER)
    }
}

/// All objects, the newest first, and their memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    list: Vec<Object>,
    free: u16,
    /// Which object ListObjects tells next.
    next: usize,
}

impl Objects {
    pub(super) fn set_memory(&mut self, memory: u16) {
        self.free = memory.saturating_sub(ALLOCATOR);
    }

    /// Bytes left.
    pub(super) fn free(&self) -> u16 {
        self.free
    }

    pub(super) fn get(&self, id: u32) -> Option<&Object> {
        self.list.iter().find(|object| object.id == id)
    }

    fn get_mut(&mut self, id: u32) -> Option<&mut Object> {
        self.list.iter_mut().find(|object| object.id == id)
    }

    /// Adds an object, even beside another one of the same number.
    pub(super) fn add(&mut self, id: u32, access: Access, bytes: Vec<u8>) -> Result<()> {
        let object = Object { id, access, bytes };
        let free = self.free.checked_sub(object.cost()).ok_or(NO_MEMORY)?;
        self.free = free;
        self.list.insert(0, object);
        Ok(())
    }

    /// Removes the newest object of that number; whether there was one.
    pub(super) fn remove(&mut self, id: u32) -> bool {
        let Some(index) = self.list.iter().position(|object| object.id == id) else {
            return false;
        };
        let object = self.list.remove(index);
        self.free = self.free.saturating_add(object.cost());
        true
    }

    pub(super) fn remove_all(&mut self, id: u32) {
        while self.remove(id) {}
    }
}

impl Muscle {
    /// CreateObject.
    pub(super) fn create_object(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        check_p1p2((p1, 0x00), (p2, 0x00))?;
        let parts = data.split_first_chunk::<4>();
        let Some((id, &[high, middle, third, low, ref words @ ..])) = parts else {
            return Err(WRONG_PARAMETER);
        };
        let access = rights::access(words).ok_or(WRONG_PARAMETER)?;
        self.may(|rules| rules.objects)?;
        let id = u32::from_be_bytes(*id);
        if self.objects.get(id).is_some() {
            return Err(OBJECT_EXISTS);
        }
        match u32::from_be_bytes([high, middle, third, low]) {
            0 => Err(WRONG_PARAMETER),
            size @ 1..0x8000 => {
                if size > u32::from(self.objects.free()) {
                    return Err(NO_MEMORY);
                }
                let bytes = vec![0x00; usize::from(u16::from_be_bytes([third, low]))];
                self.objects.add(id, access, bytes)?;
                Ok(Vec::new())
            }
            _ => Err(NO_MEMORY),
        }
    }

    /// DeleteObject. Whether the bytes are overwritten before makes no difference here.
    pub(super) fn delete_object(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        if p1 != 0x00 {
            return Err(WRONG_P1);
        }
        if p2 > 0x01 {
            return Err(WRONG_P2);
        }
        let id = data.try_into().map_err(|_| WRONG_PARAMETER)?;
        let id = u32::from_be_bytes(id);
        let object = self.objects.get(id).ok_or(NO_OBJECT)?;
        let [_, _, delete] = object.access;
        self.allowed(delete)?;
        self.objects.remove(id);
        Ok(Vec::new())
    }

    /// WriteObject.
    pub(super) fn write_object(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        check_p1p2((p1, 0x00), (p2, 0x00))?;
        let (id, start, len, bytes) = place(data).ok_or(WRONG_PARAMETER)?;
        if bytes.len() != len {
            return Err(WRONG_PARAMETER);
        }
        let [_, write, _] = self.objects.get(id).ok_or(WRONG_PARAMETER)?.access;
        self.allowed(write)?;
        let object = self.objects.get_mut(id).ok_or(WRONG_PARAMETER)?;
        let target = object.bytes.get_mut(start..start + len);
        target.ok_or(WRONG_PARAMETER)?.copy_from_slice(bytes);
        Ok(Vec::new())
    }

    /// ReadObject.
    pub(super) fn read_object(&self, p1: u8, p2: u8, data: &[u8]) -> Result {
        check_p1p2((p1, 0x00), (p2, 0x00))?;
        let Some((id, start, len, [])) = place(data) else {
            return Err(WRONG_PARAMETER);
        };
        let object = self.objects.get(id).ok_or(WRONG_PARAMETER)?;
        let [read, ..] = object.access;
        self.allowed(read)?;
        let bytes = object.bytes.get(start..start + len);
        Ok(bytes.ok_or(WRONG_PARAMETER)?.to_vec())
    }

    /// ListObjects.
    pub(super) fn list_objects(&mut self, p1: u8, p2: u8, len: u8) -> Result {
        if p2 != 0x00 {
            return Err(WRONG_P2);
        }
        if len < RECORD_LEN {
            return Err(WRONG_PARAMETER);
        }
        match p1 {
            0x00 => self.objects.next = 0,
            0x01 => {}
            _ => return Err(WRONG_P1),
        }
        let object = self.objects.list.get(self.objects.next);
        let object = object.ok_or(SEQUENCE_END)?;
        let mut record = object.id.to_be_bytes().to_vec();
        // No object is longer than 32767 bytes.
        let size = u32::try_from(object.bytes.len()).unwrap_or(u32::MAX);
        record.extend(size.to_be_bytes());
        record.extend(rights::access_bytes(object.access));
        self.objects.next += 1;
        Ok(record)
    }
}

/// Number, start and length in ReadObject and WriteObject, and what follows. The upper half of the
/// start is not looked at.
fn place(data: &[u8]) -> Option<(u32, usize, usize, &[u8])> {
    let (id, rest) = data.split_first_chunk::<4>()?;
    let &[_, _, high, low, len, ref rest @ ..] = rest else {
        return None;
    };
    let start = usize::from(u16::from_be_bytes([high, low]));
    Some((u32::from_be_bytes(*id), start, usize::from(len), rest))
}
