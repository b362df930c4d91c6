//! PUT DATA: the objects of a directory, which are PINs and parts of keys (sheet "cardos", 6).

use std::collections::BTreeMap;

use super::CardOs;
use super::files::right;
use crate::iso7816::StatusWord;
use crate::simulator::chip::Result;

/// The objects in a directory, by class and number.
pub(super) type Objects = Store;

/// Class of PIN objects.
pub(super) const PIN: u8 = 0x00;
/// Class of the first part of a key.
pub(super) const KEY: u8 = 0x20;
/// Parts of a key at most.
pub(super) const PARTS: u8 = 5;

/// See [`Objects`].
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    objects: BTreeMap<(u8, u8), Object>,
    /// Security environments by number, as they came.
    environments: BTreeMap<u8, Vec<u8>>,
}

/// One object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// Options, flags, algorithm, error counter, use counter, two unknown ones, minimum length.
    pub(super) parameters: [u8; 8],
    /// Conditions: use, change, and for a PIN unblocking.
    pub(super) access: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// Tries left.
    pub(super) left: u8,
}

impl Object {
    /// The full count of tries.
    pub(super) fn tries(&self) -> u8 {
        self.parameters[1] & 0x0F
    }

    pub(super) fn algorithm(&self) -> u8 {
        self.parameters[2]
    }

    fn condition(&self, index: usize) -> u8 {
        self.access.get(index).copied().unwrap_or(0xFF)
    }

    pub(super) fn to_use(&self) -> u8 {
        self.condition(0)
    }

    pub(super) fn to_change(&self) -> u8 {
        self.condition(1)
    }

    /// The number of the PUK of a PIN.
    pub(super) fn to_unblock(&self) -> u8 {
        self.condition(2)
    }
}

impl Store {
    pub(super) fn get(&self, class: u8, number: u8) -> Option<&Object> {
        self.objects.get(&(class, number))
    }

    pub(super) fn get_mut(&mut self, class: u8, number: u8) -> Option<&mut Object> {
        self.objects.get_mut(&(class, number))
    }

    pub(super) fn put(&mut self, class: u8, number: u8, object: Object) {
        self.objects.insert((class, number), object);
    }

    /// EEPROM that they take, in bytes.
    pub(super) fn weight(&self) -> usize {
        let objects = self.objects.values().map(|object| 20 + object.value.len());
        let environments = self.environments.values().map(|value| 8 + value.len());
        objects.sum::<usize>() + environments.sum::<usize>()
    }
}

impl CardOs {
    pub(super) fn put_data(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        self.changeable()?;
        match (p1, p2) {
            (0x01, 0x6D) => self.put_environment(data),
            (0x01, 0x6E) => self.put_object(data),
            (0x01, 0x6F) => self.put_access(data),
            _ => Err(StatusWord::NO_OBJECT),
        }
    }

    /// A new object needs the right to append, one that is there the right to update (sheet, 14).
    fn put_object(&mut self, data: &[u8]) -> Result {
        let parts = plain(data).ok_or(StatusWord(0x6A85))?;
        let get = |tag| parts.iter().find(|part| part.0 == tag).map(|part| part.1);
        let (Some(&[class, number]), Some(parameters)) = (get(0x83), get(0x85)) else {
            return Err(StatusWord::WRONG_DATA);
        };
        // A ninth byte belongs to the package that counts aloud.
        let parameters = parameters
            .first_chunk::<8>()
            .ok_or(StatusWord::WRONG_DATA)?;
        let value = get(0x8F).ok_or(StatusWord::WRONG_DATA)?;
        let object = Object {
            parameters: *parameters,
            access: get(0x86).unwrap_or_default().to_vec(),
            value: value.to_vec(),
            left: parameters[1] & 0x0F,
        };
        let here = self.here();
        let before = here.objects.get(class, number);
        self.check(match before {
            Some(_) => here.access[right::UPDATE],
            None => here.access[right::APPEND],
        })?;
        if before.is_none() {
            self.room_for(20 + value.len())?;
        }
        let path = self.place.path.clone();
        let here = self.root.at_mut(&path).ok_or(StatusWord::NOT_FOUND)?;
        here.objects.put(class, number, object);
        Ok(Vec::new())
    }

    /// A security environment. What is in it is kept, and has no meaning here.
    fn put_environment(&mut self, data: &[u8]) -> Result {
        let parts = plain(data).ok_or(StatusWord(0x6A85))?;
        let number = parts.iter().find(|part| part.0 == 0x83).map(|part| part.1);
        let Some(&[number]) = number else {
            return Err(StatusWord::WRONG_DATA);
        };
        let here = self.here();
        let there = here.objects.environments.contains_key(&number);
        self.check(if there {
            here.access[right::UPDATE]
        } else {
            here.access[right::APPEND]
        })?;
        self.room_for(8 + data.len())?;
        let path = self.place.path.clone();
        let here = self.root.at_mut(&path).ok_or(StatusWord::NOT_FOUND)?;
        here.objects.environments.insert(number, data.to_vec());
        Ok(Vec::new())
    }

    /// Whether a condition is fulfilled: the PIN object of that number, looked for from here
    /// upwards, was verified.
    pub(super) fn check(&self, condition: u8) -> Result<()> {
        let open = match condition {
            0x00 => true,
            0xFF => false,
            number => {
                let owner = self.owner(PIN, number);
                owner.is_some_and(|owner| self.verified.contains(&(owner, number)))
            }
        };
        if open {
            Ok(())
        } else {
            Err(StatusWord::SECURITY)
        }
    }

    /// The nearest directory that has an object, from here upwards.
    pub(super) fn owner(&self, class: u8, number: u8) -> Option<Vec<u16>> {
        (0..=self.place.path.len()).rev().find_map(|depth| {
            let path = self.place.path.get(..depth)?;
            let directory = self.root.at(path)?;
            directory.objects.get(class, number)?;
            Some(path.to_vec())
        })
    }

    pub(super) fn object(&self, class: u8, number: u8) -> Result<&Object> {
        let owner = self.owner(class, number).ok_or(StatusWord::NO_OBJECT)?;
        let owner = self.root.at(&owner);
        let object = owner.and_then(|owner| owner.objects.get(class, number));
        object.ok_or(StatusWord::NO_OBJECT)
    }

    pub(super) fn object_mut(&mut self, class: u8, number: u8) -> Result<&mut Object> {
        let owner = self.owner(class, number).ok_or(StatusWord::NO_OBJECT)?;
        let owner = self.root.at_mut(&owner);
        let object = owner.and_then(|owner| owner.objects.get_mut(class, number));
        object.ok_or(StatusWord::NO_OBJECT)
    }
}

/// Tag, one byte of length up to 255, value: these data objects are no BER.
fn plain(data: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut rest = data;
    let mut parts = Vec::new();
    while let [tag, len, tail @ ..] = rest {
        let (value, tail) = tail.split_at_checked(usize::from(*len))?;
        parts.push((*tag, value));
        rest = tail;
    }
    rest.is_empty().then_some(parts)
}
