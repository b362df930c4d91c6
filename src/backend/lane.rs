//! A lane: the thread that owns one reader and the card in it.
//!
//! It does one job after the other and reports. It never decides whether a request is still
//! wanted; the router does, and drops reports that come too late.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use super::cache::Cache;
use super::handle::Letter;
use super::manager::AttemptBook;
use super::{
    Done, Event, Failure, KeyCommand, PinAction, PinCommand, PlanAction, Progress, RequestId,
};
use crate::base::secret::Secret;
use crate::card::cardos::sheet;
use crate::card::java::ManagerAccess;
use crate::card::{self, CardError, driver, guard};
use crate::iso7816::{Command, Le, Parsed};
use crate::plan::Survey;
use crate::plan::journal::{Journals, Unfinished};
use crate::token::{Application, Identity, PinReference, Token};
use crate::transport::channel::{Cancel, Channel};
use crate::transport::link::{After, Link, LinkError, Reader};
use crate::transport::names;
use crate::transport::replay::Recording;
use crate::transport::trace::Tracer;

/// How often a connection is tried again because another program reset the card meanwhile.
const RESET_RETRIES: usize = 3;

/// After this time a reading lets other programs at the card before it goes on. The command
/// that runs then, and what belongs to it, come on top: with slow cards half a second more.
const HOLD: Duration = Duration::from_millis(400);

/// Something for a lane to do.
pub(super) struct Job {
    /// The request that it is for; nothing if the lane is to read by itself.
    pub(super) id: Option<RequestId>,
    /// The card that it is for.
    pub(super) identity: Identity,
    /// Whether it is still wanted.
    pub(super) cancel: Cancel,
    /// What.
    pub(super) work: Work,
}

/// What a lane can do.
pub(super) enum Work {
    /// Read the token.
    Read,
    /// What a CardOS card tells of itself; the token is as the person was shown it.
    Sheet(Arc<Token>),
    /// Read what the card manager tells.
    Manager(Option<Box<ManagerAccess>>),
    /// Something about a PIN; the token is as the person was shown it.
    Pin(PinCommand, Arc<Token>),
    /// Something with a private key; the token is as the person was shown it.
    Key(KeyCommand, Arc<Token>),
    /// Something about a plan.
    Plan(PlanAction),
    /// One command as it stands.
    Send(Secret),
}

/// The sending end of a lane. When it goes, the thread ends after its job.
pub(super) struct Lane {
    jobs: Sender<Job>,
    /// The card that is in the reader now; older jobs are not begun.
    insertion: Arc<AtomicU64>,
}

/// What a lane reports.
pub(super) enum Report {
    /// A picture of the token.
    Read(Identity, Arc<Token>),
    /// The reader has a PIN pad, or not.
    PinPad(Identity, bool),
    /// No token could be read.
    Unread(Identity, CardError),
    /// A plan was broken off on a card.
    Unfinished(Identity, Arc<Unfinished>),
    /// A request got on.
    Progressed(RequestId, Progress),
    /// A job ended.
    Finished(RequestId, Result<Done, Failure>),
}

impl Lane {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the operating system has no thread for us.
    pub(super) fn start(
        name: &str,
        reader: Box<dyn Reader>,
        tracer: Tracer,
        letters: Sender<Letter>,
        journals: Option<Journals>,
        attempts: AttemptBook,
        cache: Cache,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let insertion = Arc::new(AtomicU64::new(0));
        let current = Arc::clone(&insertion);
        let worker = Worker {
            reader,
            tracer,
            letters,
            current,
            shown: None,
            journals,
            attempts,
            survey: None,
            cache,
            opened: None,
        };
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || worker.run(&queue))?;
        Ok(Self { jobs, insertion })
    }

    /// Queues a job.
    pub(super) fn send(&self, job: Job) {
        // The thread ends only after this sender; a job that got lost would be a panic there,
        // and its request ends by its time limit.
        let _ = self.jobs.send(job);
    }

    /// Another card, or none: jobs for earlier ones are not begun any more.
    pub(super) fn set_insertion(&self, insertion: u64) {
        self.insertion.store(insertion, Ordering::Release);
    }
}

