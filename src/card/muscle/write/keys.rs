//! Keys: made on the card or elsewhere, in pairs of places as OpenSC counts them (sheet "muscle", 6
//! and 11): the private half in place 2r, the public half in 2r + 1.

use super::Survey;
use super::hand::{GUARDED, Hand, file, refused};
use super::overwrite::exposed;
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::card::muscle::applet::{self, PLACES};
use crate::card::muscle::commands::{self, Algorithm, INPUT, OUTPUT, Rules};
use crate::card::muscle::compute::{give, sign, slot};
use crate::card::muscle::status::{self, BAD_P1, MuscleError, NOT_ALLOWED};
use crate::card::muscle::{KeyKind, KeyPlace, ObjectRecord, store};
use crate::card::pkcs15::directory::Kind;
use crate::card::pkcs15::encode;
use crate::card::pkcs15::objects::{Entry, KeyClass};
use crate::card::task::NewKey;
use crate::iso7816::StatusWord;
use crate::iso7816::tlv::ber::Tlv;
use crate::pki::import::RsaKey;
use crate::pki::trial::Trial;
use crate::transport::channel::Channel;

/// Nobody reads the private half; the holder overwrites and uses it.
pub(super) const PRIVATE: Rules = Rules([0xFFFF, 0x0002, 0x0002]);

/// Everybody reads and uses the public half.
pub(super) const PUBLIC: Rules = Rules([0x0000, 0x0002, 0x0000]);

/// The high byte of the files of public keys.
const FILES: u8 = 0x30;

/// The public half of a new key: big-endian numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewPublic {
    /// The modulus.
    pub modulus: Vec<u8>,
    /// The exponent.
    pub exponent: Vec<u8>,
}

/// A key that was made elsewhere. All secret numbers are half as long as the modulus.
#[derive(Debug)]
pub struct ImportedKey {
    /// The public half.
    pub public: NewPublic,
    /// p, q, d mod p-1, d mod q-1, 1/q mod p.
    pub primes: [Secret; 5],
}

impl ImportedKey {
    /// A key out of a file. Nothing if its primes are not of one length, which no card keeps.
    #[must_use]
    pub fn of(key: &RsaKey) -> Option<Self> {
        let half = |number: &Secret| {
            let missing = (key.n.len() / 2).checked_sub(number.len())?;
            let mut filled = Secret::with_capacity(key.n.len() / 2);
            filled.extend(&vec![0x00; missing]);
            filled.extend(number.expose());
            Some(filled)
        };
        Some(Self {
            public: NewPublic {
                modulus: key.n.clone(),
                exponent: key.e.clone(),
            },
            primes: [
                half(&key.p)?,
                half(&key.q)?,
                half(&key.d_p)?,
                half(&key.d_q)?,
                half(&key.q_inv)?,
            ],
        })
    }
}

/// The number of a pair of places for a new key of this size, beside those that are `taken`: best one
/// that is used up already and fits, since no other size ever will.
///
/// # Errors
///
/// [`MuscleError::NoPlace`] with all places.
pub fn choose(survey: &Survey, bits: u16, taken: &[u8]) -> Result<u8, MuscleError> {
    let taken = |number: u8| taken.contains(&number);
    let fits = |number: &u8| !taken(*number) && fits(&survey.places, *number, bits);
    let used = |number: &u8| survey.places.iter().any(|place| place.slot == 2 * number);
    let free: Vec<u8> = (0..PLACES / 2).filter(fits).collect();
    let best = free.iter().copied().find(used);
    best.or(free.first().copied()).ok_or(MuscleError::NoPlace {
        bits,
        places: survey.places.clone(),
    })
}

/// The pair of places that an entry of the list of private keys names.
pub(super) fn number(entry: &Tlv<'_>) -> Option<u8> {
    let class = KeyClass::of(Entry::of(entry)?.class)?;
    u8::try_from(class.reference?).ok()
}

/// Whether both places of a pair are empty, or for ever of this size.
fn fits(places: &[KeyPlace], number: u8, bits: u16) -> bool {
    let fits = |slot: u8, kind: KeyKind| {
        let known = places.iter().find(|place| place.slot == slot);
        known.is_none_or(|known| (known.kind, known.bits) == (kind, bits))
    };
    let private = 2 * number;
    fits(private, KeyKind::RsaPrivateCrt) && fits(private + 1, KeyKind::RsaPublic)
}

/// Lets the card make a key in the pair of places that `new` numbers, and names it in the lists. The
/// entry of the private half comes last.
///
/// # Errors
///
/// [`MuscleError::FixedPlace`], [`MuscleError::KeySize`], [`MuscleError::BadKey`] for a public half
/// that is none or of another key, or another [`CardError`]; it may be done again.
pub fn generate_key(
    channel: &mut Channel<'_>,
    survey: &mut Survey,
    new: &NewKey,
) -> Result<NewPublic, CardError> {
    let mut hand = Hand::new(channel, survey);
    let (private, public) = hand.places(new)?;
    hand.generate(private, public, new.bits)?;
    let made = hand.export(public, new.bits)?;
    hand.try_key(private, &made)?;
    hand.name_key(new, &made)?;
    *survey = hand.survey;
    Ok(made)
}

