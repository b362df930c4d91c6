//! `symbolonctl gp script`: what a script of gpshell says, with plans.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::cap;
use super::change::{How, Job};
use super::keys::{self, Access, Origin, Which};
use crate::backend::Look;
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{self, Globals, KeySource};
use crate::cli::commands::plan::ask::Consenting;
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::gp_page;
use crate::cli::output::Output;
use crate::explain::{card_manager, gpshell as words};
use crate::plan::Plan;
use crate::plan::content::{GivenKeys, Script, WellKnownKey};
use crate::plan::gpshell::{Part, ScriptChannel, Staged, What, files, stage};
use crate::token::{RegistryKind, Text};

/// Runs a script.
pub(super) fn run(
    choice: &arguments::Script,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let staged = read(&choice.file)?;
    let how = How {
        dry_run: choice.dry_run,
        commands: choice.commands,
        consent: choice.consent,
        export: None,
    };
    for (line, command) in &staged.idle {
        output.message(&words::idle(*line, command));
    }
    let mut job = Job::begin(globals)?;
    reader(&staged, &job)?;
    domains(&staged, &job)?;
    let plans = plans(&staged, &choice.source, &job, &cap::name(&choice.file))?;
    if how.dry_run {
        for plan in plans.into_iter().flatten() {
            output.result(job.page(&plan, how, output)?)?;
            job.rehearse(&plan, output)?;
        }
        return Ok(());
    }
    let mut lossy = None;
    for plan in plans.iter().flatten() {
        output.message(&job.page(plan, how, output)?);
        if lossy.is_none() && plan.point_of_no_return().is_some() {
            lossy = Some(Arc::clone(plan));
        }
    }
    let consent = match &lossy {
        Some(plan) => Some((Consenting::new(how.consent, plan)?, plan)),
        None => None,
    };
    let accesses = accesses(staged.channels, &choice.source, &job, output)?;
    if let Some((mut consent, plan)) = consent {
        consent.lose(&job.card.found, plan, job.card.session.interrupt())?;
    }
    let mut opened = None;
    for (part, plan) in staged.parts.into_iter().zip(plans) {
        let access = part.channel.and_then(|channel| accesses.get(channel));
        do_part(&part, plan, access, &mut opened, &mut job, output)?;
    }
    Ok(())
}

/// A channel of a script.
#[derive(Debug)]
struct Way {
    access: Access,
    /// The protocol and its implementation that are wished.
    protocol: (Option<u8>, Option<u8>),
}

/// Does a part. `opened` is the channel of which it is known that its keys are right.
fn do_part(
    part: &Part,
    plan: Option<Arc<Plan>>,
    way: Option<&Way>,
    opened: &mut Option<usize>,
    job: &mut Job,
    output: &mut Output,
) -> Result<(), End> {
    match (&part.what, way) {
        (What::List(kinds), Some(way)) => {
            let look = job.card.look(Some(way.access.manager()?))?;
            spoken(way.protocol, &look)?;
            *opened = part.channel;
            output.result(listed(&look, kinds))
        }
        (What::Tell | What::List(_), _) => {
            let look = job.card.look(None)?;
            let page = gp_page::manager(&job.card.found, &look, output.style(), now());
            output.result(page)
        }
        (What::Change { put, .. }, Some(way)) => {
            // Wrong keys are to be found before a plan begins that would have to be given up.
            if *opened != part.channel {
                let look = job.card.look(Some(way.access.manager()?))?;
                spoken(way.protocol, &look)?;
                *opened = part.channel;
            }
            let Some(plan) = plan else {
                return Ok(());
            };
            let new = put.as_ref().map(|put| &put.keys);
            job.run(&plan, &way.access, new, output)
        }
        // No change stands before a channel.
        (What::Change { .. }, None) => Ok(()),
    }
}

fn listed(look: &Look, kinds: &[RegistryKind]) -> String {
    let all = look.registry.iter().flat_map(|registry| &registry.entries);
    gp_page::entries(all.filter(|entry| kinds.contains(&entry.kind)))
}