pub(super) struct Worker {
    reader: Box<dyn Reader>,
    pub(super) tracer: Tracer,
    letters: Sender<Letter>,
    current: Arc<AtomicU64>,
    /// The card of which a whole picture was shown already.
    shown: Option<Identity>,
    /// Where the journals of plans are; nothing if there is no place for them.
    pub(super) journals: Option<Journals>,
    /// Where failed tries to open card managers are kept.
    pub(super) attempts: AttemptBook,
    /// What was found out last for a plan on a card.
    pub(super) survey: Option<(Identity, Survey)>,
    /// What the cards of known tokens answered.
    cache: Cache,
    /// What a PIN has opened just now. It is shown with the reading that follows, and kept nowhere
    /// else.
    opened: Option<(Identity, Application)>,
}

impl Worker {
    fn run(mut self, queue: &Receiver<Job>) {
        for job in queue {
            let id = job.id;
            let gone = self.current.load(Ordering::Acquire) != job.identity.insertion;
            let ended = if gone {
                Err(CardError::Link(LinkError::Removed).into())
            } else if job.cancel.is_cancelled() {
                Err(Failure::Cancelled)
            } else {
                self.work(job)
            };
            if let Some(id) = id {
                self.report(Report::Finished(id, ended));
            }
        }
    }

    pub(super) fn report(&self, report: Report) {
        // A router that is gone needs no reports.
        let _ = self.letters.send(Letter::Lane(report));
    }

    fn work(&mut self, job: Job) -> Result<Done, Failure> {
        let Job {
            id,
            identity,
            cancel,
            work,
        } = job;
        match work {
            Work::Read => match self.read(identity, &cancel) {
                Ok(token) => Ok(Done::Read(token)),
                Err(error) => {
                    let error = CardError::Link(error);
                    self.report(Report::Unread(identity, error.clone()));
                    Err(error.into())
                }
            },
            Work::Sheet(token) => self.sheet(identity, &token, &cancel),
            Work::Manager(access) => self.manager(identity, access.as_deref(), &cancel),
            Work::Pin(command, token) => {
                let done = self.pin(id, &command, &token, &cancel);
                // What the counters are now, everybody wants to see; but the answer comes
                // first.
                if let Some(id) = id {
                    self.report(Report::Finished(id, done.clone()));
                }
                // A card that is gone cannot be read, and one that was not asked has not changed.
                let over = matches!(
                    done,
                    Err(Failure::Card(CardError::Link(_) | CardError::Rule { .. }))
                );
                if !over {
                    self.read_again(identity);
                }
                done
            }
            Work::Key(command, token) => self.key(id, &command, &token, &cancel),
            Work::Plan(action) => self.plan(id, identity, action, &cancel),
            Work::Send(bytes) => self.send_raw(identity, &bytes, &cancel),
        }
    }

    /// Connects to the card that a job is for. Another one may have come since the job was
    /// begun; a link stays with its card, so that is looked at once more when there is one.
    fn connect(&mut self, identity: Identity) -> Result<Box<dyn Link>, LinkError> {
        let link = self.reader.connect()?;
        if self.current.load(Ordering::Acquire) == identity.insertion {
            Ok(link)
        } else {
            Err(LinkError::Removed)
        }
    }

    /// Connects and runs `work` while other programs are kept out.
    pub(super) fn exclusively<T>(
        &mut self,
        identity: Identity,
        work: &mut dyn FnMut(&mut dyn Link) -> (T, After),
    ) -> Result<T, LinkError> {
        let mut link = self.connect(identity)?;
        transaction(link.as_mut(), work)
    }

