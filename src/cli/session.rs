//! A blocking session with the backend: ask, wait for the end, with a time limit and Ctrl+C.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::arguments::Globals;
use super::exit::{Exit, Trouble};
use super::state::{Numbered, Seen, State, which_reader};
use super::tracer::Tracer;
use crate::backend::{
    self, Command, Done, Event, Failure, Handle, LinkError, Options, Progress, RequestId, practice,
};
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::base::interrupt::Interrupt;
use crate::token::{Identity, Reader, ReaderId, SlotState, Text, Token};

/// How long the first look at all readers may take.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// How long the reading of tokens may take; a card with 24 certificates on a slow reader needs
/// half a minute.
const READ_LIMIT: Duration = Duration::from_secs(180);

/// How long a request may take. The backend has limits of its own, which are shorter.
const REQUEST_LIMIT: Duration = Duration::from_secs(300);

/// How long a step of a plan may take: the backend gives up before that.
const STEP_LIMIT: Duration = Duration::from_secs(660);

/// How long a cancelled request may take to end.
const CANCEL_LIMIT: Duration = Duration::from_secs(10);

/// How long the backend may take to end: what it does with a card by then is not broken off.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// What wakes the one who waits.
#[derive(Debug)]
enum News {
    /// The backend reports.
    Event(Event),
    /// A signal came.
    Interrupted,
}

/// A running backend and what it said so far.
pub(super) struct Session {
    handle: Handle,
    news: Receiver<News>,
    state: State,
    interrupt: Interrupt,
    /// Disconnected as soon as no thread of the backend can report any more.
    ended: Receiver<()>,
}

/// What is told of a plan on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sign {
    /// This step begins, counted from 0.
    Step(usize),
    /// A signal came: the step that is being done is the last one.
    Stopping,
}

/// A reader with its token.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its number in the table of readers.
    pub(super) number: usize,
    /// The reader.
    pub(super) reader: Reader,
    /// Which card.
    pub(super) identity: Identity,
    /// Everything on it.
    pub(super) token: Arc<Token>,
}

impl Session {
    /// Starts the backend and waits until all readers were looked at once.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: an unknown practice card, or no answer in time.
    pub(super) fn open(globals: &Globals, real: Real) -> Result<Self, Trouble> {
        let options = options(globals, real)?;
        let tracer = Tracer::open(globals)?;
        let (report, news) = mpsc::channel();
        let bell = report.clone();
        let cannot = |error| Trouble::file(gettext("The program cannot start"), &error);
        let interrupt = Interrupt::listen(Exit::Cancelled as i32, move || {
            let _ = bell.send(News::Interrupted);
        })
        .map_err(cannot)?;
        let (alive, ended) = mpsc::channel();
        let handle = backend::start(options, move |event| {
            let _lives_as_long_as_this = &alive;
            if let Event::Traced(entry) = &event {
                tracer.write(entry);
            }
            // The session may be over already.
            let _ = report.send(News::Event(event));
        })
        .map_err(cannot)?;
        let mut session = Self {
            handle,
            news,
            state: State::default(),
            interrupt,
            ended,
        };
        session.wait(SETTLE_LIMIT, |state| state.is_settled().then_some(()))?;
        Ok(session)
    }

    /// What is known now.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// For whoever sends requests and hears their ends among the events.
    pub(super) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The ear for Ctrl+C, for whoever waits for something else.
    pub(super) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Waits for the next event; nothing after a signal.
    pub(super) fn next(&mut self) -> Option<Event> {
        match self.news.recv() {
            Ok(News::Event(event)) => {
                self.state.apply(event.clone());
                Some(event)
            }
            Ok(News::Interrupted) | Err(_) => None,
        }
    }

