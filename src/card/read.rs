//! From a card to a token: every family is asked, and what it finds is put together.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::cardos::blank;
use super::driver::{Another, Driver, Opened, PROBES, Probe, Progress};
use super::{CardError, iso, listed, picture, unknown};
use crate::token::{
    Application, ApplicationKind, ApplicationState, CardCondition, Cost, Fact, FactName, Token,
};
use crate::transport::channel::Channel;
use crate::transport::link::{LinkError, Protocol};

/// The most commands for one application, and those of its kind beside it. A PIV card with 24 certificates of 3 KiB and without
/// extended length takes 400.
const MAX_COMMANDS: u32 = 1_024;

/// Reads everything on a card that can be read without a PIN, in one go.
///
/// `report` is called with what is known so far whenever that is worth a look. An
/// application that cannot be read is part of the token, with the reason; it hides no other.
///
/// # Errors
///
/// [`LinkError`] only: card, reader or service are gone, or nobody waits any more.
pub fn read(
    channel: &mut Channel<'_>,
    protocol: Protocol,
    report: &mut dyn FnMut(&Token),
) -> Result<Token, LinkError> {
    let mut reading = Reading::new(channel.atr(), protocol);
    while !reading.go_on(channel, None, report)? {}
    Ok(reading.into_token())
}

/// A reading that can be broken off between its parts, and taken up again.
pub struct Reading {
    token: Token,
    at: At,
    /// What was spent before the part that is read now.
    spent: Cost,
    /// Commands before the application that is read now.
    begun: u32,
    /// Whether the card takes extended length, as far as it said so.
    extended: bool,
    broken_off: bool,
    /// Applications of a kind that was read before, which are read next.
    further: VecDeque<Another>,
}

/// Where a reading is.
enum At {
    /// About to ask for the application of this probe.
    Probe(usize),
    /// About to look for it in other places: nothing was found.
    Search(usize),
    /// In the application of a probe.
    Inside {
        probe: usize,
        driver: Box<dyn Driver>,
        application: Box<Application>,
    },
    /// Everybody was asked.
    End,
}

impl Reading {
    /// Begins; nothing is asked of the card yet.
    #[must_use]
    pub fn new(atr: &[u8], protocol: Protocol) -> Self {
        Self {
            token: Token {
                card: picture::card(atr, protocol),
                ..Token::default()
            },
            at: At::Probe(0),
            spent: Cost::default(),
            begun: 0,
            extended: false,
            broken_off: false,
            further: VecDeque::new(),
        }
    }

    /// The token, as far as it was read.
    #[must_use]
    pub fn into_token(self) -> Token {
        self.token
    }

    /// The fact that tells this card from others, and in which application, once it was read.
    #[must_use]
    pub fn identity(&self) -> Option<(ApplicationKind, &Fact)> {
        let inside = match &self.at {
            At::Inside { application, .. } => Some(application.as_ref()),
            At::Probe(_) | At::Search(_) | At::End => None,
        };
        let mut all = self.token.applications.iter().chain(inside);
        all.find_map(|application| Some((application.kind, application.identity()?)))
    }

    /// Reads on, and breaks off between two parts once that took longer than `limit`. Tells
    /// whether everything was read. Meanwhile no other program may use the card; in between
    /// it may.
    ///
    /// `report` is called as for [`read`].
    ///
    /// # Errors
    ///
    /// [`LinkError`]; [`LinkError::Removed`] also if another card answers by now.
    pub fn go_on(
        &mut self,
        channel: &mut Channel<'_>,
        limit: Option<Duration>,
        report: &mut dyn FnMut(&Token),
    ) -> Result<bool, LinkError> {
        let started = Instant::now();
        let mut pause =
            |_: &Self, _: &Channel<'_>| limit.is_some_and(|limit| started.elapsed() >= limit);
        self.go_on_until(channel, &mut pause, report)
    }

