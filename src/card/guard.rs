//! The PIN guard: the one gate that every PIN passes on its way to a card.
//!
//! It reads the counter first, sends nothing that cannot be right, never uses the last try
//! without the word of the person, and sends once.

use std::time::Instant;

use super::driver::Driver;
use super::{CardError, iso};
use crate::base::secret::Secret;
use crate::iso7816::{Command, Response};
use crate::token::{Pin, PinReference, PinRole, TriesLeft};
use crate::transport::channel::{Channel, pinpad_refusal};
use crate::transport::link::{LinkError, PinEntry};

/// What is to be done with PINs.
#[derive(Debug)]
pub enum Deed<'a> {
    /// Check it.
    Verify(&'a Secret),
    /// From one to the next.
    Change(&'a Secret, &'a Secret),
    /// With another code, to a new one.
    Unblock(&'a Pin, &'a Secret, &'a Secret),
    /// With another PIN, to a new one.
    Set(&'a Pin, &'a Secret, &'a Secret),
    /// Check it, typed on the reader.
    VerifyOnReader,
    /// Replace it, typed on the reader.
    ChangeOnReader,
}

/// Does `deed` to `pin`, as it was shown to the person.
///
/// # Errors
///
/// [`CardError::Rule`], [`CardError::LastTry`], [`CardError::Blocked`] before anything is
/// sent; [`CardError::WrongPin`] with the tries left if the card said no.
pub fn run(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    pin: &Pin,
    deed: &Deed<'_>,
    use_last_try: bool,
) -> Result<(), CardError> {
    check_rules(pin, deed)?;
    // Whose counter pays if the card says no.
    let tried = match deed {
        Deed::Unblock(with, ..) | Deed::Set(with, ..) => with,
        _ => pin,
    };
    let before = driver.tries_left(channel, tried.reference)?;
    match before {
        TriesLeft::Blocked => return Err(CardError::Blocked { role: tried.role }),
        TriesLeft::NotSet => return Err(CardError::NotFound { what: "this PIN" }),
        TriesLeft::Known(1) if !use_last_try => {
            return Err(CardError::LastTry { role: tried.role });
        }
        TriesLeft::Known(_) | TriesLeft::Unknown => {}
    }
    let reference = pin.reference;
    let done = match deed {
        Deed::Verify(value) => driver.verify(channel, reference, value),
        Deed::Change(current, new) => driver.change(channel, reference, current, new),
        Deed::Unblock(with, code, new) => {
            driver.unblock(channel, reference, with.reference, code, new)
        }
        Deed::Set(with, code, new) => driver.set(channel, reference, with.reference, code, new),
        Deed::VerifyOnReader => on_reader(driver, channel, reference, false),
        Deed::ChangeOnReader => on_reader(driver, channel, reference, true),
    };
    match done {
        // A card that says no without a number: its counter tells how many are left.
        Err(CardError::WrongPin {
            role,
            left: TriesLeft::Unknown,
        }) => match driver.tries_left(channel, tried.reference)? {
            TriesLeft::Blocked => Err(CardError::Blocked { role }),
            left => Err(CardError::WrongPin { role, left }),
        },
        done => done,
    }
}

/// Nothing is sent that cannot be right or cannot become the new PIN.
fn check_rules(pin: &Pin, deed: &Deed<'_>) -> Result<(), CardError> {
    let check = |pin: &Pin, value: &Secret| {
        let breach = pin.rule.check(value);
        breach.map_err(|breach| CardError::Rule {
            role: pin.role,
            breach,
        })
    };
    match deed {
        Deed::Verify(value) => check(pin, value),
        Deed::Change(current, new) => {
            check(pin, current)?;
            check(pin, new)
        }
        Deed::Unblock(with, code, new) | Deed::Set(with, code, new) => {
            check(with, code)?;
            check(pin, new)
        }
        Deed::VerifyOnReader | Deed::ChangeOnReader => Ok(()),
    }
}

/// Lets the person type on the reader; the command never passes through this program.
fn on_reader(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    pin: PinReference,
    modify: bool,
) -> Result<(), CardError> {
    const NONE: CardError = CardError::Unsupported("PIN entry on the reader");
    let entry: PinEntry = driver.entry(pin, modify).ok_or(NONE)?;
    let started = Instant::now();
    let pad = channel.link().pinpad().ok_or(NONE)?;
    let features = pad.features();
    let bytes = match (modify, features.verify, features.modify) {
        (false, true, _) => pad.verify(&entry)?,
        (true, _, true) => pad.modify(&entry)?,
        _ => return Err(NONE),
    };
    let answer = Response::from_bytes(&bytes).ok_or(LinkError::Protocol("no status word"))?;
    channel.record(&Command::new(entry.header), &answer, started);
    if let Some(refusal) = pinpad_refusal(answer.sw) {
        return Err(refusal.into());
    }
    driver.judge(channel, pin, &answer)
}

/// The verdict of a family whose status words are those of the standard.
pub(super) fn standard_verdict(
    answer: &Response,
    role: PinRole,
    operation: &'static str,
) -> Result<(), CardError> {
    iso::Verdict::of(answer.sw).judge(role, operation)
}