/// Puts a key into the pair of places that `new` numbers. Most applets ignore the rules that come
/// with a key and let everybody read it out, so a throw-away key is made there first: its rules stay
/// (sheet "muscle", 6). That they did is asked before the key is named in the lists.
///
/// # Errors
///
/// As [`generate_key`]; [`MuscleError::Unguarded`]; [`MuscleError::Exposed`], after which it begins with
/// overwriting what anybody can read.
pub fn import_key(
    channel: &mut Channel<'_>,
    survey: &mut Survey,
    new: &NewKey,
    key: &ImportedKey,
) -> Result<(), CardError> {
    if key.public.modulus.len() != usize::from(new.bits) / 8
        || key
            .primes
            .iter()
            .any(|n| 2 * n.len() != key.public.modulus.len())
    {
        return Err(CardError::Unsupported("keys of this form"));
    }
    let mut hand = Hand::new(channel, survey);
    let (private, public) = hand.places(new)?;
    hand.throw_away(private, public, new.bits)?;
    let [p, q, dp, dq, q_inverse] = &key.primes;
    let blob = blob(
        0x03,
        new.bits,
        &[p, q, q_inverse, dp, dq].map(Secret::expose),
    );
    hand.import(private, &blob, PRIVATE)?;
    hand.look_at_places()?;
    if !hand.survey.paper
        && hand
            .place(private)
            .is_none_or(|place| place.rules != PRIVATE)
    {
        let exposed = |why| exposed(private, why);
        hand.generate(private, public, new.bits).map_err(exposed)?;
        return Err(MuscleError::Unguarded { slot: private }.into());
    }
    let halves = [key.public.modulus.as_slice(), &key.public.exponent];
    hand.import(public, &self::blob(0x01, new.bits, &halves), PUBLIC)?;
    hand.try_key(private, &key.public)?;
    hand.name_key(new, &key.public)?;
    *survey = hand.survey;
    Ok(())
}

/// Deletes a key: puts a throw-away key over it (see `overwrite`), then takes it from
/// the lists, with the file of its public half. Its places stay used up.
///
/// # Errors
///
/// [`MuscleError::Undeletable`] before anything is changed; [`MuscleError::KeyStays`], unless that was
/// `said`; else [`CardError`]; it may be done again.
pub fn delete_key(
    channel: &mut Channel<'_>,
    survey: &mut Survey,
    id: &[u8],
    said: bool,
) -> Result<(), CardError> {
    let mut hand = Hand::new(channel, survey);
    let object = hand.object_of(Kind::PublicKeys, id);
    if let Some(id) = survey.in_the_way(object) {
        return Err(MuscleError::Undeletable { id }.into());
    }
    hand.overwrite_keys(Some(id), said)?;
    hand.edit(Kind::PrivateKeys, id, None)?;
    hand.edit(Kind::PublicKeys, id, None)?;
    if let Some(object) = object {
        hand.remove(object, false)?;
    }
    *survey = hand.survey;
    Ok(())
}

/// A key as the card takes it (sheet "muscle", 6): encoding, kind, size, and the numbers, each behind
/// its length.
fn blob(kind: u8, bits: u16, numbers: &[&[u8]]) -> Secret {
    let len: usize = numbers.iter().map(|number| number.len() + 2).sum();
    let mut blob = Secret::with_capacity(len + 4);
    blob.extend(&[0x00, kind]);
    blob.extend(&bits.to_be_bytes());
    for number in numbers {
        let len = u16::try_from(number.len()).unwrap_or(u16::MAX);
        blob.extend(&len.to_be_bytes());
        blob.extend(number);
    }
    blob
}

impl Hand<'_, '_> {
    /// The places of a pair, if it takes the size, by what the card says now.
    fn places(&mut self, new: &NewKey) -> Result<(u8, u8), CardError> {
        let private = slot(new.number.into()).ok_or(MuscleError::NoPlace {
            bits: new.bits,
            places: Vec::new(),
        })?;
        self.look_at_places()?;
        let public = private + 1;
        if fits(&self.survey.places, new.number, new.bits) {
            Ok((private, public))
        } else {
            Err(MuscleError::FixedPlace { private, public }.into())
        }
    }

    /// Asks which key places are used up. On paper they stay what they were.
    pub(super) fn look_at_places(&mut self) -> Result<(), CardError> {
        let places = applet::keys(self.channel)?.whole()?;
        if !self.survey.paper {
            self.survey.places = places;
        }
        Ok(())
    }

    /// What is known of a place that is used up.
    pub(super) fn place(&self, slot: u8) -> Option<&KeyPlace> {
        self.survey.places.iter().find(|place| place.slot == slot)
    }

