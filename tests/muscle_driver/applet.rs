//! A small applet of the sheet's rules, to talk to: held against what the real one answered
//! (`recorded.rs`). Its keys are from a pool; one that is in none of its keys turns blocks around.

use std::sync::Arc;

use rsa::RsaPrivateKey;
use symbolon::transport::link::LinkError;

use crate::pool::{blob, found, pool, private_operation};

pub(crate) const AID: [u8; 6] = [0xA0, 0, 0, 0, 1, 1];

#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) id: [u8; 4],
    pub(crate) rules: [u16; 3],
    pub(crate) content: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) kind: u8,
    pub(crate) bits: u16,
    pub(crate) rules: [u16; 3],
    pub(crate) blob: Vec<u8>,
    pub(crate) begun: bool,
    pub(crate) rsa: Option<Arc<RsaPrivateKey>>,
}

#[derive(Clone)]
pub(crate) struct Pin {
    pub(crate) value: Vec<u8>,
    pub(crate) puk: Vec<u8>,
    pub(crate) left: u8,
    pub(crate) tries: u8,
}

/// What a card is besides its applet.
#[derive(Clone, Default)]
pub(crate) struct Card {
    pub(crate) selected: bool,
    /// The identifier of the applet, if it is an unusual one.
    pub(crate) aid: Option<Vec<u8>>,
    /// Whether another application is on the card, empty, that says that it is a PKCS #15 one.
    pub(crate) has_pkcs15: bool,
    pub(crate) is_ready: bool,
    /// What Setup asks for, if it is not the PIN that the applet is delivered with.
    pub(crate) transport: Option<Pin>,
    /// Whether PINs have to have characters of two kinds.
    pub(crate) has_policy: bool,
    /// The number of codes after which Setup is torn, once.
    pub(crate) tears: Option<usize>,
    pub(crate) is_torn: bool,
    pub(crate) pins: [Option<Pin>; 8],
    pub(crate) logged: u16,
    /// The oldest first.
    pub(crate) objects: Vec<Object>,
    pub(crate) keys: [Option<Key>; 8],
    pub(crate) memory: usize,
    pub(crate) cursor: usize,
    pub(crate) made: u8,
    /// Version 0.9.11 ends the list of keys with "wrong length", and keeps rules at import.
    pub(crate) is_old: bool,
    /// The largest piece of memory, if what is free is in pieces.
    pub(crate) most: Option<usize>,
    /// Import forgets the rules of the key that was in the place.
    pub(crate) forgets_rules: bool,
    /// Keys that it still makes, if its generator breaks.
    pub(crate) makes: Option<u8>,
    /// The instruction whose list has no end.
    pub(crate) endless: Option<u8>,
    /// What every computation answers, if it lies.
    pub(crate) lie: Option<Vec<u8>>,
    pub(crate) extended: bool,
    pub(crate) t0: bool,
    pub(crate) waiting: Vec<u8>,
    pub(crate) sent: Vec<Vec<u8>>,
    /// Commands until the link breaks, after the last one was done.
    pub(crate) left: Option<usize>,
    /// Whether the command at which it breaks is carried out.
    pub(crate) loses: bool,
}

type Answer = Result<Vec<u8>, u16>;

