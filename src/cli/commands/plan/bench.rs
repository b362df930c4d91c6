//! `symbolonctl plan bench`: a token for each name of a table, in all readers side by side.

use std::collections::BTreeSet;
use std::path::Path;

use super::ask::{self, Source};
use super::of_file;
use crate::backend::{Event, Workbench};
use crate::base::clock::now;
use crate::base::file::{self, Existing};
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{Bench as Arguments, Globals};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::cli::session::{Real, Session};
use crate::cli::state::Seen;
use crate::explain::{Explanation, bench as words};
use crate::plan::bench::codes::System;
use crate::plan::bench::letters::Letters;
use crate::plan::bench::names::{MAX_LEN, Names};
use crate::plan::bench::{self, Bench, Common, Decision, Input, Refusal, Said, Stage};
use crate::plan::files::{self, Files};
use crate::plan::profile::Profile;
use crate::plan::recipe::Given;
use crate::plan::secrets::Secrets;
use crate::token::{ReaderId, SlotState, Text};

/// Runs the command.
pub(super) fn run(
    arguments: &Arguments,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    if globals.reader.is_some() {
        let title = gettext("The bench works in all readers");
        return Err(Trouble::usage(title, gettext("Leave --reader out.")).into());
    }
    // Before anything else is opened: a descriptor is known by its number only.
    let mut source = Source::open(&arguments.secrets, output)?;
    let (profile, files) = read(&arguments.profile)?;
    let names = names(&arguments.names, &profile)?;
    let first = names.people.first();
    let given = first.map_or_else(Given::default, |person| person.given(&files.given()));
    let bench::Sample { needs, made_up, .. } =
        bench::sample(&profile, &given).map_err(|why| of_trouble(&why))?;
    if made_up && arguments.letters.is_none() {
        return Err(Trouble::usage(
            gettext("Nobody would know the PINs"),
            gettext("They are made up. Say with --letters where the letters to the holders go. Nothing was sent."),
        )
        .into());
    }
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let mut secrets = Secrets::default();
    source.ask(&needs, &mut secrets, session.interrupt(), output)?;
    ask::to_take_all(arguments.consent, &profile, session.interrupt())?;
    let records = Records::new(arguments, &names)?;
    let mut desk = Desk {
        workbench: Workbench::new(on(profile, names, &files, secrets), session.handle()),
        records,
        offered: BTreeSet::new(),
        output,
    };
    if let Some(letters) = &arguments.letters {
        let name = Text::from_path(letters).to_string();
        desk.output
            .message(&format!("{name}: {}", words::letters_in_file()));
    }
    let ended = desk.work(&mut session);
    desk.end(ended)
}

fn on(profile: Profile, names: Names, files: &Files, secrets: Secrets) -> Bench {
    let common = Common {
        given: files.given(),
        pins: secrets.into_pins(),
        data: files.data(),
    };
    Bench::new(profile, names.people, common, Box::new(System))
}

/// The profile and its files. There is no key among them: one that is on many tokens is nobody's.
fn read(path: &Path) -> Result<(Profile, Files), Trouble> {
    let profile = files::read_profile(path).map_err(|error| of_file(&error))?;
    if bench::shares_key(&profile) {
        return Err(Trouble {
            exit: Exit::Usage,
            words: words::shared_key(),
        });
    }
    let files = Files::read(&profile, path, &mut |_| None).map_err(|error| of_file(&error))?;
    Ok((profile, files))
}

/// The table of names, each of which fits the profile.
fn names(path: &Path, profile: &Profile) -> Result<Names, Trouble> {
    let limit = u64::try_from(MAX_LEN).unwrap_or(u64::MAX) + 1;
    let bytes = file::read_small_bytes(path, limit).map_err(|error| {
        let name = Text::from_path(path).to_string();
        let title = gettext_f("{file} cannot be read", &[("file", &name)]);
        Trouble::file(title, &error)
    })?;
    let names = Names::parse(&bytes).and_then(|names| names.fit(profile).map(|()| names));
    names.map_err(|error| Trouble {
        exit: Exit::Usage,
        words: words::names_error(&error),
    })
}

