//! PINs: what AODF says of them (PKCS #15 v1.1, 6.8), and the commands that do something to them.

use super::bits::{
    self, BIT_STRING, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, TIME, next_if, number,
};
use super::objects::{Common, Entry, Place};
use super::profile::Profile;
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::card::guard::{Deed, Step};
use crate::iso7816::Command;
use crate::iso7816::tlv::ber::{Tag, Tlv};
use crate::token::{
    Alphabet, Breach, Fact, FactName, FactValue, Factory, Flag, Operation, OperationKind, Pin,
    PinCoding, PinReference, PinRole, PinRule, PinUse, Reason, Tries, TriesLeft,
};

/// The longest PIN that is taken for one, in bytes.
const MAX_STORED: u64 = 64;

/// Bytes that PINs of CardOS are filled up to, and with what, where the file does not say it.
const USUAL_LEN: usize = 8;

/// The PINs of an entry: itself, and the PUK that is not in any file. Nothing if the entry is no PIN.
pub(in crate::card) fn of(entry: &Tlv<'_>, profile: &Profile) -> Option<Vec<Pin>> {
    let written = Written::of(entry)?;
    let number = u8::try_from(written.reference).ok()? | profile.pin_bit;
    let (own, role, rule) = (PinReference(number), written.role(), written.rule()?);
    let puk = (profile.puk_follows && !written.has(Flag::UnblockDisabled) && role != PinRole::Puk)
        .then(|| PinReference(number.wrapping_add(1)));
    let operation = |kind, needs, impossible: bool| Operation {
        kind,
        needs: vec![needs],
        impossible: impossible.then_some(Reason::Unsupported),
    };
    let facts = written.facts();
    let strange = !is_sent_as_typed(&facts);
    let fixed = strange || written.has(Flag::ChangeDisabled);
    let mut operations = vec![
        operation(OperationKind::Verify, own, strange),
        operation(OperationKind::Change, own, fixed),
    ];
    operations.extend(puk.map(|puk| operation(OperationKind::Unblock, puk, strange)));
    let unknown = Tries {
        left: TriesLeft::Unknown,
        max: None,
    };
    let pin = Pin {
        reference: own,
        role,
        label: written.common.label.clone(),
        tries: unknown,
        rule,
        factory: Factory::Unknown(None),
        uses: match role {
            PinRole::SecurityOfficer => vec![PinUse::Administration],
            PinRole::Puk => vec![PinUse::Unblocking],
            _ => vec![PinUse::Signing, PinUse::SigningIn, PinUse::Decrypting],
        },
        operations,
        facts,
    };
    let puk = puk.map(|reference| Pin {
        reference,
        role: PinRole::Puk,
        label: pin.label.clone(),
        tries: unknown,
        // Its length is told nowhere: that of its PIN at least 4, as OpenSC makes it.
        rule: PinRule {
            min: rule.min.min(4),
            ..rule
        },
        factory: Factory::Unknown(None),
        uses: vec![PinUse::Unblocking],
        operations: Vec::new(),
        facts: pin
            .facts
            .iter()
            .filter(|fact| PADDING.contains(&fact.name))
            .cloned()
            .collect(),
    });
    Some(std::iter::once(pin).chain(puk).collect())
}

/// What the file says of a PIN.
struct Written {
    common: Common,
    id: Vec<u8>,
    flags: Vec<Flag>,
    coding: PinCoding,
    min: u64,
    stored: u64,
    max: Option<u64>,
    reference: u64,
    pad: Option<Vec<u8>>,
    path: Option<Place>,
}

impl Written {
    /// Nothing if it is no PIN, or one with lengths that none has.
    fn of(entry: &Tlv<'_>) -> Option<Self> {
        let Entry {
            common,
            mut class,
            kind,
            ..
        } = Entry::of(entry)?;
        let id = next_if(&mut class, OCTET_STRING)?.to_vec();
        let mut parts = kind.children();
        let set = bits::bits(next_if(&mut parts, BIT_STRING)?);
        let coding = bits::coding(number(next_if(&mut parts, ENUMERATED)?)?)?;
        let mut next = || next_if(&mut parts, INTEGER).and_then(number);
        let (min, stored, max) = (next()?, next()?, next());
        let reference = next_if(&mut parts, Tag(0x80)).map_or(Some(0), number)?;
        let pad = next_if(&mut parts, OCTET_STRING).map(<[u8]>::to_vec);
        let _ = next_if(&mut parts, TIME);
        let path = next_if(&mut parts, SEQUENCE).and_then(|value| {
            Place::of(&Tlv {
                tag: SEQUENCE,
                value,
            })
        });
        let sound = stored <= MAX_STORED && min <= MAX_STORED;
        sound.then(|| Self {
            common,
            id,
            flags: bits::flags(set, &bits::PIN),
            coding,
            min,
            stored,
            max,
            reference,
            pad,
            path,
        })
    }

    fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    fn role(&self) -> PinRole {
        if self.has(Flag::SoPin) {
            PinRole::SecurityOfficer
        } else if self.has(Flag::UnblockingPin) {
            PinRole::Puk
        } else {
            PinRole::User
        }
    }