    pub(super) fn read(
        &mut self,
        identity: Identity,
        cancel: &Cancel,
    ) -> Result<Arc<Token>, LinkError> {
        let opened = self.opened.take().filter(|(of, _)| *of == identity);
        let (tracer, letters) = (self.tracer.clone(), self.letters.clone());
        let tell = |token: Token| {
            let report = Report::Read(identity, Arc::new(token));
            let _ = letters.send(Letter::Lane(report));
        };
        // A token that is on the screen is replaced when all of it is known.
        let first = Cell::new(self.shown != Some(identity));
        let mut report = |token: &Token| {
            if first.get() {
                tell(token.clone());
            }
        };
        let mut link = self.connect(identity)?;
        let pinpad = link.pinpad().is_some();
        self.report(Report::PinPad(identity, pinpad));
        let mut reading = card::Reading::new(link.atr(), link.protocol());
        let mut recording = Recording::new(link.atr(), link.protocol());
        let mut unasked = first.get();
        loop {
            let whole = transaction(link.as_mut(), &mut |link| {
                let channel = Channel::new(link, &tracer, cancel.clone());
                let started = Instant::now();
                let mut pause = |reading: &card::Reading, channel: &Channel<'_>| {
                    if unasked
                        && let (Some(fact), Some(kept)) = (reading.identity(), channel.kept())
                    {
                        unasked = false;
                        if let Some(remembered) = self.cache.find(kept, fact) {
                            first.set(false);
                            tell(remembered);
                        }
                    }
                    started.elapsed() >= HOLD
                };
                let mut channel = channel.keeping(&mut recording);
                let whole = reading.go_on_until(&mut channel, &mut pause, &mut report);
                (whole, After::Leave)
            })??;
            if whole {
                break;
            }
            link.give_way();
        }
        let mut token = reading.into_token();
        self.shown = Some(identity);
        self.cache.keep(&recording, &token);
        if let Some((_, opened)) = opened {
            show_opened(&mut token, opened);
        }
        let token = Arc::new(token);
        // First, so that who waits for the whole token knows it as well.
        self.look_for_unfinished(identity, &token);
        self.report(Report::Read(identity, Arc::clone(&token)));
        Ok(token)
    }

    fn sheet(
        &mut self,
        identity: Identity,
        shown: &Token,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        let tracer = self.tracer.clone();
        let sheet = self.exclusively(identity, &mut |link| {
            let mut channel = Channel::new(link, &tracer, cancel.clone());
            (sheet::read_of(&mut channel, shown), After::Leave)
        });
        let sheet = sheet.map_err(CardError::Link)??;
        Ok(Done::Sheet(Arc::new(sheet)))
    }

    /// After a PIN operation: the picture of the token follows the card.
    pub(super) fn read_again(&mut self, identity: Identity) {
        if let Err(error) = self.read(identity, &Cancel::default()) {
            self.report(Report::Unread(identity, error.into()));
        }
    }

    fn pin(
        &mut self,
        id: Option<RequestId>,
        command: &PinCommand,
        token: &Token,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        let (shown, deed) = deed(command, token)?;
        let (tracer, letters) = (self.tracer.clone(), self.letters.clone());
        let on_reader = matches!(
            command.action,
            PinAction::VerifyOnReader | PinAction::ChangeOnReader
        );
        let mut to_tell = id.filter(|_| on_reader);
        let mut work = |link: &mut dyn Link| {
            if let Some(id) = to_tell.take() {
                let seconds = driver::PINPAD_TIMEOUT.as_secs();
                let progress = Progress::TypeOnReader { seconds };
                let _ = letters.send(Letter::Lane(Report::Progressed(id, progress)));
            }
            let mut channel = Channel::new(link, &tracer, cancel.clone());
            run_pin(&mut channel, &shown, &deed, command.use_last_try)
        };
        let mut done = self.exclusively(command.identity, &mut work);
        if matches!(done, Ok(Err(CardError::Unlocked { .. }))) {
            // The reset after it has ended what the card would not take back, so now it tells its
            // counter. No PIN was sent, so none is sent twice.
            done = self.exclusively(command.identity, &mut work);
        }
        let opened = done.map_err(CardError::Link)??;
        self.opened = opened.map(|application| (command.identity, application));
        Ok(match command.action {
            PinAction::Verify { .. } | PinAction::VerifyOnReader => Done::PinVerified,
            PinAction::Change { .. } | PinAction::ChangeOnReader => Done::PinChanged,
            PinAction::Unblock { .. } | PinAction::Release { .. } => Done::PinUnblocked,
            PinAction::Set { .. } => Done::PinSet,
        })
    }

    /// One command as it stands. Answers in pieces are put together, as people expect.
    fn send_raw(
        &mut self,
        identity: Identity,
        bytes: &Secret,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        let parsed = Parsed::from_bytes(bytes.expose());
        let parsed = parsed.ok_or(CardError::Unsupported("commands of such a form"))?;
        let tracer = self.tracer.clone();
        let answer = self.exclusively(identity, &mut |link| {
            // A PIN among the data must not be in plain memory even for a moment.
            let mut command = Command::new(parsed.header).secret(Secret::new(parsed.data));
            if !names::carries_secret(&command) {
                command = command.data(parsed.data);
            }
            if let Some(le) = parsed.le {
                command = command.expecting(Le::bytes(u16::try_from(le).unwrap_or(0)));
            }
            let mut channel = Channel::new(link, &tracer, cancel.clone());
            channel.allow_extended(parsed.extended);
            (channel.transmit(&command), After::Leave)
        });
        let answer = answer.and_then(|answer| answer).map_err(CardError::Link)?;
        let mut bytes = answer.data;
        bytes.extend(answer.sw.0.to_be_bytes());
        Ok(Done::Answered(bytes))
    }
}

