//! PIV PINs (SP 800-73-4 Part 2, 3.2; sheet "openpgp-piv", B2).

use crate::base::secret::Secret;
use crate::card::guard::{Deed, Step};
use crate::card::iso::Verdict;
use crate::card::{CardError, piv::metadata};
use crate::iso7816::Command;
use crate::token::{
    Alphabet, Breach, Factory, Operation, OperationKind, Pin, PinReference, PinRole, PinRule,
    PinUse, Reason, Text, Tries, TriesLeft,
};
use crate::transport::channel::Channel;

/// Length of a PIN block: unused bytes are FF (SP 800-73-4 Part 2, 2.4.3).
pub(super) const LEN: u8 = 8;

/// Fewest digits of a PIN.
pub(super) const MIN: u8 = 6;

/// The PIN of the application.
pub(super) const PIN: PinReference = PinReference(0x80);

/// The PIN unblocking key.
pub(super) const PUK: PinReference = PinReference(0x81);

/// The PIN of the whole card.
pub(super) const GLOBAL: PinReference = PinReference(0x00);

/// What is known of the two counters and of whose make the card is.
pub(super) struct Known {
    pub(super) pin: Tries,
    pub(super) puk: Tries,
    pub(super) pin_factory: Option<bool>,
    pub(super) puk_factory: Option<bool>,
    /// Counter of the global PIN, if the card has one.
    pub(super) global: Option<TriesLeft>,
    /// Whether the card has the vendor's commands, and so the usual factory PINs.
    pub(super) vendor: bool,
}

/// Pads PINs to blocks of [`LEN`] bytes each.
///
/// # Errors
///
/// [`CardError::Rule`] if one is empty or too long; nothing was sent.
pub(super) fn block(pins: &[&Secret]) -> Result<Secret, CardError> {
    let mut data = Secret::with_capacity(pins.len() * usize::from(LEN));
    for pin in pins {
        let missing = usize::from(LEN).checked_sub(pin.len());
        let Some(missing) = missing.filter(|_| !pin.is_empty()) else {
            return Err(CardError::Rule {
                role: PinRole::User,
                breach: Breach::Length,
            });
        };
        data.extend(pin.expose());
        data.extend([0xFF; LEN as usize].get(..missing).unwrap_or_default());
    }
    Ok(data)
}

/// The counter of a PIN. An empty VERIFY asks for that of the PIN without spending a try; the
/// PUK has no such question, so its counter is known by metadata only.
///
/// # Errors
///
/// [`CardError`]; no try was spent.
pub(super) fn tries_left(
    channel: &mut Channel<'_>,
    pin: PinReference,
) -> Result<TriesLeft, CardError> {
    // Metadata tells the counter even when the PIN is verified.
    if pin != GLOBAL {
        let found = match metadata::read(channel, pin.0) {
            Err(error @ CardError::Link(_)) => return Err(error),
            // The card has another way to tell.
            found => found.ok().flatten(),
        };
        if let Some((_, left)) = found.and_then(|found| found.tries) {
            return Ok(TriesLeft::from_counter(left));
        }
    }
    if pin == PUK {
        return Ok(TriesLeft::Unknown);
    }
    ask(channel, pin)
}

/// An empty VERIFY (SP 800-73-4 Part 2, 3.2.1).
///
/// # Errors
///
/// [`CardError`]; no try was spent.
pub(super) fn ask(channel: &mut Channel<'_>, pin: PinReference) -> Result<TriesLeft, CardError> {
    let answer = channel.transmit(&Command::new([0x00, 0x20, 0x00, pin.0]))?;
    Ok(match Verdict::of(answer.sw) {
        Verdict::Refused(left) => left,
        // The card hides its counter then.
        Verdict::Satisfied => TriesLeft::Unlocked,
        Verdict::Other(_) => TriesLeft::Unknown,
    })
}

/// VERIFY that takes back (SP 800-73-4 Part 2, 3.2.1, P1 = FF). Cards of older versions do not
/// know it; then it stays as it was.
///
/// # Errors
///
/// [`CardError::Link`]; no try was spent.
pub(super) fn lock(channel: &mut Channel<'_>, pin: PinReference) -> Result<(), CardError> {
    channel.transmit(&Command::new([0x00, 0x20, 0xFF, pin.0]))?;
    Ok(())
}

