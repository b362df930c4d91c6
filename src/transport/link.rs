//! The two things that everything above asks of a reader: exchange bytes with the card in
//! it, and say what is in it. A simulated card, a recorded trace and a real card in a real
//! reader look the same from here.

use std::time::Duration;

/// A reader that can be connected to.
pub trait Reader: Send {
    /// Powers the card up, or joins the programs that use it already.
    ///
    /// # Errors
    ///
    /// [`LinkError`]; nothing was sent to the card.
    fn connect(&mut self) -> Result<Box<dyn Link>, LinkError>;
}

/// A connection to one card.
pub trait Link: Send {
    /// Sends one command APDU and waits for the response, status word included.
    ///
    /// `command` may hold a PIN: an implementation neither keeps nor logs it.
    ///
    /// # Errors
    ///
    /// [`LinkError`]; whether the card carried the command out is then unknown.
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError>;

    /// Answer to reset, 2 to 33 bytes.
    fn atr(&self) -> &[u8];

    /// The protocol in use.
    fn protocol(&self) -> Protocol;

    /// Runs `work` while other programs are kept out. Keep it short.
    ///
    /// The card is left as it is or reset afterwards, as `work` says; a reset takes back what
    /// was verified.
    ///
    /// # Errors
    ///
    /// [`LinkError`]; `work` has not run then. [`LinkError::Reset`] says that another program
    /// reset the card, so that it may be another one by now; the link can be used again.
    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError>;

    /// To be called between two exclusive pieces of work: lets programs that wait for the card
    /// have their turn.
    fn give_way(&mut self) {}

    /// The PIN pad of the reader, if it has one.
    fn pinpad(&mut self) -> Option<&mut dyn PinPad> {
        None
    }
}

/// What becomes of the card after an exclusive piece of work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum After {
    /// It stays as it is.
    Leave,
    /// It is reset: nothing is selected or verified any more.
    Reset,
}

/// A reader with keys of its own (PC/SC part 10).
pub trait PinPad {
    /// What it can do.
    fn features(&self) -> PinPadFeatures;

    /// Lets the user type a PIN on the reader, which builds VERIFY and sends it.
    ///
    /// # Errors
    ///
    /// [`LinkError::PinPadCancelled`] and [`LinkError::PinPadTimeout`] if nothing was sent to
    /// the card, else as for any exchange.
    fn verify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError>;

    /// As [`PinPad::verify`] for old and new PIN, the new one twice.
    ///
    /// # Errors
    ///
    /// As [`PinPad::verify`].
    fn modify(&mut self, entry: &PinEntry) -> Result<Vec<u8>, LinkError>;
}

/// What a PIN pad can do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PinPadFeatures {
    /// FEATURE_VERIFY_PIN_DIRECT.
    pub verify: bool,
    /// FEATURE_MODIFY_PIN_DIRECT.
    pub modify: bool,
}

/// A PIN that is to be typed on the reader: how the command is built around it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinEntry {
    /// CLA, INS, P1, P2.
    pub header: [u8; 4],
    /// Fewest digits.
    pub min: u8,
    /// Most digits.
    pub max: u8,
    /// Bytes of one PIN block, filled up with FF; nothing if PINs are sent at their length.
    pub block: Option<u8>,
    /// For change: whether the current PIN is asked too.
    pub current: bool,
    /// How long the reader waits for the next key.
    pub timeout: Duration,
}

/// Transmission protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// Byte by byte: a command with data brings its answer by GET RESPONSE.
    T0,
    /// In blocks.
    T1,
}

/// Why an exchange or a connection did not come about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// The card is gone.
    #[error("card removed")]
    Removed,
    /// Another program reset the card; selection and verified PINs are gone.
    #[error("card reset by another program")]
    Reset,
    /// Another program keeps the card for itself.
    #[error("card held by another program")]
    Held,
    /// The card does not answer to reset.
    #[error("card does not answer to reset")]
    Mute,
    /// The reader is gone.
    #[error("reader gone")]
    NoReader,
    /// The smart card service is gone.
    #[error("service gone")]
    NoService,
    /// The service does not let this user in.
    #[error("service refuses")]
    Refused,
    /// The card did not answer in time, or the exchange broke on the wire.
    #[error("exchange broken (PC/SC {0:08X})")]
    Broken(u32),
    /// The holder pressed cancel on the reader; nothing was sent.
    #[error("cancelled on the reader")]
    PinPadCancelled,
    /// Nobody typed on the reader; nothing was sent.
    #[error("no entry on the reader")]
    PinPadTimeout,
    /// The two new PINs typed on the reader differ; nothing was sent.
    #[error("new PINs typed on the reader differ")]
    PinPadMismatch,
    /// The one who asked does not want it any more; nothing was sent.
    #[error("cancelled")]
    Cancelled,
    /// The answer has no status word, no end, or more bytes than were announced.
    #[error("answer against the protocol: {0}")]
    Protocol(&'static str),
}

impl LinkError {
    /// Whether only an answer was bad: the card is still there, and can be asked for
    /// something else.
    #[must_use]
    pub fn is_bad_answer(self) -> bool {
        matches!(self, Self::Protocol(_))
    }
}