/// Runs `work` while other programs are kept out.
fn transaction<T>(
    link: &mut dyn Link,
    work: &mut dyn FnMut(&mut dyn Link) -> (T, After),
) -> Result<T, LinkError> {
    let mut resets = 0;
    loop {
        let mut result = None;
        let ended = link.exclusively(&mut |link| {
            let started = Instant::now();
            let (value, after) = work(link);
            result = Some(value);
            tracing::debug!(held = ?started.elapsed(), "the card is let go");
            after
        });
        match (ended, result) {
            (Ok(()), Some(value)) => return Ok(value),
            (Err(LinkError::Reset), None) if resets < RESET_RETRIES => resets += 1,
            (Err(error), _) => return Err(error),
            (Ok(()), None) => return Err(LinkError::Protocol("the link did nothing")),
        }
    }
}

/// The PIN and what to do to it, as the person was shown them; nothing is asked of the card.
fn deed<'a>(
    command: &'a PinCommand,
    token: &'a Token,
) -> Result<(guard::Shown<'a>, guard::Deed<'a>), CardError> {
    let pin = |reference: PinReference| {
        let found = token.pin(command.application, reference);
        found.ok_or(CardError::NotFound { what: "this PIN" })
    };
    let deed = match &command.action {
        PinAction::Verify { pin } => guard::Deed::Verify(pin),
        PinAction::Change { current, new } => guard::Deed::Change(current, new),
        PinAction::Unblock { with, code, new } => guard::Deed::Unblock(pin(*with)?, code, new),
        PinAction::Release { with, code } => guard::Deed::Release(pin(*with)?, code),
        PinAction::Set { with, code, new } => guard::Deed::Set(pin(*with)?, code, new),
        PinAction::VerifyOnReader => guard::Deed::VerifyOnReader,
        PinAction::ChangeOnReader => guard::Deed::ChangeOnReader,
    };
    let shown = guard::Shown {
        token,
        application: command.application,
        pin: pin(command.pin)?,
    };
    guard::check_rules(shown.pin, &deed)?;
    Ok((shown, deed))
}

/// The way of every PIN: the right application, the guard. What a PIN that was only verified has
/// opened is read before it is taken back.
fn run_pin(
    channel: &mut Channel<'_>,
    shown: &guard::Shown<'_>,
    deed: &guard::Deed<'_>,
    use_last_try: bool,
) -> (Result<Option<Application>, CardError>, After) {
    match card::open(channel, shown.application) {
        Ok(mut driver) => {
            let done = guard::run(driver.as_mut(), channel, shown, deed, use_last_try);
            let verified = matches!(deed, guard::Deed::Verify(_) | guard::Deed::VerifyOnReader);
            let done = done.map(|()| {
                let opened = verified.then(|| guard::opened(driver.as_mut(), channel, shown));
                opened.flatten()
            });
            let after = match done {
                // It did not take it back.
                Err(CardError::Unlocked { .. }) => After::Reset,
                _ => guard::end(driver.as_mut(), channel, shown, deed),
            };
            (done, after)
        }
        Err(error) => (Err(error), After::Reset),
    }
}

/// Puts what a PIN has opened in the place of what everybody sees. Another card tells another name.
fn show_opened(token: &mut Token, opened: Application) {
    let mut all = token.applications.iter_mut();
    let read = all.find(|read| read.kind == opened.kind);
    if let Some(read) = read.filter(|read| read.identity() == opened.identity()) {
        *read = opened;
    }
}

/// What the router tells the world about a report.
pub(super) fn event(report: &Report) -> Option<Event> {
    match report {
        Report::Read(identity, token) => Some(Event::TokenRead {
            identity: *identity,
            token: Arc::clone(token),
        }),
        Report::Unread(identity, error) => Some(Event::TokenUnreadable {
            identity: *identity,
            error: error.clone(),
        }),
        Report::Unfinished(identity, unfinished) => Some(Event::PlanUnfinished {
            identity: *identity,
            unfinished: Arc::clone(unfinished),
        }),
        Report::Progressed(id, progress) => Some(Event::Progressed {
            id: *id,
            progress: *progress,
        }),
        Report::PinPad(..) | Report::Finished(..) => None,
    }
}
