//! Real readers, through the smart card service (PC/SC, pcsc-lite).

use std::ffi::{CStr, CString};
use std::time::Duration;

use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode, Transaction};

use super::link::{After, Link, LinkError, PinEntry, PinPad, PinPadFeatures, Protocol, Reader};
use super::pinpad::{self, Controls};
use super::watch::{self, guarded};

/// The longest answer: extended length and the status word.
const MAX_ANSWER: usize = 65_538;

/// Room for the names of a reader, of which pcsc-lite gives one of 128 bytes.
const NAMES_ROOM: usize = 2048;

/// Room for an answer to reset, which has 33 bytes at most.
const ATR_ROOM: usize = 264;

/// A program that waits for its transaction is not told when the card is free: libpcsclite asks
/// again every 100 ms (PCSCLITE_LOCK_POLL_RATE). Who comes back sooner keeps it out for ever.
const TURN: Duration = Duration::from_millis(110);

/// How often a new connection is taken up again because another program reset the card meanwhile.
const RESETS: usize = 8;

/// A reader of the service, by its name.
pub struct PcscReader {
    name: CString,
    /// Of this reader alone: a context does one thing at a time, and a slow card must not
    /// make others wait.
    context: Option<Context>,
}

impl PcscReader {
    /// The reader with this name; nothing is asked of the service yet.
    #[must_use]
    pub fn new(name: &CStr) -> Self {
        Self {
            name: name.to_owned(),
            context: None,
        }
    }

    fn context(&mut self) -> Result<&Context, LinkError> {
        if self
            .context
            .as_ref()
            .is_none_or(|context| context.is_valid().is_err())
        {
            let context = guarded(|| Context::establish(Scope::User));
            self.context = Some(context.map_err(|error| {
                // A service that is just being ended closes the door with the same word.
                if watch::is_refusal(error) && watch::is_listening() {
                    LinkError::Refused
                } else {
                    link_error(error)
                }
            })?);
        }
        self.context.as_ref().ok_or(LinkError::NoService)
    }
}

impl Reader for PcscReader {
    fn connect(&mut self) -> Result<Box<dyn Link>, LinkError> {
        let name = self.name.clone();
        let context = self.context()?.clone();
        let connected = guarded(|| context.connect(&name, ShareMode::Shared, Protocols::ANY));
        let card = connected.map_err(|error| {
            // The word for a refusal is the one for a connection that was closed; only after a
            // refusal is there still somebody to ask.
            let refused =
                watch::is_refusal(error) && guarded(|| context.list_readers_len()).is_ok();
            let error = if refused {
                LinkError::Refused
            } else {
                link_error(error)
            };
            if error == LinkError::NoService {
                self.context = None;
            }
            error
        })?;
        PcscLink::new(card).map(|link| Box::new(link) as Box<dyn Link>)
    }
}

/// Takes note of a reset, as the service wants it before anything else.
fn join(card: &mut Card) -> Result<(), Error> {
    guarded(|| card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard))
}

/// A card in a real reader.
struct PcscLink {
    card: Option<Card>,
    atr: Vec<u8>,
    protocol: Protocol,
    controls: Controls,
}

impl PcscLink {
    fn new(mut card: Card) -> Result<Self, LinkError> {
        // By one question: asking for the lengths first would be a second one, and the lengths
        // may be others by then.
        let (mut names, mut atr) = ([0; NAMES_ROOM], [0; ATR_ROOM]);
        let mut resets = 0;
        let status = loop {
            match guarded(|| card.status2(&mut names, &mut atr)) {
                // Another program was faster with the first thing that it did. Nothing was done
                // with this connection yet, so nothing is lost.
                Err(Error::ResetCard) if resets < RESETS => {
                    resets += 1;
                    join(&mut card).map_err(link_error)?;
                }
                status => break status.map_err(link_error)?,
            }
        };
        let protocol = match status.protocol2() {
            Some(pcsc::Protocol::T0) => Protocol::T0,
            _ => Protocol::T1,
        };
        let mut buffer = [0; 256];
        // A reader that does not know the question has no PIN pad.
        let question = pcsc::ctl_code(pinpad::GET_FEATURES.into());
        let controls = guarded(|| card.control(question, &[], &mut buffer))
            .map(Controls::parse)
            .unwrap_or_default();
        let atr = status.atr().to_vec();
        Ok(Self {
            card: Some(card),
            atr,
            protocol,
            controls,
        })
    }

    fn card(&mut self) -> Result<&mut Card, LinkError> {
        self.card.as_mut().ok_or(LinkError::Removed)
    }
}

