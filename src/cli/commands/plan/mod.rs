//! `symbolonctl plan`: tokens set up by a profile, step by step.

pub(super) mod ask;
mod bench;
mod journal;
pub(super) mod way;

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use self::ask::Source;
use super::gp::{Origin, Which, of_key};
use crate::backend::{Command, Done, Failure, PlanAction, PlanCommand as Request};
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{
    Consent, Globals, KeySource, PlanCommand, ProfileChoice, SecretSource,
};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::cli::plan_json::PlanDocument;
use crate::cli::plan_page::{self, View};
use crate::cli::session::{Found, Real, Session};
use crate::explain::{self, plan as words};
use crate::plan::content::KeyFamily;
use crate::plan::files::{self, FileError, Files};
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::profile::Profile;
use crate::plan::recipe::{self, Given, RecipeError};
use crate::plan::secrets::Secrets;
use crate::plan::{About, Need, Plan, SecretName, SetupError, Survey};
use crate::token::Identity;

/// Runs the command.
///
/// # Errors
///
/// [`End`]: what is said instead of the result.
pub(in crate::cli) fn run(
    command: &PlanCommand,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    match command {
        PlanCommand::Show { profile, secrets } => show(profile, secrets, globals, output),
        PlanCommand::Run {
            profile,
            dry_run,
            secrets,
            ..
        } if *dry_run => rehearse(profile, secrets, globals, output),
        PlanCommand::Run {
            profile,
            consent,
            secrets,
            ..
        } => carry_out(profile, *consent, secrets, globals, output),
        PlanCommand::Bench(bench) => bench::run(bench, globals, output),
        PlanCommand::Resume {
            profile,
            commands,
            secrets,
            keys,
            new_keys,
        } => {
            let manager = ManagerKeys {
                current: keys,
                new: new_keys.as_deref(),
            };
            let profile = profile.as_deref();
            resume(profile, *commands, secrets, &manager, globals, output)
        }
        PlanCommand::GiveUp { consent } => give_up(*consent, globals, output),
        PlanCommand::Journal { serial } => journal::run(serial.as_deref(), globals, output),
    }
}

/// A plan for the token in the reader, and what it was made of.
struct Made {
    session: Session,
    found: Found,
    unfinished: Option<Arc<Unfinished>>,
    plan: Arc<Plan>,
    preview: Preview,
    files: Files,
}

impl Made {
    /// Reads the profile and the token, and makes the plan. Nothing is written.
    fn new(
        choice: &ProfileChoice,
        source: &mut Source<'_>,
        globals: &Globals,
        output: &mut Output,
    ) -> Result<Self, End> {
        let profile = files::read_profile(&choice.profile).map_err(|error| of_file(&error))?;
        let mut session = Session::open(globals, Real::WhereMeant)?;
        let files = read(&profile, &choice.profile, source, &session, output)?;
        let found = find(&mut session, globals)?;
        let (survey, unfinished) = survey(&mut session, found.identity, Some(About::Token))?;
        let given = Given {
            name: choice.name.clone().filter(|name| !name.trim().is_empty()),
            now: now(),
            ..files.given()
        };
        let plan = recipe::plan(&profile, &survey, &found.token, &given)
            .map_err(|error| of_recipe(&error))?;
        let preview = preview(&plan, &survey, 0)?;
        Ok(Self {
            session,
            found,
            unfinished,
            plan: Arc::new(plan),
            preview,
            files,
        })
    }

    fn page(&self, commands: bool, output: &Output) -> String {
        let view = View {
            plan: &self.plan,
            preview: &self.preview,
            next: 0,
            commands,
        };
        plan_page::page(&self.found, &view, output.style())
    }

    /// Refuses where another plan was stopped on this token: its steps are not known to this one.
    fn alone(&self) -> Result<(), Trouble> {
        match &self.unfinished {
            None => Ok(()),
            Some(stopped) => Err(unfinished(Arc::clone(stopped))),
        }
    }
}

/// Another plan was stopped on this token.
pub(super) fn unfinished(unfinished: Arc<Unfinished>) -> Trouble {
    let mut trouble = Trouble::of(&Failure::Unfinished(unfinished));
    let body = std::mem::take(&mut trouble.words.body);
    trouble.words.body = explain::sentences(&[body, how_to_go_on()]);
    trouble
}

