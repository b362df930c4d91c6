//! Real readers, through the smart card service (PC/SC, pcsc-lite).

use std::ffi::{CStr, CString};

use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode};

use super::link::{After, Link, LinkError, PinEntry, PinPad, PinPadFeatures, Protocol, Reader};
use super::pinpad::{self, Controls};
use super::watch;

/// The longest answer: extended length and the status word.
const MAX_ANSWER: usize = 65_538;

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
            self.context = Some(Context::establish(Scope::User).map_err(link_error)?);
        }
        self.context.as_ref().ok_or(LinkError::NoService)
    }
}

impl Reader for PcscReader {
    fn connect(&mut self) -> Result<Box<dyn Link>, LinkError> {
        let name = self.name.clone();
        let connected = self
            .context()?
            .connect(&name, ShareMode::Shared, Protocols::ANY);
        let card = connected.map_err(|error| {
            let error = link_error(error);
            if error == LinkError::NoService {
                self.context = None;
            }
            error
        })?;
        PcscLink::new(card).map(|link| Box::new(link) as Box<dyn Link>)
    }
}

/// A card in a real reader.
struct PcscLink {
    card: Option<Card>,
    atr: Vec<u8>,
    protocol: Protocol,
    controls: Controls,
}

impl PcscLink {
    fn new(card: Card) -> Result<Self, LinkError> {
        let status = card.status2_owned().map_err(link_error)?;
        let protocol = match status.protocol2() {
            Some(pcsc::Protocol::T0) => Protocol::T0,
            _ => Protocol::T1,
        };
        let mut buffer = [0; 256];
        // A reader that does not know the question has no PIN pad.
        let controls = card
            .control(
                pcsc::ctl_code(pinpad::GET_FEATURES.into()),
                &[],
                &mut buffer,
            )
            .map(Controls::parse)
            .unwrap_or_default();
        Ok(Self {
            card: Some(card),
            atr: status.atr().to_vec(),
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
        let done = card.transaction().map(|transaction| {
            let mut inside = Inside {
                card: &transaction,
                atr: &atr,
                protocol,
                controls,
            };
            let after = work(&mut inside);
            // If the end does not get through, card or service are gone, and so is the
            // transaction; the next use says which.
            drop(transaction.end(match after {
                After::Leave => Disposition::LeaveCard,
                After::Reset => Disposition::ResetCard,
            }));
            after
        });
        let mut join_again =
            || card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard);
        match done {
            Ok(After::Leave) => Ok(()),
            Ok(After::Reset) => {
                // Takes note of our own reset.
                let _ = join_again();
                Ok(())
            }
            Err(Error::ResetCard) => {
                join_again().map_err(link_error)?;
                Err(LinkError::Reset)
            }
            Err(error) => Err(link_error(error)),
        }
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
            let _ = card.disconnect(Disposition::LeaveCard);
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
    let answer = card.transmit(command, &mut buffer).map_err(link_error)?;
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
    let answer = card
        .control(code.into(), structure, &mut buffer)
        .map_err(link_error)?;
    Ok(answer.to_vec())
}

/// What an answer of the service means for us.
pub(super) fn link_error(error: Error) -> LinkError {
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
        | Error::InvalidHandle => LinkError::NoService,
        // A service that is just being ended answers so too.
        Error::SecurityViolation | Error::NoAccess if watch::is_listening() => LinkError::Refused,
        Error::SecurityViolation | Error::NoAccess => LinkError::NoService,
        other => LinkError::Broken(other as u32),
    }
}