    pub(super) fn generate(&mut self, private: u8, public: u8, bits: u16) -> Result<(), CardError> {
        let (places, rules) = ((private, public), (PRIVATE, PUBLIC));
        let command = commands::generate(Algorithm::RsaCrt, bits, places, rules);
        let answer = self.channel.transmit(&command)?;
        match answer.sw {
            StatusWord::OK => Ok(()),
            NOT_ALLOWED => Err(MuscleError::FixedPlace { private, public }.into()),
            // The virtual machine of the card decides on sizes (sheet "muscle", 12).
            StatusWord::UNKNOWN => Err(MuscleError::KeySize { bits }.into()),
            sw => Err(refused("GenerateKeyPair", sw)),
        }
    }

    /// What the card says of a public key.
    fn export(&mut self, public: u8, bits: u16) -> Result<NewPublic, CardError> {
        let answer = self.channel.transmit(&commands::export_key(public))?;
        if answer.sw == BAD_P1 {
            return Err(MuscleError::NoKey { slot: public }.into());
        }
        status::done("ExportKey", answer)?;
        let read = self.exported(bits);
        self.remove(OUTPUT, true)?;
        let NewPublic { modulus, exponent } = read?;
        let sound = modulus.first().is_some_and(|&first| first >= 0x80)
            && modulus.last().is_some_and(|last| last & 1 == 1)
            && exponent.last().is_some_and(|last| last & 1 == 1);
        if !sound {
            return Err(NO_KEY);
        }
        Ok(NewPublic { modulus, exponent })
    }

    /// The key in [`OUTPUT`], if it is a public one of this size.
    fn exported(&mut self, bits: u16) -> Result<NewPublic, CardError> {
        let len = usize::from(bits) / 8;
        let mut at = 0;
        let mut next = |len: usize| {
            let mut bytes = Vec::with_capacity(len);
            while bytes.len() < len {
                let piece = (len - bytes.len()).min(commands::READ_PIECE);
                let read = store::piece(self.channel, OUTPUT, at, piece)?.ok_or(NO_KEY)?;
                at += read.len();
                bytes.extend(read);
            }
            Ok::<_, CardError>(bytes)
        };
        if self.survey.paper {
            for len in [4, 2, len, 2, 3] {
                next(len)?;
            }
            return Ok(NewPublic {
                modulus: vec![0xFF; len],
                exponent: vec![0x01, 0x00, 0x01],
            });
        }
        let [high, low] = bits.to_be_bytes();
        if next(4)? != [0x00, 0x01, high, low] {
            return Err(NO_KEY);
        }
        let told = |bytes: &[u8]| bytes.first_chunk().copied().map(u16::from_be_bytes);
        if told(&next(2)?).map(usize::from) != Some(len) {
            return Err(NO_KEY);
        }
        let modulus = next(len)?;
        let len = told(&next(2)?).map(usize::from);
        let len = len.filter(|len| (1..=8).contains(len)).ok_or(NO_KEY)?;
        let exponent = next(len)?;
        Ok(NewPublic { modulus, exponent })
    }

    fn import(&mut self, slot: u8, blob: &Secret, rules: Rules) -> Result<(), CardError> {
        let given = give(self.channel, blob, Rules([0x0002; 3]));
        let answer = given.and_then(|()| {
            let command = commands::import_key(slot, rules);
            Ok(self.channel.transmit(&command)?)
        });
        // The card deletes it itself, if it came that far; no part of a key is to stay.
        let removed = self.remove(INPUT, true);
        let answer = answer?;
        match answer.sw {
            StatusWord::OK => removed,
            NOT_ALLOWED => Err(MuscleError::FixedPlace {
                private: slot,
                public: slot,
            }
            .into()),
            sw => Err(refused("ImportKey", sw)),
        }
    }

    /// The key does with its public half what it is for, before anybody relies on it.
    fn try_key(&mut self, private: u8, public: &NewPublic) -> Result<(), CardError> {
        let trial = Trial::new(&public.modulus, &public.exponent).ok_or(NO_KEY)?;
        let signature = sign(self.channel, private, trial.to_sign());
        if self.survey.paper {
            return Ok(());
        }
        let signature = signature?;
        if trial.is_signature(&signature) {
            Ok(())
        } else {
            Err(NO_KEY)
        }
    }

    /// The file of the public half, and the entries of both.
    fn name_key(&mut self, new: &NewKey, public: &NewPublic) -> Result<(), CardError> {
        let content = encode::rsa_public_key(&public.modulus, &public.exponent);
        let object = match self.object_of(Kind::PublicKeys, &new.id.0) {
            Some(object) => object,
            None => self.free_file(Kind::PublicKeys, FILES)?,
        };
        let known = self.survey.objects.iter();
        let known: Vec<&ObjectRecord> = known.filter(|known| known.id == object).collect();
        let size = known
            .first()
            .and_then(|known| usize::try_from(known.size).ok());
        let size = size.filter(|size| *size >= content.len());
        self.put(object, size.unwrap_or(content.len()), GUARDED, &content)?;
        let entry = encode::public_key(new, file(object));
        self.edit(Kind::PublicKeys, &new.id.0, Some(entry))?;
        let entry = encode::private_key(new);
        self.edit(Kind::PrivateKeys, &new.id.0, Some(entry))?;
        self.look_at_places()
    }
}

/// What the card gave as its new key is none, or is another one.
const NO_KEY: CardError = CardError::Muscle(MuscleError::BadKey);