fn show(
    choice: &ProfileChoice,
    source: &SecretSource,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let mut source = Source::open(source, output)?;
    let made = Made::new(choice, &mut source, globals, output)?;
    if globals.json {
        return output.document(&PlanDocument::new(&made.found, &made.plan, &made.preview));
    }
    output.result(made.page(choice.commands, output))?;
    if let Some(unfinished) = &made.unfinished {
        let stopped = words::stopped(unfinished);
        output.message(&format!("{stopped}. {}", how_to_go_on()));
    }
    Ok(())
}

fn rehearse(
    choice: &ProfileChoice,
    source: &SecretSource,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let mut source = Source::open(source, output)?;
    let mut made = Made::new(choice, &mut source, globals, output)?;
    made.alone()?;
    output.result(made.page(choice.commands, output))?;
    let plan = Arc::clone(&made.plan);
    let action = PlanAction::DryRun {
        plan: Arc::clone(&plan),
    };
    let request = request(made.found.identity, action);
    made.session
        .run(request, |_| {})
        .map_err(|failure| Trouble::of(&failure))?;
    let (would_work, nothing) = (words::would_work(&plan), words::nothing_written());
    output.result(format!("\n{would_work}\n{nothing}.\n"))
}

fn carry_out(
    choice: &ProfileChoice,
    consent: Consent,
    source: &SecretSource,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    // Before anything else is opened: a descriptor is known by its number only.
    let mut source = Source::open(source, output)?;
    let made = Made::new(choice, &mut source, globals, output)?;
    made.alone()?;
    // Beside the questions: who sends the result elsewhere has to see what they are about.
    output.message(&made.page(choice.commands, output));
    let Made {
        mut session,
        found,
        plan,
        preview,
        files,
        ..
    } = made;
    let mut consent = ask::Consenting::new(consent, &plan)?;
    let mut secrets = Secrets::default();
    files.give(&plan, &mut secrets);
    source.ask(&preview.needs, &mut secrets, session.interrupt(), output)?;
    if ask::loses_keys(&preview) {
        output.message(&words::backup_reminder());
    }
    consent.lose(&found, &plan, session.interrupt())?;
    let action = PlanAction::Run {
        plan: Arc::clone(&plan),
        secrets,
    };
    way::go(&mut session, &found, &plan, action, output)
}

/// Where the keys of a card manager come from.
struct ManagerKeys<'a> {
    current: &'a KeySource,
    new: Option<&'a OsStr>,
}

impl ManagerKeys<'_> {
    /// Gives those that a plan needs.
    fn give(
        &self,
        needs: &[Need],
        family: KeyFamily,
        secrets: &mut Secrets,
        session: &Session,
        output: &mut Output,
    ) -> Result<(), Trouble> {
        let family = self.current.family.map_or(family, KeyFamily::from);
        for need in needs {
            let (named, which) = match need.name {
                SecretName::ManagerKeys => (self.current.keys.as_deref(), Which::Current),
                SecretName::NewManagerKeys => (self.new, Which::New),
                _ => continue,
            };
            let given = Origin::of(named)?.fetch(which, family, session.interrupt(), output)?;
            let keys = given.keys(family).map_err(of_key)?;
            match which {
                Which::Current => secrets.give_manager_keys(keys, self.current.try_again),
                Which::New => secrets.give_new_manager_keys(keys),
            }
        }
        Ok(())
    }
}

fn resume(
    profile: Option<&Path>,
    commands: bool,
    source: &SecretSource,
    manager: &ManagerKeys<'_>,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let mut source = Source::open(source, output)?;
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let files = match profile {
        Some(path) => {
            let profile = files::read_profile(path).map_err(|error| of_file(&error))?;
            Some(read(&profile, path, &mut source, &session, output)?)
        }
        None => None,
    };
    let found = find(&mut session, globals)?;
    let (survey, unfinished) = survey(&mut session, found.identity, None)?;
    let unfinished = unfinished.ok_or_else(|| Trouble::of(&Failure::NothingUnfinished))?;
    let (plan, next) = (&unfinished.plan, unfinished.next);
    // Of a step that was begun, what the card was like before it counts.
    let known = unfinished.begun.as_ref().unwrap_or(&survey);
    let preview = preview(plan, known, next).map_err(|mut trouble| {
        let body = std::mem::take(&mut trouble.words.body);
        trouble.words.body = explain::sentences(&[body, how_to_go_on()]);
        trouble
    })?;
    let view = View {
        plan,
        preview: &preview,
        next,
        commands,
    };
    output.message(&plan_page::page(&found, &view, output.style()));
    let mut secrets = Secrets::default();
    if let Some(files) = files {
        files.give(plan, &mut secrets);
    }
    if let Survey::Java(known) = &*survey {
        let family = known.family.unwrap_or(KeyFamily::TripleDes);
        manager.give(&preview.needs, family, &mut secrets, &session, output)?;
    }
    ask::all_from_files(&preview.needs, &secrets)?;
    source.ask(&preview.needs, &mut secrets, session.interrupt(), output)?;
    way::go(
        &mut session,
        &found,
        plan,
        PlanAction::Resume { secrets },
        output,
    )
}

