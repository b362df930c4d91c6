//! All drivers at once: the bytes are what a card answers, and the card is read whole.
//!
//! The bytes are those of [`script`](crate::script). Bit 8 of *choice* says that others may
//! use the card between the parts of the reading.

use std::time::Duration;

use symbolon::card;
use symbolon::card::cardos::sheet;
use symbolon::explain;
use symbolon::token::{ReaderId, Token, attention};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{After, Link, LinkError, Protocol};
use symbolon::transport::trace::Tracer;

use crate::oracle::{self, Effect};
use crate::script::{self, Deed, Script};

/// The most commands for one reading. An honest card with everything on it takes some two
/// hundred; each command may bring an answer in 256 pieces.
const MOST_COMMANDS: usize = 100 * 257;

pub(crate) fn run(bytes: &[u8]) {
    let parts = script::parts(bytes);
    let Some((head, lies)) = parts.split_first() else {
        return;
    };
    let (choice, atr) = head
        .split_first()
        .map_or((0, &[][..]), |(&choice, atr)| (choice, atr));
    let script = Script::new(lies, choice & 0x20 != 0);
    let in_parts = choice & 0x80 != 0;
    match script::honest(choice) {
        Some(index) => script::with_card(index, |card| {
            let own = card.atr().to_vec();
            let atr = if choice & 0x40 != 0 {
                atr.to_vec()
            } else {
                own
            };
            let mut honest = |command: &[u8]| card.transmit(command);
            read(LyingLink::new(atr, script, &mut honest), in_parts);
        }),
        None => {
            let mut honest = |_: &[u8]| vec![0x6A, 0x82];
            read(LyingLink::new(atr.to_vec(), script, &mut honest), in_parts);
        }
    }
}

fn read(mut link: LyingLink<'_>, in_parts: bool) {
    let tracer = Tracer::silent(ReaderId(1));
    let mut pictures = Vec::new();
    let mut reading = card::Reading::new(link.atr(), link.protocol());
    // Other programs may come between two parts; the drivers begin anew then.
    let limit = in_parts.then_some(Duration::ZERO);
    let ended = loop {
        let mut channel = Channel::new(&mut link, &tracer, Cancel::default());
        let mut report = |token: &Token| pictures.push(token.clone());
        match reading.go_on(&mut channel, limit, &mut report) {
            Ok(false) => {}
            ended => break ended,
        }
    };
    if ended.is_err() {
        // Each picture holds what was in those before it.
        pictures.last().into_iter().for_each(check);
    } else {
        let token = reading.into_token();
        assert!(token.complete, "an end that is none");
        assert_eq!(
            (token.cost.commands + token.cost.absent_selects) as usize,
            link.commands
        );
        check(&token);
        let mut channel = Channel::new(&mut link, &tracer, Cancel::default());
        ask(&token, &mut channel);
        ask_for_sheet(&token, &mut channel);
    }
}

/// What is asked before a PIN goes to the card that was read: no PIN goes here.
fn ask(token: &Token, channel: &mut Channel<'_>) {
    for application in &token.applications {
        let Ok(mut driver) = card::open(channel, application.kind) else {
            continue;
        };
        let _ = card::identify(driver.as_mut(), channel, token, application.kind);
        for pin in &application.pins {
            let _ = driver.tries_left(channel, pin.reference);
            for modify in [false, true] {
                let _ = driver.entry(channel, application, pin.reference, modify);
            }
        }
    }
}

/// What a CardOS card tells of itself; of another card nothing is asked.
fn ask_for_sheet(token: &Token, channel: &mut Channel<'_>) {
    let before = channel.cost().commands;
    match sheet::read_of(channel, token) {
        Ok(sheet) => {
            assert!(token.card.system.is_some(), "a sheet of another card");
            oracle::clean_value(&serde_json::to_value(&sheet).expect("a sheet in JSON"));
            for line in explain::cardos::lines(&sheet) {
                line.value.lines().for_each(oracle::sentence);
            }
        }
        Err(_) if token.card.system.is_none() => {
            assert_eq!(channel.cost().commands, before, "another card was asked");
        }
        Err(_) => {}
    }
}

/// What is shown of a token.
fn check(token: &Token) {
    oracle::clean_value(&serde_json::to_value(token).expect("a token in JSON"));
    for matter in attention::of(token, 1_795_000_000) {
        let words = explain::attention::words(token, &matter);
        oracle::sentence(&words.title);
        oracle::sentence(&words.subtitle);
    }
    for application in &token.applications {
        // Each key and each certificate is in one row.
        let rows = application.key_rows();
        let (keys, certificates) = (application.keys.len(), application.certificates.len());
        assert!((keys.max(certificates)..=keys + certificates).contains(&rows.len()));
        for row in &rows {
            oracle::sentence(&explain::keys::row_chip(row).unwrap_or_default());
        }
        let data = application.data.iter().flat_map(|object| &object.facts);
        let pins = application.pins.iter().flat_map(|pin| &pin.facts);
        let keys = application.keys.iter().flat_map(|key| &key.facts);
        let public = application.public_keys.iter();
        for key in public.clone() {
            oracle::sentence(&explain::keys::public_caption(key));
        }
        let keys = keys.chain(public.flat_map(|key| &key.facts));
        let certificates = application.certificates.iter();
        let certificates = certificates.flat_map(|certificate| &certificate.facts);
        let facts = application.facts.iter().chain(data).chain(pins);
        for fact in facts.chain(keys).chain(certificates) {
            oracle::sentence(&explain::facts::of(fact));
        }
    }
}

/// The honest card, as a function.
type Honest<'a> = &'a mut (dyn FnMut(&[u8]) -> Vec<u8> + Send);

/// The way to a card that lies. It looks at every command that is sent.
struct LyingLink<'a> {
    atr: Vec<u8>,
    script: Script,
    honest: Honest<'a>,
    commands: usize,
    /// Whether a VERIFY without data would be a try.
    silent: bool,
    gone: bool,
}

impl<'a> LyingLink<'a> {
    fn new(atr: Vec<u8>, script: Script, honest: Honest<'a>) -> Self {
        Self {
            atr,
            script,
            honest,
            commands: 0,
            silent: false,
            gone: false,
        }
    }
}

impl Link for LyingLink<'_> {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        if self.gone {
            return Err(LinkError::Removed);
        }
        self.commands += 1;
        assert!(self.commands <= MOST_COMMANDS, "commands without end");
        assert_eq!(
            oracle::effect(command),
            Effect::None,
            "reading sent {command:02X?}"
        );
        self.silent = oracle::is_about_files(command).unwrap_or(self.silent);
        let verify = command.get(1) == Some(&0x20);
        assert!(!verify || !self.silent, "reading spent a try");
        let deed = self.script.next();
        self.gone = matches!(deed, Some(Deed::PulledBefore | Deed::PulledAfter));
        if self.gone {
            return Err(LinkError::Removed);
        }
        Ok(script::answer(deed, || (self.honest)(command)))
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        let atr = symbolon::iso7816::atr::Atr::parse(&self.atr);
        match atr.and_then(|atr| atr.protocols.first().copied()) {
            Some(1) => Protocol::T1,
            _ => Protocol::T0,
        }
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }
}