impl Link for PcscLink {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        exchange(self.card()?, command)
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        let (atr, protocol, controls) = (self.atr.clone(), self.protocol, self.controls);
        let card = self.card()?;
        let done = guarded(|| card.transaction()).map(|transaction| {
            let mut held = Held {
                transaction: Some(transaction),
                after: After::Reset,
            };
            if let Some(card) = &held.transaction {
                let mut inside = Inside {
                    card,
                    atr: &atr,
                    protocol,
                    controls,
                };
                held.after = work(&mut inside);
            }
            held.after
        });
        match done {
            Ok(After::Leave) => Ok(()),
            Ok(After::Reset) => {
                // Takes note of our own reset.
                let _ = join(card);
                Ok(())
            }
            Err(Error::ResetCard) => {
                join(card).map_err(link_error)?;
                Err(LinkError::Reset)
            }
            Err(error) => Err(link_error(error)),
        }
    }

    fn give_way(&mut self) {
        std::thread::sleep(TURN);
    }

    fn pinpad(&mut self) -> Option<&mut dyn PinPad> {
        (self.controls != Controls::default()).then_some(self as &mut dyn PinPad)
    }
}

impl PinPad for PcscLink {
    fn features(&self) -> PinPadFeatures {
        self.controls.features()
    }

    fn verify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
        let controls = self.controls;
        verify(self.card()?, controls, entry)
    }

    fn modify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
        let controls = self.controls;
        modify(self.card()?, controls, entry)
    }
}

impl Drop for PcscLink {
    fn drop(&mut self) {
        if let Some(card) = self.card.take() {
            // A card or service that is gone needs no goodbye.
            let leave = Disposition::LeaveCard;
            let _ = guarded(|| card.disconnect(leave).map_err(|(_, error)| error));
        }
    }
}

/// A transaction that ends when this goes: with a reset, unless the work in it came to its end
/// and said otherwise. A panic leaves no PIN verified.
struct Held<'a> {
    transaction: Option<Transaction<'a>>,
    after: After,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(transaction) = self.transaction.take() {
            // If the end does not get through, card or service are gone, and so is the
            // transaction; the next use says which.
            let disposition = match self.after {
                After::Leave => Disposition::LeaveCard,
                After::Reset => Disposition::ResetCard,
            };
            let _ = guarded(|| transaction.end(disposition).map_err(|(_, error)| error));
        }
    }
}

/// The same card while other programs are kept out.
struct Inside<'a> {
    card: &'a Card,
    atr: &'a [u8],
    protocol: Protocol,
    controls: Controls,
}

impl Link for Inside<'_> {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        exchange(self.card, command)
    }

    fn atr(&self) -> &[u8] {
        self.atr
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }

    fn pinpad(&mut self) -> Option<&mut dyn PinPad> {
        (self.controls != Controls::default()).then_some(self as &mut dyn PinPad)
    }
}

impl PinPad for Inside<'_> {
    fn features(&self) -> PinPadFeatures {
        self.controls.features()
    }

    fn verify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
        verify(self.card, self.controls, entry)
    }

    fn modify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
        modify(self.card, self.controls, entry)
    }
}

fn exchange(card: &Card, command: &[u8]) -> Result<Vec<u8>, LinkError> {
    let mut buffer = vec![0; MAX_ANSWER];
    let answer = guarded(|| card.transmit(command, &mut buffer)).map_err(link_error)?;
    Ok(answer.to_vec())
}

fn verify(card: &Card, controls: Controls, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
    let code = controls.verify.ok_or(LinkError::Protocol("no PIN pad"))?;
    control(card, code, &pinpad::verify_structure(entry))
}

fn modify(card: &Card, controls: Controls, entry: &PinEntry) -> Result<Vec<u8>, LinkError> {
    let code = controls.modify.ok_or(LinkError::Protocol("no PIN pad"))?;
    control(card, code, &pinpad::modify_structure(entry))
}

fn control(card: &Card, code: u32, structure: &[u8]) -> Result<Vec<u8>, LinkError> {
    let mut buffer = [0; 258];
    let answer = guarded(|| card.control(code.into(), structure, &mut buffer));
    let answer = answer.map_err(link_error)?;
    Ok(answer.to_vec())
}

/// What an answer of the service means for us.
fn link_error(error: Error) -> LinkError {
    match error {
        // pcsc-lite says "not transacted" when the card goes in the middle of a command.
        Error::RemovedCard | Error::NoSmartcard | Error::NotTransacted => LinkError::Removed,
        Error::ResetCard => LinkError::Reset,
        Error::SharingViolation => LinkError::Held,
        Error::UnpoweredCard | Error::UnresponsiveCard | Error::ProtoMismatch => LinkError::Mute,
        Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable => {
            LinkError::NoReader
        }
        Error::NoService
        | Error::ServiceStopped
        | Error::CommError
        | Error::InternalError
        | Error::InvalidHandle
        // pcsc-lite's word for a connection that was closed while an answer was due.
        | Error::SecurityViolation
        | Error::NoAccess => LinkError::NoService,
        other => LinkError::Broken(other as u32),
    }
}
