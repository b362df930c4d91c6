//! The PIN guard: the one gate that every PIN passes on its way to a card.
//!
//! It sends nothing that cannot be right, reads the counter first, never uses the last try
//! without the word of the person, and sends once. A driver says which commands are needed;
//! only the guard sends them, and the last thing that it asks before each one is whether this
//! is still the card that the person was shown.
//!
//! A reader that notices a swap ends the link, and with it everything here. A relay that swaps
//! cards unnoticed can still do so between that last question and the PIN: nothing that a card
//! answers can rule that out, only that the window is no wider.

use std::time::Instant;

use super::driver::Driver;
use super::iso::{self, Verdict};
use super::{CardError, identify};
use crate::base::secret::Secret;
use crate::iso7816::{Command, Response, StatusWord};
use crate::token::{Application, ApplicationKind, OperationKind, Pin, PinRole, Token, TriesLeft};
use crate::transport::channel::{Channel, pinpad_refusal};
use crate::transport::link::{After, LinkError, PinEntry};

/// What is to be done with PINs.
#[derive(Debug)]
pub enum Deed<'a> {
    /// Check it.
    Verify(&'a Secret),
    /// From one to the next.
    Change(&'a Secret, &'a Secret),
    /// With another code, to a new one.
    Unblock(&'a Pin, &'a Secret, &'a Secret),
    /// With another code, its tries back. It stays what it was.
    Release(&'a Pin, &'a Secret),
    /// With another PIN, to a new one.
    Set(&'a Pin, &'a Secret, &'a Secret),
    /// Check it, typed on the reader.
    VerifyOnReader,
    /// Replace it, typed on the reader.
    ChangeOnReader,
}

/// A PIN as it was shown to the person.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The token.
    pub token: &'a Token,
    /// The application of the PIN.
    pub application: ApplicationKind,
    /// The PIN.
    pub pin: &'a Pin,
}

/// A command with a PIN in it.
pub struct Step {
    /// The command.
    pub command: Command,
    /// Whose counter pays if the card says no. Nothing after a PIN that was right: then a
    /// refusal is no matter of PINs.
    pub role: Option<PinRole>,
    /// The command by its name in the standard.
    pub operation: &'static str,
}

/// Does `deed` to a PIN.
///
/// # Errors
///
/// [`CardError::Unsupported`], [`CardError::Rule`], [`CardError::OtherCard`], [`CardError::LastTry`],
/// [`CardError::Unlocked`], [`CardError::Blocked`] and [`CardError::Malformed`] before anything
/// is sent;
/// [`CardError::WrongPin`] with the tries left if the card said no.
pub fn run(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    shown: &Shown<'_>,
    deed: &Deed<'_>,
    use_last_try: bool,
) -> Result<(), CardError> {
    check_rules(shown.pin, deed)?;
    let application = shown.token.application(shown.application);
    let application = application.ok_or(CardError::OtherCard)?;
    // Whose counter pays if the card says no.
    let tried = match deed {
        Deed::Unblock(with, ..) | Deed::Release(with, _) | Deed::Set(with, ..) => with,
        _ => shown.pin,
    };
    let before = allowed(driver, channel, tried, use_last_try)?;
    let done = match deed {
        Deed::VerifyOnReader | Deed::ChangeOnReader => {
            on_reader(driver, channel, shown, application, deed)
        }
        _ => send(driver, channel, shown, application, deed),
    };
    match done {
        Ok(()) => Ok(()),
        // A card that says no without a number: its counter tells whether a try was lost.
        Err(Refusal {
            error:
                CardError::WrongPin {
                    role,
                    left: TriesLeft::Unknown,
                },
            answer: Some(answer),
        }) => {
            let left = driver.tries_left(channel, tried.reference)?;
            Err(verdict(role, before, left, answer))
        }
        Err(refusal) => Err(refusal.error),
    }
}

/// Gives a card a PIN in the course of a plan. That it is the card that the person was shown is
/// for the one who carries the plan out; it was asked before anything else in this transaction.
///
/// # Errors
///
/// [`CardError::Rule`] before anything is sent, else what the card says of the PIN.
pub(super) fn present(
    channel: &mut Channel<'_>,
    pin: &Pin,
    value: &Secret,
    step: impl FnOnce(&Deed<'_>) -> Result<Step, CardError>,
) -> Result<(), CardError> {
    present_to(channel, pin, value, step, |role, operation, answer| {
        Verdict::of(answer.sw).judge(role, operation)
    })
}

/// As [`present`], where a family has words of its own for what a PIN was.
///
/// # Errors
///
/// As [`present`].
pub(super) fn present_to(
    channel: &mut Channel<'_>,
    pin: &Pin,
    value: &Secret,
    step: impl FnOnce(&Deed<'_>) -> Result<Step, CardError>,
    judge: impl FnOnce(PinRole, &'static str, &Response) -> Result<(), CardError>,
) -> Result<(), CardError> {
    pin.rule.check(value).map_err(|breach| CardError::Rule {
        role: pin.role,
        breach,
    })?;
    let step = step(&Deed::Verify(value))?;
    let answer = channel.transmit(&step.command)?;
    judge(pin.role, step.operation, &answer)
}

/// The application with what a PIN opens that was right just now: it is to be read before
/// [`end`]. The PIN was right whether that can be read or not, so nothing is what comes of a
/// trouble.
pub fn opened(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    shown: &Shown<'_>,
) -> Option<Application> {
    let application = shown.token.application(shown.application)?;
    match driver.private(channel, application, shown.pin.reference) {
        Ok(opened) => opened,
        Err(error) => {
            tracing::warn!(%error, "what the PIN has opened is not shown");
            None
        }
    }
}

/// What has to become of the card after [`run`], so that nothing stays verified.
///
/// Where the card takes a PIN back and says so, it is left as it is: a reset would take it from
/// under every other program, and GnuPG's daemon then knows no card for a while ("No such device").
pub fn end(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    shown: &Shown<'_>,
    deed: &Deed<'_>,
) -> After {
    let used = match deed {
        Deed::Unblock(with, ..) | Deed::Release(with, _) | Deed::Set(with, ..) => with.reference,
        _ => shown.pin.reference,
    };
    let taken_back = driver.take_back(channel, used);
    // What another card says of its PINs says nothing about the one that was given a PIN.
    let same = identify(driver, channel, shown.token, shown.application);
    match (taken_back, same) {
        (Ok(true), Ok(())) => After::Leave,
        _ => After::Reset,
    }
}

/// Why it was not done, and what the card answered to which command, if it was that.
struct Refusal {
    error: CardError,
    answer: Option<(&'static str, StatusWord)>,
}

impl<E: Into<CardError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            answer: None,
        }
    }
}

/// Nothing is sent that cannot be right or cannot become the new PIN, nor a code that gives no
/// right to what is to be done: its card might take it for another one, which then pays.
///
/// # Errors
///
/// [`CardError::Unsupported`], [`CardError::Rule`].
pub fn check_rules(pin: &Pin, deed: &Deed<'_>) -> Result<(), CardError> {
    let (kind, with) = match deed {
        Deed::Verify(_) | Deed::VerifyOnReader => (OperationKind::Verify, pin.reference),
        Deed::Change(..) | Deed::ChangeOnReader => (OperationKind::Change, pin.reference),
        Deed::Unblock(with, ..) | Deed::Release(with, _) => {
            (OperationKind::Unblock, with.reference)
        }
        Deed::Set(with, ..) => (OperationKind::Set, with.reference),
    };
    let known = pin.operation(kind);
    if !known.is_some_and(|operation| operation.needs.contains(&with)) {
        return Err(CardError::Unsupported("this code for this PIN"));
    }
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
        Deed::Release(with, code) => check(with, code),
        Deed::VerifyOnReader | Deed::ChangeOnReader => Ok(()),
    }
}

/// The counter of what will be tried, if it may be tried.
///
/// Cards that have never told this counter may be tried without knowing it: there is nothing
/// to wait for. One that told it when the token was read and does not any more may be at its
/// last try; that takes the same word.
fn allowed(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    tried: &Pin,
    use_last_try: bool,
) -> Result<TriesLeft, CardError> {
    let mut left = driver.tries_left(channel, tried.reference)?;
    if left == TriesLeft::Unlocked {
        // Another program verified it: the card says so in the place of the counter. Taken
        // back, it tells; our own use ends so too, so nobody loses more by that.
        driver.take_back(channel, tried.reference)?;
        left = driver.tries_left(channel, tried.reference)?;
    }
    match left {
        TriesLeft::Blocked => Err(CardError::Blocked { role: tried.role }),
        TriesLeft::NotSet => Err(CardError::NotFound { what: "this PIN" }),
        TriesLeft::Known(1) if !use_last_try => Err(CardError::LastTry { role: tried.role }),
        TriesLeft::Unknown if tried.tries.left != TriesLeft::Unknown && !use_last_try => {
            Err(CardError::Malformed("the tries left are not told any more"))
        }
        // Unlocked still: a right PIN gave it all its tries back, but since then wrong ones may
        // have been given to change it, which does not end that it is verified.
        TriesLeft::Unlocked if !use_last_try => Err(CardError::Unlocked { role: tried.role }),
        left => Ok(left),
    }
}

/// Sends what the driver says is needed. Nothing is sent twice: the first refusal ends it.
fn send(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    shown: &Shown<'_>,
    application: &Application,
    deed: &Deed<'_>,
) -> Result<(), Refusal> {
    for step in driver.prepare(channel, application, shown.pin.reference, deed)? {
        // The last question before each PIN.
        identify(driver, channel, shown.token, shown.application)?;
        let answer = channel.transmit(&step.command)?;
        let judged = match step.role {
            Some(role) => driver.judge(role, step.operation, &answer),
            None => done(step.operation, &answer),
        };
        judged.map_err(|error| Refusal {
            error,
            answer: Some((step.operation, answer.sw)),
        })?;
    }
    Ok(())
}

/// Lets the person type on the reader; the command never passes through this program.
fn on_reader(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    shown: &Shown<'_>,
    application: &Application,
    deed: &Deed<'_>,
) -> Result<(), Refusal> {
    const NONE: CardError = CardError::Unsupported("PIN entry on the reader");
    const OPERATION: &str = "PIN entry on the reader";
    let modify = matches!(deed, Deed::ChangeOnReader);
    let features = channel.link().pinpad().ok_or(NONE)?.features();
    let able = if modify {
        features.modify
    } else {
        features.verify
    };
    if !able {
        return Err(NONE.into());
    }
    let entry = driver.entry(channel, application, shown.pin.reference, modify)?;
    let entry: PinEntry = entry.ok_or(NONE)?;
    identify(driver, channel, shown.token, shown.application)?;
    let started = Instant::now();
    let pad = channel.link().pinpad().ok_or(NONE)?;
    let bytes = if modify {
        pad.modify(&entry)?
    } else {
        pad.verify(&entry)?
    };
    let answer = Response::from_bytes(&bytes).ok_or(LinkError::Protocol("no status word"))?;
    channel.record(&Command::new(entry.header), &answer, started);
    if let Some(refusal) = pinpad_refusal(answer.sw) {
        return Err(refusal.into());
    }
    let judged = driver.judge(shown.pin.role, OPERATION, &answer);
    judged.map_err(|error| Refusal {
        error,
        answer: Some((OPERATION, answer.sw)),
    })
}

/// What a refusal without a number was, by the counter before and after it: a wrong PIN has
/// cost a try.
fn verdict(
    role: PinRole,
    before: TriesLeft,
    left: TriesLeft,
    (operation, sw): (&'static str, StatusWord),
) -> CardError {
    let count = |tries| match tries {
        TriesLeft::Known(count) => Some(count),
        // A resetting code at zero is one that is not there.
        TriesLeft::Blocked | TriesLeft::NotSet => Some(0),
        TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => None,
    };
    match (count(before), count(left)) {
        (_, Some(0)) => CardError::Blocked { role },
        (Some(before), Some(after)) if after < before => CardError::WrongPin { role, left },
        // Without a counter, only 6300 speaks of the PIN (ISO/IEC 7816-4:2020, 5.6, table 6), and
        // what the MUSCLE applet has for it.
        (None, _) | (_, None) if matches!(sw, StatusWord::CHECK_FAILED | iso::MUSCLE_WRONG_PIN) => {
            CardError::WrongPin { role, left }
        }
        _ => CardError::Status { operation, sw },
    }
}

/// For commands that come after a right PIN: anything but done is no matter of PINs.
fn done(operation: &'static str, answer: &Response) -> Result<(), CardError> {
    if answer.sw.is_ok() {
        Ok(())
    } else {
        Err(CardError::Status {
            operation,
            sw: answer.sw,
        })
    }
}