fn of_trouble(why: &bench::Trouble) -> Trouble {
    Trouble {
        exit: Exit::Refused,
        words: words::trouble(why),
    }
}

/// The files that a bench leaves.
struct Records<'a> {
    arguments: &'a Arguments,
    form: bench::names::Form,
    letters: Letters,
}

impl<'a> Records<'a> {
    /// Makes the files, so that what cannot be written is known before the first token. Nothing that
    /// is there is replaced: it may be all that is known of other tokens.
    fn new(arguments: &'a Arguments, names: &Names) -> Result<Self, Trouble> {
        let made = |path: &Path, error| cannot_write(path, &error);
        file::write_whole(&arguments.results, b"", Existing::Keep)
            .map_err(|error| made(&arguments.results, error))?;
        if let Some(path) = &arguments.letters {
            file::write_private(path, b"", Existing::Keep).map_err(|error| made(path, error))?;
        }
        Ok(Self {
            arguments,
            form: names.form,
            letters: Letters::default(),
        })
    }

    /// Writes everything down as it is now. Letters go first: a token whose PIN nobody knows is worth
    /// nothing, whatever is told of it.
    fn write(&self, bench: &Bench) -> Result<(), Trouble> {
        if let Some(path) = &self.arguments.letters
            && !self.letters.is_empty()
        {
            let pages = self.letters.to_pdf(words::letter);
            file::write_private(path, pages.expose(), Existing::Replace)
                .map_err(|error| cannot_write(path, &error))?;
        }
        let path = &self.arguments.results;
        let reason = |why: &bench::Trouble| words::trouble(why).text();
        let table = bench::results::to_csv(bench.rows(), self.form, reason);
        file::write_whole(path, &table, Existing::Replace)
            .map_err(|error| cannot_write(path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Trouble {
    let name = Text::from_path(path).to_string();
    let title = gettext_f("{file} cannot be written", &[("file", &name)]);
    Trouble::file(title, error)
}

/// Why the work ended before all names did.
enum Ending {
    /// Every name has come to its end.
    Over,
    /// A signal.
    Interrupted,
    /// What is done could not be written down.
    Unwritten(Trouble),
}

/// The bench, and who tells of it.
struct Desk<'a> {
    workbench: Workbench,
    records: Records<'a>,
    /// Lanes that wait for a card that was pulled, and were offered another one: put in once more it
    /// is taken.
    offered: BTreeSet<ReaderId>,
    output: &'a mut Output,
}

impl Desk<'_> {
    /// Works until every name has come to its end, or somebody stops it: then to the end of every
    /// step that was begun.
    fn work(&mut self, session: &mut Session) -> Ending {
        let (mut ending, mut heard) = (None, false);
        for event in seen_so_far(session) {
            self.pass(session, &event, &mut ending);
        }
        loop {
            let over = self.workbench.bench().is_over();
            if over || ending.is_some() && !self.workbench.is_busy() {
                return ending.filter(|_| !over).unwrap_or(Ending::Over);
            }
            match session.next() {
                Some(event) => self.pass(session, &event, &mut ending),
                None if heard || !session.interrupt().heard() => {
                    // The backend is gone: nothing more is told.
                    return ending.unwrap_or(Ending::Interrupted);
                }
                None => {
                    heard = true;
                    self.output.message(&gettext(
                        "It stops after these steps. Do not remove the tokens.",
                    ));
                    self.stop(Ending::Interrupted, session, &mut ending);
                }
            }
        }
    }

    fn stop(&mut self, why: Ending, session: &Session, ending: &mut Option<Ending>) {
        ending.get_or_insert(why);
        let decisions = self.workbench.tell(Input::Pause, now());
        self.workbench.stop();
        self.take(session, decisions, ending);
    }

    fn pass(&mut self, session: &Session, event: &Event, ending: &mut Option<Ending>) {
        let decisions = self.workbench.hear(event, now());
        self.take(session, decisions, ending);
        if let Event::ReaderChanged(reader) = event
            && !matches!(reader.slot, SlotState::Present { .. })
        {
            self.taken_out(session, reader.id, ending);
        }
    }

    /// Where nobody can press a button, taking a token out is the way to say "once more". But one that
    /// was begun is waited for: another one is taken in its place only if it is put in twice.
    fn taken_out(&mut self, session: &Session, reader: ReaderId, ending: &mut Option<Ending>) {
        let bench = self.workbench.bench();
        let failed = matches!(bench.lane(reader), Some((Stage::Failed(_), _)));
        let again = failed && (!bench.waits_for_its_card(reader) || self.offered.remove(&reader));
        if again {
            let decisions = self.workbench.tell(Input::Retry { reader }, now());
            self.take(session, decisions, ending);
        }
    }

    /// Keeps what was made, writes it down, and tells of it, in this order.
    fn take(&mut self, session: &Session, decisions: Vec<Decision>, ending: &mut Option<Ending>) {
        let mut lines = Vec::new();
        let mut changed = false;
        for decision in decisions {
            match decision {
                Decision::Letter(letter) => self.records.letters.add(letter),
                Decision::Ended { .. } => changed = true,
                Decision::Say { reader, name, what } => {
                    changed |= matches!(what, Said::Begins { .. } | Said::Failed(_));
                    if what == Said::Refused(Refusal::NotThisOne) {
                        self.offered.insert(reader);
                    }
                    lines.push(line(session, reader, name.as_ref(), &what));
                }
                // The workbench has done these.
                Decision::Survey { .. }
                | Decision::GiveUp { .. }
                | Decision::Run { .. }
                | Decision::Resume { .. } => {}
            }
        }
        if changed && let Err(trouble) = self.records.write(self.workbench.bench()) {
            self.output.trouble(&trouble);
            if ending.is_none() {
                self.stop(Ending::Unwritten(trouble), session, ending);
            }
        }
        for line in lines {
            // Tokens are not left half done because nobody reads any more.
            let _ = self.output.result(line);
        }
    }

    /// The last word, and the last try to write everything down.
    fn end(mut self, ending: Ending) -> Result<(), End> {
        let _ = self.workbench.tell(Input::End, now());
        let written = self.records.write(self.workbench.bench());
        let counts = self.workbench.bench().counts();
        let _ = self.output.result(format!("{}\n", words::counts(counts)));
        written?;
        match ending {
            Ending::Unwritten(trouble) => Err(trouble.into()),
            Ending::Interrupted => Err(Trouble::new(
                Exit::Cancelled,
                gettext("Not every name has its token"),
                gettext("The results tell which: go on with a table of those."),
            )
            .into()),
            Ending::Over => Ok(()),
        }
    }
}

/// What the session has heard before the bench did.
fn seen_so_far(session: &Session) -> Vec<Event> {
    let state = session.state();
    let mut events = Vec::new();
    for known in state.readers() {
        events.push(Event::ReaderAdded(known.reader.clone()));
        if let Ok(Some((identity, Seen::Token(token)))) = state.contents(known.reader.id) {
            events.push(Event::TokenRead { identity, token });
        }
    }
    events
}

/// "Gemalto PC Twin Reader: Anna Rossi: 2 of 3: Set User PIN".
fn line(session: &Session, reader: ReaderId, name: Option<&Text>, what: &Said) -> String {
    let mut parts = Vec::new();
    let known = session.state().reader(reader);
    parts.extend(known.map(|known| known.reader.name.to_string()));
    parts.extend(name.map(ToString::to_string));
    parts.push(match what {
        Said::Refused(Refusal::NotThisOne) => {
            let Explanation { title, .. } = words::refusal(&Refusal::NotThisOne);
            let advice =
                gettext("Put that one back; or put this one in once more, and it is taken.");
            format!("{title}. {advice}")
        }
        what => words::said(what),
    });
    format!("{}\n", parts.join(": "))
}