    /// The readers that the command line means, which are one if one is named.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is none.
    pub(super) fn meant(&self, globals: &Globals) -> Result<Vec<Numbered<'_>>, Trouble> {
        if let Some(name) = &globals.reader {
            return Ok(vec![self.state.named(name)?]);
        }
        let meant = self.state.meant(!globals.practice.is_empty());
        if meant.is_empty() {
            return Err(self.state.nothing_there());
        }
        Ok(meant)
    }

    /// The one reader that the command line means.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is none, or more than one.
    pub(super) fn meant_one(&self, globals: &Globals) -> Result<ReaderId, Trouble> {
        match self.meant(globals)?.as_slice() {
            [one] => Ok(one.reader.id),
            more => {
                let count = more.len().to_string();
                let title = ngettext_f(
                    "There is something in {count} reader",
                    "There is something in {count} readers",
                    u32::try_from(more.len()).unwrap_or(u32::MAX),
                    &[("count", &count)],
                );
                Err(Trouble::usage(title, which_reader()))
            }
        }
    }

    /// The card in a reader, as soon as it is powered; it may still be being read.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is none that could be used.
    pub(super) fn card(&self, id: ReaderId) -> Result<Identity, Trouble> {
        self.state.contents(id)?;
        match self.state.reader(id).map(|known| &known.reader.slot) {
            Some(SlotState::Present { identity }) => Ok(*identity),
            _ => Err(Trouble::of(&Failure::NoCard)),
        }
    }

    /// Waits until the token in a reader is read to its end.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is none, it cannot be read, or it takes too long.
    pub(super) fn token(&mut self, id: ReaderId) -> Result<Found, Trouble> {
        let was_there = self.card(id).is_ok();
        let seen = self.wait(READ_LIMIT, |state| state.contents(id).transpose())?;
        let (identity, seen) = seen.map_err(|trouble| {
            if was_there && trouble.exit == Exit::NoCard {
                Trouble::of(&Failure::Card(LinkError::Removed.into()))
            } else {
                trouble
            }
        })?;
        let token = match seen {
            Seen::Token(token) => token,
            Seen::Unreadable(error) => return Err(Trouble::of(&Failure::Card(error))),
        };
        let known = self.state.reader(id);
        let known = known.ok_or_else(|| Trouble::of(&Failure::NoReader))?;
        Ok(Found {
            number: known.number,
            reader: known.reader.clone(),
            identity,
            token,
        })
    }

    /// The token as it was read after something was done to it; nothing if it cannot be read any
    /// more.
    pub(super) fn read_since(&mut self, found: &Found) -> Option<Arc<Token>> {
        let (reader, before) = (found.reader.id, &found.token);
        let read = self.wait(READ_LIMIT, |state| match state.contents(reader) {
            Ok(Some((identity, Seen::Token(token)))) if identity == found.identity => {
                (!Arc::ptr_eq(&token, before)).then_some(Some(token))
            }
            Ok(None) => None,
            Ok(Some(_)) | Err(_) => Some(None),
        });
        read.ok().flatten()
    }

    /// Sends a request and waits for its end; `progress` hears what it waits for.
    ///
    /// # Errors
    ///
    /// The [`Failure`] that it ended with.
    pub(super) fn run(
        &mut self,
        command: Command,
        mut progress: impl FnMut(Progress),
    ) -> Result<Done, Failure> {
        let id = self.handle.send(command);
        match self.finish(id, REQUEST_LIMIT, &mut progress) {
            Some(outcome) => outcome,
            None => {
                let cancelled = self.interrupt.heard();
                self.handle.cancel(id);
                // It may have been done all the same: then that is what is said.
                let outcome = self.finish(id, CANCEL_LIMIT, &mut progress);
                outcome.unwrap_or(Err(if cancelled {
                    Failure::Cancelled
                } else {
                    Failure::TimedOut
                }))
            }
        }
    }

    /// As [`Session::run`], for a plan that is carried out: after a signal it goes on to the end
    /// of its step, however long that takes.
    ///
    /// # Errors
    ///
    /// The [`Failure`] that it ended with.
    pub(super) fn run_steps(
        &mut self,
        command: Command,
        mut tell: impl FnMut(Sign),
    ) -> Result<Done, Failure> {
        let id = self.handle.send(command);
        let outcome = self.finish(id, STEP_LIMIT, &mut |now| step(now, &mut tell));
        if let Some(outcome) = outcome {
            return outcome;
        }
        self.handle.cancel(id);
        if self.interrupt.heard() {
            tell(Sign::Stopping);
        }
        let outcome = self.finish(id, STEP_LIMIT, &mut |now| step(now, &mut tell));
        outcome.unwrap_or(Err(Failure::TimedOut))
    }

    /// Waits for the end of a request; nothing when a signal came, or when the time is over since
    /// it last got on.
    fn finish(
        &mut self,
        id: RequestId,
        limit: Duration,
        progress: &mut impl FnMut(Progress),
    ) -> Option<Result<Done, Failure>> {
        let mut end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok(News::Event(Event::Progressed {
                    id: of,
                    progress: now,
                })) if of == id => {
                    end = Instant::now() + limit;
                    progress(now);
                }
                Ok(News::Event(event)) => self.state.apply(event),
                Ok(News::Interrupted) | Err(_) => return None,
            }
            if let Some(outcome) = self.state.take_finished(id) {
                return Some(outcome);
            }
        }
    }

    /// Waits until `look` sees something.
    fn wait<T>(
        &mut self,
        limit: Duration,
        mut look: impl FnMut(&State) -> Option<T>,
    ) -> Result<T, Trouble> {
        let end = Instant::now() + limit;
        loop {
            if let Some(seen) = look(&self.state) {
                return Ok(seen);
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok(News::Event(event)) => self.state.apply(event),
                Ok(News::Interrupted) => return Err(Trouble::cancelled()),
                Err(RecvTimeoutError::Timeout) => return Err(Trouble::of(&Failure::TimedOut)),
                Err(RecvTimeoutError::Disconnected) => return Err(Trouble::of(&Failure::Closing)),
            }
        }
    }
}

impl Drop for Session {
    /// Lets the lanes put their cards down in order: the end of the process in the middle of an
    /// exchange would make the service reset the card.
    fn drop(&mut self) {
        self.handle.close();
        let _ = self.ended.recv_timeout(CLOSE_LIMIT);
    }
}

fn step(progress: Progress, tell: &mut impl FnMut(Sign)) {
    if let Progress::Step { step } = progress {
        tell(Sign::Step(step));
    }
}

/// Whether the real readers are wanted beside practice readers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Real {
    /// Always.
    Always,
    /// Unless practice readers alone are meant.
    WhereMeant,
}

fn options(globals: &Globals, real: Real) -> Result<Options, Trouble> {
    let mut cards = Vec::new();
    for name in &globals.practice {
        if name.is_empty() {
            cards.extend(practice::starters());
        } else if practice::is_known(name) {
            cards.push(name.clone());
        } else {
            return Err(no_such_card(name));
        }
    }
    let practice_alone = !cards.is_empty() && globals.reader.is_none();
    Ok(Options {
        pcsc: real == Real::Always || !practice_alone,
        practice: cards,
        // What a script is told is what the card says now.
        cache: None,
    })
}

/// There is no practice card of a name.
pub(super) fn no_such_card(name: &str) -> Trouble {
    Trouble::new(
        Exit::Usage,
        gettext_f(
            "There is no practice card “{name}”",
            &[("name", Text::from(name).as_str())],
        ),
        gettext("“symbolonctl practice list” lists them."),
    )
}