impl Card {
    pub(crate) fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        if self.left == Some(0) {
            if std::mem::take(&mut self.loses) {
                self.answer(command);
            }
            return Err(LinkError::Removed);
        }
        self.sent.push(command.to_vec());
        let answer = self.answer(command);
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        if std::mem::take(&mut self.is_torn) {
            return Err(LinkError::Removed);
        }
        Ok(answer)
    }

    /// Takes the power away.
    pub(crate) fn reset(&mut self) {
        self.selected = false;
        self.logged = 0;
        self.objects.retain(|object| object.id[..3] != [0xFF; 3]);
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let [cla, ins, p1, p2] = [command[0], command[1], command[2], command[3]];
        if ins == 0xC0 && self.t0 {
            // Java Card knows GET RESPONSE by the class of what it belongs to.
            if cla != 0xB0 {
                return vec![0x6E, 0x00];
            }
            let mut data = std::mem::take(&mut self.waiting);
            data.extend([0x90, 0x00]);
            return data;
        }
        let rest = &command[4..];
        let (data, le) = match rest {
            [] => (&[][..], None),
            [le] => (&[][..], Some(*le)),
            [0, high, low, data @ ..] => {
                if !self.extended {
                    return vec![0x67, 0x00];
                }
                let lc = usize::from(u16::from_be_bytes([*high, *low]));
                (&data[..lc.min(data.len())], Some(0))
            }
            [lc, data @ ..] => {
                let lc = usize::from(*lc);
                (data.get(..lc).unwrap_or(data), data.get(lc).copied())
            }
        };
        match self.process([cla, ins, p1, p2], data, le) {
            Ok(answer) if self.t0 && !data.is_empty() && !answer.is_empty() => {
                let len = answer.len().to_le_bytes()[0];
                self.waiting = answer;
                vec![0x61, len]
            }
            Ok(mut answer) => {
                answer.extend([0x90, 0x00]);
                answer
            }
            Err(sw) => sw.to_be_bytes().to_vec(),
        }
    }

    fn process(&mut self, header: [u8; 4], data: &[u8], le: Option<u8>) -> Answer {
        let [cla, ins, p1, p2] = header;
        if cla == 0x00 && ins == 0xA4 {
            let aid = self.aid.as_deref().unwrap_or(&AID);
            if data.starts_with(&[0xA0, 0, 0, 0, 0x63]) && self.has_pkcs15 {
                self.selected = false;
                return Ok(vec![0x6F, 0x02, 0x82, 0x00]);
            }
            if data == aid && p1 == 0x04 {
                self.selected = true;
                self.logged = 0;
                self.objects.retain(|object| object.id[..3] != [0xFF; 3]);
            } else if !self.selected {
                return Err(0x6A82);
            }
            return Ok(Vec::new());
        }
        if !self.selected || cla != 0xB0 {
            return Err(0x6E00);
        }
        match ins {
            0x2A if self.is_ready => return Err(0x6D00),
            0x2A => return self.set_up(data),
            _ if !self.is_ready => return Err(0x9C05),
            _ => {}
        }
        match ins {
            0x3C => Ok(self.status()),
            0x48 => {
                let mask = (0..8).filter(|&n| self.pins[n].is_some());
                let mask = mask.fold(0_u16, |mask, n| mask | 1 << n);
                Ok(mask.to_be_bytes().to_vec())
            }
            0x3A => self.list_keys(p1, le),
            0x58 => self.list_objects(p1),
            0x42 => self.verify(p1, data),
            0x44 => self.change(p1, data),
            0x46 => self.unblock(p1, data),
            0x5A => self.create(data),
            0x52 => self.delete(data, p2),
            0x54 => self.write(data),
            0x56 => self.read(data),
            0x30 => self.generate(p1, p2, data),
            0x32 => self.import(p1, data),
            0x34 => self.export(p1),
            0x36 => self.compute(p1, p2, data),
            0x60 => {
                self.logged = 0;
                Ok(Vec::new())
            }
            _ => Err(0x6D00),
        }
    }

    /// As the source does it: each code is kept as soon as it was looked at.
    fn set_up(&mut self, data: &[u8]) -> Answer {
        let (default, mut rest) = lv(data);
        self.policy(default)?;
        let transport = self.transport.get_or_insert_with(|| Pin {
            value: b"Muscle00".to_vec(),
            puk: Vec::new(),
            left: 3,
            tries: 3,
        });
        if transport.left == 0 {
            return Err(0x9C0C);
        }
        if transport.value != default {
            transport.left -= 1;
            return Err(0x9C02);
        }
        transport.left = transport.tries;
        for number in 0..2 {
            let (tries, after) = (rest[0], &rest[2..]);
            let (value, after) = lv(after);
            let (puk, after) = lv(after);
            self.policy(value)?;
            let mut pin = Pin {
                value: value.to_vec(),
                puk: Vec::new(),
                left: tries,
                tries,
            };
            if number == 0 {
                self.transport = Some(pin.clone());
            }
            self.tear(2 * number + 1)?;
            self.policy(puk)?;
            pin.puk = puk.to_vec();
            self.pins[number] = Some(pin);
            self.tear(2 * number + 2)?;
            rest = after;
        }
        self.memory = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        self.is_ready = true;
        Ok(Vec::new())
    }

    fn policy(&self, value: &[u8]) -> Result<(), u16> {
        let is_digits = value.iter().all(u8::is_ascii_digit);
        if self.has_policy && is_digits {
            return Err(0x9C0F);
        }
        Ok(())
    }

    fn tear(&mut self, codes: usize) -> Result<(), u16> {
        if self.tears == Some(codes) {
            self.tears = None;
            self.is_torn = true;
            return Err(0x6F00);
        }
        Ok(())
    }

    fn free(&self) -> usize {
        let used: usize = self.objects.iter().map(|o| o.content.len() + 16).sum();
        self.memory - 2 - used
    }

    fn status(&self) -> Vec<u8> {
        let mut status = vec![1, 3, 0, 9];
        status.extend((self.memory as u32).to_be_bytes());
        status.extend((self.free() as u32).to_be_bytes());
        status.push(self.pins.iter().flatten().count() as u8);
        status.push(self.keys.iter().flatten().count() as u8);
        status.extend(self.logged.to_be_bytes());
        status
    }

    fn list_keys(&mut self, p1: u8, le: Option<u8>) -> Answer {
        if le != Some(0x0B) {
            return Err(0x6700);
        }
        if p1 == 0 || self.endless == Some(0x3A) {
            self.cursor = 0;
        }
        while let Some(slot) = self.keys.get(self.cursor) {
            self.cursor += 1;
            if let Some(key) = slot {
                let mut entry = vec![self.cursor as u8 - 1, key.kind, 0xFF];
                entry.extend(key.bits.to_be_bytes());
                entry.extend(key.rules.map(u16::to_be_bytes).concat());
                return Ok(entry);
            }
        }
        if self.is_old {
            return Err(0x6700);
        }
        Ok(Vec::new())
    }

    fn list_objects(&mut self, p1: u8) -> Answer {
        if p1 == 0 || self.endless == Some(0x58) {
            self.cursor = 0;
        }
        let object = self
            .objects
            .iter()
            .rev()
            .nth(self.cursor)
            .ok_or(0x9C12_u16)?;
        self.cursor += 1;
        let mut entry = object.id.to_vec();
        entry.extend((object.content.len() as u32).to_be_bytes());
        entry.extend(object.rules.map(u16::to_be_bytes).concat());
        Ok(entry)
    }

    fn pin(&mut self, number: u8) -> Result<&mut Pin, u16> {
        self.pins
            .get_mut(usize::from(number))
            .and_then(Option::as_mut)
            .ok_or(0x9C10)
    }

    fn check(&mut self, number: u8, value: &[u8]) -> Result<(), u16> {
        let pin = self.pin(number)?;
        if pin.left == 0 {
            return Err(0x9C0C);
        }
        if !(4..=16).contains(&value.len()) {
            return Err(0x9C0F);
        }
        if pin.value == value {
            pin.left = pin.tries;
            self.logged |= 1 << number;
            return Ok(());
        }
        pin.left -= 1;
        self.logged &= !(1 << number);
        Err(0x9C02)
    }

    fn verify(&mut self, number: u8, value: &[u8]) -> Answer {
        self.check(number, value).map(|()| Vec::new())
    }

    fn change(&mut self, number: u8, data: &[u8]) -> Answer {
        let (old, rest) = lv(data);
        let (new, _) = lv(rest);
        self.check(number, old)?;
        self.pin(number)?.value = new.to_vec();
        self.logged &= !(1 << number);
        Ok(Vec::new())
    }

    fn unblock(&mut self, number: u8, puk: &[u8]) -> Answer {
        let pin = self.pin(number)?;
        if pin.left > 0 {
            return Err(0x9C03);
        }
        if pin.puk != puk {
            return Err(0x9C02);
        }
        pin.left = pin.tries;
        Ok(Vec::new())
    }

    fn allowed(&self, word: u16) -> Result<(), u16> {
        if word != 0xFFFF && self.logged & word == word {
            Ok(())
        } else {
            Err(0x9C06)
        }
    }

    fn find(&self, id: &[u8]) -> Option<usize> {
        self.objects.iter().position(|object| object.id == id)
    }

    fn create(&mut self, data: &[u8]) -> Answer {
        if data.len() != 14 {
            return Err(0x9C0F);
        }
        let size = u32::from_be_bytes(data[4..8].try_into().unwrap()) as usize;
        if self.find(&data[..4]).is_some() {
            return Err(0x9C08);
        }
        if size == 0 {
            return Err(0x9C0F);
        }
        let most = self.most.unwrap_or(usize::MAX);
        if size >= 0x8000 || size + 16 > self.free() || size > most {
            return Err(0x9C01);
        }
        self.objects.push(Object {
            id: data[..4].try_into().unwrap(),
            rules: words(&data[8..]),
            content: vec![0; size],
        });
        Ok(Vec::new())
    }

    fn delete(&mut self, data: &[u8], _zero: u8) -> Answer {
        let at = self.find(data).ok_or(0x9C07_u16)?;
        self.allowed(self.objects[at].rules[2])?;
        self.objects.remove(at);
        Ok(Vec::new())
    }

    /// Object and range of a read or write.
    fn range(&self, data: &[u8], right: usize) -> Result<(usize, usize, usize), u16> {
        let at = self.find(&data[..4]).ok_or(0x9C0F_u16)?;
        let object = &self.objects[at];
        self.allowed(object.rules[right])?;
        let offset = usize::from(u16::from_be_bytes([data[6], data[7]]));
        let len = usize::from(data[8]);
        if offset + len > object.content.len() {
            return Err(0x9C0F);
        }
        Ok((at, offset, len))
    }

    fn read(&self, data: &[u8]) -> Answer {
        let (at, offset, len) = self.range(data, 0)?;
        Ok(self.objects[at].content[offset..offset + len].to_vec())
    }

    fn write(&mut self, data: &[u8]) -> Answer {
        let (at, offset, len) = self.range(data, 1)?;
        let bytes = data.get(9..9 + len).ok_or(0x9C0F_u16)?;
        self.objects[at].content[offset..offset + len].copy_from_slice(bytes);
        Ok(Vec::new())
    }

    fn generate(&mut self, private: u8, public: u8, data: &[u8]) -> Answer {
        if private > 7 {
            return Err(0x9C10);
        }
        if public > 7 {
            return Err(0x9C11);
        }
        if private == public {
            return Err(0x6A86);
        }
        if data[0] > 2 {
            return Err(0x9C09);
        }
        let bits = u16::from_be_bytes([data[1], data[2]]);
        for (slot, kind) in [(private, 3), (public, 1)] {
            let existing = self.keys[usize::from(slot)].as_ref();
            if existing.is_some_and(|key| (key.kind, key.bits) != (kind, bits)) {
                return Err(0x9C03);
            }
        }
        self.allowed(0x0002)?;
        if let Some(makes) = &mut self.makes {
            *makes = makes.checked_sub(1).ok_or(0x6F00_u16)?;
        }
        self.made += 1;
        // Never the one that is there: no card makes a key twice.
        let old = self.keys[usize::from(private)].as_ref();
        let mut pairs = (0..2).map(|n| pool(bits, (usize::from(self.made) + n) % 2));
        let is_new = |pair: &RsaPrivateKey| old.is_none_or(|old| old.blob != blob(3, pair));
        let pair = Arc::new(pairs.find(is_new).unwrap());
        for (slot, kind) in [(private, 3), (public, 1)] {
            if let Some(key) = &self.keys[usize::from(slot)] {
                self.allowed(key.rules[1])?;
            }
            let at = if kind == 3 { 3..9 } else { 9..15 };
            self.keys[usize::from(slot)] = Some(Key {
                kind,
                bits,
                rules: words(&data[at]),
                blob: blob(kind, &pair),
                begun: false,
                rsa: Some(Arc::clone(&pair)),
            });
        }
        Ok(Vec::new())
    }

    fn import(&mut self, slot: u8, data: &[u8]) -> Answer {
        let at = self.find(&[0xFF, 0xFF, 0xFF, 0xFE]).ok_or(0x9C07_u16)?;
        let blob = self.objects[at].content.clone();
        let (kind, bits) = (blob[1], u16::from_be_bytes([blob[2], blob[3]]));
        let old = self.keys[usize::from(slot)].as_ref();
        if let Some(old) = old {
            if (old.kind, old.bits) != (kind, bits) {
                return Err(0x9C03);
            }
            self.allowed(old.rules[1])?;
        }
        let rules = match old {
            _ if self.is_old => words(data),
            _ if self.forgets_rules => [0; 3],
            Some(old) => old.rules,
            None => [0; 3],
        };
        self.keys[usize::from(slot)] = Some(Key {
            kind,
            bits,
            rules,
            rsa: found(&blob),
            blob,
            begun: false,
        });
        self.objects.remove(at);
        Ok(Vec::new())
    }

    fn export(&mut self, slot: u8) -> Answer {
        let key = self.keys[usize::from(slot)].clone().ok_or(0x9C10_u16)?;
        self.allowed(key.rules[0])?;
        self.leave(key.blob);
        Ok(Vec::new())
    }

    fn leave(&mut self, content: Vec<u8>) {
        self.objects.retain(|object| object.id != [0xFF; 4]);
        self.objects.push(Object {
            id: [0xFF; 4],
            rules: [self.logged; 3],
            content,
        });
    }

    fn compute(&mut self, slot: u8, p2: u8, data: &[u8]) -> Answer {
        let key = self
            .keys
            .get_mut(usize::from(slot))
            .and_then(Option::as_mut);
        let Some(key) = key else { return Err(0x9C10) };
        let (rules, kind, len) = (key.rules[2], key.kind, usize::from(key.bits) / 8);
        let rsa = key.rsa.clone();
        if self.logged & rules != rules {
            return Err(0x9C06);
        }
        if p2 == 0x01 {
            // Otherwise what is in the object is its data, of which RSA takes none.
            if data[2] != 0x01 {
                return Err(0x6F00);
            }
            return match (data[0], data[1], kind) {
                (_, 1, 3) => Err(0x9C09),
                (_, 1, _) => Err(0x9C05),
                (0, 4, _) => {
                    key.begun = true;
                    Ok(Vec::new())
                }
                _ => Err(0x9C03),
            };
        }
        if !key.begun {
            return Err(0x9CFF);
        }
        if p2 == 0x02 {
            return Err(0x6F00);
        }
        let input = match data {
            [1, _, _, block @ ..] => block.to_vec(),
            _ => {
                let at = self.find(&[0xFF, 0xFF, 0xFF, 0xFE]).ok_or(0x9C07_u16)?;
                self.objects[at].content[2..].to_vec()
            }
        };
        if input.len() != len {
            return Err(0x6F00);
        }
        let mut result = (input.len() as u16).to_be_bytes().to_vec();
        match &rsa {
            Some(key) => result.extend(private_operation(key, &input)),
            None => result.extend(input.iter().rev()),
        }
        let result = self.lie.clone().unwrap_or(result);
        if data[0] == 1 {
            return Ok(result);
        }
        self.leave(result);
        Ok(Vec::new())
    }
}

fn lv(data: &[u8]) -> (&[u8], &[u8]) {
    let len = usize::from(data[0]);
    (&data[1..=len], &data[1 + len..])
}

fn words(bytes: &[u8]) -> [u16; 3] {
    let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    [word(0), word(2), word(4)]
}

/// A card that was set up with zeros for all PINs.
pub(crate) fn set_up() -> Card {
    let zeros = || Pin {
        value: b"00000000".to_vec(),
        puk: b"00000000".to_vec(),
        left: 5,
        tries: 5,
    };
    Card {
        is_ready: true,
        memory: 6000,
        pins: [
            Some(zeros()),
            Some(zeros()),
            None,
            None,
            None,
            None,
            None,
            None,
        ],
        ..Card::default()
    }
}