fn give_up(consent: Consent, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let found = find(&mut session, globals)?;
    let (_, unfinished) = survey(&mut session, found.identity, None)?;
    let unfinished = unfinished.ok_or_else(|| Trouble::of(&Failure::NothingUnfinished))?;
    ask::to_give_up(consent, &found, &unfinished, session.interrupt())?;
    session
        .run(request(found.identity, PlanAction::GiveUp), |_| {})
        .map_err(|failure| Trouble::of(&failure))?;
    output.result(format!(
        "{}\n",
        gettext("The plan is given up. What it did until then stays on the token.")
    ))
}

/// What a person does about a plan that was stopped.
pub(super) fn how_to_go_on() -> String {
    gettext_f(
        // TRANSLATORS: Both places are commands to be typed.
        "“{resume}” goes on with it, “{give_up}” ends it there.",
        &[
            ("resume", "symbolonctl plan resume"),
            ("give_up", "symbolonctl plan give-up"),
        ],
    )
}

/// The files that a profile names.
fn read(
    profile: &Profile,
    path: &Path,
    source: &mut Source<'_>,
    session: &Session,
    output: &mut Output,
) -> Result<Files, End> {
    let mut unasked = None;
    let files = Files::read(profile, path, &mut |file| {
        let given = source.password(file, session.interrupt(), output);
        given.map_err(|end| unasked = Some(end)).ok()
    });
    match (files, unasked) {
        (Ok(files), _) => Ok(files),
        (Err(_), Some(end)) => Err(end),
        (Err(error), None) => Err(of_file(&error).into()),
    }
}

fn of_file(error: &FileError) -> Trouble {
    let exit = match error {
        FileError::Profile { .. } | FileError::ManyCertificates { .. } => Exit::Usage,
        FileError::Unreadable { .. }
        | FileError::NoCertificate { .. }
        | FileError::Key { .. }
        | FileError::OddKey { .. } => Exit::Refused,
    };
    Trouble {
        exit,
        words: words::file_error(error),
    }
}

fn of_recipe(error: &RecipeError) -> Trouble {
    let exit = match error {
        RecipeError::NoName | RecipeError::NoColumn(_) => Exit::Usage,
        _ => Exit::Refused,
    };
    Trouble {
        exit,
        words: words::recipe_error(error),
    }
}

fn find(session: &mut Session, globals: &Globals) -> Result<Found, Trouble> {
    let reader = session.meant_one(globals)?;
    session.token(reader)
}

pub(super) fn request(identity: Identity, action: PlanAction) -> Command {
    Command::Plan(Request { identity, action })
}

/// What a plan has to know of the card, and the plan that was stopped on it.
pub(super) fn survey(
    session: &mut Session,
    identity: Identity,
    about: Option<About>,
) -> Result<(Arc<Survey>, Option<Arc<Unfinished>>), Trouble> {
    match session.run(request(identity, PlanAction::Survey { about }), |_| {}) {
        Ok(Done::Surveyed { survey, unfinished }) => Ok((survey, unfinished)),
        // It has no other end; this one says that nothing came of it.
        Ok(_) => Err(Trouble::of(&Failure::NoCard)),
        Err(failure) => Err(Trouble::of(&failure)),
    }
}

pub(super) fn preview(plan: &Plan, survey: &Survey, first: usize) -> Result<Preview, Trouble> {
    Preview::of_tasks(plan, survey, first).map_err(|(step, error): (usize, SetupError)| {
        Trouble::of(&Failure::Plan {
            step,
            why: error.into(),
        })
    })
}