    fn rule(&self) -> Option<PinRule> {
        let max = self.max.unwrap_or(self.stored).min(self.stored.max(1));
        Some(PinRule {
            min: usize::try_from(self.min).ok()?,
            max: usize::try_from(max).ok()?,
            alphabet: match self.coding {
                PinCoding::Utf8 => Alphabet::Any,
                // Digits are what the standard says; OpenSC's tools store letters under this
                // name, too.
                PinCoding::AsciiNumeric => Alphabet::Ascii,
                _ => Alphabet::Digits,
            },
        })
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = self.common.facts();
        facts.retain(|fact| fact.name != FactName::AuthId);
        facts.extend([
            Fact::hex(FactName::AuthId, &self.id),
            Fact {
                name: FactName::PinFlags,
                value: FactValue::Flags(self.flags.clone()),
            },
            Fact {
                name: FactName::PinCoding,
                value: FactValue::Coding(self.coding),
            },
            Fact::number(FactName::MinLength, self.min),
            Fact::number(FactName::MaxLength, self.max.unwrap_or(self.stored)),
            Fact::number(FactName::StoredLength, self.stored),
            Fact::number(FactName::PinNumber, self.reference),
        ]);
        let pad = self.pad.as_deref();
        facts.extend(pad.map(|pad| Fact::hex(FactName::PadCharacter, pad)));
        facts.extend(self.path.as_ref().map(Place::fact));
        facts
    }
}

/// What a PUK has in common with its PIN.
const PADDING: [FactName; 3] = [
    FactName::StoredLength,
    FactName::PadCharacter,
    FactName::Path,
];

/// The directory of a PIN, as the files tell it: cards look for it from there upwards.
pub(super) fn directory(pin: &Pin) -> Option<&[u8]> {
    super::path_of(&pin.facts)
}

/// Whether a card wants a PIN as the characters that were typed, in the clear. In another form it
/// would be a wrong one, and cost a try.
pub(in crate::card) fn is_sent_as_typed(facts: &[Fact]) -> bool {
    let sealed = [Flag::IntegrityProtected, Flag::ConfidentialityProtected];
    facts.iter().all(|fact| match &fact.value {
        FactValue::Coding(coding) => matches!(coding, PinCoding::AsciiNumeric | PinCoding::Utf8),
        FactValue::Flags(flags) => !flags.iter().any(|flag| sealed.contains(flag)),
        _ => true,
    })
}

/// The command that does `deed` to `pin` (ISO/IEC 7816-4:2020, 11.6; sheet "cardos", 7).
pub(in crate::card) fn step(pin: &Pin, deed: &Deed<'_>) -> Result<Step, CardError> {
    if !is_sent_as_typed(&pin.facts) {
        return Err(CardError::Unsupported("PINs in this form"));
    }
    let (ins, data, role, operation) = match deed {
        Deed::Verify(value) => (0x20, block(pin, &[value])?, pin.role, "VERIFY"),
        Deed::Change(current, new) => {
            let data = block(pin, &[current, new])?;
            (0x24, data, pin.role, "CHANGE REFERENCE DATA")
        }
        Deed::Unblock(with, code, new) => {
            let data = block(pin, &[code, new])?;
            (0x2C, data, with.role, "RESET RETRY COUNTER")
        }
        Deed::Set(..) => return Err(CardError::Unsupported("setting this PIN")),
        Deed::Release(..) => {
            return Err(CardError::Unsupported("unblocking without a new PIN"));
        }
        Deed::VerifyOnReader | Deed::ChangeOnReader => {
            return Err(CardError::Unsupported("a PIN without a PIN"));
        }
    };
    Ok(Step {
        command: Command::new([0x00, ins, 0x00, pin.reference.0]).secret(data),
        role: Some(role),
        operation,
    })
}

/// PINs one after the other, filled up where the card wants that.
fn block(pin: &Pin, values: &[&Secret]) -> Result<Secret, CardError> {
    let number = |name| {
        pin.facts.iter().find_map(|fact| match fact.value {
            FactValue::Number(number) if fact.name == name => usize::try_from(number).ok(),
            _ => None,
        })
    };
    // A filling byte is told of PINs that are not filled up, too.
    let filled = pin.facts.iter().any(|fact| match &fact.value {
        FactValue::Flags(flags) => flags.contains(&Flag::NeedsPadding),
        _ => false,
    });
    let pad = pin.facts.iter().find_map(|fact| match &fact.value {
        FactValue::Bytes(pad) if fact.name == FactName::PadCharacter => pad.first().copied(),
        _ => None,
    });
    let pad = pad.filter(|_| filled);
    if filled && pad.is_none() {
        return Err(CardError::Unsupported(
            "PINs filled up with nobody knows what",
        ));
    }
    let len = number(FactName::StoredLength).unwrap_or(USUAL_LEN);
    let mut data = Secret::with_capacity(values.len() * len);
    for value in values {
        let breach = CardError::Rule {
            role: pin.role,
            breach: Breach::Length,
        };
        if value.is_empty() {
            return Err(breach);
        }
        let missing = len.checked_sub(value.len()).ok_or(breach)?;
        data.extend(value.expose());
        // Two PINs in one command are parted by nothing but their length.
        if let Some(pad) = pad {
            data.extend(vec![pad; missing].as_slice());
        } else if values.len() > 1 && missing > 0 {
            return Err(CardError::Unsupported("PINs of this length"));
        }
    }
    Ok(data)
}