/// The command that does `deed` to `pin` (SP 800-73-4 Part 2, 3.2.1 to 3.2.3).
///
/// # Errors
///
/// [`CardError::Unsupported`], [`CardError::Rule`]; nothing was sent.
pub(super) fn step(pin: PinReference, deed: &Deed<'_>) -> Result<Step, CardError> {
    let (ins, data, counter, operation) = match deed {
        Deed::Verify(value) => (0x20, block(&[value])?, pin, "VERIFY"),
        Deed::Change(current, new) => (0x24, block(&[current, new])?, pin, "CHANGE REFERENCE DATA"),
        Deed::Unblock(with, code, new) => {
            let data = block(&[code, new])?;
            (0x2C, data, with.reference, "RESET RETRY COUNTER")
        }
        Deed::Release(..) => {
            return Err(CardError::Unsupported("unblocking without a new PIN"));
        }
        Deed::Set(..) => {
            return Err(CardError::Unsupported(
                "setting a PIN without its old value",
            ));
        }
        Deed::VerifyOnReader | Deed::ChangeOnReader => {
            return Err(CardError::Unsupported("a PIN without a PIN"));
        }
    };
    Ok(Step {
        command: Command::new([0x00, ins, 0x00, pin.0]).secret(data),
        role: Some(role(counter)),
        operation,
    })
}

/// What a PIN is for.
fn role(pin: PinReference) -> PinRole {
    if pin == PUK {
        PinRole::Puk
    } else {
        PinRole::User
    }
}

/// The PINs as people see them.
pub(super) fn list(known: &Known) -> Vec<Pin> {
    let digits = if known.vendor {
        Alphabet::Ascii
    } else {
        Alphabet::Digits
    };
    let rule = |min| PinRule {
        min,
        max: usize::from(LEN),
        alphabet: digits,
    };
    let mut pins = vec![Pin {
        reference: PIN,
        role: PinRole::User,
        label: None,
        tries: known.pin,
        rule: rule(usize::from(MIN)),
        factory: factory(known.pin_factory, known.vendor, "123456"),
        uses: vec![PinUse::Signing, PinUse::SigningIn],
        operations: pin_operations(PIN, known.pin.left, known.puk.left),
        facts: Vec::new(),
    }];
    if let Some(left) = known.global {
        let mut operations = pin_operations(GLOBAL, left, TriesLeft::NotSet);
        // The PUK of PIV is for the PIV PIN.
        operations.retain(|operation| operation.kind != OperationKind::Unblock);
        pins.push(Pin {
            reference: GLOBAL,
            role: PinRole::User,
            label: Some(Text::from("Global PIN")),
            tries: Tries { left, max: None },
            rule: rule(usize::from(MIN)),
            factory: Factory::Unknown(None),
            uses: vec![PinUse::SigningIn],
            operations,
            facts: Vec::new(),
        });
    }
    let puk_blocked = (known.puk.left == TriesLeft::Blocked).then_some(Reason::Blocked);
    pins.push(Pin {
        reference: PUK,
        role: PinRole::Puk,
        label: None,
        tries: known.puk,
        // SP 800-73-4 wants 8 bytes; YubiKeys take 6 to 8 characters.
        rule: rule(if known.vendor {
            usize::from(MIN)
        } else {
            usize::from(LEN)
        }),
        factory: factory(known.puk_factory, known.vendor, "12345678"),
        uses: vec![PinUse::Unblocking],
        operations: vec![Operation {
            kind: OperationKind::Change,
            needs: vec![PUK],
            impossible: puk_blocked,
        }],
        facts: Vec::new(),
    });
    pins
}

fn factory(told: Option<bool>, vendor: bool, value: &'static str) -> Factory {
    match told {
        Some(true) => Factory::Unchanged(value),
        Some(false) => Factory::Changed,
        None => Factory::Unknown(vendor.then_some(value)),
    }
}

fn pin_operations(pin: PinReference, left: TriesLeft, puk: TriesLeft) -> Vec<Operation> {
    let blocked = (left == TriesLeft::Blocked).then_some(Reason::Blocked);
    let no_puk = matches!(puk, TriesLeft::Blocked | TriesLeft::NotSet);
    let operation = |kind, needs, impossible| Operation {
        kind,
        needs: vec![needs],
        impossible,
    };
    vec![
        operation(OperationKind::Verify, pin, blocked),
        operation(OperationKind::Change, pin, blocked),
        operation(
            OperationKind::Unblock,
            PUK,
            no_puk.then_some(Reason::NothingUnblocks),
        ),
    ]
}