/// Reads a script and the files that it names, which stand beside it.
fn read(path: &Path) -> Result<Staged, Trouble> {
    let file = Text::from_path(path).to_string();
    let opened =
        File::open(path).and_then(|mut file| keys::read_secret(&mut file, Script::MAX_LEN));
    let text = opened.map_err(|error| {
        let title = gettext_f("{file} cannot be opened", &[("file", &file)]);
        let mut trouble = Trouble::usage(title, "");
        trouble.words.details = Some(error.to_string());
        trouble
    })?;
    let text = std::str::from_utf8(text.expose()).map_err(|_| {
        let title = gettext_f("{file} is no text in UTF-8", &[("file", &file)]);
        Trouble::usage(title, "")
    })?;
    let script = Script::parse(text).map_err(|error| Trouble {
        exit: Exit::Usage,
        words: words::script_error(&error),
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut packages = BTreeMap::new();
    for file in files(&script) {
        let package = cap::read(&folder.join(&file))?;
        packages.insert(file, package);
    }
    stage(&script, &packages).map_err(|error| Trouble {
        exit: Exit::Usage,
        words: words::stage_error(&error),
    })
}

/// That the script names no other reader than the one whose card is changed.
fn reader(staged: &Staged, job: &Job) -> Result<(), Trouble> {
    let here = &job.card.found.reader.name;
    let Some(named) = staged.reader.as_ref().filter(|named| *named != here) else {
        return Ok(());
    };
    Err(Trouble::usage(
        gettext_f(
            "The script names the reader {other}, and the card is in {reader}",
            &[("other", named.as_str()), ("reader", here.as_str())],
        ),
        gettext("“--reader” names the reader that is meant. Nothing of the script was done."),
    ))
}

/// That the card speaks what the script says of it; it was opened a moment ago.
fn spoken(wished: (Option<u8>, Option<u8>), look: &Look) -> Result<(), Trouble> {
    let Some(opened) = &look.opened else {
        return Ok(());
    };
    let spoken = opened.protocol;
    let (scp, i) = wished;
    // Below SCP03 a card says nothing of its variant but in what it tells everybody.
    let recognition = look.manager.recognition.as_ref();
    let mut announced = recognition.into_iter().flat_map(|told| &told.protocols);
    let told = spoken.scp == 3 || announced.any(|known| *known == spoken);
    let is_variant = |i: u8| !told || u16::from(i) == spoken.i;
    if scp.is_none_or(|scp| scp == spoken.scp) && i.is_none_or(is_variant) {
        return Ok(());
    }
    Err(Trouble {
        exit: Exit::Refused,
        words: words::other_protocol(spoken),
    })
}

/// That the script selects nothing but the card manager of this card.
fn domains(staged: &Staged, job: &Job) -> Result<(), Trouble> {
    let manager = &job.look.manager.aid;
    let mut domains = staged
        .channels
        .iter()
        .filter_map(|channel| channel.domain.as_ref());
    let Some(other) = domains.find(|domain| domain.bytes() != manager.as_slice()) else {
        return Ok(());
    };
    Err(Trouble::new(
        Exit::Refused,
        gettext_f(
            "The script selects {aid}, which is not the card manager of this card",
            &[("aid", &other.to_string())],
        ),
        gettext("“symbolonctl gp info” shows what it is called. Nothing of the script was done."),
    ))
}

/// The plans of the parts that change something.
fn plans(
    staged: &Staged,
    source: &KeySource,
    job: &Job,
    name: &str,
) -> Result<Vec<Option<Arc<Plan>>>, Trouble> {
    let family = keys::family(source, &job.look.manager);
    let plan = |part: &Part| {
        let What::Change { tasks, put } = &part.what else {
            return Ok(None);
        };
        let channel = part
            .channel
            .and_then(|channel| staged.channels.get(channel));
        let opening = channel.map(|channel| channel.opening).unwrap_or_default();
        let mut tasks = tasks.clone();
        if let Some(put) = put {
            tasks.push(put.task(family).map_err(keys::of_key)?);
        }
        job.plan(name, opening, tasks).map(Arc::new).map(Some)
    };
    staged.parts.iter().map(plan).collect()
}

/// The keys of the channels: those of the script, else those that the command line names, which are
/// fetched once.
fn accesses(
    channels: Vec<ScriptChannel>,
    source: &KeySource,
    job: &Job,
    output: &mut Output,
) -> Result<Vec<Way>, Trouble> {
    let family = keys::family(source, &job.look.manager);
    let origin = Origin::of(source.keys.as_deref())?;
    let interrupt = job.card.session.interrupt();
    let mut fetched: Option<GivenKeys> = None;
    let mut accesses = Vec::new();
    for channel in channels {
        let given = match (channel.keys, &fetched) {
            (Some(given), _) => {
                let keys = given.keys(family).map_err(keys::of_key)?;
                if keys.well_known() == Some(WellKnownKey::Test) {
                    output.message(&card_manager::well_known());
                }
                let manager = &job.look.manager;
                keys::advised(&given, family, source, manager, interrupt, output)?;
                given
            }
            (None, Some(given)) => given.duplicate(),
            (None, None) => {
                let given = origin.fetch(Which::Current, family, interrupt, output)?;
                let manager = &job.look.manager;
                keys::advised(&given, family, source, manager, interrupt, output)?;
                fetched = Some(given.duplicate());
                given
            }
        };
        let access = Access {
            given,
            family,
            opening: channel.opening,
            try_again: source.try_again,
        };
        let protocol = channel.protocol;
        accesses.push(Way { access, protocol });
    }
    Ok(accesses)
}