    /// As [`Reading::go_on`]; after each part `pause` is asked whether to break off.
    ///
    /// # Errors
    ///
    /// As [`Reading::go_on`].
    pub fn go_on_until(
        &mut self,
        channel: &mut Channel<'_>,
        pause: &mut dyn FnMut(&Self, &Channel<'_>) -> bool,
        report: &mut dyn FnMut(&Token),
    ) -> Result<bool, LinkError> {
        if self.broken_off {
            channel.say_aside(true);
            let taken_up = self.take_up(channel);
            channel.say_aside(false);
            taken_up?;
        }
        loop {
            let whole = self.part(channel, report)?;
            if pause(self, channel) || whole {
                self.token.cost = self.spent + channel.cost();
                self.spent = self.token.cost;
                self.extended = channel.takes_extended();
                self.broken_off = true;
                return Ok(whole);
            }
        }
    }

    /// Another program may have selected something else, and the card may be another one.
    fn take_up(&mut self, channel: &mut Channel<'_>) -> Result<(), LinkError> {
        let same = match &mut self.at {
            At::Inside {
                driver,
                application,
                ..
            } => {
                let found = driver.select(channel);
                channel.allow_extended(self.extended);
                match found {
                    Ok(true) => is_same_so_far(driver.as_mut(), channel, application),
                    other => other,
                }
            }
            At::Probe(_) | At::Search(_) | At::End => {
                let mut read = self.token.applications.iter().rev();
                match read.find(|read| read.state == ApplicationState::Readable) {
                    Some(application) => match open(channel, application.kind) {
                        Ok(mut driver) => is_same_so_far(driver.as_mut(), channel, application),
                        Err(error) => Err(error),
                    },
                    None => Ok(true),
                }
            }
        };
        // As if there had been no break.
        channel.allow_extended(self.extended);
        match same {
            Ok(true) => Ok(()),
            Err(CardError::Link(error)) => Err(error),
            Ok(false) | Err(_) => Err(LinkError::Removed),
        }
    }

    /// One part. Tells whether it was the last.
    fn part(
        &mut self,
        channel: &mut Channel<'_>,
        report: &mut dyn FnMut(&Token),
    ) -> Result<bool, LinkError> {
        match std::mem::replace(&mut self.at, At::End) {
            At::Probe(index) => match PROBES.get(index) {
                Some(probe) => {
                    let opened = self.asked(probe.open, channel);
                    self.take(index, probe, opened, At::Probe(index + 1), channel, report)?;
                }
                None if self.token.applications.is_empty() => self.at = At::Search(0),
                None => {
                    self.end(channel)?;
                    return Ok(true);
                }
            },
            At::Search(index) => match PROBES.get(index) {
                Some(probe) => {
                    let opened = match probe.search {
                        Some(search) => self.asked(search, channel),
                        None => Ok(None),
                    };
                    self.take(index, probe, opened, At::Search(index + 1), channel, report)?;
                }
                None => {
                    self.end(channel)?;
                    return Ok(true);
                }
            },
            At::Inside {
                probe,
                mut driver,
                mut application,
            } => match self.read_part(driver.as_mut(), channel, &mut application) {
                Ok(Progress::Absent) => {
                    channel.count_as_absent();
                    self.at = At::Probe(probe + 1);
                }
                Ok(Progress::Whole) => {
                    self.look_further(driver.as_mut(), channel, &mut application)?;
                    self.add(probe, *application, channel, report);
                }
                Ok(progress) => {
                    if progress == Progress::Picture {
                        let mut partial = self.token.clone();
                        partial.applications.push(Application::clone(&application));
                        picture::finish(&mut partial);
                        report(&partial);
                    }
                    self.at = At::Inside {
                        probe,
                        driver,
                        application,
                    };
                }
                Err(CardError::Link(error)) if !error.is_bad_answer() => return Err(error),
                Err(error) => {
                    application.mark(&error.to_string());
                    still_there(&error, channel, probe)?;
                    self.look_further(driver.as_mut(), channel, &mut application)?;
                    self.add(probe, *application, channel, report);
                }
            },
            At::End => return Ok(true),
        }
        Ok(false)
    }

    /// A part of an application, unless it has cost too much already.
    fn read_part(
        &mut self,
        driver: &mut dyn Driver,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<Progress, CardError> {
        let spent = (self.spent + channel.cost()).commands;
        if spent.saturating_sub(self.begun) > MAX_COMMANDS {
            return Err(CardError::Malformed("a reading without end"));
        }
        driver.read(channel, application)
    }

    fn asked(
        &mut self,
        question: fn(&mut Channel<'_>) -> Opened,
        channel: &mut Channel<'_>,
    ) -> Opened {
        self.begun = (self.spent + channel.cost()).commands;
        question(channel)
    }

    /// Goes into an application that answered, else to what comes next.
    fn take(
        &mut self,
        index: usize,
        probe: &Probe,
        opened: Opened,
        next: At,
        channel: &mut Channel<'_>,
        report: &mut dyn FnMut(&Token),
    ) -> Result<(), LinkError> {
        match opened {
            Ok(None) => self.at = next,
            Ok(Some(driver)) => {
                self.at = At::Inside {
                    probe: index,
                    driver,
                    application: Application::new(probe.kind, probe.aid).into(),
                };
            }
            Err(CardError::Link(error)) if !error.is_bad_answer() => return Err(error),
            Err(error) => {
                let mut application = Application::new(probe.kind, &[]);
                application.mark(&error.to_string());
                still_there(&error, channel, index)?;
                self.add(index, application, channel, report);
            }
        }
        Ok(())
    }

    /// Where there may be more of the kind that was just read; one that is bad hides none.
    fn look_further(
        &mut self,
        driver: &mut dyn Driver,
        channel: &mut Channel<'_>,
        application: &mut Application,
    ) -> Result<(), LinkError> {
        match driver.further(channel, application) {
            Ok(found) => self.further.extend(found),
            Err(CardError::Link(error)) if !error.is_bad_answer() => return Err(error),
            Err(error) => application.mark(&error.to_string()),
        }
        Ok(())
    }

    /// An application is done, well or not; the next one is asked for.
    fn add(
        &mut self,
        probe: usize,
        application: Application,
        channel: &Channel<'_>,
        report: &mut dyn FnMut(&Token),
    ) {
        let mut read = self.token.applications.iter_mut();
        match read.find(|read| read.kind == application.kind) {
            // A token has each kind once. The one that came first is the one that `open` finds.
            Some(first) => {
                let name = PROBES.get(probe).map(|probe| probe.kind.name().into());
                let other = name.map(|name| Fact::text(FactName::OtherApplication, name));
                first.facts.extend(other);
            }
            None => self.token.applications.push(application),
        }
        picture::finish(&mut self.token);
        self.token.cost = self.spent + channel.cost();
        report(&self.token);
        self.at = match self.further.pop_front() {
            Some(Another { kind, aid, driver }) => At::Inside {
                probe,
                driver,
                application: Application::new(kind, &aid).into(),
            },
            None => At::Probe(probe + 1),
        };
    }

    fn end(&mut self, channel: &mut Channel<'_>) -> Result<(), LinkError> {
        if self.token.applications.is_empty() {
            let card = &mut self.token.card;
            card.listed_as = listed::names(&card.atr);
            if card.system.is_some() {
                blank::look(channel, card)?;
            }
            // On an empty card there is nobody to ask.
            if matches!(card.condition, None | Some(CardCondition::Foreign)) {
                self.token.answering = unknown::answering(channel)?;
            }
        }
        picture::finish(&mut self.token);
        self.token.complete = true;
        Ok(())
    }
}

/// Asks the card for something else after a bad answer, with one command: some readers bring an
/// empty answer from a card that is being pulled.
fn still_there(
    error: &CardError,
    channel: &mut Channel<'_>,
    probe: usize,
) -> Result<(), LinkError> {
    let Some(probe) = PROBES.get(probe) else {
        return Ok(());
    };
    match error {
        CardError::Link(_) => match channel.transmit_first(&iso::selection(probe.aid)) {
            Err(error) if !error.is_bad_answer() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// As [`is_same`], for an application of which not all may be read yet. A card that tells its
/// name badly tells none.
fn is_same_so_far(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    application: &Application,
) -> Result<bool, CardError> {
    let told = match driver.identity(channel) {
        Err(error @ CardError::Link(_)) => return Err(error),
        told => told.ok().flatten(),
    };
    let unread = |fact: &Fact| {
        application
            .facts
            .iter()
            .all(|known| known.name != fact.name)
    };
    if told.as_ref().is_some_and(unread) {
        return Ok(true);
    }
    is_same(told.as_ref(), driver, channel, application)
}

/// Whether a card that tells `told` of itself is the one that `application` was read from.
/// One that told it before and does not any more is another; one that never did is known by
/// its first certificate.
fn is_same(
    told: Option<&Fact>,
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    application: &Application,
) -> Result<bool, CardError> {
    if let Some(fact) = told {
        return Ok(application.facts.contains(fact));
    }
    match application.certificates.first() {
        _ if application.identity().is_some() => Ok(false),
        Some(shown) => Ok(driver.certificate(channel, shown.slot)?.as_ref() == Some(&shown.der)),
        // Nothing tells this card from another.
        None => Ok(true),
    }
}

/// Selects the application of a kind, to do something in it.
///
/// # Errors
///
/// [`CardError::NotFound`] if the card has none.
pub fn open(
    channel: &mut Channel<'_>,
    kind: ApplicationKind,
) -> Result<Box<dyn Driver>, CardError> {
    let family = kind.family();
    let probes = PROBES.iter();
    let probes = probes.filter(|probe| probe.kind == family || probe.others.contains(&family));
    let opens = probes.clone().map(|probe| (probe, Some(probe.open)));
    // Other places are for cards on which nothing is in the usual one.
    let searches = probes.map(|probe| (probe, probe.search));
    for (probe, question) in opens.chain(searches) {
        let Some(question) = question else { continue };
        let Some(first) = question(channel)? else {
            continue;
        };
        if let Some(found) = of_kind(first, probe, kind, channel)? {
            return Ok(found);
        }
    }
    Err(CardError::NotFound {
        what: "this application",
    })
}

/// The application of a kind, selected, where a probe found `first`.
fn of_kind(
    mut first: Box<dyn Driver>,
    probe: &Probe,
    kind: ApplicationKind,
    channel: &mut Channel<'_>,
) -> Result<Option<Box<dyn Driver>>, CardError> {
    if kind == kind.family() {
        let sure = probe.others.is_empty() || first.is_of(channel, kind)?;
        return Ok(sure.then_some(first));
    }
    let mut unseen = Application::new(probe.kind, probe.aid);
    let others = first.further(channel, &mut unseen)?;
    let Some(mut other) = others.into_iter().find(|other| other.kind == kind) else {
        return Ok(None);
    };
    Ok(other.driver.select(channel)?.then_some(other.driver))
}

/// Makes sure that the card is the one that `shown` was read from, by the fact that tells
/// one card from another in the application that is selected.
///
/// # Errors
///
/// [`CardError::OtherCard`]; nothing but questions was sent.
pub fn identify(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    shown: &Token,
    kind: ApplicationKind,
) -> Result<(), CardError> {
    if channel.atr() != shown.card.atr {
        return Err(CardError::OtherCard);
    }
    let known = shown.application(kind).ok_or(CardError::OtherCard)?;
    let told = driver.identity(channel)?;
    let same = is_same(told.as_ref(), driver, channel, known)?;
    if same {
        Ok(())
    } else {
        Err(CardError::OtherCard)
    }
}
